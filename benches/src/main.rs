//! `flowdeck-bench GROUP [--rounds N]`: measures a group and writes `target/bench/results.json`.
//!
//! `flowdeck-bench serve` is the other side of the group that reads from a socket: a process of its own.

use std::process::ExitCode;

use flowdeck_bench::{decode, drain, measure::Results, node::Node};

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("Not every goal was met.");
            ExitCode::FAILURE
        }
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every goal was met.
fn run(arguments: Vec<String>) -> Result<bool, String> {
    let mut arguments = arguments.into_iter();
    let group = arguments.next().ok_or("Which group? There is: decode.")?;
    let mut rounds = 9;
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} wants a value."))?;
        match option.as_str() {
            "--rounds" => rounds = value.parse().map_err(|_| "--rounds wants a number.")?,
            _ => return Err(format!("There is no option {option}.")),
        }
    }
    match group.as_str() {
        "serve" => drain::serve().map(|()| true).map_err(|error| error.to_string()),
        "decode" => {
            let mut node = Node::start()?;
            let mut results = Results::of("decode");
            decode::measure(rounds, &mut node, &mut results)?;
            drain::measure(rounds, &mut node, &mut results)?;
            results.print();
            results.write()?;
            Ok(results.are_met())
        }
        other => Err(format!("There is no group {other:?}.")),
    }
}
