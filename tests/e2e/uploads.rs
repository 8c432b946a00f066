//! Documents on their way: how fast, how long, and what is said when they are broken off.

use std::time::{Duration, Instant};

use flowdeck::demo::{DemoServer, Fault, FaultKind, FaultTarget, Options};
use thirtyfour::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

use crate::flowdeck::{Flowdeck, document};
use crate::page::{Page, hook, wait_for};

const DOCUMENT: &str = "footbridge-minutes.pdf";

async fn connect(page: &Page, base: &str, key: &str) {
    page.click("nav-connect").await;
    page.fill("connect-address", base).await;
    page.fill("connect-key", key).await;
    page.click("connect-submit").await;
}

async fn row_that(page: &Page, wish: &str, fits: impl Fn(&str) -> bool) -> String {
    wait_for(wish, async || {
        let row = page.0.find(By::Css(hook("file-row"))).await.ok()?;
        let text = row.text().await.ok()?.replace('\n', " ");
        fits(&text).then_some(text)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn an_interrupted_upload_counts_down_at_its_row_and_can_be_tried_at_once_by_keyboard() {
    let mut flowdeck = Flowdeck::start("interrupted-upload").await;
    let page = flowdeck.page();
    let fault = Fault::new(FaultKind::Page(502)).on(FaultTarget::Upload).times(4);
    let options = Options { faults: vec![fault], ..Options::default() };
    let server = DemoServer::start_with(options).await.expect("the server starts");
    connect(&page, &server.base_url(), &server.apps()[0].key).await;
    page.click("app-item-Document digest").await;
    page.click("choose-documents").await;
    flowdeck.choose_in_dialog(&document(DOCUMENT)).await;
    // The fourth pause is the longest, of 15 to 19 seconds: until then it goes on by itself.
    row_that(&page, "the row counts down", |text| seconds_left(text).is_some_and(|left| left > 10)).await;
    // It is neither lost nor on its way.
    page.find(&format!("{}[data-state=\"again\"]", hook("file-row"))).await;
    page.says("upload-spoken", "interrupted").await;
    flowdeck.picture("waits").await;
    let row = row_that(&page, "the row still counts down", |text| seconds_left(text).is_some()).await;
    let left = Duration::from_secs(seconds_left(&row).expect("it says how long"));
    let asked = Instant::now();
    page.press_at("try-now", Key::Enter).await;
    page.find(&format!("{}[data-state=\"done\"]", hook("file-row"))).await;
    assert!(asked.elapsed() < left, "the rest of the pause was not waited for");
    flowdeck.picture("done").await;
}

/// How long the row of a file still waits.
fn seconds_left(row: &str) -> Option<u64> {
    row.split_once("Trying again in ")?.1.split_once(" s")?.0.parse().ok()
}

/// A server that takes a file at this many bytes a second.
async fn slow(rate: usize) -> String {
    let socket = TcpSocket::new_v4().expect("a socket");
    // Else the whole file would fit into what the system takes on the way.
    socket.set_recv_buffer_size(16 * 1024).expect("an option");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener: TcpListener = socket.listen(16).expect("it listens");
    let base = format!("http://{}/v1", listener.local_addr().expect("a bound socket"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, rate));
        }
    });
    base
}

async fn serve(mut stream: TcpStream, rate: usize) {
    let mut head = Vec::new();
    let mut piece = vec![0; rate / 20];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&piece[..read]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let body = match head.split([' ', '?']).nth(1).unwrap_or_default() {
        path if path.ends_with("/files/upload") => {
            // Never answered: a test looks at it on its way.
            while matches!(stream.read(&mut piece).await, Ok(1..)) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            return;
        }
        path if path.ends_with("/parameters") => {
            r#"{"user_input_form": [{"file-list": {"label": "Papers", "variable": "papers", "required": true, "max_length": 5,
                "allowed_file_types": ["document"], "allowed_file_upload_methods": ["local_file"]}}]}"#
        }
        path if path.ends_with("/info") => r#"{"name": "Slow", "description": "", "tags": [], "mode": "workflow"}"#,
        _ => "{}",
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Version: 1.12.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_slow_upload_says_how_fast_it_is_and_how_long_it_takes() {
    let mut flowdeck = Flowdeck::start("slow-upload").await;
    let page = flowdeck.page();
    let folder = tempfile::tempdir().expect("a folder");
    // Minutes, however long it takes to choose the others.
    let base = slow(50 * 1024).await;
    connect(&page, &base, "app-slow").await;
    page.click("app-item-Slow").await;
    for (place, name) in ["first.txt", "second.txt", "third.txt", "fourth.txt"].into_iter().enumerate() {
        let path = folder.path().join(name);
        std::fs::write(&path, vec![b'a' + place as u8; 12 * 1024 * 1024]).expect("written");
        page.click("choose-papers").await;
        flowdeck.choose_in_dialog(&path).await;
    }
    let wanted = ["KB/s", "left", "% of 12 MB"];
    row_that(&page, "speed and time to be said", |text| wanted.iter().all(|part| text.contains(part))).await;
    // It is looked at before it queues: the row of the first says nothing of that.
    wait_for("three are sent at a time, the fourth waits", async || {
        let rows = page.0.find_all(By::Css(hook("file-row"))).await.ok()?;
        let last = rows.get(3)?.text().await.ok()?;
        last.contains("Waiting for its turn").then_some(())
    })
    .await;
    page.text_that("upload-sum", "count all of them", |text| text.contains("0 of 4 files uploaded")).await;
    flowdeck.picture("on-its-way").await;
    // Putting one away is how it is broken off; its turn goes to the fourth.
    page.click_on(&format!("{} button.remove", hook("file-row"))).await;
    wait_for("the fourth has its turn", async || {
        let rows = page.0.find_all(By::Css(hook("file-row"))).await.ok()?;
        let last = rows.last()?.text().await.ok()?;
        (rows.len() == 3 && last.contains('%')).then_some(())
    })
    .await;
}
