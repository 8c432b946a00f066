//! What a process holds, by the word of the kernel, and whether it grows.

use std::{fs, time::Duration};

use serde::Serialize;

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    /// Seconds since the process began.
    pub age: f64,
    /// MiB
    pub rss: f64,
    /// MiB; the share of what is shared counts in part. `None` where the kernel does not say.
    pub pss: Option<f64>,
    /// MiB that the program asked for itself: without mapped files, which the kernel takes back when it likes.
    pub anonymous: f64,
    pub descriptors: usize,
    pub threads: usize,
}

/// `None` if the process is gone.
pub fn sample(pid: u32, age: Duration) -> Option<Sample> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let count = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map(Iterator::count).ok();
    Some(Sample {
        age: age.as_secs_f64(),
        rss: mib(&status, "VmRSS:")?,
        pss: mib(&rollup, "Pss:"),
        anonymous: mib(&status, "RssAnon:")?,
        descriptors: count("fd")?,
        threads: count("task")?,
    })
}

fn mib(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// The median of the slopes between all pairs (Theil–Sen): a few outliers do not turn it. Per second.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (place, (x, y)) in points.iter().enumerate() {
        slopes.extend(
            points[place + 1..].iter().filter(|(later, _)| later > x).map(|(later, end)| (end - y) / (later - x)),
        );
    }
    median(slopes).unwrap_or(0.0)
}

pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// How a number went over a stretch.
#[derive(Clone, Debug, Serialize)]
pub struct Trend {
    pub what: &'static str,
    pub median: f64,
    /// Over the whole stretch.
    pub growth: f64,
    /// If it went on like that for an hour; a short stretch cannot say.
    pub per_hour: Option<f64>,
    pub most: f64,
    pub holds: bool,
}

/// A stretch that is shorter says nothing about an hour.
const LONG: f64 = 15.0 * 60.0;

/// Flat is: over the stretch it grows by less than a tenth and `slack`, whichever is more; and by less than 20 an hour
/// where the stretch is long enough to say so. The slack is what comes and goes with twenty runs of chance lengths.
pub fn trend(what: &'static str, points: &[(f64, f64)], slack: f64) -> Trend {
    let length = points.last().zip(points.first()).map_or(0.0, |(last, first)| last.0 - first.0);
    let slope = slope(points);
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let most = values.iter().copied().fold(0.0, f64::max);
    let median = median(values).unwrap_or(0.0);
    let growth = slope * length;
    let per_hour = (length >= LONG).then_some(slope * 3600.0);
    let holds =
        !points.is_empty() && growth < slack.max(median / 10.0) && per_hour.is_none_or(|per_hour| per_hour < 20.0);
    Trend { what, median, growth, per_hour, most, holds }
}
