//! `cargo xtask bench`: measures Flowdeck beside its peers, and compares with the goals.
//!
//! The benchmarks are a package of their own, built with the `bench` profile (optimised for speed, thin LTO), because
//! their peers are nothing that the program or its tests should have to build.

use std::process::Command;

use crate::desk::Desk;
use crate::node::Node;
use crate::packages::Purpose;
use crate::run::{FEATURES, cargo};
use crate::{Outcome, install, process, ui};

/// Groups of measurements; each writes its lines into `target/bench/results.json`.
const GROUPS: [&str; 4] = ["decode", "upload", "page", "history"];

/// The JavaScript peers' package.
const PEERS: &str = "benches/node";

pub fn command(arguments: &[String]) -> Outcome {
    let (mut groups, mut options, mut quick) = (Vec::new(), Vec::new(), false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--alone" => options.push(argument),
            "--rounds" | "--only" | "--runs" | "--seed" => {
                options.extend([argument, arguments.next().ok_or(format!("{argument} wants a word."))?]);
            }
            group if GROUPS.contains(&group) => groups.push(group),
            other => return Err(format!("bench does not know {other:?}. Its groups are: {}.", GROUPS.join(", "))),
        }
    }
    if groups.is_empty() {
        groups.extend(GROUPS);
    }
    let mut missed = Vec::new();
    for group in groups {
        let outcome = match group {
            "page" => page(&options, quick),
            "upload" | "history" => plain(group, &options),
            _ => decode(group, &options),
        };
        if let Err(sentence) = outcome {
            missed.push(format!("{group} ({sentence})"));
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("Not as it should be: {}", missed.join(", "))) }
}

fn decode(group: &str, options: &[&String]) -> Outcome {
    let node = Node::find(false)?;
    process::run(node.command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(PEERS))?;
    // Started so that it finds this Node, too.
    let mut bench = node.command(&cargo().get_program().to_string_lossy());
    bench.args(["run", "--profile", "bench", "--package", "flowdeck-bench", "--", group]).args(options);
    process::run(&mut bench)
}

/// `cargo xtask corpus`: runs as the history's bench has them, one a line.
pub fn corpus(arguments: &[String]) -> Outcome {
    plain("corpus", &arguments.iter().collect::<Vec<_>>())
}

/// What needs nothing but itself: a large file beside curl, the search beside other indexes.
fn plain(group: &str, options: &[&String]) -> Outcome {
    let mut bench = cargo();
    bench.args(["run", "--profile", "bench", "--package", "flowdeck-bench", "--", group]).args(options);
    process::run(&mut bench)
}

/// The program in its window, on a desk of its own. A quick look takes the debug build, which the tests have anyway.
fn page(options: &[&String], quick: bool) -> Outcome {
    install::packages(Purpose::Test, false)?;
    ui::build(&Node::find(false)?)?;
    let (profile, folder) = if quick { ("dev", "debug") } else { ("bench", "release") };
    let build = |what: &[&str]| process::run(cargo().args(["build", "--profile", profile]).args(what));
    build(&[&FEATURES[..], &["--bin", "flowdeck"]].concat())?;
    build(&["--package", "flowdeck-bench"])?;
    let desk = Desk::set_up()?;
    let mut bench = Command::new(
        std::env::current_dir().map_err(|error| error.to_string())?.join(format!("target/{folder}/flowdeck-bench")),
    );
    bench.args(["page", "--program", &format!("target/{folder}/flowdeck")]).args(options);
    if quick {
        bench.arg("--quick");
    }
    process::run(desk.command(&mut bench))
}
