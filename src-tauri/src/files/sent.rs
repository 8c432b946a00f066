//! What runs were given, and the copies that are kept of it: in the folder `sent` of the run's folder, read-only,
//! because they are what was sent. A document that is sent often is on the disk once: later copies are hard links to
//! the first one. The system shares the blocks of a copy with its original where its disk can do that.

mod copying;
mod news;

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Error, Files,
    look::{Found, Look, kind_of},
    staged::Staged,
};
use crate::{
    model::{
        app::AppId,
        event::AppEvent,
        file::{StagedFile, StagedId, StagedState},
        form::FileEntry,
        run::RunId,
        sent::{Copies, Given, ReadFrom, SentCopy, SentFile},
    },
    store::{StoredSent, now},
};

pub(super) use copying::remove;
use copying::remove_parts;
pub use copying::save_sent;
pub(super) use news::News;

/// One copies at a time, and nobody deletes meanwhile: a link to a copy that just goes would be a copy of nothing.
/// Holds the names in small letters that are taken in the folder of the run that had the last turn.
static TURN: tokio::sync::Mutex<Option<(RunId, Vec<String>)>> = tokio::sync::Mutex::const_new(None);

/// Nothing is copied as long as it lives.
pub struct CopyingHeld(
    #[allow(dead_code, reason = "it is held")] tokio::sync::MutexGuard<'static, Option<(RunId, Vec<String>)>>,
);

pub(super) async fn hold_copying() -> CopyingHeld {
    CopyingHeld(TURN.lock().await)
}

impl Files {
    /// Where the folders of runs are.
    pub fn keeps_runs_in(&self, folder: PathBuf) {
        let _ = self.runs_folder.set(folder);
    }

    /// What is known now of documents that are about to be sent.
    pub fn noted(&self, given: Vec<Given>) -> Vec<StoredSent> {
        let staged = self.staged();
        let note = |given: Given| {
            let mut noted = StoredSent {
                index: 0,
                staged: None,
                variable: given.variable,
                label: given.label,
                name: String::new(),
                path: None,
                size: None,
                modified_at: None,
                copy: SentCopy::None,
                stored_as: None,
                content: None,
            };
            match given.file {
                FileEntry::Link(link) => noted.name = link,
                FileEntry::Staged(id) => {
                    if let Some(staged) = staged.get(&id) {
                        noted.name = staged.file.name.clone();
                        noted.path = staged.path.clone();
                        noted.size = Some(staged.size);
                        noted.modified_at = staged.modified_at;
                    }
                    noted.copy = if noted.path.is_some() { SentCopy::Copying } else { SentCopy::Gone };
                    noted.staged = Some(id);
                }
            }
            noted
        };
        given.into_iter().map(note).collect()
    }

    /// Stores what a run was given and copies it, behind the run: nothing here stops it.
    pub async fn keep_sent(self: &Arc<Self>, app: &AppId, run: &RunId, mut given: Vec<StoredSent>) {
        if given.is_empty() {
            return;
        }
        if !self.store.keeps_copies(app).await.unwrap_or(true) {
            given.iter_mut().for_each(|given| given.copy = SentCopy::None);
        }
        match self.store.add_sent(run, given).await {
            Ok(files) => {
                self.sent_changed(run);
                self.copy_all(run, files).await;
            }
            Err(error) => tracing::error!("what a run was given could not be noted: {error}"),
        }
    }

    /// What a run was given, with where it can be read now.
    pub async fn sent(&self, run: &RunId) -> Result<Vec<(SentFile, Option<PathBuf>)>, Error> {
        let files = self.given_to(run).await?;
        self.looked_at(run, files).await
    }

    async fn given_to(&self, run: &RunId) -> Result<Vec<StoredSent>, Error> {
        let files = self.store.sent(run).await?;
        if files.is_empty() { self.sent_before(run).await } else { Ok(files) }
    }

    async fn looked_at(&self, run: &RunId, files: Vec<StoredSent>) -> Result<Vec<(SentFile, Option<PathBuf>)>, Error> {
        let folder = self.sent_folder(run);
        let looking = tokio::task::spawn_blocking(move || {
            files.into_iter().map(|file| readable(file, folder.as_deref())).collect()
        });
        looking.await.map_err(|_| Error::Unreadable)
    }

