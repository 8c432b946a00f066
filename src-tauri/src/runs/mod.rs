//! Runs: started, followed, stopped, and read again. Each live run is one task (`driver`) that folds
//! its stream, saves it and tells the page; this file is the door to them.

mod begin;
mod driver;
mod find;
pub mod fold;
mod keep;
mod ladder;
pub mod life;
mod nap;
pub mod outputs;
mod pace;
mod questions;
mod recover;
mod save;
mod settle;
mod waiting;
mod wishes;

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    apps::{self, Apps, now},
    dify::{self, Client},
    files::{self, Files},
    model::{
        Millis,
        app::AppId,
        check,
        event::Emit,
        failure::Reason,
        form::{Entries, Problem},
        run::{InputShown, Run, RunErrorCause, RunHead, RunId, RunPage, RunStatus},
    },
    store::{self, Store},
};
use fold::Fold;
pub use pace::Pace;
use wishes::{Wished, Wishes};

/// Result files of runs that ended this long ago are fetched again after a restart; their links die sooner.
const FETCH_AGAIN: Millis = 10 * 60_000;

#[derive(Clone)]
pub struct Runs {
    shared: Arc<Shared>,
}

/// What every run's task needs.
struct Shared {
    store: Store,
    apps: Arc<Apps>,
    files: Arc<Files>,
    emit: Emit,
    /// Result files are kept in `<folder>/<run id>/`.
    folder: PathBuf,
    pace: Pace,
    live: Mutex<HashMap<RunId, Live>>,
    /// Runs that are being started, each until its token is cancelled: by a stop, or by its own end.
    starting: Mutex<Vec<(AppId, CancellationToken)>>,
    /// Server's runs that were just found in its log, until the runs themselves name them.
    claims: Mutex<HashMap<(AppId, String), RunId>>,
    /// Told when a run begins to wait for a person.
    waits: Arc<Notify>,
    /// Told when a live run has nothing unsaved any more.
    settled: Notify,
    /// Answers to questions that may not have arrived.
    sent: questions::Sent,
}

/// A run that a task of ours follows.
#[derive(Clone)]
struct Live {
    fold: Arc<Mutex<Fold>>,
    wished: watch::Sender<Wished>,
    /// Something of it is not on the disk yet.
    unsaved: Arc<AtomicBool>,
    /// It was asked for, and the server's next words will name it.
    expects_id: Arc<AtomicBool>,
    /// It is over, and only looked at whether that stays true.
    looked_at: Arc<AtomicBool>,
    /// Whether the server has heard that it is to stop: see `driver`.
    stopped: Arc<AtomicU8>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What this program knows to be wrong, or what the server refused and names.
    #[error("the form has problems")]
    Form(Vec<Problem>),
    #[error(transparent)]
    Apps(#[from] apps::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The server refused the run, or was not reached; nothing ran.
    #[error(transparent)]
    NotStarted(dify::Error),
    /// The server could not be asked about a run.
    #[error(transparent)]
    NotAsked(dify::Error),
    /// The user stopped it before it was sent.
    #[error("stopped before it was sent")]
    Stopped,
}

/// What asking about a run brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    Ended,
    Running,
    NothingNew,
}

impl Runs {
    pub fn new(store: Store, apps: Arc<Apps>, files: Arc<Files>, emit: Emit, folder: PathBuf) -> Self {
        Self::with_pace(store, apps, files, emit, folder, Pace::default())
    }

