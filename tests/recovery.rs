//! Runs whose stream does not tell how they end: taken up again, asked about, found, stopped. Never started anew.

mod house;
#[path = "dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

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
        app::{App, KeepKey},
        file::{LocalCopy, StagedState},
        form::{Entries, Entry, FileEntry},
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_stream_is_taken_up_again_without_a_step_or_a_word_twice() {
    let server = server(&[EVENTS], |request| match request.path() {
        "/v1/workflows/run" => Some(events(&[started(), node("1", None), node("1", Some(WHOLE)), text("A")].concat())),
        path if path == format!("/v1/workflow/{RUN}/events") => Some(later(events(
            &[
                started(),
                node("1", None),
                node("1", Some(RETOLD)),
                node("2", None),
                text("C"),
                node("2", Some(WHOLE)),
                finished("succeeded"),
            ]
            .concat(),
        ))),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None));
    assert_eq!(run.steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["1", "2"], "each step once");
    assert!(run.steps[0].outputs.is_some(), "what is told again without contents takes none away");
    assert_eq!(all_text(&run), "AC", "what was sent in between is lost, and nothing comes twice");
    assert_eq!(run.outputs["answer"], "ABC", "the outputs are whole");
    assert!(run.notices.iter().any(|notice| matches!(notice, Notice::Gap { .. })), "it is said: {:?}", run.notices);
    assert_eq!(run.head.contact, None, "contact is back");
    assert_eq!(posts(&server), 1, "it is never started anew");
    let resumed = server.requests().into_iter().find(|request| request.path().contains(RUN)).expect("asked");
    assert!(resumed.target.contains("include_state_snapshot=true") && resumed.target.contains("user="), "{resumed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_stream_that_closes_silently_is_taken_up_once_more() {
    let rounds = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&rounds);
    let server = server(&[EVENTS, DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => Some(events(&[started(), node("1", None)].concat())),
        path if path == format!("/v1/workflow/{RUN}/events") => Some(match count.fetch_add(1, Ordering::SeqCst) {
            0 => events(&started()),
            1 => json("502 BAD GATEWAY", ""),
            _ => events(&finished("succeeded")),
        }),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("running")),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded);
    assert_eq!((posts(&server), rounds.load(Ordering::SeqCst)), (1, 3), "the stream is tried again, the run is not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_running_for_ever_leaves_the_end_unknown_until_the_user_asks_again() {
    let over = Arc::new(AtomicUsize::new(0));
    let is_over = Arc::clone(&over);
    let server = server(&[DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => Some(events(&started())),
        path if path == format!("/v1/workflows/run/{RUN}") => {
            Some(detail(if is_over.load(Ordering::SeqCst) == 0 { "running" } else { "succeeded" }))
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(200);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let goes_on = house.until(&id, |run| run.head.contact.as_ref().is_some_and(|contact| contact.goes_on)).await;
    assert_eq!(goes_on.head.status, RunStatus::Running, "the server says so");
    assert!(goes_on.head.contact.is_some_and(|contact| contact.until.is_some()), "and how long it is believed");
    let run = house.ended(&id).await;
    let cause = run.head.error.as_ref().map(|error| error.cause);
    assert_eq!((run.head.status, cause), (RunStatus::Unknown, Some(RunErrorCause::Lost)));
    let before = asked(&server, "GET", RUN);
    over.store(1, Ordering::SeqCst);
    house.left(&id).await;
    house.runs.check_again(&id).await.expect("asked");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, run.head.error), (RunStatus::Succeeded, None), "it had ended after all");
    assert!(asked(&server, "GET", RUN) > before && posts(&server) == 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_break_before_their_id_is_known_are_each_found_in_the_log() {
    let faults = vec!["cut=0,times=5".parse().expect("a fault")];
    let options = Options { generation: Generation::Recorded, faults, ..Options::default() };
    let server = DemoServer::start_with(options).await.expect("a free port");
    let mut house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    let entries = |name: &str| {
        let text = |value: &str| Entry::Text(value.into());
        let all = [("name", name), ("department", "Legal"), ("pace", "0"), ("events", "success")];
        all.map(|(key, value)| (key.to_owned(), text(value))).into_iter().collect::<Entries>()
    };
    // Three of them cannot be told from each other, and need not be.
    let names = ["Eva", "Eva", "Eva", "Li", "Jo"];
    let started = join_all(names.map(|name| house.start(&app, entries(name)))).await;
    let mut ids = HashSet::new();
    for (name, id) in names.iter().zip(started) {
        let run = house.ended(&id.expect("started")).await;
        assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "{name}");
        let of_server = run.head.server.run_id.clone().expect("found");
        assert!(
            run.outputs.values().any(|value| value.to_string().contains(name)),
            "{name}: its own: {:?}",
            run.outputs
        );
        assert!(ids.insert(of_server), "{name}: no two runs are the same run of the server");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_in_no_log_and_was_never_named_ends_unknown() {
    let server = server(&[], |request| match request.path() {
        "/v1/workflows/run" => Some(vec![Step::Close]),
        "/v1/workflows/logs" => {
            Some(json("200 OK", r#"{"page": 1, "limit": 20, "total": 0, "has_more": false, "data": []}"#))
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(100);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("it may have begun");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown);
    assert!(asked(&server, "GET", "logs") > 2, "a row may come late");
    assert_eq!(posts(&server), 1, "and it is not started anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_before_the_first_event_is_sent_as_soon_as_the_task_has_a_name() {
    let (open, gate) = watch::channel(false);
    let (stopped, was_stopped) = watch::channel(false);
    let server = server(&[], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![
            Step::Write(format!("{STREAM_HEAD}event: ping\n\n").into_bytes()),
            Step::Gate(gate.clone()),
            Step::Write([started(), node("1", None)].concat().into_bytes()),
            Step::Gate(was_stopped.clone()),
            Step::Write(finished("stopped").into_bytes()),
            Step::Close,
        ]),
        path if path.ends_with("/stop") => {
            stopped.send_replace(true);
            Some(json("200 OK", r#"{"result": "success"}"#))
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.runs.stop(&id).await.expect("asked");
    house.until(&id, |run| run.head.status == RunStatus::Stopping).await;
    assert_eq!(asked(&server, "POST", "/stop"), 0, "there is no task to stop yet");
    open.send_replace(true);
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, run.head.error), (RunStatus::Stopped, None), "confirmed by the server");
    assert_eq!(asked(&server, "POST", "/stop"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_the_request_is_not_answered_yet_acts_at_once_and_is_sent_later() {
    let (open, gate) = watch::channel(false);
    let server = server(&[], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![
            Step::Gate(gate.clone()),
            Step::Write([STREAM_HEAD, &started(), &node("1", None)].concat().into_bytes()),
            Step::Silence,
        ]),
        path if path.ends_with("/stop") => Some(json("200 OK", r#"{"result": "success"}"#)),
        _ => None,
    })
    .await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let starting = tokio::spawn({
        let (runs, app) = (house.runs.clone(), app.id.clone());
        async move { runs.start(&app, Entries::new()).await }
    });
    until(|| posts(&server) == 1).await;
    house.runs.stop_starting(&app.id);
    let id = starting.await.expect("no panic").expect("the server may have begun, so the run is shown");
    assert_eq!(house.store.run_head(&id).await.expect("stored").status, RunStatus::Stopping);
    assert_eq!(asked(&server, "POST", "/stop"), 0, "there is no task to stop yet");
    open.send_replace(true);
    until(|| asked(&server, "POST", "/stop") == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_its_files_are_sent_leaves_nothing_behind() {
    let server = server(&[], |request| match request.path() {
        "/v1/parameters" => Some(json(
            "200 OK",
            r#"{"user_input_form": [{"file": {"label": "Paper", "variable": "paper", "required": true,
                "allowed_file_types": ["document"], "allowed_file_upload_methods": ["local_file"]}}]}"#,
        )),
        "/v1/files/upload" => Some(vec![Step::Silence]),
        _ => None,
    })
    .await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let path = house.folder.path().join("paper.txt");
    std::fs::write(&path, "One sentence.").expect("written");
    let file = house.files.stage(vec![path]).remove(0).id;
    let paper = Entry::Files(vec![FileEntry::Staged(file.clone())]);
    let starting = tokio::spawn({
        let (runs, app) = (house.runs.clone(), app.id.clone());
        async move { runs.start(&app, Entries::from([("paper".into(), paper)])).await }
    });
    until(|| asked(&server, "POST", "/v1/files/upload") == 1).await;
    house.runs.stop_starting(&app.id);
    let stopped = starting.await.expect("no panic");
    assert!(matches!(stopped, Err(runs::Error::Stopped)), "{stopped:?}");
    assert_eq!(posts(&server), 0, "nothing was asked for");
    assert!(house.runs.list(None, None, 10).await.expect("listed").runs.is_empty(), "it never was a run");
    assert_eq!(house.files.get(&file).map(|file| file.state), Some(StagedState::Ready), "the file can be sent again");
    house.runs.stop_starting(&app.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_names_the_task_does_not_keep_a_stop_waiting_for_ever() {
    let server = server(&[], |request| match request.path() {
        "/v1/workflows/run" => Some(vec![Step::Silence]),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("it may have begun");
    house.runs.stop(&id).await.expect("asked");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown, "nobody can say whether it ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_the_server_ignores_is_told_when_the_run_succeeds() {
    let (open, gate) = watch::channel(false);
    let server = server(&[], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![
            Step::Write(format!("{STREAM_HEAD}{}", started()).into_bytes()),
            Step::Gate(gate.clone()),
            Step::Write(finished("succeeded").into_bytes()),
            Step::Close,
        ]),
        path if path.ends_with("/stop") => {
            open.send_replace(true);
            Some(json("200 OK", r#"{"result": "success"}"#))
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| run.head.status == RunStatus::Running).await;
    house.runs.stop(&id).await.expect("asked");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "that is the truth");
    assert!(run.notices.contains(&Notice::NotStopped), "and it is said: {:?}", run.notices);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_stop_ends_as_stopped_whatever_the_server_calls_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut played = 0;
    for name in ["stop_during_second_node", "stop_llm", "stop_right_user", "stop_wrong_user", "stoprace_llm_16"] {
        let raw = std::fs::read(folder.join(format!("{name}.raw"))).expect("a recording");
        let end = raw.windows(19).position(|at| at == b"\"workflow_finished\"").expect("it has an end");
        let (open, gate) = watch::channel(false);
        let (before, after) = (raw[..end - 20].to_vec(), raw[end - 20..].to_vec());
        // The stored run says `running` for ever in most of them (server-1.12.1.md §12).
        let server = server(&[DETAIL], move |request| match request.path() {
            "/v1/workflows/run" => Some(vec![
                Step::Write(before.clone()),
                Step::Gate(gate.clone()),
                Step::Write(after.clone()),
                Step::Close,
            ]),
            path if path.ends_with("/stop") => {
                open.send_replace(true);
                Some(json("200 OK", r#"{"result": "success"}"#))
            }
            path if path.starts_with("/v1/workflows/run/") => Some(detail("running")),
            _ => None,
        })
        .await;
        let mut house = House::new().await;
        let app = connected(&house, &server).await;
        let id = house.start(&app, Entries::new()).await.expect("started");
        house.until(&id, |run| run.head.server.task_id.is_some()).await;
        house.runs.stop(&id).await.expect("asked");
        let run = house.ended(&id).await;
        assert_eq!((run.head.status, run.head.error), (RunStatus::Stopped, None), "{name}");
        assert!(run.steps.iter().all(|step| step.status != StepStatus::Running), "{name}: nothing runs on");
        played += 1;
    }
    assert_eq!(played, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_sent_is_not_sent_by_the_next_start() {
    let server = server(&[], |_| None).await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let mut unsent = Vec::new();
    for status in [RunStatus::Preparing, RunStatus::Uploading] {
        unsent.push(house.leave_behind(&app, status).await);
    }
    let mut house = House::on(house.leave().await).await;
    house.runs.take_up().await.expect("taken up");
    for id in unsent {
        let run = house.ended(&id).await;
        let cause = run.head.error.map(|error| error.cause);
        assert_eq!((run.head.status, cause), (RunStatus::Stopped, Some(RunErrorCause::NotSent)), "nothing ran");
    }
    assert_eq!(posts(&server), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_on_the_disk_once_it_is_settled() {
    let (_open, gate) = watch::channel(false);
    let server = server(&[], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![
            Step::Write(
                format!("{STREAM_HEAD}{}{}{}", started(), node("1", None), text("half a sentence")).into_bytes(),
            ),
            Step::Gate(gate.clone()),
        ]),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| all_text(run) == "half a sentence").await;
    assert!(house.runs.settle(Duration::from_secs(10)).await, "nothing is left unsaved");
    let stored = house.store.run(&id).await.expect("stored");
    assert_eq!((all_text(&stored).as_str(), stored.steps.len()), ("half a sentence", 1), "before the second is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_file_that_was_being_fetched_when_the_program_ended_is_fetched_by_the_next_start() {
    let server = DemoServer::start().await.expect("a free port");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let entries = Entries::from([("text".into(), Entry::Text("One sentence. Another one.".into()))]);
    let id = house.start(&app, entries).await.expect("started");
    let run = house.ended(&id).await;
    assert!(!run.files.is_empty(), "it has a file");
    house.left(&id).await;
    let mut stored = house.store.run_files(&id).await.expect("read").remove(0);
    let kept = house.folder.path().join("runs").join(&id.0).join(stored.stored_as.as_deref().expect("a name"));
    let bytes = std::fs::read(&kept).expect("kept");
    // As if killed in the middle of it.
    std::fs::remove_file(&kept).expect("removed");
    stored.file.local = LocalCopy::Fetching;
    house.store.save_run_file(&id, &stored).await.expect("saved");
    let mut house = House::on(house.leave().await).await;
    let key = &server.apps().iter().find(|app| app.slug == "document-digest").expect("an app").key;
    house.apps.replace_key(&app.id, key, KeepKey::Session, None).await.expect("the same key");
    house.runs.take_up().await.expect("taken up");
    let run = house.until(&id, |run| run.files.iter().all(|file| file.local != LocalCopy::Fetching)).await;
    assert_eq!(run.files[0].local, LocalCopy::Stored);
    assert_eq!(std::fs::read(&kept).expect("fetched again"), bytes, "the same bytes");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_log_cannot_be_asked_is_in_nobodys_care_afterwards() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/logs" => Some(json("502 BAD GATEWAY", "")),
        _ => None,
    })
    .await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.leave_behind(&app, RunStatus::Unknown).await;
    assert!(house.runs.check_again(&id).await.is_err(), "the server gave no answer");
    assert!(!house.runs.is_followed(&id), "nobody follows it, so that it can be asked about again");
    assert!(house.runs.under_way().is_empty(), "and closing the window loses nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_a_waiting_run_is_looked_after_is_sent() {
    let (open, gate) = watch::channel(false);
    let (came, mut asks) = watch::channel(false);
    let server = server(&[DETAIL], move |request| match request.path() {
        path if path == format!("/v1/workflows/run/{RUN}") => {
            came.send_replace(true);
            let mut reply = vec![Step::Gate(gate.clone())];
            reply.extend(detail("paused"));
            Some(reply)
        }
        path if path.ends_with("/stop") => Some(json("200 OK", r#"{"result": "success"}"#)),
        _ => None,
    })
    .await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let id = left_with_ids(&house, &app, RunStatus::Waiting).await;
    let runs = house.runs.clone();
    let (asked_about, of) = (id.clone(), async { asks.wait_for(|came| *came).await.expect("asked") });
    let check = tokio::spawn(async move { runs.check_again(&asked_about).await });
    drop(of.await);
    house.runs.stop(&id).await.expect("the user was told that it is being stopped");
    open.send_replace(true);
    let _ = check.await.expect("no panic");
    let sent = async {
        while asked(&server, "POST", "/stop") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(3), sent).await.is_ok(), "the stop was never sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_file_that_is_fetched_again_does_not_take_the_place_of_another_of_its_name() {
    let files = Server::always(json("200 OK", "two")).await;
    let server = server(&[DETAIL], |_| None).await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let id = left_with_ids(&house, &app, RunStatus::Running).await;
    let file = |which: &str| {
        serde_json::json!({"dify_model_identity": "__dify__file__", "id": which, "filename": "a.md",
            "url": files.url(&format!("/files/{which}")).as_str()})
    };
    let mut head = house.store.run_head(&id).await.expect("stored");
    (head.status, head.finished_at) = (RunStatus::Succeeded, Some(flowdeck::apps::now()));
    let outputs = serde_json::json!({"files": [file("one"), file("two")]}).as_object().cloned();
    let save = flowdeck::store::RunSave { head: Some(head), outputs: outputs.clone(), ..Default::default() };
    house.store.save_run(&id, &save).await.expect("saved");
    let found = flowdeck::runs::outputs::files(&outputs.expect("an object"), &[]);
    for (output, (name, local)) in
        found.into_iter().zip([("a.md", LocalCopy::Stored), ("a (2).md", LocalCopy::Fetching)])
    {
        let file = flowdeck::model::file::RunFile { local, ..output.file };
        let stored = flowdeck::store::StoredFile { file, stored_as: Some(name.into()) };
        house.store.save_run_file(&id, &stored).await.expect("saved");
    }
    let folder = house.folder.path().join("runs").join(&id.0);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("a.md"), "one").expect("written");
    house.runs.take_up().await.expect("taken up");
    house.left(&id).await;
    assert_eq!(std::fs::read_to_string(folder.join("a.md")).expect("there"), "one", "the first file is as it was");
    let names: HashSet<_> =
        house.store.run_files(&id).await.expect("read").into_iter().map(|stored| stored.stored_as).collect();
    assert_eq!(names, HashSet::from([Some("a.md".into()), Some("a (2).md".into())]), "each has its own name");
    assert_eq!(std::fs::read_to_string(folder.join("a (2).md")).expect("fetched"), "two");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_may_not_be_asked_about_did_not_fail_by_that() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(events(&[started(), node("1", None)].concat())),
        path if path == format!("/v1/workflows/run/{RUN}") => {
            Some(json("403 FORBIDDEN", r#"{"code": "forbidden", "message": "not now", "status": 403}"#))
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(
        run.head.status,
        RunStatus::Unknown,
        "the workflow runs on, for all that is known: {:?}",
        run.head.error
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_with_one_event_too_large_is_a_lost_stream_and_not_a_failed_run() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(events(&[started(), text(&"x".repeat(100_000)), text("y")].concat())),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("running")),
        _ => None,
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let limits = flowdeck::dify::Limits { frame: 10_000, ..Default::default() };
    let mut house = House::with_limits(folder, limits).await.paced(200);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown, "the server says that it goes on: {:?}", run.head.error);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_without_an_id_is_found_also_behind_a_page_of_later_ones() {
    let server = server(&[DETAIL], |request| match request.path() {
        // Newest first: without an end to the time that is asked for, later runs fill the page.
        "/v1/workflows/logs" => Some(json("200 OK", &match request.target.contains("created_at__before") {
            true => format!(
                r#"{{"page": 1, "limit": 100, "total": 1, "has_more": false, "data": [{{"id": "l", "workflow_run": {{"id": "{RUN}", "status": "succeeded"}}, "created_at": {}}}]}}"#,
                flowdeck::apps::now() / 1000
            ),
            false => r#"{"page": 1, "limit": 100, "total": 300, "has_more": true, "data": []}"#.to_owned(),
        })),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("succeeded")),
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(100);
    let app = connected(&house, &server).await;
    let id = house.leave_behind(&app, RunStatus::OutOfContact).await;
    house.runs.take_up().await.expect("taken up");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "it stands in the log: {:?}", run.head.error);
}
