//! Folders on their way in: walked before any of their files is taken, so that it can be said first what is in them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use walkdir::{DirEntry, WalkDir};

use super::{Error, Files};
use crate::model::{
    event::AppEvent,
    ways::{FolderContents, FolderId, StagedFolder},
};

/// More files than any form takes: whoever drops more has dropped another folder than was meant.
const MOST_FILES: usize = 5_000;
/// Files and folders that are looked at, those that are left out included.
const MOST_ENTRIES: usize = 100_000;
const DEEPEST: usize = 64;
/// Between two words about how far it is.
const NEWS: Duration = Duration::from_millis(120);

/// A folder that may be walked.
#[derive(Clone)]
pub(super) struct Folder {
    path: PathBuf,
    cancelled: CancellationToken,
}

/// What a walk found.
#[derive(Debug, Default, PartialEq)]
pub struct Walked {
    /// With their sizes, in the order of their names, folder by folder.
    pub files: Vec<(PathBuf, u64)>,
    pub hidden: u32,
    pub links: u32,
    pub unreadable: u32,
    pub cut: bool,
}

impl Files {
    /// Takes folders in; nothing in them is read.
    pub fn take_folders(&self, paths: Vec<PathBuf>) -> Vec<StagedFolder> {
        let mut folders = self.folders();
        paths
            .into_iter()
            .map(|path| {
                let id = FolderId(Uuid::new_v4().to_string());
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                folders.insert(id.clone(), Folder { path, cancelled: CancellationToken::new() });
                StagedFolder { id, name }
            })
            .collect()
    }

    /// Walks a folder and takes its files in. How far it is goes to the page.
    pub async fn read_folder(self: &Arc<Self>, id: &FolderId) -> Result<FolderContents, Error> {
        let Folder { path, cancelled } = self.folders().get(id).cloned().ok_or(Error::Missing)?;
        let (files, of) = (Arc::clone(self), id.clone());
        let walking = tokio::task::spawn_blocking(move || {
            let mut said = Instant::now();
            let walked = walk(&path, |found, size| {
                if said.elapsed() >= NEWS {
                    said = Instant::now();
                    let found = u32::try_from(found).unwrap_or(u32::MAX);
                    (files.emit)(AppEvent::FolderChanged { folder_id: of.clone(), files: found, size });
                }
                !cancelled.is_cancelled()
            });
            if cancelled.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let size = walked.files.iter().map(|(_, size)| size).sum();
            let files = files.stage(walked.files.into_iter().map(|(path, _)| path).collect());
            let Walked { hidden, links, unreadable, cut, .. } = walked;
            Ok(FolderContents { files, size, hidden, links, unreadable, cut })
        });
        walking.await.map_err(|_| Error::Unreadable)?
    }

    /// Forgets a folder; a walk through it ends. Files that were taken in stay.
    pub fn forget_folder(&self, id: &FolderId) {
        if let Some(folder) = self.folders().remove(id) {
            folder.cancelled.cancel();
        }
    }

    fn folders(&self) -> MutexGuard<'_, std::collections::HashMap<FolderId, Folder>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Walks a folder, as long as `goes_on` says so; it is told how many files were found, and their size. Links to other
/// folders are not followed: they may lead in circles, or out of what was meant. A link to a file is that file.
pub fn walk(folder: &Path, mut goes_on: impl FnMut(usize, u64) -> bool) -> Walked {
    let mut walked = Walked::default();
    let (mut size, mut seen) = (0_u64, 0_usize);
    let mut entries = WalkDir::new(folder).max_depth(DEEPEST).sort_by(by_name).into_iter();
    while let Some(entry) = entries.next() {
        seen += 1;
        if !goes_on(walked.files.len(), size) {
            break;
        }
        if seen > MOST_ENTRIES {
            walked.cut = true;
            break;
        }
        let Ok(entry) = entry else {
            walked.unreadable += 1;
            continue;
        };
        // What the user pointed at is meant, whatever it is called.
        if entry.depth() == 0 {
            continue;
        }
        let kind = entry.file_type();
        if is_hidden(&entry) {
            walked.hidden += 1;
            if kind.is_dir() {
                entries.skip_current_dir();
            }
            continue;
        }
        if kind.is_dir() {
            // Deeper ones are not read.
            walked.cut |= entry.depth() == DEEPEST;
            continue;
        }
        // Through links, which `entry.metadata()` is not.
        match std::fs::metadata(entry.path()) {
            Ok(metadata) if metadata.is_file() => {
                if walked.files.len() == MOST_FILES {
                    walked.cut = true;
                    break;
                }
                size = size.saturating_add(metadata.len());
                walked.files.push((entry.into_path(), metadata.len()));
            }
            Ok(metadata) if metadata.is_dir() => walked.links += 1,
            _ => walked.unreadable += 1,
        }
    }
    walked
}

/// Files before folders, so that the order is that of a list with its parts below it; names as people count.
fn by_name(one: &DirEntry, other: &DirEntry) -> std::cmp::Ordering {
    let key = |entry: &DirEntry| (entry.file_type().is_dir(), natural(&entry.file_name().to_string_lossy()));
    key(one).cmp(&key(other)).then_with(|| one.file_name().cmp(other.file_name()))
}

/// "Page 2" before "Page 10".
fn natural(name: &str) -> Vec<Result<(usize, String), String>> {
    let mut parts: Vec<Result<(usize, String), String>> = Vec::new();
    for c in name.to_lowercase().chars() {
        match (parts.last_mut(), c.is_ascii_digit()) {
            (Some(Ok((_, digits))), true) => digits.push(c),
            (Some(Err(text)), false) => text.push(c),
            (_, true) => parts.push(Ok((0, c.to_string()))),
            (_, false) => parts.push(Err(c.to_string())),
        }
    }
    for part in parts.iter_mut().flatten() {
        part.1 = part.1.trim_start_matches('0').to_owned();
        part.0 = part.1.len();
    }
    parts
}

/// Nobody means these when they choose a folder: hidden files, what systems keep for their own lists, the locks and
/// backups of office programs.
fn is_hidden(entry: &DirEntry) -> bool {
    const LEFT_BEHIND: &[&str] = &["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin"];
    let name = entry.file_name().to_string_lossy();
    name.starts_with('.')
        || name.starts_with("~$")
        || name.ends_with('~')
        || LEFT_BEHIND.contains(&name.to_lowercase().as_str())
        || is_hidden_by_system(entry)
}

#[cfg(windows)]
fn is_hidden_by_system(entry: &DirEntry) -> bool {
    use std::os::windows::fs::MetadataExt as _;
    const HIDDEN_OR_SYSTEM: u32 = 0x2 | 0x4;
    entry.metadata().is_ok_and(|metadata| metadata.file_attributes() & HIDDEN_OR_SYSTEM != 0)
}

#[cfg(not(windows))]
fn is_hidden_by_system(_: &DirEntry) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_counted() {
        let mut names = ["Page 10.pdf", "page 2.pdf", "Page 002b.pdf", "Annex.pdf", "7.pdf"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["7.pdf", "Annex.pdf", "page 2.pdf", "Page 002b.pdf", "Page 10.pdf"]);
    }
}
