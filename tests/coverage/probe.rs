//! Asks the real client, over a socket, whether a field comes out of an answer or goes into a request.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use flowdeck::{
    dify::{Client, Connection, Key, LogQuery, LogStatus, RunOptions, Upload},
    model::app::ResponseMode,
};
use serde_json::{Value, json};

use crate::{
    rows::{Group, Refusal, Row, Sent},
    server::{Reply, Request, Server, Step, answer, json as json_answer},
};

pub struct Probe {
    client: Client,
    server: Server,
    reply: Arc<Mutex<Reply>>,
    file: tempfile::NamedTempFile,
}

impl Probe {
    pub async fn start() -> Self {
        let reply = Arc::new(Mutex::new(Reply::new()));
        let current = reply.clone();
        let server = Server::start(move |request| {
            // Only the oldest path to stop a run exists where the client is to be seen falling back to it.
            if request.header("authorization").is_some() && request.path() == "/v1/workflows/tasks/t-1/stop" {
                let current = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
                return if current.is_empty() { json_answer("404 NOT FOUND", "{}") } else { current };
            }
            let current = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if current.is_empty() { json_answer("200 OK", "{\"result\": \"success\"}") } else { current }
        })
        .await;
        let connection = Connection {
            base_url: server.url("/v1"),
            key: Key::new("app-k").expect("a sound key"),
            user: "desk-1".into(),
        };
        let client = Client::new(connection).expect("a sound connection");
        Self { client, server, reply, file: tempfile::NamedTempFile::new().expect("a file to send") }
    }

    /// What comes out of an answer, in Rust's own words; `None` if the client has no such call.
    async fn ask(&self, call: &str) -> Option<String> {
        fn told(value: impl Debug) -> Option<String> {
            Some(format!("{value:?}"))
        }
        let client = &self.client;
        match call {
            "run" | "run_blocking" | "run_version" | "run_version_blocking" | "event" => {
                let inputs = json!({
                    "text": "sentinel",
                    "sys.files": [{"type": "image", "transfer_method": "remote_url", "url": "u", "upload_file_id": "f"}],
                });
                let mode = if call.ends_with("blocking") { ResponseMode::Blocking } else { ResponseMode::Streaming };
                let version = call.starts_with("run_version").then(|| "w-1".to_owned());
                let options = RunOptions { mode, version, trace_id: Some("trace-1".to_owned()) };
                let inputs = inputs.as_object().cloned().unwrap_or_default();
                let mut stream = match client.run_with(inputs, &options).await {
                    Ok(stream) => stream,
                    Err(error) => return told(error),
                };
                let mut items = Vec::new();
                while let Some(item) = stream.next().await {
                    items.push(item);
                }
                told(items)
            }
            "detail" => told(client.run_detail("r-1").await),
            "stop" | "stop_old" => told(client.stop("t-1").await),
            "upload" => {
                let path = self.file.path().to_owned();
                told(client.upload(Upload { path, name: "a.txt".into(), mime: "text/plain".into() }, |_| {}).await)
            }
            "parameters" => told(client.parameters().await),
            "info" => told(client.info().await),
            "site" => told(client.site().await),
            "meta" => told(client.tool_icons().await),
            "logs" => {
                let query = LogQuery {
                    keyword: Some("sentinel".into()),
                    status: Some(LogStatus::Succeeded),
                    session_id: Some("desk-1".into()),
                    account: Some("a@example.com".into()),
                    ..LogQuery::default()
                };
                told(client.logs(&query).await)
            }
            _ => None,
        }
    }

    fn answers_with(&self, reply: Reply) {
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }

    async fn read(&self, call: &str, value: &Value) -> Option<String> {
        self.answers_with(if call == "event" {
            answer("200 OK", "Content-Type: text/event-stream\r\n", format!("data: {value}\n\n"))
        } else {
            json_answer("200 OK", &value.to_string())
        });
        self.ask(call).await
    }

