//! What a run brings, of every kind, as a person sees it: values, tables, trees, files and their previews.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::flowdeck::Flowdeck;
use crate::page::{Page, hook, wait_for};

const CONTROLS: &str = "app-item-Every control";
const SUCCEEDED: [&str; 1] = ["succeeded"];
/// How many result files are kept here.
const KEPT: &str = "return document.querySelectorAll('[data-testid=\"result-file\"][data-local=\"stored\"]').length;";

/// Fills in the form so that the run ends with these results, and runs it.
async fn run_scene(page: &Page, scene: &str, pace: &str) {
    page.click("try-demo").await;
    page.click(CONTROLS).await;
    page.see("field-department").await;
    page.click_on("[data-testid=\"more-options\"] > summary").await;
    page.see("field-pace").await;
    for (field, value) in [("department", "Legal"), ("events", scene)] {
        let script = "const list = document.querySelector(`select[data-testid=\"field-${arguments[0]}\"], [data-testid=\"field-${arguments[0]}\"] select`); list.value = arguments[1]; list.dispatchEvent(new Event('change', { bubbles: true })); return list.value;";
        let set = page.0.execute(script, vec![json!(field), json!(value)]).await.expect("a choice");
        assert_eq!(set.convert::<String>().expect("text"), value, "{field} has this choice");
    }
    page.fill("field-name", "Anna").await;
    page.fill("field-pace", pace).await;
    page.run().await;
}

async fn ask(page: &Page, script: &str) -> Value {
    page.0.execute(script, Vec::new()).await.expect("an answer").json().clone()
}

/// Waits until a script of the page says this.
async fn says(page: &Page, wish: &str, script: &str, wanted: impl Into<Value>) {
    let wanted = wanted.into();
    wait_for(wish, async || (ask(page, script).await == wanted).then_some(())).await;
}

