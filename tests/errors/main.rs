//! What the page gets for everything a server, or something in front of it, can refuse with (api.md §1.8, §2, §7;
//! server-1.12.1.md §2, §4 to §6): the real rooms against a scripted server over a socket, case by case.
//!
//! `cases.json` holds the cases, `failures.json` what comes of them; the page's tests turn the latter into
//! `docs/errors.md`, the words in both languages. `FLOWDECK_WRITE_FAILURES=1 cargo test --test errors` writes it anew.

#[path = "../house/mod.rs"]
mod house;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowdeck::{
    apps,
    dify::{Client, Connection, Error, Key, Limits, Transport},
    files, model,
    model::{
        app::{App, KeepKey},
        failure::Failure,
        file::StagedId,
        form::{Entries, Entry, FileEntry},
        run::{RunError, RunStatus},
    },
};
use house::House;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use server::{Reply, Request, Server, Step, answer, events, json};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use url::Url;

/// One refusal, and the call that meets it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Where it is known from.
    source: String,
    call: Call,
    answer: Option<Scripted>,
    /// Connects there instead of to the scripted server.
    address: Option<String>,
    key: Option<String>,
    #[serde(default)]
    files: Files,
}

/// What stands in the form's file fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Files {
    /// One upload in the field for one, one link in the field for several.
    #[default]
    One,
    /// Two uploads and two links in the field for several, so that a refusal could mean any of them.
    Several,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Call {
    /// Connecting, where nothing behaves like Dify.
    Probe,
    /// Connecting, where the key is what is answered like this.
    Connect,
    Upload,
    Run,
    /// A call of the API client alone.
    Send,
    /// The same by https, to a port that speaks http.
    SendTls,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Scripted {
    /// A recorded answer, byte for byte.
    recording: Option<String>,
    status: Option<String>,
    headers: serde_json::Map<String, Value>,
    json: Option<Value>,
    body: Option<String>,
    /// A stream of these events.
    events: Option<Vec<String>>,
    fault: Option<Fault>,
    /// Not a socket's: what the TLS library says where only a trusted authority could bring it about.
    tls: Option<String>,
    /// Other answers at some paths; `""` is every other path.
    by_path: Option<std::collections::BTreeMap<String, Scripted>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// Nobody listens.
    Closed,
    /// Not a byte.
    Silence,
    /// A head, and then not a byte.
    Stall,
    /// Half a body.
    Cut,
    /// The connection ends without an answer.
    HangUp,
    /// More than is taken.
    Huge,
}

/// What the page gets: a failed command, or a run that ended badly.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome {
    Failure { failure: Failure },
    Ending { status: RunStatus, error: Option<RunError> },
}

#[derive(Serialize)]
struct Told {
    name: String,
    source: String,
    call: Call,
    #[serde(flatten)]
    outcome: Outcome,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/errors")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_refusal_becomes_what_the_page_has_words_for() {
    let cases = fs::read_to_string(folder().join("cases.json")).expect("the cases");
    let cases: Vec<Case> = serde_json::from_str(&cases).expect("well-formed cases");
    let lanes = (0..LANES).map(|lane| play_all(cases.iter().skip(lane).step_by(LANES)));
    let mut lanes: Vec<_> = futures_util::future::join_all(lanes).await.into_iter().map(Vec::into_iter).collect();
    // Back in the order of the cases.
    let told: Vec<Told> = (0..cases.len()).filter_map(|place| lanes[place % LANES].next()).collect();
    let told = serde_json::to_string_pretty(&told).expect("JSON") + "\n";
    let path = folder().join("failures.json");
    if std::env::var_os("FLOWDECK_WRITE_FAILURES").is_some() {
        fs::write(&path, &told).expect("written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    for (told, kept) in told.lines().zip(kept.lines()) {
        assert_eq!(told, kept, "what the page gets has changed: review it, then write failures.json anew");
    }
    assert_eq!(told.lines().count(), kept.lines().count(), "cases were added or taken away");
}

/// How many cases are played at a time.
const LANES: usize = 6;
const KEY: &str = "app-0000000000000000000000";

async fn play_all(cases: impl Iterator<Item = &Case>) -> Vec<Told> {
    let mut lane = Lane::new().await;
    let mut told = Vec::new();
    for case in cases {
        told.push(play(case, &mut lane).await);
    }
    told
}

/// A house with one app, whose server answers the call in question as the case at hand says: a house and an app for
/// each case would cost most of the time.
struct Lane {
    house: House,
    app: App,
    /// Uploaded files, for runs.
    reports: [StagedId; 2],
    script: Arc<Mutex<(Call, Scripted)>>,
    _server: Server,
}

impl Lane {
    async fn new() -> Self {
        // Nothing is in question yet.
        let script = Arc::new(Mutex::new((Call::Run, Scripted::default())));
        let current = Arc::clone(&script);
        let server = Server::start(move |request| {
            let (call, scripted) = &*current.lock().unwrap_or_else(PoisonError::into_inner);
            reply(request, *call, scripted)
        })
        .await;
        let house = House::new().await;
        let app = house.apps.connect(server.url("/v1").as_str(), KEY, KeepKey::Session, None).await.expect("connected");
        let report = async || upload(&house, &app, &house.files).await.expect("uploaded").id;
        let reports = [report().await, report().await];
        Self { house, app, reports, script, _server: server }
    }

