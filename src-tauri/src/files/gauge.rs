//! How fast an upload is and how long it still takes, told so that figures do not jump. The gauge is pure: moments are
//! handed in.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often the page is told. A bar that moves ten times a second looks steady, whatever the network does.
const TICK: Duration = Duration::from_millis(100);
/// What is sent until then only fills the buffers on the way, and says nothing of its speed.
const FILLING: Duration = Duration::from_millis(300);
/// Speed is that of the last seconds. Systems take more only once a third of their buffer is free, which on a slow
/// line may be a megabyte every few seconds.
const WINDOW: Duration = Duration::from_secs(10);
const SAMPLE: Duration = Duration::from_millis(250);
/// Nothing is said of speed before this much was seen of it.
const SURE: Duration = Duration::from_millis(1500);
/// How often figures change.
const EVERY: Duration = Duration::from_secs(1);
/// A time left that is this much off, in parts of itself and in seconds, goes on counting down.
const NEAR: (f64, f64) = (0.2, 2.0);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    pub sent: u64,
    /// Bytes a second.
    pub speed: Option<u64>,
    /// Seconds.
    pub left: Option<u32>,
}

pub struct Gauge {
    size: u64,
    /// When, since the beginning, and how much was sent by then; the oldest first.
    samples: VecDeque<(Duration, u64)>,
    told: Told,
    /// When the figures were told last, and the time left as it was then.
    figures: (Duration, Option<f64>),
}

impl Gauge {
    pub fn new(size: u64) -> Self {
        Self { size, samples: VecDeque::new(), told: Told::default(), figures: (Duration::ZERO, None) }
    }

    pub fn at(&mut self, elapsed: Duration, sent: u64) -> Told {
        let is_due = self.samples.back().is_none_or(|(last, _)| elapsed.saturating_sub(*last) >= SAMPLE);
        if elapsed >= FILLING && is_due {
            self.samples.push_back((elapsed, sent));
            while self.samples.get(1).is_some_and(|(at, _)| elapsed.saturating_sub(*at) >= WINDOW) {
                self.samples.pop_front();
            }
        }
        self.told.sent = sent;
        let since = elapsed.saturating_sub(self.figures.0);
        if since >= EVERY
            && let Some((from, had)) = self.samples.front()
            && elapsed.saturating_sub(*from) >= SURE
        {
            let speed = sent.saturating_sub(*had) as f64 / elapsed.saturating_sub(*from).as_secs_f64();
            let estimate = (speed >= 1.0).then(|| self.size.saturating_sub(sent) as f64 / speed);
            let left = estimate.map(|estimate| match self.figures.1.map(|left| left - since.as_secs_f64()) {
                Some(left) if left > 0.0 && (estimate - left).abs() <= (left * NEAR.0).max(NEAR.1) => left,
                _ => estimate,
            });
            self.figures = (elapsed, left);
            self.told.speed = Some(speed as u64);
            self.told.left = left.map(|left| left.ceil() as u32);
        }
        self.told
    }
}

/// Does the work, and tells how far it is meanwhile.
pub async fn watched<T>(size: u64, sent: &AtomicU64, work: impl Future<Output = T>, mut tell: impl FnMut(Told)) -> T {
    let begun = Instant::now();
    let mut gauge = Gauge::new(size);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // A small file is with the network before the first look at it: that it begins is told all the same.
    ticks.tick().await;
    let told = gauge.at(begun.elapsed(), sent.load(Ordering::Relaxed));
    let mut before = Some(told);
    tell(told);
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = ticks.tick() => {
                let told = gauge.at(begun.elapsed(), sent.load(Ordering::Relaxed));
                if before.replace(told) != Some(told) {
                    tell(told);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1024 * 1024;

    /// What is told each tenth of a second of a way on which so much is sent by then.
    fn told(size: u64, seconds: u64, sent: impl Fn(f64) -> f64) -> Vec<Told> {
        let mut gauge = Gauge::new(size);
        let at = |gauge: &mut Gauge, tenth: u64| {
            gauge.at(Duration::from_millis(tenth * 100), (sent(tenth as f64 / 10.0) as u64).min(size))
        };
        (0..=seconds * 10).map(|tenth| at(&mut gauge, tenth)).collect()
    }

    #[test]
    fn speed_and_time_left_are_told_once_they_are_known_and_then_only_count_down() {
        // 1 MB/s, after buffers that took 3 MB at once.
        let told = told(60 * MB, 50, |at| (3.0 + at) * MB as f64);
        assert!(told[..18].iter().all(|told| told.speed.is_none() && told.left.is_none()), "nothing is guessed");
        let speeds: Vec<u64> = told.iter().filter_map(|told| told.speed).collect();
        assert!(speeds.iter().all(|speed| speed.abs_diff(MB) < MB / 50), "the buffers are no speed: {speeds:?}");
        let left: Vec<u32> = told.iter().filter_map(|told| told.left).collect();
        assert!(left.windows(2).all(|pair| pair[0] - pair[1] <= 1), "down, second by second: {left:?}");
        assert!(left[0].abs_diff(55) <= 1, "57 MB are left after 3 and 2 seconds: {left:?}");
    }

    #[test]
    fn an_uneven_line_does_not_make_the_time_left_jump() {
        // Between 0.8 and 1.2 MB/s, in waves of three seconds.
        let wave = |at: f64| (at + 0.2 * (at * 2.1).sin() / 2.1) * MB as f64;
        let left: Vec<u32> = told(120 * MB, 100, wave).iter().filter_map(|told| told.left).collect();
        assert!(left.windows(2).all(|pair| pair[1] <= pair[0]), "never up: {left:?}");
    }

    #[test]
    fn a_line_that_becomes_slower_is_believed() {
        let slower = |at: f64| if at < 10.0 { at * MB as f64 } else { (10.0 + (at - 10.0) / 4.0) * MB as f64 };
        let told = told(40 * MB, 22, slower);
        let last = told.last().expect("told");
        // 27 MB at a quarter MB/s, but for what may be off without a jump.
        assert!(last.left.is_some_and(|left| (87..=113).contains(&left)), "{last:?}");
    }

    #[test]
    fn a_line_that_stands_still_promises_no_time() {
        let stood = |at: f64| at.min(5.0) * MB as f64;
        let told = told(40 * MB, 17, stood);
        assert_eq!(told.last(), Some(&Told { sent: 5 * MB, speed: Some(0), left: None }));
    }
}
