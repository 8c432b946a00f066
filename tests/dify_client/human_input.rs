//! Forms a run puts to people.

use flowdeck::{
    dify::Error,
    model::human_input::{HumanForm, HumanInput, HumanValue},
};
use serde_json::{Map, Value, json};

use crate::{
    USER, client_of,
    server::{Server, answer, html, json as json_answer},
};

fn input(name: &str, kind: &str) -> HumanInput {
    HumanInput { name: name.to_owned(), kind: kind.to_owned(), ..HumanInput::default() }
}

async fn form_of(body: Value) -> HumanForm {
    let server = Server::always(json_answer("200 OK", &body.to_string())).await;
    client_of(&server).human_form("tok/en").await.expect("a form")
}

#[tokio::test]
async fn a_form_is_read_with_all_its_controls() {
    let form = form_of(json!({"form_content": "Please check {{#$output.note#}}", "inputs": [
            {"type": "paragraph", "output_variable_name": "note", "default": {"type": "constant", "selector": [], "value": "fine"}},
            {"type": "paragraph", "output_variable_name": "other", "default": {"type": "variable", "selector": ["a", "b"], "value": ""}},
            {"type": "select", "output_variable_name": "choice", "option_source": {"type": "constant", "value": ["a", "b"]}},
            {"type": "file", "output_variable_name": "scan", "allowed_file_types": ["image"],
                "allowed_file_extensions": [".PNG"], "allowed_file_upload_methods": ["local_file"]},
            {"type": "file-list", "output_variable_name": "scans", "number_limits": "4"},
            {"type": "paragraph"}, null],
        "resolved_default_values": {"other": "from the run"},
        "user_actions": [{"id": "yes", "title": "Approve", "button_style": "primary"}, {}],
        "expiration_time": 1795245481}))
    .await;
    assert_eq!(
        (form.token.as_deref(), form.content.as_str()),
        (Some("tok/en"), "Please check {{#$output.note#}}"),
        "text"
    );
    let constant = |value| Some(HumanValue::Constant(value));
    assert_eq!(
        form.inputs,
        [
            HumanInput { default: constant(json!("fine")), ..input("note", "paragraph") },
            HumanInput { default: Some(HumanValue::Variable("a.b".into())), ..input("other", "paragraph") },
            HumanInput { options: constant(json!(["a", "b"])), ..input("choice", "select") },
            HumanInput {
                allowed_file_types: vec!["image".into()],
                allowed_file_extensions: vec![".PNG".into()],
                allowed_upload_methods: vec!["local_file".into()],
                ..input("scan", "file")
            },
            HumanInput { most_files: Some(4), ..input("scans", "file-list") },
        ],
        "what has no name cannot be answered"
    );
    assert_eq!(form.defaults["other"], json!("from the run"), "the server resolved it");
    assert_eq!(form.actions.len(), 1, "a button without an id cannot be pressed");
    assert_eq!(form.actions[0].style, "primary", "as the server says");
    assert_eq!(form.expires_at, Some(1_795_245_481_000), "until when");
}

#[tokio::test]
async fn an_answer_is_sent_with_its_action_for_this_user() {
    let server = Server::always(json_answer("200 OK", "{}")).await;
    let client = client_of(&server);
    let inputs = Map::from_iter([("note".to_owned(), json!("fine"))]);
    client.submit_human_form("tok/en", inputs.clone(), "yes").await.expect("taken");
    client.human_form("tok/en").await.expect("a form");
    let requests = server.requests();
    assert_eq!((requests[0].method.as_str(), requests[0].path()), ("POST", "/v1/form/human_input/tok%2Fen"), "where");
    assert_eq!(requests[0].json(), json!({"inputs": inputs, "action": "yes", "user": USER}), "what");
    assert_eq!(
        requests[1].target,
        format!("/v1/form/human_input/tok%2Fen?user={USER}"),
        "the user is known there, too"
    );
    let server = Server::always(answer("200 OK", "", "")).await;
    assert_eq!(client_of(&server).submit_human_form("t", Map::new(), "yes").await, Ok(()), "an empty answer is a yes");
}

#[tokio::test]
async fn every_refusal_of_a_form_keeps_what_tells_it_apart() {
    for (status, code) in [
        ("412 PRECONDITION FAILED", "human_input_form_submitted"),
        ("412 PRECONDITION FAILED", "human_input_form_expired"),
        ("404 NOT FOUND", "not_found"),
        ("400 BAD REQUEST", "invalid_form_data"),
    ] {
        let server = Server::always(json_answer(status, &json!({"code": code, "message": "m"}).to_string())).await;
        let client = client_of(&server);
        let errors: [Error; 2] = [
            client.human_form("t").await.expect_err("refused"),
            client.submit_human_form("t", Map::new(), "yes").await.expect_err("refused"),
        ];
        for error in errors {
            assert!(matches!(&error, Error::Status { code: Some(told), .. } if told == code), "{error:?}");
            assert!(!error.is_unknown_path(), "{code} is the form's fault");
        }
    }
    let server = Server::always(html("404 NOT FOUND", "<title>404 Not Found</title>")).await;
    let error = client_of(&server).human_form("t").await.expect_err("older");
    assert!(error.is_unknown_path(), "a server older than forms: {error:?}");
    let server = Server::always(json_answer("200 OK", "[]")).await;
    let error = client_of(&server).human_form("t").await.expect_err("no form");
    assert!(matches!(error, Error::Decode { what: "human input", .. }), "{error:?}");
}
