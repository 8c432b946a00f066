//! The system's own dialogs: which files, and where to.

use std::path::PathBuf;

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};

use super::out::safe_name;
use crate::model::{file::FileKind, form::FileRules};

/// What the open dialog says, in the page's language.
pub struct DialogTexts {
    pub title: String,
    pub filter: String,
    pub any: String,
}

/// Opens the system's dialog for choosing files; nothing chosen is an empty list.
pub async fn choose<W: HasWindowHandle + HasDisplayHandle>(
    parent: &W,
    texts: DialogTexts,
    rules: &FileRules,
    many: bool,
) -> Vec<PathBuf> {
    let mut dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(&texts.title);
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

/// Asks for a folder; `None` when the dialog was cancelled.
pub async fn choose_folder<W: HasWindowHandle + HasDisplayHandle>(parent: &W, title: &str) -> Option<PathBuf> {
    let dialog = rfd::AsyncFileDialog::new().set_parent(parent).set_title(title);
    dialog.pick_folder().await.map(|handle| handle.path().to_path_buf())
}

fn accepted_extensions(rules: &FileRules) -> Vec<String> {
    let mut accepted: Vec<String> =
        rules.kinds.iter().flat_map(|kind| kind.extensions()).map(ToString::to_string).collect();
    if rules.kinds.contains(&FileKind::Custom) {
        accepted.extend(rules.extensions.iter().cloned());
    }
    // GTK's filters tell upper from lower case.
    let upper: Vec<String> = accepted.iter().map(|extension| extension.to_uppercase()).collect();
    accepted.extend(upper);
    accepted
}
