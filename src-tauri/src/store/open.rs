//! Opening the database: locked against a second program, looked over after an unclean end, brought up to date.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{
    Connection, Row, SqliteConnection,
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};
use tokio::sync::Mutex;

use super::{
    Error, HistorySetAside, Result, Store,
    damage::{self, Damage},
    restore,
    search::Readers,
    swap,
};

/// How long another program's lock on the file is waited for.
pub(super) const BUSY: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How often the log is tried to be taken along at the end, and how long in between.
const TRIES: u32 = 20;
const SOON: Duration = Duration::from_millis(10);
/// The log beside the database is cut back to this after each checkpoint; one long run must not leave a large file.
const LOG: u32 = 16 * 1024 * 1024;
/// Of new databases; what a run holds mostly fits into half of one. Others keep theirs, which was SQLite's own choice.
pub(super) const PAGE: u32 = 16 * 1024;
/// Of pages in memory, for each connection: KiB, as SQLite wants it.
pub(super) const CACHE: &str = "-16384";
/// To the database, for everything but what has to be on the disk at once.
const CONNECTIONS: u32 = 4;
/// The log is brought into the file when it has this many pages: 4 MiB.
const LOG_PAGES: &str = "256";
/// A database up to this size is looked over before the window opens, once after a kill; a larger one meanwhile.
/// Measured: 0.6 ms for each MiB that the system has in memory; a turning disk needs about 10.
const AT_ONCE: u64 = 32 * 1024 * 1024;

/// A data folder, locked against a second program.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    lock: File,
}

impl Claim {
    /// # Errors
    /// [`Error::Busy`] while another Flowdeck has it.
    pub fn of(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| Error::from_io(&error))?;
        Ok(Self { folder: folder.to_owned(), lock: lock(folder)? })
    }
}

impl Store {
    /// Claims the folder and opens the database in it.
    pub async fn open(folder: &Path) -> Result<Self> {
        Self::open_claimed(Claim::of(folder)?, BUSY, |_| ()).await
    }

