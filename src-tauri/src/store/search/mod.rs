//! The search over all runs: what is indexed of them, and what is found.
//!
//! A run's place (`run_entry`) is its rowid in the index and its position in time; everything here reads places
//! backwards, newest first, or from the other end on. The migration says how places are given.

mod asked;
mod beside;
mod conditions;
mod counts;
mod ends;
mod find;
mod heads;
mod indexing;
mod nearby;
mod parts;
mod reader;
mod snippets;
mod together;

use rusqlite::{Connection, params_from_iter, types::Value};
use sqlx::{Sqlite, Transaction};

pub use conditions::Wanted;
pub(super) use indexing::Indexing;
pub use nearby::Near;
pub(super) use reader::Readers;

use self::parts::{From, Part};
use super::{Result, Store};
use crate::model::{
    app::AppId,
    history::{FoundWord, Hit, RunPart, Snippet},
    run::RunId,
    words::{Needle, excerpts},
};

/// The most places of one run that are listed.
const HITS: usize = 500;

impl Store {
    /// Every app that has or had runs here, removed ones too, by the name it is shown by; and every tag that a run has.
    pub async fn names(&self) -> Result<(Vec<(AppId, String)>, Vec<String>)> {
        self.read(|connection| {
            let sql = "SELECT id, coalesce(nullif(given_name, ''), json_extract(branding, '$.title'), '') AS name \
                FROM app ORDER BY removed_at IS NOT NULL, position";
            let mut apps = connection.prepare_cached(sql)?;
            let apps = apps.query_map([], |row| Ok((AppId(row.get(0)?), row.get(1)?)))?;
            let apps = apps.collect::<rusqlite::Result<_>>()?;
            let mut tags = connection.prepare_cached("SELECT DISTINCT tag FROM run_tag ORDER BY tag")?;
            let tags = tags.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok((apps, tags))
        })
        .await
    }

    /// Where the words stand in a run.
    pub async fn run_hits(&self, id: &RunId, needles: &[Needle]) -> Result<Vec<Hit>> {
        if needles.is_empty() {
            return Ok(Vec::new());
        }
        let (id, needles) = (id.0.clone(), needles.to_vec());
        self.read(move |connection| {
            let from: Vec<From> = parts::ALL.into_iter().chain([From::Id]).collect();
            let mut parts = parts::load(connection, std::slice::from_ref(&id), &from)?;
            Ok(hits(&parts.remove(&id).unwrap_or_default(), &needles))
        })
        .await
    }

    /// Keeps the index up to date from now on, in the background.
    pub fn keep_indexed(&self) {
        indexing::keep(self);
    }

    /// Indexes everything that is not yet, however long it takes.
    pub async fn index_all(&self) -> Result<()> {
        while self.index_some(None).await? || self.join_some().await {}
        Ok(())
    }
}

/// What is found of the run has changed in a way that no trigger sees.
pub(super) async fn mark(transaction: &mut Transaction<'_, Sqlite>, id: &RunId) -> Result<()> {
    let sql = "INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = ? \
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1";
    sqlx::query(sql).bind(&id.0).execute(&mut **transaction).await?;
    Ok(())
}

fn hits(parts: &[Part], needles: &[Needle]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for part in parts {
        if part.place == RunPart::RunId {
            let named =
                needles.iter().find_map(|needle| Some((part.named_by(needle)?, snippets::of_id(part, needle)?)));
            hits.extend(named.map(|(length, snippet)| {
                let word = FoundWord { text: part.text[..length].to_owned(), goes_on: true };
                Hit { snippet, words: vec![word] }
            }));
            continue;
        }
        for (excerpt, words) in excerpts(&part.text, needles, HITS - hits.len()) {
            let mut distinct: Vec<FoundWord> = words.into_iter().filter(|word| !word.text.is_empty()).collect();
            distinct.sort();
            distinct.dedup();
            let snippet = Snippet { place: part.place.clone(), text: excerpt.text, marks: excerpt.marks };
            hits.push(Hit { snippet, words: distinct });
        }
        if hits.len() >= HITS {
            break;
        }
    }
    hits
}

/// A list for `IN (SELECT value FROM json_each(?))`.
fn listed<T: serde::Serialize>(list: &[T]) -> Result<String> {
    Ok(serde_json::to_string(list)?)
}

/// How many rows there are, counted no further than `most`.
fn count_up_to(connection: &Connection, sql: &str, list: Option<&str>, most: u32) -> Result<u32> {
    let mut statement = connection.prepare_cached(&format!("SELECT count(*) FROM ({sql} LIMIT ?)"))?;
    let values = list.map(|list| Value::Text(list.to_owned())).into_iter().chain([Value::Integer(most.into())]);
    let count: i64 = statement.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
