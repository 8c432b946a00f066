//! A table as a spreadsheet. Rows go to the disk as they come: a million of them takes no more memory than one.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, XlsxError};

use super::{cells::Cell, place::Place, times};
use crate::files;

/// The format's own limits.
pub(super) const LONGEST: usize = 32_767;
pub(super) const MOST_ROWS: u32 = 1_048_576;

/// What a row takes besides its texts, and what is left for the file's end.
const CELL: u64 = 64;
const END: u64 = 128 * 1024;

pub(super) struct Sheet {
    workbook: Workbook,
    zone: TimeZone,
    /// Where the next row stands.
    next: u32,
    time: Format,
    /// How a text ends that was cut.
    cut_word: String,
    /// Texts that were cut.
    pub cut: u32,
    room: Room,
}

/// How much may be written before the disk is asked anew: the crate that writes sheets ends its thread on a full one.
struct Room {
    folder: PathBuf,
    left: u64,
}

impl Room {
    fn take(&mut self, bytes: u64) -> Result<(), files::Error> {
        if self.left < bytes {
            self.left = files::room_in(&self.folder).map_or(u64::MAX, |free| free.saturating_sub(END));
        }
        self.left = self.left.checked_sub(bytes).ok_or(files::Error::DiskFull)?;
        Ok(())
    }
}

impl Sheet {
    pub fn new(
        folder: &Path,
        name: &str,
        headings: &[String],
        cut_word: &str,
        zone: TimeZone,
    ) -> Result<Self, files::Error> {
        let mut room = Room { folder: folder.to_owned(), left: 0 };
        room.take(headings.iter().map(|heading| taken(heading)).sum())?;
        let mut workbook = Workbook::new();
        // Beside the file: the system's folder for such things may be small, and is not where there is said to be room.
        workbook.set_tempdir(folder).map_err(not_written)?;
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(not_written)?;
        // A name that is none leaves the usual one.
        let _ = sheet.set_name(name);
        let head = Format::new().set_bold();
        let written = (|| {
            sheet.set_freeze_panes(1, 0)?;
            for (column, heading) in (0_u16..).zip(headings) {
                sheet.set_column_width(column, if column == 0 { 19.0 } else { 24.0 })?;
                sheet.write_string_with_format(0, column, heading.chars().take(255).collect::<String>(), &head)?;
            }
            Ok(())
        })();
        written.map_err(not_written)?;
        let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        Ok(Self { workbook, zone, next: 1, time, cut_word: cut_word.to_owned(), cut: 0, room })
    }

    pub fn is_full(&self) -> bool {
        self.next >= MOST_ROWS
    }

    pub fn row(&mut self, cells: &[Cell]) -> Result<(), files::Error> {
        let bytes = cells.iter().map(|cell| if let Cell::Text(text) = cell { taken(text) } else { CELL });
        self.room.take(bytes.sum())?;
        unless_it_ends(|| self.put(cells))
    }

    fn put(&mut self, cells: &[Cell]) -> Result<(), files::Error> {
        let row = self.next;
        self.next += 1;
        let sheet = self.workbook.worksheet_from_index(0).map_err(not_written)?;
        for (column, cell) in (0_u16..).zip(cells) {
            let written = match cell {
                Cell::Empty => Ok(()),
                Cell::Number(number) => sheet.write_number(row, column, *number).map(drop),
                Cell::Decimal(text) => match text.parse::<f64>() {
                    Ok(number) => sheet.write_number(row, column, number).map(drop),
                    Err(_) => sheet.write_string(row, column, text).map(drop),
                },
                Cell::Time(at) => match moment(*at, &self.zone) {
                    Some(time) => sheet.write_datetime_with_format(row, column, &time, &self.time).map(drop),
                    None => Ok(()),
                },
                Cell::Text(text) => {
                    let (text, cut) = fitting(text, &self.cut_word);
                    self.cut += u32::from(cut);
                    sheet.write_string(row, column, text).map(drop)
                }
            };
            written.map_err(not_written)?;
        }
        Ok(())
    }

    pub fn done(mut self, place: &mut Place) -> Result<(), files::Error> {
        let file = place.file().map_err(files::not_written)?;
        unless_it_ends(|| self.workbook.save_to_writer(file).map_err(not_written))
    }
}

/// Others may fill the disk meanwhile.
fn unless_it_ends<T>(write: impl FnOnce() -> Result<T, files::Error>) -> Result<T, files::Error> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or(Err(files::Error::DiskFull))
}

/// Bytes that a text takes in a sheet, at most.
fn taken(text: &str) -> u64 {
    let of = |byte: u8| match byte {
        b'&' | b'<' | b'>' | b'"' | b'_' => 7,
        _ => 1,
    };
    // No cell holds more characters, and none of them takes more bytes.
    CELL + text.bytes().map(of).sum::<u64>().min(LONGEST as u64 * 7)
}

/// The format counts in UTF-16.
fn fitting(text: &str, word: &str) -> (String, bool) {
    // Tabs, lines and what XML takes stay.
    let legal = |c: &char| !c.is_control() || matches!(c, '\t' | '\n');
    let length: usize = text.chars().filter(legal).map(char::len_utf16).sum();
    if length <= LONGEST {
        return (text.chars().filter(legal).collect(), false);
    }
    let mut left = LONGEST.saturating_sub(word.encode_utf16().count());
    let mut fits = |c: &char| left.checked_sub(c.len_utf16()).map(|less| left = less).is_some();
    let mut short: String = text.chars().filter(legal).take_while(|c| fits(c)).collect();
    short.push_str(word);
    (short, true)
}

/// The time as clocks here show it: spreadsheets know no zones.
fn moment(at: crate::model::Millis, zone: &TimeZone) -> Option<ExcelDateTime> {
    let local = times::at(at, zone)?;
    let part = |part: i8| u8::try_from(part).ok();
    let (year, hour) = (u16::try_from(local.year()).ok()?, u16::try_from(local.hour()).ok()?);
    let date = ExcelDateTime::from_ymd(year, part(local.month())?, part(local.day())?).ok()?;
    date.and_hms(hour, part(local.minute())?, f64::from(local.second())).ok()
}

fn not_written(error: XlsxError) -> files::Error {
    match error {
        XlsxError::IoError(error) => files::not_written(error),
        XlsxError::ZipError(error) => files::not_written(error.into()),
        error => {
            tracing::error!("a spreadsheet could not be written: {error}");
            files::Error::ReadOnly
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_says_that_it_was_cut() {
        let long = "𠮷".repeat(20_000);
        let (short, cut) = fitting(&long, "…cut");
        assert!(cut && short.ends_with("…cut"), "{}", short.len());
        assert_eq!(short.encode_utf16().count(), 32_766, "no half of a pair is left: one unit stays free");
        assert_eq!(fitting("a\u{0}b\nc", "…"), ("ab\nc".to_owned(), false));
    }
}
