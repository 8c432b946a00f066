//! A backup as a file: a zip with the history, the runs' files and, at its end, a list of all of it with sizes and
//! hashes. Written and read piece by piece; what is read may come from anybody, and nothing of it is believed but what
//! the list says and the bytes then are.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::{BufReader, BufWriter, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use zip::{CompressionMethod, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::Error;
use crate::{
    model::{
        Millis,
        keeping::BackupStage,
        preferences::{self, Preferences},
    },
    store::{BackupFile, BackupHistory, FileOf, is_plain_id, is_plain_name},
};

pub(super) const HISTORY: &str = "history.db";
const LIST: &str = "backup.json";
const RUNS: &str = "runs";
/// Raised when an earlier program could not read what a newer one writes.
const FORMAT: u32 = 1;
/// A list of a million files is smaller.
const LONGEST_LIST: u64 = 256 * 1024 * 1024;
/// Files of runs, and room in memory for the zip's own list of them.
const MOST_FILES: u64 = 2_000_000;
const LONGEST_DIRECTORY: u64 = 512 * 1024 * 1024;
const PIECE: usize = 64 * 1024;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version that wrote it.
    pub program: String,
    pub made_at: Millis,
    /// Of the history: the newest migration.
    pub schema: i64,
    /// Rows of the history by table.
    pub rows: BTreeMap<String, u64>,
    pub entries: Vec<Entry>,
    /// Of the page: in the list, so that a program that does not know them reads the rest.
    #[serde(default, deserialize_with = "preferences::anything", skip_serializing_if = "Preferences::is_empty")]
    pub preferences: Preferences,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub path: String,
    pub size: u64,
    /// SHA-256, in hexadecimal figures.
    pub hash: String,
    /// An earlier entry with the same bytes, which stand there only once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
}

impl Manifest {
    /// Of a backup that is made now, still without its files.
    pub(super) fn new(history: &BackupHistory, preferences: Preferences, made_at: Millis) -> Self {
        Self {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            schema: history.schema,
            rows: history.rows.clone(),
            entries: Vec::new(),
            preferences,
        }
    }

    pub(super) fn history(&self) -> BackupHistory {
        BackupHistory { schema: self.schema, rows: self.rows.clone() }
    }

