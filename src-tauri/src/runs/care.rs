//! In whose care a run is: one task at a time, which hears what is wished of it, and leaves it only when nothing is
//! due any more.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8},
    },
};

use tokio::sync::watch;

use super::{
    Error, Runs, Shared,
    driver::Driver,
    fold::Fold,
    life::Happening,
    unsaved::Unsaved,
    wishes::{Wish, Wished, Wishes},
};
use crate::{
    apps,
    dify::Client,
    model::run::{Run, RunHead, RunId, RunStatus},
};

/// A run that a task of ours follows.
#[derive(Clone)]
pub(super) struct Live {
    pub fold: Arc<Mutex<Fold>>,
    pub wished: watch::Sender<Wished>,
    /// What of it is not on the disk yet.
    pub unsaved: Arc<Mutex<Unsaved>>,
    /// Whoever has it writes.
    pub writing: Arc<tokio::sync::Mutex<()>>,
    /// It was asked for, and the server's next words will name it.
    pub expects_id: Arc<AtomicBool>,
    /// It is over, and only looked at whether that stays true.
    pub looked_at: Arc<AtomicBool>,
    /// Whether the server has heard that it is to stop: see `stop`.
    pub stopped: Arc<AtomicU8>,
}

impl Runs {
    /// Takes a run that nobody follows into care as it is now: what was read before may be old by now.
    pub(super) async fn take_in(&self, id: &RunId) -> Result<Option<Driver>, Error> {
        let run = self.shared.store.run(id).await?;
        let Some((live, wishes)) = self.shared.enter(run) else { return Ok(None) };
        // In between somebody else may have had it, and changed no more than an answer.
        match self.shared.store.run(id).await {
            Ok(run) => *live.fold() = Fold::new(run),
            Err(error) => {
                self.shared.leave(id);
                return Err(error.into());
            }
        }
        let mut driver = Driver::new(Arc::clone(&self.shared), live, wishes);
        driver.text_at = self.shared.store.text_at(id).await.unwrap_or_default();
        Ok(Some(driver))
    }
}

impl Shared {
    /// A client for what concerns this run: as the user it was started for, whoever the app is connected as now.
    pub(super) async fn client_of(&self, head: &RunHead) -> Result<Client, apps::Error> {
        Ok(of_user(self.apps.client(&head.app_id).await?, head))
    }

    /// Puts a run into the care of one task; `None` if it is in another's already.
    pub(super) fn enter(&self, run: Run) -> Option<(Live, Wishes)> {
        let (wished, wishes) = watch::channel(Wished::default());
        match self.all_live().entry(run.head.id.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                let live = Live {
                    fold: Arc::new(Mutex::new(Fold::new(run))),
                    wished,
                    unsaved: Arc::default(),
                    writing: Arc::default(),
                    expects_id: Arc::default(),
                    looked_at: Arc::default(),
                    stopped: Arc::default(),
                };
                Some((free.insert(live).clone(), Wishes::new(wishes)))
            }
        }
    }

    pub(super) fn leave(&self, id: &RunId) {
        self.leave_if(id, || true);
    }

    /// Leaves it if it may be left: nothing can be wished of it in between. Whether it was left.
    pub(super) fn leave_if(&self, id: &RunId, may: impl FnOnce() -> bool) -> bool {
        {
            let mut live = self.all_live();
            if !may() {
                return false;
            }
            live.remove(id);
        }
        self.settled.notify_waiters();
        // It may wait for a person, and was passed over as long as it was followed.
        self.waits.notify_one();
        true
    }

    /// Wishes something of the task that follows the run; false if there is none.
    pub(super) fn wish(&self, id: &RunId, wish: impl FnOnce(&mut Wished)) -> bool {
        self.all_live().get(id).map(|live| live.wished.send_modify(wish)).is_some()
    }

    pub(super) fn live(&self, id: &RunId) -> Option<Live> {
        self.all_live().get(id).cloned()
    }

    pub(super) fn all_live(&self) -> MutexGuard<'_, HashMap<RunId, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn of_user(client: Client, head: &RunHead) -> Client {
    match &head.server.user {
        Some(user) if user != client.user() => client.as_user(user),
        _ => client,
    }
}

impl Live {
    pub fn fold(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver {
    /// A client with the app's key and way to the server as they are now.
    pub(super) async fn fresh_client(&self) -> Result<Client, apps::Error> {
        let head = self.live.fold().run().head.clone();
        self.shared.client_of(&head).await
    }

    /// A run that exists in memory only is not left: it is tried on until it is saved.
    async fn save_all(&mut self) {
        self.tell_contact(None);
        while self.is_unsaved() {
            self.save(true).await;
            if self.is_unsaved() {
                tokio::time::sleep(self.shared.pace.save * 5).await;
            }
        }
    }

    /// Ends live care, whatever is wished.
    pub(super) async fn leave_when_saved(&mut self) {
        loop {
            self.save_all().await;
            if self.shared.leave_if(&self.id, || !self.is_unsaved()) {
                break;
            }
        }
        let _ = self.shared.apps.changed(&self.app).await;
    }

    /// Over, or waiting: nothing has to be followed.
    pub(super) fn is_at_rest(&self) -> bool {
        let status = self.status();
        status.is_over() || matches!(status, RunStatus::Waiting | RunStatus::Paused)
    }

    /// Ends live care of a run at rest. False where it was wished to stop, or was answered, while nobody listened:
    /// then it is to be followed on.
    pub(super) async fn leave_at_rest(&mut self) -> bool {
        loop {
            self.save_all().await;
            let is_free = || self.is_at_rest() && (self.status().is_over() || !self.wishes.is_due());
            if self.shared.leave_if(&self.id, || is_free() && !self.is_unsaved()) {
                break;
            }
            if !is_free() {
                if self.wishes.due() == Some(Wish::Stop) {
                    self.happens(Happening::Stop).await;
                }
                return false;
            }
        }
        let _ = self.shared.apps.changed(&self.app).await;
        true
    }
}

impl Drop for Driver {
    /// A task that panics leaves its run, too: `waiting` has it looked after from then on.
    fn drop(&mut self) {
        let mut all = self.shared.all_live();
        if all.get(&self.id).is_some_and(|live| Arc::ptr_eq(&live.fold, &self.live.fold)) {
            all.remove(&self.id);
            drop(all);
            self.shared.settled.notify_waiters();
            self.shared.waits.notify_one();
        }
    }
}
