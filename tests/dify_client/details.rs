//! Every field of the small answers: /info, /site, /meta, the root, end users, uploads, run details.

use std::fs;

use flowdeck::{
    dify::{EndUser, Info, Root, Upload, Uploaded},
    model::run::RunStatus,
};
use serde_json::{Value, json};

use crate::{
    client_of,
    recording::Recording,
    server::{Server, answer, html, json as json_answer},
};

async fn serving(body: &Value) -> Server {
    Server::always(json_answer("200 OK", &body.to_string())).await
}

#[tokio::test]
async fn info_and_site_are_read_field_by_field() {
    let info = Recording::load("info_info_echo");
    let server = Server::always(info.reply(40)).await;
    let read = client_of(&server).info().await.expect("an info");
    let body = info.json();
    assert_eq!(
        json!([read.name, read.description, read.tags, read.mode, read.author]),
        json!([body["name"], body["description"], body["tags"], body["mode"], body["author_name"]]),
        "the recorded one"
    );
    let server = serving(&json!({"name": "My App", "description": null, "tags": [{"name": "t"}, null, 5]})).await;
    let expected = Info { name: "My App".into(), tags: vec!["t".into(), "5".into()], ..Info::default() };
    assert_eq!(client_of(&server).info().await, Ok(expected), "2024's has neither mode nor author");

    let site = Recording::load("info_site_echo");
    let server = Server::always(site.reply(40)).await;
    let read = client_of(&server).site().await.expect("an answer").expect("a site");
    let body = site.json();
    assert_eq!(
        json!([
            read.title,
            read.description,
            read.copyright,
            read.privacy_policy,
            read.custom_disclaimer,
            read.default_language,
            read.show_workflow_steps,
            read.chat_color_theme,
            read.chat_color_theme_inverted,
            read.use_icon_as_answer_icon
        ]),
        json!([
            body["title"],
            body["description"],
            body["copyright"],
            body["privacy_policy"],
            body["custom_disclaimer"],
            body["default_language"],
            body["show_workflow_steps"],
            body["chat_color_theme"],
            body["chat_color_theme_inverted"],
            body["use_icon_as_answer_icon"]
        ]),
        "the recorded one"
    );
    let server =
        serving(&json!({"input_placeholder": "Ask", "chat_color_theme": "red;}", "show_workflow_steps": "false"}))
            .await;
    let read = client_of(&server).site().await.expect("an answer").expect("a site");
    assert_eq!(
        (read.input_placeholder.as_deref(), read.chat_color_theme),
        (Some("Ask"), None),
        "checked like all colours"
    );
    assert_eq!(read.show_workflow_steps, Some(false), "a flag as text");
}

#[tokio::test]
async fn the_root_and_the_tools_icons_may_be_hidden() {
    let server = serving(&json!({"welcome": "Dify OpenAPI", "api_version": "v1", "server_version": "1.13.0"})).await;
    let expected = Root {
        welcome: Some("Dify OpenAPI".into()),
        api_version: Some("v1".into()),
        server_version: Some("1.13.0".into()),
    };
    assert_eq!(client_of(&server).root().await, Ok(Some(expected)), "today's");
    assert_eq!(server.requests()[0].path(), "/v1/", "without the slash servers redirect");
    let server = Server::always(Recording::load("root").reply(50)).await;
    assert_eq!(client_of(&server).root().await, Ok(None), "1.12.1 has none");

    let icons = json!({"tool_icons": {"dalle2": "https://cloud.dify.ai/a.png", "api": {"background": "#252525", "content": "😁"}}});
    let server = serving(&icons).await;
    assert_eq!(Value::Object(client_of(&server).tool_icons().await.expect("icons")), icons["tool_icons"], "both kinds");
    for odd in [json!({}), json!({"tool_icons": null}), json!({"tool_icons": []}), json!(null)] {
        let server = serving(&odd).await;
        assert!(client_of(&server).tool_icons().await.expect("an answer").is_empty(), "{odd}");
    }
}

