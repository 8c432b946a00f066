//! What can be said of a file without sending it.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::model::{
    Millis,
    check::extension_of,
    file::{FileKind, StagedState},
};

/// What a look at a file on disk shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub size: u64,
    pub modified_at: Option<Millis>,
    pub found: Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    File,
    Unreadable,
    Nothing,
}

impl Look {
    /// May wait for a slow disk: call it where that is allowed.
    pub fn at(path: &Path) -> Self {
        // Metadata first: opening a pipe or a device would wait for ever.
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => {
                let modified_at = metadata.modified().ok().and_then(millis);
                let found = if std::fs::File::open(path).is_ok() { Found::File } else { Found::Unreadable };
                Self { size: metadata.len(), modified_at, found }
            }
            Ok(_) => Self { size: 0, modified_at: None, found: Found::Unreadable },
            Err(error) => {
                let gone = matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory);
                Self { size: 0, modified_at: None, found: if gone { Found::Nothing } else { Found::Unreadable } }
            }
        }
    }

    /// Whether it is the very file of that size and time. Without a time nobody can say so.
    pub fn is_as_was(&self, size: u64, modified_at: Option<Millis>) -> bool {
        self.size == size && self.modified_at.is_some() && self.modified_at == modified_at
    }

    /// How far a file is that was not sent yet.
    pub fn state(&self) -> StagedState {
        match self.found {
            Found::File if self.size == 0 => StagedState::Empty,
            Found::File => StagedState::Ready,
            _ => StagedState::Unreadable,
        }
    }
}

fn millis(time: SystemTime) -> Option<Millis> {
    Millis::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

pub fn kind_of(name: &str) -> (String, FileKind) {
    let extension = extension_of(name);
    let kind = FileKind::derive(&extension, mime_of(&extension));
    (extension, kind)
}

/// The part's content type. What is not known goes as bytes: a server then counts it as `custom`,
/// where a guess such as text/plain could never satisfy a field (server-1.12.1.md §5).
pub fn mime_of(extension: &str) -> &'static str {
    mime_guess::from_ext(extension)
        .first_raw()
        .filter(|_| {
            [FileKind::Image, FileKind::Video, FileKind::Audio, FileKind::Document]
                .iter()
                .any(|kind| kind.extensions().contains(&extension))
        })
        .unwrap_or("application/octet-stream")
}
