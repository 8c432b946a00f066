//! Chosen files: taken in, and found again after a restart.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Error,
    inspect::Inspector,
    look::{Found, Look, kind_of},
    sent::News,
    upload::{Uploading, Uploads},
    walk::Folder,
};
use crate::{
    model::{
        Millis,
        app::App,
        event::{AppEvent, Emit},
        file::{Since, StagedFile, StagedId, StagedState},
        ways::FolderId,
    },
    store::{SentTo, Store, StoredStaged, now},
};

/// How long a form waits for a look at its files; a network folder that does not answer is looked at all the same.
const LOOKING: Duration = Duration::from_secs(2);
/// Written down in one go: others who write get their turn in between.
const WRITTEN_AT_ONCE: usize = 100;

pub struct Files {
    staged: Mutex<HashMap<StagedId, Staged>>,
    /// One writes files down at a time: what was read earlier never lands on what was read later.
    keeping: tokio::sync::Mutex<()>,
    pub(super) folders: Mutex<HashMap<FolderId, Folder>>,
    /// Links that are being fetched.
    pub(super) fetching: Mutex<HashMap<String, CancellationToken>>,
    /// Where files are made of what was none: pasted, or fetched from a link.
    pub(super) own: Option<PathBuf>,
    pub(super) store: Store,
    pub(super) uploads: Uploads,
    pub(super) emit: Emit,
    pub(super) inspector: Inspector,
    /// Copies of what runs were given lie beside their result files.
    pub(super) runs_folder: OnceLock<PathBuf>,
    pub(super) sent_news: News,
}

pub(super) struct Staged {
    pub(super) file: StagedFile,
    /// `None`: of a file chosen once only the name is known.
    pub(super) path: Option<PathBuf>,
    /// Size and time of what was chosen, or sent last.
    pub(super) size: u64,
    pub(super) modified_at: Option<Millis>,
    pub(super) staged_at: Millis,
    pub(super) sent: Option<SentTo>,
    pub(super) upload: Option<Uploading>,
    /// Its refusal was told: who sends it again all the same wants the server asked, not what is remembered of it.
    pub(super) refused: bool,
    /// Nobody has looked at it since it was chosen: size and time are not known.
    pub(super) unseen: bool,
    /// The store has it as it is.
    pub(super) written: bool,
}

impl Files {
    pub fn new(store: Store, emit: Emit) -> Self {
        Self {
            staged: Mutex::default(),
            keeping: tokio::sync::Mutex::default(),
            folders: Mutex::default(),
            fetching: Mutex::default(),
            own: None,
            store,
            uploads: Uploads::default(),
            emit,
            inspector: Inspector::default(),
            runs_folder: OnceLock::new(),
            sent_news: News::default(),
        }
    }

    /// Whoever tests does not wait as long as a server may need.
    pub fn hurried(mut self, times: u32) -> Self {
        self.uploads.hurry = times;
        self
    }

    /// With a folder of its own for what is pasted, or fetched from links.
    pub fn with_own_folder(self, folder: PathBuf) -> Self {
        Self { own: Some(folder), ..self }
    }

