//! An app's own name, and the page that comes back to where it was.

use thirtyfour::prelude::*;

use crate::flowdeck::Flowdeck;
use crate::page::{Page, hook, wait_for};

const CONTROLS: &str = "app-item-Every control";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn an_app_keeps_the_name_it_was_given_and_is_in_front_again_after_a_crash() {
    let mut flowdeck = Flowdeck::start("face").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click(CONTROLS).await;
    titled(&page, "Every control").await;
    page.click("app-menu").await;
    page.click("menu-rename").await;
    assert_eq!(page.focused().await.as_deref(), Some("app-name"), "the name is what is asked for");
    page.fill("app-name", "Übungsbogen 练习").await;
    flowdeck.picture("asked").await;
    page.click("name-save").await;
    titled(&page, "Übungsbogen 练习").await;
    page.see("app-item-Übungsbogen 练习").await;
    flowdeck.picture("renamed").await;
    // The promise is a second; nothing on the page says when it is kept.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    flowdeck.kill();

    flowdeck.open().await;
    let page = flowdeck.page();
    titled(&page, "Übungsbogen 练习").await;
    flowdeck.picture("in-front-again").await;
    page.click("app-menu").await;
    page.click("menu-rename").await;
    page.click("name-back").await;
    titled(&page, "Every control").await;
    page.gone(&hook("app-name")).await;
}

async fn titled(page: &Page, wanted: &str) {
    let page = page.clone();
    let is_so = async || {
        let title = page.find(".app-head h1").await.text().await.ok()?;
        (title == wanted).then_some(())
    };
    wait_for(&format!("the app called {wanted}"), is_so).await;
}
