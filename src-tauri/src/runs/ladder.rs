//! The ladder of api.md §4, as decisions: what to ask a server about a run whose stream does not tell, when, and when
//! to give up. Pure: moments are given, nothing is asked here. `recover` carries the decisions out.
//!
//! One round: take its events up again (from 1.14 on) → ask its detail → rest. Without an id the run is looked for in
//! the server's log first. It is never started anew.

use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;

/// A log that cannot be read for a while was not searched meanwhile.
const LOOKS: u32 = 6;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Take up its events again.
    Resume,
    /// Ask its detail.
    Detail,
    /// Look for it in the server's log.
    Find,
    /// Nothing until then, or until somebody asks for it.
    Rest(Instant),
    /// Nothing until somebody asks for it: only the user can help.
    RestUntilAsked,
    /// Nobody can say how it ended.
    GiveUp,
    /// It was to be stopped, and it waits for a person all the same.
    WaitsOn,
}

/// What asking brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Its events came, and ended before it did. `told`: there was news among them.
    Streamed {
        told: bool,
    },
    /// The server has no such stream.
    NoStream,
    /// Its detail says that it goes on.
    GoesOn,
    /// Its detail says that it waits.
    Waits,
    /// The server keeps no details.
    NoDetail,
    /// The server does not know it.
    NotKnown,
    /// It stands in the log: its id is known from now on.
    Found,
    NotListed,
    /// The server keeps no log.
    NoLog,
    /// No answer that says anything; not before `wait` again, where that is known.
    Trouble {
        wait: Option<Duration>,
    },
    /// The key is not taken any more.
    KeyRefused,
    /// The server does not let this app be asked.
    Forbidden,
}

/// What a server may be asked, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    pub resume: bool,
    pub detail: bool,
    pub log: bool,
    /// Its log has a run from its start on; older servers write the row at its end.
    pub early_rows: bool,
}

/// Where on the ladder a run stands.
#[derive(Debug, Clone)]
pub struct Ladder {
    pace: Pace,
    ways: Ways,
    has_id: bool,
    next: Decision,
    pause: Duration,
    began: Instant,
    /// The last sign of life.
    heard: Instant,
    tries: u32,
    /// Since when the server says that it goes on.
    goes_on: Option<Instant>,
    /// Since when the server does not know it, or does not list it.
    missing: Option<Instant>,
    /// How often its log was read whole without finding it.
    looks: u32,
    /// Since when the server cannot be asked.
    trouble: Option<Instant>,
    stop: Option<Instant>,
    /// The key was not taken the last time.
    locked: bool,
    /// Since when the server knows of the stop.
    stop_heard: Option<Instant>,
    /// Until then, "waits" may be the state of before an answer.
    answered_until: Option<Instant>,
    /// An end that asking may only correct: after an error event there is not much to wait for.
    error_until: Option<Instant>,
    /// The least time that "goes on" is believed.
    at_least: Duration,
}

impl Ladder {
    /// `silent` is the time since the last sign of life.
    pub fn new(pace: &Pace, ways: Ways, has_id: bool, at: Instant, silent: Duration) -> Self {
        let mut ladder = Self {
            pace: pace.clone(),
            ways,
            has_id,
            next: Decision::GiveUp,
            pause: pace.first,
            began: at,
            heard: at.checked_sub(silent).unwrap_or(at),
            tries: 0,
            goes_on: None,
            missing: None,
            looks: 0,
            trouble: None,
            stop: None,
            locked: false,
            stop_heard: None,
            answered_until: None,
            error_until: None,
            at_least: pace.at_least,
        };
        // A computer that runs for less time than the run was silent cannot name that moment.
        if silent >= pace.believed {
            ladder.heard = at.checked_sub(pace.believed).unwrap_or(at);
        }
        ladder.next = ladder.first();
        ladder
    }

    /// The stream ended with an error event: its detail is asked for the truth, but not for long.
    pub fn after_error(mut self) -> Self {
        self.error_until = Some(self.began + self.pace.after_error);
        // The events of such a run are over (api.md §3.4).
        self.ways.resume = false;
        self.next = self.first();
        self
    }

    /// A question of the run was answered just now.
    pub fn after_answer(mut self, at: Instant) -> Self {
        self.answered_until = Some(at + self.pace.answered);
        self
    }

    /// The user wants to know, however long it takes.
    pub fn insist(mut self) -> Self {
        self.at_least = self.pace.believed;
        self
    }

    pub fn decide(&self) -> Decision {
        self.next
    }

    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// The server was reached and says that it goes on.
    pub fn goes_on(&self) -> bool {
        self.goes_on.is_some() && self.trouble.is_none()
    }

    /// When "goes on" is not believed any more, or looking for it ends.
    pub fn until(&self) -> Option<Instant> {
        let end = match (self.goes_on, self.missing) {
            // A server that cannot be asked says nothing about the run.
            _ if self.trouble.is_some() => None,
            (Some(since), _) => Some((self.heard + self.pace.believed).max(since + self.at_least)),
            (None, Some(since)) => Some(since + self.missing_for()),
            (None, None) => None,
        };
        // Some servers carry a stop out and say "running" for ever after it (server-1.12.1.md §12).
        let forgotten = self.stop_heard.map(|at| at + self.pace.stop * 4).filter(|_| self.trouble.is_none());
        [end, self.error_until, forgotten].into_iter().flatten().min()
    }

