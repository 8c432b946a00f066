//! Word, PowerPoint and OpenDocument: headings, paragraphs, lists and tables in the order of reading.

use std::collections::HashMap;

use super::{
    Found,
    xml::{Package, Token, walk},
};
use crate::model::sent::{PartOf, SourceBlock, Unread};

/// A repeated cell or row is a number in the file; these many are taken.
const MOST_REPEATED: usize = 200;
const MOST_COLUMNS: usize = 100;
/// Letters of a cell and of a row: repeated rows in repeated cells multiply with each table around them.
const MOST_IN_CELL: usize = 20_000;
const MOST_IN_ROW: usize = 5 * MOST_IN_CELL;
/// Tables in cells of tables; what stands deeper is text of the cell around.
const MOST_NESTED: usize = 32;

/// A Word document, with its footnotes at the end.
pub(super) fn document(bytes: &[u8]) -> Result<Found, Unread> {
    let mut package = Package::open(bytes)?;
    let body = package.part("word/document.xml").ok_or(Unread::Damaged)?;
    let headings = package.part("word/styles.xml").map(|styles| heading_styles(&styles)).unwrap_or_default();
    let mut found = Found::new();
    word_blocks(&body, &headings, &mut found);
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(notes) = package.part(notes) {
            found.begin(PartOf::Footnotes, None);
            word_blocks(&notes, &headings, &mut found);
        }
    }
    found.extract.parts.retain(|part| !part.blocks.is_empty());
    Ok(found)
}

/// Which styles are headings, and of which level: their ids are in Word's language, their names are not.
fn heading_styles(styles: &str) -> HashMap<String, u8> {
    let mut headings = HashMap::new();
    let mut id = String::new();
    walk(styles, |token| {
        match token {
            Token::Open("style", attributes) => id = attributes.get("styleId").unwrap_or_default(),
            Token::Open("name", attributes) => {
                let name = attributes.get("val").unwrap_or_default().to_lowercase();
                let level = match name.strip_prefix("heading ") {
                    Some(level) => level.parse().ok(),
                    None => (name == "title").then_some(1),
                };
                if let Some(level) = level {
                    headings.insert(id.clone(), level);
                }
            }
            _ => {}
        }
        true
    });
    headings
}

/// A table that is being read; tables stand in cells of tables.
#[derive(Default)]
struct Table {
    row: Vec<String>,
    in_row: usize,
    cell: String,
    in_cell: usize,
    /// How often the cell and the row that are being read stand there.
    cell_times: usize,
    row_times: usize,
}

impl Table {
    /// Whether all of it had room.
    fn text(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return true;
        }
        if self.is_full() {
            return false;
        }
        if !self.cell.is_empty() {
            self.cell.push('\n');
            self.in_cell += 1;
        }
        let room = MOST_IN_CELL.saturating_sub(self.in_cell);
        let taken = text.char_indices().nth(room).map_or(text, |(end, _)| &text[..end]);
        self.cell.push_str(taken);
        self.in_cell += taken.chars().count();
        taken.len() == text.len()
    }

    /// Whether the cell takes no more.
    fn is_full(&self) -> bool {
        self.in_cell >= MOST_IN_CELL
    }

    /// Whether all of it had room.
    fn end_cell(&mut self, times: usize) -> bool {
        let (cell, letters) = (std::mem::take(&mut self.cell), std::mem::take(&mut self.in_cell));
        for _ in 0..times.min(MOST_COLUMNS.saturating_sub(self.row.len())) {
            if self.in_row.saturating_add(letters) > MOST_IN_ROW {
                return false;
            }
            self.in_row += letters;
            self.row.push(cell.clone());
        }
        true
    }

    fn end_row(&mut self) -> Vec<String> {
        self.in_row = 0;
        std::mem::take(&mut self.row)
    }
}

/// Puts a row where it belongs as often as it stands there: into the document, or into the cell of the table around.
fn place_row(tables: &mut [Table], cells: Vec<String>, times: usize, found: &mut Found) {
    let Some(around) = tables.iter_mut().rev().nth(1) else {
        for _ in 1..times {
            if !found.has_room() {
                return;
            }
            found.add(SourceBlock::Row { cells: cells.clone() });
        }
        return found.add(SourceBlock::Row { cells });
    };
    let line = if around.is_full() { String::new() } else { cells.join(" | ") };
    if around.is_full() || !(0..times).all(|_| around.text(&line)) {
        found.extract.cut = true;
    }
}

