//! Every way in which the server says no, in the recorded words.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::super::{Condition, Options, StandIn};
use super::{CLIENT, DIGEST, EVERY_CONTROL, Talk};

async fn refusal(response: reqwest::Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.expect("a JSON envelope");
    assert_eq!(body["status"], status);
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    (status, text("code"), text("message"))
}

#[tokio::test]
async fn keys_are_checked_as_recorded() {
    let talk = Talk::to(DIGEST).await;
    let good = format!("bearer   {}", talk.key());
    for (header, expected) in [
        (None, "Authorization header must be provided and start with 'Bearer'"),
        (Some(talk.key()), "Authorization header must be provided and start with 'Bearer'"),
        (Some("Basic abc"), "Authorization scheme must be 'Bearer'"),
        (Some("Bearer app-nope"), "Access token is invalid"),
    ] {
        let mut request = CLIENT.get(talk.url("/info"));
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"api\"");
        assert_eq!(refusal(response).await, (401, "unauthorized".into(), expected.into()));
    }
    let response = CLIENT.get(talk.url("/info")).header("authorization", good).send().await.unwrap();
    assert_eq!(response.status(), 200, "the scheme has no case, and extra spaces do not matter");
}

#[tokio::test]
async fn apps_in_odd_conditions_refuse() {
    let stand_in = |key: &str, condition| StandIn { key: key.into(), condition };
    let options = Options {
        stand_ins: vec![
            stand_in("app-chat", Condition::Chat),
            stand_in("app-new", Condition::Unpublished),
            stand_in("app-off", Condition::ApiDisabled),
        ],
        ..Options::default()
    };
    let talk = Talk::with(DIGEST, options).await;
    assert_eq!(talk.server.apps().len(), 2, "stand-ins are not offered");
    let run = async |key: &str| {
        let body = json!({"inputs": {}, "response_mode": "streaming", "user": "u1"});
        refusal(CLIENT.post(talk.url("/workflows/run")).bearer_auth(key).json(&body).send().await.unwrap()).await
    };
    assert_eq!(
        run("app-chat").await,
        (400, "not_workflow_app".into(), "Please check if your app mode matches the right API route.".into())
    );
    assert_eq!(run("app-new").await, (400, "invalid_param".into(), "Workflow not published".into()));
    assert_eq!(run("app-off").await, (403, "forbidden".into(), "The app's API service has been disabled.".into()));
    let parameters = CLIENT.get(talk.url("/parameters")).bearer_auth("app-new").send().await.unwrap();
    assert_eq!(refusal(parameters).await.1, "app_unavailable");
    let info: Value = CLIENT.get(talk.url("/info")).bearer_auth("app-chat").send().await.unwrap().json().await.unwrap();
    assert_eq!(info["mode"], "chat");
}

#[tokio::test]
async fn odd_bodies_are_refused_in_the_validators_words() {
    let talk = Talk::to(DIGEST).await;
    let send = async |body: &'static str, content_type: &str| {
        let request = CLIENT
            .post(talk.url("/workflows/run"))
            .bearer_auth(talk.key())
            .header("content-type", content_type)
            .body(body);
        refusal(request.send().await.unwrap()).await
    };
    let json_type = "application/json";
    let browser = "The browser (or proxy) sent a request that this server could not understand.";
    for body in ["{\"inputs\": {", "", "{\"inputs\": NaN}", "\"\\ud800\""] {
        assert_eq!(send(body, json_type).await, (400, "bad_request".into(), browser.into()), "{body}");
    }
    assert_eq!(send("[]", json_type).await, (500, "unknown".into(), "Internal Server Error".into()));
    assert_eq!(send("{}", "text/plain").await.1, "unsupported_media_type");
    assert_eq!(send("{\"inputs\": {}}", json_type).await.2, "Arg user must be provided.");
    let further = "\n    For further information visit https://errors.pydantic.dev/2.11/v/";
    for (body, expected) in [
        (
            "{\"response_mode\": \"blocking\", \"user\": \"u1\"}",
            "inputs\n  Field required [type=missing, input_value={'response_mode': 'blocking', 'user': 'u1'}, input_type=dict]FURTHERmissing",
        ),
        (
            "{\"inputs\": null, \"user\": \"u1\"}",
            "inputs\n  Input should be a valid dictionary [type=dict_type, input_value=None, input_type=NoneType]FURTHERdict_type",
        ),
        (
            "{\"inputs\": {}, \"response_mode\": \"stream\", \"user\": \"u1\"}",
            "response_mode\n  Input should be 'blocking' or 'streaming' [type=literal_error, input_value='stream', input_type=str]FURTHERliteral_error",
        ),
    ] {
        let expected = format!("1 validation error for WorkflowRunPayload\n{}", expected.replace("FURTHER", further));
        assert_eq!(send(body, json_type).await, (400, "invalid_param".into(), expected));
    }
}

