//! What servers send for a text, a number, a date or an object, in every shape seen (api.md §1.3, §1.4):
//! read without ever failing, because one odd field must not cost the user a run.

use serde_json::{Map, Value};

use super::error::Error;
use crate::model::{Millis, mend::mend};

/// Reads JSON. What Python may write and JSON forbids (`NaN`, lone surrogates, raw control characters,
/// broken UTF-8, endless nesting) is mended once before giving up.
pub fn json(bytes: &[u8], what: &'static str) -> Result<Value, Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).or_else(|_| {
        serde_json::from_slice(&mend(bytes)).map_err(|error| Error::Decode {
            what,
            // serde_json's own text may quote contents.
            reason: format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column()),
        })
    })
}

/// Like [`json`], for a text that holds JSON, as run details do.
pub fn json_text(text: &str) -> Option<Value> {
    json(text.as_bytes(), "text").ok()
}

/// A text; numbers and flags are written out, other shapes are none.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A text for reading, such as an error: objects and lists become JSON.
pub fn any_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
        simple => text(simple),
    }
}

/// A whole number from an integer, a float or a text of digits.
pub fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| float_to_int(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| float_to_int(text.parse().ok()?))
        }
        _ => None,
    }
}

fn float_to_int(float: f64) -> Option<i64> {
    // 2^53: beyond it a float is no exact count of anything.
    (float.is_finite() && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i64)
}

/// A count that fits the model; negative or huge ones are none.
pub fn count(value: &Value) -> Option<u32> {
    int(value).and_then(|int| u32::try_from(int).ok())
}

/// A finite number, also from text.
pub fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|float| float.is_finite())
}

/// A flag, also as `"true"`, `"1"`, `"yes"`, `"on"`, `"enabled"` and as a number.
pub fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "enabled" => Some(true),
            "false" | "0" | "no" | "off" | "disabled" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An object, or a text that holds one; anything else that is not null stands under `fallback`.
pub fn object(value: Value, fallback: &str) -> Map<String, Value> {
    let value = match value {
        Value::String(text) => match json_text(&text) {
            Some(inner @ (Value::Object(_) | Value::Null)) => inner,
            _ if text.trim().is_empty() => Value::Null,
            _ => Value::String(text),
        },
        other => other,
    };
    match value {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        other => Map::from_iter([(fallback.to_owned(), other)]),
    }
}

/// A moment: Unix seconds or milliseconds as number or digits, RFC 2822, or ISO 8601 (naive ones are UTC).
pub fn moment(value: &Value) -> Option<Millis> {
    if let Some(number) = float(value) {
        if number <= 0.0 {
            return None;
        }
        // Seconds pass 10^11 in the year 5138; milliseconds passed it in 1973.
        let millis = if number < 1e11 { number * 1000.0 } else { number };
        return float_to_int(millis.round());
    }
    let text = value.as_str()?.trim();
    iso_8601(text).or_else(|| rfc_2822(text))
}

fn iso_8601(text: &str) -> Option<Millis> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    if rest.is_empty() {
        return millis(year, month, day, 0.0);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    let offset = match zone {
        "" | "Z" | "z" => 0,
        zone => zone_seconds(zone)?,
    };
    millis(year, month, day, clock_seconds(clock)? - offset as f64)
}

fn rfc_2822(text: &str) -> Option<Millis> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest).trim();
    let mut words = text.split_ascii_whitespace();
    let day = number(words.next()?)?;
    let month = words.next()?.get(..3)?.to_ascii_lowercase();
    let month = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        .iter()
        .position(|name| *name == month)?;
    let year = number(words.next()?)?;
    let clock = clock_seconds(words.next()?)?;
    let offset = match words.next().unwrap_or("GMT") {
        zone if zone.starts_with(['+', '-']) => zone_seconds(zone)?,
        _ => 0,
    };
    millis(year, month as i64 + 1, day, clock - offset as f64)
}

