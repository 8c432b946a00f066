//! How runs end when servers do what real ones were recorded to do, and when connections break.

mod house;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

use std::{fs, path::Path, time::Duration};

use flowdeck::{
    dify::Limits,
    model::{
        app::{App, ConnectionOptions, KeepKey, ResponseMode},
        failure::FailureCode,
        form::Entries,
        run::{Notice, Run, RunErrorCause, RunStatus, StepStatus},
    },
    runs,
};
use house::House;
use serde_json::Value;
use server::{Reply, STREAM_HEAD, Server, Step, events, json};

const NULL_DETAIL: &str = r#"{"id": null, "workflow_id": null, "status": null, "inputs": null, "outputs": null}"#;

/// A server with one app without inputs, whose run and run detail are given.
async fn server(run: Reply, detail: &'static str) -> Server {
    Server::start(move |request| match request.path() {
        _ if request.header("authorization").is_none() => {
            json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#)
        }
        "/v1/parameters" => json("200 OK", r#"{"user_input_form": []}"#),
        "/v1/workflows/run" => run.clone(),
        path if path.starts_with("/v1/workflows/run/") => json("200 OK", detail),
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    })
    .await
}

async fn connected(house: &House, server: &Server) -> App {
    let address = server.url("/v1");
    house.apps.connect(address.as_str(), "app-key", KeepKey::Session, None).await.expect("connected")
}

async fn run(run: Reply, detail: &'static str) -> Run {
    let server = server(run, detail).await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(house.runs.list(None, None, 10).await.expect("listed").runs.len(), 1, "stored once");
    run
}

fn recording(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(format!("{name}.raw"));
    fs::read(path).expect("a recording")
}

/// The JSON of every data frame, read the simplest way: recordings hold one frame per line.
fn frames(raw: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(raw)
        .split('\n')
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str(data.trim_end()).ok())
        .collect()
}

