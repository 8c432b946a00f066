//! The history as one file for a backup: the rows of our tables as they are at one moment, without what can be made of
//! them anew (indexes, the search) and without what belongs to this computer (the network, chosen files).
//!
//! Written by reading only: who runs workflows meanwhile does not wait.

use std::{collections::BTreeMap, path::Path, time::Duration};

use sqlx::{
    Connection as _, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    Error, Result, Store,
    nameless::{IS_NAMELESS, MARK},
    open,
    salvage::quoted,
};
use crate::model::run::RunId;

/// Tables that stay on this computer: how it reaches servers, where its files are, and what is made of other tables.
/// A name that ends in `*` stands for all that begin so.
const STAY: &[&str] =
    &["_sqlx*", "sqlite_*", "network", "staged_file", "run_staged", "last_folder", "keep_state", "trace"];
/// What is made of the runs: it is made anew, and triggers begin with it as soon as the runs are there.
const MADE: &[&str] = &["run_words*", "run_marks*", "run_entry", "run_unindexed", "run_cost", "run_uncounted"];

/// Hears how many tables of how many are done.
pub type Step<'a> = dyn Fn(u64, u64) + Send + Sync + 'a;

/// The history of a backup, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupHistory {
    /// Of the newest migration.
    pub schema: i64,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
}

/// Which of a run's folders a file lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOf {
    Result,
    Sent,
    Sound,
}

/// A file that a run names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    pub of: FileOf,
    pub run: RunId,
    pub stored_as: String,
    /// The same for copies that share their bytes.
    pub content: Option<String>,
}

impl FileOf {
    pub const ALL: [Self; 3] = [Self::Result, Self::Sent, Self::Sound];

    /// The folder in the run's folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Result => "",
            Self::Sent => "sent",
            Self::Sound => "speech",
        }
    }

    /// Whether a name is that of a folder of the run's own, also where large and small letters are the same.
    pub fn is_folder(name: &str) -> bool {
        Self::ALL.iter().any(|of| !of.folder().is_empty() && of.folder() == name.to_lowercase())
    }
}

/// Whether a table is part of a backup.
pub(super) fn is_backed_up(table: &str) -> bool {
    let named = |name: &&str| match name.strip_suffix('*') {
        Some(begin) => table.starts_with(begin),
        None => *name == table,
    };
    !STAY.iter().chain(MADE).any(named)
}

impl Store {
    /// Writes the history into a new file, whole as of one moment. `step` hears each table that is done.
    pub async fn write_backup(&self, target: &Path, step: &Step<'_>) -> Result<BackupHistory> {
        let options = SqliteConnectOptions::new()
            .filename(target)
            .create_if_missing(true)
            .foreign_keys(false)
            // Nobody reads it before it is whole, and it is compared with what was read.
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(open::BUSY);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let written = self.write_tables(&mut connection, step).await;
        connection.close().await?;
        written
    }

    async fn write_tables(&self, connection: &mut SqliteConnection, step: &Step<'_>) -> Result<BackupHistory> {
        let source = self.file.to_str().ok_or_else(|| Error::Other("the folder's name is no Unicode".into()))?;
        sqlx::query("ATTACH DATABASE ? AS source").bind(source).execute(&mut *connection).await?;
        let mut transaction = connection.begin().await?;
        // The first look at it holds that moment.
        let schema: i64 = sqlx::query_scalar("SELECT max(version) FROM source._sqlx_migrations WHERE success")
            .fetch_one(&mut *transaction)
            .await?;
        let tables = sqlx::query(
            "SELECT name, sql FROM source.sqlite_schema WHERE type = 'table' AND name IN (SELECT name FROM \
             pragma_table_list WHERE schema = 'source' AND type = 'table') ORDER BY name",
        )
        .fetch_all(&mut *transaction)
        .await?;
        let tables: Vec<(String, String)> =
            tables.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_>>()?;
        let tables: Vec<_> = tables.into_iter().filter(|(name, _)| is_backed_up(name)).collect();
        let mut rows = BTreeMap::new();
        for (done, (name, sql)) in (0..).zip(&tables) {
            step(done, tables.len() as u64);
            sqlx::query(sqlx::AssertSqlSafe(sql.clone())).execute(&mut *transaction).await?;
            let name_quoted = quoted(name);
            let naming = "SELECT count(*) > 0 FROM pragma_table_info(?) WHERE name = 'run_id'";
            let names_a_run: bool = sqlx::query_scalar(naming).bind(name).fetch_one(&mut *transaction).await?;
            let rest = shown(name, names_a_run);
            let copy = format!("INSERT INTO main.{name_quoted} SELECT * FROM source.{name_quoted}{rest}");
            let copied = sqlx::query(sqlx::AssertSqlSafe(copy)).execute(&mut *transaction).await?;
            rows.insert(name.clone(), copied.rows_affected());
        }
        transaction.commit().await?;
        sqlx::query("DETACH DATABASE source").execute(&mut *connection).await?;
        Ok(BackupHistory { schema, rows })
    }
}

