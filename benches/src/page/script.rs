//! What the server tells: runs by name, the same at every time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::corpus::Random;

/// A run to be told; its name stands in the form's only field.
#[derive(Debug, Clone, PartialEq)]
pub enum Script {
    /// Numbered pieces of text, so many a second.
    Numbered { rate: u32, seconds: u32 },
    /// As the corpus: nine of ten events are text, the others nodes and an agent's notes.
    Mixed { rate: u32, seconds: u32 },
    /// So many nodes, with bodies between these sizes, as fast as they are taken.
    Nodes { count: u32, least: usize, most: usize },
    /// Markdown of so many bytes in this time.
    Text { bytes: usize, seconds: u32 },
}

/// An event and when it is due.
pub struct Event {
    pub at: Duration,
    pub json: String,
    /// The number that its text ends with.
    pub number: Option<u32>,
}

impl Script {
    pub fn name(&self) -> String {
        match self {
            Self::Numbered { rate, seconds } => format!("numbered {rate} {seconds}"),
            Self::Mixed { rate, seconds } => format!("mixed {rate} {seconds}"),
            Self::Nodes { count, least, most } => format!("nodes {count} {least} {most}"),
            Self::Text { bytes, seconds } => format!("text {bytes} {seconds}"),
        }
    }

    /// An unknown name is an empty run.
    pub fn named(name: &str) -> Self {
        let mut words = name.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let numbers: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
        let number = |place: usize| numbers.get(place).copied().unwrap_or_default();
        match kind {
            "numbered" => Self::Numbered { rate: number(0), seconds: number(1) },
            "mixed" => Self::Mixed { rate: number(0), seconds: number(1) },
            "text" => Self::Text { bytes: number(0) as usize, seconds: number(1) },
            _ => Self::Nodes { count: number(0), least: number(1) as usize, most: number(2) as usize },
        }
    }

    pub fn events(self) -> impl Iterator<Item = Event> {
        let mut teller = Teller { random: Random(0x5eed), open: Vec::new(), nodes: 0, notes: 0, written: 0 };
        let (count, spacing) = match self {
            Self::Numbered { rate, seconds } | Self::Mixed { rate, seconds } => {
                (rate * seconds, Duration::from_secs(1) / rate.max(1))
            }
            Self::Nodes { count, .. } => (count * 2, Duration::ZERO),
            Self::Text { bytes, seconds } => {
                let count = u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX);
                (count, Duration::from_secs(seconds.into()) / count.max(1))
            }
        };
        // The page is there before what is measured begins.
        let start = Duration::from_millis(1000);
        let end = start + spacing * count;
        let whole =
            |event: &str, data: Value| json!({"event": event, "task_id": TASK, "workflow_run_id": RUN, "data": data});
        let first =
            whole("workflow_started", json!({"id": RUN, "workflow_id": WORKFLOW, "inputs": {}, "created_at": 1}));
        let first = Event { at: Duration::ZERO, json: first.to_string(), number: None };
        let middle = (0..count).map(move |index| {
            let number = matches!(self, Self::Numbered { .. }).then_some(index);
            let (event, data) = teller.next(&self, index);
            Event { at: start + spacing * index, json: whole(event, data).to_string(), number }
        });
        let last = move || {
            let data = json!({"id": RUN, "workflow_id": WORKFLOW, "status": "succeeded", "outputs": {}, "elapsed_time": 1.5,
                "total_tokens": 10, "total_steps": 1, "created_at": 1, "finished_at": 2});
            let json = json!({"event": "workflow_finished", "task_id": TASK, "workflow_run_id": RUN, "data": data});
            Event { at: end + Duration::from_millis(200), json: json.to_string(), number: None }
        };
        std::iter::once(first).chain(middle).chain(std::iter::once_with(last))
    }
}

/// Bytes of a piece of long text.
const PIECE: usize = 1000;

// The same ids for every run: the client's store does not mind, and a run is never asked about here.
const RUN: &str = "0d1f3a4e-92a5-4d52-8d0c-6a5b0c1d2e3f";
const TASK: &str = "77a1c0de-1f1c-4e61-a4a5-0d2f6b9c8e11";
const WORKFLOW: &str = "5b2d6c1f-3e9a-4f65-9d6e-8c0b7a6f5e4d";

struct Teller {
    random: Random,
    /// Nodes that were started and not finished.
    open: Vec<u32>,
    nodes: u32,
    notes: u32,
    written: usize,
}

