//! Days that are counted from today, in the words of the search and in the filter of the page: the same runs.

use flowdeck::model::history::RunFilter;
use jiff::{Timestamp, ToSpan as _, Zoned, civil::Date, tz::TimeZone};

use crate::desk::{Desk, Given, START};

fn today() -> Date {
    Zoned::new(Timestamp::now(), TimeZone::system()).date()
}

/// When a day of this place begins.
fn begin(day: Date) -> i64 {
    let first = day.to_zoned(TimeZone::system()).expect("a day").start_of_day().expect("its start");
    first.timestamp().as_millisecond()
}

/// The table, where today is that day: what is expected, and what was found.
async fn table(today: Date) -> Vec<(String, String, String)> {
    let desk = Desk::new().await;
    // First and last seconds of days: of so many days ago, in the order of time.
    for (ago, id) in [(30, "r30"), (29, "r29"), (7, "r7"), (6, "r6"), (1, "r1"), (0, "r0")] {
        let (from, to) = (begin(today - ago.days()), begin(today - (ago - 1).days()));
        for (at, edge) in [(from + 999, "a"), (to - 1001, "z")] {
            desk.add(&Given {
                id: format!("{id}{edge}"),
                app: "a".into(),
                at: (at - START).div_euclid(1000),
                ..Given::default()
            })
            .await;
        }
    }
    let mut rows = Vec::new();
    for (text, expected) in [
        ("after:7d", "r0z r0a r1z r1a r6z r6a"),
        ("从：7天", "r0z r0a r1z r1a r6z r6a"),
        ("on:7d", "r0z r0a r1z r1a r6z r6a"),
        ("date:\"last 7 days\"", "r0z r0a r1z r1a r6z r6a"),
        ("before:7d", "r7z r7a r29z r29a r30z r30a"),
        ("之前：7天", "r7z r7a r29z r29a r30z r30a"),
        ("-after:7d", "r7z r7a r29z r29a r30z r30a"),
        ("after:30d", "r0z r0a r1z r1a r6z r6a r7z r7a r29z r29a"),
        ("before:30d", "r30z r30a"),
        ("after:30d before:7d", "r7z r7a r29z r29a"),
        ("on:\"7 days ago\"", "r7z r7a"),
        ("on:7d..yesterday", "r1z r1a r6z r6a"),
        ("after:1d", "r0z r0a"),
        ("after:yesterday before:today", "r1z r1a"),
    ] {
        rows.push((text.to_owned(), expected.to_owned(), desk.all(text, &RunFilter::default(), 50).await.join(" ")));
    }
    // As the page narrows by "Last 7 days" (`ui/src/history/filters.ts`).
    let week = RunFilter { after: Some(begin(today - 6.days())), ..RunFilter::default() };
    rows.push(("the filter".into(), rows[0].1.clone(), desk.all("", &week, 50).await.join(" ")));
    rows
}

#[tokio::test]
async fn the_last_days_are_the_same_in_words_and_in_the_filter() {
    // Once more where midnight came in between.
    let rows = loop {
        let day = today();
        let rows = table(day).await;
        if today() == day {
            break rows;
        }
    };
    for (text, expected, found) in rows {
        assert_eq!(found, expected, "{text}");
    }
}
