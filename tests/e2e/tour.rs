//! What `cargo xtask run` shows where there is no display: the way from the first start to a past run, in pictures.

use std::fs;

use flowdeck::demo::sample_documents;

use crate::flowdeck::{Flowdeck, root};
use crate::page::wait_for;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask run on a machine without a display"]
async fn a_tour_from_the_first_start_to_the_history() {
    let folder = root().join("target/tour");
    let mut flowdeck = Flowdeck::start_with_pictures_in("tour", &folder).await;
    let page = flowdeck.page();
    page.see("try-demo").await;
    flowdeck.picture("first-start").await;

    page.click("try-demo").await;
    page.click("app-item-Document digest").await;
    page.click("choose-documents").await;
    let (name, content) = sample_documents()[0];
    let sample = folder.join(name);
    fs::write(&sample, content).expect("the sample can be written");
    flowdeck.dialog().await;
    flowdeck.picture("file-dialog").await;
    flowdeck.choose_in_dialog(&sample).await;
    page.file(name).await;
    flowdeck.picture("form").await;

    page.run().await;
    // A run that is over shows its result alone.
    let steps = async || (page.sees("step").await || page.sees("copy").await).then_some(());
    wait_for("steps, or the end", steps).await;
    flowdeck.picture("running").await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    let digest = page.text_that("result", "hold the digest", |text| text.to_lowercase().contains("keyword")).await;
    // It has followed the text while it grew; the picture is to show the beginning.
    let script = "document.querySelector('[data-testid=\"result\"] :is(h1, h2, h3)')?.scrollIntoView();";
    page.0.execute(script, Vec::new()).await.expect("it can be scrolled to");
    flowdeck.picture("result").await;
    fs::write(folder.join("digest.txt"), digest).expect("the digest can be written");

    page.click("nav-all-runs").await;
    page.see("history-row").await;
    flowdeck.picture("history").await;
}
