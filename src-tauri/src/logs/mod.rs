//! Runs known from the servers' logs: read page by page, newest first, and merged with the runs made here, so that
//! none appears twice. Read when the history or an app is opened, or when it is asked for; nothing polls.

mod fetch;
mod jobs;
mod lines;
mod progress;
mod read;
mod search;
mod walk;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    apps::{self, Apps},
    dify, keys,
    model::{
        app::{AppId, KeyState},
        event::{AppEvent, Emit},
        log::{LogScope, LogState, LogTrouble},
        run::RunId,
    },
    runs::{self, Runs},
    store::{self, LogPart, Store},
};
use jobs::{Busy, Job};

/// Apps whose logs are read at the same time.
const AT_ONCE: usize = 4;

/// Runs of others that go in one go: who else writes gets a turn in between.
const FORGOTTEN_AT_ONCE: usize = 200;

/// How often and how gently servers are asked; tests use shorter times.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Unasked, a log is not read again before that.
    pub again: Duration,
    /// Before a page that was not had is asked for once more.
    pub pauses: Vec<Duration>,
    /// Between two details that are fetched in advance.
    pub between: Duration,
    /// Lists are told of new runs at most this often.
    pub tell: Duration,
    /// Pages of one update: a longer log goes on with the next one.
    pub pages: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            again: Duration::from_secs(180),
            pauses: vec![Duration::from_secs(1), Duration::from_secs(4)],
            between: Duration::from_millis(300),
            tell: Duration::from_secs(1),
            pages: 2000,
        }
    }
}

#[derive(Clone)]
pub struct Logs {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    apps: Arc<Apps>,
    runs: Runs,
    emit: Emit,
    /// Result files are kept in `<folder>/<run id>/`.
    folder: PathBuf,
    pace: Pace,
    jobs: Mutex<HashMap<AppId, Job>>,
    /// Of the next job.
    number: AtomicU64,
    /// When each log was asked for last: a moment of this session, which nobody sets.
    asked: Mutex<HashMap<AppId, Instant>>,
    /// The run of each log that was asked about last, of those that go on.
    asked_about: Mutex<HashMap<AppId, RunId>>,
    /// The search that is under way.
    searching: Mutex<CancellationToken>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Apps(#[from] apps::Error),
    #[error(transparent)]
    Runs(#[from] runs::Error),
    #[error(transparent)]
    Dify(#[from] dify::Error),
    /// The server has no log, or none that this key may read.
    #[error("the server keeps no log")]
    NoLog,
    /// The server is too old to tell of past runs.
    #[error("the server gives no details of past runs")]
    NoDetails,
    /// The server has cleaned it up.
    #[error("the server does not have the run any more")]
    Gone,
}

impl Logs {
    pub fn new(store: Store, apps: Arc<Apps>, runs: Runs, emit: Emit, folder: PathBuf) -> Self {
        Self::with_pace(store, apps, runs, emit, folder, Pace::default())
    }

    /// With other times than real servers need.
    pub fn with_pace(store: Store, apps: Arc<Apps>, runs: Runs, emit: Emit, folder: PathBuf, pace: Pace) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                apps,
                runs,
                emit,
                folder,
                pace,
                jobs: Mutex::default(),
                number: AtomicU64::default(),
                asked: Mutex::default(),
                asked_about: Mutex::default(),
                searching: Mutex::default(),
            }),
        }
    }

    /// How far the app's log is read.
    pub async fn state(&self, app: &AppId) -> Result<LogState, Error> {
        self.shared.state(app).await
    }

    /// Reads what is new in the log of an app, or of all apps, in the background. Unasked, it is left where it was read
    /// a moment ago, and where the user would have to be asked for something first.
    pub async fn update(&self, app: Option<&AppId>, asked: bool) -> Result<(), Error> {
        let mut apps = match app {
            Some(app) if asked => vec![app.clone()],
            _ => self.readable().await?,
        };
        apps.retain(|one| app.is_none_or(|app| app == one) && (asked || !self.shared.was_just_asked(one)));
        // Begun at once: whoever asks how far it is hears that it is being read.
        let begun: Vec<_> = apps.into_iter().filter_map(|app| Some((self.shared.begin_reading(&app)?, app))).collect();
        let logs = self.clone();
        tokio::spawn(async move {
            let each = |((job, stopped), app): ((Busy, CancellationToken), AppId)| {
                let logs = logs.clone();
                async move { drop(logs.go_on(&app, job, stopped).await) }
            };
            stream::iter(begun).for_each_concurrent(AT_ONCE, each).await;
        });
        Ok(())
    }

    /// Apps whose logs can be read without asking the user for anything, and without starting the demo.
    async fn readable(&self) -> Result<Vec<AppId>, Error> {
        let mut readable = Vec::new();
        for app in self.shared.apps.list().await? {
            let has_key = matches!(app.key, KeyState::Keychain | KeyState::Session);
            if has_key && self.shared.apps.is_reachable(&app.id).await {
                readable.push(app.id);
            }
        }
        Ok(readable)
    }

    /// Reads what is new in an app's log, and comes back when that has ended.
    pub async fn update_now(&self, app: &AppId) -> Result<LogState, Error> {
        let Some((job, stopped)) = self.shared.begin_reading(app) else { return self.state(app).await };
        self.go_on(app, job, stopped).await
    }

    async fn go_on(&self, app: &AppId, job: Busy, stopped: CancellationToken) -> Result<LogState, Error> {
        self.shared.tell(app).await;
        let result = tokio::select! {
            result = self.shared.read_log(app) => Some(result),
            () = stopped.cancelled() => None,
        };
        let trouble = match &result {
            Some(Ok(())) => Ok(None),
            Some(Err(error)) => Ok(Some(trouble_of(error))),
            None => Err(()),
        };
        if let Ok(trouble) = trouble {
            if let Some(Err(error)) = &result {
                tracing::warn!("a log could not be read to its end: {error}");
            }
            let read_at = trouble.is_none().then(apps::now);
            self.shared.store.note_log(app, read_at, trouble).await?;
        }
        // Whoever sees that it is over sees what came of it, too.
        drop(job);
        self.shared.tell(app).await;
        self.state(app).await
    }

    /// Whose runs are shown of an app. Back to the own ones, those of others go, but for those the user said something
    /// of.
    pub async fn set_scope(&self, app: &AppId, scope: LogScope) -> Result<LogState, Error> {
        self.stop(app);
        self.shared.store.set_log_scope(app, scope).await?;
        match scope {
            LogScope::All => self.update(Some(app), true).await?,
            LogScope::Own => {
                self.shared.let_others_go(app).await?;
                (self.shared.emit)(AppEvent::HistoryChanged);
            }
        }
        self.shared.tell(app).await;
        self.state(app).await
    }

    /// Breaks off what is being read and fetched for an app; it goes on where it was with the next update.
    pub fn stop(&self, app: &AppId) {
        self.shared.stop(app);
    }
}

