//! What a document says, for reading it beside a result: the text of office files, tables and mails, without their
//! programs. Bytes come from anywhere and may be made to harm, so everything has an end: what is unpacked, how many
//! rows and letters are taken, and how long it is waited for. A library that panics is an unreadable document.

mod book;
mod mail;
mod office;
mod old_sheet;
mod sheet;
mod xml;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Duration,
};

use super::{
    Error,
    preview::{bytes, look_at_most},
};
use crate::model::{
    check::extension_of,
    file::{FileLook, ShownAs},
    sent::{Extract, PartOf, SentLook, SourceBlock, SourcePart, Unread},
};

/// Of a text, what is shown: a book of a thousand pages.
const MOST_TEXT: u64 = 2 * 1024 * 1024;
/// Larger documents are left to their programs.
const LARGEST: u64 = 64 * 1024 * 1024;
const MOST_LETTERS: usize = 2_000_000;
const MOST_BLOCKS: usize = 40_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// What a document is, and what it says.
pub async fn source(path: &Path, name: &str) -> Result<SentLook, Error> {
    let look = look_at_most(path, MOST_TEXT).await?;
    let Some(format) = Format::of(&extension_of(name), &look) else {
        let unread = (look.shows == ShownAs::Nothing).then_some(Unread::Kind);
        return Ok(SentLook { look, extract: None, unread });
    };
    if look.size > LARGEST {
        return Ok(SentLook { look, extract: None, unread: Some(Unread::TooLarge) });
    }
    let text = look.text.clone();
    let bytes = if text.is_some() && format != Format::Mail { Vec::new() } else { bytes(path).await? };
    let reading = tokio::task::spawn_blocking(move || read(format, &bytes, text.as_deref()));
    let read = match tokio::time::timeout(PATIENCE, reading).await {
        Ok(read) => read.unwrap_or(Err(Unread::Damaged)),
        Err(_) => Err(Unread::TooLarge),
    };
    Ok(match read {
        Ok(extract) => SentLook { look, extract: Some(extract), unread: None },
        // A table or a page that is none is shown as the text it is.
        Err(_) if look.text.is_some() => SentLook { look, extract: None, unread: None },
        Err(unread) => SentLook { look, extract: None, unread: Some(unread) },
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Word,
    Slides,
    Workbook,
    OpenDocument,
    Book,
    Delimited(Option<u8>),
    Mail,
    Page,
}

impl Format {
    /// What it is called decides how it is read, as far as its bytes do not contradict.
    fn of(extension: &str, look: &FileLook) -> Option<Self> {
        match (extension, look.shows) {
            ("csv", ShownAs::Text) => Some(Self::Delimited(None)),
            ("tsv", ShownAs::Text) => Some(Self::Delimited(Some(b'\t'))),
            ("eml", ShownAs::Text | ShownAs::Nothing) => Some(Self::Mail),
            ("html" | "htm" | "xhtml", ShownAs::Text) => Some(Self::Page),
            (_, shows) if shows != ShownAs::Nothing => None,
            ("docx" | "docm" | "dotx", _) => Some(Self::Word),
            ("pptx" | "pptm" | "ppsx", _) => Some(Self::Slides),
            ("xlsx" | "xlsm" | "xls" | "xlsb", _) => Some(Self::Workbook),
            ("odt" | "ods" | "odp" | "ott", _) => Some(Self::OpenDocument),
            ("epub", _) => Some(Self::Book),
            _ => None,
        }
    }
}

fn read(format: Format, bytes: &[u8], text: Option<&str>) -> Result<Extract, Unread> {
    let work = || match format {
        Format::Word => office::document(bytes),
        Format::Slides => office::slides(bytes),
        Format::OpenDocument => office::open_document(bytes),
        Format::Workbook => sheet::workbook(bytes),
        Format::Book => book::chapters(bytes),
        Format::Delimited(delimiter) => sheet::delimited(text.unwrap_or_default(), delimiter),
        Format::Mail => mail::message(bytes),
        Format::Page => Ok(mail::page(text.unwrap_or_default())),
    };
    let found = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Unread::Damaged))?;
    if found.extract.parts.iter().all(|part| part.blocks.is_empty()) {
        return Err(Unread::NoText);
    }
    Ok(found.extract)
}

/// What was found so far, and how much more there may be.
struct Found {
    extract: Extract,
    letters: usize,
    blocks: usize,
}

impl Found {
    fn new() -> Self {
        Self { extract: Extract::default(), letters: MOST_LETTERS, blocks: MOST_BLOCKS }
    }

    fn begin(&mut self, of: PartOf, title: Option<String>) {
        self.extract.parts.push(SourcePart { of, title, ..SourcePart::default() });
    }

    /// Whether there is room for more.
    fn has_room(&mut self) -> bool {
        let room = self.letters > 0 && self.blocks > 0;
        self.extract.cut |= !room;
        room
    }

    /// Takes what is not empty, as long as there is room.
    fn add(&mut self, block: SourceBlock) {
        let letters = match &block {
            SourceBlock::Heading { text, .. }
            | SourceBlock::Paragraph { text }
            | SourceBlock::Item { text, .. }
            | SourceBlock::Field { text, .. } => text.trim().len(),
            SourceBlock::Row { cells } => cells.iter().map(|cell| cell.trim().len()).sum(),
        };
        if letters == 0 || !self.has_room() {
            return;
        }
        self.letters = self.letters.saturating_sub(letters);
        self.blocks -= 1;
        if self.extract.parts.is_empty() {
            self.begin(PartOf::Document, None);
        }
        if let Some(part) = self.extract.parts.last_mut() {
            part.blocks.push(block);
        }
    }

    /// Of the part that was begun last only the beginning is there.
    fn cut_part(&mut self) {
        if let Some(part) = self.extract.parts.last_mut() {
            part.cut = true;
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.add(SourceBlock::Paragraph { text: text.trim().to_owned() });
    }
}

#[cfg(test)]
mod tests;
