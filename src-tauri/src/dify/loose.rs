//! JSON values while they are being read, of which nobody can be sure: what should be a text or a number may be anything.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Number, Value};

use super::wire;

/// Any value; texts without escapes are borrowed. Read it with the functions of [`wire`].
#[derive(Debug, Default)]
pub enum Loose<'a> {
    #[default]
    Null,
    Text(Cow<'a, str>),
    Number(Number),
    /// A flag, a list or an object.
    Other(Box<Value>),
}

impl Loose<'_> {
    /// As [`wire::text`]; an empty one is none.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.into_owned()),
            Self::Number(number) => Some(number.to_string()),
            Self::Other(value) => wire::text(&value),
        }
        .filter(|text| !text.is_empty())
    }

    /// As [`wire::any_text`]; an empty one is none.
    pub fn any_text(self) -> Option<String> {
        match self {
            Self::Other(value) => wire::any_text(&value),
            simple => simple.text(),
        }
    }

    pub fn read<T>(self, read: fn(&Value) -> Option<T>) -> Option<T> {
        match self {
            Self::Null => None,
            Self::Text(text) => read(&Value::String(text.into_owned())),
            Self::Number(number) => read(&Value::Number(number)),
            Self::Other(value) => read(&value),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Other(Box::new(flag.into())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Loose<'de>, E> {
        Ok(Loose::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Loose<'de>, E> {
        Ok(Number::from_f64(number).map_or(Loose::Null, Loose::Number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Loose<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(|value| Loose::Other(Box::new(value)))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Loose<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(object)).map(|value| Loose::Other(Box::new(value)))
    }
}