    /// Files of runs.
    pub(super) fn files(&self) -> u32 {
        u32::try_from(self.entries.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// Says how far it is, and hears whether to go on.
pub(super) struct Course<'a> {
    pub say: &'a (dyn Fn(BackupStage, u64, u64) + Send + Sync),
    pub stop: &'a CancellationToken,
}

/// Where a file of a run stands in the backup, and in a folder of runs.
fn path_of(file: &BackupFile) -> Option<String> {
    let plain = is_plain_id(&file.run.0) && is_plain_name(&file.stored_as);
    let folder = match file.of.folder() {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let path = format!("{RUNS}/{}/{folder}{}", file.run.0, file.stored_as);
    (plain && is_ours(&path)).then_some(path)
}

/// Whether a path is one that [`path_of`] makes: nothing else has a place here.
fn is_ours(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let folder_of = |folder: &str| FileOf::ALL.iter().any(|of| !of.folder().is_empty() && of.folder() == folder);
    match parts.as_slice() {
        [HISTORY] => true,
        [RUNS, id, name] => is_plain_id(id) && is_plain_name(name) && !folder_of(name),
        [RUNS, id, folder, name] => is_plain_id(id) && folder_of(folder) && is_plain_name(name),
        _ => false,
    }
}

/// Writes a backup and completes its list. A file that is gone meanwhile is left out: its run says so.
pub(super) fn write(
    target: &Path,
    mut manifest: Manifest,
    history: &Path,
    files: &[BackupFile],
    runs: &Path,
    course: &Course<'_>,
) -> Result<Manifest, Error> {
    let out = File::create(target).map_err(|error| Error::from_io(&error))?;
    let mut zip = ZipWriter::new(BufWriter::new(out));
    let mut shared: HashMap<&str, usize> = HashMap::new();
    let sizes = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    let total =
        sizes(history) + files.iter().filter_map(|file| Some(sizes(&in_runs(runs, &path_of(file)?)))).sum::<u64>();
    let mut done = 0;
    let entry = add(&mut zip, HISTORY, history, true, (&mut done, total), course)?;
    manifest.entries.extend(entry);
    for file in files {
        let Some(path) = path_of(file) else { continue };
        if let Some(first) = file.content.as_deref().and_then(|content| shared.get(content)) {
            let first = manifest.entries[*first].clone();
            manifest.entries.push(Entry { same_as: Some(first.path), path, ..first });
            continue;
        }
        let Some(entry) = add(&mut zip, &path, &in_runs(runs, &path), false, (&mut done, total), course)? else {
            continue;
        };
        if let Some(content) = &file.content {
            shared.insert(content, manifest.entries.len());
        }
        manifest.entries.push(entry);
    }
    zip.start_file(LIST, options(true)).map_err(write_failed)?;
    serde_json::to_writer(&mut zip, &manifest).map_err(|error| Error::from_io(&error.into()))?;
    let mut out = zip.finish().map_err(write_failed)?;
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(|error| Error::from_io(&error))?;
    Ok(manifest)
}

fn options(compressed: bool) -> SimpleFileOptions {
    let method = if compressed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
    SimpleFileOptions::default().compression_method(method).large_file(true)
}

/// Where a path of a backup stands in a folder of runs.
fn in_runs(runs: &Path, path: &str) -> PathBuf {
    path.split('/').skip(1).fold(runs.to_owned(), |folder, part| folder.join(part))
}

fn add(
    zip: &mut ZipWriter<BufWriter<File>>,
    path: &str,
    source: &Path,
    compressed: bool,
    (done, total): (&mut u64, u64),
    course: &Course<'_>,
) -> Result<Option<Entry>, Error> {
    let mut file = match File::open(source) {
        Ok(file) => file,
        // Also where a file stands in the place of its folder.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(Error::from_io(&error)),
    };
    zip.start_file(path, options(compressed)).map_err(write_failed)?;
    let said = |bytes| {
        *done += bytes;
        (course.say)(BackupStage::Files, *done, total);
    };
    let (size, hash) = copy(&mut file, zip, course.stop, said)?;
    Ok(Some(Entry { path: path.to_owned(), size, hash, same_as: None }))
}

fn write_failed(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => Error::from_io(&error),
        _ => Error::Broken("it could not be written"),
    }
}

/// Copies all of it, piece by piece; size and hash of what went over.
fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    stop: &CancellationToken,
    mut said: impl FnMut(u64),
) -> Result<(u64, String), Error> {
    let (mut hash, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        if stop.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // A checksum that does not fit, or a stream that ends early.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::InvalidInput
                ) =>
            {
                return Err(Error::Broken("its bytes are damaged"));
            }
            Err(error) => return Err(Error::from_io(&error)),
        };
        hash.update(&piece[..read]);
        to.write_all(&piece[..read]).map_err(|error| Error::from_io(&error))?;
        size += read as u64;
        said(read as u64);
    }
    Ok((size, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// What of a backup is written down while it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// The history alone: the files are only compared.
    History,
    All,
}

/// Reads a backup into a folder and compares every byte with what the list says; `room` is what may be written.
pub(super) fn read(
    backup: &Path,
    into: &Path,
    keep: Keep,
    room: Option<u64>,
    course: &Course<'_>,
) -> Result<Manifest, Error> {
    let mut file = File::open(backup).map_err(|error| Error::from_io(&error))?;
    // The library reads all of the zip's list first, whatever that takes.
    if !crate::files::is_modest_zip(&mut file, MOST_FILES, LONGEST_DIRECTORY).map_err(|error| Error::from_io(&error))? {
        return Err(Error::Broken("not a backup of ours"));
    }
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| read_failed(error, "not a backup"))?;
    let manifest = list(&mut zip)?;
    let total = judge(&manifest, zip.len(), room)?;
    let (mut done, mut folders) = (0, HashSet::new());
    for entry in &manifest.entries {
        let place = entry.path.split('/').fold(into.to_owned(), |folder, part| folder.join(part));
        let is_kept = keep == Keep::All || entry.path == HISTORY;
        if is_kept && let Some(folder) = place.parent().filter(|folder| folders.insert(folder.to_path_buf())) {
            std::fs::create_dir_all(folder).map_err(|error| Error::from_io(&error))?;
        }
        if let Some(first) = &entry.same_as {
            let first = first.split('/').fold(into.to_owned(), |folder, part| folder.join(part));
            if is_kept && std::fs::hard_link(&first, &place).is_err() {
                std::fs::copy(&first, &place).map_err(|error| Error::from_io(&error))?;
            }
            continue;
        }
        let said = |bytes| {
            done += bytes;
            (course.say)(BackupStage::Checking, done, total);
        };
        let found = zip.by_name(&entry.path).map_err(|error| read_failed(error, "a file is missing"))?;
        let is_plain = found.is_file()
            && !found.is_symlink()
            && !found.encrypted()
            && found.size() == entry.size
            && matches!(found.compression(), CompressionMethod::Stored | CompressionMethod::Deflated);
        if !is_plain {
            return Err(Error::Broken("a file is not what the list says"));
        }
        // One byte more than was said is enough to know.
        let mut bytes = found.take(entry.size.saturating_add(1));
        let read = if is_kept {
            let mut out = File::create_new(&place).map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => Error::Broken("a file stands there twice"),
                _ => Error::from_io(&error),
            })?;
            copy(&mut bytes, &mut out, course.stop, said)?
        } else {
            copy(&mut bytes, &mut std::io::sink(), course.stop, said)?
        };
        if read != (entry.size, entry.hash.clone()) {
            return Err(Error::Broken("a file is not what the list says"));
        }
    }
    Ok(manifest)
}

