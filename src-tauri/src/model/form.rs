//! The form an app asks for (/parameters, api.md §1.5 and §2) and what a user has filled in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::file::{FileKind, SizeLimits, StagedId, TransferMethod};

/// All input fields of an app, in the order they are shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Form {
    pub fields: Vec<Field>,
    pub limits: SizeLimits,
}

/// One input variable of the Start node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Field {
    /// The key in `inputs`.
    pub variable: String,
    /// Never empty: falls back to `variable`.
    pub label: String,
    pub required: bool,
    /// The app's web page does not show it; it is sent with its default.
    pub hidden: bool,
    /// Help below the field: the server's `hint`, else its `description`.
    pub hint: Option<String>,
    pub placeholder: Option<String>,
    pub control: Control,
}

/// What kind of field it is, with the attributes of that kind (api.md §2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Control {
    /// `text-input`; `max_length` in Unicode code points.
    Text { max_length: Option<u32>, default: String },
    /// `paragraph`
    Paragraph { max_length: Option<u32>, default: String },
    /// `select`
    Select { options: Vec<String>, default: Option<String> },
    /// `number`; `default` as text, because servers send both.
    Number { default: String, unit: Option<String> },
    /// `checkbox`
    Checkbox { default: bool },
    /// `json_object`; `schema` is a JSON Schema (Draft 7), `default` is pretty-printed text.
    Json { schema: Option<Value>, default: String },
    /// `file`
    File { rules: FileRules },
    /// `file-list`; `max_count` is the smaller of the field's and the server's limit.
    FileList { rules: FileRules, max_count: u32 },
    /// `external_data_tool`: the server fills it in; a value sent would be an error.
    External,
    /// A type newer than this program: edited as raw JSON, sent as it is.
    Unknown { type_name: String, default: String },
}

/// What a file field takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileRules {
    /// Allowed kinds; empty = every kind.
    pub kinds: Vec<FileKind>,
    /// Allowed extensions for `custom`, lower case without the dot.
    pub extensions: Vec<String>,
    /// Never empty.
    pub methods: Vec<TransferMethod>,
}

/// What stands in a field, as the user left it: rules are applied by [`super::check`], not by the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Entry {
    /// Text of text, paragraph, select, number, JSON and unknown fields, exactly as typed.
    Text(String),
    Flag(bool),
    Files(Vec<FileEntry>),
}

impl Entry {
    /// The files of this computer that it names.
    pub fn staged(&self) -> impl Iterator<Item = &StagedId> {
        let files = if let Self::Files(files) = self { files.as_slice() } else { &[] };
        files.iter().filter_map(|file| match file {
            FileEntry::Staged(id) => Some(id),
            FileEntry::Link(_) => None,
        })
    }
}

impl Entry {
    /// Names another file of this computer in the place of one.
    pub fn exchange(&mut self, one: &StagedId, other: &StagedId) {
        let Self::Files(files) = self else { return };
        for file in files {
            if matches!(file, FileEntry::Staged(id) if id == one) {
                *file = FileEntry::Staged(other.clone());
            }
        }
    }
}

/// One file in a file field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum FileEntry {
    /// A file of this computer, known by its staged id.
    Staged(StagedId),
    /// An address from which the server fetches the file.
    Link(String),
}

/// A filled-in form: variable → entry. A variable that is missing is untouched.
pub type Entries = BTreeMap<String, Entry>;

/// The files of this computer that a filled-in form names.
pub fn staged_in(entries: &Entries) -> impl Iterator<Item = &StagedId> {
    entries.values().flat_map(Entry::staged)
}

/// One thing to fix, at the field where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Problem {
    pub variable: String,
    /// Which of the field's files is meant, counted from 0.
    pub file_index: Option<u32>,
    pub issue: Issue,
    /// The server's own sentence, where it was the server that refused the entry: it holds until a new run.
    pub server: Option<String>,
    /// Servers take the entry; the user is told and may send it all the same.
    #[serde(default)]
    pub warning: bool,
}

/// What is wrong with an entry. The page has one sentence for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Issue {
    Required,
    TooLong {
        max: u32,
        length: u32,
    },
    NotANumber,
    NotAnOption,
    /// `line` and `column` count from 1.
    JsonSyntax {
        line: u32,
        column: u32,
        fault: JsonFault,
    },
    JsonNotAnObject,
    /// `path` is a JSON pointer, empty for the whole value.
    JsonSchema {
        path: String,
        fault: SchemaFault,
    },
    TooManyFiles {
        max: u32,
    },
    FileKindRefused {
        extension: String,
    },
    /// `can_shrink`: a picture that can be made smaller here.
    FileTooLarge {
        size: u64,
        limit: u64,
        can_shrink: bool,
    },
    FileEmpty,
    FileMissing,
    FileUnreadable,
    FileNotUploaded,
    /// It opens with a password only, so hardly any app can read it.
    FileLocked,
    /// The same contents as another file of the form, told by its field and place there (counted from 0).
    FileTwice {
        variable: String,
        index: u32,
    },
    LinkNotHttp,
    LinkRefused,
    /// The server takes the file for one of another kind than the field asks for.
    FileTypeMismatch,
    /// The server does not know the uploaded file any more.
    FileForgotten,
    /// The server could not fetch what the link leads to.
    LinkNotFetched,
    /// The server does not take the entry, for a reason that only its own words tell.
    Refused,
}

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum JsonFault {
    /// It ends before it is complete.
    Ended,
    /// Something stands behind its end.
    Trailing,
    /// A comma is missing between two entries, or a bracket at the end.
    Comma,
    /// A comma stands before a closing bracket.
    TrailingComma,
    /// A colon is missing between a name and its value.
    Colon,
    /// A name without quotation marks.
    Name,
    /// Quotation marks other than the straight double ones.
    Quotes,
    /// Punctuation of a Chinese or Japanese input method.
    FullWidth,
    /// A line break or tab inside a text.
    LineBreak,
    /// A backslash with a letter that means nothing.
    Escape,
    /// A number written otherwise than in JSON.
    Number,
    /// No value where one should be.
    Value,
    /// Too many brackets inside each other.
    TooDeep,
}

/// What of a JSON Schema a value does not keep to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum SchemaFault {
    /// An entry of this name is missing.
    Missing {
        name: String,
    },
    /// Entries of these names are not allowed.
    Unknown {
        names: Vec<String>,
    },
    /// Another type, such as `number`, is needed.
    Type {
        types: Vec<String>,
    },
    /// One of these, as JSON.
    Options {
        options: Vec<String>,
    },
    TooShort {
        min: u64,
    },
    TooLong {
        max: u64,
    },
    TooFew {
        min: u64,
    },
    TooMany {
        max: u64,
    },
    /// `min` as written in the schema.
    TooSmall {
        min: String,
    },
    TooLarge {
        max: String,
    },
    /// Not of this pattern, a regular expression.
    Pattern {
        pattern: String,
    },
    /// Anything else, in the words of the validator or the server.
    Other {
        message: String,
    },
}
