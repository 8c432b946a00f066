//! The page as a person sees it: things are found by their `data-testid`, and waited for until they are visible.

use std::future::Future;
use std::time::{Duration, Instant};

use thirtyfour::error::WebDriverResult;
use thirtyfour::prelude::*;

/// Long enough for a machine that builds something else at the same time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer. `wish` completes "waited in vain for …".
pub async fn wait_for<T, F: Future<Output = Option<T>>>(wish: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {wish}");
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

/// One page of one running program.
#[derive(Clone)]
pub struct Page(pub WebDriver);

impl Page {
    /// The first visible element a selector finds. Elements may be replaced between two looks: that is asked again.
    pub async fn look(&self, selector: &str) -> Option<WebElement> {
        for element in self.0.find_all(By::Css(selector)).await.ok()? {
            if element.is_displayed().await.is_ok_and(|shown| shown) {
                return Some(element);
            }
        }
        None
    }

    pub async fn find(&self, selector: &str) -> WebElement {
        wait_for(&format!("{selector} to be visible"), || self.look(selector)).await
    }

    pub async fn see(&self, id: &str) -> WebElement {
        self.find(&hook(id)).await
    }

    pub async fn sees(&self, id: &str) -> bool {
        self.look(&hook(id)).await.is_some()
    }

    /// The page says that it does not take the documents that are held over it.
    pub async fn sees_refusal(&self) -> bool {
        self.look(&format!("{}[data-accepts=\"false\"]", hook("dropveil"))).await.is_some()
    }

    pub async fn gone(&self, selector: &str) {
        let gone = async || self.look(selector).await.is_none().then_some(());
        wait_for(&format!("{selector} to vanish"), gone).await;
    }

    /// Clicks; tries again while something moves in the way.
    pub async fn click_on(&self, selector: &str) {
        let click = async || self.look(selector).await?.click().await.ok();
        wait_for(&format!("a click on {selector}"), click).await;
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
        assert_eq!(self.value(id).await, text, "{id} holds what was typed");
    }

    /// What a field holds.
    pub async fn value(&self, id: &str) -> String {
        let field = control(&hook(id));
        let value = async || self.0.find(By::Css(&*field)).await.ok()?.prop("value").await.ok()?;
        wait_for(&format!("the value of {field}"), value).await
    }

    /// Waits until the text of an element satisfies a condition, and returns it.
    pub async fn text_that(&self, id: &str, wish: &str, fits: impl Fn(&str) -> bool) -> String {
        // innerText keeps the lines apart, which WebDriver's own text does not here.
        let text = async || self.look(&hook(id)).await?.prop("innerText").await.ok()?.filter(|text| fits(text));
        wait_for(&format!("{id} to {wish}"), text).await
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
