//! How documents come in besides the dialog: folders, the clipboard, links that are fetched here.

use serde::{Deserialize, Serialize};

use super::file::StagedFile;

/// Our id of a folder that was chosen, dropped or pasted, until it is forgotten or the program ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FolderId(pub String);

/// A folder whose files may be taken, without its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StagedFolder {
    pub id: FolderId,
    pub name: String,
}

/// What stands in a folder and all folders within it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FolderContents {
    /// In the order of their names, folder by folder.
    pub files: Vec<StagedFile>,
    /// Bytes of all of them.
    pub size: u64,
    /// Hidden files, and what systems and office programs leave behind.
    pub hidden: u32,
    /// Links to other folders, which are not followed.
    pub links: u32,
    /// Folders that may not be read, and what is neither file nor folder.
    pub unreadable: u32,
    /// There is more: it was not looked at.
    pub cut: bool,
}

/// What was on the clipboard, as it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum PastedAs {
    Files,
    Picture,
    Table,
    Links,
    Text,
    Nothing,
}

/// What is pasted: files and folders as they are, and new files of what is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Pasted {
    pub what: PastedAs,
    pub files: Vec<StagedFile>,
    pub folders: Vec<StagedFolder>,
    pub links: Vec<String>,
}

impl Pasted {
    pub fn nothing() -> Self {
        Self { what: PastedAs::Nothing, files: Vec::new(), folders: Vec::new(), links: Vec::new() }
    }
}

/// Names for what is made of the clipboard, in the page's language and without an ending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PastedNames {
    pub picture: String,
    pub table: String,
    pub text: String,
}

/// What became of a link that was to be fetched here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Fetched {
    File { file: StagedFile },
    Not { why: WhyNotFetched },
}

/// Why a link could not be fetched here, as far as the page has words for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum WhyNotFetched {
    /// Not an address that files are fetched from.
    Address,
    /// Nothing answers there, or the connection did not last.
    NotReached,
    /// It asks who wants it, or shows a page to sign in.
    SignIn,
    /// There is no such file.
    Gone,
    /// Another refusal, with its HTTP status.
    Refused {
        status: u16,
    },
    /// More than the app takes of any kind of file, in bytes.
    TooLarge {
        limit: u64,
    },
    Empty,
    /// It cannot be written here.
    Disk,
    Cancelled,
}
