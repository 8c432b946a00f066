//! `cargo xtask run`: from a fresh clone to the open window.
//!
//! Debug code by default: it is built in a third of the time that the small release binary takes, shares its
//! dependencies with the tests, and opens the window just as fast. `--release` builds what is shipped.

use std::process::Command;

use crate::node::Node;
use crate::packages::Purpose;
use crate::{Outcome, install, process, system, tour, ui};

/// Embeds ui/dist instead of asking a development server.
pub const FEATURES: [&str; 2] = ["--features", "custom-protocol"];

pub fn command(arguments: &[String]) -> Outcome {
    let (own, for_app) = match arguments.iter().position(|argument| argument == "--") {
        Some(place) => (&arguments[..place], &arguments[place + 1..]),
        None => (arguments, &[][..]),
    };
    let mut release = false;
    for argument in own {
        match argument.as_str() {
            "--release" => release = true,
            other => return Err(format!("run does not know {other:?}. Words for the application go behind `--`.")),
        }
    }
    let display = system::has_display();
    install::packages(if display { Purpose::Build } else { Purpose::Test }, false)?;
    ui::build(&Node::find(false)?)?;
    if !display {
        return tour::take();
    }
    let mut cargo = cargo();
    cargo.arg("run").args(FEATURES);
    if release {
        cargo.arg("--release");
    }
    process::run(cargo.arg("--").args(for_app))
}

/// The Cargo that runs us.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
