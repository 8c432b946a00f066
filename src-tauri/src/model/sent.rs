//! What went into a run: its documents, the copies that are kept of them, and what can be read of them beside the
//! result.

use serde::{Deserialize, Serialize};

use super::{
    app::AppId,
    file::{FileLook, StagedId},
    form::{Entries, Entry, FileEntry, Form},
};

/// A document that a run was given, as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SentFile {
    /// Place among what the run was given, counted from 0; the page names a document by it.
    pub index: u32,
    pub variable: String,
    /// Of the field it stood in.
    pub label: String,
    /// As the user knows it.
    pub name: String,
    pub extension: String,
    /// Bytes of what was sent, where known.
    pub size: Option<u64>,
    pub copy: SentCopy,
    pub reads: ReadFrom,
    /// The server was given an address instead of a file.
    pub link: Option<String>,
    /// Words for what it holds: documents that have one of them in common hold the same. Where there is none, nobody
    /// knows.
    pub known_as: Vec<String>,
}

/// What became of the copy of a document that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum SentCopy {
    Copying,
    Kept,
    /// The user wants none; of a link there is none; runs of earlier versions have none.
    None,
    /// There was no room for it on the disk, or its place cannot be written.
    NoRoom,
    /// The document was changed after it was sent and before it could be copied.
    Changed,
    /// It was no longer there when it was to be copied.
    Gone,
    /// It could not be read when it was to be copied.
    Failed,
    /// The user deleted it.
    Deleted,
    /// It was let go after the time that the user set for files.
    LetGo,
}

impl SentCopy {
    pub const ALL: [Self; 9] = [
        Self::Copying,
        Self::Kept,
        Self::None,
        Self::NoRoom,
        Self::Changed,
        Self::Gone,
        Self::Failed,
        Self::Deleted,
        Self::LetGo,
    ];

    /// The word in SQL and IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Kept => "kept",
            Self::None => "none",
            Self::NoRoom => "no_room",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
            Self::LetGo => "let_go",
        }
    }

    /// Reads [`Self::as_str`] back; a word of a newer program reads as `Failed`.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|copy| copy.as_str() == word).unwrap_or(Self::Failed)
    }
}

/// Where a document that was sent can be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ReadFrom {
    Copy,
    /// Where it was chosen, and it is as it was when it was sent.
    Original,
    /// It is there, and another one by now.
    ChangedSince,
    Nowhere,
}

/// A document of a form that was sent, with the field it stood in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub variable: String,
    pub label: String,
    pub file: FileEntry,
}

/// The documents of a filled-in form, in the order of its fields.
pub fn given(form: &Form, entries: &Entries) -> Vec<Given> {
    let known = form.fields.iter().map(|field| (field.variable.as_str(), field.label.as_str()));
    // What stands in a field that the form has no more was sent all the same.
    let unknown = entries.keys().filter(|variable| form.fields.iter().all(|field| &field.variable != *variable));
    known
        .chain(unknown.map(|variable| (variable.as_str(), variable.as_str())))
        .flat_map(|(variable, label)| {
            let files = if let Some(Entry::Files(files)) = entries.get(variable) { files.as_slice() } else { &[] };
            files.iter().map(move |file| Given {
                variable: variable.to_owned(),
                label: label.to_owned(),
                file: file.clone(),
            })
        })
        .collect()
}

/// What a document that was sent is, and what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SentLook {
    pub look: FileLook,
    /// Of office files, tables and mails.
    pub extract: Option<Extract>,
    /// Why there is nothing to read, where that is known.
    pub unread: Option<Unread>,
}

/// What can be read of an office file without its program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Extract {
    pub parts: Vec<SourcePart>,
    /// There is more than is shown.
    pub cut: bool,
}

/// A sheet, a slide, or all of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SourcePart {
    pub of: PartOf,
    /// Of a sheet, its name.
    pub title: Option<String>,
    pub blocks: Vec<SourceBlock>,
    /// Only its first rows are there.
    pub cut: bool,
}

/// What a part is part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum PartOf {
    #[default]
    Document,
    Sheet,
    Slide {
        number: u32,
    },
    /// What the speaker noted for a slide.
    Notes {
        number: u32,
    },
    Footnotes,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum SourceBlock {
    /// `level` from 1.
    Heading {
        level: u8,
        text: String,
    },
    Paragraph {
        text: String,
    },
    /// Of a list; `level` from 0.
    Item {
        level: u8,
        text: String,
    },
    /// Rows that follow each other are a table.
    Row {
        cells: Vec<String>,
    },
    /// Of a mail.
    Field {
        name: MailField,
        text: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum MailField {
    Subject,
    From,
    To,
    Cc,
    Date,
    Attachments,
}

/// Why nothing can be read of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Unread {
    /// It asks for a password.
    Locked,
    Damaged,
    TooLarge,
    /// There is no text in it.
    NoText,
    /// Of a kind that only its own program reads.
    Kind,
}

/// What is kept of documents that were sent, and whether.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Copies {
    /// For apps that have no choice of their own.
    pub keep: bool,
    pub apps: Vec<CopiesOfApp>,
    /// Documents that are kept, and the bytes they take: one that was sent often takes its own once.
    pub files: u32,
    pub bytes: u64,
}

/// Of one app; those of which there is nothing to say are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct CopiesOfApp {
    pub app_id: AppId,
    /// Its own choice; `None`: as for all.
    pub keep: Option<bool>,
    pub files: u32,
    pub bytes: u64,
}

/// A file of the form that is now read from the copy of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FromCopy {
    pub file_id: StagedId,
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::form::{Control, Field, FileRules};

    #[test]
    fn documents_come_in_the_order_of_the_form() {
        let field = |variable: &str, label: &str| Field {
            variable: variable.into(),
            label: label.into(),
            required: true,
            hidden: false,
            hint: None,
            placeholder: None,
            control: Control::FileList { rules: FileRules::default(), max_count: 5 },
        };
        let form = Form { fields: vec![field("z", "Contract"), field("a", "Annex")], ..Form::default() };
        let staged = |id: &str| FileEntry::Staged(StagedId(id.into()));
        let entries = Entries::from([
            ("a".into(), Entry::Files(vec![FileEntry::Link("https://x.example/y".into())])),
            ("b".into(), Entry::Files(vec![staged("3")])),
            ("n".into(), Entry::Text("no document".into())),
            ("z".into(), Entry::Files(vec![staged("1"), staged("2")])),
        ]);
        let labels: Vec<_> = given(&form, &entries).into_iter().map(|given| (given.label, given.file)).collect();
        let link = FileEntry::Link("https://x.example/y".into());
        let wanted = [("Contract", staged("1")), ("Contract", staged("2")), ("Annex", link), ("b", staged("3"))];
        assert_eq!(labels, wanted.map(|(label, file)| (label.to_owned(), file)), "and none is left out");
    }

    #[test]
    fn words_are_read_back() {
        for copy in SentCopy::ALL {
            assert_eq!(SentCopy::from_word(copy.as_str()), copy);
            assert_eq!(serde_json::to_value(copy).ok(), Some(copy.as_str().into()), "one word in SQL and IPC");
        }
    }
}
