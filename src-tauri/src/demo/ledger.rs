//! What the server knows besides what it tells: which runs were asked for, what became of each request, and how the
//! runs ended. For trials that compare a client's memory with the truth; it never crosses the network.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::runs::Run;

/// One request for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What the client called it; empty if it gave no name.
    pub trace_id: String,
    pub became: Became,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// No answer was given: the client has left, or still waits.
    Nothing,
    /// No run, and this status.
    Refused(u16),
    /// The run of this id.
    Run(String),
}

/// A run as the server knows it.
#[derive(Clone, Debug)]
pub struct KnownRun {
    pub id: String,
    /// Of its app.
    pub slug: &'static str,
    /// As it ended, or how far it is.
    pub status: &'static str,
    pub is_over: bool,
    /// What its detail says, if the generation has run details.
    pub detail: Option<Value>,
    /// Its line in the logs, if it is there.
    pub log_row: Option<Value>,
    pub inputs: Value,
    pub outputs: Value,
}

/// The requests, in order. Nothing is written unless somebody will read it.
#[derive(Default)]
pub(super) struct Ledger {
    is_kept: bool,
    asked: Mutex<Vec<Asked>>,
}

impl Ledger {
    pub fn new(is_kept: bool) -> Self {
        Self { is_kept, asked: Mutex::default() }
    }

    fn lines(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.lines().clone()
    }

    /// A run is asked for.
    pub fn ask(&self, trace_id: &str) {
        if self.is_kept {
            self.lines().push(Asked { trace_id: trace_id.to_owned(), became: Became::Nothing });
        }
    }

    /// What became of the last request of this name, unless that is known.
    pub fn note(&self, trace_id: &str, became: Became) {
        let mut lines = self.lines();
        let line = lines.iter_mut().rev().find(|line| line.trace_id == trace_id);
        if let Some(line) = line.filter(|line| line.became == Became::Nothing) {
            line.became = became;
        }
    }
}

impl Run {
    pub(super) fn known(&self, has_detail: bool) -> KnownRun {
        KnownRun {
            id: self.id.clone(),
            slug: self.app.slug,
            status: self.status(),
            is_over: self.is_over(),
            detail: has_detail.then(|| self.detail()),
            log_row: self.log_row(),
            inputs: Value::Object(self.inputs.clone()),
            outputs: self.outputs(),
        }
    }
}
