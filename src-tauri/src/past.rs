//! Past runs as the user keeps them: what is said of them, and their deletion. Deleted runs are hidden at once and can
//! be brought back for a moment; then everything of them goes, from the database and from the disk.

use std::{sync::Arc, time::Duration};

use crate::{
    apps::Apps,
    files::Files,
    model::{
        Millis,
        event::{AppEvent, Emit},
        history::{Deleted, Remarks, RemarksChange},
        run::RunId,
    },
    runs::Runs,
    store::{self, Store, now},
};

/// How long deleted runs can be brought back. The page offers it for ten seconds, and for as long as the pointer rests on
/// the offer: much longer than that nobody looks at it.
const UNDO: Duration = Duration::from_secs(60);
/// Taken away in one go: others who write get their turn in between.
const AT_ONCE: usize = 25;

pub struct Past {
    store: Store,
    apps: Arc<Apps>,
    files: Arc<Files>,
    runs: Runs,
    emit: Emit,
    undo: Duration,
    /// Files that were chosen since may stand in a form.
    begun: Millis,
    /// What is being taken away cannot be brought back meanwhile.
    purging: tokio::sync::Mutex<()>,
}

impl Past {
    pub fn new(store: Store, apps: Arc<Apps>, files: Arc<Files>, runs: Runs, emit: Emit) -> Self {
        Self { store, apps, files, runs, emit, undo: UNDO, begun: now(), purging: tokio::sync::Mutex::default() }
    }

    /// Whoever tests does not wait as long.
    pub fn with_undo(self, undo: Duration) -> Self {
        Self { undo, ..self }
    }

    pub async fn remarks(&self, id: &RunId) -> Result<Remarks, store::Error> {
        self.store.remarks(id).await
    }

    /// Changes what is said of runs.
    pub async fn remark(&self, ids: &[RunId], change: &RemarksChange) -> Result<(), store::Error> {
        let done = self.store.remark(ids, change).await;
        (self.emit)(AppEvent::HistoryChanged);
        done
    }

    /// All tags with the number of runs that have them.
    pub async fn tags(&self) -> Result<Vec<(String, u32)>, store::Error> {
        self.store.tags().await
    }

    /// Hides runs that are over, and takes them away for good a while later.
    pub async fn delete(self: &Arc<Self>, ids: &[RunId]) -> Result<Deleted, store::Error> {
        let at = now();
        let deleted = self.store.delete_runs(ids, at).await?;
        self.changed(&deleted.runs).await;
        let (past, mut ids) = (Arc::clone(self), deleted.runs.clone());
        tokio::spawn(async move {
            while !ids.is_empty() {
                tokio::time::sleep(past.undo).await;
                match past.purge(ids.clone(), Some(at)).await {
                    Ok(left) => ids = left,
                    Err(error) => {
                        tracing::error!("deleted runs stay hidden until the next start: {error}");
                        return;
                    }
                }
            }
        });
        Ok(deleted)
    }

    /// Brings deleted runs back: all that are not gone for good.
    pub async fn undelete(&self, ids: &[RunId]) -> Result<(), store::Error> {
        let gone = {
            let _alone = self.purging.lock().await;
            self.store.undelete_runs(ids).await?
        };
        self.changed(ids).await;
        if gone.is_empty() { Ok(()) } else { Err(store::Error::NotFound) }
    }

    /// Takes away what is hidden still: when the program ends.
    pub async fn purge_all(&self) -> Result<(), store::Error> {
        let hidden = self.store.hidden_runs(None).await?;
        self.purge(hidden, None).await.map(drop)
    }

    /// Takes away what the program before this one left hidden. What was deleted since can still be brought back.
    pub async fn purge_left(&self) -> Result<(), store::Error> {
        let hidden = self.store.hidden_runs(Some(self.begun)).await?;
        self.purge(hidden, None).await.map(drop)
    }

    /// Takes hidden runs away, those that were hidden `at` that time or at any. Those that have to wait: a task still
    /// follows them.
    async fn purge(&self, hidden: Vec<RunId>, at: Option<Millis>) -> Result<Vec<RunId>, store::Error> {
        let mut left = Vec::new();
        for some in hidden.chunks(AT_ONCE) {
            let _alone = self.purging.lock().await;
            // They may have been brought back since.
            let hidden = self.store.still_hidden(some, at).await?;
            let (followed, free): (Vec<_>, Vec<_>) = hidden.into_iter().partition(|id| self.runs.is_followed(id));
            left.extend(followed);
            // Folders first: a kill in between leaves runs that are hidden, and taken away at the next start.
            let (gone, _no_copies) = self.files.remove_folders(free).await;
            self.store.purge(&gone, self.begun).await?;
        }
        self.store.leave_no_trace().await?;
        Ok(left)
    }

    /// Lists and numbers are other ones now.
    async fn changed(&self, ids: &[RunId]) {
        (self.emit)(AppEvent::HistoryChanged);
        for app in self.store.apps_of(ids).await.unwrap_or_default() {
            let _ = self.apps.changed(&app).await;
        }
    }
}
