//! The fold: a run and one more event of its stream → the run as it is then, and what changed.
//!
//! Pure: no clock (`at` is given), no I/O. A live run, a recovered run and a run opened years later
//! are all made here, so no rule about events exists anywhere else. Nesting follows api.md §3.3.

mod containers;
mod ending;
mod questions;
mod steps;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::life::{self, Happening};
use crate::dify;
use crate::model::{
    Millis,
    json::RawJson,
    run::{Notice, Run, RunErrorCause, RunStatus, TextPart, Thinking, UnknownEvent},
    stream::{StreamEvent, StreamItem},
};

/// A run in the making, with the indexes that keep every event's cost constant.
#[derive(Debug, Clone)]
pub struct Fold {
    run: Run,
    /// Step id → place in `run.steps`.
    steps: HashMap<String, usize>,
    /// Node id of an iteration or loop → place of its newest step. The same container runs once per
    /// round of the container around it.
    containers: HashMap<String, usize>,
    /// Containers whose rounds were all announced before any of them began (parallel mode): their
    /// steps' rounds are known only at the steps' ends.
    parallel: HashSet<usize>,
    /// Parallel rounds by the id that their steps share.
    rounds: HashMap<String, steps::ParallelRound>,
    /// Containers whose own container was inferred, because servers do not always say it.
    inferred: HashSet<usize>,
    /// Source → place in `run.texts`, with its length in UTF-16 units.
    texts: HashMap<String, (usize, u64)>,
    /// Length of what steps have thought so far, by their place, in UTF-16 units.
    thoughts: HashMap<usize, u64>,
    unreadable: u32,
    /// What the kept unknown events hold.
    unknown_bytes: usize,
}

/// So many unknown events are kept, with so many bytes of contents: enough to see what a server says,
/// and little enough to be sent to the page as a whole.
const UNKNOWN_EVENTS: usize = 100;
const UNKNOWN_BYTES: usize = 64 * 1024;
/// All notices go to the page together; more warnings than this say nothing new.
const WARNINGS: usize = 20;

/// What one event changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub head: bool,
    /// Places in `steps`, each once, in order of change.
    pub steps: Vec<usize>,
    pub text: Option<TextChanged>,
    pub outputs: bool,
    pub notices: bool,
    pub questions: bool,
    pub unknown_events: bool,
    pub end: Option<End>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TextChanged {
    /// `part` grew by `text`; `offset` is its length before, in UTF-16 units.
    Appended {
        part: usize,
        offset: u64,
        text: String,
    },
    Replaced,
    /// The thinking of the step at this place grew, from the length `offset`.
    Thought {
        step: usize,
        offset: u64,
        text: String,
        times: Thinking,
    },
}

/// Why nothing more is to be expected of this stream.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    Finished,
    Paused,
    /// The server sent an error event: the truth is in the run's detail, if the run exists.
    Error,
}

impl Fold {
    pub fn new(run: Run) -> Self {
        let mut fold = Self {
            steps: HashMap::new(),
            containers: HashMap::new(),
            parallel: HashSet::new(),
            rounds: HashMap::new(),
            inferred: HashSet::new(),
            texts: HashMap::new(),
            thoughts: HashMap::new(),
            unreadable: 0,
            unknown_bytes: 0,
            run,
        };
        for (place, step) in fold.run.steps.iter().enumerate() {
            fold.steps.insert(step.id.clone(), place);
            if is_container(&step.node_type) {
                fold.containers.insert(step.node_id.clone(), place);
            }
        }
        for (place, part) in fold.run.texts.iter().enumerate() {
            fold.texts.insert(part.source.clone(), (place, utf16_length(&part.text)));
        }
        fold
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    /// For what does not come from the stream: stop requests, lost contact, fetched files.
    pub fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }

