//! `flowdeck-bench GROUP [--rounds N] [--quick] [--only PART] [--program PATH]`: measures a group and writes
//! `target/bench/results.json`.
//!
//! `flowdeck-bench serve` and `flowdeck-bench sink` are the other sides of the groups that read from a socket and write
//! to one: processes of their own.

use std::process::ExitCode;

use flowdeck_bench::{decode, drain, measure::Results, node::Node, page::Page, upload};

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
    let group = arguments.next().ok_or("Which group? There are: decode, upload, page.")?;
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
        "sink" => upload::sink().map(|()| true).map_err(|error| error.to_string()),
        "upload" => {
            let mut results = Results::of("upload");
            upload::measure(rounds, &mut results)?;
            results.print();
            results.write()?;
            Ok(results.are_met())
        }
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
