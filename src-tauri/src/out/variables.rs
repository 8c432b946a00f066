//! Which columns a table of runs can have: what those runs hold that go out.

use super::{Error, Out};
use crate::model::{
    app::AppId,
    history::{RunFilter, Search},
    out::{AppVariables, ExportOf},
    run::RunId,
};

/// Of runs that were picked so many are read; of more, some of all their apps' runs as well.
const MOST_PICKED: usize = 2000;
/// Of those that a search finds in an app, so many of the newest.
const FOUND_OF_EACH: u32 = 100;
/// Pages in which nothing is found, before an app counts as one of which something is.
const MOST_EMPTY: u32 = 3;

impl Out {
    /// What the runs hold that would go out, by app as these are listed.
    pub async fn variables(&self, of: &ExportOf) -> Result<Vec<AppVariables>, Error> {
        let apps = self.store.apps_with_runs().await?;
        let (runs, all) = match of {
            ExportOf::Runs { runs } => self.of_picked(runs).await?,
            ExportOf::Search { search } => (self.of_found(search, &apps).await?, true),
        };
        let mut found = self.store.variables_of(runs, all).await?;
        found.sort_by_key(|known| apps.iter().position(|app| *app == known.app_id));
        Ok(found)
    }

    /// Of a few, all; whether others were read for them.
    async fn of_picked(&self, picked: &[RunId]) -> Result<(Vec<RunId>, bool), Error> {
        let mut runs: Vec<RunId> = picked.iter().step_by(picked.len() / MOST_PICKED + 1).cloned().collect();
        let some = runs.len() < picked.len();
        if some {
            let apps = self.store.apps_of(picked).await?;
            runs.extend(self.store.telling_runs(&apps).await?);
        }
        Ok((runs, some))
    }

    /// Runs of the apps in which anything is found, with the newest of what is found.
    async fn of_found(&self, search: &Search, apps: &[AppId]) -> Result<Vec<RunId>, Error> {
        let named = |app: &&AppId| search.filter.apps.is_empty() || search.filter.apps.contains(app);
        let apps: Vec<AppId> = apps.iter().filter(named).cloned().collect();
        let anything = Search {
            filter: RunFilter { apps: search.filter.apps.clone(), ..RunFilter::default() },
            ..Search::default()
        };
        if *search == anything {
            return Ok(self.store.telling_runs(&apps).await?);
        }
        let (mut with_any, mut runs) = (Vec::new(), Vec::new());
        for app in apps {
            let mut search = search.clone();
            search.filter.apps = vec![app.clone()];
            let Some(found) = self.newest_found(search).await? else { continue };
            with_any.push(app);
            runs.extend(found);
        }
        runs.extend(self.store.telling_runs(&with_any).await?);
        Ok(runs)
    }

    /// `None`: nothing is found. Where texts are looked at, a page comes in time rather than with something found.
    async fn newest_found(&self, search: Search) -> Result<Option<Vec<RunId>>, Error> {
        let mut after = None;
        for _ in 0..MOST_EMPTY {
            let (runs, next) = (self.find)(search.clone(), after, FOUND_OF_EACH).await?;
            if !runs.is_empty() {
                return Ok(Some(runs));
            }
            if next.is_none() {
                return Ok(None);
            }
            after = next;
        }
        Ok(Some(Vec::new()))
    }
}
