//! The page as a person sees it: things are found by their `data-testid`, and waited for until they are visible.

use std::cell::RefCell;
use std::future::Future;
use std::time::{Duration, Instant};

use thirtyfour::error::WebDriverResult;
use thirtyfour::prelude::*;

/// Long enough for a slow machine that builds something else at the same time.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks again and again until there is an answer. `wish` completes "waited in vain for …".
pub async fn wait_for<T, F: Future<Output = Option<T>>>(wish: &str, ask: impl FnMut() -> F) -> T {
    wait_or_say(wish, ask, String::new).await
}

/// The same, with a last word on what there was instead.
async fn wait_or_say<T, F: Future<Output = Option<T>>>(
    wish: &str,
    mut ask: impl FnMut() -> F,
    instead: impl Fn() -> String,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {wish}{}", instead());
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

/// One page of one running program.
#[derive(Clone)]
pub struct Page(pub WebDriver);

impl Page {
    /// The first visible element a selector finds. Elements may be replaced between two looks: that is asked again.
    pub async fn look(&self, selector: &str) -> Option<WebElement> {
        self.visible(selector).await.flatten()
    }

    /// The same, told apart from a look at something that is being replaced, of which nobody knows what there is.
    async fn visible(&self, selector: &str) -> Option<Option<WebElement>> {
        for element in self.0.find_all(By::Css(selector)).await.ok()? {
            if element.is_displayed().await.ok()? {
                return Some(Some(element));
            }
        }
        Some(None)
    }

    pub async fn find(&self, selector: &str) -> WebElement {
        wait_for(&format!("{selector} to be visible"), || self.look(selector)).await
    }

    pub async fn see(&self, id: &str) -> WebElement {
        self.find(&hook(id)).await
    }

    /// Whether it can be seen now. Of what comes a moment later this says nothing: that is waited for.
    pub async fn sees(&self, id: &str) -> bool {
        wait_for(&format!("a look at {id}"), async || self.visible(&hook(id)).await).await.is_some()
    }

    pub async fn gone(&self, selector: &str) {
        let gone = async || self.visible(selector).await?.is_none().then_some(());
        wait_for(&format!("{selector} to vanish"), gone).await;
    }

    /// Clicks; tries again while something moves in the way, or where the click went beside it because it moved itself.
    pub async fn click_on(&self, selector: &str) {
        let click = async || {
            let element = self.look(selector).await?;
            let listen = "window.__hit = false; arguments[0].addEventListener('click', () => (window.__hit = true), { once: true, capture: true });";
            self.0.execute(listen, vec![element.to_json().ok()?]).await.ok()?;
            element.click().await.ok()?;
            // The choice of a list is made without a click on it.
            let chosen = element.tag_name().await.is_ok_and(|name| name == "option");
            (chosen || self.is_hit().await).then_some(())
        };
        wait_for(&format!("a click on {selector}"), click).await;
    }

    /// Whether a click came where it was to. A page that has gone with the click was hit.
    async fn is_hit(&self) -> bool {
        for _ in 0..20 {
            let Ok(answer) = self.0.execute("return window.__hit !== false;", Vec::new()).await else { return true };
            if answer.convert::<bool>().unwrap_or(true) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    pub async fn click(&self, id: &str) {
        self.click_on(&hook(id)).await;
    }

    /// Opens the newest run of the list: a click shows it beside the list, and from there it opens.
    pub async fn open_first_run(&self) {
        self.click("history-row").await;
        self.click("preview-open").await;
    }

    /// The row of a document in the form. (Its visible name is shortened in the middle.)
    pub async fn file(&self, name: &str) -> WebElement {
        self.find(&format!("{}[data-name=\"{name}\"]", hook("file-row"))).await
    }

    /// Presses Run, as soon as it may be pressed: not while documents are still on their way. Waits for the run's page.
    pub async fn run(&self) {
        self.click_on(&format!("{}:not([aria-disabled=\"true\"])", hook("run"))).await;
        self.see("status").await;
    }

    /// Types into a field, in place of what it holds.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = control(&hook(id));
        let fill = async || -> WebDriverResult<()> {
            let element = self.0.find(By::Css(&*field)).await?;
            element.scroll_into_view().await?;
            element.click().await?;
            element.send_keys(Key::Control + "a").await?;
            element.send_keys(text).await
        };
        let wish = format!("{field} to take text");
        wait_for(&wish, async || fill().await.ok()).await;
        self.holds(id, text).await;
    }

    /// Waits until a field holds a text.
    pub async fn holds(&self, id: &str, text: &str) {
        let held = RefCell::new(String::new());
        let holds = async || {
            held.replace(self.value(id).await);
            (*held.borrow() == text).then_some(())
        };
        let instead = || format!(", it holds “{}”", held.borrow());
        wait_or_say(&format!("{id} to hold “{text}”"), holds, instead).await;
    }

    /// What a field holds.
    pub async fn value(&self, id: &str) -> String {
        let field = control(&hook(id));
        let value = async || self.0.find(By::Css(&*field)).await.ok()?.prop("value").await.ok()?;
        wait_for(&format!("the value of {field}"), value).await
    }

    /// Waits until the text of an element satisfies a condition, and returns it.
    pub async fn text_that(&self, id: &str, wish: &str, fits: impl Fn(&str) -> bool) -> String {
        self.text_at(&hook(id), wish, fits).await
    }

    /// The same of what a selector finds.
    pub async fn text_at(&self, selector: &str, wish: &str, fits: impl Fn(&str) -> bool) -> String {
        let last = RefCell::new(String::new());
        let text = async || {
            // innerText keeps the lines apart, which WebDriver's own text does not here.
            let text = self.look(selector).await?.prop("innerText").await.ok()??;
            last.replace(text.clone());
            fits(&text).then_some(text)
        };
        let instead = || format!(", it says “{}”", last.borrow());
        wait_or_say(&format!("{selector} to {wish}"), text, instead).await
    }

    /// Waits until this is read out by what is not seen.
    pub async fn says(&self, id: &str, words: &str) {
        let said = async || {
            let spoken = self.0.find(By::Css(hook(id))).await.ok()?;
            spoken.prop("textContent").await.ok()?.filter(|text| text.contains(words))
        };
        wait_for(&format!("“{words}” to be said"), said).await;
    }

    /// Waits until some message at the foot of the window has said so: it may be gone by now, or be one of several.
    pub async fn told(&self, words: &str) {
        let script = "return window.__told?.some((text) => text.includes(arguments[0])) ?? false;";
        let told = async || {
            let answer = self.0.execute(script, vec![words.into()]).await.ok()?;
            answer.convert::<bool>().ok()?.then_some(())
        };
        wait_for(&format!("a message with “{words}”"), told).await;
    }

    /// Waits for the page to be there, and from then on keeps what its messages say.
    pub async fn listen(&self) {
        let script = "if (location.protocol !== 'tauri:' || document.readyState !== 'complete') return false;
            if (window.__told) return true;
            const message = '[data-testid=\"toast\"]';
            const keep = (element) => window.__told.push(element.textContent);
            window.__told = [];
            document.querySelectorAll(message).forEach(keep);
            new MutationObserver((changes) => {
                for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.(message)) keep(node);
            }).observe(document, { childList: true, subtree: true });
            return true;";
        let there = async || self.0.execute(script, Vec::new()).await.ok()?.convert::<bool>().ok()?.then_some(());
        wait_for("the page to be there", there).await;
    }

    /// The steps that are listed: title and status.
    pub async fn steps(&self) -> Vec<(String, String)> {
        let read = async || {
            let mut steps = Vec::new();
            for step in self.0.find_all(By::Css(hook("step"))).await.ok()? {
                steps.push((step.attr("data-title").await.ok()??, step.attr("data-status").await.ok()??));
            }
            Some(steps)
        };
        wait_for("the steps", read).await
    }

    /// Waits for a run to be in one of the states, and says in which.
    pub async fn status_among(&self, states: &[&str]) -> String {
        let status = async || {
            let status = self.look(&hook("status")).await?.attr("data-status").await.ok()??;
            states.contains(&status.as_str()).then_some(status)
        };
        wait_for(&format!("the run to be {}", states.join(" or ")), status).await
    }

    /// The test id of the field that has the keyboard, or of the nearest thing around it that has one.
    pub async fn focused(&self) -> Option<String> {
        let script = "const at = document.activeElement?.closest('[data-testid]'); return at ? at.dataset.testid : '';";
        self.0.execute(script, Vec::new()).await.ok()?.convert::<String>().ok().filter(|id| !id.is_empty())
    }

    /// Waits until the keyboard is there.
    pub async fn has_keyboard(&self, id: &str) {
        let at = RefCell::new(None);
        let there = async || {
            at.replace(self.focused().await);
            (at.borrow().as_deref() == Some(id)).then_some(())
        };
        let instead = || format!(", it is at {:?}", at.borrow());
        wait_or_say(&format!("the keyboard to be at {id}"), there, instead).await;
    }

    /// Keys for whatever has the keyboard. Tried again where that is being replaced: then none was pressed.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let keys = keys.into().to_string();
        let press = async || self.0.active_element().await.ok()?.send_keys(keys.as_str()).await.ok();
        wait_for("something to take the keys", press).await;
    }

    /// Keys for an element, which gets the keyboard first.
    pub async fn press_at(&self, id: &str, keys: impl Into<TypingData>) {
        let keys = keys.into().to_string();
        let press = async || self.look(&hook(id)).await?.send_keys(keys.as_str()).await.ok();
        wait_for(&format!("{id} to take the keys"), press).await;
    }

    /// Makes the window as large, and waits until the page has drawn itself for that.
    pub async fn resize(&self, width: u32, height: u32) {
        self.0.set_window_rect(0, 0, width, height).await.expect("another size");
        let sized = async || (self.size().await == (i64::from(width), i64::from(height))).then_some(());
        wait_for("the window to have its size", sized).await;
        self.painted().await;
    }

    /// Waits until nothing moves or changes its colour any more, but for what does so for ever.
    pub async fn still(&self) {
        let script = "return document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity);";
        let still = async || self.0.execute(script, Vec::new()).await.ok()?.convert::<bool>().ok()?.then_some(());
        wait_for("the page to stand still", still).await;
    }

    /// Waits until the page has been painted twice more. For pictures only: a page that paints nothing is not waited for.
    pub async fn painted(&self) {
        let script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 150)));";
        let _ = tokio::time::timeout(Duration::from_secs(2), self.0.execute_async(script, Vec::new())).await;
    }

    /// Size of the page's own area in pixels of the screen.
    pub async fn size(&self) -> (i64, i64) {
        let script = "return [window.innerWidth, window.innerHeight];";
        let answer = self.0.execute(script, Vec::new()).await.and_then(|answer| answer.convert::<(f64, f64)>());
        let (width, height) = answer.expect("the page has a size");
        (width as i64, height as i64)
    }
}

pub fn hook(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

/// The control of a field: the element itself, or the one inside of it.
fn control(hook: &str) -> String {
    format!("input{hook}, textarea{hook}, select{hook}, {hook} input, {hook} textarea, {hook} select")
}
