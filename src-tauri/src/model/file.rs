//! Files on their way in and out. Paths stay in Rust; the page holds ids.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Millis,
    failure::{FailureCode, Reason},
};

/// Our id of a file the user chose or dropped (UUIDv4 text), found again after a restart
/// as long as a draft, saved inputs or a run name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StagedId(pub String);

/// Whether this is a file as servers describe one in a value (api.md §5).
pub fn is_file_value(fields: &serde_json::Map<String, Value>) -> bool {
    fields.get("dify_model_identity").and_then(Value::as_str) == Some("__dify__file__")
}

/// The server's own classes of files (api.md §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum FileKind {
    Image,
    Document,
    Audio,
    Video,
    Custom,
}

impl FileKind {
    /// The extensions servers count to a kind (api.md §5); `custom` is everything else.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Image => &["jpg", "jpeg", "png", "webp", "gif", "svg"],
            Self::Video => &["mp4", "mov", "mpeg", "webm"],
            Self::Audio => &["mp3", "m4a", "wav", "amr", "mpga"],
            Self::Document => &[
                "txt",
                "markdown",
                "md",
                "mdx",
                "pdf",
                "html",
                "htm",
                "xlsx",
                "xls",
                "docx",
                "csv",
                "vtt",
                "properties",
                "doc",
                "eml",
                "msg",
                "pptx",
                "ppt",
                "xml",
                "epub",
            ],
            Self::Custom => &[],
        }
    }

    /// The kind a server derives from an extension (lower case, no dot), else from the MIME type of
    /// the part (server-1.12.1.md §5 "Detection").
    pub fn derive(extension: &str, mime: &str) -> Self {
        let listed = [Self::Image, Self::Video, Self::Audio, Self::Document]
            .into_iter()
            .find(|kind| kind.extensions().contains(&extension));
        match listed {
            Some(kind) => kind,
            None if mime.contains("image") => Self::Image,
            None if mime.contains("video") => Self::Video,
            None if mime.contains("audio") => Self::Audio,
            None if mime.contains("text") || mime.contains("pdf") => Self::Document,
            None => Self::Custom,
        }
    }

    /// Pictures that can be made smaller here: drawings have no size, and moving ones would stand still.
    pub fn can_shrink(extension: &str) -> bool {
        matches!(extension, "jpg" | "jpeg" | "png" | "webp")
    }

    /// The word servers use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Custom => "custom",
        }
    }
}

/// How a file reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum TransferMethod {
    LocalFile,
    RemoteUrl,
}

/// Largest accepted sizes in bytes (`system_parameters`, MB = 1024²), and files per field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SizeLimits {
    pub document: u64,
    pub image: u64,
    pub audio: u64,
    pub video: u64,
    pub files_per_field: u32,
}

impl Default for SizeLimits {
    /// What servers use when they do not say (api.md §1.5).
    fn default() -> Self {
        const MB: u64 = 1024 * 1024;
        Self { document: 15 * MB, image: 10 * MB, audio: 50 * MB, video: 100 * MB, files_per_field: 10 }
    }
}

impl SizeLimits {
    /// No file of any kind may be larger.
    pub fn largest(&self) -> u64 {
        self.document.max(self.image).max(self.audio).max(self.video)
    }

    /// The limit for a kind; servers judge `custom` like documents.
    pub fn of(&self, kind: FileKind) -> u64 {
        match kind {
            FileKind::Image => self.image,
            FileKind::Audio => self.audio,
            FileKind::Video => self.video,
            FileKind::Document | FileKind::Custom => self.document,
        }
    }
}

/// A file of this computer that may be sent, without its path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StagedFile {
    pub id: StagedId,
    /// As the user knows it; lossy where the name is not Unicode.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Lower case, no dot; empty if there is none.
    pub extension: String,
    pub kind: FileKind,
    pub state: StagedState,
    pub since: Since,
    /// `None`: nobody looked into it yet.
    #[serde(default)]
    pub found: Option<FileFinding>,
}

/// What the contents of a file tell, once they were looked into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileFinding {
    /// It opens with a password only.
    pub locked: bool,
    /// Files of the same number have the same contents; a file like no other has none.
    pub alike: Option<u32>,
    /// A picture made smaller here: how large it was before, in bytes.
    pub shrunk_from: Option<u64>,
}

