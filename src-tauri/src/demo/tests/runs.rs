//! Runs of the document digest, and the life of a run: streams, stops, disconnects, resumes, logs.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Options, sample_documents};
use super::{CLIENT, DIGEST, EVERY_CONTROL, Talk, events, keys, named, order};

#[tokio::test]
async fn a_digest_streams_its_steps_in_the_recorded_shape() {
    let talk = Talk::recorded(DIGEST).await;
    let (name, pdf) = sample_documents()[0];
    let document = talk.file("document", name, "application/pdf", pdf).await;
    let broken = talk.file("document", "broken.pdf", "application/pdf", b"%PDF-1.4 nothing").await;
    let events = talk.run(json!({"documents": [document, broken], "length": "short"})).await;

    for event in &events {
        assert_eq!(keys(event), order("event workflow_run_id task_id data"), "{event}");
    }
    let of = |name: &str| named(&events, name);
    let first = |name: &str| keys(&of(name)[0]["data"]);
    assert_eq!(first("workflow_started"), order("id workflow_id inputs created_at"));
    let started = "id node_id node_type title index predecessor_node_id inputs inputs_truncated created_at extras iteration_id loop_id agent_strategy";
    assert_eq!(first("node_started"), order(started));
    let finished = "id node_id node_type title index predecessor_node_id inputs inputs_truncated process_data process_data_truncated outputs \
                    outputs_truncated status error elapsed_time execution_metadata created_at finished_at files iteration_id loop_id";
    assert_eq!(first("node_finished"), order(finished));
    let iteration = "id node_id node_type title created_at extras metadata inputs inputs_truncated";
    assert_eq!(first("iteration_started"), order(iteration));
    assert_eq!(first("iteration_next"), order("id node_id node_type title index created_at extras"));
    let completed = "id node_id node_type title outputs outputs_truncated created_at extras inputs inputs_truncated status error elapsed_time \
                     total_tokens execution_metadata finished_at steps";
    assert_eq!(first("iteration_completed"), order(completed));
    assert_eq!(
        keys(&of("iteration_completed")[0]["data"]["execution_metadata"]),
        order("total_tokens total_price currency iteration_duration_map")
    );
    let ended = "id workflow_id status outputs error elapsed_time total_tokens total_steps created_by created_at finished_at exceptions_count files";
    assert_eq!(first("workflow_finished"), order(ended));

    // The damaged file fails inside, and the run succeeds.
    let extracts: Vec<&Value> =
        of("node_finished").into_iter().filter(|event| event["data"]["node_id"] == "extract").collect();
    assert_eq!(
        (&extracts[0]["data"]["status"], &extracts[1]["data"]["status"]),
        (&json!("succeeded"), &json!("failed"))
    );
    assert_eq!(extracts[1]["data"]["execution_metadata"], json!({"iteration_id": "read", "iteration_index": 1}));
    let last = &of("workflow_finished")[0]["data"];
    assert_eq!(
        (&last["status"], &last["exceptions_count"], &last["total_steps"]),
        (&json!("succeeded"), &json!(0), &json!(7))
    );

    // The branches overlap, and the text is the rendering of all outputs.
    let at = |name: &str, node: &str| {
        events.iter().position(|event| event["event"] == name && event["data"]["node_id"] == node)
    };
    assert!(at("node_started", "sentences") < at("node_finished", "keywords"));
    let digest = last["outputs"]["digest"].as_str().unwrap();
    let text: String = of("text_chunk").iter().filter_map(|event| event["data"]["text"].as_str()).collect();
    assert!(text.starts_with(digest) && of("text_chunk").len() > 10);
    assert!(text[digest.len()..].starts_with("\n- "), "the keywords follow as a list");
    for expected in ["# Digest: 2", "Harbour Street", "| 2027-01-11 |", "| EUR 1,240,000 |", "broken.pdf", "⚠"] {
        assert!(digest.contains(expected) || expected == "# Digest: 2", "{expected} is missing in\n{digest}");
    }
}

