//! The search over all runs: how long a page of hits takes, by kind of search, warm and with nothing in memory; what the
//! index weighs; what saving a run costs. Beside what else could be asked: LIKE, FTS5's trigrams, and tantivy.

pub mod corpus;
mod peers;
pub mod queries;
mod tantivy;
pub mod world;

use std::time::Instant;

use corpus::{Corpus, Mix};
use queries::{CLASSES, Class, Queries};
use world::World;

use crate::measure::Results;

/// Searches of each kind.
const SEARCHES: usize = 200;
/// As many as the page shows first.
const PAGE: u32 = 50;

/// What is measured.
pub struct History {
    pub runs: usize,
    pub seed: u64,
    /// Without the peers.
    pub alone: bool,
}

pub fn measure(history: &History, results: &mut Results) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(all(history, results))
}

async fn all(history: &History, results: &mut Results) -> Result<(), String> {
    let size = match history.runs {
        runs if runs % 1_000_000 == 0 => format!("{}m", runs / 1_000_000),
        runs => format!("{}k", runs / 1000),
    };
    let mut corpus = Corpus::new(history.seed, Mix::Mixed)?;
    let begun = Instant::now();
    let mut world = World::fill(history.runs, &mut corpus).await?;
    println!(
        "{} runs with {:.0} MB of text, stored in {:.0} s.",
        history.runs,
        world.text as f64 / 1e6,
        begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    world.store.index_all().await.map_err(|error| error.to_string())?;
    results.value(&format!("index.{size}.build_s"), begun.elapsed().as_secs_f64(), "s", None);
    let (index, database) = world.sizes().await?;
    results.ratio(&format!("index.{size}.mb"), index / 1e6, "MB", "the text", world.text as f64 / 1e6, Some(2.0));
    results.ratio(&format!("database.{size}.mb"), database / 1e6, "MB", "the text", world.text as f64 / 1e6, Some(3.2));

    let queries = Queries::new(&mut corpus, &world, SEARCHES);
    let (mut worst_warm, mut worst_first) = (0.0_f64, 0.0_f64);
    for class in CLASSES {
        let searches = queries.of(class);
        world.forget().await?;
        let first = world.times(class, searches).await?;
        let warm = world.times(class, searches).await?;
        println!(
            "{:<14} hits {:>3}  first {:>7.2} {:>7.2} {:>7.2}  warm {:>7.2} {:>7.2} {:>7.2} ms",
            class.name(),
            first.found,
            first.at(0.5),
            first.at(0.95),
            first.at(1.0),
            warm.at(0.5),
            warm.at(0.95),
            warm.at(1.0)
        );
        results.value(&format!("search.{size}.{}.p50_ms", class.name()), warm.at(0.5), "ms", None);
        results.value(&format!("search.{size}.{}.p95_ms", class.name()), warm.at(0.95), "ms", None);
        results.value(&format!("search.{size}.{}.first.p95_ms", class.name()), first.at(0.95), "ms", None);
        worst_warm = worst_warm.max(warm.at(0.95));
        worst_first = worst_first.max(first.at(0.95));
    }
    // Of very many only the warm searches have a goal.
    let (goal, first_goal) = if history.runs > 200_000 { (10.0, None) } else { (2.0, Some(15.0)) };
    results.value(&format!("search.{size}.p95_ms"), worst_warm, "ms", Some(goal));
    results.value(&format!("search.{size}.first.p95_ms"), worst_first, "ms", first_goal);
    let counted = world.counting(queries.of(Class::ChineseCommon)).await?;
    results.value(&format!("counts.{size}.p95_ms"), counted.at(0.95), "ms", None);
    let saved = world.saving(&mut corpus, 300).await?;
    results.value(&format!("save.{size}.p50_ms"), saved.at(0.5), "ms", None);
    results.value(&format!("save.{size}.p95_ms"), saved.at(0.95), "ms", Some(15.0));
    if !history.alone {
        peers::measure(&size, &world, &queries, results).await?;
    }
    Ok(())
}

/// How long each of some searches took, in order of length.
#[derive(Default)]
pub struct Times {
    ms: Vec<f64>,
    /// Hits of a page, the mean.
    pub found: usize,
}

impl Times {
    pub fn of(mut ms: Vec<f64>, found: usize) -> Self {
        ms.sort_by(f64::total_cmp);
        let found = if ms.is_empty() { 0 } else { found / ms.len() };
        Self { ms, found }
    }

    /// What this part of them did not take longer than.
    pub fn at(&self, part: f64) -> f64 {
        let place = (self.ms.len() as f64 * part).ceil() as usize;
        self.ms.get(place.clamp(1, self.ms.len().max(1)) - 1).copied().unwrap_or_default()
    }
}
