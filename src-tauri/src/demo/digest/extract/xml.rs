//! XML as a flat run of tokens, which is all that the Office formats need.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Problem;

/// No entry of an archive is read further than this, however well it was compressed.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

pub(super) enum Token {
    /// A start tag: its name without prefix, and its attributes without prefixes.
    Open(String, Vec<(String, String)>),
    Close(String),
    Text(String),
}

/// Calls `each` for every token; stops silently where the XML breaks, because half a document is better than none.
pub(super) fn walk(xml: &str, mut each: impl FnMut(Token)) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => each(open(&tag)),
            Ok(Event::Empty(tag)) => {
                each(open(&tag));
                each(Token::Close(name(&tag)));
            }
            Ok(Event::End(tag)) => each(Token::Close(tag.local_name().as_ref().to_owned())),
            Ok(Event::Text(text)) => each(Token::Text(text.xml10_content().into_owned())),
            Ok(Event::CData(text)) => each(Token::Text(text.xml10_content().into_owned())),
            Ok(Event::GeneralRef(entity)) => {
                let known = match entity.resolve_char_ref() {
                    Ok(Some(letter)) => Some(letter),
                    _ => match &*entity.xml10_content() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => None,
                    },
                };
                if let Some(letter) = known {
                    each(Token::Text(letter.to_string()));
                }
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn name(tag: &BytesStart<'_>) -> String {
    tag.local_name().as_ref().to_owned()
}

fn open(tag: &BytesStart<'_>) -> Token {
    let attributes = tag.attributes().flatten();
    let pairs =
        attributes.map(|attribute| (attribute.key.local_name().as_ref().to_owned(), attribute.value.to_string()));
    Token::Open(name(tag), pairs.collect())
}

/// An archive of parts, as Office files are.
pub(super) struct Package<'a> {
    archive: zip::ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Problem> {
        if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            // A locked Office file is a container of the old kind around the new one.
            return Err(Problem::Locked);
        }
        let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Problem::Damaged)?;
        Ok(Self { archive })
    }

    /// The names of the parts that match, in the order of the numbers in them.
    pub fn names(&self, matches: impl Fn(&str) -> bool) -> Vec<String> {
        let mut names: Vec<String> =
            self.archive.file_names().flatten().filter(|name| matches(name)).map(|name| name.into_owned()).collect();
        let number =
            |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap_or(0);
        names.sort_by(|a, b| number(a).cmp(&number(b)).then_with(|| a.cmp(b)));
        names
    }

    pub fn part(&mut self, name: &str) -> Option<String> {
        let entry = self.archive.by_name(name).ok()?;
        let mut bytes = Vec::new();
        entry.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The text of the first element of a name.
pub(super) fn first(xml: &str, element: &str) -> Option<String> {
    let mut inside = false;
    let mut found: Option<String> = None;
    walk(xml, |token| match token {
        Token::Open(name, _) if name == element && found.is_none() => inside = true,
        Token::Close(name) if name == element => inside = false,
        Token::Text(text) if inside => found.get_or_insert_default().push_str(&text),
        _ => {}
    });
    found.filter(|text| !text.trim().is_empty())
}
