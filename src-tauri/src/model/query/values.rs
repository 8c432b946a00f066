//! Values of fields that are numbers: `>1000`, `10..20`, `2m`, `1.5k`, `3分钟`.

/// A stretch of numbers, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds<T> {
    pub least: Option<T>,
    pub most: Option<T>,
}

/// Tokens; the value is folded.
pub fn tokens(value: &str) -> Option<Bounds<i64>> {
    let bounds = bounds(value, |text| {
        let (number, unit) = number_and_unit(text)?;
        let factor = match unit {
            "" => 1.0,
            "k" | "千" => 1e3,
            "w" | "万" => 1e4,
            "m" => 1e6,
            _ => return None,
        };
        Some(number * factor)
    })?;
    #[allow(clippy::cast_possible_truncation, reason = "`as` keeps floats within the bounds of the integer")]
    Some(match bounds {
        Found::Is(number) => Bounds { least: Some(number.ceil() as i64), most: Some(number.floor() as i64) },
        Found::Between { least, above, most, below } => Bounds {
            least: least.map(|n| n.ceil() as i64).or(above.map(|n| n.floor() as i64 + 1)),
            most: most.map(|n| n.floor() as i64).or(below.map(|n| n.ceil() as i64 - 1)),
        },
    })
}

/// Seconds; the value is folded.
pub fn seconds(value: &str) -> Option<Bounds<f64>> {
    let bounds = bounds(value, |text| {
        if let Some((minutes, seconds)) = text.split_once(':') {
            return Some(minutes.parse::<u32>().ok()? as f64 * 60.0 + f64::from(seconds.parse::<u8>().ok()?));
        }
        let (number, unit) = number_and_unit(text)?;
        let factor = match unit {
            "ms" | "毫秒" => 1e-3,
            "" | "s" | "sec" | "second" | "seconds" | "秒" | "秒钟" => 1.0,
            "m" | "min" | "minute" | "minutes" | "分" | "分钟" => 60.0,
            "h" | "hour" | "hours" | "小时" | "时" => 3600.0,
            _ => return None,
        };
        Some(number * factor)
    })?;
    Some(match bounds {
        // As it is shown: in whole seconds.
        Found::Is(number) => Bounds { least: Some(number), most: Some((number.floor() + 1.0).next_down()) },
        Found::Between { least, above, most, below } => {
            Bounds { least: least.or(above.map(f64::next_up)), most: most.or(below.map(f64::next_down)) }
        }
    })
}

enum Found {
    Is(f64),
    Between { least: Option<f64>, above: Option<f64>, most: Option<f64>, below: Option<f64> },
}

fn bounds(value: &str, number: impl Fn(&str) -> Option<f64>) -> Option<Found> {
    let value = value.trim();
    let between = |least, above, most, below| Found::Between { least, above, most, below };
    for (sign, kind) in [(">=", 0), ("≥", 0), ("≧", 0), ("<=", 2), ("≤", 2), ("≦", 2), (">", 1), ("<", 3), ("=", 4)]
    {
        if let Some(rest) = value.strip_prefix(sign) {
            let number = Some(number(rest.trim())?);
            return Some(match kind {
                0 => between(number, None, None, None),
                1 => between(None, number, None, None),
                2 => between(None, None, number, None),
                3 => between(None, None, None, number),
                _ => Found::Is(number?),
            });
        }
    }
    for sign in ["..", "~", "-"] {
        if let Some((least, most)) = value.split_once(sign) {
            let end = |text: &str| if text.trim().is_empty() { Some(None) } else { number(text.trim()).map(Some) };
            let (least, most) = (end(least)?, end(most)?);
            return (least.is_some() || most.is_some()).then_some(between(least, None, most, None));
        }
    }
    number(value).map(Found::Is)
}

fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let number = text[..end].replace(',', "");
    if number.is_empty() || number.starts_with('.') || number.len() > 15 {
        return None;
    }
    Some((number.parse().ok()?, text[end..].trim()))
}
