//! What a person's hands do outside the page: mouse and keyboard through the X server, and a look at the screen.

use std::path::Path;
use std::process::{Command, Stdio};

/// Where a window lies on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub x: i64,
    pub y: i64,
    pub height: i64,
}

/// Runs xdotool; `None` when it fails, which is also how it says that a search found nothing.
pub fn xdotool(arguments: &[&str]) -> Option<String> {
    let output = Command::new("xdotool").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.expect("xdotool is installed");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The visible windows of a process, with their titles.
pub fn windows_of(pid: u32) -> Vec<(String, String)> {
    // One search by process, then names one by one: xdotool joins two conditions with "or".
    let ids = xdotool(&["search", "--onlyvisible", "--pid", &pid.to_string()]).unwrap_or_default();
    ids.lines()
        .filter_map(|id| Some((id.to_owned(), xdotool(&["getwindowname", id])?.trim().to_owned())))
        .filter(|(_, title)| !title.is_empty())
        .collect()
}

/// Clicks the cross of a window's title bar, which is not there without a window manager: only its message is.
pub fn close_window(window: &str) {
    let script = crate::flowdeck::root().join("tests/e2e/close_window.py");
    let status = Command::new("/usr/bin/python3").arg(script).arg(window).stdin(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "the window is asked to close");
}

pub fn place_of(window: &str) -> Option<Place> {
    let text = xdotool(&["getwindowgeometry", "--shell", window])?;
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    Some(Place { x: value("X")?, y: value("Y")?, height: value("HEIGHT")? })
}

/// Gives a window the keyboard; `false` as long as it has not got it. Keys that are pressed then are its.
pub fn focus(window: &str) -> bool {
    xdotool(&["windowfocus", window]);
    xdotool(&["getwindowfocus"]).is_some_and(|focused| focused.trim() == window)
}

/// Takes a picture of the whole screen: unlike WebDriver's own, it shows native dialogs too.
pub fn photograph(file: &Path) {
    let status = Command::new("import").args(["-window", "root"]).arg(file).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "no picture {}", file.display());
}
