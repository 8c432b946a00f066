//! Connecting an app of a server, with everything a person may get wrong first, and living without the server after.

use flowdeck::demo::DemoServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::flowdeck::{Flowdeck, free_port};
use crate::page::{Page, hook};

const APP: &str = "app-item-Document digest";
const LETTER: &str = "The roof of the greenhouse was repaired in March. The greenhouse now holds 40 lemon trees. \
                      The gardener asks for a new pump before 1 June 2027, because the old pump loses water.";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn an_app_is_connected_after_every_mistake_and_stays_connected_over_a_restart() {
    let server = DemoServer::start().await.expect("the server starts");
    let key = server.apps()[0].key.clone();
    let mut flowdeck = Flowdeck::start("connect").await;
    let page = flowdeck.page();
    page.click("nav-connect").await;

    connect(&page, &server.base_url(), "app-000000000000000000000000").await;
    says(&mut flowdeck, "key_refused").await;
    connect(&page, &format!("http://127.0.0.1:{}/v1", free_port()), &key).await;
    says(&mut flowdeck, "unreachable").await;
    connect(&page, &web_site().await, &key).await;
    says(&mut flowdeck, "not_dify").await;

    connect(&page, &server.base_url(), &key).await;
    page.see(APP).await;
    flowdeck.picture("connected").await;

    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click(APP).await;
    page.fill("field-text", LETTER).await;
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded", "the stored key still works");
    page.see("copy").await;
    let result = page.text_that("result", "speak of the letter", |text| text.contains("greenhouse")).await;
    flowdeck.picture("run-after-restart").await;

    // Now the server is gone: what was there stays readable, what is new says why it cannot be.
    drop(server);
    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.open_first_run().await;
    page.text_that("result", "be the stored one", |text| text == result).await;
    flowdeck.picture("offline").await;

    page.click(APP).await;
    page.fill("field-text", LETTER).await;
    page.fill("field-title", "Greenhouse").await;
    page.click("run").await;
    let words = says(&mut flowdeck, "unreachable").await;
    assert!(words.contains("No server is running"), "in words, not in codes: {words}");
    // Nothing that was entered is lost.
    page.holds("field-text", LETTER).await;
    page.holds("field-title", "Greenhouse").await;

    page.click("app-menu").await;
    page.click("menu-remove").await;
    page.click("answer-yes").await;
    page.see("try-demo").await;
    // A removed app leaves the side bar.
    page.gone(&hook(APP)).await;
}

async fn connect(page: &Page, address: &str, key: &str) {
    page.fill("connect-address", address).await;
    page.fill("connect-key", key).await;
    page.click("connect-submit").await;
}

/// The page has a sentence for this failure.
async fn says(flowdeck: &mut Flowdeck, code: &str) -> String {
    let page = flowdeck.page();
    let failure = format!("{}[data-code=\"{code}\"]", hook("failure"));
    let words = page.text_at(&failure, "have a text", |text| !text.is_empty()).await;
    flowdeck.picture(code).await;
    assert!(words.split_whitespace().count() > 4, "a sentence, not a code: {words:?}");
    assert!(!words.contains("app-0"), "the key is not shown again: {words:?}");
    words
}

/// A server that answers everything with a web page, as one does when the address is not an API's.
async fn web_site() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = visitor.read(&mut [0; 4096]).await;
                let page = "<!doctype html><title>Welcome</title><h1>It works!</h1>";
                let length = page.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
                );
                let _ = visitor.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}/v1")
}