fn list(zip: &mut ZipArchive<BufReader<File>>) -> Result<Manifest, Error> {
    let found = zip.by_name(LIST).map_err(|error| read_failed(error, "not a backup"))?;
    let mut bytes = Vec::new();
    found.take(LONGEST_LIST + 1).read_to_end(&mut bytes).map_err(|_| Error::Broken("its list is damaged"))?;
    if bytes.len() as u64 > LONGEST_LIST {
        return Err(Error::Broken("its list is too long"));
    }
    /// What all formats have in common.
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let unread = |_| Error::Broken("its list is damaged");
    let format: Format = serde_json::from_slice(&bytes).map_err(unread)?;
    if format.format > FORMAT {
        return Err(Error::Newer);
    }
    serde_json::from_slice(&bytes).map_err(unread)
}

/// Whether the list is one of ours, before anything is written; the bytes that will be.
fn judge(manifest: &Manifest, in_zip: usize, room: Option<u64>) -> Result<u64, Error> {
    let mut before: HashMap<&str, &Entry> = HashMap::new();
    // Systems that do not tell small letters from large ones would write one file over another.
    let mut names = HashSet::new();
    let (mut total, mut whole) = (0_u64, 0);
    for entry in &manifest.entries {
        if !is_ours(&entry.path) || !names.insert(entry.path.to_lowercase()) {
            return Err(Error::Broken("a file that has no place here"));
        }
        if let Some(first) = &entry.same_as {
            let is_same = before.get(first.as_str()).is_some_and(|first| {
                first.same_as.is_none() && first.hash == entry.hash && first.size == entry.size && first.path != HISTORY
            });
            if !is_same {
                return Err(Error::Broken("a file that is the same as none"));
            }
        } else {
            whole += 1;
        }
        total = total.checked_add(entry.size).ok_or(Error::Broken("sizes that cannot be"))?;
        before.insert(&entry.path, entry);
    }
    if !before.contains_key(HISTORY) || whole + 1 != in_zip {
        return Err(Error::Broken("other files than the list says"));
    }
    if room.is_some_and(|room| total > room) {
        return Err(crate::files::Error::DiskFull.into());
    }
    Ok(total)
}

