//! Pages go through everything once, whatever comes in between.

use flowdeck::model::history::RunFilter;

use crate::desk::{Desk, Given, START};

fn run(number: i64, at: i64) -> Given {
    let text = if number % 3 == 0 { "lease 合同" } else { "invoice" };
    Given { id: format!("r{number:03}"), app: "a".into(), at, input: format!("{text} {number}"), ..Given::default() }
}

#[tokio::test]
async fn pages_go_through_everything_once_while_runs_arrive() {
    let desk = Desk::new().await;
    // Every second one comes late: with an older start than those before it.
    for number in 0..60 {
        let at = if number % 2 == 0 { 1000 + number } else { 500 - number };
        desk.add(&run(number, at)).await;
    }
    for (text, every) in [("", 1), ("lease", 3), ("合", 3), ("in:input lease", 3)] {
        let (mut ids, mut after) = (Vec::new(), None);
        for page_number in 0.. {
            let page = desk.page(text, &RunFilter::default(), after.as_deref(), 7).await;
            ids.extend(page.runs.iter().map(|run| run.head.id.0.clone()));
            // One that is newer than all, and one that belongs to a page that was read.
            let number = 300 + page_number * 6 + i64::try_from(text.len()).expect("small") * 60;
            desk.add(&run(number, 2000 + number)).await;
            desk.add(&run(number + 3, 990)).await;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let mut expected: Vec<i64> = (0..60).filter(|number| number % every == 0).collect();
        expected.sort_by_key(|number| if number % 2 == 0 { -1000 - number } else { *number });
        let expected: Vec<_> = expected.into_iter().map(|number| format!("r{number:03}")).collect();
        let ids: Vec<_> = ids.into_iter().filter(|id| id.as_str() < "r100").collect();
        assert_eq!(ids, expected, "{text:?}: newest first, each once");
    }
}

#[tokio::test]
async fn from_the_other_end_the_same_runs_are_found_in_the_same_order() {
    // Late ones among them, and some of the same second.
    let start = |number: i64| if number % 2 == 0 { 1000 + number / 3 } else { 1012 - number / 4 };
    let starts =
        |ids: &[String]| -> Vec<i64> { ids.iter().map(|id| start(id[1..].parse().expect("a number"))).collect() };
    let desk = Desk::new().await;
    for number in 0..60 {
        desk.add(&run(number, start(number))).await;
    }
    let some = RunFilter { after: Some(START + 1_003_000), before: Some(START + 1_011_000), ..RunFilter::default() };
    for (text, filter) in [
        ("", &RunFilter::default()),
        ("lease", &RunFilter::default()),
        ("合", &RunFilter::default()),
        ("in:input lease", &RunFilter::default()),
        ("", &some),
        ("invoice", &some),
        ("nowhere", &some),
    ] {
        let mut forwards = desk.all(text, filter, 7).await;
        let (mut backwards, mut before) = (Vec::new(), None);
        loop {
            let page = desk.last(text, filter, before.as_deref(), 7).await;
            let ids: Vec<String> = page.runs.into_iter().map(|run| run.head.id.0).collect();
            assert!(ids.len() <= 7, "{text:?}: no more than was asked for");
            backwards = [ids, backwards].concat();
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(backwards.is_empty(), text == "nowhere", "{text:?}");
        assert_eq!(starts(&backwards), starts(&forwards), "{text:?}: newest first");
        // Which of two of the same moment comes first depends on where a page ends.
        backwards.sort();
        forwards.sort();
        assert_eq!(backwards, forwards, "{text:?}: each once");
    }
}

#[tokio::test]
async fn a_cursor_of_another_program_begins_at_the_start() {
    let desk = Desk::new().await;
    desk.add(&run(1, 1)).await;
    for after in ["", "x", "99999999999999999999.1", "3"] {
        assert_eq!(desk.page("", &RunFilter::default(), Some(after), 5).await.runs.len(), 1, "{after:?}");
    }
}
