//! Rules are applied: shortly after the start and every day, in small batches, and never to a run under way.

use std::{collections::BTreeMap, sync::Weak, time::Duration};

use super::{Error, Keeping, Shared, clock, remove};
use crate::{
    model::{
        Millis,
        app::AppId,
        event::AppEvent,
        keeping::{KeepRule, Swept},
        run::RunId,
    },
    store::{Goes, now},
};

/// The page is painted first, and runs that were left are taken up.
const AFTER_START: Duration = Duration::from_secs(90);
/// How often the clock is looked at. What there is to do is done when a day has passed since.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// Runs that go at a time: others write in between.
const BATCH: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);
/// A state that a restored one took the place of is kept for so many days.
const ASIDE_DAYS: Millis = 30;

/// Goes on until the program ends.
pub(super) async fn keep(shared: Weak<Shared>) {
    tokio::time::sleep(AFTER_START).await;
    let mut done_at: Option<Millis> = None;
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let keeping = Keeping { shared };
        let is_due = done_at.is_none_or(|done| !(done..done + clock::DAY).contains(&now()));
        match keeping.look_at_clock(now()).await {
            Ok(true) if is_due => {
                done_at = Some(now());
                if let Err(error) = keeping.do_what_is_due().await {
                    tracing::error!("what is to be kept could not be looked through: {error}");
                }
            }
            Ok(_) => {}
            Err(error) => tracing::error!("the clock could not be noted: {error}"),
        }
        drop(keeping);
        tokio::time::sleep(LOOK).await;
    }
}

impl Keeping {
    async fn do_what_is_due(&self) -> Result<(), Error> {
        let swept = self.sweep(now()).await?;
        if swept.runs + swept.without_files > 0 {
            tracing::info!("{} runs were let go, of {} the files", swept.runs, swept.without_files);
        }
        if self.shared.store.is_worth_a_vacuum().await? {
            self.vacuum().await?;
        }
        if self.shared.places.aside().is_some_and(|aside| aside.at + ASIDE_DAYS * clock::DAY < now()) {
            self.forget_aside().await?;
        }
        Ok(())
    }

    /// Looks at the clock and writes down what it says; whether it can be believed.
    pub async fn look_at_clock(&self, now: Millis) -> Result<bool, Error> {
        let store = &self.shared.store;
        let newest = store.newest_run_at().await?;
        let seen = clock::look(store.clock_seen().await?, newest, now);
        store.save_clock(seen).await?;
        Ok(clock::is_steady(seen))
    }

    /// Applies the rules as of now, if the clock can be believed.
    pub async fn sweep(&self, now: Millis) -> Result<Swept, Error> {
        if !self.look_at_clock(now).await? {
            return Ok(Swept { waits: true, ..Swept::default() });
        }
        let _one = self.shared.sweeping.lock().await;
        let mut swept = Swept::default();
        for (app, rule) in self.rules().await? {
            for (goes, days) in [(Goes::Run, rule.days), (Goes::Files, rule.files_days)] {
                let Some(days) = days else { continue };
                let gone = self.let_go(&app, goes, now - Millis::from(days) * clock::DAY).await?;
                match goes {
                    Goes::Run => swept.runs += gone,
                    Goes::Files => swept.without_files += gone,
                }
            }
        }
        if swept.runs > 0 {
            self.leave_no_trace();
            (self.shared.emit)(AppEvent::HistoryChanged);
        }
        if swept.without_files > 0 {
            (self.shared.emit)(AppEvent::SentChanged { run_id: None });
        }
        Ok(swept)
    }

    async fn let_go(&self, app: &AppId, goes: Goes, before: Millis) -> Result<u32, Error> {
        let Shared { store, files, runs, folder, .. } = &*self.shared;
        let (mut gone, mut after) = (0, None);
        loop {
            let found = store.runs_that_go(app, goes, before, after.as_ref(), BATCH).await?;
            after = found.last().cloned();
            if after.is_none() {
                return Ok(gone);
            }
            let at_rest = self.at_rest(found);
            match goes {
                Goes::Run => {
                    let hidden = store.hide_runs_that_go(app, before, &at_rest, now()).await?;
                    gone += u32::try_from(hidden.len()).unwrap_or(0);
                    remove::remove_runs(store, files, runs, hidden).await?;
                }
                Goes::Files => {
                    for id in &at_rest {
                        if store.files_still_go(app, before, id).await? {
                            remove::let_files_go(store, files, runs, folder, id).await?;
                            gone += 1;
                        }
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What went is not to be read out of the index of words either, nor out of the log beside the database. Nobody
    /// waits for it.
    fn leave_no_trace(&self) {
        let store = self.shared.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.leave_no_trace().await {
                tracing::error!("words of runs that were let go are still in the index: {error}");
            }
        });
    }

    /// Runs that nobody is working on: result files are fetched after the end.
    fn at_rest(&self, mut ids: Vec<RunId>) -> Vec<RunId> {
        ids.retain(|id| !self.shared.runs.is_followed(id));
        ids
    }

    /// How many runs a rule would let go now. `app` `None`: of all that have none of their own.
    pub async fn preview(&self, app: Option<&AppId>, rule: Option<KeepRule>, now: Millis) -> Result<Swept, Error> {
        let store = &self.shared.store;
        let (default, own) = store.keep_rules().await?;
        let apps = match app {
            Some(app) => vec![app.clone()],
            None => store.app_ids().await?.into_iter().filter(|app| !own.contains_key(&app.0)).collect(),
        };
        // An app that gives its own rule up goes by that of all.
        let rule = rule.map_or(if app.is_some() { default } else { KeepRule::default() }, KeepRule::sensible);
        let mut swept = Swept { waits: !self.clock_is_steady().await?, ..Swept::default() };
        for app in &apps {
            let count = async |goes, days: Option<u32>| -> Result<u32, Error> {
                let Some(days) = days else { return Ok(0) };
                Ok(store.count_runs_that_go(app, goes, now - Millis::from(days) * clock::DAY).await?)
            };
            let (runs, with_files) = (count(Goes::Run, rule.days).await?, count(Goes::Files, rule.files_days).await?);
            let files_of_those = match rule.days {
                Some(days) if rule.files_days.is_some() => count(Goes::Files, Some(days)).await?,
                _ => 0,
            };
            swept.runs += runs;
            swept.without_files += with_files - files_of_those.min(with_files);
        }
        Ok(swept)
    }

    async fn rules(&self) -> Result<BTreeMap<AppId, KeepRule>, Error> {
        let (default, own) = self.shared.store.keep_rules().await?;
        let apps = self.shared.store.app_ids().await?;
        Ok(apps.into_iter().map(|app| (app.clone(), own.get(&app.0).copied().unwrap_or(default))).collect())
    }

    /// Takes all runs of an app away that are over, marked ones too: the user asked for it. How many went.
    pub async fn delete_runs_of(&self, app: &AppId) -> Result<u32, Error> {
        let Shared { store, files, runs, .. } = &*self.shared;
        let _one = self.shared.sweeping.lock().await;
        let (mut gone, mut after) = (0, None);
        loop {
            let found = store.runs_over(app, after.as_ref(), BATCH).await?;
            after = found.last().cloned();
            if after.is_none() {
                break;
            }
            let hidden = store.delete_runs(&self.at_rest(found), now()).await?.runs;
            gone += u32::try_from(hidden.len()).unwrap_or(0);
            remove::remove_runs(store, files, runs, hidden).await?;
        }
        self.leave_no_trace();
        (self.shared.emit)(AppEvent::HistoryChanged);
        Ok(gone)
    }
}
