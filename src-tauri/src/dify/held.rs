//! Notices a stream that something on its way held back: a proxy that buffers or compresses lets a minute's
//! events arrive together (api.md §4). A pure decision over arrival times.
//!
//! Two proofs, both without comparing clocks: pings that were sent ten seconds apart arrive at once, or the
//! server's own timestamps lie further apart than the arrivals. Both count in the first burst only, and only if
//! that came late: a workflow that is slow, a queue, a stalled network or a computer that slept look different.

use std::time::Duration;

use crate::model::{Millis, stream::StreamEvent};

/// Follows one stream until its first burst is over.
#[derive(Debug)]
pub struct Holding {
    /// How often servers ping; the measure for everything here.
    ping: Duration,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// No frame has come yet.
    Waiting,
    Burst(Burst),
    Over {
        held: bool,
    },
}

/// Frames that follow each other without a pause. All times since the request was sent.
#[derive(Debug)]
struct Burst {
    began: Duration,
    last: Duration,
    pings: u32,
    first_ping: Duration,
    /// The first event's timestamp, and when it arrived.
    first_stamp: Option<(Millis, Duration)>,
}

impl Holding {
    pub fn new(ping: Duration) -> Self {
        Self { ping, stage: Stage::Waiting }
    }

    /// Something held the stream back for longer than a ping's time.
    pub fn is_held(&self) -> bool {
        matches!(self.stage, Stage::Over { held: true })
    }

    /// Nothing more is to be learnt: what follows need not be shown.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over { .. })
    }

    /// The clocks cannot be trusted, such as after the computer slept.
    pub fn give_up(&mut self) {
        if !self.is_over() {
            self.stage = Stage::Over { held: false };
        }
    }

    /// An event arrived, so long after the request.
    pub fn arrived(&mut self, at: Duration, event: &StreamEvent) {
        if self.is_over() {
            return;
        }
        match event {
            StreamEvent::Ping => self.ping(at),
            event => self.event(at, sent_at(event)),
        }
    }

    fn ping(&mut self, at: Duration) {
        let ping = self.ping;
        self.judge(at, |burst| {
            if burst.pings == 0 {
                burst.first_ping = at;
            }
            burst.pings += 1;
            // Newer servers ping once right at the start; from then on there is a ping's time between two.
            ping * (burst.pings - 1) > (at - burst.first_ping) + ping.mul_f64(0.8)
        });
    }

    /// `stamp` is the server's, where the event has one.
    fn event(&mut self, at: Duration, stamp: Option<Millis>) {
        let ping = self.ping;
        self.judge(at, |burst| {
            let Some(stamp) = stamp else { return false };
            let Some((first, first_at)) = burst.first_stamp else {
                burst.first_stamp = Some((stamp, at));
                return false;
            };
            let sent = (stamp - first) as f64 / 1000.0;
            // What was sent after the request cannot be older than the wait; timestamps are whole seconds.
            let is_possible = sent <= burst.began.as_secs_f64() + 3.0;
            // Some servers let events of up to ten seconds go with the next ping, all by themselves.
            is_possible && sent - (at - first_at).as_secs_f64() >= ping.mul_f64(1.2).as_secs_f64()
        });
    }

    fn judge(&mut self, at: Duration, is_proof: impl FnOnce(&mut Burst) -> bool) {
        if matches!(self.stage, Stage::Waiting) {
            let late = at >= self.ping.mul_f64(0.9);
            self.stage = if late { Stage::Burst(Burst::at(at)) } else { Stage::Over { held: false } };
        }
        let Stage::Burst(burst) = &mut self.stage else { return };
        if at.saturating_sub(burst.last) > self.ping / 10 {
            self.stage = Stage::Over { held: false };
            return;
        }
        burst.last = at;
        if is_proof(burst) {
            self.stage = Stage::Over { held: true };
        }
    }
}

impl Burst {
    fn at(at: Duration) -> Self {
        Self { began: at, last: at, pings: 0, first_ping: at, first_stamp: None }
    }
}

