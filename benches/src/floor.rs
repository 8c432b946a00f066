//! The floor: the least that gives typed events. A scan for line feeds, one check for UTF-8 and one parse per frame.
//!
//! It knows `data` lines, several of them in a frame, and CRLF; no other field, no lone CR, no byte order mark, no frame
//! limit, and not one shape that differs from a 1.12.1 server's. Every field is a string of its own; what a node took in
//! and put out stays raw.

use std::fmt;

use memchr::memchr;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Cuts bytes into the data of frames.
#[derive(Default)]
pub struct Scanner {
    /// A frame that has begun in an earlier piece.
    carry: Vec<u8>,
    joined: Vec<u8>,
}

impl Scanner {
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8])) {
        while !self.carry.is_empty() {
            let Some(end) = memchr(b'\n', bytes) else {
                self.carry.extend_from_slice(bytes);
                return;
            };
            self.carry.extend_from_slice(&bytes[..=end]);
            bytes = &bytes[end + 1..];
            if self.carry.ends_with(b"\n\n") || self.carry.ends_with(b"\n\r\n") {
                let carry = std::mem::take(&mut self.carry);
                self.frames(&carry, &mut each);
                self.carry = carry;
                self.carry.clear();
            }
        }
        let rest = self.frames(bytes, &mut each);
        self.carry.extend_from_slice(&bytes[rest..]);
    }

    /// Hands out the whole frames; returns where the next begins.
    fn frames(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
        let (mut frame, mut line) = (0, 0);
        let mut data: Option<&[u8]> = None;
        while let Some(found) = memchr(b'\n', &bytes[line..]) {
            let text = &bytes[line..line + found];
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            line += found + 1;
            if let Some(value) = text.strip_prefix(b"data:") {
                let value = value.strip_prefix(b" ").unwrap_or(value);
                match data {
                    None => data = Some(value),
                    Some(first) => {
                        if self.joined.is_empty() {
                            self.joined.extend_from_slice(first);
                        }
                        self.joined.push(b'\n');
                        self.joined.extend_from_slice(value);
                    }
                }
            } else if text.is_empty() {
                if !self.joined.is_empty() {
                    each(&self.joined);
                    self.joined.clear();
                } else if let Some(data) = data {
                    each(data);
                }
                data = None;
                frame = line;
            }
        }
        self.joined.clear();
        frame
    }
}

/// A typed event.
#[derive(Debug)]
pub struct Event {
    pub run_id: Option<String>,
    pub task_id: Option<String>,
    pub data: Data,
}

#[derive(Debug)]
pub enum Data {
    Text(Text),
    Started(Box<RawValue>),
    NodeStarted(Box<Node>),
    NodeFinished(Box<Node>),
    Finished(Box<RawValue>),
    Other { name: String, data: Option<Box<RawValue>> },
}

#[derive(Debug, Deserialize)]
pub struct Text {
    pub text: String,
    pub from_variable_selector: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Node {
    pub id: String,
    pub node_id: String,
    pub node_type: String,
    pub title: String,
    pub index: i64,
    pub predecessor_node_id: Option<String>,
    pub inputs: Option<Box<RawValue>>,
    pub inputs_truncated: Option<bool>,
    pub process_data: Option<Box<RawValue>>,
    pub process_data_truncated: Option<bool>,
    pub outputs: Option<Box<RawValue>>,
    pub outputs_truncated: Option<bool>,
    pub status: Option<String>,
    pub error: Option<String>,
    pub elapsed_time: Option<f64>,
    pub execution_metadata: Option<Box<RawValue>>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
    pub files: Option<Box<RawValue>>,
    pub extras: Option<Box<RawValue>>,
    pub iteration_id: Option<String>,
    pub loop_id: Option<String>,
    pub agent_strategy: Option<Box<RawValue>>,
}

/// Reads one frame's data.
pub fn typed(data: &[u8]) -> Option<Event> {
    serde_json::from_str(std::str::from_utf8(data).ok()?).ok()
}

impl Event {
    pub fn name(&self) -> &str {
        match &self.data {
            Data::Text(_) => "text_chunk",
            Data::Started(_) => "workflow_started",
            Data::NodeStarted(_) => "node_started",
            Data::NodeFinished(_) => "node_finished",
            Data::Finished(_) => "workflow_finished",
            Data::Other { name, .. } => name,
        }
    }

    pub fn text_length(&self) -> Option<usize> {
        if let Data::Text(text) = &self.data { Some(text.text.len()) } else { None }
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event that begins with its name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        if map.next_key::<&str>()? != Some("event") {
            return Err(A::Error::custom("the name does not come first"));
        }
        let name: &str = map.next_value()?;
        let (mut run_id, mut task_id, mut data) = (None, None, None);
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "workflow_run_id" => run_id = map.next_value()?,
                "task_id" => task_id = map.next_value()?,
                "data" => {
                    data = Some(match name {
                        "text_chunk" => Data::Text(map.next_value()?),
                        "workflow_started" => Data::Started(map.next_value()?),
                        "node_started" => Data::NodeStarted(map.next_value()?),
                        "node_finished" => Data::NodeFinished(map.next_value()?),
                        "workflow_finished" => Data::Finished(map.next_value()?),
                        _ => Data::Other { name: name.to_owned(), data: map.next_value()? },
                    });
                }
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        let data = data.unwrap_or_else(|| Data::Other { name: name.to_owned(), data: None });
        Ok(Event { run_id, task_id, data })
    }
}
