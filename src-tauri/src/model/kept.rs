//! What users entered and what is kept of it: drafts, inputs saved under a name, and what fills a form again.

use serde::{Deserialize, Serialize};

use super::{
    Millis,
    changes::FormChanges,
    file::StagedFile,
    form::{Entries, Form},
    sent::FromCopy,
};

/// A half-filled form, as the page has it kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Draft {
    pub entries: Entries,
    /// The form it was filled in for.
    pub form: Form,
    /// What the page still shows of changes before.
    pub changes: FormChanges,
    /// Higher with each save: one that comes late does not undo a newer one.
    pub revision: u32,
}

/// What fills a form: a draft, saved inputs, or those of a past run, fitted to the form of now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Filled {
    pub entries: Entries,
    pub changes: FormChanges,
    /// Every file that the entries name, also what is no longer there.
    pub files: Vec<StagedFile>,
    /// Of a draft; 0 otherwise.
    pub revision: u32,
    /// Files whose original is gone: their copies from a past run take its place.
    pub from_copies: Vec<FromCopy>,
}

/// Our id of saved inputs (UUIDv7 text).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PresetId(pub String);

/// Inputs saved under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Preset {
    pub id: PresetId,
    /// One of its kind per app.
    pub name: String,
    pub created_at: Millis,
    pub used_at: Option<Millis>,
}

/// A name as it is kept: no blanks around it, and single ones in it.
pub fn name_of(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether people would take two names for one: case and blanks aside.
pub fn is_same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// Letter by letter and by way of capitals, so that all forms of a letter (σ and ς, ß and ss) become one.
fn folded(name: &str) -> String {
    let letters = name.split_whitespace().flat_map(|word| word.chars().chain([' ']));
    letters.flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Saved inputs, and those of the same name that they took the place of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SavedPreset {
    pub preset: Preset,
    pub replaced: Option<PresetId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_whatever_their_case_and_blanks() {
        let same = [
            ("Monthly", "monthly "),
            ("Monthly report", " MONTHLY\u{3000}\u{a0} report"),
            ("Übersicht", "ÜBERSICHT"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "strasse"),
            ("ΟΔΟΣ", "οδος"),
            ("Отчёт", "ОТЧЁТ"),
            ("每月", " 每月"),
        ];
        for (one, other) in same {
            assert!(is_same_name(one, other), "{one:?} and {other:?}");
        }
        for (one, other) in
            [("Monthly", "Month ly"), ("Monthly", "Monthly 2"), ("每月", "每周"), ("Ubersicht", "Übersicht")]
        {
            assert!(!is_same_name(one, other), "{one:?} and {other:?}");
        }
        assert_eq!(name_of(" Monthly \t report\n"), "Monthly report");
    }
}
