//! What the ladder decides, by a clock of its own.

use super::*;

const ALL: Ways = Ways { resume: true, detail: true, log: true, early_rows: true };

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Plays the same answer to every question until the ladder gives up; the moments at which it asked.
fn asked(mut ladder: Ladder, at: Instant, answer: impl Fn(Decision) -> Answer) -> (Vec<u64>, Instant) {
    let (start, mut now, mut moments) = (at, at, Vec::new());
    for _ in 0..10_000 {
        match ladder.decide() {
            Decision::Rest(until) => {
                now = until;
                ladder.go_on();
            }
            Decision::GiveUp | Decision::WaitsOn | Decision::RestUntilAsked => return (moments, now),
            question => {
                moments.push((now - start).as_secs());
                ladder.answered(answer(question), now);
            }
        }
    }
    panic!("it asks for ever: {moments:?}");
}

#[test]
fn a_server_with_a_resume_stream_is_asked_for_it_first_then_for_the_detail() {
    let at = Instant::now();
    let mut ladder = Ladder::new(&Pace::default(), ALL, true, at, s(0));
    assert_eq!(ladder.decide(), Decision::Resume);
    ladder.answered(Answer::NoStream, at);
    assert_eq!(ladder.decide(), Decision::Detail, "an older server");
    ladder.answered(Answer::GoesOn, at);
    assert_eq!(ladder.decide(), Decision::Rest(at + s(1)));
    ladder.go_on();
    assert_eq!(ladder.decide(), Decision::Detail, "what is not there is not asked for again");
}

#[test]
fn a_server_that_says_running_for_ever_is_not_believed_for_ever() {
    let at = Instant::now();
    let old = Ways { resume: false, ..ALL };
    let (moments, end) = asked(Ladder::new(&Pace::default(), old, true, at, s(0)), at, |_| Answer::GoesOn);
    assert_eq!(moments[..7], [0, 1, 3, 7, 15, 30, 45], "1, 2, 4, 8, then every 15 s");
    assert_eq!((end - at).as_secs(), 1230, "a little more than a server's own limit after the last sign of life");
}

#[test]
fn a_run_of_yesterday_that_still_runs_is_given_up_after_half_a_minute_but_not_if_the_user_insists() {
    let at = Instant::now();
    let old = Ways { resume: false, ..ALL };
    let ladder = Ladder::new(&Pace::default(), old, true, at, s(86_400));
    let (_, end) = asked(ladder.clone(), at, |_| Answer::GoesOn);
    assert_eq!((end - at).as_secs(), 30);
    let (_, end) = asked(ladder.insist(), at, |_| Answer::GoesOn);
    assert_eq!((end - at).as_secs(), 1230);
}

#[test]
fn a_server_that_cannot_be_reached_is_asked_on_and_more_seldom_after_a_while() {
    let at = Instant::now();
    let mut ladder = Ladder::new(&Pace::default(), Ways { resume: false, ..ALL }, true, at, s(0));
    let mut now = at;
    let mut pauses = Vec::new();
    while now < at + s(24 * 3600) {
        match ladder.decide() {
            Decision::Rest(until) => {
                pauses.push((until - now).as_secs());
                now = until;
                ladder.go_on();
            }
            Decision::GiveUp => panic!("a network that is off says nothing about the run"),
            _ => ladder.answered(Answer::Trouble { wait: None }, now),
        }
    }
    assert_eq!(pauses[..6], [1, 2, 4, 8, 15, 15]);
    assert_eq!(pauses.last(), Some(&60), "a laptop offline for a day does not ask every 15 s");
}

#[test]
fn a_server_says_how_long_to_wait_and_is_obeyed() {
    let at = Instant::now();
    let mut ladder = Ladder::new(&Pace::default(), Ways { resume: false, ..ALL }, true, at, s(0));
    ladder.answered(Answer::Trouble { wait: Some(s(40)) }, at);
    assert_eq!(ladder.decide(), Decision::Rest(at + s(40)));
}

