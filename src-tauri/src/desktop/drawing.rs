//! How the page is drawn where no graphics card does it: in virtual machines, over remote desktops, on old computers.
//!
//! WebKitGTK then has the processor play a graphics card, which takes most of a frame's time and 80 MiB. Told to use none, it
//! draws what changed, and no more: frames take less than half as long.

use std::path::Path;

use tauri::WebviewWindow;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};

/// Where Linux shows what can draw.
const CARDS: &str = "/dev/dri";

pub fn suit_the_computer(window: &WebviewWindow) {
    if has_card(Path::new(CARDS)) {
        return;
    }
    let told = window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    });
    if let Err(error) = told {
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
