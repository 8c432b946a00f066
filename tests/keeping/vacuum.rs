//! Free room is given back while others write, also by databases of earlier versions.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use flowdeck::{
    model::run::{RunId, RunStatus, TextPart},
    store::RunSave,
};
use sqlx::Executor as _;

use crate::{Home, NOW, database};

async fn integrity(home: &Home) -> String {
    let mut database = database::connect(&home.house.folder.path().join("flowdeck.db")).await;
    sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut database).await.expect("looked over")
}

async fn gone(home: &Home, ids: &[RunId]) {
    home.house.store.delete_runs(ids, NOW).await.expect("hidden");
    home.house.store.purge(ids, 0).await.expect("deleted");
}

/// Runs with large texts, all but one deleted.
async fn hollow(home: &Home) {
    let app = home.add_app("a").await;
    let text = "押金 deposit ".repeat(10_000);
    for _ in 0..60 {
        let id = home.add_run(&app, RunStatus::Succeeded, 1).await;
        let texts = vec![TextPart { source: "t".into(), text: text.clone() }];
        home.house.store.save_run(&id, &RunSave { texts, ..RunSave::default() }).await.expect("saved");
    }
    let mut ids = home.runs().await;
    ids.pop();
    gone(home, &ids).await;
}

/// Writes as long as the other works; how often, and that it never failed.
async fn while_writing(home: &Home, work: impl Future<Output = ()>) -> u32 {
    let (done, writes) = (AtomicBool::new(false), AtomicU32::new(0));
    let id = home.runs().await.pop().expect("a run");
    let writing = async {
        while !done.load(Ordering::Relaxed) {
            let texts = vec![TextPart { source: "t".into(), text: "x".into() }];
            home.house.store.save_run(&id, &RunSave { texts, ..RunSave::default() }).await.expect("saved meanwhile");
            writes.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    };
    let working = async {
        work.await;
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(writing, working);
    writes.into_inner()
}

#[tokio::test]
async fn room_is_given_back_while_runs_are_saved() {
    let home = Home::new().await;
    hollow(&home).await;
    let (before, free) = home.house.store.database_size().await.expect("measured");
    assert!(free > 5_000_000 && free > before / 4, "there is something to give back: {free} of {before}");
    let writes = while_writing(&home, async {
        let done = home.keeping.vacuum().await.expect("given back");
        assert!(done.after < done.before / 2, "{done:?}");
    })
    .await;
    assert!(writes > 1, "others wrote in between: {writes} times");
    assert_eq!(integrity(&home).await, "ok");
    assert_eq!(home.house.store.database_size().await.expect("measured").1, 0, "nothing is left to give back");
    assert_eq!(home.runs().await.len(), 1);
}

#[tokio::test]
async fn a_database_of_an_earlier_version_is_written_anew_once_and_then_gives_back_in_pieces() {
    let folder = tempfile::tempdir().expect("a folder");
    // Made by a program that did not know of it.
    let mut earlier = database::connect(&folder.path().join("flowdeck.db")).await;
    earlier.execute("CREATE TABLE left_over (x)").await.expect("made");
    sqlx::Connection::close(earlier).await.expect("closed");
    let home = Home::on(folder).await;
    hollow(&home).await;
    assert!(home.house.store.vacuum_needs().await.expect("asked") > 4096, "the disk needs room for it");
    let writes = while_writing(&home, async {
        let done = home.keeping.vacuum().await.expect("written anew");
        assert!(done.after < done.before / 2, "{done:?}");
    })
    .await;
    assert!(writes > 0, "whoever waited wrote then");
    assert_eq!(integrity(&home).await, "ok", "also after connections that were open meanwhile wrote");
    for id in home.runs().await {
        gone(&home, &[id]).await;
    }
    let needs = home.house.store.vacuum_needs().await.expect("asked");
    assert_eq!(needs, 256 * 16 * 1024, "from then on it goes in pieces of this size, however large it is");
    home.keeping.vacuum().await.expect("given back");
    let home = home.again().await;
    assert_eq!(integrity(&home).await, "ok");
}
