//! Keys that are replaced or refused while a run is followed.

use super::*;

fn refused() -> Reply {
    json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "Access token is invalid", "status": 401}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_replaced_while_the_stream_was_followed_is_used_from_then_on() {
    let (open, gate) = watch::channel(false);
    let server = server(&[DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![
            Step::Write([STREAM_HEAD, &started(), &node("1", None)].concat().into_bytes()),
            Step::Gate(gate.clone()),
            Step::Close,
        ]),
        path if path == format!("/v1/workflows/run/{RUN}") => {
            Some(if request.header("authorization") == Some("Bearer app-new") {
                detail("succeeded")
            } else {
                refused()
            })
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| run.steps.len() == 1).await;
    house.apps.replace_key(&app.id, "app-new", KeepKey::Session, None).await.expect("replaced");
    house.runs.try_again(Some(&app.id));
    open.send_replace(true);
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None));
    let key = house.apps.get(&app.id).await.expect("known").key;
    assert_eq!(key, KeyState::Session, "the new key was never refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_a_key_that_is_taken() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(events(&[started(), node("1", None)].concat())),
        _ if request.header("authorization") != Some("Bearer app-other") => match request.path() {
            path if path.contains(RUN) || path.ends_with("/stop") => Some(refused()),
            _ => None,
        },
        path if path.ends_with("/stop") => Some(json("200 OK", r#"{"result": "success"}"#)),
        path if path.contains(RUN) => Some(detail("stopped")),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let locked = |run: &Run| {
        let trouble = run.head.contact.as_ref().and_then(|contact| contact.trouble.as_ref());
        trouble.is_some_and(|trouble| trouble.code == FailureCode::KeyRefused)
    };
    house.until(&id, locked).await;
    house.runs.stop(&id).await.expect("asked");
    let stops = || asked(&server, "POST", "/stop");
    until(|| stops() == 1).await;
    let run = house.until(&id, |run| run.head.status == RunStatus::Stopping && locked(run)).await;
    assert!(run.notices.is_empty(), "nothing is given up: {:?}", run.notices);
    assert_eq!(house.apps.get(&app.id).await.expect("known").key, KeyState::Refused, "the app asks for another key");
    house.apps.replace_key(&app.id, "app-other", KeepKey::Session, None).await.expect("taken");
    house.runs.try_again(Some(&app.id));
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, run.head.error), (RunStatus::Stopped, None), "it was stopped after all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_is_refused_while_the_stream_flows_goes_out_with_another_key() {
    let (over, is_over) = watch::channel(false);
    let server = server(&[DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![
            Step::Write([STREAM_HEAD, &started(), &node("1", None)].concat().into_bytes()),
            Step::Gate(is_over.clone()),
            Step::Write(finished("stopped").into_bytes()),
            Step::Close,
        ]),
        path if path.ends_with("/stop") => match request.header("authorization") {
            Some("Bearer app-other") => {
                over.send_replace(true);
                Some(json("200 OK", r#"{"result": "success"}"#))
            }
            _ => Some(refused()),
        },
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| !run.steps.is_empty()).await;
    house.runs.stop(&id).await.expect("asked");
    let refused = async || house.apps.get(&app.id).await.expect("known").key == KeyState::Refused;
    while !refused().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    house.apps.replace_key(&app.id, "app-other", KeepKey::Session, None).await.expect("taken");
    house.runs.try_again(Some(&app.id));
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, run.head.error), (RunStatus::Stopped, None), "it was stopped after all");
}
