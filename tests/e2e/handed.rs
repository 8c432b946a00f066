//! The file of a run is opened from outside of the program: with its start, and with a second start beside it.

use std::path::Path;

use crate::desktop::end_of;
use crate::flowdeck::Flowdeck;
use crate::hands::{windows_of, xdotool};
use crate::history_log::listed;
use crate::page::wait_for;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_second_start_hands_its_run_file_over_and_a_first_one_opens_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("\u{706f}\u{5854} 1.flowdeck-run");
    let result = saved_run(&run).await;
    std::fs::write(folder.path().join("letter.pdf"), "%PDF-1.4").expect("written");
    std::fs::write(folder.path().join("broken.flowdeck-run"), "PK\u{3}\u{4}").expect("written");

    // Another copy, without any app, and its window out of sight.
    let mut other = Flowdeck::start("handed-over").await;
    let page = other.page();
    page.see("try-demo").await;
    let window = other.window().await;
    xdotool(&["windowunmap", &window]);
    let shown = || windows_of(other.pid()).iter().any(|(id, _)| *id == window);
    wait_for("the window to be out of sight", async || (!shown()).then_some(())).await;
    hand_over(&other, folder.path(), "\u{706f}\u{5854} 1.flowdeck-run").await;
    wait_for("the window to come back", async || shown().then_some(())).await;
    page.see("run-page").await;
    page.text_that("result", "be the one of there", |text| text == result).await;
    other.picture("handed-over").await;

    // What is no run is said, and what is on screen stays.
    for (name, said) in [
        ("letter.pdf", "\u{201c}letter.pdf\u{201d} is not a run file"),
        ("broken.flowdeck-run", "\u{201c}broken.flowdeck-run\u{201d} could not be opened"),
        ("gone.flowdeck-run", "\u{201c}gone.flowdeck-run\u{201d} could not be opened"),
    ] {
        hand_over(&other, folder.path(), name).await;
        page.told(said).await;
    }
    page.text_that("result", "stay", |text| text == result).await;
    other.picture("refused").await;

    // Started with it, while nothing runs.
    other.kill();
    other.open_with(&[run.to_str().expect("a path")]).await;
    let page = other.page();
    page.see("run-page").await;
    page.told("already").await;
    page.text_that("result", "be the same", |text| text == result).await;
    page.click("nav-all-runs").await;
    // It is here once.
    listed(&page, 1).await;
    other.picture("started-with").await;
}

/// Makes a run with the demo, and saves it; its result.
async fn saved_run(target: &Path) -> String {
    let flowdeck = Flowdeck::start("handed-made").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.fill("field-title", "Lighthouse").await;
    page.fill("field-text", "The lighthouse was painted in April. The keeper asks for a new lamp.").await;
    page.run().await;
    assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    page.see("copy").await;
    let result = page.text_that("result", "be the digest", |text| !text.is_empty()).await;
    page.click("save-run-as").await;
    page.click("run-pack").await;
    flowdeck.save_in_dialog(target).await;
    wait_for("the file of the run", async || target.exists().then_some(())).await;
    result
}

/// As a file manager does, from a folder of its own.
async fn hand_over(flowdeck: &Flowdeck, folder: &Path, name: &str) {
    let mut second = flowdeck.start_beside(|command| {
        command.current_dir(folder).arg(name);
    });
    assert_eq!(end_of(&mut second).await, Some(0), "it hands over and ends");
}
