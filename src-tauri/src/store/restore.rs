//! A restored backup takes the place of the present state, in steps of which each may be the last.
//!
//! The new state stands whole in a folder of its own before anything changes. A note (`flowdeck.restoring`) then says
//! which folder it is and where the present state goes: every start carries out what the note says before it opens
//! anything, and takes the note away last. So a start sees the old state or the new one, never a part of both. The old
//! one stays in its folder, and can come back the same way.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Error, Result, open, swap};
use crate::model::{Millis, keeping::StateAside, preferences::Preferences};

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
    /// What the page has set in the present state: it goes with it.
    #[serde(default)]
    preferences: Preferences,
}

const NOTE: &str = "flowdeck.restoring";
/// What a finished exchange leaves: which folder holds the state before it.
const KEPT: &str = "flowdeck.aside";
const STAGING: &str = "flowdeck.restored";
/// The same folder as long as something in it is not whole: no note ever names it.
const STAGING_PART: &str = "flowdeck.restored-part";
const ASIDE: &str = "before-restore";
const DATABASE: &str = "flowdeck.db";
const RUNS: &str = "runs";
/// What a state has set in the page, until the page has taken it over.
const PREFERENCES: &str = "flowdeck.preferences";
/// No list of preferences is longer.
const LONGEST_PREFERENCES: u64 = 2 * 1024 * 1024;

impl Places {
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder in which a new state is put together, empty. One that was put together before is not wanted any more,
    /// taken or not.
    pub fn stage(&self) -> Result<PathBuf> {
        self.unstage()?;
        let staging = self.folder.join(STAGING_PART);
        std::fs::create_dir_all(staging.join(RUNS)).map_err(|error| Error::from_io(&error))?;
        Ok(staging)
    }

    /// The state stands there whole: from here on it can be taken.
    pub fn staged(&self) -> Result<()> {
        let staging = self.folder.join(STAGING);
        std::fs::rename(self.folder.join(STAGING_PART), &staging).map_err(|error| Error::from_io(&error))?;
        swap::settle(&staging);
        Ok(())
    }

    /// The database of a state in its folder.
    pub fn database(staging: &Path) -> PathBuf {
        staging.join(DATABASE)
    }

    /// The folders of runs of a state.
    pub fn runs(staging: &Path) -> PathBuf {
        staging.join(RUNS)
    }

    /// What a state in its folder has set in the page. Without it the page's stays as it is.
    pub fn set_preferences(staging: &Path, preferences: &Preferences) -> Result<()> {
        if preferences.is_empty() {
            return Ok(());
        }
        write_whole(&staging.join(PREFERENCES), &serde_json::to_vec(preferences)?)
    }

