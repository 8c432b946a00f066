//! Looks in the server's log for a run whose stream broke before it said its id, and sees to it that no two runs here
//! are the same run there.

use std::{
    collections::HashSet,
    sync::{PoisonError, atomic::Ordering},
};

use super::{Shared, driver::Driver, fold::Changes, ladder::Answer, rows};
use crate::{
    dify::{self, Client, LogQuery},
    model::{
        app::AppId,
        capability::{Capability, Support},
        run::{InputShown, RunId},
    },
};

/// Rows of the log that are looked at for a run without an id.
const ROWS: u32 = 100;
/// Details that are read to compare inputs, each time.
const COMPARED: usize = 40;

impl Driver {
    /// Looks for the run in the server's log.
    pub(super) async fn find(&mut self, client: &Client) -> Result<Answer, dify::Error> {
        let (started_at, inputs) = {
            let fold = self.live.fold();
            (fold.run().head.started_at, fold.run().inputs.clone())
        };
        let day = 24 * 3600 * 1000;
        let query = LogQuery {
            limit: ROWS,
            session_id: Some(client.user().to_owned()),
            after: Some(started_at - day),
            // Newest first: the runs of the days since would fill the page.
            before: Some(started_at + day),
            ..LogQuery::default()
        };
        let Some(log) = client.logs(&query).await? else { return Ok(Answer::NoLog) };
        // A run that is just being started will say its id itself: until then no row is anybody's.
        if self.shared.one_like_it_expects_an_id(&self.app, &self.id, &inputs) {
            return Ok(Answer::Trouble { wait: None });
        }
        let taken = self.shared.taken_ids(&self.app, &self.id).await;
        let rows =
            rows::candidates(&log.rows, started_at, client.user(), |id| taken.contains(id) || self.others.contains(id));
        let alone = rows.len() == 1;
        let compares = client.ability(Capability::RunDetail).support != Support::No;
        let mut failed = None;
        let mut others = Vec::new();
        for row in rows.into_iter().take(COMPARED) {
            let detail = match compares {
                true => match client.run_detail(&row.run_id).await {
                    Ok(detail) => detail,
                    // The others may be read all the same.
                    Err(error) if !error.is_unauthorized() => {
                        failed = Some(error);
                        continue;
                    }
                    Err(error) => return Err(error),
                },
                false => None,
            };
            let same = detail.as_ref().and_then(|detail| rows::same_inputs(&inputs, &detail.inputs));
            let is_it = same.unwrap_or(rows::is_near(row, started_at) && (alone || inputs.is_empty()));
            // Another run may have taken it while its detail was read.
            if is_it && self.shared.claim(&self.app, &row.run_id, &self.id).await {
                {
                    let mut fold = self.live.fold();
                    let server = &mut fold.run_mut().head.server;
                    server.run_id = Some(row.run_id.clone());
                    server.workflow_id = server.workflow_id.take().or(detail.and_then(|detail| detail.workflow_id));
                }
                self.shared.disclaim(&self.app, &row.run_id);
                self.keep_and_show(Changes { head: true, ..Changes::default() }).await;
                return Ok(Answer::Found);
            }
            if same == Some(false) {
                others.push(row.run_id.clone());
            }
        }
        self.others.extend(others);
        // It may be one of those that could not be read.
        failed.map_or(Ok(Answer::NotListed), Err)
    }
}

impl Shared {
    /// Whether another run of the app with the same inputs was just asked for, and will name itself.
    fn one_like_it_expects_an_id(&self, app: &AppId, id: &RunId, inputs: &[InputShown]) -> bool {
        self.all_live().iter().any(|(other, live)| {
            let expects = other != id && live.expects_id.load(Ordering::Acquire);
            expects && {
                let fold = live.fold();
                fold.run().head.app_id == *app && fold.run().inputs == inputs
            }
        })
    }

    /// The server's ids of the app's other runs.
    async fn taken_ids(&self, app: &AppId, id: &RunId) -> HashSet<String> {
        let mut taken: HashSet<String> = match self.store.server_run_ids(app, id).await {
            Ok(stored) => stored.into_iter().collect(),
            Err(error) => {
                tracing::error!("known runs cannot be read: {error}");
                HashSet::new()
            }
        };
        // What could not be saved counts, too.
        for (other, live) in self.all_live().iter() {
            let fold = live.fold();
            if other != id && fold.run().head.app_id == *app {
                taken.extend(fold.run().head.server.run_id.clone());
            }
        }
        let claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        taken.extend(claims.iter().filter(|((of, _), by)| of == app && *by != id).map(|((_, run), _)| run.clone()));
        taken
    }

    /// Takes a run of the server's log for `id`; false if another has it.
    async fn claim(&self, app: &AppId, server_run: &str, id: &RunId) -> bool {
        if self.taken_ids(app, id).await.contains(server_run) {
            return false;
        }
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        claims.entry((app.clone(), server_run.to_owned())).or_insert_with(|| id.clone()) == id
    }

    /// The run itself says now whose id it is.
    fn disclaim(&self, app: &AppId, server_run: &str) {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        claims.remove(&(app.clone(), server_run.to_owned()));
    }
}