fn word_blocks(xml: &str, headings: &HashMap<String, u8>, found: &mut Found) {
    let mut text = String::new();
    let mut tables: Vec<Table> = Vec::new();
    let (mut in_text, mut twice) = (false, 0_u32);
    let (mut heading, mut list) = (None, None);
    walk(xml, |token| {
        match token {
            // What older programs see instead of a text box: the same once more.
            Token::Open("Fallback", _) => twice += 1,
            Token::Close("Fallback") => twice = twice.saturating_sub(1),
            _ if twice > 0 => {}
            Token::Open(name, attributes) => match name {
                "p" => {
                    text.clear();
                    (heading, list) = (None, None);
                }
                "pStyle" => heading = attributes.get("val").and_then(|style| headings.get(&style).copied()),
                "outlineLvl" => {
                    let level = attributes.get("val").and_then(|level| level.parse::<u8>().ok());
                    heading = level.filter(|level| *level < 9).map(|level| level + 1).or(heading);
                }
                "numPr" => list = Some(0),
                "ilvl" if list.is_some() => list = attributes.get("val").and_then(|level| level.parse().ok()),
                "t" => in_text = true,
                "tab" if !text.is_empty() => text.push('\t'),
                "br" | "cr" => text.push('\n'),
                "tbl" => tables.push(Table::default()),
                _ => {}
            },
            Token::Text(part) if in_text => text.push_str(part),
            Token::Text(_) => {}
            Token::Close(name) => match name {
                "t" => in_text = false,
                "p" => {
                    let text = std::mem::take(&mut text);
                    match (tables.last_mut(), heading, list) {
                        (Some(table), ..) => found.extract.cut |= !table.text(text.trim()),
                        (None, Some(level), _) => found.add(SourceBlock::Heading { level, text }),
                        (None, None, Some(level)) => found.add(SourceBlock::Item { level, text }),
                        (None, None, None) => found.paragraph(&text),
                    }
                }
                "tc" => found.extract.cut |= tables.last_mut().is_some_and(|table| !table.end_cell(1)),
                "tr" => {
                    if let Some(cells) = tables.last_mut().map(Table::end_row) {
                        place_row(&mut tables, cells, 1, found);
                    }
                }
                "tbl" => drop(tables.pop()),
                _ => {}
            },
        }
        found.has_room()
    });
}

/// A presentation in the order it is shown, each slide with the speaker's notes.
pub(super) fn slides(bytes: &[u8]) -> Result<Found, Unread> {
    let mut package = Package::open(bytes)?;
    let show = package.part("ppt/presentation.xml").ok_or(Unread::Damaged)?;
    let targets = package.relations("ppt/presentation.xml");
    let mut names = Vec::new();
    walk(&show, |token| {
        if let Token::Open("sldId", attributes) = token {
            names.extend(attributes.get_prefixed("r:id").and_then(|id| targets.get(&id).cloned()));
        }
        true
    });
    let mut found = Found::new();
    for (number, name) in (1..).zip(names) {
        let Some(slide) = package.part(&name) else { continue };
        found.begin(PartOf::Slide { number }, None);
        slide_blocks(&slide, &mut found);
        let notes = package.relations(&name).into_values().find(|target| target.contains("/notesSlides/"));
        if let Some(notes) = notes.and_then(|notes| package.part(&notes)) {
            found.begin(PartOf::Notes { number }, None);
            slide_blocks(&notes, &mut found);
            if found.extract.parts.last().is_some_and(|notes| notes.blocks.is_empty()) {
                found.extract.parts.pop();
            }
        }
        if !found.has_room() {
            break;
        }
    }
    Ok(found)
}

fn slide_blocks(xml: &str, found: &mut Found) {
    let mut text = String::new();
    let mut table: Option<Table> = None;
    let (mut in_text, mut heading, mut number) = (false, false, false);
    walk(xml, |token| {
        match token {
            Token::Open(name, attributes) => match name {
                "sp" => (heading, number) = (false, false),
                "ph" => {
                    let kind = attributes.get("type").unwrap_or_default();
                    heading = matches!(kind.as_str(), "title" | "ctrTitle");
                    // What stands on every slide alike.
                    number = matches!(kind.as_str(), "sldNum" | "dt" | "ftr" | "hdr");
                }
                "p" => text.clear(),
                "t" => in_text = true,
                "br" => text.push('\n'),
                "tbl" => table = Some(Table::default()),
                _ => {}
            },
            Token::Text(part) if in_text => text.push_str(part),
            Token::Text(_) => {}
            Token::Close(name) => match name {
                "t" => in_text = false,
                "p" if number => {}
                "p" => {
                    let text = std::mem::take(&mut text);
                    match &mut table {
                        Some(table) => found.extract.cut |= !table.text(text.trim()),
                        None if heading => found.add(SourceBlock::Heading { level: 2, text }),
                        None => found.paragraph(&text),
                    }
                }
                "tc" => found.extract.cut |= table.as_mut().is_some_and(|table| !table.end_cell(1)),
                "tr" => {
                    if let Some(cells) = table.as_mut().map(Table::end_row) {
                        found.add(SourceBlock::Row { cells });
                    }
                }
                "tbl" => table = None,
                _ => {}
            },
        }
        found.has_room()
    });
}

