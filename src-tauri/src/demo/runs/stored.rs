//! What the server remembers of runs: the stored run, the line in the logs, and which runs are kept at all.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::super::Generation;
use super::super::apps::App;
use super::super::dialect::answers;
use super::super::wire::ascii_json;
use super::{Run, State};

/// What the database holds of a run.
struct Stored {
    status: &'static str,
    error: Option<String>,
    steps: u64,
    elapsed: f64,
    finished_at: Option<i64>,
}

impl Run {
    /// As it is stored, which after a stop is not always as it ended (server-1.12.1.md §12).
    fn stored(&self, state: &State) -> Stored {
        let forgotten = state.status == "stopped" && self.generation == Generation::Recorded;
        if state.finished_at.is_none() || forgotten {
            let status = if forgotten { "running" } else { state.status };
            return Stored { status, error: None, steps: 0, elapsed: 0.0, finished_at: None };
        }
        Stored {
            status: state.status,
            error: state.error.clone(),
            steps: state.steps,
            elapsed: state.elapsed,
            finished_at: state.finished_at,
        }
    }

    pub fn stored_status(&self) -> &'static str {
        self.stored(&self.state()).status
    }

    pub fn detail(&self) -> Value {
        let state = self.state();
        let stored = self.stored(&state);
        let detail = json!({
            "id": self.id, "workflow_id": self.app.workflow_id, "status": stored.status, "inputs": self.start_inputs(),
            "outputs": state.outputs, "error": stored.error, "total_steps": stored.steps, "total_tokens": 0,
            "created_at": self.created_at, "finished_at": stored.finished_at, "elapsed_time": stored.elapsed,
        });
        answers::detail(self.generation, detail)
    }

    /// `None` as long as the generation has not written the row: before 1.9 only runs that had ended had one.
    pub fn log_row(&self) -> Option<Value> {
        let state = self.state();
        if self.generation <= Generation::Mid2025 && state.finished_at.is_none() {
            return None;
        }
        let stored = self.stored(&state);
        let row = json!({
            "id": self.log_id,
            "workflow_run": {
                "id": self.id, "version": self.app.version, "status": stored.status, "triggered_from": "app-run",
                "error": stored.error, "elapsed_time": stored.elapsed, "total_tokens": 0, "total_steps": stored.steps,
                "created_at": self.created_at, "finished_at": stored.finished_at, "exceptions_count": state.exceptions,
            },
            "details": null, "created_from": "service-api", "created_by_role": "end_user", "created_by_account": null,
            "created_by_end_user": {"id": self.end_user_id, "type": "service_api", "is_anonymous": false, "session_id": self.user},
            "created_at": self.created_at,
        });
        Some(answers::log_row(self.generation, row))
    }

    /// The substring search of the logs: stored JSON text, session id, or the whole run id.
    pub fn mentions(&self, keyword: &str) -> bool {
        let keyword = keyword.chars().take(30).collect::<String>().to_lowercase();
        let outputs = ascii_json(&self.state().outputs).to_lowercase();
        ascii_json(&self.start_inputs()).to_lowercase().contains(&keyword)
            || outputs.contains(&keyword)
            || self.user.to_lowercase().contains(&keyword)
    }
}

pub(in super::super) struct RunStore {
    /// Oldest first.
    runs: Mutex<VecDeque<Arc<Run>>>,
    /// Old runs are forgotten, finished ones first, so that a demo left open stays small.
    most: usize,
}

impl RunStore {
    pub fn new(most: usize) -> Self {
        Self { runs: Mutex::default(), most }
    }

    /// Newest last.
    pub fn all(&self) -> Vec<Arc<Run>> {
        self.runs().iter().cloned().collect()
    }

    fn runs(&self) -> MutexGuard<'_, VecDeque<Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, run: Arc<Run>) {
        let mut runs = self.runs();
        runs.push_back(run);
        while runs.len() > self.most {
            match runs.iter().position(|run| run.is_over()) {
                Some(oldest_done) => drop(runs.remove(oldest_done)),
                None => break,
            }
        }
    }

    pub fn running(&self) -> usize {
        self.runs().iter().filter(|run| run.is_running()).count()
    }

    pub fn find(&self, id: &str) -> Option<Arc<Run>> {
        self.runs().iter().find(|run| run.id == id).cloned()
    }

    /// The newest run of an end user.
    pub fn of_end_user(&self, app: &App, end_user_id: &str) -> Option<Arc<Run>> {
        self.runs().iter().rev().find(|run| run.end_user_id == end_user_id && run.app.id == app.id).cloned()
    }

    /// Any key stops any task, as measured.
    pub fn find_task(&self, task_id: &str) -> Option<Arc<Run>> {
        self.runs().iter().find(|run| run.task_id == task_id).cloned()
    }

    /// The runs of an app, newest first.
    pub fn of_app(&self, app: &App) -> Vec<Arc<Run>> {
        self.runs().iter().rev().filter(|run| run.app.id == app.id).cloned().collect()
    }
}
