//! `flowdeck-bench GROUP [--rounds N] [--quick] [--only PART] [--program PATH]`: measures a group and writes
//! `target/bench/results.json`.
//!
//! `flowdeck-bench serve` is the other side of the group that reads from a socket: a process of its own.

use std::process::ExitCode;

use flowdeck_bench::{decode, drain, measure::Results, node::Node, page::Page};

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
    let group = arguments.next().ok_or("Which group? There are: decode, page.")?;
    let mut rounds = 9;
    let mut page = Page { program: "target/release/flowdeck".into(), quick: false, only: Vec::new() };
    while let Some(option) = arguments.next() {
        if option == "--quick" {
            page.quick = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{option} wants a value."))?;
        match option.as_str() {
            "--rounds" => rounds = value.parse().map_err(|_| "--rounds wants a number.")?,
            "--only" => page.only.push(value),
            "--program" => page.program = value.into(),
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
        "page" => {
            let mut results = Results::of("page");
            let outcome = page.measure(&mut results);
            results.print();
            outcome?;
            // A quick look, or a part, says nothing for the record.
            if !page.quick && page.only.is_empty() {
                results.write()?;
            }
            Ok(results.are_met())
        }
        other => Err(format!("There is no group {other:?}.")),
    }
}
