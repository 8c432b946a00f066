//! Text of any encoding, Markdown, JSON and XML.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde_json::Value;

use super::xml::{Token, walk};
use super::{Block, Extracted, Problem, reflow};

/// Bytes to text: a byte order mark, else UTF-16 by its zeros, else UTF-8, else a guess among the old encodings.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Problem> {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => zeros(bytes).unwrap_or_else(|| guess(bytes)),
    };
    let (text, _, _) = encoding.decode(bytes);
    let odd = text.chars().filter(|c| *c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())).count();
    if odd * 20 > text.chars().count() {
        return Err(Problem::NotText);
    }
    Ok(text.into_owned())
}

/// UTF-16 without a mark shows in Latin text: every other byte is zero.
fn zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(2000) & !1];
    let (mut even, mut odd) = (0, 0);
    for pair in sample.chunks_exact(2) {
        even += usize::from(pair[0] == 0);
        odd += usize::from(pair[1] == 0);
    }
    let many = sample.len() / 2 * 3 / 10;
    if many == 0 {
        None
    } else if odd > many && even == 0 {
        Some(UTF_16LE)
    } else if even > many && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow)
}

pub(super) fn text(text: &str) -> Extracted {
    Extracted { blocks: reflow::paragraphs(&[text.to_owned()], reflow::Source::Typed), ..Extracted::default() }
}

/// Markdown: its marks are taken off, its headings kept. Plain text passes through as it is.
pub(super) fn markdown(text: &str) -> Extracted {
    let mut found = Extracted::default();
    let mut paragraph: Vec<String> = Vec::new();
    let mut fenced = false;
    let flush = |paragraph: &mut Vec<String>, blocks: &mut Vec<Block>| {
        if !paragraph.is_empty() {
            blocks.extend(reflow::paragraphs(&[std::mem::take(paragraph).join("\n")], reflow::Source::Typed));
        }
    };
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            fenced = !fenced;
            flush(&mut paragraph, &mut found.blocks);
        } else if !fenced && bare.starts_with('#') && bare.trim_start_matches('#').starts_with(' ') {
            flush(&mut paragraph, &mut found.blocks);
            let heading = unmarked(bare.trim_start_matches('#'));
            found.title.get_or_insert_with(|| heading.clone());
            found.blocks.push(Block::Heading(heading));
        } else if !fenced && bare.len() > 1 && bare.starts_with('|') && bare.ends_with('|') {
            flush(&mut paragraph, &mut found.blocks);
            let cells: Vec<String> = bare.trim_matches('|').split('|').map(|cell| unmarked(cell.trim())).collect();
            if !cells.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':' | ' '))) {
                found.blocks.push(Block::Row(cells.join(" | ")));
            }
        } else if !fenced && let Some(item) = list_item(bare) {
            flush(&mut paragraph, &mut found.blocks);
            paragraph.push(unmarked(item));
        } else if bare.is_empty() {
            flush(&mut paragraph, &mut found.blocks);
        } else {
            paragraph.push(unmarked(bare.trim_start_matches("> ")));
        }
    }
    flush(&mut paragraph, &mut found.blocks);
    found
}

fn list_item(line: &str) -> Option<&str> {
    ["- ", "* ", "+ ", "• "].iter().find_map(|mark| line.strip_prefix(mark))
}

/// Emphasis and links lose their marks, not their words.
fn unmarked(text: &str) -> String {
    let text = text.replace("**", "").replace("__", "").replace('`', "");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(open) = rest.find('[') {
        let linked = rest[open..].find("](").and_then(|middle| {
            let close = rest[open + middle..].find(')')?;
            Some((open + middle, open + middle + close))
        });
        let Some((middle, close)) = linked else { break };
        out.push_str(rest[..open].trim_end_matches('!'));
        out.push_str(&rest[open + 1..middle]);
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    out.trim().to_owned()
}

/// JSON: the texts in it, each with the path that leads to it. Lines of JSON are taken one by one.
pub(super) fn json(text: &str) -> Extracted {
    let mut found = Extracted::default();
    if let Ok(value) = serde_json::from_str(text) {
        leaves(&value, String::new(), &mut found.blocks);
    } else {
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for (number, value) in lines.enumerate() {
            leaves(&value, format!("{}", number + 1), &mut found.blocks);
        }
        if found.blocks.is_empty() {
            return self::text(text);
        }
    }
    found
}

fn leaves(value: &Value, path: String, blocks: &mut Vec<Block>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Null => {}
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, below(key), blocks)),
        Value::Array(items) => items.iter().for_each(|value| leaves(value, path.clone(), blocks)),
        // A text of several words is prose; anything shorter is a value that needs its name.
        Value::String(text) if text.split_whitespace().count() > 7 || text.chars().count() > 60 => {
            blocks.push(Block::Paragraph(text.clone()));
        }
        Value::String(text) => blocks.push(Block::Row(format!("{path}: {text}"))),
        other => blocks.push(Block::Row(format!("{path}: {other}"))),
    }
}

/// XML: the text of each element that has text.
pub(super) fn xml(text: &str) -> Extracted {
    let mut found = Extracted::default();
    let mut part = String::new();
    walk(text, |token| match token {
        Token::Text(text) => part.push_str(&text),
        Token::Open(..) | Token::Close(_) => {
            let text = part.trim();
            if !text.is_empty() {
                let prose = text.split_whitespace().count() > 5 || text.chars().count() > 60;
                found.blocks.push(if prose { Block::Paragraph(text.to_owned()) } else { Block::Row(text.to_owned()) });
            }
            part.clear();
        }
    });
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that finds nothing has failed
mod tests {
    use super::*;

    #[test]
    fn old_encodings_are_recognised() {
        let sentence = "关于年度考核工作的通知：根据单位安排，定于十二月一日开展年度考核。";
        let (gbk, _, _) = encoding_rs::GBK.encode(sentence);
        assert_eq!(decode(&gbk).unwrap(), sentence);
        let utf16: Vec<u8> = "The committee met.".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16).unwrap(), "The committee met.");
        assert_eq!(decode(b"\xef\xbb\xbfcaf\xc3\xa9").unwrap(), "café");
        assert_eq!(decode(b"Caf\xe9 M\xfcller, Stra\xdfe").unwrap(), "Café Müller, Straße");
    }

    #[test]
    fn markdown_keeps_its_words_and_its_headings() {
        let found = markdown(
            "# Notes\n\nSee **the** [plan](http://x) of `May`.\n\n- one item\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        );
        let expected = [
            Block::Heading("Notes".into()),
            Block::Paragraph("See the plan of May.".into()),
            Block::Paragraph("one item".into()),
            Block::Row("a | b".into()),
            Block::Row("1 | 2".into()),
        ];
        assert_eq!(found.blocks, expected);
    }
}