    /// Takes files in without a look at them, however many there are and however slow their disk is.
    pub fn take(&self, paths: Vec<PathBuf>) -> Vec<StagedFile> {
        let at = now();
        let mut staged = self.staged();
        paths
            .into_iter()
            .map(|path| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let file = file_of(StagedId(Uuid::new_v4().to_string()), name, 0, StagedState::Ready);
                let chosen = Staged {
                    file: file.clone(),
                    path: Some(path),
                    size: 0,
                    modified_at: None,
                    staged_at: at,
                    sent: None,
                    upload: None,
                    refused: false,
                    unseen: true,
                    written: false,
                };
                staged.insert(file.id.clone(), chosen);
                file
            })
            .collect()
    }

    /// Takes files in and looks at them, which may wait for a slow disk: call it where that is allowed.
    pub fn stage(&self, paths: Vec<PathBuf>) -> Vec<StagedFile> {
        let ids: Vec<StagedId> = self.take(paths).into_iter().map(|file| file.id).collect();
        self.look_at_each(&ids);
        ids.iter().filter_map(|id| self.get(id)).collect()
    }

    /// Looks at files that were taken in, and writes them down with what was found.
    pub async fn look(self: &Arc<Self>, ids: Vec<StagedId>) -> Vec<StagedFile> {
        let files = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || {
            files.look_at_each(&ids);
            ids
        });
        let ids = looked.await.unwrap_or_default();
        self.keep(&ids).await;
        ids.iter().filter_map(|id| self.get(id)).collect()
    }

    /// Looks at those of these files that nobody has looked at since they were chosen, however long that takes, and
    /// says what was found.
    pub async fn look_at_unseen(self: &Arc<Self>, ids: impl Iterator<Item = &StagedId>) {
        let unseen: Vec<StagedId> = {
            let staged = self.staged();
            ids.filter(|id| staged.get(id).is_some_and(|staged| staged.unseen)).cloned().collect()
        };
        if unseen.is_empty() {
            return;
        }
        for file in self.look(unseen).await {
            (self.emit)(AppEvent::FileChanged { file });
        }
    }

    fn look_at_each(&self, ids: &[StagedId]) {
        for id in ids {
            let path = self.staged().get(id).and_then(|staged| staged.path.clone());
            let Some(look) = path.map(|path| Look::at(&path)) else { continue };
            if let Some(staged) = self.staged().get_mut(id) {
                staged.first_seen(&look);
            }
        }
    }

    pub fn get(&self, id: &StagedId) -> Option<StagedFile> {
        self.staged().get(id).map(|staged| staged.file.clone())
    }

    /// Forgets a file until it is asked for again, and breaks off its upload.
    pub fn forget(&self, id: &StagedId) {
        if let Some(upload) = self.staged().remove(id).and_then(|staged| staged.upload) {
            upload.cancelled.cancel();
        }
    }

    /// Writes files down, so that they are found again after a restart.
    pub async fn keep(&self, ids: &[StagedId]) {
        let _turn = self.keeping.lock().await;
        for ids in ids.chunks(WRITTEN_AT_ONCE) {
            let rows: Vec<StoredStaged> = {
                let staged = self.staged();
                ids.iter().filter_map(|id| staged.get(id).filter(|staged| !staged.written)?.row()).collect()
            };
            if rows.is_empty() {
                continue;
            }
            // The files can still be used; they only have to be chosen anew after a restart.
            if let Err(error) = self.store.save_all_staged(&rows).await {
                tracing::error!("chosen files could not be written down: {error}");
                return;
            }
            let mut staged = self.staged();
            for row in &rows {
                // It may have moved on while it was written.
                if let Some(staged) = staged.get_mut(&row.id).filter(|staged| staged.row().as_ref() == Some(row)) {
                    staged.written = true;
                }
            }
        }
    }

    /// Finds files again that were chosen earlier, and looks what became of them. What nobody knows any more is left
    /// out: [`Files::only_named`] holds its place.
    pub async fn restore(self: &Arc<Self>, app: &App, ids: &[StagedId]) -> Result<Vec<StagedFile>, Error> {
        let unknown: Vec<StagedId> = {
            let staged = self.staged();
            ids.iter().filter(|id| !staged.contains_key(id)).cloned().collect()
        };
        let rows = match unknown.is_empty() {
            true => Vec::new(),
            false => self.store.staged_files(&unknown).await?,
        };
        let paths = self.take_in(app, rows, ids);
        let files = Arc::clone(self);
        let looking = tokio::task::spawn_blocking(move || {
            for (id, path) in paths {
                files.seen(&id, &Look::at(&path));
            }
        });
        let _ = tokio::time::timeout(LOOKING, looking).await;
        Ok(ids.iter().filter_map(|id| self.get(id)).collect())
    }

    fn take_in(&self, app: &App, rows: Vec<StoredStaged>, ids: &[StagedId]) -> Vec<(StagedId, PathBuf)> {
        let mut staged = self.staged();
        for row in rows {
            let sent = row.sent.filter(|sent| counts(sent, app));
            let mut file = file_of(row.id.clone(), row.name, row.size, StagedState::Ready);
            if let Some(sent) = &sent {
                file.state = StagedState::Uploaded { upload_file_id: sent.upload_file_id.clone() };
            }
            staged.entry(row.id).or_insert(Staged {
                file,
                path: Some(row.path),
                size: row.size,
                modified_at: row.modified_at,
                staged_at: row.staged_at,
                // Written down before the look at it, by a draft that named it.
                unseen: sent.is_none() && row.size == 0 && row.modified_at.is_none(),
                sent,
                upload: None,
                refused: false,
                written: true,
            });
        }
        for id in ids {
            // The connection has another user by now, who does not own what was sent before.
            if let Some(known) = staged.get_mut(id).filter(|known| known.upload.is_none())
                && known.sent.take_if(|sent| sent.user != app.user).is_some()
            {
                known.file.state = StagedState::Ready;
            }
        }
        ids.iter().filter_map(|id| Some((id.clone(), staged.get(id)?.path.clone()?))).collect()
    }

    /// Takes a look for news.
    pub(super) fn seen(&self, id: &StagedId, look: &Look) {
        let file = {
            let mut staged = self.staged();
            let Some(staged) = staged.get_mut(id).filter(|staged| staged.upload.is_none()) else { return };
            let before = staged.file.clone();
            staged.compare(look);
            if staged.file == before {
                return;
            }
            staged.file.clone()
        };
        (self.emit)(AppEvent::FileChanged { file });
    }

    /// Holds the place of a file of which only the name is known, so that it can be chosen again.
    pub fn only_named(&self, id: &StagedId, name: &str) -> StagedFile {
        let mut file = file_of(id.clone(), name.to_owned(), 0, StagedState::Gone);
        file.since = Since::Gone;
        let staged = Staged {
            file,
            path: None,
            size: 0,
            modified_at: None,
            staged_at: now(),
            sent: None,
            upload: None,
            refused: false,
            unseen: false,
            written: true,
        };
        self.staged().entry(id.clone()).or_insert(staged).file.clone()
    }

    pub(super) fn staged(&self) -> MutexGuard<'_, HashMap<StagedId, Staged>> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Staged {
    fn row(&self) -> Option<StoredStaged> {
        Some(StoredStaged {
            id: self.file.id.clone(),
            path: self.path.clone()?,
            name: self.file.name.clone(),
            size: self.size,
            modified_at: self.modified_at,
            staged_at: self.staged_at,
            sent: self.sent.clone(),
        })
    }

    /// Takes the first look since it was chosen; an upload that was faster has looked itself.
    pub(super) fn first_seen(&mut self, look: &Look) {
        if !std::mem::take(&mut self.unseen) {
            return;
        }
        (self.size, self.modified_at, self.file.size) = (look.size, look.modified_at, look.size);
        self.written = false;
        if self.upload.is_none() && self.file.state == StagedState::Ready {
            self.file.state = look.state();
        }
    }

    fn compare(&mut self, look: &Look) {
        self.first_seen(look);
        let uploaded = matches!(self.file.state, StagedState::Uploaded { .. });
        let changed = look.size != self.size || look.modified_at != self.modified_at;
        match look.found {
            Found::File if changed => {
                self.file.since = Since::Changed;
                self.file.size = look.size;
                self.file.state = look.state();
                self.sent = None;
            }
            Found::File => {
                self.file.since = Since::Same;
                if !uploaded {
                    self.file.state = look.state();
                }
            }
            // What the server has can still be used.
            _ if uploaded => self.file.since = Since::Gone,
            Found::Nothing => {
                self.file.since = Since::Gone;
                self.file.state = StagedState::Gone;
            }
            Found::Unreadable => self.file.state = StagedState::Unreadable,
        }
    }
}

/// An id is good at the server that gave it, for the user it was given to. The demo's server begins anew with each
/// start and has no lasting address, so nothing that was sent to an earlier one counts.
fn counts(sent: &SentTo, app: &App) -> bool {
    sent.user == app.user && url::Url::parse(&app.base_url).is_ok_and(|url| url.as_str() == sent.base_url)
}

pub(super) fn file_of(id: StagedId, name: String, size: u64, state: StagedState) -> StagedFile {
    let (extension, kind) = kind_of(&name);
    StagedFile { id, name, size, extension, kind, state, since: Since::Same, found: None }
}
