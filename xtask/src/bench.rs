//! `cargo xtask bench`: measures Flowdeck beside its peers, and compares with the goals.
//!
//! The benchmarks are a package of their own, built with the `bench` profile (optimised for speed, thin LTO), because
//! their peers are nothing that the program or its tests should have to build.

use crate::node::Node;
use crate::run::cargo;
use crate::{Outcome, process};

/// Groups of measurements; each writes its lines into `target/bench/results.json`.
const GROUPS: [&str; 1] = ["decode"];

/// The JavaScript peers' package.
const PEERS: &str = "benches/node";

pub fn command(arguments: &[String]) -> Outcome {
    let (mut groups, mut options) = (Vec::new(), Vec::new());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => options.extend([argument, arguments.next().ok_or("--rounds wants a number.")?]),
            group if GROUPS.contains(&group) => groups.push(group),
            other => return Err(format!("bench does not know {other:?}. Its groups are: {}.", GROUPS.join(", "))),
        }
    }
    if groups.is_empty() {
        groups.extend(GROUPS);
    }
    let node = Node::find(false)?;
    process::run(node.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(PEERS))?;
    let mut missed = Vec::new();
    for group in groups {
        // Started so that it finds this Node, too.
        let mut bench = node.command(&cargo().get_program().to_string_lossy());
        bench.args(["run", "--profile", "bench", "--package", "flowdeck-bench", "--", group]).args(&options);
        if process::run(&mut bench).is_err() {
            missed.push(group);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("Not as it should be: {}.", missed.join(", "))) }
}
