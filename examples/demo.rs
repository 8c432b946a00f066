//! Starts the demo server by hand, in any generation and with any faults; `cargo xtask demo` runs it.
//! It is no part of what is shipped.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use flowdeck::demo::{DemoServer, FAULT_WORDS, Generation, Options, RandomFaults};

const HELP: &str = "\
cargo xtask demo [OPTIONS]          start the demo server on 127.0.0.1, until Ctrl-C

  --generation NAME                 which servers it is like (today)
  --fault KIND[=VALUE][,on=REQUEST][,times=NUMBER]
                                    what goes wrong, in the order given; may be repeated. REQUEST is run (unless said
                                    otherwise), events, detail, stop, upload, parameters, logs, file or any;
                                    times= is how many of the first of them
  --random SEED                     besides, a third of the requests meet a fault that the seed chooses
  --port NUMBER                     a fixed port instead of a free one
  --list                            the generations and the faults

for example: cargo xtask demo --generation 2024-11 --fault cut=4096,times=1 --fault page=502,on=detail,times=2";

enum Wanted {
    Server(Box<Options>),
    Help,
    List,
}

fn wanted(mut words: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut options = Options { for_trials: true, ..Options::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value."));
        match word.as_str() {
            "--generation" => options.generation = value()?.parse()?,
            "--fault" => options.faults.push(value()?.parse()?),
            "--random" => {
                let seed = value()?;
                let seed = seed.parse().map_err(|_| format!("{seed:?} is not a whole number."))?;
                options.random_faults = Some(RandomFaults { seed, share: 1.0 / 3.0 });
            }
            "--port" => {
                let port = value()?;
                options.port = port.parse().map_err(|_| format!("{port:?} is not a port from 0 to 65535."))?;
            }
            "--list" => return Ok(Wanted::List),
            "--help" | "-h" => return Ok(Wanted::Help),
            other => return Err(format!("demo does not know {other:?}.\n\n{HELP}")),
        }
    }
    Ok(Wanted::Server(Box::new(options)))
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match wanted(std::env::args().skip(1)) {
        Ok(Wanted::Server(options)) => serve(*options).await,
        Ok(Wanted::Help) => {
            println!("{HELP}");
            Ok(())
        }
        Ok(Wanted::List) => {
            list();
            Ok(())
        }
        Err(sentence) => Err(sentence),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    println!("Generations:");
    for generation in Generation::ALL {
        println!("  {:<14}{}", generation.name(), generation.summary());
    }
    println!("\nFaults:");
    for (word, value, summary) in FAULT_WORDS {
        let shown = if value.is_empty() { word.to_owned() } else { format!("{word}={value}") };
        println!("  {shown:<20}{summary}");
    }
}

async fn serve(options: Options) -> Result<(), String> {
    let (generation, faults, port) = (options.generation, options.faults.clone(), options.port);
    let random = options.random_faults;
    let server = DemoServer::start_with(options).await.map_err(|error| match port {
        0 => format!("The server could not be started: {error}."),
        port => format!("The server could not be started on port {port}: {error}."),
    })?;
    println!("generation  {generation}");
    for fault in &faults {
        println!("fault       {fault}");
    }
    if let Some(RandomFaults { seed, .. }) = random {
        println!("random      seed {seed}");
    }
    println!("address     {}", server.base_url());
    for app in server.apps() {
        println!("{:<12}{}  ({})", "key", app.key, app.name);
    }
    println!("Ctrl-C ends it.");
    until_told_to_end().await.map_err(|error| format!("No signal can be waited for: {error}."))
}

#[cfg(unix)]
async fn until_told_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn until_told_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
