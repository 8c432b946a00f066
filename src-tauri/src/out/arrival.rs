//! The folder of a run that is being taken in: under a name of its own until it is whole, then under the run's, and gone
//! unless the run is written down as well.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{Error, Out, place::aside};
use crate::{files, model::run::RunId, store::is_plain_id};

/// How names begin, among the folders of runs, of what is being taken in. A file of such a name notes which folder may
/// have no run yet: its name goes on with that run's id.
const BROUGHT: &str = ".brought-";

pub(super) struct Arrival {
    /// Where the folders of runs are.
    all: PathBuf,
    folder: PathBuf,
    note: Option<PathBuf>,
    stays: bool,
}

impl Arrival {
    pub fn new(all: &Path) -> Self {
        let folder = all.join(format!("{BROUGHT}{}", Uuid::new_v4().simple()));
        Self { all: all.to_owned(), folder, note: None, stays: false }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// It gets the run's name. That it has no run yet is noted first.
    pub fn move_in(&mut self, id: &RunId) -> Result<(), Error> {
        let home = self.all.join(&id.0);
        if home.symlink_metadata().is_ok() {
            return Err(Error::NotARun("its place is taken"));
        }
        let note = self.all.join(format!("{BROUGHT}{}", id.0));
        let noted = fs::File::create_new(&note).map_err(files::not_written)?;
        self.note = Some(note);
        noted.sync_all().and_then(|()| fs::rename(&self.folder, &home)).map_err(files::not_written)?;
        self.folder = home;
        Ok(())
    }

    /// Its run is written down.
    pub fn stay(mut self) {
        self.stays = true;
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let is_settled = self.stays || gone(fs::remove_dir_all(&self.folder));
        // What could not be removed is noted for the next start.
        if let Some(note) = self.note.take().filter(|_| is_settled) {
            let _ = fs::remove_file(note);
        }
    }
}

fn gone(removed: io::Result<()>) -> bool {
    removed.map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |()| true)
}

impl Out {
    /// Clears what a program left that ended while it took a run in; what this one takes in just now stays.
    pub async fn clear_half_brought(&self) {
        let (folder, begun) = (self.folder.clone(), self.begun);
        let noted = aside(move || {
            let mut noted = Vec::new();
            for left in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = left.file_name();
                let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(BROUGHT)) else { continue };
                let Ok(found) = left.metadata() else { continue };
                if !found.modified().is_ok_and(|at| at < begun) {
                    continue;
                }
                if found.is_dir() {
                    let _ = fs::remove_dir_all(left.path());
                } else if found.is_file() && is_plain_id(rest) {
                    noted.push((RunId(rest.to_owned()), left.path()));
                }
            }
            Ok(noted)
        });
        for (id, note) in noted.await.unwrap_or_default() {
            let has_run = match self.store.has_run(&id).await {
                // A damaged history may have lost its row: then its files are all that is left of it.
                Ok(has_run) => has_run || self.store.set_aside().is_some(),
                Err(error) => {
                    tracing::warn!("whether a run was taken in cannot be told: {error}");
                    continue;
                }
            };
            let home = self.folder.join(&id.0);
            let cleared = aside(move || {
                if has_run || gone(fs::remove_dir_all(home)) {
                    let _ = fs::remove_file(note);
                }
                Ok(())
            });
            let _ = cleared.await;
        }
    }
}