    /// Whether the field makes a difference, in every shape: what comes out differs from what comes out
    /// without it. Of a flag, whether its two values differ; a text and a number must also be found again.
    pub async fn is_decoded(&self, group: &Group, row: &Row) -> bool {
        let mut whole = group.answer.clone();
        for (pointer, value) in &row.with {
            *whole.pointer_mut(pointer).unwrap_or_else(|| panic!("{}: {pointer}", row.field)) = value.clone();
        }
        let pointer = row.pointer();
        assert!(whole.pointer(&pointer).is_some(), "{} {}: the answer has no {pointer}", group.endpoint, row.field);
        let mut without = whole.clone();
        remove(&mut without, &pointer);
        let Some(without) = self.read(&group.call, &without).await else { return false };
        let mut seen = Vec::new();
        for value in row.tried() {
            let mut with = whole.clone();
            *with.pointer_mut(&pointer).expect("it is there") = value.clone();
            let Some(told) = self.read(&group.call, &with).await else { return false };
            if row.values.is_none() && !told.contains(value.as_str().unwrap_or(&value.to_string())) {
                return false;
            }
            seen.push(told);
        }
        if row.tried().iter().all(Value::is_boolean) {
            seen[0] != seen[1]
        } else {
            seen.iter().all(|told| *told != without)
        }
    }

    /// Whether the client, when it makes the call, asks for this method and path.
    pub async fn is_asked(&self, call: &str, asked: &str) -> bool {
        self.requests_of(call).await.iter().any(|request| format!("{} {}", request.method, request.path()) == asked)
    }

    /// Whether the value stands in the request.
    pub async fn is_sent(&self, call: &str, sent: &Sent) -> bool {
        let requests = self.requests_of(sent.call.as_deref().unwrap_or(call)).await;
        let Some(request) = requests.last() else { return false };
        let name = sent.name.as_deref().unwrap_or_default();
        let found = match sent.place.as_str() {
            "path" => Some(request.path().to_owned()),
            "header" => request.header(name).map(str::to_owned),
            "query" => query(request, name),
            "body" => serde_json::from_slice::<Value>(&request.body).ok().and_then(|body| {
                let value = body.pointer(sent.at.as_deref().unwrap_or_default())?;
                Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }),
            "part" => {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                body.contains(&format!("name=\"{name}\"")).then_some(body)
            }
            other => panic!("{other} is no place in a request"),
        };
        found.is_some_and(|found| sent.is.as_ref().is_none_or(|is| *is == found))
    }

    async fn requests_of(&self, call: &str) -> Vec<Request> {
        let before = self.server.requests().len();
        // No reply set: every answer is a success, but for the path that the oldest servers lack.
        let reply = if call == "stop" { json_answer("200 OK", "{\"result\": \"success\"}") } else { Reply::new() };
        self.answers_with(reply);
        self.ask(call).await;
        self.server.requests().split_off(before)
    }

    /// Whether status and code come out of a refusal; and, for a run, out of an error event too.
    pub async fn is_told(&self, call: &str, refusal: &Refusal) -> bool {
        let Refusal { status, code } = refusal;
        let body = json!({"code": code, "message": "sentinel", "status": status}).to_string();
        self.answers_with(json_answer(&format!("{status} REFUSED"), &body));
        let Some(told) = self.ask(call).await else { return false };
        let mut all = vec![told];
        if call.starts_with("run") {
            let event = format!("data: {{\"event\":\"error\",{}\n\n", &body[1..]);
            self.answers_with(vec![Step::Write(event_stream(&event)), Step::Close]);
            all.extend(self.ask(call).await);
        }
        all.iter().all(|told| told.contains(code) && told.contains(&status.to_string()) && told.contains("sentinel"))
    }
}

fn query(request: &Request, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn event_stream(frames: &str) -> Vec<u8> {
    format!("{}{frames}", crate::server::STREAM_HEAD).into_bytes()
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent) {
        Some(Value::Object(object)) => _ = object.shift_remove(key),
        Some(Value::Array(list)) => _ = list.remove(key.parse().expect("an index")),
        _ => panic!("nothing stands at {pointer}"),
    }
}
