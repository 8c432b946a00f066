//! What a close request leads to. Pure: the clock is handed in.

use std::time::{Duration, Instant};

/// A question that the page has not taken up after this time will not be taken up: the page is broken. A double
/// click on the window's cross is shorter.
const SILENCE: Duration = Duration::from_secs(1);

/// What becomes of a request to close the window, or to quit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Close,
    /// Held back; the page asks.
    Ask,
    /// Held back without a word: what was answered is being done.
    Hold,
}

/// How far the one question is.
#[derive(Debug, Default)]
pub struct Closing {
    /// Since when the page was asked in vain.
    unheard: Option<Instant>,
    /// What is under way is being stopped, then the program ends.
    leaving: bool,
}

impl Closing {
    pub fn asked(&mut self, is_under_way: bool, now: Instant) -> Verdict {
        if self.leaving {
            return Verdict::Hold;
        }
        if !is_under_way || self.unheard.is_some_and(|since| now.duration_since(since) >= SILENCE) {
            return Verdict::Close;
        }
        self.unheard.get_or_insert(now);
        Verdict::Ask
    }

    /// The page has the question on screen, or answered it.
    pub fn heard(&mut self) {
        self.unheard = None;
    }

    /// False if it is leaving already.
    pub fn leave(&mut self) -> bool {
        !std::mem::replace(&mut self.leaving, true)
    }

    /// It does not leave after all.
    pub fn stay(&mut self) {
        self.leaving = false;
    }

    pub fn is_leaving(&self) -> bool {
        self.leaving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_runs_the_window_closes_as_always() {
        assert_eq!(Closing::default().asked(false, Instant::now()), Verdict::Close);
    }

    #[test]
    fn a_page_that_takes_the_question_up_is_asked_again_and_again() {
        let (mut closing, start) = (Closing::default(), Instant::now());
        for minute in 0..3 {
            let now = start + Duration::from_secs(60 * minute);
            assert_eq!(
                closing.asked(true, now),
                Verdict::Ask,
                "closing with the question on screen asks, it does not quit"
            );
            closing.heard();
        }
    }

    #[test]
    fn a_page_that_does_not_answer_is_not_waited_for_a_second_time() {
        let (mut closing, start) = (Closing::default(), Instant::now());
        assert_eq!(closing.asked(true, start), Verdict::Ask);
        let double_click = start + Duration::from_millis(200);
        assert_eq!(closing.asked(true, double_click), Verdict::Ask, "the page had no time to answer yet");
        assert_eq!(closing.asked(true, start + Duration::from_secs(2)), Verdict::Close);
    }

    #[test]
    fn while_runs_are_being_stopped_nothing_closes_the_window_under_them() {
        let mut closing = Closing::default();
        assert!(closing.leave() && !closing.leave(), "it leaves once");
        assert_eq!(closing.asked(true, Instant::now()), Verdict::Hold);
        closing.stay();
        assert_eq!(closing.asked(true, Instant::now()), Verdict::Ask, "a stop that did not arrive asks anew");
    }
}
