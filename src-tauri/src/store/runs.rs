//! Runs: saved from their first moment, in pieces, so that each save costs what is new.

use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Error, Result, Store, kept::name_staged};
use crate::model::{
    app::AppId,
    file::{LocalCopy, RunFile},
    form::{Entries, Form},
    human_input::Question,
    run::{Notice, Run, RunHead, RunId, RunPage, RunStatus, ServerIds, Step, TextPart, UnknownEvent},
};

/// What of a run is to be written now.
#[derive(Debug, Clone, Default)]
pub struct RunSave {
    pub head: Option<RunHead>,
    pub steps: Vec<Step>,
    /// Pieces in order of arrival; `replace_texts` deletes what was there before them.
    pub texts: Vec<TextPart>,
    pub replace_texts: bool,
    pub outputs: Option<serde_json::Map<String, serde_json::Value>>,
    pub notices: Option<Vec<Notice>>,
    pub questions: Option<Vec<Question>>,
    pub unknown_events: Option<Vec<UnknownEvent>>,
}

impl RunSave {
    /// Whether it holds what nobody could tell again after a power cut.
    fn is_lasting(&self) -> bool {
        self.head.is_some()
            || !self.texts.is_empty()
            || self.replace_texts
            || self.outputs.is_some()
            || self.questions.is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.head.is_none()
            && self.steps.is_empty()
            && self.texts.is_empty()
            && !self.replace_texts
            && self.outputs.is_none()
            && self.notices.is_none()
            && self.questions.is_none()
            && self.unknown_events.is_none()
    }
}

/// A result file with the name it has in the run's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFile {
    pub file: RunFile,
    pub stored_as: Option<String>,
}

const HEAD: &str = "id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps, \
    error, server_run_id, task_id, workflow_id, trace_id, user_id";

