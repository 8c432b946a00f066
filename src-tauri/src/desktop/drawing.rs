//! How the page is drawn where no graphics card does it: in virtual machines, over remote desktops, on old computers.
//!
//! WebKitGTK then has the processor play a graphics card, which takes most of a frame's time. Told not to hand its
//! pictures over as a card would, it draws what changed, and no more: frames take less than half as long. (To forbid
//! it a card by its settings does the same, but texts then do not scroll with the wheel while they are written.)

use std::path::Path;

/// Where Linux shows what can draw.
const CARDS: &str = "/dev/dri";
const NO_CARD: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Before there is any other thread, and before GTK begins. What the user has set stays.
pub fn suit_the_computer() {
    if std::env::var_os(NO_CARD).is_some() || has_card(Path::new(CARDS)) {
        return;
    }
    if let Err(error) = gtk::glib::setenv(NO_CARD, "1", false) {
        tracing::warn!("the web view draws as it likes: {error}");
    }
}

/// A render node; a card alone may only show pictures.
fn has_card(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_draw_counts_as_a_card() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!has_card(&folder.path().join("missing")), "a computer without any");
        std::fs::write(folder.path().join("card0"), "").expect("written");
        assert!(!has_card(folder.path()), "a virtual machine's, which only shows pictures");
        std::fs::write(folder.path().join("renderD128"), "").expect("written");
        assert!(has_card(folder.path()));
    }
}
