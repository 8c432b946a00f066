//! Runs and files of runs go for good.

use std::path::Path;

use super::Error;
use crate::{
    files::Files,
    model::run::RunId,
    runs::Runs,
    store::{FileOf, Store, is_plain_id, is_plain_name},
};

/// Takes hidden runs away: their folders, then their rows. Broken off in between, they stay hidden, and the next start
/// takes the rest along. The one place that deletes runs by a rule.
pub(super) async fn remove_runs(
    store: &Store,
    files: &Files,
    runs: &Runs,
    mut hidden: Vec<RunId>,
) -> Result<(), Error> {
    // From here on nobody begins with one of them; whose files somebody just began to fetch goes with the next start.
    hidden.retain(|id| !runs.is_followed(id));
    let (gone, _no_copies) = files.remove_folders(hidden).await;
    // Chosen files that nobody names any more go with the next start.
    Ok(store.purge(&gone, 0).await?)
}

/// Takes the files of a run away: results, copies of documents, sounds. The run stays, and says so.
pub(super) async fn let_files_go(
    store: &Store,
    files: &Files,
    runs: &Runs,
    folder: &Path,
    id: &RunId,
) -> Result<(), Error> {
    if is_plain_id(&id.0) {
        let of_run = store.run_folder(id).await?;
        files.forget_sent(id).await;
        let run = folder.join(&id.0);
        for name in of_run.results.iter().filter(|name| is_plain_name(name)) {
            remove_file(run.join(name)).await?;
        }
        remove_folder(run.join(FileOf::Sound.folder())).await?;
        runs.clear_unfinished(id).await;
    }
    Ok(store.let_files_go(id).await?)
}

async fn remove_file(file: std::path::PathBuf) -> Result<(), Error> {
    gone(tokio::fs::remove_file(file).await)
}

async fn remove_folder(folder: std::path::PathBuf) -> Result<(), Error> {
    gone(tokio::fs::remove_dir_all(folder).await)
}

fn gone(removed: std::io::Result<()>) -> Result<(), Error> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::from_io(&error)),
        _ => Ok(()),
    }
}
