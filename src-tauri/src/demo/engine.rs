//! What a built-in workflow is written with: nodes, containers and text, each sent as a server sends it.
//!
//! Nothing here knows what a workflow computes. A workflow calls `node`, does its work, and calls `finish`; the events
//! are made here, once, with the fields and the order that were recorded from a real server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::apps::Workflow;
use super::files::now;
use super::runs::{End, Run, round6};
use super::wire::{self, ApiError};
use super::{Generation, Shared};

/// What a workflow hands over when it succeeds.
pub(super) struct Outcome {
    pub outputs: Value,
    /// Spoken audio, base64 pieces of one MP3, sent after `workflow_finished` as servers do.
    pub speech: Vec<String>,
}

impl Outcome {
    pub fn of(outputs: Value) -> Self {
        Self { outputs, speech: Vec::new() }
    }
}

/// Why a workflow did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A node failed: the run ends with its message.
    Failed(String),
    /// Something broke around the nodes: the stream ends with an error event and no `workflow_finished`.
    Broken(ApiError),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self::Failed(message.to_owned())
    }
}

/// Runs a workflow to its end, whoever listens.
pub(super) async fn drive(shared: Arc<Shared>, run: Arc<Run>) {
    let flow = Flow { shared: shared.clone(), run: run.clone(), place: Place::Top, branch: None };
    if run.inputs.get("sys.files").and_then(Value::as_array).is_some_and(|files| !files.is_empty()) {
        // Since 1.16; it may come before everything else.
        run.emit_flat("warning", json!({"warning": "`files` is deprecated: use the variable `userinput.files`."}));
    }
    run.emit("workflow_started", run.started_data("initial"));
    let work = async {
        match run.app.workflow {
            Workflow::DocumentDigest => super::document_digest::run(flow).await,
            Workflow::EveryControl => super::every_control::run(flow).await,
            Workflow::Approval => super::approval::run(flow).await,
            Workflow::LongRun => super::long_run::run(flow).await,
            Workflow::None => Ok(Outcome::of(json!({}))),
        }
    };
    // Dropping the work is what stops it; a blocking extraction that still runs is simply not listened to.
    let ended = tokio::select! {
        biased;
        () = run.stop.cancelled() => None,
        ended = work => Some(ended),
    };
    let mut speech = Vec::new();
    let end = match ended {
        None => End::Stopped,
        Some(Err(Failure::Failed(error))) => End::Failed(error),
        Some(Err(Failure::Broken(error))) => End::Broken(error),
        Some(Ok(outcome)) => {
            speech = outcome.speech;
            let files = shared.files.objects_in(&outcome.outputs);
            End::Succeeded { outputs: outcome.outputs, files }
        }
    };
    run.finish(end);
    for audio in &speech {
        run.emit_flat("tts_message", json!({"audio": audio}));
        tokio::task::yield_now().await;
    }
    // Servers of November 2024 ended every stream so, whether it spoke or not (api.md §6).
    if run.app.speaks || shared.options.generation == Generation::Autumn2024 {
        run.emit_flat("tts_message_end", json!({"audio": ""}));
    }
    run.close();
}

/// Where a node stands: at the top, or in one round of a container.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    Iteration { id: &'static str, round: usize },
    Loop { id: &'static str, round: usize },
}

/// A running workflow, seen from one place in its graph.
#[derive(Clone)]
pub(super) struct Flow {
    pub shared: Arc<Shared>,
    pub run: Arc<Run>,
    pub(super) place: Place,
    branch: Option<Branch>,
}

/// One of several paths that are taken at once; only some generations tell.
#[derive(Clone)]
struct Branch {
    parallel_id: Arc<str>,
    /// The first node names it.
    start: &'static str,
}

impl Flow {
    pub fn input(&self, variable: &str) -> &Value {
        self.run.inputs.get(variable).unwrap_or(&Value::Null)
    }

