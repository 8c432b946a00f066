//! What can be read of a damaged database, row by row.
//!
//! Each table is read from its beginning until it breaks, then from its end, and then run by run. What is unreadable is
//! skipped; what is left is put in order, so that one bad value cannot keep a list from being read.

use sqlx::{Column, Connection, Executor, Row, SqliteConnection, TypeInfo, ValueRef, sqlite::SqliteRow};

use super::{Error, Result};
use crate::model::{app::Branding, capability::ServerFacts, form::Form, run::Notice};

#[derive(Debug, Default)]
pub(super) struct Saved {
    pub apps: u64,
    pub runs: u64,
    /// Nothing was skipped.
    pub whole: bool,
}

/// A table of both databases, with the columns that both have.
pub(super) struct Table {
    pub(super) name: String,
    columns: Vec<String>,
    /// Its rows lie in the order of these.
    key: String,
}

/// Columns of JSON, and what stands in them where nothing does; without that, the row goes.
const JSON: &[(&str, &str, Option<&str>)] = &[
    ("app", "options", Some("'{}'")),
    ("app", "speech", Some("NULL")),
    ("run", "error", Some("NULL")),
    ("run_body", "entries", Some("'{}'")),
    ("run_body", "inputs", Some("'[]'")),
    ("run_body", "outputs", Some("'{}'")),
    ("run_body", "notices", Some("'[]'")),
    ("run_body", "questions", Some("'[]'")),
    ("run_body", "unknown_events", Some("'[]'")),
    ("run_body", "form", Some("NULL")),
    ("run_form", "form", None),
    ("step", "step", None),
    ("network", "manual", None),
    ("sound", "pieces", None),
    ("draft", "entries", None),
    ("draft", "form", None),
    ("draft", "changes", None),
    ("answer_draft", "entries", None),
    ("prepared", "entries", None),
    ("prepared", "form", None),
    ("preset", "entries", None),
    ("preset", "form", None),
];

/// Whether every value that has to be JSON is. SQLite keeps no sums of its pages: bytes that went wrong inside a
/// value show nowhere else.
pub(super) async fn values_are_sound(old: &mut SqliteConnection) -> Result<bool> {
    let of_apps = ["branding", "form", "server_facts"].map(|column| ("app", column, None));
    for (table, column, _) in JSON.iter().copied().chain(of_apps) {
        let sql = format!("SELECT count(*) FROM {table} WHERE NOT json_valid({column})");
        // A column that an earlier version does not have yet holds nothing wrong.
        let bad = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *old).await;
        if or_hole(bad)?.is_some_and(|bad| bad > 0) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What was read, or `None` for a hole. What cannot be read just now (another program holds the file, there is no
/// room for the index of its log) is no hole: it would be left behind.
pub(super) fn or_hole<T, E>(read: std::result::Result<T, E>) -> Result<Option<T>>
where
    Error: From<E>,
{
    match read.map_err(Error::from) {
        Ok(read) => Ok(Some(read)),
        Err(error @ (Error::Locked | Error::DiskFull | Error::ReadOnly)) => Err(error),
        Err(_) => Ok(None),
    }
}

pub(super) async fn bring_over(old: &mut SqliteConnection, new: &mut SqliteConnection) -> Result<Saved> {
    // Rows come in any order, and some will miss those they belong to.
    new.execute("PRAGMA foreign_keys = OFF").await?;
    let mut transaction = new.begin().await?;
    let mut whole = true;
    let tables = tables(old, &mut transaction).await?;
    for table in &tables {
        whole &= all_rows(table, old, &mut transaction).await?;
    }
    if !whole {
        by_run(&tables, old, &mut transaction).await?;
    }
    whole &= put_in_order(&mut transaction).await?;
    let count = async |connection: &mut SqliteConnection, sql: &'static str| -> Result<u64> {
        Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(connection).await?.unsigned_abs())
    };
    let apps = count(&mut transaction, "SELECT count(*) FROM app WHERE removed_at IS NULL").await?;
    let runs = count(&mut transaction, "SELECT count(*) FROM run").await?;
    transaction.commit().await?;
    new.execute("PRAGMA foreign_keys = ON").await?;
    Ok(Saved { apps, runs, whole })
}

