//! Runs that are kept ready: filled in and checked while there is no way to the server, and sent once, when the user
//! says so. Nothing is ever sent from here by itself.

use std::sync::Arc;

use futures_util::future::join_all;
use uuid::Uuid;

use crate::{
    apps::{self, Apps},
    kept::{self, Kept},
    model::{
        Millis,
        app::AppId,
        changes::{Fitted, fit},
        event::{AppEvent, Emit},
        form::Entries,
        kept::Filled,
        prepared::{Prepared, PreparedFile, PreparedId},
        run::RunId,
    },
    runs::{self, Runs},
    store::{self, Store, StoredPrepared, now},
};

pub struct Ready {
    store: Store,
    apps: Arc<Apps>,
    kept: Arc<Kept>,
    runs: Runs,
    emit: Emit,
    /// What is older was left by the program before.
    begun: Millis,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Apps(#[from] apps::Error),
    #[error(transparent)]
    Kept(#[from] kept::Error),
    #[error(transparent)]
    Runs(#[from] runs::Error),
}

impl Ready {
    pub fn new(store: Store, apps: Arc<Apps>, kept: Arc<Kept>, runs: Runs, emit: Emit) -> Self {
        Self { store, apps, kept, runs, emit, begun: now() }
    }

    /// Checks the form as for a run, and keeps it with its files.
    pub async fn prepare(&self, app: &AppId, entries: Entries) -> Result<PreparedId, Error> {
        let (form, title) = self.runs.checked(app, &entries).await?;
        // First the files: what is kept never names what is not there.
        self.kept.keep_files(&entries).await;
        let id = PreparedId(Uuid::now_v7().to_string());
        let new = StoredPrepared {
            id: id.clone(),
            app_id: app.clone(),
            title,
            created_at: now(),
            entries,
            form: Some(form),
            run: None,
        };
        self.store.add_prepared(&new).await?;
        (self.emit)(AppEvent::PreparedChanged);
        Ok(id)
    }

    /// Of all apps, the oldest first, with what became of their files.
    pub async fn list(&self) -> Result<Vec<Prepared>, Error> {
        let all = self.store.all_prepared().await?;
        join_all(all.into_iter().map(|stored| self.shown(stored))).await.into_iter().collect()
    }

    async fn shown(&self, stored: StoredPrepared) -> Result<Prepared, Error> {
        let fitted = self.fitted(&stored).await?;
        let form_changed = !fitted.changes.aside.is_empty();
        let filled = self.kept.filled(&stored.app_id, fitted, &[]).await?;
        let files = filled.files.into_iter().map(|file| PreparedFile { name: file.name, since: file.since }).collect();
        Ok(Prepared {
            id: stored.id,
            app_id: stored.app_id,
            title: stored.title,
            created_at: stored.created_at,
            files,
            sending: stored.run.is_some(),
            form_changed,
        })
    }

    async fn fitted(&self, stored: &StoredPrepared) -> Result<Fitted, Error> {
        let now = self.apps.form(&stored.app_id).await?;
        Ok(fit(stored.form.as_ref().or(Some(&now)), &now, &stored.entries))
    }

    /// Starts it like any run, once: what is refused is ready again, and what cannot be filled in as it was entered has
    /// to be looked at first.
    pub async fn send(&self, id: &PreparedId) -> Result<RunId, Error> {
        let stored = self.store.prepared(id).await?;
        let fitted = self.fitted(&stored).await?;
        if !fitted.changes.aside.is_empty() {
            return Err(runs::Error::Form(Vec::new()).into());
        }
        // Its files are found again.
        let filled = self.kept.filled(&stored.app_id, fitted, &[]).await?;
        let sent = self.runs.start_prepared(id, &stored.app_id, filled.entries).await;
        if sent.is_ok()
            && let Err(error) = self.store.forget_prepared(id).await
        {
            // It names its run: the next start takes it away.
            tracing::error!("a run that was kept ready and sent could not be taken away: {error}");
        }
        (self.emit)(AppEvent::PreparedChanged);
        Ok(sent?)
    }

    /// What fills its form again.
    pub async fn open(&self, id: &PreparedId) -> Result<Filled, Error> {
        let stored = self.store.prepared(id).await?;
        Ok(self.kept.filled(&stored.app_id, self.fitted(&stored).await?, &[]).await?)
    }

    /// Takes it away; until the next start it can be brought back.
    pub async fn remove(&self, id: &PreparedId) -> Result<(), Error> {
        self.store.remove_prepared(id, now()).await?;
        (self.emit)(AppEvent::PreparedChanged);
        Ok(())
    }

    pub async fn restore(&self, id: &PreparedId) -> Result<(), Error> {
        self.store.restore_prepared(id).await?;
        (self.emit)(AppEvent::PreparedChanged);
        Ok(())
    }

    /// What the program before this one was sending when it ended. After its runs were taken up: then it is known
    /// whether they were sent.
    pub async fn take_up(&self) -> Result<(), Error> {
        self.store.take_up_prepared(self.begun).await?;
        (self.emit)(AppEvent::PreparedChanged);
        Ok(())
    }
}
