//! What is said of an end that the stream did not tell.

use super::*;

const BAD_GATEWAY: &str = "<html><head><title>502 Bad Gateway</title></head></html>";

fn gateway() -> Reply {
    server::html("502 Bad Gateway", BAD_GATEWAY)
}

fn log(rows: &str) -> Reply {
    json("200 OK", &format!(r#"{{"page": 1, "limit": 100, "total": 1, "has_more": false, "data": [{rows}]}}"#))
}

fn row(status: &str) -> String {
    format!(
        r#"{{"id": "l", "workflow_run": {{"id": "{RUN}", "status": "{status}", "error": null, "elapsed_time": 3.5,
            "total_tokens": 7, "total_steps": 2}}, "created_at": {}}}"#,
        flowdeck::apps::now() / 1000
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_the_log_alone_knows_ends_as_the_log_says() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(gateway()),
        "/v1/workflows/logs" => Some(log(&row("succeeded"))),
        path if path == format!("/v1/workflows/run/{RUN}") => {
            Some(json("404 NOT FOUND", r#"{"code": "not_found", "message": "Run not found", "status": 404}"#))
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(100);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("it may have begun");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "the server said so in its log");
    assert_eq!(run.head.elapsed, Some(3.5), "with what else it says");
    assert_eq!(posts(&server), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_was_down_at_the_start_is_not_why_an_end_is_unknown_once_the_server_was_asked() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(gateway()),
        "/v1/workflows/logs" => Some(log("")),
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(500);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("it may have begun");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown);
    let error = run.head.error.expect("a cause");
    assert_eq!(
        (error.cause, error.reason, error.network),
        (RunErrorCause::Lost, None, None),
        "the server is there, and does not list it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_down_all_the_time_is_named() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(gateway()),
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(500);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("it may have begun");
    let error = house.ended(&id).await.head.error.expect("a cause");
    assert_eq!(error.reason, Some(Reason::GatewayDown), "nobody else could be asked: there is no log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_with_an_error_is_not_called_silent() {
    let server = server(&[EVENTS, DETAIL], |request| match request.path() {
        "/v1/workflows/run" => {
            Some(vec![Step::Write([STREAM_HEAD, &started(), &node("1", None)].concat().into_bytes()), Step::Close])
        }
        path if path == format!("/v1/workflow/{RUN}/events") => Some(gateway()),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(vec![Step::Silence]),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    until(|| asked(&server, "GET", DETAIL) > 0).await;
    house
        .until(&id, |run| {
            let trouble = run.head.contact.as_ref().and_then(|contact| contact.trouble.as_ref());
            trouble.is_some_and(|trouble| trouble.code == FailureCode::ServerError)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_given_up_took_as_long_as_it_was_followed() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(events(&[started(), node("1", None)].concat())),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("running")),
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(500);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| run.head.contact.as_ref().is_some_and(|contact| contact.goes_on)).await;
    let still_counted = flowdeck::apps::now();
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown);
    assert!(run.head.finished_at >= Some(still_counted), "the clock of the page does not jump back: {:?}", run.head);
}
