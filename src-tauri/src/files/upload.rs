//! Chosen files on their way to a server, each once.

use std::{path::Path, sync::Arc};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Error, Files,
    look::{Found, Look, mime_of},
    staged::Staged,
};
use crate::{
    dify::{self, Client},
    model::{
        event::AppEvent,
        file::{Since, StagedFile, StagedId, StagedState},
    },
    store::{SentTo, now},
};

/// An upload under way. Its number tells its news from those of one that it replaced.
#[derive(Clone)]
pub(super) struct Uploading {
    number: Uuid,
    base_url: String,
    user: String,
    pub(super) cancelled: CancellationToken,
    over: CancellationToken,
}

impl Files {
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
            staged.unseen = false;
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
}

impl Staged {
    fn is_current(&self, number: Uuid) -> bool {
        self.upload.as_ref().is_some_and(|upload| upload.number == number)
    }

    fn is_at(&self, client: &Client) -> bool {
        let sent = self.sent.as_ref().filter(|_| matches!(self.file.state, StagedState::Uploaded { .. }));
        sent.is_some_and(|sent| sent.base_url == client.base_url().as_str() && sent.user == client.user())
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

async fn look_at(path: &Path) -> Option<Look> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || Look::at(&path)).await.ok()
}
