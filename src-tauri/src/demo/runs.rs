//! Runs: what each one is, and who listens to it.
//!
//! A run belongs to nobody's connection. It goes on when a listener leaves, and a listener may join late.

mod stored;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Generation;
use super::apps::App;
use super::dialect::{answers, events::Dialect};
use super::files::now;
use super::wire::ApiError;

pub(super) use self::stored::RunStore;

pub(super) struct Run {
    pub id: String,
    pub task_id: String,
    pub log_id: String,
    pub app: Arc<App>,
    pub user: String,
    pub end_user_id: String,
    /// The variables and the `sys.*` keys, as `workflow_started` shows them.
    pub inputs: Map<String, Value>,
    pub created_at: i64,
    pub stop: CancellationToken,
    /// Which run of its app it is, from 1.
    number: u64,
    generation: Generation,
    started: Instant,
    state: Mutex<State>,
    closed: watch::Sender<bool>,
}

struct State {
    status: &'static str,
    outputs: Value,
    error: Option<String>,
    steps: u64,
    exceptions: u64,
    partial: bool,
    elapsed: f64,
    finished_at: Option<i64>,
    files: Vec<Value>,
    broken: Option<ApiError>,
    listeners: Vec<Listener>,
    dialect: Dialect,
    /// What a paused run waits for: the two events that say so.
    waiting: Vec<Value>,
    /// `workflow_started` and the node events so far, without their contents: what a resumed stream begins with.
    trace: Vec<Value>,
}

struct Listener {
    sender: mpsc::UnboundedSender<Bytes>,
    /// It stays while the run pauses.
    patient: bool,
}

/// How a workflow came to its end.
pub(super) enum End {
    Succeeded {
        outputs: Value,
        files: Vec<Value>,
    },
    Failed(String),
    /// The run failed, and its listeners get an error event instead of the last event.
    Broken(ApiError),
    Stopped,
}

impl Run {
    pub fn new(
        app: Arc<App>,
        user: String,
        end_user_id: String,
        variables: Map<String, Value>,
        files: Vec<Value>,
        stop: CancellationToken,
        generation: Generation,
    ) -> Arc<Self> {
        let id = Uuid::new_v4().to_string();
        let log_id = Uuid::new_v4().to_string();
        let number = app.runs.fetch_add(1, Ordering::Relaxed) + 1;
        let mut inputs = variables;
        inputs.insert("sys.files".into(), Value::Array(files));
        inputs.insert("sys.user_id".into(), json!(user));
        inputs.insert("sys.app_id".into(), json!(app.id));
        inputs.insert("sys.workflow_id".into(), json!(app.workflow_id));
        inputs.insert("sys.workflow_run_id".into(), json!(id));
        let state = State {
            status: "running",
            outputs: json!({}),
            error: None,
            steps: 0,
            exceptions: 0,
            partial: false,
            elapsed: 0.0,
            finished_at: None,
            files: Vec::new(),
            broken: None,
            listeners: Vec::new(),
            dialect: Dialect::new(generation, log_id.clone()),
            waiting: Vec::new(),
            trace: Vec::new(),
        };
        Arc::new(Self {
            id,
            task_id: Uuid::new_v4().to_string(),
            log_id,
            app,
            user,
            end_user_id,
            inputs,
            created_at: now(),
            stop,
            number,
            generation,
            started: Instant::now(),
            state: Mutex::new(state),
            closed: watch::Sender::new(false),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The start node also sees when the run began.
    pub fn start_inputs(&self) -> Value {
        let mut inputs = self.inputs.clone();
        inputs.insert("sys.timestamp".into(), json!(self.created_at));
        Value::Object(inputs)
    }

    pub fn status(&self) -> &'static str {
        self.state().status
    }

    pub fn is_running(&self) -> bool {
        self.status() == "running"
    }

    pub fn outputs(&self) -> Value {
        self.state().outputs.clone()
    }

    pub fn is_over(&self) -> bool {
        self.state().finished_at.is_some()
    }

    /// Everything that is sent from now on.
    pub fn listen(&self) -> mpsc::UnboundedReceiver<Bytes> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut state = self.state();
        if state.finished_at.is_none() {
            state.listeners.push(Listener { sender, patient: false });
        }
        receiver
    }

    /// For a client that comes back: one `workflow_finished`, or what is still to come; `snapshot` begins with what
    /// was, and `patient` stays when the run pauses.
    pub fn resume(&self, snapshot: bool, patient: bool) -> mpsc::UnboundedReceiver<Bytes> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut state = self.state();
        let mut dialect = Dialect::new(self.generation, self.log_id.clone());
        let mut send = |event: &Value| {
            if let Some(frame) = dialect.frame(event.clone()) {
                let _ = sender.send(frame);
            }
        };
        if state.finished_at.is_some() {
            send(&self.finished_event(&state));
            return receiver;
        }
        if snapshot {
            state.trace.iter().for_each(&mut send);
        }
        state.waiting.iter().for_each(&mut send);
        if state.waiting.is_empty() || patient {
            state.listeners.push(Listener { sender, patient });
        }
        receiver
    }

    /// Resolves when nothing more will be sent, or not until a person has answered.
    pub async fn closed(&self) {
        let mut closed = self.closed.subscribe();
        let _ = closed.wait_for(|closed| *closed).await;
    }

    fn envelope(&self, event: &str, data: Value) -> Value {
        json!({"event": event, "workflow_run_id": self.id, "task_id": self.task_id, "data": data})
    }

    fn send_locked(state: &mut State, event: &Value) {
        if !state.listeners.is_empty()
            && let Some(frame) = state.dialect.frame(event.clone())
        {
            state.listeners.retain(|listener| listener.sender.send(frame.clone()).is_ok());
        }
    }

