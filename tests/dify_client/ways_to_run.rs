//! Runs in every way a server offers: streaming and blocking, of a given version, with the app's files, resumed.

use flowdeck::{
    dify::{Error, ResponseMode, Resume, RunOptions, RunStream},
    model::{
        run::RunStatus,
        stream::{Finished, StreamEvent, StreamItem},
    },
};
use serde_json::{Map, Value, json};

use crate::{
    USER, client_of,
    recording::{Recording, names},
    server::{Server, answer, events, html, json as json_answer},
};

async fn items(mut stream: RunStream) -> Vec<StreamItem> {
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item.expect("a sound stream"));
    }
    items
}

fn blocking() -> RunOptions {
    RunOptions { mode: ResponseMode::Blocking, trace_id: Some("t_1-a".into()), ..RunOptions::default() }
}

fn of_version(version: &str) -> RunOptions {
    RunOptions { version: Some(version.to_owned()), ..RunOptions::default() }
}

fn end(items: &[StreamItem]) -> &Finished {
    items
        .iter()
        .find_map(|item| match &item.event {
            StreamEvent::WorkflowFinished(finished) => Some(finished),
            _ => None,
        })
        .expect("a run that ended")
}

#[tokio::test]
async fn a_blocking_run_is_asked_for_as_such_and_ends_in_the_same_events() {
    let body = json!({"workflow_run_id": "r", "task_id": "t", "data": {"id": "r", "workflow_id": "w", "status": "succeeded",
        "outputs": {"text": "Nice to meet you."}, "error": null, "elapsed_time": 0.875, "total_tokens": 3562, "total_steps": 8,
        "created_at": 1705407629, "finished_at": 1727807631}});
    let server = Server::always(json_answer("200 OK", &body.to_string())).await;
    let stream = client_of(&server).run_with(Map::new(), &blocking()).await.expect("an answer");
    assert!(!stream.held_back(), "an answer that comes at the end is what was asked for");
    let items = items(stream).await;
    let StreamEvent::WorkflowStarted(started) = &items[0].event else { panic!("{:?}", items[0]) };
    assert_eq!(started.workflow_id.as_deref(), Some("w"), "as a stream begins");
    assert_eq!((items[0].task_id.as_deref(), items[0].run_id.as_deref()), (Some("t"), Some("r")), "with its ids");
    assert_eq!(end(&items).outputs["text"], "Nice to meet you.", "and ends");

    let request = &server.requests()[0];
    assert_eq!(request.json()["response_mode"], "blocking", "and nothing else is different");
    assert_eq!(request.header("accept"), Some("application/json"), "no stream is wanted");
    assert_eq!(
        (request.header("x-trace-id"), &request.json()["trace_id"]),
        (Some("t_1-a"), &json!("t_1-a")),
        "both ways"
    );
}

#[tokio::test]
async fn both_modes_give_the_same_result() {
    for workflow in ["run_branches_hi", "run_failbranch", "run_fail", "run_iterremove", "run_loops"] {
        let mut ends = Vec::new();
        for mode in ["streaming", "blocking"] {
            let server = Server::always(Recording::load(&format!("{workflow}_{mode}")).reply(700)).await;
            let stream = client_of(&server).run_with(Map::new(), &blocking()).await;
            let finished = end(&items(stream.expect(workflow)).await).clone();
            ends.push((finished.status, finished.outputs, finished.error, finished.total_steps));
        }
        assert_eq!(ends[0], ends[1], "{workflow}");
    }
}

#[tokio::test]
async fn a_blocking_run_may_pause_and_warn() {
    let body = json!({"workflow_run_id": "r", "task_id": "t", "warnings": ["files is deprecated"],
        "data": {"id": "r", "status": "paused", "paused_nodes": ["n"], "reasons": [{"type": "human_input"}], "outputs": {}}});
    let server = Server::always(json_answer("200 OK", &body.to_string())).await;
    let items = items(client_of(&server).run_with(Map::new(), &blocking()).await.expect("an answer")).await;
    assert_eq!(items[0].event, StreamEvent::Warning { message: "files is deprecated".into() }, "said first");
    let StreamEvent::WorkflowPaused(paused) = &items[2].event else { panic!("{:?}", items[2]) };
    assert_eq!(paused.nodes, ["n"], "what it waits for is kept");
}

#[tokio::test]
async fn recorded_runs_of_a_version_run_or_say_why_not() {
    for name in names(&["run_byid_"]) {
        let recording = Recording::load(&name);
        let server = Server::always(recording.reply(500)).await;
        let result = client_of(&server).run_with(Map::new(), &of_version("183f6043/x")).await;
        assert_eq!(server.requests()[0].path(), "/v1/workflows/183f6043%2Fx/run", "{name}: the id stays one segment");
        if recording.status() == 200 {
            assert_eq!(end(&items(result.expect(&name)).await).status, RunStatus::Succeeded, "{name}");
            continue;
        }
        let (error, body) = (result.map(|_| ()).expect_err(&name), recording.json());
        let Error::Status { code, message, .. } = &error else { panic!("{name}: {error:?}") };
        assert_eq!(json!([code, message]), json!([body["code"], body["message"]]), "{name}: in the server's words");
        assert!(!error.is_unknown_path(), "{name}: the server can do it");
    }
}

