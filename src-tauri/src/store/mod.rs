//! The local database: one SQLite file, WAL, additive migrations. The only home of sqlx and rusqlite.

mod apps;
mod backup;
mod brought;
mod compact;
mod costs;
mod damage;
mod deleted;
mod entries;
mod forms;
mod gaps;
mod header;
mod history;
mod keeping;
mod kept;
mod log_lines;
mod logs;
mod nameless;
mod network;
mod open;
mod out;
mod past;
mod prepared;
mod presets;
mod remarks;
mod restore;
mod restored;
mod runs;
mod salvage;
mod search;
mod sent;
mod sounds;
mod swap;
mod variables;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use sqlx::{Sqlite, Transaction, sqlite::SqlitePool};
use tokio::sync::OwnedMutexGuard;
use uuid::{NoContext, Timestamp, Uuid};

pub use apps::{AppSaid, NewApp, StoredApp};
pub use backup::{BackupFile, BackupHistory, FileOf};
pub use brought::{BroughtRun, LineOf};
pub use keeping::{ClockSeen, Goes, RunFolder};
pub use kept::{RunFilled, SentTo, StoredStaged};
pub use logs::{LogEntry, LogPart, Merged, Reading, StoredLog};
pub use nameless::DeletedNameless;
pub use network::{StoredCertificates, StoredNetwork};
pub use open::Claim;
pub use out::{RunRow, Whence};
pub use prepared::StoredPrepared;
pub use restore::{Places, RestoreError};
pub use restored::{Restored, is_plain_id, is_plain_name};
pub use runs::{RunSave, StoredFile};
pub use search::{Near, Wanted};
pub use sent::StoredSent;
pub use sounds::StoredSound;

use crate::model::{Millis, app::HistorySetAside, failure::FailureCode, run::RunId};

/// A cheap handle; the pools are synchronised inside.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    /// For what must outlive a power cut: see `open::connect`.
    lasting: SqlitePool,
    file: Arc<Path>,
    /// Whose turn it is to write. SQLite lets one write at a time and the others ask again and again, in no order.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// How many turns were taken: a queue that moves is only long.
    turns: Arc<AtomicU64>,
    /// The whole database is written anew: who waits for a turn waits as long as that takes.
    rewritten: Arc<AtomicBool>,
    /// The newest id given to a run.
    newest: Arc<Mutex<Uuid>>,
    damage: damage::Damage,
    /// A run of the server's log turned out to be one made here, and the two became one.
    became_one: Arc<AtomicBool>,
    /// Held as long as the store is open; the system frees it when the program ends in any way.
    lock: Arc<std::fs::File>,
    set_aside: Option<Arc<HistorySetAside>>,
    indexing: Arc<search::Indexing>,
    readers: Arc<search::Readers>,
    /// One clears what deleted runs left at a time.
    sweeping: Arc<tokio::sync::Mutex<()>>,
}

/// A transaction in its turn.
struct Writing {
    transaction: Transaction<'static, Sqlite>,
    _turn: OwnedMutexGuard<()>,
    indexing: Arc<search::Indexing>,
}

