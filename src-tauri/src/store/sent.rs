//! What went into runs, and which copies of it are kept.

use std::path::{Path, PathBuf};

use sqlx::{Row, sqlite::SqliteRow};

use super::{
    Result, Store,
    gaps::Gaps,
    kept::{path_bytes, path_from},
};
use crate::model::{
    Millis,
    app::AppId,
    file::StagedId,
    run::RunId,
    sent::{Copies, CopiesOfApp, SentCopy},
};

/// A document that a run was given, and its copy.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSent {
    pub index: u32,
    /// `None`: a link.
    pub staged: Option<StagedId>,
    pub variable: String,
    pub label: String,
    /// The link itself of a link.
    pub name: String,
    pub path: Option<PathBuf>,
    /// Of what was sent.
    pub size: Option<u64>,
    pub modified_at: Option<Millis>,
    pub copy: SentCopy,
    /// File name in the folder `sent` of the run's folder.
    pub stored_as: Option<String>,
    /// The same for copies that share their bytes.
    pub content: Option<String>,
}

const COLUMNS: &str = "position, staged_id, variable, label, name, path, size, modified_at, copy, stored_as, content";

impl Store {
    /// Adds what a run was given to what it was given before; with the places these got.
    pub async fn add_sent(&self, run: &RunId, mut files: Vec<StoredSent>) -> Result<Vec<StoredSent>> {
        let mut writing = self.write(false).await?;
        let transaction = &mut *writing.transaction;
        let sql = "SELECT coalesce(max(position) + 1, 0) FROM sent_file WHERE run_id = ?";
        let first: u32 = sqlx::query_scalar(sql).bind(&run.0).fetch_one(&mut *transaction).await?;
        for (index, file) in (first..).zip(&mut files) {
            file.index = index;
            sqlx::query(
                "INSERT INTO sent_file (run_id, position, staged_id, variable, label, name, path, size, modified_at, \
                 copy, stored_as, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(&run.0)
            .bind(file.index)
            .bind(file.staged.as_ref().map(|id| &id.0))
            .bind(&file.variable)
            .bind(&file.label)
            .bind(&file.name)
            .bind(file.path.as_deref().map(path_bytes))
            .bind(file.size.and_then(|size| i64::try_from(size).ok()))
            .bind(file.modified_at)
            .bind(file.copy.as_str())
            .bind(&file.stored_as)
            .bind(&file.content)
            .execute(&mut *transaction)
            .await?;
        }
        writing.commit().await?;
        Ok(files)
    }

    /// What became of a copy.
    pub async fn save_copy(&self, run: &RunId, file: &StoredSent) -> Result<()> {
        let sql = "UPDATE sent_file SET copy = ?, stored_as = ?, content = ? WHERE run_id = ? AND position = ?";
        let mut writing = self.write(false).await?;
        sqlx::query(sql)
            .bind(file.copy.as_str())
            .bind(&file.stored_as)
            .bind(&file.content)
            .bind(&run.0)
            .bind(file.index)
            .execute(&mut *writing.transaction)
            .await?;
        writing.commit().await
    }

    /// What a run was given, in order; nothing of runs of earlier versions.
    pub async fn sent(&self, run: &RunId) -> Result<Vec<StoredSent>> {
        let sql = format!("SELECT {COLUMNS} FROM sent_file WHERE run_id = ? ORDER BY position");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&run.0).fetch_all(&self.pool).await?;
        let mut gaps = Gaps::default();
        let files = rows.iter().map(|row| stored_sent(row, &mut gaps)).collect();
        self.tell(&gaps, || format!("documents of run {}", run.0));
        files
    }

    /// Copies that are kept of a file as it was then; none where nobody knows when that was.
    pub async fn copies_of(
        &self,
        path: &Path,
        size: u64,
        modified_at: Option<Millis>,
    ) -> Result<Vec<(RunId, StoredSent)>> {
        // An equal size alone says nothing of what it holds.
        let Some(modified_at) = modified_at else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT run_id, {COLUMNS} FROM sent_file WHERE copy = 'kept' AND size = ? AND modified_at = ? AND path = ? \
             ORDER BY run_id DESC"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(i64::try_from(size).unwrap_or(i64::MAX))
            .bind(modified_at)
            .bind(path_bytes(path))
            .fetch_all(&self.pool)
            .await?;
        self.with_runs(&rows)
    }

