//! A damaged database: how it is noticed, kept aside, and what is brought over from it.
//!
//! Noticed while the program runs, it is only noted (`flowdeck.suspect`): the next start looks closely. A new file is
//! built beside the old one and takes its place when it is whole, so that an end in between loses nothing.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Connection, Row, SqliteConnection};
use tokio::task::AbortHandle;

use super::{Error, Result, header, open, salvage, swap};
use crate::model::app::HistorySetAside;

/// The page is painted first.
const LATER: Duration = Duration::from_secs(10);

/// What is known of the file's state.
#[derive(Debug, Clone)]
pub(super) struct Damage {
    note: Arc<Path>,
    looking: Arc<Mutex<Option<AbortHandle>>>,
}

impl Damage {
    pub fn new(file: &Path) -> Self {
        Self { note: file.with_file_name("flowdeck.suspect").into(), looking: Arc::default() }
    }

    pub fn is_noted(&self) -> bool {
        self.note.exists()
    }

    /// The next start is to look closely.
    pub fn note(&self) {
        if let Err(error) = std::fs::write(&self.note, "The database is looked over at the next start.\n") {
            tracing::error!("damage could not be noted: {error}");
        }
    }

    pub fn forget(&self) {
        let _ = std::fs::remove_file(&self.note);
    }

    /// Looks the file over beside the work: a large one takes seconds.
    pub fn look_meanwhile(&self, file: &Path) {
        let (damage, file) = (self.clone(), file.to_owned());
        let task = tokio::spawn(async move {
            tokio::time::sleep(LATER).await;
            if let Err(Error::Damaged) = check(&file, false).await {
                tracing::error!("the database is damaged");
                damage.note();
            }
        });
        *self.looking.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
    }

    pub fn stop_looking(&self) {
        if let Some(task) = self.looking.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// What can be said of the files without opening them.
pub(super) fn look_at_files(file: &Path) -> Result<()> {
    if file.is_dir() {
        return Err(Error::Damaged);
    }
    // Of a new store there is nothing else yet. An empty file beside results was emptied; beside a log
    // alone, SQLite would take it for an old one and delete it.
    let results = file.with_file_name("runs").read_dir().is_ok_and(|mut runs| runs.next().is_some());
    let log = open::size(&open::beside(file, "-wal")) > 0;
    if open::size(file) == 0 && (log || file.exists() && results) {
        return Err(Error::Damaged);
    }
    Ok(())
}

/// Reads every page of the database, and its log with it; `closely`: every value, too.
pub(super) async fn check(file: &Path, closely: bool) -> Result<()> {
    if !file.exists() {
        return Ok(());
    }
    let mut connection = open::reader(file).await?;
    let rows = sqlx::query("PRAGMA quick_check(1)").fetch_all(&mut connection).await?;
    let word: Option<String> = rows.first().and_then(|row| row.try_get(0).ok());
    if word.as_deref() == Some("ok") && (!closely || salvage::values_are_sound(&mut connection).await) {
        Ok(())
    } else {
        Err(Error::Damaged)
    }
}

/// Builds a new database from what can be read of the old one, and keeps the old one aside.
pub(super) async fn rebuild(file: &Path) -> Result<HistorySetAside> {
    let fresh = swap::fresh(file);
    swap::remove(&fresh)?;
    let built = async {
        let (pool, lasting) = open::connect(&fresh).await?;
        let saved = bring_over(file, &fresh, &pool).await;
        // What is in the log goes into the file before it takes its place.
        lasting.close().await;
        pool.close().await;
        saved
    };
    let saved = match built.await {
        Ok(saved) => saved,
        Err(error) => {
            let _ = swap::remove(&fresh);
            let _ = swap::remove(&header::copy_of(file));
            return Err(error);
        }
    };
    let aside =
        HistorySetAside { file: swap::name_aside(file), apps: saved.apps, runs: saved.runs, whole: saved.whole };
    swap::swap(file, &aside)?;
    Damage::new(file).forget();
    Ok(aside)
}

async fn bring_over(file: &Path, fresh: &Path, pool: &sqlx::SqlitePool) -> Result<salvage::Saved> {
    let mut new = pool.acquire().await?;
    let saved = read_over(file, &mut new).await?;
    if saved.apps + saved.runs > 0 || !header::may_be_all(file) {
        return Ok(saved);
    }
    // Nothing at all: what says how to read the rest may be all that went wrong.
    let copy = header::mended(file, fresh, &mut new).await?;
    let saved = read_over(&copy, &mut new).await;
    swap::remove(&copy)?;
    saved
}

async fn read_over(file: &Path, new: &mut SqliteConnection) -> Result<salvage::Saved> {
    let old = if file.is_file() { reader(file).await } else { None };
    let Some(mut old) = old else { return Ok(salvage::Saved::default()) };
    let saved = salvage::bring_over(&mut old, new).await;
    // An open file cannot be moved aside everywhere.
    let _ = old.close().await;
    saved
}

/// The old database, if it opens at all.
async fn reader(file: &Path) -> Option<SqliteConnection> {
    let mut old = open::reader(file).await.ok()?;
    // A schema with a hole in it is read as far as it goes.
    sqlx::query("PRAGMA writable_schema = ON").execute(&mut old).await.ok()?;
    Some(old)
}
