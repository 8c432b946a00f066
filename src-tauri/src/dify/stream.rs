//! Frames of a run's stream to the model's events: all generations of the API (api.md §3.2), nothing ever fails.
//!
//! One pass reads a frame (`envelope`, `node`); events that come seldom are read from a tree (`rare`). What the pass
//! cannot read is written anew as plain JSON and read again; what even then is no event costs itself and no other.

mod envelope;
mod node;
mod rare;

use std::{borrow::Cow, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

pub use self::rare::{finished, paused, run_status};
use self::{
    envelope::{Data, Envelope, Kind, TextChunk},
    node::Node,
};
use super::{loose::Loose, sse::Frame, wire};
use crate::model::{
    json::{self, RawJson},
    stream::{Round, StreamEvent, StreamItem},
};

/// Reads frames one after another; what they repeat is kept once.
#[derive(Debug, Default)]
pub struct Decoder {
    task_id: Repeated,
    run_id: Repeated,
    source: Source,
    opening: Opening,
}

impl Decoder {
    /// Reads one frame; `None` if it says nothing.
    pub fn decode(&mut self, frame: &Frame<'_>) -> Option<StreamItem> {
        let data = frame.data.trim_ascii();
        if data.is_empty() {
            // Servers write pings as an event name without data (server-1.12.1.md §8).
            return (frame.event == "ping").then(|| bare(StreamEvent::Ping));
        }
        if let Ok(text) = std::str::from_utf8(data) {
            if let Some(item) = self.next_of_many(text) {
                return Some(item);
            }
            if let Ok(item) = Envelope::read(text).and_then(|envelope| self.item(envelope, frame)) {
                self.opening.learn(text, &item);
                return Some(item);
            }
        }
        if data == b"[DONE]" {
            // Gateways in the style of other APIs add it.
            return None;
        }
        // Written anew, every key stands once, every character is whole, and nothing nests endlessly.
        let anew = wire::json(data, "event").ok().filter(Value::is_object).map(|value| value.to_string());
        let item = anew.and_then(|text| self.item(Envelope::read_with_raw_data(&text).ok()?, frame).ok());
        item.or_else(|| Some(bare(StreamEvent::Unreadable { bytes: data.len() })))
    }

    /// A piece of text that begins as the one before it; anything else is read from its beginning.
    fn next_of_many(&mut self, text: &str) -> Option<StreamItem> {
        let rest = self.opening.strip(text)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let chunk = values.next()?.ok()?;
        if &rest[values.byte_offset()..] != "}" {
            return None;
        }
        let (event, extra) = self.text_chunk(chunk);
        Some(complete(self.opening.task_id.clone(), self.opening.run_id.clone(), event, extra))
    }

    fn item(&mut self, envelope: Envelope<'_>, frame: &Frame<'_>) -> serde_json::Result<StreamItem> {
        let Envelope { name, task_id, run_id, data, rest } = envelope;
        let task_id = self.task_id.share(task_id);
        let run_id = self.run_id.share(run_id);
        let (event, mut extra) = if let Data::TextChunk(chunk) = data {
            self.text_chunk(chunk)
        } else {
            let name = match name {
                Loose::Text(name) if !name.is_empty() => name,
                odd => odd.any_text().map_or(Cow::Borrowed(frame.event), Cow::Owned),
            };
            match (data, Kind::of(&name)) {
                (Data::Node(node), Kind::Node) => node_event(&name, *node),
                (Data::Node(_), _) => return Err(serde::de::Error::custom("another name after the data")),
                (data, Kind::TextChunk) => self.text_chunk(read_late(data)?),
                (data, Kind::Node) => node_event(&name, read_late(data)?),
                (data, Kind::Rare) => {
                    let data = if let Data::Raw(raw) = data { Some(json::value_of(raw.get())) } else { None };
                    let mut item = StreamItem { task_id, run_id, ..bare(StreamEvent::Ping) };
                    rare::read(&name, Map::from_iter(rest), data, frame.data.trim_ascii().len(), &mut item);
                    return Ok(item);
                }
            }
        };
        extra.extend(fields_left(rest));
        Ok(complete(task_id, run_id, event, extra))
    }

    fn text_chunk(&mut self, chunk: TextChunk<'_>) -> (StreamEvent, Extra) {
        let TextChunk { text, selector, extra } = chunk;
        let text = text.any_text().unwrap_or_default();
        (StreamEvent::Text { source: self.source.of(selector), text }, extra)
    }
}

/// Fields that have no place in an event.
type Extra = Vec<(String, RawJson)>;

/// With the ids, which may stand inside.
fn complete(task_id: Option<Arc<str>>, run_id: Option<Arc<str>>, event: StreamEvent, mut extra: Extra) -> StreamItem {
    let task_id = task_id.or_else(|| take_id(&mut extra, "task_id"));
    let run_id = run_id.or_else(|| take_id(&mut extra, "workflow_run_id"));
    StreamItem { task_id, run_id, event, extra }
}

/// What is left of an object once all that is known was taken.
fn fields_left(object: impl IntoIterator<Item = (String, Value)>) -> impl Iterator<Item = (String, RawJson)> {
    object.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, value.into()))
}

