//! JSON kept as the text a server sent: most of it is stored or passed on, and read by nobody.

use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::mend::mend;

/// One JSON value as its text.
#[derive(Debug, Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// As sent, spaces included. Its syntax is sound; it may nest deeper than [`Self::value`] follows.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The value. Halves of characters and endless nesting, which are sound syntax, are mended.
    pub fn value(&self) -> Value {
        value_of(self.as_str())
    }
}

/// The value of a text whose syntax is sound, mended where need be; null if there is none.
pub fn value_of(text: &str) -> Value {
    serde_json::from_str(text).or_else(|_| serde_json::from_slice(&mend(text.as_bytes()))).unwrap_or_default()
}

impl From<&RawValue> for RawJson {
    fn from(raw: &RawValue) -> Self {
        Self(raw.to_owned())
    }
}

impl From<Value> for RawJson {
    fn from(value: Value) -> Self {
        Self(to_raw_value(&value).unwrap_or_default())
    }
}

/// Equal as text or as a value.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str() || self.value() == other.value()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(text: &str) -> RawJson {
        RawJson::from(serde_json::from_str::<&RawValue>(text).expect("its syntax is sound"))
    }

    #[test]
    fn the_text_is_kept_and_the_value_read_from_it() {
        let sent = raw(r#"{"b": 1,  "a": [null]}"#);
        assert_eq!(sent.as_str(), r#"{"b": 1,  "a": [null]}"#, "byte for byte");
        assert_eq!(sent.value(), json!({"b": 1, "a": [null]}), "read when it is asked for");
        assert_eq!(sent, RawJson::from(json!({"b": 1, "a": [null]})), "spaces make no difference");
    }

    #[test]
    fn what_is_sound_as_syntax_only_is_mended_when_it_is_read() {
        assert_eq!(raw(r#"["a\ud83e"]"#).value(), json!(["a\u{fffd}"]), "half a character costs itself");
        let deep = format!("{{\"deep\": {}{}, \"a\": 1}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(raw(&deep).value()["a"], 1, "what stands beside endless nesting is needed");
    }
}
