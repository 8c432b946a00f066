//! `cargo xtask test`: everything that CI runs, cheap checks first, with a summary at the end.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::desk::Desk;
use crate::node::Node;
use crate::packages::Purpose;
use crate::run::{FEATURES, cargo};
use crate::system::{said, which};
use crate::{Outcome, install, process, soak, ui};

/// The benchmarks' peers are built by `cargo xtask bench` only.
const WITHOUT_BENCHES: [&str; 3] = ["--workspace", "--exclude", "flowdeck-bench"];

/// One step of the list.
struct Step {
    name: &'static str,
    title: &'static str,
    /// Steps without which this one says nothing.
    needs: &'static [&'static str],
    run: fn(&mut Bench) -> Outcome,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        title: "Rust is formatted",
        needs: &[],
        run: |_| process::run(cargo().args(["fmt", "--all", "--check"])),
    },
    Step { name: "npm", title: "The page's packages", needs: &[], run: |bench| bench.npm_packages() },
    Step {
        name: "svelte-check",
        title: "The page's types",
        needs: &["npm"],
        run: |bench| bench.npm(&["run", "check"]),
    },
    Step { name: "eslint", title: "The page's lints", needs: &["npm"], run: |bench| bench.npm(&["run", "lint"]) },
    Step { name: "vitest", title: "The page's tests", needs: &["npm"], run: |bench| bench.npm(&["run", "test"]) },
    Step { name: "ui", title: "The page builds", needs: &["npm"], run: |bench| bench.npm(&["run", "build"]) },
    Step { name: "clippy", title: "Rust's lints", needs: &["ui"], run: |_| clippy() },
    Step { name: "rust", title: "Rust's tests", needs: &["ui"], run: Bench::rust_tests },
    Step { name: "soak", title: "A short soak", needs: &["rust"], run: |_| soak::smoke() },
    Step { name: "types", title: "The generated types are committed", needs: &["rust"], run: |_| types() },
    Step { name: "e2e", title: "End to end, in the real window", needs: &["ui"], run: Bench::end_to_end },
];

pub fn command(arguments: &[String]) -> Outcome {
    let mut only = BTreeSet::new();
    let mut skip_e2e = false;
    let mut filters = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--list" => {
                STEPS.iter().for_each(|step| println!("{:<14}{}", step.name, step.title));
                return Ok(());
            }
            "--skip-e2e" => skip_e2e = true,
            "--only" => {
                let name = words.next().map_or("", String::as_str);
                let step = STEPS.iter().find(|step| step.name == name);
                only.insert(step.ok_or(format!("There is no step {name:?}; `--list` names them."))?.name);
            }
            option if option.starts_with('-') => return Err(format!("test does not know {option:?}.")),
            filter => filters.push(filter.to_owned()),
        }
    }
    let wanted = |step: &Step| (only.is_empty() || only.contains(step.name)) && !(skip_e2e && step.name == "e2e");

    install::packages(Purpose::Test, false)?;
    let mut bench = Bench { node: Node::find(false)?, desk: None, filters, closing: Vec::new() };
    let mut report = Vec::new();
    for step in STEPS.iter().filter(|step| wanted(step)) {
        let blocked =
            step.needs.iter().find(|name| report.iter().any(|line: &Line| line.name == **name && !line.passed()));
        let line = match blocked {
            Some(name) => Line::skipped(step.name, name),
            None => bench.take(step),
        };
        report.push(line);
    }
    // Before the summary, so that nothing is printed below it.
    bench.desk = None;
    summary(&report)
}

/// How a step went.
struct Line {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
    /// The closing lines of its test runner.
    closing: Vec<String>,
}

impl Line {
    fn skipped(name: &'static str, because_of: &str) -> Self {
        let sentence = format!("not run, because {because_of} failed");
        Self { name, outcome: Err(sentence), took: Duration::ZERO, closing: Vec::new() }
    }

    fn passed(&self) -> bool {
        self.outcome.is_ok()
    }
}

/// What steps share.
struct Bench {
    node: Node,
    /// Set up for the first step that needs it.
    desk: Option<Desk>,
    /// Names of end-to-end tests.
    filters: Vec<String>,
    closing: Vec<String>,
}

impl Bench {
    fn take(&mut self, step: &Step) -> Line {
        println!("\n━━━ {}: {} ━━━", step.name, step.title);
        let start = Instant::now();
        let outcome = (step.run)(self);
        if let Err(sentence) = &outcome {
            println!("{sentence}");
        }
        Line { name: step.name, outcome, took: start.elapsed(), closing: std::mem::take(&mut self.closing) }
    }

