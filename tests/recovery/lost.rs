//! Streams that break, close silently or cannot be read: taken up again, or asked about.

use super::*;

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
        "/v1/workflows/run" => Some(events(&[started(), node("1", None)].concat())),
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
    assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "it had ended after all");
    assert_eq!(run.steps[0].status, StepStatus::Succeeded, "and what was given up with it was not broken off");
    let gaps: Vec<_> = run.notices.iter().filter(|notice| matches!(notice, Notice::Gap { .. })).collect();
    assert!(
        matches!(gaps[..], [Notice::Gap { from, closed: false, .. }] if *from <= run.steps[0].started_at),
        "{gaps:?}"
    );
    assert!(asked(&server, "GET", RUN) > before && posts(&server) == 1);
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