impl Store {
    /// Writes a run for the first time.
    pub async fn add_run(&self, run: &Run, entries: &Entries, form: &Form) -> Result<()> {
        let mut writing = self.write(true).await?;
        let transaction = &mut writing.transaction;
        let head = &run.head;
        sqlx::query("INSERT INTO run (id, app_id, title, status, started_at, trace_id) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(&head.id.0)
            .bind(&head.app_id.0)
            .bind(&head.title)
            .bind(head.status.as_str())
            .bind(head.started_at)
            .bind(&head.server.trace_id)
            .execute(&mut **transaction)
            .await?;
        sqlx::query(
            "INSERT INTO run_body (run_id, entries, inputs, outputs, notices, form) VALUES (?, ?, ?, '{}', '[]', ?)",
        )
        .bind(&head.id.0)
        .bind(serde_json::to_string(entries)?)
        .bind(serde_json::to_string(&run.inputs)?)
        .bind(serde_json::to_string(form)?)
        .execute(&mut **transaction)
        .await?;
        name_staged(transaction, &head.id, entries).await?;
        writing.commit().await
    }

    /// Forgets a run that never was one: the server refused it before it began.
    pub async fn delete_run(&self, id: &RunId) -> Result<()> {
        let mut writing = self.write(true).await?;
        sqlx::query("DELETE FROM run WHERE id = ?").bind(&id.0).execute(&mut *writing.transaction).await?;
        writing.commit().await
    }

    /// Writes what is new of a run, in one transaction.
    pub async fn save_run(&self, id: &RunId, save: &RunSave) -> Result<()> {
        self.heed(self.write_run(id, save).await)
    }

    async fn write_run(&self, id: &RunId, save: &RunSave) -> Result<()> {
        let mut writing = self.write(save.is_lasting()).await?;
        let transaction = &mut writing.transaction;
        if let Some(head) = &save.head {
            save_head(transaction, head).await?;
        }
        for step in &save.steps {
            sqlx::query(
                "INSERT INTO step (run_id, position, step) VALUES (?, ?, ?) \
                 ON CONFLICT (run_id, position) DO UPDATE SET step = excluded.step",
            )
            .bind(&id.0)
            .bind(step.order)
            .bind(serde_json::to_string(step)?)
            .execute(&mut **transaction)
            .await?;
        }
        if save.replace_texts {
            sqlx::query("DELETE FROM run_text WHERE run_id = ?").bind(&id.0).execute(&mut **transaction).await?;
        }
        for piece in &save.texts {
            sqlx::query("INSERT INTO run_text (run_id, source, text) VALUES (?, ?, ?)")
                .bind(&id.0)
                .bind(&piece.source)
                .bind(&piece.text)
                .execute(&mut **transaction)
                .await?;
        }
        if let Some(outputs) = &save.outputs {
            sqlx::query("UPDATE run_body SET outputs = ? WHERE run_id = ?")
                .bind(serde_json::to_string(outputs)?)
                .bind(&id.0)
                .execute(&mut **transaction)
                .await?;
        }
        if let Some(notices) = &save.notices {
            sqlx::query("UPDATE run_body SET notices = ? WHERE run_id = ?")
                .bind(serde_json::to_string(notices)?)
                .bind(&id.0)
                .execute(&mut **transaction)
                .await?;
        }
        if let Some(questions) = &save.questions {
            sqlx::query("UPDATE run_body SET questions = ? WHERE run_id = ?")
                .bind(serde_json::to_string(questions)?)
                .bind(&id.0)
                .execute(&mut **transaction)
                .await?;
        }
        if let Some(events) = &save.unknown_events {
            sqlx::query("UPDATE run_body SET unknown_events = ? WHERE run_id = ?")
                .bind(serde_json::to_string(events)?)
                .bind(&id.0)
                .execute(&mut **transaction)
                .await?;
        }
        writing.commit().await
    }

    pub async fn save_run_file(&self, id: &RunId, stored: &StoredFile) -> Result<()> {
        let file = &stored.file;
        let mut writing = self.write(false).await?;
        sqlx::query(
            "INSERT INTO run_file (run_id, position, variable, name, extension, mime_type, size, local, stored_as) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, position) DO UPDATE SET \
             name = excluded.name, extension = excluded.extension, mime_type = excluded.mime_type, \
             size = excluded.size, local = excluded.local, stored_as = excluded.stored_as",
        )
        .bind(&id.0)
        .bind(file.index)
        .bind(&file.variable)
        .bind(&file.name)
        .bind(&file.extension)
        .bind(&file.mime_type)
        .bind(file.size.and_then(|size| i64::try_from(size).ok()))
        .bind(match file.local {
            LocalCopy::Fetching => "fetching",
            LocalCopy::Stored => "stored",
            LocalCopy::Failed => "failed",
        })
        .bind(&stored.stored_as)
        .execute(&mut *writing.transaction)
        .await?;
        writing.commit().await
    }

    /// A run with everything that was kept of it.
    pub async fn run(&self, id: &RunId) -> Result<Run> {
        self.heed(self.read_run(id).await)
    }

    async fn read_run(&self, id: &RunId) -> Result<Run> {
        let head = self.run_head(id).await?;
        let body =
            sqlx::query("SELECT inputs, outputs, notices, questions, unknown_events FROM run_body WHERE run_id = ?")
                .bind(&id.0)
                .fetch_one(&self.pool)
                .await?;
        let steps = sqlx::query("SELECT step FROM step WHERE run_id = ? ORDER BY position")
            .bind(&id.0)
            .fetch_all(&self.pool)
            .await?;
        Ok(Run {
            head,
            inputs: serde_json::from_str(body.try_get("inputs")?)?,
            steps: steps.iter().map(|row| Ok(serde_json::from_str(row.try_get(0)?)?)).collect::<Result<Vec<Step>>>()?,
            texts: self.texts(id).await?,
            outputs: serde_json::from_str(body.try_get("outputs")?)?,
            files: self.run_files(id).await?.into_iter().map(|stored| stored.file).collect(),
            notices: serde_json::from_str(body.try_get("notices")?)?,
            questions: serde_json::from_str(body.try_get("questions")?)?,
            unknown_events: serde_json::from_str(body.try_get("unknown_events")?)?,
        })
    }

    pub async fn run_head(&self, id: &RunId) -> Result<RunHead> {
        let sql = format!("SELECT {HEAD} FROM run WHERE id = ?");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).fetch_one(&self.pool).await?;
        run_head(&row)
    }

