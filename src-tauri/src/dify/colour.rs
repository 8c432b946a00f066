//! Colours as servers send them. What is not one of a few plain notations is dropped: the page puts the result into a
//! style.

/// `#rrggbb` in lower case, from `#rgb`, `#rrggbb`, `rgb(…)` or `hsl(…)`, each with or without alpha. A colour that
/// cannot be seen is none.
pub(super) fn colour(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let [red, green, blue] = match text.strip_prefix('#') {
        Some(digits) => hex(digits)?,
        None => function(&text)?,
    };
    Some(format!("#{red:02x}{green:02x}{blue:02x}"))
}

fn hex(digits: &str) -> Option<[u8; 3]> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let long: String = match digits.len() {
        3 | 4 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 | 8 => digits.to_owned(),
        _ => return None,
    };
    let part = |at: usize| u8::from_str_radix(long.get(at..at + 2)?, 16).ok();
    if long.len() == 8 && part(6)? == 0 {
        return None;
    }
    Some([part(0)?, part(2)?, part(4)?])
}

/// `rgb(255, 234 213 / 50%)` and its kin: numbers between blanks, commas and a stroke.
fn function(text: &str) -> Option<[u8; 3]> {
    let (name, rest) = text.split_once('(')?;
    let parts: Vec<&str> =
        rest.strip_suffix(')')?.split([',', ' ', '/', '\t']).filter(|part| !part.is_empty()).collect();
    let (three, alpha) = match parts.as_slice() {
        [one, two, three] => ([*one, *two, *three], None),
        [one, two, three, alpha] => ([*one, *two, *three], Some(*alpha)),
        _ => return None,
    };
    if let Some(alpha) = alpha
        && share(alpha, 1.0)? <= 0.0
    {
        return None;
    }
    match name {
        "rgb" | "rgba" => {
            Some([byte(share(three[0], 255.0)?), byte(share(three[1], 255.0)?), byte(share(three[2], 255.0)?)])
        }
        "hsl" | "hsla" => {
            let hue = number(three[0].strip_suffix("deg").unwrap_or(three[0]))?.rem_euclid(360.0);
            let (saturation, lightness) = (share(three[1], 100.0)?, share(three[2], 100.0)?);
            Some([0.0, 8.0, 4.0].map(|turn| {
                let at = (turn + hue / 30.0) % 12.0;
                let spread = saturation * lightness.min(1.0 - lightness);
                byte(lightness - spread * (at - 3.0).min(9.0 - at).clamp(-1.0, 1.0))
            }))
        }
        _ => None,
    }
}

/// A part of `whole`, between 0 and 1; with a percent sign of a hundred.
fn share(text: &str, whole: f64) -> Option<f64> {
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent)? / 100.0,
        None => number(text)? / whole,
    };
    Some(share.clamp(0.0, 1.0))
}

fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares lie between 0 and 1")]
fn byte(share: f64) -> u8 {
    (share * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_notations_of_a_colour_are_read() {
        for (text, expected) in [
            ("#D5F5F6", "#d5f5f6"),
            (" #abc ", "#aabbcc"),
            ("#D5F5F6FF", "#d5f5f6"),
            ("#abcf", "#aabbcc"),
            ("rgb(213, 245, 246)", "#d5f5f6"),
            ("rgba(213,245,246,0.5)", "#d5f5f6"),
            ("rgb(213 245 246 / 50%)", "#d5f5f6"),
            ("rgb(100%, 0%, 300%)", "#ff00ff"),
            ("RGB(999, -5, 0)", "#ff0000"),
            ("hsl(0, 100%, 50%)", "#ff0000"),
            ("hsl(120deg 100% 25%)", "#008000"),
            ("hsla(-120, 100%, 50%, 1)", "#0000ff"),
            ("hsl(40 0% 50%)", "#808080"),
        ] {
            assert_eq!(colour(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_colour_or_cannot_be_seen_is_dropped() {
        for text in [
            "",
            "red",
            "#12345",
            "#fff;background:url(x)",
            "#ёёё",
            "#abc0",
            "#aabbcc00",
            "rgba(1,2,3,0)",
            "rgb(1,2)",
            "rgb(1,2,3",
            "rgb(NaN,2,3)",
            "rgb(inf,2,3)",
            "rgb(1e3,2,3)",
            "rgb(var(--x),2,3)",
            "url(https://a.b/c)",
            "expression(alert(1))",
            "rgb(1,2,3);color:red",
            "hsl(0,100%)",
            "currentColor",
            "inherit",
            "(1,2,3)",
            "rgb(1,2,3,4,5)",
        ] {
            assert_eq!(colour(text), None, "{text}");
        }
    }
}
