//! Copies of what was sent are made: linked, or copied whole under another name first, and only of what still is as it
//! was sent.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use uuid::Uuid;

use super::TURN;
use crate::{
    files::{
        Error, Files,
        look::{Found, Look},
        out::{copy, safe_name, unused_name},
    },
    model::{run::RunId, sent::SentCopy},
    store::StoredSent,
};

/// Copies never take the last room on a disk: the history is written there, too.
const LEFT_FREE: u64 = 256 * 1024 * 1024;

/// What is not whole yet. No copy is called so: their names begin with no dot.
const PART: &str = ".flowdeck-";
const PART_ENDING: &str = ".part";

impl Files {
    /// Goes on with copies that were being made when the program ended.
    pub async fn take_up_copies(self: &Arc<Self>) -> Result<(), Error> {
        for of_run in self.store.unfinished_copies(None).await?.chunk_by(|(run, _), (next, _)| run == next) {
            let Some((run, _)) = of_run.first() else { continue };
            {
                let _turn = TURN.lock().await;
                self.remove_parts_of(run).await;
            }
            self.copy_all(run, of_run.iter().map(|(_, file)| file.clone()).collect()).await;
        }
        Ok(())
    }

    pub(super) async fn copy_all(self: &Arc<Self>, run: &RunId, files: Vec<StoredSent>) {
        for file in files.into_iter().filter(|file| file.copy == SentCopy::Copying) {
            let mut turn = TURN.lock().await;
            let mut taken = match turn.take() {
                Some((of, taken)) if of == *run => taken,
                _ => match self.store.sent(run).await {
                    Ok(rows) => rows.into_iter().filter_map(|row| Some(row.stored_as?.to_lowercase())).collect(),
                    Err(error) => {
                        // The next start makes them: without the names that are taken one would replace another.
                        tracing::error!("what a run was given could not be copied: {error}");
                        return;
                    }
                },
            };
            // It may have waited for long, and the user may have changed their mind or deleted all meanwhile.
            let done = match self.store.wants_copy(run, file.index).await.unwrap_or(Some(true)) {
                Some(true) => self.copied(run, file, &taken).await,
                Some(false) => StoredSent { copy: SentCopy::None, ..file },
                None => continue,
            };
            taken.extend(done.stored_as.as_ref().map(|name| name.to_lowercase()));
            *turn = Some((run.clone(), taken));
            if let Err(error) = self.store.save_copy(run, &done).await {
                tracing::error!("the copy of a document could not be noted: {error}");
            }
            self.sent_changed(run);
        }
    }

    /// The copy, made or linked; what became of it stands in `copy`.
    async fn copied(&self, run: &RunId, mut file: StoredSent, taken: &[String]) -> StoredSent {
        let (Some(source), Some(folder)) = (file.path.clone(), self.sent_folder(run)) else {
            return StoredSent { copy: SentCopy::Failed, ..file };
        };
        let name = unused_name(&safe_name(&file.name), |name| taken.contains(&name.to_lowercase()));
        let size = file.size.unwrap_or_default();
        let earlier = self.store.copies_of(&source, size, file.modified_at).await.unwrap_or_default();
        let mut earlier: Vec<(PathBuf, Option<String>)> = earlier
            .into_iter()
            .filter_map(|(run, copy)| Some((self.sent_folder(&run)?.join(copy.stored_as?), copy.content)))
            .collect();
        // A run that was given the copy of another one.
        if file.modified_at.is_some()
            && let Some(content) = self.content_of_copy(&source).await
        {
            earlier.insert(0, (source.clone(), Some(content)));
        }
        let (modified_at, target) = (file.modified_at, folder.join(&name));
        let made = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder).map_err(|error| why(&error))?;
            for (copy, content) in earlier {
                if linked(&copy, size, &target) {
                    return Ok(content);
                }
            }
            copy_as_sent(&source, size, modified_at, &target).map(|()| None)
        });
        match made.await.unwrap_or(Err(SentCopy::Failed)) {
            Ok(content) => {
                file.copy = SentCopy::Kept;
                file.stored_as = Some(name);
                file.content = Some(content.unwrap_or_else(|| Uuid::new_v4().to_string()));
            }
            Err(copy) => file.copy = copy,
        }
        file
    }

    /// What a file holds that is itself a copy of ours.
    async fn content_of_copy(&self, path: &Path) -> Option<String> {
        let name = path.file_name()?.to_str()?;
        let run = RunId(path.parent()?.parent()?.file_name()?.to_str()?.to_owned());
        if self.sent_folder(&run)?.join(name) != path {
            return None;
        }
        let rows = self.store.sent(&run).await.ok()?;
        rows.into_iter().find(|row| row.copy == SentCopy::Kept && row.stored_as.as_deref() == Some(name))?.content
    }
}

