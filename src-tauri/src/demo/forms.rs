//! Forms that a paused run shows to a person: kept by their token, answered once, and not for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::engine::Flow;
use super::files::now;
use super::wire::{self, ApiError};

/// Past this, forms that are over are forgotten.
const MOST_FORMS: usize = 200;

/// What a person is asked. `content` is Markdown with a slot `{{#$output.NAME#}}` for each input.
pub(super) struct Question {
    pub content: String,
    pub inputs: Value,
    pub defaults: Map<String, Value>,
    pub actions: Vec<Action>,
}

#[derive(Clone, Copy)]
pub(super) struct Action {
    pub id: &'static str,
    pub title: &'static str,
    pub style: &'static str,
}

/// What a person decided.
pub(super) struct Decision {
    pub action: Action,
    pub inputs: Map<String, Value>,
}

pub(super) struct Form {
    pub app_id: String,
    question: Question,
    expires_at: i64,
    /// Gone once somebody has answered.
    decision: Mutex<Option<oneshot::Sender<Decision>>>,
}

impl Form {
    /// What `GET` shows.
    pub fn shown(&self) -> Result<Value, ApiError> {
        self.check_open()?;
        let Question { content, inputs, defaults, actions } = &self.question;
        Ok(json!({
            "form_content": content, "inputs": inputs, "resolved_default_values": defaults,
            "user_actions": actions.iter().map(Action::shown).collect::<Vec<_>>(), "expiration_time": self.expires_at,
        }))
    }

    fn check_open(&self) -> Result<(), ApiError> {
        let refuse = |code, message| Err(ApiError::new(StatusCode::PRECONDITION_FAILED, code, message));
        if self.decision().is_none() {
            return refuse("human_input_form_submitted", "This form has already been submitted.");
        }
        if self.decision().as_ref().is_none_or(oneshot::Sender::is_closed) {
            return refuse("human_input_form_expired", "This form has expired.");
        }
        Ok(())
    }

    fn decision(&self) -> MutexGuard<'_, Option<oneshot::Sender<Decision>>> {
        self.decision.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what `POST` brings: `{inputs, action}`.
    pub fn submit(&self, body: &Map<String, Value>) -> Result<(), ApiError> {
        self.check_open()?;
        let invalid = |message: String| ApiError::new(StatusCode::BAD_REQUEST, "invalid_form_data", message);
        let id = body.get("action").and_then(Value::as_str).unwrap_or_default();
        let action = self.question.actions.iter().find(|action| action.id == id);
        let action = *action.ok_or_else(|| invalid(format!("Invalid action: {id}")))?;
        let given = body.get("inputs").and_then(Value::as_object);
        let given = given.ok_or_else(|| invalid("inputs must be an object".into()))?;
        let mut inputs = Map::new();
        for input in self.question.inputs.as_array().into_iter().flatten() {
            let name = input["output_variable_name"].as_str().unwrap_or_default();
            let value = given.get(name).ok_or_else(|| invalid(format!("Missing required inputs: {name}")))?;
            let options = input.pointer("/option_source/value").and_then(Value::as_array);
            if options.is_some_and(|options| !options.contains(value)) {
                return Err(invalid(format!("Invalid value for select input '{name}'")));
            }
            inputs.insert(name.to_owned(), value.clone());
        }
        if let Some(sender) = self.decision().take() {
            // Nobody waits any more if the run was stopped in this moment.
            let _ = sender.send(Decision { action, inputs });
        }
        Ok(())
    }
}

impl Action {
    fn shown(&self) -> Value {
        json!({"id": self.id, "title": self.title, "button_style": self.style})
    }
}

/// By token.
#[derive(Default)]
pub(super) struct Forms(Mutex<HashMap<String, Arc<Form>>>);

impl Forms {
    fn forms(&self) -> MutexGuard<'_, HashMap<String, Arc<Form>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, token: String, form: Form) {
        let mut forms = self.forms();
        if forms.len() >= MOST_FORMS {
            forms.retain(|_, form| form.check_open().is_ok());
        }
        forms.insert(token, Arc::new(form));
    }

    /// A form belongs to its app's key.
    pub fn find(&self, app_id: &str, token: &str) -> Result<Arc<Form>, ApiError> {
        let form = self.forms().get(token).filter(|form| form.app_id == app_id).cloned();
        form.ok_or_else(|| ApiError::not_found("Form not found"))
    }
}

impl Flow {
    /// Pauses the run until a person has decided; `None` when the form's time is over.
    pub async fn ask(&self, node_id: &'static str, title: &str, question: Question) -> Option<Decision> {
        let life = self.shared.options.form_life;
        let (sender, decision) = oneshot::channel();
        let token = Uuid::new_v4().simple().to_string();
        let expires_at = now().saturating_add(i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
        let required = json!({
            "form_id": Uuid::new_v4().to_string(), "node_id": node_id, "node_title": title, "form_content": question.content,
            "inputs": question.inputs, "actions": question.actions.iter().map(Action::shown).collect::<Vec<_>>(),
            "resolved_default_values": question.defaults, "expiration_time": expires_at, "display_in_ui": true,
            "form_token": token, "approval_channels": [],
        });
        let content = question.content.clone();
        let app_id = self.run.app.id.clone();
        let form = Form { app_id, question, expires_at, decision: Mutex::new(Some(sender)) };
        self.shared.forms.add(token, form);
        self.run.pause(node_id, required);
        // The receiver goes with the time: who answers later learns that it is over.
        let decision =
            tokio::time::timeout(life.max(Duration::from_millis(1)), decision).await.ok().and_then(Result::ok);
        self.run.go_on();
        match &decision {
            Some(Decision { action, inputs }) => {
                let rendered = inputs.iter().fold(content, |text, (name, value)| {
                    text.replace(&format!("{{{{#$output.{name}#}}}}"), &wire::as_text(value))
                });
                self.run.emit(
                    "human_input_form_filled",
                    json!({
                        "node_id": node_id, "node_title": title, "rendered_content": rendered, "action_id": action.id,
                        "action_text": action.title, "submitted_data": inputs,
                    }),
                );
            }
            None => {
                let data = json!({"node_id": node_id, "node_title": title, "expiration_time": expires_at});
                self.run.emit("human_input_form_timeout", data);
            }
        }
        decision
    }
}