#[tokio::test]
async fn an_end_user_is_looked_up_by_id() {
    let server = serving(&json!({"id": "e/1", "tenant_id": "t", "app_id": "a", "type": "service_api", "external_user_id": null, "name": "Li",
        "is_anonymous": false, "session_id": "desk-1", "created_at": "2026-01-02T03:04:05Z", "updated_at": 1767323045}))
    .await;
    let expected = EndUser {
        id: "e/1".into(),
        kind: Some("service_api".into()),
        name: Some("Li".into()),
        is_anonymous: Some(false),
        session_id: Some("desk-1".into()),
        external_user_id: None,
        app_id: Some("a".into()),
        tenant_id: Some("t".into()),
        created_at: Some(1_767_323_045_000),
        updated_at: Some(1_767_323_045_000),
    };
    assert_eq!(client_of(&server).end_user("e/1").await, Ok(Some(expected)), "every field");
    assert_eq!(server.requests()[0].target, "/v1/end-users/e%2F1", "the id is one segment");
    for nobody in [
        json_answer("404 NOT FOUND", r#"{"code":"end_user_not_found","message":"m","status":404}"#),
        html("404 NOT FOUND", "<title>404</title>"),
        json_answer("200 OK", r#"{"id": null}"#),
        json_answer("200 OK", "null"),
    ] {
        let server = Server::always(nobody).await;
        assert_eq!(client_of(&server).end_user("x").await, Ok(None), "nobody, or an older server");
    }
}

async fn uploaded(body: &str) -> Uploaded {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.txt");
    fs::write(&path, "abc").expect("a file");
    let server = Server::always(answer("201 CREATED", "Content-Type: application/json\r\n", body)).await;
    let upload = Upload { path, name: "a.txt".into(), mime: "text/plain".into() };
    client_of(&server).upload(upload, |_| {}).await.expect("taken")
}

#[tokio::test]
async fn an_upload_is_read_field_by_field() {
    let body = Recording::load("up_ok_png").json();
    let read = uploaded(&body.to_string()).await;
    assert_eq!(
        json!([
            read.id,
            read.name,
            read.size,
            read.extension,
            read.mime,
            read.created_by,
            read.preview_url,
            read.source_url,
            read.original_url,
            read.user_id,
            read.tenant_id,
            read.conversation_id,
            read.file_key
        ]),
        json!([
            body["id"],
            body["name"],
            body["size"],
            body["extension"],
            body["mime_type"],
            body["created_by"],
            body["preview_url"],
            body["source_url"],
            body["original_url"],
            body["user_id"],
            body["tenant_id"],
            body["conversation_id"],
            body["file_key"]
        ]),
        "the recorded one"
    );
    assert_eq!(read.created_at, body["created_at"].as_i64().map(|at| at * 1000), "seconds");
    let read = uploaded(r#"{"id": "72fa", "name": "example.png", "size": "1024", "extension": "png", "mime_type": "image/png",
        "created_by": 123, "created_at": 1577836800, "reference": "ref", "original_url": "/files/a", "preview_url": "/files/b"}"#)
    .await;
    assert_eq!(
        (read.created_by.as_deref(), read.size),
        (Some("123"), Some(1024)),
        "a number for an id, a text for a size"
    );
    assert_eq!(
        (read.reference.as_deref(), read.original_url.as_deref(), read.preview_url.as_deref()),
        (Some("ref"), Some("/files/a"), Some("/files/b")),
        "what newer servers add"
    );
}

#[tokio::test]
async fn a_run_detail_is_read_in_the_shapes_of_all_generations() {
    let old = json!({"id": "b1ad", "workflow_id": "19ef", "status": "succeeded", "inputs": "{\"sys.files\": [], \"sys.user_id\": \"abc-123\"}",
        "outputs": null, "error": null, "total_steps": 3, "total_tokens": 0, "created_at": "Thu, 18 Jul 2024 03:17:40 -0000",
        "finished_at": "Thu, 18 Jul 2024 03:18:10 -0000", "elapsed_time": 30.098514399956912});
    let new = json!({"id": "b1ad", "workflow_id": "19ef", "status": "succeeded", "inputs": {"sys.files": [], "sys.user_id": "abc-123"},
        "outputs": {}, "error": null, "total_steps": "3", "total_tokens": 0.0, "created_at": 1721272660_i64 * 1000,
        "finished_at": "1721272690", "elapsed_time": "30.098514399956912"});
    let mut read = Vec::new();
    for body in [old, new] {
        let server = serving(&body).await;
        read.push(client_of(&server).run_detail("b1ad").await.expect("an answer").expect("a run"));
    }
    assert_eq!(read[0], read[1], "the same run, eighteen months apart");
    let detail = &read[0];
    assert_eq!((detail.run_id.as_str(), detail.workflow_id.as_deref()), ("b1ad", Some("19ef")), "its ids");
    assert_eq!(
        (detail.created_at, detail.finished_at),
        (Some(1_721_272_660_000), Some(1_721_272_690_000)),
        "its times"
    );
    assert_eq!(detail.inputs["sys.user_id"], "abc-123", "JSON inside a text");
    let end = &detail.finished;
    assert_eq!((end.status, end.error.as_deref(), end.outputs.len()), (RunStatus::Succeeded, None, 0), "how it ended");
    assert_eq!(
        (end.total_steps, end.total_tokens, end.elapsed),
        (Some(3), Some(0), Some(30.098_514_399_956_912)),
        "its numbers"
    );

    let server =
        serving(&json!({"id": "r", "status": "paused", "finished_at": null, "outputs": "{\"a\": 1}", "error": ""}))
            .await;
    let detail = client_of(&server).run_detail("r").await.expect("an answer").expect("a run");
    assert_eq!((detail.finished.status, detail.finished_at), (RunStatus::Paused, None), "it may wait for days");
    assert_eq!((&detail.finished.outputs["a"], detail.finished.error), (&json!(1), None), "an empty error is none");
}