    pub fn input_text(&self, variable: &str) -> &str {
        self.input(variable).as_str().unwrap_or_default()
    }

    pub(super) fn inside(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// Enters a branch; its first node names it.
    pub fn branch(&self, parallel_id: &Arc<str>, start: &'static str) -> Self {
        let branch = Branch { parallel_id: parallel_id.clone(), start };
        let inside = Self { branch: Some(branch), ..self.clone() };
        inside.tell_branch("parallel_branch_started", json!({}));
        inside
    }

    pub fn branch_ended(&self) {
        self.tell_branch("parallel_branch_finished", json!({"status": "succeeded", "error": null}));
    }

    fn tell_branch(&self, event: &str, extra: Value) {
        let Some(branch) = self.branch.as_ref().filter(|_| self.shared.options.generation.has_branches()) else {
            return;
        };
        let mut data = object(
            json!({"parallel_id": &*branch.parallel_id, "parallel_branch_id": branch.start, "created_at": now()}),
        );
        data.extend(self.place_fields());
        data.extend(object(extra));
        self.run.emit(event, Value::Object(data));
    }

    pub async fn pause(&self, seconds: f64) {
        if seconds > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        } else {
            // Even a run without pauses lets others speak, so that parallel nodes interleave.
            tokio::task::yield_now().await;
        }
    }

    /// The start node: it hands on what came in.
    pub fn start_node(&self) {
        let node = self.node("start", "start", "Start");
        let inputs = self.run.start_inputs();
        let files = self.shared.files.objects_in(&inputs);
        node.finish(Done { inputs: inputs.clone(), outputs: inputs, files, ..Done::default() });
    }

    /// The end node: its outputs become the outputs of the run.
    pub fn end_node(&self, outputs: &Value) {
        let node = self.node("end", "end", "End");
        let files = self.shared.files.objects_in(outputs);
        node.finish(Done { inputs: outputs.clone(), outputs: outputs.clone(), files, ..Done::default() });
    }

    /// Begins a node: `node_started` is sent at once.
    pub fn node(&self, node_id: &'static str, node_type: &'static str, title: &'static str) -> Node {
        if self.place == Place::Top {
            self.run.count_step();
        }
        let node = Node {
            flow: self.clone(),
            id: Uuid::new_v4().to_string(),
            node_id,
            node_type,
            title,
            created_at: now(),
            started: Instant::now(),
        };
        let mut data = node.head();
        data.extend(object(
            json!({"inputs": null, "inputs_truncated": false, "created_at": node.created_at, "extras": {}}),
        ));
        data.extend(self.place_fields());
        data.insert("agent_strategy".into(), Value::Null);
        self.run.emit("node_started", Value::Object(data));
        node
    }

    pub(super) fn place_fields(&self) -> Map<String, Value> {
        let (iteration, loop_) = match &self.place {
            Place::Top => (None, None),
            Place::Iteration { id, .. } => (Some(*id), None),
            Place::Loop { id, .. } => (None, Some(*id)),
        };
        let branch = self.branch.as_ref();
        object(json!({
            "iteration_id": iteration, "loop_id": loop_, "parallel_id": branch.map(|branch| &*branch.parallel_id),
            "parallel_start_node_id": branch.map(|branch| branch.start),
        }))
    }

    /// A piece of text of one node's output.
    pub fn text(&self, selector: &[&str], text: &str) {
        self.run.emit("text_chunk", json!({"text": text, "from_variable_selector": selector}));
    }

    /// Text in small pieces, a little apart, so that it is seen to arrive.
    pub async fn stream_text(&self, selector: &[&str], text: &str, total: Duration) {
        let letters: Vec<char> = text.chars().collect();
        // Few enough pieces for a long text, small enough ones for a short text.
        let size = (letters.len() / 120).max(12);
        let pieces = letters.len().div_ceil(size).max(1);
        let wait = total.as_secs_f64() / pieces as f64;
        for piece in letters.chunks(size) {
            self.text(selector, &piece.iter().collect::<String>());
            self.pause(wait).await;
        }
    }

