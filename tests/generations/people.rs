//! A workflow that asks a person: it pauses, shows a form, and goes on when somebody has answered.

use std::time::Duration;

use flowdeck::demo::{Generation, Options};
use serde_json::{Value, json};

use crate::{Talk, keys, named, refusal, words};

async fn asked(talk: &Talk) -> (String, Value, Vec<Value>) {
    let events = talk.run("approval", json!({"subject": "A new desk", "reason": "The old one is broken."})).await;
    let required = named(&events, "human_input_required")[0]["data"].clone();
    let run = events[0]["workflow_run_id"].as_str().expect("an id").to_owned();
    (run, required, events)
}

fn form_path(required: &Value) -> String {
    format!("/form/human_input/{}", required["form_token"].as_str().expect("a token"))
}

fn answer(action: &str) -> Value {
    json!({"inputs": {"comment": "Make it oak.", "priority": "normal"}, "action": action, "user": "u1"})
}

fn joined(run: &str, more: &str) -> String {
    format!("/workflow/{run}/events?user=u1{more}")
}

async fn stream(talk: &Talk, path: &str) -> Vec<Value> {
    crate::events(&talk.get("approval", path).await.text().await.expect("a stream"))
}

#[tokio::test]
async fn a_run_pauses_until_a_person_has_answered() {
    let talk = Talk::to(Generation::Today).await;
    let (run, required, events) = asked(&talk).await;
    assert_eq!(events.last().expect("events")["event"], "workflow_paused", "the stream ends with the pause");
    let fields = "form_id node_id node_title form_content inputs actions resolved_default_values expiration_time display_in_ui \
                  form_token approval_channels";
    assert_eq!(keys(&required), words(fields), "api.md §3.5");
    let paused = &named(&events, "workflow_paused")[0]["data"];
    assert_eq!((&paused["paused_nodes"], &paused["status"]), (&json!(["decide"]), &json!("paused")), "where it waits");
    let detail = talk.json("approval", &format!("/workflows/run/{run}")).await;
    assert_eq!((&detail["status"], &detail["finished_at"]), (&json!("paused"), &Value::Null), "it has not ended");

    let form = talk.json("approval", &form_path(&required)).await;
    let fields = "form_content inputs resolved_default_values user_actions expiration_time";
    assert_eq!(keys(&form), words(fields), "api.md §3.5");
    assert_eq!(
        form["user_actions"][0],
        json!({"id": "approve", "title": "Approve", "button_style": "primary"}),
        "actions"
    );

    let accepted = talk.post("approval", &form_path(&required), &answer("approve")).await;
    assert_eq!(accepted.text().await.expect("a body").trim(), "{}", "an empty object");
    let rest = stream(&talk, &joined(&run, "&include_state_snapshot=true")).await;
    let last = &named(&rest, "workflow_finished")[0]["data"];
    let expected = json!({"decision": "approve", "comment": "Make it oak."});
    assert_eq!((&last["status"], &last["outputs"]["decision"]), (&json!("succeeded"), &expected["decision"]), "{last}");
    assert_eq!(last["outputs"]["comment"], expected["comment"], "what the person wrote is an output");

    let again = talk.post("approval", &form_path(&required), &answer("approve")).await;
    assert_eq!(refusal(again).await, (412, "human_input_form_submitted".into()), "a form is answered once");
}

#[tokio::test]
async fn a_patient_listener_stays_through_every_pause() {
    let talk = Talk::to(Generation::Today).await;
    let (run, required, _) = asked(&talk).await;
    let path = joined(&run, "&include_state_snapshot=true&continue_on_pause=true");
    let mut listening = talk.get("approval", &path).await;
    let mut seen = String::new();
    let mut form = required;
    for action in ["revise", "approve"] {
        let submitted = talk.post("approval", &form_path(&form), &answer(action)).await;
        assert_eq!(submitted.status(), 200, "{action}");
        let wanted = if action == "revise" { "decide_again\",\"node_title" } else { "workflow_finished" };
        while !seen.contains(wanted) {
            let piece = listening.chunk().await.expect("a stream").expect("more of it");
            seen.push_str(&String::from_utf8_lossy(&piece));
        }
        let events = crate::events(&seen);
        if let Some(again) = named(&events, "human_input_required").last() {
            form = again["data"].clone();
        }
    }
    let events = crate::events(&seen);
    assert_eq!(named(&events, "human_input_form_filled").len(), 2, "both answers are told");
    let reasons: Vec<&Value> =
        named(&events, "workflow_started").iter().map(|event| &event["data"]["reason"]).collect();
    assert_eq!(reasons, ["initial", "resumption", "resumption"], "each start says why");
    let filled = &named(&events, "human_input_form_filled")[0]["data"];
    assert!(filled["rendered_content"].as_str().is_some_and(|text| text.contains("Comment: Make it oak.")), "{filled}");
}

#[tokio::test]
async fn a_listener_without_patience_is_told_of_the_pause_and_let_go() {
    let talk = Talk::to(Generation::Today).await;
    let (run, ..) = asked(&talk).await;
    let told = stream(&talk, &joined(&run, "")).await;
    let names: Vec<_> = told.iter().map(|event| event["event"].as_str().expect("a name")).collect();
    assert_eq!(names, ["human_input_required", "workflow_paused"], "what it waits for");
    let blocking = json!({"inputs": {"subject": "A desk"}, "response_mode": "blocking", "user": "u1"});
    let answer: Value = talk.post("approval", "/workflows/run", &blocking).await.json().await.expect("JSON");
    assert_eq!(answer["data"]["status"], "paused", "a blocking call does not wait for people");
    assert_eq!(answer["data"]["paused_nodes"], json!(["decide"]), "and says where it pauses");
}

