//! Whether an upload that failed is tried again by itself, and when. Pure: moments are handed in.
//!
//! A file that is sent twice does no harm: the server then has it twice, and a run names one of them. So whatever
//! passes by itself is tried again, also where the server may have got the file and only its answer was lost.

use std::time::{Duration, Instant};

use crate::dify::{Error, Transport};

/// Pauses in seconds; the last one stays.
const PAUSES: [u64; 5] = [2, 4, 8, 15, 30];
/// How long a server that is not reached is waited for: it may be starting anew, or this computer may be waking up.
const AWAY: Duration = Duration::from_secs(300);
/// How often a file is sent anew after it was broken off or an error of the server: the same may happen each time.
const BROKEN: u32 = 4;
/// How often "later" is heeded.
const BUSY: u32 = 6;
/// Who is to wait longer than this decides for himself.
const LONGEST: u64 = 600;

#[derive(Debug)]
pub(super) struct Tries {
    /// Between 0 and 1: a server that comes back is not to be met by all its clients in the same moment.
    spread: f64,
    away_since: Option<Instant>,
    away: u32,
    broken: u32,
    busy: u32,
}

impl Tries {
    pub(super) fn new(spread: f64) -> Self {
        Self { spread, away_since: None, away: 0, broken: 0, busy: 0 }
    }

    /// How long to wait before it is tried again; none where that is of no use.
    pub(super) fn next(&mut self, error: &Error, now: Instant) -> Option<Duration> {
        let kind = kind_of(error)?;
        if kind == Kind::Away {
            let since = *self.away_since.get_or_insert(now);
            self.away += 1;
            return (now.saturating_duration_since(since) < AWAY).then(|| self.pause(self.away));
        }
        (self.away_since, self.away) = (None, 0);
        let asked = match error {
            Error::Status { retry_after, .. } => retry_after.unwrap_or_default(),
            _ => 0,
        };
        if asked > LONGEST {
            return None;
        }
        let tried = match kind {
            Kind::Busy => {
                self.busy += 1;
                (self.busy <= BUSY).then_some(self.busy)
            }
            _ => {
                self.broken += 1;
                (self.broken <= BROKEN).then_some(self.broken)
            }
        };
        Some(self.pause(tried?).max(Duration::from_secs(asked)))
    }

    fn pause(&self, tried: u32) -> Duration {
        let place = (tried.max(1) as usize - 1).min(PAUSES.len() - 1);
        Duration::from_secs(PAUSES[place]).mul_f64(1.0 + self.spread / 4.0)
    }
}

#[derive(PartialEq)]
enum Kind {
    Away,
    Broken,
    Busy,
}

fn kind_of(error: &Error) -> Option<Kind> {
    use Transport::*;
    if error.is_too_many_requests() {
        return Some(Kind::Busy);
    }
    match error {
        Error::Transport { kind: Dns | Refused | Connect | ConnectTimeout | ProxyUnreachable, .. } => Some(Kind::Away),
        Error::Transport { kind: Cut | Timeout | Idle | Stalled | ProxyRefused | Other, .. } => Some(Kind::Broken),
        // What does not pass by itself: no such function, a certificate that a gateway does not trust.
        Error::Status { status: 501 | 505 | 525 | 526, .. } => None,
        Error::Status { status: 408 | 500.., .. } | Error::NotDify { status: 500.., .. } => Some(Kind::Broken),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::Reason;

    fn transport(kind: Transport) -> Error {
        Error::Transport { kind, detail: String::new(), subject: None }
    }

    fn status(status: u16, retry_after: Option<u64>) -> Error {
        Error::Status { status, code: None, message: String::new(), retry_after, reason: None, raw: None }
    }

    /// The pauses in seconds until it is given up, with so much time between two tries.
    fn pauses(error: &Error, takes: u64) -> Vec<u64> {
        let (mut tries, mut now) = (Tries::new(0.0), Instant::now());
        let mut pauses = Vec::new();
        while let Some(pause) = tries.next(error, now) {
            pauses.push(pause.as_secs());
            now += pause + Duration::from_secs(takes);
        }
        pauses
    }

    #[test]
    fn a_server_that_is_away_is_waited_for_as_long_as_a_restart_may_take() {
        for kind in [Transport::Refused, Transport::Dns, Transport::ConnectTimeout, Transport::ProxyUnreachable] {
            let pauses = pauses(&transport(kind), 0);
            assert_eq!(pauses[..5], [2, 4, 8, 15, 30], "{kind:?}: soon at first");
            assert!((300..340).contains(&pauses.iter().sum::<u64>()), "{kind:?}: five minutes: {pauses:?}");
        }
    }

    #[test]
    fn what_broke_is_tried_four_times_because_it_may_break_each_time() {
        for error in [
            transport(Transport::Cut),
            transport(Transport::Stalled),
            transport(Transport::Timeout),
            status(502, None),
            status(500, None),
            status(408, None),
        ] {
            assert_eq!(pauses(&error, 0), [2, 4, 8, 15], "{error:?}");
        }
        let mut tries = Tries::new(0.0);
        let now = Instant::now();
        for _ in 0..20 {
            tries.next(&transport(Transport::Refused), now);
        }
        assert!(tries.next(&transport(Transport::Cut), now).is_some(), "waiting for the server is not counted");
    }

    #[test]
    fn a_server_that_names_a_time_is_asked_no_sooner() {
        assert_eq!(pauses(&status(429, Some(20)), 0), [20, 20, 20, 20, 30, 30], "at least what it says");
        assert_eq!(pauses(&status(503, Some(7)), 0), [7, 7, 8, 15], "also with another status");
        assert_eq!(pauses(&status(429, Some(3600)), 0), [0; 0], "an hour is the user's to wait");
        let spread = Tries::new(1.0).next(&status(429, Some(20)), Instant::now());
        assert_eq!(spread, Some(Duration::from_secs(20)), "nobody comes before the time that was named");
    }

    #[test]
    fn what_does_not_pass_by_itself_is_said_at_once() {
        let used_up = Error::Status {
            status: 429,
            code: Some("rate_limit_error".into()),
            message: String::new(),
            retry_after: None,
            reason: Some(Reason::PlanUsedUp),
            raw: None,
        };
        for error in [
            status(401, None),
            status(403, None),
            status(413, None),
            status(400, None),
            status(526, None),
            transport(Transport::Tls),
            transport(Transport::Redirect),
            transport(Transport::ProxyLoginNeeded),
            Error::File(std::io::ErrorKind::NotFound),
            Error::NotDify { status: 200, content_type: String::new(), title: None, raw: None },
            used_up,
        ] {
            assert_eq!(pauses(&error, 0), [0; 0], "{error:?}");
        }
    }
}
