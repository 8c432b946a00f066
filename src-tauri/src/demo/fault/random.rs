//! Faults that nobody wrote down: each request draws whether something goes wrong with it, and what.
//!
//! What is drawn follows from the seed, the kind of request, and its number among its kind, and from nothing else: the
//! same seed is the same bad day. Only faults are drawn through which a client can still learn the truth. Left out
//! are a key that is refused for ever, pings for ever in the place of a run, and answers that say to be something else.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Kind, Target};

/// How bad a day it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomFaults {
    pub seed: u64,
    /// Of the requests that a fault fits, from 0 to 1.
    pub share: f64,
}

/// Numbers that look random and follow from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Of one thing among many that share a seed.
    pub fn of(seed: u64, kind: u64, number: u64) -> Self {
        let mut mixed = Self(seed ^ kind.wrapping_mul(0xd6e8_feb8_6659_fd93));
        let mixed = mixed.next() ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn happens(&mut self, share: f64) -> bool {
        self.share() < share
    }

    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + self.share() * (most - least)
    }

    /// One of so many, counted from 0.
    pub fn below(&mut self, most: usize) -> usize {
        (self.share() * most as f64) as usize
    }

    /// Small numbers as often as large ones: streams break in their first event as well as after a minute.
    fn byte(&mut self) -> usize {
        (self.between(0.0, 16.0).exp2() - 1.0) as usize
    }
}

type Draw = (u32, fn(&mut Chance) -> Kind);

/// What can happen to starting a run, and how often one of it is meant.
const RUN: &[Draw] = &[
    (20, |chance| Kind::Cut(chance.byte())),
    (14, |chance| Kind::Reset(chance.byte())),
    (10, |chance| Kind::Stall(chance.byte())),
    (8, |_| Kind::NoFinish),
    (2, |_| Kind::ErrorThenPings),
    (8, |_| Kind::Duplicate),
    (8, |_| Kind::Reorder),
    (8, |_| Kind::Garbage),
    (1, |_| Kind::Drip(Duration::ZERO)),
    (4, |_| Kind::HeldBack),
    (6, |_| Kind::Gzip),
    (3, |_| Kind::Page(502)),
    (3, |_| Kind::Page(504)),
    (3, |_| Kind::TooMany(1)),
    (2, |_| Kind::TooManyAs400(1)),
];

/// To joining a run again.
const EVENTS: &[Draw] = &[
    (4, |chance| Kind::Cut(chance.byte())),
    (2, |chance| Kind::Stall(chance.byte())),
    (2, |_| Kind::Page(502)),
    (2, |_| Kind::Refusal(500)),
];

const DETAIL: &[Draw] = &[
    (3, |_| Kind::Page(502)),
    (3, |_| Kind::Refusal(500)),
    (3, |chance| Kind::Cut(chance.byte())),
    // Slow: a stored run has a few thousand bytes.
    (1, |_| Kind::Drip(Duration::from_millis(1))),
];

const STOP: &[Draw] = &[(1, |_| Kind::Page(502))];
const LOGS: &[Draw] = &[(1, |_| Kind::Page(502)), (1, |chance| Kind::Cut(chance.byte()))];
const FILE: &[Draw] = &[(1, |chance| Kind::Cut(chance.byte()))];

fn fitting(target: Target) -> &'static [Draw] {
    match target {
        Target::Run => RUN,
        Target::Events => EVENTS,
        Target::Detail => DETAIL,
        Target::Stop => STOP,
        Target::Logs => LOGS,
        Target::File => FILE,
        // What a form is made of is read by hand, and tried again by hand.
        Target::Upload | Target::Parameters | Target::Any => &[],
    }
}

