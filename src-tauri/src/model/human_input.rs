//! What a workflow that waits for a person asks of them (api.md §3.5).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Millis;

/// A form that a paused run waits for: from `human_input_required`, or asked for by its token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HumanForm {
    pub form_id: Option<String>,
    /// Fetches and submits the form; `None` where it is delivered by mail only.
    pub token: Option<String>,
    pub node_id: String,
    pub node_title: String,
    /// Markdown, with `{{#$output.NAME#}}` where an input stands.
    pub content: String,
    pub inputs: Vec<HumanInput>,
    pub actions: Vec<HumanAction>,
    /// What inputs that begin with a variable's value hold, by name.
    pub defaults: Map<String, Value>,
    pub expires_at: Option<Millis>,
    /// Whether the page of the workflow itself would show the form.
    pub display_in_ui: Option<bool>,
    /// Other ways it was sent, in the server's shape.
    pub approval_channels: Vec<Value>,
}

/// One field of such a form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HumanInput {
    /// As the server says: paragraph, select, file, file-list.
    pub kind: String,
    pub name: String,
    pub default: Option<HumanValue>,
    /// What a select offers.
    pub options: Option<HumanValue>,
    pub allowed_file_types: Vec<String>,
    pub allowed_file_extensions: Vec<String>,
    pub allowed_upload_methods: Vec<String>,
    pub most_files: Option<u32>,
}

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum HumanValue {
    Constant(Value),
    /// `node.variable`: what it held when the run paused is in [`HumanForm::defaults`].
    Variable(String),
}

/// A button of the form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HumanAction {
    pub id: String,
    pub title: String,
    /// As the server says: primary, default, accent, ghost.
    pub style: String,
}

/// How a form was dealt with: `human_input_form_filled`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HumanAnswer {
    pub node_id: String,
    pub node_title: String,
    /// The form's text with what was entered.
    pub content: String,
    pub action_id: String,
    pub action_title: String,
    pub submitted: Map<String, Value>,
}

/// One question of a run to a person, as it is kept with the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Question {
    pub form: HumanForm,
    /// By this computer's clock.
    pub asked_at: Millis,
    pub state: QuestionState,
}

/// A form's text as it is read where nothing is entered any more.
pub fn without_slots(content: &str) -> String {
    const SLOT: &str = "{{#";
    let (mut read, mut rest) = (String::with_capacity(content.len()), content);
    while let Some((before, behind)) = rest.split_once(SLOT) {
        read.push_str(before);
        match behind.split_once("#}}") {
            Some((name, after)) if name.trim_start().starts_with("$output.") => rest = after,
            _ => {
                read.push_str(SLOT);
                rest = behind;
            }
        }
    }
    read.push_str(rest);
    read
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum QuestionState {
    Open,
    /// `action` is its title, empty where it is not known; `here` if it was answered in this program.
    Answered {
        at: Millis,
        action: String,
        content: String,
        here: bool,
    },
    /// Nobody answered in time.
    Expired {
        at: Millis,
    },
    /// The run ended without an answer.
    Dropped,
}
