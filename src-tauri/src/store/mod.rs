//! The local database: one SQLite file, WAL, additive migrations. The only home of sqlx.

mod apps;
mod network;
mod runs;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

pub use apps::{NewApp, StoredApp};
pub use network::{StoredCertificates, StoredNetwork};
pub use runs::{RunSave, StoredFile};

/// A cheap handle; the pool is synchronised inside.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    /// Held as long as the store is open; the system frees it when the program ends in any way.
    _lock: Arc<File>,
    /// Name of the damaged database that was moved aside at this start.
    set_aside: Option<String>,
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
    #[error("no such row")]
    NotFound,
    #[error("database: {0}")]
    Other(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Store {
    /// Opens or makes the database in `folder`, and brings its schema up to date.
    ///
    /// A file that is no database any more is kept beside the new one as `flowdeck.damaged-N.db`.
    pub async fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| Error::from_io(&error))?;
        let lock = lock(folder)?;
        let file = folder.join("flowdeck.db");
        let mut aside = None;
        let pool = match connect(&file).await {
            Err(Error::Other(reason)) if is_damaged(&reason) => {
                tracing::error!("the database is damaged, a new one is begun: {reason}");
                aside = Some(set_aside(&file)?);
                connect(&file).await?
            }
            result => result?,
        };
        Ok(Self { pool, _lock: Arc::new(lock), set_aside: aside })
    }

    /// The damaged database that this one took the place of.
    pub fn set_aside(&self) -> Option<&str> {
        self.set_aside.as_deref()
    }

    /// Waits for what is being written and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn connect(file: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A crash of the program loses nothing; a power cut may lose the last moments, never the file.
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-16384");
    // More readers than cores do not help; writers queue in SQLite itself.
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    match bring_up_to_date(&pool).await {
        Ok(()) => Ok(pool),
        Err(error) => {
            // An open file cannot be moved aside everywhere.
            pool.close().await;
            Err(error)
        }
    }
}

async fn bring_up_to_date(pool: &SqlitePool) -> Result<()> {
    sqlx::migrate!("src-tauri/migrations").run(pool).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
            Error::from(error)
        }
        other => Error::Other(other.to_string()),
    })?;
    Ok(())
}

fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("flowdeck.lock")).map_err(|error| Error::from_io(&error))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Busy),
        // Some network folders know no locks; the store still works there.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

fn is_damaged(reason: &str) -> bool {
    reason.contains("file is not a database") || reason.contains("malformed")
}

/// Moves the database and what belongs to it aside: the newest runs may stand in the `-wal` file only.
fn set_aside(file: &Path) -> Result<String> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let aside: PathBuf = (1..)
        .map(|n| folder.join(format!("flowdeck.damaged-{n}.db")))
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join("flowdeck.damaged.db"));
    for part in ["", "-wal", "-shm"] {
        let with = |path: &Path| PathBuf::from(format!("{}{part}", path.display()));
        if part.is_empty() || with(file).exists() {
            std::fs::rename(with(file), with(&aside)).map_err(|error| Error::from_io(&error))?;
        }
    }
    Ok(aside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

impl Error {
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
            sqlx::Error::Database(database) => {
                // SQLite's result codes: 13 full, 8 read-only, 14 cannot open; of the I/O errors, a write (778)
                // and a growing index file (4874) fail when there is no room.
                let extended = database.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
                let code = if matches!(extended, 778 | 4874) { 13 } else { extended & 0xff };
                match code {
                    13 => return Self::DiskFull,
                    8 | 14 => return Self::ReadOnly,
                    _ => {}
                }
            }
            _ => {}
        }
        Self::Other(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        // The position only: the text would hold what the user typed.
        Self::Other(format!("stored JSON, line {} column {}", error.line(), error.column()))
    }
}