#[test]
fn without_an_id_the_run_is_looked_for_in_the_log_and_then_followed() {
    let at = Instant::now();
    let mut ladder = Ladder::new(&Pace::default(), ALL, false, at, s(0));
    assert_eq!(ladder.decide(), Decision::Find);
    let (_, end) = asked(ladder.clone(), at, |_| Answer::NotListed);
    assert_eq!((end - at).as_secs(), 90, "a row may come late, but not for ever");
    ladder.answered(Answer::Found, at);
    assert_eq!(ladder.decide(), Decision::Resume);
    let none = Ladder::new(&Pace::default(), Ways { log: false, ..ALL }, false, at, s(0));
    assert_eq!(none.decide(), Decision::GiveUp, "nothing is left to ask; it is never started anew");
}

#[test]
fn a_stop_is_followed_to_the_real_end_unless_the_server_forgets_it() {
    let at = Instant::now();
    let mut ladder = Ladder::new(&Pace::default(), Ways { resume: false, ..ALL }, true, at, s(0));
    ladder.stop(at);
    assert_eq!(ladder.decide(), Decision::Rest(at + s(1)), "the server looks at its flag once a second");
    let (_, end) = asked(ladder.clone(), at, |_| Answer::GoesOn);
    assert_eq!((end - at).as_secs(), 1230, "a server that did not hear of it really goes on");
    let mut heard = ladder.clone();
    heard.stop_heard(at);
    let (_, end) = asked(heard, at, |_| Answer::GoesOn);
    assert_eq!((end - at).as_secs(), 60, "one that did may have forgotten to write it down");
    let mut waiting = ladder;
    waiting.answered(Answer::Waits, at + s(15));
    assert_eq!(waiting.decide(), Decision::WaitsOn, "it still asks its question");
}

#[test]
fn a_refused_key_waits_for_the_user() {
    let at = Instant::now();
    let mut ladder = Ladder::new(&Pace::default(), ALL, true, at, s(0));
    ladder.answered(Answer::KeyRefused, at);
    assert_eq!(ladder.decide(), Decision::RestUntilAsked);
    ladder.go_on();
    assert_eq!(ladder.decide(), Decision::Resume, "with the new key it goes on");
}

#[test]
fn after_an_error_event_the_truth_is_asked_for_a_short_while() {
    let at = Instant::now();
    let ladder = Ladder::new(&Pace::default(), ALL, true, at, s(0)).after_error();
    assert_eq!(ladder.decide(), Decision::Detail, "the stream of such a run says nothing more");
    let (_, end) = asked(ladder.clone(), at, |_| Answer::GoesOn);
    assert_eq!((end - at).as_secs(), 60);
    let (_, end) = asked(ladder, at, |_| Answer::Trouble { wait: None });
    assert_eq!((end - at).as_secs(), 60);
}

#[test]
fn after_an_answer_a_run_may_say_for_a_while_that_it_still_waits() {
    let at = Instant::now();
    let ladder = Ladder::new(&Pace::default(), Ways { resume: false, ..ALL }, true, at, s(0)).after_answer(at);
    let (moments, end) = asked(ladder, at, |_| Answer::Waits);
    assert!(moments.len() > 3, "it is asked again: {moments:?}");
    assert_eq!((end - at).as_secs(), 120);
}

#[test]
fn news_start_the_time_anew() {
    let at = Instant::now();
    let mut ladder = Ladder::new(&Pace::default(), ALL, true, at, s(0));
    for round in 0..100 {
        let now = at + s(600 * round);
        assert_eq!(ladder.decide(), Decision::Resume);
        ladder.answered(Answer::Streamed { told: true }, now);
        ladder.answered(Answer::GoesOn, now);
        assert!(matches!(ladder.decide(), Decision::Rest(_)), "it lives: round {round}");
        ladder.go_on();
    }
}
