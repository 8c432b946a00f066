//! The store against the truth.
//!
//! **The rules.** Every run of a server is in the store exactly once, by its id, under the row that asked for it, with
//! the status and the outputs that the server has. No row is doubled, none is unfinished, none was asked for twice, a
//! row that was promised to the user is there, and a refused one is not.
//!
//! **The truth** is the word of the run's detail, as each generation says it (until 2024 a run that succeeded in part
//! simply succeeded). Two contradictions are the servers' own, and both are counted:
//! - The recorded generation forgets that a run was stopped: its stream said `stopped`, its detail says `running` for
//!   ever. Who heard the stream knows that it was stopped; who did not cannot know. Both may stand in the store.
//! - A gateway answers (502, 504) in the server's place. Nobody can say whether a run began: *unknown*. Here none did.
//!
//! A program that is killed can know less: a row that was saved and never sent, or whose refusal was not heard any more.
//! Both are counted, too, the second only within seconds of a kill.

use std::collections::{BTreeMap, HashMap};

use flowdeck::model::{
    file::LocalCopy,
    run::{Run, RunErrorCause, RunStatus},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::words::{Asked, TrueRun, Truth};

/// What the watcher of the processes knows.
#[derive(Debug, Default)]
pub struct Watched {
    /// Ids of runs that `start` has accepted.
    pub promised: Vec<String>,
    /// Milliseconds since 1970.
    pub kills: Vec<i64>,
}

#[derive(Debug, Default, Serialize)]
pub struct Findings {
    pub violations: Vec<Violation>,
    /// Allowed, for these reasons.
    pub allowed: BTreeMap<&'static str, usize>,
    pub server_runs: usize,
    pub local_runs: usize,
    pub by_status: BTreeMap<&'static str, usize>,
    pub files_kept: usize,
    pub files_failed: usize,
    /// Answered with a run, a refusal, or nothing.
    pub asked: usize,
}

#[derive(Debug, Serialize)]
pub struct Violation {
    pub rule: &'static str,
    pub generation: String,
    pub local: Option<String>,
    pub server: Option<String>,
    pub what: String,
}

/// A row of the store, with the generation of its server.
pub struct Row {
    pub generation: String,
    pub run: Run,
}

/// A refusal that was on its way when the program was killed.
const AROUND_A_KILL: i64 = 5000;

pub fn compare(truths: &[Truth], rows: &[Row], watched: &Watched) -> Findings {
    let mut findings = Findings { local_runs: rows.len(), ..Findings::default() };
    for row in rows {
        *findings.by_status.entry(row.run.head.status.as_str()).or_default() += 1;
        for file in &row.run.files {
            match file.local {
                LocalCopy::Stored => findings.files_kept += 1,
                _ => findings.files_failed += 1,
            }
        }
    }
    for truth in truths {
        let own: Vec<&Run> = rows.iter().filter(|row| row.generation == truth.generation).map(|row| &row.run).collect();
        Comparison::new(truth, own, watched, &mut findings).make();
    }
    for id in &watched.promised {
        if !rows.iter().any(|row| row.run.head.id.0 == *id) {
            let what = "the user was told that it runs, and it is not in the store".into();
            let (generation, local) = (String::new(), Some(id.clone()));
            findings.violations.push(Violation { rule: "promised", generation, local, server: None, what });
        }
    }
    findings
}

struct Comparison<'a> {
    truth: &'a Truth,
    rows: Vec<&'a Run>,
    watched: &'a Watched,
    asked: HashMap<&'a str, Vec<&'a Asked>>,
    findings: &'a mut Findings,
}

impl<'a> Comparison<'a> {
    fn new(truth: &'a Truth, rows: Vec<&'a Run>, watched: &'a Watched, findings: &'a mut Findings) -> Self {
        let mut asked: HashMap<&str, Vec<&Asked>> = HashMap::new();
        for line in &truth.asked {
            asked.entry(&line.trace_id).or_default().push(line);
        }
        findings.server_runs += truth.runs.len();
        findings.asked += truth.asked.len();
        Self { truth, rows, watched, asked, findings }
    }

    fn broken(&mut self, rule: &'static str, local: Option<&Run>, server: Option<&str>, what: String) {
        self.findings.violations.push(Violation {
            rule,
            generation: self.truth.generation.clone(),
            local: local.map(|run| run.head.id.0.clone()),
            server: server.map(str::to_owned),
            what,
        });
    }

    fn allow(&mut self, reason: &'static str) {
        *self.findings.allowed.entry(reason).or_default() += 1;
    }

    fn make(mut self) {
        let truth = self.truth;
        self.is_asked_for_once();
        for run in &truth.runs {
            self.server_run(run);
        }
        for row in self.rows.clone() {
            self.row(row);
        }
    }

    fn is_asked_for_once(&mut self) {
        let twice: Vec<(String, usize)> =
            self.asked.iter().filter(|(_, all)| all.len() > 1).map(|(id, all)| ((*id).to_owned(), all.len())).collect();
        for (trace_id, times) in twice {
            self.broken("asked twice", None, None, format!("{trace_id} was sent {times} times"));
        }
    }

