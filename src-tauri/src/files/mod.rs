//! Files on their way in and out: native dialogs, drops, the clipboard and links become staged files, which outlive the
//! program while something names them; result files are kept in the run's folder. The only holder of paths, with the store;
//! everything else knows ids and names.

mod again;
mod dialogs;
mod extract;
mod figure;
mod gauge;
mod gone;
mod handed;
mod inspect;
mod learnt;
mod locked;
mod look;
mod out;
mod own;
mod parts;
mod paste;
mod preview;
mod save_all;
mod sent;
mod shrink;
mod staged;
mod table;
mod upload;
mod walk;
mod zip_end;

pub use dialogs::{DialogTexts, choose, choose_folder, choose_one, choose_target};
pub use extract::source;
pub use figure::{Figure, figure};
pub use handed::Handed;
pub use look::mime_of;
pub use out::{SmallFile, copy, not_written, open, open_link, read, room_in, safe_name, show, unused_name, write};
pub use parts::{Part, Parts};
pub use paste::Copied;
pub use preview::{bytes, look};
pub use save_all::save_all;
pub use sent::save_sent;
pub use staged::Files;
pub use walk::{Walked, walk};
pub use zip_end::is_modest_zip;

use crate::{dify, store};

/// The folder of pictures that were made smaller, in the data folder.
pub const SHRUNK: &str = "smaller";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file is not there any more")]
    Missing,
    #[error("the file cannot be read")]
    Unreadable,
    #[error("the picture cannot be made small enough")]
    CannotShrink,
    #[error("cancelled")]
    Cancelled,
    #[error("the disk is full")]
    DiskFull,
    #[error("the place cannot be written")]
    ReadOnly,
    #[error("no program opens this: {0}")]
    CannotOpen(String),
    /// Something in front of the server takes no file of this size: the smallest that was refused.
    #[error("{error}")]
    TooLargeOnTheWay { size: u64, error: dify::Error },
    #[error(transparent)]
    Dify(#[from] dify::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
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
