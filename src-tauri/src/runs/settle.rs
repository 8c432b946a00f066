//! Before the program ends: what is still in a task's hands, and getting it onto the disk.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::timeout;

use super::Runs;
use crate::model::run::{RunHead, RunStatus};

impl Runs {
    /// The runs that lose something when the program ends now: those that a task follows, and those whose
    /// result files it still fetches. One that waits for a person or is paused loses nothing.
    pub fn under_way(&self) -> Vec<RunHead> {
        let live = self.shared.all_live();
        let followed = live.values().filter(|live| !live.looked_at.load(Ordering::Acquire));
        let heads = followed.map(|live| live.fold().run().head.clone());
        let mut heads: Vec<RunHead> =
            heads.filter(|head| !matches!(head.status, RunStatus::Waiting | RunStatus::Paused)).collect();
        heads.sort_by(|a, b| a.id.cmp(&b.id));
        heads
    }

    /// Writes what live runs have not written yet; waits for it at most `patience`. True if all is on the disk.
    pub async fn settle(&self, patience: Duration) -> bool {
        let unsaved = || self.shared.all_live().values().any(|live| live.unsaved.load(Ordering::Acquire));
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
