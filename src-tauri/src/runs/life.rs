//! The life of a run: every state, and every way from one to the next. Pure, and the only place that knows.
//!
//! ```text
//! preparing ─► uploading ─► starting ─► running ─► succeeded · partly succeeded · failed · stopped
//!     └────────────┴──────────┘ ▲│         │▲ ▲
//!   (never sent: stopped)       ││ lost    ││ └──► waiting (for a person) · paused
//!                               ▼│         ▼│
//!                            out of contact ┘──► unknown ──► (asked again) any of them
//! ```
//! `stopping` stands between any state after `preparing` and an end; only an end leaves it, or a server that goes on
//! waiting for a person all the same.

use crate::model::run::RunStatus;

/// What can happen to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// Its files are on their way.
    Upload,
    /// The request goes out: from here on the server may have begun.
    Ask,
    /// The server lets it go on: it began, a step began, or its detail says `running`.
    GoesOn,
    /// It asked a person something.
    Waits,
    /// It pauses for something that is not known here.
    Pauses,
    /// The user wants it stopped.
    Stop,
    /// The server was asked to stop it and waits for a person all the same.
    WaitsOn,
    /// Its stream broke or fell silent.
    Lost,
    /// The server's word on its end.
    Ends(RunStatus),
    /// It was never sent: nothing ran.
    NotSent,
    /// It ended by an error that is no end of the workflow.
    Fails,
    /// Nobody can say how it ended.
    GivenUp,
    /// Nobody could say how it ended, and now the server says that it goes on.
    Revived,
}

/// The state after `what` happened in the state `now`; `now` itself where it changes nothing.
pub fn after(now: RunStatus, what: Happening) -> RunStatus {
    use Happening::*;
    use RunStatus::*;
    match (what, now) {
        (Upload, Preparing) => Uploading,
        (Ask, Preparing | Uploading) => Starting,
        (GoesOn, Starting | OutOfContact | Waiting | Paused) => Running,
        (Waits, Starting | Running | OutOfContact | Paused) | (WaitsOn, Stopping) => Waiting,
        // Whose question was answered, and who pauses on: the reason is another one.
        (Pauses, Starting | Running | OutOfContact | Waiting) => Paused,
        (Stop, Preparing | Uploading | Starting | Running | OutOfContact | Waiting | Paused) => Stopping,
        // A run that waits needs no contact.
        (Lost, Starting | Running) => OutOfContact,
        // What was said without the server's word on the run's end may be corrected by it; its word stands.
        (Ends(end), now) if end.is_over() && (!now.is_over() || matches!(now, Unknown | Failed)) => end,
        // Also on the way to a stop: nothing was asked for yet.
        (NotSent, Preparing | Uploading | Stopping) => Stopped,
        (Fails, now) if !now.is_over() => Failed,
        (GivenUp, now) if !now.is_over() => Unknown,
        (Revived, Unknown) => Running,
        (_, now) => now,
    }
}

#[cfg(test)]
mod tests {
    use super::{Happening::*, RunStatus::*, *};

    fn happenings() -> Vec<Happening> {
        let mut all = vec![Upload, Ask, GoesOn, Waits, Pauses, Stop, WaitsOn, Lost, NotSent, Fails, GivenUp, Revived];
        all.extend(RunStatus::ALL.map(Ends));
        all
    }

    #[test]
    fn the_servers_word_on_an_end_is_never_taken_back() {
        for end in [Succeeded, PartlySucceeded, Stopped] {
            for what in happenings() {
                assert_eq!(after(end, what), end, "{what:?} came late");
            }
        }
    }

    #[test]
    fn what_is_over_comes_to_life_only_when_nobody_knew_its_end() {
        for now in RunStatus::ALL.into_iter().filter(|now| now.is_over()) {
            for what in happenings() {
                let lives = !after(now, what).is_over();
                assert_eq!(lives, now == Unknown && what == Revived, "{now:?}, {what:?}");
            }
        }
    }

    #[test]
    fn every_state_has_a_way_to_an_end_and_to_unknown_without_the_server() {
        for now in RunStatus::ALL.into_iter().filter(|now| !now.is_over()) {
            assert_eq!(after(now, GivenUp), Unknown, "{now:?} must not hang for ever");
            assert_eq!(after(now, Ends(Succeeded)), Succeeded, "{now:?}: the server's word counts");
        }
    }

    #[test]
    fn a_stop_is_left_by_an_end_or_by_a_server_that_waits_on() {
        for what in happenings() {
            let then = after(Stopping, what);
            assert!(
                then == Stopping || then.is_over() || what == WaitsOn,
                "{what:?} must not make a stop forgotten: {then:?}"
            );
        }
    }

    #[test]
    fn a_run_that_was_asked_for_never_counts_as_not_sent() {
        for now in [Starting, Running, OutOfContact, Waiting, Paused] {
            assert_eq!(after(now, NotSent), now, "the server may have begun");
        }
        for now in [Preparing, Uploading] {
            assert_eq!(after(now, NotSent), Stopped, "nothing ran");
        }
    }

    #[test]
    fn the_usual_life_goes_through() {
        let life = [Upload, Ask, GoesOn, Lost, GoesOn, Waits, GoesOn, Ends(Succeeded)];
        let states: Vec<_> = life
            .into_iter()
            .scan(Preparing, |now, what| {
                *now = after(*now, what);
                Some(*now)
            })
            .collect();
        assert_eq!(states, [Uploading, Starting, Running, OutOfContact, Running, Waiting, Running, Succeeded]);
    }
}
