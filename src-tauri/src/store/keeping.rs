//! What is kept: rules, sizes, runs that a rule lets go, and what is remembered of the clock.

use std::{collections::BTreeMap, path::Path};

use sqlx::{Connection as _, Row, sqlite::SqliteRow};

use super::{Result, Store, deleted::json, open};
use crate::model::{
    Millis,
    app::AppId,
    keeping::{KeepRule, KeptOfApp, LastBackup},
    run::{RunId, RunStatus},
    sent::SentCopy,
};

/// So many of an app's newest runs are measured; the others are taken to be like them.
const MEASURED: u32 = 1000;

/// Since when the clock has gone on, and when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSeen {
    pub at: Millis,
    pub since: Millis,
}

/// Which runs a rule lets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// All of the run.
    Run,
    /// Only its files.
    Files,
}

/// The files of a run that are here, by the names they have in its folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFolder {
    pub results: Vec<String>,
    pub sounds: Vec<String>,
}

impl Store {
    /// The rule for all, and those that apps have of their own.
    pub async fn keep_rules(&self) -> Result<(KeepRule, BTreeMap<String, KeepRule>)> {
        let rows = sqlx::query("SELECT app_id, days, files_days FROM keep_rule").fetch_all(&self.pool).await?;
        let mut rules = BTreeMap::new();
        for row in &rows {
            rules.insert(row.try_get("app_id")?, rule(row)?.sensible());
        }
        Ok((rules.remove("").unwrap_or_default(), rules))
    }

    /// `app` `None`: for all that have none of their own; `rule` `None`: as for all, or for ever.
    pub async fn set_keep_rule(&self, app: Option<&AppId>, rule: Option<KeepRule>) -> Result<()> {
        let id = app.map_or("", |app| app.0.as_str());
        let mut writing = self.write(false).await?;
        let query = match rule.map(KeepRule::sensible) {
            Some(rule) => sqlx::query(
                "INSERT INTO keep_rule (app_id, days, files_days) VALUES (?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET \
                 days = excluded.days, files_days = excluded.files_days",
            )
            .bind(id)
            .bind(rule.days)
            .bind(rule.files_days),
            None => sqlx::query("DELETE FROM keep_rule WHERE app_id = ?").bind(id),
        };
        query.execute(&mut *writing.transaction).await?;
        writing.commit().await
    }

    pub async fn clock_seen(&self) -> Result<Option<ClockSeen>> {
        let sql = "SELECT seen_at, steady_since FROM keep_state WHERE seen_at IS NOT NULL AND steady_since IS NOT NULL";
        let row = sqlx::query(sql).fetch_optional(&self.pool).await?;
        row.map(|row| Ok(ClockSeen { at: row.try_get(0)?, since: row.try_get(1)? })).transpose()
    }

    pub async fn save_clock(&self, seen: ClockSeen) -> Result<()> {
        let mut writing = self.write(false).await?;
        sqlx::query(
            "INSERT INTO keep_state (id, seen_at, steady_since) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET \
             seen_at = excluded.seen_at, steady_since = excluded.steady_since",
        )
        .bind(seen.at)
        .bind(seen.since)
        .execute(&mut *writing.transaction)
        .await?;
        writing.commit().await
    }

    /// When the newest run began, by the clock of then.
    pub async fn newest_run_at(&self) -> Result<Option<Millis>> {
        let sql = "SELECT started_at FROM run ORDER BY id DESC LIMIT 1";
        Ok(sqlx::query_scalar(sql).fetch_optional(&self.pool).await?)
    }

    pub async fn last_backup(&self) -> Result<Option<LastBackup>> {
        let sql = "SELECT backup_at, backup_size FROM keep_state WHERE backup_at IS NOT NULL";
        let row = sqlx::query(sql).fetch_optional(&self.pool).await?;
        row.map(|row| {
            let size: Option<i64> = row.try_get(1)?;
            Ok(LastBackup { at: row.try_get(0)?, size: size.and_then(|size| size.try_into().ok()).unwrap_or(0) })
        })
        .transpose()
    }

    pub async fn save_last_backup(&self, backup: LastBackup) -> Result<()> {
        let mut writing = self.write(false).await?;
        sqlx::query(
            "INSERT INTO keep_state (id, backup_at, backup_size) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET \
             backup_at = excluded.backup_at, backup_size = excluded.backup_size",
        )
        .bind(backup.at)
        .bind(i64::try_from(backup.size).unwrap_or(i64::MAX))
        .execute(&mut *writing.transaction)
        .await?;
        writing.commit().await
    }