#[tokio::test]
async fn the_digest_file_can_be_fetched_until_its_link_expires() {
    for (life, expected) in [(300, 200), (0, 403)] {
        let options = Options { link_life: Duration::from_secs(life), ..Options::default() };
        let talk = Talk::with(DIGEST, options).await;
        let events = talk.run(json!({"text": "The roof was mended on 3 May 2026 for EUR 900. The bill is paid.", "title": "A/B: roof"})).await;
        let outputs = &named(&events, "workflow_finished")[0]["data"]["outputs"];
        let file = &outputs["file"][0];
        let recorded = "dify_model_identity id tenant_id type transfer_method remote_url related_id filename extension mime_type size url";
        assert_eq!(keys(file), order(recorded));
        assert_eq!(file["filename"], "Digest - A B roof.md");
        let fetched = CLIENT.get(file["url"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(fetched.status(), expected);
        if expected == 200 {
            assert_eq!(fetched.text().await.unwrap(), outputs["digest"].as_str().unwrap());
        }
    }
}

#[tokio::test]
async fn chinese_text_gives_a_chinese_digest() {
    let talk = Talk::to(DIGEST).await;
    let (name, docx) = sample_documents()[1];
    let mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let document = talk.file("document", name, mime, docx).await;
    let body = json!({"inputs": {"documents": [document]}, "user": "u1"});
    let response = talk.post("/workflows/run", &body).await;
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    let text = response.text().await.unwrap();
    assert!(text.is_ascii() && !text.ends_with('\n'), "a blocking answer is ASCII without a line feed");
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(keys(&answer), order("task_id workflow_run_id data"));
    let digest = answer["data"]["outputs"]["digest"].as_str().unwrap();
    for expected in ["# 摘要：办公设备采购与维护服务协议", "## 关键词", "甲方", "| 2026-10-01 |", "1,286,000元"]
    {
        assert!(digest.contains(expected), "{expected} is missing in\n{digest}");
    }
}

#[tokio::test]
async fn a_run_without_anything_to_read_fails_in_plain_words() {
    let talk = Talk::recorded(DIGEST).await;
    let events = talk.run(json!({})).await;
    assert!(named(&events, "iteration_started").is_empty(), "an iteration over nothing sends nothing");
    let last = &named(&events, "workflow_finished")[0]["data"];
    assert_eq!((&last["status"], &last["outputs"]), (&json!("failed"), &json!({})));
    assert_eq!(last["error"], "Nothing to read: add a document or paste a text.");
    let detail = talk.json(&format!("/workflows/run/{}", last["id"].as_str().unwrap())).await;
    assert_eq!((&detail["status"], &detail["outputs"]), (&json!("failed"), &Value::Null));
}

/// Reads frames until one has this event.
async fn until(response: &mut reqwest::Response, event: &str) -> Value {
    let mut seen = String::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
        if let Some(found) = events(&seen).into_iter().find(|found| found["event"] == event) {
            return found;
        }
    }
    panic!("no {event} in {seen}");
}

const SLOW: f64 = 30.0;

#[tokio::test]
async fn stop_ends_the_stream_and_the_stored_run_is_stopped() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let mut stream = talk.start(json!({"name": "Eva", "department": "Legal", "pace": SLOW})).await;
    let started = until(&mut stream, "workflow_started").await;
    let run = started["workflow_run_id"].as_str().unwrap().to_owned();
    let running = talk.json(&format!("/workflows/run/{run}")).await;
    assert_eq!(
        (&running["status"], &running["outputs"], &running["finished_at"]),
        (&json!("running"), &json!({}), &Value::Null)
    );

    let stop = format!("/workflows/tasks/{}/stop", started["task_id"].as_str().unwrap());
    assert_eq!(
        talk.post(&stop, &json!({"user": "someone else"})).await.text().await.unwrap(),
        "{\"result\": \"success\"}\n"
    );
    let last = &until(&mut stream, "workflow_finished").await["data"];
    assert_eq!((&last["status"], &last["error"]), (&json!("stopped"), &json!("Stopped by user.")));
    let detail = talk.json(&format!("/workflows/run/{run}")).await;
    assert_eq!((&detail["status"], &detail["outputs"]), (&json!("stopped"), &json!({})));
    let logs = talk.json("/workflows/logs?status=stopped").await;
    assert_eq!((&logs["total"], &logs["data"][0]["workflow_run"]["id"]), (&json!(1), &json!(run)));
}

#[tokio::test]
async fn a_run_goes_on_without_its_client_and_can_be_joined_again() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let mut stream = talk.start(json!({"name": "Eva", "department": "Legal", "pace": 0.02})).await;
    let started = until(&mut stream, "node_finished").await;
    drop(stream);
    let run = started["workflow_run_id"].as_str().unwrap();
    let path = format!("/workflow/{run}/events?user=u1");

    let joined = events(&talk.get(&format!("{path}&include_state_snapshot=true")).await.text().await.unwrap());
    assert_eq!((&joined[0]["event"], &joined[1]["event"]), (&json!("workflow_started"), &json!("node_started")));
    let snapshot = joined.iter().find(|event| event["event"] == "node_finished").unwrap();
    assert_eq!((&snapshot["data"]["outputs"], &snapshot["data"]["status"]), (&Value::Null, &json!("succeeded")));
    assert_eq!(joined.iter().filter(|event| event["event"] == "workflow_finished").count(), 1);

    let later = events(&talk.get(&path).await.text().await.unwrap());
    assert_eq!(later.len(), 1, "a finished run answers with its last event only");
    assert_eq!(later[0]["data"]["status"], "partial-succeeded");
    assert_eq!(
        talk.get(&format!("/workflow/{run}/events?user=other")).await.status(),
        404,
        "only the creator may join"
    );
}

