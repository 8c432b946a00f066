//! Runs that somebody else says hold the words: a server, which compares otherwise than the index, and knows texts that
//! are not here.

use std::collections::HashSet;

use sqlx::{Row, SqliteConnection};

use super::{
    super::{Result, Store},
    conditions::{Facets, Sql, Value, Wanted},
    ends::Found,
    find::looked_at,
    listed,
};
use crate::model::{app::AppId, history::PastRun};

impl Store {
    /// Of the runs with these ids of their servers those that meet all of the search but its words, newest first, and
    /// without those that the search finds here anyway.
    pub async fn history_beside(&self, wanted: &Wanted, ids: &[(AppId, Vec<String>)]) -> Result<Vec<PastRun>> {
        self.index_what_is_new().await;
        let _seat = self.indexing.seat().await;
        let mut connection = self.pool.acquire().await?;
        let mut runs = Vec::new();
        for (app, ids) in ids {
            let sql = "SELECT id FROM run WHERE app_id = ? AND server_run_id IN (SELECT value FROM json_each(?)) \
                AND deleted_at IS NULL";
            let rows = sqlx::query(sql).bind(&app.0).bind(listed(ids)?).fetch_all(&mut *connection).await?;
            for row in rows {
                runs.push(row.try_get::<String, _>(0)?);
            }
        }
        if runs.is_empty() || wanted.is_impossible() {
            return Ok(Vec::new());
        }
        let mut wordless = wanted.clone();
        wordless.query.need.clear();
        wordless.query.typed.clear();
        let mut found = among(&wordless, &runs, &mut connection).await?;
        let here: HashSet<String> =
            among(wanted, &runs, &mut connection).await?.into_iter().map(|run| run.run).collect();
        found.retain(|run| !here.contains(&run.run));
        found.sort_by(|a, b| (b.started_at, &b.run).cmp(&(a.started_at, &a.run)));
        self.past_runs_of(&wordless, &found, &mut connection).await
    }
}

/// Those of the runs that meet the search.
async fn among(wanted: &Wanted, runs: &[String], connection: &mut SqliteConnection) -> Result<Vec<Found>> {
    let mut conditions = wanted.conditions(Facets::All)?;
    wanted.asked(Facets::All).rest(&mut conditions, connection).await?;
    let mut sql =
        Sql { text: "SELECT e.place, e.run_id, e.started_at FROM run_entry AS e WHERE true".into(), ..Sql::default() };
    sql.and("e.run_id IN (SELECT value FROM json_each(?))", [Value::Text(listed(runs)?)]);
    sql.and(&conditions.text, conditions.values);
    let rows = sql.rows(connection).await?;
    let found = rows.iter().map(Found::read).collect::<Result<_>>()?;
    if wanted.must_be_looked_at() { looked_at(wanted, found, connection).await } else { Ok(found) }
}
