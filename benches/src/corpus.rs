//! A long stream made of recorded frames: the same bytes at every run, on every machine.
//!
//! Nine of ten frames are text_chunk, four of fifty are node_started or node_finished, one of fifty is something else, and
//! a ping comes every 2,500 frames. A run's ids are shared by 200 to 1,200 frames, node ids are unique, and half of the texts
//! are Chinese. 64 texts hold a raw U+2028, at which clients that split by "lines" lose events.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use crate::measure::Tally;

/// Frames of the corpus, pings not counted.
pub const FRAMES: usize = 100_000;

const LINE_SEPARATORS: usize = 64;

pub struct Corpus {
    pub bytes: Vec<u8>,
    /// What every decoder has to find in it.
    pub tally: Tally,
    /// UTF-16 units of all texts, as JavaScript counts.
    pub utf16: usize,
    /// Frames with Chinese characters.
    pub chinese: usize,
}

/// Recorded events by their kind.
#[derive(Default)]
struct Templates {
    text: Vec<Value>,
    started: Vec<Value>,
    finished: Vec<Value>,
    first: Vec<Value>,
    last: Vec<Value>,
    /// Each kind as often as any other.
    others: BTreeMap<String, Vec<Value>>,
}

impl Corpus {
    pub fn new(frames: usize) -> Result<Self, String> {
        let templates = Templates::load()?;
        let mut corpus = Self { bytes: Vec::new(), tally: Tally::default(), utf16: 0, chinese: 0 };
        let mut random = Random(0x5eed);
        let (mut run, mut left) = (Value::Null, 0_usize);
        let mut task = Value::Null;
        let (mut open, mut node) = (false, Value::Null);
        for number in 0..frames {
            if left == 0 {
                left = 200 + random.below(1001);
                (run, task) = (random.uuid(), random.uuid());
            }
            left -= 1;
            let first = corpus.tally.started == corpus.tally.finished;
            let mut event = if first {
                random.of(&templates.first)
            } else if left == 0 || number + 1 == frames {
                random.of(&templates.last)
            } else {
                match random.below(10_000) {
                    0..811 => {
                        open = !open;
                        if open {
                            node = random.uuid();
                        }
                        let mut event = random.of(if open { &templates.started } else { &templates.finished });
                        event["data"]["id"] = node.clone();
                        event
                    }
                    811..980 => {
                        let kind = random.below(templates.others.len());
                        random.of(templates.others.values().nth(kind).map_or(&[], Vec::as_slice))
                    }
                    _ => random.of(&templates.text),
                }
            };
            for (key, id) in [("workflow_run_id", &run), ("task_id", &task)] {
                if event.get(key).is_some() {
                    event[key] = id.clone();
                }
            }
            if event["event"] == "text_chunk" {
                let separator = number % (frames / LINE_SEPARATORS).max(1) == 1;
                event["data"]["text"] = random.text(separator).into();
            }
            corpus.add(&event);
            if number % 2500 == 2499 {
                corpus.bytes.extend_from_slice(b"event: ping\n\n");
            }
        }
        Ok(corpus)
    }

    fn add(&mut self, event: &Value) {
        let json = event.to_string();
        let text = if event["event"] == "text_chunk" { event["data"]["text"].as_str() } else { None };
        self.tally.count(event["event"].as_str().unwrap_or_default(), text.map(str::len));
        self.utf16 += text.map_or(0, |text| text.encode_utf16().count());
        self.chinese += usize::from(json.chars().any(|c| ('\u{4e00}'..'\u{a000}').contains(&c)));
        self.bytes.extend_from_slice(b"data: ");
        self.bytes.extend_from_slice(json.as_bytes());
        self.bytes.extend_from_slice(b"\n\n");
    }
}

impl Templates {
    fn load() -> Result<Self, String> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings");
        let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "raw"))
            .collect();
        paths.sort();
        let mut templates = Self::default();
        for path in paths {
            let raw = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            // Servers send one frame per HTTP chunk, so a frame is a line in the recording, too.
            for line in raw.split(|&byte| byte == b'\n') {
                let Some(json) = line.strip_prefix(b"data: ") else { continue };
                let Ok(event) = serde_json::from_slice::<Value>(json) else { continue };
                match event["event"].as_str().unwrap_or_default() {
                    "text_chunk" => templates.text.push(event),
                    "node_started" => templates.started.push(event),
                    "node_finished" => templates.finished.push(event),
                    "workflow_started" => templates.first.push(event),
                    "workflow_finished" => templates.last.push(event),
                    "" => {}
                    other => templates.others.entry(other.to_owned()).or_default().push(event),
                }
            }
        }
        Ok(templates)
    }
}

/// SplitMix64: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn of(&mut self, values: &[Value]) -> Value {
        values[self.below(values.len())].clone()
    }

    fn uuid(&mut self) -> Value {
        let (high, low) = (self.next(), self.next());
        let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
        format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff).into()
    }

    /// A piece as models send them: a few characters, sometimes a line's end or a quotation mark.
    pub fn text(&mut self, separator: bool) -> String {
        let mut text: String = if self.next().is_multiple_of(2) {
            (0..1 + self.below(10)).filter_map(|_| char::from_u32(0x4e00 + self.below(0x5000) as u32)).collect()
        } else {
            (0..4 + self.below(20)).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
        };
        match self.below(16) {
            0 => text.push('\n'),
            1 => text.push('"'),
            2..8 => text.insert(0, ' '),
            _ => {}
        }
        if separator {
            text.push('\u{2028}');
        }
        text
    }
}