fn read_failed(error: ZipError, what: &'static str) -> Error {
    match error {
        ZipError::Io(error)
            if !matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput) =>
        {
            Error::from_io(&error)
        }
        _ => Error::Broken(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::RunId;

    #[test]
    fn only_paths_that_we_write_have_a_place() {
        for (path, ours) in [
            ("history.db", true),
            ("runs/0197-a/report.md", true),
            ("runs/0197-a/sent/合同 (2).pdf", true),
            ("runs/0197-a/speech/stream.mp3", true),
            ("../history.db", false),
            ("/etc/passwd", false),
            ("runs/../../x", false),
            ("runs/0197-a/../x", false),
            ("runs/0197-a/sent", false),
            ("runs/0197-a/other/x", false),
            ("runs/0197-a/sent/sent/x", false),
            ("runs//x", false),
            ("runs/a/", false),
            ("runs/a/C:x", false),
            ("runs\\a\\x", false),
            ("runs/a/.hidden", false),
            ("flowdeck.db", false),
            ("history.db/x", false),
        ] {
            assert_eq!(is_ours(path), ours, "{path}");
        }
    }

    #[test]
    fn what_the_user_set_reads_as_it_was_written_or_it_is_noticed() {
        use crate::model::preferences::Theme;
        let folder = tempfile::tempdir().expect("a folder");
        let (history, target) = (folder.path().join(HISTORY), folder.path().join("mine"));
        std::fs::write(&history, "rows").expect("written");
        let (stop, say) = (CancellationToken::new(), |_: BackupStage, _: u64, _: u64| ());
        let course = Course { say: &say, stop: &stop };
        let told = BackupHistory { schema: 1, rows: BTreeMap::new() };
        let set = Preferences { theme: Some(Theme::Dark), speed: Some(125), ..Preferences::default() };
        let manifest = Manifest::new(&told, set.clone(), 7);
        let written = write(&target, manifest, &history, &[], folder.path(), &course).expect("written");
        let read_back = || read(&target, &folder.path().join("check"), Keep::History, None, &course);
        assert_eq!((&written.preferences, &read_back().expect("read")), (&set, &written));
        // As a disk could have it: one that is none of ours, its place in the zip and all else as it was.
        let mut zip = ZipWriter::new(File::create(&target).expect("a file"));
        zip.start_file(HISTORY, options(true)).and_then(|()| Ok(zip.write_all(b"rows")?)).expect("written");
        let list = serde_json::to_string(&written).expect("a list").replace("dark", "dawk");
        zip.start_file(LIST, options(true)).and_then(|()| Ok(zip.write_all(list.as_bytes())?)).expect("written");
        zip.finish().expect("whole");
        std::fs::remove_dir_all(folder.path().join("check")).expect("cleared");
        assert_ne!(read_back().expect("the rest is whole"), written, "so it gets no name");
    }

    #[test]
    fn what_a_row_names_gets_a_place_only_if_it_is_a_plain_name() {
        let file = |of, run: &str, name: &str| {
            path_of(&BackupFile { of, run: RunId(run.into()), stored_as: name.into(), content: None })
        };
        assert_eq!(file(FileOf::Sent, "r", "a.pdf").as_deref(), Some("runs/r/sent/a.pdf"));
        assert_eq!(file(FileOf::Result, "r", "../a.pdf"), None);
        assert_eq!(file(FileOf::Result, "r", "sent"), None, "a folder has it");
        assert_eq!(file(FileOf::Result, "..", "a.pdf"), None);
    }
}
