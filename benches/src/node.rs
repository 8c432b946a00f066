//! The JavaScript peer, in one process that stays, so that its compiler is warm when it counts.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde::Deserialize;

use crate::measure::Tally;

pub struct Node {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Debug, Deserialize)]
pub struct Answer {
    pub cpu: f64,
    pub tally: Tally,
}

impl Node {
    /// The `node` of PATH, which `cargo xtask bench` chooses.
    pub fn start() -> Result<Self, String> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("node");
        let mut child = Command::new("node")
            .arg("peer.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("node could not be started: {error}"))?;
        let orders = child.stdin.take().ok_or("node has no input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("node has no output")?);
        Ok(Self { child, orders, answers })
    }

    pub fn memory(&mut self, corpus: &Path, piece: usize) -> Result<Answer, String> {
        self.ask(&format!("memory {piece} {}", corpus.display()))
    }

    pub fn drain(&mut self, url: &str) -> Result<Answer, String> {
        self.ask(&format!("drain 0 {url}"))
    }

    fn ask(&mut self, order: &str) -> Result<Answer, String> {
        writeln!(self.orders, "{order}").and_then(|()| self.orders.flush()).map_err(|error| error.to_string())?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| format!("node said {line:?}: {error}"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
