//! Archives of XML, as office files are: parts, read no further than is bearable, as a flat run of tokens.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::model::sent::Unread;

/// A few kilobytes can be packed to unpack to gigabytes: this is what a document may unpack to, all in all.
pub(super) const MOST_UNPACKED: u64 = if cfg!(test) { 4 } else { 192 } * 1024 * 1024;
const LARGEST_PART: u64 = 48 * 1024 * 1024;
const MOST_PARTS: usize = 20_000;

pub(super) enum Token<'a> {
    /// A start tag: its name without prefix.
    Open(&'a str, Attributes<'a>),
    Close(&'a str),
    Text(&'a str),
}

/// Of a start tag, read when they are asked for: most tags' are of no interest.
pub(super) struct Attributes<'a>(Option<&'a BytesStart<'a>>);

impl Attributes<'_> {
    /// By its name without prefix.
    pub fn get(&self, wanted: &str) -> Option<String> {
        let named = self.0?.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == wanted)?;
        Some(unescaped(&named.value))
    }

    /// By its name with prefix, where the same name stands twice.
    pub fn get_prefixed(&self, wanted: &str) -> Option<String> {
        let named = self.0?.attributes().flatten().find(|attribute| attribute.key.as_ref() == wanted)?;
        Some(unescaped(&named.value))
    }
}

fn unescaped(value: &str) -> String {
    quick_xml::escape::unescape(value).map_or_else(|_| value.to_owned(), std::borrow::Cow::into_owned)
}

/// Calls `each` for every token until it says that it has enough; stops silently where the XML breaks, because half a
/// document is better than none.
pub(super) fn walk(xml: &str, mut each: impl FnMut(Token<'_>) -> bool) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    loop {
        let more = match reader.read_event() {
            Ok(Event::Start(tag)) => each(Token::Open(tag.local_name().as_ref(), Attributes(Some(&tag)))),
            Ok(Event::Empty(tag)) => {
                each(Token::Open(tag.local_name().as_ref(), Attributes(Some(&tag))))
                    && each(Token::Close(tag.local_name().as_ref()))
            }
            Ok(Event::End(tag)) => each(Token::Close(tag.local_name().as_ref())),
            Ok(Event::Text(text)) => each(Token::Text(&text.xml10_content())),
            Ok(Event::CData(text)) => each(Token::Text(&text.xml10_content())),
            Ok(Event::GeneralRef(entity)) => {
                let letter = match entity.resolve_char_ref() {
                    Ok(Some(letter)) => Some(letter),
                    _ => named(&entity.xml10_content()),
                };
                letter.is_none_or(|letter| each(Token::Text(letter.encode_utf8(&mut [0; 4]))))
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => true,
        };
        if !more {
            return;
        }
    }
}

fn named(entity: &str) -> Option<char> {
    Some(match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}

/// An archive of parts.
pub(super) struct Package<'a> {
    archive: zip::ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Unread> {
        if is_container(bytes) {
            return Err(Unread::Locked);
        }
        let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unread::Damaged)?;
        if archive.len() > MOST_PARTS {
            return Err(Unread::TooLarge);
        }
        Ok(Self { archive, left: MOST_UNPACKED })
    }

    pub fn part(&mut self, name: &str) -> Option<String> {
        let entry = self.archive.by_name(name).ok()?;
        let mut bytes = Vec::new();
        entry.take(self.left.min(LARGEST_PART)).read_to_end(&mut bytes).ok()?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(wrong) => String::from_utf8_lossy(wrong.as_bytes()).into_owned(),
        })
    }

    /// Unpacks all of it into nothing, to see how much it is: what an archive says of itself is only a word.
    pub fn unpacks_within(&mut self, most: u64) -> bool {
        let mut left = most;
        for at in 0..self.archive.len() {
            let Ok(entry) = self.archive.by_index(at) else { continue };
            left = left.saturating_sub(std::io::copy(&mut entry.take(left), &mut std::io::sink()).unwrap_or(0));
            if left == 0 {
                return false;
            }
        }
        true
    }

    /// What the relations of a part lead to, by their ids.
    pub fn relations(&mut self, part: &str) -> HashMap<String, String> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let mut targets = HashMap::new();
        let Some(xml) = self.part(&format!("{folder}/_rels/{name}.rels")) else { return targets };
        walk(&xml, |token| {
            if let Token::Open("Relationship", attributes) = token
                && let (Some(id), Some(target)) = (attributes.get("Id"), attributes.get("Target"))
            {
                targets.insert(id, beside(folder, &target));
            }
            true
        });
        targets
    }
}

/// The container of Office files before 2007, which is also what one with a password is put into.
pub(super) fn is_container(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xd0\xcf\x11\xe0")
}

/// Where a relative name leads to inside of an archive.
pub(super) fn beside(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    path.join("/")
}
