//! Almost-JSON to JSON: what Python writes and JSON forbids, and what parsers refuse for their own safety.

/// Deeper JSON than this is cut off: serde_json refuses 128 levels, and nobody reads them.
const DEEPEST: usize = 120;

/// Rewrites almost-JSON as JSON. Valid JSON comes out with the same meaning.
pub fn mend(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        // What is nested too deeply is read, but not written.
        let kept = depth <= DEEPEST;
        let rest = &bytes[at..];
        match rest[0] {
            b'"' => {
                let begin = out.len();
                at += mend_string(rest, &mut out);
                if !kept {
                    out.truncate(begin);
                }
                continue;
            }
            open @ (b'{' | b'[') => {
                depth += 1;
                if depth <= DEEPEST {
                    out.push(open);
                } else if depth == DEEPEST + 1 {
                    out.extend_from_slice(b"null");
                }
            }
            close @ (b'}' | b']') => {
                if kept {
                    out.push(close);
                }
                depth = depth.saturating_sub(1);
            }
            _ if !kept => {}
            b'N' if rest.starts_with(b"NaN") => {
                out.extend_from_slice(b"null");
                at += 3;
                continue;
            }
            b'-' if rest.starts_with(b"-Infinity") => {
                out.extend_from_slice(b"null");
                at += 9;
                continue;
            }
            b'I' if rest.starts_with(b"Infinity") => {
                out.extend_from_slice(b"null");
                at += 8;
                continue;
            }
            b'-' | b'0'..=b'9' => {
                let end = rest.iter().position(|byte| !b"+-.0123456789eE".contains(byte)).unwrap_or(rest.len());
                at += mend_number(&rest[..end], &mut out);
                continue;
            }
            other => out.push(other),
        }
        at += 1;
    }
    out
}

/// Copies a number; one that is too large for any becomes a text. Returns its length.
fn mend_number(number: &[u8], out: &mut Vec<u8>) -> usize {
    let value = std::str::from_utf8(number).ok().and_then(|text| text.parse::<f64>().ok());
    if value.is_some_and(f64::is_infinite) {
        out.push(b'"');
        out.extend_from_slice(number);
        out.push(b'"');
    } else {
        out.extend_from_slice(number);
    }
    number.len()
}

/// Copies the string literal `rest` begins with, mended; returns its length.
fn mend_string(rest: &[u8], out: &mut Vec<u8>) -> usize {
    out.push(b'"');
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'"' => {
                out.push(b'"');
                return at + 1;
            }
            b'\\' if rest.get(at + 1) == Some(&b'u') => match unicode_escape(&rest[at..]) {
                Some(0xD800..=0xDBFF) if matches!(unicode_escape(&rest[at + 6..]), Some(0xDC00..=0xDFFF)) => {
                    out.extend_from_slice(&rest[at..at + 12]);
                    at += 12;
                }
                Some(0xD800..=0xDFFF) => {
                    out.extend_from_slice(b"\\ufffd");
                    at += 6;
                }
                _ => {
                    out.extend_from_slice(b"\\u");
                    at += 2;
                }
            },
            b'\\' => {
                out.extend_from_slice(&rest[at..(at + 2).min(rest.len())]);
                at += 2;
            }
            control @ 0..0x20 => {
                out.extend_from_slice(format!("\\u{control:04x}").as_bytes());
                at += 1;
            }
            other => {
                out.push(other);
                at += 1;
            }
        }
    }
    rest.len()
}

fn unicode_escape(rest: &[u8]) -> Option<u32> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(bytes: &[u8]) -> Option<Value> {
        serde_json::from_slice(&mend(bytes)).ok()
    }

    #[test]
    fn what_python_writes_and_json_forbids_is_mended() {
        for (text, expected) in [
            (r#"{"a": NaN, "b": -Infinity, "c": Infinity}"#, json!({"a": null, "b": null, "c": null})),
            (r#"{"a": "NaN", "b": "\ud83e\udd9c"}"#, json!({"a": "NaN", "b": "🦜"})),
            (
                r#"["\ud83e", "\udd9c", "\ud83ex", "\\ud83e", NaN]"#,
                json!(["\u{fffd}", "\u{fffd}", "\u{fffd}x", "\\ud83e", null]),
            ),
            ("[\"a\tb\u{1}\"]", json!(["a\tb\u{1}"])),
            (
                r#"{"a": 1e999, "b": [-1E+400, -2.5e3], "c": "1e999"}"#,
                json!({"a": "1e999", "b": ["-1E+400", -2500.0], "c": "1e999"}),
            ),
        ] {
            assert_eq!(read(text.as_bytes()), Some(expected), "{text}");
        }
        assert_eq!(read(b"[\"\xff\"]"), Some(json!(["\u{fffd}"])), "broken UTF-8 costs one character");
    }

    #[test]
    fn endless_nesting_is_cut_off_and_the_rest_survives() {
        let deep = format!("{{\"deep\": {}1{}, \"status\": \"succeeded\"}}", "[".repeat(5000), "]".repeat(5000));
        let value = read(deep.as_bytes()).expect("the outer object is sound");
        assert_eq!(value["status"], "succeeded", "what stands beside the nesting is needed");
    }

    #[test]
    fn sound_json_keeps_its_meaning() {
        let text =
            r#"{"a": [1, -2.5e3, true, null, "\"\\\u00e9\ud83e\udd9c\n"], "b": {"c": {}}, "Infinity": "-Infinity"}"#;
        assert_eq!(read(text.as_bytes()), serde_json::from_str(text).ok(), "mending is for the broken only");
    }

    #[test]
    fn nothing_that_is_cut_or_spoilt_anywhere_makes_it_fall() {
        let text =
            r#"{"a": "\ud83e\udd9c \\ 你 \u12", "b": [NaN, -Infinity, {"c": Infinity}], "d": "\ud800\u"}"#.as_bytes();
        for at in 0..text.len() {
            read(&text[..at]);
            read(&text[at..]);
            for byte in [b'"', b'\\', b'u', b'{', b']', 0, 0xFF] {
                let mut spoilt = text.to_vec();
                spoilt[at] = byte;
                read(&spoilt);
            }
        }
    }
}
