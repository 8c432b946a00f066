//! Runs that somebody else says hold the words: a server, which compares otherwise than the index, and knows texts that
//! are not here.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{
    super::{Result, Store},
    conditions::{Facets, Sql, Value, Wanted},
    ends::Found,
    find::{looked_at, past_runs},
    listed,
    reader::What,
};
use crate::model::{app::AppId, history::PastRun};

impl Store {
    /// Of the runs with these ids of their servers those that meet all of the search but its words, newest first, and
    /// without those that the search finds here anyway.
    pub async fn history_beside(&self, wanted: &Wanted, ids: &[(AppId, Vec<String>)]) -> Result<Vec<PastRun>> {
        let (store, wanted, ids) = (self.clone(), wanted.clone(), ids.to_vec());
        self.search(What::All, move |connection| {
            let mut runs = Vec::new();
            for (app, ids) in &ids {
                let sql = "SELECT id FROM run WHERE app_id = ? AND server_run_id IN (SELECT value FROM json_each(?)) \
                    AND deleted_at IS NULL";
                let mut statement = connection.prepare_cached(sql)?;
                let found = statement.query_map((&app.0, listed(ids)?), |row| row.get(0))?;
                runs.extend(found.collect::<rusqlite::Result<Vec<String>>>()?);
            }
            if runs.is_empty() || wanted.is_impossible() {
                return Ok(Vec::new());
            }
            let mut wordless = wanted.clone();
            wordless.query.need.clear();
            wordless.query.typed.clear();
            let mut found = among(&wordless, &runs, connection)?;
            let here: HashSet<String> = among(&wanted, &runs, connection)?.into_iter().map(|run| run.run).collect();
            found.retain(|run| !here.contains(&run.run));
            found.sort_by(|a, b| (b.started_at, &b.run).cmp(&(a.started_at, &a.run)));
            past_runs(&store, &wordless, &found, connection)
        })
        .await
    }
}

/// Those of the runs that meet the search.
fn among(wanted: &Wanted, runs: &[String], connection: &Connection) -> Result<Vec<Found>> {
    let mut conditions = wanted.conditions(Facets::All)?;
    wanted.asked(Facets::All, connection)?.rest(&mut conditions, connection)?;
    let mut sql =
        Sql { text: "SELECT e.place, e.run_id, e.started_at FROM run_entry AS e WHERE true".into(), ..Sql::default() };
    sql.and("e.run_id IN (SELECT value FROM json_each(?))", [Value::Text(listed(runs)?)]);
    sql.and(&conditions.text, conditions.values);
    let found = sql.rows(connection, Found::read)?;
    if wanted.must_be_looked_at() { looked_at(wanted, found, connection) } else { Ok(found) }
}