/// What happens to the request of this number, counted from 0 among its kind.
pub(super) fn drawn(faults: RandomFaults, target: Target, number: u64) -> Option<Kind> {
    let mut chance = Chance::of(faults.seed, target as u64, number);
    let fitting = fitting(target);
    if fitting.is_empty() || !chance.happens(faults.share) {
        return None;
    }
    let all: u32 = fitting.iter().map(|(weight, _)| weight).sum();
    let mut place = chance.below(all as usize) as u32;
    let (_, draw) = fitting.iter().find(|(weight, _)| {
        let found = place < *weight;
        place = place.saturating_sub(*weight);
        found
    })?;
    Some(draw(&mut chance))
}

#[cfg(test)]
pub(in super::super) fn first_run_is_spared(faults: RandomFaults) -> bool {
    drawn(faults, Target::Run, 0).is_none()
}

/// A server's draws so far.
pub(super) struct Draws {
    faults: RandomFaults,
    numbers: [AtomicU64; 9],
    counts: Mutex<BTreeMap<String, usize>>,
}

impl Draws {
    pub fn new(faults: RandomFaults) -> Self {
        Self { faults, numbers: Default::default(), counts: Mutex::default() }
    }

    pub fn draw(&self, target: Target) -> Option<Kind> {
        let number = self.numbers.get(target as usize)?.fetch_add(1, Ordering::Relaxed);
        let kind = drawn(self.faults, target, number)?;
        let shown = kind.to_string();
        let word = shown.split_once('=').map_or(shown.as_str(), |(word, _)| word);
        let name = match target {
            Target::Run => word.to_owned(),
            target => format!("{word} on {target}"),
        };
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        Some(kind)
    }

    /// By the word of the fault, with the request it met unless that began a run.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: [Target; 6] = [Target::Run, Target::Events, Target::Detail, Target::Stop, Target::Logs, Target::File];

    fn first(seed: u64, share: f64, target: Target) -> Vec<Option<Kind>> {
        (0..2000).map(|number| drawn(RandomFaults { seed, share }, target, number)).collect()
    }

    #[test]
    fn the_same_seed_is_the_same_bad_day_and_another_is_another() {
        for target in ALL {
            assert_eq!(first(7, 0.5, target), first(7, 0.5, target), "{target}: nothing but the seed decides");
            assert_ne!(first(7, 0.5, target), first(8, 0.5, target), "{target}: each seed has its own");
        }
    }

    #[test]
    fn the_share_is_how_many_requests_are_met() {
        for target in ALL {
            assert!(first(1, 0.0, target).iter().all(Option::is_none), "{target}: none");
            assert!(first(1, 1.0, target).iter().all(Option::is_some), "{target}: all");
            let met = first(1, 0.3, target).iter().flatten().count();
            assert!((500..=700).contains(&met), "{target}: about three of ten, not {met} of 2000");
        }
        assert!(first(1, 1.0, Target::Parameters).iter().all(Option::is_none), "a form is never spoilt");
    }

    #[test]
    fn every_fault_that_fits_is_drawn_and_no_other() {
        let words = |target| {
            let kinds = first(3, 1.0, target).into_iter().flatten();
            let words = kinds.map(|kind| kind.to_string().split('=').next().unwrap_or_default().to_owned());
            words.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            words(Target::Run),
            "cut drip duplicate error-then-pings garbage gzip held-back no-finish page reorder reset stall too-many \
             too-many-400"
        );
        assert_eq!(words(Target::Events), "cut page refusal stall");
        assert_eq!(words(Target::Detail), "cut drip page refusal");
        assert_eq!((words(Target::Stop), words(Target::File)), ("page".into(), "cut".into()));
    }

    #[test]
    fn streams_break_early_and_late() {
        let mut chance = Chance::new(5);
        let bytes: Vec<usize> = (0..2000).map(|_| chance.byte()).collect();
        let within = |range: std::ops::Range<usize>| bytes.iter().filter(|byte| range.contains(byte)).count();
        assert!(within(0..1) > 50 && within(1..500) > 500, "in the first event");
        assert!(within(10_000..65_536) > 200, "and after a while");
    }
}