    /// Runs of earlier versions noted no documents, but what stood in their forms.
    async fn sent_before(&self, run: &RunId) -> Result<Vec<StoredSent>, Error> {
        let filled = self.store.run_filled(run).await?;
        let given = crate::model::sent::given(&filled.form.unwrap_or_default(), &filled.entries);
        let ids: Vec<StagedId> = given
            .iter()
            .filter_map(|given| if let FileEntry::Staged(id) = &given.file { Some(id.clone()) } else { None })
            .collect();
        let known = self.store.staged_files(&ids).await?;
        let names = |variable: &str| {
            filled.inputs.iter().find(|input| input.variable == variable).and_then(|input| input.value.as_array())
        };
        let mut places = std::collections::HashMap::<String, usize>::new();
        Ok((0..)
            .zip(given)
            .map(|(index, given)| {
                let place = places.entry(given.variable.clone()).or_default();
                let shown = names(&given.variable).and_then(|names| names.get(*place)).and_then(|name| name.as_str());
                *place += 1;
                let (staged, row) = match &given.file {
                    FileEntry::Staged(id) => (Some(id.clone()), known.iter().find(|row| row.id == *id)),
                    FileEntry::Link(_) => (None, None),
                };
                let name = match (&given.file, row) {
                    (FileEntry::Link(link), _) => link.clone(),
                    (_, Some(row)) => row.name.clone(),
                    _ => shown.unwrap_or_default().to_owned(),
                };
                StoredSent {
                    index,
                    staged,
                    variable: given.variable,
                    label: given.label,
                    name,
                    path: row.map(|row| row.path.clone()),
                    size: row.map(|row| row.size),
                    modified_at: row.and_then(|row| row.modified_at),
                    copy: SentCopy::None,
                    stored_as: None,
                    content: None,
                }
            })
            .collect())
    }

    /// Where a document that a run was given can be read, and what it is called. Only it is looked at: others may lie on
    /// a drive that takes its time.
    pub async fn sent_file(&self, run: &RunId, index: u32) -> Result<(PathBuf, String), Error> {
        let files = self.given_to(run).await?.into_iter().filter(|file| file.index == index).collect();
        let (file, path) = self.looked_at(run, files).await?.pop().ok_or(Error::Missing)?;
        Ok((path.ok_or(Error::Missing)?, file.name))
    }

    /// The copy of a chosen file as a chosen file of its own, for when the original is gone.
    pub async fn stage_copy(&self, run: &RunId, of: &StagedId) -> Result<Option<StagedFile>, Error> {
        let rows = self.store.sent(run).await?;
        let copy = rows.into_iter().find(|row| row.staged.as_ref() == Some(of) && row.copy == SentCopy::Kept);
        let Some((copy, folder)) = copy.zip(self.sent_folder(run)) else { return Ok(None) };
        let Some(path) = copy.stored_as.as_ref().map(|name| folder.join(name)) else { return Ok(None) };
        let at = path.clone();
        let look = tokio::task::spawn_blocking(move || Look::at(&at)).await.map_err(|_| Error::Unreadable)?;
        if look.found != Found::File || Some(look.size) != copy.size {
            return Ok(None);
        }
        let Some(mut file) = self.stage(vec![path]).pop() else { return Ok(None) };
        {
            let mut staged = self.staged();
            // What the server has of the original is what was copied only as long as it was not changed and sent anew.
            let is_copied = |original: &&Staged| {
                Some(original.size) == copy.size
                    && original.modified_at.is_some()
                    && original.modified_at == copy.modified_at
            };
            let sent = staged.get(of).filter(is_copied).and_then(|original| original.sent.clone());
            let Some(staged) = staged.get_mut(&file.id) else { return Ok(None) };
            // The server judges it by this name, and not by the one it has in our folder.
            staged.file.name.clone_from(&copy.name);
            (staged.file.extension, staged.file.kind) = kind_of(&copy.name);
            (staged.file.size, staged.size, staged.modified_at) = (look.size, look.size, look.modified_at);
            staged.staged_at = now();
            staged.file.state = match &sent {
                Some(sent) => StagedState::Uploaded { upload_file_id: sent.upload_file_id.clone() },
                None => look.state(),
            };
            staged.sent = sent;
            file.clone_from(&staged.file);
        }
        self.keep(std::slice::from_ref(&file.id)).await;
        Ok(Some(file))
    }

    pub async fn copies(&self) -> Result<Copies, Error> {
        Ok(self.store.copies().await?)
    }

    /// `app` `None`: for all that have no choice of their own; `keep` `None`: as for all.
    pub async fn set_keeps_copies(&self, app: Option<&AppId>, keep: Option<bool>) -> Result<Copies, Error> {
        self.store.set_keeps_copies(app, keep).await?;
        self.copies().await
    }

