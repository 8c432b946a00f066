//! Streams that are slow, cut, mislabelled, compressed or endless.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowdeck::{
    dify::{Error, Limits, RunStream, Transport},
    model::{run::RunStatus, stream::StreamEvent},
};
use serde_json::{Map, json};

use crate::{
    USER, client_of, client_with,
    server::{STREAM_HEAD, Server, Step, answer, events, html, json as json_answer},
};

const STARTED: &str = "data: {\"event\":\"workflow_started\",\"task_id\":\"t\",\"workflow_run_id\":\"r\",\"data\":{\"id\":\"r\",\"workflow_id\":\"w\"}}\n\n";
const FINISHED: &str = "data: {\"event\":\"workflow_finished\",\"task_id\":\"t\",\"workflow_run_id\":\"r\",\
     \"data\":{\"id\":\"r\",\"status\":\"succeeded\",\"outputs\":{\"a\":\"b\"}}}\n\n";

fn impatient() -> Limits {
    Limits { idle: Duration::from_millis(1500), ..Limits::default() }
}

async fn rest(mut stream: RunStream) -> (Vec<StreamEvent>, Option<Error>) {
    let mut events = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => events.push(item.event),
            Err(error) => {
                assert!(stream.next().await.is_none(), "nothing comes after an error");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

async fn run(server: &Server) -> Result<RunStream, Error> {
    client_of(server).run(Map::new(), "trace-1").await
}

#[tokio::test]
async fn a_run_is_asked_for_as_every_generation_understands_it() {
    let server = Server::always(events(FINISHED)).await;
    let client = client_of(&server);
    let inputs = json!({"text": "你好", "n": 1}).as_object().cloned().expect("an object");
    client.run(inputs.clone(), "trace-1").await.expect("a stream");
    client.run(Map::new(), "not a trace id").await.expect("a stream");
    let requests = server.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path()),
        ("POST", "/v1/workflows/run"),
        "the one certain endpoint"
    );
    assert_eq!(
        requests[0].json(),
        json!({"inputs": inputs, "response_mode": "streaming", "user": USER, "trace_id": "trace-1"}),
        "inputs and user are always there, and blocking is never asked for"
    );
    assert!(requests[1].json().get("trace_id").is_none(), "servers refuse a whole run for an odd trace id");
    let headers: Vec<_> = requests.iter().map(|request| request.header("x-trace-id")).collect();
    assert_eq!(headers, [Some("trace-1"), None], "the header comes first where servers know both");
    for (name, value) in
        [("accept", "text/event-stream"), ("accept-encoding", "identity"), ("authorization", "Bearer app-test-key")]
    {
        assert_eq!(requests[0].header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_silent_stream_is_given_up_after_the_idle_time() {
    let silent = vec![Step::Write(format!("{STREAM_HEAD}{STARTED}").into_bytes()), Step::Silence];
    let server = Server::always(silent).await;
    let stream = client_with(&server, impatient()).run(Map::new(), "").await.expect("a stream");
    let (events, error) = rest(stream).await;
    assert_eq!(events.len(), 1, "what came before counts");
    let error = error.expect("silence is an error");
    assert!(matches!(error, Error::Transport { kind: Transport::Idle, .. }) && error.is_lost_stream(), "{error:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_too() {
    let server = Server::always(vec![Step::Silence]).await;
    let error = client_with(&server, impatient()).run(Map::new(), "").await.map(|_| ()).expect_err("no answer");
    assert!(matches!(error, Error::Transport { kind: Transport::Timeout, .. }), "{error:?}");
    assert!(!error.is_not_reached(), "the run may have begun");
}

#[tokio::test]
async fn pings_are_told_and_comments_are_not() {
    let mut steps = vec![Step::Write(STREAM_HEAD.into())];
    for _ in 0..50 {
        steps.push(Step::Write(b": still here\n".to_vec()));
        steps.push(Step::Write(b"event: ping\n\n".to_vec()));
    }
    steps.push(Step::Write(FINISHED.into()));
    steps.push(Step::Close);
    let server = Server::always(steps).await;
    let stream = run(&server).await.expect("a stream");
    let (events, error) = rest(stream).await;
    assert_eq!((events.len(), error), (51, None), "every ping and the end; comments only keep the connection alive");
}

#[tokio::test]
async fn a_stream_cut_in_a_chunk_gives_what_came_and_then_the_cut() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let bytes = format!("{head}{:x}\r\n{STARTED}\r\nfff\r\ndata: {{\"event\":\"node_st", STARTED.len());
    let server = Server::always(vec![Step::Write(bytes.into_bytes()), Step::Close]).await;
    let (events, error) = rest(run(&server).await.expect("a stream")).await;
    assert_eq!(events.len(), 1, "the half event is dropped, not reported as unreadable");
    assert!(matches!(error, Some(Error::Transport { kind: Transport::Cut, .. })), "{error:?}");
}

#[tokio::test]
async fn a_last_frame_without_its_blank_line_counts() {
    let server = Server::always(events(&format!("\u{feff}{STARTED}{}", FINISHED.trim_end()))).await;
    let (events, error) = rest(run(&server).await.expect("a stream")).await;
    assert_eq!((events.len(), error), (2, None), "proxies cut there");
}

#[tokio::test]
async fn one_broken_frame_costs_one_event() {
    let server = Server::always(events(&format!("{STARTED}data: {{broken\n\ndata: [DONE]\n\n{FINISHED}"))).await;
    let (events, _) = rest(run(&server).await.expect("a stream")).await;
    assert_eq!(events.len(), 3, "start, the broken one, end");
    assert_eq!(events[1], StreamEvent::Unreadable { bytes: 7 }, "its size is all that is kept");
}

#[tokio::test]
async fn a_frame_without_end_is_given_up_at_the_limit() {
    let server = Server::always(events(&format!("{STARTED}data: {}", "x".repeat(100_000)))).await;
    let limits = Limits { frame: 50_000, ..Limits::default() };
    let stream = client_with(&server, limits).run(Map::new(), "").await.expect("a stream");
    let (events, error) = rest(stream).await;
    assert_eq!(
        (events.len(), error),
        (1, Some(Error::FrameTooLarge { limit: 50_000 })),
        "memory is not the server's to fill"
    );
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let silent = vec![Step::Write(format!("{STREAM_HEAD}{STARTED}").into_bytes()), Step::Silence];
    let server = Server::always(silent).await;
    let mut stream = run(&server).await.expect("a stream");
    assert!(stream.next().await.is_some(), "the run has begun");
    drop(stream);
    tokio::time::timeout(Duration::from_secs(10), server.connection_closed())
        .await
        .expect("the server sees the client leave");
}

#[tokio::test]
async fn a_stream_is_known_by_its_first_bytes_when_its_label_is_wrong() {
    for label in ["text/plain", "application/octet-stream", "application/json"] {
        let headers = format!("Content-Type: {label}\r\n");
        let server = Server::always(answer("200 OK", &headers, format!("\r\n{STARTED}{FINISHED}"))).await;
        let (events, error) = rest(run(&server).await.unwrap_or_else(|error| panic!("{label}: {error}"))).await;
        assert_eq!((events.len(), error), (2, None), "{label}");
    }
}

#[tokio::test]
async fn two_hundred_with_something_else_is_a_typed_error() {
    let server = Server::always(json_answer("200 OK", r#"{"code":"invalid_param","message":"m","status":400}"#)).await;
    let error = run(&server).await.map(|_| ()).expect_err("an error in disguise");
    assert!(matches!(error, Error::Status { status: 400, .. }), "{error:?}: the envelope's own status");

    let server = Server::always(html("200 OK", "<!DOCTYPE html><title>Sign in</title>")).await;
    let error = run(&server).await.map(|_| ()).expect_err("a web page");
    assert!(matches!(&error, Error::NotDify { title, .. } if title.as_deref() == Some("Sign in")), "{error:?}");

    let server = Server::always(answer("200 OK", "", "")).await;
    let error = run(&server).await.map(|_| ()).expect_err("nothing at all");
    assert!(matches!(error, Error::NotDify { .. }), "{error:?}");

    let server = Server::always(json_answer("200 OK", "[1, 2]")).await;
    let error = run(&server).await.map(|_| ()).expect_err("not an answer to a run");
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
}

#[tokio::test]
async fn a_whole_answer_instead_of_a_stream_is_a_run_all_the_same() {
    let body = r#"{"task_id":"t","workflow_run_id":"r","data":{"id":"r","workflow_id":"w","status":"succeeded","outputs":{"a":"b"}}}"#;
    let server = Server::always(answer("200 OK", "Content-Type: text/html\r\n", body)).await;
    let (events, error) = rest(run(&server).await.expect("a run")).await;
    assert_eq!(error, None, "it is whole");
    match events.as_slice() {
        [StreamEvent::WorkflowStarted { .. }, StreamEvent::WorkflowFinished(end)] => {
            assert_eq!((end.status, &end.outputs["a"]), (RunStatus::Succeeded, &json!("b")), "with its result");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_that_a_gateway_compressed_all_the_same_is_read() {
    let packed = STANDARD
        .decode(concat!(
            "H4sIAAAAAAACAz2MQQrDMAwE73lF2XNf4M8E15KpSbCLJdWH4L9HbSDHnR2GosbwOMBfroqA0fqW9z",
            "bWXGqRNxOe0CjbWshf9XUb3epFu1PyDsKBG4hGNfEhlhIz/UvN9GMqP9FtvDDnXJYTqRG/S4QAAAA=",
        ))
        .expect("base64 of a gzipped end event");
    let headers = "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n";
    let server = Server::always(answer("200 OK", headers, packed)).await;
    let (events, error) = rest(run(&server).await.expect("a stream")).await;
    assert_eq!((events.len(), error), (1, None), "identity was asked for, but who knows what stands between");
}

fn compressed(encoding: &str, text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let done = "memory never fails";
    match encoding {
        "gzip" => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            writer.write_all(text.as_bytes()).expect(done);
            writer.finish().expect(done)
        }
        "deflate" => {
            let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            writer.write_all(text.as_bytes()).expect(done);
            writer.finish().expect(done)
        }
        _ => {
            let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
            writer.write_all(text.as_bytes()).expect(done);
            writer.into_inner()
        }
    }
}

#[tokio::test]
async fn a_stream_that_a_proxy_compresses_is_read_all_the_same() {
    let text = format!(
        "{STARTED}{}{FINISHED}",
        "data: {\"event\":\"text_chunk\",\"data\":{\"text\":\"压缩\"}}\n\n".repeat(500)
    );
    for encoding in ["gzip", "deflate", "br"] {
        let head = STREAM_HEAD.replace("Connection", &format!("Content-Encoding: {encoding}\r\nConnection"));
        for size in [1, 100, 100_000] {
            let mut reply = vec![Step::Write(head.clone().into_bytes())];
            reply.extend(crate::server::pieces(&compressed(encoding, &text), size));
            reply.push(Step::Close);
            let server = Server::always(reply).await;
            let (events, error) = rest(run(&server).await.expect("a stream")).await;
            assert_eq!((events.len(), error), (502, None), "{encoding} in pieces of {size}");
        }
        let mut cut = head.into_bytes();
        let whole = compressed(encoding, &text);
        cut.extend(&whole[..whole.len() / 2]);
        let server = Server::always(vec![Step::Write(cut), Step::Close]).await;
        let (_, error) = rest(run(&server).await.expect("a stream")).await;
        assert!(error.is_some_and(|error| error.is_lost_stream()), "{encoding}: half of it is a lost stream");
    }
}

const PING: &str = "event: ping\n\n";

/// How a stream looks that a server pings twice a second.
async fn held_back(reply: Vec<Step>) -> bool {
    let server = Server::always(reply).await;
    let limits = Limits { ping: Duration::from_millis(500), ..Limits::default() };
    let mut stream = client_with(&server, limits).run(Map::new(), "").await.expect("a stream");
    while let Some(item) = stream.next().await {
        item.expect("a sound stream");
    }
    stream.held_back()
}

#[tokio::test]
async fn a_stream_that_comes_in_one_burst_at_the_end_is_noticed() {
    let late = Duration::from_secs(3);
    let burst = format!("{PING}{STARTED}{}{FINISHED}", PING.repeat(5));
    let head = || Step::Write(STREAM_HEAD.into());
    let all = Step::Write(burst.clone().into_bytes());
    let whole = Step::Write(format!("{STREAM_HEAD}{burst}").into_bytes());
    let started = Step::Write(format!("{STARTED}{PING}").into_bytes());
    let seen = tokio::join!(
        held_back(vec![head(), Step::Work(late), all.clone(), Step::Close]),
        held_back(vec![Step::Work(late), whole, Step::Close]),
        held_back(vec![head(), all, Step::Close]),
        held_back(vec![head(), started, Step::Work(late), Step::Write(FINISHED.into()), Step::Close]),
    );
    assert!(seen.0, "the head at once, the rest late");
    assert!(seen.1, "everything late");
    assert!(!seen.2, "an early burst is a short run");
    assert!(!seen.3, "a slow step is a slow step");
}
