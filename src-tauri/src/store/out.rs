//! Runs on their way out, page by page: what a row of a table needs of each, and which runs a filter leaves.

use std::collections::HashMap;

use sqlx::{Row, sqlite::SqliteRow};

use super::{Result, Store, gaps::Gaps};
use crate::model::{
    history::{Contents, Remarks, RunOrigin},
    run::{InputShown, RunHead, RunId},
    usage::Cost,
};

/// What a table says of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub head: RunHead,
    pub contents: Contents,
    pub remarks: Remarks,
    pub inputs: Vec<InputShown>,
    pub outputs: serde_json::Map<String, serde_json::Value>,
    pub costs: Vec<Cost>,
}

/// Where a run comes from, and what is here of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whence {
    pub origin: RunOrigin,
    pub contents: Contents,
}

impl Store {
    /// What tables say of runs, in this order; without those that are gone since, or were deleted.
    pub async fn run_rows(&self, ids: &[RunId]) -> Result<Vec<RunRow>> {
        let wanted = serde_json::to_string(&ids)?;
        let sql = format!(
            "WITH wanted AS (SELECT key AS place, value AS wanted FROM json_each(?)) SELECT {}, contents, inputs, outputs, \
             name, starred, reviewed, note FROM wanted JOIN run ON run.id = wanted LEFT JOIN run_body ON run_body.run_id = \
             wanted LEFT JOIN run_note ON run_note.run_id = wanted WHERE deleted_at IS NULL ORDER BY place",
            super::history::HEAD
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&wanted).fetch_all(&self.pool).await?;
        let mut tags = self.by_run("SELECT run_id, tag, '' FROM run_tag", &wanted).await?;
        let mut costs = self.by_run("SELECT run_id, currency, amount FROM run_cost", &wanted).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut gaps = Gaps::default();
            let head = super::history::run_head(row, &mut gaps)?;
            let costs = costs.remove(&head.id.0).unwrap_or_default().into_iter();
            found.push(RunRow {
                contents: word(row, "contents", Contents::Whole)?,
                inputs: gaps.json_or_default(row, "inputs")?,
                outputs: gaps.json_or_default(row, "outputs")?,
                remarks: Remarks {
                    name: gaps.text(row, "name")?,
                    note: gaps.text(row, "note")?,
                    starred: row.try_get("starred")?,
                    reviewed: row.try_get("reviewed")?,
                    tags: tags.remove(&head.id.0).unwrap_or_default().into_iter().map(|(tag, _)| tag).collect(),
                },
                costs: costs.map(|(currency, amount)| Cost { currency, amount }).collect(),
                head,
            });
            self.tell(&gaps, || "a run of a table".to_owned());
        }
        Ok(found)
    }

    /// Two words of each row of a narrow table, by run, in the order of the alphabet.
    async fn by_run(&self, select: &'static str, wanted: &str) -> Result<HashMap<String, Vec<(String, String)>>> {
        let sql = format!("{select} WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY 1, 2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(wanted).fetch_all(&self.pool).await?;
        let mut found = HashMap::<_, Vec<_>>::new();
        for row in rows {
            found.entry(row.try_get(0)?).or_default().push((row.try_get(1)?, row.try_get(2)?));
        }
        Ok(found)
    }

    /// `None`: there is no such run, or it was deleted.
    pub async fn whence(&self, id: &RunId) -> Result<Option<Whence>> {
        let sql = "SELECT origin, contents FROM run WHERE id = ? AND deleted_at IS NULL";
        let row = sqlx::query(sql).bind(&id.0).fetch_optional(&self.pool).await?;
        let read = |row: SqliteRow| -> Result<Whence> {
            Ok(Whence {
                origin: word(&row, "origin", RunOrigin::Here)?,
                contents: word(&row, "contents", Contents::Whole)?,
            })
        };
        row.map(read).transpose()
    }
}

/// The one word of a value in SQL and IPC.
pub(super) fn said(value: impl serde::Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Reads [`said`] back; a word of a newer program reads as `other`.
fn word<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: &str, other: T) -> Result<T> {
    let word: String = row.try_get(column)?;
    Ok(serde_json::from_value(word.into()).unwrap_or(other))
}
