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
    let mut sound = word.as_deref() == Some("ok");
    if sound && closely {
        let mut twin = open::reader(file).await?;
        sound = salvage::values_are_sound(&mut connection).await?
            && salvage::texts_are_sound(&mut connection, &mut twin, |_| true).await?;
    }
    if sound { Ok(()) } else { Err(Error::Damaged) }
}

/// Builds a new database from what can be read of the old one, and keeps the old one aside.
pub(super) async fn rebuild(file: &Path) -> Result<HistorySetAside> {
    let fresh = swap::fresh(file);
    swap::remove(&fresh)?;
    let built = async {
        let saved = build(file, &fresh).await?;
        let aside =
            HistorySetAside { file: swap::name_aside(file), apps: saved.apps, runs: saved.runs, whole: saved.whole };
        swap::note_down(file, &aside)?;
        Ok(aside)
    };
    let aside = match built.await {
        Ok(aside) => aside,
        Err(error) => {
            let _ = swap::remove(&fresh);
            let _ = swap::remove(&header::copy_of(file));
            return Err(error);
        }
    };
    swap::carry_out(file, &aside)?;
    Damage::new(file).forget();
    Ok(aside)
}

/// The new database, whole in its file: a log of it would stay behind.
async fn build(file: &Path, fresh: &Path) -> Result<salvage::Saved> {
    let (pool, lasting) = open::connect(fresh).await?;
    let saved = async {
        let saved = bring_over(file, fresh, &pool).await?;
        open::empty_log(&mut *pool.acquire().await?).await?;
        Ok(saved)
    };
    let saved: Result<_> = saved.await;
    lasting.close().await;
    pool.close().await;
    let saved = saved?;
    // SQLite closes without a word also where it could not empty it.
    if open::size(&open::beside(fresh, "-wal")) > 0 {
        return Err(Error::DiskFull);
    }
    // Where there was just no room to close in order, an empty one is left.
    swap::remove_log(fresh)?;
    Ok(saved)
}

async fn bring_over(file: &Path, fresh: &Path, pool: &sqlx::SqlitePool) -> Result<salvage::Saved> {
    let mut new = pool.acquire().await?;
    let saved = read_over(file, &mut new).await?;
    if saved.apps + saved.runs > 0 || !header::may_be_all(file) {
        return Ok(saved);
    }
    // Nothing at all: what says how to read the rest may be all that went wrong.
    let mut saved = saved;
    for page in header::PAGE_SIZES {
        let copy = header::mended(file, fresh, page, &mut new).await?;
        let read = read_over(&copy, &mut new).await;
        swap::remove(&copy)?;
        saved = read?;
        if saved.apps + saved.runs > 0 {
            break;
        }
    }
    Ok(saved)
}

async fn read_over(file: &Path, new: &mut SqliteConnection) -> Result<salvage::Saved> {
    let old = if file.is_file() { salvage::or_hole(reader(file).await)? } else { None };
    let Some(mut old) = old else { return Ok(salvage::Saved::default()) };
    let saved = salvage::bring_over(&mut old, new).await;
    // An open file cannot be moved aside everywhere.
    let _ = old.close().await;
    saved
}

async fn reader(file: &Path) -> Result<SqliteConnection> {
    let mut old = open::reader(file).await?;
    // A schema with a hole in it is read as far as it goes.
    sqlx::query("PRAGMA writable_schema = ON").execute(&mut old).await?;
    Ok(old)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A disk of this size, where the system lets this user make one.
    struct Disk(tempfile::TempDir);

    impl Disk {
        fn of(size: u64) -> Option<Self> {
            let folder = tempfile::tempdir().expect("a folder");
            let options = format!("size={size}");
            let made = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
            made.is_ok_and(|made| made.status.success()).then_some(Self(folder))
        }
    }

    impl Drop for Disk {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0.path()).status();
        }
    }

    #[tokio::test]
    #[allow(clippy::print_stderr, reason = "a test that could not be done is said")]
    async fn what_is_built_is_whole_in_its_file_or_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("flowdeck.db");
        let (pool, lasting) = open::connect(&file).await.expect("a new store");
        let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600) \
             INSERT INTO run (id, app_id, title, status, started_at) SELECT n, 'a', hex(zeroblob(500)), 'succeeded', 1 FROM n";
        let mut old = pool.acquire().await.expect("a connection");
        sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut *old).await.expect("off");
        sqlx::query(sql).execute(&mut *old).await.expect("runs");
        drop(old);
        lasting.close().await;
        pool.close().await;
        let (mut refused, mut built) = (0, 0);
        for tenths in (8..=60).step_by(4) {
            let Some(disk) = Disk::of(open::size(&file) * tenths / 10) else { return eprintln!("SKIPPED: no disk") };
            let fresh = disk.0.path().join("flowdeck.new.db");
            match build(&file, &fresh).await {
                Ok(saved) => {
                    built += 1;
                    assert_eq!(saved.runs, 600, "{tenths} tenths");
                    assert!(!open::beside(&fresh, "-wal").exists(), "{tenths} tenths: nothing stands beside it");
                }
                Err(Error::DiskFull) => refused += 1,
                Err(error) => panic!("{tenths} tenths: {error:?}"),
            }
        }
        assert!(refused > 0 && built > 0, "{refused} disks were too small, {built} were not");
    }
}
