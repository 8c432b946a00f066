//! Chosen files on their way to a server: each once, three at a time, and again by itself where that may help.

mod known;
mod way;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    Error, Files,
    again::Tries,
    gauge::{Told, watched},
    learnt::Learnt,
    look::{Found, Look, mime_of},
};
use crate::{
    dify::{self, Client},
    model::{
        event::AppEvent,
        failure::FailureCode,
        file::{Since, StagedFile, StagedId, StagedState},
    },
    store::{SentTo, now},
};
use known::Known;
use way::UnderWay;
pub(super) use way::Uploading;

/// Sent at the same time by the whole program: more make each slower, and servers keep a worker busy for each.
const AT_ONCE: usize = 3;
/// How often a file is sent anew because it was written to meanwhile.
const ANEW: u32 = 2;

/// What all uploads share.
pub(super) struct Uploads {
    turns: Semaphore,
    learnt: Learnt,
    /// The number of the newest.
    newest: AtomicU64,
    /// How many times shorter the pauses before another try are; for tests.
    pub(super) hurry: u32,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), learnt: Learnt::default(), newest: AtomicU64::new(0), hurry: 1 }
    }
}

impl Files {
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

    /// Tries at once what waits for another try.
    pub fn send_now(&self, id: &StagedId) {
        if let Some(upload) = self.staged().get(id).and_then(|staged| staged.upload.as_ref()) {
            upload.now.notify_waiters();
        }
    }

    /// Sends a staged file; how far it is goes to the page.
    pub async fn upload(self: &Arc<Self>, client: &Client, id: &StagedId) -> Result<StagedFile, Error> {
        let upload = Uploading::to(client, self.uploads.newest.fetch_add(1, Ordering::Relaxed));
        let source = {
            let mut staged = self.staged();
            let staged = staged.get_mut(id).ok_or(Error::Missing)?;
            let path = staged.path.clone().ok_or(Error::Missing)?;
            if let Some(earlier) = staged.upload.replace(upload.clone()) {
                earlier.cancelled.cancel();
            }
            let mime = mime_of(&staged.file.extension).to_owned();
            dify::Upload { path, name: staged.file.name.clone(), mime }
        };
        // Also when this call is dropped half-way.
        let _under_way = UnderWay { files: self, id, upload: &upload };
        let sent = tokio::select! {
            () = upload.cancelled.cancelled() => Err(Error::Cancelled),
            sent = self.bring(client, id, &upload, source) => sent,
        };
        let file = self.arrived(id, &upload, sent?).ok_or(Error::Cancelled)?;
        self.keep(std::slice::from_ref(id)).await;
        Ok(file)
    }

    /// Tries until the server has it, or until trying is of no use.
    async fn bring(
        &self,
        client: &Client,
        id: &StagedId,
        upload: &Uploading,
        source: dify::Upload,
    ) -> Result<SentTo, Error> {
        let mut tries = Tries::new(f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0);
        let (mut anew, mut cut) = (0, false);
        let asks_anew = self.staged().get(id).is_some_and(|staged| staged.refused);
        loop {
            let turn = self.turn(id, upload).await;
            let look = looked(&source.path).await?;
            self.is_sent_as(id, upload, &look);
            // Servers take it, and nobody means it; the row says why.
            if look.size == 0 {
                return Err(Error::Unreadable);
            }
            match self.known(client, id, upload, &source, &look).await {
                Known::Sent(sent) => return Ok(sent),
                Known::Coming(over) => {
                    drop(turn);
                    over.cancelled().await;
                    continue;
                }
                Known::Nothing => {}
            }
            let extension = crate::model::check::extension_of(&source.name);
            let (server, at) = (upload.base_url.as_str(), Instant::now());
            // Whoever has heard of it and tries again wants the server asked: it may have been told to take it by now.
            if !asks_anew && let Some(refusal) = self.uploads.learnt.heed(server, &extension, look.size, at) {
                self.was_refused(id, upload);
                return Err(refusal);
            }
            let answer = self.send(client, id, upload, source.clone(), look.size, cut).await;
            drop(turn);
            match answer {
                // Somebody wrote to it meanwhile: the server may have a bit of both.
                Ok(_) if anew < ANEW && looked(&source.path).await.is_ok_and(|now| now != look) => anew += 1,
                Ok(uploaded) => {
                    self.uploads.learnt.taken(server, &extension, look.size);
                    self.others_may_try(upload);
                    return Ok(SentTo {
                        upload_file_id: uploaded.id,
                        base_url: upload.base_url.clone(),
                        user: upload.user.clone(),
                        at: now(),
                    });
                }
                Err(error) => {
                    cut = matches!(error, dify::Error::Transport { kind: dify::Transport::Cut, .. });
                    match tries.next(&error, Instant::now()) {
                        Some(pause) => self.rest(id, upload, &error, pause / self.uploads.hurry).await,
                        None => {
                            self.was_refused(id, upload);
                            return Err(self.uploads.learnt.refused(
                                server,
                                &extension,
                                look.size,
                                error,
                                Instant::now(),
                            ));
                        }
                    }
                }
            }
        }
    }

