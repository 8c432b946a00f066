//! Many files dropped from another window at once: how soon they stand in the form.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use super::{Answer, Page, at, intervals, server, server::Server, window::Window};
use crate::measure::{Results, median};

/// Where the other window lies: in the corner of the screen that the page uses least.
const SOURCE: (i64, i64) = (1150, 730);
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/e2e/drag_source.py");

impl Page {
    /// From letting go to the frame that shows the files, with all checks and uploads behind it.
    pub(super) fn drop_many(&self, server: &Server, folder: &Path, results: &mut Results) -> Answer<()> {
        let window = self.connected_as(
            server,
            folder,
            server::FILES_KEY,
            "document.querySelector('[data-field=documents] .drop')",
        )?;
        let count = if self.quick { 100 } else { 1_000 };
        let (mut took, mut longest) = (Vec::new(), Vec::new());
        for round in 0..if self.quick { 1 } else { 5 } {
            let files = documents(folder, round, count).map_err(|error| error.to_string())?;
            window.run::<()>("window.__listed = null")?;
            // The number of files as the field itself counts them, and rows on the screen.
            let listed = format!(
                "(document.querySelector('[data-field=documents] .cnt')?.textContent ?? '').replace(/[.,\\s]/g, '').startsWith('{count}') && document.querySelector('[data-field=documents] [data-testid=file-row]')"
            );
            window.run::<()>(&format!("__probe.shown_at(() => {listed}).then((at) => (window.__listed = at))"))?;
            let dragged = Dragged::over(&window, &files)?;
            window.run::<()>("__probe.begin()")?;
            let let_go = dragged.drop()?;
            window.until("window.__listed")?;
            took.push(window.run::<f64>("return window.__listed")? - let_go);
            // What goes on behind must not stop the page either.
            sleep(Duration::from_secs(3));
            let frames: Vec<f64> = window.run("return __probe.end().frames")?;
            longest.push(at(&intervals(&frames), 1.0));
            window.run::<()>("document.querySelector('[data-testid=clear]').click()")?;
            window.until("!document.querySelector('[data-testid=file-row]')")?;
        }
        results.value("drop_1000_files.listed_ms", median(&took), "ms", self.goal(300.0));
        results.value("drop_1000_files.listed.max_ms", at(&took, 1.0), "ms", None);
        results.value("drop_1000_files.longest_frame_ms", at(&longest, 1.0), "ms", None);
        Ok(())
    }
}

fn documents(folder: &Path, round: usize, count: usize) -> std::io::Result<Vec<PathBuf>> {
    let inside = folder.join(format!("documents-{round}"));
    fs::create_dir_all(&inside)?;
    (0..count)
        .map(|number| {
            let path = inside.join(format!("Report {number:04}.txt"));
            fs::write(&path, format!("Report {number} of round {round}."))?;
            Ok(path)
        })
        .collect()
}

/// Files that hang at the mouse, over the page.
struct Dragged {
    source: Child,
    /// Open as long as it may say something.
    says: Lines<BufReader<ChildStdout>>,
}

impl Dragged {
    fn over(window: &Window, files: &[PathBuf]) -> Answer<Self> {
        let mut source = Command::new("/usr/bin/python3")
            .arg(SCRIPT)
            .args([SOURCE.0.to_string(), SOURCE.1.to_string()])
            .args(files)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the other window does not open: {error}"))?;
        let says = source.stdout.take().ok_or("the other window says nothing")?;
        let mut dragged = Self { source, says: BufReader::new(says).lines() };
        said(&mut dragged.says, "ready")?;
        let (x, y) = window.middle()?;
        let (from_x, from_y) = (SOURCE.0 + 60, SOURCE.1 + 30);
        point_at(from_x, from_y)?;
        xdotool(&["mousedown", "1"])?;
        // GTK takes it for a drag after a few pixels, and tells targets only while the mouse moves.
        const MOVES: i64 = 14;
        for step in 1..=MOVES {
            point_at(from_x + (x - from_x) * step / MOVES, from_y + (y - from_y) * step / MOVES)?;
            sleep(Duration::from_millis(50));
        }
        said(&mut dragged.says, "begin")?;
        point_at(x + 2, y + 2)?;
        // The list of files has come by now; nothing tells when.
        sleep(Duration::from_millis(1000));
        Ok(dragged)
    }

    /// Lets go, and says when.
    fn drop(self) -> Answer<f64> {
        let at = server::clock();
        xdotool(&["mouseup", "1"])?;
        // The other window has to live until its list is fetched.
        sleep(Duration::from_secs(1));
        Ok(at)
    }
}

impl Drop for Dragged {
    fn drop(&mut self) {
        let _ = self.source.kill();
        let _ = self.source.wait();
    }
}

fn said(lines: &mut impl Iterator<Item = std::io::Result<String>>, word: &str) -> Answer<()> {
    match lines.by_ref().find(|line| line.as_ref().is_ok_and(|line| line == word)) {
        Some(_) => Ok(()),
        None => Err(format!("the other window never said {word:?}")),
    }
}

fn point_at(x: i64, y: i64) -> Answer<()> {
    xdotool(&["mousemove", &x.to_string(), &y.to_string()])
}

fn xdotool(arguments: &[&str]) -> Answer<()> {
    let status = Command::new("xdotool").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("xdotool {}", arguments.join(" "))),
    }
}
