//! Workbooks and delimited text, cell by cell: a sheet of two cells can say that it is a million rows high.

use std::{io::Cursor, iter};

use calamine::{Cell, Data, DataRef, ExcelDateTime, Reader, SheetVisible, Xlsb, Xlsx};

use super::{
    Found, old_sheet,
    xml::{MOST_UNPACKED, Package, is_container},
};
use crate::model::sent::{PartOf, SourceBlock, Unread};

/// Rows of a sheet that are shown.
const MOST_ROWS: usize = 5_000;
const MOST_COLUMNS: usize = 100;

pub(super) fn workbook(bytes: &[u8]) -> Result<Found, Unread> {
    if is_container(bytes) {
        return old_sheet::workbook(bytes);
    }
    let mut package = Package::open(bytes)?;
    if !package.unpacks_within(MOST_UNPACKED) {
        return Err(Unread::TooLarge);
    }
    // Both are read cell by cell, and what cannot be read ends the sheet.
    if package.part("xl/workbook.bin").is_none() {
        let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| why(&error))?;
        let all = book.sheets_metadata().to_vec();
        sheets(&all, |name, sheet| {
            let mut cells = book.worksheet_cells_reader(name).ok();
            sheet.take(iter::from_fn(|| cells.as_mut()?.next_cell().ok()?));
        })
    } else {
        let mut book = Xlsb::new(Cursor::new(bytes)).map_err(|error| why(&error))?;
        let all = book.sheets_metadata().to_vec();
        sheets(&all, |name, sheet| {
            let mut cells = book.worksheet_cells_reader(name).ok();
            sheet.take(iter::from_fn(|| cells.as_mut()?.next_cell().ok()?));
        })
    }
}

pub(super) fn why(error: &impl std::fmt::Display) -> Unread {
    let error = error.to_string().to_lowercase();
    if error.contains("password") || error.contains("encrypt") { Unread::Locked } else { Unread::Damaged }
}

/// Reads those sheets that are shown.
pub(super) fn sheets(all: &[calamine::Sheet], mut read: impl FnMut(&str, &mut Sheet<'_>)) -> Result<Found, Unread> {
    let mut found = Found::new();
    for name in all.iter().filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| &sheet.name) {
        found.begin(PartOf::Sheet, Some(name.clone()));
        let mut sheet = Sheet { found: &mut found, row: 0, cells: Vec::new(), rows: 0 };
        read(name, &mut sheet);
        sheet.end_row();
        if !found.has_room() {
            break;
        }
    }
    found.extract.parts.retain(|part| !part.blocks.is_empty());
    Ok(found)
}

/// A sheet that is being read, row after row.
pub(super) struct Sheet<'a> {
    found: &'a mut Found,
    row: u32,
    cells: Vec<String>,
    rows: usize,
}

impl Sheet<'_> {
    fn take<'a>(&mut self, cells: impl Iterator<Item = Cell<DataRef<'a>>>) {
        for cell in cells {
            let data: Data = cell.get_value().clone().into();
            if !self.set(cell.get_position(), text_of(&data)) {
                return;
            }
        }
    }

    /// Whether there is room for more.
    pub(super) fn set(&mut self, (row, column): (u32, u32), text: String) -> bool {
        if text.is_empty() {
            return true;
        }
        if row != self.row {
            self.end_row();
            self.row = row;
        }
        if self.rows >= MOST_ROWS {
            self.found.cut_part();
            return false;
        }
        let column = column as usize;
        if column >= MOST_COLUMNS {
            self.found.cut_part();
            return true;
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        self.cells[column] = text;
        self.found.has_room()
    }

    fn end_row(&mut self) {
        if !self.cells.is_empty() {
            self.rows += 1;
            self.found.add(SourceBlock::Row { cells: std::mem::take(&mut self.cells) });
        }
    }
}

pub(super) fn text_of(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::Float(number) => figure(*number),
        Data::DateTime(date) => moment(date),
        other => other.to_string(),
    }
}

/// A figure without the dust of binary fractions.
fn figure(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let text = format!("{number:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn moment(date: &ExcelDateTime) -> String {
    if date.is_duration() {
        let minutes = (date.as_f64() * 24.0 * 60.0).round() as i64;
        return format!("{}:{:02}", minutes / 60, (minutes % 60).abs());
    }
    let (year, month, day, hour, minute, ..) = date.to_ymd_hms_milli();
    // A time of no day.
    if date.as_f64() < 1.0 {
        return format!("{hour:02}:{minute:02}");
    }
    let time = if hour + minute > 0 { format!(" {hour:02}:{minute:02}") } else { String::new() };
    format!("{year:04}-{month:02}-{day:02}{time}")
}

/// CSV and the like; without a given delimiter the one that the first line has most of.
pub(super) fn delimited(text: &str, delimiter: Option<u8>) -> Result<Found, Unread> {
    let first = text.lines().next().unwrap_or_default();
    let count = |byte: u8| first.bytes().filter(|b| *b == byte).count();
    let delimiter = delimiter
        .unwrap_or_else(|| [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b','));
    if count(delimiter) == 0 {
        return Err(Unread::Damaged);
    }
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut found = Found::new();
    found.begin(PartOf::Document, None);
    for (at, record) in reader.records().enumerate() {
        if at >= MOST_ROWS {
            found.cut_part();
            break;
        }
        let record = record.map_err(|_| Unread::Damaged)?;
        let cells = record.iter().take(MOST_COLUMNS).map(|cell| cell.trim().to_owned()).collect();
        found.add(SourceBlock::Row { cells });
        if !found.has_room() {
            break;
        }
    }
    Ok(found)
}
