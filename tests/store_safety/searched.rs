//! Damage that a search meets: it is told as damage, and the next start knows of it.

use std::{fs, path::Path};

use flowdeck::{
    model::{history::RunFilter, query::Query, run::RunId, words::Needle},
    store::{Error, Store, Wanted},
};
use sqlx::{Connection, Row, SqliteConnection};
use tokio_util::sync::CancellationToken;

use crate::{filled, spoil};

const SEARCHES: [&str; 6] = ["page", "from the end", "counts", "places in a run", "names", "near words"];

/// Every page of the table that holds rows.
async fn pages_of(file: &Path, table: &str) -> Vec<u64> {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("connected");
    let sql = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'";
    let rows = sqlx::query(sql).bind(table).fetch_all(&mut connection).await.expect("pages");
    connection.close().await.expect("closed");
    rows.iter().map(|row| row.get::<i64, _>(0).unsigned_abs()).collect()
}

async fn search(store: &Store, what: &str) -> Result<(), Error> {
    // Of a beginning and of a whole word: both indexes are asked.
    let needles =
        [("text", true), ("lease", false)].map(|(word, open)| Needle::of(word, open).expect("a word")).to_vec();
    let query = Query { need: needles.clone(), ..Query::default() };
    let wanted = Wanted { query, filter: RunFilter::default() };
    match what {
        "page" => store.history_find(&wanted, None, 50).await.map(drop),
        "from the end" => store.history_last(&wanted, None, 50).await.map(drop),
        "counts" => store.history_counts(&wanted, &CancellationToken::new()).await.map(drop),
        "places in a run" => store.run_hits(&RunId("r0007".into()), &needles).await.map(drop),
        "names" => store.names().await.map(drop),
        _ => {
            store.occurs("text", true).await?;
            store.words_near("texts").await.map(drop)
        }
    }
}

#[tokio::test]
async fn damage_that_a_search_meets_is_noted_for_the_next_start_which_mends_it() {
    let model = tempfile::tempdir().expect("a folder");
    filled(model.path()).await;
    let store = Store::open(model.path()).await.expect("opened");
    store.index_all().await.expect("indexed");
    for what in SEARCHES {
        search(&store, what).await.unwrap_or_else(|error| panic!("{what}: nothing is wrong yet: {error:?}"));
    }
    store.close().await;
    let file = model.path().join("flowdeck.db");
    let whole = fs::read(&file).expect("the database");
    let mut met = Vec::new();
    for table in ["run_words_data", "run_marks_data", "run_entry", "run", "run_body", "run_text", "app"] {
        let pages = pages_of(&file, table).await;
        assert!(!pages.is_empty(), "{table} has rows");
        let mut is_mended = false;
        for what in SEARCHES {
            let folder = tempfile::tempdir().expect("a folder");
            let copy = folder.path().join("flowdeck.db");
            fs::write(&copy, &whole).expect("copied");
            for page in &pages {
                spoil(&copy, (page - 1) * 16_384, &[0xA5; 16_384]);
            }
            let store = Store::open(folder.path()).await.expect("what is not looked at is not known");
            assert!(store.set_aside().is_none(), "{table}: nothing met it so far");
            let outcome = search(&store, what).await;
            store.close().await;
            let is_noted = folder.path().join("flowdeck.suspect").exists();
            match outcome {
                Ok(()) => continue,
                Err(Error::Damaged) => assert!(is_noted, "{what} over {table}: the next start is told"),
                Err(other) => panic!("{what} over {table}: damage is told as damage: {other:?}"),
            }
            met.push((what, table));
            // Mending takes a while, and is the same whoever met it.
            if std::mem::replace(&mut is_mended, true) {
                continue;
            }
            let store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("{table}: mended: {error:?}"));
            store.index_all().await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
            for what in SEARCHES {
                search(&store, what).await.unwrap_or_else(|error| panic!("{what} over {table}, mended: {error:?}"));
            }
            store.close().await;
            assert!(!folder.path().join("flowdeck.suspect").exists(), "{table}: and it is not looked for again");
        }
    }
    for expected in [
        ("page", "run_words_data"),
        ("from the end", "run_words_data"),
        ("counts", "run_words_data"),
        ("near words", "run_words_data"),
        ("page", "run_entry"),
        ("counts", "run_entry"),
        ("page", "run"),
        ("places in a run", "run_body"),
        ("places in a run", "run_text"),
        ("names", "app"),
    ] {
        assert!(met.contains(&expected), "{expected:?} did not meet it: {met:?}");
    }
}