    fn put(&self, call: Call, scripted: Scripted) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = (call, scripted);
    }
}

async fn play(case: &Case, lane: &mut Lane) -> Told {
    let outcome = tokio::time::timeout(Duration::from_secs(60), outcome(case, lane))
        .await
        .unwrap_or_else(|_| panic!("{}: no end", case.name));
    let failure = match outcome {
        Outcome::Failure { failure } => Outcome::Failure { failure: without_port(failure) },
        ending => ending,
    };
    Told { name: case.name.clone(), source: case.source.clone(), call: case.call, outcome: failure }
}

/// Ports differ from run to run.
fn without_port(failure: Failure) -> Failure {
    let text = serde_json::to_string(&failure).expect("JSON");
    assert!(!text.contains("127.0.0.1:"), "an address in a failure: {text}");
    failure
}

async fn outcome(case: &Case, lane: &mut Lane) -> Outcome {
    let scripted = case.answer.clone().unwrap_or_default();
    let call = case.call;
    let (tls, fault) = (scripted.tls.clone(), scripted.fault);
    if matches!(call, Call::Upload | Call::Run) {
        lane.put(call, scripted);
        return if call == Call::Run { run(case, lane).await } else { uploaded(case, lane).await };
    }
    let server = Server::start(move |request| reply(request, call, &scripted)).await;
    let base = server.url("/v1");
    let failure = match call {
        Call::Probe | Call::Connect => {
            let address = case.address.clone().unwrap_or_else(|| base.to_string());
            if fault == Some(Fault::Closed) {
                drop(server);
            }
            match lane.house.apps.connect(&address, case.key.as_deref().unwrap_or(KEY), KeepKey::Session, None).await {
                Err(error) => Failure::from(error),
                Ok(app) => panic!("{}: connected {app:?}", case.name),
            }
        }
        Call::Send if tls.is_some() => {
            let detail = tls.unwrap_or_default();
            Failure::from(Error::Transport { kind: Transport::Tls, detail, subject: None })
        }
        _ => {
            let mut base_url = base;
            if call == Call::SendTls {
                base_url = Url::parse(&format!("https://{}/v1", plain_port().await)).expect("a sound address");
            }
            // Little only where it is waited out: a busy machine must not look like a silent server.
            let waits = matches!(fault, Some(Fault::Silence | Fault::Stall));
            let patience = if waits { Duration::from_secs(1) } else { Duration::from_secs(30) };
            let limits = Limits { answer: patience, idle: patience, json: 100_000, ..Limits::default() };
            let key = Key::new(KEY).expect("a sound key");
            let client =
                Client::with_limits(Connection { base_url, key, user: "desk".into() }, limits).expect("a client");
            match client.parameters().await {
                Err(error) => Failure::from(error),
                Ok(parameters) => panic!("{}: {parameters:?}", case.name),
            }
        }
    };
    Outcome::Failure { failure }
}

/// A port that answers every connection with plain HTTP.
async fn plain_port() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    address
}

async fn upload(house: &House, app: &App, files: &Arc<files::Files>) -> Result<model::file::StagedFile, files::Error> {
    let path = house.folder.path().join("report.pdf");
    fs::write(&path, "%PDF-1.4").expect("written");
    let staged = files.stage(vec![path]).remove(0);
    let client = house.apps.client(&app.id).await.expect("a client");
    files.upload(&client, &staged.id).await
}

async fn uploaded(case: &Case, lane: &Lane) -> Outcome {
    // What one case teaches is not to be heeded in the next.
    let files = Arc::new(files::Files::new(lane.house.store.clone(), Arc::new(|_| {})).hurried(50));
    match upload(&lane.house, &lane.app, &files).await {
        Err(error) => Outcome::Failure { failure: Failure::from(error) },
        Ok(_) => panic!("{}: uploaded", case.name),
    }
}

