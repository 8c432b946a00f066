//! How long an app's runs usually take, from those that finished. Pure: past runs in, what can honestly be said out.

use serde::{Deserialize, Serialize};

use super::Millis;

/// A run of the app that finished.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastRun {
    pub took: Millis,
    /// As they were counted while it ran; `None` where none were seen.
    pub steps: Option<u32>,
    /// It ran the very version of the workflow that is asked about.
    pub same_version: bool,
}

/// What an app's past runs tell of the next one. Nothing in it changes while a run goes on, so that what is said of
/// the time left only ever goes down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Usual {
    pub time: Option<UsualTime>,
    /// From three runs on.
    pub steps: Option<u32>,
}

/// From five runs on, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct UsualTime {
    pub median: Millis,
    /// Half of the runs took between `low` and `high`.
    pub low: Millis,
    pub high: Millis,
    /// From here on a run takes longer than usual.
    pub late: Millis,
    /// They are so much alike that a time left can be told; else only the range is.
    pub steady: bool,
}

/// How many past runs are looked at, the newest.
pub const LOOKED_AT: u32 = 50;
const FOR_TIME: usize = 5;
const FOR_STEPS: usize = 3;

impl Usual {
    /// Of runs of the same version, where these are enough; else of all.
    pub fn of(runs: &[PastRun]) -> Self {
        Self {
            time: enough(runs, FOR_TIME, |run| Some(run.took)).map(time_of),
            steps: enough(runs, FOR_STEPS, |run| run.steps.filter(|steps| *steps > 0).map(Millis::from))
                .and_then(|steps| u32::try_from(quantile(&steps, 1, 2)).ok()),
        }
    }
}

/// Sorted; `None` when there are too few.
fn enough(runs: &[PastRun], least: usize, value: impl Fn(&PastRun) -> Option<Millis>) -> Option<Vec<Millis>> {
    let same: Vec<Millis> = runs.iter().filter(|run| run.same_version).filter_map(&value).collect();
    let mut chosen = if same.len() >= least { same } else { runs.iter().filter_map(value).collect() };
    chosen.retain(|value| *value >= 0);
    chosen.sort_unstable();
    (chosen.len() >= least).then_some(chosen)
}

fn time_of(times: Vec<Millis>) -> UsualTime {
    let (low, median, high) = (quantile(&times, 1, 4), quantile(&times, 1, 2), quantile(&times, 3, 4));
    // A quarter of the runs takes longer than `high`, which is nothing unusual yet.
    let late = quantile(&times, 9, 10).max(high.saturating_add(high / 4)).saturating_add(5_000);
    // A few seconds more or less are no spread, however short the runs.
    let steady = high <= low.saturating_mul(2) || high - low <= 10_000;
    UsualTime { median, low, high, late, steady }
}

/// Between the two nearest values where it falls between them. `sorted` is never empty.
fn quantile(sorted: &[Millis], part: usize, of: usize) -> Millis {
    let last = sorted.len() - 1;
    let (at, rest) = (last * part / of, last * part % of);
    let (below, above) = (sorted[at], sorted[(at + 1).min(last)]);
    let (rest, of) = (i128::try_from(rest).unwrap_or(0), i128::try_from(of).unwrap_or(1));
    let between = i128::from(below) + (i128::from(above) - i128::from(below)) * rest / of;
    Millis::try_from(between).unwrap_or(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(seconds: &[i64]) -> Vec<PastRun> {
        seconds.iter().map(|took| PastRun { took: took * 1000, steps: None, same_version: false }).collect()
    }

    #[test]
    fn nothing_is_said_of_the_time_before_five_runs_finished() {
        assert_eq!(Usual::of(&[]), Usual::default());
        assert_eq!(Usual::of(&runs(&[60, 61, 62, 63])).time, None, "four are too few");
        assert!(Usual::of(&runs(&[60, 61, 62, 63, 64])).time.is_some());
    }

    #[test]
    fn the_median_and_the_middle_half_are_told_whatever_the_order() {
        let time = Usual::of(&runs(&[300, 60, 120, 240, 180])).time.expect("five");
        assert_eq!((time.low, time.median, time.high), (120_000, 180_000, 240_000));
        assert!(time.steady, "twice as long is near enough to tell a time left");
        let even = Usual::of(&runs(&[10, 20, 30, 40, 50, 60])).time.expect("six");
        assert_eq!(even.median, 35_000, "between the two in the middle");
    }

    #[test]
    fn one_run_that_took_hours_changes_nothing() {
        let time = Usual::of(&runs(&[60, 62, 61, 63, 90_000])).time.expect("five");
        assert_eq!(time.median, 62_000);
        assert!(time.high < 65_000 && time.steady, "{time:?}");
        let few = Usual::of(&runs(&[60, 62, 61, 63, 64, 65, 61, 60, 62, 63, 64, 90_000])).time.expect("twelve");
        assert!(few.late < 120_000, "nor does it move the moment from which a run is late: {few:?}");
    }

    #[test]
    fn runs_that_differ_much_tell_a_range_and_no_time_left() {
        let time = Usual::of(&runs(&[10, 40, 60, 300, 600])).time.expect("five");
        assert!(!time.steady);
        let short = Usual::of(&runs(&[1, 2, 4, 6, 9])).time.expect("five");
        assert!(short.steady, "a few seconds are no spread");
    }

    #[test]
    fn late_is_beyond_the_range_and_never_at_once() {
        for seconds in [vec![60; 9], vec![1, 1, 1, 1, 1], vec![0; 5], vec![60, 70, 80, 90, 600]] {
            let time = Usual::of(&runs(&seconds)).time.expect("enough");
            assert!(time.late > time.high && time.high >= time.median && time.median >= time.low, "{time:?}");
            assert!(time.late >= 5_000, "{time:?}");
        }
    }

    #[test]
    fn runs_of_the_same_version_count_alone_where_they_are_enough() {
        let mut all = runs(&[600; 20]);
        all.extend(runs(&[60; 5]).iter().map(|run| PastRun { same_version: true, ..*run }));
        assert_eq!(Usual::of(&all).time.map(|time| time.median), Some(60_000), "the workflow was changed since");
        assert_eq!(Usual::of(&all[..24]).time.map(|time| time.median), Some(600_000), "four are too few");
    }

    #[test]
    fn steps_are_told_from_three_runs_on_and_only_of_runs_that_showed_any() {
        let with = |steps: &[u32]| -> Vec<PastRun> {
            steps.iter().map(|steps| PastRun { took: 1000, steps: Some(*steps), same_version: false }).collect()
        };
        assert_eq!(Usual::of(&with(&[14, 13])).steps, None);
        assert_eq!(Usual::of(&with(&[14, 13, 15])).steps, Some(14));
        assert_eq!(Usual::of(&with(&[14, 13, 0])).steps, None, "one that told of no steps counts for nothing");
    }

    #[test]
    fn values_that_cannot_be_are_passed_over() {
        let time = Usual::of(&runs(&[-5, 60, 61, 62, 63, 64])).time.expect("five that can be");
        assert_eq!(time.median, 62_000, "a clock that was set back");
        let huge = PastRun { took: Millis::MAX, steps: None, same_version: true };
        let time = Usual::of(&[huge; 5]).time.expect("five");
        assert_eq!((time.median, time.late), (Millis::MAX, Millis::MAX), "no overflow");
    }
}
