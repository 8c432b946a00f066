//! `cargo xtask <command>`: everything one does with this repository beyond plain Cargo.
//!
//! Built from the standard library alone, so that it runs first on a bare machine and can say (or install) what the
//! rest needs. One file per command; what they share stands below them.

// Commands
mod bench;
mod demo;
mod desk;
mod run;
mod setup;
mod soak;
mod test;

// Shared
mod install;
mod node;
mod packages;
mod process;
mod system;
mod tour;
mod ui;

use std::process::ExitCode;

/// What a step hands back: nothing, or a sentence for the person at the terminal.
type Outcome<T = ()> = Result<T, String>;

const HELP: &str = "\
cargo xtask run [--release] [-- ARGS]   install what is missing (asks first), build, open the window;
                                        without a display: the same on a virtual one, with pictures in target/tour/
cargo xtask test [OPTIONS] [FILTER]     everything that CI runs; FILTER picks end-to-end tests by name
      --only STEP                       one step (may be repeated); `--list` names them
      --skip-e2e                        all but the end-to-end tests
cargo xtask bench [GROUP…] [--rounds N]  measure beside peers, compare with the goals; results in target/bench/
      page [--quick] [--only PART]      the run page in the real window (latency, frames, stored, text);
                                        --quick: whether the measuring works, in a minute, with the debug build
      history [--runs N] [--alone]      the search over all runs: 100,000 of them, or N; --alone: without the peers
cargo xtask corpus [--runs N] [--seed N] [--mix en|zh|mixed] [--out FILE]  runs as `bench history` has them, as JSON lines
cargo xtask setup [--yes] [--test]      only install what is missing; --test adds what the tests need
cargo xtask demo [OPTIONS]              the demo server in a terminal: old generations, scripted faults; see --help, --list
cargo xtask soak [--minutes N] [--seed N]  many runs at a time on bad servers and a bad network, the program killed on the way;
                                        then the store against the truth (10 minutes; more options: --help)
cargo xtask desk COMMAND...             run a command on a virtual desk: own display, session bus and keychain";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();

    if let Err(error) = std::env::set_current_dir(system::root()) {
        eprintln!("The repository's folder cannot be entered: {error}");
        return ExitCode::FAILURE;
    }
    let outcome = match command.as_str() {
        "run" => run::command(&rest),
        "test" => test::command(&rest),
        "bench" => bench::command(&rest),
        "corpus" => bench::corpus(&rest),
        "setup" => setup::command(&rest),
        "demo" => demo::command(&rest),
        "soak" => soak::command(&rest),
        "desk" => desk::command(&rest),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("There is no command {other:?}.\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("\n{sentence}");
            ExitCode::FAILURE
        }
    }
}
