//! Result files that have the name of a folder of their run's own get another one: earlier versions named them so, and no
//! backup has a place for both.

use std::{io, path::Path};

use super::{Error, backup::in_background};
use crate::{
    files,
    model::run::RunId,
    store::{Store, is_plain_id, is_plain_name},
};

/// Gives them other names. What cannot be renamed is left out of the backup that is about to be made.
pub(super) async fn free_folders(store: &Store, folder: &Path) -> Result<(), Error> {
    for (run, index, name) in store.results_named_as_folders().await? {
        if is_plain_id(&run.0)
            && is_plain_name(&name)
            && let Err(error) = rename(store, folder, &run, index, &name).await
        {
            tracing::error!("a result file that is named as a folder of ours could not be renamed: {error}");
        }
    }
    Ok(())
}

/// Under both names first, so that its row names a file whenever the program ends.
async fn rename(store: &Store, folder: &Path, run: &RunId, index: u32, name: &str) -> Result<(), Error> {
    let home = folder.join(&run.0);
    let before = home.join(name);
    let (from, of) = (before.clone(), name.to_owned());
    let other = in_background(move || {
        if !from.symlink_metadata().is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        let other = files::unused_name(&of, |name| home.join(name).symlink_metadata().is_ok());
        let to = home.join(&other);
        // Not every disk has links.
        if std::fs::hard_link(&from, &to).is_err() {
            let copied = std::fs::copy(&from, &to);
            copied.inspect_err(|_| drop(std::fs::remove_file(&to))).map_err(|error| Error::from_io(&error))?;
        }
        Ok(Some((other, to)))
    });
    let Some((other, to)) = other.await? else { return Ok(()) };
    let renamed = store.rename_result(run, index, name, &other).await;
    let gone = if matches!(renamed, Ok(true)) { before } else { to };
    match tokio::fs::remove_file(gone).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::from_io(&error)),
        _ => Ok(renamed.map(drop)?),
    }
}
