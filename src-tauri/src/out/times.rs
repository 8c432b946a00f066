//! Times by this computer's clock: as they are written, and the weeks they fall in.

use jiff::{Timestamp, ToSpan as _, Zoned, civil::Weekday, tz::TimeZone};

use crate::model::Millis;

/// More weeks than anybody looks at, so that a clock that was wrong once makes no endless list.
const MOST_WEEKS: usize = 1000;

/// The time in a zone; `None`: beyond all calendars.
pub(super) fn at(time: Millis, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(time).ok()?.to_zoned(zone.clone()))
}

/// `2026-11-22 09:05:00`, which spreadsheets read as a time.
pub(super) fn written(time: Millis, zone: &TimeZone) -> String {
    at(time, zone).map(|time| time.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// `9.4 s`, `1:05`, `2:00:07`.
pub(super) fn took(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` keeps floats within the bounds")]
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The Mondays, at the beginning of the day, of all weeks from one time to another; the latest ones, where they are too
/// many.
pub fn weeks(from: Millis, to: Millis, zone: &TimeZone) -> Vec<Millis> {
    let (Some(first), Some(last)) = (at(from, zone), at(to, zone)) else { return Vec::new() };
    let monday = |time: &Zoned| {
        let date = time.date();
        let since = i64::from(date.weekday().since(Weekday::Monday));
        date.checked_sub(since.days()).ok()
    };
    let (Some(first), Some(mut week)) = (monday(&first), monday(&last)) else { return Vec::new() };
    let mut weeks = Vec::new();
    while week >= first && weeks.len() < MOST_WEEKS {
        // The day may begin at one o'clock where the clock is put forward at midnight.
        let Ok(begins) = week.to_zoned(zone.clone()).and_then(|day| day.start_of_day()) else { break };
        weeks.push(begins.timestamp().as_millisecond());
        let Ok(before) = week.checked_sub(1.week()) else { break };
        week = before;
    }
    weeks.reverse();
    weeks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays_also_when_the_clock_changes() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let time = |text: &str| {
            let civil: jiff::civil::DateTime = text.parse().expect("a time");
            civil.to_zoned(berlin.clone()).expect("it is").timestamp().as_millisecond()
        };
        let found = weeks(time("2026-10-21T12:00:00"), time("2026-11-02T00:00:00"), &berlin);
        let wanted = ["2026-10-19T00:00:00", "2026-10-26T00:00:00", "2026-11-02T00:00:00"].map(time);
        assert_eq!(found, wanted, "the clock goes back on the 25th");
        assert_eq!(found[1] - found[0], (7 * 24 + 1) * 3_600_000, "that week is an hour longer");
        assert_eq!(weeks(0, i64::MAX, &berlin), Vec::<i64>::new(), "a time that is none");
        assert_eq!(weeks(-62_000_000_000_000, 0, &berlin).len(), MOST_WEEKS);
    }

    #[test]
    fn times_are_short() {
        assert_eq!([9.44, 65.2, 7207.0].map(took), ["9.4 s", "1:05", "2:00:07"]);
    }
}
