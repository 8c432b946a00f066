//! Between Run and the run: uploads that are given up, and runs that may have run already.

use flowdeck::demo::{DemoServer, Fault, FaultKind, FaultTarget, Options};

use crate::flowdeck::{Flowdeck, document};
use crate::page::{Page, hook};

const APP: &str = "app-item-Document digest";
const DOCUMENT: &str = "footbridge-minutes.pdf";
const LETTER: &str = "The roof of the greenhouse was repaired in March. It now holds 40 lemon trees.";

/// A server with this fault, connected by its address.
async fn connected(page: &Page, fault: Fault) -> DemoServer {
    let options = Options { faults: vec![fault], ..Options::default() };
    let server = DemoServer::start_with(options).await.expect("the server starts");
    page.click("nav-connect").await;
    page.fill("connect-address", &server.base_url()).await;
    page.fill("connect-key", &server.apps()[0].key).await;
    page.click("connect-submit").await;
    page.click(APP).await;
    page.see("field-title").await;
    server
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_run_stopped_while_its_upload_is_under_way_leaves_no_run_and_the_form_as_it_was() {
    let mut flowdeck = Flowdeck::start("stop-starting").await;
    let page = flowdeck.page();
    // The answer to the upload never comes.
    let _server = connected(&page, Fault::new(FaultKind::Stall(0)).on(FaultTarget::Upload)).await;
    page.fill("field-title", "Footbridge, 半填").await;
    page.click("choose-documents").await;
    flowdeck.choose_in_dialog(&document(DOCUMENT)).await;
    page.find(&format!("{}[data-state=\"up\"]", hook("file-row"))).await;
    page.click("run").await;
    page.see("stop-starting").await;
    page.has_keyboard("run").await;
    // Read out, not seen.
    page.says("starting-spoken", "1").await;
    flowdeck.picture("waiting").await;

    page.click("stop-starting").await;
    page.gone(&hook("stop-starting")).await;
    page.has_keyboard("run").await;
    flowdeck.picture("stopped").await;
    // The form is as it was.
    page.holds("field-title", "Footbridge, 半填").await;
    page.file(DOCUMENT).await;
    assert!(!page.sees("fix").await && !page.sees("status").await, "nothing is wrong, and nothing ran");
    page.click("nav-all-runs").await;
    page.find("#main .empty").await;
    assert!(!page.sees("history-row").await, "no run is left");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_run_that_may_have_run_already_is_started_again_only_once_that_was_asked() {
    let mut flowdeck = Flowdeck::start("perhaps-twice").await;
    let page = flowdeck.page();
    // A gateway's error: the server may have begun all the same.
    let _server = connected(&page, Fault::new(FaultKind::Page(502)).times(1)).await;
    page.fill("field-text", LETTER).await;
    page.run().await;
    // Until it is given up, a minute later; then its end is unknown, and the question the same.
    assert_eq!(page.status_among(&["out_of_contact", "unknown", "succeeded", "failed"]).await, "out_of_contact");
    page.click("new-run").await;
    // The form holds what it held.
    page.holds("field-text", LETTER).await;
    page.click("run").await;
    page.see("answer-no").await;
    page.has_keyboard("answer-no").await;
    flowdeck.picture("asked").await;
    page.click("answer-no").await;
    page.gone("dialog[open]").await;
    assert!(!page.sees("status").await, "nothing was started");

    page.click("run").await;
    page.click("answer-yes").await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded", "it was wished for");
    page.click("new-run").await;
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded", "the last one is known");
}
