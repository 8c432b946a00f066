//! Files on their way in and out: native dialogs and drops become staged files, result files are kept
//! in the run's folder. The only holder of paths; everything else knows ids and names.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    dify::{self, Client},
    model::{
        check::extension_of,
        event::{AppEvent, Emit},
        file::{FileKind, StagedFile, StagedId, StagedState},
        form::FileRules,
    },
};

pub struct Files {
    staged: Mutex<HashMap<StagedId, Staged>>,
    emit: Emit,
}

struct Staged {
    file: StagedFile,
    path: PathBuf,
    upload: Option<Uploading>,
}

/// An upload under way. Its number tells its news from those of one that it replaced.
#[derive(Clone)]
struct Uploading {
    number: Uuid,
    cancelled: CancellationToken,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file is not there any more")]
    Missing,
    #[error("the file cannot be read")]
    Unreadable,
    #[error("cancelled")]
    Cancelled,
    #[error("the disk is full")]
    DiskFull,
    #[error("the place cannot be written")]
    ReadOnly,
    #[error("no program opens this: {0}")]
    CannotOpen(String),
    #[error(transparent)]
    Dify(#[from] dify::Error),
    #[error("file: {0}")]
    Io(std::io::ErrorKind),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::Missing,
            Kind::StorageFull | Kind::QuotaExceeded => Self::DiskFull,
            Kind::ReadOnlyFilesystem | Kind::PermissionDenied => Self::ReadOnly,
            kind => Self::Io(kind),
        }
    }
}

/// What the open dialog says, in the page's language.
pub struct DialogTexts {
    pub title: String,
    pub filter: String,
    pub any: String,
}

impl Files {
    pub fn new(emit: Emit) -> Self {
        Self { staged: Mutex::new(HashMap::new()), emit }
    }

    /// Takes files in. Looking at them may wait for a slow disk: call it where that is allowed.
    pub fn stage(&self, paths: Vec<PathBuf>) -> Vec<StagedFile> {
        paths
            .into_iter()
            .map(|path| {
                let file = look_at(&path);
                let staged = Staged { file: file.clone(), path, upload: None };
                self.staged().insert(file.id.clone(), staged);
                file
            })
            .collect()
    }

    pub fn get(&self, id: &StagedId) -> Option<StagedFile> {
        self.staged().get(id).map(|staged| staged.file.clone())
    }

    /// Forgets a file and breaks off its upload.
    pub fn forget(&self, id: &StagedId) {
        if let Some(upload) = self.staged().remove(id).and_then(|staged| staged.upload) {
            upload.cancelled.cancel();
        }
    }

    /// Sends a staged file; progress goes to the page.
    pub async fn upload(self: &Arc<Self>, client: &Client, id: &StagedId) -> Result<StagedFile, Error> {
        let upload = Uploading { number: Uuid::new_v4(), cancelled: CancellationToken::new() };
        let (file, path) = {
            let mut staged = self.staged();
            let staged = staged.get_mut(id).ok_or(Error::Missing)?;
            if let Some(earlier) = staged.upload.replace(upload.clone()) {
                earlier.cancelled.cancel();
            }
            (staged.file.clone(), staged.path.clone())
        };
        let progress = {
            let (files, id, number) = (Arc::clone(self), id.clone(), upload.number);
            move |sent: u64| files.set_state(&id, number, StagedState::Uploading { sent })
        };
        progress(0);
        let source = dify::Upload { path, name: file.name.clone(), mime: mime_of(&file.extension).to_owned() };
        let result = tokio::select! {
            () = upload.cancelled.cancelled() => Err(Error::Cancelled),
            result = client.upload(source, progress) => result.map_err(Error::from),
        };
        let state = match &result {
            Ok(uploaded) => StagedState::Uploaded { upload_file_id: uploaded.id.clone() },
            Err(_) => StagedState::Ready,
        };
        self.set_state(id, upload.number, state);
        if let Some(staged) = self.staged().get_mut(id)
            && staged.upload.as_ref().is_some_and(|current| current.number == upload.number)
        {
            staged.upload = None;
        }
        result?;
        self.get(id).ok_or(Error::Cancelled)
    }

    /// The file as uploaded: at once where it is, else after sending it.
    pub async fn uploaded(self: &Arc<Self>, client: &Client, id: &StagedId) -> Result<StagedFile, Error> {
        match self.get(id) {
            Some(file) if matches!(file.state, StagedState::Uploaded { .. }) => Ok(file),
            _ => self.upload(client, id).await,
        }
    }

    /// News of an upload, unless another one took its place.
    fn set_state(&self, id: &StagedId, number: Uuid, state: StagedState) {
        let file = {
            let mut staged = self.staged();
            let Some(staged) = staged.get_mut(id) else { return };
            if staged.upload.as_ref().is_none_or(|current| current.number != number) {
                return;
            }
            staged.file.state = state;
            staged.file.clone()
        };
        (self.emit)(AppEvent::FileChanged { file });
    }

