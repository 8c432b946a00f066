//! A file that is being written: beside its place until it is whole, so that a full disk or a cancel leaves nothing half.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::files::{self, Part, Parts};

pub(super) struct Place {
    file: BufWriter<File>,
    part: Part,
    target: PathBuf,
}

impl Place {
    pub fn new(target: &Path, parts: &Parts) -> Result<Self, files::Error> {
        let part = parts.beside(target);
        let mut options = File::options();
        let file = options.read(true).write(true).create_new(true).open(part.path()).map_err(files::not_written)?;
        Ok(Self { file: BufWriter::with_capacity(256 * 1024, file), part, target: target.to_owned() })
    }

    /// Puts it in its place.
    pub fn done(self) -> Result<(), files::Error> {
        let file = self.file.into_inner().map_err(|error| files::not_written(error.into_error()))?;
        file.sync_all().map_err(files::not_written)?;
        drop(file);
        self.part.put(&self.target).map_err(files::not_written)
    }

    /// The file itself, for who seeks in it.
    pub fn file(&mut self) -> io::Result<&mut File> {
        self.file.flush()?;
        Ok(self.file.get_mut())
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl super::Out {
    /// Whether a file of runs is being written that may take its time.
    pub fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed) > 0
    }

    /// Says so for as long as it is kept.
    pub(super) fn writes(&self) -> Writes<'_> {
        self.writing.fetch_add(1, Ordering::Relaxed);
        Writes(&self.writing)
    }

    /// Clears what a program left that ended while it wrote a file, a backup among them; what this one writes just now
    /// stays.
    pub async fn clear_half_written(&self) {
        let (parts, begun) = (self.parts.clone(), self.begun);
        let _ = aside(move || {
            parts.clear(begun);
            Ok(())
        })
        .await;
    }
}

pub(super) struct Writes<'a>(&'a AtomicUsize);

impl Drop for Writes<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Work on the disk, off the threads that others wait for.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, super::Error> + Send + 'static,
) -> Result<T, super::Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| files::Error::Unreadable)?
}