#[tokio::test]
async fn wrong_answers_late_answers_and_strangers_are_refused() {
    let talk = Talk::to(Generation::Today).await;
    let (run, required, _) = asked(&talk).await;
    let path = form_path(&required);
    for body in [
        answer("burn it"),
        json!({"inputs": {"comment": ""}, "action": "approve", "user": "u1"}),
        json!({"inputs": {"comment": "", "priority": "later"}, "action": "approve", "user": "u1"}),
    ] {
        let refused = talk.post("approval", &path, &body).await;
        assert_eq!(refusal(refused).await, (400, "invalid_form_data".into()), "{body}");
    }
    let nowhere = talk.get("approval", "/form/human_input/none").await;
    assert_eq!(refusal(nowhere).await, (404, "not_found".into()), "no such form");
    let other_key = talk.get("document-digest", &path).await;
    assert_eq!(refusal(other_key).await, (404, "not_found".into()), "a form of another app");
    let stranger = talk.get("approval", &format!("/workflow/{run}/events?user=u2")).await;
    assert_eq!(refusal(stranger).await, (404, "not_found".into()), "somebody else's run");

    let short = Options { for_trials: true, form_life: Duration::ZERO, ..Options::default() };
    let talk = Talk::with(short).await;
    let (run, required, _) = asked(&talk).await;
    let rest = stream(&talk, &joined(&run, "&continue_on_pause=true")).await;
    let last = &named(&rest, "workflow_finished")[0]["data"];
    assert_eq!(last["outputs"]["decision"], "timeout", "nobody answered in time: {rest:?}");
    let late = talk.post("approval", &form_path(&required), &answer("approve")).await;
    assert_eq!(refusal(late).await, (412, "human_input_form_expired".into()), "too late");
}

#[tokio::test]
async fn only_trials_of_today_have_an_app_that_asks() {
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        let asks = talk.server.apps().iter().any(|app| app.slug == "approval");
        assert_eq!(asks, generation == Generation::Today, "{generation}");
    }
    let shipped = flowdeck::demo::DemoServer::start().await.expect("the server starts");
    let slugs: Vec<_> = shipped.apps().iter().map(|app| app.slug).collect();
    assert_eq!(slugs, ["document-digest", "every-control"], "the window shows what it can play");
}

async fn asked_in_this_way(talk: &Talk, way: &str) -> Vec<Value> {
    talk.run("approval", json!({"subject": "A new desk", "reason": "The old one is broken.", "ask": way})).await
}

#[tokio::test]
async fn two_people_are_asked_at_once_and_the_run_pauses_until_both_have_answered() {
    let talk = Talk::to(Generation::Today).await;
    let events = asked_in_this_way(&talk, "two people at once").await;
    let run = events[0]["workflow_run_id"].as_str().expect("an id");
    let required = named(&events, "human_input_required");
    assert_eq!(required.len(), 2, "one form each");
    assert_eq!(named(&events, "workflow_paused")[0]["data"]["paused_nodes"], json!(["decide_legal", "decide_finance"]));
    let approve = answer("approve");
    talk.post("approval", &form_path(&required[1]["data"]), &approve).await;
    let told = stream(&talk, &joined(run, "")).await;
    let names: Vec<_> = named(&told, "human_input_required").iter().map(|event| &event["data"]["node_id"]).collect();
    assert_eq!(names, ["decide_legal"], "it waits on for the other: {told:?}");
    talk.post("approval", &form_path(&required[0]["data"]), &approve).await;
    let rest = stream(&talk, &joined(run, "")).await;
    assert_eq!(named(&rest, "workflow_finished")[0]["data"]["outputs"]["decision"], "approve", "{rest:?}");
}

#[tokio::test]
async fn files_of_an_answer_are_checked_and_a_mailed_form_does_not_tell_its_token() {
    let talk = Talk::to(Generation::Today).await;
    let events = asked_in_this_way(&talk, "one person, with papers").await;
    let required = named(&events, "human_input_required")[0]["data"].clone();
    let kinds: Vec<_> = required["inputs"].as_array().expect("inputs").iter().map(|input| &input["type"]).collect();
    assert_eq!(kinds, ["paragraph", "select", "file", "file-list"], "every kind (api.md §3.5)");
    let mut body = answer("approve");
    for wrong in [
        json!(null),
        json!("a.pdf"),
        json!({"type": "image", "transfer_method": "remote_url", "url": "https://x.example/a.png"}),
    ] {
        body["inputs"]["signed_request"] = wrong.clone();
        body["inputs"]["other_papers"] = json!([]);
        let refused = talk.post("approval", &form_path(&required), &body).await;
        assert_eq!(refusal(refused).await, (400, "invalid_form_data".into()), "{wrong}");
    }
    body["inputs"]["signed_request"] =
        json!({"type": "document", "transfer_method": "remote_url", "url": "https://x.example/a.pdf"});
    assert_eq!(talk.post("approval", &form_path(&required), &body).await.status(), 200, "a document it takes");

    let events = asked_in_this_way(&talk, "by mail alone").await;
    let required = named(&events, "human_input_required")[0]["data"].clone();
    assert_eq!((&required["form_token"], &required["display_in_ui"]), (&Value::Null, &json!(false)), "by mail only");
    let token = talk.server.mailed_forms().pop().expect("a mail went out");
    let submitted = talk.post("approval", &format!("/form/human_input/{token}"), &answer("approve")).await;
    assert_eq!(submitted.status(), 200, "its link works");
}