    /// Opens or makes the database in the folder, and brings its schema up to date.
    ///
    /// A file that is no database any more is kept beside the new one as `flowdeck.damaged-N.db`, and what can be
    /// read of it is brought over.
    /// As long as another program holds the file, it is waited for, at most `patience`; `held` hears at once whether
    /// it does.
    pub async fn open_claimed(claim: Claim, patience: Duration, held: impl Fn(bool) + Send + Sync) -> Result<Self> {
        let Claim { folder, lock } = claim;
        let file = folder.join("flowdeck.db");
        let moved = swap::finish(&file)?;
        restore::finish(&folder)?;
        let begun = Instant::now();
        while damage::look_at_files(&file).is_ok() && is_held(&file).await {
            held(true);
            if begun.elapsed() >= patience {
                return Err(Error::Locked);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        held(false);
        let damage = Damage::new(&file);
        let (pools, set_aside) = match open_sound(&file, &damage).await {
            Err(Error::Damaged) => {
                tracing::error!("the database is damaged, a new one is begun");
                let aside = damage::rebuild(&file).await?;
                (connect(&file).await?, Some(aside))
            }
            result => (result?, moved),
        };
        let (pool, lasting) = pools;
        let file: Arc<Path> = file.into();
        Ok(Self {
            pool,
            lasting,
            readers: Readers::new(Arc::clone(&file)),
            file,
            turn: Arc::new(Mutex::new(())),
            turns: Arc::default(),
            rewritten: Arc::default(),
            newest: Arc::default(),
            damage,
            became_one: Arc::default(),
            lock: Arc::new(lock),
            set_aside: set_aside.map(Arc::new),
            indexing: Arc::default(),
            sweeping: Arc::default(),
        })
    }

    /// The damaged database that this one took the place of.
    pub fn set_aside(&self) -> Option<&HistorySetAside> {
        self.set_aside.as_deref()
    }

    /// Waits for what is being written and closes the file.
    pub async fn close(&self) {
        self.damage.stop_looking();
        self.indexing.stop();
        // They only read: the last one to close brings the log into the file.
        self.readers.close().await;
        self.lasting.close().await;
        self.pool.close().await;
        leave_no_log(&self.file).await;
        let _ = self.lock.unlock();
    }
}

/// A connection that was given up while it was made (a search waits for the index only so long) closes after those that
/// are waited for, in a thread of its own; and the last one to close takes the log along.
async fn leave_no_log(file: &Path) {
    for _ in 0..TRIES {
        if !beside(file, "-wal").exists() {
            return;
        }
        let options = options(file, SqliteSynchronous::Normal).create_if_missing(false).busy_timeout(Duration::ZERO);
        let Ok(last) = SqliteConnection::connect_with(&options).await else { return };
        let _ = last.close().await;
        tokio::time::sleep(SOON).await;
    }
}

/// Whether another program lets nobody read the file: SQLite itself would wait without a word.
async fn is_held(file: &Path) -> bool {
    if !file.exists() {
        return false;
    }
    let read = async {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(Duration::ZERO);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let read = sqlx::query("SELECT 1 FROM sqlite_schema LIMIT 1").fetch_optional(&mut connection).await;
        let _ = connection.close().await;
        read
    };
    matches!(read.await.map_err(Error::from), Err(Error::Locked))
}

/// The database, unless it is damaged as far as can be seen now.
async fn open_sound(file: &Path, damage: &Damage) -> Result<(SqlitePool, SqlitePool)> {
    damage::look_at_files(file)?;
    // A clean end leaves no log behind.
    let unclean = size(&beside(file, "-wal")) > 0;
    let suspected = damage.is_noted();
    if suspected || unclean && size(file) <= AT_ONCE {
        damage::check(file, suspected).await?;
        damage.forget();
    }
    let pools = connect(file).await?;
    if unclean && !suspected && size(file) > AT_ONCE {
        damage.look_meanwhile(file);
    }
    Ok(pools)
}

/// The pool for reading and for what may be lost with the power, and the one for what may not.
///
/// In WAL mode `NORMAL` survives every end of the program; only a power cut takes what the system had not yet
/// written, never the file. `FULL` waits for the disk after each transaction, which covers all earlier ones too.
/// Measured for a saved run, debug build, ms p50/p95: NORMAL 0.26/0.31, FULL 0.73/0.79 on a virtual disk; a
/// turning one needs about 10. So what nobody can tell again is
/// written with `FULL`: that a run was asked for (before it is), its ids, its text (once a second), its end, and all
/// answers; the steps in between are not worth waiting for.
pub(super) async fn connect(file: &Path) -> Result<(SqlitePool, SqlitePool)> {
    if size(file) == 0 {
        begin(file).await?;
    }
    // More readers than cores do not help; writers queue in `Store::write`.
    let pool = pool_of(CONNECTIONS).connect_with(options(file, SqliteSynchronous::Normal)).await?;
    if let Err(error) = bring_up_to_date(&pool).await {
        // An open file cannot be moved aside everywhere.
        pool.close().await;
        return Err(error);
    }
    let lasting = pool_of(1).connect_lazy_with(options(file, SqliteSynchronous::Full));
    Ok((pool, lasting))
}

/// Makes a database that gives room back in pieces: see `compact`. Of one that is there the pragma changes nothing, and
/// wants to write all the same.
pub(super) async fn begin(file: &Path) -> Result<()> {
    let options = options(file, SqliteSynchronous::Normal).auto_vacuum(SqliteAutoVacuum::Incremental);
    Ok(SqliteConnection::connect_with(&options).await?.close().await?)
}

/// After a full disk SQLite has rolled back by itself, and sqlx, whose own roll-back then fails, still counts the
/// transaction: all later ones would be parts of it, and none would ever be written. Such a connection is let go.
fn pool_of(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).before_acquire(|connection, _| {
        let is_free = !connection.is_in_transaction();
        Box::pin(async move { Ok(is_free) })
    })
}

pub(super) fn options(file: &Path, synchronous: SqliteSynchronous) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .page_size(PAGE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        // On macOS a plain sync leaves the data in the disk's own memory.
        .pragma("fullfsync", if matches!(synchronous, SqliteSynchronous::Full) { "1" } else { "0" })
        .pragma("checkpoint_fullfsync", "1")
        .pragma("wal_autocheckpoint", LOG_PAGES)
        .pragma("journal_size_limit", LOG.to_string())
        .foreign_keys(true)
        // What is deleted is gone: without this it stands in free pages until something else is written there, and so
        // do earlier states of what grew.
        .pragma("secure_delete", "1")
        .busy_timeout(BUSY)
        .pragma("cache_size", CACHE)
}

/// A connection that only reads, to a database that may be damaged: it writes nothing, not even a checkpoint.
pub(super) async fn reader(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(BUSY);
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// Brings what is in the log into the file. At a commit and at its end SQLite does so too, but does not say when it
/// could not.
pub(super) async fn empty_log(connection: &mut SqliteConnection) -> Result<()> {
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
    let (busy, in_log, moved): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if busy != 0 || in_log != moved { Err(Error::Locked) } else { Ok(()) }
}

/// Every schema there has been, in order.
pub(super) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src-tauri/migrations");

async fn bring_up_to_date(pool: &SqlitePool) -> Result<()> {
    MIGRATIONS.run(pool).await.map_err(refused)
}

/// What a migration that could not be carried out says of the database.
pub(super) fn refused(error: sqlx::migrate::MigrateError) -> Error {
    match error {
        sqlx::migrate::MigrateError::Execute(error) | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
            if is_hole_in_schema(&error) {
                Error::Damaged
            } else {
                error.into()
            }
        }
        other => Error::Other(other.to_string()),
    }
}

/// Each migration has run on every database that is whole: what does not fit it is damaged. What only passes (no
/// memory, a disk that does not answer) is none of it.
fn is_hole_in_schema(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    // SQLite's result codes: 1 for a table or column that is not there, or there already; 19 and 20 for values that
    // do not fit.
    code.is_some_and(|code| matches!(code & 0xff, 1 | 19 | 20))
        || matches!(error, sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnDecode { .. })
}

fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("flowdeck.lock")).map_err(|error| Error::from_io(&error))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Busy),
        // Some network folders know no locks; the store still works there.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// `-wal` and the like stand beside the database under its whole name.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |found| found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As SQLite says it.
    #[derive(Debug, thiserror::Error)]
    #[error("code {0}")]
    struct Said(u32);

    impl sqlx::error::DatabaseError for Said {
        fn message(&self) -> &'static str {
            "said"
        }

        fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
            Some(self.0.to_string().into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    #[test]
    fn what_only_passes_sets_no_database_aside() {
        for (code, is_damage) in
            [(1, true), (257, true), (1299, true), (7, false), (10, false), (266, false), (9, false)]
        {
            let error = sqlx::Error::Database(Box::new(Said(code)));
            assert_eq!(is_hole_in_schema(&error), is_damage, "{code}");
        }
        assert!(!is_hole_in_schema(&sqlx::Error::WorkerCrashed), "nor what is not about the file");
    }
}
