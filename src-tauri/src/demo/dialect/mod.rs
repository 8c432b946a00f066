//! How each generation says what this server means.
//!
//! The rest of the server makes one, fullest form of every answer and event. Here it becomes what a generation would
//! have sent: the fields its document lists, in their order, each in the shape it had then.

pub(super) mod answers;
pub(super) mod events;

use serde_json::{Value, json};

/// The named fields of an object, in this order; what it does not have is null.
fn pick(value: &Value, fields: &str) -> Value {
    let field = |name: &str| (name.to_owned(), value.get(name).cloned().unwrap_or(Value::Null));
    Value::Object(fields.split_whitespace().map(field).collect())
}

fn set(value: &mut Value, key: &str, new: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(key.to_owned(), new);
    }
}

/// What is null becomes `instead`.
fn fill(value: &mut Value, key: &str, instead: Value) {
    if value.get(key).is_none_or(Value::is_null) {
        set(value, key, instead);
    }
}

/// Before partial success and caught errors had words of their own (api.md §11: 0.14), a run simply succeeded and
/// a node simply failed.
fn early_status(value: &mut Value) {
    let word = match value.get("status").and_then(Value::as_str) {
        Some("partial-succeeded") => "succeeded",
        Some("exception") => "failed",
        _ => return,
    };
    set(value, "status", json!(word));
}
