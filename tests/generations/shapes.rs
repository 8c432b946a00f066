//! What the server of each generation sends, read plainly: paths, headers, fields, refusals.

use flowdeck::demo::Generation;
use serde_json::{Value, json};

use crate::{NOBODY, Talk, keys, named, refusal, words};

#[tokio::test]
async fn a_path_that_a_generation_does_not_have_is_a_page_not_found() {
    use Generation::*;
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        for (path, since) in [
            ("/parameters?user=u1", Spring2024),
            ("/workflows/logs", Autumn2024),
            ("/info", Mid2025),
            ("/site", Mid2025),
            ("/meta", Recorded),
            ("/", Today),
        ] {
            let answer = talk.get("every-control", path).await;
            let expected = if generation >= since { 200 } else { 404 };
            assert_eq!(answer.status(), expected, "{generation} {path}");
            if expected == 404 {
                let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
                assert_eq!(kind, "text/html; charset=utf-8", "{generation} {path}: the framework answers, not the API");
            }
        }
        for (path, since) in [
            ("/text-to-audio".to_owned(), Recorded),
            ("/audio-to-text".to_owned(), Recorded),
            (format!("/form/human_input/{NOBODY}"), Today),
            (format!("/workflows/{NOBODY}/run"), Late2025),
        ] {
            let answer = talk.post("every-control", &path, &json!({"user": "u1"})).await;
            let is_page = answer.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html"));
            assert_eq!(is_page, generation < since, "{generation} {path}: {}", answer.status());
        }
        let bare = talk.http.get(talk.url("")).send().await.expect("an answer").status();
        assert_eq!(bare, if generation == Today { 200 } else { 308 }, "{generation}: the bare path is sent on");
    }
}

#[tokio::test]
async fn the_version_is_in_every_answer_since_there_are_versions_above_one() {
    for (generation, version) in
        Generation::ALL.into_iter().zip([None, None, Some("1.4.3"), Some("1.11.1"), Some("1.12.1"), Some("1.16.0")])
    {
        let talk = Talk::to(generation).await;
        let refused = talk.http.get(talk.url("/parameters")).send().await.expect("an answer");
        assert_eq!(refused.status(), 401, "{generation}");
        let sent = refused.headers().get("x-version").map(|version| version.to_str().expect("text").to_owned());
        assert_eq!(sent.as_deref(), version, "{generation}: also on a refusal");
        let answer = talk.get("every-control", "/parameters?user=u1").await;
        let has_cookie = answer.headers().contains_key("set-cookie");
        assert_eq!(
            has_cookie,
            generation == Generation::Recorded,
            "{generation}: one server put the key into a cookie"
        );
    }
}

#[tokio::test]
async fn parameters_have_the_shape_of_their_time() {
    use Generation::*;
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        let parameters = talk.json("every-control", "/parameters?user=u1").await;
        let documented = keys(&parameters) == words("user_input_form file_upload system_parameters");
        assert_eq!(documented, generation < Recorded, "{generation}: {:?}", keys(&parameters));

        let types: Vec<&str> =
            parameters["user_input_form"].as_array().expect("a form").iter().flat_map(keys).collect();
        let mut expected = words(
            "text-input paragraph select number checkbox json_object file file-list external_data_tool color-picker \
             text-input number select",
        );
        expected.retain(|kind| match *kind {
            "file" | "file-list" => generation >= Autumn2024,
            "checkbox" | "json_object" => generation >= Late2025,
            "color-picker" => generation == Today,
            _ => true,
        });
        assert_eq!(types, expected, "{generation}: controls");
        let first = &parameters["user_input_form"][0]["text-input"];
        assert_eq!(first["type"].is_string(), generation > Autumn2024, "{generation}: the inner type came later");

        let upload = keys(&parameters["file_upload"]);
        let (shape, count) = match generation {
            Spring2024 | Autumn2024 => ("image", &parameters["file_upload"]["image"]["number_limits"]),
            Mid2025 | Late2025 => {
                ("document image audio video custom", &parameters["file_upload"]["custom"]["number_limits"])
            }
            Recorded | Today => (
                "enabled allowed_file_types allowed_file_extensions allowed_file_upload_methods number_limits fileUploadConfig",
                &parameters["file_upload"]["number_limits"],
            ),
        };
        assert_eq!((upload, count), (words(shape), &json!(3)), "{generation}: one of the three shapes of file_upload");

        let limits = &parameters["system_parameters"];
        if generation == Spring2024 {
            assert_eq!(limits, &json!({"image_file_size_limit": "10"}), "a text, and the only one");
        } else {
            assert_eq!(limits["file_size_limit"], 15, "{generation}");
            assert_eq!(limits.get("workflow_file_upload_limit").is_some(), generation >= Recorded, "{generation}");
        }
        let without_user = talk.get("every-control", "/parameters").await.status();
        assert_eq!(without_user, if generation <= Autumn2024 { 400 } else { 200 }, "{generation}: 2024 asks for whom");
    }
}

