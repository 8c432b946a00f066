//! Tables: workbooks and delimited text, with the figures of each column added up.

use std::io::Cursor;

use calamine::{Data, Reader, open_workbook_auto_from_rs};

use super::{Block, Column, Extracted, Problem, Remark, Table, Unit};

/// Rows that are read of one table.
const MOST_ROWS: usize = 20_000;
/// A workbook that unpacks to more than this is not read: its reader holds all of it in memory.
const MOST_BYTES: u64 = 300 * 1024 * 1024;

/// A cell: what it shows, and its value if it is a number to be added.
struct Cell {
    text: String,
    number: Option<f64>,
}

pub(super) fn workbook(bytes: &[u8]) -> Result<Extracted, Problem> {
    if unpacked_size(bytes) > MOST_BYTES {
        return Err(Problem::Unreadable);
    }
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| {
        let error = error.to_string().to_lowercase();
        if error.contains("password") || error.contains("encrypt") { Problem::Locked } else { Problem::Damaged }
    })?;
    let mut found = Extracted::default();
    let names = book.sheet_names();
    found.pages = Some((names.len(), Unit::Sheets));
    for name in names {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let rows: Vec<Vec<Cell>> = range.rows().take(MOST_ROWS).map(|row| row.iter().map(cell).collect()).collect();
        if range.height() > MOST_ROWS {
            found.remark = Some(Remark::OnlyTheFirstRows(MOST_ROWS));
        }
        if rows.iter().flatten().any(|cell| !cell.text.is_empty()) {
            found.blocks.push(Block::Heading(name.clone()));
            add(&mut found, name, &rows);
        }
    }
    Ok(found)
}

/// What an archive says it would take unpacked; a few kilobytes can claim gigabytes.
fn unpacked_size(bytes: &[u8]) -> u64 {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return 0 };
    (0..archive.len()).filter_map(|at| archive.by_index_raw(at).ok().map(|entry| entry.size())).sum()
}

fn cell(data: &Data) -> Cell {
    let (text, number) = match data {
        Data::Empty => (String::new(), None),
        Data::String(text) => (text.clone(), None),
        Data::Int(number) => (number.to_string(), Some(*number as f64)),
        Data::Float(number) => (trimmed(*number), Some(*number)),
        Data::Bool(value) => (value.to_string(), None),
        Data::DateTime(date) => {
            let (year, month, day, hour, minute, ..) = date.to_ymd_hms_milli();
            let time = if hour + minute > 0 { format!(" {hour:02}:{minute:02}") } else { String::new() };
            (format!("{year:04}-{month:02}-{day:02}{time}"), None)
        }
        other => (other.to_string(), None),
    };
    Cell { text, number }
}

/// A figure without the dust of binary fractions.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// CSV and the like; without a given delimiter the one that the first line has most of.
pub(super) fn delimited(text: &str, delimiter: Option<u8>) -> Result<Extracted, Problem> {
    let first = text.lines().next().unwrap_or_default();
    let count = |byte: u8| first.bytes().filter(|b| *b == byte).count();
    let delimiter = delimiter
        .unwrap_or_else(|| [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b','));
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records().take(MOST_ROWS) {
        let record = record.map_err(|_| Problem::Damaged)?;
        rows.push(record.iter().map(|text| Cell { text: text.trim().to_owned(), number: figure(text) }).collect());
    }
    let mut found = Extracted::default();
    add(&mut found, String::new(), &rows);
    Ok(found)
}

/// "1,234.50" and "12" are figures; "0471 12" and "2026-10-01" are not.
fn figure(text: &str) -> Option<f64> {
    let bare = text.trim().replace(',', "");
    let looks = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    if looks { bare.parse().ok() } else { None }
}

fn add(found: &mut Extracted, name: String, rows: &[Vec<Cell>]) {
    let filled = |row: &&Vec<Cell>| row.iter().any(|cell| !cell.text.is_empty());
    let rows: Vec<&Vec<Cell>> = rows.iter().filter(filled).collect();
    for row in &rows {
        let cells: Vec<&str> = row.iter().map(|cell| cell.text.as_str()).filter(|text| !text.is_empty()).collect();
        found.blocks.push(Block::Row(cells.join(" | ")));
    }
    // The first row names the columns if it has no figures.
    let Some((head, body)) = rows.split_first() else { return };
    if head.iter().any(|cell| cell.number.is_some()) {
        return;
    }
    // A total that is already there must not be added once more.
    let is_total = |row: &&&Vec<Cell>| {
        let text = row.iter().map(|cell| cell.text.to_lowercase()).find(|text| !text.is_empty()).unwrap_or_default();
        ["total", "sum", "subtotal", "grand total", "合计", "总计", "小计"]
            .contains(&text.trim_end_matches([':', '：']))
    };
    let body: Vec<&&Vec<Cell>> = body.iter().filter(|row| !is_total(row)).collect();
    let mut columns = Vec::new();
    for (at, heading) in head.iter().enumerate() {
        let numbers: Vec<f64> = body.iter().filter_map(|row| row.get(at)?.number).collect();
        let others = body
            .iter()
            .filter(|row| row.get(at).is_some_and(|cell| cell.number.is_none() && !cell.text.is_empty()))
            .count();
        if !heading.text.is_empty() && numbers.len() >= 2 && others == 0 && !is_label(&heading.text, &numbers) {
            columns.push(Column {
                name: heading.text.clone(),
                count: numbers.len(),
                sum: numbers.iter().sum(),
                least: numbers.iter().copied().fold(f64::INFINITY, f64::min),
                most: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            });
        }
    }
    found.tables.push(Table { name, rows: body.len(), columns });
}

/// Numbers that name something are not added: ids, years, postcodes, telephone numbers.
fn is_label(heading: &str, numbers: &[f64]) -> bool {
    let heading = heading.to_lowercase();
    let named = [
        "id", "no", "no.", "nr", "number", "year", "zip", "postcode", "phone", "序号", "编号", "年份", "年度", "电话",
        "邮编",
    ];
    let years = numbers.iter().all(|number| number.fract() == 0.0 && (1900.0..2100.0).contains(number));
    named.contains(&heading.as_str()) || years
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that finds nothing has failed
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_column_are_added_without_its_total() {
        let found =
            delimited("Date;Text;Amount\n2026-10-01;\"a; b\";1,100.50\n2026-10-02;c;10\nTotal;;1110.50\n", None)
                .unwrap();
        let table = &found.tables[0];
        assert_eq!((table.rows, table.columns.len()), (2, 1));
        assert_eq!((table.columns[0].name.as_str(), table.columns[0].sum), ("Amount", 1110.5));
        assert_eq!(found.blocks[1], Block::Row("2026-10-01 | a; b | 1,100.50".into()));
    }
}
