//! What the server of each generation allows and refuses, and the parts that are not about runs: files, speech, users.

use flowdeck::demo::{Condition, Generation, Options, StandIn};
use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{NOBODY, Talk, keys, named, refusal};

#[tokio::test]
async fn runs_of_a_version_are_refused_in_the_words_of_the_document_or_of_the_server() {
    join_all(
        [
            (Generation::Late2025, (400, "workflow_not_found"), (400, "workflow_id_format_error")),
            (Generation::Recorded, (404, "not_found"), (400, "bad_request")),
            (Generation::Today, (404, "not_found"), (400, "bad_request")),
        ]
        .map(|(generation, unknown, malformed)| async move {
            let talk = Talk::to(generation).await;
            let body = json!({"inputs": {"text": "One. Two."}, "user": "u1", "response_mode": "blocking"});
            let run = async |id: &str| talk.post("document-digest", &format!("/workflows/{id}/run"), &body).await;
            let (status, code) = refusal(run(NOBODY).await).await;
            assert_eq!((status, code.as_str()), unknown, "{generation}");
            let (status, code) = refusal(run("abc").await).await;
            assert_eq!((status, code.as_str()), malformed, "{generation}");
            let first: Value = talk.post("document-digest", "/workflows/run", &body).await.json().await.expect("JSON");
            let version = first["data"]["workflow_id"].as_str().expect("an id").to_owned();
            let traced = talk
                .http
                .post(talk.url(&format!("/workflows/{version}/run")))
                .bearer_auth(&talk.app("document-digest").key);
            let traced = traced.header("x-trace-id", "trace-1").json(&body).send().await.expect("an answer");
            assert_eq!(traced.status(), 200, "{generation}: the published version runs, a trace id is taken");
        }),
    )
    .await;
}

#[tokio::test]
async fn stopping_has_one_path_and_the_user_counted_once() {
    use Generation::*;
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        let body = json!({
            "inputs": {"name": "Eva", "department": "Legal", "pace": 30}, "response_mode": "streaming", "user": "u1",
        });
        let mut stream = talk.post("every-control", "/workflows/run", &body).await;
        let mut seen = String::new();
        while !seen.contains("node_started") {
            seen.push_str(&String::from_utf8_lossy(&stream.chunk().await.expect("a stream").expect("more of it")));
        }
        // A warning may come first, which names no task.
        let begun = crate::events(&seen);
        let task = begun.iter().find_map(|event| event["task_id"].as_str()).expect("a task id");
        let (path, wrong) = match generation {
            Spring2024 => (format!("/workflows/{task}/stop"), format!("/workflows/tasks/{task}/stop")),
            _ => (format!("/workflows/tasks/{task}/stop"), format!("/workflows/{task}/stop")),
        };
        let user = json!({"user": "u1"});
        assert_eq!(talk.post("every-control", &wrong, &user).await.status(), 404, "{generation}: the other path");
        if generation < Recorded {
            let stranger = talk.post("every-control", &path, &json!({"user": "u2"})).await;
            assert_eq!(stranger.status(), 200, "{generation}: success is the answer, whatever happens");
        }
        let logged = if generation == Spring2024 {
            Value::Null
        } else {
            talk.json("every-control", "/workflows/logs").await["total"].clone()
        };
        assert_eq!(logged == 1, generation >= Late2025, "{generation}: {logged}; old servers write the row at the end");
        assert_eq!(talk.post("every-control", &path, &user).await.status(), 200, "{generation}");
        seen.push_str(&stream.text().await.expect("the rest"));
        let all = crate::events(&seen);
        let last = &named(&all, "workflow_finished")[0]["data"];
        assert_eq!(last["status"], "stopped", "{generation}");
        if generation > Spring2024 {
            let run = last["id"].as_str().expect("an id");
            let stored = talk.json("every-control", &format!("/workflows/run/{run}")).await;
            let expected = if generation == Recorded { "running" } else { "stopped" };
            assert_eq!(stored["status"], expected, "{generation}: one server forgot that it had stopped");
        }
    }
}

