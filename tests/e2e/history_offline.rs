//! Without a way to the server: everything here is read and searched, and what is to run is kept ready.

use flowdeck::demo::{DemoServer, Options};

use crate::flowdeck::{Flowdeck, free_port};
use crate::page::{hook, wait_for};

const APP: &str = "app-item-Document digest";
const KEY: &str = "app-000000000000000000000001";
const LETTER: &str = "The roof of the greenhouse was repaired in March. It now holds 40 lemon trees.";
const NOTE: &str = "The lighthouse was painted in April. Its keeper asks for a new lamp.";

async fn serve(port: u16) -> DemoServer {
    let options = Options { document_digest_key: Some(KEY.into()), port, ..Options::default() };
    // The port of the server that ended is free a moment later.
    let started = async || DemoServer::start_with(options.clone()).await.ok();
    wait_for("the server to listen", started).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn without_its_server_an_app_shows_its_history_and_keeps_a_run_ready_until_it_is_back() {
    let port = free_port();
    let server = serve(port).await;
    let mut flowdeck = Flowdeck::start("history-offline").await;
    let page = flowdeck.page();
    page.click("nav-connect").await;
    page.fill("connect-address", &server.base_url()).await;
    page.fill("connect-key", KEY).await;
    page.click("connect-submit").await;
    page.click(APP).await;
    page.fill("field-title", "Greenhouse 温室").await;
    page.fill("field-text", LETTER).await;
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    page.see("copy").await;
    let result = page.text_that("result", "be the digest", |text| text.contains("greenhouse")).await;

    flowdeck.kill();
    drop(server);
    flowdeck.open().await;
    let page = flowdeck.page();
    // Its face and its form are here.
    page.click(APP).await;
    page.see("field-title").await;
    page.click("nav-all-runs").await;
    page.fill("history-search", "温室").await;
    page.text_that("history-count", "find it", |text| text.starts_with("1 run found")).await;
    flowdeck.picture("searched").await;
    page.open_first_run().await;
    page.text_that("result", "be the stored one", |text| text == result).await;

    page.click(APP).await;
    page.fill("field-title", "Lighthouse").await;
    page.fill("field-text", NOTE).await;
    // Opening the history has asked the server already; where nothing has, Run does.
    page.click("run").await;
    page.see("offline-banner").await;
    flowdeck.picture("cut-off").await;
    page.click("keep-ready").await;
    page.text_that("ready-row", "be the one", |text| text.contains("lighthouse")).await;
    page.holds("field-title", "").await;
    flowdeck.picture("kept-ready").await;

    // It waits over a restart, and is sent by nobody.
    flowdeck.kill();
    let server = serve(port).await;
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click(APP).await;
    page.text_that("ready-row", "still wait", |text| text.contains("lighthouse")).await;
    assert_eq!(server.count_runs(), (0, 0), "nothing was sent by itself");
    page.click("ready-send").await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    page.text_that("result", "speak of the lighthouse", |text| text.to_lowercase().contains("lighthouse")).await;
    assert_eq!(server.count_runs(), (1, 1), "it was sent once");
    flowdeck.picture("sent").await;
    page.click("new-run").await;
    page.gone(&hook("ready-row")).await;
}