    pub async fn run_files(&self, id: &RunId) -> Result<Vec<StoredFile>> {
        let rows = sqlx::query(
            "SELECT position, variable, name, extension, mime_type, size, local, stored_as \
             FROM run_file WHERE run_id = ? ORDER BY position",
        )
        .bind(&id.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let local: &str = row.try_get("local")?;
                Ok(StoredFile {
                    file: RunFile {
                        index: row.try_get("position")?,
                        variable: row.try_get("variable")?,
                        name: row.try_get("name")?,
                        extension: row.try_get("extension")?,
                        mime_type: row.try_get("mime_type")?,
                        size: row.try_get::<Option<i64>, _>("size")?.and_then(|size| u64::try_from(size).ok()),
                        local: match local {
                            "stored" => LocalCopy::Stored,
                            "fetching" => LocalCopy::Fetching,
                            _ => LocalCopy::Failed,
                        },
                    },
                    stored_as: row.try_get("stored_as")?,
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
        let sql = format!("SELECT {HEAD} FROM run WHERE {of_app} AND {older} ORDER BY id DESC LIMIT ?3");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(app.map(|app| &app.0))
            .bind(before.map(|before| &before.0))
            .bind(limit + 1)
            .fetch_all(&self.pool)
            .await;
        let runs = rows.map_err(Error::from).and_then(|rows| rows.iter().map(run_head).collect::<Result<Vec<_>>>());
        let mut runs = self.heed(runs)?;
        let more = runs.len() > limit as usize;
        runs.truncate(limit as usize);
        let next = if more { runs.last().map(|run| run.id.clone()) } else { None };
        Ok(RunPage { runs, next })
    }

    /// Runs that are not over, newest first.
    pub async fn unfinished_runs(&self) -> Result<Vec<RunHead>> {
        // The words must be those of the partial index.
        let sql = format!(
            "SELECT {HEAD} FROM run WHERE status IN ('preparing', 'uploading', 'starting', 'running', 'stopping', \
             'out_of_contact', 'waiting', 'paused') ORDER BY id DESC"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(run_head).collect()
    }

    /// The server's ids of an app's runs, but for one run.
    pub async fn server_run_ids(&self, app: &AppId, but: &RunId) -> Result<Vec<String>> {
        let sql = "SELECT server_run_id FROM run WHERE app_id = ? AND server_run_id IS NOT NULL AND id <> ?";
        let rows = sqlx::query(sql).bind(&app.0).bind(&but.0).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Runs that are over and whose result files may be missing: of those that ended after `since`, and of older
    /// ones that were just being fetched.
    pub async fn unfetched_runs(&self, since: i64) -> Result<Vec<RunId>> {
        // Ids sort by start: the newest few hundred hold every run that ended a moment ago.
        let sql = "SELECT DISTINCT run_id FROM run_file WHERE local = 'fetching' UNION \
            SELECT id FROM (SELECT id, finished_at FROM run ORDER BY id DESC LIMIT 500) WHERE finished_at > ?";
        let rows = sqlx::query(sql).bind(since).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(RunId(row.try_get(0)?))).collect()
    }

    /// Downloads of a run that were broken off will not finish any more.
    pub async fn give_up_fetching(&self, id: &RunId) -> Result<()> {
        let sql = "UPDATE run_file SET local = 'failed', stored_as = NULL WHERE run_id = ? AND local = 'fetching'";
        sqlx::query(sql).bind(&id.0).execute(&self.pool).await?;
        Ok(())
    }

    async fn texts(&self, id: &RunId) -> Result<Vec<TextPart>> {
        let rows = sqlx::query("SELECT source, text FROM run_text WHERE run_id = ? ORDER BY id")
            .bind(&id.0)
            .fetch_all(&self.pool)
            .await?;
        let mut parts: Vec<TextPart> = Vec::new();
        for row in &rows {
            let (source, text): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            match parts.iter_mut().find(|part| part.source == source) {
                Some(part) => part.text.push_str(text),
                None => parts.push(TextPart { source: source.to_owned(), text: text.to_owned() }),
            }
        }
        Ok(parts)
    }
}

async fn save_head(transaction: &mut Transaction<'_, Sqlite>, head: &RunHead) -> Result<()> {
    let done = sqlx::query(
        "UPDATE run SET title = ?, status = ?, finished_at = ?, elapsed = ?, total_tokens = ?, total_steps = ?, \
         error = ?, server_run_id = ?, task_id = ?, workflow_id = ?, trace_id = ?, user_id = ? WHERE id = ?",
    )
    .bind(&head.title)
    .bind(head.status.as_str())
    .bind(head.finished_at)
    .bind(head.elapsed)
    .bind(head.total_tokens)
    .bind(head.total_steps)
    .bind(head.error.as_ref().map(serde_json::to_string).transpose()?)
    .bind(&head.server.run_id)
    .bind(&head.server.task_id)
    .bind(&head.server.workflow_id)
    .bind(&head.server.trace_id)
    .bind(&head.server.user)
    .bind(&head.id.0)
    .execute(&mut **transaction)
    .await?;
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

fn run_head(row: &SqliteRow) -> Result<RunHead> {
    let status: &str = row.try_get("status")?;
    let error: Option<&str> = row.try_get("error")?;
    Ok(RunHead {
        id: RunId(row.try_get("id")?),
        app_id: AppId(row.try_get("app_id")?),
        title: row.try_get("title")?,
        status: RunStatus::from_word(status),
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        elapsed: row.try_get("elapsed")?,
        total_tokens: row.try_get("total_tokens")?,
        total_steps: row.try_get("total_steps")?,
        contact: None,
        error: error.map(serde_json::from_str).transpose()?,
        server: ServerIds {
            run_id: row.try_get("server_run_id")?,
            task_id: row.try_get("task_id")?,
            workflow_id: row.try_get("workflow_id")?,
            trace_id: row.try_get("trace_id")?,
            user: row.try_get("user_id")?,
        },
    })
}
