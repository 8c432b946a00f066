//! What Rust tells the page, over one channel, at most two messages a frame.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    app::{App, AppId, ConnectStage},
    desktop::Work,
    file::{RunFile, StagedFile},
    human_input::Question,
    keeping::BackupStage,
    log::LogState,
    offline::{Away, Offline},
    out::UnpackOutcome,
    run::{Notice, RunHead, RunId, Step, Thinking, UnknownEvent},
    sound::Player,
    ways::{FolderId, StagedFolder},
};

/// How the rooms tell the page something: the hub behind it gathers and sends.
pub type Emit = Arc<dyn Fn(AppEvent) + Send + Sync>;

/// One message to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum AppEvent {
    /// An app was connected or its cached facts changed.
    AppChanged {
        app: App,
    },
    AppRemoved {
        app_id: AppId,
    },
    ConnectStage {
        stage: ConnectStage,
    },
    /// A run began or changed; `patch` holds what is new since the last message.
    RunChanged {
        patch: RunPatch,
    },
    /// A staged file was added or moved on (progress, uploaded).
    FileChanged {
        file: StagedFile,
    },
    /// What a run was given was noted, or its copies changed; none: of any run.
    SentChanged {
        run_id: Option<RunId>,
    },
    /// Past runs were added, changed or taken away, other than by their own task: lists are read anew.
    HistoryChanged,
    /// Servers went out of reach, or came back into it: `offline` where none can be reached, `away` the apps whose
    /// servers cannot.
    OfflineChanged {
        offline: Option<Offline>,
        away: Vec<Away>,
    },
    /// Runs were kept ready, sent or taken away: the list is read anew.
    PreparedChanged,
    /// A server's log is being read, or was.
    LogChanged {
        state: LogState,
    },
    /// A backup is being made or read: `done` of `total` bytes.
    BackupProgress {
        stage: BackupStage,
        done: u64,
        total: u64,
    },
    /// Runs are being written into a file: so many so far.
    ExportChanged {
        runs: u32,
    },
    /// The file of a run was let go over the window: what became of it.
    RunBrought {
        outcome: UnpackOutcome,
    },
    /// Files are to be opened that the program was started with, or that another start of it was: the page asks for them.
    FilesHanded,
    /// The player has another sound, or has moved on; none: it is put away.
    PlayerChanged {
        player: Option<Player>,
    },
    /// Something came to hover over the window; the position is in CSS pixels of the page. Names of files, not paths.
    FilesOver {
        x: f64,
        y: f64,
        names: Vec<String>,
        folders: u32,
        links: u32,
    },
    /// It moves on.
    FilesMoved {
        x: f64,
        y: f64,
    },
    FilesLeft,
    /// It was let go. Nobody has looked at the files yet: that is asked for.
    FilesDropped {
        x: f64,
        y: f64,
        files: Vec<StagedFile>,
        folders: Vec<StagedFolder>,
        links: Vec<String>,
    },
    /// A folder is being walked: what was found in it so far.
    FolderChanged {
        folder_id: FolderId,
        files: u32,
        /// Bytes.
        size: u64,
    },
    /// A link is being fetched: what is here of its file so far.
    LinkChanged {
        link: String,
        bytes: u64,
    },
    /// The window is to close, and this is under way. The page answers once for all of it.
    CloseAsked {
        runs: Vec<RunHead>,
        work: Vec<Work>,
        /// The program is to end, not only its window: asked for in the tray.
        quitting: bool,
        /// There is a tray to keep running in.
        tray: bool,
    },
    /// The program was to end, and the stop of these runs did not reach their servers in time. The page asks whether
    /// it is to end all the same.
    StopNotHeard {
        runs: Vec<RunHead>,
    },
    /// The local history is open, or opening it has come to something else: the page asks again.
    OpeningChanged,
    /// The window is on the screen again.
    WindowShown,
    /// A notification was clicked: its run, or the list of all runs where it told of several.
    OpenRun {
        run_id: Option<RunId>,
    },
}

/// Changes of one run. The page upserts steps by id, appends text by source, replaces the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunPatch {
    pub id: RunId,
    pub head: Option<RunHead>,
    pub steps: Vec<Step>,
    pub texts: Vec<TextChange>,
    pub outputs: Option<Map<String, Value>>,
    pub files: Option<Vec<RunFile>>,
    pub notices: Option<Vec<Notice>>,
    pub questions: Option<Vec<Question>>,
    pub unknown_events: Option<Vec<UnknownEvent>>,
}

/// A change of streamed text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum TextChange {
    /// `offset` is the part's length in UTF-16 units before this piece, so that a piece which the page
    /// already has (from opening the run at that moment) is recognised and skipped.
    Append { source: String, offset: u64, text: String },
    /// All text so far is replaced (`text_replace`, moderation).
    Replace { text: String },
    /// What a step thinks, piece by piece: all of it with each piece would be a megabyte a second at its end. Steps of
    /// the same patch are older or know it already.
    Thought { step: String, offset: u64, text: String, times: Thinking },
}

impl RunPatch {
    /// A patch that changes nothing yet.
    pub fn new(id: RunId) -> Self {
        Self {
            id,
            head: None,
            steps: Vec::new(),
            texts: Vec::new(),
            outputs: None,
            files: None,
            notices: None,
            questions: None,
            unknown_events: None,
        }
    }
}