    /// What the state that came in has set in the page: told once, because from then on the page keeps it.
    pub fn preferences(&self) -> Preferences {
        let place = self.folder.join(PREFERENCES);
        let mut text = String::new();
        let read =
            std::fs::File::open(&place).and_then(|file| file.take(LONGEST_PREFERENCES).read_to_string(&mut text));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Preferences::default(),
            Err(error) => tracing::warn!("the preferences of a restored state cannot be read: {error}"),
            Ok(_) => {}
        }
        // What stays would be taken over again at each start, whatever the user sets meanwhile.
        if let Err(error) = std::fs::remove_file(&place) {
            tracing::warn!("the preferences of a restored state are left out, they cannot be put away: {error}");
            return Preferences::default();
        }
        Preferences::of_text(&text)
    }

    /// A state that was put together is not wanted.
    pub fn unstage(&self) -> Result<()> {
        // The note goes first: it must not lead a start into a folder that is half gone, or half of another state.
        if noted(&self.folder)?.is_some_and(|note| note.from == STAGING) {
            std::fs::remove_file(self.folder.join(NOTE)).map_err(|error| Error::from_io(&error))?;
            swap::settle(&self.folder.join(NOTE));
        }
        remove_folder(&self.folder.join(STAGING))?;
        remove_folder(&self.folder.join(STAGING_PART))
    }

    /// From here on the next start has the staged state; `preferences` are those of now, and go aside with the rest.
    pub fn take_staged(&self, preferences: Preferences, at: Millis) -> Result<()> {
        self.take(STAGING.to_owned(), preferences, at)
    }

    /// The next start has the state that was set aside.
    pub fn take_aside(&self, preferences: Preferences, at: Millis) -> Result<()> {
        let aside = self.aside().ok_or(Error::NotFound)?;
        self.take(aside.folder, preferences, at)
    }

    fn take(&self, from: String, preferences: Preferences, at: Millis) -> Result<()> {
        if !self.folder.join(&from).join(DATABASE).exists() {
            return Err(Error::NotFound);
        }
        // What is not there would leave the present runs' files in place.
        std::fs::create_dir_all(self.folder.join(&from).join(RUNS)).map_err(|error| Error::from_io(&error))?;
        let free = (1..).map(|n| format!("{ASIDE}-{n}")).find(|name| !self.folder.join(name).exists());
        let note = Note { from, aside: free.unwrap_or_else(|| ASIDE.into()), at, preferences };
        write_whole(&self.folder.join(NOTE), &serde_json::to_vec(&note)?)
    }

    /// The state before the last exchange, while it is kept.
    pub fn aside(&self) -> Option<StateAside> {
        let aside: StateAside = serde_json::from_slice(&std::fs::read(self.folder.join(KEPT)).ok()?).ok()?;
        let plain =
            aside.folder.strip_prefix(ASIDE).is_some_and(|rest| rest.chars().all(|c| c == '-' || c.is_ascii_digit()));
        (plain && self.folder.join(&aside.folder).join(DATABASE).exists()).then_some(aside)
    }

    /// Bytes of it on the disk.
    pub fn aside_size(&self) -> u64 {
        self.aside().map_or(0, |aside| size_of(&self.folder.join(aside.folder)))
    }

    /// Its database.
    pub fn aside_database(&self) -> Option<PathBuf> {
        Some(self.folder.join(self.aside()?.folder).join(DATABASE))
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
    let Some(note) = noted(folder)? else {
        clear(&folder.join(STAGING_PART));
        // What a note says that is none any more nobody knows: what it may be about stays.
        if !folder.join(NOTE).exists() {
            clear(&folder.join(STAGING));
        }
        return Ok(());
    };
    // Nothing has moved, and nothing is there to move: an exchange would only take what was set aside before.
    if !folder.join(&note.aside).exists() && !folder.join(&note.from).join(DATABASE).exists() {
        return std::fs::remove_file(folder.join(NOTE)).map_err(|error| Error::from_io(&error));
    }
    let mut steps = 0..;
    while step(folder, &note, steps.next().unwrap_or(0))? {}
    Ok(())
}

/// A note that cannot be read just now is not passed over: half of an exchange would be taken for the whole.
fn noted(folder: &Path) -> Result<Option<Note>> {
    let bytes = match std::fs::read(folder.join(NOTE)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| Error::from_io(&error))?,
    };
    let note = serde_json::from_slice(&bytes);
    Ok(note.inspect_err(|error| tracing::error!("the note of a restore is damaged: {error}")).ok())
}

/// What is of no use any more keeps nobody from his history: the next start tries again.
fn clear(folder: &Path) {
    if let Err(error) = remove_folder(folder) {
        tracing::warn!("a folder of an earlier state cannot be removed: {error}");
    }
}

/// What moves out, then what moves in. A log goes before its database leaves and comes after it: none ever stands
/// beside another one's.
const OUT: [&str; 4] = ["flowdeck.db-wal", "flowdeck.db-shm", DATABASE, RUNS];
const IN: [&str; 5] = [RUNS, DATABASE, "flowdeck.db-wal", "flowdeck.db-shm", PREFERENCES];

