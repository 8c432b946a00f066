//! Several runs at once, out of contact, stopped, and found again after a crash: as a person sees them.

use flowdeck::demo::{DemoServer, Fault, FaultKind, FaultTarget, Options};

use crate::controls::{connect_controls, prepare_controls, shown_run, start_controls};
use crate::flowdeck::Flowdeck;
use crate::page::{Page, hook};

const DIGEST: &str = "app-item-Document digest";
const CONTROLS: &str = "app-item-Every control";
const ENDS: [&str; 5] = ["succeeded", "partly_succeeded", "failed", "stopped", "unknown"];
const LETTER: &str = "The roof of the greenhouse was repaired in March. The greenhouse now holds 40 lemon trees. \
                      The gardener asks for a new pump before 1 June 2027, because the old pump loses water.";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn three_runs_of_two_apps_are_shown_in_turn_and_each_is_complete() {
    let mut flowdeck = Flowdeck::start("three-at-once").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(CONTROLS).await;
    prepare_controls(&page).await;
    // Both are still under way when the third has begun, on a slow machine, too.
    let alpha = start_controls(&page, "Alpha", "4").await;
    page.click("new-run").await;
    // The form holds what it held: most runs differ in one entry.
    page.holds("field-name", "Alpha").await;
    let beta = start_controls(&page, "Beta", "4").await;
    page.click(DIGEST).await;
    page.fill("field-text", LETTER).await;
    page.run().await;
    let digest = shown_run(&page).await;

    // The side bar leads to any of them, the strip to those of the app.
    open(&page, "underway-run", &alpha).await;
    flowdeck.picture("alpha").await;
    // Beta is beside it.
    page.find(&listed("strip-run", &beta)).await;
    open(&page, "strip-run", &beta).await;
    page.click_on("[data-testid=\"view\"] [data-value=\"steps\"]").await;
    page.see("step").await;
    open(&page, "strip-run", &alpha).await;
    open(&page, "strip-run", &beta).await;
    page.find("[data-testid=\"view\"] [data-value=\"steps\"]:is([aria-pressed=\"true\"], [aria-checked=\"true\"])")
        .await;
    flowdeck.picture("beta").await;

    for (name, run) in [("Beta", &beta), ("Alpha", &alpha)] {
        // One that ended while another was shown is in the strip until it is looked at.
        if shown_run(&page).await != *run {
            open(&page, "strip-run", run).await;
        }
        assert_eq!(page.status_among(&ENDS).await, "partly_succeeded", "{name} ends as it would have alone");
        page.click_on("[data-testid=\"view\"] [data-value=\"result\"]").await;
        page.text_that("run-page", "hold its own result", |text| text.contains(&format!("{name} sent"))).await;
        flowdeck.picture(&format!("{name}-ended")).await;
    }
    page.click(DIGEST).await;
    // Coming back to an app shows the run it showed.
    shows(&page, &digest).await;
    assert_eq!(page.status_among(&ENDS).await, "succeeded");
    page.text_that("result", "speak of the letter", |text| text.contains("greenhouse")).await;
    page.gone(&hook("underway")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
#[allow(clippy::print_stdout, reason = "the figures are to be read; a loaded machine must not fail for them")]
async fn stop_shows_before_anybody_has_answered_also_before_the_first_event() {
    let server = DemoServer::start_with(Options {
        faults: vec![Fault::new(FaultKind::OnlyPings).times(1)],
        ..Options::default()
    });
    let server = server.await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("stop-at-once").await;
    let page = flowdeck.page();
    connect_controls(&page, &server).await;
    prepare_controls(&page).await;

    start_controls(&page, "Nobody takes it", "0.5").await;
    let before_events = press_stop(&page).await;
    assert_eq!(before_events.status, "starting", "no event has come, and nobody has answered yet");
    assert_eq!(before_events.shown, "stopping", "the page does not wait for that");
    assert_ne!(before_events.said, before_events.words, "the button says what happens");
    flowdeck.picture("stopping-before-the-first-event").await;
    assert_ne!(page.status_among(&ENDS).await, "succeeded", "nothing can have succeeded");
    page.see("ending").await;
    flowdeck.picture("ended").await;

    page.click("new-run").await;
    start_controls(&page, "Stopped on its way", "20").await;
    page.status_among(&["running"]).await;
    page.see("step").await;
    let running = press_stop(&page).await;
    assert_eq!((running.status.as_str(), running.shown.as_str()), ("running", "stopping"), "again before any answer");
    assert_eq!(page.status_among(&ENDS).await, "stopped", "and the server confirms");
    flowdeck.picture("stopped").await;
    for (name, press) in [("before the first event", before_events), ("while it runs", running)] {
        println!("stop {name}: new words after {:.1} ms, next frame after {:.1} ms", press.took, press.painted);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_run_out_of_contact_says_since_when_and_what_is_tried_and_ends_by_itself() {
    // Half a minute, with the pauses between them.
    let away = |target| Fault::new(FaultKind::Page(502)).on(target).times(5);
    let server = DemoServer::start_with(Options {
        faults: vec![Fault::new(FaultKind::Cut(2600)).times(1), away(FaultTarget::Detail), away(FaultTarget::Events)],
        ..Options::default()
    });
    let server = server.await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("out-of-contact").await;
    let page = flowdeck.page();
    connect_controls(&page, &server).await;
    prepare_controls(&page).await;
    start_controls(&page, "Over the hills", "1").await;

    page.status_among(&["out_of_contact"]).await;
    page.see("contact").await;
    let since =
        page.text_that("contact-since", "say since when", |text| text.chars().any(|c| c.is_ascii_digit())).await;
    page.text_that("contact-next", "count down to the next try", |text| text.contains("second")).await;
    assert!(since.contains(':'), "it says the time of day: {since}");
    // What was seen stays readable, and nobody has to wait for the next try.
    page.find(&format!("{}, {}", hook("step"), hook("result"))).await;
    page.see("try-now").await;
    flowdeck.picture("out-of-contact").await;

    assert_eq!(page.status_among(&ENDS).await, "partly_succeeded", "it ends by itself");
    page.gone(&hook("contact")).await;
    page.find("[data-notice=\"gap\"]").await;
    flowdeck.picture("ended").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_refused_key_is_called_so_and_asked_for_also_when_the_run_is_to_be_stopped() {
    let server = DemoServer::start_with(Options {
        faults: vec![Fault::new(FaultKind::Revoked(2600)).times(1)],
        ..Options::default()
    });
    let server = server.await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("refused-key").await;
    let page = flowdeck.page();
    connect_controls(&page, &server).await;
    prepare_controls(&page).await;
    start_controls(&page, "Locked out", "5").await;

    page.status_among(&["out_of_contact"]).await;
    page.see("contact-key").await;
    page.text_that("status", "not speak of reconnecting", |text| text.contains("Key needed")).await;
    assert!(!page.sees("key-banner").await, "it is asked for once");
    flowdeck.picture("refused").await;

    // A stop, too, waits for a key that is taken.
    page.click_on("[data-testid=\"stop\"]").await;
    page.status_among(&["stopping"]).await;
    page.see("contact-key").await;
    flowdeck.picture("stopping").await;
    page.click("contact-key").await;
    page.see("connect-key").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_program_killed_during_a_run_shows_it_going_on_when_it_is_started_again() {
    let server = DemoServer::start().await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("killed-during-a-run").await;
    let page = flowdeck.page();
    connect_controls(&page, &server).await;
    prepare_controls(&page).await;
    let run = start_controls(&page, "Outlives it", "3").await;
    page.see("step").await;
    flowdeck.kill();

    flowdeck.open().await;
    let page = flowdeck.page();
    page.find(&listed("underway-run", &run)).await;
    // Its app opens with it.
    shows(&page, &run).await;
    assert!(!ENDS.contains(&page.status_among(&["out_of_contact", "running"]).await.as_str()), "it goes on");
    flowdeck.picture("going-on").await;
    assert_eq!(page.status_among(&ENDS).await, "partly_succeeded", "and ends as the server says");
    page.text_that("run-page", "hold the result", |text| text.contains("Outlives it sent")).await;
    flowdeck.picture("ended").await;
}

fn listed(id: &str, run: &str) -> String {
    format!("{}[data-run=\"{run}\"]", hook(id))
}

/// Turns to a run through one of the lists.
async fn open(page: &Page, list: &str, run: &str) {
    page.click_on(&listed(list, run)).await;
    shows(page, run).await;
}

async fn shows(page: &Page, run: &str) {
    page.find(&listed("run-page", run)).await;
}

/// What the page showed once Stop was pressed, before any answer.
#[derive(Debug, serde::Deserialize)]
struct Pressed {
    /// The button's words before and after.
    words: String,
    said: String,
    /// The run's state as the backend has told it, and as it is shown.
    status: String,
    shown: String,
    /// Milliseconds from the press to the new words, and to the next frame.
    took: f64,
    painted: f64,
}

async fn press_stop(page: &Page) -> Pressed {
    page.see("stop").await;
    let script = "const done = arguments[0];
        const button = document.querySelector('[data-testid=\"stop\"]');
        const words = button.innerText;
        const from = performance.now();
        button.click();
        // Before anything else can arrive: the page has drawn, and no answer can have come yet.
        Promise.resolve().then(() => Promise.resolve()).then(() => {
            const { status, shown } = document.querySelector('[data-testid=\"status\"]').dataset;
            const seen = { words, said: button.innerText, status, shown, took: performance.now() - from };
            requestAnimationFrame(() => done({ ...seen, painted: performance.now() - from }));
        });";
    let answer = page.0.execute_async(script, Vec::new()).await.expect("the page answers");
    answer.convert().expect("what it shows")
}
