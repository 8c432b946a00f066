//! What the contents of chosen files tell: whether they are still what was chosen, whether they open without a
//! password, and which of them are the same. Files are looked into off the runtime's threads, each once for as long as
//! it stays as it is; what is found comes as [`AppEvent::FileChanged`].

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest, Sha256};

use super::{
    Files,
    locked::is_locked,
    look::{Found, Look},
};
use crate::model::{
    Millis,
    event::AppEvent,
    file::{FileFinding, StagedId},
};

/// How long a form waits for what its files tell; a slow disk is heard later.
const WAIT: Duration = Duration::from_millis(400);
/// Larger files are not compared: no server takes them, and reading them takes its time.
const LARGEST_COMPARED: u64 = 512 << 20;

/// What files of the same contents have in common.
pub(super) type Contents = [u8; 32];

#[derive(Default)]
pub(super) struct Inspector {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    files: HashMap<StagedId, Seen>,
    /// Being looked into just now: a drive that does not answer is asked once.
    busy: HashSet<StagedId>,
    numbers: HashMap<Contents, u32>,
}

/// A file as it was when it was looked into.
#[derive(Clone)]
struct Seen {
    size: u64,
    modified_at: Option<Millis>,
    locked: bool,
    contents: Option<Contents>,
}

impl Files {
    /// Looks at these files again, and into those that are new or have changed. Comes back when that is done or after a
    /// moment; the rest goes on.
    pub async fn look_into(self: &Arc<Self>, ids: Vec<StagedId>) {
        if ids.is_empty() {
            return;
        }
        let files = Arc::clone(self);
        let looking = tokio::task::spawn_blocking(move || files.inspect(&ids));
        let _ = tokio::time::timeout(WAIT, looking).await;
    }

    /// What a file's contents are, where they were read to tell it from others while it was of this size and time.
    pub(super) fn contents(&self, id: &StagedId, size: u64, modified_at: Millis) -> Option<Contents> {
        let known = self.inspector.known();
        let seen = known.files.get(id).filter(|seen| seen.size == size && seen.modified_at == Some(modified_at));
        seen.and_then(|seen| seen.contents)
    }

    fn inspect(&self, ids: &[StagedId]) {
        let turn = Turn::take(self, ids);
        for (id, path) in &turn.files {
            let look = Look::at(path);
            self.seen(id, &look);
            if look.found != Found::File || look.size == 0 {
                self.inspector.known().files.remove(id);
                continue;
            }
            let is_as_known = |seen: &Seen| seen.size == look.size && seen.modified_at == look.modified_at;
            if self.inspector.known().files.get(id).is_some_and(is_as_known) {
                continue;
            }
            // Readers of foreign formats are not trusted to give up quietly.
            let locked = catch_unwind(AssertUnwindSafe(|| is_locked(path))).is_ok_and(|told| told.unwrap_or(false));
            let seen = Seen { size: look.size, modified_at: look.modified_at, locked, contents: None };
            self.inspector.known().files.insert(id.clone(), seen);
        }
        self.compare(&turn);
        for (id, _) in &turn.files {
            self.tell_found(id);
        }
    }

    /// Reads those files of this turn that have the size of another one, and that other one.
    fn compare(&self, turn: &Turn<'_>) {
        let places: HashMap<StagedId, PathBuf> = {
            let staged = self.staged();
            staged.iter().filter_map(|(id, staged)| Some((id.clone(), staged.path.clone()?))).collect()
        };
        let mut known = self.inspector.known();
        known.files.retain(|id, _| places.contains_key(id));
        let sizes: HashSet<u64> = turn.files.iter().filter_map(|(id, _)| Some(known.files.get(id)?.size)).collect();
        let mut same: HashMap<u64, Vec<StagedId>> = HashMap::new();
        for (id, seen) in known.files.iter().filter(|(_, seen)| sizes.contains(&seen.size)) {
            same.entry(seen.size).or_default().push(id.clone());
        }
        let unread = |known: &Known, id: &StagedId| known.files.get(id).is_some_and(|seen| seen.contents.is_none());
        let alike = same.into_iter().filter(|(size, ids)| ids.len() > 1 && *size <= LARGEST_COMPARED);
        let to_read: Vec<StagedId> = alike.flat_map(|(_, ids)| ids).filter(|id| unread(&known, id)).collect();
        drop(known);
        for id in to_read {
            let Some(path) = places.get(&id) else { continue };
            let Ok(contents) = contents_of(path) else { continue };
            let look = Look::at(path);
            let mut known = self.inspector.known();
            let Some(seen) = known.files.get_mut(&id) else { continue };
            // Files of earlier turns may have changed since: what was read is then not what was seen, and sent.
            if seen.size != look.size || seen.modified_at != look.modified_at {
                known.files.remove(&id);
                continue;
            }
            seen.contents = Some(contents);
            drop(known);
            if !turn.files.iter().any(|(file, _)| *file == id) {
                self.tell_found(&id);
            }
        }
    }

    /// Says what was found, if that is news.
    fn tell_found(&self, id: &StagedId) {
        let found = {
            let mut known = self.inspector.known();
            let Some(seen) = known.files.get(id).cloned() else { return };
            let next = u32::try_from(known.numbers.len()).unwrap_or(u32::MAX);
            let alike = seen.contents.map(|contents| *known.numbers.entry(contents).or_insert(next));
            (seen.locked, alike)
        };
        let file = {
            let mut staged = self.staged();
            let Some(staged) = staged.get_mut(id) else { return };
            let before = staged.file.found;
            let shrunk_from = before.and_then(|found| found.shrunk_from);
            staged.file.found = Some(FileFinding { locked: found.0, alike: found.1, shrunk_from });
            if staged.file.found == before {
                return;
            }
            staged.file.clone()
        };
        (self.emit)(AppEvent::FileChanged { file });
    }
}

impl Inspector {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that nobody else looks into, as long as this lasts.
struct Turn<'a> {
    inspector: &'a Inspector,
    files: Vec<(StagedId, PathBuf)>,
}

impl<'a> Turn<'a> {
    fn take(files: &'a Files, ids: &[StagedId]) -> Self {
        let paths: Vec<(StagedId, PathBuf)> = {
            let staged = files.staged();
            ids.iter().filter_map(|id| Some((id.clone(), staged.get(id)?.path.clone()?))).collect()
        };
        let mut known = files.inspector.known();
        let free = paths.into_iter().filter(|(id, _)| known.busy.insert(id.clone())).collect();
        drop(known);
        Self { inspector: &files.inspector, files: free }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut known = self.inspector.known();
        for (id, _) in &self.files {
            known.busy.remove(id);
        }
    }
}

fn contents_of(path: &Path) -> io::Result<Contents> {
    let mut file = File::open(path)?.take(LARGEST_COMPARED);
    let mut hash = Sha256::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&piece[..read]),
        }
    }
}