fn bare(event: StreamEvent) -> StreamItem {
    StreamItem { task_id: None, run_id: None, event, extra: Vec::new() }
}

/// A text that most frames have in common.
#[derive(Debug, Default)]
struct Repeated(Option<Arc<str>>);

impl Repeated {
    fn share(&mut self, value: Loose<'_>) -> Option<Arc<str>> {
        let text = match value {
            Loose::Text(text) => text,
            odd => odd.any_text()?.into(),
        };
        if text.is_empty() {
            return None;
        }
        if self.0.as_deref() != Some(&*text) {
            self.0 = Some(text.into());
        }
        self.0.clone()
    }
}

/// What stands before the data of a text_chunk: in all of a run the same, and two thirds of a frame.
#[derive(Debug, Default)]
struct Opening {
    json: String,
    task_id: Option<Arc<str>>,
    run_id: Option<Arc<str>>,
}

impl Opening {
    fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        if self.json.is_empty() { None } else { text.strip_prefix(self.json.as_str()) }
    }

    /// Learns the opening of a piece of text that was just read: up to the first `"data":`, which in front of its data
    /// is no part of a string. Closed in another way it has to say the same.
    fn learn(&mut self, text: &str, item: &StreamItem) {
        const DATA: &str = "\"data\":";
        if !matches!(item.event, StreamEvent::Text { .. }) {
            return;
        }
        self.json.clear();
        let Some(at) = text.find(DATA) else { return };
        let opening = &text[..at + DATA.len()];
        let closed = format!("{opening}{{\"text\":\"\"}}}}");
        if let Ok(Envelope { task_id, run_id, data: Data::TextChunk(_), rest, .. }) = Envelope::read(&closed)
            && rest.is_empty()
            && task_id.text().as_deref() == item.task_id.as_deref()
            && run_id.text().as_deref() == item.run_id.as_deref()
        {
            self.json.push_str(opening);
            self.task_id.clone_from(&item.task_id);
            self.run_id.clone_from(&item.run_id);
        }
    }
}

/// Where text comes from: of a stream with one source, read once.
#[derive(Debug, Default)]
struct Source {
    json: String,
    name: Arc<str>,
}

impl Source {
    fn of(&mut self, selector: Option<&RawValue>) -> Arc<str> {
        let json = selector.map_or("", RawValue::get);
        if self.json != json {
            json.clone_into(&mut self.json);
            self.name = source(&json::value_of(json)).into();
        }
        self.name.clone()
    }
}

/// `node_id.variable`, as text_chunk lists it.
fn source(selector: &Value) -> String {
    match selector {
        Value::Array(parts) => parts.iter().filter_map(wire::text).collect::<Vec<_>>().join("."),
        other => wire::text(other).unwrap_or_default(),
    }
}

/// Data that came before the event's name; what is no object says nothing.
fn read_late<'a, T: Default + Deserialize<'a>>(data: Data<'a>) -> serde_json::Result<T> {
    match data {
        Data::Raw(raw) if raw.get().starts_with('{') => serde_json::from_str(raw.get()),
        _ => Ok(T::default()),
    }
}

fn node_event(name: &str, node: Node) -> (StreamEvent, Extra) {
    let Node { mut event, rounds, mut extra } = node;
    // Iterations and loops are known by their node id: what they call `id` is not an execution id.
    if !name.starts_with("node_") {
        if event.node_id.is_empty() {
            event.node_id.clone_from(&event.id);
        }
        event.id.clone_from(&event.node_id);
    }
    let node = event;
    let event = match name {
        "node_started" => StreamEvent::NodeStarted(node),
        "node_finished" => StreamEvent::NodeFinished(node),
        "node_retry" => StreamEvent::NodeRetry(node),
        "iteration_started" | "loop_started" => StreamEvent::ContainerStarted { node, rounds },
        "iteration_next" | "loop_next" => {
            let mut take = |keys: &[&str]| {
                let place = extra.iter().position(|(key, _)| keys.contains(&key.as_str()))?;
                Some(extra.remove(place).1)
            };
            StreamEvent::ContainerNext(Box::new(Round {
                node_id: node.node_id,
                index: node.index.unwrap_or_default(),
                created_at: node.created_at,
                elapsed: take(&["duration"]).and_then(|duration| wire::float(&duration.value())),
                outputs_before: take(&["pre_iteration_output", "pre_loop_output"]),
            }))
        }
        _ => StreamEvent::ContainerCompleted { node },
    };
    (event, extra)
}

fn take_id(extra: &mut Vec<(String, RawJson)>, key: &str) -> Option<Arc<str>> {
    let place = extra.iter().position(|(known, _)| known == key)?;
    let id = wire::text(&extra[place].1.value()).filter(|id| !id.is_empty())?;
    extra.remove(place);
    Some(id.into())
}

#[cfg(test)]
mod tests;
