//! Whether the computer slept: the steady clock stands still in sleep and another one does not. A stream that survived
//! in name only is found out by it (api.md §4: treat wake-up as a broken stream).

use std::time::{Duration, Instant, SystemTime};

/// How often the clocks are compared while a stream is followed.
pub(super) const LOOK: Duration = Duration::from_secs(5);
/// Clocks are set by some seconds without anybody sleeping.
const SHORTEST: Duration = Duration::from_secs(20);

pub(super) struct Nap {
    steady: Instant,
    sleepless: Sleepless,
}

/// A moment by a clock that goes on while the computer sleeps.
#[derive(Debug, Clone, Copy)]
enum Sleepless {
    /// Since the computer was started; nobody sets that clock.
    Boot(Duration),
    /// Elsewhere only the clock on the wall is known to go on, and that one is set.
    Wall(SystemTime),
}

impl Sleepless {
    fn now() -> Self {
        let uptime = if cfg!(target_os = "linux") { std::fs::read_to_string("/proc/uptime").ok() } else { None };
        let seconds = uptime.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        let since_boot = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        since_boot.map_or_else(|| Self::Wall(SystemTime::now()), Self::Boot)
    }

    /// A clock that was set back says nothing.
    fn since(self, earlier: Self) -> Duration {
        match (self, earlier) {
            (Self::Boot(now), Self::Boot(earlier)) => now.saturating_sub(earlier),
            (Self::Wall(now), Self::Wall(earlier)) => now.duration_since(earlier).unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }
}

impl Nap {
    pub fn new() -> Self {
        Self { steady: Instant::now(), sleepless: Sleepless::now() }
    }

    /// Since the last look.
    pub fn slept(&mut self) -> bool {
        self.looked(Instant::now(), Sleepless::now())
    }

    fn looked(&mut self, steady: Instant, sleepless: Sleepless) -> bool {
        let steadily = steady.saturating_duration_since(self.steady);
        let passed = sleepless.since(self.sleepless);
        (self.steady, self.sleepless) = (steady, sleepless);
        // Where the steady clock runs on in sleep, the task itself was not woken for long.
        passed.saturating_sub(steadily) >= SHORTEST || steadily >= LOOK + SHORTEST
    }
}

#[cfg(test)]
mod tests {
    use super::{Sleepless::*, *};

    #[test]
    fn only_clocks_that_part_by_much_mean_sleep() {
        let (steady, wall) = (Instant::now(), SystemTime::now());
        let s = Duration::from_secs;
        let slept = |later: Duration, by_the_wall: Duration| {
            Nap { steady, sleepless: Wall(wall) }.looked(steady + later, Wall(wall + by_the_wall))
        };
        assert!(!slept(s(5), s(5)), "nobody slept");
        assert!(!slept(s(5), s(15)), "the clock was set");
        assert!(slept(s(5), s(3600)), "the steady clock stands in sleep on Linux and macOS");
        assert!(slept(s(3600), s(3600)), "and runs on elsewhere");
        let mut back = Nap { steady, sleepless: Wall(wall) };
        assert!(!back.looked(steady + s(5), Wall(wall - s(3600))), "a clock that is set back is no sleep");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_clock_that_is_set_forward_is_no_sleep_where_another_one_goes_on() {
        assert!(matches!(Sleepless::now(), Boot(_)), "the time since the start of the computer is known");
        let (steady, s) = (Instant::now(), Duration::from_secs);
        let mut nap = Nap { steady, sleepless: Boot(s(1000)) };
        assert!(!nap.looked(steady + s(5), Boot(s(1005))), "whatever the wall says");
        assert!(nap.looked(steady + s(10), Boot(s(4600))), "sleep counts");
    }
}
