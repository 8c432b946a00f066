//! What the servers' logs tell of: how far they are read, and their lines as runs. Lines and progress are written
//! together, so that a kill loses neither.

use std::collections::HashSet;

use sqlx::Row;

use super::{
    Error, Result, Store,
    deleted::{json, note_trace},
    entries,
    forms::write_form,
    log_lines::merge_one,
    runs::{save_head, write_body},
};
use crate::model::{
    Millis,
    app::AppId,
    form::{Entries, Form},
    history::{Contents, RunOrigin},
    log::{LogScope, LogTrouble},
    run::{Run, RunError, RunId, RunStatus},
};

/// ?1 is the app. The words must be those of the index.
const OTHERS: &str = "app_id = ?1 AND origin IN ('server', 'web_app', 'other') AND origin <> 'server' \
    AND deleted_at IS NULL AND starred = 0 AND reviewed = 0 AND coalesce(name, '') = '' \
    AND NOT EXISTS (SELECT 1 FROM run_note WHERE run_id = run.id) \
    AND NOT EXISTS (SELECT 1 FROM run_tag WHERE run_id = run.id)";

/// Which lines of a log are read one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPart {
    Own,
    All,
}

/// A line of a log as it is kept: checked, and of bounded size.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    pub server_run_id: String,
    pub origin: RunOrigin,
    pub status: RunStatus,
    pub started_at: Millis,
    pub finished_at: Option<Millis>,
    pub elapsed: Option<f64>,
    pub total_tokens: Option<i64>,
    pub total_steps: Option<i64>,
    pub error: Option<RunError>,
    /// The connection's user, of own runs.
    pub user: Option<String>,
}

/// How far one part of a log is read, in times of its lines: all from `newest` down to `since`, but for the gap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub newest: Option<Millis>,
    /// From the older end to the newer one.
    pub gap: Option<(Millis, Millis)>,
    pub since: Option<Millis>,
    /// Down to the log's beginning.
    pub complete: bool,
}

/// What is known of an app's log as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredLog {
    pub scope: LogScope,
    pub trouble: Option<LogTrouble>,
    pub read_at: Option<Millis>,
    /// Runs that are here because of it; of these, those without details, and those of others.
    pub runs: u32,
    pub heads: u32,
    pub others: u32,
}

/// What merging lines has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    pub added: u32,
    pub changed: u32,
    /// Runs made here whose end nobody knew, and of which the log tells one.
    pub ended: Vec<RunId>,
}

impl LogPart {
    fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::All => "all",
        }
    }
}

impl Store {
    pub async fn log(&self, app: &AppId) -> Result<StoredLog> {
        let row = sqlx::query("SELECT scope, trouble, read_at FROM log WHERE app_id = ?")
            .bind(&app.0)
            .fetch_optional(&self.pool)
            .await?;
        let mut log = StoredLog::default();
        if let Some(row) = row {
            log.scope = LogScope::from_word(row.try_get("scope")?);
            log.trouble = row.try_get::<Option<&str>, _>("trouble")?.and_then(LogTrouble::from_word);
            log.read_at = row.try_get("read_at")?;
        }
        let counted = sqlx::query(
            "SELECT count(*), count(*) FILTER (WHERE contents = 'head'), \
             count(*) FILTER (WHERE origin IN ('web_app', 'other')) \
             FROM run WHERE app_id = ? AND origin IN ('server', 'web_app', 'other') AND deleted_at IS NULL",
        )
        .bind(&app.0)
        .fetch_one(&self.pool)
        .await?;
        let number = |at: usize| -> Result<u32> { Ok(u32::try_from(counted.try_get::<i64, _>(at)?).unwrap_or(0)) };
        (log.runs, log.heads, log.others) = (number(0)?, number(1)?, number(2)?);
        Ok(log)
    }

    pub async fn set_log_scope(&self, app: &AppId, scope: LogScope) -> Result<()> {
        let mut writing = self.write(false).await?;
        sqlx::query(
            "INSERT INTO log (app_id, scope) VALUES (?, ?) ON CONFLICT (app_id) DO UPDATE SET scope = excluded.scope",
        )
        .bind(&app.0)
        .bind(scope.as_str())
        .execute(&mut *writing.transaction)
        .await?;
        // The runs of others go, and are not known any more, however far their going comes.
        if scope == LogScope::Own {
            let sql = "DELETE FROM log_reading WHERE app_id = ? AND part = 'all'";
            sqlx::query(sql).bind(&app.0).execute(&mut *writing.transaction).await?;
        }
        writing.commit().await
    }

