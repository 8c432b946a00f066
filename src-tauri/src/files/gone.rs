//! What goes from the disk with runs that are deleted for good: their folders.

use std::path::{Component, Path};

use super::{
    Files,
    sent::{CopyingHeld, hold_copying, remove},
};
use crate::model::run::RunId;

impl Files {
    /// Removes the folders of runs: result files, sounds, copies of what they were given. Copies that others share
    /// stay theirs. The runs of which nothing is left; none is copied for as long as what comes with them is held.
    pub async fn remove_folders(&self, runs: Vec<RunId>) -> (Vec<RunId>, CopyingHeld) {
        let held = hold_copying().await;
        let Some(folder) = self.runs_folder.get().cloned() else { return (runs, held) };
        let removing = tokio::task::spawn_blocking(move || {
            let mut runs = runs;
            runs.retain(|run| match remove_folder(&folder, &run.0) {
                Ok(()) => true,
                Err(error) => {
                    // A program has a file of it open; the run stays hidden until the next start.
                    tracing::warn!("the folder of a deleted run cannot be removed: {}", error.kind());
                    false
                }
            });
            runs
        });
        (removing.await.unwrap_or_default(), held)
    }
}

fn remove_folder(all: &Path, run: &str) -> std::io::Result<()> {
    // Nothing but a folder in this one.
    let mut parts = Path::new(run).components();
    if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
        return Ok(());
    }
    let folder = all.join(run);
    // They are read-only, which Windows does not remove.
    for copy in std::fs::read_dir(folder.join("sent")).into_iter().flatten().flatten() {
        let _ = remove(&copy.path());
    }
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_of_runs_is_removed() {
        let place = tempfile::tempdir().expect("a folder");
        let runs = place.path().join("runs");
        let other = place.path().join("other");
        for folder in [&runs.join("a/sent"), &other] {
            std::fs::create_dir_all(folder).expect("made");
            std::fs::write(folder.join("kept"), "x").expect("written");
        }
        for name in ["../other", "..", ".", "", "a/..", "/"] {
            remove_folder(&runs, name).expect("passed over");
        }
        assert!(other.join("kept").exists() && runs.join("a/sent/kept").exists(), "only ids are names of folders");
        remove_folder(&runs, "a").expect("removed");
        assert!(!runs.join("a").exists() && runs.exists());
        remove_folder(&runs, "a").expect("what is gone is gone");
    }
}