    /// Takes in one event that arrived at `at`.
    pub fn apply(&mut self, item: StreamItem, at: Millis) -> Changes {
        let mut changes = Changes::default();
        let ids = &mut self.run.head.server;
        // The first ids win: in a resumed stream task_id may equal the run id (api.md §4).
        for (known, new) in [(&mut ids.task_id, item.task_id), (&mut ids.run_id, item.run_id)] {
            if known.is_none()
                && let Some(new) = new
            {
                *known = Some(new.as_ref().to_owned());
                changes.head = true;
            }
        }
        match item.event {
            StreamEvent::WorkflowStarted(started) => {
                self.resumed(&started, &mut changes);
                if started.workflow_id.is_some() {
                    self.run.head.server.workflow_id = started.workflow_id;
                }
                self.set_running();
                changes.head = true;
            }
            StreamEvent::NodeStarted(node) => {
                self.adopt(&node);
                changes.head |= self.set_running() || (!self.steps.contains_key(&node.id) && self.goes_on());
                // A resumed stream tells again what is known.
                let known = self.run.steps.len();
                let place = self.start(&node, None, at);
                changes.steps.extend((place >= known).then_some(place));
            }
            StreamEvent::NodeFinished(node) => self.finish(*node, at, &mut changes),
            StreamEvent::NodeRetry(node) => self.retry(*node, at, &mut changes),
            StreamEvent::ContainerStarted { node, rounds } => {
                changes.head |= self.set_running();
                changes.steps.push(self.start_container(&node, rounds, at));
            }
            StreamEvent::ContainerNext(round) => {
                if let Some(place) = self.next_round(&round.node_id, round.index) {
                    changes.steps.extend(self.free_inferred(place));
                    changes.steps.push(place);
                }
            }
            StreamEvent::ContainerCompleted { node } => self.finish_container(*node, at, &mut changes),
            StreamEvent::Text { source, text } => changes.text = self.append(&source, text),
            StreamEvent::TextReplace { text } => {
                self.texts = HashMap::from([(String::new(), (0, utf16_length(&text)))]);
                self.run.texts = vec![TextPart { source: String::new(), text }];
                changes.text = Some(TextChanged::Replaced);
            }
            StreamEvent::Reasoning { node_id, text, .. } => {
                let newest = self.run.steps.iter().rposition(|step| step.node_id == node_id);
                changes.text = newest.and_then(|place| self.think(place, text, at));
            }
            StreamEvent::AgentLog(note) => changes.steps.extend(self.note(*note)),
            StreamEvent::HumanInputRequired(form) => self.asked(*form, at, &mut changes),
            StreamEvent::HumanInputFilled(answer) => self.filled(*answer, at, &mut changes),
            StreamEvent::HumanInputTimeout { node_id, .. } => self.timed_out(&node_id, at, &mut changes),
            StreamEvent::WorkflowPaused(paused) => {
                self.paused(&paused, at, &mut changes);
                changes.end = Some(End::Paused);
            }
            StreamEvent::WorkflowFinished(finished) => self.finished(*finished, at, &mut changes),
            StreamEvent::Error { code, status, message } => {
                // Nothing had begun: the server refused it, in the words of its form check (api.md §2).
                let refused = status.is_none_or(|status| status < 500);
                let cause = if self.run.head.status == RunStatus::Starting && refused {
                    RunErrorCause::Refused
                } else {
                    RunErrorCause::Workflow
                };
                let reason = dify::Error::refused(status.unwrap_or(500), code.as_deref(), &message).reason();
                changes.steps = self.fail(cause, reason, message, at);
                changes.head = true;
                changes.questions = !self.run.questions.is_empty();
                changes.end = Some(End::Error);
            }
            StreamEvent::Warning { message } => {
                let warnings = self.run.notices.iter().filter(|notice| matches!(notice, Notice::ServerWarning { .. }));
                if warnings.count() < WARNINGS {
                    self.run.notices.push(Notice::ServerWarning { message });
                    changes.notices = true;
                }
            }
            StreamEvent::Unreadable { .. } => {
                self.unreadable += 1;
                self.run.notices.retain(|notice| !matches!(notice, Notice::UnreadableEvents { .. }));
                self.run.notices.push(Notice::UnreadableEvents { count: self.unreadable });
                changes.notices = true;
            }
            StreamEvent::Other { name, data } => changes.unknown_events = self.keep_unknown(name, data, at),
            StreamEvent::Audio { .. }
            | StreamEvent::AudioEnd
            | StreamEvent::MessageEnd
            | StreamEvent::ParallelBranch(_)
            | StreamEvent::Ping => {}
        }
        // What arrives late begins nothing any more: a step in a run that is over would run for ever.
        if changes.end == Some(End::Error) {
            self.settle_questions(at, &mut changes);
        }
        if self.run.head.status.is_over() && !changes.steps.is_empty() {
            for place in self.close_open_steps(self.unseen_end(), at) {
                if !changes.steps.contains(&place) {
                    changes.steps.push(place);
                }
            }
        }
        changes
    }