    /// How an update ended; `read_at` where it came to its end.
    pub async fn note_log(&self, app: &AppId, read_at: Option<Millis>, trouble: Option<LogTrouble>) -> Result<()> {
        let mut writing = self.write(false).await?;
        sqlx::query(
            "INSERT INTO log (app_id, trouble, read_at) VALUES (?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET \
             trouble = excluded.trouble, read_at = coalesce(excluded.read_at, read_at)",
        )
        .bind(&app.0)
        .bind(trouble.map(LogTrouble::as_str))
        .bind(read_at)
        .execute(&mut *writing.transaction)
        .await?;
        writing.commit().await
    }

    /// How far a part is read for this user; what was read for another one counts for nothing.
    pub async fn log_reading(&self, app: &AppId, part: LogPart, user: &str) -> Result<Reading> {
        let row = sqlx::query(
            "SELECT newest, gap_from, gap_to, since, complete FROM log_reading \
             WHERE app_id = ? AND part = ? AND user_id = ?",
        )
        .bind(&app.0)
        .bind(part.as_str())
        .bind(user)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(Reading::default()) };
        let gap: (Option<Millis>, Option<Millis>) = (row.try_get("gap_from")?, row.try_get("gap_to")?);
        Ok(Reading {
            newest: row.try_get("newest")?,
            gap: gap.0.zip(gap.1),
            since: row.try_get("since")?,
            complete: row.try_get("complete")?,
        })
    }

    /// Merges lines into the runs, and notes how far the log is read then, where they were read in order. `after` says what a status becomes by what
    /// the log says.
    pub async fn merge_log(
        &self,
        app: &AppId,
        entries: &[LogEntry],
        after: fn(RunStatus, RunStatus) -> RunStatus,
        progress: (LogPart, &str, Option<&Reading>),
    ) -> Result<Merged> {
        let merged = self.write_log(app, entries, after, progress).await;
        self.heed(merged)
    }

    async fn write_log(
        &self,
        app: &AppId,
        entries: &[LogEntry],
        after: fn(RunStatus, RunStatus) -> RunStatus,
        (part, user, reading): (LogPart, &str, Option<&Reading>),
    ) -> Result<Merged> {
        let mut writing = self.write(false).await?;
        let transaction = &mut writing.transaction;
        let mut merged = Merged::default();
        let scope: Option<String> = sqlx::query_scalar("SELECT scope FROM log WHERE app_id = ?")
            .bind(&app.0)
            .fetch_optional(&mut **transaction)
            .await?;
        // The user has gone back to the own runs since the page was asked for.
        if part == LogPart::All && scope.is_none_or(|word| LogScope::from_word(&word) == LogScope::Own) {
            return Ok(merged);
        }
        for entry in entries {
            merge_one(transaction, app, entry, after, &mut merged).await?;
        }
        let Some(reading) = reading else {
            writing.commit().await?;
            return Ok(merged);
        };
        sqlx::query(
            "INSERT OR REPLACE INTO log_reading (app_id, part, user_id, newest, gap_from, gap_to, since, complete) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&app.0)
        .bind(part.as_str())
        .bind(user)
        .bind(reading.newest)
        .bind(reading.gap.map(|gap| gap.0))
        .bind(reading.gap.map(|gap| gap.1))
        .bind(reading.since)
        .bind(reading.complete)
        .execute(&mut **transaction)
        .await?;
        writing.commit().await?;
        Ok(merged)
    }

    /// Which of these ids no run of the app has, and none had that was deleted.
    pub async fn unknown_to_us(&self, app: &AppId, ids: &[&str]) -> Result<HashSet<String>> {
        let rows = sqlx::query(
            "SELECT value FROM json_each(?2) WHERE \
             NOT EXISTS (SELECT 1 FROM run WHERE app_id = ?1 AND server_run_id = value) AND \
             NOT EXISTS (SELECT 1 FROM run_forgotten WHERE app_id = ?1 AND server_run_id = value)",
        )
        .bind(&app.0)
        .bind(serde_json::to_string(ids)?)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Runs made here that were asked for and never said which run of the server they are: id and start.
    pub async fn nameless_runs(&self, app: &AppId, from: Millis, to: Millis) -> Result<Vec<(RunId, Millis)>> {
        let rows = sqlx::query(
            "SELECT id, started_at FROM run WHERE app_id = ? AND server_run_id IS NULL AND status = 'unknown' \
             AND origin = 'here' AND deleted_at IS NULL AND started_at BETWEEN ? AND ? ORDER BY id DESC LIMIT 20",
        )
        .bind(&app.0)
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((RunId(row.try_get(0)?), row.try_get(1)?))).collect()
    }

    /// Runs without details that have not come to an end as far as is known, of those that began before `before`: the
    /// newest of those that are older than `below`, and behind the oldest one the newest again.
    pub async fn open_heads(
        &self,
        app: &AppId,
        before: Millis,
        below: Option<&RunId>,
        limit: u32,
    ) -> Result<Vec<RunId>> {
        let rows = sqlx::query(
            "SELECT id FROM run WHERE app_id = ? AND contents = 'head' AND deleted_at IS NULL \
             AND status IN ('running', 'paused', 'waiting') AND started_at < ? ORDER BY id >= ?, id DESC LIMIT ?",
        )
        .bind(&app.0)
        .bind(before)
        // No id is larger.
        .bind(below.map_or("~", |below| below.0.as_str()))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
    }

    /// The newest run without details, of those older than `before`.
    pub async fn next_head(&self, app: &AppId, before: Option<&RunId>) -> Result<Option<RunId>> {
        let row = sqlx::query(
            "SELECT id FROM run WHERE app_id = ? AND contents = 'head' AND deleted_at IS NULL \
             AND id < ? ORDER BY id DESC LIMIT 1",
        )
        .bind(&app.0)
        // No id is larger.
        .bind(before.map_or("~", |before| before.0.as_str()))
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok(RunId(row.try_get(0)?))).transpose()
    }

    /// Where a run comes from, and what is here of it.
    pub async fn run_origin(&self, id: &RunId) -> Result<(RunOrigin, Contents)> {
        let row = sqlx::query("SELECT origin, contents FROM run WHERE id = ? AND deleted_at IS NULL")
            .bind(&id.0)
            .fetch_one(&self.pool)
            .await?;
        let contents = if row.try_get::<&str, _>("contents")? == "head" { Contents::Head } else { Contents::Whole };
        Ok((RunOrigin::from_word(row.try_get("origin")?), contents))
    }

    /// Writes what the server's detail told of a run that only the log knew. `NotFound` where that is not all that is
    /// known of it any more: the log may have told of its end since the detail was asked for, which stays.
    pub async fn fill_run(&self, run: &Run, contents: Contents, entries: &Entries, form: &Form) -> Result<()> {
        let mut writing = self.write(false).await?;
        let transaction = &mut writing.transaction;
        let id = &run.head.id;
        let sql = "UPDATE run SET contents = ?1 WHERE id = ?2 AND contents = 'head' \
                   AND (?1 = 'whole' OR status IN ('running', 'paused', 'waiting', 'unknown'))";
        let word = if contents == Contents::Head { "head" } else { "whole" };
        let filled = sqlx::query(sql).bind(word).bind(&id.0).execute(&mut **transaction).await?;
        // It may have become one with a run made here, or have been filled by another.
        if filled.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        save_head(transaction, &run.head).await?;
        write_body(transaction, id, "inputs", Some(&run.inputs)).await?;
        write_body(transaction, id, "outputs", Some(&run.outputs)).await?;
        write_body(transaction, id, "notices", Some(&run.notices)).await?;
        sqlx::query("UPDATE run_body SET entries = ? WHERE run_id = ?")
            .bind(entries::stored(entries, &run.inputs)?)
            .bind(&id.0)
            .execute(&mut **transaction)
            .await?;
        write_form(transaction, id, form).await?;
        writing.commit().await
    }

    /// The runs of others, but for those that the user said something of; whether there may be files of them.
    pub async fn others(&self, app: &AppId) -> Result<Vec<(RunId, bool)>> {
        let sql = format!("SELECT id, contents = 'whole' FROM run INDEXED BY run_of_log WHERE {OTHERS}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&app.0).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((RunId(row.try_get(0)?), row.try_get(1)?))).collect()
    }

    /// Takes these runs of others away, but for those that the user said something of. They were not deleted: the log
    /// may bring them again.
    pub async fn forget_others(&self, app: &AppId, ids: &[RunId]) -> Result<()> {
        let mut writing = self.write(false).await?;
        let transaction = &mut writing.transaction;
        // From the ids to the runs: by the log's index all of them would be gone through each time.
        let sql = format!(
            "DELETE FROM run WHERE id IN (SELECT run.id FROM json_each(?2) CROSS JOIN run ON run.id = value WHERE {OTHERS})"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&app.0).bind(json(ids)?).execute(&mut **transaction).await?;
        note_trace(transaction).await?;
        writing.commit().await
    }

    /// A run that still went on when its line was read, long ago, and of which the server knows nothing any more: how
    /// it ended nobody can say.
    pub async fn give_up_head(&self, id: &RunId, began_before: Millis) -> Result<()> {
        let mut writing = self.write(false).await?;
        let sql = "UPDATE run SET status = 'unknown' WHERE id = ? AND contents = 'head' AND started_at < ? \
                   AND status IN ('running', 'paused', 'waiting')";
        sqlx::query(sql).bind(&id.0).bind(began_before).execute(&mut *writing.transaction).await?;
        writing.commit().await
    }
}
