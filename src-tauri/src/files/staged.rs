//! Chosen files: taken in, sent, and found again after a restart.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Error,
    look::{Found, Look, kind_of, mime_of},
};
use crate::{
    dify::{self, Client},
    model::{
        Millis,
        app::App,
        event::{AppEvent, Emit},
        file::{Since, StagedFile, StagedId, StagedState},
    },
    store::{SentTo, Store, StoredStaged},
};

/// How long a form waits for a look at its files; a network folder that does not answer is looked at all the same.
const LOOKING: Duration = Duration::from_secs(2);

pub struct Files {
    staged: Mutex<HashMap<StagedId, Staged>>,
    store: Store,
    emit: Emit,
}

struct Staged {
    file: StagedFile,
    /// `None`: of a file chosen once only the name is known.
    path: Option<PathBuf>,
    /// Size and time of what was chosen, or sent last.
    size: u64,
    modified_at: Option<Millis>,
    staged_at: Millis,
    sent: Option<SentTo>,
    upload: Option<Uploading>,
    /// The store has it as it is.
    written: bool,
}

/// An upload under way. Its number tells its news from those of one that it replaced.
#[derive(Clone)]
struct Uploading {
    number: Uuid,
    base_url: String,
    user: String,
    cancelled: CancellationToken,
    over: CancellationToken,
}

impl Files {
    pub fn new(store: Store, emit: Emit) -> Self {
        Self { staged: Mutex::new(HashMap::new()), store, emit }
    }

