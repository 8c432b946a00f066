//! The file of a run is read. Anybody may have made it: nothing in it is run, its names lead nowhere, and it takes no
//! more room than a run does.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use zip::ZipArchive;

use super::{
    Error,
    limits::{LARGEST_MANIFEST, LONGEST_LIST, MOST_ENTRIES, taken_out_of},
    manifest::{FORMAT, MANIFEST, Manifest, Stamp, VERSION},
};
use crate::files;

/// A file of a run that is open.
pub(super) struct Packed {
    zip: ZipArchive<File>,
    pub manifest: Manifest,
    /// Bytes that may still be taken out of it.
    left: u64,
}

impl Packed {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let not_read = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => files::Error::Missing,
            _ => files::Error::Unreadable,
        };
        // Looked at first: to open a pipe is to wait for who writes into it.
        let found = path.metadata().map_err(not_read)?;
        if !found.is_file() {
            return Err(Error::NotARun("no file"));
        }
        Self::read(File::open(path).map_err(not_read)?, found.len())
    }

    /// One of this size.
    pub fn read(mut file: File, size: u64) -> Result<Self, Error> {
        // The library reads all of the zip's list first, whatever that takes.
        if !files::is_modest_zip(&mut file, MOST_ENTRIES as u64, LONGEST_LIST).map_err(|_| files::Error::Unreadable)? {
            return Err(Error::NotARun("no zip of ours"));
        }
        let mut zip = ZipArchive::new(file).map_err(|_| Error::NotARun("no zip"))?;
        let mut left = taken_out_of(size);
        let mut bytes = Vec::new();
        read(&mut zip, MANIFEST, LARGEST_MANIFEST.min(left), &mut bytes)?;
        left -= bytes.len() as u64;
        let stamp: Stamp = serde_json::from_slice(&bytes).map_err(|_| Error::NotARun("no manifest"))?;
        if stamp.format != FORMAT {
            return Err(Error::NotARun("another format"));
        }
        if stamp.version > VERSION {
            return Err(Error::Newer);
        }
        let manifest = serde_json::from_slice(&bytes).map_err(|_| Error::NotARun("a manifest of another shape"))?;
        Ok(Self { zip, manifest, left })
    }

    /// Writes an entry into a new file; its size.
    pub fn take_out(&mut self, entry: &str, target: &Path) -> Result<u64, Error> {
        let mut out = File::create_new(target).map_err(files::not_written)?;
        let mut counted = Counted { out: &mut out, trouble: None };
        let taken = read(&mut self.zip, entry, self.left, &mut counted);
        if let Some(trouble) = counted.trouble.take() {
            return Err(files::not_written(trouble).into());
        }
        let taken = taken?;
        self.left -= taken;
        Ok(taken)
    }

    /// Reads an entry as whoever takes it out will.
    pub fn try_out(&mut self, entry: &str) -> Result<(), Error> {
        self.left -= read(&mut self.zip, entry, self.left, &mut io::sink())?;
        Ok(())
    }
}

/// Tells trouble with our disk from trouble with their file.
struct Counted<'a> {
    out: &'a mut File,
    trouble: Option<io::Error>,
}

impl io::Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).inspect_err(|error| self.trouble = Some(error.kind().into()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// An entry's bytes, whatever size it claims to have. More than `most` is an error.
fn read<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    name: &str,
    most: u64,
    out: &mut impl io::Write,
) -> Result<u64, Error> {
    let entry = zip.by_name(name).map_err(|_| Error::NotARun("an entry is missing"))?;
    if entry.is_dir() || entry.is_symlink() || entry.encrypted() {
        return Err(Error::NotARun("an entry that is no file"));
    }
    let taken = io::copy(&mut entry.take(most.saturating_add(1)), out).map_err(|_| Error::NotARun("a broken entry"))?;
    if taken > most { Err(Error::NotARun("it holds too much")) } else { Ok(taken) }
}
