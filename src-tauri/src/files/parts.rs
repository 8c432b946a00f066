//! Files that are being written where the user wants them: beside their place until they are whole. Where each lies is
//! noted in the data folder, so that the next start removes what a kill left of it, and nothing else.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use uuid::Uuid;

/// The notes, in the data folder: each is called as its file is numbered, and holds where that lies.
const NOTES: &str = "unfinished";
/// No path is longer.
const LONGEST: u64 = 64 * 1024;

#[derive(Debug, Clone)]
pub struct Parts {
    notes: PathBuf,
}

impl Parts {
    pub fn of(data_folder: &Path) -> Self {
        Self { notes: data_folder.join(NOTES) }
    }

    /// A place beside the target, for what is written until it is whole. Noted before anything stands there.
    pub fn beside(&self, target: &Path) -> Part {
        let id = Uuid::new_v4().simple().to_string();
        let path = std::path::absolute(target).unwrap_or_else(|_| target.to_owned()).with_file_name(name_of(&id));
        let note = self.notes.join(id);
        let noted = bytes_of(&path).ok_or(io::ErrorKind::InvalidFilename.into()).and_then(|bytes| {
            fs::create_dir_all(&self.notes)?;
            fs::write(&note, bytes)
        });
        if let Err(error) = noted {
            // What the user wants saved does not fail because of it.
            tracing::warn!("where a file is being written could not be noted: {}", error.kind());
        }
        Part { path, note }
    }

    /// Removes what programs left that ended before this one began: files that are noted, and are called as such.
    pub fn clear(&self, begun: SystemTime) {
        for entry in fs::read_dir(&self.notes).into_iter().flatten().flatten() {
            let found = entry.metadata();
            let is_left = found.is_ok_and(|found| {
                found.is_file() && found.len() <= LONGEST && found.modified().is_ok_and(|at| at < begun)
            });
            let name = entry.file_name();
            let Some(id) = name.to_str().filter(|id| is_left && is_id(id)) else { continue };
            let Some(path) = fs::read(entry.path()).ok().and_then(path_of) else { continue };
            let is_ours = path.is_absolute() && path.file_name().is_some_and(|name| *name == *name_of(id));
            if is_ours && path.symlink_metadata().is_ok_and(|found| found.is_file()) {
                let _ = fs::remove_file(&path);
            }
            // A drive that is not there now may come back with it.
            let is_away = is_ours && (path.symlink_metadata().is_ok() || !path.parent().is_some_and(Path::is_dir));
            if !is_away {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// What is not whole does not stay behind.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    note: PathBuf,
}

impl Part {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It is whole, and gets its name.
    pub fn put(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It may have its name by now, or may never have been made.
        let removed = fs::remove_file(&self.path);
        if removed.map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |()| true) {
            let _ = fs::remove_file(&self.note);
        }
    }
}

fn name_of(id: &str) -> String {
    format!(".flowdeck-{id}.part")
}

fn is_id(id: &str) -> bool {
    Uuid::try_parse(id).is_ok_and(|uuid| uuid.simple().to_string() == id)
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(path.as_os_str().as_bytes().to_vec())
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    path.to_str().map(|path| path.as_bytes().to_vec())
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_noted_and_called_as_ours_is_removed() {
        let (data, place) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let parts = Parts::of(data.path());
        // As after a kill: nothing of it is dropped.
        let left = std::mem::ManuallyDrop::new(parts.beside(&place.path().join("runs.csv")));
        fs::write(left.path(), "half").expect("written");
        let id = |n: u32| format!("{n:032x}");
        let noted = |id: &str, path: &Path| {
            fs::write(data.path().join(NOTES).join(id), bytes_of(path).expect("bytes")).expect("noted");
        };
        let mut stay = Vec::new();
        let mut put = |name: &str| {
            let path = place.path().join(name);
            fs::write(&path, "the user's").expect("written");
            stay.push(path.clone());
            path
        };
        noted(&id(1), &put("runs.csv"));
        noted(&id(2), &put(&name_of(&id(3))));
        noted("notes.txt", &put(&name_of("notes.txt")));
        put(&name_of(&id(4)));
        let folder = place.path().join(name_of(&id(5)));
        fs::create_dir(&folder).expect("a folder");
        noted(&id(5), &folder);
        let away = place.path().join("no-drive").join(name_of(&id(6)));
        noted(&id(6), &away);

        let running = parts.beside(&place.path().join("other.csv"));
        fs::write(running.path(), "more and more").expect("written");
        let begun = fs::metadata(&running.note).and_then(|found| found.modified()).expect("a time");
        let before = begun - std::time::Duration::from_secs(60);
        for note in fs::read_dir(data.path().join(NOTES)).expect("notes").flatten() {
            if note.path() != running.note {
                fs::File::options()
                    .write(true)
                    .open(note.path())
                    .and_then(|file| file.set_modified(before))
                    .expect("old");
            }
        }
        parts.clear(begun);
        assert!(!left.path().exists() && !left.note.exists(), "half a file goes, and its note");
        for path in &stay {
            assert_eq!(fs::read_to_string(path).expect("there"), "the user's", "{}", path.display());
        }
        assert!(folder.is_dir(), "and what is no file");
        assert!(running.path().exists() && running.note.exists(), "what is being written now is");
        let notes = fs::read_dir(data.path().join(NOTES)).expect("notes").count();
        assert_eq!(notes, 4, "a drive may come back; a folder, and what is no note of ours, are let be");
        fs::create_dir(away.parent().expect("a folder")).expect("back");
        fs::write(&away, "half").expect("as it was left");
        parts.clear(begun);
        assert!(!away.exists(), "then it goes");

        let (path, note) = (running.path().to_owned(), running.note.clone());
        running.put(&place.path().join("other.csv")).expect("put");
        assert!(!path.exists() && !note.exists() && place.path().join("other.csv").exists());
    }
}
