//! Runs that wait for a person, for days if need be, and others that are left without a task. Nobody follows them; now and then, and when a question's time is
//! over, the server is asked whether somebody answered elsewhere. Asleep while no run waits.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::{self, JoinSet},
    time::Instant,
};

use super::{Runs, Shared, follow::wait_until};
use crate::{
    apps::now,
    model::{
        app::AppId,
        human_input::QuestionState,
        run::{RunId, RunStatus},
    },
};

/// When a waiting run is looked after next, and the pause after that.
struct Turn {
    app: AppId,
    due: Instant,
    pause: Duration,
}

/// Servers that are asked at the same time: a slow one does not hold the others back.
const AT_ONCE: usize = 8;

/// Runs that are being asked about.
type Asked = HashMap<task::Id, (RunId, AppId)>;

/// Looks after waiting runs as long as somebody holds the rooms; `waits` tells that there may be a new one.
pub(super) async fn keep(shared: Weak<Shared>, waits: Arc<Notify>) {
    let mut turns: HashMap<RunId, Turn> = HashMap::new();
    // Tasks of their own, which exist only while a server is asked: what this one waits for must not wait for them.
    let mut asking = JoinSet::new();
    let mut asked = Asked::new();
    loop {
        // Registered before the look, so that nothing between is missed.
        let notified = waits.notified();
        let Some(runs) = shared.upgrade().map(|shared| Runs { shared }) else { return };
        let is_planned = runs.plan(&mut turns, &asked).await;
        let mut due: Vec<_> = turns.iter().filter(|(_, turn)| turn.due <= Instant::now()).collect();
        due.sort_by_key(|(_, turn)| turn.due);
        for (id, Turn { app, .. }) in due {
            // One run of an app at a time; the others of it wait for their turn.
            if asking.len() < AT_ONCE && !asked.values().any(|(_, busy)| busy == app) {
                let (runs, run) = (runs.clone(), id.clone());
                // A server that cannot be reached is asked again at the next turn.
                let task = asking.spawn(async move { drop(runs.look_again(&run).await) });
                asked.insert(task.id(), (id.clone(), app.clone()));
            }
        }
        let longest = runs.shared.pace.waiting_longest;
        for (id, _) in asked.values() {
            if let Some(turn) = turns.get_mut(id).filter(|turn| turn.due <= Instant::now()) {
                turn.pause = (turn.pause * 2).min(longest);
                turn.due = Instant::now() + turn.pause;
            }
        }
        // Whose app is being asked waits for the end of that.
        let is_free = |turn: &&Turn| {
            turn.due > Instant::now() || (asking.len() < AT_ONCE && !asked.values().any(|(_, busy)| *busy == turn.app))
        };
        let mut next = turns.values().filter(is_free).map(|turn| turn.due).min();
        if !is_planned {
            let again = Instant::now() + runs.shared.pace.waiting;
            next = Some(next.map_or(again, |next| next.min(again)));
        }
        drop(runs);
        tokio::select! {
            () = notified => {}
            () = wait_until(next) => {}
            Some(done) = asking.join_next_with_id() => {
                asked.remove(&done.map_or_else(|error| error.id(), |(id, ())| id));
            }
        }
    }
}

impl Runs {
    /// Gives every run that nobody follows a turn, and forgets the others. False where the store cannot be read now.
    async fn plan(&self, turns: &mut HashMap<RunId, Turn>, asked: &Asked) -> bool {
        let Ok(heads) = self.shared.store.unfinished_runs().await else { return false };
        let waiting: HashMap<RunId, AppId> = heads
            .into_iter()
            // What was never sent is told so by the next start. Everything else that nobody follows is asked about: the
            // keychain was locked, a key is missing, or its task broke off.
            .filter(|head| !matches!(head.status, RunStatus::Preparing | RunStatus::Uploading))
            .filter(|head| self.shared.live(&head.id).is_none())
            .map(|head| (head.id, head.app_id))
            .collect();
        // One that is being asked about is in care meanwhile, and may go on waiting: its turns go on.
        turns.retain(|id, _| waiting.contains_key(id) || asked.values().any(|(asked, _)| asked == id));
        for (id, app) in waiting {
            if turns.contains_key(&id) {
                continue;
            }
            let pause = self.shared.pace.waiting;
            let due = match self.expires_in(&id).await {
                // A little later: the server's clock decides.
                Some(left) => pause.min(left + Duration::from_secs(5)),
                None => pause,
            };
            turns.insert(id, Turn { app, due: Instant::now() + due, pause });
        }
        true
    }

    /// Until the first open question's time is over.
    async fn expires_in(&self, id: &RunId) -> Option<Duration> {
        let run = self.shared.store.run(id).await.ok()?;
        let open = run.questions.iter().filter(|question| question.state == QuestionState::Open);
        let left = open.filter_map(|question| question.form.expires_at).min()?.saturating_sub(now());
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }
}
