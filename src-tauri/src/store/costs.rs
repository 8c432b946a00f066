//! What runs cost, and what counts of them for their usage. Costs are counted from the steps once, when these were
//! written: triggers mark the runs.

use futures_util::TryStreamExt as _;
use sqlx::Row;

use super::{Result, Store};
use crate::model::{
    Millis,
    app::AppId,
    run::{RunId, RunStatus},
    usage::{Cost, Counting, Priced, UsedRun, Whose, cost_of},
};

/// So many runs are counted in one turn: others write between the turns.
const AT_ONCE: u32 = 10;
/// The user's own runs.
const OWN: &str = "origin IN ('here', 'server')";
/// What a run cost is known where its steps are here, and where the server never took it.
const PRICED: &str = "contents = 'whole' AND (EXISTS (SELECT 1 FROM run_cost WHERE run_id = run.id) \
    OR EXISTS (SELECT 1 FROM step WHERE run_id = run.id) OR server_run_id IS NULL AND status <> 'unknown')";

impl Store {
    /// Counts what some of the marked runs cost; false: none are left.
    pub async fn count_costs(&self) -> Result<bool> {
        let marked: Vec<String> =
            sqlx::query_scalar("SELECT run_id FROM run_uncounted LIMIT ?").bind(AT_ONCE).fetch_all(&self.pool).await?;
        if marked.is_empty() {
            return Ok(false);
        }
        let mut writing = self.write(false).await?;
        let transaction = &mut *writing.transaction;
        for run in marked {
            // What is no JSON any more hides no other step.
            let steps = sqlx::query(
                "SELECT json_extract(step, '$.id') AS id, json_extract(step, '$.parent') AS parent, \
                 json_extract(step, '$.price') AS price, json_extract(step, '$.currency') AS currency \
                 FROM step WHERE run_id = ? AND json_valid(step)",
            )
            .bind(&run)
            .fetch_all(&mut *transaction)
            .await?;
            let text =
                |row: &sqlx::sqlite::SqliteRow, column: &str| row.try_get::<Option<String>, _>(column).ok().flatten();
            let steps: Vec<_> = steps
                .iter()
                .map(|row| Priced {
                    id: text(row, "id").unwrap_or_default(),
                    parent: text(row, "parent"),
                    price: text(row, "price"),
                    currency: text(row, "currency"),
                })
                .collect();
            sqlx::query("DELETE FROM run_cost WHERE run_id = ?").bind(&run).execute(&mut *transaction).await?;
            for cost in cost_of(&steps) {
                sqlx::query("INSERT INTO run_cost (run_id, currency, amount) VALUES (?, ?, ?)")
                    .bind(&run)
                    .bind(&cost.currency)
                    .bind(&cost.amount)
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query("DELETE FROM run_uncounted WHERE run_id = ?").bind(&run).execute(&mut *transaction).await?;
        }
        writing.commit().await?;
        Ok(true)
    }

    pub async fn run_costs(&self, id: &RunId) -> Result<Vec<Cost>> {
        let sql = "SELECT currency, amount FROM run_cost WHERE run_id = ? ORDER BY currency";
        let rows = sqlx::query(sql).bind(&id.0).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(Cost { currency: row.try_get(0)?, amount: row.try_get(1)? })).collect()
    }

    /// Hands runs that began in a time, and their costs, to who counts them.
    pub async fn count_usage(&self, from: Millis, to: Millis, whose: Whose, counting: &mut Counting) -> Result<()> {
        let all = whose == Whose::Known;
        let sql = format!(
            "SELECT app_id, started_at, status, elapsed, total_tokens, {PRICED} FROM run \
             WHERE started_at >= ? AND started_at < ? AND deleted_at IS NULL AND (? OR {OWN})"
        );
        let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from).bind(to).bind(all).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            counting.run(&UsedRun {
                app: AppId(row.try_get(0)?),
                started_at: row.try_get(1)?,
                status: RunStatus::from_word(row.try_get(2)?),
                elapsed: row.try_get(3)?,
                tokens: row.try_get(4)?,
                priced: row.try_get(5)?,
            });
        }
        drop(rows);
        let sql = format!(
            "SELECT app_id, started_at, currency, amount FROM run_cost JOIN run ON run.id = run_id \
             WHERE started_at >= ? AND started_at < ? AND deleted_at IS NULL AND (? OR {OWN})"
        );
        let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from).bind(to).bind(all).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            let cost = Cost { currency: row.try_get(2)?, amount: row.try_get(3)? };
            counting.cost(&AppId(row.try_get(0)?), row.try_get(1)?, &cost);
        }
        Ok(())
    }

    /// When the first run of those began.
    pub async fn first_run_at(&self, whose: Whose) -> Result<Option<Millis>> {
        let sql = format!("SELECT min(started_at) FROM run WHERE deleted_at IS NULL AND (? OR {OWN})");
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(whose == Whose::Known).fetch_one(&self.pool).await?)
    }
}
