//! Files that are being downloaded, beside their places until they are whole.

use std::{
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::error::Error;

const ENDING: &str = ".part";

/// A file that is removed again unless it is finished: also when the download is cancelled by dropping it.
pub(super) struct Unfinished {
    path: PathBuf,
    done: bool,
}

impl Unfinished {
    pub fn beside(to: &Path) -> Result<Self, Error> {
        let folder = to.parent().ok_or(Error::File(io::ErrorKind::InvalidInput))?;
        Ok(Self { path: folder.join(format!(".{}{ENDING}", Uuid::new_v4())), done: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn finish(mut self, to: &Path) -> Result<(), Error> {
        std::fs::rename(&self.path, to).map_err(|error| Error::file(&error))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.done {
            // It may never have been made.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes what downloads into this folder left that were killed. Only for whoever knows that none is under way.
pub fn clear_unfinished(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_ours)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!("half a download could not be removed: {}", error.kind());
        }
    }
}

/// Whether a name is one that [`Unfinished`] gives.
fn is_ours(name: &str) -> bool {
    let id = name.strip_prefix('.').and_then(|name| name.strip_suffix(ENDING));
    id.is_some_and(|id| Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_we_give_are_ours() {
        let part = Unfinished::beside(Path::new("/runs/a/report.pdf")).expect("a folder");
        let name = part.path().file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(is_ours(name), "{name}");
        let id = name.trim_matches('.').trim_end_matches(ENDING);
        for other in
            ["report.pdf", ".part", ".notes.part", "..part", &name[1..], &name.to_uppercase(), &format!("{name}.part")]
        {
            assert!(!is_ours(other), "{other}");
        }
        assert!(!is_ours(&format!(".{}.part", id.replace('-', ""))), "the same id in another form");
    }
}
