//! Measuring and telling: CPU seconds, medians, the table, and `target/bench/results.json`.

use std::{fs, path::PathBuf};

use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

/// What a decoder found: the same for all of them, or the measurement is worth nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Tally {
    pub started: usize,
    pub finished: usize,
    pub nodes: usize,
    pub texts: usize,
    pub others: usize,
    /// Of all texts: bytes of UTF-8 here, UTF-16 units where JavaScript counts.
    pub text_length: usize,
}

impl Tally {
    pub fn count(&mut self, name: &str, text_length: Option<usize>) {
        let count = match name {
            "workflow_started" => &mut self.started,
            "workflow_finished" => &mut self.finished,
            "node_started" | "node_finished" => &mut self.nodes,
            "text_chunk" => &mut self.texts,
            _ => &mut self.others,
        };
        *count += 1;
        self.text_length += text_length.unwrap_or_default();
    }

    pub fn events(&self) -> usize {
        self.started + self.finished + self.nodes + self.texts + self.others
    }
}

/// User and system time of this process so far, all threads, in seconds.
pub fn cpu_seconds() -> Result<f64, String> {
    seconds_of(UsageWho::RUSAGE_SELF)
}

/// The same of the processes that this one has started and that have ended.
pub fn children_cpu_seconds() -> Result<f64, String> {
    seconds_of(UsageWho::RUSAGE_CHILDREN)
}

fn seconds_of(whose: UsageWho) -> Result<f64, String> {
    let usage = getrusage(whose).map_err(|error| error.to_string())?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// One line of the results.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// `group.what.unit`, such as `decode.16k.cpu_s`.
    pub name: String,
    pub value: f64,
    pub unit: String,
    /// What it is compared with.
    pub peer: Option<String>,
    pub peer_value: Option<f64>,
    /// `value / peer_value`.
    pub ratio: Option<f64>,
    /// The most that the value may be; beside a peer, the most that the ratio may be.
    pub goal: Option<f64>,
    pub met: Option<bool>,
}

/// The results of one group.
pub struct Results {
    group: &'static str,
    lines: Vec<Measured>,
}

impl Results {
    pub fn of(group: &'static str) -> Self {
        Self { group, lines: Vec::new() }
    }

    /// A value on its own; `goal` is the most it may be.
    pub fn value(&mut self, what: &str, value: f64, unit: &str, goal: Option<f64>) {
        let name = format!("{}.{what}", self.group);
        let met = goal.map(|goal| value <= goal);
        self.lines.push(Measured {
            name,
            value,
            unit: unit.into(),
            peer: None,
            peer_value: None,
            ratio: None,
            goal,
            met,
        });
    }

    /// CPU seconds beside a peer's; `goal` is the most that their ratio may be.
    pub fn compared(&mut self, what: &str, value: f64, peer: &str, peer_value: f64, goal: Option<f64>) {
        self.ratio(what, value, "CPU s", peer, peer_value, goal);
    }

    /// The same in another unit.
    pub fn ratio(&mut self, what: &str, value: f64, unit: &str, peer: &str, peer_value: f64, goal: Option<f64>) {
        let ratio = value / peer_value;
        self.lines.push(Measured {
            name: format!("{}.{what}", self.group),
            value,
            unit: unit.into(),
            peer: Some(peer.into()),
            peer_value: Some(peer_value),
            ratio: Some(ratio),
            goal,
            met: goal.map(|goal| ratio <= goal),
        });
    }

    /// A value beside what the same costs at least; `goal` is the most that the value itself may be.
    pub fn beside(&mut self, what: &str, value: f64, unit: &str, floor: &str, floor_value: f64, goal: Option<f64>) {
        self.value(what, value, unit, goal);
        if let Some(line) = self.lines.last_mut() {
            (line.peer, line.peer_value) = (Some(floor.into()), Some(floor_value));
            line.ratio = (floor_value > 0.0).then(|| value / floor_value);
        }
    }

    /// What was measured before under this name.
    pub fn of_name(&self, what: &str) -> Option<f64> {
        let name = format!("{}.{what}", self.group);
        self.lines.iter().find(|line| line.name == name).map(|line| line.value)
    }

    pub fn are_met(&self) -> bool {
        self.lines.iter().all(|line| line.met != Some(false))
    }

    pub fn print(&self) {
        println!("\n{:<44}{:>10} {:<6}{:>10}{:>8}{:>7}  beside", "", "value", "", "peer's", "ratio", "goal");
        for line in &self.lines {
            let number = |value: Option<f64>, digits: usize| value.map_or(String::new(), |v| format!("{v:.digits$}"));
            println!(
                "{:<44}{:>10.4} {:<6}{:>10}{:>8}{:>7}  {}{}",
                line.name,
                line.value,
                line.unit,
                number(line.peer_value, 4),
                number(line.ratio, 3),
                number(line.goal, 2),
                line.peer.as_deref().unwrap_or_default(),
                match line.met {
                    Some(true) => "  met",
                    Some(false) => "  NOT MET",
                    None => "",
                }
            );
        }
    }

    /// Puts this group's lines in the place of its earlier ones.
    pub fn write(&self) -> Result<(), String> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
        let path = folder.join("results.json");
        let mut all: Vec<Measured> =
            fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        all.retain(|line| line.name.split('.').next() != Some(self.group));
        all.extend(self.lines.iter().cloned());
        let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        println!("\nWritten to target/bench/results.json.");
        Ok(())
    }
}
