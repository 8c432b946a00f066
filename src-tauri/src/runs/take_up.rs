//! What the next start does: takes up the runs that an earlier session left, and fetches result files that were on
//! their way.

use std::collections::HashMap;

use super::{Error, Runs, care::of_user, driver::Driver, life, outputs};
use crate::{
    apps::now,
    dify::Client,
    model::{
        Millis,
        app::AppId,
        run::{RunErrorCause, RunHead, RunStatus, Step},
    },
};

/// Result files of runs that ended this long ago are fetched again after a restart; their links die sooner.
const FETCH_AGAIN: Millis = 10 * 60_000;
/// How often a store that cannot be read is tried again.
const TRIES: u32 = 12;

impl Runs {
    /// Takes up what an earlier session left unfinished, and what could not be asked about before.
    ///
    /// What cannot be asked about now (a locked keychain, a key to be entered) stays as it is, out of
    /// contact, until it can.
    pub async fn take_up(&self) -> Result<(), Error> {
        let mut clients: HashMap<AppId, Option<Client>> = HashMap::new();
        for head in self.left_over().await? {
            let reachable = self.shared.apps.is_reachable(&head.app_id).await;
            // Those that wait are looked after in `waiting`, as long as there is anybody to ask.
            let waits = matches!(head.status, RunStatus::Waiting | RunStatus::Paused) && reachable;
            if waits || self.shared.live(&head.id).is_some() {
                continue;
            }
            if reachable && !clients.contains_key(&head.app_id) {
                let client = self.shared.apps.client(&head.app_id).await;
                clients.insert(head.app_id.clone(), client.ok());
            }
            let mut driver = match self.take_in(&head.id).await {
                Ok(Some(driver)) => driver,
                Ok(None) => continue,
                Err(error) => {
                    tracing::error!("an unfinished run cannot be read: {error}");
                    continue;
                }
            };
            // It may have ended, or begun to wait, since the list was read.
            if reachable && driver.is_at_rest() && driver.leave_at_rest().await {
                continue;
            }
            let unsent = matches!(driver.status(), RunStatus::Preparing | RunStatus::Uploading);
            let gone = unsent || !reachable;
            driver.left_over = true;
            match clients.get(&head.app_id).cloned().flatten().filter(|_| !gone).map(|client| of_user(client, &head)) {
                Some(client) => drop(tokio::spawn(driver.follow_up(client))),
                None => {
                    if gone {
                        let at = driver.last_sign_of_life();
                        let cause = if unsent { RunErrorCause::NotSent } else { RunErrorCause::Interrupted };
                        driver.end_without_word(cause, String::new(), at).await;
                    } else {
                        driver.happens(life::Happening::Lost).await;
                    }
                    driver.leave_when_saved().await;
                }
            }
        }
        self.shared.waits.notify_one();
        self.fetch_again().await
    }

    /// The store may be held for a moment, by a backup perhaps.
    async fn left_over(&self) -> Result<Vec<RunHead>, Error> {
        for _ in 0..TRIES {
            match self.shared.store.unfinished_runs().await {
                Ok(heads) => return Ok(heads),
                Err(error) => tracing::error!("unfinished runs cannot be read now: {error}"),
            }
            tokio::time::sleep(self.shared.pace.save * 5).await;
        }
        Ok(self.shared.store.unfinished_runs().await?)
    }

    /// Result files that were on their way when the program ended: their links may still live.
    async fn fetch_again(&self) -> Result<(), Error> {
        for id in self.shared.store.unfetched_runs(now() - FETCH_AGAIN).await? {
            let run = match self.shared.store.run(&id).await {
                // The task that follows it fetches them.
                Ok(_) if self.is_followed(&id) => continue,
                Ok(run) => run,
                Err(error) => {
                    tracing::error!("a run cannot be read: {error}");
                    continue;
                }
            };
            let missing = outputs::files_of(&run, &[]).len() > run.files.len()
                || run.files.iter().any(|file| file.local == crate::model::file::LocalCopy::Fetching);
            if !missing {
                continue;
            }
            let reachable = self.shared.apps.is_reachable(&run.head.app_id).await;
            let client = if reachable { self.shared.client_of(&run.head).await.ok() } else { None };
            let Some(driver) = self.take_in(&id).await? else { continue };
            match client {
                Some(client) => drop(tokio::spawn(async move { driver.finish(&client).await })),
                None => {
                    self.shared.clear_unfinished(&id).await;
                    self.shared.store.give_up_fetching(&id).await?;
                    self.shared.leave(&id);
                }
            }
        }
        Ok(())
    }

    /// The key was replaced, or the way to servers mended: what could not be asked about is asked about now.
    pub fn try_again(&self, app: Option<&AppId>) {
        self.ask_now(app);
        let runs = self.clone();
        tokio::spawn(async move {
            if let Err(error) = runs.take_up().await {
                tracing::error!("unfinished runs could not be taken up: {error}");
            }
        });
    }

    /// Has live runs of the app, or of all, ask now instead of resting: the key was replaced, the network mended.
    fn ask_now(&self, app: Option<&AppId>) {
        for live in self.shared.all_live().values() {
            if app.is_none_or(|app| live.fold().run().head.app_id == *app) {
                live.wished.send_modify(|wished| wished.ask += 1);
            }
        }
    }
}

impl Driver {
    /// When something was last heard of the run.
    pub(super) fn last_sign_of_life(&self) -> Millis {
        let fold = self.live.fold();
        let run = fold.run();
        // Steps that were given up on with their run ended nowhere.
        let given_up = run.head.finished_at.filter(|_| run.head.status == RunStatus::Unknown);
        let seen = |step: &Step| step.finished_at.filter(|&at| Some(at) != given_up).unwrap_or(step.started_at);
        let steps = run.steps.iter().map(seen);
        steps.chain(self.text_at).max().unwrap_or(run.head.started_at).max(run.head.started_at)
    }
}