    /// A run that waits does not go on because its steps so far are told again: see `questions`.
    fn set_running(&mut self) -> bool {
        self.run.head.status != RunStatus::Waiting && self.happens(Happening::GoesOn)
    }

    fn happens(&mut self, what: Happening) -> bool {
        let then = life::after(self.run.head.status, what);
        std::mem::replace(&mut self.run.head.status, then) != then
    }

    fn append(&mut self, source: &str, text: String) -> Option<TextChanged> {
        if text.is_empty() {
            return None;
        }
        let length = utf16_length(&text);
        let (part, offset) = match self.texts.get_mut(source) {
            Some((part, known)) => {
                let offset = *known;
                *known += length;
                self.run.texts[*part].text.push_str(&text);
                (*part, offset)
            }
            None => {
                let part = self.run.texts.len();
                self.texts.insert(source.to_owned(), (part, length));
                self.run.texts.push(TextPart { source: source.to_owned(), text: text.clone() });
                (part, 0)
            }
        };
        Some(TextChanged::Appended { part, offset, text })
    }

    fn think(&mut self, place: usize, text: String, at: Millis) -> Option<TextChanged> {
        if text.is_empty() {
            return None;
        }
        let step = &mut self.run.steps[place];
        let known = self.thoughts.entry(place).or_insert_with(|| utf16_length(&step.reasoning));
        let offset = *known;
        *known += utf16_length(&text);
        step.reasoning.push_str(&text);
        let times = Thinking { from: step.thinking.map_or(at, |thinking| thinking.from), to: at };
        step.thinking = Some(times);
        Some(TextChanged::Thought { step: place, offset, text, times })
    }

    fn keep_unknown(&mut self, name: String, data: RawJson, at: Millis) -> bool {
        if self.run.unknown_events.len() >= UNKNOWN_EVENTS {
            return false;
        }
        let bytes = data.as_str().len();
        let fits = self.unknown_bytes + bytes <= UNKNOWN_BYTES;
        self.unknown_bytes += if fits { bytes } else { 0 };
        self.run.unknown_events.push(UnknownEvent {
            name,
            at,
            data: fits.then(|| Some(data.value()).filter(|data| !data.is_null()).unwrap_or_else(|| Map::new().into())),
        });
        true
    }
}

/// A run as it is the moment the user asks for it.
pub fn new_run(head: crate::model::run::RunHead, inputs: Vec<crate::model::run::InputShown>) -> Run {
    Run {
        head,
        inputs,
        steps: Vec::new(),
        texts: Vec::new(),
        outputs: Map::<String, Value>::new(),
        files: Vec::new(),
        notices: Vec::new(),
        questions: Vec::new(),
        unknown_events: Vec::new(),
    }
}

fn is_container(node_type: &str) -> bool {
    matches!(node_type, "iteration" | "loop")
}

fn utf16_length(text: &str) -> u64 {
    text.chars().map(|c| c.len_utf16() as u64).sum()
}

#[cfg(test)]
mod tests;
