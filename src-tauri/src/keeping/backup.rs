//! A backup is made: written beside its place, read back and compared, and only then given its name.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Error, Keeping,
    archive::{self, Course, Keep, Manifest},
    names,
};
use crate::{
    files::Parts,
    model::{
        desktop::Work,
        event::{AppEvent, Emit},
        keeping::{BackupFacts, BackupStage, LastBackup},
        preferences::Preferences,
    },
    store::{BackupHistory, now},
};

/// The ending of a backup's name.
pub const EXTENSION: &str = "flowdeck-backup";
/// How often it is said how far it is.
const SAY_EVERY: Duration = Duration::from_millis(100);
/// Folders in the data folder in which backups are put together.
const WORKSHOP: &str = "flowdeck.backup-";

impl Keeping {
    /// The name a backup made now should have.
    pub fn backup_name() -> String {
        let day = time::OffsetDateTime::now_utc().date();
        format!("flowdeck-{:04}-{:02}-{:02}.{EXTENSION}", day.year(), u8::from(day.month()), day.day())
    }

    /// Makes a backup of everything but keys and what belongs to this computer; the page keeps its preferences itself.
    pub async fn make_backup(&self, target: &Path, preferences: Preferences) -> Result<BackupFacts, Error> {
        let claimed = self.claim(Work::Backup)?;
        let store = &self.shared.store;
        let (database, _) = store.database_size().await?;
        self.has_room(database)?;
        names::free_folders(store, &self.shared.folder).await?;
        let workshop = self.workshop()?;
        let history = workshop.path().join(archive::HISTORY);
        let say = teller(&self.shared.emit);
        let told = store.write_backup(&history, &|done, of| say(BackupStage::History, done, of)).await?;
        let files = BackupHistory::files(&history).await?;
        let apps = store.app_ids().await?.into_iter().collect();
        let manifest = Manifest::new(&told, preferences.about(&apps), now());
        let part = Parts::of(&self.shared.data_folder).beside(target);
        let (runs, check, stop) = (self.shared.folder.clone(), workshop.path().join("check"), claimed.stop.clone());
        let (written, read) = {
            let (part, say) = (part.path().to_owned(), Arc::clone(&say));
            in_background(move || {
                let course = Course { say: &*say, stop: &stop };
                let written = archive::write(&part, manifest, &history, &files, &runs, &course)?;
                // It is read as whoever restores it will read it.
                let _ = std::fs::remove_file(&history);
                let read = archive::read(&part, &check, Keep::History, None, &course)?;
                Ok((written, read))
            })
            .await?
        };
        if written != read {
            return Err(Error::Broken("it does not read as it was written"));
        }
        store.check_backup(&workshop.path().join("check").join(archive::HISTORY), &told).await?;
        part.put(target).map_err(|error| Error::from_io(&error))?;
        // Its name, too, is on the disk before it is said to be there. Windows opens no folder, and needs none of it.
        #[cfg(unix)]
        if let Some(Ok(folder)) = target.parent().map(std::fs::File::open) {
            let _ = folder.sync_all();
        }
        let facts = facts(&written, target);
        store.save_last_backup(LastBackup { at: facts.at, size: facts.size }).await?;
        Ok(facts)
    }

    /// A folder that goes when it is done with; what a kill left of another one is cleared.
    pub(super) fn workshop(&self) -> Result<tempfile::TempDir, Error> {
        let folder = &self.shared.data_folder;
        for left in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if left.file_name().to_string_lossy().starts_with(WORKSHOP) {
                let _ = std::fs::remove_dir_all(left.path());
            }
        }
        tempfile::Builder::new().prefix(WORKSHOP).tempdir_in(folder).map_err(|error| Error::from_io(&error))
    }
}

/// What a backup holds, and how large it is.
pub(super) fn facts(manifest: &Manifest, backup: &Path) -> BackupFacts {
    let rows = |table: &str| u32::try_from(manifest.rows.get(table).copied().unwrap_or(0)).unwrap_or(u32::MAX);
    BackupFacts {
        at: manifest.made_at,
        apps: rows("app"),
        runs: rows("run"),
        files: manifest.files(),
        preferences: !manifest.preferences.is_empty(),
        size: std::fs::metadata(backup).map_or(0, |found| found.len()),
    }
}

pub(super) type Say = Arc<dyn Fn(BackupStage, u64, u64) + Send + Sync>;

/// Says how far it is, and not more often than anyone can see.
pub(super) fn teller(emit: &Emit) -> Say {
    let (emit, last) = (Arc::clone(emit), Mutex::new(None::<(BackupStage, Instant)>));
    Arc::new(move |stage, done, total| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|(said, at)| said != stage || at.elapsed() >= SAY_EVERY) {
            *last = Some((stage, Instant::now()));
            emit(AppEvent::BackupProgress { stage, done, total });
        }
    })
}

pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::Broken("it broke off")))
}
