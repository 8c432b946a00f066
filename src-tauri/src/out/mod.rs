//! Runs on their way out, and back in from another copy of the program: one as a file (`pack`, `unpack`), one as a
//! report (`report`, written by `html`, `docx`, `markdown`), many as a table (`export`, written by `sheet`, `comma`,
//! `lines`), and what all of them used (`usage`). Words come from the page; nothing that is brought is ever run.

mod arrival;
mod bring;
mod cells;
mod comma;
mod docx;
mod drawing;
mod export;
mod grid;
mod html;
mod limits;
mod lines;
mod links;
mod manifest;
mod marked;
mod numbering;
mod pack;
mod pictures;
mod place;
mod report;
mod sheet;
mod text;
mod times;
mod unpack;
mod usage;
mod variables;

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicUsize},
};

use futures_util::future::BoxFuture;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

pub use bring::of_runs;
pub use manifest::EXTENSION;
pub use times::weeks;

use crate::{
    files::{self, Parts},
    model::{event::Emit, history::Search, run::RunId},
    store::{self, Store},
};

/// A page of what a search finds: its runs, and what to ask the next page with.
pub type Found = Result<(Vec<RunId>, Option<String>), store::Error>;

/// How runs are found: a search, the place to go on from, and how many are wanted.
pub type Find = Arc<dyn Fn(Search, Option<String>, u32) -> BoxFuture<'static, Found> + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
    /// Not a run that this program wrote, or one that was tampered with.
    #[error("not the file of a run: {0}")]
    NotARun(&'static str),
    /// A newer program wrote it.
    #[error("the file is of a newer version")]
    Newer,
    /// It is not over: what is sent on would not be what it becomes.
    #[error("the run still goes on")]
    UnderWay,
    /// No copy of the program would open it.
    #[error("the run holds more than its file may")]
    TooMuch,
    #[error("cancelled")]
    Cancelled,
}

pub struct Out {
    store: Store,
    emit: Emit,
    /// Where the folders of runs are.
    folder: PathBuf,
    parts: Parts,
    find: Find,
    zone: TimeZone,
    begun: std::time::SystemTime,
    /// The export that is being written.
    exporting: std::sync::Mutex<Option<CancellationToken>>,
    /// How many files of runs are being written.
    writing: AtomicUsize,
    /// One counts costs at a time.
    counting: tokio::sync::Mutex<()>,
}

impl Out {
    /// `folder`: of runs, in the data folder.
    pub fn new(store: Store, emit: Emit, folder: PathBuf, find: Find) -> Self {
        Self {
            store,
            emit,
            parts: Parts::of(folder.parent().unwrap_or(&folder)),
            folder,
            find,
            zone: TimeZone::system(),
            begun: std::time::SystemTime::now(),
            exporting: std::sync::Mutex::default(),
            writing: AtomicUsize::new(0),
            counting: tokio::sync::Mutex::default(),
        }
    }

    /// With another time zone than this computer's.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }
}
