//! Dates as people type them. Days are the user's own: where each begins is asked of a [`Calendar`].

use super::super::Millis;

/// A day: year, month, day.
pub type Day = (i32, u8, u8);

/// The user's days.
pub struct Calendar<'a> {
    pub today: Day,
    /// When a day begins; none for one that is in no calendar.
    pub begins: &'a (dyn Fn(Day) -> Option<Millis> + Send + Sync),
}

/// A stretch of time: from, and the first moment behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub from: Millis,
    pub to: Millis,
}

/// `2026-11-22`, `2026/11`, `2026`, `20261122`, `11月22日`, `today`, `7d` (the last seven days, today included: what the
/// filter of that name shows), `7 days ago` (that day); and `a..b`. The value is folded.
pub fn stretch(value: &str, calendar: &Calendar<'_>) -> Option<Stretch> {
    for between in ["..", "~", "至", "到"] {
        if let Some((first, last)) = value.split_once(between) {
            let (first, last) = (one(first.trim(), calendar)?, end(last.trim(), calendar)?);
            return (first.from < last.to).then_some(Stretch { from: first.from, to: last.to });
        }
    }
    one(value, calendar)
}

/// The last days until today end no stretch: there the day they begin with is meant.
fn end(value: &str, calendar: &Calendar<'_>) -> Option<Stretch> {
    match last_days(value) {
        Some(count) => whole_day(days_before(calendar.today, count - 1), calendar),
        None => one(value, calendar),
    }
}

fn one(value: &str, calendar: &Calendar<'_>) -> Option<Stretch> {
    let today = calendar.today;
    match value {
        "today" | "今天" | "今日" => return whole_day(today, calendar),
        "yesterday" | "昨天" | "昨日" => return whole_day(days_before(today, 1), calendar),
        "前天" => return whole_day(days_before(today, 2), calendar),
        "week" | "thisweek" | "本周" | "这周" => {
            return days(days_before(today, weekday(today)), 7, calendar);
        }
        "month" | "thismonth" | "本月" | "这个月" => return month(today.0, today.1, calendar),
        "year" | "thisyear" | "今年" => return year(today.0, calendar),
        "lastyear" | "去年" => return year(today.0 - 1, calendar),
        "lastmonth" | "上月" | "上个月" => {
            let (y, m) = if today.1 == 1 { (today.0 - 1, 12) } else { (today.0, today.1 - 1) };
            return month(y, m, calendar);
        }
        _ => {}
    }
    if let Some(count) = last_days(value) {
        return days(days_before(today, count - 1), count, calendar);
    }
    if let Some(ago) = value.strip_suffix("ago").or_else(|| value.strip_suffix('前')).and_then(number_of_days) {
        return whole_day(days_before(today, ago), calendar);
    }
    dated(value, calendar)
}

