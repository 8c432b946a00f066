//! What is said of files before they are sent, and what can be done about it there.

use std::{fs, path::Path};

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};

use crate::flowdeck::{Flowdeck, document};
use crate::page::wait_for;

const DIGEST: &str = "app-item-Document digest";
const CONTROLS: &str = "app-item-Every control";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn copies_are_removed_a_locked_file_is_decided_about_and_only_then_a_run_starts() {
    let mut flowdeck = Flowdeck::start("checks-before-sending").await;
    let page = flowdeck.page();
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::copy(document("locked/locked.pdf"), at("offer.pdf")).expect("copied");
    fs::copy(document("footbridge-minutes.pdf"), at("minutes.pdf")).expect("copied");
    fs::copy(document("footbridge-minutes.pdf"), at("minutes (1).pdf")).expect("copied");
    fs::write(at("archive.zip"), "PK").expect("written");
    page.click("try-demo").await;
    page.click(DIGEST).await;
    let field = page.see("field-documents").await;
    let files = [at("offer.pdf"), at("minutes.pdf"), at("minutes (1).pdf"), at("archive.zip")];
    flowdeck.drag_over(&field, &files.each_ref().map(|path| -> &Path { path })).await.drop().await;
    for cause in ["kind", "locked", "twice"] {
        page.find(&format!("[data-testid=\"file-problem\"][data-cause=\"{cause}\"]")).await;
    }
    flowdeck.picture("three-causes").await;

    page.click("run").await;
    // The keyboard stands where the first of them is mended.
    page.has_keyboard("remove-all").await;
    assert!(!page.sees("status").await, "nothing was run");
    for cause in ["kind", "twice"] {
        let group = format!("[data-cause=\"{cause}\"]");
        let fix = format!("{group} [data-testid=\"remove-all\"]");
        let press = async || {
            let button = page.look(&fix).await?;
            button.scroll_into_view().await.ok()?;
            button.click().await.ok()
        };
        wait_for(&format!("a click on {fix}"), press).await;
        page.gone(&group).await;
    }
    page.click_on("[data-cause=\"locked\"] summary").await;
    flowdeck.picture("how-to-take-a-password-out").await;
    page.click("send-anyway").await;
    page.gone("[data-testid=\"file-problems\"]").await;
    page.click("run").await;
    let status = page.status_among(&["succeeded", "partly_succeeded", "failed"]).await;
    assert!(!status.is_empty(), "the user decided");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_picture_that_is_too_large_is_made_smaller_and_sent() {
    let mut flowdeck = Flowdeck::start("picture-made-smaller").await;
    let page = flowdeck.page();
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("site plan.jpg");
    let mut state = 7_u32;
    // Noise: what the limit of 10 MB is for.
    let noise = RgbImage::from_fn(2400, 2000, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgb([a, b, c])
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 100).encode_image(&noise).expect("encoded");
    fs::write(&picture, bytes).expect("written");
    let before = fs::metadata(&picture).expect("there").len();
    assert!(before > 10 << 20, "more than the server takes: {before}");
    page.click("try-demo").await;
    page.click(CONTROLS).await;
    let field = page.see("field-attachments").await;
    flowdeck.drag_over(&field, &[&picture]).await.drop().await;
    page.find("[data-cause=\"picture\"]").await;
    flowdeck.picture("too-large").await;
    page.click("shrink").await;
    page.gone("[data-cause=\"picture\"]").await;
    page.find("[data-testid=\"file-row\"][data-name=\"site plan.jpg\"][data-state=\"done\"]").await;
    flowdeck.picture("made-smaller").await;
    assert_eq!(fs::metadata(&picture).expect("there").len(), before, "the original is not touched");
}
