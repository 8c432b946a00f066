//! Runs that are kept ready: filled in and checked, and sent only when the user says so.

use serde::{Deserialize, Serialize};

use super::{Millis, app::AppId, file::Since};

/// Our id of a run that is kept ready (UUIDv7 text).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PreparedId(pub String);

/// A run that is kept ready.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Prepared {
    pub id: PreparedId,
    pub app_id: AppId,
    /// As the run's own will be.
    pub title: String,
    pub created_at: Millis,
    pub files: Vec<PreparedFile>,
    /// It is being sent.
    pub sending: bool,
    /// The form is another one by now, and not all that was entered fits: it is looked at before it is sent.
    pub form_changed: bool,
}

/// A document of a run that is kept ready, and what became of it since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PreparedFile {
    pub name: String,
    pub since: Since,
}