#[tokio::test]
async fn inputs_are_refused_in_the_servers_words() {
    let talk = Talk::to(EVERY_CONTROL).await;
    let text = talk.file("document", "a.txt", "text/plain", b"abc").await;
    let as_image = json!({"type": "image", "transfer_method": "local_file", "upload_file_id": text["upload_file_id"]});
    let sound = talk.file("audio", "a.mp3", "audio/mpeg", b"abc").await;
    let unknown = json!({"type": "document", "transfer_method": "local_file", "upload_file_id": "00000000-0000-4000-8000-000000000000"});
    let options = "['Administration', 'Human Resources', 'Legal', '财务部']";
    let cases = [
        ("name", Value::Null, "name is required in input form".to_owned()),
        ("name", json!(5), "(type 'text-input') name in input form must be a string".into()),
        ("name", json!("长".repeat(49)), "name in input form must be less than 48 characters".into()),
        ("department", json!("Sales"), format!("department in input form must be one of the following: {options}")),
        ("amount", json!("abc"), "amount in input form must be a valid number".into()),
        ("amount", json!("1e5"), "amount in input form must be a valid number".into()),
        ("address", json!([1]), "address in input form must be a dict".into()),
        ("address", json!("{}"), "address in input form must be a dict".into()),
        ("attachment", json!([text.clone()]), "attachment in input form must be a file".into()),
        ("attachment", json!({}), "transfer_method is required in file mapping".into()),
        (
            "attachment",
            as_image,
            "Detected file type does not match the specified type. Please verify the file.".into(),
        ),
        ("attachment", sound, "File validation failed for file: a.mp3".into()),
        ("attachment", unknown, "Invalid upload file".into()),
        (
            "attachment",
            json!({"type": "document", "transfer_method": "zzz"}),
            "No matching enum found for value 'zzz'".into(),
        ),
        (
            "attachment",
            json!({"transfer_method": "local_file", "upload_file_id": "abc"}),
            "Invalid upload file id format".into(),
        ),
        ("attachment", json!({"transfer_method": "local_file", "upload_file_id": ""}), "Invalid upload file id".into()),
        ("attachment", json!({"transfer_method": "remote_url", "url": ""}), "Invalid file url".into()),
        ("attachments", text.clone(), "attachments in input form must be a list of files".into()),
        ("attachments", json!([text, text, text, text]), "attachments in input form must be less than 3 files".into()),
    ];
    for (variable, value, expected) in cases {
        let mut inputs = json!({"name": "Eva", "department": "Legal", "pace": 0, "events": "success"});
        inputs[variable] = value.clone();
        let response = talk.start(inputs).await;
        assert_eq!(refusal(response).await, (400, "invalid_param".into(), expected), "{variable} = {value}");
    }
    let mut inputs = json!({"name": "😀".repeat(48), "department": "Legal", "pace": 0, "events": "partial", "attachment": null, "amount": "3.50"});
    inputs["attachments"] = json!([{"type": "document", "upload_file_id": "dropped silently"}]);
    inputs["attachment"] =
        json!({"type": "document", "transfer_method": "remote_url", "url": "https://host.invalid/a.pdf?x=1"});
    let events = talk.run(inputs).await;
    let echo = &events.last().unwrap();
    assert_eq!(echo["event"], "tts_message_end");
    let outputs = &super::named(&events, "workflow_finished")[0]["data"]["outputs"]["echo"];
    assert_eq!(
        (&outputs["amount"], &outputs["attachments"], &outputs["attachment"]["filename"]),
        (&json!(3.5), &json!([]), &json!("a.pdf"))
    );
}