    fn npm_packages(&mut self) -> Outcome {
        // A fresh machine proves that the lock file is complete; at a desk, an install that is current will do.
        if std::env::var_os("CI").is_some() {
            ui::npm(&self.node, &["ci", "--no-audit", "--no-fund"])
        } else {
            ui::packages(&self.node)
        }
    }

    fn npm(&mut self, arguments: &[&str]) -> Outcome {
        let mut command = self.node.command("npm");
        command.args(arguments).current_dir("ui");
        self.run_and_keep(&mut command)
    }

    /// They run on the desk as well: the keychain's tests talk to a real one.
    fn rust_tests(&mut self) -> Outcome {
        let nextest = which("cargo-nextest").is_some();
        let mut tests = cargo();
        tests.args(if nextest { &["nextest", "run", "--no-fail-fast"][..] } else { &["test", "--no-fail-fast"] });
        tests.args(WITHOUT_BENCHES).args(FEATURES);
        self.on_the_desk(&mut tests)?;
        if nextest {
            let mut examples = cargo();
            self.on_the_desk(examples.args(["test", "--doc"]).args(WITHOUT_BENCHES).args(FEATURES))?;
        }
        Ok(())
    }

    /// One at a time: they share a display, a mouse and a keyboard.
    fn end_to_end(&mut self) -> Outcome {
        let mut tests = cargo();
        tests.arg("test").args(FEATURES).args(["--test", "e2e", "--", "--ignored", "--test-threads=1"]);
        tests.args(self.filters.clone());
        self.on_the_desk(&mut tests)
    }

    fn on_the_desk(&mut self, command: &mut Command) -> Outcome {
        if self.desk.is_none() {
            self.desk = Some(Desk::set_up()?);
        }
        if let Some(desk) = &self.desk {
            desk.command(command);
        }
        self.run_and_keep(command)
    }

    fn run_and_keep(&mut self, command: &mut Command) -> Outcome {
        let (outcome, kept) = process::run_and_keep(command, is_closing);
        self.closing.extend(kept);
        outcome
    }
}

fn clippy() -> Outcome {
    let mut clippy = cargo();
    // The benches, too: nothing else would notice that they no longer compile.
    clippy.args(["clippy", "--workspace", "--all-targets"]).args(FEATURES).args(["--", "-D", "warnings"]);
    process::run(&mut clippy)
}

/// The Rust tests have just written the page's types anew: a difference means that somebody forgot to commit them.
fn types() -> Outcome {
    const FOLDER: &str = "ui/src/ipc/gen";
    process::run(Command::new("git").args(["diff", "--exit-code", "--stat", "--", FOLDER]))
        .map_err(|_| format!("{FOLDER} differs from what is committed: commit what the tests have written."))?;
    let new = said("git", &["ls-files", "--others", "--exclude-standard", "--", FOLDER]).unwrap_or_default();
    if new.is_empty() { Ok(()) } else { Err(format!("Generated but not committed:\n{}", new.trim_end())) }
}

/// The last words of cargo test, nextest, vitest and svelte-check.
fn is_closing(line: &str) -> bool {
    let cargo = line.starts_with("test result:") && !line.contains(" 0 passed; 0 failed; 0 ignored");
    let nextest = line.starts_with("Summary [");
    let vitest = line.starts_with("Tests  ") || line.starts_with("Test Files  ");
    cargo
        || nextest
        || vitest
        || line.starts_with("svelte-check found")
        || line.starts_with("test ") && line.ends_with("FAILED")
}

fn summary(report: &[Line]) -> Outcome {
    println!("\n━━━ Summary ━━━");
    for line in report {
        let mark = if line.passed() { "ok" } else { "FAILED" };
        let sentence = line.outcome.as_ref().err().and_then(|sentence| sentence.lines().next()).unwrap_or_default();
        println!("{mark:<8}{:<14}{:>6.1} s  {sentence}", line.name, line.took.as_secs_f64());
        line.closing.iter().for_each(|closing| println!("{:24}{closing}", ""));
    }
    let failed: Vec<&str> = report.iter().filter(|line| !line.passed()).map(|line| line.name).collect();
    let took: Duration = report.iter().map(|line| line.took).sum();
    if failed.is_empty() {
        println!("All {} steps passed in {:.0} s.", report.len(), took.as_secs_f64());
        Ok(())
    } else {
        Err(format!("{} of {} steps failed: {}.", failed.len(), report.len(), failed.join(", ")))
    }
}