    /// Copies that are kept: of an app's runs, or of all.
    pub async fn kept_copies(&self, app: Option<&AppId>) -> Result<Vec<(RunId, StoredSent)>> {
        let of_app = if app.is_some() { "run_id IN (SELECT id FROM run WHERE app_id = ?1)" } else { "?1 IS NULL" };
        let sql = format!("SELECT run_id, {COLUMNS} FROM sent_file WHERE copy = 'kept' AND {of_app}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(app.map(|app| &app.0)).fetch_all(&self.pool).await?;
        self.with_runs(&rows)
    }

    /// Copies that are not made yet, run by run: of an app's runs, or of all.
    pub async fn unfinished_copies(&self, app: Option<&AppId>) -> Result<Vec<(RunId, StoredSent)>> {
        let of_app = if app.is_some() { "run_id IN (SELECT id FROM run WHERE app_id = ?1)" } else { "?1 IS NULL" };
        let sql = format!(
            "SELECT run_id, {COLUMNS} FROM sent_file WHERE copy = 'copying' AND {of_app} ORDER BY run_id, position"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(app.map(|app| &app.0)).fetch_all(&self.pool).await?;
        self.with_runs(&rows)
    }

    /// Whether the user wants a copy that is still to be made; `None`: it is not to be made any more.
    pub async fn wants_copy(&self, run: &RunId, index: u32) -> Result<Option<bool>> {
        let sql = "SELECT coalesce((SELECT keep FROM keep_copies WHERE app_id IN (run.app_id, '') ORDER BY app_id DESC \
                   LIMIT 1), TRUE) FROM sent_file JOIN run ON run.id = run_id WHERE run_id = ? AND position = ? AND \
                   copy = 'copying'";
        Ok(sqlx::query_scalar(sql).bind(&run.0).bind(index).fetch_optional(&self.pool).await?)
    }

    fn with_runs(&self, rows: &[SqliteRow]) -> Result<Vec<(RunId, StoredSent)>> {
        let mut gaps = Gaps::default();
        let files = rows.iter().map(|row| Ok((RunId(row.try_get("run_id")?), stored_sent(row, &mut gaps)?))).collect();
        self.tell(&gaps, || "documents of runs".to_owned());
        files
    }

    /// Whether copies are kept of what an app is sent.
    pub async fn keeps_copies(&self, app: &AppId) -> Result<bool> {
        let sql = "SELECT keep FROM keep_copies WHERE app_id IN (?, '') ORDER BY app_id DESC LIMIT 1";
        Ok(sqlx::query_scalar(sql).bind(&app.0).fetch_optional(&self.pool).await?.unwrap_or(true))
    }

    /// `app` `None`: for all that have no choice of their own; `keep` `None`: as for all.
    pub async fn set_keeps_copies(&self, app: Option<&AppId>, keep: Option<bool>) -> Result<()> {
        let id = app.map_or("", |app| app.0.as_str());
        let mut writing = self.write(false).await?;
        let query = match keep {
            Some(keep) => sqlx::query(
                "INSERT INTO keep_copies (app_id, keep) VALUES (?, ?) ON CONFLICT (app_id) DO UPDATE SET keep = excluded.keep",
            )
            .bind(id)
            .bind(keep),
            None => sqlx::query("DELETE FROM keep_copies WHERE app_id = ?").bind(id),
        };
        query.execute(&mut *writing.transaction).await?;
        writing.commit().await
    }

    /// What is kept, and whether.
    pub async fn copies(&self) -> Result<Copies> {
        let keep: Option<bool> =
            sqlx::query_scalar("SELECT keep FROM keep_copies WHERE app_id = ''").fetch_optional(&self.pool).await?;
        let (files, bytes) = self
            .sum_of("SELECT '' AS app_id, content, size FROM sent_file WHERE copy = 'kept'")
            .await?
            .pop()
            .map_or((0, 0), |(_, files, bytes)| (files, bytes));
        let kept = self
            .sum_of("SELECT run.app_id, content, size FROM sent_file JOIN run ON run.id = run_id WHERE copy = 'kept'")
            .await?;
        let mut apps: Vec<CopiesOfApp> = kept
            .into_iter()
            .map(|(app, files, bytes)| CopiesOfApp { app_id: AppId(app), keep: None, files, bytes })
            .collect();
        let own = sqlx::query("SELECT app_id, keep FROM keep_copies WHERE app_id <> ''").fetch_all(&self.pool).await?;
        for row in own {
            let (id, keep): (String, bool) = (row.try_get("app_id")?, row.try_get("keep")?);
            match apps.iter_mut().find(|app| app.app_id.0 == id) {
                Some(app) => app.keep = Some(keep),
                None => apps.push(CopiesOfApp { app_id: AppId(id), keep: Some(keep), files: 0, bytes: 0 }),
            }
        }
        Ok(Copies { keep: keep.unwrap_or(true), apps, files, bytes })
    }

    /// Copies per app and the bytes they take. Those that share their bytes count with one size and as many files.
    async fn sum_of(&self, copies: &'static str) -> Result<Vec<(String, u32, u64)>> {
        let sql = format!(
            "SELECT app_id, sum(files) AS files, sum(size) AS size FROM (SELECT app_id, count(*) AS files, max(size) AS \
             size FROM ({copies}) GROUP BY app_id, content) GROUP BY app_id ORDER BY size DESC"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let size = u64::try_from(row.try_get::<i64, _>("size")?).unwrap_or_default();
                Ok((row.try_get("app_id")?, row.try_get("files")?, size))
            })
            .collect()
    }
}

fn stored_sent(row: &SqliteRow, gaps: &mut Gaps) -> Result<StoredSent> {
    Ok(StoredSent {
        index: row.try_get("position")?,
        staged: gaps.text_or_none(row, "staged_id")?.map(StagedId),
        variable: gaps.text(row, "variable")?,
        label: gaps.text(row, "label")?,
        name: gaps.text(row, "name")?,
        path: row.try_get::<Option<Vec<u8>>, _>("path")?.map(path_from),
        size: row.try_get::<Option<i64>, _>("size")?.and_then(|size| u64::try_from(size).ok()),
        modified_at: row.try_get("modified_at")?,
        copy: SentCopy::from_word(&gaps.text(row, "copy")?),
        stored_as: gaps.text_or_none(row, "stored_as")?,
        content: gaps.text_or_none(row, "content")?,
    })
}
