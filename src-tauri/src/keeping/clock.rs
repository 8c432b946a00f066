//! Whether the clock can be believed: nothing is deleted by one that was just set to another year.

use crate::{model::Millis, store::ClockSeen};

const HOUR: Millis = 60 * 60 * 1000;
pub(super) const DAY: Millis = 24 * HOUR;
/// A program that was not used for longer cannot tell a long holiday from a clock that was set.
const LEAP: Millis = 30 * DAY;
/// What is newer than now by more than this was written by a clock that went before this one.
const AHEAD: Millis = HOUR;

/// What is known of the clock after a look at it. It begins anew when it went back, or leapt; and while there are runs
/// of the future, one of the two times is wrong, and nobody knows which.
pub(super) fn look(before: Option<ClockSeen>, newest_run: Option<Millis>, now: Millis) -> ClockSeen {
    let goes_on = before.is_some_and(|seen| (seen.at..=seen.at + LEAP).contains(&now) && seen.since <= seen.at);
    let in_future = newest_run.is_some_and(|newest| newest > now + AHEAD);
    match before {
        Some(seen) if goes_on && !in_future => ClockSeen { at: now, since: seen.since },
        _ => ClockSeen { at: now, since: now },
    }
}

/// It has gone on for a day.
pub(super) fn is_steady(seen: ClockSeen) -> bool {
    seen.at - seen.since >= DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_795_245_619_000;

    /// Looks every hour, `hours` times.
    fn hours(mut seen: Option<ClockSeen>, from: Millis, hours: i64) -> ClockSeen {
        for hour in 0..=hours {
            seen = Some(look(seen, None, from + hour * HOUR));
        }
        seen.expect("looked")
    }

    #[test]
    fn a_clock_is_believed_once_it_went_on_for_a_day() {
        assert!(!is_steady(hours(None, NOW, 23)), "not at first");
        assert!(is_steady(hours(None, NOW, 24)));
        let holiday = look(Some(hours(None, NOW, 24)), None, NOW + 20 * DAY);
        assert!(is_steady(holiday), "a holiday is none of it");
    }

    #[test]
    fn a_clock_that_leaps_to_2099_begins_anew() {
        let year_2099 = NOW + 73 * 365 * DAY;
        let leapt = look(Some(hours(None, NOW, 100)), None, year_2099);
        assert!(!is_steady(leapt), "nothing goes at once");
        assert!(!is_steady(hours(Some(leapt), year_2099, 23)), "nor that day");
        let back = look(Some(leapt), None, NOW + 101 * HOUR);
        assert!(!is_steady(back), "set right again it has to go on for a day, too");
        assert!(is_steady(hours(Some(back), NOW + 101 * HOUR, 24)));
    }

    #[test]
    fn while_runs_are_of_the_future_nothing_is_believed() {
        let steady = hours(None, NOW, 48);
        let later = NOW + 49 * HOUR;
        assert!(is_steady(look(Some(steady), Some(later - DAY), later)));
        assert!(!is_steady(look(Some(steady), Some(later + DAY), later)), "one of both times is wrong");
    }

    #[test]
    fn what_was_written_down_wrongly_is_not_believed_either() {
        let odd = ClockSeen { at: NOW, since: NOW + DAY };
        assert_eq!(look(Some(odd), None, NOW + HOUR), ClockSeen { at: NOW + HOUR, since: NOW + HOUR });
    }
}
