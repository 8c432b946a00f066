//! Runs made here that were deleted before they said which run of the server they are. What is remembered of them is
//! when they began, and for whom: enough to know their lines in the server's log, and nothing of what they held.

use sqlx::Row;

use super::{Result, Store};
use crate::model::{Millis, app::AppId};

/// Of a row of `run`, whether it is such a run as soon as it is deleted.
pub(super) const IS_NAMELESS: &str = "server_run_id IS NULL AND status = 'unknown' AND origin = 'here'";
/// What `run_forgotten` has of it in the place of an id. No server's id begins so.
pub(super) const MARK: &str = "'?' || printf('%015d', started_at) || ':' || coalesce(user_id, '')";

/// A deleted run without an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedNameless {
    pub started_at: Millis,
    /// Empty where it is not known.
    pub user: String,
    /// As it is remembered; none while its deletion can be undone.
    mark: Option<String>,
}

impl Store {
    /// Those that began within this time, both ends included.
    pub async fn deleted_nameless(&self, app: &AppId, from: Millis, to: Millis) -> Result<Vec<DeletedNameless>> {
        let sql = format!(
            "SELECT {MARK} AS mark, FALSE AS gone FROM run WHERE app_id = ?1 AND {IS_NAMELESS} \
             AND deleted_at IS NOT NULL AND started_at BETWEEN ?2 AND ?3 \
             UNION ALL SELECT server_run_id, TRUE FROM run_forgotten WHERE app_id = ?1 \
             AND server_run_id >= '?' || printf('%015d', ?2) AND server_run_id < '?' || printf('%015d', ?3) || ';'"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&app.0).bind(from.max(0)).bind(to.max(0));
        let mut deleted = Vec::new();
        for row in rows.fetch_all(&self.pool).await? {
            let (mark, gone): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
            let Some((started_at, user)) = mark.trim_start_matches('?').split_once(':') else { continue };
            let Ok(started_at) = started_at.parse() else { continue };
            deleted.push(DeletedNameless { started_at, user: user.to_owned(), mark: gone.then_some(mark.clone()) });
        }
        Ok(deleted)
    }

    /// The run is known by its id from now on. One that can still be brought back stays as it is.
    pub async fn name_deleted(&self, app: &AppId, run: &DeletedNameless, server_run: &str) -> Result<()> {
        let Some(mark) = &run.mark else { return Ok(()) };
        let mut writing = self.write(false).await?;
        for (sql, id) in [
            ("INSERT OR IGNORE INTO run_forgotten (app_id, server_run_id) VALUES (?, ?)", server_run),
            ("DELETE FROM run_forgotten WHERE app_id = ? AND server_run_id = ?", mark),
        ] {
            sqlx::query(sql).bind(&app.0).bind(id).execute(&mut *writing.transaction).await?;
        }
        writing.commit().await
    }
}