/// Another name for a copy that is there already.
fn linked(copy: &Path, size: u64, target: &Path) -> bool {
    std::fs::metadata(copy).is_ok_and(|found| found.is_file() && found.len() == size)
        && std::fs::hard_link(copy, target).is_ok()
}

/// Copies a file if it still is what was sent, and after that it still is.
fn copy_as_sent(source: &Path, size: u64, modified_at: Option<i64>, target: &Path) -> Result<(), SentCopy> {
    let is_as_sent = || {
        let look = Look::at(source);
        match look.found {
            Found::File if look.is_as_was(size, modified_at) => Ok(()),
            Found::File => Err(SentCopy::Changed),
            Found::Nothing => Err(SentCopy::Gone),
            Found::Unreadable => Err(SentCopy::Failed),
        }
    };
    is_as_sent()?;
    let folder = target.parent().unwrap_or(target);
    if fs4::available_space(folder).is_ok_and(|free| free < size.saturating_add(LEFT_FREE)) {
        return Err(SentCopy::NoRoom);
    }
    // Only what is whole gets the name.
    let part = target.with_file_name(format!("{PART}{}{PART_ENDING}", Uuid::new_v4().simple()));
    let made = std::fs::copy(source, &part).map_err(|error| why(&error)).and_then(|_| is_as_sent()).and_then(|()| {
        let mut permissions = std::fs::metadata(&part).map_err(|error| why(&error))?.permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&part, permissions).map_err(|error| why(&error))?;
        std::fs::rename(&part, target).map_err(|error| why(&error))
    });
    if made.is_err() {
        let _ = remove(&part);
    }
    made
}

/// Removes what is not whole.
pub(super) fn remove_parts(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_part =
            entry.file_name().to_str().is_some_and(|name| name.starts_with(PART) && name.ends_with(PART_ENDING));
        if is_part && let Err(error) = remove(&entry.path()) {
            tracing::warn!("half a copy could not be removed: {error}");
        }
    }
}

/// Windows deletes nothing that is read-only.
pub(in crate::files) fn remove(path: &Path) -> std::io::Result<()> {
    #[cfg(windows)]
    if let Ok(found) = std::fs::metadata(path) {
        let mut permissions = found.permissions();
        writable(&mut permissions);
        let _ = std::fs::set_permissions(path, permissions);
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Puts a copy where the user wants it. Unlike ours it may be written.
pub async fn save_sent(source: &Path, target: &Path) -> Result<(), Error> {
    copy(source, target).await?;
    if let Ok(found) = tokio::fs::metadata(target).await
        && found.permissions().readonly()
    {
        let mut permissions = found.permissions();
        writable(&mut permissions);
        let _ = tokio::fs::set_permissions(target, permissions).await;
    }
    Ok(())
}

#[cfg(unix)]
fn writable(permissions: &mut std::fs::Permissions) {
    use std::os::unix::fs::PermissionsExt as _;
    permissions.set_mode(permissions.mode() | 0o600);
}

#[cfg(not(unix))]
fn writable(permissions: &mut std::fs::Permissions) {
    #[allow(clippy::permissions_set_readonly_false, reason = "on Windows it is nobody else's to write then")]
    permissions.set_readonly(false);
}

fn why(error: &std::io::Error) -> SentCopy {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem => SentCopy::NoRoom,
        Kind::NotFound => SentCopy::Gone,
        _ => SentCopy::Failed,
    }
}
