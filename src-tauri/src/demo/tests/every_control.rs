//! The app that sends every kind of event.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::every_control::VOICE;
use super::{EVERY_CONTROL, Talk, keys, named, order};

fn inputs(events: &str) -> Value {
    json!({"name": "Eva Lindholm", "department": "Legal", "pace": 0, "events": events, "urgent": "yes", "colour": "#336699"})
}

#[tokio::test]
async fn everything_really_sends_every_kind_of_event() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let events = talk.run(inputs("everything")).await;
    let kinds: BTreeSet<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    let expected = "agent_log event_of_the_future iteration_completed iteration_next iteration_started loop_completed loop_next loop_started \
                    node_finished node_retry node_started reasoning_chunk text_chunk text_replace tts_message tts_message_end warning \
                    workflow_finished workflow_started";
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), order(expected));

    let last = &named(&events, "workflow_finished")[0]["data"];
    assert_eq!((&last["status"], &last["error"]), (&json!("partial-succeeded"), &Value::Null));
    assert_eq!(last["exceptions_count"], 3, "two retries and one caught error");
    assert_eq!(keys(&last["outputs"]), order("echo doubled table file nothing done summary letter note"));
    assert_eq!(last["outputs"]["echo"]["urgent"], true, "a word became a boolean");
    assert_eq!(last["outputs"]["echo"]["address"]["city"], "Trieste", "a default was filled in");
    assert_eq!(last["outputs"]["echo"]["reference"], "hidden-default");

    let retries = named(&events, "node_retry");
    assert_eq!((&retries[0]["data"]["retry_index"], &retries[1]["data"]["retry_index"]), (&json!(1), &json!(2)));
    let kept =
        named(&events, "node_finished").into_iter().find(|event| event["data"]["id"] == retries[0]["data"]["id"]);
    assert_eq!(kept.unwrap()["data"]["status"], "succeeded", "the node keeps its id through its tries");

    let caught =
        named(&events, "node_finished").into_iter().find(|event| event["data"]["status"] == "exception").unwrap();
    assert_eq!(caught["data"]["error"], "Unknown error");
    assert_eq!(caught["data"]["execution_metadata"], json!({"error_strategy": "fail-branch"}));
    assert_eq!(keys(&caught["data"]["outputs"]), order("error_message error_type"));

    let completed = named(&events, "loop_completed")[0];
    let recorded = "total_tokens total_price currency completed_reason loop_duration_map loop_variable_map";
    assert_eq!(keys(&completed["data"]["execution_metadata"]), order(recorded));
    let rounds: Vec<&Value> = named(&events, "loop_next").into_iter().map(|event| &event["data"]["index"]).collect();
    assert_eq!(rounds, [&json!(1), &json!(2)], "a loop announces no round 0");
}

#[tokio::test]
async fn two_nodes_write_at_the_same_time() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let events = talk.run(inputs("success")).await;
    let selectors: Vec<&str> = named(&events, "text_chunk")
        .iter()
        .filter_map(|event| event["data"]["from_variable_selector"][0].as_str())
        .collect();
    let changes = selectors.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes > 6, "the pieces alternate: {selectors:?}");
    let last = &named(&events, "workflow_finished")[0]["data"];
    assert_eq!(last["status"], "succeeded");
    let note: String = named(&events, "text_chunk")
        .iter()
        .filter(|event| event["data"]["from_variable_selector"][0] == "note")
        .filter_map(|event| event["data"]["text"].as_str())
        .collect();
    assert_eq!(last["outputs"]["note"], note);
}

#[tokio::test]
async fn speech_follows_the_end_of_the_run_and_is_one_mp3() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let events = talk.run(inputs("audio")).await;
    let at = |name: &str| events.iter().position(|event| event["event"] == name);
    assert!(at("workflow_finished") < at("tts_message"));
    assert_eq!(events.last().unwrap()["event"], "tts_message_end");
    assert_eq!(keys(events.last().unwrap()), order("event workflow_run_id task_id audio"));
    let audio: Vec<u8> = named(&events, "tts_message")
        .iter()
        .flat_map(|event| STANDARD.decode(event["audio"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(audio, VOICE);
    let refused = talk.post("/text-to-audio", &json!({"text": "Hello", "user": "u1"})).await;
    assert_eq!(refused.status(), 400, "a recorded sentence is no answer to a text, so people are not offered it");
}

#[tokio::test]
async fn a_failure_leaves_its_neighbour_unfinished() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let events = talk.run(inputs("failure")).await;
    assert_eq!(named(&events, "workflow_finished")[0]["data"]["status"], "failed");
    let ids = |name: &str| named(&events, name).iter().map(|event| event["data"]["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids("node_started").len(), ids("node_finished").len() + 1);
}

#[tokio::test]
async fn an_error_event_ends_the_stream_and_a_blocking_run_gets_its_status() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let events = talk.run(inputs("error")).await;
    assert!(named(&events, "workflow_finished").is_empty());
    let error = named(&events, "error")[0];
    assert_eq!(keys(error), order("event workflow_run_id code status message"));
    let body = json!({"inputs": inputs("error"), "response_mode": "blocking", "user": "u1"});
    let response = talk.post("/workflows/run", &body).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["message"], error["message"]);
}

#[tokio::test]
async fn a_json_object_against_its_schema_fails_the_run_and_not_the_request() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let mut given = inputs("success");
    given["address"] = json!({"city": "Oslo", "floor": "two"});
    let events = talk.run(given).await;
    let last = &named(&events, "workflow_finished")[0]["data"];
    assert!(last["error"].as_str().unwrap().starts_with("JSON object for 'address' does not match schema: "), "{last}");
}
