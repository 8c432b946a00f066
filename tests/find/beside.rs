//! Searches beside runs that are saved and deleted, and up to the moment the store closes.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use flowdeck::model::{
    history::{RunFilter, Search},
    run::RunId,
};

use crate::desk::{Desk, Given};

/// Of every second one the start lies before those that are there already.
fn run(number: i64) -> Given {
    let at = if number % 2 == 0 { 1000 + number } else { 500 - number };
    let text = if number % 3 == 0 { "lease 合同" } else { "invoice" };
    Given {
        id: format!("r{number:04}"),
        app: "a".into(),
        at,
        input: format!("{text} {number}"),
        text: format!("notice period of {number}. ").repeat(20),
        ..Given::default()
    }
}

const SEARCHES: [&str; 6] = ["", "lease", "合", "period", "in:text period", "lease 合 notice"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_page_is_of_one_state_while_runs_come_and_go() {
    let desk = Desk::new().await;
    for number in 0..80 {
        desk.add(&run(number)).await;
    }
    desk.store.index_all().await.expect("indexed");
    let done = AtomicBool::new(false);
    let read = async |texts: &[&str]| {
        // Each once at least, also where the others are done by then.
        for round in 0.. {
            if round > 0 && done.load(Ordering::Acquire) {
                return;
            }
            for text in texts {
                let (mut seen, mut after, mut last) = (HashSet::new(), None, i64::MAX);
                loop {
                    let page = desk.page(text, &RunFilter::default(), after.as_deref(), 7).await;
                    assert!(page.runs.len() <= 7, "{text:?}: no more than was asked for");
                    for run in page.runs {
                        assert!(run.head.started_at <= last, "{text:?}: newest first, from page to page");
                        last = run.head.started_at;
                        assert_eq!(run.snippet.is_some(), !text.is_empty(), "{text:?}: {} says where", run.head.id.0);
                        assert!(seen.insert(run.head.id.0.clone()), "{text:?}: {} came twice", run.head.id.0);
                    }
                    let counts = desk.counts(text, &RunFilter::default()).await;
                    let by_app: u32 = counts.apps.iter().map(|(_, count)| count).sum();
                    assert_eq!(by_app, counts.total, "{text:?}: what is counted is of one state, too");
                    match page.next {
                        Some(next) => after = Some(next),
                        None => break,
                    }
                }
                // Those that were there before, and that nobody deletes.
                let stay = (0..80).filter(|number| number % 4 == 3 && (number % 3 == 0 || !text.contains(['l', '合'])));
                for number in stay {
                    assert!(seen.contains(&format!("r{number:04}")), "{text:?}: r{number:04} is not missing");
                }
            }
        }
    };
    let write = async {
        for number in 80..200 {
            desk.add(&run(number)).await;
            let goes = number - 80;
            if goes % 4 != 3 {
                let goes = [RunId(format!("r{goes:04}"))];
                assert_eq!(desk.store.delete_runs(&goes, 1).await.expect("hidden").runs, goes);
                desk.store.purge(&goes, 0).await.expect("taken away");
            }
        }
        done.store(true, Ordering::Release);
    };
    let (left, right) = SEARCHES.split_at(3);
    let all = async { tokio::join!(read(left), read(right), write) };
    tokio::time::timeout(Duration::from_secs(120), all).await.expect("nobody waits for ever");
    assert_eq!(desk.all("", &RunFilter::default(), 50).await.len(), 200 - 90, "and those that stay are there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_up_to_the_last_moment_neither_hang_nor_leave_a_log() {
    for round in 0..6 {
        let desk = Desk::new().await;
        for number in 0..26 {
            if number == 20 {
                desk.store.index_all().await.expect("indexed");
            }
            // The last of them are about to be indexed.
            desk.add(&run(number)).await;
        }
        let log = desk.folder.path().join("flowdeck.db-wal");
        assert!(log.exists(), "there is one before");
        let begun = Arc::new(tokio::sync::Semaphore::new(0));
        let mut searches = Vec::new();
        for text in SEARCHES {
            let (find, begun) = (desk.find.clone(), Arc::clone(&begun));
            searches.push(tokio::spawn(async move {
                let search = Search { text: text.into(), filter: RunFilter::default() };
                loop {
                    let page = find.find(&search, None, 50).await;
                    begun.add_permits(1);
                    match page {
                        Ok(page) => assert!(!page.runs.is_empty(), "{text:?}"),
                        Err(error) => return error.code(),
                    }
                }
            }));
        }
        let closing = async {
            let some = begun.acquire_many(round * 5 + 1).await.expect("some were answered");
            desk.store.close().await;
            drop(some);
            for search in &mut searches {
                let code = search.await.expect("it ended");
                assert_eq!(code, flowdeck::model::failure::FailureCode::Store, "closed is not damaged");
            }
        };
        tokio::time::timeout(Duration::from_secs(60), closing).await.expect("nobody waits for what was closed");
        assert!(!log.exists(), "a log would have the next start look for damage");
        assert!(!desk.folder.path().join("flowdeck.suspect").exists(), "nor is it suspected");
        let search = Search { text: "lease".into(), filter: RunFilter::default() };
        assert!(desk.find.counts(&search).await.is_err() && desk.find.last(&search, None, 5).await.is_err());
    }
}
