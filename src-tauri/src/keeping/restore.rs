//! A backup is brought back: read and compared as a whole into a folder of its own, where its state is put together.
//! Nothing else changes before the next start, which exchanges the states; the present one is kept aside.

use std::path::Path;

use super::{
    Error, Keeping, LEFT_FREE, Shared,
    archive::{self, Course, Keep},
    backup::{facts, in_background, teller},
};
use crate::{
    files,
    model::{
        app::AppId,
        desktop::Work,
        keeping::{BackupFacts, BackupStage},
        preferences::Preferences,
    },
    store::{Places, now},
};

impl Keeping {
    /// Reads a backup and puts its state together; what it holds. [`Self::take_restored`] or [`Self::drop_restored`]
    /// decides what becomes of it.
    pub async fn read_backup(&self, backup: &Path) -> Result<BackupFacts, Error> {
        let claimed = self.claim(Work::Restore)?;
        let shared = &self.shared;
        let places = shared.places.clone();
        // An earlier state may be thousands of files.
        let staging = in_background(move || Ok(places.stage()?)).await?;
        let say = teller(&shared.emit);
        let done = async {
            let (stop, from, into) = (claimed.stop.clone(), backup.to_owned(), staging.clone());
            // The history stands there twice while its new database is made.
            let room = files::room_in(&shared.data_folder).map(|free| free.saturating_sub(LEFT_FREE) / 2);
            let manifest = {
                let say = std::sync::Arc::clone(&say);
                in_background(move || {
                    let course = Course { say: &*say, stop: &stop };
                    archive::read(&from, &into, Keep::All, room, &course)
                })
                .await?
            };
            let history = staging.join(archive::HISTORY);
            let building = |done, of| say(BackupStage::Building, done, of);
            let told = manifest.history();
            let restored = shared.store.build_restored(&history, &told, &Places::database(&staging), &building).await?;
            std::fs::remove_file(&history).map_err(|error| Error::from_io(&error))?;
            let preferences = manifest.preferences.clone().named(|app| restored.named.get(app).cloned());
            Places::set_preferences(&staging, &preferences)?;
            if claimed.stop.is_cancelled() {
                return Err(Error::Cancelled);
            }
            shared.places.staged()?;
            Ok(BackupFacts {
                apps: restored.apps,
                runs: restored.runs,
                preferences: !preferences.is_empty(),
                ..facts(&manifest, backup)
            })
        };
        let done: Result<BackupFacts, Error> = done.await;
        if done.is_err() {
            self.unstage().await?;
        }
        done
    }

    /// From here on the next start has the state of the backup that was read. The page's preferences of now go aside with
    /// what is here.
    pub async fn take_restored(&self, preferences: Preferences) -> Result<(), Error> {
        let _claimed = self.claim(Work::Restore)?;
        // One state is kept aside: that of before goes, and what it had in the keychain with it.
        let keys = self.keys_aside().await;
        self.shared.places.take_staged(preferences, now())?;
        self.forget_keys(keys).await;
        Ok(())
    }

    pub async fn drop_restored(&self) -> Result<(), Error> {
        let _claimed = self.claim(Work::Restore)?;
        self.unstage().await
    }

    async fn unstage(&self) -> Result<(), Error> {
        let places = self.shared.places.clone();
        in_background(move || Ok(places.unstage()?)).await
    }

    /// The next start has the state from before the last restore; that of now is kept aside in turn.
    pub fn undo_restore(&self, preferences: Preferences) -> Result<(), Error> {
        let _claimed = self.claim(Work::Restore)?;
        Ok(self.shared.places.take_aside(preferences, now())?)
    }

    /// What a state that came in has set in the page, once; nothing where there is none, or it says nothing.
    pub fn preferences(&self) -> Preferences {
        self.shared.places.preferences()
    }

    /// The state from before the last restore goes for good, and what it has in the keychain with it.
    pub async fn forget_aside(&self) -> Result<(), Error> {
        let _claimed = self.claim(Work::Restore)?;
        let keys = self.keys_aside().await;
        let places = self.shared.places.clone();
        in_background(move || Ok(places.forget_aside()?)).await?;
        self.forget_keys(keys).await;
        Ok(())
    }

    /// Apps of the state aside that are not apps of this one: their keys go with it.
    async fn keys_aside(&self) -> Vec<AppId> {
        let Shared { store, places, .. } = &*self.shared;
        let Some(aside) = places.aside_database() else { return Vec::new() };
        let read = async { Ok::<_, Error>((store.app_ids_of(&aside).await?, store.app_ids().await?)) };
        match read.await {
            Ok((aside, here)) => aside.into_iter().filter(|app| !here.contains(app)).collect(),
            Err(error) => {
                tracing::warn!("apps of an earlier state cannot be told, their keys stay: {error}");
                Vec::new()
            }
        }
    }

    async fn forget_keys(&self, apps: Vec<AppId>) {
        let Some(keys) = self.shared.keys.get() else { return };
        for app in apps {
            if let Err(error) = keys.remove(&app.0).await {
                tracing::warn!("a key of an earlier state could not be removed: {error}");
            }
        }
    }
}