    /// Deletes the copies of an app's runs, or all, and makes none of those that are still to be made. The runs stay,
    /// and so does what a form still names elsewhere.
    pub async fn delete_copies(&self, app: Option<&AppId>) -> Result<Copies, Error> {
        let mut turn = TURN.lock().await;
        *turn = None;
        for (run, mut queued) in self.store.unfinished_copies(app).await? {
            self.remove_parts_of(&run).await;
            queued.copy = SentCopy::Deleted;
            self.store.save_copy(&run, &queued).await?;
        }
        for (run, mut copy) in self.store.kept_copies(app).await? {
            if let (Some(folder), Some(name)) = (self.sent_folder(&run), copy.stored_as.take()) {
                tokio::task::spawn_blocking(move || remove(&folder.join(name)))
                    .await
                    .map_err(|_| Error::Unreadable)??;
            }
            (copy.copy, copy.content) = (SentCopy::Deleted, None);
            self.store.save_copy(&run, &copy).await?;
        }
        (self.emit)(AppEvent::SentChanged { run_id: None });
        self.copies().await
    }

    /// Takes the copies of a run along that is deleted.
    pub async fn forget_sent(&self, run: &RunId) {
        let Some(folder) = self.sent_folder(run) else { return };
        // Copies of other runs may take minutes, and most runs that are taken back have none.
        if tokio::fs::try_exists(&folder).await.is_ok_and(|there| !there) {
            return;
        }
        let _turn = TURN.lock().await;
        let removed = tokio::task::spawn_blocking(move || {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let _ = remove(&entry.path());
            }
            std::fs::remove_dir(&folder)
        });
        let _ = removed.await;
    }

    /// Removes what a copy left that was killed. Only for whoever has the turn: a part may be one that is being made.
    async fn remove_parts_of(&self, run: &RunId) {
        if let Some(folder) = self.sent_folder(run) {
            let _ = tokio::task::spawn_blocking(move || remove_parts(&folder)).await;
        }
    }

    fn sent_folder(&self, run: &RunId) -> Option<PathBuf> {
        Some(self.runs_folder.get()?.join(&run.0).join("sent"))
    }

    fn sent_changed(&self, run: &RunId) {
        self.sent_news.of(run, &self.emit);
    }
}

/// With where it can be read now. May wait for a slow disk.
fn readable(file: StoredSent, folder: Option<&Path>) -> (SentFile, Option<PathBuf>) {
    let copy = folder.zip(file.stored_as.as_deref()).map(|(folder, name)| folder.join(name));
    let is_there = |path: &Path| {
        let look = Look::at(path);
        look.found == Found::File && Some(look.size) == file.size
    };
    let original = |path: &Path| {
        let look = Look::at(path);
        match look.found {
            Found::File if file.size.is_some_and(|size| look.is_as_was(size, file.modified_at)) => ReadFrom::Original,
            Found::File => ReadFrom::ChangedSince,
            _ => ReadFrom::Nowhere,
        }
    };
    let mut kept = file.copy;
    let (reads, path) = match (copy.filter(|copy| is_there(copy)), &file.path) {
        (Some(copy), _) => (ReadFrom::Copy, Some(copy)),
        (None, path) => {
            if kept == SentCopy::Kept {
                // Somebody else has deleted it.
                kept = SentCopy::Deleted;
            }
            match path.as_deref().map(original) {
                Some(ReadFrom::Original) => (ReadFrom::Original, path.clone()),
                Some(reads) => (reads, None),
                None => (ReadFrom::Nowhere, None),
            }
        }
    };
    let (is_link, known_as) = (file.staged.is_none(), known_as(&file));
    let (extension, _) = kind_of(if is_link { "" } else { &file.name });
    let sent = SentFile {
        index: file.index,
        variable: file.variable,
        label: file.label,
        extension,
        size: file.size,
        copy: kept,
        reads,
        link: is_link.then(|| file.name.clone()),
        known_as,
        name: file.name,
    };
    (sent, path)
}

/// What tells documents apart without reading them: the bytes of a copy, which copies of one document share; and where
/// it was, when and how large. The page is to compare places, and not to know them.
fn known_as(file: &StoredSent) -> Vec<String> {
    let copy = file.content.as_ref().map(|content| format!("copy {content}"));
    let seen = file.path.as_ref().zip(file.modified_at).zip(file.size).map(|seen| {
        let mut hasher = DefaultHasher::new();
        seen.hash(&mut hasher);
        format!("seen {:016x}", hasher.finish())
    });
    copy.into_iter().chain(seen).collect()
}
