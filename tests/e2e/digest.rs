//! The main job: a document in, a digest out, there again after a crash without any server.

use thirtyfour::WebElement;

use crate::flowdeck::{Flowdeck, document};
use crate::page::{Page, hook, wait_for};
use crate::processes::listening_ports;

const APP: &str = "app-item-Document digest";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_document_chosen_in_the_file_dialog_is_digested_and_the_run_outlives_a_crash() {
    let mut flowdeck = Flowdeck::start("digest-from-dialog").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(APP).await;
    page.click("choose-documents").await;
    flowdeck.choose_in_dialog(&document("footbridge-minutes.pdf")).await;
    page.file("footbridge-minutes.pdf").await;
    flowdeck.picture("form").await;

    let run = run_to_the_end(&mut flowdeck).await;
    let digest = run.text.to_lowercase();
    assert!(digest.contains("footbridge"), "the digest is about the document: {}", run.text);
    assert!(digest.contains("keyword"), "it names keywords: {}", run.text);
    assert!(run.steps.len() >= 3, "its steps are listed: {:?}", run.steps);
    assert!(run.steps.iter().all(|(_, status)| status == "succeeded"), "{:?}", run.steps);

    flowdeck.kill();
    flowdeck.open().await;
    assert!(listening_ports(flowdeck.pid()).is_empty(), "the demo's server starts when it is needed, not before");
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.open_first_run().await;
    assert_eq!(page.status_among(&["succeeded"]).await, "succeeded");
    page.text_that("result", "be the one that was seen live", |text| text == run.text).await;
    show_steps(&page).await;
    let same = async || (page.steps().await == run.steps).then_some(());
    wait_for("the stored steps to be those that were seen live", same).await;
    flowdeck.picture("opened-again").await;
    assert!(listening_ports(flowdeck.pid()).is_empty(), "reading a past run needs no server");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_chinese_document_dropped_from_another_window_is_digested() {
    let mut flowdeck = Flowdeck::start("digest-from-drop").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(APP).await;
    let field: WebElement = page.see("field-documents").await;
    let drag = flowdeck.drag_over(&field, &[&document("图书馆年度报告.txt")]).await;
    flowdeck.picture("held-over-the-field").await;
    page.find("[data-drop=\"documents\"] .drop.over").await;
    let refusal = format!("{}[data-accepts=\"false\"]", hook("dropveil"));
    assert!(page.look(&refusal).await.is_none(), "what will be taken is not refused while it is held over the field");
    drag.drop().await;
    page.file("图书馆年度报告.txt").await;
    flowdeck.picture("dropped").await;

    let run = run_to_the_end(&mut flowdeck).await;
    assert!(run.text.contains("图书馆"), "the digest is about the document: {}", run.text);
    assert!(run.steps.iter().all(|(_, status)| status == "succeeded"), "{:?}", run.steps);
}

/// What a person sees of a run that is over.
struct Seen {
    text: String,
    steps: Vec<(String, String)>,
}

impl Seen {
    async fn on(page: &Page) -> Self {
        // The page of a run that is over stands still.
        page.see("copy").await;
        let text = page.text_that("result", "hold a text", |text| !text.trim().is_empty()).await;
        show_steps(page).await;
        Self { text, steps: page.steps().await }
    }
}

/// A run that is over shows its result alone; the steps are one click away.
async fn show_steps(page: &Page) {
    page.click_on("[data-testid=\"view\"] [data-value=\"both\"]").await;
    page.see("step").await;
}

async fn run_to_the_end(flowdeck: &mut Flowdeck) -> Seen {
    let page = flowdeck.page();
    page.run().await;
    flowdeck.picture("running").await;
    let ends = ["succeeded", "partly_succeeded", "failed", "stopped", "unknown"];
    assert_eq!(page.status_among(&ends).await, "succeeded");
    let seen = Seen::on(&page).await;
    flowdeck.picture("result").await;
    seen
}
