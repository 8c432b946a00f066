//! How often and how long servers are asked. The defaults are for real ones; tests use shorter times.

use std::time::Duration;

/// All times of following a run.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Streamed text is on the disk at the latest after this time.
    pub save: Duration,
    /// How long a form waits for a refusal. A server that says nothing until then has taken the run on.
    pub refusal: Duration,
    /// How long a stop is waited for before the server's word on it is given up (api.md §4, "Stopping").
    pub stop: Duration,
    /// The pause before a server is asked again; it doubles up to `longest`.
    pub first: Duration,
    pub longest: Duration,
    /// The pause once a server could not be reached for [`Self::patient_after`].
    pub offline: Duration,
    pub patient_after: Duration,
    /// Servers end runs after 1200 s themselves: who says "running" this long after the last sign of life is not
    /// believed.
    pub believed: Duration,
    /// The least time between the first "running" and giving up.
    pub at_least: Duration,
    /// A server that does not know the run is asked again this long: its store lags behind its stream.
    pub missing: Duration,
    /// A run without an id is looked for in the server's log this long.
    pub find: Duration,
    /// After an error event the server's detail may still say "running" this long.
    pub after_error: Duration,
    /// The first pause of a run that waits for a person; it doubles up to `waiting_longest`.
    pub waiting: Duration,
    pub waiting_longest: Duration,
    /// How long a run may go on saying that it waits after its question was answered.
    pub answered: Duration,
    /// After the computer slept, a stream that says nothing for this long is broken; servers ping every 10 s.
    pub woken: Duration,
    /// A stream that tells nothing of the run for this long is not all that is asked; the pause doubles up to
    /// `waiting_longest`.
    pub quiet: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            save: seconds(1),
            refusal: seconds(2),
            stop: seconds(15),
            first: seconds(1),
            longest: seconds(15),
            offline: seconds(60),
            patient_after: seconds(600),
            believed: seconds(1230),
            at_least: seconds(30),
            missing: seconds(10),
            find: seconds(90),
            after_error: seconds(60),
            waiting: seconds(60),
            waiting_longest: seconds(15 * 60),
            answered: seconds(120),
            woken: seconds(15),
            quiet: seconds(300),
        }
    }
}

impl Pace {
    /// `factor` times as fast in everything but saving.
    pub fn faster(factor: u32) -> Self {
        let Self { save, .. } = Self::default();
        let Self {
            refusal,
            stop,
            first,
            longest,
            offline,
            patient_after,
            believed,
            at_least,
            missing,
            find,
            after_error,
            waiting,
            waiting_longest,
            answered,
            woken,
            quiet,
            ..
        } = Self::default();
        Self {
            save,
            refusal: refusal / factor,
            stop: stop / factor,
            first: first / factor,
            longest: longest / factor,
            offline: offline / factor,
            patient_after: patient_after / factor,
            believed: believed / factor,
            at_least: at_least / factor,
            missing: missing / factor,
            find: find / factor,
            after_error: after_error / factor,
            waiting: waiting / factor,
            waiting_longest: waiting_longest / factor,
            answered: answered / factor,
            woken: woken / factor,
            quiet: quiet / factor,
        }
    }
}
