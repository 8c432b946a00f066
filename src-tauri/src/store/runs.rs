//! Runs: saved from their first moment, in pieces, so that each save costs what is new.

use std::sync::atomic::Ordering;

use sqlx::{Sqlite, Transaction};

use super::{Error, Result, Store, entries, forms::form_id, kept::name_staged, now, prepared::send_as};
use crate::model::{
    file::RunFile,
    form::{Entries, Form},
    human_input::Question,
    prepared::PreparedId,
    run::{Notice, Run, RunHead, RunId, Step, TextPart, UnknownEvent},
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

impl Store {
    /// Writes a run for the first time.
    pub async fn add_run(&self, run: &Run, entries: &Entries, form: &Form) -> Result<()> {
        self.add_run_of(run, entries, form, None).await
    }

    /// The same for a run that was kept ready, which is sent once: [`Error::NotFound`] where it was already.
    pub async fn add_run_of(
        &self,
        run: &Run,
        entries: &Entries,
        form: &Form,
        prepared: Option<&PreparedId>,
    ) -> Result<()> {
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
        let form = form_id(transaction, form).await?;
        sqlx::query(
            "INSERT INTO run_body (run_id, entries, inputs, outputs, notices, form_id) VALUES (?, ?, ?, '{}', '[]', ?)",
        )
        .bind(&head.id.0)
        .bind(entries::stored(entries, &run.inputs)?)
        .bind(serde_json::to_string(&run.inputs)?)
        .bind(form)
        .execute(&mut **transaction)
        .await?;
        name_staged(transaction, &head.id, entries).await?;
        if let Some(prepared) = prepared {
            send_as(transaction, prepared, &head.id).await?;
        }
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
        let mut became_one = false;
        if let Some(head) = &save.head {
            save_head(transaction, head).await?;
            became_one = super::log_lines::take_over(transaction, head).await?;
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
        if !save.texts.is_empty() {
            sqlx::query("UPDATE run SET text_at = ? WHERE id = ?")
                .bind(now())
                .bind(&id.0)
                .execute(&mut **transaction)
                .await?;
        }
        write_body(transaction, id, "outputs", save.outputs.as_ref()).await?;
        write_body(transaction, id, "notices", save.notices.as_ref()).await?;
        write_body(transaction, id, "questions", save.questions.as_ref()).await?;
        if save.questions.is_some() {
            super::kept::forget_answers(transaction, id).await?;
            super::search::mark(transaction, id).await?;
        }
        write_body(transaction, id, "unknown_events", save.unknown_events.as_ref()).await?;
        writing.commit().await?;
        if became_one {
            self.became_one.store(true, Ordering::Release);
        }
        Ok(())
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
        .bind(file.local.as_str())
        .bind(&stored.stored_as)
        .execute(&mut *writing.transaction)
        .await?;
        writing.commit().await
    }

    /// Downloads of a run that were broken off will not finish any more.
    pub async fn give_up_fetching(&self, id: &RunId) -> Result<()> {
        let sql = "UPDATE run_file SET local = 'failed', stored_as = NULL WHERE run_id = ? AND local = 'fetching'";
        sqlx::query(sql).bind(&id.0).execute(&self.pool).await?;
        Ok(())
    }
}

pub(super) async fn save_head(transaction: &mut Transaction<'_, Sqlite>, head: &RunHead) -> Result<()> {
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

/// What is new of one column. Its name is one of this file's own words.
pub(super) async fn write_body(
    transaction: &mut Transaction<'_, Sqlite>,
    id: &RunId,
    column: &'static str,
    value: Option<&impl serde::Serialize>,
) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    let value = serde_json::to_string(value)?;
    let sql = format!("UPDATE run_body SET {column} = ? WHERE run_id = ?");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value).bind(&id.0).execute(&mut **transaction).await?;
    Ok(())
}
