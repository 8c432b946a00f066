//! Whether the computer slept: two clocks part then. A stream that survived in name only is found out by it
//! (api.md §4: treat wake-up as a broken stream).

use std::time::{Duration, Instant, SystemTime};

/// How often the clocks are compared while a stream is followed.
pub(super) const LOOK: Duration = Duration::from_secs(5);
/// Clocks are set by some seconds without anybody sleeping.
const SHORTEST: Duration = Duration::from_secs(20);

pub(super) struct Nap {
    steady: Instant,
    wall: SystemTime,
}

impl Nap {
    pub fn new() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Since the last look.
    pub fn slept(&mut self) -> bool {
        self.looked(Instant::now(), SystemTime::now())
    }

    fn looked(&mut self, steady: Instant, wall: SystemTime) -> bool {
        let steadily = steady.saturating_duration_since(self.steady);
        // A clock that was set back says nothing.
        let by_the_wall = wall.duration_since(self.wall).unwrap_or_default();
        (self.steady, self.wall) = (steady, wall);
        // Where the steady clock runs on in sleep, the task itself was not woken for long.
        by_the_wall.saturating_sub(steadily) >= SHORTEST || steadily >= LOOK + SHORTEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clocks_that_part_by_much_mean_sleep() {
        let (steady, wall) = (Instant::now(), SystemTime::now());
        let s = Duration::from_secs;
        let slept =
            |later: Duration, by_the_wall: Duration| Nap { steady, wall }.looked(steady + later, wall + by_the_wall);
        assert!(!slept(s(5), s(5)), "nobody slept");
        assert!(!slept(s(5), s(15)), "the clock was set");
        assert!(slept(s(5), s(3600)), "the steady clock stands in sleep on Linux and macOS");
        assert!(slept(s(3600), s(3600)), "and runs on elsewhere");
        let mut back = Nap { steady, wall };
        assert!(!back.looked(steady + s(5), wall - s(3600)), "a clock that is set back is no sleep");
    }
}
