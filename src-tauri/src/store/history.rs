//! Runs read back: the lists, and one with everything that was kept of it.

use sqlx::{Row, sqlite::SqliteRow};

use super::{
    Error, Result, Store, StoredFile,
    gaps::{Cells, Gaps},
};
use crate::model::{
    Millis,
    app::AppId,
    file::{LocalCopy, RunFile},
    run::{Notice, Run, RunHead, RunId, RunPage, RunStatus, ServerIds, Step, TextPart},
};

pub(super) const HEAD: &str = "id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps, \
    error, server_run_id, task_id, workflow_id, trace_id, user_id";

impl Store {
    /// A run with everything that can be read of it; a [`Notice::NotReadable`] says if that is not all.
    pub async fn run(&self, id: &RunId) -> Result<Run> {
        let run = self.read_run(id).await;
        self.heed(run)
    }

    async fn read_run(&self, id: &RunId) -> Result<Run> {
        let mut gaps = Gaps::default();
        let sql = format!("SELECT {HEAD} FROM run WHERE id = ? AND deleted_at IS NULL");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).fetch_one(&self.pool).await?;
        let head = run_head(&row, &mut gaps)?;
        let body =
            sqlx::query("SELECT inputs, outputs, notices, questions, unknown_events FROM run_body WHERE run_id = ?")
                .bind(&id.0)
                .fetch_one(&self.pool)
                .await?;
        let steps = sqlx::query("SELECT step FROM step WHERE run_id = ? ORDER BY position")
            .bind(&id.0)
            .fetch_all(&self.pool)
            .await?;
        let steps: Vec<Step> =
            steps.iter().filter_map(|row| gaps.json(row, "step").transpose()).collect::<Result<_>>()?;
        let mut run = Run {
            head,
            inputs: gaps.json_or_default(&body, "inputs")?,
            steps,
            texts: self.texts(id, &mut gaps).await?,
            outputs: gaps.json_or_default(&body, "outputs")?,
            files: self.read_files(id, &mut gaps).await?.into_iter().map(|stored| stored.file).collect(),
            notices: gaps.json_or_default(&body, "notices")?,
            questions: gaps.json_or_default(&body, "questions")?,
            unknown_events: gaps.json_or_default(&body, "unknown_events")?,
        };
        // It may stand there already: what was saved of the run later names it too.
        if gaps.any() && !run.notices.contains(&Notice::NotReadable) {
            run.notices.push(Notice::NotReadable);
        }
        self.tell(&gaps, || format!("run {}", id.0));
        Ok(run)
    }

    pub async fn run_head(&self, id: &RunId) -> Result<RunHead> {
        let sql = format!("SELECT {HEAD} FROM run WHERE id = ? AND deleted_at IS NULL");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).fetch_one(&self.pool).await?;
        let mut gaps = Gaps::default();
        let head = run_head(&row, &mut gaps)?;
        self.tell(&gaps, || format!("run {}", id.0));
        Ok(head)
    }

    /// When the run's text grew last, ms.
    pub async fn text_at(&self, id: &RunId) -> Result<Option<Millis>> {
        let sql = "SELECT text_at FROM run WHERE id = ?";
        Ok(sqlx::query_scalar(sql).bind(&id.0).fetch_optional(&self.pool).await?.flatten())
    }

    pub async fn run_files(&self, id: &RunId) -> Result<Vec<StoredFile>> {
        let mut gaps = Gaps::default();
        let files = self.read_files(id, &mut gaps).await?;
        self.tell(&gaps, || format!("files of run {}", id.0));
        Ok(files)
    }

    async fn read_files(&self, id: &RunId, gaps: &mut Gaps) -> Result<Vec<StoredFile>> {
        let rows = sqlx::query(
            "SELECT position, variable, name, extension, mime_type, size, local, stored_as \
             FROM run_file WHERE run_id = ? ORDER BY position",
        )
        .bind(&id.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(StoredFile {
                    file: RunFile {
                        index: row.try_get("position")?,
                        variable: gaps.text(row, "variable")?,
                        name: gaps.text(row, "name")?,
                        extension: gaps.text(row, "extension")?,
                        mime_type: gaps.text_or_none(row, "mime_type")?,
                        size: row.try_get::<Option<i64>, _>("size")?.and_then(|size| u64::try_from(size).ok()),
                        local: LocalCopy::from_word(&gaps.text(row, "local")?),
                        link: None,
                    },
                    stored_as: gaps.text_or_none(row, "stored_as")?,
                })
            })
            .collect()
    }

    /// A page of runs, newest first, by key and never by offset.
    pub async fn run_page(&self, app: Option<&AppId>, before: Option<&RunId>, limit: u32) -> Result<RunPage> {
        let limit = limit.clamp(1, 500);
        // Only plain comparisons are searched by index; "?2 IS NULL OR id < ?2" would scan.
        let of_app = if app.is_some() { "app_id = ?1" } else { "?1 IS NULL" };
        let older = if before.is_some() { "id < ?2" } else { "?2 IS NULL" };
        let sql = format!(
            "SELECT {HEAD} FROM run WHERE {of_app} AND {older} AND deleted_at IS NULL \
             ORDER BY id DESC LIMIT ?3"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(app.map(|app| &app.0))
            .bind(before.map(|before| &before.0))
            .bind(limit + 1)
            .fetch_all(&self.pool)
            .await;
        let mut runs = self.heed(rows.map_err(Error::from).and_then(|rows| self.heads(&rows)))?;
        let more = runs.len() > limit as usize;
        runs.truncate(limit as usize);
        let next = if more { runs.last().map(|run| run.id.clone()) } else { None };
        Ok(RunPage { runs, next })
    }

    /// Runs of this program that are not over, newest first.
    pub async fn unfinished_runs(&self) -> Result<Vec<RunHead>> {
        // The words must be those of the partial index.
        let sql = format!(
            "SELECT {HEAD} FROM run WHERE status IN ('preparing', 'uploading', 'starting', 'running', 'stopping', \
             'out_of_contact', 'waiting', 'paused') AND origin = 'here' AND deleted_at IS NULL ORDER BY id DESC"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await;
        self.heed(rows.map_err(Error::from).and_then(|rows| self.heads(&rows)))
    }

    /// What can be read of each: one bad value hides no run.
    fn heads(&self, rows: &[SqliteRow]) -> Result<Vec<RunHead>> {
        let mut heads = Vec::with_capacity(rows.len());
        for row in rows {
            let mut gaps = Gaps::default();
            let head = run_head(row, &mut gaps)?;
            self.tell(&gaps, || format!("run {}", head.id.0));
            heads.push(head);
        }
        Ok(heads)
    }

    /// The server's ids of an app's runs made here, but for one run. What the log alone told of may be that one.
    pub async fn server_run_ids(&self, app: &AppId, but: &RunId) -> Result<Vec<String>> {
        let sql = "SELECT server_run_id FROM run WHERE app_id = ? AND server_run_id IS NOT NULL AND id <> ? \
                   AND origin NOT IN ('server', 'web_app', 'other')";
        let rows = sqlx::query(sql).bind(&app.0).bind(&but.0).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Runs that are over and whose result files may be missing: of those that ended after `since`, and of older
    /// ones that were just being fetched.
    pub async fn unfetched_runs(&self, since: i64) -> Result<Vec<RunId>> {
        // Ids sort by start: the newest few hundred hold every run that ended a moment ago. Of those made here: a log may
        // bring thousands of newer ones.
        let sql = "SELECT id FROM run WHERE origin = 'here' AND deleted_at IS NULL AND id IN ( \
            SELECT run_id FROM run_file WHERE local = 'fetching' UNION \
            SELECT id FROM (SELECT id, finished_at FROM run WHERE origin = 'here' ORDER BY id DESC LIMIT 500) \
            WHERE finished_at > ?)";
        let rows = sqlx::query(sql).bind(since).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
    }

    async fn texts(&self, id: &RunId, gaps: &mut Gaps) -> Result<Vec<TextPart>> {
        let rows = sqlx::query("SELECT source, text FROM run_text WHERE run_id = ? ORDER BY id")
            .bind(&id.0)
            .fetch_all(&self.pool)
            .await?;
        let mut parts: Vec<TextPart> = Vec::new();
        for row in &rows {
            let (source, text) = (gaps.text(row, "source")?, gaps.text(row, "text")?);
            match parts.iter_mut().find(|part| part.source == source) {
                Some(part) => part.text.push_str(&text),
                None => parts.push(TextPart { source, text }),
            }
        }
        Ok(parts)
    }
}

pub(super) fn run_head(row: &impl Cells, gaps: &mut Gaps) -> Result<RunHead> {
    Ok(RunHead {
        id: RunId(gaps.text(row, "id")?),
        app_id: AppId(gaps.text(row, "app_id")?),
        title: gaps.text(row, "title")?,
        status: RunStatus::from_word(&gaps.text(row, "status")?),
        started_at: row.int("started_at")?.unwrap_or_default(),
        finished_at: row.int("finished_at")?,
        elapsed: row.real("elapsed")?,
        total_tokens: row.int("total_tokens")?,
        total_steps: row.int("total_steps")?,
        contact: None,
        error: gaps.json(row, "error")?,
        server: ServerIds {
            run_id: gaps.text_or_none(row, "server_run_id")?,
            task_id: gaps.text_or_none(row, "task_id")?,
            workflow_id: gaps.text_or_none(row, "workflow_id")?,
            trace_id: gaps.text_or_none(row, "trace_id")?,
            user: gaps.text_or_none(row, "user_id")?,
        },
    })
}
