//! Streams that stay open and tell nothing of the run: its detail is asked beside them.

use super::*;

/// The head of a run, and then pings for as long as anybody listens.
fn only_pings(head: &str) -> Reply {
    let mut reply = vec![Step::Write(format!("{STREAM_HEAD}{head}").into_bytes())];
    for _ in 0..3000 {
        reply.extend([Step::Work(Duration::from_millis(20)), Step::Write(b"event: ping\n\n".to_vec())]);
    }
    reply
}

/// Which states the page was told of.
fn states(house: &House) -> HashSet<&'static str> {
    let heads = house.seen.iter().filter_map(|event| match event {
        AppEvent::RunChanged { patch } => patch.head.as_ref(),
        _ => None,
    });
    heads.map(|head| head.status.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_held_open_after_the_runs_end_does_not_keep_it_running() {
    let looks = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&looks);
    let server = server(&[DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => Some(only_pings(&[started(), node("1", None)].concat())),
        path if path == format!("/v1/workflows/run/{RUN}") => {
            Some(detail(if count.fetch_add(1, Ordering::SeqCst) < 2 { "running" } else { "succeeded" }))
        }
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(500);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "its detail says so");
    assert_eq!(run.outputs["answer"], "ABC", "with its outputs");
    assert!(!states(&house).contains("out_of_contact"), "the stream was followed on meanwhile: {:?}", states(&house));
    assert!(
        run.notices.iter().any(|notice| matches!(notice, Notice::Gap { .. })),
        "its end was not seen, and that is said"
    );
    assert_eq!((posts(&server), looks.load(Ordering::SeqCst)), (1, 3), "it is asked again, and never started anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_pauses_without_its_stream_saying_so_waits() {
    let server = server(&[DETAIL], |request| match request.path() {
        "/v1/workflows/run" => Some(only_pings(&[started(), node("1", None)].concat())),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("paused")),
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(500);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| run.head.status == RunStatus::Paused).await;
    assert_eq!(posts(&server), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_run_that_its_server_has_no_detail_of_is_followed_on() {
    let (open, gate) = watch::channel(false);
    let server = server(&[DETAIL], move |request| match request.path() {
        "/v1/workflows/run" => {
            let mut reply = vec![Step::Write([STREAM_HEAD, &started(), &node("1", None)].concat().into_bytes())];
            reply.push(Step::Gate(gate.clone()));
            reply.extend([Step::Write(finished("succeeded").into_bytes()), Step::Close]);
            Some(reply)
        }
        path if path == format!("/v1/workflows/run/{RUN}") => None,
        _ => None,
    })
    .await;
    let mut house = House::new().await.paced(500);
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    until(|| asked(&server, "GET", RUN) > 0).await;
    open.send_replace(true);
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "the stream says how it ended");
    assert!(!states(&house).contains("out_of_contact"), "nothing was lost: {:?}", states(&house));
    assert_eq!(run.notices, [], "and nothing was missed");
}