fn clock_seconds(clock: &str) -> Option<f64> {
    let mut parts = clock.split(':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let seconds = match parts.next() {
        Some(text) if text.starts_with(|c: char| c.is_ascii_digit()) => text.parse::<f64>().ok()?,
        Some(_) => return None,
        None => 0.0,
    };
    (hours < 24 && minutes < 60 && seconds < 61.0).then(|| (hours * 3600 + minutes * 60) as f64 + seconds)
}

/// `+08:00`, `+0800`, `-05`
fn zone_seconds(zone: &str) -> Option<i64> {
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = (number(digits.get(..2)?)?, digits.get(2..).filter(|rest| !rest.is_empty()));
    let minutes = minutes.map_or(Some(0), number)?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn number(digits: &str) -> Option<i64> {
    (!digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

/// Howard Hinnant's days_from_civil.
fn millis(year: i64, month: i64, day: i64, seconds: f64) -> Option<Millis> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    Some(days * 86_400_000 + (seconds * 1000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_is_read_in_every_form_servers_used() {
        for (value, expected) in [
            (json!(1705407629), Some(1705407629000)),
            (json!(1705407629.25), Some(1705407629250)),
            (json!("1705407629"), Some(1705407629000)),
            (json!(1705407629123_i64), Some(1705407629123)),
            (json!("Thu, 17 Oct 2024 10:54:18 -0000"), Some(1729162458000)),
            (json!("Thu, 17 Oct 2024 18:54:18 +0800"), Some(1729162458000)),
            (json!("17 Oct 2024 10:54:18 GMT"), Some(1729162458000)),
            (json!("2024-10-17T10:54:18Z"), Some(1729162458000)),
            (json!("2024-10-17T18:54:18.500+08:00"), Some(1729162458500)),
            (json!("2024-10-17 10:54:18.500000"), Some(1729162458500)),
            (json!("2024-02-29"), Some(1709164800000)),
            (json!("1970-01-01T00:00:00Z"), Some(0)),
            (json!(null), None),
            (json!(0), None),
            (json!(""), None),
            (json!("yesterday"), None),
            (json!("2024-13-01"), None),
            (json!("2024-10-17T25:00"), None),
            (json!("日曜日、二〇二四年"), None),
            (json!({"seconds": 1}), None),
        ] {
            assert_eq!(moment(&value), expected, "{value}");
        }
    }

    #[test]
    fn numbers_come_as_integers_floats_and_texts() {
        for (value, expected) in [
            (json!(3), Some(3)),
            (json!(3.0), Some(3)),
            (json!("1"), Some(1)),
            (json!(" 12 "), Some(12)),
            (json!("3.9"), Some(3)),
            (json!(1e300), None),
            (json!("x"), None),
            (json!(null), None),
            (json!([3]), None),
        ] {
            assert_eq!(int(&value), expected, "{value}");
        }
        assert_eq!(count(&json!(-1)), None, "a count is never negative");
        assert_eq!(float(&json!("NaN")), None, "only finite numbers can be shown");
    }

    #[test]
    fn outputs_are_an_object_a_text_of_one_or_something_to_keep() {
        for (value, expected) in [
            (json!({"a": 1}), json!({"a": 1})),
            (json!("{\"a\": 1}"), json!({"a": 1})),
            (json!(null), json!({})),
            (json!("null"), json!({})),
            (json!(""), json!({})),
            (json!("plain"), json!({"output": "plain"})),
            (json!([1]), json!({"output": [1]})),
        ] {
            assert_eq!(Value::Object(object(value.clone(), "output")), expected, "{value}");
        }
    }

    #[test]
    fn an_error_tells_the_place_and_no_contents() {
        let error = json(b"{\"secret-input\": tru", "an answer").expect_err("it is cut");
        assert!(!format!("{error} {error:?}").contains("secret"), "contents must not reach a log");
    }
}
