//! A run that asks: answered in the window, after a restart in between, with a file among the answers.

use flowdeck::demo::{DemoServer, Options};

use crate::filled::stored;
use crate::flowdeck::{Flowdeck, document};
use crate::page::{Page, hook};

const APP: &str = "app-item-Approval";

async fn connected(page: &Page, server: &DemoServer) {
    let app = server.apps().iter().find(|app| app.slug == "approval").expect("the app that asks");
    page.click("nav-connect").await;
    page.fill("connect-address", &server.base_url()).await;
    page.fill("connect-key", &app.key).await;
    page.click("connect-submit").await;
    page.click(APP).await;
}

async fn choose(page: &Page, id: &str, option: &str) {
    page.click_on(&format!("select{} option[value=\"{option}\"]", hook(id))).await;
    page.holds(id, option).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_question_is_answered_in_the_window_after_a_restart_and_stays_as_a_record() {
    let server = DemoServer::start_with(Options { for_trials: true, ..Options::default() }).await.expect("a server");
    let mut flowdeck = Flowdeck::start("question").await;
    let page = flowdeck.page();
    connected(&page, &server).await;
    page.fill("field-subject", "A new desk").await;
    page.fill("field-reason", "The old one is broken.").await;
    choose(&page, "field-ask", "one person, with papers").await;
    page.run().await;
    assert_eq!(page.status_among(&["waiting", "failed"]).await, "waiting");
    page.see("question").await;
    flowdeck.picture("asked").await;

    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click(APP).await;
    assert_eq!(page.status_among(&["waiting"]).await, "waiting", "it still waits");
    // As the workflow proposes.
    page.holds("answer-0-comment", "Checked against the price list.").await;
    page.click("action-approve").await;
    page.find("[data-field=\"signed_request\"] [data-testid=\"field-error\"]").await;
    // The first thing to fix.
    page.has_keyboard("answer-0-priority").await;
    flowdeck.picture("something-is-missing").await;

    page.fill("answer-0-comment", "Make it oak.").await;
    choose(&page, "answer-0-priority", "urgent").await;
    // What was wrong is taken back a moment later, and the page moves up.
    page.gone("[data-field=\"priority\"] [data-testid=\"field-error\"]").await;
    page.click("choose-signed_request").await;
    flowdeck.choose_in_dialog(&document("footbridge-minutes.pdf")).await;
    page.file("footbridge-minutes.pdf").await;
    // Looking elsewhere loses nothing.
    page.click("nav-settings").await;
    page.click(APP).await;
    page.holds("answer-0-comment", "Make it oak.").await;
    page.find(&format!("{}[data-state=\"done\"]", hook("file-row"))).await;

    // Nothing on the page says when it is kept.
    let kept = ["%Make it oak.%", "%urgent%", "%staged%"].map(|part| format!("entries LIKE '{part}'")).join(" AND ");
    stored(&flowdeck, &format!("SELECT {kept} FROM answer_draft")).await;
    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click(APP).await;
    assert_eq!(page.status_among(&["waiting"]).await, "waiting", "it still waits");
    // The half-filled answer is back, all of it.
    page.holds("answer-0-comment", "Make it oak.").await;
    page.holds("answer-0-priority", "urgent").await;
    page.file("footbridge-minutes.pdf").await;
    flowdeck.picture("filled-in").await;

    page.click("action-approve").await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    // The page of a run that is over stands still.
    page.see("copy").await;
    page.find(&format!("{}[data-state=\"answered\"][data-here=\"true\"]", hook("question-record"))).await;
    page.click_on(&format!("{} > summary", hook("question-record"))).await;
    page.find(&format!("{}[open]", hook("question-record"))).await;
    let text = page.text_that("question-record", "show the answer", |text| text.contains("Make it oak.")).await;
    assert!(text.contains("Approve"), "and which button it was: {text}");
    assert!(!page.sees("question").await, "nothing is asked any more");
    flowdeck.picture("record").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_question_sent_by_mail_says_so_and_is_noticed_once_it_was_answered() {
    let server = DemoServer::start_with(Options { for_trials: true, ..Options::default() }).await.expect("a server");
    let mut flowdeck = Flowdeck::start("question-by-mail").await;
    let page = flowdeck.page();
    connected(&page, &server).await;
    page.fill("field-subject", "A new desk").await;
    choose(&page, "field-ask", "by mail alone").await;
    page.run().await;
    assert_eq!(page.status_among(&["waiting", "failed"]).await, "waiting");
    page.see("question-note").await;
    assert!(!page.sees("action-approve").await, "what cannot be answered here has no buttons");
    flowdeck.picture("mailed").await;

    let token = server.mailed_forms().pop().expect("a mail went out");
    let key = &server.apps().iter().find(|app| app.slug == "approval").expect("the app").key;
    let answer =
        serde_json::json!({"inputs": {"comment": "", "priority": "normal"}, "action": "approve", "user": "mail"});
    let form = format!("{}/form/human_input/{token}", server.base_url());
    let sent = reqwest::Client::new().post(form).bearer_auth(key).json(&answer).send().await.expect("an answer");
    assert_eq!(sent.status(), 200, "whoever got the mail answers");
    page.click("question-check").await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
}