#[tokio::test]
async fn app_and_site_have_the_fields_of_their_time() {
    for (generation, info, site) in [
        (Generation::Mid2025, 3, 11),
        (Generation::Late2025, 5, 11),
        (Generation::Recorded, 5, 14),
        (Generation::Today, 5, 15),
    ] {
        let talk = Talk::to(generation).await;
        let fields = (
            keys(&talk.json("every-control", "/info").await).len(),
            keys(&talk.json("every-control", "/site").await).len(),
        );
        assert_eq!(fields, (info, site), "{generation}");
    }
    let talk = Talk::to(Generation::Today).await;
    assert_eq!(talk.json("document-digest", "/meta").await["tool_icons"]["save"]["content"], "💾", "icons of tools");
}

#[tokio::test]
async fn text_comes_as_messages_at_first_and_in_chunks_later() {
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        let events = talk.scene("success").await;
        let (messages, chunks) = (named(&events, "message"), named(&events, "text_chunk"));
        assert_eq!(chunks.is_empty(), generation <= Generation::Autumn2024, "{generation}");
        assert_eq!(messages.is_empty(), !chunks.is_empty(), "{generation}: one or the other");
        if let Some(message) = messages.first() {
            assert_eq!(keys(message), words("event task_id id answer created_at"), "{generation}: as in the document");
        }
    }
}

#[tokio::test]
async fn events_have_the_fields_of_their_time() {
    use Generation::*;
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        let all = talk.scene("everything").await;
        let of = |name: &str| named(&all, name);
        let has = |name: &str| !of(name).is_empty();
        for (name, exists) in [
            ("iteration_started", generation >= Mid2025),
            ("loop_next", generation >= Mid2025),
            ("node_retry", generation >= Mid2025),
            ("agent_log", generation >= Mid2025),
            ("parallel_branch_started", matches!(generation, Autumn2024 | Mid2025)),
            ("parallel_branch_finished", matches!(generation, Autumn2024 | Mid2025)),
            ("tts_message", generation >= Autumn2024),
            ("tts_message_end", generation >= Autumn2024),
            ("reasoning_chunk", generation == Today),
            ("warning", generation == Today),
            ("event_of_the_future", generation == Today),
        ] {
            assert_eq!(has(name), exists, "{generation} {name}");
        }
        let started = &of("workflow_started")[0]["data"];
        assert_eq!(started.get("sequence_number").is_some(), generation <= Autumn2024, "{generation}");
        assert_eq!(started.get("inputs").is_some(), generation >= Recorded, "{generation}");
        assert_eq!(started["reason"] == "initial", generation == Today, "{generation}");

        let nodes: Vec<&Value> = of("node_started").into_iter().map(|event| &event["data"]).collect();
        assert_eq!(nodes[0]["inputs"].is_array(), generation <= Autumn2024, "{generation}: a list of objects at first");
        let numbered = nodes[1]["index"] == 1 && nodes[1]["predecessor_node_id"] == nodes[0]["node_id"];
        assert_eq!(numbered && nodes[0]["index"] == 0, generation <= Mid2025, "{generation}: numbers and predecessors");
        let branched = nodes.iter().any(|node| node.get("parallel_id").is_some_and(Value::is_string));
        assert_eq!(branched, matches!(generation, Autumn2024 | Mid2025), "{generation}: parallel ids");
        let finished = &of("node_finished")[0]["data"];
        assert_eq!(finished.get("title").is_some(), generation > Spring2024, "{generation}: named again at the end");
        assert_eq!(finished.get("outputs_truncated").is_some(), generation >= Recorded, "{generation}");

        let last = &of("workflow_finished")[0]["data"];
        let status = if generation <= Autumn2024 { "succeeded" } else { "partial-succeeded" };
        assert_eq!(last["status"], status, "{generation}: caught errors had no word of their own in 2024");
        assert_eq!(last["total_steps"].is_string(), generation < Recorded, "{generation}: a number in a text");
        if generation >= Autumn2024 {
            assert_eq!(all.last().expect("events")["event"], "tts_message_end", "{generation}: behind the end");
        }
        let failed = talk.scene("failure").await;
        let outputs = &named(&failed, "workflow_finished")[0]["data"]["outputs"];
        assert_eq!(outputs.is_null(), generation <= Autumn2024, "{generation}: no outputs, or none in an object");
        let broken = talk.scene("error").await;
        let error = named(&broken, "error")[0];
        let code = if generation < Recorded { "workflow_request_error" } else { "invalid_param" };
        assert_eq!((error["code"].as_str(), error.get("data")), (Some(code), None), "{generation}");
    }
    let digest = Talk::to(Autumn2024).await.run("document-digest", json!({"text": "A text of one sentence."})).await;
    assert_eq!(digest.last().expect("events")["event"], "tts_message_end", "at the end of every stream, speech or not");
}

