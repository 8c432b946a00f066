//! Two past runs beside each other: chosen from a list, read by the keyboard, and left to where they were asked for.

use thirtyfour::prelude::*;

use crate::controls::shown_run;
use crate::flowdeck::{Flowdeck, document};
use crate::page::{Page, hook, wait_for};

const APP: &str = "app-item-Document digest";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn two_runs_are_compared_from_a_past_run_and_the_keyboard_leads_through_what_differs() {
    let mut flowdeck = Flowdeck::start("compare").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(APP).await;
    page.click("choose-documents").await;
    flowdeck.choose_in_dialog(&document("footbridge-minutes.pdf")).await;
    page.file("footbridge-minutes.pdf").await;
    page.fill("field-title", "Footbridge, first").await;
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    let first = shown_run(&page).await;
    page.click("edit-again").await;
    // The form comes with what it held, and then takes the keyboard to its first field.
    page.holds("field-title", "Footbridge, first").await;
    let in_form = "return document.activeElement?.closest('.form-scroll') !== null;";
    let there = async || (page.0.execute(in_form, Vec::new()).await.ok()?.convert::<bool>().ok()?).then_some(());
    wait_for("the keyboard to be in the form", there).await;
    page.fill("field-title", "Footbridge, 第二次").await;
    page.run().await;
    let next = async || Some(shown_run(&page).await).filter(|run| *run != first);
    wait_for("another run", next).await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");

    page.click("nav-all-runs").await;
    page.open_first_run().await;
    page.click("compare-with").await;
    // The run before is proposed.
    page.find("[data-testid=\"pick-run\"][aria-selected=\"true\"]").await;
    flowdeck.picture("choose").await;
    page.click("pick-compare").await;
    page.see("compare-steps-part").await;
    page.find(&format!("{}[data-differing=\"1\"]", hook("compare-inputs"))).await;
    let both = |text: &str| text.contains("第二次") && text.contains("first");
    page.text_that("compare-inputs", "show both titles beside each other", both).await;
    page.find(&format!("{} del", hook("compare-inputs"))).await;
    page.find(&format!("{} ins", hook("compare-inputs"))).await;
    flowdeck.picture("compared").await;

    // By the keyboard: to the first difference, and back to the run it was asked from.
    press(&page, "n").await;
    page.text_that("compare-place", "count the places", |text| text.starts_with("1 of ")).await;
    page.has_keyboard("compare-field").await;
    page.click("only-differences").await;
    page.find("[data-testid=\"compare-field\"][data-same=\"true\"]").await;
    page.resize(900, 600).await;
    flowdeck.picture("narrow").await;
    let sideways = "const box = document.querySelector('.compare-scroll'); return box.scrollWidth > box.clientWidth;";
    let fits = async || (!page.0.execute(sideways, Vec::new()).await.ok()?.convert::<bool>().ok()?).then_some(());
    wait_for("nothing to have to be scrolled sideways", fits).await;
    press(&page, &Key::Escape.value().to_string()).await;
    // Where the comparison was asked for.
    page.has_keyboard("compare-with").await;
}

async fn press(page: &Page, key: &str) {
    page.0.find(By::Css("body")).await.expect("a page").send_keys(key).await.expect("a key");
}