impl StagedFile {
    /// For rules that are asked before uploads: what is on its way, or will be sent, counts as there.
    pub fn as_if_uploaded(mut self) -> Self {
        use StagedState::*;
        if matches!(self.state, Ready | Queued | Uploading { .. } | Interrupted { .. }) {
            self.state = StagedState::Uploaded { upload_file_id: String::new() };
        }
        self
    }
}

/// What became of a file since it was chosen, as far as anyone looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Since {
    #[default]
    Same,
    /// Another size or time: what the server has of it is out of date.
    Changed,
    /// No longer on this computer. What the server has of it can still be used.
    Gone,
}

/// How far a staged file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum StagedState {
    /// Readable, nothing sent yet.
    Ready,
    /// A folder, a device, or a file that cannot be opened.
    Unreadable,
    Empty,
    /// Chosen earlier, no longer there, and not at the server either.
    Gone,
    /// To be sent; others are sent first.
    Queued,
    /// `sent` of `size` bytes. With all of them sent, the server's word is waited for.
    Uploading {
        sent: u64,
        /// Bytes a second, once that is known.
        speed: Option<u64>,
        /// Seconds, once that is known.
        left: Option<u32>,
    },
    /// It was broken off, and is tried again by itself.
    Interrupted {
        /// Seconds until then.
        wait: u32,
        code: FailureCode,
        /// What is known beyond the code.
        reason: Option<Reason>,
    },
    /// The server has it under this id (for this app).
    Uploaded {
        upload_file_id: String,
    },
}

/// A file a run produced, or one that went into it, as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunFile {
    /// Place in the run's list of files, counted from 0; the page names a file by it.
    pub index: u32,
    /// The output variable it stands in.
    pub variable: String,
    pub name: String,
    pub extension: String,
    pub mime_type: Option<String>,
    /// Bytes, where known.
    pub size: Option<u64>,
    pub local: LocalCopy,
    /// Never stored: the run's outputs hold it.
    #[serde(default)]
    pub link: Option<FileLink>,
}

/// Where a result file came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileLink {
    /// The link without its signature; of a server's own files the path alone, because the same file is named with
    /// different hosts.
    pub address: String,
    /// Until when it may still be fetched. `None`: the link does not say when it dies.
    pub until: Option<Millis>,
}

/// Whether a run's output file is on this computer. Servers' links die after 300 s (api.md §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum LocalCopy {
    Fetching,
    Stored,
    /// It could not be fetched.
    Failed,
    /// The server does not give it out any more: its link died.
    Expired,
    TooLarge,
    /// There was no room for it on the disk, or its place cannot be written.
    NoRoom,
    /// It was here, and was let go after the time that the user set for files.
    LetGo,
}

impl LocalCopy {
    pub const ALL: [Self; 7] =
        [Self::Fetching, Self::Stored, Self::Failed, Self::Expired, Self::TooLarge, Self::NoRoom, Self::LetGo];

    /// The word in SQL and IPC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetching => "fetching",
            Self::Stored => "stored",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::TooLarge => "too_large",
            Self::NoRoom => "no_room",
            Self::LetGo => "let_go",
        }
    }

    /// Reads [`Self::as_str`] back; a word of a newer program reads as `Failed`.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|local| local.as_str() == word).unwrap_or(Self::Failed)
    }
}

/// What a kept result file is, by its first bytes, and how it can be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileLook {
    pub shows: ShownAs,
    /// By its first bytes, never by what a server calls it.
    pub mime_type: String,
    pub size: u64,
    /// The beginning, of files that are text.
    pub text: Option<String>,
    /// There is more of the text than `text` holds.
    pub cut: bool,
}

/// How the page shows a result file without leaving for another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ShownAs {
    Picture,
    Audio,
    Video,
    Pdf,
    Text,
    /// Only with its name.
    Nothing,
}

/// A text to be written beside a run's files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NamedText {
    pub name: String,
    pub text: String,
}

/// What became of "Save all".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SavedAll {
    pub saved: u32,
    /// Result files that are not on this computer.
    pub missing: u32,
}
