//! What leaves the program of its runs: as a file for another copy of it, as a report, as a table.

use serde::{Deserialize, Serialize};

use super::{
    app::{AppId, Branding},
    failure::Failure,
    history::Search,
    run::{RunId, RunStatus},
};

/// What a report of one run is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ReportKind {
    Html,
    Docx,
    Markdown,
}

impl ReportKind {
    pub fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Docx => "docx",
            Self::Markdown => "md",
        }
    }
}

/// What of a run a report shows beyond its inputs and its result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ReportParts {
    pub steps: bool,
}

/// What a report says, in the page's language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ReportWords {
    /// `en`, `zh-Hans`.
    pub language: String,
    pub untitled: String,
    pub app: String,
    pub state: String,
    pub started: String,
    pub took: String,
    pub tokens: String,
    pub cost: String,
    pub run_id: String,
    pub tags: String,
    pub inputs: String,
    pub result: String,
    pub files: String,
    /// What people were asked, and what became of it.
    pub decisions: String,
    pub untitled_question: String,
    pub choice: String,
    pub answered: String,
    pub expired: String,
    pub dropped: String,
    pub steps: String,
    pub step: String,
    pub error: String,
    pub note: String,
    /// That only the line of the server's list is here, as a fact.
    pub details: String,
    pub only_listed: String,
    pub yes: String,
    pub no: String,
    pub nothing: String,
    /// What the document ends with.
    pub made_by: String,
    pub statuses: Vec<StatusWord>,
    /// Of the steps, by the words of `StepStatus`.
    pub step_statuses: Vec<(String, String)>,
}

/// What a state of runs is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StatusWord {
    pub status: RunStatus,
    pub word: String,
}

/// What many runs are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExportKind {
    Csv,
    Xlsx,
    JsonLines,
}

impl ExportKind {
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::JsonLines => "jsonl",
        }
    }
}

/// Which runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExportOf {
    /// All that are found, newest first.
    Search { search: Search },
    /// These, in this order.
    Runs { runs: Vec<RunId> },
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "column", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExportColumn {
    Started,
    App,
    Title,
    Name,
    Status,
    /// Seconds.
    Duration,
    Tokens,
    Cost,
    /// Of one app's runs, or of whatever runs have it.
    Input {
        #[serde(default)]
        app: Option<AppId>,
        variable: String,
    },
    Output {
        #[serde(default)]
        app: Option<AppId>,
        variable: String,
    },
    Error,
    Note,
    Tags,
    /// Whether all of the run is here, or only the line of the server's list.
    Details,
}

/// A column with what stands above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HeadedColumn {
    pub column: ExportColumn,
    pub heading: String,
}

/// A table of runs as it is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Export {
    pub of: ExportOf,
    pub kind: ExportKind,
    /// Of tables; JSON Lines hold whole runs.
    pub columns: Vec<HeadedColumn>,
    pub words: ExportWords,
}

/// What stands in the table, in the page's language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ExportWords {
    pub sheet: String,
    pub yes: String,
    pub no: String,
    /// All of a run is here; only the line of the server's list is.
    pub whole: String,
    pub only_listed: String,
    /// Ends a text that is longer than a cell takes.
    pub cut: String,
    pub statuses: Vec<StatusWord>,
}

/// What an export came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Exported {
    pub runs: u32,
    /// Cells whose text was cut: a sheet's take 32,767 characters.
    pub cut: u32,
    /// There were more runs than a sheet has rows.
    pub full: bool,
}

/// What the runs of an app hold that can be a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct AppVariables {
    pub app_id: AppId,
    pub inputs: Vec<VariableNamed>,
    pub outputs: Vec<String>,
}

/// A variable with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct VariableNamed {
    pub variable: String,
    pub label: String,
}

/// A run that was brought as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Unpacked {
    pub run_id: RunId,
    pub app_id: AppId,
    /// It was here already, as it is in the file.
    pub known: bool,
}

/// What became of a run's file that was let go over the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum UnpackOutcome {
    Opened { unpacked: Unpacked },
    Failed { name: String, failure: Failure },
}

/// How an app is shown that is not connected: it was removed, or never was and came with a run's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct AppFace {
    pub id: AppId,
    pub branding: Branding,
}
