//! A file that is being written: beside its place until it is whole, so that a full disk or a cancel leaves nothing half.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::files;

pub(super) struct Place {
    part: BufWriter<NamedTempFile>,
    target: PathBuf,
}

impl Place {
    pub fn new(target: &Path) -> Result<Self, files::Error> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".flowdeck-").suffix(".part");
        // Such files are for their maker alone by default; this one becomes an ordinary one.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let part = builder.tempfile_in(folder).map_err(files::not_written)?;
        Ok(Self { part: BufWriter::with_capacity(256 * 1024, part), target: target.to_owned() })
    }

    /// Puts it in its place.
    pub fn done(self) -> Result<(), files::Error> {
        let part = self.part.into_inner().map_err(|error| files::not_written(error.into_error()))?;
        part.as_file().sync_all().map_err(files::not_written)?;
        part.persist(&self.target).map_err(|error| files::not_written(error.error))?;
        Ok(())
    }

    /// The file itself, for who seeks in it.
    pub fn file(&mut self) -> io::Result<&mut File> {
        self.part.flush()?;
        Ok(self.part.get_mut().as_file_mut())
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.part.flush()
    }
}

/// Work on the disk, off the threads that others wait for.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, super::Error> + Send + 'static,
) -> Result<T, super::Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| files::Error::Unreadable)?
}