#[tokio::test]
async fn a_file_belongs_to_the_user_who_uploaded_it() {
    let talk = Talk::to(DIGEST).await;
    let file = talk.file("document", "a.txt", "text/plain", b"Some words of a text.").await;
    let body = json!({"inputs": {"documents": [file]}, "user": "u2"});
    assert_eq!(refusal(talk.post("/workflows/run", &body).await).await.2, "Invalid upload file");
}

#[tokio::test]
async fn custom_files_need_their_extension_in_the_list() {
    let talk = Talk::to(DIGEST).await;
    let json_file = talk
        .file("custom", "a.json", "application/json", b"{\"a\": \"One sentence that has quite a few words in it.\"}")
        .await;
    assert_eq!(talk.start(json!({"documents": [json_file]})).await.status(), 200);
    let other = talk.file("custom", "a.bin", "application/octet-stream", b"abc").await;
    assert_eq!(
        refusal(talk.start(json!({"documents": [other]})).await).await.2,
        "File validation failed for file: a.bin"
    );
}

#[tokio::test]
async fn uploads_are_refused_as_recorded() {
    let talk = Talk::recorded(DIGEST).await;
    let send = async |form: Form| {
        CLIENT.post(talk.url("/files/upload")).bearer_auth(talk.key()).multipart(form).send().await.unwrap()
    };
    let part = |name: &str| Part::bytes(b"abc".to_vec()).file_name(name.to_owned()).mime_str("text/plain").unwrap();
    let user = || Form::new().text("user", "u1");
    assert_eq!(refusal(send(user()).await).await, (400, "no_file_uploaded".into(), "Please upload your file.".into()));
    assert_eq!(refusal(send(user().part("upload", part("a.txt"))).await).await.1, "no_file_uploaded");
    assert_eq!(
        refusal(send(user().part("file", part("a.txt")).part("other", part("b.txt"))).await).await.1,
        "too_many_files"
    );
    assert_eq!(
        send(user().part("file", part("a.txt")).part("file", part("b.txt"))).await.status(),
        201,
        "of two the first is kept"
    );
    let untyped = Part::bytes(b"abc".to_vec()).file_name("a.txt");
    assert_eq!(
        refusal(send(user().part("file", untyped)).await).await,
        (415, "unsupported_file_type".into(), "File type not allowed.".into())
    );
    assert_eq!(refusal(send(user().part("file", part(""))).await).await.1, "filename_not_exists_error");
    for name in ["a/b.txt", "a:b.txt", "a?.txt", "a|b.txt", "a*.txt"] {
        assert_eq!(
            refusal(send(user().part("file", part(name))).await).await.2,
            "Filename contains invalid characters",
            "{name}"
        );
    }
    let long: Value = send(user().part("file", part(&format!("{}.txt", "x".repeat(300))))).await.json().await.unwrap();
    assert_eq!(long["name"], format!("{}.txt", "x".repeat(200)));
    let empty: Value = talk.upload("empty", "text/plain", b"").await.json().await.unwrap();
    assert_eq!((&empty["size"], &empty["extension"]), (&json!(0), &json!("")));

    let limit = 15 * 1024 * 1024;
    assert_eq!(talk.upload("exact.txt", "text/plain", &vec![b'a'; limit]).await.status(), 201);
    let over = talk.upload("over.txt", "text/plain", &vec![b'a'; limit + 1]).await;
    assert_eq!(refusal(over).await, (413, "file_too_large".into(), "File size exceeded. {message}".into()));
    let not_a_form = talk.post("/files/upload", &json!({"user": "u1"})).await;
    assert_eq!(refusal(not_a_form).await.1, "no_file_uploaded");
}