#[tokio::test]
async fn frames_are_escaped_until_raw_text_was_measured() {
    for generation in Generation::ALL {
        let talk = Talk::to(generation).await;
        let body = json!({
            "inputs": {"name": "Eva", "department": "财务部", "pace": 0, "events": "success"}, "response_mode": "streaming",
            "user": "u1",
        });
        let stream = talk.post("every-control", "/workflows/run", &body).await.text().await.expect("a stream");
        assert_eq!(stream.is_ascii(), generation < Generation::Recorded, "{generation}");
        assert_eq!(
            stream.starts_with("event: ping\n\n"),
            generation == Generation::Today,
            "{generation}: a ping at once"
        );
    }
}

#[tokio::test]
async fn a_stored_run_has_the_shape_of_its_time() {
    use Generation::*;
    for generation in [Autumn2024, Mid2025, Late2025, Recorded, Today] {
        let talk = Talk::to(generation).await;
        let events = talk.scene("success").await;
        let id = named(&events, "workflow_started")[0]["workflow_run_id"].as_str().expect("an id").to_owned();
        let detail = talk.json("every-control", &format!("/workflows/run/{id}")).await;
        assert!(detail["inputs"].is_string(), "{generation}: JSON in a text");
        assert_eq!(detail["outputs"].is_object(), generation == Today, "{generation}: {}", detail["outputs"]);
        assert_eq!(detail["created_at"].is_string(), generation == Autumn2024, "{generation}");
        if generation == Autumn2024 {
            let moment = detail["created_at"].as_str().expect("text");
            assert!(moment.len() == 31 && moment.ends_with(" -0000") && &moment[3..5] == ", ", "RFC 2822: {moment}");
        }
        let unknown = talk.get("every-control", &format!("/workflows/run/{NOBODY}")).await;
        if generation == Today {
            assert_eq!(refusal(unknown).await, (404, "not_found".into()), "today says so");
        } else {
            assert_eq!(unknown.status(), 200, "{generation}");
            let nulls: Value = unknown.json().await.expect("JSON");
            assert!(nulls["id"].is_null() && keys(&nulls).len() == 11, "{generation}: nothing but nulls");
        }
        let other = talk.json("document-digest", &format!("/workflows/run/{id}")).await;
        assert_eq!(
            other["id"] == json!(id),
            generation <= Mid2025,
            "{generation}: whose run it is was not asked at first"
        );
    }
}

#[tokio::test]
async fn logs_have_the_filters_and_rows_of_their_time() {
    use Generation::*;
    for generation in [Autumn2024, Mid2025, Late2025, Recorded, Today] {
        let talk = Talk::to(generation).await;
        talk.scene("partial").await;
        talk.scene("failure").await;
        let total =
            async |query: &str| talk.json("every-control", &format!("/workflows/logs?{query}")).await["total"].clone();
        assert_eq!(total("").await, 2, "{generation}");
        assert_eq!(total("status=failed").await, 1, "{generation}");
        let ignored = json!(2);
        let of_nobody = total("created_by_end_user_session_id=nobody").await;
        assert_eq!(of_nobody == ignored, generation < Late2025, "{generation}: unknown filters are not looked at");
        let long_ago = total("created_at__before=2020-01-01").await;
        assert_eq!(long_ago == ignored, generation < Recorded, "{generation}");
        let row = &talk.json("every-control", "/workflows/logs").await["data"][0];
        assert_eq!(row["workflow_run"].get("exceptions_count").is_some(), generation >= Recorded, "{generation}");
        let large = talk.get("every-control", "/workflows/logs?limit=500").await.status();
        assert_eq!(large, if generation < Late2025 { 200 } else { 400 }, "{generation}: a large limit");
    }
}
