//! Goldens: how values are written so that people can read them, and how they are compared.

use std::{env, fmt::Write as _, fs};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::recording::folder;

/// Longer texts are told by their beginning, length and hash.
const LONGEST: usize = 160;
const BEGINNING: usize = 60;

/// Compares `text` with the golden file, or writes it when asked to. The first differing line is told.
pub fn check(file: &str, text: &str, how: &str) {
    let path = folder().join(file);
    if env::var_os("FLOWDECK_WRITE_GOLDEN").is_some() {
        fs::write(&path, text).expect("a writable golden");
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let differing = golden.lines().zip(text.lines()).enumerate().find(|(_, (golden, text))| golden != text);
    if let Some((at, (golden, text))) = differing {
        panic!("{file}, {how}, line {}:\n  golden {golden}\n  now    {text}", at + 1);
    }
    assert_eq!(golden.lines().count(), text.lines().count(), "{file}, {how}: one has more lines than the other");
}

/// One line per entry of the outermost two levels; what is null or empty there is left out.
pub fn pretty(value: &Value) -> String {
    let mut text = String::from("{\n");
    for (key, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(entries) if key == "head" => {
                let _ = writeln!(text, "  \"{key}\": {{");
                for (key, value) in entries.iter().filter(|(_, value)| !is_nothing(value)) {
                    let _ = writeln!(text, "    \"{key}\": {},", line(value));
                }
                text.push_str("  },\n");
            }
            Value::Array(entries) if !entries.is_empty() => {
                let _ = writeln!(text, "  \"{key}\": [");
                for entry in entries {
                    let _ = writeln!(text, "    {},", line(&without_nothing(entry)));
                }
                text.push_str("  ],\n");
            }
            value => {
                let _ = writeln!(text, "  \"{key}\": {},", line(value));
            }
        }
    }
    // The last comma of each list is one too many.
    let lines: Vec<&str> = text.lines().collect();
    let mut sound = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        let closes = lines.get(at + 1).is_none_or(|next| next.trim_start().starts_with(['}', ']']));
        let line = if closes { line.strip_suffix(',').unwrap_or(line) } else { line };
        sound.push_str(line);
        sound.push('\n');
    }
    sound + "}\n"
}

fn line(value: &Value) -> String {
    cut_texts(value).to_string()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn without_nothing(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries
            .iter()
            .filter(|(_, value)| !is_nothing(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn cut_texts(value: &Value) -> Value {
    match value {
        Value::String(text) => cut(text).into(),
        Value::Array(list) => list.iter().map(cut_texts).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), cut_texts(value))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// The text, or its beginning with its length and hash.
pub fn cut(text: &str) -> String {
    let characters = text.chars().count();
    if characters <= LONGEST {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(BEGINNING).collect();
    format!("{beginning}… ({characters} characters, {})", hash(text.as_bytes()))
}

/// The first 32 bits of SHA-256.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `{:#?}` with its long lines cut, and with lone entries in one line with their brackets.
pub fn debug(value: &impl std::fmt::Debug) -> String {
    let all = format!("{value:#?}");
    let mut lines = all.lines();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let mut line = line.to_owned();
        // `Some(`, `"text",`, `),` and the like.
        if line.ends_with('(') {
            let mut ahead = lines.clone();
            if let (Some(entry), Some(close)) = (ahead.next(), ahead.next())
                && close.trim_start().starts_with(')')
            {
                line += entry.trim().trim_end_matches(',');
                line += close.trim();
                lines = ahead;
            }
        }
        text.push_str(&line[..indent]);
        text.push_str(&cut(&line[indent..]));
        text.push('\n');
    }
    text
}
