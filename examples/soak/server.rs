//! The server process: a demo server of each generation, with random faults, and the truth about them.

use std::{io::BufRead, process::ExitCode, time::Duration};

use flowdeck::demo::{Became, DemoServer, Generation, KnownRun, Options, RandomFaults};

use crate::words::{Answer, Ask, Asked, Place, TrueRun, Truth, say};

/// One whose runs can only be asked about later, the recorded one with its oddities, and the newest.
pub const GENERATIONS: [Generation; 3] = [Generation::Mid2025, Generation::Recorded, Generation::Today];

/// How often the servers ping; the client's patience is a multiple of it.
pub const PING: Duration = Duration::from_secs(1);

pub fn run(seed: u64, share: f64, longest_run: f64) -> ExitCode {
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return ExitCode::FAILURE };
    let mut servers = Vec::new();
    for (place, generation) in GENERATIONS.into_iter().enumerate() {
        let options = Options {
            generation,
            for_trials: true,
            ping_interval: PING,
            random_faults: Some(RandomFaults { seed: seed.wrapping_add(place as u64), share }),
            most_runs: usize::MAX,
            max_active_runs: 100,
            form_life: Duration::from_secs_f64(longest_run / 2.0),
            ..Options::default()
        };
        match runtime.block_on(DemoServer::start_with(options)) {
            Ok(server) => servers.push((generation, server)),
            Err(_) => return ExitCode::FAILURE,
        }
    }
    say(&Answer::Places(servers.iter().map(|(generation, server)| place(*generation, server)).collect()));
    // Ends with whoever started it.
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Ask::CutOff { server, millis }) => servers[server].1.cut_off(Duration::from_millis(millis)),
            Ok(Ask::Count) => say(&count(&servers)),
            Ok(Ask::Truth) => say(&Answer::Truth(servers.iter().map(|(g, server)| truth(*g, server)).collect())),
            Err(_) => return ExitCode::FAILURE,
        }
    }
    ExitCode::SUCCESS
}

fn place(generation: Generation, server: &DemoServer) -> Place {
    let key = server.apps().iter().find(|app| app.slug == "long-run").map(|app| app.key.clone()).unwrap_or_default();
    Place { generation: generation.name().to_owned(), base_url: server.base_url(), key }
}

fn count(servers: &[(Generation, DemoServer)]) -> Answer {
    let (mut live, mut runs) = (0, 0);
    let mut faults = std::collections::BTreeMap::<String, usize>::new();
    for (_, server) in servers {
        let (all, over) = server.count_runs();
        live += all - over;
        runs += all;
        for (name, times) in server.drawn_faults() {
            *faults.entry(name).or_default() += times;
        }
    }
    Answer::Count { live, runs, faults: faults.into_iter().collect() }
}

fn truth(generation: Generation, server: &DemoServer) -> Truth {
    let asked = server.asked().into_iter().map(|asked| {
        let (run, refused) = match asked.became {
            Became::Run(id) => (Some(id), None),
            Became::Refused(status) => (None, Some(status)),
            Became::Nothing => (None, None),
        };
        Asked { trace_id: asked.trace_id, run, refused }
    });
    let runs = server.known_runs().into_iter().map(true_run).collect();
    Truth { generation: generation.name().to_owned(), runs, asked: asked.collect() }
}

fn true_run(run: KnownRun) -> TrueRun {
    let told = run.detail.as_ref().and_then(|detail| detail["status"].as_str()).map(str::to_owned);
    TrueRun {
        id: run.id,
        title: run.inputs["title"].as_str().unwrap_or_default().to_owned(),
        status: run.status.to_owned(),
        is_over: run.is_over,
        told,
        is_in_logs: run.log_row.is_some(),
        outputs: run.outputs,
    }
}