#[tokio::test]
async fn pings_are_slipped_into_a_quiet_stream() {
    let options = Options { ping_interval: Duration::from_millis(5), ..Options::default() };
    let talk = Talk::with(EVERY_CONTROL, options).await;
    let body = talk
        .start(json!({"name": "Eva", "department": "Legal", "pace": 0.05, "events": "partial"}))
        .await
        .text()
        .await
        .unwrap();
    assert!(body.contains("\n\nevent: ping\n\n"), "{body}");
    assert!(!events(&body).is_empty());
}

#[tokio::test]
async fn logs_list_the_newest_first_and_filter() {
    let talk = Talk::to(DIGEST).await;
    for (user, text) in
        [("u1", "The first text about gardens, which is long enough."), ("李 四", "第二篇文本讨论预算。"), ("u1", "")]
    {
        talk.post("/workflows/run", &json!({"inputs": {"text": text}, "user": user})).await;
    }
    let all = talk.json("/workflows/logs").await;
    assert_eq!(keys(&all), order("page limit total has_more data"));
    let row = "id workflow_run details created_from created_by_role created_by_account created_by_end_user created_at";
    assert_eq!(keys(&all["data"][0]), order(row));
    let run = "id version status triggered_from error elapsed_time total_tokens total_steps created_at finished_at exceptions_count";
    assert_eq!(keys(&all["data"][0]["workflow_run"]), order(run));
    assert_eq!((&all["total"], &all["data"][0]["workflow_run"]["status"]), (&json!(3), &json!("failed")));

    for (query, expected) in [
        ("status=succeeded", 2),
        ("status=failed", 1),
        ("keyword=GARDENS", 1),
        ("keyword=%E9%A2%84%E7%AE%97", 0),
        ("created_by_end_user_session_id=%E6%9D%8E%20%E5%9B%9B", 1),
        ("created_by_end_user_session_id=nobody", 0),
        ("created_at__after=2026-01-01", 3),
        ("created_at__before=2026-01-01T10:00:00%2B02:00", 0),
        ("created_at__after=", 3),
        ("keyword=", 3),
    ] {
        assert_eq!(talk.json(&format!("/workflows/logs?{query}")).await["total"], expected, "{query}");
    }
    let second = talk.json("/workflows/logs?limit=2&page=2").await;
    assert_eq!((second["data"].as_array().map(Vec::len), &second["has_more"]), (Some(1), &json!(false)));
    let whole = all["data"][1]["workflow_run"]["id"].as_str().unwrap();
    assert_eq!(talk.json(&format!("/workflows/logs?keyword={whole}")).await["total"], 1);
}

#[tokio::test]
async fn a_stored_run_holds_its_inputs_and_outputs_as_json_text() {
    let talk = Talk::recorded(DIGEST).await;
    let body = json!({"inputs": {"text": "文本 and words, enough of them for a sentence."}, "user": 42});
    let answer: Value = talk.post("/workflows/run", &body).await.json().await.unwrap();
    let detail = talk.json(&format!("/workflows/run/{}", answer["workflow_run_id"].as_str().unwrap())).await;
    let recorded =
        "id workflow_id status inputs outputs error total_steps total_tokens created_at finished_at elapsed_time";
    assert_eq!(keys(&detail), order(recorded));
    let inputs = detail["inputs"].as_str().unwrap();
    assert!(
        inputs.contains("\\u6587\\u672c")
            && inputs.contains("\"sys.user_id\": \"42\"")
            && inputs.contains("\"sys.timestamp\": ")
    );
    let outputs: Value = serde_json::from_str(detail["outputs"].as_str().unwrap()).unwrap();
    assert_eq!(outputs["digest"], answer["data"]["outputs"]["digest"]);
    let version = format!("/workflows/{}/run", detail["workflow_id"].as_str().unwrap());
    assert_eq!(talk.post(&version, &body).await.status(), 200, "the published version can be named");
}
