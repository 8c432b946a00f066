//! Bad days: random faults, a network that is gone, and what the server writes down meanwhile.

use std::time::Duration;

use serde_json::json;

use super::super::{Became, Options, RandomFaults};
use super::{CLIENT, EVERY_CONTROL, Talk, events, named};

/// Behind the digest, every control and the approval.
const LONG_RUN: usize = 3;

async fn bad_day(seed: u64, share: f64) -> Talk {
    let random_faults = Some(RandomFaults { seed, share });
    Talk::with(LONG_RUN, Options { random_faults, for_trials: true, ..Options::default() }).await
}

fn way(way: &str, seconds: f64) -> serde_json::Value {
    json!({"title": "A trial", "seconds": seconds, "way": way})
}

/// What a client sees of so many details that are asked for one after the other.
async fn seen(talk: &Talk, times: usize) -> Vec<String> {
    let id = named(&talk.run(way("text", 0.0)).await, "workflow_started")[0]["workflow_run_id"].clone();
    let path = format!("/workflows/run/{}", id.as_str().unwrap());
    let mut seen = Vec::new();
    for _ in 0..times {
        let answer = talk.get(&path).await;
        let status = answer.status();
        let body = answer.text().await.map(|text| text.replace(id.as_str().unwrap(), "ID"));
        // Times and ids differ from day to day; that something is missing, or that a proxy speaks, does not.
        let kind = match &body {
            Ok(text) if text.starts_with('{') => "JSON",
            Ok(_) => "page",
            Err(_) => "broken",
        };
        seen.push(format!("{status} {kind}"));
    }
    seen
}

#[tokio::test]
async fn a_bad_day_can_be_repeated() {
    // Only runs are spared, so that there is one to ask about.
    let seed = (0..).find(|seed| super::super::fault::first_run_is_spared(RandomFaults { seed: *seed, share: 0.6 }));
    let seed = seed.unwrap();
    let (first, again) = (bad_day(seed, 0.6).await, bad_day(seed, 0.6).await);
    let (seen_first, seen_again) = (seen(&first, 24).await, seen(&again, 24).await);
    assert_eq!(seen_first, seen_again, "the same requests meet the same faults");
    let spoilt = seen_first.iter().filter(|seen| *seen != "200 OK JSON").count();
    assert!((6..24).contains(&spoilt), "about as many as it is told, and not all: {seen_first:?}");
    assert_eq!(first.server.drawn_faults(), again.server.drawn_faults(), "and are counted");
}

#[tokio::test]
async fn what_is_asked_for_is_written_down() {
    let talk = bad_day(1, 0.0).await;
    let ask = async |name: &str, body: serde_json::Value| {
        let request = CLIENT.post(talk.url("/workflows/run")).bearer_auth(talk.key()).header("X-Trace-Id", name);
        request.json(&body).send().await.unwrap().text().await.unwrap()
    };
    let body = json!({"inputs": way("partial", 0.0), "response_mode": "streaming", "user": "u1"});
    let stream = ask("one", body.clone()).await;
    ask("two", json!({"inputs": {}, "response_mode": "streaming", "user": "u1"})).await;
    ask("one", body).await;
    let runs = talk.server.known_runs();
    let asked: Vec<_> = talk.server.asked().into_iter().map(|asked| (asked.trace_id, asked.became)).collect();
    let (first, second) = (Became::Run(runs[0].id.clone()), Became::Run(runs[1].id.clone()));
    let expected = [("one", first), ("two", Became::Refused(400)), ("one", second)];
    assert_eq!(asked, expected.map(|(name, became)| (name.to_owned(), became)), "each request, and what became of it");
    let finished = &named(&events(&stream), "workflow_finished")[0]["data"].clone();
    assert_eq!((runs[0].status, &runs[0].outputs), ("partial-succeeded", &finished["outputs"]), "as the stream said");
    assert!(runs.iter().all(|run| run.is_over) && talk.server.count_runs() == (2, 2), "both are over");
    assert_eq!(runs[0].detail.as_ref().unwrap()["status"], finished["status"], "as it would be told later");
}

#[tokio::test]
async fn a_network_that_is_gone_resets_everybody_and_comes_back() {
    let talk = bad_day(1, 0.0).await;
    let mut running = talk.start(way("text", 30.0)).await;
    assert!(running.chunk().await.unwrap().is_some(), "the run has begun");
    talk.server.cut_off(Duration::from_millis(400));
    let broken = async { while running.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(Duration::from_secs(5), broken).await.expect("the open stream breaks at once");
    let new = reqwest::Client::new().get(talk.url("/site")).bearer_auth(talk.key()).send().await;
    assert!(new.is_err(), "nobody comes in");
    for _ in 0..200 {
        if let Ok(answer) = reqwest::Client::new().get(talk.url("/site")).bearer_auth(talk.key()).send().await {
            assert_eq!(answer.status(), 200, "it is there again");
            assert_eq!(talk.server.known_runs()[0].status, "running", "its runs know nothing of networks");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the network stays away");
}

#[tokio::test]
async fn a_long_run_takes_its_time_and_ends_as_it_is_told() {
    let talk = bad_day(1, 0.0).await;
    for (name, status) in
        [("text", "succeeded"), ("rounds", "succeeded"), ("partial", "partial-succeeded"), ("file", "succeeded")]
    {
        let events = talk.run(way(name, 0.4)).await;
        let finished = &named(&events, "workflow_finished")[0]["data"];
        assert_eq!(finished["status"], status, "{name}");
        assert!(finished["elapsed_time"].as_f64().unwrap() >= 0.4, "{name}: as long as it was told");
        let text: String =
            named(&events, "text_chunk").iter().map(|event| event["data"]["text"].as_str().unwrap()).collect();
        assert_eq!(finished["outputs"]["text"], text, "{name}: what streamed is what came out");
        assert_eq!(finished["outputs"].get("file").is_some(), name == "file");
        assert_eq!(named(&events, "loop_completed").len(), usize::from(name == "rounds"));
    }
    let failed = talk.run(way("failure", 0.0)).await;
    assert_eq!(named(&failed, "workflow_finished")[0]["data"]["status"], "failed");
    let broken = talk.run(way("error", 0.0)).await;
    assert!(named(&broken, "workflow_finished").is_empty() && broken.last().unwrap()["event"] == "error");
    let asks = talk.run(way("person", 0.0)).await;
    assert_eq!(asks.last().unwrap()["event"], "workflow_paused", "a person is waited for");
}

#[tokio::test]
async fn nothing_is_written_down_unless_somebody_will_read_it() {
    let talk = Talk::to(EVERY_CONTROL).await;
    talk.run(json!({"name": "Eva", "department": "Legal", "pace": 0, "events": "failure"})).await;
    assert!(talk.server.asked().is_empty() && talk.server.drawn_faults().is_empty());
}
