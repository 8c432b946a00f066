//! What users entered: drafts, and the files that these, saved inputs and the runs name.

use std::path::{Path, PathBuf};

use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Error, Result, Store, entries, forms::FORM, gaps::Gaps};
use crate::model::{
    Millis,
    app::AppId,
    file::StagedId,
    form::{Entries, Form, staged_in},
    kept::Draft,
    run::{InputShown, RunId},
};

/// A chosen file as it is found again after a restart.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredStaged {
    pub id: StagedId,
    pub path: PathBuf,
    pub name: String,
    pub size: u64,
    pub modified_at: Option<Millis>,
    pub staged_at: Millis,
    pub sent: Option<SentTo>,
}

/// The server's id of a file; it means something to that server and that user only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentTo {
    pub upload_file_id: String,
    pub base_url: String,
    pub user: String,
    pub at: Millis,
}

/// What a past run was filled in with.
#[derive(Debug, Clone)]
pub struct RunFilled {
    pub app: AppId,
    pub entries: Entries,
    /// Runs of earlier versions have none.
    pub form: Option<Form>,
    pub inputs: Vec<InputShown>,
}

/// How far back a run with the same inputs is looked for.
const NEWEST: u32 = 50;

impl Store {
    pub async fn draft(&self, app: &AppId) -> Result<Option<Draft>> {
        let sql = "SELECT entries, form, changes, revision FROM draft WHERE app_id = ?";
        let Some(row) = sqlx::query(sql).bind(&app.0).fetch_optional(&self.pool).await? else { return Ok(None) };
        let mut gaps = Gaps::default();
        let draft = Draft {
            entries: gaps.json_or_default(&row, "entries")?,
            form: self.form_or_now(gaps.json(&row, "form")?, app).await?,
            changes: gaps.json_or_default(&row, "changes")?,
            revision: row.try_get("revision")?,
        };
        self.tell(&gaps, || format!("draft of app {}", app.0));
        Ok(Some(draft))
    }

    /// What changed since a form that cannot be read any more cannot be told.
    pub(super) async fn form_or_now(&self, form: Option<Form>, app: &AppId) -> Result<Form> {
        match form {
            Some(form) => Ok(form),
            None => self.form(app).await,
        }
    }

