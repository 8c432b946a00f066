//! The system's own file dialog, which no WebDriver reaches.

use std::path::Path;
use std::time::Duration;

use crate::flowdeck::{Flowdeck, TITLE};
use crate::hands::{windows_of, xdotool};
use crate::page::wait_for;

impl Flowdeck {
    /// Waits for a file dialog, types a path into it, and waits until it has closed.
    pub async fn choose_in_dialog(&self, file: &Path) {
        self.type_in_dialog(file, &[]).await;
    }

    /// The same where a name is proposed, of which GTK would keep the ending.
    pub async fn save_in_dialog(&self, file: &Path) {
        self.type_in_dialog(file, &["key", "ctrl+a"]).await;
    }

    async fn type_in_dialog(&self, file: &Path, before: &[&str]) {
        let dialog = self.dialog().await;
        for attempt in 1.. {
            xdotool(&["windowfocus", &dialog]);
            if !before.is_empty() {
                xdotool(before);
            }
            // GTK opens its line for a path at the first "/", and the next letters are lost until it is open; nothing
            // tells when it is. Typed quickly, letters get lost on a busy machine.
            let path = file.to_string_lossy();
            let (first, rest) = path.split_at(1);
            xdotool(&["type", first]);
            tokio::time::sleep(Duration::from_millis(300)).await;
            xdotool(&["type", "--delay", "40", rest]);
            xdotool(&["key", "Return"]);
            if self.closes(&dialog).await {
                return;
            }
            assert!(attempt < 4, "the file dialog does not take {}", file.display());
            // A path with a letter missing is refused by a message that has the keyboard now. Then back to the list of
            // files, for another go.
            xdotool(&["windowfocus", &dialog]);
            xdotool(&["key", "Return"]);
            tokio::time::sleep(Duration::from_millis(300)).await;
            xdotool(&["key", "ctrl+a", "BackSpace"]);
        }
    }

    pub async fn dialog(&self) -> String {
        let pid = self.pid();
        // GTK's own invisible helper windows are named after the program.
        let other = async || {
            windows_of(pid).into_iter().find(|(_, title)| !title.eq_ignore_ascii_case(TITLE)).map(|(id, _)| id)
        };
        let dialog = wait_for("a file dialog", other).await;
        // It is visible before it listens to the keyboard, and nothing tells when it does.
        tokio::time::sleep(Duration::from_millis(700)).await;
        dialog
    }

    async fn closes(&self, dialog: &str) -> bool {
        for _ in 0..50 {
            if !windows_of(self.pid()).iter().any(|(id, _)| id == dialog) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    }
}