/// What was deleted is gone, also where it could still be undone.
fn shown(table: &str, names_a_run: bool) -> String {
    let rest = match table {
        "run" => " WHERE deleted_at IS NULL",
        // And the server's log does not bring it back.
        "run_forgotten" => {
            return format!(
                " UNION SELECT app_id, server_run_id FROM source.run WHERE deleted_at IS NOT NULL \
                 AND server_run_id IS NOT NULL \
                 UNION SELECT app_id, {MARK} FROM source.run WHERE deleted_at IS NOT NULL AND {IS_NAMELESS}"
            );
        }
        "run_form" => {
            " WHERE id IN (SELECT form_id FROM source.run_body WHERE run_id IN \
             (SELECT id FROM source.run WHERE deleted_at IS NULL))"
        }
        _ if names_a_run => " WHERE run_id IS NULL OR run_id IN (SELECT id FROM source.run WHERE deleted_at IS NULL)",
        _ => "",
    };
    rest.to_owned()
}

impl Store {
    /// Result files that have the name of a folder of the run's own, as earlier versions gave it to them.
    pub async fn results_named_as_folders(&self) -> Result<Vec<(RunId, u32, String)>> {
        let sql = "SELECT run_id, position, stored_as FROM run_file WHERE local = 'stored' AND stored_as IS NOT NULL";
        let rows: Vec<(String, u32, String)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        let named = rows.into_iter().filter(|(_, _, name)| FileOf::is_folder(name));
        Ok(named.map(|(run, index, name)| (RunId(run), index, name)).collect())
    }

    /// A result file stands under another name; whether its row is still the one that named it so.
    pub async fn rename_result(&self, run: &RunId, index: u32, from: &str, to: &str) -> Result<bool> {
        let mut writing = self.write(true).await?;
        let sql = "UPDATE run_file SET stored_as = ? WHERE run_id = ? AND position = ? AND stored_as = ?";
        let query = sqlx::query(sql).bind(to).bind(&run.0).bind(index).bind(from);
        let done = query.execute(&mut *writing.transaction).await?;
        writing.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

impl BackupHistory {
    /// The files that its runs name, kind by kind.
    pub async fn files(history: &Path) -> Result<Vec<BackupFile>> {
        let options = SqliteConnectOptions::new().filename(history).read_only(true).busy_timeout(Duration::ZERO);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let mut files = Vec::new();
        for of in FileOf::ALL {
            let sql = match of {
                FileOf::Result => {
                    "SELECT run_id, stored_as, NULL FROM run_file WHERE local = 'stored' AND stored_as IS NOT NULL"
                }
                FileOf::Sent => {
                    "SELECT run_id, stored_as, content FROM sent_file WHERE copy = 'kept' AND stored_as IS NOT NULL"
                }
                FileOf::Sound => "SELECT run_id, stored_as, NULL FROM sound",
            };
            for row in sqlx::query(sql).fetch_all(&mut connection).await? {
                let run = RunId(row.try_get(0)?);
                files.push(BackupFile { of, run, stored_as: row.try_get(1)?, content: row.try_get(2)? });
            }
        }
        connection.close().await?;
        Ok(files)
    }
}