    pub async fn save_draft(&self, app: &AppId, draft: &Draft, at: Millis) -> Result<()> {
        sqlx::query(
            "INSERT INTO draft (app_id, entries, form, changes, revision, changed_at) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (app_id) DO UPDATE SET entries = excluded.entries, form = excluded.form, \
             changes = excluded.changes, revision = excluded.revision, changed_at = excluded.changed_at \
             WHERE excluded.revision > draft.revision",
        )
        .bind(&app.0)
        .bind(serde_json::to_string(&draft.entries)?)
        .bind(serde_json::to_string(&draft.form)?)
        .bind(serde_json::to_string(&draft.changes)?)
        .bind(draft.revision)
        .bind(at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What was entered for a question so far, and at which revision.
    pub async fn answer_draft(&self, run: &RunId, place: u32) -> Result<Option<(Entries, u32)>> {
        let sql = "SELECT entries, revision FROM answer_draft WHERE run_id = ? AND place = ?";
        let row = sqlx::query(sql).bind(&run.0).bind(place).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let mut gaps = Gaps::default();
        let entries = gaps.json_or_default(&row, "entries")?;
        self.tell(&gaps, || format!("draft of an answer for run {}", run.0));
        Ok(Some((entries, row.try_get("revision")?)))
    }

    /// A save that comes late, after a newer one or once the question is settled, changes nothing.
    pub async fn save_answer_draft(
        &self,
        run: &RunId,
        place: u32,
        entries: &Entries,
        revision: u32,
        at: Millis,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO answer_draft (run_id, place, entries, revision, changed_at) \
             SELECT run_id, ?2, ?3, ?4, ?5 FROM run_body WHERE run_id = ?1 \
             AND coalesce(json_extract(questions, '$[' || ?2 || '].state.state'), 'open') = 'open' \
             ON CONFLICT (run_id, place) DO UPDATE SET entries = excluded.entries, revision = excluded.revision, \
             changed_at = excluded.changed_at WHERE excluded.revision > answer_draft.revision",
        )
        .bind(&run.0)
        .bind(place)
        .bind(serde_json::to_string(entries)?)
        .bind(revision)
        .bind(at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn save_staged(&self, file: &StoredStaged) -> Result<()> {
        self.save_all_staged(std::slice::from_ref(file)).await
    }

    /// All of them, or none.
    pub async fn save_all_staged(&self, files: &[StoredStaged]) -> Result<()> {
        let mut writing = self.write(false).await?;
        for file in files {
            let sent = file.sent.as_ref();
            sqlx::query(
                "INSERT INTO staged_file (id, path, name, size, modified_at, staged_at, upload_file_id, base_url, \
                 user_id, uploaded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET \
                 size = excluded.size, modified_at = excluded.modified_at, upload_file_id = excluded.upload_file_id, \
                 base_url = excluded.base_url, user_id = excluded.user_id, uploaded_at = excluded.uploaded_at",
            )
            .bind(&file.id.0)
            .bind(path_bytes(&file.path))
            .bind(&file.name)
            .bind(i64::try_from(file.size).unwrap_or(i64::MAX))
            .bind(file.modified_at)
            .bind(file.staged_at)
            .bind(sent.map(|sent| &sent.upload_file_id))
            .bind(sent.map(|sent| &sent.base_url))
            .bind(sent.map(|sent| &sent.user))
            .bind(sent.map(|sent| sent.at))
            .execute(&mut *writing.transaction)
            .await?;
        }
        writing.commit().await
    }

    /// What is known of these files; a file nobody kept is left out.
    pub async fn staged_files(&self, ids: &[StagedId]) -> Result<Vec<StoredStaged>> {
        let sql = "SELECT id, path, name, size, modified_at, staged_at, upload_file_id, base_url, user_id, \
                   uploaded_at FROM staged_file WHERE id IN (SELECT value FROM json_each(?))";
        let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
        let rows = sqlx::query(sql).bind(serde_json::to_string(&ids)?).fetch_all(&self.pool).await?;
        // A file that cannot be read any more is one that nobody kept.
        let read = |row| staged(row).inspect_err(|error| tracing::error!("a chosen file cannot be read: {error}")).ok();
        Ok(rows.iter().filter_map(read).collect())
    }

    /// Where all kept files lie.
    pub async fn staged_paths(&self) -> Result<Vec<PathBuf>> {
        let paths: Vec<Vec<u8>> = sqlx::query_scalar("SELECT path FROM staged_file").fetch_all(&self.pool).await?;
        Ok(paths.into_iter().map(path_from).collect())
    }

    /// Where files were chosen last for an app.
    pub async fn last_folder(&self, app: &AppId) -> Result<Option<PathBuf>> {
        let sql = "SELECT folder FROM last_folder WHERE app_id = ?";
        let folder: Option<Vec<u8>> = sqlx::query_scalar(sql).bind(&app.0).fetch_optional(&self.pool).await?;
        Ok(folder.map(path_from))
    }

    pub async fn save_last_folder(&self, app: &AppId, folder: &Path, at: Millis) -> Result<()> {
        sqlx::query(
            "INSERT INTO last_folder (app_id, folder, used_at) VALUES (?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET \
             folder = excluded.folder, used_at = excluded.used_at",
        )
        .bind(&app.0)
        .bind(path_bytes(folder))
        .bind(at)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What a server has of the very file at this path, as it is now, from this user.
    pub async fn sent_before(
        &self,
        path: &Path,
        size: u64,
        modified_at: Millis,
        base_url: &str,
        user: &str,
    ) -> Result<Option<SentTo>> {
        let sql = "SELECT id, path, name, size, modified_at, staged_at, upload_file_id, base_url, user_id, \
                   uploaded_at FROM staged_file WHERE path = ? AND size = ? AND modified_at = ? AND base_url = ? \
                   AND user_id = ? AND upload_file_id IS NOT NULL ORDER BY uploaded_at DESC LIMIT 1";
        let row = sqlx::query(sql)
            .bind(path_bytes(path))
            .bind(i64::try_from(size).unwrap_or(i64::MAX))
            .bind(modified_at)
            .bind(base_url)
            .bind(user)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.as_ref().map(staged).transpose()?.and_then(|file| file.sent))
    }

    /// The server does not know this id any more, whichever file goes by it.
    pub async fn forget_sent(&self, sent: &SentTo) -> Result<()> {
        sqlx::query(
            "UPDATE staged_file SET upload_file_id = NULL, base_url = NULL, user_id = NULL, uploaded_at = NULL \
             WHERE upload_file_id = ? AND base_url = ?",
        )
        .bind(&sent.upload_file_id)
        .bind(&sent.base_url)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Clears what cannot be asked for any more: what belongs to apps that were removed, saved inputs whose removal
    /// can no longer be undone, and files from before `before` that nobody names. Gives the number of those files.
    pub async fn clear_kept(&self, before: Millis) -> Result<u64> {
        let mut writing = self.write(false).await?;
        let transaction = &mut writing.transaction;
        for sql in [
            "DELETE FROM draft WHERE app_id IN (SELECT id FROM app WHERE removed_at < ?1)",
            "DELETE FROM last_folder WHERE app_id IN (SELECT id FROM app WHERE removed_at < ?1)",
            "DELETE FROM answer_draft WHERE run_id IN (SELECT run.id FROM run JOIN app ON app.id = run.app_id \
             WHERE app.removed_at < ?1)",
            "DELETE FROM preset WHERE removed_at < ?1 OR app_id IN (SELECT id FROM app WHERE removed_at < ?1)",
            "DELETE FROM prepared WHERE removed_at < ?1 OR app_id IN (SELECT id FROM app WHERE removed_at < ?1)",
        ] {
            sqlx::query(sql).bind(before).execute(&mut **transaction).await?;
        }
        let cleared = forget_unnamed(transaction, None, before).await?;
        writing.commit().await?;
        Ok(cleared)
    }

    /// What the newest runs of an app were given, as far as it can be read.
    pub async fn newest_inputs(&self, app: &AppId) -> Result<Vec<(RunId, Vec<InputShown>)>> {
        let rows = sqlx::query(
            // Which they are stands in the index.
            "SELECT id, inputs FROM (SELECT id FROM run WHERE app_id = ? AND origin = 'here' AND deleted_at IS NULL \
             ORDER BY id DESC LIMIT ?) JOIN run_body ON run_id = id ORDER BY id DESC",
        )
        .bind(&app.0)
        .bind(NEWEST)
        .fetch_all(&self.pool)
        .await;
        let mut newest = Vec::new();
        for row in self.heed(rows.map_err(Error::from))? {
            let mut gaps = Gaps::default();
            let id = RunId(gaps.text(&row, "id")?);
            newest.extend(gaps.json(&row, "inputs")?.map(|inputs| (id.clone(), inputs)));
            self.tell(&gaps, || format!("run {}", id.0));
        }
        Ok(newest)
    }

    /// Without its entries there is nothing to fill in; the rest may be missing.
    pub async fn run_filled(&self, id: &RunId) -> Result<RunFilled> {
        let sql = format!(
            "SELECT app_id, entries, {FORM} AS form, inputs FROM run JOIN run_body ON run_body.run_id = run.id \
             WHERE run.id = ? AND deleted_at IS NULL"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id.0).fetch_one(&self.pool).await?;
        let mut gaps = Gaps::default();
        let stored = gaps.json(&row, "entries")?;
        let filled = RunFilled {
            app: AppId(gaps.text(&row, "app_id")?),
            entries: Entries::default(),
            form: gaps.json(&row, "form")?,
            inputs: gaps.json_or_default(&row, "inputs")?,
        };
        self.tell(&gaps, || format!("run {}", id.0));
        Ok(RunFilled { entries: entries::restored(stored.ok_or(Error::Damaged)?, &filled.inputs), ..filled })
    }
}

/// Whoever settles a question, its half-filled answer is of no use any more.
pub(super) async fn forget_answers(transaction: &mut Transaction<'_, Sqlite>, run: &RunId) -> Result<()> {
    sqlx::query(
        "DELETE FROM answer_draft WHERE run_id = ?1 AND (SELECT json_extract(questions, '$[' || place || \
         '].state.state') FROM run_body WHERE run_id = ?1) <> 'open'",
    )
    .bind(&run.0)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Clears files from before `before` that nobody names: of these, or of all.
pub(super) async fn forget_unnamed(
    transaction: &mut Transaction<'_, Sqlite>,
    of: Option<&[String]>,
    before: Millis,
) -> Result<u64> {
    if of.is_some_and(<[String]>::is_empty) {
        return Ok(0);
    }
    let of_these = if of.is_some() { "id IN (SELECT value FROM json_each(?2))" } else { "?2 IS NULL" };
    // An id stands as the text of some "value", in entries and in what was set aside of them.
    let sql = format!(
        "DELETE FROM staged_file WHERE {of_these} AND staged_at < ?1 \
         AND NOT EXISTS (SELECT 1 FROM run_staged WHERE staged_id = staged_file.id) AND id NOT IN ( \
         SELECT t.atom FROM draft, json_tree(draft.entries) t WHERE t.type = 'text' UNION \
         SELECT t.atom FROM draft, json_tree(draft.changes) t WHERE t.type = 'text' UNION \
         SELECT t.atom FROM answer_draft, json_tree(answer_draft.entries) t WHERE t.type = 'text' UNION \
         SELECT t.atom FROM prepared, json_tree(prepared.entries) t WHERE t.type = 'text' UNION \
         SELECT t.atom FROM preset, json_tree(preset.entries) t WHERE t.type = 'text')"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(before);
    let done = query.bind(of.map(serde_json::to_string).transpose()?).execute(&mut **transaction).await?;
    Ok(done.rows_affected())
}

/// Notes which files a run names, so that they stay.
pub(super) async fn name_staged(
    transaction: &mut Transaction<'_, Sqlite>,
    run: &RunId,
    entries: &Entries,
) -> Result<()> {
    for id in staged_in(entries) {
        sqlx::query("INSERT OR IGNORE INTO run_staged (run_id, staged_id) VALUES (?, ?)")
            .bind(&run.0)
            .bind(&id.0)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn staged(row: &SqliteRow) -> Result<StoredStaged> {
    let sent = match (
        row.try_get::<Option<String>, _>("upload_file_id")?,
        row.try_get::<Option<String>, _>("base_url")?,
        row.try_get::<Option<String>, _>("user_id")?,
        row.try_get::<Option<Millis>, _>("uploaded_at")?,
    ) {
        (Some(upload_file_id), Some(base_url), Some(user), Some(at)) => {
            Some(SentTo { upload_file_id, base_url, user, at })
        }
        _ => None,
    };
    Ok(StoredStaged {
        id: StagedId(row.try_get("id")?),
        path: path_from(row.try_get("path")?),
        name: row.try_get("name")?,
        size: u64::try_from(row.try_get::<i64, _>("size")?).unwrap_or_default(),
        modified_at: row.try_get("modified_at")?,
        staged_at: row.try_get("staged_at")?,
        sent,
    })
}

#[cfg(unix)]
pub(super) fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
pub(super) fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(windows)]
pub(super) fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::windows::ffi::OsStrExt as _;
    path.as_os_str().encode_wide().flat_map(u16::to_le_bytes).collect()
}

#[cfg(windows)]
pub(super) fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::windows::ffi::OsStringExt as _;
    let wide: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    std::ffi::OsString::from_wide(&wide).into()
}
