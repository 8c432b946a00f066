//! Runs that a server's log tells of stand in the history beside those made here, each once.

use flowdeck::demo::DemoServer;
use serde_json::json;

use crate::filled::database;
use crate::flowdeck::Flowdeck;
use crate::page::{Page, hook, wait_for};

const APP: &str = "app-item-Document digest";
const LETTER: &str = "The roof of the greenhouse was repaired in March. It now holds 40 lemon trees.";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn runs_of_another_computer_come_from_the_servers_log_and_are_fetched_when_opened() {
    let server = DemoServer::start().await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("history-log").await;
    let page = flowdeck.page();
    page.click("nav-connect").await;
    page.fill("connect-address", &server.base_url()).await;
    page.fill("connect-key", &server.apps()[0].key).await;
    page.click("connect-submit").await;
    page.click(APP).await;
    page.fill("field-title", "Made here").await;
    page.fill("field-text", LETTER).await;
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");

    let user = user(&flowdeck).await;
    // Both may have begun in the same second: either may be the newest, and only the one that is opened is found.
    for (user, title) in [(&*user, "Made elsewhere, 在别处"), (&*user, "在别处"), ("somebody-else", "Of somebody else")]
    {
        run_elsewhere(&server, user, title).await;
    }
    page.click("tab-history").await;
    page.find(&hook("history-row")).await;
    page.click("log-update").await;
    listed(&page, 3).await;
    page.text_that("log-updated", "say how new it is", |text| text.contains("Updated")).await;
    page.text_that("tab-history", "count them", |text| text.contains('3')).await;
    flowdeck.picture("listed").await;
    assert_eq!(known(&flowdeck).await, (3, 3), "own runs, each once: not those of somebody else");

    // Asked again, nothing comes twice.
    page.click("log-update").await;
    page.text_that("log-updated", "be read again", |text| text.contains("Updated")).await;
    listed(&page, 3).await;
    assert_eq!(known(&flowdeck).await, (3, 3), "none doubled");

    // The newest is one of the others: what the server knows of it is fetched.
    page.open_first_run().await;
    page.gone(&hook("run-fetching")).await;
    assert_eq!(page.status_among(&["succeeded", "failed"]).await, "succeeded");
    page.see("copy").await;
    let result = page.text_that("result", "be the digest", |text| text.contains("greenhouse")).await;
    flowdeck.picture("fetched").await;
    page.click("history-back").await;
    page.fill("history-search", "在别处").await;
    listed(&page, 1).await;
    flowdeck.picture("found").await;

    // It is here for good: also without the server.
    drop(server);
    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.fill("history-search", "在别处").await;
    listed(&page, 1).await;
    page.open_first_run().await;
    page.text_that("result", "be the stored one", |text| text == result).await;
    flowdeck.picture("without-server").await;
}

/// Whom the program is to its server.
async fn user(flowdeck: &Flowdeck) -> String {
    let mut database = database(flowdeck).await;
    let user = sqlx::query_scalar("SELECT user_id FROM app WHERE origin = 'server'").fetch_one(&mut database).await;
    user.expect("the app's user")
}

/// How many runs there are, and how many the server tells apart.
async fn known(flowdeck: &Flowdeck) -> (i64, i64) {
    let mut database = database(flowdeck).await;
    let counts = sqlx::query_as("SELECT count(*), count(DISTINCT server_run_id) FROM run");
    counts.fetch_one(&mut database).await.expect("counted")
}

async fn run_elsewhere(server: &DemoServer, user: &str, title: &str) {
    let body = json!({"inputs": {"title": title, "text": LETTER}, "response_mode": "blocking", "user": user});
    let request = reqwest::Client::new().post(format!("{}/workflows/run", server.base_url()));
    let answer = request.bearer_auth(&server.apps()[0].key).json(&body).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{title} runs: {}", answer.status());
    answer.bytes().await.expect("it ends");
}

pub async fn listed(page: &Page, runs: usize) {
    let script = "return new Set([...document.querySelectorAll('[data-testid=\"history-row\"]')].map((row) => row.dataset.id)).size;";
    let listed = async || {
        let rows: usize = page.0.execute(script, Vec::new()).await.ok()?.convert().ok()?;
        (rows == runs).then_some(())
    };
    wait_for(&format!("{runs} runs to be listed"), listed).await;
}
