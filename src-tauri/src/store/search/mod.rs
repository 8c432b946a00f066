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
mod indexing;
mod nearby;
mod parts;
mod snippets;

use sqlx::{Row, SqliteConnection};

pub use conditions::Wanted;
pub(super) use indexing::Indexing;
pub use nearby::Near;

use super::{Result, Store};
use crate::model::{
    app::AppId,
    history::{Hit, Snippet},
    run::RunId,
    words::{Needle, excerpts},
};

/// The most places of one run that are listed.
const HITS: usize = 500;

impl Store {
    /// Every app that has or had runs here, removed ones too, by the name it is shown by.
    pub async fn app_names(&self) -> Result<Vec<(AppId, String)>> {
        let sql = "SELECT id, coalesce(nullif(given_name, ''), json_extract(branding, '$.title'), '') AS name FROM app \
            ORDER BY removed_at IS NOT NULL, position";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((AppId(row.try_get(0)?), row.try_get(1)?))).collect()
    }

    /// Every tag that a run has.
    pub async fn tag_names(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar("SELECT DISTINCT tag FROM run_tag ORDER BY tag").fetch_all(&self.pool).await?)
    }

    /// Where the words stand in a run.
    pub async fn run_hits(&self, id: &RunId, needles: &[Needle]) -> Result<Vec<Hit>> {
        if needles.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.pool.acquire().await?;
        let mut parts = parts::load(&mut connection, std::slice::from_ref(&id.0), &parts::ALL).await?;
        let parts = parts.remove(&id.0).unwrap_or_default();
        let mut hits = Vec::new();
        for part in parts {
            for (excerpt, words) in excerpts(&part.text, needles, HITS - hits.len()) {
                let mut distinct: Vec<String> = Vec::new();
                distinct.extend(words.into_iter().filter(|word| !word.is_empty()));
                distinct.sort();
                distinct.dedup();
                let snippet = Snippet { place: part.place.clone(), text: excerpt.text, marks: excerpt.marks };
                hits.push(Hit { snippet, words: distinct });
            }
            if hits.len() >= HITS {
                break;
            }
        }
        Ok(hits)
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

/// A list for `IN (SELECT value FROM json_each(?))`.
fn listed<T: serde::Serialize>(list: &[T]) -> Result<String> {
    Ok(serde_json::to_string(list)?)
}

/// How many rows there are, counted no further than `most`.
async fn count_up_to(connection: &mut SqliteConnection, sql: String, list: Option<String>, most: u32) -> Result<u32> {
    let sql = format!("SELECT count(*) FROM ({sql} LIMIT {most})");
    let query = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql));
    let count = match list {
        Some(list) => query.bind(list).fetch_one(connection).await?,
        None => query.fetch_one(connection).await?,
    };
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}