/// One step of an exchange; false after the last. A step that was done is passed over, so that any start can begin at
/// the first: what of the new state has moved in is not in its folder any more, and what is still to move in is the
/// sign that what stands in its place is old.
fn step(folder: &Path, note: &Note, number: usize) -> Result<bool> {
    let (from, aside) = (folder.join(&note.from), folder.join(&note.aside));
    match number {
        0 => std::fs::create_dir_all(&aside).map_err(|error| Error::from_io(&error))?,
        // As long as the new database is in its folder, what is in its place is the old state's. Preferences that no page
        // has asked for give way to those that the page has.
        1 if from.join(DATABASE).exists() => {
            move_one(folder, &aside, PREFERENCES)?;
            // They are worth no start.
            if let Err(error) = Places::set_preferences(&aside, &note.preferences) {
                tracing::warn!("the preferences of the state before are not kept: {error}");
            }
        }
        2..=4 if from.join(DATABASE).exists() => move_one(folder, &aside, OUT[number - 2])?,
        5 if from.join(RUNS).exists() => move_one(folder, &aside, RUNS)?,
        6..=10 => move_one(&from, folder, IN[number - 6])?,
        11 => {
            // One state is kept, the last: that before it was forgotten when another one was taken.
            let earlier = Places::of(folder).aside();
            if let Some(earlier) = earlier.filter(|earlier| earlier.folder != note.aside && earlier.folder != note.from)
            {
                clear(&folder.join(earlier.folder));
            }
            let kept = StateAside { at: note.at, folder: note.aside.clone() };
            write_whole(&folder.join(KEPT), &serde_json::to_vec(&kept)?)?;
        }
        12 => clear(&from),
        13 => std::fs::remove_file(folder.join(NOTE)).map_err(|error| Error::from_io(&error))?,
        14.. => return Ok(false),
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

/// What cannot be read counts for nothing.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size_of(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
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

    /// Of the state of that name.
    fn preferences(state: &str) -> Preferences {
        Preferences { notify: Some(state == "new"), ..Preferences::default() }
    }

    fn put_together(places: &Places) {
        let staging = places.stage().expect("staged");
        Places::set_preferences(&staging, &preferences("new")).expect("written");
        for name in ["flowdeck.db", "runs/s/b.md"] {
            put(&staging, name, "new");
        }
        places.staged().expect("whole");
    }

    /// The old state with its log, and a new one that was taken.
    fn taken() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["flowdeck.db", "flowdeck.db-wal", "flowdeck.db-shm", "runs/r/a.md"] {
            put(folder.path(), name, "old");
        }
        let places = Places::of(folder.path());
        put_together(&places);
        places.take_staged(preferences("old"), 7).expect("noted");
        (folder, places)
    }

    #[test]
    fn an_exchange_that_ends_after_any_step_is_carried_out_by_the_next_start() {
        for ended_after in 0..15 {
            let (folder, places) = taken();
            let note = noted(folder.path()).expect("read").expect("noted");
            for number in 0..ended_after {
                step(folder.path(), &note, number).expect("done");
            }
            finish(folder.path()).expect("finished");
            let of = |name: &str| text(folder.path(), name);
            assert_eq!(of("flowdeck.db").as_deref(), Some("new"), "{ended_after}");
            assert_eq!((of("flowdeck.db-wal"), of("flowdeck.db-shm")), (None, None), "{ended_after}: no foreign log");
            assert_eq!((of("runs/r/a.md"), of("runs/s/b.md").as_deref()), (None, Some("new")), "{ended_after}");
            let aside = places.aside().expect("kept");
            assert_eq!(aside, StateAside { at: 7, folder: "before-restore-1".into() }, "{ended_after}");
            for name in ["flowdeck.db", "flowdeck.db-wal", "runs/r/a.md"] {
                let kept = text(&folder.path().join(&aside.folder), name);
                assert_eq!(kept.as_deref(), Some("old"), "{ended_after}: {name}");
            }
            let old = Places::of(&folder.path().join(&aside.folder)).preferences();
            let new = [(); 2].map(|()| places.preferences());
            assert_eq!(old, preferences("old"), "{ended_after}");
            assert_eq!(new, [preferences("new"), Preferences::default()], "{ended_after}: told once");
            assert!(!folder.path().join(NOTE).exists() && !folder.path().join(STAGING).exists(), "{ended_after}");
        }
    }

    #[test]
    fn the_state_before_comes_back_the_same_way_and_with_its_log() {
        let (folder, places) = taken();
        finish(folder.path()).expect("finished");
        places.take_aside(preferences("new"), 8).expect("noted");
        finish(folder.path()).expect("finished");
        for name in ["flowdeck.db", "flowdeck.db-wal", "runs/r/a.md"] {
            assert_eq!(text(folder.path(), name).as_deref(), Some("old"), "{name}");
        }
        assert_eq!(places.preferences(), preferences("old"), "those that no page had asked for have given way");
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
        for is_whole in [true, false] {
            if is_whole {
                put_together(&places);
            } else {
                put(&places.stage().expect("staged"), "flowdeck.db", "ne");
                assert!(
                    matches!(places.take_staged(preferences("old"), 1), Err(Error::NotFound)),
                    "what is not whole cannot be taken"
                );
            }
            put(folder.path(), "flowdeck.restoring.part", "{");
            finish(folder.path()).expect("cleared");
            assert_eq!(text(folder.path(), "flowdeck.db").as_deref(), Some("old"), "nothing else happens");
            let left = [STAGING, STAGING_PART].map(|name| folder.path().join(name).exists());
            assert_eq!(left, [false, false], "and its room is given back");
        }
        assert!(
            matches!(places.take_aside(preferences("new"), 1), Err(Error::NotFound)),
            "there is nothing to come back to"
        );
    }
    #[test]
    fn a_state_that_was_taken_and_then_another_one_begun_is_not_taken_half() {
        let (folder, places) = taken();
        finish(folder.path()).expect("finished");
        put_together(&places);
        places.take_staged(preferences("old"), 8).expect("noted");
        // The user opens another backup instead of starting again, and the program is killed while that is read.
        put(&places.stage().expect("staged"), "flowdeck.db", "ha");
        finish(folder.path()).expect("finished");
        assert_eq!(text(folder.path(), "flowdeck.db").as_deref(), Some("new"), "what was there stays");
        assert_eq!(text(folder.path(), "runs/s/b.md").as_deref(), Some("new"), "with its files");
        let aside = places.aside().expect("what was set aside before is not lost for nothing");
        assert_eq!(text(&folder.path().join(aside.folder), "flowdeck.db").as_deref(), Some("old"));
        put_together(&places);
        places.take_staged(preferences("old"), 9).expect("noted");
        places.unstage().expect("not wanted after all");
        finish(folder.path()).expect("finished");
        assert_eq!(text(folder.path(), "flowdeck.db").as_deref(), Some("new"), "nothing is exchanged then");
        assert!(places.aside().is_some());
    }

    #[test]
    fn a_note_that_leads_nowhere_moves_nothing() {
        let (folder, places) = taken();
        finish(folder.path()).expect("finished");
        let note =
            Note { from: STAGING.into(), aside: "before-restore-2".into(), at: 9, preferences: preferences("old") };
        write_whole(&folder.path().join(NOTE), &serde_json::to_vec(&note).expect("a note")).expect("written");
        finish(folder.path()).expect("passed over");
        assert_eq!(text(folder.path(), "flowdeck.db").as_deref(), Some("new"));
        assert!(places.aside().is_some(), "what was set aside stays");
        assert!(!folder.path().join(NOTE).exists() && !folder.path().join("before-restore-2").exists());
    }

    #[test]
    fn what_cannot_be_cleared_or_read_never_costs_a_state() {
        let folder = tempfile::tempdir().expect("a folder");
        put(folder.path(), "flowdeck.db", "old");
        // No folder: it cannot be removed as one.
        put(folder.path(), STAGING, "a file");
        finish(folder.path()).expect("the history opens all the same");

        let (folder, _) = taken();
        let note = noted(folder.path()).expect("read").expect("noted");
        for number in 0..4 {
            step(folder.path(), &note, number).expect("done");
        }
        let (kept, place) = (folder.path().join("kept"), folder.path().join(NOTE));
        std::fs::rename(&place, &kept).expect("moved");
        std::fs::create_dir(&place).expect("made");
        assert!(finish(folder.path()).is_err(), "the note cannot be read just now");
        assert!(folder.path().join(STAGING).join(DATABASE).exists(), "what it is about is still there");
        std::fs::remove_dir(&place).expect("removed");
        std::fs::rename(&kept, &place).expect("moved");
        finish(folder.path()).expect("finished");
        assert_eq!(text(folder.path(), "flowdeck.db").as_deref(), Some("new"), "once it can, it is carried out");
    }
}
