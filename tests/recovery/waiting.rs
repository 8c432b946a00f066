//! Runs that wait for a person, looked after by the way.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_server_does_not_hold_back_the_waiting_runs_of_another() {
    let slow = server(&[DETAIL], |request| request.path().contains(RUN).then(|| vec![Step::Silence])).await;
    let quick = server(&[DETAIL], |request| request.path().contains(RUN).then(|| detail("succeeded"))).await;
    let mut house = House::new().await.paced(200);
    let mut left = Vec::new();
    for server in [&quick, &slow, &slow, &slow, &slow, &slow, &slow] {
        let app = connected_anew(&house, server, left.len()).await;
        left.push(left_with_ids(&house, &app, RunStatus::Waiting).await);
    }
    house.runs.take_up().await.expect("taken up");
    until(|| asked(&slow, "GET", RUN) > 0).await;
    let run = house.ended(&left[0]).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "its own server answers at once");
    house.runs.stop(&left[1]).await.expect("asked");
    // Also while its server is asked.
    house.until(&left[1], |run| run.head.status == RunStatus::Stopping).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_drawn_while_a_waiting_run_is_looked_after() {
    let server = server(&[DETAIL], |request| match request.path() {
        path if path.ends_with("/stop") => Some(json("200 OK", r#"{"result": "success"}"#)),
        path if path.contains(RUN) => Some(vec![Step::Silence]),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = left_with_ids(&house, &app, RunStatus::Waiting).await;
    let (runs, of) = (house.runs.clone(), id.clone());
    let looking = tokio::spawn(async move { runs.check_again(&of).await });
    until(|| asked(&server, "GET", RUN) > 0).await;
    house.runs.stop(&id).await.expect("asked");
    house.until(&id, |run| run.head.status == RunStatus::Stopping).await;
    until(|| asked(&server, "POST", "/stop") > 0).await;
    let outlook = looking.await.expect("no panic").expect("it is followed on");
    assert_eq!(outlook, runs::Outlook::Running);
}
