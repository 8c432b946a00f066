//! A server that plays a tape to each run up to a place of its own, and afterwards says how the run ended.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use crate::{
    server::{Request, Step, answer, read_request},
    tape::Tape,
};

/// A run that is going to be asked for; its place in [`World::runs`] is what its form says.
pub struct Planned {
    pub tape: Arc<Tape>,
    /// So many bytes of it are sent.
    pub upto: usize,
    pub run_id: String,
    pub task_id: String,
    pub end: End,
}

/// How the server says that it ended.
#[derive(Clone)]
pub struct End {
    pub status: &'static str,
    pub outputs: Value,
    pub error: Option<String>,
}

impl Planned {
    pub fn new(tape: &Arc<Tape>, upto: usize, number: usize) -> Self {
        let id = |kind: char| format!("{kind}0000000-0000-4000-8000-{number:012}");
        let (run_id, task_id) = (id('a'), id('b'));
        // Where the recording does not tell an end, each of the ends in turn.
        let chosen = || {
            let status = ["succeeded", "failed", "stopped", "partial-succeeded"][number % 4];
            let error = (status != "succeeded").then(|| "it went wrong: 出错了".to_owned());
            End { status, outputs: json!({"answer": format!("运行 {number}"), "z": 1, "a": null}), error }
        };
        let end = match tape.end().filter(|_| tape.plain) {
            None => chosen(),
            Some(told) => End {
                status: match told["status"].as_str().expect("a status") {
                    "succeeded" => "succeeded",
                    "failed" => "failed",
                    "stopped" => "stopped",
                    "partial-succeeded" => "partial-succeeded",
                    other => panic!("{}: {other}", tape.name),
                },
                outputs: serde_json::from_str(&tape.renamed(&told["outputs"].to_string(), &run_id, &task_id))
                    .expect("still JSON"),
                error: told["error"].as_str().map(str::to_owned),
            },
        };
        Self { tape: Arc::clone(tape), upto, run_id, task_id, end }
    }

    /// The text that a reader has by `upto`, by source.
    pub fn text(&self, upto: usize) -> Vec<(String, String)> {
        let parts = self.tape.text(upto).into_iter();
        parts.map(|(source, text)| (source, self.tape.renamed(&text, &self.run_id, &self.task_id))).collect()
    }

    pub fn has_ids(&self) -> bool {
        self.tape.has_ids(self.upto)
    }
}

/// What the server can be asked, beyond the run itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Age {
    /// Run detail only, as servers up to 1.13.
    Older,
    /// `/workflow/{id}/events`, too.
    Newer,
}

/// What becomes of a connection when its run stands at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    Stall,
    Cut,
}

pub struct World {
    pub runs: Vec<Planned>,
    pub age: Age,
    pub then: Then,
    /// Questions about runs are left unanswered for now.
    pub holds: AtomicBool,
    /// The log tells of runs; without it there is none.
    pub keeps_log: bool,
    /// So many questions about runs were asked.
    pub asked: AtomicUsize,
    /// So many files were asked for.
    pub fetched: AtomicUsize,
    posts: Mutex<Vec<usize>>,
    /// Sessions and moments of the runs, for the log.
    begun: Mutex<Vec<(usize, String, i64)>>,
    stand: AtomicUsize,
    news: Notify,
}

/// The world, with a socket.
pub struct Open {
    pub world: Arc<World>,
    pub address: String,
    task: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World {
    pub fn new(runs: Vec<Planned>, age: Age, then: Then) -> Self {
        Self {
            posts: Mutex::new(vec![0; runs.len()]),
            runs,
            age,
            then,
            holds: AtomicBool::new(false),
            keeps_log: false,
            asked: AtomicUsize::new(0),
            fetched: AtomicUsize::new(0),
            begun: Mutex::default(),
            stand: AtomicUsize::new(0),
            news: Notify::new(),
        }
    }

    pub async fn open(self) -> Open {
        self.open_on(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    pub fn open_on(self, listener: TcpListener) -> Open {
        let address = format!("http://{}/v1", listener.local_addr().expect("a bound socket"));
        let world = Arc::new(self);
        let shared = Arc::clone(&world);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let _ = socket.set_nodelay(true);
                let world = Arc::clone(&shared);
                tokio::spawn(async move { world.serve(socket).await });
            }
        });
        Open { world, address, task }
    }

    /// How often each run was asked for.
    pub fn posts(&self) -> Vec<usize> {
        lock(&self.posts).clone()
    }

    /// Waits until every run stands at its place, as far as the server can tell.
    pub async fn all_sent(&self) {
        self.until(|world| world.stand.load(Ordering::SeqCst) >= world.runs.len(), "every run was asked for").await;
    }

    pub async fn until(&self, is_so: impl Fn(&Self) -> bool, what: &str) {
        // A machine that is busy takes its time: only one that stands still has failed.
        let stand = || self.stand.load(Ordering::SeqCst);
        let (mut last, mut since) = (stand(), Instant::now());
        while !is_so(self) {
            let _ = tokio::time::timeout(Duration::from_millis(20), self.news.notified()).await;
            if stand() != last {
                (last, since) = (stand(), Instant::now());
            }
            let idle = since.elapsed();
            assert!(idle < Duration::from_secs(60), "never came about: {what}; {last} of {}", self.runs.len());
        }
    }

