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
async fn a_stop_that_cannot_be_confirmed_without_a_key_ends_by_the_key() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(events(&[started(), node("1", None)].concat())),
        "/v1/parameters" => None.or_else(|| Some(json("200 OK", r#"{"user_input_form": []}"#))),
        path if path.contains(RUN) || path.ends_with("/stop") => Some(refused()),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house
        .until(&id, |run| {
            let trouble = run.head.contact.as_ref().and_then(|contact| contact.trouble.as_ref());
            trouble.is_some_and(|trouble| trouble.code == FailureCode::KeyRefused)
        })
        .await;
    let asked_at = flowdeck::apps::now();
    house.runs.stop(&id).await.expect("asked");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Unknown, "nobody can say whether it stopped");
    let error = run.head.error.expect("a cause");
    let code = error.network.map(|trouble| trouble.code);
    assert_eq!((code, error.reason), (Some(FailureCode::KeyRefused), None), "only a key helps");
    assert!(run.head.finished_at >= Some(asked_at), "it was counted until then");
    assert!(run.notices.contains(&Notice::StopNotHeard), "and the server never heard of the stop: {:?}", run.notices);
}
