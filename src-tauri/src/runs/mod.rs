//! Runs: started, followed, stopped, and read again. Each live run is one task (`driver`) that folds its stream, saves it
//! and tells the page; this file is the door to them.

mod begin;
mod care;
mod cause;
mod check_again;
mod driver;
mod ending;
mod find;
pub mod fold;
mod follow;
mod keep;
mod ladder;
pub mod life;
mod nameless;
mod nap;
pub mod outputs;
mod pace;
mod questions;
mod quiet;
mod recover;
mod request;
mod rows;
mod save;
mod settle;
mod spoken;
mod stop;
mod take_up;
mod unsaved;
mod waiting;
mod wishes;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    apps::{self, Apps, now},
    dify,
    files::{self, Files},
    model::{
        Millis,
        app::AppId,
        check,
        event::Emit,
        form::{Entries, Form, Problem},
        run::{Run, RunHead, RunId, RunPage},
        sound::Hear,
        usual::{self, Usual},
    },
    store::{self, Store},
};
use care::Live;
pub use nameless::UnderWay;
pub use pace::Pace;

#[derive(Clone)]
pub struct Runs {
    shared: Arc<Shared>,
}

/// What every run's task needs.
struct Shared {
    store: Store,
    apps: Arc<Apps>,
    files: Arc<Files>,
    emit: Emit,
    /// Result files are kept in `<folder>/<run id>/`.
    folder: PathBuf,
    /// When this session began: what is older was left over by another.
    began_at: Millis,
    pace: Pace,
    live: Mutex<HashMap<RunId, Live>>,
    /// Runs that are being started, each until its token is cancelled: by a stop, or by its own end.
    starting: Mutex<Vec<(AppId, CancellationToken)>>,
    /// Server's runs that were just found in its log, until the runs themselves name them.
    claims: Mutex<HashMap<(AppId, String), RunId>>,
    /// Told when a run begins to wait for a person.
    waits: Arc<Notify>,
    /// Told when a live run has nothing unsaved any more.
    settled: Notify,
    /// Answers to questions that may not have arrived.
    sent: questions::Sent,
    /// Who hears what runs say aloud.
    hear: OnceLock<Hear>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What this program knows to be wrong, or what the server refused and names.
    #[error("the form has problems")]
    Form(Vec<Problem>),
    #[error(transparent)]
    Apps(#[from] apps::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The server refused the run, or was not reached; nothing ran.
    #[error(transparent)]
    NotStarted(dify::Error),
    /// The server could not be asked about a run.
    #[error(transparent)]
    NotAsked(dify::Error),
    /// The user stopped it before it was sent.
    #[error("stopped before it was sent")]
    Stopped,
}

/// What asking about a run brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    Ended,
    Running,
    NothingNew,
}

impl Runs {
    pub fn new(store: Store, apps: Arc<Apps>, files: Arc<Files>, emit: Emit, folder: PathBuf) -> Self {
        Self::with_pace(store, apps, files, emit, folder, Pace::default())
    }

    /// With other times than real servers need.
    pub fn with_pace(
        store: Store,
        apps: Arc<Apps>,
        files: Arc<Files>,
        emit: Emit,
        folder: PathBuf,
        pace: Pace,
    ) -> Self {
        let waits = Arc::new(Notify::new());
        files.keeps_runs_in(folder.clone());
        let shared = Arc::new(Shared {
            store,
            apps,
            files,
            emit,
            folder,
            began_at: now(),
            pace,
            live: Mutex::default(),
            starting: Mutex::default(),
            claims: Mutex::default(),
            waits: Arc::clone(&waits),
            settled: Notify::new(),
            sent: questions::Sent::default(),
            hear: OnceLock::new(),
        });
        tokio::spawn(waiting::keep(Arc::downgrade(&shared), waits));
        Self { shared }
    }

    /// What runs say aloud is told here from now on; until then it is passed over.
    pub fn speak_to(&self, hear: Hear) {
        let _ = self.shared.hear.set(hear);
    }

    /// Everything that would have to be fixed before a run, then what the user is warned of.
    pub async fn check(&self, app: &AppId, entries: &Entries) -> Result<Vec<Problem>, Error> {
        let form = self.shared.apps.form(app).await?;
        Ok(self.problems(&form, entries).await)
    }

    async fn problems(&self, form: &Form, entries: &Entries) -> Vec<Problem> {
        self.shared.files.look_into(check::worth_a_look(form, entries)).await;
        let staged = |id: &_| self.shared.files.get(id);
        let mut problems = check::check(form, entries, staged).err().unwrap_or_default();
        problems.extend(check::warnings(form, entries, staged));
        problems
    }

    pub fn is_followed(&self, id: &RunId) -> bool {
        self.shared.live(id).is_some()
    }

    /// The run as it is now: from memory while it is followed, else from the store.
    pub async fn open(&self, id: &RunId) -> Result<Run, Error> {
        let mut run = match self.shared.live(id) {
            Some(live) => live.fold().run().clone(),
            None => self.shared.store.run(id).await?,
        };
        outputs::tell_links(&mut run);
        Ok(run)
    }

    pub async fn list(&self, app: Option<&AppId>, before: Option<&RunId>, limit: u32) -> Result<RunPage, Error> {
        Ok(self.shared.store.run_page(app, before, limit).await?)
    }

    pub async fn unfinished(&self) -> Result<Vec<RunHead>, Error> {
        Ok(self.shared.store.unfinished_runs().await?)
    }

    /// How long runs of this app usually take, as far as its past runs tell; those of the version this one runs, where
    /// it is known and they are enough.
    pub async fn usual(&self, id: &RunId) -> Result<Usual, Error> {
        let head = match self.shared.live(id) {
            Some(live) => live.fold().run().head.clone(),
            None => self.shared.store.run_head(id).await?,
        };
        let version = head.server.workflow_id.as_deref();
        Ok(Usual::of(&self.shared.store.past_runs(&head.app_id, version, usual::LOOKED_AT).await?))
    }

    /// Where a kept result file is, and the name it should have elsewhere.
    pub async fn file(&self, id: &RunId, index: u32) -> Result<(PathBuf, String), Error> {
        let files = self.shared.store.run_files(id).await?;
        let stored = files.into_iter().find(|stored| stored.file.index == index).ok_or(store::Error::NotFound)?;
        let stored_as = stored.stored_as.ok_or(store::Error::NotFound)?;
        Ok((self.shared.folder.join(&id.0).join(stored_as), stored.file.name))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The task that looks after waiting runs ends.
        self.waits.notify_one();
    }
}
