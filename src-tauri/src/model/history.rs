//! The history of all runs as lists and the search see it: runs made here, and those known from elsewhere.

use serde::{Deserialize, Serialize};

use super::{
    Millis,
    app::AppId,
    run::{RunHead, RunId, RunStatus},
};

/// Where a run comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RunOrigin {
    /// Made on this computer.
    Here,
    /// From the server's log: made for this user, and not here.
    Server,
    /// From the server's log: made in the app's web page.
    WebApp,
    /// From the server's log: made for another user.
    Other,
    /// Brought as a file.
    File,
}

impl RunOrigin {
    const ALL: [Self; 5] = [Self::Here, Self::Server, Self::WebApp, Self::Other, Self::File];

    /// The word in SQL and IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Server => "server",
            Self::WebApp => "web_app",
            Self::Other => "other",
            Self::File => "file",
        }
    }

    /// Reads [`Self::as_str`] back; a word of a newer program is none of this computer's.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|origin| origin.as_str() == word).unwrap_or(Self::Other)
    }
}

/// What is here of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Contents {
    /// Everything that was seen of it.
    Whole,
    /// Only what its row in the server's log says.
    Head,
}

/// A run as the history lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PastRun {
    pub head: RunHead,
    pub origin: RunOrigin,
    pub contents: Contents,
    /// The name the user gave it; empty without one: then its title counts.
    pub name: String,
    pub starred: bool,
    pub reviewed: bool,
    pub has_note: bool,
    /// In the order of the alphabet.
    pub tags: Vec<String>,
    /// The place in it where the words were found; none where only filters were set.
    pub snippet: Option<Snippet>,
}

/// What the user said of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Remarks {
    pub name: String,
    pub note: String,
    pub starred: bool,
    pub reviewed: bool,
    pub tags: Vec<String>,
}

/// What of the user's remarks on runs is to change; what is none stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RemarksChange {
    pub name: Option<String>,
    pub note: Option<String>,
    pub starred: Option<bool>,
    pub reviewed: Option<bool>,
    pub add_tags: Vec<String>,
    pub remove_tags: Vec<String>,
}

/// A place inside a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum RunPart {
    /// Its name or title.
    Title,
    /// An input; `label` as the form says.
    Input {
        variable: String,
        label: String,
    },
    /// The name of a file that went in.
    SentFile {
        label: String,
    },
    /// The streamed text.
    Text,
    Output {
        variable: String,
    },
    /// The name of a result file.
    File {
        variable: String,
    },
    /// Inputs, outputs, errors or thinking of a step; `step` is its id.
    Step {
        step: String,
        title: String,
    },
    /// What the run asked a person, and how that was answered.
    Question {
        title: String,
    },
    Error,
    Note,
    Tag,
    /// What its server calls it.
    RunId,
}

/// A piece of a run's text around what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Snippet {
    pub place: RunPart,
    /// One line, up to 200 characters; `…` where it was cut.
    pub text: String,
    /// What was found: from, to, in UTF-16 units of `text`; in order, apart from each other.
    pub marks: Vec<(u32, u32)>,
}

/// What the history is to show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Search {
    /// As typed; words in it that name a field (`status:failed`) narrow like `filter`.
    pub text: String,
    pub filter: RunFilter,
}

/// Runs that meet all of it; an empty list and a none do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunFilter {
    pub apps: Vec<AppId>,
    pub statuses: Vec<RunStatus>,
    pub origins: Vec<RunOrigin>,
    /// Begun then or later.
    pub after: Option<Millis>,
    /// Begun before that.
    pub before: Option<Millis>,
    /// Seconds, both inclusive.
    pub min_elapsed: Option<f64>,
    pub max_elapsed: Option<f64>,
    /// Both inclusive.
    pub min_tokens: Option<i64>,
    pub max_tokens: Option<i64>,
    pub reviewed: Option<bool>,
    pub starred: Option<bool>,
    /// All of them.
    pub tags: Vec<String>,
}

/// A page of what was found, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FoundPage {
    pub runs: Vec<PastRun>,
    /// Pass it as `after` for the next page; none at the end.
    pub next: Option<String>,
    /// What of the typed text could not be used as it stands.
    pub remarks: Vec<QueryRemark>,
}

/// Something in what was typed that does less than it seems to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct QueryRemark {
    pub kind: QueryRemarkKind,
    /// From, to, in UTF-16 units of the typed text.
    pub from: u32,
    pub to: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum QueryRemarkKind {
    /// The field is known, and its value is not one of it; it was looked for as words.
    ValueNotUnderstood,
    /// A field without a value: it narrows nothing.
    ValueMissing,
    /// There are only words that must not occur.
    OnlyWithout,
}

/// How many runs of what is shown there are, in all and by each filter as if that one were not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Counts {
    pub total: u32,
    pub apps: Vec<(AppId, u32)>,
    pub statuses: Vec<(RunStatus, u32)>,
    pub origins: Vec<(RunOrigin, u32)>,
    pub tags: Vec<(String, u32)>,
    pub starred: u32,
    pub reviewed: u32,
    pub not_reviewed: u32,
    /// Only so many of the newest were looked at; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub counted: Option<u32>,
}

/// What a field word in the search box can go on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Completion {
    /// What takes the place of the typed text from `from` to `to`, in UTF-16 units.
    pub text: String,
    pub from: u32,
    pub to: u32,
    /// What it stands for: the name of an app, a tag; the page has words for fields and statuses.
    pub label: String,
    pub kind: CompletionKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum CompletionKind {
    Field,
    App,
    Status,
    Origin,
    Tag,
    Date,
}

/// A place where a run holds what is looked for, to jump to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Hit {
    pub snippet: Snippet,
    /// To mark them where the part is shown.
    pub words: Vec<FoundWord>,
}

/// What was looked for, as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FoundWord {
    pub text: String,
    /// Only the beginning of a word was looked for: there it goes on.
    pub goes_on: bool,
}

/// Runs that were just deleted, until they are gone for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Deleted {
    pub runs: Vec<RunId>,
    /// Not deleted: they still go on.
    pub under_way: Vec<RunId>,
}
