//! `cargo xtask soak`: many runs at a time on bad servers over a bad network, in real processes that are killed.
//!
//! Debug code, as the tests: what is looked for is whether anything is lost or grows, not how fast it is; overflows and
//! broken assumptions are noticed on the way.

use crate::packages::Purpose;
use crate::run::{FEATURES, cargo};
use crate::{Outcome, install, process};

/// Long enough for a kill, an outage, and runs that outlive both.
const SMOKE: [&str; 6] = ["--minutes", "0.2", "--longest", "4", "--seed", "1"];

/// The words are the soak's own: it explains and refuses them (`--help`).
pub fn command(arguments: &[String]) -> Outcome {
    install::packages(Purpose::Build, false)?;
    process::run(soak().args(arguments))
}

/// A short one, for `cargo xtask test`.
pub fn smoke() -> Outcome {
    process::run(soak().args(SMOKE))
}

fn soak() -> std::process::Command {
    let mut soak = cargo();
    soak.args(["run", "--quiet"]).args(FEATURES).args(["--example", "soak", "--"]);
    soak
}