/// When the server sent an event, by its own clock.
fn sent_at(event: &StreamEvent) -> Option<Millis> {
    match event {
        StreamEvent::WorkflowStarted(started) => started.created_at,
        StreamEvent::NodeStarted(node)
        | StreamEvent::NodeFinished(node)
        | StreamEvent::NodeRetry(node)
        | StreamEvent::ContainerStarted { node, .. }
        | StreamEvent::ContainerCompleted { node } => node.finished_at.or(node.created_at),
        StreamEvent::ContainerNext(round) => round.created_at,
        StreamEvent::ParallelBranch(branch) => branch.created_at,
        StreamEvent::WorkflowFinished(finished) => finished.finished_at,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What arrives, and when: seconds since the request.
    enum Sent {
        Ping(f64),
        /// With the server's timestamp.
        Event(f64, Millis),
    }
    use Sent::{Event, Ping};

    fn is_held(frames: impl IntoIterator<Item = Sent>) -> bool {
        let mut holding = Holding::new(Duration::from_secs(10));
        for frame in frames {
            match frame {
                Ping(at) => holding.ping(Duration::from_secs_f64(at)),
                Event(at, stamp) => holding.event(Duration::from_secs_f64(at), Some(stamp * 1000)),
            }
        }
        holding.is_held()
    }

    #[test]
    fn pings_that_arrive_together_prove_a_held_stream() {
        assert!(is_held([Ping(40.0), Ping(40.0), Ping(40.0), Ping(40.1)]), "three tens of seconds in one burst");
        assert!(is_held([Ping(12.0), Event(12.0, 100), Ping(12.1)]), "also with the one newer servers begin with");
        assert!(
            is_held((0..400).map(|n| Event(30.0 + f64::from(n) / 100.0, 0)).chain([Ping(34.0), Ping(34.1)])),
            "a long burst"
        );
    }

    #[test]
    fn timestamps_further_apart_than_the_arrivals_prove_it_too() {
        assert!(is_held([Event(30.0, 1000), Event(30.1, 1004), Event(30.2, 1029)]), "half a minute at once");
        assert!(is_held([Event(13.0, 1000), Event(13.0, 1012)]), "just enough");
    }

    #[test]
    fn no_alarm_for_what_only_looks_alike() {
        assert!(!is_held([Event(0.3, 1000), Event(0.4, 1000), Event(0.5, 1001)]), "a short run");
        assert!(
            !is_held([Event(0.3, 1000), Event(8.0, 1008), Ping(10.0), Ping(20.0), Event(60.0, 1060)]),
            "a slow one"
        );
        assert!(!is_held((1..7).map(|n| Ping(f64::from(n) * 10.0))), "a step that takes a minute");
        assert!(!is_held([Ping(0.1), Ping(10.0), Event(60.0, 1000), Event(60.1, 1050)]), "no worker, then all at once");
        assert!(
            !is_held([Event(24.0, 1000), Event(24.2, 1000), Event(24.3, 1001)]),
            "a late start: a linked file, a queue"
        );
        let busy = (0..3000).map(|n| Event(20.0 + f64::from(n) / 100.0, 1000 + Millis::from(n) / 100));
        assert!(!is_held(busy), "a late start and thirty lively seconds after it");
        let busy = (0..3000).map(|n| {
            if n % 1000 == 999 { Ping(20.0 + f64::from(n) / 100.0) } else { Event(20.0 + f64::from(n) / 100.0, 1000) }
        });
        assert!(!is_held(busy), "with its pings on time");
        assert!(!is_held([Event(12.0, 1000), Event(12.1, 1010)]), "a server that lets events go with its ping");
        assert!(!is_held([Event(12.0, 1000), Event(12.1, 9000)]), "impossible timestamps, such as a user's own");
        assert!(!is_held([Event(12.0, 1000), Ping(20.0), Ping(20.1), Ping(20.2)]), "a network that stalled on the way");
    }

    #[test]
    fn a_sleeping_computer_is_no_proxy() {
        let mut holding = Holding::new(Duration::from_secs(10));
        holding.give_up();
        for _ in 0..5 {
            holding.ping(Duration::from_secs(60));
        }
        assert!(!holding.is_held(), "arrival times mean nothing then");
    }
}
