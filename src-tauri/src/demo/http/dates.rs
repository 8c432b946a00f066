//! ISO 8601 instants as the log filters take them, and the stamp of a published version. UTC only, no leap seconds.

use super::super::wire::{ApiError, python_repr};

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Howard Hinnant's days_from_civil: March is the first month, so that leap days come last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a day that is counted from 1970-01-01: the same way back.
fn civil(day: i64) -> (i64, i64, i64) {
    let day_number = day + 719_468;
    let era = day_number.div_euclid(146_097);
    let day_of_era = day_number.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// "09:10:31"
fn clock(seconds: i64) -> String {
    let time = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60)
}

/// "2026-11-21 09:10:31.000000"
pub(in super::super) fn stamp(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02} {}.000000", clock(seconds))
}

/// "Thu, 18 Jul 2024 03:17:40 -0000"
pub(in super::super) fn rfc_2822(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = seconds.div_euclid(86_400);
    let (year, month, day) = civil(days);
    // Both within their tables: the remainder by 7, and a month from 1 to 12.
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let month = MONTHS[(month - 1) as usize];
    format!("{weekday}, {day:02} {month} {year:04} {} -0000", clock(seconds))
}

/// Seconds since 1970. A date alone is its midnight; without an offset it is UTC.
pub(super) fn parse(text: &str) -> Result<f64, ApiError> {
    let text = text.trim();
    let (date, time) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let numbers: Vec<Option<i64>> = date.split('-').map(|part| part.parse().ok()).collect();
    let [Some(year), Some(month @ 1..=12), Some(day @ 1..=31)] = numbers[..] else {
        return Err(refuse(text));
    };
    let (clock, offset) = offset_of(time).ok_or_else(|| refuse(text))?;
    let mut seconds = 0.0;
    if !clock.is_empty() {
        let mut scale = 3600.0;
        for part in clock.split(':') {
            seconds += part.parse::<f64>().map_err(|_| refuse(text))? * scale;
            scale /= 60.0;
        }
    }
    Ok(days(year, month, day) as f64 * 86_400.0 + seconds - offset)
}

/// Splits "10:00:00+02:00" into the clock and the offset in seconds.
fn offset_of(time: &str) -> Option<(&str, f64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0.0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0.0)) };
    let sign = if time[at..].starts_with('-') { -1.0 } else { 1.0 };
    let digits: String = time[at + 1..].chars().filter(|c| *c != ':').collect();
    let number: f64 = match digits.len() {
        2 => digits.parse::<f64>().ok()? * 3600.0,
        4 => digits[..2].parse::<f64>().ok()? * 3600.0 + digits[2..].parse::<f64>().ok()? * 60.0,
        _ => return None,
    };
    Some((&time[..at], sign * number))
}

/// The parser's own complaints, which real servers pass on.
fn refuse(text: &str) -> ApiError {
    let first: String = text.chars().take(4).collect();
    if !first.is_empty() && first.chars().all(|c| c.is_ascii_digit()) {
        return ApiError::invalid_param("ISO time too short");
    }
    let quoted = python_repr(&serde_json::Value::String(first));
    ApiError::invalid_param(format!("invalid literal for int() with base 10: b{quoted}"))
}