fn is_stream(raw: &[u8]) -> bool {
    let head = raw.split(|&byte| byte == b'{').next().unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_stream_ends_as_its_server_said() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("recordings")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".raw").map(ToOwned::to_owned))
        .filter(|name| name.starts_with("run_") || name.starts_with("llm") || name.starts_with("tts"))
        .collect();
    names.sort();
    let mut ended = 0;
    for name in names {
        let raw = recording(&name);
        let all = frames(&raw);
        let Some(last) = all.iter().rfind(|frame| frame["event"] == "workflow_finished") else { continue };
        // Behind nginx the frames are cut across chunks, so the simple reading above misses some.
        if !is_stream(&raw) || name.starts_with("nginx") {
            continue;
        }
        let run = run(vec![Step::Write(raw.clone()), Step::Close], NULL_DETAIL).await;
        let said = last["data"]["status"].as_str().expect("a status");
        let expected = match said {
            "succeeded" => RunStatus::Succeeded,
            "partial-succeeded" => RunStatus::PartlySucceeded,
            "failed" => RunStatus::Failed,
            "stopped" => RunStatus::Stopped,
            other => panic!("{name}: {other}"),
        };
        assert_eq!(run.head.status, expected, "{name}");
        assert_eq!(Value::Object(run.outputs.clone()), last["data"]["outputs"], "{name}: outputs are kept as sent");
        assert!(run.steps.iter().all(|step| step.status != StepStatus::Running), "{name}: a step still runs");
        let nodes = all
            .iter()
            .filter(|frame| {
                ["node_started", "iteration_started", "loop_started"].iter().any(|event| frame["event"] == *event)
            })
            .count();
        assert_eq!(run.steps.len(), nodes, "{name}: one step for each start");
        let text: String = run.texts.iter().map(|part| part.text.as_str()).collect();
        let sent: usize = all
            .iter()
            .filter(|frame| frame["event"] == "text_chunk")
            .filter_map(|frame| frame["data"]["text"].as_str())
            .map(str::len)
            .sum();
        assert_eq!(text.len(), sent, "{name}: no text is lost");
        ended += 1;
    }
    assert!(ended >= 30, "only {ended} recorded streams were replayed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_stream_ends_as_the_runs_detail_says() {
    let raw = recording("run_branches_hi_streaming");
    let third = raw.windows(7).enumerate().filter(|(_, bytes)| bytes == b"data: {").nth(3).expect("a frame").0;
    let detail = r#"{"id": "8cbf", "workflow_id": "w", "status": "succeeded", "inputs": "{}",
        "outputs": "{\"answer\": \"done\"}", "error": null, "total_steps": 4, "total_tokens": 0,
        "created_at": 1795245619, "finished_at": 1795245620, "elapsed_time": 1.5}"#;
    let run = run(vec![Step::Write(raw[..third].to_vec()), Step::Close], detail).await;
    assert_eq!((run.head.status, run.head.error), (RunStatus::Succeeded, None));
    assert_eq!(run.outputs["answer"], "done");
    assert_eq!((run.head.elapsed, run.head.total_steps), (Some(1.5), Some(4)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_nobody_knows_the_end_of_is_unknown_and_keeps_what_came() {
    let raw = recording("llm_stream");
    let half = raw.len() / 2;
    let run = run(vec![Step::Write(raw[..half].to_vec()), Step::Close], NULL_DETAIL).await;
    assert_eq!(run.head.status, RunStatus::Unknown);
    let error = run.head.error.expect("a reason");
    assert_eq!(error.cause, RunErrorCause::Lost);
    let code = error.network.map(|trouble| trouble.code);
    assert_eq!(code, Some(FailureCode::Unreachable), "the way to the server broke");
    assert!(!run.steps.is_empty(), "what was seen stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_cut_before_its_first_event_is_unknown_and_never_sent_again() {
    let server = server(events(""), NULL_DETAIL).await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown, "it may have run: nobody can say");
    let posts = server.requests().iter().filter(|request| request.path() == "/v1/workflows/run").count();
    assert_eq!(posts, 1, "a run is never posted twice by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_inside_the_stream_is_a_refusal_like_any_other() {
    let raw = recording("run_errorevent_streaming");
    let server = server(vec![Step::Write(raw), Step::Close], NULL_DETAIL).await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let refused = house.start(&app, Entries::new()).await.expect_err("refused");
    let runs::Error::NotStarted(error) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("Unknown node type: nonsense"), "in the server's words: {error}");
    assert!(house.runs.list(None, None, 10).await.expect("listed").runs.is_empty(), "nothing ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_event_after_the_start_ends_the_run_in_the_servers_words() {
    let frames = concat!(
        r#"data: {"event":"workflow_started","workflow_run_id":"r","task_id":"t","data":{"id":"r"}}"#,
        "\n\n",
        r#"data: {"event":"error","status":500,"message":"the model is gone"}"#,
        "\n\n",
    );
    let run = run(events(frames), NULL_DETAIL).await;
    assert_eq!(run.head.status, RunStatus::Failed);
    let error = run.head.error.expect("an error");
    assert_eq!((error.cause, error.message.as_str()), (RunErrorCause::Workflow, "the model is gone"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_an_answer_in_its_answer_fails_in_words() {
    for (is_gateway, reply) in [
        (
            false,
            json(
                "500 INTERNAL SERVER ERROR",
                r#"{"message": "Internal Server Error", "code": "unknown", "status": 500}"#,
            ),
        ),
        (true, server::html("502 Bad Gateway", "<html><head><title>502 Bad Gateway</title></head></html>")),
    ] {
        let run = run(reply, NULL_DETAIL).await;
        let expected = if is_gateway { RunStatus::Unknown } else { RunStatus::Failed };
        assert_eq!(run.head.status, expected, "behind a gateway that gave up it may be running: {:?}", run.head);
        assert!(run.head.error.is_some_and(|error| !error.message.is_empty()));
    }
}

#[tokio::test]
async fn a_stream_that_a_proxy_holds_back_is_said_and_kept_with_the_run() {
    let ping = "event: ping\n\n";
    let started = r#"data: {"event": "workflow_started", "task_id": "t", "workflow_run_id": "r", "data": {"id": "r"}}"#;
    let finished = r#"data: {"event": "workflow_finished", "task_id": "t", "workflow_run_id": "r", "data": {"id": "r", "status": "succeeded", "outputs": {"a": "b"}}}"#;
    let burst = format!("{STREAM_HEAD}{started}\n\n{}{finished}\n\n", ping.repeat(5));
    let late = vec![Step::Work(Duration::from_millis(600)), Step::Write(burst.into_bytes()), Step::Close];
    let server = server(late, NULL_DETAIL).await;
    let limits = Limits { ping: Duration::from_millis(100), ..Limits::default() };
    let mut house = House::with_limits(tempfile::tempdir().expect("a folder"), limits).await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "the result is whole all the same");
    assert_eq!(run.notices, [Notice::HeldBack], "pings half a second apart arrived together");
}

#[tokio::test]
async fn an_apps_options_say_how_its_runs_are_asked_for() {
    const VERSION: &str = "0f9b3f62-2a50-4f43-9c51-2d0c5b7a8e11";
    let whole = r#"{"task_id": "t", "workflow_run_id": "r", "data": {"id": "r", "status": "succeeded", "outputs": {"a": "b"}}}"#;
    let server = Server::start(move |request| match request.path() {
        _ if request.header("authorization").is_none() => {
            json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#)
        }
        "/v1/parameters" => json("200 OK", r#"{"user_input_form": []}"#),
        path if path == format!("/v1/workflows/{VERSION}/run") => json("200 OK", whole),
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let options = ConnectionOptions { workflow_id: Some(VERSION.into()), response_mode: ResponseMode::Blocking };
    house.apps.set_options(&app.id, options).await.expect("kept");
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "the version that was asked for ran");
    assert_eq!(run.outputs["a"], "b", "and its whole answer was read");
    let asked = server.requests().into_iter().find(|request| request.path().contains(VERSION)).expect("a run");
    assert_eq!(asked.json()["response_mode"], "blocking", "at once, as wanted");
    assert_eq!(asked.header("x-trace-id"), run.head.server.trace_id.as_deref(), "every run can be traced");
}
