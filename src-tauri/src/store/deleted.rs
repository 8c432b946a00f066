//! Runs that the user deleted: hidden at once, and gone for good a while later, with everything that was kept of them.

use sqlx::Row;

use super::{Result, Store, Writing, open};
use crate::model::{Millis, app::AppId, history::Deleted, run::RunId};

/// Written in one go: others who write get their turn in between. Measured: marking costs 20 µs a run, deleting one of
/// 20 steps 0.5 ms.
const MARKED_AT_ONCE: usize = 500;

/// Statuses of runs that this program follows, as long as it is not over. Elsewhere others follow them.
const GOES_ON: &str = "origin = 'here' AND status NOT IN ('succeeded', 'partly_succeeded', 'failed', 'stopped', \
    'unknown')";

impl Store {
    /// Hides runs that are over. They can be brought back until [`Store::purge`].
    pub async fn delete_runs(&self, ids: &[RunId], at: Millis) -> Result<Deleted> {
        let mut deleted = Deleted { runs: Vec::new(), under_way: Vec::new() };
        for ids in ids.chunks(MARKED_AT_ONCE) {
            let list = json(ids)?;
            let mut writing = self.write(false).await?;
            let under_way = format!(
                "SELECT id FROM run WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL AND {GOES_ON}"
            );
            deleted.under_way.extend(found(&under_way, &list, &mut writing).await?);
            let mark = format!(
                "UPDATE run SET deleted_at = {at} WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL \
                 AND NOT ({GOES_ON}) RETURNING id"
            );
            deleted.runs.extend(found(&mark, &list, &mut writing).await?);
            writing.commit().await?;
        }
        Ok(deleted)
    }

    /// Brings runs back. Those that are gone for good.
    pub async fn undelete_runs(&self, ids: &[RunId]) -> Result<Vec<RunId>> {
        let mut gone = Vec::new();
        for ids in ids.chunks(MARKED_AT_ONCE) {
            let list = json(ids)?;
            let mut writing = self.write(false).await?;
            let sql = "UPDATE run SET deleted_at = NULL WHERE id IN (SELECT value FROM json_each(?)) RETURNING id";
            let back = found(sql, &list, &mut writing).await?;
            writing.commit().await?;
            gone.extend(ids.iter().filter(|id| !back.contains(id)).cloned());
        }
        Ok(gone)
    }

    /// Hidden runs: of these, as they were hidden at that time, or all.
    pub async fn hidden_runs(&self, of: Option<(&[RunId], Millis)>) -> Result<Vec<RunId>> {
        match of {
            Some((ids, at)) => self.still_hidden(ids, Some(at)).await,
            None => {
                let sql = "SELECT id FROM run WHERE deleted_at IS NOT NULL";
                let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
                rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
            }
        }
    }

    /// Those of these runs that are hidden, `at` that time or any.
    pub async fn still_hidden(&self, ids: &[RunId], at: Option<Millis>) -> Result<Vec<RunId>> {
        let sql = "SELECT id FROM run WHERE id IN (SELECT value FROM json_each(?1)) AND deleted_at IS NOT NULL \
                   AND coalesce(deleted_at = ?2, TRUE)";
        let rows = sqlx::query(sql).bind(json(ids)?).bind(at).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
    }

    /// Whose runs these are.
    pub async fn apps_of(&self, ids: &[RunId]) -> Result<Vec<AppId>> {
        let sql = "SELECT DISTINCT app_id FROM run WHERE id IN (SELECT value FROM json_each(?))";
        let rows = sqlx::query(sql).bind(json(ids)?).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(AppId(row.try_get(0)?))).collect()
    }

    /// Takes hidden runs away for good, with all that only they name; chosen files of before `begun` among it, because
    /// later ones may stand in a form. What their servers call them is remembered.
    pub async fn purge(&self, ids: &[RunId], begun: Millis) -> Result<()> {
        let list = json(ids)?;
        let mut writing = self.write(true).await?;
        let transaction = &mut writing.transaction;
        let hidden = "SELECT id FROM run WHERE id IN (SELECT value FROM json_each(?1)) AND deleted_at IS NOT NULL";
        let named = format!("SELECT DISTINCT staged_id FROM run_staged WHERE run_id IN ({hidden})");
        let staged: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(named)).bind(&list).fetch_all(&mut **transaction).await?;
        for sql in [
            // A run that was kept ready and sent is not kept ready again.
            format!("DELETE FROM prepared WHERE run_id IN ({hidden})"),
            // The rest goes with it; what its server calls it is remembered (`log_forgotten`).
            format!("DELETE FROM run WHERE id IN ({hidden})"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&list).execute(&mut **transaction).await?;
        }
        super::kept::forget_unnamed(transaction, Some(&staged), begun).await?;
        writing.commit().await
    }

    /// Has what was taken away leave the log beside the database, too. False: somebody reads just now.
    pub async fn empty_log(&self) -> Result<bool> {
        // Nobody begins to write meanwhile, and who writes is not waited for here for long.
        let _turn = self.turn().await?;
        let mut connection = self.lasting.acquire().await?;
        Ok(open::empty_log(&mut connection).await.is_ok())
    }
}

fn json(ids: &[RunId]) -> Result<String> {
    Ok(serde_json::to_string(&ids.iter().map(|id| &id.0).collect::<Vec<_>>())?)
}

async fn found(sql: &str, list: &str, writing: &mut Writing) -> Result<Vec<RunId>> {
    let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).bind(list);
    let rows = query.fetch_all(&mut *writing.transaction).await?;
    rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
}
