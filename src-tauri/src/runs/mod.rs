//! Runs: started, followed, stopped, and read again. Each live run is one task (`driver`) that folds
//! its stream, saves it and tells the page; this file is the door to them.

mod driver;
pub mod fold;
mod keep;
pub mod outputs;
mod recover;
mod settle;

use std::{
    collections::{HashMap, hash_map::Entry},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::{
    apps::{self, Apps, now},
    dify::{self, Client, RunOptions},
    model::{
        app::AppId,
        check::{self, Checked},
        event::Emit,
        failure::Reason,
        file::{StagedFile, StagedId},
        form::{self, Entries, FileEntry, Form, Problem},
        run::{InputShown, Refill, Run, RunErrorCause, RunHead, RunId, RunPage, RunStatus, ServerIds},
    },
    store::{self, Store},
};
use fold::Fold;

/// How long a refusal waits for the form to be read anew.
const REREAD: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Runs {
    shared: Arc<Shared>,
}

/// What every run's task needs.
struct Shared {
    store: Store,
    apps: Arc<Apps>,
    emit: Emit,
    /// Result files are kept in `<folder>/<run id>/`.
    folder: PathBuf,
    live: Mutex<HashMap<RunId, Live>>,
}

/// A run that a task of ours follows.
#[derive(Clone)]
struct Live {
    fold: Arc<Mutex<Fold>>,
    stop: watch::Sender<bool>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What this program knows to be wrong, or what the server refused and names.
    #[error("the form has problems")]
    Form(Vec<Problem>),
    #[error(transparent)]
    Apps(#[from] apps::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The server refused the run, or was not reached; nothing ran.
    #[error(transparent)]
    NotStarted(dify::Error),
    /// The server could not be asked about a run.
    #[error(transparent)]
    NotAsked(dify::Error),
}

/// What asking about a run brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    Ended,
    Running,
    NothingNew,
}

impl Runs {
    pub fn new(store: Store, apps: Arc<Apps>, emit: Emit, folder: PathBuf) -> Self {
        Self { shared: Arc::new(Shared { store, apps, emit, folder, live: Mutex::new(HashMap::new()) }) }
    }

    /// Everything that would have to be fixed before a run.
    pub async fn check(
        &self,
        app: &AppId,
        entries: &Entries,
        staged: impl Fn(&StagedId) -> Option<StagedFile>,
    ) -> Result<Vec<Problem>, Error> {
        let form = self.shared.apps.form(app).await?;
        Ok(check::check(&form, entries, staged).err().unwrap_or_default())
    }

    /// Checks the form, saves the run, and asks the server to start it.
    ///
    /// A refusal that comes at once (a wrong key, an input that only the server can judge, no server
    /// there) is an error, and the run, which never was one, is not kept.
    pub async fn start(
        &self,
        app_id: &AppId,
        entries: Entries,
        staged: impl Fn(&StagedId) -> Option<StagedFile>,
    ) -> Result<RunId, Error> {
        let form = self.shared.apps.form(app_id).await?;
        let Checked { inputs, shown, title } = check::check(&form, &entries, staged).map_err(Error::Form)?;
        let client = self.shared.apps.client(app_id).await?;
        let wanted = self.shared.apps.options(app_id).await?;
        let id = RunId(Uuid::now_v7().to_string());
        let trace_id = Uuid::new_v4().simple().to_string();
        let options =
            RunOptions { mode: wanted.response_mode, version: wanted.workflow_id, trace_id: Some(trace_id.clone()) };
        let head = RunHead {
            id: id.clone(),
            app_id: app_id.clone(),
            title,
            status: RunStatus::Starting,
            started_at: now(),
            finished_at: None,
            elapsed: None,
            total_tokens: None,
            total_steps: None,
            error: None,
            contact: None,
            server: ServerIds { trace_id: Some(trace_id), ..ServerIds::default() },
        };
        let run = fold::new_run(head, shown.clone());
        let (opened, answer) = oneshot::channel();
        // Before it is stored: what is stored and in nobody's care is taken up as left over.
        let Some((live, stop)) = self.shared.enter(run.clone(), false) else {
            return Err(store::Error::Busy.into());
        };
        if let Err(error) = self.shared.store.add_run(&run, &entries).await {
            self.shared.leave(&id);
            return Err(error.into());
        }
        let driver = driver::Driver::new(Arc::clone(&self.shared), live, stop);
        tokio::spawn(driver.start(client, inputs, options, opened));
        match answer.await {
            Ok(Err(error)) => {
                self.shared.leave(&id);
                if let Err(error) = self.shared.store.delete_run(&id).await {
                    tracing::error!("a refused run could not be taken back: {error}");
                }
                if error.is_unauthorized() {
                    self.shared.apps.refused(app_id).await;
                }
                Err(self.refusal(error, app_id, form, &entries, &shown).await)
            }
            _ => {
                let _ = self.shared.apps.changed(app_id).await;
                Ok(id)
            }
        }
    }

    /// A refusal of what was entered, at its fields where it names them. The form may have changed since it was
    /// read (api.md §2, end), so it is read anew first; what was typed stays with the page.
    async fn refusal(
        &self,
        error: dify::Error,
        app: &AppId,
        mut form: Form,
        entries: &Entries,
        shown: &[InputShown],
    ) -> Error {
        let dify::Error::Status { status: 400, message, .. } = &error else { return Error::NotStarted(error) };
        if !error.is_too_many_requests() && !error.is_not_published() && !error.is_not_workflow() {
            let fresh = tokio::time::timeout(REREAD, self.shared.apps.refresh(app)).await;
            if let Ok(Ok(app)) = fresh {
                form = app.form;
            }
        }
        match dify::problems_in_refusal(message, &form, entries, shown) {
            problems if problems.is_empty() => Error::NotStarted(error),
            problems => Error::Form(problems),
        }
    }

    /// Asks for a stop; acts as soon as the server has given a task id. A run that nobody follows, such
    /// as one that waits for a person, is followed again for it.
    pub async fn stop(&self, id: &RunId) -> Result<(), Error> {
        if let Some(live) = self.shared.live(id) {
            let _ = live.stop.send(true);
            return Ok(());
        }
        let run = self.shared.store.run(id).await?;
        if run.head.status.is_over() {
            return Ok(());
        }
        let client = self.shared.apps.client(&run.head.app_id).await?;
        if let Some(task) = &run.head.server.task_id {
            client.stop(task).await.map_err(Error::NotAsked)?;
        }
        if let Some((live, stop)) = self.shared.enter(run, true) {
            let driver = driver::Driver::new(Arc::clone(&self.shared), live, stop);
            tokio::spawn(driver.follow_up(client));
        }
        Ok(())
    }

    /// The run as it is now: from memory while it is followed, else from the store.
    pub async fn open(&self, id: &RunId) -> Result<Run, Error> {
        if let Some(live) = self.shared.live(id) {
            return Ok(live.fold().run().clone());
        }
        Ok(self.shared.store.run(id).await?)
    }

    pub async fn list(&self, app: Option<&AppId>, before: Option<&RunId>, limit: u32) -> Result<RunPage, Error> {
        Ok(self.shared.store.run_page(app, before, limit).await?)
    }

    pub async fn unfinished(&self) -> Result<Vec<RunHead>, Error> {
        Ok(self.shared.store.unfinished_runs().await?)
    }

    /// What a past run's form held. Files that are not staged any more must be chosen again.
    pub async fn refill(&self, id: &RunId, staged: impl Fn(&StagedId) -> bool) -> Result<Refill, Error> {
        let mut entries = self.shared.store.run_entries(id).await?;
        let run = self.open(id).await?;
        let mut files_gone = Vec::new();
        for (variable, entry) in &mut entries {
            let form::Entry::Files(files) = entry else { continue };
            let names = run.inputs.iter().find(|input| &input.variable == variable).and_then(|i| i.value.as_array());
            let mut place = 0;
            files.retain(|file| {
                let name = names.and_then(|names| names.get(place)).and_then(|name| name.as_str());
                place += 1;
                let kept = match file {
                    FileEntry::Staged(id) => staged(id),
                    FileEntry::Link(_) => true,
                };
                if !kept {
                    files_gone.push(name.unwrap_or_default().to_owned());
                }
                kept
            });
        }
        Ok(Refill { entries, files_gone })
    }

    /// Asks the server once more how a run ended that nobody follows.
    pub async fn check_again(&self, id: &RunId) -> Result<Outlook, Error> {
        if self.shared.live(id).is_some() {
            return Ok(Outlook::Running);
        }
        let run = self.shared.store.run(id).await?;
        let client = self.shared.apps.client(&run.head.app_id).await?;
        let Some((live, stop)) = self.shared.enter(run, false) else { return Ok(Outlook::Running) };
        let driver = driver::Driver::new(Arc::clone(&self.shared), live, stop);
        driver.ask_once(client).await.map_err(Error::NotAsked)
    }

    /// Where a kept result file is, and the name it should have elsewhere.
    pub async fn file(&self, id: &RunId, index: u32) -> Result<(PathBuf, String), Error> {
        let files = self.shared.store.run_files(id).await?;
        let stored = files.into_iter().find(|stored| stored.file.index == index).ok_or(store::Error::NotFound)?;
        let stored_as = stored.stored_as.ok_or(store::Error::NotFound)?;
        Ok((self.shared.folder.join(&id.0).join(stored_as), stored.file.name))
    }

    /// Takes up what an earlier session left unfinished.
    ///
    /// What cannot be asked about now (a locked keychain, a key to be entered) stays as it is, out of
    /// contact, for "check again" or the next start.
    pub async fn take_up(&self) -> Result<(), Error> {
        let mut clients: HashMap<AppId, Option<Client>> = HashMap::new();
        for head in self.shared.store.unfinished_runs().await? {
            if self.shared.live(&head.id).is_some() {
                continue;
            }
            let run = match self.shared.store.run(&head.id).await {
                Ok(run) => run,
                Err(error) => {
                    tracing::error!("an unfinished run cannot be read: {error}");
                    continue;
                }
            };
            let was_stopping = head.status == RunStatus::Stopping;
            let gone = head.server.run_id.is_none() || !self.shared.apps.is_reachable(&head.app_id).await;
            if !gone && !clients.contains_key(&head.app_id) {
                let client = self.shared.apps.client(&head.app_id).await;
                clients.insert(head.app_id.clone(), client.ok());
            }
            let Some((live, stop)) = self.shared.enter(run, was_stopping) else { continue };
            let mut driver = driver::Driver::new(Arc::clone(&self.shared), live, stop);
            driver.left_over = true;
            match clients.get(&head.app_id).cloned().flatten().filter(|_| !gone) {
                Some(client) => drop(tokio::spawn(driver.follow_up(client))),
                None => {
                    if gone {
                        let at = driver.last_sign_of_life();
                        driver.end_without_word(RunErrorCause::Interrupted, String::new(), at).await;
                    } else {
                        driver.set_status(RunStatus::OutOfContact);
                    }
                    driver.leave_when_saved().await;
                }
            }
        }
        Ok(())
    }
}

impl Shared {
    /// Puts a run into the care of one task; `None` if it is in another's already.
    fn enter(&self, run: Run, stopping: bool) -> Option<(Live, watch::Receiver<bool>)> {
        let (stop, stopped) = watch::channel(stopping);
        match self.all_live().entry(run.head.id.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                let live = Live { fold: Arc::new(Mutex::new(Fold::new(run))), stop };
                Some((free.insert(live).clone(), stopped))
            }
        }
    }

    fn leave(&self, id: &RunId) {
        self.all_live().remove(id);
    }

    fn live(&self, id: &RunId) -> Option<Live> {
        self.all_live().get(id).cloned()
    }

    fn all_live(&self) -> MutexGuard<'_, HashMap<RunId, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the server surely did nothing: it was not reached, or refused with a 4xx.
fn never_ran(error: &dify::Error) -> bool {
    error.is_not_reached()
        || error.reason() == Some(Reason::SignInPage)
        // 408 comes from gateways that did not want to wait: the workflow may be running.
        || error.status().is_some_and(|status| (400..500).contains(&status) && status != 408)
        || matches!(error, dify::Error::Key(_) | dify::Error::Address)
}

/// Why a run ended without the server's own word on it.
fn cause_of(error: &dify::Error) -> RunErrorCause {
    match error {
        error if error.is_not_reached() => RunErrorCause::NotReached,
        // A gateway gave up waiting, or the server is restarting: the workflow may be running all the same.
        dify::Error::Status { status: 501.., code: None, .. } | dify::Error::NotDify { status: 501.., .. } => {
            RunErrorCause::Lost
        }
        dify::Error::Transport { .. } => RunErrorCause::Lost,
        dify::Error::Status { status: 500.., .. } | dify::Error::NotDify { status: 500, .. } => RunErrorCause::Workflow,
        dify::Error::Status { .. } => RunErrorCause::Refused,
        _ => RunErrorCause::NotUnderstood,
    }
}

/// What an error says to a reader: the server's own words where there are any.
fn words_of(error: &dify::Error) -> String {
    match error {
        dify::Error::Status { message, .. } if !message.is_empty() => message.clone(),
        error => error.to_string(),
    }
}