impl Teller {
    fn next(&mut self, script: &Script, index: u32) -> (&'static str, Value) {
        match *script {
            Script::Numbered { .. } => {
                let mut text = format!("{} s{index:06} ", self.words(2));
                if index % 40 == 39 {
                    text.push_str("\n\n");
                }
                chunk(&text)
            }
            Script::Mixed { .. } => match self.random.below(1000) {
                0..81 if self.open.len() < 4 && (self.open.is_empty() || self.random.below(2) == 0) => {
                    let inputs = self.body(400);
                    self.start(inputs)
                }
                0..81 => self.finish(300, 600),
                81..98 if !self.open.is_empty() => self.note(),
                _ => {
                    let text = self.random.text(false);
                    let breaks = if self.random.below(60) == 0 { "\n\n" } else { "" };
                    chunk(&(text + breaks))
                }
            },
            Script::Nodes { least, most, .. } => {
                if index.is_multiple_of(2) {
                    let inputs = self.body(least / 2);
                    self.start(inputs)
                } else {
                    self.finish(least / 2, most - least / 2)
                }
            }
            Script::Text { .. } => {
                let mut text = String::new();
                while text.len() < PIECE {
                    text.push_str(&self.paragraph());
                }
                self.written += text.len();
                chunk(&text)
            }
        }
    }

    fn start(&mut self, inputs: Value) -> (&'static str, Value) {
        let number = self.nodes;
        self.nodes += 1;
        self.open.push(number);
        (
            "node_started",
            json!({"id": node(number), "node_id": format!("n{number}"), "node_type": KINDS[number as usize % KINDS.len()],
            "title": format!("Step {number}"), "index": number, "predecessor_node_id": null, "inputs": inputs, "created_at": 1}),
        )
    }

    fn finish(&mut self, least: usize, most: usize) -> (&'static str, Value) {
        let place = self.random.below(self.open.len().max(1));
        let number = self.open.swap_remove(place.min(self.open.len() - 1));
        let size = least + self.random.below(most.saturating_sub(least).max(1));
        (
            "node_finished",
            json!({"id": node(number), "node_id": format!("n{number}"), "node_type": KINDS[number as usize % KINDS.len()],
            "title": format!("Step {number}"), "index": number, "predecessor_node_id": null, "inputs": self.body(size / 4),
            "process_data": self.body(size / 4), "outputs": self.body(size / 2), "status": "succeeded", "error": null,
            "elapsed_time": 0.25, "execution_metadata": {"total_tokens": 120, "total_price": "0.00042", "currency": "USD"},
            "created_at": 1, "finished_at": 2}),
        )
    }

    fn note(&mut self) -> (&'static str, Value) {
        let number = self.open[self.random.below(self.open.len())];
        self.notes += 1;
        (
            "agent_log",
            json!({"node_execution_id": node(number), "node_id": format!("n{number}"), "id": format!("note{}", self.notes),
            "label": self.words(3), "parent_id": null, "status": "success", "data": self.body(300), "metadata": {"elapsed_time": 0.1}}),
        )
    }

    /// As nodes have them: a prompt, a list, some numbers.
    fn body(&mut self, size: usize) -> Value {
        let text = self.words(size / 9);
        json!({"text": text, "usage": {"prompt_tokens": 40, "completion_tokens": 80, "latency": 1.25},
            "items": [self.words(4), self.words(4)], "finish_reason": "stop"})
    }

    fn paragraph(&mut self) -> String {
        match self.random.below(8) {
            0 => format!("## {}\n\n", self.words(4)),
            1 => (0..5).map(|_| format!("- {}\n", self.words(9))).collect::<String>() + "\n",
            2 => format!(
                "| a | b |\n| --- | --- |\n| {} | {} |\n| {} | {} |\n\n",
                self.words(3),
                self.words(2),
                self.words(3),
                self.words(2)
            ),
            3 => format!("```python\nfor item in items:\n    print(\"{}\")\n```\n\n", self.words(4)),
            _ => format!("{}, **{}** {}.\n\n", self.words(24), self.words(2), self.words(18)),
        }
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| WORDS[self.random.below(WORDS.len())]).collect();
        words.join(" ")
    }
}

const KINDS: [&str; 5] = ["llm", "code", "http-request", "knowledge-retrieval", "template-transform"];

const WORDS: [&str; 24] = [
    "report",
    "water",
    "the",
    "of",
    "garden",
    "measured",
    "later",
    "agreement",
    "without",
    "annual",
    "and",
    "quality",
    "invoice",
    "between",
    "报告",
    "客户",
    "数据",
    "分析",
    "in",
    "second",
    "paragraph",
    "follows",
    "contract",
    "to",
];

fn chunk(text: &str) -> (&'static str, Value) {
    ("text_chunk", json!({"text": text, "from_variable_selector": ["llm", "text"]}))
}

fn node(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}