fn dated(value: &str, calendar: &Calendar<'_>) -> Option<Stretch> {
    let value = value.trim_end_matches(['日', '号']);
    let plain: String =
        value.chars().map(|c| if matches!(c, '年' | '月' | '/' | '.' | '-') { '-' } else { c }).collect();
    let parts: Vec<&str> = plain.split('-').collect();
    // `2026年` ends with what separates.
    let parts = match parts.split_last() {
        Some((&"", rest)) if !rest.is_empty() && !value.ends_with(['-', '/', '.']) => rest,
        _ => &parts[..],
    };
    if parts.iter().any(|part| part.is_empty() || part.len() > 8 || !part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let number = |part: &str| part.parse::<i32>().ok();
    let small = |part: &str| part.parse::<u8>().ok();
    match parts {
        [all] if all.len() == 8 => whole_day((number(&all[..4])?, small(&all[4..6])?, small(&all[6..])?), calendar),
        [y] if y.len() == 4 => year(number(y)?, calendar),
        // Without a year: this one.
        [m] if value.ends_with('月') => month(calendar.today.0, small(m)?, calendar),
        [y, m] if y.len() == 4 => month(number(y)?, small(m)?, calendar),
        [m, d] if value.contains(['月', '-']) => whole_day((calendar.today.0, small(m)?, small(d)?), calendar),
        [y, m, d] if y.len() == 4 => whole_day((number(y)?, small(m)?, small(d)?), calendar),
        _ => None,
    }
}

/// `7d`, `last 7 days`, `最近7天`: how many, at least today.
fn last_days(value: &str) -> Option<u32> {
    let plain = ["last", "最近", "近"].iter().find_map(|word| value.strip_prefix(word)).unwrap_or(value);
    number_of_days(plain).map(|count| count.max(1))
}

/// Days of `7d`, `2w`, `3m`, `1y`, `7天`.
fn number_of_days(value: &str) -> Option<u32> {
    let value = value.trim();
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let number: u32 = value.get(..digits)?.parse().ok()?;
    let days = match value[digits..].trim() {
        "d" | "day" | "days" | "天" | "日" => 1,
        "w" | "week" | "weeks" | "周" | "星期" => 7,
        "m" | "month" | "months" | "个月" => 30,
        "y" | "year" | "years" | "年" if number < 200 => 365,
        _ => return None,
    };
    number.checked_mul(days).filter(|days| *days < 200_000)
}

fn whole_day(day: Day, calendar: &Calendar<'_>) -> Option<Stretch> {
    days(day, 1, calendar)
}

fn days(first: Day, count: u32, calendar: &Calendar<'_>) -> Option<Stretch> {
    is_day(first).then_some(())?;
    Some(Stretch { from: (calendar.begins)(first)?, to: (calendar.begins)(days_after(first, count))? })
}

fn month(y: i32, m: u8, calendar: &Calendar<'_>) -> Option<Stretch> {
    is_day((y, m, 1)).then_some(())?;
    let next = if m == 12 { (y + 1, 1, 1) } else { (y, m + 1, 1) };
    Some(Stretch { from: (calendar.begins)((y, m, 1))?, to: (calendar.begins)(next)? })
}

fn year(y: i32, calendar: &Calendar<'_>) -> Option<Stretch> {
    is_day((y, 1, 1)).then_some(())?;
    Some(Stretch { from: (calendar.begins)((y, 1, 1))?, to: (calendar.begins)((y + 1, 1, 1))? })
}

fn is_day((y, m, d): Day) -> bool {
    (1970..=9000).contains(&y) && (1..=12).contains(&m) && d >= 1 && d <= length(y, m)
}

fn length(y: i32, m: u8) -> u8 {
    match m {
        2 if y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_after((mut y, mut m, mut d): Day, count: u32) -> Day {
    for _ in 0..count {
        d += 1;
        if d > length(y, m) {
            (d, m) = (1, m + 1);
        }
        if m > 12 {
            (m, y) = (1, y + 1);
        }
    }
    (y, m, d)
}

fn days_before((mut y, mut m, mut d): Day, count: u32) -> Day {
    for _ in 0..count {
        if d > 1 {
            d -= 1;
            continue;
        }
        if m > 1 {
            m -= 1
        } else {
            (m, y) = (12, y - 1)
        }
        d = length(y, m);
    }
    (y, m, d)
}

/// Days since Monday.
fn weekday((y, m, d): Day) -> u32 {
    let (y, m) = if m < 3 { (y - 1, i32::from(m) + 12) } else { (y, i32::from(m)) };
    let saturday_first = (i32::from(d) + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400).rem_euclid(7);
    u32::try_from((saturday_first + 5).rem_euclid(7)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_years_end_in_december() {
        assert_eq!(weekday((2026, 11, 22)), 6, "a Sunday");
        assert_eq!(weekday((2024, 2, 29)), 3, "a Thursday");
        assert_eq!(days_before((2026, 1, 1), 1), (2025, 12, 31));
        assert_eq!(days_after((2024, 2, 28), 2), (2024, 3, 1));
    }
}
