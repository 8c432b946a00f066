//! Names of files, as they are sent and as they come: none is trusted to be written the way it was meant.

use reqwest::header::{CONTENT_DISPOSITION, HeaderMap};

use crate::model::capability::major_minor;

/// Refused by servers up to 1.12 (server-1.12.1.md §4), and `;`, where careless readers end the name.
const REFUSED: &str = "/\\:*?\"<>|;";
/// Refused by later ones, and what firewalls in front of servers take for an attack.
const REFUSED_LATER: &str = "/\\\";";
/// The first version that takes the others.
const LATER: (u32, u32) = (1, 13);

/// A name every server takes, whatever its version.
pub fn sent_name(name: &str) -> String {
    name_without(REFUSED, name)
}

/// The name as this server takes it, as near to the file's own as it allows.
pub fn sent_name_for(version: Option<&str>, name: &str) -> String {
    let later = version.and_then(major_minor).is_some_and(|version| version >= LATER);
    name_without(if later { REFUSED_LATER } else { REFUSED }, name)
}

/// All servers cut names at 200 characters. The extension decides kind and size limit, so it stays.
fn name_without(refused: &str, name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| if c.is_control() || refused.contains(c) { '_' } else { c })
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .collect();
    let clean = clean.trim();
    let (stem, extension) = match clean.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.chars().count() <= 20 => (stem, Some(extension)),
        _ => (clean, None),
    };
    let room = 180 - extension.map_or(0, |extension| extension.chars().count() + 1);
    let stem: String = stem.chars().take(room).collect();
    match extension {
        Some(extension) => format!("{stem}.{extension}"),
        None if stem.is_empty() => "file".to_owned(),
        None => stem,
    }
}

/// `filename*=UTF-8''…` before `filename="…"`. The latter is read as what it was written in: UTF-8, or what the server's
/// own system writes.
pub(super) fn disposition_name(headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(CONTENT_DISPOSITION)?.as_bytes();
    let value = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let mut guess = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            guess.feed(bytes, true);
            guess.guess(None, chardetng::Utf8Detection::Deny).decode(bytes).0.into_owned()
        }
    };
    let lower = value.to_ascii_lowercase();
    let parameter = |name: &str| {
        // Not the end of another parameter's name.
        let begins = |at: &usize| !value[..*at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
        let at = lower.match_indices(name).map(|(at, _)| at).find(begins)? + name.len();
        let rest = value[at..].trim_start();
        Some(match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => rest.split(';').next().unwrap_or_default().trim(),
        })
    };
    let extended = parameter("filename*=").and_then(extended);
    let name = extended.or_else(|| parameter("filename=").map(|name| unscrambled(&percent_decoded(name))))?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim_matches('.').trim();
    (!name.is_empty()).then(|| sent_name(name))
}

/// `charset'language'percent-encoded`, as RFC 5987 says.
fn extended(text: &str) -> Option<String> {
    let mut parts = text.trim_matches('"').splitn(3, '\'');
    let (charset, _, name) = (parts.next()?, parts.next()?, parts.next()?);
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    Some(encoding.decode(&percent_bytes(name)).0.into_owned())
}

/// A name whose UTF-8 somebody on the way took for Latin letters ("æŠ¥å‘Š.pdf"), as it was meant.
pub fn unscrambled(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    // Both ways to take bytes for letters: as they are numbered, and as Windows draws them.
    let numbered: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let drawn = || {
        let (bytes, _, unmappable) = encoding_rs::WINDOWS_1252.encode(name);
        (!unmappable).then(|| bytes.into_owned())
    };
    let meant = numbered.or_else(drawn).and_then(|bytes| String::from_utf8(bytes).ok());
    meant.unwrap_or_else(|| name.to_owned())
}

fn percent_decoded(text: &str) -> String {
    String::from_utf8_lossy(&percent_bytes(text)).into_owned()
}

fn percent_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_whose_letters_were_mistaken_is_read_as_it_was_meant() {
        for (came, meant) in [
            ("æ\u{8a}¥å\u{91}\u{8a}.pdf", "报告.pdf"),
            ("æŠ¥å‘Š.pdf", "报告.pdf"),
            ("GrÃ¼ÃŸe.txt", "Grüße.txt"),
            ("Grüße.txt", "Grüße.txt"),
            ("报告.pdf", "报告.pdf"),
            ("plain.txt", "plain.txt"),
        ] {
            assert_eq!(unscrambled(came), meant, "{came}");
        }
    }

    #[test]
    fn a_servers_header_names_the_file_in_every_way_there_is() {
        for (header, name) in [
            ("attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf", Some("报告.pdf")),
            ("attachment; filename=\"x.bin\"; filename*=UTF-8''a%20b.pdf", Some("a b.pdf")),
            ("attachment; filename*=gbk''%B1%A8%B8%E6.pdf", Some("报告.pdf")),
            ("attachment; filename=\"..\\..\\a/b.pdf\"", Some("b.pdf")),
            ("attachment; filename=plain.pdf; size=3", Some("plain.pdf")),
            ("inline", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_DISPOSITION, header.parse().expect("a header"));
            assert_eq!(disposition_name(&headers).as_deref(), name, "{header}");
        }
    }
}
