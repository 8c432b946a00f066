//! A past run beside what it was given: read, searched, run again and put away when the original is long gone.

use std::path::Path;

use serde_json::json;
use thirtyfour::prelude::*;

use crate::flowdeck::{Flowdeck, document};
use crate::page::{Page, hook, wait_for};

const APP: &str = "app-item-Document digest";
const NAME: &str = "footbridge-minutes.pdf";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_past_run_is_read_beside_its_document_when_the_original_is_gone() {
    let mut flowdeck = Flowdeck::start("sent").await;
    let page = flowdeck.page();
    let folder = tempfile::tempdir().expect("a folder");
    let original = folder.path().join(NAME);
    std::fs::copy(document(NAME), &original).expect("copied");
    page.click("try-demo").await;
    page.click(APP).await;
    page.click("choose-documents").await;
    flowdeck.choose_in_dialog(&original).await;
    page.file(NAME).await;
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed"]).await, "succeeded");
    // A run that just ended is about its result; its source is one click away.
    page.click("source-toggle").await;
    page.find(&format!("{}[data-shows=\"pdf\"][data-ready=\"yes\"]", hook("source-file"))).await;
    page.text_that("source-from", "say that it is a copy", |text| text.contains("Copy from when it was sent")).await;

    flowdeck.kill();
    std::fs::remove_file(&original).expect("removed");
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.open_first_run().await;
    page.find(&format!("{}[data-shows=\"pdf\"][data-ready=\"yes\"]", hook("source-file"))).await;
    page.find("[data-page=\"1\"][data-drawn=\"yes\"] canvas").await;
    let painted = "const canvas = document.querySelector('[data-page=\"1\"] canvas'); const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height); return data.some((value, at) => at % 4 < 3 && value < 128);";
    assert_eq!(ask(&page, painted).await, true, "letters are drawn on the page");
    // The result stands beside it.
    page.see("result").await;
    flowdeck.picture("beside").await;

    // By the keyboard: looked for, gone through, cleared.
    page.0.find(By::Css("body")).await.expect("a page").send_keys(Key::Control + "f").await.expect("keys");
    page.has_keyboard("source-find").await;
    page.press("FOOTBRIDGE").await;
    page.text_that("source-found", "count the places", |text| text.starts_with("1 of ")).await;
    page.find("[data-page] mark.current").await;
    page.press(Key::Enter).await;
    page.text_that("source-found", "go to the second", |text| text.starts_with("2 of ")).await;
    flowdeck.picture("found").await;
    page.press(Key::Escape).await;
    page.gone(&hook("source-found")).await;

    // It is put away, stays away, and comes back.
    page.click("source-hide").await;
    page.gone(&hook("source-pane")).await;
    page.click("source-toggle").await;
    page.see("source-pane").await;

    // In a narrow window it is a view of its own.
    page.resize(900, 600).await;
    page.click_on("[data-testid=\"view\"] [data-value=\"source\"]").await;
    page.see("source-pane").await;
    // The whole room is the source's.
    page.gone(&hook("result")).await;
    flowdeck.picture("narrow").await;
    page.resize(1280, 800).await;
    page.see("result").await;
    page.see("source-pane").await;

    run_again_and_clear(&mut flowdeck, &original).await;
}

async fn run_again_and_clear(flowdeck: &mut Flowdeck, original: &Path) {
    let page = flowdeck.page();
    page.click("run-again").await;
    page.told("the copy from").await;
    assert_eq!(page.status_among(&["succeeded", "failed"]).await, "succeeded");
    assert!(!original.exists(), "nothing is put where the user cleared away");

    page.click("nav-settings").await;
    page.text_that("copies-size", "count both copies", |text| text.starts_with("2 documents, ")).await;
    page.find(&hook("storage")).await.scroll_into_view().await.expect("in sight");
    flowdeck.picture("settings").await;
    page.click("delete-copies").await;
    page.click("answer-no").await;
    page.text_that("copies-size", "stay", |text| text.starts_with("2 documents, ")).await;
    page.click("delete-copies").await;
    page.click("answer-yes").await;
    page.text_that("copies-size", "be none", |text| text == "None").await;
    page.click("keep-copies").await;
    let off = async || {
        let checked = "return document.querySelector('[data-testid=\"keep-copies\"]').checked;";
        (ask(&page, checked).await == json!(false)).then_some(())
    };
    wait_for("copies to be off", off).await;

    page.click("nav-all-runs").await;
    page.open_first_run().await;
    page.text_that("source-gone", "say why there is nothing", |text| text.contains("Its copy was deleted")).await;
    flowdeck.picture("gone").await;
}

async fn ask(page: &Page, script: &str) -> serde_json::Value {
    page.0.execute(script, Vec::new()).await.expect("an answer").json().clone()
}
