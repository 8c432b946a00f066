//! What is under way for each app: one reading and one fetching at a time, which a stop ends.

use std::sync::{Arc, MutexGuard, PoisonError, atomic::Ordering};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::model::{app::AppId, log::LogFetching};

#[derive(Default)]
pub(super) struct Job {
    reading: Option<(u64, CancellationToken)>,
    fetching: Option<(u64, CancellationToken, LogFetching)>,
}

#[derive(Clone, Copy)]
enum What {
    Reading,
    Fetching,
}

/// Does it, as long as nobody stops it; after a stop it is not begun.
pub(super) async fn unless_stopped<F: Future>(stopped: &CancellationToken, what: F) -> Option<F::Output> {
    if stopped.is_cancelled() {
        return None;
    }
    stopped.run_until_cancelled(what).await
}

/// Held while something is under way; it ends with whoever holds it, however that comes.
pub(super) struct Busy {
    shared: Arc<Shared>,
    app: AppId,
    what: What,
    /// Which one: after a stop another one may have begun.
    number: u64,
}

impl Shared {
    fn jobs(&self) -> MutexGuard<'_, std::collections::HashMap<AppId, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` where the log is being read already.
    pub(super) fn begin_reading(self: &Arc<Self>, app: &AppId) -> Option<(Busy, CancellationToken)> {
        let mut jobs = self.jobs();
        let job = jobs.entry(app.clone()).or_default();
        if job.reading.is_some() {
            return None;
        }
        let (number, token) = (self.number.fetch_add(1, Ordering::Relaxed), CancellationToken::new());
        job.reading = Some((number, token.clone()));
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(app.clone(), Instant::now());
        Some((Busy { shared: Arc::clone(self), app: app.clone(), what: What::Reading, number }, token))
    }

    pub(super) fn begin_fetching(self: &Arc<Self>, app: &AppId, of: u32) -> Option<(Busy, CancellationToken)> {
        let mut jobs = self.jobs();
        let job = jobs.entry(app.clone()).or_default();
        if job.fetching.is_some() {
            return None;
        }
        let (number, token) = (self.number.fetch_add(1, Ordering::Relaxed), CancellationToken::new());
        job.fetching = Some((number, token.clone(), LogFetching { done: 0, of }));
        Some((Busy { shared: Arc::clone(self), app: app.clone(), what: What::Fetching, number }, token))
    }

    /// One more was fetched.
    pub(super) fn fetched_one(&self, app: &AppId) {
        if let Some((_, _, fetching)) = self.jobs().get_mut(app).and_then(|job| job.fetching.as_mut()) {
            fetching.done += 1;
            fetching.of = fetching.of.max(fetching.done);
        }
    }

    /// Whether the log is being read, and how far fetching is.
    pub(super) fn under_way(&self, app: &AppId) -> (bool, Option<LogFetching>) {
        let jobs = self.jobs();
        let job = jobs.get(app);
        let fetching = job.and_then(|job| job.fetching.as_ref()).map(|(_, _, fetching)| *fetching);
        (job.is_some_and(|job| job.reading.is_some()), fetching)
    }

    pub(super) fn was_just_asked(&self, app: &AppId) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.get(app).is_some_and(|at| at.elapsed() < self.pace.again)
    }

    pub(super) fn stop(&self, app: &AppId) {
        if let Some(job) = self.jobs().remove(app) {
            let reading = job.reading.iter().map(|(_, token)| token);
            reading.chain(job.fetching.iter().map(|(_, token, _)| token)).for_each(CancellationToken::cancel);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(job) = self.shared.jobs().get_mut(&self.app) {
            match self.what {
                What::Reading => drop(job.reading.take_if(|(number, _)| *number == self.number)),
                What::Fetching => drop(job.fetching.take_if(|(number, ..)| *number == self.number)),
            }
        }
    }
}