/// All but what follows from the others: where runs stand in the index, and what is to come into it.
pub(super) async fn tables(old: &mut SqliteConnection, new: &mut SqliteConnection) -> Result<Vec<Table>> {
    let listed = "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
         AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_sqlx%' ESCAPE '!' \
         AND name NOT IN ('run_entry', 'run_unindexed')";
    let mut tables = Vec::new();
    for row in sqlx::query(listed).fetch_all(&mut *new).await? {
        let (name, without_rowid): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
        let known = columns(new, &name).await?;
        let kept = or_hole(columns(old, &name).await)?.unwrap_or_default();
        let both: Vec<_> = known.iter().filter(|column| kept.iter().any(|old| old.0 == column.0)).collect();
        if both.is_empty() {
            continue;
        }
        let mut key: Vec<_> = known.iter().filter(|column| column.1 > 0).collect();
        key.sort_by_key(|column| column.1);
        let key: Vec<_> = key.into_iter().map(|column| quoted(&column.0)).collect();
        tables.push(Table {
            columns: both.into_iter().map(|column| column.0.clone()).collect(),
            key: if without_rowid { key.join(" DIRECTION, ") } else { "rowid".into() },
            name,
        });
    }
    Ok(tables)
}

/// Names, each with its place in the primary key.
async fn columns(connection: &mut SqliteConnection, table: &str) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query("SELECT name, pk FROM pragma_table_info(?)").bind(table).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Table {
    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    fn select(&self, rest: &str) -> String {
        let columns: Vec<_> = self.columns.iter().map(|name| quoted(name)).collect();
        format!("SELECT {} FROM {} {rest}", columns.join(", "), quoted(&self.name))
    }

    fn ordered(&self, direction: &str) -> String {
        let key = self.key.replace("DIRECTION", direction);
        // By the table itself: an index may be what is damaged.
        let from = if self.key == "rowid" { "NOT INDEXED" } else { "" };
        self.select(&format!("{from} ORDER BY {key} {direction}"))
    }
}

/// From both ends, as far as each can be read; whether nothing was missing.
pub(super) async fn all_rows(table: &Table, old: &mut SqliteConnection, new: &mut SqliteConnection) -> Result<bool> {
    let forward = rows(table, &table.ordered("ASC"), None, old, new).await?;
    if !forward {
        rows(table, &table.ordered("DESC"), None, old, new).await?;
    }
    Ok(forward)
}

