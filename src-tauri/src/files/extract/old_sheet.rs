//! Workbooks from before 2007. They are read as a whole, so what would be made of them is counted first.

use std::io::{Cursor, Read, Write};

use calamine::{Reader, Xls};

use super::{
    Found,
    sheet::{sheets, text_of, why},
};
use crate::model::sent::Unread;

const LARGEST_OLD: usize = 24 * 1024 * 1024;
/// Cells that its sheets may span: room is made for each, whether it is empty or not.
const MOST_SPANNED: u64 = 4_000_000;
/// Letters that its cells may come to.
const MOST_MADE: u64 = 128 * 1024 * 1024;

/// Reads what such a workbook shows.
pub(super) fn workbook(bytes: &[u8]) -> Result<Found, Unread> {
    if bytes.len() > LARGEST_OLD {
        return Err(Unread::TooLarge);
    }
    let Some(records) = old_records(bytes) else {
        // A newer one with a password lies in a container of the old kind that holds no workbook.
        return Err(if holds(bytes, "EncryptedPackage") { Unread::Locked } else { Unread::Damaged });
    };
    if made_of(&records).is_none_or(|made| made.cells > MOST_SPANNED || made.letters > MOST_MADE) {
        return Err(Unread::TooLarge);
    }
    // Read from a container of its own, or a second workbook hidden in the first could be the one that is read.
    let container = contained(&records).map_err(|_| Unread::Damaged)?;
    let mut book = Xls::new(Cursor::new(container)).map_err(|error| why(&error))?;
    let all = book.sheets_metadata().to_vec();
    sheets(&all, |name, sheet| {
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

/// What is made of an old workbook when it is read.
#[derive(Default)]
struct Made {
    cells: u64,
    letters: u64,
}

/// How many cells the sheets of an old workbook span, by what they say and by where their cells stand, and how many
/// letters are made of them: each cell gets a text of its own, also where all share one. `None` where sheets lie in each
/// other so often that reading them has no end.
fn made_of(records: &[u8]) -> Option<Made> {
    let globals = || Records(records).take_while(|(kind, _)| *kind != END);
    let strings = lengths(globals());
    // In formulas names are written out, each time.
    let longest = globals().filter_map(|(kind, data)| match kind {
        NAME => data.get(3),
        SHEET => data.get(6),
        _ => None,
    });
    let longest = u64::from(longest.max().copied().unwrap_or_default());
    let mut steps = records.len();
    let mut made = Made::default();
    for (_, data) in globals().filter(|(kind, _)| *kind == SHEET) {
        let at = data.first_chunk().and_then(|at| usize::try_from(u32::from_le_bytes(*at)).ok());
        let Some(sheet) = at.and_then(|at| records.get(at..)) else { continue };
        let cells = spanned_by(sheet, &mut steps, |kind, data| {
            let size = data.len() as u64;
            let letters = match kind {
                SHARED => strings.length(data.get(6..).and_then(long)),
                // A name takes five bytes.
                FORMULA => size + size / 5 * longest,
                TEXT | LABEL | RICH => size,
                _ => 0,
            };
            made.letters = made.letters.saturating_add(letters);
        });
        made.cells = made.cells.saturating_add(cells?);
        if made.cells > MOST_SPANNED || made.letters > MOST_MADE {
            break;
        }
    }
    Some(made)
}

/// The lengths of the texts that cells share.
#[derive(Default)]
struct Strings {
    each: Vec<u16>,
    longest: u16,
    /// They may be cut elsewhere: their letters are not of one or two bytes.
    unsure: bool,
}

impl Strings {
    fn length(&self, place: Option<u32>) -> u64 {
        let known = || self.each.get(usize::try_from(place?).ok()?).copied();
        u64::from(if self.unsure { u16::MAX } else { known().unwrap_or(self.longest) })
    }
}

fn lengths<'a>(records: impl Iterator<Item = (u16, &'a [u8])>) -> Strings {
    let mut strings = Strings::default();
    let mut records = records.peekable();
    while let Some((kind, data)) = records.next() {
        // What is written in two bytes, as all are that have such a table.
        strings.unsure |= kind == CODE_PAGE && short(data) != Some(1200);
        if kind != STRINGS {
            continue;
        }
        let mut pieces = vec![data.get(8..).unwrap_or_default()];
        while let Some((_, more)) = records.next_if(|(kind, _)| *kind == CONTINUED) {
            pieces.push(more);
        }
        // The last one counts.
        strings.each = table_of(&pieces);
        strings.longest = strings.each.iter().max().copied().unwrap_or_default();
    }
    strings.unsure &= !strings.each.is_empty();
    strings
}

/// As many texts as are whole; a text goes on in the next piece, there with a byte that says how wide its letters are.
fn table_of(pieces: &[&[u8]]) -> Vec<u16> {
    let mut pieces = pieces.iter().copied();
    let mut data = pieces.next().unwrap_or_default();
    let mut lengths = Vec::new();
    loop {
        if data.is_empty() {
            let Some(next) = pieces.next() else { return lengths };
            data = next;
        }
        let mut next = || -> Option<u16> {
            let (length, mut look) = (short(data)?, *data.get(2)?);
            data = &data[3..];
            let mut behind = 0;
            if look & 8 != 0 {
                behind += usize::from(short(data)?) * 4;
                data = &data[2..];
            }
            if look & 4 != 0 {
                behind += usize::try_from(long(data)?).ok()?;
                data = &data[4..];
            }
            let mut left = usize::from(length);
            loop {
                let wide = usize::from(look & 1) + 1;
                let here = left.min(data.len() / wide);
                data = &data[here * wide..];
                left -= here;
                if left == 0 {
                    break;
                }
                (look, data) = pieces.next()?.split_first().map(|(look, data)| (*look, data))?;
            }
            while behind > data.len() {
                behind -= data.len();
                data = pieces.next()?;
            }
            data = &data[behind..];
            Some(length)
        };
        match next() {
            Some(length) => lengths.push(length),
            None => return lengths,
        }
    }
}

fn short(data: &[u8]) -> Option<u16> {
    data.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn long(data: &[u8]) -> Option<u32> {
    data.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Kinds of records: [MS-XLS] 2.3.
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const MANY_FIGURES: u16 = 0x00BD;
const FORMULA: u16 = 0x0006;
const TEXT: u16 = 0x0207;
const LABEL: u16 = 0x0204;
const RICH: u16 = 0x00D6;
/// Names a text that cells share.
const SHARED: u16 = 0x00FD;
/// Of one cell: number, label (three kinds), truth or error, figure.
const CELLS: [u16; 6] = [0x0203, LABEL, RICH, SHARED, 0x0205, 0x027E];
const NAME: u16 = 0x0018;
const CODE_PAGE: u16 = 0x0042;
const STRINGS: u16 = 0x00FC;
const CONTINUED: u16 = 0x003C;

fn spanned_by(sheet: &[u8], steps: &mut usize, mut each: impl FnMut(u16, &[u8])) -> Option<u64> {
    let short = |data: &[u8], at: usize| short(data.get(at..)?);
    let long = |data: &[u8], at: usize| long(data.get(at..)?);
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
        if inside == 0 {
            each(kind, data);
        }
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