/// Texts, sheets and slides of OpenDocument: one format for all three.
pub(super) fn open_document(bytes: &[u8]) -> Result<Found, Unread> {
    let mut package = Package::open(bytes)?;
    if package.part("META-INF/manifest.xml").is_some_and(|manifest| manifest.contains("encryption-data")) {
        return Err(Unread::Locked);
    }
    let content = package.part("content.xml").ok_or(Unread::Damaged)?;
    let mut found = Found::new();
    let mut reading = OpenDocument::default();
    walk(&content, |token| {
        reading.take(token, &mut found);
        found.has_room()
    });
    found.extract.parts.retain(|part| !part.blocks.is_empty());
    Ok(found)
}

#[derive(Default)]
struct OpenDocument {
    text: String,
    /// In how many paragraphs: notes stand inside of them.
    depth: u32,
    heading: Option<u8>,
    lists: u8,
    tables: Vec<Table>,
    /// Tables that stand too deep to be read as such.
    deeper: u32,
    is_sheets: bool,
    slides: u32,
    notes: bool,
    hidden: u32,
}

impl OpenDocument {
    fn take(&mut self, token: Token<'_>, found: &mut Found) {
        match token {
            // Changes that were made and taken back, and what somebody remarked.
            Token::Open("tracked-changes" | "annotation", _) => self.hidden += 1,
            Token::Close("tracked-changes" | "annotation") => self.hidden = self.hidden.saturating_sub(1),
            _ if self.hidden > 0 => {}
            Token::Open(name, attributes) => {
                let times = |name: &str| attributes.get(name).and_then(|times| times.parse().ok()).unwrap_or(1);
                match name {
                    "spreadsheet" => self.is_sheets = true,
                    "page" => {
                        self.slides += 1;
                        found.begin(PartOf::Slide { number: self.slides }, None);
                    }
                    "notes" if self.slides > 0 => {
                        self.notes = true;
                        found.begin(PartOf::Notes { number: self.slides }, None);
                    }
                    "table" => {
                        if self.is_sheets && self.tables.is_empty() {
                            found.begin(PartOf::Sheet, attributes.get("name"));
                        }
                        match self.tables.len() < MOST_NESTED {
                            true => self.tables.push(Table::default()),
                            false => self.deeper += 1,
                        }
                    }
                    "table-row" => {
                        if let Some(table) = self.table() {
                            table.row_times = times("number-rows-repeated");
                        }
                    }
                    "table-cell" | "covered-table-cell" => {
                        if let Some(table) = self.table() {
                            table.cell_times = times("number-columns-repeated");
                        }
                    }
                    "p" | "h" => {
                        self.depth += 1;
                        if self.depth == 1 {
                            self.text.clear();
                            let level = attributes.get("outline-level").and_then(|level| level.parse().ok());
                            self.heading = (name == "h").then(|| level.unwrap_or(1));
                        }
                    }
                    "list" => self.lists += 1,
                    "s" => self.text.push_str(&" ".repeat(times("c").min(80))),
                    "tab" => self.text.push('\t'),
                    "line-break" => self.text.push('\n'),
                    _ => {}
                }
            }
            Token::Text(part) if self.depth > 0 => self.text.push_str(part),
            Token::Text(_) => {}
            Token::Close(name) => match name {
                "p" | "h" => {
                    self.depth = self.depth.saturating_sub(1);
                    match self.depth {
                        0 => self.end_paragraph(found),
                        _ => self.text.push(' '),
                    }
                }
                "list" => self.lists = self.lists.saturating_sub(1),
                "table-cell" | "covered-table-cell" => {
                    if let Some(table) = self.table() {
                        let times = table.cell_times.clamp(1, MOST_REPEATED);
                        found.extract.cut |= !table.end_cell(times);
                    }
                }
                "table-row" => self.end_row(found),
                "table" if self.deeper > 0 => self.deeper -= 1,
                "table" => drop(self.tables.pop()),
                _ => {}
            },
        }
    }

    /// The table whose rows and cells are being read.
    fn table(&mut self) -> Option<&mut Table> {
        if self.deeper > 0 { None } else { self.tables.last_mut() }
    }

    fn end_paragraph(&mut self, found: &mut Found) {
        let text = std::mem::take(&mut self.text);
        match (self.tables.last_mut(), self.heading, self.lists) {
            (Some(table), ..) => found.extract.cut |= !table.text(text.trim()),
            (None, Some(level), _) => found.add(SourceBlock::Heading { level, text }),
            (None, None, 0) => found.paragraph(&text),
            (None, None, level) => found.add(SourceBlock::Item { level: level - 1, text }),
        }
    }

    fn end_row(&mut self, found: &mut Found) {
        let Some((times, mut cells)) =
            self.table().map(|table| (table.row_times.clamp(1, MOST_REPEATED), table.end_row()))
        else {
            return;
        };
        // Empty cells fill a sheet to its edge.
        let filled = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        cells.truncate(filled);
        if cells.is_empty() {
            return;
        }
        place_row(&mut self.tables, cells, times, found);
    }
}
