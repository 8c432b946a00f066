//! Recorded answers that are no streams: what the client makes of each when it asks the same question.

use std::{collections::BTreeMap, fs, path::Path};

use flowdeck::dify::{Client, Limits, LogQuery, LogStatus, Route, RunOptions, Upload, connect_probe};
use serde_json::Map;

use crate::{
    Player,
    golden::{check, debug, hash},
    recording::{Recording, folder},
    server::{Reply, Step},
};

/// Name → method and target of the request that was answered.
pub fn requests() -> BTreeMap<String, (String, String)> {
    fs::read_to_string(folder().join("requests.tsv"))
        .expect("the recorded requests")
        .lines()
        .map(|line| {
            let mut columns = line.split('\t').map(str::to_owned);
            let mut next = || columns.next().expect("name, method, target");
            (next(), (next(), next()))
        })
        .collect()
}

/// A file on this computer, and a folder for fetched ones.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("a.txt"), "abc").expect("a file");
        Self { folder }
    }

    fn upload(&self) -> Upload {
        Upload { path: self.folder.path().join("a.txt"), name: "a.txt".into(), mime: "text/plain".into() }
    }

    fn recording(&self) -> std::path::PathBuf {
        let path = self.folder.path().join("a.mp3");
        fs::write(&path, "ID3").expect("a file");
        path
    }

    fn fetched(&self) -> std::path::PathBuf {
        self.folder.path().join("fetched")
    }
}

async fn run(client: &Client, version: Option<&str>) -> String {
    let options = RunOptions { version: version.map(str::to_owned), ..RunOptions::default() };
    let mut stream = match client.run_with(Map::new(), &options).await {
        Ok(stream) => stream,
        Err(error) => return debug(&error),
    };
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    debug(&items)
}

async fn download(client: &Client, target: &str, to: &Path) -> String {
    let fetched = client.download(target, to, 1024 * 1024).await;
    let contents = fetched.as_ref().ok().map(|_| hash(&fs::read(to).expect("the fetched file")));
    format!("{}contents: {contents:?}\n", debug(&fetched))
}

/// The filters of the request as the client names them; what it would never send stays away.
fn log_query(target: &str) -> LogQuery {
    let (_, query) = target.split_once('?').unwrap_or((target, ""));
    let mut wanted = LogQuery::default();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "keyword" => wanted.keyword = Some(value.into_owned()),
            "status" => {
                wanted.status = match value.as_ref() {
                    "succeeded" => Some(LogStatus::Succeeded),
                    "failed" => Some(LogStatus::Failed),
                    "stopped" => Some(LogStatus::Stopped),
                    _ => None,
                }
            }
            "page" => wanted.page = value.parse().unwrap_or(1),
            "limit" => wanted.limit = value.parse().unwrap_or(20),
            "created_by_end_user_session_id" => wanted.session_id = Some(value.into_owned()),
            "created_by_account" => wanted.account = Some(value.into_owned()),
            _ => {}
        }
    }
    wanted
}

/// The page, a row per line.
async fn logs(client: &Client, target: &str) -> String {
    match client.logs(&log_query(target)).await {
        Ok(Some(mut page)) => {
            let rows = std::mem::take(&mut page.rows);
            rows.iter().fold(debug(&page), |text, row| text + &format!("{row:?}\n"))
        }
        other => debug(&other),
    }
}

/// Asks what the recording was an answer to, the way the program asks it.
async fn decoded(method: &str, target: &str, player: &Player, desk: &Desk) -> (&'static str, String) {
    let client = &player.client;
    let path = target.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, segments.as_slice()) {
        ("POST" | "OPTIONS", ["v1", "workflows", "run"]) => ("run", run(client, None).await),
        ("POST", ["v1", "workflows", version, "run"]) => ("run of a version", run(client, Some(version)).await),
        ("POST", ["v1", "workflows", "tasks", task, "stop"]) => ("stop", debug(&client.stop(task).await)),
        ("GET", ["v1", "workflows", "run"]) => ("run detail", debug(&client.run_detail("").await)),
        ("GET", ["v1", "workflows", "run", id]) => ("run detail", debug(&client.run_detail(id).await)),
        ("GET", ["v1", "workflows", "logs"]) => ("logs", logs(client, target).await),
        ("POST", ["v1", "files", "upload"]) => ("upload", debug(&client.upload(desk.upload(), |_| {}).await)),
        ("POST", ["v1", "audio-to-text"]) => ("audio-to-text", debug(&client.audio_to_text(&desk.recording()).await)),
        ("GET", ["v1", "parameters"]) => ("parameters", debug(&client.parameters().await)),
        ("GET", ["v1", "site"]) => ("site", debug(&client.site().await)),
        ("GET", ["v1", "meta"]) => ("meta", debug(&client.tool_icons().await)),
        ("GET" | "HEAD", ["v1", "info"] | ["down", "v1", "info"] | ["v1", "nope"] | ["nope"]) => {
            ("info", debug(&client.info().await))
        }
        ("GET" | "HEAD", ["files", ..] | ["v1", "files", ..]) => {
            ("download", download(client, target, &desk.fetched()).await)
        }
        ("GET", ["v1" | "" | "health"]) => {
            let found = connect_probe(&[player.server.url("/v1")], &Route::default(), &Limits::default())
                .await
                .map(|found| found.version);
            ("root", debug(&(client.root().await, found)))
        }
        _ => panic!("nothing asks {method} {target}"),
    }
}

/// The whole answer in pieces; answers to HEAD announce a body that never comes.
fn reply(recording: &Recording, method: &str, size: usize) -> Reply {
    let mut reply = recording.reply(size);
    if method == "HEAD" {
        reply.push(Step::Close);
    }
    reply
}

#[tokio::test]
async fn every_recorded_answer_is_decoded_to_its_golden() {
    let (player, desk) = (Player::start().await, Desk::new());
    let mut answers = 0;
    for (name, (method, target)) in requests() {
        let recording = Recording::load(&name);
        if recording.is_stream() {
            continue;
        }
        answers += 1;
        for size in [usize::MAX, 50] {
            player.answers_with(reply(&recording, &method, size));
            let (question, decoded) = decoded(&method, &target, &player, &desk).await;
            let text = format!("{method} {target}\nread as: {question}\n{decoded}");
            check(&format!("{name}.decoded.txt"), &text, &format!("in pieces of {size}"));
        }
    }
    assert!(answers > 340, "only {answers} answers were found: the recordings are incomplete");
}