#[tokio::test]
async fn a_missing_version_is_told_from_a_server_that_runs_none() {
    let refusal = |status: &str, code: &str, message: &str| {
        json_answer(status, &json!({"code": code, "message": message}).to_string())
    };
    let page = "<title>404 Not Found</title>";
    for (reply, unknown_path) in [
        (refusal("400 BAD REQUEST", "workflow_not_found", "m"), false),
        (refusal("400 BAD REQUEST", "draft_workflow_error", "m"), false),
        (refusal("400 BAD REQUEST", "workflow_id_format_error", "m"), false),
        (refusal("403 FORBIDDEN", "workflow_version_execution_not_allowed", "m"), false),
        (refusal("404 NOT FOUND", "not_found", "Workflow not found with id: v"), false),
        (refusal("401 UNAUTHORIZED", "unauthorized", "Access token is invalid"), false),
        (html("404 NOT FOUND", page), true),
        (html("405 METHOD NOT ALLOWED", page), true),
        (answer("404 NOT FOUND", "X-Version: 1.4.0\r\nContent-Type: text/html\r\n", page), true),
        (refusal("404 NOT FOUND", "not_found", "The requested URL was not found on the server."), true),
        (json_answer("404 NOT FOUND", r#"{"message": "no Route matched with those values"}"#), true),
    ] {
        let server = Server::always(reply.clone()).await;
        let error = client_of(&server).run_with(Map::new(), &of_version("v")).await.map(|_| ()).expect_err("refused");
        assert_eq!(error.is_unknown_path(), unknown_path, "{error:?}");
        assert_eq!(server.requests().len(), 1, "a run is never sent twice");
    }
}

#[tokio::test]
async fn the_apps_files_stand_beside_the_inputs() {
    let file = json!({"type": "image", "transfer_method": "local_file", "upload_file_id": "u"});
    let inputs = Map::from_iter([("text".to_owned(), json!("a")), ("sys.files".to_owned(), json!([file]))]);
    let server =
        Server::always(events("data: {\"event\":\"workflow_finished\",\"data\":{\"status\":\"succeeded\"}}\n\n")).await;
    client_of(&server).run(inputs, "t").await.expect("a stream");
    client_of(&server).run(Map::new(), "t").await.expect("a stream");
    let bodies: Vec<Value> = server.requests().iter().map(|request| request.json()).collect();
    assert_eq!(
        (&bodies[0]["files"], &bodies[0]["inputs"]),
        (&json!([file]), &json!({"text": "a"})),
        "where all servers look"
    );
    assert!(bodies[1].get("files").is_none(), "and nowhere without any");
}

const RESUMED: &str = "id: 1-0\ndata: {\"event\":\"workflow_started\",\"task_id\":\"r\",\"workflow_run_id\":\"r\",\"data\":{\"id\":\"r\",\"workflow_id\":\"w\",\"created_at\":1000,\"reason\":\"resumption\"}}\n\n\
    id: 2-0\ndata: {\"event\":\"workflow_finished\",\"task_id\":\"r\",\"workflow_run_id\":\"r\",\"data\":{\"id\":\"r\",\"status\":\"succeeded\",\"outputs\":{\"a\":1},\"created_at\":2000}}\n\n";

#[tokio::test]
async fn a_run_is_taken_up_again_where_it_was_left() {
    let server = Server::always(events(RESUMED)).await;
    let client = client_of(&server);
    let mut stream = client.resume("run/1", &Resume::default()).await.expect("a stream");
    let mut events = Vec::new();
    while let Some(item) = stream.next().await {
        events.push(item.expect("sound").event);
    }
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(stream.last_event_id(), Some("2-0"), "for the next time");
    let how = Resume {
        include_state_snapshot: true,
        continue_on_pause: true,
        last_event_id: stream.last_event_id().map(str::to_owned),
    };
    client.resume("r", &how).await.expect("a stream");
    let odd = Resume { last_event_id: Some("a\r\nX-Other: b".into()), ..Resume::default() };
    client.resume("r", &odd).await.expect("a stream");

    let requests = server.requests();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].target.as_str()),
        ("GET", format!("/v1/workflow/run%2F1/events?user={USER}").as_str()),
        "singular, and only its own user may"
    );
    assert_eq!(requests[0].header("last-event-id"), None, "no id was seen yet");
    assert!(
        requests[1].target.ends_with("&include_state_snapshot=true&continue_on_pause=true"),
        "{}",
        requests[1].target
    );
    assert_eq!(requests[1].header("last-event-id"), Some("2-0"), "servers to come go on from there");
    assert_eq!(
        (requests[2].header("last-event-id"), requests[2].header("x-other")),
        (None, None),
        "no header is smuggled in"
    );
}

#[tokio::test]
async fn resuming_tells_an_unknown_run_from_an_older_server() {
    for (reply, unknown_path) in [
        (
            json_answer("404 NOT FOUND", r#"{"code":"not_found","message":"Workflow run not found","status":404}"#),
            false,
        ),
        (html("404 NOT FOUND", "<title>404 Not Found</title>"), true),
        (Recording::load("unknown_path").reply(usize::MAX), true),
    ] {
        let server = Server::always(reply).await;
        let error = client_of(&server).resume("r", &Resume::default()).await.map(|_| ()).expect_err("refused");
        assert_eq!((error.status(), error.is_unknown_path()), (Some(404), unknown_path), "{error:?}");
    }
    let server = Server::always(json_answer("200 OK", r#"{"code":"x","message":"no","status":500}"#)).await;
    let error = client_of(&server).resume("r", &Resume::default()).await.map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::Status { status: 500, .. }), "an error under a good status: {error:?}");
}