#[tokio::test]
async fn one_run_too_many_is_refused_in_both_dresses_and_not_counted_in_2024() {
    for (generation, expected) in [
        (Generation::Autumn2024, None),
        (Generation::Mid2025, Some((429, "too_many_requests"))),
        (Generation::Recorded, Some((400, "invalid_param"))),
        (Generation::Today, Some((429, "too_many_requests"))),
    ] {
        let talk = Talk::with(Options { generation, max_active_runs: 0, ..Options::default() }).await;
        let body = json!({"inputs": {"text": "One."}, "user": "u1", "response_mode": "blocking"});
        let answer = talk.post("document-digest", "/workflows/run", &body).await;
        match expected {
            None => assert_eq!(answer.status(), 200, "{generation}"),
            Some((status, code)) => assert_eq!(refusal(answer).await, (status, code.into()), "{generation}"),
        }
    }
}

#[tokio::test]
async fn uploads_have_the_rules_and_fields_of_their_time() {
    use Generation::*;
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        let upload = async |name: &str, mime: &str| {
            let part = Part::bytes(b"abc".to_vec()).file_name(name.to_owned()).mime_str(mime).expect("a media type");
            let form = Form::new().text("user", "u1").part("file", part);
            let request = talk.http.post(talk.url("/files/upload")).bearer_auth(&talk.app("every-control").key);
            request.multipart(form).send().await.expect("an answer")
        };
        let text = upload("a.txt", "text/plain").await;
        if generation == Spring2024 {
            assert_eq!(refusal(text).await, (415, "unsupported_file_type".into()), "pictures only");
        } else {
            assert_eq!(text.status(), 201, "{generation}");
        }
        let picture: Value = upload("a.png", "image/png").await.json().await.expect("JSON");
        let fields = keys(&picture).len();
        assert_eq!(
            fields,
            match generation {
                Recorded => 14,
                Today => 15,
                _ => 7,
            },
            "{generation}: {picture}"
        );
        assert_eq!(
            picture["created_by"].is_number(),
            generation == Late2025,
            "{generation}: as in that document's sample"
        );
        let odd = upload("a?b.png", "image/png").await.status();
        assert_eq!(odd, if generation == Today { 201 } else { 400 }, "{generation}: names that Windows does not like");
    }
}

#[tokio::test]
async fn empty_texts_and_files_of_a_run_are_judged_as_then() {
    use Generation::*;
    for generation in [Autumn2024, Mid2025, Recorded, Today] {
        let talk = Talk::to(generation).await;
        let run = async |user: &str, changed: Value| {
            let mut inputs = json!({"name": "Eva", "department": "Legal", "pace": 0, "events": "audio"});
            inputs.as_object_mut().expect("an object").extend(changed.as_object().cloned().expect("an object"));
            let body = json!({"inputs": inputs, "response_mode": "blocking", "user": user});
            talk.post("every-control", "/workflows/run", &body).await.status().as_u16()
        };
        let empty = run("u1", json!({"name": ""})).await;
        assert_eq!(empty, if generation == Autumn2024 { 400 } else { 200 }, "{generation}: an empty required text");

        let upload = async |name: &str, mime: &str| {
            let part = Part::bytes(b"abc".to_vec()).file_name(name.to_owned()).mime_str(mime).expect("a media type");
            let form = Form::new().text("user", "u1").part("file", part);
            let request = talk.http.post(talk.url("/files/upload")).bearer_auth(&talk.app("every-control").key);
            let stored: Value = request.multipart(form).send().await.expect("an answer").json().await.expect("JSON");
            move |kind: &str| json!({"transfer_method": "local_file", "upload_file_id": stored["id"], "type": kind})
        };
        let note = upload("a.txt", "text/plain").await;
        let mistaken = run("u1", json!({"attachment": note("image")})).await;
        assert_eq!(
            mistaken,
            if generation == Autumn2024 { 200 } else { 400 },
            "{generation}: a text that is called a picture"
        );
        let stranger = run("u2", json!({"attachment": note("document")})).await;
        assert_eq!(stranger, if generation == Today { 400 } else { 200 }, "{generation}: somebody else's file");
        assert_eq!(
            run("u1", json!({"attachments": [note("document")]})).await,
            200,
            "{generation}: a list of one's own"
        );
    }
}

