//! Before the program ends: what is still in a task's hands, and getting it onto the disk.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::timeout;

use super::{Runs, care::Live, stop::STOP_HEARD};
use crate::model::run::{RunHead, RunStatus};

impl Runs {
    /// The runs that go on: a task follows them. One that waits for a person or is paused loses nothing when the
    /// program ends, and one that is over is settled before it does.
    pub fn under_way(&self) -> Vec<RunHead> {
        let live = self.shared.all_live();
        let heads = live.values().map(|live| live.fold().run().head.clone());
        let goes_on =
            |status: RunStatus| !status.is_over() && !matches!(status, RunStatus::Waiting | RunStatus::Paused);
        let mut heads: Vec<RunHead> = heads.filter(|head| goes_on(head.status)).collect();
        heads.sort_by(|a, b| a.id.cmp(&b.id));
        heads
    }

    /// The runs that go on and whose server has not heard that they are to stop.
    pub fn stops_not_heard(&self) -> Vec<RunHead> {
        let mut heads = self.under_way();
        heads.retain(|head| {
            self.shared.live(&head.id).is_some_and(|live| live.stopped.load(Ordering::Acquire) != STOP_HEARD)
        });
        heads
    }

    /// Writes what live runs have not written yet, and lets result files arrive; waits for it at most `patience`. True
    /// if all is on the disk.
    pub async fn settle(&self, patience: Duration) -> bool {
        let fetches = |live: &Live| !live.looked_at.load(Ordering::Acquire) && live.fold().run().head.status.is_over();
        let unsaved = || self.shared.all_live().values().any(|live| !live.unsaved().is_empty() || fetches(live));
        for live in self.shared.all_live().values() {
            live.wished.send_modify(|wished| wished.settle += 1);
        }
        timeout(patience, async {
            loop {
                let settled = self.shared.settled.notified();
                if !unsaved() {
                    return;
                }
                settled.await;
            }
        })
        .await
        .is_ok()
    }

    /// Settles, and closes the store: the next start then knows that this one ended in order.
    pub async fn close(&self, patience: Duration) {
        self.settle(patience).await;
        let _ = timeout(patience, self.shared.store.close()).await;
    }
}