    fn server_run(&mut self, run: &TrueRun) {
        if !run.is_over {
            self.broken(
                "the server's end",
                None,
                Some(&run.id),
                format!("still {} when all was to be over", run.status),
            );
            return;
        }
        let trace_id =
            self.truth.asked.iter().find(|asked| asked.run.as_deref() == Some(&run.id)).map(|asked| &asked.trace_id);
        let named: Vec<&Run> =
            self.rows.iter().filter(|row| row.head.server.run_id.as_deref() == Some(&run.id)).copied().collect();
        match named[..] {
            [row] => {
                if row.head.server.trace_id.as_ref() != trace_id || row.head.title != run.title {
                    let what = format!("{:?} is the row of another run, {:?}", row.head.title, run.title);
                    self.broken("taken for another", Some(row), Some(&run.id), what);
                } else {
                    self.same(row, run);
                }
            }
            [] => match self.rows.iter().find(|row| row.head.server.trace_id.as_ref() == trace_id).copied() {
                Some(row) => {
                    let logs = if run.is_in_logs { "shown by the logs" } else { "not in the logs" };
                    let what = format!("{} here, {} there, its id never learnt, {logs}", here(row), run.status);
                    self.broken("not found again", Some(row), Some(&run.id), what);
                }
                None => self.broken("lost", None, Some(&run.id), format!("{} there, no row here", run.status)),
            },
            [first, ..] => {
                let what = format!("{} rows name it", named.len());
                self.broken("doubled", Some(first), Some(&run.id), what);
            }
        }
    }

    fn same(&mut self, row: &Run, run: &TrueRun) {
        let told = run.told.as_deref().unwrap_or(&run.status);
        let status = row.head.status;
        if told == "running" && run.status == "stopped" {
            match status {
                RunStatus::Stopped => self.allow("stopped, which the server's store forgot"),
                RunStatus::Unknown => self.allow("unknown: stopped out of sight, and the server's store says running"),
                RunStatus::Failed => {
                    self.allow("failed: an error was its last word, and the server's store says running")
                }
                _ => self.broken("status", Some(row), Some(&run.id), format!("{} here, stopped there", here(row))),
            }
            return;
        }
        let wanted = match told {
            "succeeded" => RunStatus::Succeeded,
            "partial-succeeded" => RunStatus::PartlySucceeded,
            "failed" => RunStatus::Failed,
            "stopped" => RunStatus::Stopped,
            _ => RunStatus::Unknown,
        };
        if status != wanted {
            self.broken("status", Some(row), Some(&run.id), format!("{} here, {told} there", here(row)));
        } else if without_links(&Value::Object(row.outputs.clone())) != without_links(&run.outputs) {
            let names = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
            let (ours, theirs) = (names(&Value::Object(row.outputs.clone())), names(&run.outputs));
            self.broken("outputs", Some(row), Some(&run.id), format!("{ours:?} here, {theirs:?} there ({told})"));
        }
    }

    fn row(&mut self, row: &Run) {
        let head = &row.head;
        if !head.status.is_over() {
            self.broken("never over", Some(row), head.server.run_id.as_deref(), format!("{} at the end", here(row)));
        }
        if self.rows.iter().filter(|other| other.head.title == head.title).count() > 1 {
            self.broken("doubled", Some(row), None, format!("more than one row is {:?}", head.title));
        }
        let asked =
            head.server.trace_id.as_deref().and_then(|id| self.asked.get(id)).and_then(|all| all.first()).copied();
        if let Some(id) = &head.server.run_id {
            if !self.truth.runs.iter().any(|run| run.id == *id) {
                self.broken("invented", Some(row), Some(id), "the server knows no such run".into());
            }
            return;
        }
        let cause = head.error.as_ref().map(|error| error.cause);
        match asked {
            // Its run is looked at from the server's side.
            Some(Asked { run: Some(_), .. }) => {}
            None => match (head.status, cause) {
                (RunStatus::Failed | RunStatus::Stopped, Some(RunErrorCause::NotSent | RunErrorCause::NotReached))
                | (RunStatus::Unknown, Some(RunErrorCause::Interrupted)) => self.allow("it never reached the server"),
                // A connection that breaks while the request is on its way.
                (RunStatus::Unknown, Some(RunErrorCause::Lost)) => {
                    self.allow("unknown: the connection broke before the server had the request")
                }
                _ => self.broken("never sent", Some(row), None, format!("{} here, never asked for there", here(row))),
            },
            Some(Asked { refused: Some(400..500), .. }) => {
                let near = self.watched.kills.iter().any(|kill| (0..AROUND_A_KILL).contains(&(kill - head.started_at)));
                if near && head.status.is_over() {
                    self.allow("refused while the program was killed");
                } else {
                    self.broken("refused", Some(row), None, format!("{} here, refused at once there", here(row)));
                }
            }
            Some(_) if head.status == RunStatus::Unknown => self.allow("unknown: a gateway answered for the server"),
            Some(asked) => {
                self.broken("no run", Some(row), None, format!("{} here, {:?} there", here(row), asked.refused));
            }
        }
    }
}

fn here(row: &Run) -> String {
    let cause = row.head.error.as_ref().map(|error| format!(" ({:?})", error.cause)).unwrap_or_default();
    format!("{}{cause}", row.head.status.as_str())
}

/// Links are signed for each answer anew.
fn without_links(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let is_file = map.contains_key("dify_model_identity");
            let kept = map.iter().filter(|(name, _)| !(is_file && matches!(name.as_str(), "url" | "remote_url")));
            Value::Object(kept.map(|(name, value)| (name.clone(), without_links(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_links).collect()),
        other => other.clone(),
    }
}
