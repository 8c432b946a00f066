//! `flowdeck-bench GROUP [--rounds N] [--runs N] [--seed N] [--alone] [--quick] [--only PART] [--program PATH]`: measures a group and writes
//! `target/bench/results.json`.
//!
//! `flowdeck-bench serve` and `flowdeck-bench sink` are the other sides of the groups that read from a socket and write
//! to one: processes of their own.

use std::process::ExitCode;

use flowdeck_bench::{decode, drain, history, measure::Results, node::Node, page::Page, upload};

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
    let group = arguments.next().ok_or("Which group? There are: decode, upload, page, history.")?;
    let mut rounds = 9;
    let mut page = Page { program: "target/release/flowdeck".into(), quick: false, only: Vec::new() };
    let mut past = history::History { runs: 100_000, seed: 1, alone: false };
    let (mut mix, mut out) = (history::corpus::Mix::Mixed, std::path::PathBuf::from("target/bench/corpus.jsonl"));
    while let Some(option) = arguments.next() {
        if option == "--alone" {
            past.alone = true;
            continue;
        }
        if option == "--quick" {
            page.quick = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{option} wants a value."))?;
        match option.as_str() {
            "--rounds" => rounds = value.parse().map_err(|_| "--rounds wants a number.")?,
            "--runs" => past.runs = value.parse().map_err(|_| "--runs wants a number.")?,
            "--seed" => past.seed = value.parse().map_err(|_| "--seed wants a number.")?,
            "--mix" => mix = history::corpus::Mix::of(&value).ok_or("--mix is en, zh or mixed.")?,
            "--out" => out = value.into(),
            "--only" => page.only.push(value),
            "--program" => page.program = value.into(),
            _ => return Err(format!("There is no option {option}.")),
        }
    }
    match group.as_str() {
        "serve" => drain::serve().map(|()| true).map_err(|error| error.to_string()),
        "sink" => upload::sink().map(|()| true).map_err(|error| error.to_string()),
        "corpus" => history::corpus::write(past.runs, past.seed, mix, &out).map(|()| true),
        "history" => {
            let mut results = Results::of("history");
            history::measure(&past, &mut results)?;
            results.print();
            results.write()?;
            Ok(results.are_met())
        }
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