    /// The rest of the answer: every further output, rendered, after a line feed of the end node.
    pub fn text_of_output(&self, selector: &[&str], value: &Value) {
        self.text(&["end", "answer"], "\n");
        self.text(selector, &wire::as_text(value));
    }
}

/// What a node leaves behind.
#[derive(Default)]
pub(super) struct Done {
    pub inputs: Value,
    pub process_data: Value,
    pub outputs: Value,
    pub files: Vec<Value>,
}

/// A node between its start and its end.
pub(super) struct Node {
    flow: Flow,
    pub id: String,
    node_id: &'static str,
    node_type: &'static str,
    title: &'static str,
    created_at: i64,
    started: Instant,
}

impl Node {
    fn head(&self) -> Map<String, Value> {
        object(json!({
            "id": self.id, "node_id": self.node_id, "node_type": self.node_type, "title": self.title, "index": 1,
            "predecessor_node_id": null,
        }))
    }

    fn result(&self, done: Done, status: &str, error: Option<&str>, extra: Value) -> Value {
        let mut metadata = match &self.flow.place {
            Place::Top => Map::new(),
            Place::Iteration { id, round } => object(json!({"iteration_id": id, "iteration_index": round})),
            Place::Loop { id, round } => object(json!({"loop_id": id, "loop_index": round})),
        };
        metadata.extend(object(extra));
        let or_empty = |value: Value| if value.is_null() { json!({}) } else { value };
        let mut data = self.head();
        data.extend(object(json!({
            "inputs": or_empty(done.inputs), "inputs_truncated": false, "process_data": or_empty(done.process_data),
            "process_data_truncated": false, "outputs": or_empty(done.outputs), "outputs_truncated": false, "status": status,
            "error": error, "elapsed_time": round6(self.started.elapsed().as_secs_f64()),
            "execution_metadata": if metadata.is_empty() { Value::Null } else { Value::Object(metadata) },
            "created_at": self.created_at, "finished_at": now(), "files": done.files,
        })));
        data.extend(self.flow.place_fields());
        Value::Object(data)
    }

    pub fn finish(self, done: Done) {
        let data = self.result(done, "succeeded", None, json!({}));
        self.flow.run.emit("node_finished", data);
    }

    pub fn finish_with(self, done: Done, metadata: Value) {
        let data = self.result(done, "succeeded", None, metadata);
        self.flow.run.emit("node_finished", data);
    }

    /// The node failed and nothing catches it here.
    pub fn fail(self, done: Done, error: &str) {
        if self.flow.place == Place::Top {
            self.flow.run.count_exception();
        }
        let data = self.result(done, "failed", Some(error), json!({}));
        self.flow.run.emit("node_finished", data);
    }

    /// The node failed and its fail branch goes on: the text is in the outputs, `error` says nothing.
    pub fn exception(self, inputs: Value, error_type: &str, message: &str) {
        self.flow.run.count_exception();
        self.flow.run.mark_partial();
        let outputs = json!({"error_message": message, "error_type": error_type});
        let done = Done { inputs, outputs, ..Done::default() };
        let data = self.result(done, "exception", Some("Unknown error"), json!({"error_strategy": "fail-branch"}));
        self.flow.run.emit("node_finished", data);
    }

    /// One failed try; the node itself goes on.
    pub fn retry(&self, inputs: Value, error: &str, retry_index: usize) {
        self.flow.run.count_step();
        self.flow.run.count_exception();
        let mut data = self.result(Done { inputs, ..Done::default() }, "retry", Some(error), json!({}));
        if let Some(data) = data.as_object_mut() {
            data.insert("retry_index".into(), json!(retry_index));
        }
        self.flow.run.emit("node_retry", data);
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