    /// Bytes of the database with its log, and of what in it nothing stands in.
    pub async fn database_size(&self) -> Result<(u64, u64)> {
        let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&self.pool).await?;
        let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&self.pool).await?;
        let size = open::size(&self.file) + open::size(&open::beside(&self.file, "-wal"));
        Ok((size, page.unsigned_abs() * free.unsigned_abs()))
    }

    /// What is kept of each app's runs, without sounds: their sizes are not stored.
    pub async fn kept_of_apps(&self) -> Result<Vec<KeptOfApp>> {
        let apps = sqlx::query(
            "SELECT id, coalesce(given_name, branding ->> '$.title', '') AS title, removed_at IS NOT NULL AS removed, \
             (SELECT count(*) FROM run WHERE app_id = app.id AND deleted_at IS NULL) AS runs, \
             (SELECT coalesce(sum(size), 0) FROM run_file JOIN run ON run.id = run_id \
              WHERE app_id = app.id AND local = 'stored') AS files FROM app ORDER BY runs DESC, position, id",
        )
        .fetch_all(&self.pool)
        .await?;
        let copies = self.copies().await?;
        let mut kept = Vec::new();
        for row in &apps {
            let app_id = AppId(row.try_get("id")?);
            let runs: u32 = row.try_get("runs")?;
            kept.push(KeptOfApp {
                title: row.try_get("title").unwrap_or_default(),
                removed: row.try_get("removed")?,
                bodies: self.bodies_of(&app_id, runs).await?,
                files: row.try_get::<i64, _>("files")?.unsigned_abs(),
                copies: copies.apps.iter().find(|copies| copies.app_id == app_id).map_or(0, |copies| copies.bytes),
                sounds: 0,
                rule: None,
                runs,
                app_id,
            });
        }
        Ok(kept)
    }

    async fn bodies_of(&self, app: &AppId, runs: u32) -> Result<u64> {
        if runs == 0 {
            return Ok(0);
        }
        let row = sqlx::query(
            "WITH newest AS (SELECT id FROM run WHERE app_id = ?1 AND deleted_at IS NULL ORDER BY id DESC LIMIT ?2) \
             SELECT count(*) AS runs, coalesce(sum( \
              (SELECT octet_length(entries) + octet_length(inputs) + octet_length(outputs) + octet_length(notices) \
               + octet_length(questions) + octet_length(unknown_events) + coalesce(octet_length(form), 0) \
               FROM run_body WHERE run_id = id) \
              + coalesce((SELECT sum(octet_length(step)) FROM step WHERE run_id = id), 0) \
              + coalesce((SELECT sum(octet_length(text)) FROM run_text WHERE run_id = id), 0)), 0) AS bytes FROM newest",
        )
        .bind(&app.0)
        .bind(MEASURED)
        .fetch_one(&self.pool)
        .await?;
        let measured = row.try_get::<i64, _>("runs")?.unsigned_abs().max(1);
        Ok(row.try_get::<i64, _>("bytes")?.unsigned_abs() * u64::from(runs) / measured)
    }

    /// The files of sounds that are kept, app by app: app, run, file name.
    pub async fn all_sounds(&self) -> Result<Vec<(AppId, RunId, String)>> {
        let sql = "SELECT app_id, run_id, stored_as FROM sound JOIN run ON run.id = run_id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| Ok((AppId(row.try_get(0)?), RunId(row.try_get(1)?), row.try_get::<String, _>(2)?)))
            .collect()
    }

    /// Runs that ended before then and that nobody marked, in order, behind `after`.
    pub async fn runs_that_go(
        &self,
        app: &AppId,
        goes: Goes,
        before: Millis,
        after: Option<&RunId>,
        limit: u32,
    ) -> Result<Vec<RunId>> {
        let sql = format!("SELECT id FROM run WHERE {} AND id > ?3 ORDER BY id LIMIT ?4", which(goes));
        let ids = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(&app.0)
            .bind(before)
            .bind(after.map_or("", |after| after.0.as_str()))
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        Ok(ids.into_iter().map(RunId).collect())
    }

    /// Hides those of these runs that the rule still lets go: the user may have marked one since it was found.
    pub async fn hide_runs_that_go(
        &self,
        app: &AppId,
        before: Millis,
        ids: &[RunId],
        at: Millis,
    ) -> Result<Vec<RunId>> {
        let mut writing = self.write(false).await?;
        let sql = format!(
            "UPDATE run SET deleted_at = ?4 WHERE {} AND id IN (SELECT value FROM json_each(?3)) RETURNING id",
            which(Goes::Run)
        );
        let hidden: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(&app.0)
            .bind(before)
            .bind(json(ids)?)
            .bind(at)
            .fetch_all(&mut *writing.transaction)
            .await?;
        writing.commit().await?;
        Ok(hidden.into_iter().map(RunId).collect())
    }

    /// Whether the rule still lets go of the files of this run.
    pub async fn files_still_go(&self, app: &AppId, before: Millis, id: &RunId) -> Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM run WHERE {} AND id = ?3)", which(Goes::Files));
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(&app.0).bind(before).bind(&id.0);
        Ok(query.fetch_one(&self.pool).await?)
    }

    pub async fn count_runs_that_go(&self, app: &AppId, goes: Goes, before: Millis) -> Result<u32> {
        let sql = format!("SELECT count(*) FROM run WHERE {}", which(goes));
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(&app.0).bind(before).fetch_one(&self.pool).await?)
    }

    /// All runs of an app that are over, in order, behind `after`.
    pub async fn runs_over(&self, app: &AppId, after: Option<&RunId>, limit: u32) -> Result<Vec<RunId>> {
        let over = over();
        let sql = format!(
            "SELECT id FROM run WHERE app_id = ? AND status IN ({over}) AND deleted_at IS NULL AND id > ? ORDER BY id LIMIT ?"
        );
        let ids = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(&app.0)
            .bind(after.map_or("", |after| after.0.as_str()))
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        Ok(ids.into_iter().map(RunId).collect())
    }

    /// Ids of all apps, removed ones too: their runs are still here.
    pub async fn app_ids(&self) -> Result<Vec<AppId>> {
        let ids = sqlx::query_scalar("SELECT id FROM app ORDER BY id").fetch_all(&self.pool).await?;
        Ok(ids.into_iter().map(AppId).collect())
    }

    /// The same of another state's database.
    pub async fn app_ids_of(&self, database: &Path) -> Result<Vec<AppId>> {
        let mut other = open::reader(database).await?;
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM app ORDER BY id").fetch_all(&mut other).await?;
        other.close().await?;
        Ok(ids.into_iter().map(AppId).collect())
    }

    /// Names of a run's files in its folder; copies of documents are known to [`Store::sent`].
    pub async fn run_folder(&self, id: &RunId) -> Result<RunFolder> {
        let names = async |sql: &'static str| -> Result<Vec<String>> {
            Ok(sqlx::query_scalar(sql).bind(&id.0).fetch_all(&self.pool).await?)
        };
        Ok(RunFolder {
            results: names("SELECT stored_as FROM run_file WHERE run_id = ? AND stored_as IS NOT NULL").await?,
            sounds: names("SELECT stored_as FROM sound WHERE run_id = ?").await?,
        })
    }

    /// Writes down that a run's files were let go.
    pub async fn let_files_go(&self, id: &RunId) -> Result<()> {
        let mut writing = self.write(false).await?;
        let kept = SentCopy::Kept.as_str();
        for sql in [
            "UPDATE run_file SET local = 'let_go', stored_as = NULL WHERE run_id = ? AND local = 'stored'".to_owned(),
            format!(
                "UPDATE sent_file SET copy = 'let_go', stored_as = NULL, content = NULL WHERE run_id = ? AND copy = '{kept}'"
            ),
            "DELETE FROM sound WHERE run_id = ?".to_owned(),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).execute(&mut *writing.transaction).await?;
        }
        writing.commit().await
    }
}

