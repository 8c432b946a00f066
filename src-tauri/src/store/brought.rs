//! Runs that were brought as files: written whole, in one transaction, and the apps they name.

use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{
    Result, Store, StoredFile, StoredSent, StoredSound, entries, forms::form_id, log_lines::take_over_brought,
    out::said,
};
use crate::model::{
    Millis,
    app::{AppId, Branding, Origin},
    form::{Entries, Form},
    history::{Contents, Remarks, RunOrigin},
    run::{Run, RunId},
};

/// A run as it is brought, with what belongs to it.
#[derive(Debug, Clone)]
pub struct BroughtRun {
    pub run: Run,
    pub contents: Contents,
    pub entries: Entries,
    pub form: Form,
    pub remarks: Remarks,
    pub files: Vec<StoredFile>,
    pub sent: Vec<StoredSent>,
    pub sounds: Vec<StoredSound>,
}

impl Store {
    /// Whether there is a run of this id, also one that was deleted and is not gone yet.
    pub async fn has_run(&self, id: &RunId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM run WHERE id = ?)";
        Ok(sqlx::query_scalar(sql).bind(&id.0).fetch_one(&self.pool).await?)
    }

    /// The app of this name: a connected one first, else one that was removed or stands for runs that were brought.
    pub async fn app_called(&self, origin: Origin, title: &str) -> Result<Option<AppId>> {
        let sql = "SELECT id FROM app WHERE origin = ? AND coalesce(given_name, json_extract(branding, '$.title')) = ? \
                   AND json_valid(branding) \
                   ORDER BY removed_at IS NOT NULL, position, id LIMIT 1";
        let found: Option<String> =
            sqlx::query_scalar(sql).bind(said(origin)).bind(title).fetch_optional(&self.pool).await?;
        Ok(found.map(AppId))
    }

    /// An app that was never connected here, for the runs that name it: it has a face, and nothing to ask.
    pub async fn add_face(
        &self,
        id: &AppId,
        origin: Origin,
        branding: &Branding,
        form: &Form,
        at: Millis,
    ) -> Result<()> {
        let mut writing = self.write(false).await?;
        sqlx::query(
            "INSERT INTO app (id, position, origin, base_url, user_id, key_state, branding, form, refreshed_at, \
             removed_at) VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM app), ?, '', '', 'missing', ?, ?, ?, ?)",
        )
        .bind(&id.0)
        .bind(said(origin))
        .bind(serde_json::to_string(branding)?)
        .bind(serde_json::to_string(form)?)
        .bind(at)
        .bind(at)
        .execute(&mut *writing.transaction)
        .await?;
        writing.commit().await
    }

    /// Apps that are no longer connected, or never were, and whose runs are here: how they are shown.
    pub async fn faces(&self) -> Result<Vec<(AppId, Branding)>> {
        let sql =
            "SELECT id FROM app WHERE removed_at IS NOT NULL AND EXISTS (SELECT 1 FROM run WHERE app_id = app.id)";
        let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.pool).await?;
        let mut faces = Vec::with_capacity(ids.len());
        for id in ids {
            let app = self.app(&AppId(id)).await?.app;
            faces.push((app.id, app.branding));
        }
        Ok(faces)
    }

    /// The run that the app's log told of under this name, as far as it is listed, and how much of it is here.
    pub async fn line_of(&self, app: &AppId, server_run: &str) -> Result<Option<(RunId, Contents)>> {
        line_of(&mut *self.pool.acquire().await?, app, server_run).await
    }

    /// Writes a run that was brought, whole or not at all. One that the log told of becomes one with it; where that was
    /// fetched with its details already, nothing is written, and it is the answer: a file may be anybody's.
    pub async fn add_brought(&self, brought: &BroughtRun) -> Result<Option<RunId>> {
        let mut writing = self.write(true).await?;
        let transaction = &mut writing.transaction;
        let head = &brought.run.head;
        if let Some(server_run) = &head.server.run_id
            && let Some((here, Contents::Whole)) = line_of(transaction, &head.app_id, server_run).await?
        {
            return Ok(Some(here));
        }
        add_run(transaction, brought).await?;
        add_parts(transaction, brought).await?;
        add_files(transaction, brought).await?;
        take_over_brought(transaction, head).await?;
        writing.commit().await?;
        Ok(None)
    }
}

async fn line_of(
    connection: &mut SqliteConnection,
    app: &AppId,
    server_run: &str,
) -> Result<Option<(RunId, Contents)>> {
    let sql = "SELECT id, contents = 'head' FROM run WHERE app_id = ? AND server_run_id = ? \
               AND origin IN ('server', 'web_app', 'other') AND deleted_at IS NULL ORDER BY contents = 'head' LIMIT 1";
    let found: Option<(String, bool)> =
        sqlx::query_as(sql).bind(&app.0).bind(server_run).fetch_optional(connection).await?;
    Ok(found.map(|(id, is_head)| (RunId(id), if is_head { Contents::Head } else { Contents::Whole })))
}

