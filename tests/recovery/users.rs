//! Runs belong to the user they were started for, whomever the app is connected as later.

use super::*;

/// What requests about the run name as their user.
fn users_of(server: &Server, part: &str) -> Vec<String> {
    let requests = server.requests().into_iter().filter(|request| request.target.contains(part));
    requests
        .filter(|request| !request.target.contains(NOBODYS))
        .map(|request| match request.method.as_str() {
            "POST" => request.json()["user"].as_str().unwrap_or_default().to_owned(),
            _ => {
                let query =
                    url::form_urlencoded::parse(request.target.split('?').nth(1).unwrap_or_default().as_bytes());
                let of_user = |name: &str| matches!(name, "user" | "created_by_end_user_session_id");
                query.into_owned().find(|(name, _)| of_user(name)).map(|(_, value)| value).unwrap_or_default()
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_taken_up_and_stopped_as_the_user_who_started_it() {
    let server = server(&[EVENTS, DETAIL], |request| match request.path() {
        "/v1/workflows/run" => {
            Some(events(&[started(), node("1", None), frame("workflow_paused", r#"{"reasons": []}"#)].concat()))
        }
        path if path == format!("/v1/workflow/{RUN}/events") => Some(later(events(&finished("stopped")))),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("paused")),
        path if path.ends_with("/stop") => Some(json("200 OK", r#"{"result": "success"}"#)),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| run.head.status == RunStatus::Paused).await;
    house.left(&id).await;
    let earlier = users_of(&server, "/v1/workflows/run").remove(0);
    house.apps.set_user(&app.id, "somebody-else").await.expect("changed");
    house.runs.stop(&id).await.expect("asked");
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Stopped);
    for part in ["/stop", "/events"] {
        let users: HashSet<_> = users_of(&server, part).into_iter().collect();
        assert_eq!(users, HashSet::from([earlier.clone()]), "{part}: servers show and stop nothing of another user's");
    }
    house.start(&app, Entries::new()).await.expect("started");
    assert_eq!(
        users_of(&server, "/v1/workflows/run").pop().as_deref(),
        Some("somebody-else"),
        "new runs are the new user's"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_without_an_id_is_looked_for_under_the_user_who_started_it_also_after_a_restart() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(vec![Step::Close]),
        "/v1/workflows/logs" => Some(json("502 BAD GATEWAY", "")),
        _ => None,
    })
    .await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    house.start(&app, Entries::new()).await.expect("it may have begun");
    until(|| asked(&server, "GET", "/logs") > 0).await;
    let earlier = users_of(&server, "/v1/workflows/run").remove(0);
    house.apps.set_user(&app.id, "somebody-else").await.expect("changed");
    let house = House::on(house.leave().await).await;
    house.apps.replace_key(&app.id, "app-key", KeepKey::Session, None).await.expect("entered again");
    let before = asked(&server, "GET", "/logs");
    house.runs.take_up().await.expect("taken up");
    until(|| asked(&server, "GET", "/logs") > before).await;
    assert_eq!(users_of(&server, "/logs").pop(), Some(earlier), "the log of the other user does not list it");
}
