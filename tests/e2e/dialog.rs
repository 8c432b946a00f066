//! The system's own file dialog, which no WebDriver reaches.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::clipboard::Copied;
use crate::flowdeck::{Flowdeck, TITLE};
use crate::hands::{focus, windows_of, xdotool};
use crate::page::wait_for;

/// After this long a dialog has not understood.
const CLOSES: Duration = Duration::from_secs(15);

impl Flowdeck {
    /// Waits for a file dialog, gives it a path, and waits until it has closed.
    pub async fn choose_in_dialog(&self, file: &Path) {
        // Opens its line for a path, and leaves what was used lately, among which no folder can be chosen.
        self.fill_in_dialog(&file.to_string_lossy(), &["slash", "ctrl+a"]).await;
    }

    /// The same with a name in the folder that it shows.
    pub async fn name_in_dialog(&self, name: &str) {
        // Opens its line, and stays where it is.
        self.fill_in_dialog(name, &["ctrl+l"]).await;
    }

    /// The same where a name is proposed, of which GTK would keep the ending.
    pub async fn save_in_dialog(&self, file: &Path) {
        self.fill_in_dialog(&file.to_string_lossy(), &["ctrl+a"]).await;
    }

    async fn fill_in_dialog(&self, name: &str, before: &[&str]) {
        let dialog = self.dialog().await;
        // Pasted: of what is typed letters get lost on a busy machine.
        let copied = Copied::by(&["text", name]).await;
        for attempt in 1.. {
            wait_for("the file dialog to have the keyboard", async || focus(&dialog).then_some(())).await;
            let given = copied.given();
            xdotool(&[&["key"], before, &["ctrl+v"]].concat());
            if self.within(async || copied.given() > given).await {
                xdotool(&["key", "Return"]);
                if self.within(async || !self.has(&dialog)).await {
                    return;
                }
            }
            assert!(attempt < 4, "the file dialog does not take {name}");
            // What it says against it has the keyboard now. Then back to the list of files, for another go.
            xdotool(&["key", "Return"]);
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

    fn has(&self, window: &str) -> bool {
        windows_of(self.pid()).iter().any(|(id, _)| id == window)
    }

    async fn within(&self, is_so: impl AsyncFn() -> bool) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < CLOSES {
            if is_so().await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}
