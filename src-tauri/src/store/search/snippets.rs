//! Where in a run the words stand: one line of it for the list.

use sqlx::SqliteConnection;

use super::{
    super::Result,
    parts::{self, From, Part, Parts},
};
use crate::model::{
    history::{PastRun, RunPart, Snippet},
    query::Query,
    words::{Excerpt, excerpt},
};

/// Adds to each run the best place: the first that holds most of the words. First only what looks right is taken apart;
/// where nothing of it is, everything.
///
/// `bodies` of the runs, if they are known, are those of [`bodies`].
pub(super) async fn add(
    runs: &mut [PastRun],
    query: &Query,
    bodies: Option<Parts>,
    connection: &mut SqliteConnection,
) -> Result<()> {
    let mut rest = &STAGES[..];
    if let Some(bodies) = bodies {
        place(runs, &bodies, rest[0], query);
        rest = &rest[1..];
    }
    stages(runs, query, rest, connection, &|text| looks_right(query, text)).await?;
    // What the row shows anyway.
    for run in runs.iter_mut().filter(|run| run.snippet.is_none()) {
        let titles = [&run.name, &run.head.title].map(|text| Part { place: RunPart::Title, text: text.clone() });
        run.snippet = best(titles.iter(), query);
    }
    stages(runs, query, &STAGES, connection, &|_| true).await
}

/// What of the runs' bodies looks right.
pub(super) async fn bodies(ids: &[String], query: &Query, connection: &mut SqliteConnection) -> Result<Parts> {
    parts::load_with(connection, ids, STAGES[0], &|text| looks_right(query, text)).await
}

fn looks_right(query: &Query, text: &[u8]) -> bool {
    query.need.iter().any(|needle| needle.may_be_in(text))
}

/// What is read costs more from stage to stage, so that runs with a place drop out.
const STAGES: [&[From]; 4] = [&[From::Body], &[From::Text], &[From::Beside], &[From::Steps]];

async fn stages(
    runs: &mut [PastRun],
    query: &Query,
    stages: &[&[From]],
    connection: &mut SqliteConnection,
    fits: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<()> {
    for stage in stages {
        let ids: Vec<String> =
            runs.iter().filter(|run| run.snippet.is_none()).map(|run| run.head.id.0.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let texts = parts::load_with(connection, &ids, stage, fits).await?;
        place(runs, &texts, stage, query);
    }
    Ok(())
}

/// Gives runs their place in these texts.
fn place(runs: &mut [PastRun], texts: &Parts, stage: &[From], query: &Query) {
    for run in runs.iter_mut().filter(|run| run.snippet.is_none()) {
        let of = texts.get(&run.head.id.0).map(Vec::as_slice).unwrap_or_default();
        // The head has it already.
        let error = match (&run.head.error, stage) {
            (Some(error), [From::Text]) => Some(Part { place: RunPart::Error, text: error.message.clone() }),
            _ => None,
        };
        run.snippet = best(of.iter().chain(&error), query);
    }
}

fn best<'a>(parts: impl Iterator<Item = &'a Part>, query: &Query) -> Option<Snippet> {
    let mut best: Option<(&Part, Excerpt)> = None;
    for part in parts.filter(|part| part.is_in(&query.narrow.places)) {
        let Some(found) = excerpt(&part.text, &query.need) else { continue };
        let words = |excerpt: &Excerpt| excerpt.found.count_ones();
        if best.as_ref().is_none_or(|(_, before)| words(&found) > words(before)) {
            let all = words(&found) as usize == query.need.len();
            best = Some((part, found));
            if all {
                break;
            }
        }
    }
    best.map(|(part, found)| Snippet { place: part.place.clone(), text: found.text, marks: found.marks })
}
