//! The server over a real socket: what a client sees, compared with what a real server was recorded to send.

#![allow(clippy::unwrap_used)] // a test that finds nothing has failed

mod every_control;
mod random;
mod refusals;
mod runs;

use std::sync::LazyLock;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::{DemoServer, Generation, Options};

static CLIENT: LazyLock<Client> = LazyLock::new(Client::new);

/// A server, and one of its apps to talk to.
struct Talk {
    server: DemoServer,
    app: usize,
}

const DIGEST: usize = 0;
const EVERY_CONTROL: usize = 1;

impl Talk {
    async fn to(app: usize) -> Self {
        Self::with(app, Options::default()).await
    }

    /// A server that answers field by field as the recorded one.
    async fn recorded(app: usize) -> Self {
        Self::with(app, Options { generation: Generation::Recorded, ..Options::default() }).await
    }

    async fn with(app: usize, options: Options) -> Self {
        Self { server: DemoServer::start_with(options).await.expect("a free port"), app }
    }

    fn key(&self) -> &str {
        &self.server.apps()[self.app].key
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base_url())
    }

    async fn get(&self, path: &str) -> Response {
        CLIENT.get(self.url(path)).bearer_auth(self.key()).send().await.expect("an answer")
    }

    async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.expect("JSON")
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        CLIENT.post(self.url(path)).bearer_auth(self.key()).json(body).send().await.expect("an answer")
    }

    async fn start(&self, inputs: Value) -> Response {
        self.post("/workflows/run", &json!({"inputs": inputs, "response_mode": "streaming", "user": "u1"})).await
    }

    /// The events of a whole streaming run.
    async fn run(&self, inputs: Value) -> Vec<Value> {
        let response = self.start(inputs).await;
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        events(&response.text().await.expect("a stream"))
    }

    async fn upload(&self, name: &str, mime: &str, bytes: &[u8]) -> Response {
        let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str(mime).expect("a media type");
        let form = Form::new().text("user", "u1").part("file", part);
        CLIENT.post(self.url("/files/upload")).bearer_auth(self.key()).multipart(form).send().await.expect("an answer")
    }

    /// Uploads a file and gives the mapping that names it in a run.
    async fn file(&self, kind: &str, name: &str, mime: &str, bytes: &[u8]) -> Value {
        let stored: Value = self.upload(name, mime, bytes).await.json().await.expect("JSON");
        json!({"type": kind, "transfer_method": "local_file", "upload_file_id": stored["id"]})
    }
}

fn events(stream: &str) -> Vec<Value> {
    stream
        .split("\n\n")
        .filter_map(|frame| frame.strip_prefix("data: "))
        .map(|json| serde_json::from_str(json).expect("JSON"))
        .collect()
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// The words of a line, to write down a recorded order of keys.
fn order(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn ordinary_answers_are_ascii_with_spaces_and_end_with_a_line_feed() {
    let talk = Talk::recorded(DIGEST).await;
    let response = talk.get("/site").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    for header in ["x-version", "x-env", "access-control-allow-origin", "access-control-expose-headers"] {
        assert!(response.headers().contains_key(header), "{header} is on every answer");
    }
    assert_eq!(response.headers()["x-version"], "1.12.1");
    let text = response.text().await.unwrap();
    assert!(
        text.is_ascii()
            && text.ends_with("}\n")
            && text.starts_with("{\"title\": \"Document digest\", \"chat_color_theme\": null, ")
    );
    assert!(text.contains("\"icon\": \"\\ud83d\\udcd1\""), "an emoji is a pair of surrogates: {text}");
    let recorded = "title chat_color_theme chat_color_theme_inverted icon_type icon icon_background description copyright privacy_policy \
                    custom_disclaimer default_language show_workflow_steps use_icon_as_answer_icon icon_url";
    assert_eq!(keys(&serde_json::from_str(&text).unwrap()), order(recorded));
}

#[tokio::test]
async fn info_parameters_and_meta_have_the_recorded_keys() {
    let talk = Talk::to(EVERY_CONTROL).await;
    assert_eq!(keys(&talk.json("/info").await), order("name description tags mode author_name"));
    assert_eq!(talk.json("/meta").await, json!({"tool_icons": {}}));
    assert_eq!(keys(&talk.json("/").await), order("welcome api_version server_version"));
    let parameters = talk.json("/parameters").await;
    let recorded = "opening_statement suggested_questions suggested_questions_after_answer speech_to_text text_to_speech retriever_resource \
                    annotation_reply more_like_this user_input_form sensitive_word_avoidance file_upload system_parameters";
    assert_eq!(keys(&parameters), order(recorded));
    let types: Vec<&str> = parameters["user_input_form"].as_array().unwrap().iter().flat_map(keys).collect();
    let expected = "text-input paragraph select number checkbox json_object file file-list external_data_tool color-picker text-input number select";
    assert_eq!(types, order(expected));
}

#[tokio::test]
async fn an_upload_is_answered_and_can_be_fetched_by_its_signed_link() {
    let talk = Talk::recorded(DIGEST).await;
    let response = talk.upload("图 片.PNG", "image/png", b"not really").await;
    assert_eq!(response.status(), 201);
    let stored: Value = response.json().await.unwrap();
    let recorded = "id name size extension mime_type created_by created_at preview_url source_url original_url user_id tenant_id \
                    conversation_id file_key";
    assert_eq!(keys(&stored), order(recorded));
    assert_eq!((stored["name"].as_str(), stored["extension"].as_str()), (Some("图 片.PNG"), Some("png")));
    let url = format!("{}&as_attachment=true", stored["source_url"].as_str().unwrap());
    let fetched = CLIENT.get(&url).send().await.unwrap();
    assert_eq!(fetched.headers()["content-disposition"], "attachment; filename*=UTF-8''%E5%9B%BE%20%E7%89%87.PNG");
    assert_eq!(fetched.bytes().await.unwrap(), &b"not really"[..]);
    let spoilt = CLIENT.get(url.replace("nonce=", "nonce=0")).send().await.unwrap();
    assert_eq!(spoilt.status(), 404, "an upload with a wrong signature does not exist");
}

#[tokio::test]
async fn the_sample_documents_are_what_their_names_say() {
    let samples = super::sample_documents();
    assert!(samples.len() >= 2 && samples.iter().all(|(_, bytes)| bytes.len() > 500 && bytes.len() < 200_000));
    assert!(samples[0].0.ends_with(".pdf") && samples[0].1.starts_with(b"%PDF-"));
}

#[tokio::test]
async fn dropping_the_server_closes_its_port() {
    let talk = Talk::to(DIGEST).await;
    let url = talk.url("/");
    assert!(CLIENT.get(&url).send().await.is_ok());
    drop(talk);
    // The task that listens ends at its next turn.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(Client::new().get(&url).send().await.is_err(), "nobody listens any more");
    let kept_alive = CLIENT.get(&url).send().await;
    assert!(kept_alive.is_err() || kept_alive.unwrap().status() == 503, "old connections end as well");
}
