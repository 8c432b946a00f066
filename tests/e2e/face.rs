//! An app's own name, and the page that comes back to where it was.

use crate::filled::database;
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
    let app = id_of(&flowdeck).await;
    page.click("app-menu").await;
    page.click("menu-rename").await;
    // The name is what is asked for.
    page.has_keyboard("app-name").await;
    page.fill("app-name", "Übungsbogen 练习").await;
    flowdeck.picture("asked").await;
    page.click("name-save").await;
    titled(&page, "Übungsbogen 练习").await;
    page.see("app-item-Übungsbogen 练习").await;
    flowdeck.picture("renamed").await;
    // Nothing on the page says when the web view has written down which app is in front.
    wait_for("the app in front to be written down", async || in_front(&flowdeck, &app).then_some(())).await;
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

async fn id_of(flowdeck: &Flowdeck) -> String {
    let mut database = database(flowdeck).await;
    let id = sqlx::query_scalar("SELECT id FROM app ORDER BY position DESC LIMIT 1").fetch_one(&mut database).await;
    id.expect("the app")
}

/// Whether the page's own store says so on the disk; its texts are UTF-16.
fn in_front(flowdeck: &Flowdeck, app: &str) -> bool {
    let wanted = format!("\"lastApp\":\"{app}\"");
    let wanted: Vec<u8> = wanted.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let folder = flowdeck.database().parent().expect("its folder").to_owned();
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    let mut stores = files.filter(|file| file.file_name().to_string_lossy().contains("localstorage"));
    stores.any(|file| std::fs::read(file.path()).is_ok_and(|bytes| bytes.windows(wanted.len()).any(|at| at == wanted)))
}

async fn titled(page: &Page, wanted: &str) {
    let is_so = async || {
        let asked =
            page.0.execute("return document.querySelector('.app-head h1')?.textContent ?? ''", Vec::new()).await;
        let title: String = asked.ok()?.convert().ok()?;
        (title == wanted).then_some(())
    };
    wait_for(&format!("the app called {wanted}"), is_so).await;
}