/// Why the database could not do it. Told apart only where the user can do something about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the disk is full")]
    DiskFull,
    #[error("the disk or the folder cannot be written")]
    ReadOnly,
    /// Another Flowdeck has it open: two would follow the same runs.
    #[error("the store is open in another window")]
    Busy,
    /// Another program holds the file, such as a backup or a database browser.
    #[error("another program holds the database")]
    Locked,
    /// It is looked over and mended at the next start.
    #[error("the database is damaged")]
    Damaged,
    #[error("no such row")]
    NotFound,
    /// Nobody waits for it any more.
    #[error("stopped")]
    Stopped,
    #[error("database: {0}")]
    Other(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Store {
    /// Begins to write, when it is this one's turn. `lasting`: it must outlive a power cut.
    async fn write(&self, lasting: bool) -> Result<Writing> {
        let turn = self.turn().await?;
        let pool = if lasting { &self.lasting } else { &self.pool };
        // Never a part of another one: see `open::pool_of`.
        let transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Writing { transaction, _turn: turn, indexing: Arc::clone(&self.indexing) })
    }

    async fn turn(&self) -> Result<OwnedMutexGuard<()>> {
        let mut next = std::pin::pin!(Arc::clone(&self.turn).lock_owned());
        let turn = loop {
            let taken = self.turns.load(Ordering::Relaxed);
            match tokio::time::timeout(open::BUSY, &mut next).await {
                Ok(turn) => break turn,
                Err(_) if self.rewritten.load(Ordering::Acquire) => {}
                // Hundreds of runs that begin at once wait longer than anybody else may hold the file.
                Err(_) if self.turns.load(Ordering::Relaxed) != taken => {}
                Err(_) => return Err(Error::Locked),
            }
        };
        self.turns.fetch_add(1, Ordering::Relaxed);
        Ok(turn)
    }

    /// Whether, since this was asked last, a run of the server's log became one with a run made here.
    pub fn have_become_one(&self) -> bool {
        self.became_one.swap(false, Ordering::AcqRel)
    }

    /// Notes damage that was met, for the next start.
    fn heed<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(Error::Damaged) = result {
            self.damage.note();
        }
        result
    }

    /// An id for a run that begins now. Lists are in the order of ids, so it is later than all before it, also when
    /// the clock went back since.
    pub async fn new_run_id(&self) -> Result<RunId> {
        let newest: Option<String> = sqlx::query_scalar("SELECT max(id) FROM run").fetch_one(&self.pool).await?;
        let stored = newest.and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default();
        let mut given = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let after = stored.max(*given);
        let mut id = Uuid::now_v7();
        if id <= after {
            let (seconds, nanos) = after.get_timestamp().map_or((0, 0), |at| at.to_unix());
            let next = u64::from(nanos) + 1_000_000;
            let (seconds, nanos) = (seconds + next / 1_000_000_000, next % 1_000_000_000);
            id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, u32::try_from(nanos).unwrap_or(0)));
        }
        *given = id;
        Ok(RunId(id.to_string()))
    }
}

/// This computer's clock, as times are stored.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX))
}

impl Writing {
    async fn commit(self) -> Result<()> {
        self.transaction.commit().await?;
        self.indexing.written.notify_one();
        Ok(())
    }
}

impl Error {
    /// What the page has words for.
    pub fn code(&self) -> FailureCode {
        match self {
            Self::DiskFull => FailureCode::DiskFull,
            Self::ReadOnly => FailureCode::DiskReadOnly,
            Self::NotFound => FailureCode::NotFound,
            Self::Busy => FailureCode::AlreadyOpen,
            Self::Locked => FailureCode::StoreLocked,
            Self::Stopped => FailureCode::Cancelled,
            Self::Damaged => FailureCode::StoreDamaged,
            Self::Other(_) => FailureCode::Store,
        }
    }

    /// SQLite's result codes: 13 full, 8 read-only, 14 cannot open, 5 and 6 held by others, 11 and 26 damaged; of the I/O
    /// errors, a write (778) and a growing index file (4874) fail when there is no room.
    fn from_code(extended: u32) -> Option<Self> {
        let code = if matches!(extended, 778 | 4874) { 13 } else { extended & 0xff };
        match code {
            13 => Some(Self::DiskFull),
            8 | 14 => Some(Self::ReadOnly),
            5 | 6 => Some(Self::Locked),
            9 => Some(Self::Stopped),
            11 | 26 => Some(Self::Damaged),
            _ => None,
        }
    }

    fn from_io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Other(error.kind().to_string()),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => return Self::NotFound,
            sqlx::Error::Io(io) => return Self::from_io(io),
            sqlx::Error::PoolTimedOut => return Self::Locked,
            sqlx::Error::Database(database) => {
                let code = database.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
                if let Some(known) = Self::from_code(code) {
                    return known;
                }
            }
            _ => {}
        }
        Self::Other(error.to_string())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            rusqlite::Error::SqliteFailure(failure, _) => {
                let code = u32::try_from(failure.extended_code).unwrap_or(0);
                Self::from_code(code).unwrap_or_else(|| Self::Other(error.to_string()))
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        // The position only: the text would hold what the user typed.
        tracing::error!("stored JSON cannot be read, line {} column {}", error.line(), error.column());
        Self::Damaged
    }
}
