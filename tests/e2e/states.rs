//! Every state of a run in both themes and both languages: photographed, and looked at by axe for WCAG 2.2 A and AA.

use flowdeck::demo::{DemoServer, Fault, FaultKind, FaultTarget, Options};

use crate::axe::{Axe, Violation};
use crate::controls::{choose, choose_events, connect_controls, prepare_controls, start_controls};
use crate::flowdeck::Flowdeck;
use crate::page::hook;

const CONTROLS: &str = "app-item-Every control";
const APPROVAL: &str = "app-item-Approval";
const LOOKS: [(&str, &str); 4] = [("light", "en"), ("dark", "en"), ("light", "zh"), ("dark", "zh")];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn every_state_of_a_run_can_be_read_in_both_themes_and_languages() {
    let server = DemoServer::start_with(Options { for_trials: true, ..Options::default() }).await.expect("a server");
    let mut looks = Looks::start("states").await;
    let page = looks.flowdeck.page();
    connect_controls(&page, &server).await;
    looks.go_through("form", CONTROLS).await;
    prepare_controls(&page).await;

    for (events, ends) in [("failure", "failed"), ("partial", "partly_succeeded"), ("success", "succeeded")] {
        choose_events(&page, events).await;
        start_controls(&page, "Ada 文", "0").await;
        assert_eq!(page.status_among(&[ends, "unknown"]).await, ends, "the scene ends as it is called");
        looks.go_through(ends, CONTROLS).await;
        if ends == "succeeded" {
            page.click_on("[data-testid=\"view\"] [data-value=\"steps\"]").await;
            page.click("step").await;
            page.see("step-detail").await;
            looks.go_through("steps", CONTROLS).await;
        }
        page.click("new-run").await;
    }
    choose_events(&page, "everything").await;
    start_controls(&page, "Ada 文", "20").await;
    page.status_among(&["running"]).await;
    page.see("step").await;
    looks.go_through("running", CONTROLS).await;
    page.click("stop").await;
    assert_eq!(page.status_among(&["stopped", "succeeded"]).await, "stopped");
    looks.go_through("stopped", CONTROLS).await;

    let asks = server.apps().iter().find(|app| app.slug == "approval").expect("the app that asks");
    page.click("nav-connect").await;
    page.fill("connect-address", &server.base_url()).await;
    page.fill("connect-key", &asks.key).await;
    page.click("connect-submit").await;
    page.click(APPROVAL).await;
    page.fill("field-subject", "A new desk").await;
    page.fill("field-reason", "The old one is broken.").await;
    page.run().await;
    page.status_among(&["waiting"]).await;
    looks.go_through("waiting", APPROVAL).await;
    looks.end();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_run_out_of_contact_can_be_read_in_both_themes_and_languages() {
    let away = |target| Fault::new(FaultKind::Page(502)).on(target);
    let faults = vec![Fault::new(FaultKind::Cut(2600)), away(FaultTarget::Detail), away(FaultTarget::Events)];
    let server = DemoServer::start_with(Options { faults, ..Options::default() }).await.expect("a server");
    let mut looks = Looks::start("states-out-of-contact").await;
    let page = looks.flowdeck.page();
    connect_controls(&page, &server).await;
    prepare_controls(&page).await;
    start_controls(&page, "Over the hills", "1").await;
    page.status_among(&["out_of_contact"]).await;
    looks.go_through("out-of-contact", CONTROLS).await;
    looks.end();
}

/// One window that is looked at in every way.
struct Looks {
    flowdeck: Flowdeck,
    axe: Axe,
    /// What axe found, said once all pictures are taken.
    found: Vec<String>,
}

impl Looks {
    async fn start(test: &str) -> Self {
        Self { flowdeck: Flowdeck::start(test).await, axe: Axe::read(), found: Vec::new() }
    }

    /// Takes a picture in each theme and language, and has axe look at each.
    async fn go_through(&mut self, state: &str, app: &str) {
        let page = self.flowdeck.page();
        for (theme, language) in LOOKS {
            page.click("nav-settings").await;
            page.click_on(&format!("{} [data-value=\"{theme}\"]", hook("theme"))).await;
            choose(&page, "language", language).await;
            page.click(app).await;
            page.see("app-menu").await;
            self.flowdeck.picture(&format!("{state}-{theme}-{language}")).await;
            for Violation { id, help, places } in self.axe.examine(&page).await {
                self.found.push(format!("{state}, {theme}, {language}: {id} ({help}) at {}", places.join("; ")));
            }
        }
        page.click("nav-settings").await;
        page.click_on(&format!("{} [data-value=\"light\"]", hook("theme"))).await;
        choose(&page, "language", "en").await;
        page.click(app).await;
    }

    fn end(self) {
        assert!(self.found.is_empty(), "WCAG 2.2 A and AA are kept in every state:\n{}", self.found.join("\n"));
    }
}
