//! A soak: the program and its servers as processes of their own, twenty runs at a time, random faults, kills, and a
//! comparison of the store with the truth at the end. `cargo xtask soak` runs it; it is no part of what is shipped.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod children;
mod client;
mod compare;
mod measure;
mod report;
mod server;
mod watch;
mod words;

use std::{process::ExitCode, time::Duration};

const HELP: &str = "\
cargo xtask soak [OPTIONS]     many runs at a time on bad servers over a bad network; then the store against the truth

  --minutes N                  how long runs are started (10); parts of minutes are possible
  --seed N                     the same draw again; printed at the start
  --runs N                     runs at a time (20)
  --longest SECONDS            of one run (40)
  --faults SHARE               of the requests that a fault fits, from 0 to 1 (0.35)
  --no-kills                   the program is left alone

Exit status 0 only if every rule holds. Figures: target/soak/results.json";

/// What is wanted of the soak.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub time: Duration,
    pub seed: u64,
    pub at_a_time: usize,
    pub longest_run: f64,
    pub faults: f64,
    pub kills: bool,
}

fn wanted(mut words: impl Iterator<Item = String>) -> Result<Option<Wanted>, String> {
    let seed = flowdeck::apps::now().unsigned_abs() % 1_000_000;
    let time = Duration::from_secs(600);
    let mut wanted = Wanted { time, seed, at_a_time: 20, longest_run: 40.0, faults: 0.35, kills: true };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value."));
        let number = |text: String| match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => Err(format!("{text:?} is not a number.")),
        };
        match word.as_str() {
            "--minutes" => wanted.time = Duration::from_secs_f64((number(value()?)? * 60.0).clamp(1.0, 864_000.0)),
            "--seed" => wanted.seed = value()?.parse().map_err(|_| "a seed is a whole number.".to_owned())?,
            "--runs" => wanted.at_a_time = (number(value()?)? as usize).clamp(1, 90),
            "--longest" => wanted.longest_run = number(value()?)?.clamp(1.0, 600.0),
            "--faults" => wanted.faults = number(value()?)?.min(1.0),
            "--no-kills" => wanted.kills = false,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("soak does not know {other:?}.\n\n{HELP}")),
        }
    }
    Ok(Some(wanted))
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    match words.peek().map(String::as_str) {
        Some("client") => return client::run(),
        Some("server") => {
            let mut numbers = words.skip(1);
            let seed = numbers.next().and_then(|seed| seed.parse().ok()).unwrap_or(0);
            let mut number = || numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0.0);
            return server::run(seed, number(), number());
        }
        _ => {}
    }
    if !cfg!(target_os = "linux") {
        eprintln!("The memory of a process is read from /proc: a soak runs on Linux.");
        return ExitCode::FAILURE;
    }
    match wanted(words).and_then(|wanted| wanted.map(|wanted| watch::soak(&wanted)).transpose()) {
        Ok(None) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Some(true)) => ExitCode::SUCCESS,
        Ok(Some(false)) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}
