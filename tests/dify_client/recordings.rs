//! What a Dify 1.12.1 server sent, byte for byte, against a second, simple reading of the same bytes.

use std::fs;

use flowdeck::{
    dify::{Client, Error, Transport, Upload},
    model::{
        json::RawJson,
        run::RunStatus,
        stream::{Finished, StreamEvent, StreamItem},
    },
};
use serde_json::{Map, Value};

use crate::{
    client_of,
    recording::{Recording, names},
    server::Server,
};

/// One server and one client for any number of recorded runs: the trace id says which is to be played.
struct Player {
    client: Client,
    _server: Server,
}

impl Player {
    async fn start() -> Self {
        let server = Server::start(|request| {
            let wish = request.json()["trace_id"].as_str().unwrap_or_default().to_owned();
            let (name, size) = wish.rsplit_once("--").expect("a name and a size");
            Recording::load(name).reply(size.parse().expect("a size"))
        })
        .await;
        Self { client: client_of(&server), _server: server }
    }

    /// Runs against one recorded answer in pieces of `size` and collects everything, up to an error.
    async fn play(&self, name: &str, size: usize) -> Result<(Vec<StreamItem>, Option<Error>), Error> {
        let mut stream = self.client.run(Map::new(), &format!("{name}--{size}")).await?;
        let mut items = Vec::new();
        while let Some(item) = stream.next().await {
            match item {
                Ok(item) => items.push(item),
                Err(error) => return Ok((items, Some(error))),
            }
        }
        Ok((items, None))
    }
}

async fn items_of(name: &str) -> Vec<StreamItem> {
    let (items, error) = Player::start().await.play(name, 4096).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(error, None, "{name} was recorded to its end");
    items
}

fn finished(items: &[StreamItem]) -> &Finished {
    items
        .iter()
        .find_map(|item| match &item.event {
            StreamEvent::WorkflowFinished(finished) => Some(finished),
            _ => None,
        })
        .expect("the run came to its end")
}