#[tokio::test]
async fn an_app_whose_api_is_off_was_not_found_at_first() {
    for (generation, expected) in [(Generation::Spring2024, 404), (Generation::Today, 403)] {
        let stand_ins = vec![StandIn { key: "app-off".into(), condition: Condition::ApiDisabled }];
        let talk = Talk::with(Options { generation, stand_ins, ..Options::default() }).await;
        let request = talk.http.get(talk.url("/parameters?user=u1")).bearer_auth("app-off");
        let answer = request.send().await.expect("an answer");
        assert_eq!(refusal(answer).await.0, expected, "{generation}");
    }
}

#[tokio::test]
async fn files_beside_the_form_are_taken_counted_and_warned_about() {
    let talk = Talk::to(Generation::Today).await;
    let files = |count: usize| {
        let file = json!({"type": "document", "transfer_method": "remote_url", "url": "https://host.invalid/a.pdf"});
        let inputs = json!({"name": "Eva", "department": "Legal", "pace": 0, "events": "success"});
        json!({"inputs": inputs, "files": vec![file; count], "response_mode": "streaming", "user": "u1"})
    };
    let stream = talk.post("every-control", "/workflows/run", &files(1)).await.text().await.expect("a stream");
    let all = crate::events(&stream);
    let attached = &named(&all, "workflow_started")[0]["data"]["inputs"]["sys.files"];
    assert_eq!(attached[0]["filename"], "a.pdf", "it is a file of the run");
    assert_eq!(named(&all, "warning").len(), 1, "the field is deprecated, and that is said");
    let too_many = talk.post("every-control", "/workflows/run", &files(4)).await;
    assert_eq!(refusal(too_many).await, (400, "invalid_param".into()), "three are the limit");
}

#[tokio::test]
async fn speech_goes_both_ways() {
    let talk = Talk::to(Generation::Today).await;
    let spoken = talk.post("every-control", "/text-to-audio", &json!({"text": "Hello", "user": "u1"})).await;
    assert_eq!(spoken.headers()["content-type"], "audio/mpeg", "the type that servers send");
    let sound = spoken.bytes().await.expect("bytes").to_vec();
    let is_mp3 = sound.starts_with(b"ID3") || (sound[0] == 0xff && sound[1] & 0xe0 == 0xe0);
    assert!(is_mp3, "an MP3 begins with a tag or a frame: {:?}", &sound[..4]);
    let nothing = talk.post("every-control", "/text-to-audio", &json!({"message_id": NOBODY, "user": "u1"})).await;
    assert_eq!(nothing.text().await.expect("a body").trim(), "null", "no workflow has messages");

    let hear = async |slug: &str, mime: &str| {
        let part = Part::bytes(sound.clone()).file_name("note.mp3").mime_str(mime).expect("a media type");
        let form = Form::new().text("user", "u1").part("file", part);
        let request = talk.http.post(talk.url("/audio-to-text")).bearer_auth(&talk.app(slug).key);
        request.multipart(form).send().await.expect("an answer")
    };
    let heard: Value = hear("every-control", "audio/mp3").await.json().await.expect("JSON");
    assert_eq!(heard["text"], format!("A recording of {} bytes has arrived.", sound.len()), "nothing is invented");
    assert_eq!(
        refusal(hear("every-control", "text/plain").await).await,
        (415, "unsupported_audio_type".into()),
        "sound"
    );
    assert_eq!(
        refusal(hear("document-digest", "audio/mp3").await).await,
        (400, "speech_to_text_disabled".into()),
        "off"
    );
}

#[tokio::test]
async fn an_end_user_is_known_by_its_id() {
    let talk = Talk::to(Generation::Today).await;
    talk.scene("success").await;
    let row = &talk.json("every-control", "/workflows/logs").await["data"][0];
    let id = row["created_by_end_user"]["id"].as_str().expect("an id").to_owned();
    let user = talk.json("every-control", &format!("/end-users/{id}")).await;
    assert_eq!((&user["session_id"], &user["id"]), (&json!("u1"), &json!(id)), "who ran it");
    let nobody = talk.get("every-control", &format!("/end-users/{NOBODY}")).await;
    assert_eq!(refusal(nobody).await, (404, "end_user_not_found".into()), "nobody ran anything");
}
