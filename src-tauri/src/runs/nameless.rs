//! Runs made here that have not said yet which run of the server they are: whoever reads the server's log must not
//! take their lines for others.

use std::{
    collections::HashSet,
    sync::{PoisonError, atomic::Ordering},
};

use super::Runs;
use crate::model::{Millis, app::AppId, run::RunStatus};

/// Clocks of servers are off by some minutes.
const CLOCKS_APART: Millis = 10 * 60_000;

/// What is to be known of an app's runs under way before its log is merged.
#[derive(Debug, Default)]
pub struct UnderWay {
    /// The server's ids of those that know them: their own tasks keep them.
    named: HashSet<String>,
    /// When those that do not were begun, and whether the server's next words will name them.
    nameless: Vec<(Millis, bool)>,
}

impl UnderWay {
    /// Whether a task here has this run of the server.
    pub fn has(&self, server_run: &str) -> bool {
        self.named.contains(server_run)
    }

    /// Whether a line of the log with this start may be a run that will soon say so itself.
    pub fn may_be(&self, started_at: Millis) -> bool {
        self.nameless.iter().any(|&(begun, named_next)| {
            let apart = started_at - begun;
            // Its files may have been on their way for long before it was asked for.
            apart >= -CLOCKS_APART && (named_next || apart <= CLOCKS_APART)
        })
    }
}

impl Runs {
    /// To be asked for after the log was read and before it is merged: a run that leaves its task in between is in the
    /// store by then, and one that begins in between cannot stand in what was read.
    pub fn known_under_way(&self, app: &AppId) -> UnderWay {
        let mut known = UnderWay::default();
        for live in self.shared.all_live().values() {
            let expects_id = live.expects_id.load(Ordering::Acquire);
            let fold = live.fold();
            let head = &fold.run().head;
            if head.app_id != *app {
                continue;
            }
            match &head.server.run_id {
                Some(id) => drop(known.named.insert(id.clone())),
                None if matches!(head.status, RunStatus::Preparing | RunStatus::Uploading) => {}
                None => known.nameless.push((head.started_at, expects_id)),
            }
        }
        let claims = self.shared.claims.lock().unwrap_or_else(PoisonError::into_inner);
        known.named.extend(claims.keys().filter(|(of, _)| of == app).map(|(_, run)| run.clone()));
        known
    }
}
