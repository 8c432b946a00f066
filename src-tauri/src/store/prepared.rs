//! Runs that are kept ready, and whether they were sent.

use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Error, Result, Store, gaps::Gaps, now};
use crate::model::{
    Millis,
    app::AppId,
    form::{Entries, Form},
    prepared::PreparedId,
    run::RunId,
};

/// A run that is kept ready, with all that it will be sent with.
#[derive(Debug, Clone)]
pub struct StoredPrepared {
    pub id: PreparedId,
    pub app_id: AppId,
    pub title: String,
    pub created_at: Millis,
    pub entries: Entries,
    /// As it was; none where it cannot be read any more.
    pub form: Option<Form>,
    /// The run that it is being sent as.
    pub run: Option<RunId>,
}

const COLUMNS: &str = "id, app_id, title, entries, form, created_at, run_id";

impl Store {
    pub async fn add_prepared(&self, new: &StoredPrepared) -> Result<()> {
        let mut writing = self.write(true).await?;
        sqlx::query("INSERT INTO prepared (id, app_id, title, entries, form, created_at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(&new.id.0)
            .bind(&new.app_id.0)
            .bind(&new.title)
            .bind(serde_json::to_string(&new.entries)?)
            .bind(serde_json::to_string(&new.form.clone().unwrap_or_default())?)
            .bind(new.created_at)
            .execute(&mut *writing.transaction)
            .await?;
        writing.commit().await
    }

    /// Of all apps that are connected, the oldest first.
    pub async fn all_prepared(&self) -> Result<Vec<StoredPrepared>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM prepared WHERE removed_at IS NULL AND app_id IN \
             (SELECT id FROM app WHERE removed_at IS NULL) ORDER BY id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        // One that cannot be read hides no other.
        let read = |row| self.prepared_of(row).inspect_err(|error| tracing::error!("a run kept ready: {error}")).ok();
        Ok(rows.iter().filter_map(read).collect())
    }

    pub async fn prepared(&self, id: &PreparedId) -> Result<StoredPrepared> {
        let sql = format!("SELECT {COLUMNS} FROM prepared WHERE id = ? AND removed_at IS NULL");
        self.prepared_of(&sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).fetch_one(&self.pool).await?)
    }

    /// Takes it away; until the next start it can be brought back. One that is being sent stays.
    pub async fn remove_prepared(&self, id: &PreparedId, at: Millis) -> Result<()> {
        let mut writing = self.write(false).await?;
        let sql = "UPDATE prepared SET removed_at = ? WHERE id = ? AND removed_at IS NULL AND run_id IS NULL";
        let done = sqlx::query(sql).bind(at).bind(&id.0).execute(&mut *writing.transaction).await?;
        writing.commit().await?;
        if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
    }

    pub async fn restore_prepared(&self, id: &PreparedId) -> Result<()> {
        let mut writing = self.write(false).await?;
        let sql = "UPDATE prepared SET removed_at = NULL WHERE id = ?";
        let done = sqlx::query(sql).bind(&id.0).execute(&mut *writing.transaction).await?;
        writing.commit().await?;
        if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
    }

    /// It was sent: its run holds all of it.
    pub async fn forget_prepared(&self, id: &PreparedId) -> Result<()> {
        let mut writing = self.write(false).await?;
        let sql = "DELETE FROM prepared WHERE id = ? AND run_id IS NOT NULL";
        sqlx::query(sql).bind(&id.0).execute(&mut *writing.transaction).await?;
        writing.commit().await
    }

    /// What the program before this one was sending when it ended: ready again where nothing was sent, else gone.
    pub async fn take_up_prepared(&self, begun: Millis) -> Result<()> {
        let mut writing = self.write(false).await?;
        for sql in [
            "UPDATE prepared SET run_id = NULL WHERE run_id IN \
             (SELECT id FROM run WHERE started_at NOT BETWEEN ?1 AND ?2 AND json_valid(error) AND json_extract(error, '$.cause') = 'not_sent')",
            "DELETE FROM prepared WHERE run_id IN \
             (SELECT id FROM run WHERE started_at NOT BETWEEN ?1 AND ?2 AND status NOT IN ('preparing', 'uploading'))",
        ] {
            // What began later than now began by a clock that went before this one.
            sqlx::query(sql).bind(begun).bind(now()).execute(&mut *writing.transaction).await?;
        }
        writing.commit().await
    }

    fn prepared_of(&self, row: &SqliteRow) -> Result<StoredPrepared> {
        let mut gaps = Gaps::default();
        let id = PreparedId(gaps.text(row, "id")?);
        let entries = gaps.json(row, "entries")?;
        let prepared = StoredPrepared {
            app_id: AppId(gaps.text(row, "app_id")?),
            title: gaps.text(row, "title")?,
            created_at: row.try_get("created_at")?,
            entries: Entries::default(),
            form: gaps.json(row, "form")?,
            run: gaps.text_or_none(row, "run_id")?.map(RunId),
            id,
        };
        self.tell(&gaps, || format!("a run kept ready, {}", prepared.id.0));
        Ok(StoredPrepared { entries: entries.ok_or(Error::Damaged)?, ..prepared })
    }
}

/// Whoever sends it has it: what is being sent, or was taken away, is not sent.
pub(super) async fn send_as(transaction: &mut Transaction<'_, Sqlite>, id: &PreparedId, run: &RunId) -> Result<()> {
    let sql = "UPDATE prepared SET run_id = ? WHERE id = ? AND run_id IS NULL AND removed_at IS NULL";
    let done = sqlx::query(sql).bind(&run.0).bind(&id.0).execute(&mut **transaction).await?;
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}