async fn run(case: &Case, lane: &mut Lane) -> Outcome {
    let link = |name: &str| FileEntry::Link(format!("https://files.example.com/{name}"));
    let [first, second] = lane.reports.clone().map(FileEntry::Staged);
    let mut entries = Entries::from([
        ("text".to_owned(), Entry::Text("Quarterly report".into())),
        ("choice".to_owned(), Entry::Text("a".into())),
    ]);
    match case.files {
        Files::One => {
            entries.insert("one".into(), Entry::Files(vec![first]));
            entries.insert("many".into(), Entry::Files(vec![link("minutes.pdf")]));
        }
        Files::Several => {
            let all = vec![first, second, link("minutes.pdf"), link("agenda.pdf")];
            entries.insert("many".into(), Entry::Files(all));
        }
    }
    match lane.house.start(&lane.app, entries).await {
        Err(error) => Outcome::Failure { failure: Failure::from(error) },
        Ok(id) => {
            let head = lane.house.ended(&id).await.head;
            Outcome::Ending { status: head.status, error: head.error }
        }
    }
}

const FORM: &str = r#"{"user_input_form": [
    {"text-input": {"variable": "text", "label": "Title", "required": true, "max_length": 48}},
    {"select": {"variable": "choice", "label": "Kind", "options": ["a", "b"]}},
    {"number": {"variable": "count", "label": "Copies"}},
    {"json_object": {"variable": "obj", "label": "Data"}},
    {"file": {"variable": "one", "label": "Report", "allowed_file_types": ["document", "image"],
        "allowed_file_upload_methods": ["local_file"]}},
    {"file-list": {"variable": "many", "label": "Attachments", "allowed_file_types": ["document", "image"],
        "allowed_file_upload_methods": ["local_file", "remote_url"], "max_length": 4}}
]}"#;

/// A server that behaves but for the call in question.
fn reply(request: &Request, call: Call, scripted: &Scripted) -> Reply {
    let in_question = match call {
        Call::Probe | Call::Send | Call::SendTls => true,
        Call::Connect => request.header("authorization").is_some(),
        Call::Upload => request.path() == "/v1/files/upload",
        Call::Run => request.path() == "/v1/workflows/run",
    };
    if in_question {
        return scripted.reply(request.path());
    }
    match request.path() {
        _ if request.header("authorization").is_none() => {
            json("401 UNAUTHORIZED", r#"{"code": "unauthorized", "message": "no key", "status": 401}"#)
        }
        "/v1/parameters" => json("200 OK", FORM),
        "/v1/files/upload" => json("201 CREATED", r#"{"id": "f1", "name": "report.pdf", "extension": "pdf"}"#),
        path if path.starts_with("/v1/workflows/run/") => json("200 OK", r#"{"id": null}"#),
        _ => json("404 NOT FOUND", r#"{"code": "not_found", "message": "no", "status": 404}"#),
    }
}

impl Scripted {
    fn reply(&self, path: &str) -> Reply {
        if let Some(places) = &self.by_path {
            return places.get(path).or_else(|| places.get("")).expect("an answer for every path").reply(path);
        }
        if let Some(name) = &self.recording {
            let path = folder().with_file_name("recordings").join(format!("{name}.raw"));
            let raw = fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            return vec![Step::Write(raw), Step::Close];
        }
        if let Some(frames) = &self.events {
            return events(&frames.iter().map(|frame| format!("data: {frame}\n\n")).collect::<String>());
        }
        let begun =
            || Step::Write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{".into());
        match self.fault {
            Some(Fault::Silence) => return vec![Step::Silence],
            Some(Fault::Stall) => return vec![begun(), Step::Silence],
            Some(Fault::Cut) => return vec![begun(), Step::Close],
            Some(Fault::HangUp) => return vec![Step::Close],
            Some(Fault::Huge) => return json("200 OK", &format!("{{\"x\": \"{}\"}}", "x".repeat(200_000))),
            Some(Fault::Closed) | None => {}
        }
        let mut headers = String::new();
        for (name, value) in &self.headers {
            headers += &format!("{name}: {}\r\n", value.as_str().expect("a text"));
        }
        let status = self.status.as_deref().expect("an answer has a status");
        match &self.json {
            Some(body) => {
                if !self.headers.contains_key("Content-Type") {
                    headers += "Content-Type: application/json\r\n";
                }
                answer(status, &headers, body.to_string())
            }
            None => answer(status, &headers, self.body.as_deref().unwrap_or_default()),
        }
    }
}

/// The errors are those of the rooms, so that what the page gets is made where it is made in the program.
#[test]
fn a_refused_key_is_told_by_the_same_code_wherever_it_is_refused() {
    let refused = || Error::refused(401, Some("unauthorized"), "Access token is invalid");
    let told = [Failure::from(refused()), apps::Error::from(refused()).into(), files::Error::from(refused()).into()];
    assert!(told.iter().all(|failure: &Failure| failure.code == told[0].code), "{told:?}");
}
