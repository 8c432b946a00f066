//! One frame's JSON in one pass: servers name the event first, so that its data is read as what it is.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::node::Node;
use crate::{dify::loose::Loose, model::json::RawJson};

/// What an event's data is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    TextChunk,
    Node,
    /// Everything that does not come by the thousand.
    Rare,
}

impl Kind {
    pub fn of(name: &str) -> Self {
        match name {
            "text_chunk" => Self::TextChunk,
            "node_started"
            | "node_finished"
            | "node_retry"
            | "iteration_started"
            | "iteration_next"
            | "iteration_completed"
            | "loop_started"
            | "loop_next"
            | "loop_completed" => Self::Node,
            _ => Self::Rare,
        }
    }
}

/// One frame's JSON, taken apart. Filled in place: it would be moved several times for every piece of text.
#[derive(Debug, Default)]
pub struct Envelope<'a> {
    pub name: Loose<'a>,
    pub task_id: Loose<'a>,
    pub run_id: Loose<'a>,
    pub data: Data<'a>,
    pub rest: Vec<(String, Value)>,
}

#[derive(Debug, Default)]
pub enum Data<'a> {
    #[default]
    Missing,
    TextChunk(TextChunk<'a>),
    Node(Box<Node>),
    /// Of a rare event; or the name came too late.
    Raw(&'a RawValue),
}

impl<'a> Envelope<'a> {
    /// The usual way: fails if the data of a frequent event is no object.
    pub fn read(json: &'a str) -> serde_json::Result<Self> {
        Self::read_with(json, true)
    }

    /// The way that leaves all data raw.
    pub fn read_with_raw_data(json: &'a str) -> serde_json::Result<Self> {
        Self::read_with(json, false)
    }

    fn read_with(json: &'a str, direct: bool) -> serde_json::Result<Self> {
        let mut envelope = Self::default();
        let mut deserializer = serde_json::Deserializer::from_str(json);
        deserializer.deserialize_map(FillEnvelope { envelope: &mut envelope, direct })?;
        deserializer.end()?;
        Ok(envelope)
    }
}

struct FillEnvelope<'e, 'a> {
    envelope: &'e mut Envelope<'a>,
    direct: bool,
}

impl<'de> Visitor<'de> for FillEnvelope<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { envelope, direct } = self;
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "event" => envelope.name = map.next_value()?,
                "task_id" => envelope.task_id = map.next_value()?,
                "workflow_run_id" => envelope.run_id = map.next_value()?,
                "data" => {
                    let kind = match &envelope.name {
                        Loose::Text(name) if direct => Kind::of(name),
                        _ => Kind::Rare,
                    };
                    match kind {
                        Kind::TextChunk => {
                            envelope.data = Data::TextChunk(TextChunk::default());
                            if let Data::TextChunk(chunk) = &mut envelope.data {
                                map.next_value_seed(FillTextChunk(chunk))?;
                            }
                        }
                        Kind::Node => envelope.data = Data::Node(Box::new(map.next_value()?)),
                        Kind::Rare => envelope.data = Data::Raw(map.next_value()?),
                    }
                }
                _ => envelope.rest.push((key.into_owned(), map.next_value()?)),
            }
        }
        Ok(())
    }
}

/// An object's key, borrowed where it can be.
#[derive(Deserialize)]
pub struct Key<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// The data of the event that comes by the thousand.
#[derive(Debug, Default)]
pub struct TextChunk<'a> {
    pub text: Loose<'a>,
    /// As it stands in the frame, because nearly all of a stream are the same.
    pub selector: Option<&'a RawValue>,
    pub extra: Vec<(String, RawJson)>,
}

impl<'de> Deserialize<'de> for TextChunk<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut chunk = Self::default();
        FillTextChunk(&mut chunk).deserialize(deserializer)?;
        Ok(chunk)
    }
}

struct FillTextChunk<'c, 'a>(&'c mut TextChunk<'a>);

impl<'de> DeserializeSeed<'de> for FillTextChunk<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FillTextChunk<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a piece of text")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(chunk) = self;
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "text" => chunk.text = map.next_value()?,
                "from_variable_selector" => chunk.selector = Some(map.next_value()?),
                _ => keep(&mut chunk.extra, key, map.next_value()?),
            }
        }
        Ok(())
    }
}

/// Keeps a field nobody asked for, unless it says nothing.
pub fn keep(extra: &mut Vec<(String, RawJson)>, key: Cow<'_, str>, value: &RawValue) {
    if value.get() != "null" {
        extra.push((key.into_owned(), value.into()));
    }
}
