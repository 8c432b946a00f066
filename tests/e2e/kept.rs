//! What was entered is there again after a crash: the half-filled form, its document, saved inputs, a past run.

use thirtyfour::prelude::*;

use crate::controls::shown_run;
use crate::filled::stored;
use crate::flowdeck::{Flowdeck, document};
use crate::page::{hook, wait_for};
use crate::processes::listening_ports;

const APP: &str = "app-item-Document digest";
const DOCUMENT: &str = "footbridge-minutes.pdf";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_half_filled_form_with_its_document_survives_a_crash_and_runs() {
    let mut flowdeck = Flowdeck::start("kept-draft").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(APP).await;
    page.click("choose-documents").await;
    flowdeck.choose_in_dialog(&document(DOCUMENT)).await;
    page.file(DOCUMENT).await;
    page.fill("field-title", "Footbridge, 半填").await;
    // Nothing on the page says when it is kept.
    stored(&flowdeck, "SELECT entries LIKE '%\"Footbridge, 半填\"%' AND entries LIKE '%files%' FROM draft").await;
    flowdeck.kill();

    flowdeck.open().await;
    let page = flowdeck.page();
    page.click(APP).await;
    page.file(DOCUMENT).await;
    page.holds("field-title", "Footbridge, 半填").await;
    flowdeck.picture("there-again").await;
    assert!(listening_ports(flowdeck.pid()).is_empty(), "a form comes back without a server");
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    page.see("copy").await;
    let digest = page.text_that("result", "hold the digest", |text| !text.trim().is_empty()).await;
    assert!(digest.to_lowercase().contains("footbridge"), "the document was sent: {digest}");

    // Run again, from the history, after another crash.
    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.open_first_run().await;
    assert_eq!(page.status_among(&["succeeded"]).await, "succeeded");
    let before = shown_run(&page).await;
    page.click("run-again").await;
    let next = async || Some(shown_run(&page).await).filter(|run| *run != before);
    wait_for("another run", next).await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    flowdeck.picture("run-again").await;
    // The same document gives the same digest.
    page.text_that("result", "hold the same digest", |text| text == digest).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn inputs_saved_under_a_name_fill_the_form_after_a_crash() {
    let mut flowdeck = Flowdeck::start("kept-inputs").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(APP).await;
    page.fill("field-title", "Standard review").await;
    page.click("saved-inputs").await;
    flowdeck.picture("menu-empty").await;
    page.click("inputs-save").await;
    page.fill("preset-name", "Quarterly").await;
    page.click("preset-save").await;
    page.gone("dialog[open]").await;
    flowdeck.kill();

    flowdeck.open().await;
    let page = flowdeck.page();
    page.click(APP).await;
    page.fill("field-title", "something else").await;
    page.click("saved-inputs").await;
    flowdeck.picture("menu").await;
    page.click("preset-Quarterly").await;
    page.holds("field-title", "Standard review").await;
    // It asked nothing; what stood there can be brought back.
    page.click_on("[data-testid=\"toast\"] .btn:not(.icon)").await;
    page.holds("field-title", "something else").await;

    page.click("saved-inputs").await;
    page.click("inputs-manage").await;
    page.click("rename").await;
    page.fill("rename-input", "Yearly").await;
    page.click("rename-save").await;
    page.find("[data-testid=\"manage-row\"][data-name=\"Yearly\"]").await;
    // Ctrl Z takes the last change back, not the last letter typed anywhere.
    page.press(Key::Control + "z").await;
    page.find("[data-testid=\"manage-row\"][data-name=\"Quarterly\"]").await;
    flowdeck.picture("rename-undone").await;
    page.click("rename").await;
    page.fill("rename-input", "Yearly").await;
    page.click("rename-save").await;
    page.find("[data-testid=\"manage-row\"][data-name=\"Yearly\"]").await;
    page.click("remove").await;
    page.gone(&hook("rename")).await;
    page.press(Key::Control + "z").await;
    page.see("rename").await;
    page.click("remove").await;
    page.gone(&hook("rename")).await;
    flowdeck.picture("manage").await;
    page.click("manage-close").await;
    page.gone("dialog[open]").await;
    page.click_on("[data-testid=\"toast\"] .btn:not(.icon)").await;
    page.click("saved-inputs").await;
    page.click("preset-Yearly").await;
    page.holds("field-title", "Standard review").await;
}
