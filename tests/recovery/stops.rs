//! Stops at every moment, and what servers make of them.

use super::*;

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
    assert!(tokio::time::timeout(Duration::from_secs(30), sent).await.is_ok(), "the stop was never sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_drawn_while_the_log_is_asked() {
    let (open, gate) = watch::channel(false);
    let server = server(&[DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![Step::Close]),
        "/v1/workflows/logs" => {
            let mut reply = vec![Step::Gate(gate.clone())];
            reply.extend(json("200 OK", r#"{"page": 1, "limit": 20, "total": 0, "has_more": false, "data": []}"#));
            Some(reply)
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("it may have begun");
    until(|| asked(&server, "GET", "/logs") > 0).await;
    house.runs.stop(&id).await.expect("asked");
    house.until(&id, |run| run.head.status == RunStatus::Stopping).await;
    open.send_replace(true);
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown, "it stands in no log");
}
