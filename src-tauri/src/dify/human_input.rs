//! The form a paused run waits for, as events carry it and as the server answers for its token (api.md §3.5).

use serde_json::{Map, Value};

use super::wire;
use crate::model::human_input::{HumanAction, HumanAnswer, HumanForm, HumanInput, HumanValue};

/// Takes a form out of an event's data or an answer; fields it does not know are left there.
pub fn form(data: &mut Map<String, Value>) -> HumanForm {
    HumanForm {
        form_id: text(data, "form_id"),
        token: text(data, "form_token"),
        node_id: text(data, "node_id").unwrap_or_default(),
        node_title: text(data, "node_title").unwrap_or_default(),
        content: text(data, "form_content").unwrap_or_default(),
        inputs: list(data, "inputs").into_iter().filter_map(input).collect(),
        // The event and the answer for a token do not agree on the name.
        actions: list(data, "actions")
            .into_iter()
            .chain(list(data, "user_actions"))
            .filter_map(|action| match action {
                Value::Object(mut action) => Some(HumanAction {
                    id: text(&mut action, "id")?,
                    title: text(&mut action, "title").unwrap_or_default(),
                    style: text(&mut action, "button_style").unwrap_or_default(),
                }),
                _ => None,
            })
            .collect(),
        defaults: data.remove("resolved_default_values").map_or_else(Map::new, |values| wire::object(values, "")),
        expires_at: data.remove("expiration_time").as_ref().and_then(wire::moment),
        display_in_ui: data.remove("display_in_ui").as_ref().and_then(wire::flag),
        approval_channels: list(data, "approval_channels"),
    }
}

/// The form that a reason of `workflow_paused` is about, if it is about one.
pub fn asked_in(reason: &Value) -> Option<HumanForm> {
    let mut reason = reason.as_object()?.clone();
    let is_form = wire::text(reason.get("type")?)?.eq_ignore_ascii_case("human_input_required");
    is_form.then(|| form(&mut reason))
}

/// Takes a filled form out of an event's data.
pub fn answer(data: &mut Map<String, Value>) -> HumanAnswer {
    HumanAnswer {
        node_id: text(data, "node_id").unwrap_or_default(),
        node_title: text(data, "node_title").unwrap_or_default(),
        content: text(data, "rendered_content").unwrap_or_default(),
        action_id: text(data, "action_id").unwrap_or_default(),
        action_title: text(data, "action_text").unwrap_or_default(),
        submitted: data.remove("submitted_data").map_or_else(Map::new, |values| wire::object(values, "")),
    }
}

fn input(value: Value) -> Option<HumanInput> {
    let Value::Object(mut input) = value else { return None };
    Some(HumanInput {
        kind: text(&mut input, "type").unwrap_or_default(),
        name: text(&mut input, "output_variable_name")?,
        default: input.remove("default").and_then(source),
        options: input.remove("option_source").and_then(source),
        allowed_file_types: texts(&mut input, "allowed_file_types"),
        allowed_file_extensions: texts(&mut input, "allowed_file_extensions"),
        allowed_upload_methods: texts(&mut input, "allowed_file_upload_methods"),
        most_files: input.remove("number_limits").as_ref().and_then(wire::count),
    })
}

/// `{type: constant | variable, value, selector}`; anything else is a constant itself.
fn source(value: Value) -> Option<HumanValue> {
    match value {
        Value::Null => None,
        Value::Object(mut source) if source.get("type").is_some_and(Value::is_string) => {
            if source["type"] == "variable" {
                let selector = source.remove("selector")?;
                let parts: Vec<String> = selector.as_array()?.iter().filter_map(wire::text).collect();
                Some(HumanValue::Variable(parts.join(".")))
            } else {
                source.remove("value").filter(|value| !value.is_null()).map(HumanValue::Constant)
            }
        }
        constant => Some(HumanValue::Constant(constant)),
    }
}

fn text(object: &mut Map<String, Value>, key: &str) -> Option<String> {
    wire::text(&object.remove(key)?).filter(|text| !text.is_empty())
}

fn list(object: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match object.remove(key) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn texts(object: &mut Map<String, Value>, key: &str) -> Vec<String> {
    list(object, key).iter().filter_map(wire::text).collect()
}