fn text(items: &[StreamItem]) -> String {
    items
        .iter()
        .filter_map(|item| match &item.event {
            StreamEvent::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// The server's name of an event.
fn name_of(event: &StreamEvent) -> &'static str {
    match event {
        StreamEvent::WorkflowStarted(_) => "workflow_started",
        StreamEvent::NodeStarted(_) => "node_started",
        StreamEvent::NodeFinished(_) => "node_finished",
        StreamEvent::NodeRetry(_) => "node_retry",
        StreamEvent::ContainerStarted { .. } => "_started",
        StreamEvent::ContainerNext(_) => "_next",
        StreamEvent::ContainerCompleted { .. } => "_completed",
        StreamEvent::Text { .. } => "text_chunk",
        StreamEvent::Audio { .. } => "tts_message",
        StreamEvent::AudioEnd => "tts_message_end",
        StreamEvent::WorkflowFinished(_) => "workflow_finished",
        StreamEvent::Error { .. } => "error",
        StreamEvent::Ping => "ping",
        _ => "not in any recording",
    }
}

fn text_at(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Compares one event with the plain reading of the same frame.
fn assert_same(recording: &str, item: &StreamItem, plain: &Value) {
    let sent = text_at(plain, "/event");
    let name = name_of(&item.event);
    assert!(
        sent == name || (name.starts_with('_') && sent == format!("iteration{name}") || sent == format!("loop{name}")),
        "{recording}: {sent} was read as {:?}",
        item.event
    );
    assert_eq!(
        item.task_id.as_deref().unwrap_or_default(),
        text_at(plain, "/task_id"),
        "{recording}: {sent} lost its task"
    );
    let run_id = item.run_id.as_deref().unwrap_or_default();
    assert_eq!(run_id, text_at(plain, "/workflow_run_id"), "{recording}: {sent} lost its run");
    let data = &plain["data"];
    match &item.event {
        StreamEvent::NodeStarted(node) | StreamEvent::NodeFinished(node) | StreamEvent::NodeRetry(node) => {
            assert_eq!(node.id, text_at(data, "/id"), "{recording}: starts and ends are paired by this id");
            assert_eq!(node.title, text_at(data, "/title"), "{recording}: the title is shown");
            let known = |value: &Value| (!value.is_null()).then(|| value.clone());
            assert_eq!(
                node.inputs.as_ref().map(RawJson::value),
                known(&data["inputs"]),
                "{recording}: inputs are kept as sent"
            );
            assert_eq!(
                node.outputs.as_ref().map(RawJson::value),
                known(&data["outputs"]),
                "{recording}: outputs are kept as sent"
            );
            assert_eq!(node.elapsed, data["elapsed_time"].as_f64(), "{recording}: times are shown");
            let container = ["iteration_id", "loop_id"].iter().find_map(|key| data[*key].as_str());
            assert_eq!(node.container.as_deref(), container, "{recording}: children stand under their container");
        }
        StreamEvent::Text { source, text } => {
            assert_eq!(*text, text_at(data, "/text"), "{recording}: text is text");
            let parts = data["from_variable_selector"].as_array().expect("1.12 always names the source");
            let parts: Vec<_> = parts.iter().filter_map(Value::as_str).collect();
            assert_eq!(**source, *parts.join("."), "{recording}: text is gathered by source");
        }
        StreamEvent::WorkflowFinished(finished) => {
            assert_eq!(Value::Object(finished.outputs.clone()), data["outputs"], "{recording}: outputs are the result");
            assert_eq!(finished.error.as_deref(), data["error"].as_str(), "{recording}: the reason is shown");
            assert_eq!(finished.total_steps, data["total_steps"].as_i64(), "{recording}: steps are counted");
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_recorded_stream_is_read_event_by_event_in_any_chunking() {
    let player = Player::start().await;
    let mut streams = 0;
    for name in names(&["run_", "llm", "tts", "stop", "nginx_"]) {
        let recording = Recording::load(&name);
        if !recording.is_stream() {
            continue;
        }
        streams += 1;
        let plain = recording.events();
        // One by one is slow for large ones; cuts inside characters and line ends come with 7 as well.
        let smallest = if recording.raw.len() < 8_000 { 1 } else { 7 };
        for size in [usize::MAX, 4096, smallest] {
            let size = if recording.raw.len() > 100_000 { size.max(1000) } else { size };
            let (items, error) = player.play(&name, size).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(items.len(), plain.len(), "{name} in pieces of {size}: no event is lost or doubled");
            for (item, plain) in items.iter().zip(&plain) {
                assert_same(&name, item, plain);
            }
            let cut = matches!(error, Some(Error::Transport { kind: Transport::Cut, .. }));
            assert_eq!(
                cut,
                !recording.ends_whole(),
                "{name}: {error:?} should be there only if the recording breaks off"
            );
        }
    }
    assert!(streams > 40, "only {streams} streams were found: the recordings are incomplete");
}

#[tokio::test]
async fn every_recorded_refusal_of_a_run_keeps_status_code_and_message() {
    let player = Player::start().await;
    let mut refusals = 0;
    for name in names(&["run_"]) {
        let recording = Recording::load(&name);
        if recording.is_stream() || recording.status() < 400 {
            continue;
        }
        refusals += 1;
        let error = player.play(&name, usize::MAX).await.map(|_| ()).expect_err("the server refused");
        let Error::Status { status, code, message, .. } = error else { panic!("{name}: {error:?}") };
        assert_eq!(status, recording.status(), "{name}: the status is what the UI goes by");
        if let Ok(sent) = serde_json::from_slice::<Value>(&recording.body()) {
            assert_eq!(code.as_deref(), sent["code"].as_str(), "{name}: the code is the server's");
            if !sent["message"].as_str().unwrap_or_default().contains("http") {
                assert_eq!(Some(message.as_str()), sent["message"].as_str(), "{name}: so are the words");
            }
        }
    }
    assert!(refusals > 50, "only {refusals} refusals were found: the recordings are incomplete");
}

#[tokio::test]
async fn every_recorded_blocking_answer_is_taken_as_a_whole_run() {
    let player = Player::start().await;
    let mut answers = 0;
    for name in names(&["run_", "llm", "tts"]) {
        let recording = Recording::load(&name);
        if recording.is_stream() || recording.status() != 200 || name.contains("detail") {
            continue;
        }
        answers += 1;
        let sent = recording.json();
        let (items, error) = player.play(&name, 100).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(error, None, "{name} is whole");
        let end = finished(&items);
        assert_eq!(
            end.outputs,
            sent["data"]["outputs"].as_object().cloned().unwrap_or_default(),
            "{name}: the result is there"
        );
        assert_eq!(items[0].run_id.as_deref(), sent["workflow_run_id"].as_str(), "{name}: and the run's id");
    }
    assert!(answers > 20, "only {answers} blocking answers were found: the recordings are incomplete");
}

#[tokio::test]
async fn a_server_that_hangs_up_without_a_word_is_a_cut_connection() {
    let error =
        Player::start().await.play("run_human_blocking", 1).await.map(|_| ()).expect_err("nothing was recorded");
    assert!(matches!(error, Error::Transport { kind: Transport::Cut, .. }), "{error:?}: the run may have begun");
    assert!(!error.is_not_reached(), "so it must not be sent again");
}

#[tokio::test]
async fn streamed_text_is_the_output_where_the_output_is_text() {
    let player = Player::start().await;
    let mut compared = 0;
    for name in names(&["run_", "llm", "tts", "nginx_"]) {
        // Of two end nodes no line break stands between.
        if !Recording::load(&name).is_stream() || name.contains("twoends") {
            continue;
        }
        let (items, _) = player.play(&name, 4096).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let Some(end) = items.iter().find_map(|item| match &item.event {
            StreamEvent::WorkflowFinished(end) if end.status == RunStatus::Succeeded => Some(end),
            _ => None,
        }) else {
            continue;
        };
        let Some(texts) = end.outputs.values().map(Value::as_str).collect::<Option<Vec<_>>>() else { continue };
        compared += usize::from(!texts.is_empty());
        assert_eq!(text(&items), texts.join("\n"), "{name}: what was streamed is what came out");
    }
    assert!(compared >= 8, "only {compared} recordings had text alone");
}

#[tokio::test]
async fn ends_are_told_apart() {
    for (name, status, error) in [
        ("run_echo_streaming", RunStatus::Succeeded, None),
        ("run_fail_streaming", RunStatus::Failed, Some("boom")),
        ("run_failbranch_streaming", RunStatus::PartlySucceeded, None),
        ("run_iterfail_streaming", RunStatus::Failed, Some("")),
        ("stop_llm", RunStatus::Stopped, Some("Stopped by user.")),
        ("llm_badkey", RunStatus::Failed, Some("")),
        ("run_iterremove_streaming", RunStatus::Succeeded, None),
    ] {
        let items = items_of(name).await;
        let end = finished(&items);
        assert_eq!(end.status, status, "{name}");
        match error {
            Some(part) => assert!(end.error.as_deref().unwrap_or_default().contains(part), "{name}: {:?}", end.error),
            None => assert_eq!(end.error, None, "{name}"),
        }
    }
    let items = items_of("run_errorevent_streaming").await;
    assert_eq!(
        items.into_iter().map(|item| item.event).collect::<Vec<_>>(),
        [StreamEvent::Error {
            code: Some("invalid_param".into()),
            status: Some(400),
            message: "Unknown node type: nonsense".into()
        }],
        "an error event is all that comes, with HTTP 200"
    );
}

#[tokio::test]
async fn iterations_and_loops_keep_their_rounds() {
    let items = items_of("run_loops_streaming").await;
    let mut containers = 0;
    let mut rounds = Vec::new();
    for item in &items {
        match &item.event {
            StreamEvent::ContainerStarted { node, rounds } => {
                containers += 1;
                assert!(rounds.is_some_and(|rounds| rounds > 0), "{}: the number of rounds is announced", node.id);
                assert_eq!(node.id, node.node_id, "a container is known by its node id");
            }
            StreamEvent::NodeFinished(node) => rounds.extend(node.container.as_ref().map(|_| node.round)),
            _ => {}
        }
    }
    assert!(containers >= 2, "the recording has iterations and loops");
    assert!(rounds.len() > 6 && rounds.iter().all(Option::is_some), "every finished child tells its round: {rounds:?}");
}

#[tokio::test]
async fn sound_goes_on_after_the_end_and_is_one_mp3() {
    let items = items_of("llmtts_stream").await;
    let end = items.iter().position(|item| matches!(item.event, StreamEvent::WorkflowFinished(_))).expect("an end");
    assert!(end + 1 < items.len(), "the stream is read past the run's end");
    assert_eq!(items.last().map(|item| &item.event), Some(&StreamEvent::AudioEnd), "until no sound follows");
    let sound: Vec<u8> = items
        .iter()
        .filter_map(|item| match &item.event {
            StreamEvent::Audio { bytes } => Some(bytes.as_slice()),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    let begins_like_mp3 = sound.starts_with(b"ID3") || matches!(sound.as_slice(), [0xFF, 0xE0..=0xFF, ..]);
    assert!(begins_like_mp3, "the pieces in order are an MP3 file: {:?}", &sound[..sound.len().min(4)]);
}

#[tokio::test]
async fn every_recorded_run_detail_is_read() {
    for name in names(&["detail_", "stop_"]) {
        let recording = Recording::load(&name);
        if recording.is_stream() || !name.contains("detail") || recording.status() != 200 {
            continue;
        }
        let server = Server::always(recording.reply(usize::MAX)).await;
        let detail = client_of(&server).run_detail("run-1").await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let sent = recording.json();
        let Some(detail) = detail else {
            assert!(sent["id"].is_null(), "{name}: only a run of nulls is none");
            continue;
        };
        assert_eq!(Some(detail.run_id.as_str()), sent["id"].as_str(), "{name}");
        assert_eq!(
            detail.created_at,
            sent["created_at"].as_i64().map(|seconds| seconds * 1000),
            "{name}: milliseconds here"
        );
        assert_eq!(
            detail.finished_at,
            sent["finished_at"].as_i64().map(|seconds| seconds * 1000),
            "{name}: may be missing"
        );
        assert!(!detail.inputs.is_empty(), "{name}: inputs come as a text of JSON and are an object here");
        let outputs =
            sent["outputs"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON in a text"));
        assert_eq!(
            detail.finished.outputs,
            outputs.as_object().cloned().unwrap_or_default(),
            "{name}: outputs likewise"
        );
        assert_ne!(detail.finished.status, RunStatus::Unknown, "{name}: every recorded status is known");
    }
    let server = Server::always(Recording::load("detail_unknown").reply(usize::MAX)).await;
    assert_eq!(client_of(&server).run_detail("x").await, Ok(None), "200 with nulls means that there is no such run");
}

#[tokio::test]
async fn an_app_is_described_from_its_three_recorded_answers() {
    let server = Server::start(|request| {
        let name = match request.path() {
            "/v1/info" => "info_info_echo",
            "/v1/site" => "info_site_echo",
            "/v1/parameters" => "info_parameters_echo",
            other => panic!("nobody asked for {other}"),
        };
        Recording::load(name).reply(usize::MAX)
    })
    .await;
    let client = client_of(&server);
    let described = client.describe().await.expect("all three answered");
    assert_eq!(described.branding.title, "Echo 回声 App", "the site's title");
    assert_eq!(described.branding.icon_background.as_deref(), Some("#d5f5f6"), "its colour");
    assert_eq!(described.branding.tags, ["标签1", "tag two"], "the app's tags");
    assert_eq!(described.mode.as_deref(), Some("workflow"), "its kind");
    assert_eq!(described.version.as_deref(), Some("1.12.1"), "the server's version, from a header");
    assert_eq!(described.form.fields.len(), 8, "every field, the hidden one too");
    assert!(
        server.requests().iter().all(|request| request.header("cookie").is_none()),
        "the key comes as a cookie: never stored"
    );
    assert!(
        server.requests().iter().any(|request| request.target.contains("/parameters?user=desk-1")),
        "servers of 2024 demand the user there"
    );
    client.info().await.expect("once more");
    assert!(server.requests().iter().all(|request| request.header("cookie").is_none()), "not even on the next call");
}

#[tokio::test]
async fn every_recorded_info_site_and_form_is_read_or_refused() {
    for name in names(&["info_parameters", "info_site", "info_info", "info_auth", "info_gzip", "info_noauth"]) {
        let recording = Recording::load(&name);
        let server = Server::always(recording.reply(50)).await;
        let client = client_of(&server);
        let (form, site, info) = (client.parameters().await, client.site().await, client.info().await);
        if recording.status() == 200 {
            assert!(form.is_ok() && site.is_ok() && info.is_ok(), "{name}: a whole JSON answer is always readable");
        } else {
            assert_eq!(form.map(|_| ()).expect_err("refused").status(), Some(recording.status()), "{name}");
        }
    }
}

#[tokio::test]
async fn every_recorded_upload_gives_an_id_or_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.txt");
    fs::write(&path, "abc").expect("a file");
    for name in names(&["up_", "nginx_up_"]) {
        let recording = Recording::load(&name);
        let server = Server::always(recording.reply(usize::MAX)).await;
        let upload = Upload { path: path.clone(), name: "a.txt".into(), mime: "text/plain".into() };
        match client_of(&server).upload(upload, |_| {}).await {
            Ok(uploaded) => assert_eq!(Some(uploaded.id.as_str()), recording.json()["id"].as_str(), "{name}"),
            Err(error) => assert_eq!(error.status(), Some(recording.status()), "{name}: {error}"),
        }
    }
}

#[tokio::test]
async fn the_log_finds_runs_and_stopping_is_always_taken_for_done() {
    let server = Server::always(Recording::load("logs_default").reply(usize::MAX)).await;
    let rows = client_of(&server).logs_of_session(20).await.expect("a page of the log");
    assert_eq!(rows.len(), 20, "a page of twenty");
    assert!(rows.iter().all(|row| row.created_at.is_some()), "by which a lost run is found");
    let target = &server.requests()[0].target;
    assert!(
        target.contains("created_by_end_user_session_id=desk-1") && target.contains("limit=20"),
        "{target}: our own runs"
    );

    let server = Server::always(Recording::load("stop_unknown_task").reply(usize::MAX)).await;
    assert_eq!(client_of(&server).stop("t").await, Ok(()), "servers say success to everything");
    assert_eq!(server.requests()[0].path(), "/v1/workflows/tasks/t/stop", "the path of all real servers first");
    assert_eq!(server.requests().len(), 1, "and only that");
}
