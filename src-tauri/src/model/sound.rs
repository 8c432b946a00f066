//! Sound: what a run says aloud, and the one player of the program.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{app::AppId, failure::Failure, run::RunId};

/// How a run's task hands on what its stream says aloud.
pub type Hear = Arc<dyn Fn(&RunId, SoundPiece) + Send + Sync>;

/// Sound of a run's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundPiece {
    /// The next bytes of the one stream of sound; pieces do not keep to its frames.
    Bytes(Vec<u8>),
    /// The server says that it has said everything.
    End,
    /// Nothing more comes, and the server did not say that this was all.
    Lost,
}

/// What an app can say aloud, from /parameters; none where its owner has not switched it on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct AppSpeech {
    pub voice: Option<String>,
    pub language: Option<String>,
    /// The server speaks by itself while a run goes on.
    pub autoplay: bool,
}

/// Where a sound comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum SoundOf {
    /// The run's own stream.
    Stream,
    /// A text of the result, read aloud.
    Text,
    /// A result file.
    File { index: u32, name: String },
}

/// A sound that is kept with a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Sound {
    /// Its place among the run's sounds.
    pub place: u32,
    pub of: SoundOf,
    /// All of it is here.
    pub complete: bool,
}

/// The player as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Player {
    pub run_id: RunId,
    pub app_id: AppId,
    /// Of the run.
    pub title: String,
    pub of: SoundOf,
    pub state: PlayerState,
    /// Seconds.
    pub position: f64,
    /// Seconds of what is there so far.
    pub duration: f64,
    /// More is still to come.
    pub growing: bool,
    pub speed: f32,
    /// 0 to 1.
    pub volume: f32,
    /// What is in the way, or is missing; it stands until it is mended or another sound is played.
    pub trouble: Option<PlayerTrouble>,
    /// The extension it would be saved under, such as `mp3`; none while there is nothing to save.
    pub format: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum PlayerState {
    /// It is to play, and what comes next has not arrived.
    Loading,
    Playing,
    Paused,
    Ended,
}

/// A code exists only if the page treats it differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum PlayerTrouble {
    /// This computer has nothing to play sound with.
    NoDevice,
    /// It was there, and went away while something played.
    DeviceLost,
    /// What came is no sound, or is broken.
    Broken,
    /// Sound of a kind that cannot be played here; it can be saved.
    UnknownKind,
    /// The rest of it never came.
    Incomplete,
    /// More came than is kept of one run.
    TooMuch,
    /// It could not be written to the disk.
    NotKept { full: bool },
    /// The text holds nothing that could be read aloud, such as code alone.
    NothingToSay,
    /// The server does not read on; what is there can be played.
    Refused { failure: Failure },
}
