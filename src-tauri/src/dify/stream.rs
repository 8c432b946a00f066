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
}

impl Decoder {
    /// Reads one frame; `None` if it says nothing.
    pub fn decode(&mut self, frame: &Frame<'_>) -> Option<StreamItem> {
        let data = frame.data.trim_ascii();
        if data.is_empty() {
            // Servers write pings as an event name without data (server-1.12.1.md §8).
            return (frame.event == "ping").then(|| bare(StreamEvent::Ping));
        }
        if let Ok(text) = std::str::from_utf8(data)
            && let Ok(item) = Envelope::read(text).and_then(|envelope| self.item(envelope, frame))
        {
            return Some(item);
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

    fn item(&mut self, envelope: Envelope<'_>, frame: &Frame<'_>) -> serde_json::Result<StreamItem> {
        let Envelope { name, task_id, run_id, data, rest } = envelope;
        let name = match name {
            Loose::Text(name) if !name.is_empty() => name,
            odd => odd.any_text().map_or(Cow::Borrowed(frame.event), Cow::Owned),
        };
        let mut item = bare(StreamEvent::Ping);
        item.task_id = self.task_id.share(task_id);
        item.run_id = self.run_id.share(run_id);
        match (data, Kind::of(&name)) {
            (Data::TextChunk(chunk), _) => self.text_chunk(chunk, &mut item),
            (Data::Node(node), _) => node_event(&name, *node, &mut item),
            (Data::Raw(raw), Kind::TextChunk) => self.text_chunk(read_late(raw)?, &mut item),
            (Data::Raw(raw), Kind::Node) => node_event(&name, read_late(raw)?, &mut item),
            (Data::Missing, Kind::TextChunk) => self.text_chunk(TextChunk::default(), &mut item),
            (Data::Missing, Kind::Node) => node_event(&name, Node::default(), &mut item),
            (Data::Raw(raw), Kind::Rare) => {
                let data = Some(json::value_of(raw.get()));
                rare::read(&name, rest, data, frame.data.trim_ascii().len(), &mut item);
                return Ok(item);
            }
            (Data::Missing, Kind::Rare) => {
                rare::read(&name, rest, None, frame.data.trim_ascii().len(), &mut item);
                return Ok(item);
            }
        }
        item.extra.extend(fields_left(rest));
        // The ids may stand inside.
        item.task_id = item.task_id.take().or_else(|| take_id(&mut item.extra, "task_id"));
        item.run_id = item.run_id.take().or_else(|| take_id(&mut item.extra, "workflow_run_id"));
        Ok(item)
    }

    fn text_chunk(&mut self, chunk: TextChunk<'_>, item: &mut StreamItem) {
        item.event = StreamEvent::Text {
            source: self.source.of(chunk.selector),
            text: chunk.text.any_text().unwrap_or_default(),
        };
        item.extra = chunk.extra;
    }
}

/// What is left of an object once all that is known was taken.
fn fields_left(object: Map<String, Value>) -> impl Iterator<Item = (String, RawJson)> {
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
fn read_late<'a, T: Default + Deserialize<'a>>(raw: &'a RawValue) -> serde_json::Result<T> {
    if raw.get().starts_with('{') { serde_json::from_str(raw.get()) } else { Ok(T::default()) }
}

fn node_event(name: &str, node: Node, item: &mut StreamItem) {
    let Node { mut event, rounds, mut extra } = node;
    // Iterations and loops are known by their node id: what they call `id` is not an execution id.
    if !name.starts_with("node_") {
        if event.node_id.is_empty() {
            event.node_id.clone_from(&event.id);
        }
        event.id.clone_from(&event.node_id);
    }
    let node = Box::new(event);
    item.event = match name {
        "node_started" => StreamEvent::NodeStarted(node),
        "node_finished" => StreamEvent::NodeFinished(node),
        "node_retry" => StreamEvent::NodeRetry(node),
        "iteration_started" | "loop_started" => StreamEvent::ContainerStarted { node, rounds },
        "iteration_next" | "loop_next" => {
            let mut take = |keys: [&str; 2]| {
                let place = extra.iter().position(|(key, _)| keys.contains(&key.as_str()))?;
                Some(extra.remove(place).1)
            };
            StreamEvent::ContainerNext(Round {
                node_id: node.node_id,
                index: node.index.unwrap_or_default(),
                created_at: node.created_at,
                elapsed: take(["duration", "duration"]).and_then(|duration| wire::float(&duration.value())),
                outputs_before: take(["pre_iteration_output", "pre_loop_output"]),
            })
        }
        _ => StreamEvent::ContainerCompleted { node },
    };
    item.extra = extra;
}

fn take_id(extra: &mut Vec<(String, RawJson)>, key: &str) -> Option<Arc<str>> {
    let place = extra.iter().position(|(known, _)| known == key)?;
    let id = wire::text(&extra[place].1.value()).filter(|id| !id.is_empty())?;
    extra.remove(place);
    Some(id.into())
}

#[cfg(test)]
mod tests;
