//! The window's life beside its page: what closing asks, and the words of the tray.

use serde::{Deserialize, Serialize};

/// What goes on besides runs, and would be lost if the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Work {
    /// A backup is being made.
    Backup,
    /// A backup is being read.
    Restore,
    /// Runs are being saved as a file.
    Export,
}

/// What the user wants when the window closes while something is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum CloseAnswer {
    /// The window goes, the runs and the program go on.
    Background,
    /// Every run is asked to stop, other work is broken off, then the program ends.
    Stop,
    /// The program ends, though a stop did not reach its server.
    Quit,
    Cancel,
}

/// What the tray's menu says, in the page's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct TrayWords {
    pub show: String,
    /// One line for what is under way.
    pub runs: String,
    pub quit: String,
}
