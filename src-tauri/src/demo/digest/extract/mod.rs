//! Documents to text: what a file says, in blocks, whatever its format.
//!
//! Every reader works on bytes from outside and says what the problem is when it cannot read them. Some of the libraries
//! are known to panic on odd files; a panic is caught here and becomes a problem as well.

mod mail;
mod office;
mod pdf;
mod plain;
mod reflow;
mod sheet;
mod web;
mod xml;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::problem::{Problem, Remark};

/// More text than this is cut: a digest of a thousand pages helps nobody.
const MOST_LETTERS: usize = 2_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Block {
    Heading(String),
    Paragraph(String),
    /// A row of a table, its cells joined.
    Row(String),
}

impl Block {
    pub fn text(&self) -> &str {
        match self {
            Self::Heading(text) | Self::Paragraph(text) | Self::Row(text) => text,
        }
    }
}

/// What pages are called in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Unit {
    Pages,
    Sheets,
    Slides,
}

/// One column of a table with its figures added up.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Column {
    pub name: String,
    pub count: usize,
    pub sum: f64,
    pub least: f64,
    pub most: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Table {
    pub name: String,
    pub rows: usize,
    pub columns: Vec<Column>,
}

/// What a document says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct Extracted {
    pub title: Option<String>,
    pub blocks: Vec<Block>,
    pub pages: Option<(usize, Unit)>,
    pub tables: Vec<Table>,
    /// Something the reader has to be told although the text was found.
    pub remark: Option<Remark>,
}

impl Extracted {
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut after_row = false;
        for block in &self.blocks {
            let row = matches!(block, Block::Row(_));
            if !text.is_empty() {
                text.push_str(if row && after_row { "\n" } else { "\n\n" });
            }
            text.push_str(block.text());
            after_row = row;
        }
        text
    }
}

/// The name of a format, as people say it.
pub(in super::super) fn format_name(extension: &str) -> &'static str {
    match extension {
        "pdf" => "PDF",
        "docx" | "doc" => "Word",
        "xlsx" | "xlsm" | "xls" | "xlsb" => "Excel",
        "ods" => "OpenDocument",
        "pptx" | "ppt" => "PowerPoint",
        "eml" | "msg" => "E-mail",
        "html" | "htm" => "HTML",
        "csv" | "tsv" => "CSV",
        "json" | "jsonl" => "JSON",
        "xml" => "XML",
        "md" | "markdown" | "mdx" => "Markdown",
        "epub" => "EPUB",
        _ => "Text",
    }
}

/// Reads a document. Never panics.
pub(in super::super) fn read(bytes: &[u8], extension: &str) -> Result<Extracted, Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    let read = catch_unwind(AssertUnwindSafe(|| by_format(bytes, extension)));
    let mut found = read.unwrap_or(Err(Problem::Unreadable))?;
    tidy(&mut found);
    if found.blocks.is_empty() {
        return Err(if extension == "pdf" { Problem::Scanned } else { Problem::NoText });
    }
    Ok(found)
}

fn by_format(bytes: &[u8], extension: &str) -> Result<Extracted, Problem> {
    // What the file is counts for more than what it is called.
    if bytes.starts_with(b"%PDF-") {
        return pdf::read(bytes);
    }
    match extension {
        "pdf" => Err(Problem::NotA("PDF")),
        "docx" => office::document(bytes),
        "pptx" => office::slides(bytes),
        "epub" => office::book(bytes),
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => sheet::workbook(bytes),
        "doc" | "ppt" | "msg" => Err(Problem::OldFormat(extension.to_owned())),
        "eml" => mail::read(bytes),
        "html" | "htm" => Ok(web::read(&plain::decode(bytes)?)),
        "csv" => sheet::delimited(&plain::decode(bytes)?, None),
        "tsv" => sheet::delimited(&plain::decode(bytes)?, Some(b'\t')),
        "json" | "jsonl" => Ok(plain::json(&plain::decode(bytes)?)),
        "xml" => Ok(plain::xml(&plain::decode(bytes)?)),
        "md" | "markdown" | "mdx" => Ok(plain::markdown(&plain::decode(bytes)?)),
        _ => Ok(plain::text(&plain::decode(bytes)?)),
    }
}

/// Text that was pasted: read like Markdown, which plain text is too.
pub(in super::super) fn pasted(text: &str) -> Extracted {
    let mut found = plain::markdown(text);
    tidy(&mut found);
    found
}

/// The same clean-up for every format: white space, ligatures, empty blocks, the cut.
fn tidy(found: &mut Extracted) {
    let mut letters = 0;
    let mut blocks = Vec::with_capacity(found.blocks.len());
    for block in found.blocks.drain(..) {
        if letters > MOST_LETTERS {
            found.remark = Some(Remark::OnlyTheBeginning);
            break;
        }
        let block = match block {
            Block::Heading(text) => Block::Heading(clean(&text)),
            Block::Paragraph(text) => Block::Paragraph(clean(&text)),
            Block::Row(text) => Block::Row(clean(&text)),
        };
        if !block.text().is_empty() {
            letters += block.text().len();
            blocks.push(block);
        }
    }
    found.blocks = blocks;
    found.title = found.title.take().map(|title| clean(&title)).filter(|title| !title.is_empty());
}

/// One space between words, none where Chinese meets Chinese or a figure, ligatures spelt out, no control characters.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for letter in text.chars() {
        let spelt = match letter {
            '\u{fb00}' => "ff",
            '\u{fb01}' => "fi",
            '\u{fb02}' => "fl",
            '\u{fb03}' => "ffi",
            '\u{fb04}' => "ffl",
            '\u{fb05}' | '\u{fb06}' => "st",
            _ => "",
        };
        if letter.is_whitespace() || letter == '\u{200b}' || letter == '\u{feff}' {
            space = true;
        } else if letter == '\u{ad}' || letter.is_control() {
            // A soft hyphen is only a permission to break.
        } else {
            if space && needs_space(out.chars().next_back(), letter) {
                out.push(' ');
            }
            space = false;
            if spelt.is_empty() { out.push(letter) } else { out.push_str(spelt) }
        }
    }
    out
}

fn needs_space(before: Option<char>, after: char) -> bool {
    let Some(before) = before else { return false };
    let figure = |letter: char| letter.is_ascii_digit() || letter == '%';
    let chinese_then_more = is_wide(before) && (is_wide(after) || figure(after));
    let figure_then_chinese = figure(before) && is_wide(after);
    !chinese_then_more && !figure_then_chinese
}

/// Chinese characters and the punctuation that goes with them.
pub(in super::super) fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_that_a_typesetter_put_between_chinese_and_figures_vanish() {
        assert_eq!(
            clean("本协议自 2026 年 10 月 1 日起生效， 价格为 30% 。"),
            "本协议自2026年10月1日起生效，价格为30%。"
        );
        assert_eq!(clean("a  ﬁne\u{ad} of\n EUR 5"), "a fine of EUR 5");
    }

    #[test]
    fn what_cannot_be_read_becomes_a_sentence_and_never_a_panic() {
        for extension in ["pdf", "docx", "xlsx", "pptx", "epub", "ods", "doc", "xls"] {
            for bytes in [&b"%PDF-1.7\n1 0 obj garbage"[..], b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0", b"plain words"]
            {
                let answer = read(bytes, extension);
                assert!(answer.is_err(), "{extension} {bytes:?} gave {answer:?}");
            }
            assert_eq!(read(b"", extension), Err(Problem::Empty));
        }
    }
}
