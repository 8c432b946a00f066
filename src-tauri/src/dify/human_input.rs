//! Questions a run puts to people: the form behind a token, and its answer (api.md §3.5).

use serde_json::{Map, Value, json};

use super::{
    Client,
    error::Error,
    parameters::{options, rules},
    wire,
};
use crate::model::{Millis, capability::Capability, form::FileRules};

/// A form for a person, from GET /form/human_input/{token} or from a `human_input_required` event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HumanForm {
    /// What GET and POST know it by; `None` in an event whose form is delivered by mail only.
    pub token: Option<String>,
    pub form_id: Option<String>,
    pub node_id: Option<String>,
    pub node_title: Option<String>,
    /// Markdown with `{{#$output.name#}}` where an input belongs.
    pub content: String,
    pub inputs: Vec<HumanInput>,
    /// Variable → value to begin with.
    pub defaults: Map<String, Value>,
    pub actions: Vec<HumanAction>,
    pub expires_at: Option<Millis>,
    pub display_in_ui: Option<bool>,
    pub approval_channels: Vec<String>,
}

/// One thing to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanInput {
    /// `output_variable_name`: the key in the answer.
    pub variable: String,
    pub control: HumanControl,
    /// As text; the form's [`HumanForm::defaults`] know those that come from variables.
    pub default: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum HumanControl {
    Paragraph,
    Select {
        options: Vec<String>,
    },
    File {
        rules: FileRules,
    },
    FileList {
        rules: FileRules,
        max_count: Option<u32>,
    },
    /// A type newer than this program.
    Unknown {
        type_name: String,
    },
}

/// One button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HumanAction {
    pub id: String,
    pub title: String,
    pub style: ActionStyle,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ActionStyle {
    #[default]
    Default,
    Primary,
    Accent,
    Ghost,
}

/// Why a form cannot be read or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormRefusal {
    /// 412: somebody answered it before.
    Submitted,
    /// 412: its time is over.
    Expired,
    /// 404: no such form.
    NotFound,
    /// 400: the answer does not fit the form; the error's message says where.
    InvalidData,
    /// The server is older than this ability.
    UnknownPath,
}

impl Client {
    pub async fn human_form(&self, token: &str) -> Result<HumanForm, Error> {
        let query = [("user", self.user())];
        let answer = self.get_json(&["form", "human_input", token], &query, "human input").await;
        match self.observe(Capability::HumanInput, answer)? {
            Value::Object(object) => Ok(HumanForm { token: Some(token.to_owned()), ..human_form(&object) }),
            _ => Err(Error::Decode { what: "human input", reason: "not an object".into() }),
        }
    }

    /// Answers a form with one of its actions. The run goes on by itself; its events have to be taken up again.
    pub async fn submit_human_form(&self, token: &str, inputs: Map<String, Value>, action: &str) -> Result<(), Error> {
        let body = json!({ "inputs": inputs, "action": action, "user": self.user() });
        let answer = self.post_json(&["form", "human_input", token], &body, "answer to a form").await;
        match self.observe(Capability::HumanInput, answer) {
            // Taken, in whatever words.
            Ok(_) | Err(Error::Decode { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Reads a form, or the `data` of a `human_input_required` event. Never fails.
pub fn human_form(object: &Map<String, Value>) -> HumanForm {
    let get = |key: &str| object.get(key).unwrap_or(&Value::Null);
    let text = |key: &str| filled(get(key));
    let list = |key: &str| get(key).as_array().map(Vec::as_slice).unwrap_or_default();
    HumanForm {
        token: text("form_token"),
        form_id: text("form_id"),
        node_id: text("node_id"),
        node_title: text("node_title"),
        content: text("form_content").unwrap_or_default(),
        inputs: list("inputs").iter().filter_map(input).collect(),
        defaults: wire::object(get("resolved_default_values").clone(), ""),
        // The event says `actions`, the form `user_actions`.
        actions: list("user_actions").iter().chain(list("actions")).filter_map(action).collect(),
        expires_at: wire::moment(get("expiration_time")),
        display_in_ui: wire::flag(get("display_in_ui")),
        approval_channels: list("approval_channels").iter().filter_map(wire::any_text).collect(),
    }
}

fn input(value: &Value) -> Option<HumanInput> {
    let type_name = filled(&value["type"]).unwrap_or_else(|| "paragraph".into());
    // Constants stand there; variables were resolved by the server.
    let constant = |source: &Value| match source["type"].as_str() {
        Some("variable") => Value::Null,
        Some(_) => source["value"].clone(),
        None => source.clone(),
    };
    let control = match type_name.replace('_', "-").as_str() {
        "paragraph" | "text-input" => HumanControl::Paragraph,
        "select" => {
            let given = [constant(&value["option_source"]), value["options"].clone()];
            HumanControl::Select {
                options: given.iter().map(options).find(|list| !list.is_empty()).unwrap_or_default(),
            }
        }
        "file" => HumanControl::File { rules: rules(value, "allowed_file_upload_methods") },
        "file-list" => HumanControl::FileList {
            rules: rules(value, "allowed_file_upload_methods"),
            max_count: wire::count(&value["number_limits"]).filter(|count| *count > 0),
        },
        _ => HumanControl::Unknown { type_name },
    };
    Some(HumanInput {
        variable: filled(&value["output_variable_name"]).or_else(|| filled(&value["variable"]))?,
        control,
        default: wire::any_text(&constant(&value["default"])).filter(|text| !text.is_empty()),
    })
}

fn action(value: &Value) -> Option<HumanAction> {
    let id = filled(&value["id"])?;
    Some(HumanAction {
        title: filled(&value["title"]).unwrap_or_else(|| id.clone()),
        style: match value["button_style"].as_str() {
            Some("primary") => ActionStyle::Primary,
            Some("accent") => ActionStyle::Accent,
            Some("ghost") => ActionStyle::Ghost,
            _ => ActionStyle::Default,
        },
        id,
    })
}

fn filled(value: &Value) -> Option<String> {
    wire::text(value).filter(|text| !text.is_empty())
}

impl Error {
    /// Why a form for a person was refused, where that is because of the form.
    pub fn form_refusal(&self) -> Option<FormRefusal> {
        if self.is_unknown_path() {
            return Some(FormRefusal::UnknownPath);
        }
        let Self::Status { status, code, .. } = self else { return None };
        Some(match (status, code.as_deref().unwrap_or_default()) {
            (_, "human_input_form_submitted") => FormRefusal::Submitted,
            (_, "human_input_form_expired") => FormRefusal::Expired,
            (404, _) => FormRefusal::NotFound,
            (_, "invalid_form_data") => FormRefusal::InvalidData,
            _ => return None,
        })
    }
}
