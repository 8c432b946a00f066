//! Every generation of the API, and servers and networks that misbehave: what the server speaks, and what the client
//! makes of it, from the form to the stored run.

mod drawn;
mod faults;
#[path = "../house/mod.rs"]
mod house;
mod people;
mod recorded;
mod rules;
mod runs;
mod shapes;

use flowdeck::demo::{DemoApp, DemoServer, Generation, Options};
use reqwest::{Client, Response};
use serde_json::{Value, json};

/// An id that nothing has.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A server of a generation, and plain HTTP to talk to it.
struct Talk {
    server: DemoServer,
    http: Client,
}

impl Talk {
    async fn to(generation: Generation) -> Self {
        Self::with(Options { generation, for_trials: true, ..Options::default() }).await
    }

    async fn with(options: Options) -> Self {
        let server = DemoServer::start_with(options).await.expect("the server starts");
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { server, http }
    }

    fn app(&self, slug: &str) -> &DemoApp {
        self.server.apps().iter().find(|app| app.slug == slug).expect("a built-in app")
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base_url())
    }

    async fn get(&self, slug: &str, path: &str) -> Response {
        let request = self.http.get(self.url(path)).bearer_auth(&self.app(slug).key);
        request.send().await.expect("an answer")
    }

    async fn post(&self, slug: &str, path: &str, body: &Value) -> Response {
        let request = self.http.post(self.url(path)).bearer_auth(&self.app(slug).key).json(body);
        request.send().await.expect("an answer")
    }

    async fn json(&self, slug: &str, path: &str) -> Value {
        self.get(slug, path).await.json().await.expect("JSON")
    }

    /// The events of a whole run.
    async fn run(&self, slug: &str, inputs: Value) -> Vec<Value> {
        let body = json!({"inputs": inputs, "response_mode": "streaming", "user": "u1"});
        let response = self.post(slug, "/workflows/run", &body).await;
        assert_eq!(response.status(), 200, "the run begins");
        events(&response.text().await.expect("a whole stream"))
    }

    /// The events of a run of "Every control" that plays one of its scenes.
    async fn scene(&self, name: &str) -> Vec<Value> {
        self.run("every-control", json!({"name": "Eva", "department": "Legal", "pace": 0, "events": name})).await
    }
}

/// Status and code of a refusal.
async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.expect("a JSON envelope");
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// The whole events of a stream, or of what has come of it so far.
fn events(stream: &str) -> Vec<Value> {
    let whole = stream.rfind("\n\n").map_or("", |end| &stream[..end]);
    let frames = whole.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    frames.map(|json| serde_json::from_str(json).expect("JSON")).collect()
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