impl Shared {
    /// Takes the runs of others away: first their files, then their rows, so that what a kill leaves goes with the next
    /// update.
    async fn let_others_go(&self, app: &AppId) -> Result<(), Error> {
        let others = self.store.others(app).await?;
        for some in others.chunks(FORGOTTEN_AT_ONCE) {
            let mut gone = Vec::new();
            for (run, may_have_files) in some {
                // Its files are just being fetched.
                if self.runs.is_followed(run) {
                    continue;
                }
                let folder = self.folder.join(&run.0);
                let removed = if *may_have_files { tokio::fs::remove_dir_all(folder).await } else { Ok(()) };
                match removed {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        tracing::warn!("files of a run of others cannot be removed: {}", error.kind());
                    }
                    _ => gone.push(run.clone()),
                }
            }
            if !gone.is_empty() {
                self.store.forget_others(app, &gone).await?;
            }
        }
        if !others.is_empty() {
            let store = self.store.clone();
            tokio::spawn(async move {
                if let Err(error) = store.leave_no_trace().await {
                    tracing::error!("words of runs of others are still in the index: {error}");
                }
            });
        }
        Ok(())
    }

    async fn state(&self, app: &AppId) -> Result<LogState, Error> {
        // First: what is counted after the end is all of it.
        let (updating, fetching) = self.under_way(app);
        let log = self.store.log(app).await?;
        let user = self.apps.get(app).await?.user;
        let mut parts = vec![self.store.log_reading(app, LogPart::Own, &user).await?];
        if log.scope == LogScope::All {
            parts.push(self.store.log_reading(app, LogPart::All, &user).await?);
        }
        // Above a gap all is known, below it not.
        let since = |reading: &store::Reading| reading.gap.map(|gap| gap.1).or(reading.since);
        let unread = parts.iter().any(|part| since(part).is_none() && !part.complete);
        Ok(LogState {
            app_id: app.clone(),
            scope: log.scope,
            updating,
            fetching,
            since: parts.iter().filter_map(since).max().filter(|_| !unread),
            complete: parts.iter().all(|part| part.complete && part.gap.is_none()),
            read_at: log.read_at,
            trouble: log.trouble,
            runs: log.runs,
            heads: log.heads,
            others: log.others,
        })
    }

    /// Tells the page how far it is.
    async fn tell(&self, app: &AppId) {
        match self.state(app).await {
            Ok(state) => (self.emit)(AppEvent::LogChanged { state }),
            Err(error) => tracing::error!("how far a log is read cannot be told: {error}"),
        }
    }
}

/// What the page has words for.
fn trouble_of(error: &Error) -> LogTrouble {
    match error {
        Error::NoLog => LogTrouble::NoLog,
        Error::NoDetails | Error::Gone => LogTrouble::NoDetails,
        Error::Store(_) | Error::Apps(apps::Error::Store(_)) => LogTrouble::NotKept,
        Error::Apps(apps::Error::Keys(keys::Error::Missing | keys::Error::Locked(_) | keys::Error::NoKeychain(_))) => {
            LogTrouble::KeyMissing
        }
        Error::Apps(apps::Error::Dify(error)) | Error::Dify(error) | Error::Runs(runs::Error::NotAsked(error)) => {
            of_server(error)
        }
        Error::Apps(_) | Error::Runs(_) => LogTrouble::NotReached,
    }
}

fn of_server(error: &dify::Error) -> LogTrouble {
    match error {
        error if error.is_unauthorized() => LogTrouble::KeyRefused,
        error if error.is_too_many_requests() => LogTrouble::Busy,
        dify::Error::Transport { .. } => LogTrouble::NotReached,
        error if error.status().is_some_and(|status| status >= 500) => LogTrouble::NotReached,
        dify::Error::Status { .. } | dify::Error::Key(_) => LogTrouble::Refused,
        _ => LogTrouble::NotUnderstood,
    }
}
