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

/// A text that is no formula, nor has one where another separator than the comma parts it: spreadsheets of many
/// countries part cells by semicolons and pasted ones by tabs, and then a line that is quoted here ends its row.
pub(super) fn guarded(text: &str) -> String {
    let first = text.trim_start_matches(BLANKS).chars().next();
    let formula = match first {
        Some('\t' | '\r' | '\n' | '|') => true,
        Some(c) => is_sign(c),
        None => false,
    };
    let mut out = String::with_capacity(text.len() + 1);
    // A negative number is one.
    if formula && text.parse::<f64>().is_err() {
        out.push('\'');
    }
    let mut line = Line { text, letter: 0, end: 0 };
    let mut begin = 0;
    for (place, piece) in text.split_inclusive([';', '\t', '\r', '\n']).enumerate() {
        // A quote that begins here is none to who parts cells otherwise.
        let from = piece.find(|c| c != '"' && !BLANKS.contains(&c)).unwrap_or(piece.len());
        let (before, rest) = piece.split_at(from);
        out.push_str(before);
        if place > 0 && is_formula(rest, || line.has_letter(begin + from)) {
            out.push('\'');
        }
        out.push_str(rest);
        begin += piece.len();
    }
    out
}

/// They do not keep spreadsheets from the sign behind them.
const BLANKS: [char; 4] = [' ', '\u{a0}', '\u{3000}', '\u{feff}'];

/// Full-width signs are signs to some, too.
fn is_sign(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

/// The next letter of a text and the next end of a line. Asked about places that only go on, it looks for each of them
/// once, however many ask.
struct Line<'a> {
    text: &'a str,
    letter: usize,
    end: usize,
}

impl Line<'_> {
    /// Whether the line has a letter from this place on.
    fn has_letter(&mut self, from: usize) -> bool {
        let on = &self.text[from..];
        if self.letter < from {
            self.letter = on.find(char::is_alphanumeric).map_or(self.text.len(), |at| from + at);
        }
        if self.end < from {
            self.end = on.find(['\t', '\r', '\n']).map_or(self.text.len(), |at| from + at);
        }
        self.letter < self.end
    }
}

/// Whether what stands within a text begins a formula. Numbers, items of lists and drawn lines are none: an item may
/// name a cell, but neither calls anything nor leads anywhere. `letter_on`: its line has a letter from there on.
fn is_formula(piece: &str, letter_on: impl FnOnce() -> bool) -> bool {
    let Some(sign) = piece.chars().next().filter(|c| is_sign(*c)) else { return false };
    if !matches!(sign, '+' | '-' | '＋' | '－') {
        // Who parts cells by tabs reads on behind a semicolon.
        return letter_on();
    }
    if !piece.contains(char::is_alphanumeric) {
        return false;
    }
    let rest = &piece[sign.len_utf8()..];
    let calls = rest.contains(['(', '|', '!', '（', '｜', '！']);
    let counts = rest.chars().all(|c| !is_sign(c) && !matches!(c, '*' | '/' | '^' | '&' | '<' | '>'));
    let number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') && counts;
    let item = rest.starts_with(BLANKS);
    calls || !(number || item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t1", "  =1", "＝1", "\r1", "\u{3000}=1"] {
            assert_eq!(guarded(text), format!("'{text}"), "{text:?}");
        }
        assert_eq!([guarded("\t=1"), guarded("\r=1")], ["'\t'=1", "'\r'=1"], "one behind a tab or a line, too");
        for text in ["a=1", "-12.5", "", "合同", "'=1"] {
            assert_eq!(guarded(text), text, "it is no formula");
        }
    }

    #[test]
    fn no_text_is_one_where_it_is_parted_otherwise() {
        let evil = "=cmd|' /C calc'!A0";
        for text in [
            format!("a;{evil}"),
            format!("a\t{evil}"),
            format!("a\n{evil}"),
            format!("a\r{evil};b"),
            format!("a; \u{3000}{evil}"),
            format!("a;\"{evil};"),
            format!("a\n \"\" {evil}"),
            "a;+SUM(1)".to_owned(),
            "a;- HYPERLINK(\"https://a.example\")".to_owned(),
            "a\n- cmd|' /C calc'!A0".to_owned(),
            "a\t=';'!A1&WEBSERVICE(B1)\tz".to_owned(),
            "a;@SUM(A1)".to_owned(),
            "a;＝1".to_owned(),
            "a;-2+3".to_owned(),
            "-1;=1".to_owned(),
        ] {
            let mut comma = Comma::new(Vec::new(), &["a", "b", "c"].map(str::to_owned), TimeZone::UTC).expect("begun");
            comma.row(&[Cell::Number(1.0), Cell::Text(text.clone()), Cell::Number(-1.0)]).expect("written");
            let bytes = comma.done().expect("written");
            for separator in *b",;\t" {
                let mut reader = csv::ReaderBuilder::new();
                let mut reader =
                    reader.has_headers(false).flexible(true).delimiter(separator).from_reader(bytes.as_slice());
                let rows = reader.records().map(|row| row.expect("a row"));
                for cell in rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()) {
                    let first = cell.trim_start_matches([' ', '\u{3000}', '\u{feff}']).chars().next();
                    let formula = matches!(first, Some('=' | '+' | '-' | '@' | '＝')) && cell.parse::<f64>().is_err();
                    assert!(!formula, "{text:?} has {cell:?} by {:?}", char::from(separator));
                }
            }
        }
    }

    #[test]
    fn what_people_write_stays_readable() {
        for text in [
            "12; -5; +3.5",
            "At night;-5 °C;\n-12,5 % by day",
            "a\n- an item\n- another one\n\n---\n\n=====",
            "Call\n+49 30 1234",
            "a = 1; b = 2",
            "1 - 2\n3 + 4",
            "mail;a@b.example",
        ] {
            assert_eq!(guarded(text), text);
        }
        assert_eq!(guarded("a; =1\n@b"), "a; '=1\n'@b", "the mark stands before the sign");
    }

    #[test]
    fn no_text_takes_longer_than_it_is_long() {
        // Looked at from each sign to the end of the line, these are some hundred thousand million characters.
        let signs = ";=".repeat(300_000);
        assert!(guarded(&signs) == signs, "without a letter there is no formula");
        assert!(guarded(&format!("{signs}\na;@b")) == format!("{signs}\na;'@b"), "those of another line are none");
        assert!(guarded(&format!("{signs}a")) == format!("{}a", ";'=".repeat(300_000)), "it may be read as one cell");
    }
}
