//! Files on their way out: written, copied, opened, shown; and names that are safe in a folder of ours.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::Error;
use crate::model::{check::extension_of, file::FileKind};

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

/// Bytes that are free on the disk of a folder; `None` where the system does not say.
pub fn room_in(folder: &Path) -> Option<u64> {
    fs4::available_space(folder).ok()
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

/// Opens an address in the browser, or a mail to somebody in the mail program.
pub async fn open_link(url: url::Url) -> Result<(), Error> {
    in_system(
        move || if url.scheme() == "mailto" { opener::open(url.as_str()) } else { opener::open_browser(url.as_str()) },
    )
    .await
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

/// `name`, or `name (2)` and so on where it is taken.
pub fn unused_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(name) {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, format!(".{extension}")),
        None => (name, String::new()),
    };
    (2..).map(|n| format!("{stem} ({n}){extension}")).find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let taken = |names: &'static [&'static str]| move |name: &str| names.contains(&name);
        assert_eq!(unused_name("a.md", taken(&[])), "a.md");
        assert_eq!(unused_name("a.md", taken(&["a.md", "a (2).md"])), "a (3).md", "the first that is free");
        assert_eq!(unused_name("README", taken(&["README"])), "README (2)", "without an ending, too");
    }

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
}
