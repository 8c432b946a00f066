//! A table as CSV: UTF-8 with its mark, so that spreadsheets read Chinese, and by RFC 4180. What a spreadsheet would take
//! for a formula begins with a quote mark, as they write text themselves: a result must not make one fetch anything.

use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::{cells::Cell, times};

pub(super) struct Comma<W: Write> {
    writer: csv::Writer<W>,
    zone: TimeZone,
}

impl<W: Write> Comma<W> {
    pub fn new(mut out: W, headings: &[String], zone: TimeZone) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        writer.write_record(headings.iter().map(|heading| guarded(heading))).map_err(not_written)?;
        Ok(Self { writer, zone })
    }

    pub fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        let cells = cells.iter().map(|cell| match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => guarded(text),
            Cell::Number(number) => number.to_string(),
            Cell::Decimal(number) => number.clone(),
            Cell::Time(at) => times::written(*at, &self.zone),
        });
        self.writer.write_record(cells).map_err(not_written)
    }

    pub fn done(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| error.into_error())
    }
}

/// The writer's own way to an error of the system forgets what kind it was.
fn not_written(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Blanks before the sign do not keep spreadsheets from it.
pub(super) fn guarded(text: &str) -> String {
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{3000}', '\u{feff}']).chars().next();
    // Full-width signs are signs to some, too.
    let formula = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '|'));
    // A negative number is one.
    if formula && text.parse::<f64>().is_err() { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "  =1", "＝1", "\r=1", "\u{3000}=1"] {
            assert_eq!(guarded(text), format!("'{text}"), "{text:?}");
        }
        for text in ["a=1", "-12.5", "", "合同", "'=1"] {
            assert_eq!(guarded(text), text, "it is no formula");
        }
    }
}
