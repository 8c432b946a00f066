//! Where in a run the words stand: one line of it for the list.

use std::collections::HashMap;

use rusqlite::Connection;

use super::{
    super::Result,
    parts::{self, From, Part, Parts},
};
use crate::model::{
    history::{PastRun, RunPart, Snippet},
    query::Query,
    words::{Excerpt, Needle, excerpt, most_in},
};

/// The best place of a run: the first that holds most of the words.
pub(super) type Snippets = HashMap<String, Snippet>;

/// Those of the runs that have one in their bodies, as far as they look right.
pub(super) fn of_bodies(ids: &[String], query: &Query, connection: &Connection) -> Result<Snippets> {
    let bodies = parts::load_with(connection, ids, &[From::Body], &|text| looks_right(query, text))?;
    let best = |(id, parts): (String, Vec<Part>)| Some((id, best(parts.iter(), query)?));
    Ok(bodies.into_iter().filter_map(best).collect())
}

/// Adds to each run the best place. First only what looks right is taken apart; where nothing of it is, everything.
pub(super) fn add(runs: &mut [PastRun], query: &Query, mut of_bodies: Snippets, connection: &Connection) -> Result<()> {
    for run in runs.iter_mut() {
        let id = Part::new(RunPart::RunId, run.head.server.run_id.clone().unwrap_or_default());
        let id = Some(id).filter(|id| id.is_in(&query.narrow.places));
        let named = id.and_then(|id| query.need.iter().find_map(|needle| of_id(&id, needle)));
        run.snippet = named.or_else(|| of_bodies.remove(&run.head.id.0));
    }
    stages(runs, query, &STAGES[1..], connection, &|text| looks_right(query, text))?;
    // What the row shows anyway.
    for run in runs.iter_mut().filter(|run| run.snippet.is_none()) {
        let titles = [&run.name, &run.head.title].map(|text| Part::new(RunPart::Title, text.clone()));
        run.snippet = best(titles.iter(), query);
    }
    stages(runs, query, &STAGES, connection, &|_| true)
}

/// What the server calls the run, where the needle is the beginning of it.
pub(super) fn of_id(part: &Part, needle: &Needle) -> Option<Snippet> {
    let marked = u32::try_from(part.named_by(needle)?).ok()?;
    Some(Snippet { place: RunPart::RunId, text: part.text.clone(), marks: vec![(0, marked)] })
}

fn looks_right(query: &Query, text: &[u8]) -> bool {
    query.need.iter().any(|needle| needle.may_be_in(text))
}

/// What is read costs more from stage to stage, so that runs with a place drop out.
const STAGES: [&[From]; 4] = [&[From::Body], &[From::Text], &[From::Beside], &[From::Steps]];

fn stages(
    runs: &mut [PastRun],
    query: &Query,
    stages: &[&[From]],
    connection: &Connection,
    fits: &dyn Fn(&[u8]) -> bool,
) -> Result<()> {
    for stage in stages {
        let ids: Vec<String> =
            runs.iter().filter(|run| run.snippet.is_none()).map(|run| run.head.id.0.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let texts = parts::load_with(connection, &ids, stage, fits)?;
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
            (Some(error), [From::Text]) => Some(Part::new(RunPart::Error, error.message.clone())),
            _ => None,
        };
        run.snippet = best(of.iter().chain(&error), query);
    }
}

fn best<'a>(parts: impl Iterator<Item = &'a Part>, query: &Query) -> Option<Snippet> {
    let words = |excerpt: &Excerpt| excerpt.found.count_ones() as usize;
    let mut best: Option<(&Part, Excerpt)> = None;
    for part in parts.filter(|part| part.is_in(&query.narrow.places)) {
        if let Some((_, before)) = &best
            && most_in(&part.text, &query.need) <= words(before)
        {
            continue;
        }
        let Some(found) = excerpt(&part.text, &query.need) else { continue };
        if best.as_ref().is_none_or(|(_, before)| words(&found) > words(before)) {
            let all = words(&found) == query.need.len();
            best = Some((part, found));
            if all {
                break;
            }
        }
    }
    best.map(|(part, found)| Snippet { place: part.place.clone(), text: found.text, marks: found.marks })
}