/// Whether every row of these tables can be read, and every text in them is one. `twin` is another look at a database
/// of the same tables.
pub(super) async fn texts_are_sound(
    old: &mut SqliteConnection,
    twin: &mut SqliteConnection,
    of: impl Fn(&str) -> bool,
) -> Result<bool> {
    use futures_util::StreamExt;
    let mut whole = true;
    for table in tables(old, twin).await?.iter().filter(|table| of(&table.name)) {
        let sql = table.ordered("ASC");
        let mut found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch(&mut *old);
        while let Some(row) = found.next().await {
            let Some(row) = or_hole(row)? else { return Ok(false) };
            if values(&row, &mut whole).is_none() || !whole {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Behind a hole that neither end reaches across, runs can still be found by their ids.
async fn by_run(tables: &[Table], old: &mut SqliteConnection, new: &mut SqliteConnection) -> Result<()> {
    use futures_util::StreamExt;
    let mut ids = std::collections::BTreeSet::new();
    let sources = [
        "SELECT id FROM run INDEXED BY run_of_app ORDER BY app_id, id",
        "SELECT id FROM run INDEXED BY run_of_app ORDER BY app_id DESC, id DESC",
        "SELECT run_id FROM run_body",
        "SELECT run_id FROM run_body ORDER BY run_id",
        "SELECT run_id FROM run_text ORDER BY run_id",
    ];
    for sql in sources {
        let mut found = sqlx::query_scalar::<_, String>(sql).fetch(&mut *old);
        while let Some(id) = found.next().await {
            let Some(id) = or_hole(id)? else { break };
            ids.insert(id);
        }
    }
    for table in tables {
        let column = if table.name == "run" { "id" } else { "run_id" };
        if !table.has(column) {
            continue;
        }
        let sql = table.select(&format!("WHERE {} = ?", quoted(column)));
        for id in &ids {
            rows(table, &sql, Some(id), old, new).await?;
        }
    }
    Ok(())
}

/// Copies rows until the table breaks; whether it did not, and no row was skipped.
async fn rows(
    table: &Table,
    sql: &str,
    id: Option<&String>,
    old: &mut SqliteConnection,
    new: &mut SqliteConnection,
) -> Result<bool> {
    use futures_util::StreamExt;
    let names: Vec<_> = table.columns.iter().map(|name| quoted(name)).collect();
    let places = vec!["?"; names.len()].join(", ");
    let insert = format!("INSERT OR IGNORE INTO {} ({}) VALUES ({places})", quoted(&table.name), names.join(", "));
    let mut whole = true;
    let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()));
    let mut found = match id {
        Some(id) => query.bind(id).fetch(old),
        None => query.fetch(old),
    };
    while let Some(row) = found.next().await {
        let Some(row) = or_hole(row)? else { return Ok(false) };
        let Some(values) = values(&row, &mut whole) else {
            whole = false;
            continue;
        };
        let mut query = sqlx::query(sqlx::AssertSqlSafe(insert.clone()));
        for value in values {
            query = match value {
                Value::Null => query.bind(None::<i64>),
                Value::Int(value) => query.bind(value),
                Value::Real(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Blob(value) => query.bind(value),
            };
        }
        // A hole here is a value that its column does not take.
        whole &= or_hole(query.execute(&mut *new).await)?.is_some();
    }
    Ok(whole)
}

enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// The row as it is, whatever its columns should hold; a text that is none any more, as far as it goes.
fn values(row: &SqliteRow, whole: &mut bool) -> Option<Vec<Value>> {
    let mut value = |place: usize| {
        let raw = row.try_get_raw(place).ok()?;
        if raw.is_null() {
            return Some(Value::Null);
        }
        let kind = raw.type_info().name().to_owned();
        Some(match kind.as_str() {
            "INTEGER" | "BOOLEAN" => Value::Int(row.try_get_unchecked(place).ok()?),
            "REAL" => Value::Real(row.try_get_unchecked(place).ok()?),
            "BLOB" => Value::Blob(row.try_get_unchecked(place).ok()?),
            _ => {
                let bytes: Vec<u8> = row.try_get_unchecked(place).ok()?;
                let text = String::from_utf8_lossy(&bytes);
                *whole &= matches!(text, std::borrow::Cow::Borrowed(_));
                Value::Text(text.into_owned())
            }
        })
    };
    row.columns().iter().map(|column| value(column.ordinal())).collect()
}

/// Gives every run an app and a body, and every JSON column JSON. Whether nothing had to be left out for it; a run that
/// misses something says so.
async fn put_in_order(new: &mut SqliteConnection) -> Result<bool> {
    let mut missing = 0;
    let branding = serde_json::to_string(&Branding::default())?;
    let form = serde_json::to_string(&Form::default())?;
    let facts = serde_json::to_string(&ServerFacts::default())?;
    for (column, plain) in [("branding", &branding), ("form", &form), ("server_facts", &facts)] {
        let sql = format!("UPDATE app SET {column} = ? WHERE NOT json_valid({column})");
        missing += sqlx::query(sqlx::AssertSqlSafe(sql)).bind(plain).execute(&mut *new).await?.rows_affected();
    }
    // An app that could not be read: its runs stay readable, as those of an app that was removed.
    sqlx::query(
        "INSERT INTO app (id, position, origin, base_url, user_id, key_state, branding, form, server_facts, \
         refreshed_at, removed_at) SELECT DISTINCT app_id, 0, 'server', '', '', 'missing', ?, ?, ?, 0, 0 \
         FROM run WHERE app_id NOT IN (SELECT id FROM app)",
    )
    .bind(&branding)
    .bind(&form)
    .bind(&facts)
    .execute(&mut *new)
    .await?;
    let bodies = "INSERT INTO run_body (run_id, entries, inputs, outputs, notices) \
         SELECT id, '{}', '[]', '{}', '[]' FROM run WHERE id NOT IN (SELECT run_id FROM run_body)";
    missing += new.execute(bodies).await?.rows_affected();
    for (table, column, plain) in JSON {
        mark_runs(table, column, new).await?;
        let sql = match plain {
            Some(plain) => format!("UPDATE {table} SET {column} = {plain} WHERE NOT json_valid({column})"),
            None => format!("DELETE FROM {table} WHERE NOT json_valid({column})"),
        };
        missing += new.execute(sqlx::AssertSqlSafe(sql)).await?.rows_affected();
    }
    // A form that many runs share takes none of them along.
    let formless = "form_id NOT IN (SELECT id FROM run_form)";
    mark(&format!("SELECT run_id FROM run_body WHERE {formless}"), new).await?;
    let sql = format!("UPDATE run_body SET form_id = NULL WHERE {formless}");
    missing += new.execute(sqlx::AssertSqlSafe(sql)).await?.rows_affected();
    let unnamed = "DELETE FROM run_form WHERE id NOT IN (SELECT form_id FROM run_body WHERE form_id IS NOT NULL)";
    new.execute(unnamed).await?;
    // What belongs to nothing any more.
    let sql = "SELECT DISTINCT \"table\", rowid FROM pragma_foreign_key_check WHERE rowid IS NOT NULL";
    for row in sqlx::query(sql).fetch_all(&mut *new).await? {
        let (table, rowid): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        let sql = format!("DELETE FROM {} WHERE rowid = ?", quoted(&table));
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(rowid).execute(&mut *new).await?;
    }
    for table in
        ["step", "run_file", "run_staged", "run_note", "run_tag", "sound", "sent_file", "run_cost", "run_uncounted"]
    {
        let sql = format!("DELETE FROM {table} WHERE run_id NOT IN (SELECT id FROM run)");
        new.execute(sqlx::AssertSqlSafe(sql)).await?;
    }
    for table in ["draft", "last_folder", "prepared", "run_forgotten"] {
        let sql = format!("DELETE FROM {table} WHERE app_id NOT IN (SELECT id FROM app)");
        new.execute(sqlx::AssertSqlSafe(sql)).await?;
    }
    new.execute("UPDATE prepared SET run_id = NULL WHERE run_id NOT IN (SELECT id FROM run)").await?;
    Ok(missing == 0)
}

/// Runs in which a value of this column went wrong say that something is missing.
async fn mark_runs(table: &str, column: &str, new: &mut SqliteConnection) -> Result<()> {
    let run = match table {
        "run" => "id",
        "run_body" | "step" => "run_id",
        _ => return Ok(()),
    };
    mark(&format!("SELECT {run} FROM {table} WHERE NOT json_valid({column})"), new).await
}

/// These runs say that something is missing.
async fn mark(runs: &str, new: &mut SqliteConnection) -> Result<()> {
    let notice = serde_json::to_string(&Notice::NotReadable)?;
    let sql = format!(
        "UPDATE run_body SET notices = json_insert(CASE WHEN json_valid(notices) THEN notices ELSE '[]' END, \
         '$[#]', json(?1)) WHERE run_id IN ({runs}) \
         AND NOT (json_valid(notices) AND EXISTS \
         (SELECT 1 FROM json_each(notices) WHERE json_extract(value, '$.code') = json_extract(?1, '$.code')))"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(notice).execute(new).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use sqlx::sqlite::SqliteConnectOptions;

    use super::*;

    async fn connect(file: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true).busy_timeout(Duration::ZERO);
        SqliteConnection::connect_with(&options).await.expect("connected")
    }

    #[tokio::test]
    async fn what_another_program_holds_is_no_hole() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, fresh) = (folder.path().join("old.db"), folder.path().join("new.db"));
        let (mut old, mut new, mut other) = (connect(&file).await, connect(&fresh).await, connect(&file).await);
        for database in [&mut old, &mut new] {
            database.execute("CREATE TABLE run (id TEXT PRIMARY KEY, app_id TEXT) STRICT").await.expect("made");
            database.execute("CREATE TABLE draft (entries TEXT) STRICT").await.expect("made");
        }
        old.execute("CREATE INDEX run_of_app ON run (app_id, id)").await.expect("made");
        old.execute("INSERT INTO run VALUES ('r', 'a')").await.expect("added");
        let listed = tables(&mut old, &mut new).await.expect("listed");
        let runs = listed.iter().find(|table| table.name == "run").expect("of both databases");
        assert!(all_rows(runs, &mut old, &mut new).await.expect("read"), "what nobody holds is read");
        other.execute("BEGIN EXCLUSIVE").await.expect("held");
        let held = [
            tables(&mut old, &mut new).await.map(drop),
            all_rows(runs, &mut old, &mut new).await.map(drop),
            by_run(&listed, &mut old, &mut new).await,
            values_are_sound(&mut old).await.map(drop),
        ];
        for (what, held) in ["the tables", "rows", "runs", "values"].into_iter().zip(held) {
            assert!(matches!(held, Err(Error::Locked)), "{what}: {held:?}");
        }
    }
}
