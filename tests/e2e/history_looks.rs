//! The history in every look it may have: photographed, held against WCAG 2.2 A and AA, and against words that are cut.

use flowdeck::demo::{DemoServer, Options};
use thirtyfour::prelude::*;

use crate::axe::{Axe, Violation};
use crate::controls::choose;
use crate::filled::fill_few;
use crate::flowdeck::Flowdeck;
use crate::history::listed;
use crate::page::{Page, hook, wait_for};

const APP: &str = "app-item-Document digest";
const ROOMY: (u32, u32) = (1280, 800);
const NARROW: (u32, u32) = (900, 600);
/// Theme, language, text size and size of the window.
const LOOKS: [(&str, &str, &str, (u32, u32)); 4] = [
    ("dark", "en", "normal", ROOMY),
    ("light", "zh", "normal", ROOMY),
    ("dark", "zh", "normal", NARROW),
    ("light", "en", "large", NARROW),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn the_history_can_be_read_in_every_theme_language_text_size_and_window() {
    let server = DemoServer::start_with(Options::default()).await.expect("a server");
    let mut flowdeck = Flowdeck::start("history-looks").await;
    for app in &server.apps()[..2] {
        connect(&flowdeck.page(), &server.base_url(), &app.key).await;
    }
    flowdeck.kill();
    fill_few(&flowdeck).await;
    flowdeck.open().await;

    let mut looks = Looks { flowdeck, axe: Axe::read(), look: String::new(), found: Vec::new() };
    for look in LOOKS {
        looks.take_on(look).await;
        looks.list().await;
        looks.one_run().await;
        looks.of_app().await;
        looks.keeping().await;
    }
    drop(server);
    keep_one_ready(&looks.flowdeck.page()).await;
    for look in [LOOKS[0], LOOKS[2], LOOKS[3]] {
        looks.take_on(look).await;
        looks.offline().await;
    }
    assert!(looks.found.is_empty(), "all can be read in every look:\n{}", looks.found.join("\n"));
}

async fn connect(page: &Page, address: &str, key: &str) {
    page.click("nav-connect").await;
    page.fill("connect-address", address).await;
    page.fill("connect-key", key).await;
    page.click("connect-submit").await;
    page.see("app-menu").await;
}

async fn keep_one_ready(page: &Page) {
    page.click(APP).await;
    page.click("tab-run").await;
    page.fill("field-text", "The lighthouse was painted in April. 灯塔在四月粉刷。").await;
    page.click("run").await;
    page.click("keep-ready").await;
    page.see("ready-row").await;
}

/// One window that is looked at in every way.
struct Looks {
    flowdeck: Flowdeck,
    axe: Axe,
    /// The one that it has now.
    look: String,
    /// What is wrong, said once all pictures are taken.
    found: Vec<String>,
}

impl Looks {
    async fn take_on(&mut self, (theme, language, text, (width, height)): (&str, &str, &str, (u32, u32))) {
        let page = self.flowdeck.page();
        page.resize(width, height).await;
        page.click("nav-settings").await;
        page.click_on(&format!("{} [data-value=\"{theme}\"]", hook("theme"))).await;
        page.click_on(&format!("{} [data-value=\"{text}\"]", hook("text-size"))).await;
        choose(&page, "language", language).await;
        self.look = format!("{theme}-{language}-{text}-{width}");
    }

    async fn list(&mut self) {
        let page = self.flowdeck.page();
        page.click("nav-all-runs").await;
        press(&page, Key::Home).await;
        press(&page, Key::Down).await;
        self.see("list").await;
        press(&page, Key::Shift + Key::Down).await;
        page.see("picked").await;
        self.see("picked").await;
        press(&page, Key::Escape).await;
        press(&page, Key::Alt + "t").await;
        page.see("tags-done").await;
        self.see("tags").await;
        self.escape("dialog[open]").await;
        for filter in ["filter-when", "filter-more"] {
            page.click(filter).await;
            self.see(filter).await;
            self.escape(".popover").await;
        }
        page.click("history-more").await;
        page.click("export-all").await;
        page.see("export-save").await;
        self.see("export").await;
        self.escape("dialog[open]").await;
        page.fill("history-search", "zzzqqq").await;
        page.see("history-empty").await;
        self.see("nothing").await;
        page.fill("history-search", "lease").await;
        listed(&page, &[1, 2]).await;
        page.find(&format!("{} mark", hook("history-row"))).await;
        self.see("found").await;
    }

    /// From the list that found it.
    async fn one_run(&mut self) {
        let page = self.flowdeck.page();
        press(&page, Key::Home).await;
        press(&page, Key::Enter).await;
        page.see("result").await;
        page.click("save-run-as").await;
        self.see("run").await;
        self.escape("[role=\"menu\"]").await;
        page.click("compare-with").await;
        page.find("[data-testid=\"pick-run\"][aria-selected=\"true\"]").await;
        self.see("choose").await;
        page.click("pick-compare").await;
        page.see("compare-effort").await;
        self.see("compared").await;
        page.click("compare-back").await;
        page.click("history-back").await;
        page.click("clear-search").await;
    }

    async fn of_app(&mut self) {
        let page = self.flowdeck.page();
        page.click(APP).await;
        page.click("tab-history").await;
        page.find(&hook("history-row")).await;
        page.click("history-more").await;
        page.click("log-all").await;
        page.see("answer-no").await;
        self.see("others").await;
        self.escape("dialog[open]").await;
        page.click("history-more").await;
        page.click("usage-open").await;
        page.find(".usage-table td").await;
        self.see("usage").await;
        page.click("usage-back").await;
    }

    async fn keeping(&mut self) {
        let page = self.flowdeck.page();
        page.click("nav-settings").await;
        let script = "for (const fold of document.querySelectorAll('.set-body details')) fold.open = true;
            document.querySelector('[data-testid=\"kept-of\"]').scrollIntoView({ block: 'center' });";
        page.see("kept-runs").await;
        wait_for("the settings to be unfolded", async || page.0.execute(script, Vec::new()).await.ok()).await;
        page.see("kept-of").await;
        self.see("keeping").await;
        choose(&page, "keep-runs", "30").await;
        page.see("answer-no").await;
        self.see("rule").await;
        self.escape("dialog[open]").await;
    }

    async fn offline(&mut self) {
        let page = self.flowdeck.page();
        page.click(APP).await;
        page.click("tab-run").await;
        page.see("offline-banner").await;
        page.see("ready-row").await;
        self.see("ready").await;
        page.click("nav-all-runs").await;
        page.click("ready-open").await;
        page.see("ready-row").await;
        self.see("ready-in-list").await;
    }

    /// By the keyboard, as everything that floats closes.
    async fn escape(&self, gone: &str) {
        let page = self.flowdeck.page();
        let inside = "return document.activeElement?.closest(arguments[0]) != null;";
        let there = async || {
            let answer = page.0.execute(inside, vec![gone.into()]).await.ok()?;
            answer.convert::<bool>().ok()?.then_some(())
        };
        wait_for(&format!("the keyboard to be in {gone}"), there).await;
        page.press(Key::Escape).await;
        page.gone(gone).await;
    }

    /// Takes a picture, and notes what is wrong with what it shows.
    async fn see(&mut self, what: &str) {
        let page = self.flowdeck.page();
        self.flowdeck.picture(&format!("{}-{what}", self.look)).await;
        let broken = self.axe.examine(&page).await;
        let broken = broken.into_iter().map(|Violation { id, help, places }| format!("{id} ({help}) at {places:?}"));
        let cut: Vec<String> = page.0.execute(CUT, Vec::new()).await.expect("looked at").convert().expect("a list");
        self.found.extend(broken.chain(cut).map(|wrong| format!("{what}, {}: {wrong}", self.look)));
    }
}

/// What scrolls sideways, and words on things to press that are not there whole: where a dialog is open, in it.
const CUT: &str = r#"
    const wrong = [];
    const seen = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 1;
    const named = (element) => `${element.closest('[data-testid]')?.dataset.testid} “${(element.innerText || element.ariaLabel || '').slice(0, 40)}”`;
    const top = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
    for (const element of top.querySelectorAll('*')) {
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
        if (scrolls && seen(element) && element.scrollWidth > element.clientWidth + 1) wrong.push(`scrolls sideways: ${named(element)} .${element.className}`);
    }
    for (const element of top.querySelectorAll('.btn, .chip, .mi, .tab, .seg button, .select')) {
        if (!seen(element) || element.closest('.app-item')) continue;
        const { left, right } = element.getBoundingClientRect();
        if (left < -1 || right > innerWidth + 1) wrong.push(`beyond the window: ${named(element)}`);
        for (const part of [element, ...element.querySelectorAll('.ellipsis')]) {
            if (part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== 'inline') wrong.push(`cut: ${named(element)}`);
        }
        if (element.matches('select')) {
            const { font, paddingLeft, paddingRight } = getComputedStyle(element);
            const pen = document.createElement('canvas').getContext('2d');
            pen.font = font;
            const room = element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
            if (pen.measureText(element.selectedOptions[0]?.text ?? '').width > room + 1) wrong.push(`cut: ${named(element)}`);
        }
    }
    return [...new Set(wrong)];"#;

async fn press(page: &Page, keys: impl Into<TypingData>) {
    page.press_at("history-list", keys).await;
}
