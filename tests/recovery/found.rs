//! Runs that broke before their id was known, looked for in the log.

use super::*;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_farther_away_is_not_taken_while_a_nearer_one_cannot_be_read() {
    const OTHER: &str = "8a5d1f8c-0000-4000-8000-000000000009";
    let tries = Arc::new(AtomicUsize::new(0));
    let server = server(&[DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![Step::Close]),
        "/v1/workflows/logs" => {
            let now = flowdeck::apps::now() / 1000;
            let row = |id: &str, at: i64| {
                format!(
                    r#"{{"id": "l-{id}", "workflow_run": {{"id": "{id}", "status": "succeeded"}}, "created_at": {at}}}"#
                )
            };
            let rows = [row(RUN, now), row(OTHER, now - 100)].join(", ");
            Some(json(
                "200 OK",
                &format!(r#"{{"page": 1, "limit": 100, "total": 2, "has_more": false, "data": [{rows}]}}"#),
            ))
        }
        path if path == format!("/v1/workflows/run/{RUN}") => match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Some(server::html("502 Bad Gateway", "<title>502 Bad Gateway</title>")),
            _ => Some(detail("succeeded")),
        },
        path if path.ends_with(OTHER) => Some(detail("succeeded")),
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(100);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("it may have begun");
    let run = house.ended(&id).await;
    assert_eq!(run.head.server.run_id.as_deref(), Some(RUN), "the one that began when this one did");
}