    async fn turn(&self, id: &StagedId, upload: &Uploading) -> SemaphorePermit<'_> {
        loop {
            if let Ok(turn) = self.uploads.turns.try_acquire() {
                return turn;
            }
            self.tell(id, upload, StagedState::Queued);
            // It is never closed.
            if let Ok(turn) = self.uploads.turns.acquire().await {
                return turn;
            }
        }
    }

    async fn send(
        &self,
        client: &Client,
        id: &StagedId,
        upload: &Uploading,
        source: dify::Upload,
        size: u64,
        was_cut: bool,
    ) -> Result<dify::Uploaded, dify::Error> {
        let sent = Arc::new(AtomicU64::new(0));
        let count = {
            let sent = Arc::clone(&sent);
            move |now: u64| sent.store(now, Ordering::Relaxed)
        };
        let told = |Told { sent, speed, left }| self.tell(id, upload, StagedState::Uploading { sent, speed, left });
        if was_cut {
            watched(size, &sent, client.upload_heeding(source, count), told).await
        } else {
            watched(size, &sent, client.upload(source, count), told).await
        }
    }

    /// Waits for another try, and says how long. Whoever is asked to, tries now.
    async fn rest(&self, id: &StagedId, upload: &Uploading, error: &dify::Error, pause: Duration) {
        let code = error.trouble().map_or(FailureCode::TimedOut, |trouble| trouble.code);
        let until = tokio::time::Instant::now() + pause;
        let asked = upload.now.notified();
        tokio::pin!(asked);
        loop {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return;
            }
            let wait = u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
            self.tell(id, upload, StagedState::Interrupted { wait, code, reason: error.reason() });
            let whole = Duration::from_secs(u64::from(wait.saturating_sub(1)));
            tokio::select! {
                () = &mut asked => return,
                () = tokio::time::sleep(left.saturating_sub(whole)) => {}
            }
        }
    }

    /// The server answers: who waits for it need not wait longer.
    fn others_may_try(&self, upload: &Uploading) {
        for staged in self.staged().values() {
            if let Some(other) = staged.upload.as_ref().filter(|other| other.base_url == upload.base_url) {
                other.now.notify_waiters();
            }
        }
    }

    fn is_sent_as(&self, id: &StagedId, upload: &Uploading, look: &Look) {
        if let Some(staged) = self.staged().get_mut(id).filter(|staged| staged.is_current(upload)) {
            (staged.size, staged.modified_at, staged.file.size) = (look.size, look.modified_at, look.size);
            staged.unseen = false;
            if staged.file.since == Since::Gone {
                staged.file.since = Since::Same;
            }
        }
    }

    fn was_refused(&self, id: &StagedId, upload: &Uploading) {
        if let Some(staged) = self.staged().get_mut(id).filter(|staged| staged.is_current(upload)) {
            staged.refused = true;
        }
    }

    fn arrived(&self, id: &StagedId, upload: &Uploading, sent: SentTo) -> Option<StagedFile> {
        let file = {
            let mut staged = self.staged();
            let staged = staged.get_mut(id).filter(|staged| staged.is_current(upload))?;
            staged.upload = None;
            staged.file.state = StagedState::Uploaded { upload_file_id: sent.upload_file_id.clone() };
            staged.sent = Some(sent);
            (staged.written, staged.refused) = (false, false);
            staged.file.clone()
        };
        (self.emit)(AppEvent::FileChanged { file: file.clone() });
        Some(file)
    }

    /// News of an upload, unless another one took its place.
    fn tell(&self, id: &StagedId, upload: &Uploading, state: StagedState) {
        let file = {
            let mut staged = self.staged();
            let Some(staged) = staged.get_mut(id).filter(|staged| staged.is_current(upload)) else { return };
            staged.file.state = state;
            staged.file.clone()
        };
        (self.emit)(AppEvent::FileChanged { file });
    }
}

/// A file that can be sent, as it is now.
async fn looked(path: &Path) -> Result<Look, Error> {
    let path = path.to_owned();
    let look = tokio::task::spawn_blocking(move || Look::at(&path)).await.map_err(|_| Error::Unreadable)?;
    match look.found {
        Found::File => Ok(look),
        Found::Nothing => Err(Error::Missing),
        Found::Unreadable => Err(Error::Unreadable),
    }
}
