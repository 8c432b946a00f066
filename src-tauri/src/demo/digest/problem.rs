//! Why a document could not be read, in words for the one who chose it, in both languages.

/// The document gave no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Problem {
    Empty,
    Damaged,
    /// Damaged, or built from something that the readers do not know.
    Unreadable,
    Locked,
    /// The name promises this kind of file and the content is another.
    NotA(&'static str),
    OldFormat(String),
    Scanned,
    NoText,
    NotText,
    Gone,
    TooSlow,
}

impl Problem {
    pub fn english(&self) -> String {
        match self {
            Self::Empty => "The file is empty.".into(),
            Self::Damaged => "The file is damaged: it cannot be opened.".into(),
            Self::Unreadable => "The file is damaged, or uses features that cannot be read here.".into(),
            Self::Locked => "The file is protected by a password.".into(),
            Self::NotA(kind) => format!("This is not a {kind} file, whatever its name says."),
            Self::OldFormat(extension) => {
                format!("The old .{extension} format cannot be read here; save it in the newer format first.")
            }
            Self::Scanned => "There is no text in it: probably scanned pages. Text recognition is needed first.".into(),
            Self::NoText => "There is no text in it.".into(),
            Self::NotText => "This is not a text file.".into(),
            Self::Gone => "The file is no longer there; upload it again.".into(),
            Self::TooSlow => "Reading took too long.".into(),
        }
    }

    pub fn chinese(&self) -> String {
        match self {
            Self::Empty => "文件是空的。".into(),
            Self::Damaged => "文件已损坏，无法打开。".into(),
            Self::Unreadable => "文件已损坏，或使用了此处无法读取的功能。".into(),
            Self::Locked => "文件设有密码保护。".into(),
            Self::NotA(kind) => format!("文件内容不是{kind}格式。"),
            Self::OldFormat(extension) => format!("无法读取旧的.{extension}格式，请先另存为新格式。"),
            Self::Scanned => "文件中没有文字，可能是扫描件，需要先进行文字识别。".into(),
            Self::NoText => "文件中没有文字。".into(),
            Self::NotText => "这不是文本文件。".into(),
            Self::Gone => "文件已不存在，请重新上传。".into(),
            Self::TooSlow => "读取时间过长。".into(),
        }
    }
}

/// The document was read, and something has to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Remark {
    OnlyTheBeginning,
    OnlyTheFirstRows(usize),
    AttachmentsNotRead(Vec<String>),
}

impl Remark {
    pub fn english(&self) -> String {
        match self {
            Self::OnlyTheBeginning => "Very long: only the beginning was read.".into(),
            Self::OnlyTheFirstRows(rows) => format!("Only the first {rows} rows of a sheet were read."),
            Self::AttachmentsNotRead(names) => format!("Attachments not read: {}.", names.join(", ")),
        }
    }

    pub fn chinese(&self) -> String {
        match self {
            Self::OnlyTheBeginning => "文件很长，只读取了开头部分。".into(),
            Self::OnlyTheFirstRows(rows) => format!("每个工作表只读取了前{rows}行。"),
            Self::AttachmentsNotRead(names) => format!("附件未读取：{}。", names.join("、")),
        }
    }
}
