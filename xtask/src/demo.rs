//! `cargo xtask demo`: the demo server in a terminal, to try Flowdeck and other clients against old and broken servers.

use crate::packages::Purpose;
use crate::run::cargo;
use crate::{Outcome, install, process};

/// The words are the server's own: it explains and refuses them (`--help`, `--list`).
pub fn command(arguments: &[String]) -> Outcome {
    install::packages(Purpose::Build, false)?;
    process::run(cargo().args(["run", "--quiet", "--example", "demo", "--"]).args(arguments))
}
