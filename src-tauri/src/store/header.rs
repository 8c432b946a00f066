//! The first hundred bytes of a database say how to read all others: without them nothing opens, though every page may
//! be sound. They are the same in all our databases but for a few numbers, so a new one lends its own to a copy.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sqlx::SqliteConnection;

use super::{Error, Result, open, swap};

const LENGTH: usize = 100;
/// Where it says how large a page is, and how many there are; where the unused ones begin, and how many they are.
const SIZE: std::ops::Range<usize> = 16..18;
const PAGES: std::ops::Range<usize> = 28..32;
const UNUSED: std::ops::Range<usize> = 32..40;
/// The number of the change that it was written with stands in two places: only then the number of pages counts.
const CHANGE: std::ops::Range<usize> = 24..28;
const VALID_FOR: std::ops::Range<usize> = 92..96;

/// Not zero in databases that give back free room in pieces; those of earlier versions do not.
const LARGEST_ROOT: std::ops::Range<usize> = 52..56;
const IN_PIECES: std::ops::Range<usize> = 64..68;

/// Whether there is anything behind it.
pub(super) fn may_be_all(file: &Path) -> bool {
    file.is_file() && open::size(file) > PAGE
}

/// SQLite's own choice, which earlier versions left to it.
const PAGE: u64 = 4096;

/// The sizes of pages that our databases have or had.
pub(super) const PAGE_SIZES: [u32; 2] = [open::PAGE, 4096];

/// A copy with the header of `new`, which is `fresh`, for pages of this size. The old file is only read.
pub(super) async fn mended(file: &Path, fresh: &Path, page: u32, new: &mut SqliteConnection) -> Result<PathBuf> {
    open::empty_log(new).await?;
    let (file, fresh) = (file.to_owned(), fresh.to_owned());
    let copied = tokio::task::spawn_blocking(move || copy(&file, &fresh, page)).await;
    copied.map_err(|_| Error::Other("the copy broke off".into()))?
}

fn copy(file: &Path, fresh: &Path, page: u32) -> Result<PathBuf> {
    let copy = copy_of(file);
    swap::remove(&copy)?;
    let done = (|| {
        for suffix in ["-wal", ""] {
            let from = open::beside(file, suffix);
            if from.exists() {
                std::fs::copy(&from, open::beside(&copy, suffix))?;
            }
        }
        let mut header = [0; LENGTH];
        File::open(fresh)?.read_exact(&mut header)?;
        let pages = u32::try_from(open::size(file) / u64::from(page)).unwrap_or(0);
        header[SIZE].copy_from_slice(&u16::try_from(page).unwrap_or(4096).to_be_bytes());
        header[PAGES].copy_from_slice(&pages.to_be_bytes());
        header[UNUSED].fill(0);
        if !has_page_map(file)? {
            header[LARGEST_ROOT].fill(0);
            header[IN_PIECES].fill(0);
        }
        header.copy_within(CHANGE, VALID_FOR.start);
        let mut copied = OpenOptions::new().write(true).open(&copy)?;
        copied.seek(SeekFrom::Start(0))?;
        copied.write_all(&header)
    })();
    done.map_err(|error| Error::from_io(&error))?;
    Ok(copy)
}

/// Whether the second page is a map of pages: it begins with the entry of a root, which no other page does.
fn has_page_map(file: &Path) -> std::io::Result<bool> {
    let mut entry = [0; 5];
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(PAGE))?;
    file.read_exact(&mut entry)?;
    Ok(entry == [1, 0, 0, 0, 0])
}

pub(super) fn copy_of(file: &Path) -> PathBuf {
    file.with_file_name("flowdeck.mending.db")
}