#[tokio::test]
async fn paths_methods_and_hosts_are_refused_as_recorded() {
    let talk = Talk::to(DIGEST).await;
    for path in ["/nope", "/info/"] {
        let response = talk.get(path).await;
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (404, "text/html; charset=utf-8")
        );
        assert!(response.text().await.unwrap().contains("<title>404 Not Found</title>"));
    }
    let message = "The method is not allowed for the requested URL.";
    assert_eq!(refusal(talk.get("/workflows/run").await).await, (405, "method_not_allowed".into(), message.into()));
    let foreign =
        CLIENT.get(talk.url("/info")).bearer_auth(talk.key()).header("host", "evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403, "a name that is not loopback is not answered");
    let local =
        CLIENT.get(talk.url("/info")).bearer_auth(talk.key()).header("host", "localhost:1").send().await.unwrap();
    assert_eq!(local.status(), 200);
}

#[tokio::test]
async fn runs_versions_tasks_and_logs_that_do_not_exist() {
    let talk = Talk::to(DIGEST).await;
    let nothing = "00000000-0000-4000-8000-000000000000";
    assert_eq!(refusal(talk.get(&format!("/workflows/run/{nothing}")).await).await.1, "not_found");
    assert_eq!(
        refusal(talk.get("/workflows/run/abc").await).await,
        (500, "unknown".into(), "Internal Server Error".into())
    );
    let body = json!({"inputs": {}, "user": "u1"});
    let version = refusal(talk.post(&format!("/workflows/{nothing}/run"), &body).await).await;
    assert_eq!(version, (404, "not_found".into(), format!("Workflow not found with id: {nothing}")));
    let version = refusal(talk.post("/workflows/abc/run", &body).await).await;
    assert_eq!(version, (400, "bad_request".into(), "Invalid workflow_id format: 'abc'. ".into()));
    assert_eq!(
        talk.post("/workflows/tasks/abc/stop", &json!({"user": "u1"})).await.status(),
        200,
        "stop always succeeds"
    );
    assert_eq!(
        refusal(talk.post("/workflows/tasks/abc/stop", &json!({"user": ""})).await).await.2,
        "Arg user must be provided."
    );
    for (query, expected) in [
        (
            "limit=0",
            "Input should be greater than or equal to 1 [type=greater_than_equal, input_value='0', input_type=str]",
        ),
        (
            "limit=101",
            "Input should be less than or equal to 100 [type=less_than_equal, input_value='101', input_type=str]",
        ),
        (
            "limit=abc",
            "Input should be a valid integer, unable to parse string as an integer [type=int_parsing, input_value='abc', input_type=str]",
        ),
        (
            "status=running",
            "Input should be 'succeeded', 'failed' or 'stopped' [type=literal_error, input_value='running', input_type=str]",
        ),
        ("created_at__after=1795245000", "ISO time too short"),
        ("created_at__after=yesterday", "invalid literal for int() with base 10: b'yest'"),
        ("created_by_account=no%40example.com", "Account not found: no@example.com"),
    ] {
        let (status, code, message) = refusal(talk.get(&format!("/workflows/logs?{query}")).await).await;
        assert_eq!((status, code.as_str()), (400, "invalid_param"));
        assert!(message.contains(expected), "{query}: {message}");
    }
    assert_eq!(
        refusal(talk.post("/text-to-audio", &json!({"text": "a", "user": "u"})).await).await.2,
        "TTS is not enabled"
    );
}
