//! Runs whose stream does not tell how they end: taken up again, asked about, found, stopped. Never started anew.

#[path = "../house/mod.rs"]
mod house;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

mod causes;
mod found;
mod keys;
mod lost;
mod next_start;
mod quiet;
mod saved;
mod stops;
mod users;
mod waiting;

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flowdeck::{
    demo::{DemoServer, Generation, Options},
    model::{
        app::{App, KeepKey, KeyState},
        event::AppEvent,
        failure::{FailureCode, Reason},
        file::{LocalCopy, StagedState},
        form::{Entries, Entry, FileEntry},
        human_input::QuestionState,
        run::{Notice, Run, RunErrorCause, RunStatus, StepStatus},
    },
    runs,
};
use futures_util::future::join_all;
use house::House;
use server::{Reply, Request, STREAM_HEAD, Server, Step, events, json};
use tokio::sync::watch;

const RUN: &str = "8a5d1f8c-0000-4000-8000-000000000001";
const TASK: &str = "8a5d1f8c-0000-4000-8000-000000000002";

fn frame(event: &str, data: &str) -> String {
    format!(
        "data: {{\"event\": \"{event}\", \"task_id\": \"{TASK}\", \"workflow_run_id\": \"{RUN}\", \"data\": {data}}}\n\n"
    )
}

fn started() -> String {
    frame("workflow_started", &format!(r#"{{"id": "{RUN}", "workflow_id": "w", "inputs": {{}}, "created_at": 1}}"#))
}

fn node(id: &str, end: Option<&str>) -> String {
    let about = format!(r#""id": "{id}", "node_id": "n-{id}", "node_type": "code", "title": "Step {id}", "index": 1"#);
    match end {
        None => frame("node_started", &format!("{{{about}, \"inputs\": null}}")),
        Some(contents) => frame(
            "node_finished",
            &format!("{{{about}, \"status\": \"succeeded\", \"elapsed_time\": 0.1, {contents}, \"error\": null}}"),
        ),
    }
}

const WHOLE: &str = r#""inputs": {"a": 1}, "process_data": null, "outputs": {"b": 2}"#;
const RETOLD: &str = r#""inputs": null, "process_data": null, "outputs": null"#;

fn text(text: &str) -> String {
    frame("text_chunk", &format!(r#"{{"text": "{text}", "from_variable_selector": ["llm", "text"]}}"#))
}

fn finished(status: &str) -> String {
    frame(
        "workflow_finished",
        &format!(
            r#"{{"id": "{RUN}", "workflow_id": "w", "status": "{status}", "outputs": {{"answer": "ABC"}}, "error": null, "elapsed_time": 1.0, "total_tokens": 0, "total_steps": 2, "created_at": 1, "finished_at": 2}}"#
        ),
    )
}

fn detail(status: &str) -> Reply {
    let over = !matches!(status, "running" | "paused");
    let outputs = if over { r#""{\"answer\": \"ABC\"}""# } else { r#""{}""# };
    let finished_at = if over { "2" } else { "null" };
    json(
        "200 OK",
        &format!(
            r#"{{"id": "{RUN}", "workflow_id": "w", "status": "{status}", "inputs": "{{}}", "outputs": {outputs}, "error": null, "total_steps": 2, "total_tokens": 0, "created_at": 1, "finished_at": {finished_at}, "elapsed_time": 1.0}}"#
        ),
    )
}

/// The same after more than a moment.
fn later(mut reply: Reply) -> Reply {
    reply.insert(0, Step::Work(Duration::from_millis(1100)));
    reply
}

fn no_such_path() -> Reply {
    server::html("404 NOT FOUND", "<!doctype html><title>404 Not Found</title>")
}

const EVENTS: &str = "/v1/workflow/";
const DETAIL: &str = "/v1/workflows/run/";
/// Whoever connects looks which paths are there, with an id that nobody has.
const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";

/// A server with one app without inputs, that has the paths `has`; `reply` answers what concerns its run, `None` is
/// "no such path".
async fn server(
    has: &'static [&'static str],
    reply: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    Server::start(move |request| match request.path() {
        path if path.contains(NOBODYS) => match has.iter().any(|known| path.starts_with(known)) {
            true => json("404 NOT FOUND", r#"{"code": "not_found", "message": "Run not found", "status": 404}"#),
            false => no_such_path(),
        },
        _ if request.header("authorization").is_none() => {
            json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#)
        }
        "/v1/parameters" => reply(request).unwrap_or_else(|| json("200 OK", r#"{"user_input_form": []}"#)),
        _ => reply(request).unwrap_or_else(no_such_path),
    })
    .await
}

async fn connected(house: &House, server: &Server) -> App {
    house.apps.connect(server.url("/v1").as_str(), "app-key", KeepKey::Session, None).await.expect("connected")
}

/// Another app of the same server: each has its own key.
async fn connected_anew(house: &House, server: &Server, number: usize) -> App {
    let key = format!("app-key-{number}");
    house.apps.connect(server.url("/v1").as_str(), &key, KeepKey::Session, None).await.expect("connected")
}

/// How often the server was asked for this. The paths are also tried out when an app is connected.
fn asked(server: &Server, method: &str, part: &str) -> usize {
    let of_run = |request: &&Request| request.target.contains(part) && !request.target.contains(NOBODYS);
    server.requests().iter().filter(|request| request.method == method).filter(of_run).count()
}

fn posts(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.method == "POST" && request.path() == "/v1/workflows/run").count()
}

async fn until(happened: impl Fn() -> bool) {
    let waiting = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it happens");
}

fn all_text(run: &Run) -> String {
    run.texts.iter().map(|part| part.text.as_str()).collect()
}

/// A stored run as a program that ended left it, with the server's names for it.
async fn left_with_ids(house: &House, app: &App, status: RunStatus) -> flowdeck::model::run::RunId {
    let id = house.leave_behind(app, status).await;
    let mut head = house.store.run_head(&id).await.expect("stored");
    head.server.run_id = Some(RUN.into());
    head.server.task_id = Some(TASK.into());
    let save = flowdeck::store::RunSave { head: Some(head), ..Default::default() };
    house.store.save_run(&id, &save).await.expect("saved");
    id
}
