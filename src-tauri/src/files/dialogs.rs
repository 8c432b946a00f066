//! The system's own dialogs: which files, and where to.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};

use super::{Files, out::safe_name};
use crate::{
    model::{app::AppId, file::FileKind, form::FileRules},
    store::now,
};

const FOLDER_PATIENCE: Duration = Duration::from_millis(500);

/// What the open dialog says, in the page's language.
pub struct DialogTexts {
    pub title: String,
    pub filter: String,
    pub any: String,
}

/// Opens the system's dialog for choosing files, in `folder` if it is still there; nothing chosen is an empty list.
pub async fn choose<W: HasWindowHandle + HasDisplayHandle>(
    parent: &W,
    texts: DialogTexts,
    rules: &FileRules,
    many: bool,
    folder: Option<PathBuf>,
) -> Vec<PathBuf> {
    let mut dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(&texts.title);
    if let Some(folder) = there(folder).await {
        dialog = dialog.set_directory(folder);
    }
    let accepted = accepted_extensions(rules);
    if !accepted.is_empty() {
        dialog = dialog.add_filter(&texts.filter, &accepted).add_filter(&texts.any, &["*"]);
    }
    let chosen = if many {
        dialog.pick_files().await.unwrap_or_default()
    } else {
        dialog.pick_file().await.into_iter().collect()
    };
    chosen.iter().map(|handle| handle.path().to_path_buf()).collect()
}

/// Asks where to save; `None` when the dialog was cancelled.
pub async fn choose_target<W: HasWindowHandle + HasDisplayHandle>(
    parent: &W,
    title: &str,
    suggested_name: &str,
) -> Option<PathBuf> {
    let name = safe_name(suggested_name);
    let dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(title).set_file_name(&name);
    dialog.save_file().await.map(|handle| handle.path().to_path_buf())
}

/// Asks for one file that ends in `extension`, or any other; `None` when the dialog was cancelled.
pub async fn choose_one<W: HasWindowHandle + HasDisplayHandle>(
    parent: &W,
    texts: DialogTexts,
    extension: &str,
) -> Option<PathBuf> {
    let dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(&texts.title);
    let dialog = dialog.add_filter(&texts.filter, &[extension]).add_filter(&texts.any, &["*"]);
    dialog.pick_file().await.map(|handle| handle.path().to_path_buf())
}

/// Asks for a folder, beginning in `folder` if it is still there; `None` when the dialog was cancelled.
pub async fn choose_folder<W: HasWindowHandle + HasDisplayHandle>(
    parent: &W,
    title: &str,
    folder: Option<PathBuf>,
) -> Option<PathBuf> {
    let mut dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(title);
    if let Some(folder) = there(folder).await {
        dialog = dialog.set_directory(folder);
    }
    dialog.pick_folder().await.map(|handle| handle.path().to_path_buf())
}

/// A folder that can be opened now. A drive that does not answer is not waited for.
async fn there(folder: Option<PathBuf>) -> Option<PathBuf> {
    let folder = folder?;
    let asking = tokio::fs::metadata(&folder);
    let found = tokio::time::timeout(FOLDER_PATIENCE, asking).await.ok()?.ok()?;
    found.is_dir().then_some(folder)
}

impl Files {
    /// Where files were chosen last for this app.
    pub async fn last_folder(&self, app: &AppId) -> Option<PathBuf> {
        self.store.last_folder(app).await.ok().flatten()
    }

    /// Not worth a word where it fails: the next dialog opens where the system opens it.
    pub async fn remember_folder(&self, app: &AppId, folder: &Path) {
        if let Err(error) = self.store.save_last_folder(app, folder, now()).await {
            tracing::warn!("the last folder could not be written down: {error}");
        }
    }
}

fn accepted_extensions(rules: &FileRules) -> Vec<String> {
    let mut accepted: Vec<String> =
        rules.kinds.iter().flat_map(|kind| kind.extensions()).map(ToString::to_string).collect();
    if rules.kinds.contains(&FileKind::Custom) {
        accepted.extend(rules.extensions.iter().cloned());
    }
    // GTK's filters tell upper from lower case, and know patterns for a letter.
    if cfg!(target_os = "linux") {
        return accepted.iter().map(|extension| either_case(extension)).collect();
    }
    accepted
}

/// `[pP][dD][fF]`.
fn either_case(extension: &str) -> String {
    extension
        .chars()
        .map(|c| match (c.to_ascii_lowercase(), c.to_ascii_uppercase()) {
            (lower, upper) if lower == upper => lower.to_string(),
            (lower, upper) => format!("[{lower}{upper}]"),
        })
        .collect()
}
