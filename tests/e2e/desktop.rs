//! The window's own life: closing while runs are under way, coming back, a second start, notifications.

use std::process::{Child, Command};
use std::time::Duration;

use flowdeck::demo::{DemoServer, Fault, FaultKind, FaultTarget, Options};

use crate::flowdeck::{Flowdeck, TITLE};
use crate::hands::{close_window, focus, windows_of, xdotool};
use crate::notices::Desk;
use crate::page::{Page, hook, wait_for};
use crate::processes::is_alive;

const TITLE_OF_RUN: &str = "R&D framework";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_second_start_brings_the_first_to_the_front_unless_it_has_another_folder() {
    let flowdeck = Flowdeck::start("second-start").await;
    flowdeck.page().see("try-demo").await;
    // Behind, as a window is that one does not find any more.
    let window = flowdeck.window().await;
    xdotool(&["windowunmap", &window]);
    wait_for("the window to be out of sight", async || shown(flowdeck.pid()).is_none().then_some(())).await;
    let mut second = flowdeck.start_beside(|_| ());
    assert_eq!(end_of(&mut second).await, Some(0), "it hands over and ends");
    wait_for("the first window to come back", async || shown(flowdeck.pid())).await;

    let other = tempfile::tempdir().expect("another folder");
    let mut beside = flowdeck.start_beside(|command| {
        command.env("FLOWDECK_DATA_DIR", other.path());
    });
    wait_for("a window of its own", async || shown(beside.id())).await;
    assert!(is_alive(flowdeck.pid()), "the first goes on beside it");

    // Without a bus there is no tray and no notification, but a second start still finds its way.
    let mut third = flowdeck.start_beside(|command| {
        command.env("FLOWDECK_DATA_DIR", other.path()).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    });
    assert_eq!(end_of(&mut third).await, Some(0), "no session bus is needed for it");

    let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", beside.id())]).status();
    assert!(told.is_ok_and(|status| status.success()));
    assert_eq!(end_of(&mut beside).await, Some(0), "the end of a session is no crash");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_run_goes_on_behind_a_closed_window_and_its_notification_brings_it_back() {
    let desk = Desk::new(false).await;
    let server = DemoServer::start().await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("background").await;
    let page = connected(&flowdeck, &server).await;
    // Long enough for a slow machine to be asked twice meanwhile.
    fill(&page, "2").await;
    page.run().await;
    page.status_among(&["running"]).await;

    // Asked, and left.
    close_window(&flowdeck.window().await);
    page.see("close-keep").await;
    page.text_that("close-runs", "name the run", |text| text.contains(TITLE_OF_RUN)).await;
    // The answer that changes nothing.
    page.has_keyboard("close-cancel").await;
    flowdeck.picture("asked").await;
    page.click("close-cancel").await;
    page.gone("[data-testid=\"close-keep\"]").await;
    assert!(shown(flowdeck.pid()).is_some(), "a cancelled question leaves the window where it is");

    // Asked again, and closed.
    close_window(&flowdeck.window().await);
    keep(&flowdeck).await;
    let first = desk.notice(1).await;
    assert_eq!(first.title, "Every control");
    assert!(first.body.starts_with("“R&amp;D framework” "), "titles are no markup: {}", first.body);
    assert_eq!(first.actions.first().map(String::as_str), Some("default"), "it can be clicked");
    assert!(shown(flowdeck.pid()).is_none(), "the end of the last run does not bring the window back by itself");
    page.click("nav-settings").await;
    desk.click(&first).await;
    let window = wait_for("the window to come back", async || shown(flowdeck.pid())).await;
    assert_eq!(
        page.status_among(&["partly_succeeded"]).await,
        "partly_succeeded",
        "the click shows the run it told of"
    );
    flowdeck.picture("opened").await;

    // In front of everything, a run that ends tells nobody else.
    wait_for("the window to have the keyboard", async || focus(&window).then_some(())).await;
    page.click("run-again").await;
    page.status_among(&["running"]).await;
    page.status_among(&["partly_succeeded"]).await;

    // Hidden once more: the second notification is this run's, there was none in between.
    page.click("run-again").await;
    page.status_among(&["running"]).await;
    close_window(&window);
    keep(&flowdeck).await;
    let second = desk.notice(2).await;
    assert_eq!(desk.notices().len(), 2, "the run that ended in front was not told of: {:?}", desk.notices());
    let mut again = flowdeck.start_beside(|_| ());
    assert_eq!(end_of(&mut again).await, Some(0));
    let window = wait_for("a second start to bring the window back", async || shown(flowdeck.pid())).await;
    desk.click(&second).await;
    assert_eq!(page.status_among(&["partly_succeeded"]).await, "partly_succeeded");

    // Nothing is under way: the window closes as always.
    let pid = flowdeck.pid();
    close_window(&window);
    wait_for("the window to close as always", async || {
        assert!(page.look(&hook("close-keep")).await.is_none(), "it asks although nothing is under way");
        (!is_alive(pid)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn runs_are_stopped_at_the_server_before_the_program_ends() {
    let server = DemoServer::start().await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("stop-and-quit").await;
    let page = connected(&flowdeck, &server).await;
    fill(&page, "20").await;
    page.run().await;
    page.status_among(&["running"]).await;
    close_window(&flowdeck.window().await);
    page.see("close-stop").await;
    flowdeck.picture("asked").await;
    let pid = flowdeck.pid();
    press_last(&page, "close-stop").await;
    wait_for("the program to end", async || (!is_alive(pid)).then_some(())).await;
    assert_eq!(statuses(&server).await, ["stopped"], "the server was told, and knows of no other run");

    flowdeck.kill();
    flowdeck.open().await;
    let page = flowdeck.page();
    page.click("nav-all-runs").await;
    page.open_first_run().await;
    assert_eq!(page.status_among(&["stopped", "unknown"]).await, "stopped", "and so does the history");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_stop_that_does_not_reach_the_server_is_said_before_the_program_ends() {
    let faults = vec![Fault::new(FaultKind::Page(502)).on(FaultTarget::Stop)];
    let server = DemoServer::start_with(Options { faults, ..Options::default() }).await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("stop-not-heard").await;
    let page = connected(&flowdeck, &server).await;
    fill(&page, "60").await;
    page.run().await;
    page.status_among(&["running"]).await;
    close_window(&flowdeck.window().await);
    page.click("close-stop").await;
    page.see("close-unheard").await;
    flowdeck.picture("not-heard").await;
    let pid = flowdeck.pid();
    assert!(is_alive(pid), "it asks before it ends");
    // The safe answer.
    page.has_keyboard("close-stay").await;
    page.click("close-stay").await;
    page.gone("[data-testid=\"close-unheard\"]").await;
    assert!(is_alive(pid), "it keeps running");

    close_window(&flowdeck.window().await);
    page.click("close-stop").await;
    press_last(&page, "close-quit").await;
    wait_for("the program to end", async || (!is_alive(pid)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn the_tray_keeps_the_program_in_reach() {
    let desk = Desk::new(true).await;
    let server = DemoServer::start().await.expect("the server starts");
    let mut flowdeck = Flowdeck::start("tray").await;
    let page = connected(&flowdeck, &server).await;
    fill(&page, "20").await;
    page.run().await;
    page.status_among(&["running"]).await;
    close_window(&flowdeck.window().await);
    page.see("close-keep").await;
    flowdeck.picture("asked").await;
    keep(&flowdeck).await;
    let icon = desk.icon().await;
    let lines: Vec<String> = icon.menu().await.into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["1 run is under way", "Show Flowdeck", "Quit"]);

    icon.click().await;
    wait_for("the window to come back", async || shown(flowdeck.pid())).await;
    wait_for("the icon to go", async || (!icon.is_there().await).then_some(())).await;

    close_window(&flowdeck.window().await);
    keep(&flowdeck).await;
    let icon = wait_for("another icon", async || {
        let icon = desk.icon().await;
        icon.is_there().await.then_some(icon)
    })
    .await;
    icon.choose("Quit").await;
    wait_for("the window to ask", async || shown(flowdeck.pid())).await;
    page.see("close-stop").await;
    flowdeck.picture("quit").await;
    let pid = flowdeck.pid();
    press_last(&page, "close-stop").await;
    wait_for("the program to end", async || (!is_alive(pid)).then_some(())).await;
}

/// Connects the server's app that takes its time.
async fn connected(flowdeck: &Flowdeck, server: &DemoServer) -> Page {
    let app = server.apps().iter().find(|app| app.name == "Every control").expect("it is there").clone();
    let page = flowdeck.page();
    page.click("nav-connect").await;
    page.fill("connect-address", &server.base_url()).await;
    page.fill("connect-key", &app.key).await;
    page.click("connect-submit").await;
    page.see("field-name").await;
    page
}

/// Fills the form; `pace` is how many seconds a step takes.
async fn fill(page: &Page, pace: &str) {
    page.fill("field-name", TITLE_OF_RUN).await;
    page.click_on("[data-testid=\"field-department\"] option:nth-of-type(2)").await;
    page.click_on("[data-testid=\"more-options\"] summary").await;
    page.fill("field-pace", pace).await;
}

/// Presses a button with which the window goes. Not by the driver's own click: it does not live through its window
/// going while it clicks, and takes the program with it.
async fn press_last(page: &Page, id: &str) {
    page.see(id).await;
    let press =
        "const [id] = arguments; setTimeout(() => document.querySelector(`[data-testid=\"${id}\"]`).click(), 100);";
    page.0.execute(press, vec![id.into()]).await.expect("the page takes it");
}

/// "Keep running in the background".
async fn keep(flowdeck: &Flowdeck) {
    press_last(&flowdeck.page(), "close-keep").await;
    wait_for("the window to go", async || shown(flowdeck.pid()).is_none().then_some(())).await;
}

/// The program's window, if it can be seen.
fn shown(pid: u32) -> Option<String> {
    windows_of(pid).into_iter().find(|(_, title)| title == TITLE).map(|(window, _)| window)
}

pub async fn end_of(program: &mut Child) -> Option<i32> {
    let program = std::cell::RefCell::new(program);
    let ended = async || program.borrow_mut().try_wait().expect("it is our child");
    wait_for("the program to end", ended).await.code()
}

/// How the runs ended that the server knows of, as its own log has it.
async fn statuses(server: &DemoServer) -> Vec<String> {
    let app = server.apps().iter().find(|app| app.name == "Every control").expect("it is there");
    let asked = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
    let answer = asked.get(format!("{}/workflows/logs", server.base_url())).bearer_auth(&app.key).send().await;
    let log: serde_json::Value = answer.expect("an answer").json().await.expect("JSON");
    let runs = log["data"].as_array().expect("a list");
    runs.iter().map(|run| run["workflow_run"]["status"].as_str().unwrap_or_default().to_owned()).collect()
}
