//! The processes of the soak: this program started again, spoken to by its pipes, and never left behind.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Wanted,
    words::{Answer, Ask, FINISH, News, Orders},
};

struct Process<T> {
    child: Child,
    input: ChildStdin,
    lines: mpsc::Receiver<T>,
}

impl<T: DeserializeOwned + Send + 'static> Process<T> {
    fn start(words: &[String]) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("a process could not be started: {error}");
        // Not by its path: it may be built anew while it runs.
        let mut command = Command::new("/proc/self/exe");
        let mut child = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a process without pipes".into());
        };
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // A line that was cut by a kill is no news.
                let Ok(read) = serde_json::from_str(&line) else { continue };
                if sender.send(read).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, input, lines })
    }

    fn tell(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.input, "{line}").map_err(|error| format!("a process does not listen: {error}"))
    }
}

impl<T> Drop for Process<T> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn json(what: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(what).map_err(|error| error.to_string())
}

/// The servers; they live as long as the soak.
pub struct Servers(Process<Answer>);

impl Servers {
    pub fn start(wanted: &Wanted) -> Result<(Self, Vec<crate::words::Place>), String> {
        let words =
            ["server".to_owned(), wanted.seed.to_string(), wanted.faults.to_string(), wanted.longest_run.to_string()];
        let servers = Self(Process::start(&words)?);
        match servers.answer()? {
            Answer::Places(places) => Ok((servers, places)),
            _ => Err("the servers did not say where they are".into()),
        }
    }

    fn answer(&self) -> Result<Answer, String> {
        self.0.lines.recv_timeout(Duration::from_secs(120)).map_err(|_| "the servers do not answer".into())
    }

    pub fn tell(&mut self, ask: &Ask) -> Result<(), String> {
        self.0.tell(&json(ask)?)
    }

    pub fn ask(&mut self, ask: &Ask) -> Result<Answer, String> {
        self.tell(ask)?;
        self.answer()
    }
}

/// One life of the program.
pub struct Client {
    process: Process<News>,
    pub began: Instant,
}

impl Client {
    pub fn start(orders: &Orders) -> Result<Self, String> {
        let mut process = Process::start(&["client".to_owned()])?;
        process.tell(&json(orders)?)?;
        Ok(Self { process, began: Instant::now() })
    }

    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// The next news that has come, if any has.
    pub fn news(&self) -> Option<News> {
        self.process.lines.try_recv().ok()
    }

    pub fn finish(&mut self) -> Result<(), String> {
        self.process.tell(FINISH)
    }

    pub fn is_gone(&mut self) -> bool {
        !matches!(self.process.child.try_wait(), Ok(None))
    }

    /// SIGKILL, and what it still had said before.
    pub fn kill(mut self) -> Vec<News> {
        let _ = self.process.child.kill();
        let _ = self.process.child.wait();
        self.process.lines.iter().collect()
    }
}
