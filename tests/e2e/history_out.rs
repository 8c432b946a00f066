//! Runs leave the history as a table and as a file, through the system's own dialogs, and come into another one.

use thirtyfour::prelude::*;

use crate::flowdeck::Flowdeck;
use crate::history_log::listed;
use crate::page::{Page, hook};

const APP: &str = "app-item-Document digest";
const RUNS: [(&str, &str); 3] = [
    ("Greenhouse", "The roof of the greenhouse was repaired in March. It now holds 40 lemon trees."),
    ("灯塔", "灯塔在四月重新粉刷。看守人申请一盏新灯。"),
    ("Bridge", "=The bridge was closed in May. The town asks for a new one."),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn selected_runs_are_exported_and_one_saved_as_a_file_opens_in_another_copy_of_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut flowdeck = Flowdeck::start("history-out").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(APP).await;
    for (turn, (title, text)) in RUNS.into_iter().enumerate() {
        if turn > 0 {
            page.click("new-run").await;
        }
        page.fill("field-title", title).await;
        page.fill("field-text", text).await;
        page.run().await;
        assert_eq!(page.status_among(&["succeeded", "failed", "unknown"]).await, "succeeded");
    }

    // The two newest.
    page.click("nav-all-runs").await;
    page.click("history-row").await;
    press(&page, Key::Shift + Key::Down).await;
    page.see("picked").await;
    page.click("act-export").await;
    page.click_on(&format!("{} [data-value=\"csv\"]", hook("export-kind"))).await;
    flowdeck.picture("export").await;
    page.click("export-save").await;
    let table = folder.path().join("runs.csv");
    flowdeck.save_in_dialog(&table).await;
    page.told("2 runs exported").await;
    page.gone(&hook("export")).await;
    flowdeck.picture("exported").await;
    let written = std::fs::read(&table).expect("the table");
    let text = written.strip_prefix("\u{feff}".as_bytes()).expect("spreadsheets are told that it is UTF-8");
    let mut reader = csv::Reader::from_reader(text);
    let headings = reader.headers().expect("headings").clone();
    let title = headings.iter().position(|heading| heading == "Title").expect("a column of titles");
    let mut titles: Vec<_> = reader.records().map(|row| row.expect("a row")[title].to_owned()).collect();
    titles.sort();
    assert_eq!(titles.len(), 2, "those that were selected: {titles:?}");
    assert!(titles[0].starts_with("'=The bridge") && titles[1].starts_with("灯塔"), "and no formula: {titles:?}");

    // One of them as a file.
    page.click("pick-none").await;
    page.fill("history-search", "灯塔").await;
    page.text_that("history-count", "find it", |text| text.starts_with("1 run found")).await;
    listed(&page, 1).await;
    page.open_first_run().await;
    page.see("copy").await;
    let result = page.text_that("result", "be the digest", |text| text.contains('灯')).await;
    page.click("history-back").await;
    page.click("history-row").await;
    page.click("preview-more").await;
    flowdeck.picture("menu").await;
    page.click("act-pack").await;
    let run = folder.path().join("lighthouse.flowdeck-run");
    flowdeck.save_in_dialog(&run).await;
    page.told("Saved").await;
    assert!(run.exists(), "it is where it was wished: {:?}", std::fs::read_dir(folder.path()).map(Iterator::count));
    drop(flowdeck);

    let mut other = Flowdeck::start("history-in").await;
    let page = other.page();
    page.click("try-demo").await;
    open_file(&other, &run).await;
    page.text_that("result", "be the one of there", |text| text == result).await;
    page.told("in your history now").await;
    page.text_that("tab-history", "count it", |text| text.contains('1')).await;
    other.picture("opened").await;
    page.click("nav-all-runs").await;
    page.find(&hook("history-row")).await;
    other.picture("listed").await;
    // A second time it is known.
    open_file(&other, &run).await;
    page.told("already").await;
    page.click("nav-all-runs").await;
    listed(&page, 1).await;
}

async fn open_file(flowdeck: &Flowdeck, file: &std::path::Path) {
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.click("history-more").await;
    page.click("run-unpack").await;
    flowdeck.choose_in_dialog(file).await;
    page.see("run-page").await;
}

async fn press(page: &Page, keys: impl Into<TypingData>) {
    page.press_at("history-list", keys).await;
}
