//! What is kept on this computer: how much of it, for how long, and its backups.

use serde::{Deserialize, Serialize};

use super::{Millis, app::AppId};

/// How long an app's runs are kept. What the user starred, named, noted or tagged is kept regardless.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KeepRule {
    /// Runs that ended longer ago go; none: they are kept.
    pub days: Option<u32>,
    /// Of runs that ended longer ago the files go: results, copies of documents, sounds. None: they are kept.
    pub files_days: Option<u32>,
}

impl KeepRule {
    /// Days that make sense: none is less than one, and files do not outlive their run.
    pub fn sensible(self) -> Self {
        let day = |days: Option<u32>| days.map(|days| days.max(1));
        let (days, files_days) = (day(self.days), day(self.files_days));
        let outlives = days.zip(files_days).is_some_and(|(days, files)| files >= days);
        Self { days, files_days: if outlives { None } else { files_days } }
    }

    pub fn is_forever(self) -> bool {
        self.days.is_none() && self.files_days.is_none()
    }
}

/// What is kept on this computer, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Keeping {
    /// Bytes of the database on the disk, with its log.
    pub database: u64,
    /// Bytes in it that nothing stands in.
    pub free: u64,
    /// Those with most runs first; apps without runs and without a rule are left out.
    pub apps: Vec<KeptOfApp>,
    /// For apps that have no rule of their own.
    pub rule: KeepRule,
    /// The clock has gone on steadily for a day: only then anything is deleted by a rule.
    pub clock_is_steady: bool,
    pub backup: Option<LastBackup>,
    /// The state before a backup was restored, as long as it is kept.
    pub aside: Option<StateAside>,
    /// Bytes of it.
    pub aside_size: u64,
}

/// What is kept of an app's runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KeptOfApp {
    pub app_id: AppId,
    pub title: String,
    /// It left the list; its runs are still here.
    pub removed: bool,
    pub runs: u32,
    /// Bytes of inputs, outputs, steps and texts, roughly.
    pub bodies: u64,
    /// Bytes of result files.
    pub files: u64,
    /// Bytes of copies of documents that were sent.
    pub copies: u64,
    pub sounds: u64,
    /// Its own; none: as for all.
    pub rule: Option<KeepRule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LastBackup {
    pub at: Millis,
    pub size: u64,
}

/// A state that another one took the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StateAside {
    pub at: Millis,
    /// The folder in the data folder.
    pub folder: String,
}

/// What a rule would do, or did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Swept {
    /// Runs that go.
    pub runs: u32,
    /// Runs that stay, and whose files go.
    pub without_files: u32,
    /// Nothing was done: the clock has to go on steadily for a day first.
    pub waits: bool,
}

/// The size of the database before and after its free room was given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Vacuumed {
    pub before: u64,
    pub after: u64,
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct BackupFacts {
    /// When it was made.
    pub at: Millis,
    pub apps: u32,
    pub runs: u32,
    pub files: u32,
    /// What the page keeps of what the user set; earlier versions left it out.
    pub preferences: bool,
    /// Bytes of the backup itself.
    pub size: u64,
}

/// How far a backup or its restoring is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum BackupStage {
    /// The history is written.
    History,
    /// The files are written.
    Files,
    /// It is read back and compared.
    Checking,
    /// The history of the backup is put together.
    Building,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_do_not_outlive_their_runs() {
        let rule = |days, files_days| KeepRule { days, files_days }.sensible();
        assert_eq!(rule(Some(30), Some(90)), KeepRule { days: Some(30), files_days: None }, "the run goes first");
        assert_eq!(rule(Some(90), Some(30)), KeepRule { days: Some(90), files_days: Some(30) });
        assert_eq!(rule(Some(0), None), KeepRule { days: Some(1), files_days: None }, "nothing goes at once");
        assert!(rule(None, None).is_forever() && !rule(None, Some(3)).is_forever());
    }
}
