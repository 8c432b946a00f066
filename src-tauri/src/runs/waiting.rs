//! Runs that wait for a person, for days if need be. Nobody follows them; now and then, and when a question's time is
//! over, the server is asked whether somebody answered elsewhere. Asleep while no run waits.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{Runs, Shared};
use crate::{
    apps::now,
    model::{
        human_input::QuestionState,
        run::{RunId, RunStatus},
    },
};

/// When a waiting run is looked after next, and the pause after that.
struct Turn {
    due: Instant,
    pause: Duration,
}

/// Looks after waiting runs as long as somebody holds the rooms; `waits` tells that there may be a new one.
pub(super) async fn keep(shared: Weak<Shared>, waits: Arc<Notify>) {
    let mut turns: HashMap<RunId, Turn> = HashMap::new();
    loop {
        // Registered before the look, so that nothing between is missed.
        let notified = waits.notified();
        let Some(runs) = shared.upgrade().map(|shared| Runs { shared }) else { return };
        runs.plan(&mut turns).await;
        let due: Vec<RunId> =
            turns.iter().filter(|(_, turn)| turn.due <= Instant::now()).map(|(id, _)| id.clone()).collect();
        for id in due {
            // A server that cannot be reached is asked again at the next turn.
            let _ = runs.check_again(&id).await;
            if let Some(turn) = turns.get_mut(&id) {
                turn.pause = (turn.pause * 2).min(runs.shared.pace.waiting_longest);
                turn.due = Instant::now() + turn.pause;
            }
        }
        let next = turns.values().map(|turn| turn.due).min();
        drop(runs);
        match next {
            Some(next) => tokio::select! { () = notified => {}, () = sleep_until(next) => {} },
            None => notified.await,
        }
    }
}

impl Runs {
    /// Gives every waiting run a turn, and forgets those that wait no more.
    async fn plan(&self, turns: &mut HashMap<RunId, Turn>) {
        let Ok(heads) = self.shared.store.unfinished_runs().await else { return };
        let waiting: Vec<RunId> = heads
            .into_iter()
            // Out of contact and followed by nobody: the keychain was locked, or a key is missing.
            .filter(|head| matches!(head.status, RunStatus::Waiting | RunStatus::Paused | RunStatus::OutOfContact))
            .filter(|head| self.shared.live(&head.id).is_none())
            .map(|head| head.id)
            .collect();
        turns.retain(|id, _| waiting.contains(id));
        for id in waiting {
            if turns.contains_key(&id) {
                continue;
            }
            let pause = self.shared.pace.waiting;
            let due = match self.expires_in(&id).await {
                // A little later: the server's clock decides.
                Some(left) => pause.min(left + Duration::from_secs(5)),
                None => pause,
            };
            turns.insert(id, Turn { due: Instant::now() + due, pause });
        }
    }

    /// Until the first open question's time is over.
    async fn expires_in(&self, id: &RunId) -> Option<Duration> {
        let run = self.shared.store.run(id).await.ok()?;
        let open = run.questions.iter().filter(|question| question.state == QuestionState::Open);
        let left = open.filter_map(|question| question.form.expires_at).min()?.saturating_sub(now());
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }
}
