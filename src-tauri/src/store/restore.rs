//! A restored backup takes the place of the present state, in steps of which each may be the last.
//!
//! The new state stands whole in a folder of its own before anything changes. A note (`flowdeck.restoring`) then says
//! which folder it is and where the present state goes: every start carries out what the note says before it opens
//! anything, and takes the note away last. So a start sees the old state or the new one, never a part of both. The old
//! one stays in its folder, and can come back the same way.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Error, Result, open, swap};
use crate::model::{Millis, keeping::SetAside};

/// Why a backup's history was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Not ours: another schema, or values that we never write.
    #[error("not a history of this program: {0}")]
    Foreign(&'static str),
    #[error("of a newer version: schema {0}")]
    Newer(i64),
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for RestoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Where restored states stand, by the data folder.
#[derive(Debug, Clone)]
pub struct Places {
    folder: PathBuf,
}

/// What each start carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// The folder of the new state, in the data folder.
    from: String,
    /// The folder that the present state goes to.
    aside: String,
    at: Millis,
}

const NOTE: &str = "flowdeck.restoring";
/// What a finished exchange leaves: which folder holds the state before it.
const KEPT: &str = "flowdeck.aside";
const STAGING: &str = "flowdeck.restored";
const ASIDE: &str = "before-restore";
const DATABASE: &str = "flowdeck.db";
const RUNS: &str = "runs";

impl Places {
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder in which a new state is put together, empty.
    pub fn stage(&self) -> Result<PathBuf> {
        let staging = self.folder.join(STAGING);
        remove_folder(&staging)?;
        std::fs::create_dir_all(staging.join(RUNS)).map_err(|error| Error::from_io(&error))?;
        Ok(staging)
    }

    /// The database of a state in its folder.
    pub fn database(staging: &Path) -> PathBuf {
        staging.join(DATABASE)
    }

    /// The folders of runs of a state.
    pub fn runs(staging: &Path) -> PathBuf {
        staging.join(RUNS)
    }

    /// A state that was put together is not wanted.
    pub fn unstage(&self) -> Result<()> {
        remove_folder(&self.folder.join(STAGING))
    }

    /// From here on the next start has the staged state.
    pub fn take_staged(&self, at: Millis) -> Result<()> {
        self.take(STAGING.to_owned(), at)
    }

    /// The next start has the state that was set aside.
    pub fn take_aside(&self, at: Millis) -> Result<()> {
        let aside = self.aside().ok_or(Error::NotFound)?;
        self.take(aside.folder, at)
    }

    fn take(&self, from: String, at: Millis) -> Result<()> {
        if !self.folder.join(&from).join(DATABASE).exists() {
            return Err(Error::NotFound);
        }
        // What is not there would leave the present runs' files in place.
        std::fs::create_dir_all(self.folder.join(&from).join(RUNS)).map_err(|error| Error::from_io(&error))?;
        let free = (1..).map(|n| format!("{ASIDE}-{n}")).find(|name| !self.folder.join(name).exists());
        let note = Note { from, aside: free.unwrap_or_else(|| ASIDE.into()), at };
        write_whole(&self.folder.join(NOTE), &serde_json::to_vec(&note)?)
    }

    /// The state before the last exchange, while it is kept.
    pub fn aside(&self) -> Option<SetAside> {
        let aside: SetAside = serde_json::from_slice(&std::fs::read(self.folder.join(KEPT)).ok()?).ok()?;
        let plain =
            aside.folder.strip_prefix(ASIDE).is_some_and(|rest| rest.chars().all(|c| c == '-' || c.is_ascii_digit()));
        (plain && self.folder.join(&aside.folder).join(DATABASE).exists()).then_some(aside)
    }

    /// The state that was set aside is not wanted any more.
    pub fn forget_aside(&self) -> Result<()> {
        if let Some(aside) = self.aside() {
            remove_folder(&self.folder.join(aside.folder))?;
        }
        match std::fs::remove_file(self.folder.join(KEPT)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::from_io(&error)),
            _ => Ok(()),
        }
    }
}

/// Carries out what was noted, and clears a state that was never taken. Before anything of the folder is opened.
pub(super) fn finish(folder: &Path) -> Result<()> {
    let _ = std::fs::remove_file(open::beside(&folder.join(NOTE), ".part"));
    let Some(note) = noted(folder) else { return remove_folder(&folder.join(STAGING)) };
    let mut steps = 0..;
    while step(folder, &note, steps.next().unwrap_or(0))? {}
    Ok(())
}

fn noted(folder: &Path) -> Option<Note> {
    serde_json::from_slice(&std::fs::read(folder.join(NOTE)).ok()?).ok()
}

/// What moves out, then what moves in. A log goes before its database leaves and comes after it: none ever stands
/// beside another one's.
const OUT: [&str; 4] = ["flowdeck.db-wal", "flowdeck.db-shm", DATABASE, RUNS];
const IN: [&str; 4] = [RUNS, DATABASE, "flowdeck.db-wal", "flowdeck.db-shm"];