    /// With other times than real servers need.
    pub fn with_pace(
        store: Store,
        apps: Arc<Apps>,
        files: Arc<Files>,
        emit: Emit,
        folder: PathBuf,
        pace: Pace,
    ) -> Self {
        let waits = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            store,
            apps,
            files,
            emit,
            folder,
            pace,
            live: Mutex::default(),
            starting: Mutex::default(),
            claims: Mutex::default(),
            waits: Arc::clone(&waits),
            settled: Notify::new(),
            sent: questions::Sent::default(),
        });
        tokio::spawn(waiting::keep(Arc::downgrade(&shared), waits));
        Self { shared }
    }

    /// Everything that would have to be fixed before a run.
    pub async fn check(&self, app: &AppId, entries: &Entries) -> Result<Vec<Problem>, Error> {
        let form = self.shared.apps.form(app).await?;
        Ok(check::check(&form, entries, |id| self.shared.files.get(id)).err().unwrap_or_default())
    }

    /// Asks for a stop; acts as soon as the server has given a task id. A run that nobody follows, such
    /// as one that waits for a person, is followed again for it.
    pub async fn stop(&self, id: &RunId) -> Result<(), Error> {
        let stop = |wished: &mut Wished| wished.stop = true;
        if self.shared.wish(id, stop) {
            return Ok(());
        }
        let head = self.shared.store.run_head(id).await?;
        if head.status.is_over() {
            return Ok(());
        }
        let client = self.shared.apps.client(&head.app_id).await?;
        // Somebody may have taken it up meanwhile, and left it again.
        while !self.shared.wish(id, stop) {
            let Some(mut driver) = self.take_in(id).await? else { continue };
            if driver.status().is_over() {
                driver.leave_when_saved().await;
                break;
            }
            self.shared.wish(id, stop);
            driver.happens(life::Happening::Stop).await;
            tokio::spawn(driver.follow_up(client));
            break;
        }
        Ok(())
    }

    /// Stops what is just being started with this app: nobody outside knows its id yet.
    pub fn stop_starting(&self, app: &AppId) {
        self.shared.starting().iter().filter(|(of, _)| of == app).for_each(|(_, stop)| stop.cancel());
    }

    /// Takes a run that nobody follows into care as it is now: what was read before may be old by now.
    async fn take_in(&self, id: &RunId) -> Result<Option<driver::Driver>, Error> {
        let run = self.shared.store.run(id).await?;
        let head = run.head.clone();
        let Some((live, wishes)) = self.shared.enter(run) else { return Ok(None) };
        let now = match self.shared.store.run_head(id).await {
            Ok(now) if now == head => Ok(None),
            Ok(_) => self.shared.store.run(id).await.map(Some),
            Err(error) => Err(error),
        };
        match now {
            Ok(None) => {}
            Ok(Some(run)) => *live.fold() = Fold::new(run),
            Err(error) => {
                self.shared.leave(id);
                return Err(error.into());
            }
        }
        Ok(Some(driver::Driver::new(Arc::clone(&self.shared), live, wishes)))
    }

    /// Has live runs of the app, or of all, ask now instead of resting: the key was replaced, the network mended.
    fn ask_now(&self, app: Option<&AppId>) {
        for live in self.shared.all_live().values() {
            if app.is_none_or(|app| live.fold().run().head.app_id == *app) {
                live.wished.send_modify(|wished| wished.ask += 1);
            }
        }
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

    pub fn is_followed(&self, id: &RunId) -> bool {
        self.shared.live(id).is_some()
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

    /// Asks the server once more how a run ended that nobody follows; one that is followed is asked about now.
    pub async fn check_again(&self, id: &RunId) -> Result<Outlook, Error> {
        if self.shared.wish(id, |wished| wished.ask += 1) {
            return Ok(Outlook::Running);
        }
        let head = self.shared.store.run_head(id).await?;
        let client = self.shared.apps.client(&head.app_id).await?;
        let Some(driver) = self.take_in(id).await? else { return Ok(Outlook::Running) };
        driver.ask_once(client).await.map_err(Error::NotAsked)
    }

    /// Where a kept result file is, and the name it should have elsewhere.
    pub async fn file(&self, id: &RunId, index: u32) -> Result<(PathBuf, String), Error> {
        let files = self.shared.store.run_files(id).await?;
        let stored = files.into_iter().find(|stored| stored.file.index == index).ok_or(store::Error::NotFound)?;
        let stored_as = stored.stored_as.ok_or(store::Error::NotFound)?;
        Ok((self.shared.folder.join(&id.0).join(stored_as), stored.file.name))
    }

    /// Takes up what an earlier session left unfinished, and what could not be asked about before.
    ///
    /// What cannot be asked about now (a locked keychain, a key to be entered) stays as it is, out of
    /// contact, until it can.
    pub async fn take_up(&self) -> Result<(), Error> {
        let mut clients: HashMap<AppId, Option<Client>> = HashMap::new();
        for head in self.shared.store.unfinished_runs().await? {
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
            match clients.get(&head.app_id).cloned().flatten().filter(|_| !gone) {
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
            let missing = outputs::files(&run.outputs, &[]).len() > run.files.len()
                || run.files.iter().any(|file| file.local == crate::model::file::LocalCopy::Fetching);
            if !missing {
                continue;
            }
            let reachable = self.shared.apps.is_reachable(&run.head.app_id).await;
            let client = if reachable { self.shared.apps.client(&run.head.app_id).await.ok() } else { None };
            let Some(driver) = self.take_in(&id).await? else { continue };
            match client {
                Some(client) => drop(tokio::spawn(async move { driver.finish(&client).await })),
                None => {
                    self.shared.store.give_up_fetching(&id).await?;
                    self.shared.leave(&id);
                }
            }
        }
        Ok(())
    }
}

impl Shared {
    /// Puts a run into the care of one task; `None` if it is in another's already.
    fn enter(&self, run: Run) -> Option<(Live, Wishes)> {
        let (wished, wishes) = watch::channel(Wished::default());
        match self.all_live().entry(run.head.id.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                let live = Live {
                    fold: Arc::new(Mutex::new(Fold::new(run))),
                    wished,
                    unsaved: Arc::default(),
                    expects_id: Arc::default(),
                    looked_at: Arc::default(),
                    stopped: Arc::default(),
                };
                Some((free.insert(live).clone(), Wishes::new(wishes)))
            }
        }
    }

    fn leave(&self, id: &RunId) {
        self.leave_if(id, || true);
    }

    /// Leaves it if it may be left: nothing can be wished of it in between. Whether it was left.
    fn leave_if(&self, id: &RunId, may: impl FnOnce() -> bool) -> bool {
        {
            let mut live = self.all_live();
            if !may() {
                return false;
            }
            live.remove(id);
        }
        self.settled.notify_waiters();
        // It may wait for a person, and was passed over as long as it was followed.
        self.waits.notify_one();
        true
    }

    /// Wishes something of the task that follows the run; false if there is none.
    fn wish(&self, id: &RunId, wish: impl FnOnce(&mut Wished)) -> bool {
        self.all_live().get(id).map(|live| live.wished.send_modify(wish)).is_some()
    }

    fn live(&self, id: &RunId) -> Option<Live> {
        self.all_live().get(id).cloned()
    }

    fn starting(&self) -> MutexGuard<'_, Vec<(AppId, CancellationToken)>> {
        let mut starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        starting.retain(|(_, stop)| !stop.is_cancelled());
        starting
    }

    fn all_live(&self) -> MutexGuard<'_, HashMap<RunId, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

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

impl Drop for Shared {
    fn drop(&mut self) {
        // The task that looks after waiting runs ends.
        self.waits.notify_one();
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
