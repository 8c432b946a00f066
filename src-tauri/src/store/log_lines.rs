//! A line of a server's log becomes a run, or one with the run that is here already.

use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};
use uuid::{NoContext, Timestamp, Uuid};

use super::{LogEntry, Merged, Result};
use crate::model::{
    Millis,
    app::AppId,
    history::RunOrigin,
    run::{Notice, RunHead, RunId, RunStatus},
};

pub(super) async fn merge_one(
    transaction: &mut Transaction<'_, Sqlite>,
    app: &AppId,
    entry: &LogEntry,
    after: fn(RunStatus, RunStatus) -> RunStatus,
    merged: &mut Merged,
) -> Result<()> {
    // Of two that a server calls the same, the one made here counts.
    let known = sqlx::query(
        "SELECT id, status, contents, origin, deleted_at IS NOT NULL AS deleted FROM run \
         WHERE app_id = ? AND server_run_id = ? ORDER BY contents = 'head' LIMIT 1",
    )
    .bind(&app.0)
    .bind(&entry.server_run_id)
    .fetch_optional(&mut **transaction)
    .await?;
    if let Some(row) = known {
        if row.try_get::<bool, _>("deleted")? {
            return Ok(());
        }
        return fill_missing(transaction, &row, entry, after, merged).await;
    }
    let added = sqlx::query(
        "INSERT INTO run (id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps, \
         error, server_run_id, user_id, origin, contents) SELECT ?3, ?1, '', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?2, ?11, \
         ?12, 'head' WHERE NOT EXISTS (SELECT 1 FROM run_forgotten WHERE app_id = ?1 AND server_run_id = ?2)",
    )
    .bind(&app.0)
    .bind(&entry.server_run_id)
    .bind(id_at(entry.started_at))
    .bind(entry.status.as_str())
    .bind(entry.started_at)
    .bind(entry.finished_at)
    .bind(entry.elapsed)
    .bind(entry.total_tokens)
    .bind(entry.total_steps)
    .bind(entry.error.as_ref().map(serde_json::to_string).transpose()?)
    .bind(&entry.user)
    .bind(entry.origin.as_str())
    .execute(&mut **transaction)
    .await?;
    if added.rows_affected() == 0 {
        return Ok(());
    }
    merged.added += 1;
    sqlx::query(
        "INSERT INTO run_body (run_id, entries, inputs, outputs, notices) \
         SELECT id, '{}', '[]', '{}', ? FROM run WHERE app_id = ? AND server_run_id = ?",
    )
    .bind(serde_json::to_string(&[Notice::OnlyHead])?)
    .bind(&app.0)
    .bind(&entry.server_run_id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The log's word on a run that is here: of one that only the log knew it moves on, of all others it fills gaps.
async fn fill_missing(
    transaction: &mut Transaction<'_, Sqlite>,
    row: &SqliteRow,
    entry: &LogEntry,
    after: fn(RunStatus, RunStatus) -> RunStatus,
    merged: &mut Merged,
) -> Result<()> {
    let (id, now): (&str, RunStatus) = (row.try_get("id")?, RunStatus::from_word(row.try_get("status")?));
    // Brought as a file, and the user's own: only the server knows that.
    if entry.origin == RunOrigin::Server && row.try_get::<&str, _>("origin")? == RunOrigin::File.as_str() {
        let own = "UPDATE run SET origin = 'server', user_id = ? WHERE id = ?";
        sqlx::query(own).bind(&entry.user).bind(id).execute(&mut **transaction).await?;
        merged.changed += 1;
    }
    let only_head = row.try_get::<&str, _>("contents")? == "head";
    if !only_head {
        if now == RunStatus::Unknown && entry.status.is_over() && entry.status != RunStatus::Unknown {
            merged.ended.push(RunId(id.to_owned()));
        }
        // Of what still goes on its own task knows more.
        if !now.is_over() || !entry.status.is_over() || now == RunStatus::Unknown {
            return Ok(());
        }
    }
    let then = if only_head { after(now, entry.status) } else { now };
    let over = then.is_over();
    let error = if only_head { entry.error.as_ref().map(serde_json::to_string).transpose()? } else { None };
    let changed = sqlx::query(
        "UPDATE run SET status = ?2, finished_at = coalesce(finished_at, ?3), elapsed = coalesce(elapsed, ?4), \
         total_tokens = coalesce(total_tokens, ?5), total_steps = coalesce(total_steps, ?6), error = coalesce(error, ?7) \
         WHERE id = ?1 AND (status <> ?2 OR finished_at IS NULL AND ?3 IS NOT NULL OR elapsed IS NULL AND ?4 IS NOT NULL \
         OR total_tokens IS NULL AND ?5 IS NOT NULL OR total_steps IS NULL AND ?6 IS NOT NULL \
         OR error IS NULL AND ?7 IS NOT NULL)",
    )
    .bind(id)
    .bind(then.as_str())
    .bind(entry.finished_at.filter(|_| over))
    // Of what goes on, servers say 0.
    .bind(entry.elapsed.filter(|_| over))
    .bind(entry.total_tokens.filter(|_| over))
    .bind(entry.total_steps.filter(|_| over))
    .bind(error)
    .execute(&mut **transaction)
    .await?;
    merged.changed += u32::from(changed.rows_affected() > 0);
    Ok(())
}

/// A run made here says which run of the server it is: if the log told of that one already, the two become one, and
/// what the user said of it stays. Whether that was so.
pub(super) async fn take_over(transaction: &mut Transaction<'_, Sqlite>, head: &RunHead) -> Result<bool> {
    let sql = "SELECT origin = 'here' FROM run WHERE id = ?";
    let made_here = sqlx::query_scalar(sql).bind(&head.id.0).fetch_optional(&mut **transaction).await?;
    Ok(made_here == Some(true) && join_lines(transaction, head, "coalesce(run.name, other.name)").await?)
}

/// The same for a run that was brought as a file: its name is somebody else's, and the user's own counts. It is the
/// user's own run where the log says so.
pub(super) async fn take_over_brought(transaction: &mut Transaction<'_, Sqlite>, head: &RunHead) -> Result<bool> {
    let own = "UPDATE run SET origin = 'server', user_id = other.user_id FROM run AS other WHERE run.id = ?1 \
               AND other.app_id = ?2 AND other.server_run_id = ?3 AND other.origin = 'server' AND other.id <> ?1";
    sqlx::query(own)
        .bind(&head.id.0)
        .bind(&head.app_id.0)
        .bind(&head.server.run_id)
        .execute(&mut **transaction)
        .await?;
    join_lines(transaction, head, "coalesce(other.name, run.name)").await
}

/// Makes a run one with those that the log told of under its name; whether there were any.
async fn join_lines(transaction: &mut Transaction<'_, Sqlite>, head: &RunHead, name: &'static str) -> Result<bool> {
    let Some(server_run) = &head.server.run_id else { return Ok(false) };
    let rows = sqlx::query(
        "SELECT id, contents = 'whole' AS whole, deleted_at IS NOT NULL AS deleted FROM run \
         WHERE app_id = ?1 AND server_run_id = ?2 AND id <> ?3 AND origin IN ('server', 'web_app', 'other')",
    )
    .bind(&head.app_id.0)
    .bind(server_run)
    .bind(&head.id.0)
    .fetch_all(&mut **transaction)
    .await?;
    for row in &rows {
        let other = RunId(row.try_get(0)?);
        // What was deleted is not said again.
        if !row.try_get::<bool, _>("deleted")? {
            add_remarks(transaction, &head.id, &other, name).await?;
        }
        // Files were fetched of it: it goes with them, like one that was deleted. Under that name there is only one.
        let sql = if row.try_get::<bool, _>("whole")? {
            "UPDATE run SET deleted_at = coalesce(deleted_at, 1), server_run_id = NULL WHERE id = ?2 AND id <> ?1"
        } else {
            "DELETE FROM run WHERE id = ?2 AND id <> ?1"
        };
        sqlx::query(sql).bind(&head.id.0).bind(&other.0).execute(&mut **transaction).await?;
    }
    Ok(!rows.is_empty())
}

/// Says of one run what was said of another as well.
async fn add_remarks(
    transaction: &mut Transaction<'_, Sqlite>,
    id: &RunId,
    other: &RunId,
    name: &'static str,
) -> Result<()> {
    let marks = format!(
        "UPDATE run SET starred = max(run.starred, other.starred), reviewed = max(run.reviewed, other.reviewed), \
         name = {name} FROM run AS other WHERE other.id = ?2 AND run.id = ?1"
    );
    for sql in [
        marks.as_str(),
        "INSERT INTO run_note (run_id, note) SELECT ?1, note FROM run_note WHERE run_id = ?2 \
         ON CONFLICT (run_id) DO UPDATE SET note = run_note.note || char(10) || excluded.note \
         WHERE run_note.note <> excluded.note",
        "INSERT OR IGNORE INTO run_tag (run_id, tag) SELECT ?1, tag FROM run_tag WHERE run_id = ?2",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).bind(&id.0).bind(&other.0).execute(&mut **transaction).await?;
    }
    Ok(())
}

/// An id that sorts by this start.
fn id_at(started_at: Millis) -> String {
    let at = u64::try_from(started_at).unwrap_or(0);
    let nanos = u32::try_from(at % 1000).unwrap_or(0) * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, at / 1000, nanos)).to_string()
}
