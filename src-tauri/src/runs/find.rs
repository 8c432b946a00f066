//! Looks in the server's log for a run whose stream broke before it said its id, and sees to it that no two runs here
//! are the same run there.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, atomic::Ordering},
};

use serde_json::Map;

use super::{
    Shared,
    driver::Driver,
    fold::Changes,
    ladder::{Answer, Ladder},
    rows,
};
use crate::{
    dify::{self, Client, Detail, LogQuery, LogRow},
    model::{
        Millis,
        app::AppId,
        capability::{Capability, Support},
        run::{InputShown, RunId},
        stream::Finished,
    },
};

/// Rows of the log that are looked at for a run without an id.
const ROWS: u32 = 100;
/// Details that are read to compare inputs, each time.
const COMPARED: usize = 40;

/// A look into the log: all it needs of a run, so that its task can hear what is wished meanwhile.
pub(super) struct Look {
    shared: Arc<Shared>,
    client: Client,
    app: AppId,
    id: RunId,
    started_at: Millis,
    inputs: Vec<InputShown>,
    /// Runs of the log that are not this one: their inputs are others.
    others: HashSet<String>,
}

/// What a look brought.
pub(super) struct Looked {
    others: HashSet<String>,
    found: Result<Found, dify::Error>,
}

enum Found {
    Row(Box<LogRow>, Option<String>),
    Nothing(Answer),
}

impl Driver {
    pub(super) fn look(&self, client: &Client) -> Look {
        let fold = self.live.fold();
        Look {
            shared: Arc::clone(&self.shared),
            client: client.clone(),
            app: self.app.clone(),
            id: self.id.clone(),
            started_at: fold.run().head.started_at,
            inputs: fold.run().inputs.clone(),
            others: self.others.clone(),
        }
    }

    /// Looks for the run in the server's log, and hears what is wished meanwhile.
    pub(super) async fn find(&mut self, client: &Client, ladder: &mut Ladder) -> Result<Answer, dify::Error> {
        let look = self.look(client).go();
        let looked = self.meanwhile(client, ladder, look).await;
        self.looked(looked).await
    }

    /// The run knows its id from now on, if it was found.
    pub(super) async fn looked(&mut self, looked: Looked) -> Result<Answer, dify::Error> {
        self.others = looked.others;
        let (row, workflow_id) = match looked.found? {
            Found::Row(row, workflow_id) => (row, workflow_id),
            Found::Nothing(answer) => return Ok(answer),
        };
        {
            let mut fold = self.live.fold();
            let server = &mut fold.run_mut().head.server;
            server.run_id = Some(row.run_id.clone());
            server.workflow_id = server.workflow_id.take().or(workflow_id);
        }
        self.shared.disclaim(&self.app, &row.run_id);
        self.row = row.status.is_over().then_some(row);
        self.keep_and_show(Changes { head: true, ..Changes::default() }).await;
        Ok(Answer::Found)
    }

    /// Ends the run by its row of the log, where that told an end and nobody tells more.
    pub(super) async fn end_by_row(&mut self, unseen_from: Millis) -> bool {
        let Some(row) = self.row.take() else { return false };
        let row = *row;
        let finished = Finished {
            status: row.status,
            outputs: Map::new(),
            error: row.error,
            elapsed: row.elapsed,
            total_tokens: row.total_tokens,
            total_steps: row.total_steps,
            exceptions_count: row.exceptions,
            created_at: row.created_at,
            finished_at: row.finished_at,
            files: Vec::new(),
        };
        let detail = Detail {
            run_id: row.run_id,
            workflow_id: None,
            inputs: Map::new(),
            created_at: row.created_at,
            finished_at: row.finished_at,
            finished,
        };
        self.take_detail(detail, Some(unseen_from)).await;
        true
    }
}

impl Look {
    pub(super) async fn go(mut self) -> Looked {
        let found = self.found().await;
        Looked { others: self.others, found }
    }

    async fn found(&mut self) -> Result<Found, dify::Error> {
        let day = 24 * 3600 * 1000;
        let query = LogQuery {
            limit: ROWS,
            session_id: Some(self.client.user().to_owned()),
            after: Some(self.started_at - day),
            // Newest first: the runs of the days since would fill the page.
            before: Some(self.started_at + day),
            ..LogQuery::default()
        };
        let Some(log) = self.client.logs(&query).await? else { return Ok(Found::Nothing(Answer::NoLog)) };
        // A run that is just being started will say its id itself: until then no row is anybody's.
        if self.shared.one_like_it_expects_an_id(&self.app, &self.id, &self.inputs) {
            return Ok(Found::Nothing(Answer::Trouble { wait: None }));
        }
        let taken = self.shared.taken_ids(&self.app, &self.id).await;
        let is_anothers = |id: &str| taken.contains(id) || self.others.contains(id);
        let rows = rows::candidates(&log.rows, self.started_at, self.client.user(), is_anothers);
        let alone = rows.len() == 1;
        let compares = self.client.ability(Capability::RunDetail).support != Support::No;
        let mut failed = None;
        let mut others = Vec::new();
        let mut found = None;
        for row in rows.into_iter().take(COMPARED) {
            let detail = match compares {
                true => match self.client.run_detail(&row.run_id).await {
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
            let same = detail.as_ref().and_then(|detail| rows::same_inputs(&self.inputs, &detail.inputs));
            let is_it = same.unwrap_or(rows::is_near(row, self.started_at) && (alone || self.inputs.is_empty()));
            // One nearer that could not be read may be it. Another run may have taken it while its detail was read.
            if is_it && failed.is_none() && self.shared.claim(&self.app, &row.run_id, &self.id).await {
                found = Some(Found::Row(Box::new(row.clone()), detail.and_then(|detail| detail.workflow_id)));
                break;
            }
            if same == Some(false) {
                others.push(row.run_id.clone());
            }
        }
        self.others.extend(others);
        match (found, failed) {
            (Some(found), _) => Ok(found),
            // It may be one of those that could not be read.
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Found::Nothing(Answer::NotListed)),
        }
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