/// One step of an exchange; false after the last. A step that was done is passed over, so that any start can begin at
/// the first: what of the new state has moved in is not in its folder any more, and what is still to move in is the
/// sign that what stands in its place is old.
fn step(folder: &Path, note: &Note, number: usize) -> Result<bool> {
    let (from, aside) = (folder.join(&note.from), folder.join(&note.aside));
    match number {
        0 => std::fs::create_dir_all(&aside).map_err(|error| Error::from_io(&error))?,
        // As long as the new database is in its folder, the database in its place is the old one.
        1..=3 if from.join(DATABASE).exists() => move_one(folder, &aside, OUT[number - 1])?,
        4 if from.join(RUNS).exists() => move_one(folder, &aside, RUNS)?,
        5..=8 => move_one(&from, folder, IN[number - 5])?,
        9 => {
            // One state is kept, the last: that before it was forgotten when another one was taken.
            let earlier = Places::of(folder).aside();
            if let Some(earlier) = earlier.filter(|earlier| earlier.folder != note.aside && earlier.folder != note.from)
            {
                remove_folder(&folder.join(earlier.folder))?;
            }
            let kept = SetAside { at: note.at, folder: note.aside.clone() };
            write_whole(&folder.join(KEPT), &serde_json::to_vec(&kept)?)?;
        }
        10 => remove_folder(&from)?,
        11 => std::fs::remove_file(folder.join(NOTE)).map_err(|error| Error::from_io(&error))?,
        12.. => return Ok(false),
        _ => {}
    }
    swap::settle(&folder.join(DATABASE));
    Ok(true)
}

/// What is not there is not moved; what is there already was moved before.
fn move_one(from: &Path, to: &Path, name: &str) -> Result<()> {
    let (from, to) = (from.join(name), to.join(name));
    if !from.exists() {
        return Ok(());
    }
    std::fs::rename(&from, &to).map_err(|error| Error::from_io(&error))
}

fn write_whole(file: &Path, bytes: &[u8]) -> Result<()> {
    let part = open::beside(file, ".part");
    let mut written = std::fs::File::create(&part).map_err(|error| Error::from_io(&error))?;
    written.write_all(bytes).and_then(|()| written.sync_all()).map_err(|error| Error::from_io(&error))?;
    drop(written);
    std::fs::rename(&part, file).map_err(|error| Error::from_io(&error))?;
    swap::settle(file);
    Ok(())
}

fn remove_folder(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::from_io(&error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &Path, name: &str, text: &str) {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }

    fn text(folder: &Path, name: &str) -> Option<String> {
        std::fs::read_to_string(folder.join(name)).ok()
    }

    /// The old state with its log, and a new one that was taken.
    fn taken() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["flowdeck.db", "flowdeck.db-wal", "flowdeck.db-shm", "runs/r/a.md"] {
            put(folder.path(), name, "old");
        }
        let places = Places::of(folder.path());
        let staging = places.stage().expect("staged");
        for name in ["flowdeck.db", "runs/s/b.md"] {
            put(&staging, name, "new");
        }
        places.take_staged(7).expect("noted");
        (folder, places)
    }

    #[test]
    fn an_exchange_that_ends_after_any_step_is_carried_out_by_the_next_start() {
        for ended_after in 0..13 {
            let (folder, places) = taken();
            let note = noted(folder.path()).expect("noted");
            for number in 0..ended_after {
                step(folder.path(), &note, number).expect("done");
            }
            finish(folder.path()).expect("finished");
            let of = |name: &str| text(folder.path(), name);
            assert_eq!(of("flowdeck.db").as_deref(), Some("new"), "{ended_after}");
            assert_eq!((of("flowdeck.db-wal"), of("flowdeck.db-shm")), (None, None), "{ended_after}: no foreign log");
            assert_eq!((of("runs/r/a.md"), of("runs/s/b.md").as_deref()), (None, Some("new")), "{ended_after}");
            let aside = places.aside().expect("kept");
            assert_eq!(aside, SetAside { at: 7, folder: "before-restore-1".into() }, "{ended_after}");
            for name in ["flowdeck.db", "flowdeck.db-wal", "runs/r/a.md"] {
                let kept = text(&folder.path().join(&aside.folder), name);
                assert_eq!(kept.as_deref(), Some("old"), "{ended_after}: {name}");
            }
            assert!(!folder.path().join(NOTE).exists() && !folder.path().join(STAGING).exists(), "{ended_after}");
        }
    }

    #[test]
    fn the_state_before_comes_back_the_same_way_and_with_its_log() {
        let (folder, places) = taken();
        finish(folder.path()).expect("finished");
        places.take_aside(8).expect("noted");
        finish(folder.path()).expect("finished");
        for name in ["flowdeck.db", "flowdeck.db-wal", "runs/r/a.md"] {
            assert_eq!(text(folder.path(), name).as_deref(), Some("old"), "{name}");
        }
        let aside = places.aside().expect("kept");
        assert_eq!(text(&folder.path().join(&aside.folder), "flowdeck.db").as_deref(), Some("new"), "{aside:?}");
        places.forget_aside().expect("forgotten");
        assert!(places.aside().is_none() && !folder.path().join(aside.folder).exists(), "and goes when it is told to");
    }

    #[test]
    fn what_was_put_together_and_never_taken_is_cleared() {
        let folder = tempfile::tempdir().expect("a folder");
        put(folder.path(), "flowdeck.db", "old");
        let places = Places::of(folder.path());
        put(&places.stage().expect("staged"), "flowdeck.db", "new");
        put(folder.path(), "flowdeck.restoring.part", "{");
        finish(folder.path()).expect("cleared");
        assert_eq!(text(folder.path(), "flowdeck.db").as_deref(), Some("old"), "nothing else happens");
        assert!(!folder.path().join(STAGING).exists(), "and its room is given back");
        assert!(matches!(places.take_aside(1), Err(Error::NotFound)), "there is nothing to come back to");
    }
}
