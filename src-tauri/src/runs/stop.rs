//! A stop: asked for at any time, sent once there is something to stop, and owned up to where it was not heard.

use std::{
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Error, Runs, Shared, driver::Driver, fold::Changes, ladder::Ladder, life::Happening, wishes::Wished};
use crate::{
    dify::Client,
    model::{
        app::AppId,
        run::{Notice, RunId, RunStatus},
    },
};

const STOP_UNHEARD: u8 = 0;
const STOP_SENT: u8 = 1;
pub(super) const STOP_HEARD: u8 = 2;

impl Runs {
    /// Asks for a stop; acts as soon as the server has given a task id. A run that nobody follows, such
    /// as one that waits for a person, is followed again for it.
    pub async fn stop(&self, id: &RunId) -> Result<(), Error> {
        let stop = |wished: &mut Wished| wished.stop = true;
        if self.shared.wish(id, stop) {
            return Ok(());
        }
        let head = self.shared.store.run_head(id).await?;
        if head.status.is_over() {
            return Ok(());
        }
        let client = self.shared.client_of(&head).await?;
        // Somebody may have taken it up meanwhile, and left it again.
        while !self.shared.wish(id, stop) {
            let Some(mut driver) = self.take_in(id).await? else { continue };
            if driver.status().is_over() {
                driver.leave_when_saved().await;
                break;
            }
            self.shared.wish(id, stop);
            driver.happens(Happening::Stop).await;
            tokio::spawn(driver.follow_up(client));
            break;
        }
        Ok(())
    }

    /// Stops what is just being started with this app: nobody outside knows its id yet.
    pub fn stop_starting(&self, app: &AppId) {
        self.shared.starting().iter().filter(|(of, _)| of == app).for_each(|(_, stop)| stop.cancel());
    }
}

impl Shared {
    pub(super) fn starting(&self) -> MutexGuard<'_, Vec<(AppId, CancellationToken)>> {
        let mut starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        starting.retain(|(_, stop)| !stop.is_cancelled());
        starting
    }
}

impl Driver {
    pub(super) async fn stop_now(&mut self, client: &Client, ladder: &mut Ladder) {
        self.happens(Happening::Stop).await;
        self.ask_to_stop(client);
        ladder.stop(Instant::now());
    }

    /// Sends the stop once there is a task to stop. "Success" is always the answer: the stream tells.
    /// False if there is none yet.
    pub(super) fn ask_to_stop(&self, client: &Client) -> bool {
        let task = self.live.fold().run().head.server.task_id.clone();
        let is_known = task.is_some();
        if let Some(task) = task {
            let (shared, head) = (Arc::clone(&self.shared), self.live.fold().run().head.clone());
            let (mut client, stopped) = (client.clone(), Arc::clone(&self.live.stopped));
            // What was heard stays heard, whatever becomes of a second try.
            stopped.fetch_max(STOP_SENT, Ordering::AcqRel);
            tokio::spawn(async move {
                // A stop may be asked for again: it stops what is stopped already.
                for pause in [1, 3, 0] {
                    match client.stop(&task).await {
                        Ok(()) => return stopped.store(STOP_HEARD, Ordering::Release),
                        Err(error) if error.is_unauthorized() => match shared.client_of(&head).await {
                            // The key was replaced meanwhile.
                            Ok(fresh) if !fresh.has_key_of(&client) => client = fresh,
                            _ => {
                                // Whoever enters another one has it sent again.
                                shared.apps.refused(&head.app_id).await;
                                break;
                            }
                        },
                        Err(error) => {
                            tracing::warn!("stop: {error}");
                            tokio::time::sleep(Duration::from_secs(pause)).await;
                        }
                    }
                }
                let _ = stopped.compare_exchange(STOP_SENT, STOP_UNHEARD, Ordering::AcqRel, Ordering::Acquire);
            });
        }
        is_known
    }

    /// The server did not hear of the stop while it could not be reached, or took no key.
    pub(super) fn stop_once_more(&self, client: &Client) {
        if self.status() == RunStatus::Stopping && self.stop_was_not_heard() {
            self.ask_to_stop(client);
        }
    }

    pub(super) fn stop_was_heard(&self) -> bool {
        self.live.stopped.load(Ordering::Acquire) == STOP_HEARD
    }

    /// It could not be sent, or did not arrive; not while it is on its way.
    pub(super) fn stop_was_not_heard(&self) -> bool {
        self.live.stopped.load(Ordering::Acquire) == STOP_UNHEARD
    }

    /// A server that was never told cannot have gone on in spite of it: so a run that was to be stopped says that
    /// instead. What an earlier stop brought stands.
    pub(super) fn own_up_to_stop(&mut self, was_stopping: bool, changes: &mut Changes) {
        if was_stopping && self.stop_was_not_heard() {
            for notice in &mut self.live.fold().run_mut().notices {
                if *notice == Notice::NotStopped {
                    *notice = Notice::StopNotHeard;
                    changes.notices = true;
                }
            }
        }
    }

    /// It was to be stopped and waits all the same.
    pub(super) async fn wait_on(&mut self) {
        let notice = if self.stop_was_not_heard() { Notice::StopNotHeard } else { Notice::NotStopped };
        self.live.fold().run_mut().notices.push(notice);
        self.note(Changes { notices: true, ..Changes::default() });
        self.happens(Happening::WaitsOn).await;
        if !self.is_asked() {
            // Nobody is asked anything: why it pauses is not known here.
            self.happens(Happening::Pauses).await;
        }
    }
}
