//! What finished runs tell of the next one.

use sqlx::Row;

use super::{Result, Store};
use crate::model::{Millis, app::AppId, usual::PastRun};

impl Store {
    /// The newest runs of an app that came to a result, whichever version of the workflow they ran.
    pub async fn past_runs(&self, app: &AppId, version: Option<&str>, limit: u32) -> Result<Vec<PastRun>> {
        // Of runs that only a log tells of, nobody knows the steps; and what a file claims tells nothing of here. Which
        // they are stands in the index. The steps are not read: the last one's place is enough.
        let rows = sqlx::query(
            "SELECT elapsed, started_at, finished_at, workflow_id, \
             (SELECT max(position) FROM step WHERE run_id = run.id) AS last_step \
             FROM run WHERE id IN (SELECT id FROM run WHERE app_id = ? AND status IN ('succeeded', 'partly_succeeded') \
             AND contents = 'whole' AND deleted_at IS NULL AND origin <> 'file' ORDER BY id DESC LIMIT ?) \
             ORDER BY id DESC",
        )
        .bind(&app.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let past = |row: &sqlx::sqlite::SqliteRow| -> Result<Option<PastRun>> {
            // The server's time knows nothing of the time a run was out of contact.
            let seconds: Option<f64> = row.try_get("elapsed")?;
            let started: Millis = row.try_get("started_at")?;
            let finished: Option<Millis> = row.try_get("finished_at")?;
            #[allow(clippy::cast_possible_truncation, reason = "`as` keeps floats within the bounds of the integer")]
            let server = seconds.filter(|seconds| *seconds > 0.0).map(|seconds| (seconds * 1000.0) as Millis);
            let Some(took) = server.or_else(|| finished?.checked_sub(started)) else { return Ok(None) };
            let last: Option<i64> = row.try_get("last_step")?;
            let ran: Option<String> = row.try_get("workflow_id")?;
            Ok(Some(PastRun {
                took,
                steps: last.and_then(|last| u32::try_from(last + 1).ok()),
                same_version: version.is_some() && ran.as_deref() == version,
            }))
        };
        rows.iter().filter_map(|row| past(row).transpose()).collect()
    }
}
