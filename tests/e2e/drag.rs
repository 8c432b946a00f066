//! Dropping documents from another window.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;
use thirtyfour::WebElement;

use crate::flowdeck::{Flowdeck, root};
use crate::hands::{place_of, xdotool};
use crate::page::wait_for;
use crate::processes::Helper;

/// How the page shows that documents are held over it: everywhere, or at the field that would take them.
const HELD: &str = "[data-testid=\"dropveil\"], .drop.over";
/// Where the other window lies: in the corner of the screen that the page uses least.
const SOURCE: (i64, i64) = (1150, 730);

/// Documents that hang at the mouse, over the place where they will be dropped.
pub struct Drag {
    _source: Helper,
    /// What the other window says.
    log: NamedTempFile,
}

impl Drag {
    /// Lets go.
    pub async fn drop(self) {
        xdotool(&["mouseup", "1"]);
        wait_for("the drag to end", async || self.said("end").then_some(())).await;
        assert!(self.said("asked"), "the window took the list of files: {:?}", fs::read_to_string(self.log.path()));
    }

    fn said(&self, word: &str) -> bool {
        fs::read_to_string(self.log.path()).is_ok_and(|text| text.lines().any(|line| line == word))
    }
}

impl Flowdeck {
    /// Drags documents from another window over an element of the page, and holds them there once the page knows them.
    pub async fn drag_over(&self, target: &WebElement, documents: &[&Path]) -> Drag {
        target.scroll_into_view().await.expect("the target can be scrolled to");
        let (x, y) = self.middle_on_screen(target).await;
        let log = NamedTempFile::new().expect("a scratch file");
        let script = root().join("tests/e2e/drag_source.py");
        // Not the first python3 of PATH, which need not be the one that GTK's bindings are installed for.
        let source = Helper::start("/usr/bin/python3", |command| {
            command.arg(script).args([SOURCE.0.to_string(), SOURCE.1.to_string()]).args(documents);
            command.stdout(log.reopen().expect("the same scratch file"));
        });
        let drag = Drag { _source: source, log };
        wait_for("the other window", async || drag.said("ready").then_some(())).await;

        let (from_x, from_y) = (SOURCE.0 + 60, SOURCE.1 + 30);
        point_at(from_x, from_y);
        xdotool(&["mousedown", "1"]);
        // GTK takes it for a drag after a few pixels, and tells targets only while the mouse moves.
        const MOVES: i64 = 14;
        for step in 1..=MOVES {
            point_at(from_x + (x - from_x) * step / MOVES, from_y + (y - from_y) * step / MOVES);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        wait_for("the drag to begin", async || drag.said("begin").then_some(())).await;
        // GTK asks for the list of files with a move, and what is let go before it has it goes nowhere.
        let page = self.page();
        let aside = Cell::new(0);
        let held = async || {
            aside.set(1 - aside.get());
            point_at(x + aside.get(), y);
            page.look(HELD).await
        };
        wait_for("the page to know what is held over it", held).await;
        // Once more at rest: until it knew them it did not hear where they are.
        point_at(x + 2, y + 2);
        drag
    }

    async fn middle_on_screen(&self, element: &WebElement) -> (i64, i64) {
        let rect = element.rect().await.expect("the target has a place");
        let window = place_of(&self.window().await).expect("the window has a place");
        let (_, height) = self.page().size().await;
        // What is not page is the title bar, if there is one; it is above.
        let above = window.height - height;
        (window.x + (rect.x + rect.width / 2.0) as i64, window.y + above + (rect.y + rect.height / 2.0) as i64)
    }
}

fn point_at(x: i64, y: i64) {
    xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
}
