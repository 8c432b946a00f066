//! Forms that a paused run shows to people: kept by their token, answered once, and not for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Generation;
use super::engine::Flow;
use super::files::{FileStore, now};
use super::inputs;
use super::wire::{self, ApiError};

/// Past this, forms that are over are forgotten.
const MOST_FORMS: usize = 200;

/// What a person is asked. `content` is Markdown with a slot `{{#$output.NAME#}}` for an input.
pub(super) struct Question {
    pub node_id: &'static str,
    pub title: &'static str,
    pub content: String,
    pub inputs: Value,
    pub defaults: Map<String, Value>,
    pub actions: Vec<Action>,
    /// It is sent by mail alone: the run does not tell its token.
    pub by_mail: bool,
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
        let Question { content, inputs, defaults, actions, .. } = &self.question;
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

    /// Takes what `POST` brings: `{inputs, action}`; files are those that `owner` has uploaded.
    pub fn submit(&self, body: &Map<String, Value>, files: &FileStore, owner: &str) -> Result<(), ApiError> {
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
        let checked = inputs::check(&self.file_controls(), given, files, owner, Generation::Today);
        inputs.extend(checked.map_err(|refused| invalid(refused.message))?);
        if let Some(sender) = self.decision().take() {
            // Nobody waits any more if the run was stopped in this moment.
            let _ = sender.send(Decision { action, inputs });
        }
        Ok(())
    }

    /// The file inputs, as controls of a form before a run: the same rules hold for both.
    fn file_controls(&self) -> Vec<Value> {
        let inputs = self.question.inputs.as_array().into_iter().flatten();
        inputs
            .filter_map(|input| {
                let kind = input["type"].as_str().filter(|kind| matches!(*kind, "file" | "file-list"))?;
                let mut control = input.as_object()?.clone();
                control.insert("variable".into(), input["output_variable_name"].clone());
                control.insert("required".into(), json!(kind == "file"));
                control.insert("max_length".into(), input["number_limits"].clone());
                Some(json!({kind: control}))
            })
            .collect()
    }
}

impl Action {
    fn shown(&self) -> Value {
        json!({"id": self.id, "title": self.title, "button_style": self.style})
    }
}

/// By token.
#[derive(Default)]
pub(super) struct Forms {
    forms: Mutex<HashMap<String, Arc<Form>>>,
    /// Tokens that went out by mail alone, newest last.
    mailed: Mutex<Vec<String>>,
}

impl Forms {
    fn forms(&self) -> MutexGuard<'_, HashMap<String, Arc<Form>>> {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, token: String, form: Form) {
        let mut forms = self.forms();
        if forms.len() >= MOST_FORMS {
            forms.retain(|_, form| form.check_open().is_ok());
        }
        forms.insert(token, Arc::new(form));
    }

    /// What the mails of paused runs would link to.
    pub fn mailed(&self) -> Vec<String> {
        self.mailed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A form belongs to its app's key.
    pub fn find(&self, app_id: &str, token: &str) -> Result<Arc<Form>, ApiError> {
        let form = self.forms().get(token).filter(|form| form.app_id == app_id).cloned();
        form.ok_or_else(|| ApiError::not_found("Form not found"))
    }
}

impl Flow {
    /// Pauses the run until a person has decided; `None` when the form's time is over.
    pub async fn ask(&self, question: Question) -> Option<Decision> {
        self.ask_all(vec![question]).await.pop().flatten()
    }

    /// Asks several people at once. After each answer the run goes on as far as it can: until the next is needed.
    pub async fn ask_all(&self, questions: Vec<Question>) -> Vec<Option<Decision>> {
        let life = self.shared.options.form_life;
        let expires_at = now().saturating_add(i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
        let mut open: Vec<(usize, Value)> = Vec::new();
        let mut asked = Vec::new();
        let mut waits = FuturesUnordered::new();
        for (place, question) in questions.into_iter().enumerate() {
            let (sender, decision) = oneshot::channel();
            let token = Uuid::new_v4().simple().to_string();
            open.push((place, question.required(&token, expires_at)));
            asked.push((question.node_id, question.title, question.content.clone()));
            if question.by_mail {
                self.shared.forms.mailed.lock().unwrap_or_else(PoisonError::into_inner).push(token.clone());
            }
            let app_id = self.run.app.id.clone();
            let form = Form { app_id, question, expires_at, decision: Mutex::new(Some(sender)) };
            self.shared.forms.add(token, form);
            // The receiver goes with the time: who answers later learns that it is over.
            waits.push(async move {
                let decision = tokio::time::timeout(life.max(Duration::from_millis(1)), decision).await;
                (place, decision.ok().and_then(Result::ok))
            });
        }
        let mut decisions: Vec<Option<Decision>> = asked.iter().map(|_| None).collect();
        self.run.pause(open.iter().map(|(_, required)| required.clone()).collect());
        while let Some((place, decision)) = waits.next().await {
            self.run.go_on();
            let (node_id, title, content) = &asked[place];
            self.tell(node_id, title, content, decision.as_ref(), expires_at);
            decisions[place] = decision;
            open.retain(|(open, _)| *open != place);
            if !open.is_empty() {
                self.run.pause(open.iter().map(|(_, required)| required.clone()).collect());
            }
        }
        decisions
    }

    fn tell(&self, node_id: &str, title: &str, content: &str, decision: Option<&Decision>, expires_at: i64) {
        let Some(Decision { action, inputs }) = decision else {
            let data = json!({"node_id": node_id, "node_title": title, "expiration_time": expires_at});
            return self.run.emit("human_input_form_timeout", data);
        };
        let rendered = inputs.iter().fold(content.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{{#$output.{name}#}}}}"), &shown(value))
        });
        self.run.emit(
            "human_input_form_filled",
            json!({
                "node_id": node_id, "node_title": title, "rendered_content": rendered, "action_id": action.id,
                "action_text": action.title, "submitted_data": inputs,
            }),
        );
    }
}

/// Files by their names, everything else as text.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(file) if file.contains_key("filename") => {
            file["filename"].as_str().unwrap_or_default().to_owned()
        }
        other => wire::as_text(other),
    }
}

impl Question {
    /// The data of `human_input_required`.
    fn required(&self, token: &str, expires_at: i64) -> Value {
        let Self { node_id, title, content, inputs, defaults, actions, by_mail } = self;
        let channels = if *by_mail { json!([{"type": "email", "enabled": true}]) } else { json!([]) };
        json!({
            "form_id": Uuid::new_v4().to_string(), "node_id": node_id, "node_title": title, "form_content": content,
            "inputs": inputs, "actions": actions.iter().map(Action::shown).collect::<Vec<_>>(),
            "resolved_default_values": defaults, "expiration_time": expires_at, "display_in_ui": !by_mail,
            "form_token": if *by_mail { Value::Null } else { json!(token) }, "approval_channels": channels,
        })
    }
}
