//! Before the program ends: what is still in a task's hands, and getting it onto the disk.

use std::time::Duration;

use super::{Runs, driver::SAVE_EVERY};
use crate::model::run::{RunHead, RunStatus};

impl Runs {
    /// The runs that lose something when the program ends now: those that a task follows, and those whose
    /// result files it still fetches. One that waits for a person or is paused loses nothing.
    pub fn under_way(&self) -> Vec<RunHead> {
        let heads = self.shared.all_live().values().map(|live| live.fold().run().head.clone()).collect::<Vec<_>>();
        let mut heads: Vec<RunHead> =
            heads.into_iter().filter(|head| !matches!(head.status, RunStatus::Waiting | RunStatus::Paused)).collect();
        heads.sort_by(|a, b| a.id.cmp(&b.id));
        heads
    }

    /// Waits until what was folded by now is on the disk: each task saves at the latest after [`SAVE_EVERY`].
    pub async fn settle(&self, patience: Duration) {
        if !self.shared.all_live().is_empty() {
            tokio::time::sleep((SAVE_EVERY + Duration::from_millis(100)).min(patience)).await;
        }
    }
}
