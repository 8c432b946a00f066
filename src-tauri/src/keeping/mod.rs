//! Keeping: how much of the history is here, how long it is kept, room given back to the disk, and backups.

mod archive;
mod backup;
mod clock;
mod names;
mod remove;
mod restore;
mod sweep;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::{
    files::{self, Files},
    keys::Keys,
    model::{
        app::AppId,
        desktop::Work,
        event::Emit,
        keeping::{self as model, KeepRule, Vacuumed},
    },
    runs::Runs,
    store::{self, FileOf, Places, RestoreError, Store, is_plain_id, is_plain_name},
};

pub use archive::{Entry, Manifest};
pub use backup::EXTENSION as BACKUP_EXTENSION;

/// A database that is written anew, or a backup that is made, leaves so much on the disk.
const LEFT_FREE: u64 = 256 * 1024 * 1024;

/// A cheap handle.
#[derive(Clone)]
pub struct Keeping {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    files: Arc<Files>,
    runs: Runs,
    emit: Emit,
    /// Of the runs' folders.
    folder: PathBuf,
    data_folder: PathBuf,
    places: Places,
    /// Of apps that go with a state.
    keys: OnceLock<Arc<Keys>>,
    /// One sweep at a time.
    sweeping: tokio::sync::Mutex<()>,
    /// The backup that is being made or read: one at a time.
    busy: Mutex<Option<(Work, CancellationToken)>>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
    /// Not a backup of ours, or no longer as it was written.
    #[error("the backup is not whole: {0}")]
    Broken(&'static str),
    #[error("the backup is of a newer version")]
    Newer,
    #[error("a backup is being made or read already")]
    Busy,
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    fn from_io(error: &std::io::Error) -> Self {
        Self::Files(std::io::Error::from(error.kind()).into())
    }
}

impl From<RestoreError> for Error {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Foreign(what) => Self::Broken(what),
            RestoreError::Newer(_) => Self::Newer,
            RestoreError::Store(error) => Self::Store(error),
        }
    }
}

impl Keeping {
    pub fn new(store: Store, files: Arc<Files>, runs: Runs, emit: Emit, data_folder: PathBuf) -> Self {
        let shared = Shared {
            store,
            files,
            runs,
            emit,
            folder: data_folder.join("runs"),
            places: Places::of(&data_folder),
            data_folder,
            keys: OnceLock::new(),
            sweeping: tokio::sync::Mutex::default(),
            busy: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Keys go with the state that their apps belong to.
    #[must_use]
    pub fn with_keys(self, keys: Arc<Keys>) -> Self {
        let _ = self.shared.keys.set(keys);
        self
    }

    /// Applies the rules from now on, in the background, until the last handle is gone.
    pub fn begin(&self) {
        tokio::spawn(sweep::keep(Arc::downgrade(&self.shared)));
    }

    /// What is kept, and how. Counted now: it may take a second where there is much.
    pub async fn now(&self) -> Result<model::Keeping, Error> {
        let Shared { store, places, .. } = &*self.shared;
        let (database, free) = store.database_size().await?;
        let (rule, own) = store.keep_rules().await?;
        let mut apps = store.kept_of_apps().await?;
        self.measure_sounds(&mut apps).await?;
        for app in &mut apps {
            app.rule = own.get(&app.app_id.0).copied();
        }
        apps.retain(|app| app.runs > 0 || app.rule.is_some() || !app.removed);
        let (aside, aside_size) = {
            let places = places.clone();
            backup::in_background(move || Ok((places.aside(), places.aside_size()))).await?
        };
        Ok(model::Keeping {
            database,
            free,
            apps,
            rule,
            clock_is_steady: self.clock_is_steady().await?,
            backup: store.last_backup().await?,
            aside,
            aside_size,
        })
    }

    async fn clock_is_steady(&self) -> Result<bool, Error> {
        Ok(self.shared.store.clock_seen().await?.is_some_and(clock::is_steady))
    }

    /// Their sizes stand nowhere but on the disk.
    async fn measure_sounds(&self, apps: &mut [model::KeptOfApp]) -> Result<(), Error> {
        let sounds = self.shared.store.all_sounds().await?;
        let folder = self.shared.folder.clone();
        let measured = tokio::task::spawn_blocking(move || {
            let plain = sounds.into_iter().filter(|(_, run, name)| is_plain_id(&run.0) && is_plain_name(name));
            let size = |(app, run, name): (AppId, crate::model::run::RunId, String)| {
                let file = folder.join(run.0).join(FileOf::Sound.folder()).join(name);
                (app, std::fs::metadata(file).map_or(0, |found| found.len()))
            };
            plain.map(size).collect::<Vec<_>>()
        });
        for (id, size) in measured.await.unwrap_or_default() {
            if let Some(app) = apps.iter_mut().find(|app| app.app_id == id) {
                app.sounds += size;
            }
        }
        Ok(())
    }

    /// `app` `None`: for all that have none of their own; `rule` `None`: as for all, or for ever.
    pub async fn set_rule(&self, app: Option<&AppId>, rule: Option<KeepRule>) -> Result<model::Keeping, Error> {
        self.shared.store.set_keep_rule(app, rule).await?;
        self.now().await
    }

    /// Gives free room in the database back to the disk.
    pub async fn vacuum(&self) -> Result<Vacuumed, Error> {
        self.has_room(self.shared.store.vacuum_needs().await?)?;
        Ok(self.shared.store.vacuum().await?)
    }

    fn has_room(&self, needs: u64) -> Result<(), Error> {
        let free = files::room_in(&self.shared.data_folder);
        if free.is_some_and(|free| free < needs.saturating_add(LEFT_FREE)) {
            return Err(files::Error::DiskFull.into());
        }
        Ok(())
    }

    /// Claims the one place there is for a backup that is made or read.
    fn claim(&self, work: Work) -> Result<Claimed<'_>, Error> {
        let mut busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.is_some() {
            return Err(Error::Busy);
        }
        let stop = CancellationToken::new();
        *busy = Some((work, stop.clone()));
        Ok(Claimed { shared: &self.shared, stop })
    }

    /// Whether a backup is being made or read.
    pub fn under_way(&self) -> Option<Work> {
        self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(work, _)| *work)
    }

    /// The backup that is being made or read is not wanted any more.
    pub fn cancel(&self) {
        if let Some((_, stop)) = &*self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner) {
            stop.cancel();
        }
    }
}

/// Given back when it goes.
struct Claimed<'a> {
    shared: &'a Shared,
    stop: CancellationToken,
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        *self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