    fn staged(&self) -> MutexGuard<'_, HashMap<StagedId, Staged>> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the system's dialog for choosing files; nothing chosen is an empty list.
pub async fn choose<W: HasWindowHandle + HasDisplayHandle>(
    parent: &W,
    texts: DialogTexts,
    rules: &FileRules,
    many: bool,
) -> Vec<PathBuf> {
    let mut dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(&texts.title);
    let accepted = accepted_extensions(rules);
    if !accepted.is_empty() {
        dialog = dialog.add_filter(&texts.filter, &accepted).add_filter(&texts.any, &["*"]);
    }
    let chosen = if many {
        dialog.pick_files().await.unwrap_or_default()
    } else {
        dialog.pick_file().await.into_iter().collect()
    };
    chosen.iter().map(|handle| handle.path().to_path_buf()).collect()
}

/// Asks where to save; `None` when the dialog was cancelled.
pub async fn choose_target<W: HasWindowHandle + HasDisplayHandle>(
    parent: &W,
    title: &str,
    suggested_name: &str,
) -> Option<PathBuf> {
    let name = safe_name(suggested_name);
    let dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(title).set_file_name(&name);
    dialog.save_file().await.map(|handle| handle.path().to_path_buf())
}

/// A small file with its name.
pub struct SmallFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Reads at most `most` bytes of a file; what is larger is cut.
pub async fn read(path: &Path, most: u64) -> Result<SmallFile, Error> {
    use tokio::io::AsyncReadExt as _;
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Missing,
        _ => Error::Unreadable,
    };
    let mut bytes = Vec::new();
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    file.take(most).read_to_end(&mut bytes).await.map_err(unreadable)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(SmallFile { name, bytes })
}

/// Writes beside the target and renames, so that a full disk never leaves half a file in its place.
pub async fn write(target: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = beside(target);
    let result = async {
        tokio::fs::write(&beside, bytes).await?;
        tokio::fs::rename(&beside, target).await
    }
    .await;
    if result.is_err() {
        let _ = tokio::fs::remove_file(&beside).await;
    }
    result.map_err(not_written)
}

/// Copies a kept result file to where the user wants it.
pub async fn copy(source: &Path, target: &Path) -> Result<(), Error> {
    must_exist(source).await?;
    let beside = beside(target);
    let result = async {
        tokio::fs::copy(source, &beside).await?;
        tokio::fs::rename(&beside, target).await
    }
    .await;
    if result.is_err() {
        let _ = tokio::fs::remove_file(&beside).await;
    }
    result.map_err(not_written)
}

/// What cannot be written is the place's fault, whatever the system calls it.
fn not_written(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Error::DiskFull,
        _ => Error::ReadOnly,
    }
}

fn beside(target: &Path) -> PathBuf {
    target.with_file_name(format!(".flowdeck-{}.part", Uuid::new_v4().simple()))
}

/// Opens a kept file in the system's program for it, if its kind only holds contents. Anything that may
/// run is shown in its folder instead: a server must not be able to have a program started.
pub async fn open(path: PathBuf) -> Result<(), Error> {
    if !only_holds_contents(&path) {
        return show(path).await;
    }
    must_exist(&path).await?;
    in_system(move || opener::open(&path)).await
}

/// Shows a kept file in its folder.
pub async fn show(path: PathBuf) -> Result<(), Error> {
    must_exist(&path).await?;
    in_system(move || opener::reveal(&path)).await
}

/// Opens an address in the browser.
pub async fn open_link(url: url::Url) -> Result<(), Error> {
    in_system(move || opener::open_browser(url.as_str())).await
}

async fn in_system(action: impl FnOnce() -> Result<(), opener::OpenError> + Send + 'static) -> Result<(), Error> {
    tokio::task::spawn_blocking(action)
        .await
        .map_err(|error| Error::CannotOpen(error.to_string()))?
        .map_err(|error| Error::CannotOpen(error.to_string()))
}

async fn must_exist(path: &Path) -> Result<(), Error> {
    if tokio::fs::try_exists(path).await.unwrap_or(false) { Ok(()) } else { Err(Error::Missing) }
}

/// Web pages and SVG run scripts in a browser, so they are not among them.
fn only_holds_contents(path: &Path) -> bool {
    const MORE: &[&str] = &[
        "json", "jsonl", "log", "tsv", "yaml", "yml", "zip", "odt", "ods", "odp", "rtf", "bmp", "tif", "tiff", "ogg",
        "flac", "aac",
    ];
    const RUN: &[&str] = &["html", "htm", "svg", "xml"];
    let extension = extension_of(&path.to_string_lossy());
    let known = [FileKind::Document, FileKind::Image, FileKind::Audio, FileKind::Video]
        .iter()
        .any(|kind| kind.extensions().contains(&extension.as_str()));
    (known || MORE.contains(&extension.as_str())) && !RUN.contains(&extension.as_str())
}

