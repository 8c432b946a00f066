//! What the processes of the soak say to each other: one line of JSON each, over their pipes.

use std::io::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a server of one generation is, and the key of its app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    pub generation: String,
    pub base_url: String,
    pub key: String,
}

/// What the server process is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The network of one server is gone for so many milliseconds.
    CutOff { server: usize, millis: u64 },
    /// How many runs are not over, and the faults so far.
    Count,
    /// Everything it knows.
    Truth,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Places(Vec<Place>),
    Count { live: usize, runs: usize, faults: Vec<(String, usize)> },
    Truth(Vec<Truth>),
}

/// What one server knows.
#[derive(Debug, Serialize, Deserialize)]
pub struct Truth {
    pub generation: String,
    pub runs: Vec<TrueRun>,
    pub asked: Vec<Asked>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct TrueRun {
    pub id: String,
    pub title: String,
    /// As it ended.
    pub status: String,
    pub is_over: bool,
    /// The word of its detail.
    pub told: Option<String>,
    pub is_in_logs: bool,
    pub outputs: Value,
}

/// One request for a run, and what became of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    pub trace_id: String,
    pub run: Option<String>,
    pub refused: Option<u16>,
}

/// With what the client begins.
#[derive(Debug, Serialize, Deserialize)]
pub struct Orders {
    pub folder: std::path::PathBuf,
    pub seed: u64,
    /// How many clients were before it.
    pub life: u64,
    pub at_a_time: usize,
    pub longest_run: f64,
    pub places: Vec<Place>,
}

/// What the client tells on its way.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It was accepted: from here on it may not be lost.
    Started {
        id: String,
    },
    /// Nothing was started, for this reason.
    Refused {
        why: String,
    },
    Over {
        id: String,
        status: String,
    },
    Stopped,
    Answered,
    State {
        followed: usize,
        tasks: usize,
    },
    /// Nothing is followed any more.
    Done,
    /// It cannot go on.
    Broken {
        why: String,
    },
}

/// What is said to a client that runs: start nothing more, and leave when all is over.
pub const FINISH: &str = "finish";

pub fn say(what: &impl Serialize) {
    let mut line = serde_json::to_vec(what).unwrap_or_default();
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: the end of the input says so, too.
    let _ = out.write_all(&line).and_then(|()| out.flush());
}
