//! Forms a run puts to people.

use flowdeck::{
    dify::{ActionStyle, Error, FormRefusal, HumanAction, HumanControl, HumanForm, human_form},
    model::{
        file::{FileKind, TransferMethod},
        form::FileRules,
    },
};
use serde_json::{Map, Value, json};

use crate::{
    USER, client_of,
    server::{Server, html, json as json_answer},
};

fn form() -> Value {
    json!({"form_content": "Please check {{#$output.note#}}", "inputs": [
            {"type": "paragraph", "output_variable_name": "note", "default": {"type": "constant", "selector": [], "value": "fine"}},
            {"type": "paragraph", "output_variable_name": "other", "default": {"type": "variable", "selector": ["a", "b"], "value": ""}},
            {"type": "select", "output_variable_name": "choice", "option_source": {"type": "constant", "value": ["a", "b"]}},
            {"type": "file", "output_variable_name": "scan", "allowed_file_types": ["image"], "allowed_file_upload_methods": ["local_file"]},
            {"type": "file-list", "output_variable_name": "scans", "number_limits": 4},
            {"type": "hologram", "output_variable_name": "later"},
            {"type": "paragraph"}, null],
        "resolved_default_values": {"other": "from the run"},
        "user_actions": [{"id": "yes", "title": "Approve", "button_style": "primary"}, {"id": "no", "button_style": "rainbow"}, {}],
        "expiration_time": 1795245481})
}

async fn form_of(body: Value) -> HumanForm {
    let server = Server::always(json_answer("200 OK", &body.to_string())).await;
    client_of(&server).human_form("tok/en").await.expect("a form")
}

#[tokio::test]
async fn a_form_is_read_with_all_its_controls() {
    let form = form_of(form()).await;
    assert_eq!(
        (form.token.as_deref(), form.content.as_str()),
        (Some("tok/en"), "Please check {{#$output.note#}}"),
        "text"
    );
    let controls: Vec<_> = form.inputs.iter().map(|input| (input.variable.as_str(), &input.control)).collect();
    let both = vec![TransferMethod::LocalFile, TransferMethod::RemoteUrl];
    let image =
        FileRules { kinds: vec![FileKind::Image], extensions: vec![], methods: vec![TransferMethod::LocalFile] };
    assert_eq!(
        controls,
        [
            ("note", &HumanControl::Paragraph),
            ("other", &HumanControl::Paragraph),
            ("choice", &HumanControl::Select { options: vec!["a".into(), "b".into()] }),
            ("scan", &HumanControl::File { rules: image }),
            (
                "scans",
                &HumanControl::FileList {
                    rules: FileRules { methods: both, ..FileRules::default() },
                    max_count: Some(4)
                }
            ),
            ("later", &HumanControl::Unknown { type_name: "hologram".into() }),
        ],
        "what has no name cannot be answered"
    );
    assert_eq!(form.inputs[0].default.as_deref(), Some("fine"), "a constant");
    assert_eq!(
        (form.inputs[1].default.as_deref(), &form.defaults["other"]),
        (None, &json!("from the run")),
        "the server resolved it"
    );
    assert_eq!(
        form.actions,
        [
            HumanAction { id: "yes".into(), title: "Approve".into(), style: ActionStyle::Primary },
            HumanAction { id: "no".into(), title: "no".into(), style: ActionStyle::Default },
        ],
        "a button without an id cannot be pressed"
    );
    assert_eq!(form.expires_at, Some(1_795_245_481_000), "until when");
}

#[tokio::test]
async fn the_event_brings_the_same_form_and_more() {
    let event = json!({"form_id": "f", "node_id": "n", "node_title": "Check", "form_content": "c", "inputs": [],
        "actions": [{"id": "ok", "title": "OK", "button_style": "ghost"}], "resolved_default_values": "{\"a\": 1}",
        "expiration_time": "2026-11-21T07:18:01Z", "display_in_ui": true, "form_token": null, "approval_channels": ["email", {"type": "im"}]});
    let form = human_form(event.as_object().expect("an object"));
    assert_eq!(
        (form.form_id.as_deref(), form.node_id.as_deref(), form.node_title.as_deref()),
        (Some("f"), Some("n"), Some("Check")),
        "where it belongs"
    );
    assert_eq!((form.token, form.display_in_ui), (None, Some(true)), "a form that is delivered by mail only");
    assert_eq!(form.actions[0].style, ActionStyle::Ghost, "under the event's own name");
    assert_eq!(
        (form.defaults.get("a"), form.expires_at),
        (Some(&json!(1)), Some(1_795_245_481_000)),
        "in other shapes"
    );
    assert_eq!(form.approval_channels, ["email", r#"{"type":"im"}"#], "kept as they come");
    assert_eq!(human_form(&Map::new()), HumanForm::default(), "1.14.0-rc1 sent nothing at all");
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
    let server = Server::always(crate::server::answer("200 OK", "", "")).await;
    assert_eq!(client_of(&server).submit_human_form("t", Map::new(), "yes").await, Ok(()), "an empty answer is a yes");
}

#[tokio::test]
async fn every_refusal_of_a_form_has_its_reason() {
    let refusal = |status: &str, code: &str| json_answer(status, &json!({"code": code, "message": "m"}).to_string());
    for (reply, expected) in [
        (refusal("412 PRECONDITION FAILED", "human_input_form_submitted"), Some(FormRefusal::Submitted)),
        (refusal("412 PRECONDITION FAILED", "human_input_form_expired"), Some(FormRefusal::Expired)),
        (refusal("404 NOT FOUND", "not_found"), Some(FormRefusal::NotFound)),
        (refusal("400 BAD REQUEST", "invalid_form_data"), Some(FormRefusal::InvalidData)),
        (html("404 NOT FOUND", "<title>404 Not Found</title>"), Some(FormRefusal::UnknownPath)),
        (refusal("401 UNAUTHORIZED", "unauthorized"), None),
        (html("502 BAD GATEWAY", "<title>502</title>"), None),
    ] {
        let server = Server::always(reply).await;
        let client = client_of(&server);
        let errors: [Error; 2] = [
            client.human_form("t").await.expect_err("refused"),
            client.submit_human_form("t", Map::new(), "yes").await.expect_err("refused"),
        ];
        for error in errors {
            assert_eq!(error.form_refusal(), expected, "{error:?}");
        }
    }
}
