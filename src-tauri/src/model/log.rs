//! What is known from a server's log of an app's runs, and how it is being read.

use serde::{Deserialize, Serialize};

use super::{Millis, app::AppId, history::PastRun};

/// Whose runs of an app are shown: anybody who has the key may read everybody's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum LogScope {
    /// Those of the connection's user.
    #[default]
    Own,
    /// Those of the web page and of all other users, too.
    All,
}

/// What kept the log, or details of its runs, from being read. What is here stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum LogTrouble {
    /// The server keeps no log, or is too old to give it.
    NoLog,
    /// It gives no details of past runs.
    NoDetails,
    NotReached,
    /// It asks to wait.
    Busy,
    /// No key is here, or the keychain does not give it.
    KeyMissing,
    KeyRefused,
    /// It does not let this key read it.
    Refused,
    NotUnderstood,
    /// This computer could not keep what came.
    NotKept,
}

/// How far an app's log is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LogState {
    pub app_id: AppId,
    pub scope: LogScope,
    /// It is being read now.
    pub updating: bool,
    /// Details are being fetched in advance.
    pub fetching: Option<LogFetching>,
    /// Every run since then is known; none where nothing is.
    pub since: Option<Millis>,
    /// All that the server has is known.
    pub complete: bool,
    /// When it was last read to its end.
    pub read_at: Option<Millis>,
    pub trouble: Option<LogTrouble>,
    /// Runs that are here because the log tells of them.
    pub runs: u32,
    /// Of these: their details are not here.
    pub heads: u32,
    /// Of these: made by others.
    pub others: u32,
}

/// How far fetching details in advance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LogFetching {
    pub done: u32,
    pub of: u32,
}

/// What the servers' logs hold of what is looked for, beside what is found here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ServerFound {
    /// Newest first. Servers compare otherwise, and know texts that are not here.
    pub runs: Vec<PastRun>,
    /// The apps whose servers were asked.
    pub apps: Vec<ServerAsked>,
    /// The user ended it.
    pub stopped: bool,
    /// Servers could not be asked for all that was typed: runs may lack words, or hold some that they must not.
    pub inexact: bool,
    /// Apps are connected, but the search leaves nothing to ask their servers for.
    pub nothing_to_ask: bool,
}

/// How the search in one app's log ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ServerAsked {
    pub app_id: AppId,
    /// There may be more, further back.
    pub more: bool,
    pub trouble: Option<LogTrouble>,
}

impl LogScope {
    /// The word in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::All => "all",
        }
    }

    /// A word of a newer program is the narrower one.
    pub fn from_word(word: &str) -> Self {
        if word == "all" { Self::All } else { Self::Own }
    }
}

impl LogTrouble {
    const ALL: [Self; 9] = [
        Self::NoLog,
        Self::NoDetails,
        Self::NotReached,
        Self::Busy,
        Self::KeyMissing,
        Self::KeyRefused,
        Self::Refused,
        Self::NotUnderstood,
        Self::NotKept,
    ];

    /// The word in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoLog => "no_log",
            Self::NoDetails => "no_details",
            Self::NotReached => "not_reached",
            Self::Busy => "busy",
            Self::KeyMissing => "key_missing",
            Self::KeyRefused => "key_refused",
            Self::Refused => "refused",
            Self::NotUnderstood => "not_understood",
            Self::NotKept => "not_kept",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.as_str() == word)
    }
}
