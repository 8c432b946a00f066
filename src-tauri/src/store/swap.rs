//! A new database takes the place of a damaged one, in steps of which each may be the last.
//!
//! The log belongs to its database: SQLite would replay an old one into any file that stands beside it. So a note
//! (`flowdeck.moving`) that says what becomes of the old file is on the disk before the first of them moves, and goes
//! after the last; a start that finds it carries the rest out.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use super::{Error, Result, header, open};
use crate::model::app::HistorySetAside;

/// Ends what a kill left in the midst of a swap, and clears what one left of building a new file. What was set aside,
/// if a swap ended now: nobody was told of it yet.
pub(super) fn finish(file: &Path) -> Result<Option<HistorySetAside>> {
    remove(&header::copy_of(file))?;
    let _ = std::fs::remove_file(open::beside(&note(file), ".part"));
    if let Some(aside) = noted(file) {
        carry_out(file, &aside)?;
        return Ok(Some(aside));
    }
    let fresh = fresh(file);
    if !fresh.exists() {
        return Ok(None);
    }
    if file.exists() {
        // Not whole: the old file still has everything.
        remove(&fresh)?;
        return Ok(None);
    }
    // Somebody else moved the old one away. What may be left of it belongs to no other.
    move_log(file, &base_of(file, &name_aside(file)))?;
    rename(&fresh, file)?;
    Ok(None)
}

/// Notes what becomes of the old database: from here on each start carries it out.
pub(super) fn note_down(file: &Path, aside: &HistorySetAside) -> Result<()> {
    let note = note(file);
    let unfinished = open::beside(&note, ".part");
    let mut written = File::create(&unfinished).map_err(|error| Error::from_io(&error))?;
    let done = written.write_all(serde_json::to_string(aside)?.as_bytes()).and_then(|()| written.sync_all());
    drop(written);
    if let Err(error) = done {
        let _ = std::fs::remove_file(&unfinished);
        return Err(Error::from_io(&error));
    }
    rename(&unfinished, &note)?;
    settle(file);
    Ok(())
}

/// Moves the old database and what belongs to it aside, and the new one into its place. The newest runs may stand in
/// the `-wal` file only.
pub(super) fn carry_out(file: &Path, aside: &HistorySetAside) -> Result<()> {
    let fresh = fresh(file);
    // Once the new one stands there, what is beside it is its own.
    if fresh.exists() {
        let aside = base_of(file, &aside.file);
        move_log(file, &aside)?;
        settle(file);
        if file.exists() {
            rename(file, &aside)?;
        }
        settle(file);
        rename(&fresh, file)?;
        settle(file);
    }
    std::fs::remove_file(note(file)).map_err(|error| Error::from_io(&error))?;
    settle(file);
    Ok(())
}

fn move_log(file: &Path, aside: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        let from = open::beside(file, suffix);
        if from.exists() {
            rename(&from, &open::beside(aside, suffix))?;
        }
    }
    Ok(())
}

/// A name that nothing has yet; that of the log, where there is nothing else.
pub(super) fn name_aside(file: &Path) -> String {
    let is_free = |name: &String| {
        ["-wal", "-shm", ""].iter().all(|suffix| !open::beside(&file.with_file_name(name), suffix).exists())
    };
    let free = (1..).map(|n| format!("flowdeck.damaged-{n}.db")).find(is_free);
    let name = free.unwrap_or_else(|| "flowdeck.damaged.db".into());
    if file.exists() { name } else { format!("{name}-wal") }
}

/// The database's own place, also where only its log has a name.
fn base_of(file: &Path, aside: &str) -> PathBuf {
    file.with_file_name(aside.trim_end_matches("-wal"))
}

pub(super) fn fresh(file: &Path) -> PathBuf {
    file.with_file_name("flowdeck.new.db")
}

fn note(file: &Path) -> PathBuf {
    file.with_file_name("flowdeck.moving")
}

/// It takes its name when it is whole, and nothing moves before.
fn noted(file: &Path) -> Option<HistorySetAside> {
    serde_json::from_slice(&std::fs::read(note(file)).ok()?).ok()
}

/// Has the system write down which name is whose now: steps must not reach the disk in another order.
pub(super) fn settle(file: &Path) {
    // Windows keeps that order by itself, and opens no folder.
    #[cfg(unix)]
    if let Some(Ok(folder)) = file.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = file;
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|error| Error::from_io(&error))
}

pub(super) fn remove(file: &Path) -> Result<()> {
    remove_log(file)?;
    gone(std::fs::remove_file(file))
}

/// What stands beside a database while it is open.
pub(super) fn remove_log(file: &Path) -> Result<()> {
    gone(std::fs::remove_file(open::beside(file, "-wal")))?;
    gone(std::fs::remove_file(open::beside(file, "-shm")))
}

fn gone(removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::from_io(&error)),
        _ => Ok(()),
    }
}
