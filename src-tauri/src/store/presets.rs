//! Inputs saved under a name.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Error, Result, Store, gaps::Gaps};
use crate::model::{
    Millis,
    app::AppId,
    form::{Entries, Form},
    kept::{Preset, PresetId, is_same_name},
};

const PRESET: &str = "id, name, created_at, used_at";

impl Store {
    pub async fn presets(&self, app: &AppId) -> Result<Vec<Preset>> {
        self.presets_in(&mut *self.pool.acquire().await?, app).await
    }

    /// What saved inputs hold, the form they were filled in for, and whose they are.
    pub async fn preset(&self, id: &PresetId) -> Result<(AppId, Entries, Form)> {
        let row = sqlx::query("SELECT app_id, entries, form FROM preset WHERE id = ?")
            .bind(&id.0)
            .fetch_one(&self.pool)
            .await?;
        let mut gaps = Gaps::default();
        let app = AppId(gaps.text(&row, "app_id")?);
        let (entries, form) = (gaps.json(&row, "entries")?, gaps.json(&row, "form")?);
        self.tell(&gaps, || format!("saved inputs {}", id.0));
        let form = self.form_or_now(form, &app).await?;
        Ok((app, entries.ok_or(Error::Damaged)?, form))
    }

    /// Saves inputs under a name; those that had it make room, and are named for whoever wants them back.
    pub async fn add_preset(
        &self,
        app: &AppId,
        new: &Preset,
        entries: &Entries,
        form: &Form,
    ) -> Result<Option<PresetId>> {
        let mut writing = self.write(false).await?;
        let transaction = &mut writing.transaction;
        let replaced = self.named_in(transaction, app, &new.name, None).await?.map(|preset| preset.id);
        if let Some(replaced) = &replaced {
            sqlx::query("UPDATE preset SET removed_at = ? WHERE id = ?")
                .bind(new.created_at)
                .bind(&replaced.0)
                .execute(&mut **transaction)
                .await?;
        }
        sqlx::query("INSERT INTO preset (id, app_id, name, entries, form, created_at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(&new.id.0)
            .bind(&app.0)
            .bind(&new.name)
            .bind(serde_json::to_string(entries)?)
            .bind(serde_json::to_string(form)?)
            .bind(new.created_at)
            .execute(&mut **transaction)
            .await?;
        writing.commit().await?;
        Ok(replaced)
    }

    /// Saved inputs that have this name, whatever its case and blanks.
    pub async fn preset_named(&self, app: &AppId, name: &str, except: Option<&PresetId>) -> Result<Option<Preset>> {
        self.named_in(&mut *self.pool.acquire().await?, app, name, except).await
    }

    pub async fn rename_preset(&self, id: &PresetId, name: &str) -> Result<()> {
        let mut writing = self.write(false).await?;
        let transaction = &mut writing.transaction;
        let app: String = sqlx::query_scalar("SELECT app_id FROM preset WHERE id = ? AND removed_at IS NULL")
            .bind(&id.0)
            .fetch_one(&mut **transaction)
            .await?;
        // The page asks beforehand; two of one name could not be told apart.
        if self.named_in(transaction, &AppId(app), name, Some(id)).await?.is_some() {
            return Err(Error::Other("the name is taken".into()));
        }
        sqlx::query("UPDATE preset SET name = ? WHERE id = ?")
            .bind(name)
            .bind(&id.0)
            .execute(&mut **transaction)
            .await?;
        writing.commit().await
    }

    pub async fn preset_used(&self, id: &PresetId, at: Millis) -> Result<()> {
        sqlx::query("UPDATE preset SET used_at = ? WHERE id = ?").bind(at).bind(&id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// Takes saved inputs away; until the next start they can be brought back.
    pub async fn remove_preset(&self, id: &PresetId, at: Millis) -> Result<()> {
        let done = sqlx::query("UPDATE preset SET removed_at = ? WHERE id = ? AND removed_at IS NULL")
            .bind(at)
            .bind(&id.0)
            .execute(&self.pool)
            .await?;
        found(done.rows_affected())
    }

    /// Brings saved inputs back. Whatever got their name since makes room.
    pub async fn restore_preset(&self, id: &PresetId, at: Millis) -> Result<Preset> {
        let mut writing = self.write(false).await?;
        let transaction = &mut writing.transaction;
        let row = sqlx::query("SELECT app_id, name, removed_at FROM preset WHERE id = ?")
            .bind(&id.0)
            .fetch_one(&mut **transaction)
            .await?;
        let (app, name) = (AppId(row.try_get("app_id")?), row.try_get::<String, _>("name")?);
        let removed_at: Option<Millis> = row.try_get("removed_at")?;
        for other in self.presets_in(transaction, &app).await? {
            // Earlier versions let two of one name stand side by side: those have always done so.
            let came_since = removed_at.is_some_and(|removed| other.created_at >= removed);
            if other.id != *id && (other.name == name || (came_since && is_same_name(&other.name, &name))) {
                sqlx::query("UPDATE preset SET removed_at = ? WHERE id = ?")
                    .bind(at)
                    .bind(&other.id.0)
                    .execute(&mut **transaction)
                    .await?;
            }
        }
        let sql = format!("UPDATE preset SET removed_at = NULL WHERE id = ? RETURNING {PRESET}");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).fetch_one(&mut **transaction).await?;
        let restored = self.preset_of(&row)?;
        writing.commit().await?;
        Ok(restored)
    }

    async fn presets_in(&self, connection: &mut SqliteConnection, app: &AppId) -> Result<Vec<Preset>> {
        let sql = format!("SELECT {PRESET} FROM preset WHERE app_id = ? AND removed_at IS NULL ORDER BY name, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&app.0).fetch_all(connection).await?;
        rows.iter().map(|row| self.preset_of(row)).collect()
    }

    /// Letter for letter where there are such, else whatever its case and blanks.
    async fn named_in(
        &self,
        connection: &mut SqliteConnection,
        app: &AppId,
        name: &str,
        except: Option<&PresetId>,
    ) -> Result<Option<Preset>> {
        let mut same = self.presets_in(connection, app).await?;
        same.retain(|preset| Some(&preset.id) != except && is_same_name(&preset.name, name));
        same.sort_by_key(|preset| preset.name != name);
        Ok(same.into_iter().next())
    }

    /// What can be read of it: one bad name hides no others.
    fn preset_of(&self, row: &SqliteRow) -> Result<Preset> {
        let mut gaps = Gaps::default();
        let preset = Preset {
            id: PresetId(gaps.text(row, "id")?),
            name: gaps.text(row, "name")?,
            created_at: row.try_get("created_at")?,
            used_at: row.try_get("used_at")?,
        };
        self.tell(&gaps, || format!("saved inputs {}", preset.id.0));
        Ok(preset)
    }
}

fn found(rows: u64) -> Result<()> {
    if rows == 0 { Err(Error::NotFound) } else { Ok(()) }
}
