//! Workbooks and delimited text, cell by cell: a sheet of two cells can say that it is a million rows high.

use std::io::{Cursor, Read, Write};

use calamine::{Cell, Data, DataRef, ExcelDateTime, Reader, SheetVisible, Xls, Xlsb, Xlsx};

use super::{
    Found,
    xml::{MOST_UNPACKED, Package, is_container},
};
use crate::model::sent::{PartOf, SourceBlock, Unread};

/// Rows of a sheet that are shown.
const MOST_ROWS: usize = 5_000;
const MOST_COLUMNS: usize = 100;
/// Of a workbook from before 2007, which is read as a whole.
const LARGEST_OLD: usize = 24 * 1024 * 1024;
/// Cells that its sheets may span: room is made for each, whether it is empty or not.
const MOST_SPANNED: u64 = 4_000_000;

pub(super) fn workbook(bytes: &[u8]) -> Result<Found, Unread> {
    if is_container(bytes) {
        return old_workbook(bytes);
    }
    let mut package = Package::open(bytes)?;
    if !package.unpacks_within(MOST_UNPACKED) {
        return Err(Unread::TooLarge);
    }
    if package.part("xl/workbook.bin").is_none() {
        let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| why(&error))?;
        let names = visible(book.sheets_metadata());
        sheets(names, |name, sheet| {
            let Ok(mut cells) = book.worksheet_cells_reader(name) else { return };
            while let Ok(Some(cell)) = cells.next_cell() {
                if !sheet.take(&cell) {
                    return;
                }
            }
        })
    } else {
        let mut book = Xlsb::new(Cursor::new(bytes)).map_err(|error| why(&error))?;
        let names = visible(book.sheets_metadata());
        sheets(names, |name, sheet| {
            let Ok(mut cells) = book.worksheet_cells_reader(name) else { return };
            while let Ok(Some(cell)) = cells.next_cell() {
                if !sheet.take(&cell) {
                    return;
                }
            }
        })
    }
}

fn old_workbook(bytes: &[u8]) -> Result<Found, Unread> {
    if bytes.len() > LARGEST_OLD {
        return Err(Unread::TooLarge);
    }
    let Some(records) = old_records(bytes) else {
        // A newer one with a password lies in a container of the old kind that holds no workbook.
        return Err(if holds(bytes, "EncryptedPackage") { Unread::Locked } else { Unread::Damaged });
    };
    if spanned(&records).is_none_or(|cells| cells > MOST_SPANNED) {
        return Err(Unread::TooLarge);
    }
    // Read from a container of its own, or a second workbook hidden in the first could be the one that is read.
    let container = contained(&records).map_err(|_| Unread::Damaged)?;
    let mut book = Xls::new(Cursor::new(container)).map_err(|error| why(&error))?;
    let names = visible(book.sheets_metadata());
    sheets(names, |name, sheet| {
        let Ok(range) = book.worksheet_range(name) else { return };
        let (row, column) = range.start().unwrap_or_default();
        for (r, c, data) in range.used_cells() {
            let at = (row.saturating_add(r as u32), column.saturating_add(c as u32));
            if !sheet.set(at, text_of(data)) {
                return;
            }
        }
    })
}

fn old_records(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut container = cfb::CompoundFile::open(Cursor::new(bytes)).ok()?;
    let name = ["/Workbook", "/Book"].into_iter().find(|name| container.is_stream(name))?;
    let mut records = Vec::new();
    container.open_stream(name).ok()?.take(LARGEST_OLD as u64).read_to_end(&mut records).ok()?;
    Some(records)
}

fn contained(records: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut container = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
    let mut stream = container.create_stream("/Workbook")?;
    stream.write_all(records)?;
    stream.flush()?;
    drop(stream);
    container.flush()?;
    Ok(container.into_inner().into_inner())
}

/// How many cells the sheets of an old workbook span, by what they say and by where their cells stand; `None` where
/// they lie in each other so often that reading them has no end.
fn spanned(records: &[u8]) -> Option<u64> {
    let mut steps = records.len();
    let mut cells = 0_u64;
    for (_, data) in Records(records).take_while(|(kind, _)| *kind != END).filter(|(kind, _)| *kind == SHEET) {
        let at = data.first_chunk().and_then(|at| usize::try_from(u32::from_le_bytes(*at)).ok());
        let Some(sheet) = at.and_then(|at| records.get(at..)) else { continue };
        cells = cells.saturating_add(spanned_by(sheet, &mut steps)?);
        if cells > MOST_SPANNED {
            break;
        }
    }
    Some(cells)
}