    /// The server told something of the run.
    pub fn heard(&mut self, at: Instant) {
        self.heard = at;
        self.goes_on = None;
        self.missing = None;
        self.trouble = None;
        self.pause = self.pace.first;
        self.tries = 0;
    }

    /// A stop was asked for; that changes how long a run may wait, not how long it is followed. The flag is looked at once a second: an answer right now would be the old one.
    pub fn stop(&mut self, at: Instant) {
        self.stop.get_or_insert(at);
        self.pause = self.pace.first;
        self.next = Decision::Rest(at + self.pause);
    }

    /// The server has heard of the stop.
    pub fn stop_heard(&mut self, at: Instant) {
        self.stop_heard.get_or_insert(at);
    }

    /// The rest is over, or somebody wants to know now.
    pub fn go_on(&mut self) {
        self.next = self.first();
    }

    pub fn answered(&mut self, answer: Answer, at: Instant) {
        let was_locked = std::mem::replace(&mut self.locked, answer == Answer::KeyRefused);
        if was_locked && !self.locked && self.stop.is_some() {
            // The stop goes out only now.
            self.stop = Some(at);
        }
        match answer {
            Answer::Streamed { told } => {
                if told {
                    self.heard(at);
                }
                self.next = if self.ways.detail { Decision::Detail } else { self.rest(at, None) };
            }
            Answer::NoStream => {
                self.ways.resume = false;
                self.next = self.first();
            }
            Answer::GoesOn => {
                self.trouble = None;
                self.missing = None;
                self.goes_on.get_or_insert(at);
                self.next = self.unless_over(at);
            }
            Answer::Waits => {
                self.trouble = None;
                self.missing = None;
                let stopping = self.stop.is_some_and(|since| at < since + self.pace.stop);
                let answered = self.answered_until.is_some_and(|until| at < until);
                self.next = match self.stop {
                    Some(_) if !stopping => Decision::WaitsOn,
                    _ if stopping || answered => self.rest(at, None),
                    _ => Decision::GiveUp,
                };
            }
            Answer::NoDetail | Answer::NoLog | Answer::Forbidden => self.next = Decision::GiveUp,
            // It stood in the log when the error came, or it never began.
            Answer::NotListed if self.error_until.is_some() => self.next = Decision::GiveUp,
            Answer::NotKnown | Answer::NotListed => {
                self.trouble = None;
                self.missing.get_or_insert(at);
                self.looks += 1;
                let enough = if self.stop.is_some() { LOOKS / 2 } else { LOOKS };
                let searched = self.has_id || self.looks >= enough;
                self.next = if searched { self.unless_over(at) } else { self.rest(at, None) };
            }
            Answer::Found => {
                self.has_id = true;
                self.missing = None;
                self.trouble = None;
                self.next = self.first();
            }
            Answer::Trouble { wait } => {
                self.trouble.get_or_insert(at);
                self.tries += 1;
                let over = self.error_until.is_some_and(|until| at >= until);
                self.next = if over { Decision::GiveUp } else { self.rest(at, wait) };
            }
            Answer::KeyRefused => {
                self.trouble.get_or_insert(at);
                self.tries += 1;
                // A stop, too, goes out as soon as there is a key.
                self.next = if self.error_until.is_some() { Decision::GiveUp } else { Decision::RestUntilAsked };
            }
        }
    }

    /// The first question of a round.
    fn first(&self) -> Decision {
        match self.ways {
            Ways { log: true, .. } if !self.has_id => Decision::Find,
            _ if !self.has_id => Decision::GiveUp,
            Ways { resume: true, .. } => Decision::Resume,
            Ways { detail: true, .. } => Decision::Detail,
            _ => Decision::GiveUp,
        }
    }

    fn unless_over(&mut self, at: Instant) -> Decision {
        if self.until().is_some_and(|until| at >= until) { Decision::GiveUp } else { self.rest(at, None) }
    }

    fn rest(&mut self, at: Instant, wait: Option<Duration>) -> Decision {
        let patient = self.trouble.is_some_and(|since| at >= since + self.pace.patient_after);
        let pause = if patient { self.pace.offline } else { self.pause };
        self.pause = (self.pause * 2).min(self.pace.longest);
        let rested = at + pause.max(wait.unwrap_or_default());
        // The last question comes when the time is over, not after it.
        Decision::Rest(self.until().map_or(rested, |until| rested.min(until.max(at + self.pace.first))))
    }

    fn missing_for(&self) -> Duration {
        match (self.has_id, self.stop) {
            (true, _) => self.pace.missing,
            // Whoever wants it stopped does not wait long for a run that probably never began.
            (false, Some(_)) if self.ways.early_rows => self.pace.stop / 3,
            (false, _) => self.pace.find,
        }
    }
}

#[cfg(test)]
mod tests;
