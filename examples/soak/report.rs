//! What the person at the terminal reads, and what is kept in `target/soak/results.json`.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::json;

use crate::{
    Wanted,
    watch::{Seen, Verdict},
};

const RESULTS: &str = "target/soak/results.json";
/// The rest is in the results.
const SHOWN: usize = 12;

pub fn head(wanted: &Wanted, folder: &Path) {
    println!(
        "Soak: seed {}, {:.1} min, {} runs at a time of up to {} s, faults {:.0} %, store in {}",
        wanted.seed,
        wanted.time.as_secs_f64() / 60.0,
        wanted.at_a_time,
        wanted.longest_run,
        wanted.faults * 100.0,
        folder.display()
    );
    println!(
        "{:>6} {:>8} {:>8} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7} {:>8} {:>6} {:>8} {:>6} {:>8}  over, by status",
        "min",
        "started",
        "refused",
        "stops",
        "kills",
        "nonet",
        "now",
        "srv",
        "faults",
        "RSS",
        "files",
        "threads",
        "tasks",
        "store"
    );
}

fn by_status(seen: &Seen) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for status in seen.over.values() {
        *counts.entry(status.as_str()).or_default() += 1;
    }
    counts
}

fn listed<K: std::fmt::Display>(counts: impl IntoIterator<Item = (K, usize)>) -> String {
    counts.into_iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

pub fn line(time: Duration, seen: &Seen) {
    let sample = seen.samples.last();
    let faults: usize = seen.faults.iter().map(|(_, count)| count).sum();
    println!(
        "{:>6.1} {:>8} {:>8} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7} {:>8.1} {:>6} {:>8} {:>6} {:>8.1}  {}",
        time.as_secs_f64() / 60.0,
        seen.started,
        seen.refused.values().sum::<usize>(),
        seen.stops,
        seen.kills,
        seen.outages,
        seen.followed,
        seen.live_on_server,
        faults,
        sample.map_or(0.0, |sample| sample.rss),
        sample.map_or(0, |sample| sample.descriptors),
        sample.map_or(0, |sample| sample.threads),
        seen.tasks.last().map_or(0.0, |(_, tasks)| *tasks),
        seen.store_bytes as f64 / (1024.0 * 1024.0),
        listed(by_status(seen)),
    );
}

/// The last word; true if all holds.
pub fn close(wanted: &Wanted, seen: &Seen, verdict: &Verdict) -> Result<bool, String> {
    let Verdict { findings, trends, faults } = verdict;
    println!("\nFaults drawn: {}", listed(seen.faults.iter().map(|(name, count)| (name, *count))));
    println!("Not started: {}", listed(seen.refused.iter().map(|(why, count)| (why, *count))));
    println!(
        "Runs: {} asked for, {} on the servers, {} in the store ({}); up to {} followed at a time",
        findings.asked,
        findings.server_runs,
        findings.local_runs,
        listed(findings.by_status.iter().map(|(status, count)| (status, *count))),
        seen.most_followed,
    );
    println!("Result files: {} kept, {} not", findings.files_kept, findings.files_failed);
    for (reason, count) in &findings.allowed {
        println!("Allowed: {count} × {reason}");
    }
    println!("\nIn the last life, after its first fifth ({} samples):", seen.samples.len());
    for trend in trends {
        println!(
            "{:<18} median {:>7.1}, most {:>7.1}, {:>+6.1} in all{}  {}",
            trend.what,
            trend.median,
            trend.most,
            trend.growth,
            trend.per_hour.map_or(String::new(), |grown| format!(", {grown:>+6.1} an hour")),
            if trend.holds { "flat" } else { "NOT FLAT" }
        );
    }
    let mut rules: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for violation in &findings.violations {
        *rules.entry((violation.rule, &violation.generation)).or_default() += 1;
    }
    if !rules.is_empty() {
        println!("\nBroken rules:");
        rules.iter().for_each(|((rule, generation), count)| println!("{count:>6} × {rule} ({generation})"));
        for violation in findings.violations.iter().take(SHOWN) {
            println!(
                "  {} ({}): {}; row {}, run {}",
                violation.rule,
                violation.generation,
                violation.what,
                violation.local.as_deref().unwrap_or("-"),
                violation.server.as_deref().unwrap_or("-")
            );
        }
    }
    faults.iter().for_each(|fault| println!("Not as it should be: {fault}."));
    let holds = findings.violations.is_empty() && faults.is_empty() && trends.iter().all(|trend| trend.holds);
    println!("\n{}", if holds { "All holds." } else { "It does not hold." });
    let results = json!({
        "seed": wanted.seed, "seconds": wanted.time.as_secs_f64(), "at_a_time": wanted.at_a_time,
        "longest_run": wanted.longest_run, "fault_share": wanted.faults, "kills": seen.kills, "outages": seen.outages,
        "started": seen.started, "stops": seen.stops, "answers": seen.answers, "not_started": seen.refused,
        "most_followed": seen.most_followed, "faults": seen.faults.iter().cloned().collect::<BTreeMap<_, _>>(),
        "findings": findings, "trends": trends, "other": faults, "store_bytes": seen.store_bytes,
        "samples": seen.samples, "holds": holds,
    });
    let write = || {
        std::fs::create_dir_all(Path::new(RESULTS).parent().unwrap_or(Path::new(".")))?;
        std::fs::write(RESULTS, serde_json::to_vec_pretty(&results)?)
    };
    write().map_err(|error| format!("{RESULTS} could not be written: {error}"))?;
    println!("Figures: {RESULTS}");
    Ok(holds)
}