/// Kinds of records: [MS-XLS] 2.3.
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const MANY_FIGURES: u16 = 0x00BD;
const FORMULA: u16 = 0x0006;
const TEXT: u16 = 0x0207;
/// Of one cell: number, label (three kinds), truth or error, figure.
const CELLS: [u16; 6] = [0x0203, 0x0204, 0x00D6, 0x00FD, 0x0205, 0x027E];

fn spanned_by(sheet: &[u8], steps: &mut usize) -> Option<u64> {
    let short = |data: &[u8], at: usize| data.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes));
    let long = |data: &[u8], at: usize| data.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    // Row, first and last column.
    let from = |data: &[u8], last: usize| Some((short(data, 0)?, short(data, 2)?, short(data, last)?));
    let mut said = 0_u64;
    let mut range: Option<[u16; 4]> = None;
    // Charts in a sheet have records of the same kinds.
    let (mut begun, mut inside) = (false, 0_u32);
    // A formula's text comes behind it, without a place of its own.
    let mut formula = Some((0, 0, 0));
    for (kind, data) in Records(sheet) {
        *steps = steps.checked_sub(1)?;
        let place = match kind {
            BEGIN if begun => {
                inside += 1;
                None
            }
            BEGIN => {
                begun = true;
                None
            }
            END if inside > 0 => {
                inside -= 1;
                None
            }
            END => break,
            _ if inside > 0 => None,
            DIMENSIONS => {
                // Before Excel 97 rows were counted in two bytes. The numbers are as wide as whoever wrote them wants.
                let sides = match data.len() {
                    10 => [0, 2, 4, 6].map(|at| short(data, at).map(u32::from)),
                    _ => [long(data, 0), long(data, 4), short(data, 8).map(u32::from), short(data, 10).map(u32::from)],
                };
                if let [Some(top), Some(bottom), Some(left), Some(right)] = sides {
                    let left = if left > 0xFF || right < left { 0 } else { left };
                    let rows = if bottom == 0 || right == 0 { 1 } else { bottom.wrapping_sub(top) };
                    let columns = if bottom == 0 || right == 0 { 1 } else { right.wrapping_sub(left) };
                    said = said.max(u64::from(rows).saturating_mul(columns.into()));
                }
                None
            }
            MANY_FIGURES => from(data, data.len().saturating_sub(2)),
            FORMULA => {
                formula = from(data, 2);
                formula
            }
            TEXT => formula,
            _ if CELLS.contains(&kind) => from(data, 2),
            _ => None,
        };
        if let Some((row, first, last)) = place {
            let [top, bottom, left, right] = range.unwrap_or([row, row, first, first]);
            range = Some([top.min(row), bottom.max(row), left.min(first).min(last), right.max(first).max(last)]);
        }
    }
    let there = range.map_or(0, |[top, bottom, left, right]| {
        (u64::from(bottom - top) + 1).saturating_mul(u64::from(right - left) + 1)
    });
    Some(said.max(there))
}

/// The records of an old workbook, as far as they are whole: their kinds and what they hold.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(u16::from_le_bytes([head[2], head[3]]).into())?;
        self.0 = rest;
        Some((u16::from_le_bytes([head[0], head[1]]), data))
    }
}

fn holds(bytes: &[u8], name: &str) -> bool {
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &wide).is_some()
}

fn why(error: &impl std::fmt::Display) -> Unread {
    let error = error.to_string().to_lowercase();
    if error.contains("password") || error.contains("encrypt") { Unread::Locked } else { Unread::Damaged }
}

fn visible(sheets: &[calamine::Sheet]) -> Vec<String> {
    sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| sheet.name.clone()).collect()
}

fn sheets(names: Vec<String>, mut read: impl FnMut(&str, &mut Sheet<'_>)) -> Result<Found, Unread> {
    let mut found = Found::new();
    for name in names {
        found.begin(PartOf::Sheet, Some(name.clone()));
        let mut sheet = Sheet { found: &mut found, row: 0, cells: Vec::new(), rows: 0 };
        read(&name, &mut sheet);
        sheet.end_row();
        if !found.has_room() {
            break;
        }
    }
    found.extract.parts.retain(|part| !part.blocks.is_empty());
    Ok(found)
}

/// A sheet that is being read, row after row.
struct Sheet<'a> {
    found: &'a mut Found,
    row: u32,
    cells: Vec<String>,
    rows: usize,
}

impl Sheet<'_> {
    fn take(&mut self, cell: &Cell<DataRef<'_>>) -> bool {
        let data: Data = cell.get_value().clone().into();
        self.set(cell.get_position(), text_of(&data))
    }

    /// Whether there is room for more.
    fn set(&mut self, (row, column): (u32, u32), text: String) -> bool {
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

fn text_of(data: &Data) -> String {
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