async fn add_run(transaction: &mut Transaction<'_, Sqlite>, brought: &BroughtRun) -> Result<()> {
    let (head, remarks) = (&brought.run.head, &brought.remarks);
    sqlx::query(
        "INSERT INTO run (id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps, error, \
         server_run_id, workflow_id, origin, contents, name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&head.id.0)
    .bind(&head.app_id.0)
    .bind(&head.title)
    .bind(head.status.as_str())
    .bind(head.started_at)
    .bind(head.finished_at)
    .bind(head.elapsed)
    .bind(head.total_tokens)
    .bind(head.total_steps)
    .bind(head.error.as_ref().map(serde_json::to_string).transpose()?)
    .bind(&head.server.run_id)
    .bind(&head.server.workflow_id)
    .bind(said(RunOrigin::File))
    .bind(said(brought.contents))
    .bind(Some(&remarks.name).filter(|name| !name.is_empty()))
    .execute(&mut **transaction)
    .await?;
    let form = form_id(transaction, &brought.form).await?;
    sqlx::query(
        "INSERT INTO run_body (run_id, entries, inputs, outputs, notices, questions, form_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&head.id.0)
    .bind(entries::stored(&brought.entries, &brought.run.inputs)?)
    .bind(serde_json::to_string(&brought.run.inputs)?)
    .bind(serde_json::to_string(&brought.run.outputs)?)
    .bind(serde_json::to_string(&brought.run.notices)?)
    .bind(serde_json::to_string(&brought.run.questions)?)
    .bind(form)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn add_parts(transaction: &mut Transaction<'_, Sqlite>, brought: &BroughtRun) -> Result<()> {
    let (run, remarks) = (&brought.run, &brought.remarks);
    let id = &run.head.id.0;
    for (place, step) in (0_u32..).zip(&run.steps) {
        sqlx::query("INSERT INTO step (run_id, position, step) VALUES (?, ?, ?)")
            .bind(id)
            .bind(place)
            .bind(serde_json::to_string(step)?)
            .execute(&mut **transaction)
            .await?;
    }
    for text in &run.texts {
        sqlx::query("INSERT INTO run_text (run_id, source, text) VALUES (?, ?, ?)")
            .bind(id)
            .bind(&text.source)
            .bind(&text.text)
            .execute(&mut **transaction)
            .await?;
    }
    if !remarks.note.is_empty() {
        sqlx::query("INSERT INTO run_note (run_id, note) VALUES (?, ?)")
            .bind(id)
            .bind(&remarks.note)
            .execute(&mut **transaction)
            .await?;
    }
    for tag in &remarks.tags {
        sqlx::query("INSERT INTO run_tag (run_id, tag) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(id)
            .bind(tag)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

async fn add_files(transaction: &mut Transaction<'_, Sqlite>, brought: &BroughtRun) -> Result<()> {
    let id = &brought.run.head.id.0;
    for stored in &brought.files {
        let file = &stored.file;
        sqlx::query(
            "INSERT INTO run_file (run_id, position, variable, name, extension, mime_type, size, local, stored_as) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(file.index)
        .bind(&file.variable)
        .bind(&file.name)
        .bind(&file.extension)
        .bind(&file.mime_type)
        .bind(file.size.and_then(|size| i64::try_from(size).ok()))
        .bind(file.local.as_str())
        .bind(&stored.stored_as)
        .execute(&mut **transaction)
        .await?;
    }
    for sent in &brought.sent {
        sqlx::query(
            "INSERT INTO sent_file (run_id, position, staged_id, variable, label, name, size, modified_at, copy, \
             stored_as, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(sent.index)
        .bind(sent.staged.as_ref().map(|staged| &staged.0))
        .bind(&sent.variable)
        .bind(&sent.label)
        .bind(&sent.name)
        .bind(sent.size.and_then(|size| i64::try_from(size).ok()))
        .bind(sent.modified_at)
        .bind(sent.copy.as_str())
        .bind(&sent.stored_as)
        .bind(&sent.content)
        .execute(&mut **transaction)
        .await?;
    }
    for sound in &brought.sounds {
        sqlx::query(
            "INSERT INTO sound (run_id, place, text_hash, stored_as, pieces, complete) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(id)
        .bind(sound.place)
        .bind(&sound.text_hash)
        .bind(&sound.stored_as)
        .bind(serde_json::to_string(&sound.pieces)?)
        .bind(sound.complete)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}
