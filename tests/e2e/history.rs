//! A long history as a person uses it: read to its end, searched, put in order, cleared up.

use thirtyfour::prelude::*;

use crate::filled::{FAILED, FEW, MANY, RARE_CHINESE, RARE_LATIN, fill, id_of};
use crate::flowdeck::Flowdeck;
use crate::page::{Page, hook, wait_for};

const ROW: &str = "[data-testid=\"history-row\"]";

/// A program with very many past runs, whose history is open.
async fn long_history(test: &str) -> Flowdeck {
    let mut flowdeck = Flowdeck::start(test).await;
    flowdeck.page().click("try-demo").await;
    flowdeck.page().see("nav-all-runs").await;
    flowdeck.kill();
    fill(&flowdeck).await;
    flowdeck.open().await;
    flowdeck.page().click("nav-all-runs").await;
    flowdeck.page().find(ROW).await;
    flowdeck
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_hundred_thousand_runs_are_scrolled_searched_opened_deleted_and_put_in_order() {
    // All in one: to fill it takes longest.
    let mut flowdeck = long_history("history-many").await;
    scroll(&mut flowdeck).await;
    search(&mut flowdeck).await;
    filter(&mut flowdeck).await;
    delete(&mut flowdeck).await;
    remark(&mut flowdeck).await;
}

async fn scroll(flowdeck: &mut Flowdeck) {
    let page = flowdeck.page();
    counts(&page, "100,000 runs").await;
    flowdeck.picture("opened").await;

    press(&page, Key::End).await;
    at_hand(&page, &id_of(0)).await;
    page.find(&format!("{ROW}[aria-posinset=\"{MANY}\"][aria-setsize=\"{MANY}\"]")).await;
    flowdeck.picture("end").await;
    press(&page, Key::PageUp).await;
    page.gone(&format!("{ROW}.current[aria-posinset=\"{MANY}\"]")).await;
    press(&page, Key::Home).await;
    at_hand(&page, &id_of(MANY - 1)).await;
    page.find(&format!("{ROW}[aria-posinset=\"1\"]")).await;
    flowdeck.picture("home").await;
}

async fn search(flowdeck: &mut Flowdeck) {
    let page = flowdeck.page();
    for (name, (word, at)) in [("latin", RARE_LATIN), ("chinese", RARE_CHINESE)] {
        page.fill("history-search", &word.to_lowercase()).await;
        found(&page, &[at]).await;
        // The row shows where the word stands: all of it, not only the letters that were typed first.
        page.text_at(&format!("{ROW} .sn mark"), "be the word", |text| text == word).await;
        flowdeck.picture(&format!("found-{name}")).await;
        // From the search to the list, and into the run.
        page.press_at("history-search", Key::Enter).await;
        at_hand(&page, &id_of(at)).await;
        press(&page, Key::Enter).await;
        page.find(&format!("{}[data-run=\"{}\"]", hook("run-page"), id_of(at))).await;
        let place = async || painted(&page, "hits-at").await.filter(|text| text == "1 of 1 · Text");
        wait_for("the only place to be led to", place).await;
        let marked = async || marked(&page).await.filter(|words| words.iter().any(|marked| marked == word));
        wait_for("the word to be marked in the run", marked).await;
        flowdeck.picture(&format!("marked-{name}")).await;
        page.click("history-back").await;
        found(&page, &[at]).await;
        // The search is still there.
        page.holds("history-search", &word.to_lowercase()).await;
    }
    page.click("clear-search").await;
}

async fn filter(flowdeck: &mut Flowdeck) {
    let page = flowdeck.page();
    page.click_on(&format!("{} [data-value=\"failed\"]", hook("filter-states"))).await;
    counts(&page, &format!("{} runs found", grouped(FAILED))).await;
    page.gone(&format!("{ROW}:not([data-status=\"failed\"])")).await;
    flowdeck.picture("failed").await;
    press(&page, Key::End).await;
    at_hand(&page, &id_of(7)).await;
    page.gone(&format!("{ROW}:not([data-status=\"failed\"])")).await;
    page.click("clear-filters").await;
    page.find(&format!("{ROW}[data-status=\"succeeded\"]")).await;
}

async fn delete(flowdeck: &mut Flowdeck) {
    let page = flowdeck.page();
    let (word, [oldest, middle, newest]) = FEW;
    page.fill("history-search", word).await;
    found(&page, &[newest, middle, oldest]).await;
    page.press_at("history-search", Key::Enter).await;
    at_hand(&page, &id_of(newest)).await;
    press(&page, Key::Down).await;
    at_hand(&page, &id_of(middle)).await;
    press(&page, Key::Delete).await;
    found(&page, &[newest, oldest]).await;
    at_hand(&page, &id_of(oldest)).await;
    flowdeck.picture("deleted").await;
    press(&page, Key::Control + "z").await;
    found(&page, &[newest, middle, oldest]).await;
    at_hand(&page, &id_of(middle)).await;
    flowdeck.picture("back").await;

    // Once more, and with the button of the message.
    press(&page, Key::Delete).await;
    found(&page, &[newest, oldest]).await;
    page.click("clear-search").await;
    // A message goes after a while, unless somebody is at it: to count very many may take longer.
    let at_it = "document.querySelector('[data-testid=\"toast\"] .btn:not(.icon)').focus();";
    wait_for("the message", async || page.0.execute(at_it, Vec::new()).await.ok()).await;
    counts(&page, &format!("{} runs", grouped(MANY - 1))).await;
    flowdeck.picture("one-less").await;
    page.click_on("[data-testid=\"toast\"] .btn:not(.icon)").await;
    counts(&page, "100,000 runs").await;
    page.fill("history-search", word).await;
    found(&page, &[newest, middle, oldest]).await;
}

async fn remark(flowdeck: &mut Flowdeck) {
    let page = flowdeck.page();
    let (_, [oldest, ..]) = FEW;
    page.press_at("history-search", Key::Enter).await;
    press(&page, Key::End).await;
    at_hand(&page, &id_of(oldest)).await;
    press(&page, Key::Alt + "s").await;
    page.find(&format!("{ROW}[data-id=\"{}\"] .c-star", id_of(oldest))).await;
    page.find(&format!("{}[data-run=\"{}\"]", hook("preview"), id_of(oldest))).await;
    page.fill("note-field", "Ask Wilhelmina 关于押金").await;
    page.press(Key::Escape).await;
    flowdeck.picture("starred-and-noted").await;
    for words in ["wilhelmina", "押金"] {
        page.fill("history-search", words).await;
        found(&page, &[oldest]).await;
    }
    page.text_that("history-list", "show the note", |text| text.contains("Note: ") && text.contains("押金")).await;
    flowdeck.picture("found-by-note").await;
    page.click("clear-search").await;
    counts(&page, "100,000 runs").await;
    page.click("filter-more").await;
    page.click("filter-starred").await;
    found(&page, &[oldest]).await;
    flowdeck.picture("starred").await;
}

/// Waits until these runs are listed, in this order, and no others.
pub async fn listed(page: &Page, numbers: &[i64]) {
    let wanted: Vec<_> = numbers.iter().map(|number| id_of(*number)).collect();
    let script = "return [...document.querySelectorAll('[data-testid=\"history-row\"]')]
        .sort((one, other) => one.ariaPosInSet - other.ariaPosInSet).map((row) => row.dataset.id);";
    let listed = async || {
        let rows: Vec<String> = page.0.execute(script, Vec::new()).await.ok()?.convert().ok()?;
        (rows == wanted).then_some(())
    };
    wait_for(&format!("exactly the runs {numbers:?}"), listed).await;
}

/// The same, and that their number is said.
async fn found(page: &Page, numbers: &[i64]) {
    listed(page, numbers).await;
    let said = if numbers.len() == 1 { "1 run found".to_owned() } else { format!("{} runs found", numbers.len()) };
    counts(page, &said).await;
}

/// Waits until the number of runs is said like this; how long it took may follow.
async fn counts(page: &Page, said: &str) {
    let fits = |text: &str| text.strip_prefix(said).is_some_and(|rest| rest.is_empty() || rest.starts_with(" in "));
    page.text_that("history-count", &format!("say “{said}”"), fits).await;
}

/// Waits until a run is at hand, in sight.
async fn at_hand(page: &Page, id: &str) {
    page.find(&format!("{ROW}.current[data-id=\"{id}\"]")).await;
}

async fn press(page: &Page, keys: impl Into<TypingData>) {
    page.press_at("history-list", keys).await;
}

/// What stands on the page where it is laid out, with nothing over it: of this line the driver says that it is hidden,
/// though the screen shows it.
async fn painted(page: &Page, id: &str) -> Option<String> {
    let script = "const shown = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
        const { left, top, width, height } = shown.getBoundingClientRect();
        return shown.contains(document.elementFromPoint(left + width / 2, top + height / 2)) ? shown.innerText : '';";
    page.0.execute(script, vec![id.into()]).await.ok()?.convert().ok()
}

/// The words that are marked on the page of a run.
async fn marked(page: &Page) -> Option<Vec<String>> {
    let script = "const painted = globalThis.CSS?.highlights?.get('found');
        const marks = [...document.querySelectorAll('[data-testid=\"run-page\"] mark')].map((mark) => mark.textContent);
        return painted ? [...painted].map(String) : marks;";
    page.0.execute(script, Vec::new()).await.ok()?.convert().ok()
}

fn grouped(number: i64) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}
