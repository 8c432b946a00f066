//! What a start finds: data in use by another program, runs that were never sent, values that went wrong.

use sqlx::{Connection, Executor, SqliteConnection};

use crate::flowdeck::Flowdeck;

async fn database(flowdeck: &Flowdeck) -> SqliteConnection {
    let url = format!("sqlite://{}", flowdeck.database().display());
    SqliteConnection::connect(&url).await.expect("the program's database")
}

/// A program that was used before: the demo is connected.
async fn used(test: &str) -> Flowdeck {
    let mut flowdeck = Flowdeck::start(test).await;
    flowdeck.page().click("try-demo").await;
    flowdeck.page().see("nav-all-runs").await;
    flowdeck.kill();
    flowdeck
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_start_whose_data_is_in_use_says_so_at_once_and_goes_on_by_itself() {
    let mut flowdeck = used("held").await;
    let mut other = database(&flowdeck).await;
    for sql in ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE app SET position = position"] {
        other.execute(sql).await.expect("held");
    }
    flowdeck.open().await;
    let page = flowdeck.page();
    page.see("opening").await;
    page.text_that("opening", "say why", |text| text.contains("in use by another program")).await;
    flowdeck.picture("held").await;
    other.execute("COMMIT").await.expect("written");
    other.close().await.expect("let go");
    page.see("nav-all-runs").await;
    flowdeck.picture("free").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_run_that_was_never_sent_is_told_of_at_the_next_start() {
    let mut flowdeck = used("not-sent").await;
    let mut database = database(&flowdeck).await;
    for sql in [
        "INSERT INTO run (id, app_id, title, status, started_at) \
         SELECT '01990000-0000-7000-8000-000000000001', id, 'Lease', 'uploading', 1795245619000 FROM app LIMIT 1",
        "INSERT INTO run_body (run_id, entries, inputs, outputs, notices) \
         VALUES ('01990000-0000-7000-8000-000000000001', '{}', '[]', '{oh', '[]')",
    ] {
        database.execute(sql).await.expect("as the program leaves it");
    }
    database.close().await.expect("closed");
    flowdeck.open().await;
    let page = flowdeck.page();
    page.told("“Lease” was not sent").await;
    flowdeck.picture("told").await;
    page.click_on("[data-testid=\"toast\"] button:not(.icon)").await;
    assert_eq!(page.status_among(&["stopped", "failed", "unknown"]).await, "stopped");
    page.text_that("notices", "say what is missing", |text| text.contains("can no longer be read")).await;
    flowdeck.picture("opened").await;
}