    /// Takes files in. Looking at them may wait for a slow disk: call it where that is allowed.
    pub fn stage(&self, paths: Vec<PathBuf>) -> Vec<StagedFile> {
        paths
            .into_iter()
            .map(|path| {
                let look = Look::at(&path);
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let file = file_of(StagedId(Uuid::new_v4().to_string()), name, look.size, look.state());
                let staged = Staged {
                    file: file.clone(),
                    path: Some(path),
                    size: look.size,
                    modified_at: look.modified_at,
                    staged_at: now(),
                    sent: None,
                    upload: None,
                    written: false,
                };
                self.staged().insert(file.id.clone(), staged);
                file
            })
            .collect()
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
        let rows: Vec<StoredStaged> = {
            let staged = self.staged();
            ids.iter().filter_map(|id| staged.get(id).filter(|staged| !staged.written)?.row()).collect()
        };
        for row in rows {
            // The file can still be used; it only has to be chosen anew after a restart.
            if let Err(error) = self.store.save_staged(&row).await {
                tracing::error!("a chosen file could not be written down: {error}");
                return;
            }
            if let Some(staged) = self.staged().get_mut(&row.id)
                && staged.sent == row.sent
            {
                staged.written = true;
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
                sent,
                upload: None,
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
    fn seen(&self, id: &StagedId, look: &Look) {
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
            written: true,
        };
        self.staged().entry(id.clone()).or_insert(staged).file.clone()
    }

    /// Whether this server has the file from this user.
    pub fn is_at(&self, client: &Client, id: &StagedId) -> bool {
        self.staged().get(id).is_some_and(|staged| staged.is_at(client))
    }

    /// The file as this app's server has it: at once where it was sent to this server as this user, after an upload
    /// that is under way, or after one that this call starts.
    pub async fn uploaded(self: &Arc<Self>, client: &Client, id: &StagedId) -> Result<StagedFile, Error> {
        loop {
            let under_way = {
                let staged = self.staged();
                let staged = staged.get(id).ok_or(Error::Missing)?;
                if staged.is_at(client) {
                    return Ok(staged.file.clone());
                }
                staged.upload.clone().filter(|upload| upload.is_to(client))
            };
            match under_way {
                Some(upload) => upload.over.cancelled().await,
                None => return self.upload(client, id).await,
            }
        }
    }

    /// The server does not know the file any more (`Invalid upload file`): its id is forgotten. Whether it can be
    /// sent again; if not, it has to be chosen again, and says so at its row.
    pub async fn forget_upload(&self, id: &StagedId) -> bool {
        let file = {
            let mut staged = self.staged();
            let Some(staged) = staged.get_mut(id).filter(|staged| staged.upload.is_none()) else { return false };
            staged.sent = None;
            staged.written = false;
            staged.file.state = if staged.file.since == Since::Gone { StagedState::Gone } else { StagedState::Ready };
            staged.file.clone()
        };
        self.keep(std::slice::from_ref(id)).await;
        let again = file.state == StagedState::Ready;
        (self.emit)(AppEvent::FileChanged { file });
        again
    }

    /// Sends a staged file; progress goes to the page.
    pub async fn upload(self: &Arc<Self>, client: &Client, id: &StagedId) -> Result<StagedFile, Error> {
        let upload = Uploading::to(client);
        let (name, extension, path) = {
            let mut staged = self.staged();
            let staged = staged.get_mut(id).ok_or(Error::Missing)?;
            let path = staged.path.clone().ok_or(Error::Missing)?;
            if let Some(earlier) = staged.upload.replace(upload.clone()) {
                earlier.cancelled.cancel();
            }
            (staged.file.name.clone(), staged.file.extension.clone(), path)
        };
        // Also when this call is dropped half-way.
        let _under_way = UnderWay { files: self, id, upload: &upload };
        let look = look_at(&path).await;
        if let Some(look) = &look {
            self.is_sent_as(id, &upload, look);
        }
        let progress = {
            let (files, id, number) = (Arc::clone(self), id.clone(), upload.number);
            move |sent: u64| files.progress(&id, number, sent)
        };
        progress(0);
        let source = dify::Upload { path, name, mime: mime_of(&extension).to_owned() };
        let result = tokio::select! {
            () = upload.cancelled.cancelled() => Err(Error::Cancelled),
            result = client.upload(source, progress) => result.map_err(Error::from),
        };
        let uploaded = result?;
        let sent = SentTo {
            upload_file_id: uploaded.id,
            base_url: upload.base_url.clone(),
            user: upload.user.clone(),
            at: now(),
        };
        let file = self.arrived(id, &upload, sent).ok_or(Error::Cancelled)?;
        self.keep(std::slice::from_ref(id)).await;
        Ok(file)
    }

    fn is_sent_as(&self, id: &StagedId, upload: &Uploading, look: &Look) {
        if let Some(staged) = self.staged().get_mut(id).filter(|staged| staged.is_current(upload.number))
            && look.found == Found::File
        {
            (staged.size, staged.modified_at, staged.file.size) = (look.size, look.modified_at, look.size);
            if staged.file.since == Since::Gone {
                staged.file.since = Since::Same;
            }
        }
    }

    fn arrived(&self, id: &StagedId, upload: &Uploading, sent: SentTo) -> Option<StagedFile> {
        let file = {
            let mut staged = self.staged();
            let staged = staged.get_mut(id).filter(|staged| staged.is_current(upload.number))?;
            staged.upload = None;
            staged.file.state = StagedState::Uploaded { upload_file_id: sent.upload_file_id.clone() };
            staged.sent = Some(sent);
            staged.written = false;
            staged.file.clone()
        };
        (self.emit)(AppEvent::FileChanged { file: file.clone() });
        Some(file)
    }

    /// News of an upload, unless another one took its place.
    fn progress(&self, id: &StagedId, number: Uuid, sent: u64) {
        let file = {
            let mut staged = self.staged();
            let Some(staged) = staged.get_mut(id).filter(|staged| staged.is_current(number)) else { return };
            staged.file.state = StagedState::Uploading { sent };
            staged.file.clone()
        };
        (self.emit)(AppEvent::FileChanged { file });
    }

    fn staged(&self) -> MutexGuard<'_, HashMap<StagedId, Staged>> {
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

    fn is_current(&self, number: Uuid) -> bool {
        self.upload.as_ref().is_some_and(|upload| upload.number == number)
    }

    fn is_at(&self, client: &Client) -> bool {
        let sent = self.sent.as_ref().filter(|_| matches!(self.file.state, StagedState::Uploaded { .. }));
        sent.is_some_and(|sent| sent.base_url == client.base_url().as_str() && sent.user == client.user())
    }

    fn compare(&mut self, look: &Look) {
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

impl Uploading {
    fn to(client: &Client) -> Self {
        Self {
            number: Uuid::new_v4(),
            base_url: client.base_url().as_str().to_owned(),
            user: client.user().to_owned(),
            cancelled: CancellationToken::new(),
            over: CancellationToken::new(),
        }
    }

    fn is_to(&self, client: &Client) -> bool {
        self.base_url == client.base_url().as_str() && self.user == client.user()
    }
}

/// Whoever waits for an upload hears of its end, however it ends.
struct UnderWay<'a> {
    files: &'a Files,
    id: &'a StagedId,
    upload: &'a Uploading,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let file = {
            let mut staged = self.files.staged();
            staged.get_mut(self.id).filter(|staged| staged.is_current(self.upload.number)).map(|staged| {
                staged.upload = None;
                staged.file.state = StagedState::Ready;
                staged.sent = None;
                staged.file.clone()
            })
        };
        self.upload.over.cancel();
        if let Some(file) = file {
            (self.files.emit)(AppEvent::FileChanged { file });
        }
    }
}

/// An id is good at the server that gave it, for the user it was given to. The demo's server begins anew with each
/// start and has no lasting address, so nothing that was sent to an earlier one counts.
fn counts(sent: &SentTo, app: &App) -> bool {
    sent.user == app.user && url::Url::parse(&app.base_url).is_ok_and(|url| url.as_str() == sent.base_url)
}

fn file_of(id: StagedId, name: String, size: u64, state: StagedState) -> StagedFile {
    let (extension, kind) = kind_of(&name);
    StagedFile { id, name, size, extension, kind, state, since: Since::Same }
}

async fn look_at(path: &Path) -> Option<Look> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || Look::at(&path)).await.ok()
}

fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX))
}