    async fn serve(&self, mut socket: TcpStream) {
        while let Some(request) = read_request(&mut socket).await {
            let bytes = match self.answer(&request) {
                Reply::Run(number) => {
                    let planned = &self.runs[number];
                    let bytes = planned.tape.bytes(planned.upto, &planned.run_id, &planned.task_id);
                    let sent = socket.write_all(&bytes).await;
                    self.stand.fetch_add(1, Ordering::SeqCst);
                    self.news.notify_waiters();
                    if sent.is_ok() && self.then == Then::Stall {
                        silence(&mut socket).await;
                    }
                    return;
                }
                Reply::Nothing => return silence(&mut socket).await,
                Reply::Bytes(bytes) => bytes,
            };
            if socket.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Reply {
        if request.path().starts_with("/files/") {
            // File hosts never get the key.
            self.fetched.fetch_add(1, Ordering::SeqCst);
            let holds = self.holds.load(Ordering::SeqCst);
            return if holds {
                Reply::Nothing
            } else {
                whole(answer("200 OK", "Content-Type: text/markdown\r\n", "# digest"))
            };
        }
        if request.header("authorization").is_none() {
            return said("401 UNAUTHORIZED", &json!({"code": "unauthorized", "message": "no key", "status": 401}));
        }
        let path = request.path().trim_start_matches("/v1");
        let of_run = |start: &str, end: &str| {
            let id = path.strip_prefix(start)?.strip_suffix(end)?;
            self.runs.iter().find(|planned| planned.run_id == id)
        };
        match path {
            "/parameters" => said(
                "200 OK",
                &json!({"user_input_form": [
                    {"text-input": {"variable": "n", "label": "Number", "required": true, "max_length": 48}}
                ]}),
            ),
            "/workflows/run" => {
                let body = request.json();
                let number: usize =
                    body["inputs"]["n"].as_str().and_then(|n| n.parse().ok()).expect("the form says which run it is");
                lock(&self.posts)[number] += 1;
                let user = body["user"].as_str().unwrap_or_default().to_owned();
                lock(&self.begun).push((number, user, seconds()));
                Reply::Run(number)
            }
            "/workflows/logs" if self.keeps_log => said("200 OK", &self.log(request)),
            _ => {
                let detail = of_run("/workflows/run/", "");
                let events = of_run("/workflow/", "/events").filter(|_| self.age == Age::Newer);
                if detail.or(events).is_some() {
                    self.asked.fetch_add(1, Ordering::SeqCst);
                    self.news.notify_waiters();
                    if self.holds.load(Ordering::SeqCst) {
                        return Reply::Nothing;
                    }
                }
                match (detail, events) {
                    (Some(planned), _) => {
                        let number = self.runs.iter().position(|known| known.run_id == planned.run_id);
                        said("200 OK", &detail_of(planned, number.unwrap_or_default()))
                    }
                    (_, Some(planned)) => finished(planned),
                    _ => said("404 NOT FOUND", &json!({"code": "not_found", "message": "no", "status": 404})),
                }
            }
        }
    }

    /// Newest first, and only the asking user's, as servers filter it.
    fn log(&self, request: &Request) -> Value {
        let query = request.target.split('?').nth(1).unwrap_or_default();
        let rows: Vec<Value> = lock(&self.begun)
            .iter()
            .rev()
            .filter(|(_, user, _)| !query.contains("session_id=") || query.contains(user.as_str()))
            .map(|(number, user, at)| {
                let planned = &self.runs[*number];
                json!({
                    "id": format!("log-{number}"),
                    "workflow_run": {"id": planned.run_id, "version": "1", "status": planned.end.status,
                        "error": planned.end.error, "elapsed_time": 1.5, "total_tokens": 0, "total_steps": 3,
                        "created_at": at, "finished_at": at + 1},
                    "created_from": "service-api", "created_by_role": "end_user", "created_by_account": null,
                    "created_by_end_user": {"id": "u", "type": "service_api", "is_anonymous": false, "session_id": user},
                    "created_at": at,
                })
            })
            .collect();
        json!({"page": 1, "limit": 20, "total": rows.len(), "has_more": false, "data": rows})
    }
}

enum Reply {
    Run(usize),
    /// The connection stays open.
    Nothing,
    Bytes(Vec<u8>),
}

fn said(status: &str, body: &Value) -> Reply {
    whole(answer(status, "Content-Type: application/json\r\n", body.to_string()))
}

fn whole(steps: Vec<Step>) -> Reply {
    let bytes = steps.into_iter().filter_map(|step| if let Step::Write(bytes) = step { Some(bytes) } else { None });
    Reply::Bytes(bytes.flatten().collect())
}

fn detail_of(planned: &Planned, number: usize) -> Value {
    let End { status, outputs, error } = &planned.end;
    json!({
        "id": planned.run_id, "workflow_id": planned.tape.workflow_id(), "status": status,
        "inputs": json!({"sys.user_id": "u", "n": number.to_string()}).to_string(),
        "outputs": if outputs.is_null() { Value::Null } else { outputs.to_string().into() },
        "error": error, "total_steps": 3, "total_tokens": 0,
        "created_at": seconds() - 1, "finished_at": seconds(), "elapsed_time": 1.5,
    })
}

/// What a newer server's events of a finished run are: its end, once.
fn finished(planned: &Planned) -> Reply {
    let End { status, outputs, error } = &planned.end;
    let event = json!({
        "event": "workflow_finished", "workflow_run_id": planned.run_id, "task_id": planned.run_id,
        "data": {"id": planned.run_id, "workflow_id": planned.tape.workflow_id(), "status": status,
            "outputs": outputs, "error": error, "elapsed_time": 1.5, "total_tokens": 0, "total_steps": 3,
            "created_at": seconds() - 1, "finished_at": seconds(), "files": []},
    });
    let body = format!("data: {event}\n\n");
    whole(answer("200 OK", "Content-Type: text/event-stream; charset=utf-8\r\n", body))
}

async fn silence(socket: &mut TcpStream) {
    let mut rest = [0; 64];
    while matches!(socket.read(&mut rest).await, Ok(1..)) {}
}

fn seconds() -> i64 {
    flowdeck::apps::now() / 1000
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
