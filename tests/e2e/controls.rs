//! The demo's "Every control" as a person uses it: connected, filled in, run.

use flowdeck::demo::DemoServer;
use thirtyfour::prelude::*;

use crate::page::{Page, hook, wait_for};

pub async fn connect_controls(page: &Page, server: &DemoServer) {
    page.click("nav-connect").await;
    page.fill("connect-address", &server.base_url()).await;
    page.fill("connect-key", &server.apps()[1].key).await;
    page.click("connect-submit").await;
    page.see("field-name").await;
}

/// What every run of the app needs, and sight of how fast it goes.
///
/// A list of the system's own cannot be opened by WebDriver here: the choice is made as its change tells it.
pub async fn prepare_controls(page: &Page) {
    page.see("field-department").await;
    page.click_on("[data-testid=\"more-options\"] > summary").await;
    page.see("field-pace").await;
    choose(page, "field-department", "Legal").await;
}

/// Fills in and runs; the id of the run.
pub async fn start_controls(page: &Page, name: &str, pace: &str) -> String {
    page.fill("field-name", name).await;
    page.fill("field-pace", pace).await;
    page.run().await;
    let named = async || {
        let run = shown_run(page).await;
        page.0
            .find(By::Css(format!("[data-run=\"{run}\"] .inputs-strip")))
            .await
            .ok()?
            .text()
            .await
            .ok()?
            .contains(name)
            .then_some(run)
    };
    wait_for(&format!("the run {name}"), named).await
}

/// The id of the run on screen.
pub async fn shown_run(page: &Page) -> String {
    let run = async || page.look(&hook("run-page")).await?.attr("data-run").await.ok()?;
    wait_for("a run that says which it is", run).await
}

/// What is to happen in the next run.
pub async fn choose_events(page: &Page, events: &str) {
    choose(page, "field-events", events).await;
}

/// Chooses from a list, as its change tells it.
pub async fn choose(page: &Page, id: &str, value: &str) {
    page.see(id).await;
    let script = "const [id, value] = arguments; const list = document.querySelector(`select[data-testid=\"${id}\"], [data-testid=\"${id}\"] select`);
        list.value = value; list.dispatchEvent(new Event('change', { bubbles: true }));";
    page.0.execute(script, vec![id.into(), value.into()]).await.expect("a choice");
}