async fn tab(page: &Page, name: &str) {
    let script = "const tab = [...document.querySelectorAll('.sub-tabs [role=\"tab\"]')].find((tab) => tab.textContent === arguments[0]); tab?.click(); return Boolean(tab);";
    let found = async || page.0.execute(script, vec![json!(name)]).await.ok()?.convert::<bool>().ok()?.then_some(());
    wait_for(&format!("{name} to have a tab"), found).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn results_of_every_kind_are_shown_as_what_they_are() {
    let mut flowdeck = Flowdeck::start("outputs").await;
    let page = flowdeck.page();
    run_scene(&page, "results", "0").await;
    page.status_among(&SUCCEEDED).await;
    says(&page, "ten kept files", KEPT, 10).await;
    page.text_that("result", "be the report", |text| text.contains("The move can begin")).await;
    flowdeck.picture("report").await;

    let beside = ["Changes needed", "0.125", "No", "lease, move, 网络", "empty"];
    page.text_at(".side", "stand beside the document", |text| beside.iter().all(|said| text.contains(said))).await;

    tab(&page, "findings").await;
    page.see("table").await;
    page.click_on("[data-testid=\"table\"] th:nth-child(3) button").await;
    page.click_on("[data-testid=\"table\"] th:nth-child(3) button").await;
    page.text_at("[data-testid=\"table\"] tbody td", "be of the most pages", |text| text == "12.1").await;
    flowdeck.picture("table").await;
    tab(&page, "log").await;
    page.text_that("plain-text", "keep its lines", |text| text.contains("10:00:02 WARN  page 3")).await;
    tab(&page, "budget").await;
    page.text_that("table", "be a table of the text", |text| text.contains("on time, as planned")).await;

    tab(&page, "settings").await;
    page.fill("tree-search", "option 16").await;
    page.text_that("tree-hits", "count the places", |text| text.contains("1 of 1")).await;
    page.text_that("tree-path", "say where it is", |text| text.contains("option 16")).await;
    flowdeck.picture("tree").await;
    // The keyboard goes through it like any tree.
    let focused = async || page.look(".tree .ln[aria-selected=\"true\"]").await?.focus().await.ok();
    wait_for("the keyboard to be in the tree", focused).await;
    page.press(Key::Right + Key::Down).await;
    page.text_that("tree-path", "lead into it", |text| text.contains(".value")).await;

    for (name, shows) in [
        ("Office plan - 平面图.png", "picture"),
        ("Chart.svg", "picture"),
        ("Page.html", "text"),
        ("Budget.csv", "text"),
        ("Notes - 记录.md", "text"),
        ("Settings.json", "text"),
        ("Progress report.pdf", "pdf"),
    ] {
        page.click_on(&format!("[data-testid=\"result-file\"][data-name=\"{name}\"] [data-testid=\"preview\"]")).await;
        page.find(&format!("[data-testid=\"file-preview\"][data-shows=\"{shows}\"][data-ready=\"yes\"]")).await;
        flowdeck.picture(&format!("preview-{}", name.rsplit('.').next().unwrap_or(shows))).await;
        page.click("preview-close").await;
        page.gone(&hook("file-preview")).await;
    }
    let beside = ask(&page, "return typeof globalThis.pdfjsWorker;").await;
    assert_eq!(beside, "undefined", "pages of a PDF are read beside the window, not in it");
    let title = ask(&page, "return document.title;").await;
    assert_ne!(title, "It ran", "neither the page nor the drawing of a server ran");
    let drawn =
        "return [...document.querySelectorAll('[data-testid=\"thumb\"] img')].every((img) => img.naturalWidth > 0);";
    says(&page, "thumbnails to be pictures", drawn, true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn everything_is_saved_into_one_folder() {
    let flowdeck = Flowdeck::start("outputs-save-all").await;
    let page = flowdeck.page();
    run_scene(&page, "results", "0").await;
    page.status_among(&SUCCEEDED).await;
    says(&page, "ten kept files", KEPT, 10).await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("report.md"), "mine").expect("written");
    page.click("save-all").await;
    flowdeck.choose_in_dialog(folder.path()).await;
    let names = || {
        let entries = std::fs::read_dir(folder.path()).expect("the folder");
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let wanted = [
        "report.md",
        "report (2).md",
        "log.txt",
        "budget.csv",
        "answer.json",
        "findings.csv",
        "settings.json",
        "values.json",
        "photo.png",
        "Page.html",
    ];
    // Beside them a file may stand for a moment that has not got its name yet.
    let all = async || {
        let names = names();
        (names.len() == 18 && wanted.iter().all(|name| names.contains(*name))).then_some(())
    };
    wait_for(&format!("eighteen files, {wanted:?} among them"), all).await;
    assert_eq!(
        std::fs::read_to_string(folder.path().join("report.md")).expect("there"),
        "mine",
        "what was there stays"
    );
}

/// Where the words in the middle stand on the screen; they are marked, so that the drawn block itself is known again.
const MARK: &str = "const box = document.querySelector('.doc-scroll').getBoundingClientRect(); \
    const block = [...document.querySelectorAll('.doc .block')].find((block) => block.getBoundingClientRect().bottom > box.top + box.height / 2); \
    block.dataset.mark = 'read'; \
    const watch = () => { if (document.querySelector('[data-testid=\"status\"]').dataset.status === 'succeeded') return; \
        window.lastSeen = block.getBoundingClientRect().top; requestAnimationFrame(watch); }; \
    watch(); return window.lastSeen;";
const MARKED: &str = "const block = document.querySelector('[data-mark=\"read\"]'); return block ? block.getBoundingClientRect().top : null;";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn the_outputs_take_the_place_of_the_streamed_text_without_a_jump() {
    let mut flowdeck = Flowdeck::start("outputs-no-jump").await;
    let page = flowdeck.page();
    run_scene(&page, "results", "5").await;
    page.text_that("result", "come to its rooms", |text| text.contains("Room 9")).await;
    // Somebody reads in the middle of it.
    ask(&page, "const box = document.querySelector('.doc-scroll'); box.dispatchEvent(new WheelEvent('wheel', { deltaY: -50 })); box.scrollTop = 300; return 1;").await;
    ask(&page, MARK).await.as_f64().expect("a place");
    page.status_among(&SUCCEEDED).await;
    page.see("save-all").await;
    page.painted().await;
    let after = ask(&page, MARKED).await.as_f64().expect("the block that was read is still the same one");
    let before = ask(&page, "return window.lastSeen;").await.as_f64().expect("the last place before the end");
    assert!((after - before).abs() <= 1.0, "what is read stays where it is: {before} → {after}");
    flowdeck.picture("stays").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn very_large_results_leave_the_page_quick() {
    let mut flowdeck = Flowdeck::start("outputs-large").await;
    let page = flowdeck.page();
    run_scene(&page, "large results", "0").await;
    // A busy machine takes its time over a megabyte of text: what is waited for is that it goes on.
    for paragraph in (1000..=9000).step_by(1000) {
        let there = format!("document.querySelector('.doc-scroll')?.textContent.includes('Paragraph {paragraph}.')");
        let over = "document.querySelector('[data-testid=\"status\"]')?.dataset.status === 'succeeded'";
        let script = format!("return !!({there} || {over});");
        wait_for(&format!("paragraph {paragraph}"), async || (ask(&page, &script).await == true).then_some(())).await;
    }
    page.status_among(&SUCCEEDED).await;
    // Whoever has read along to the end stays there, if the beginning was let go by then. The button may be drawn anew
    // between two looks: it is looked for until it has done its work.
    wait_for("the text from its beginning", async || {
        if let Some(button) = page.look("[data-testid=\"from-beginning\"]").await {
            let _ = button.click().await;
        }
        page.sees("show-more").await.then_some(())
    })
    .await;
    flowdeck.picture("text").await;
    for name in ["rows", "entries", "text"] {
        let took = page
            .0
            .execute_async(
                "const done = arguments[arguments.length - 1]; const begun = performance.now(); \
                 [...document.querySelectorAll('.sub-tabs [role=\"tab\"]')].find((tab) => tab.textContent === arguments[0]).click(); \
                 requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));",
                vec![json!(name)],
            )
            .await
            .expect("an answer")
            .convert::<f64>()
            .expect("a time");
        // The time stands in the name, for whoever looks at the pictures.
        flowdeck.picture(&format!("{name}-after-{took:.0}-ms")).await;
    }
    let drawn = ask(&page, "return document.querySelectorAll('*').length;").await.as_u64().expect("a number");
    assert!(drawn < 20_000, "most of it is not drawn: {drawn} elements");
}