    /// Sends an ordinary event; node events are also kept, lightened, for those who join later.
    pub fn emit(&self, event: &str, data: Value) {
        let envelope = self.envelope(event, data);
        let mut state = self.state();
        if matches!(event, "workflow_started" | "node_started" | "node_finished") {
            let mut kept = envelope.clone();
            if event != "workflow_started"
                && let Some(data) = kept["data"].as_object_mut()
            {
                for key in ["inputs", "process_data", "outputs", "error"] {
                    data.insert(key.into(), Value::Null);
                }
            }
            state.trace.push(kept);
        }
        Self::send_locked(&mut state, &envelope);
    }

    /// Sends an event whose fields stand at the top level, beside the event's name.
    pub fn emit_flat(&self, event: &str, fields: Value) {
        let mut envelope = json!({"event": event, "workflow_run_id": self.id, "task_id": self.task_id});
        if let (Some(envelope), Value::Object(fields)) = (envelope.as_object_mut(), fields) {
            envelope.extend(fields);
        }
        Self::send_locked(&mut self.state(), &envelope);
    }

    /// The workflow waits for a person: it says for what, and whose listeners are not patient are let go.
    pub fn pause(&self, node_id: &str, required: Value) {
        let mut state = self.state();
        state.status = "paused";
        let reason = json!({
            "type": "human_input_required", "form_id": required["form_id"], "node_id": node_id,
            "node_title": required["node_title"], "form_token": required["form_token"],
        });
        let paused = json!({
            "workflow_run_id": self.id, "paused_nodes": [node_id], "outputs": {}, "reasons": [reason], "status": "paused",
            "created_at": self.created_at, "elapsed_time": round6(self.started.elapsed().as_secs_f64()), "total_tokens": 0,
            "total_steps": state.steps,
        });
        state.waiting = vec![self.envelope("human_input_required", required), self.envelope("workflow_paused", paused)];
        for event in state.waiting.clone() {
            Self::send_locked(&mut state, &event);
        }
        state.listeners.retain(|listener| listener.patient);
        self.closed.send_replace(true);
    }

    /// A person has answered, or has let the time pass.
    pub fn go_on(&self) {
        {
            let mut state = self.state();
            state.status = "running";
            state.waiting = Vec::new();
        }
        self.closed.send_replace(false);
        self.emit("workflow_started", self.started_data("resumption"));
    }

    /// Of `workflow_started`; `reason` is `initial` or `resumption`.
    pub fn started_data(&self, reason: &str) -> Value {
        json!({
            "id": self.id, "workflow_id": self.app.workflow_id, "sequence_number": self.number, "inputs": self.inputs,
            "created_at": self.created_at, "reason": reason,
        })
    }

    pub fn count_step(&self) {
        self.state().steps += 1;
    }

    pub fn count_exception(&self) {
        self.state().exceptions += 1;
    }

    /// An error was handled by a branch of its own: the run ends `partial-succeeded`.
    pub fn mark_partial(&self) {
        self.state().partial = true;
    }

    pub fn finish(&self, end: End) {
        let mut state = self.state();
        match end {
            End::Succeeded { outputs, files } => {
                state.status = if state.partial { "partial-succeeded" } else { "succeeded" };
                state.outputs = outputs;
                state.files = files;
            }
            End::Failed(error) => {
                state.status = "failed";
                state.error = Some(error);
            }
            End::Broken(error) => {
                state.status = "failed";
                state.error = Some(error.message.clone());
                state.broken = Some(error);
            }
            End::Stopped => {
                state.status = "stopped";
                state.error = Some("Stopped by user.".into());
            }
        }
        state.elapsed = round6(self.started.elapsed().as_secs_f64());
        state.finished_at = Some(now());
        state.trace = Vec::new();
        state.waiting = Vec::new();
        let event = match &state.broken {
            None => self.finished_event(&state),
            Some(ApiError { status, code, message }) => json!({
                "event": "error", "workflow_run_id": self.id, "code": code, "status": status.as_u16(), "message": message,
            }),
        };
        Self::send_locked(&mut state, &event);
    }

    /// No more events: listeners' streams end.
    pub fn close(&self) {
        self.state().listeners.clear();
        self.closed.send_replace(true);
    }

    fn finished_event(&self, state: &State) -> Value {
        let data = json!({
            "id": self.id, "workflow_id": self.app.workflow_id, "status": state.status, "outputs": state.outputs,
            "error": state.error, "elapsed_time": state.elapsed, "total_tokens": 0, "total_steps": state.steps,
            "created_by": {"id": self.end_user_id, "user": self.user}, "created_at": self.created_at,
            "finished_at": state.finished_at, "exceptions_count": state.exceptions, "files": state.files,
        });
        self.envelope("workflow_finished", data)
    }

    /// The answer of a blocking run.
    pub fn blocking(&self) -> Result<Value, ApiError> {
        let state = self.state();
        if let Some(error) = &state.broken {
            return Err(error.clone());
        }
        let pause = state.waiting.get(1).map(|event| &event["data"]);
        let answer = json!({
            "task_id": self.task_id, "workflow_run_id": self.id,
            "data": {
                "id": self.id, "workflow_id": self.app.workflow_id, "status": state.status, "outputs": state.outputs,
                "error": state.error, "elapsed_time": state.elapsed, "total_tokens": 0, "total_steps": state.steps,
                "created_at": self.created_at, "finished_at": state.finished_at,
                "paused_nodes": pause.map(|data| &data["paused_nodes"]), "reasons": pause.map(|data| &data["reasons"]),
            },
        });
        Ok(answers::blocking(self.generation, answer))
    }
}

pub(super) fn round6(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