fn rule(row: &SqliteRow) -> Result<KeepRule> {
    Ok(KeepRule { days: row.try_get("days")?, files_days: row.try_get("files_days")? })
}

/// ?1 is the app, ?2 the time. What the user marked stays, and so does what may still go on.
fn which(goes: Goes) -> String {
    let over = over();
    let files = match goes {
        Goes::Run => "",
        Goes::Files => {
            " AND (EXISTS (SELECT 1 FROM run_file WHERE run_id = id AND local = 'stored') \
             OR EXISTS (SELECT 1 FROM sent_file WHERE run_id = id AND copy = 'kept') \
             OR EXISTS (SELECT 1 FROM sound WHERE run_id = id))"
        }
    };
    format!(
        "app_id = ?1 AND coalesce(finished_at, started_at) < ?2 AND status IN ({over}) AND deleted_at IS NULL \
         AND starred = 0 AND coalesce(name, '') = '' \
         AND NOT EXISTS (SELECT 1 FROM run_note WHERE run_id = id AND note <> '') \
         AND NOT EXISTS (SELECT 1 FROM run_tag WHERE run_id = id){files}"
    )
}

fn over() -> String {
    let words = RunStatus::ALL.into_iter().filter(|status| status.is_over());
    words.map(|status| format!("'{}'", status.as_str())).collect::<Vec<_>>().join(", ")
}