fn look_at(path: &Path) -> StagedFile {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = extension_of(&name);
    let kind = FileKind::derive(&extension, mime_of(&extension));
    // Metadata first: opening a pipe or a device would wait for ever.
    let (size, state) = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => match std::fs::File::open(path) {
            Ok(_) if metadata.len() == 0 => (0, StagedState::Empty),
            Ok(_) => (metadata.len(), StagedState::Ready),
            Err(_) => (metadata.len(), StagedState::Unreadable),
        },
        _ => (0, StagedState::Unreadable),
    };
    StagedFile { id: StagedId(Uuid::new_v4().to_string()), name, size, extension, kind, state }
}

/// The part's content type. What is not known goes as bytes: a server then counts it as `custom`,
/// where a guess such as text/plain could never satisfy a field (server-1.12.1.md §5).
fn mime_of(extension: &str) -> &'static str {
    mime_guess::from_ext(extension)
        .first_raw()
        .filter(|_| {
            [FileKind::Image, FileKind::Video, FileKind::Audio, FileKind::Document]
                .iter()
                .any(|kind| kind.extensions().contains(&extension))
        })
        .unwrap_or("application/octet-stream")
}

fn accepted_extensions(rules: &FileRules) -> Vec<String> {
    let mut accepted: Vec<String> =
        rules.kinds.iter().flat_map(|kind| kind.extensions()).map(ToString::to_string).collect();
    if rules.kinds.contains(&FileKind::Custom) {
        accepted.extend(rules.extensions.iter().cloned());
    }
    // GTK's filters tell upper from lower case.
    let upper: Vec<String> = accepted.iter().map(|extension| extension.to_uppercase()).collect();
    accepted.extend(upper);
    accepted
}

/// A name from a server as a name in a folder of ours: no path, no control characters, nothing that
/// Windows reserves, at most 120 bytes with its ending kept.
pub fn safe_name(name: &str) -> String {
    let cleaned: String =
        name.chars()
            .map(|c| {
                if c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') {
                    '_'
                } else {
                    c
                }
            })
            // Marks that turn the direction of writing make "exe.fdp" look like "pdf.exe".
            .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}'))
            .collect();
    let trimmed = cleaned.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let name = if trimmed.is_empty() { "file" } else { trimmed };
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 16 => (stem, Some(extension)),
        _ => (name, None),
    };
    const RESERVED: &[&str] = &["con", "prn", "aux", "nul"];
    let lower = stem.to_lowercase();
    let reserved = RESERVED.contains(&lower.as_str())
        || (lower.len() == 4
            && (lower.starts_with("com") || lower.starts_with("lpt"))
            && lower.ends_with(|c: char| c.is_ascii_digit()));
    let mut short = String::new();
    if reserved {
        short.push('_');
    }
    for c in stem.chars() {
        if short.len() + c.len_utf8() > 120 - extension.map_or(0, |extension| extension.len() + 1) {
            break;
        }
        short.push(c);
    }
    match extension {
        Some(extension) => format!("{short}.{extension}"),
        None => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_servers_cannot_leave_their_folder() {
        for (given, kept) in [
            ("digest.md", "digest.md"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..\\..\\x.exe", "_.._x.exe"),
            ("C:\\x.txt", "C__x.txt"),
            ("..", "file"),
            ("", "file"),
            (".bashrc", "bashrc"),
            ("con.txt", "_con.txt"),
            ("LPT1", "_LPT1"),
            ("a\nb\0c.txt", "a_b_c.txt"),
            ("报告 2026.docx", "报告 2026.docx"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ] {
            assert_eq!(safe_name(given), kept, "{given:?}");
        }
        let long = safe_name(&format!("{}.docx", "报".repeat(200)));
        assert!(long.len() <= 120 && long.ends_with("报.docx"), "{long}");
    }

    #[test]
    fn pipes_folders_and_missing_files_are_unreadable_and_do_not_block() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::new(Arc::new(|_| ()));
        let empty = folder.path().join("empty.txt");
        std::fs::write(&empty, "").expect("written");
        let real = folder.path().join("Report.PDF");
        std::fs::write(&real, "x").expect("written");
        let staged = files.stage(vec![folder.path().into(), folder.path().join("gone.pdf"), empty, real]);
        let states: Vec<_> = staged.iter().map(|file| &file.state).collect();
        assert_eq!(
            states,
            [&StagedState::Unreadable, &StagedState::Unreadable, &StagedState::Empty, &StagedState::Ready]
        );
        assert_eq!((staged[3].extension.as_str(), staged[3].kind), ("pdf", FileKind::Document));
    }
}
