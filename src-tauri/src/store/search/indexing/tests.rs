use std::{path::Path, sync::atomic::Ordering, time::Duration};

use super::MANY;
use crate::{
    model::{history::RunFilter, query::Query, run::RunId, words::Needle},
    store::{Store, Wanted},
};

/// Neighbours begin otherwise, or the index would not write it out.
fn secret(number: i64) -> String {
    format!("{number}quetzal")
}

fn id(number: i64) -> String {
    format!("{number:08}-0000-7000-8000-000000000000")
}

/// Runs of so many words that the index is joined in several pieces.
async fn add(store: &Store, number: i64, word: &str, words: u32) {
    let mut writing = store.write(false).await.expect("a turn");
    let run = "INSERT INTO run (id, app_id, title, status, started_at) VALUES (?, 'app', '', 'succeeded', ?)";
    let run = sqlx::query(run).bind(id(number)).bind(1000 + number);
    run.execute(&mut *writing.transaction).await.expect("a run");
    let rest: String = (0..words).map(|word| format!(" w{number}x{word}")).collect();
    let text = "INSERT INTO run_text (run_id, source, text) VALUES (?, 'llm.text', ?)";
    let text = sqlx::query(text).bind(id(number)).bind(format!("{word}{rest}"));
    text.execute(&mut *writing.transaction).await.expect("its text");
    writing.commit().await.expect("saved");
}

async fn found(store: &Store, word: &str) -> Vec<String> {
    let query = Query { need: vec![Needle::of(word, false).expect("a word")], ..Query::default() };
    let page = store.history_find(&Wanted { query, filter: RunFilter::default() }, None, 500).await;
    page.expect("a search is never an error").runs.into_iter().map(|run| run.head.id.0).collect()
}

/// In which of its files the database has something of the deleted words.
fn stands(folder: &Path) -> Vec<&'static str> {
    let holds = |name: &&str| {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        bytes.windows(7).any(|window| window == b"quetzal")
    };
    ["flowdeck.db", "flowdeck.db-wal"].into_iter().filter(holds).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_runs_that_go_while_the_index_is_joined_stand_nowhere_afterwards() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    let app = "INSERT INTO app (id, position, origin, base_url, user_id, key_state, branding, form, refreshed_at) \
        VALUES ('app', 1, 'server', '', '', 'missing', '{}', '{}', 0)";
    sqlx::query(app).execute(&store.pool).await.expect("an app");
    for number in 0..60 {
        add(&store, number, &if number % 6 == 1 { secret(number) } else { format!("kept{number}") }, 3000).await;
    }
    store.index_all().await.expect("indexed");
    store.indexing.fresh.store(MANY, Ordering::Relaxed);
    assert!(store.join_some().await && store.indexing.fresh.load(Ordering::Relaxed) < 0, "joining is under way");
    let gone: Vec<RunId> = (0..60).filter(|number| number % 6 == 1).map(|number| RunId(id(number))).collect();
    assert_eq!(store.delete_runs(&gone, 1).await.expect("hidden").runs.len(), 10);
    store.purge(&gone, 0).await.expect("taken away");
    assert!(!stands(folder.path()).is_empty(), "their words stand in the index, or this shows nothing");

    store.keep_indexed();
    let joining = async {
        for _ in 0..50 {
            store.join_some().await;
        }
    };
    let saving = async {
        for number in 100..120 {
            add(&store, number, &format!("new{number}"), 200).await;
            // A search waits for it for a moment only, and all of this writes at once: the outer limit is for this, too.
            while found(&store, &format!("new{number}")).await != [id(number)] {}
            assert_eq!(found(&store, &secret(number % 10 * 6 + 1)).await, [""; 0], "what was deleted is not");
        }
    };
    let all = async { tokio::join!(store.leave_no_trace(), joining, saving) };
    let (cleared, ..) = tokio::time::timeout(Duration::from_secs(60), all).await.expect("nobody waits for ever");
    cleared.expect("cleared");
    // What searches up to the last moment read may have kept the log from being emptied.
    store.leave_no_trace().await.expect("cleared");
    assert_eq!(store.trace().await.expect("read"), None, "it says that nothing is left");
    assert_eq!(stands(folder.path()), [""; 0], "and so it is");
    for number in (0..60).filter(|number| number % 6 != 1) {
        assert_eq!(found(&store, &format!("kept{number}")).await, [id(number)], "the others are found");
        assert_eq!(found(&store, &format!("w{number}x2999")).await, [id(number)], "by each of their words");
    }
    store.close().await;
    assert_eq!(stands(folder.path()), [""; 0], "closing writes nothing of it");
}
