//! Running a workflow: start, follow, take up again, stop.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use reqwest::{
    RequestBuilder, Response,
    header::{self, HeaderValue},
};
use serde_json::{Map, Value, json};

use super::{
    Client,
    error::{Error, Transport},
    events::Events,
    held::Holding,
    http,
    sse::TooLarge,
    stream, wire,
};
use crate::model::{
    app::ResponseMode,
    capability::Capability,
    run::RunStatus,
    stream::{Started, StreamEvent, StreamItem},
};

/// How a run is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunOptions {
    pub mode: ResponseMode,
    /// Id of a published version of the workflow; without one the latest runs.
    pub version: Option<String>,
    /// For the server's own tracing: 1 to 128 letters, digits, `_` and `-`. Any other is not sent, because
    /// servers refuse the whole run for it.
    pub trace_id: Option<String>,
}

/// How a run's events are taken up again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resume {
    /// The steps so far come first, without inputs, outputs and text.
    pub include_state_snapshot: bool,
    /// The stream stays open when the run pauses once more.
    pub continue_on_pause: bool,
    /// What [`RunStream::last_event_id`] of the lost stream said.
    pub last_event_id: Option<String>,
}

/// Form variable that stands for the app-wide list of files; sent beside the inputs, as `files`.
///
/// Every generation takes it there. Servers from 1.16 on would rather have an input of their own,
/// `userinput.files`: where an app has it, it stands in the form like any other variable.
pub const APP_FILES: &str = "sys.files";

/// Servers end a run after 20 minutes; a blocking answer says nothing until then.
const BLOCKING: Duration = Duration::from_secs(21 * 60);

impl Client {
    /// Starts a run and returns once the server begins to answer. Never repeated by itself: the server may
    /// have begun even if no answer came.
    pub async fn run(&self, inputs: Map<String, Value>, trace_id: &str) -> Result<RunStream, Error> {
        self.run_with(inputs, &RunOptions { trace_id: Some(trace_id.to_owned()), ..RunOptions::default() }).await
    }

    /// Like [`Client::run`], in another mode or of a given version. A version that is missing is refused with a
    /// code, a server that runs none is [`Error::is_unknown_path`].
    pub async fn run_with(&self, mut inputs: Map<String, Value>, options: &RunOptions) -> Result<RunStream, Error> {
        let (mode, accept, wait) = match options.mode {
            ResponseMode::Streaming => ("streaming", "text/event-stream", self.limits().idle),
            ResponseMode::Blocking => ("blocking", "application/json", BLOCKING),
        };
        let files = inputs.remove(APP_FILES);
        let mut body = json!({ "inputs": inputs, "response_mode": mode, "user": self.user() });
        if let Some(files @ Value::Array(_)) = files {
            body["files"] = files;
        }
        let trace_id = options.trace_id.as_deref().filter(|id| is_trace_id(id));
        if let Some(trace_id) = trace_id {
            body["trace_id"] = trace_id.into();
        }
        let path = match &options.version {
            Some(version) => vec!["workflows", version, "run"],
            None => vec!["workflows", "run"],
        };
        let mut request = self.inner.http.post(self.url(&path)?).json(&body);
        if let Some(trace_id) = trace_id {
            request = request.header("X-Trace-Id", trace_id);
        }
        let stream = self.follow(request, accept, wait).await;
        if options.version.is_some() { self.observe(Capability::RunVersion, stream) } else { stream }
    }

    /// Takes up the events of a run again, from 1.14 on. A run that is over has exactly one left; of one that is
    /// not, only what comes from now on. The lost stream has to be dropped before.
    ///
    /// Fails with [`Error::is_unknown_path`] on older servers, and with another 404 where the run is not known, or
    /// is not this user's.
    pub async fn resume(&self, run_id: &str, how: &Resume) -> Result<RunStream, Error> {
        let mut url = self.url(&["workflow", run_id, "events"])?;
        url.query_pairs_mut().append_pair("user", self.user());
        for (name, wanted) in
            [("include_state_snapshot", how.include_state_snapshot), ("continue_on_pause", how.continue_on_pause)]
        {
            if wanted {
                url.query_pairs_mut().append_pair(name, "true");
            }
        }
        let mut request = self.inner.http.get(url);
        if let Some(id) = how.last_event_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
            request = request.header("Last-Event-ID", id);
        }
        let stream = self.follow(request, "text/event-stream", self.limits().idle).await;
        let mut stream = self.observe(Capability::ResumeStream, stream)?;
        // What is replayed was sent long ago: its timestamps prove nothing.
        stream.holding.give_up();
        Ok(stream)
    }

    async fn follow(&self, request: RequestBuilder, accept: &'static str, wait: Duration) -> Result<RunStream, Error> {
        let clocks = Clocks::start();
        let request = request
            .header(header::ACCEPT, accept)
            // Compressed streams arrive in lumps.
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CACHE_CONTROL, "no-cache");
        let response = self.send(request, wait).await?;
        let opened = RunStream::open(self.accept(response).await?, self.limits().clone(), clocks).await;
        opened.map_err(|error| self.without_key(error))
    }

    /// Asks to stop. Servers say "success" whatever happens: only the stream tells whether it worked.
    pub async fn stop(&self, task_id: &str) -> Result<(), Error> {
        let body = json!({ "user": self.user() });
        let refused = match self.post_json(&["workflows", "tasks", task_id, "stop"], &body, "stop").await {
            // Said yes, in whatever words.
            Ok(_) | Err(Error::Decode { .. }) => return Ok(()),
            Err(error) if error.is_missing_route() => error,
            Err(error) => return Err(error),
        };
        // The path of the oldest document.
        match self.post_json(&["workflows", task_id, "stop"], &body, "stop").await {
            Ok(_) | Err(Error::Decode { .. }) => Ok(()),
            Err(error) if error.is_missing_route() => Err(refused),
            Err(error) => Err(error),
        }
    }
}

/// What servers accept; others refuse the whole run for a wrong one.
fn is_trace_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// The time since a request was sent, on two clocks: they part when the computer sleeps.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    steady: Instant,
    wall: SystemTime,
}

impl Clocks {
    fn start() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// `None` if the two do not agree.
    fn elapsed(&self) -> Option<Duration> {
        let steady = self.steady.elapsed();
        let wall = self.wall.elapsed().ok()?;
        (steady.abs_diff(wall) < Duration::from_secs(3)).then_some(steady)
    }
}

/// The events of a run as they come. Dropping it closes the connection; the run itself goes on at the server.
#[derive(Debug)]
pub struct RunStream {
    response: Option<Response>,
    events: Events,
    /// Made at once from an answer that is no stream.
    ready: VecDeque<StreamItem>,
    limits: http::Limits,
    clocks: Clocks,
    /// Since the request, when the last bytes came; `None` where the clocks do not agree.
    arrived: Option<Duration>,
    /// When the last bytes came, or the answer itself.
    last_byte: tokio::time::Instant,
    holding: Holding,
}

impl RunStream {
    async fn open(mut response: Response, limits: http::Limits, clocks: Clocks) -> Result<Self, Error> {
        let status = response.status();
        let content_type = http::content_type(response.headers());
        let events = Events::with_limit(limits.frame);
        let holding = Holding::new(limits.ping);
        let mut stream = Self {
            response: None,
            events,
            ready: VecDeque::new(),
            limits,
            clocks,
            arrived: None,
            last_byte: tokio::time::Instant::now(),
            holding,
        };
        if content_type == "text/event-stream" {
            stream.response = Some(response);
            return Ok(stream);
        }
        // Gateways relabel streams, and answer 200 with pages and errors: the first bytes decide.
        let first = loop {
            match http::chunk(&mut response, stream.limits.idle).await? {
                Some(chunk) if chunk.trim_ascii().is_empty() => {}
                Some(chunk) => break chunk.to_vec(),
                None => return Err(http::not_dify(status, content_type, b"")),
            }
        };
        let start = first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&first).trim_ascii_start();
        if !matches!(start.first(), Some(b'{' | b'[' | b'<')) {
            stream.push(&first);
            stream.response = Some(response);
            return Ok(stream);
        }
        let mut whole = first;
        whole.extend(http::body(response, stream.limits.json, stream.limits.idle).await?);
        if http::looks_like_html(&whole) {
            return Err(http::not_dify(status, content_type, &whole));
        }
        match wire::json(&whole, "answer to a run")? {
            Value::Object(object) => {
                stream.ready = blocking(object, &whole)?;
                Ok(stream)
            }
            _ => Err(Error::Decode { what: "answer to a run", reason: "not an object".into() }),
        }
    }

    /// The next event; `None` after the last. After an error nothing more comes.
    ///
    /// Cancelling it loses nothing: what has arrived is still there for the next call.
    pub async fn next(&mut self) -> Option<Result<StreamItem, Error>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            match self.events.next() {
                Ok(Some(item)) => {
                    match self.arrived {
                        Some(at) => self.holding.arrived(at, &item.event),
                        None => self.holding.give_up(),
                    }
                    return Some(Ok(item));
                }
                Ok(None) => {}
                Err(TooLarge) => {
                    self.response = None;
                    self.events = Events::default();
                    return Some(Err(Error::FrameTooLarge { limit: self.limits.frame }));
                }
            }
            let response = self.response.as_mut()?;
            // Counted from the last byte, also when the caller lets go of this call in between.
            let idle_until = self.last_byte + self.limits.idle;
            match http::chunk_until(response, idle_until, self.limits.idle).await {
                Ok(Some(chunk)) => self.push(&chunk),
                Ok(None) => {
                    self.response = None;
                    self.events.end();
                }
                Err(error) => {
                    self.response = None;
                    return Some(Err(error));
                }
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.arrived = self.clocks.elapsed();
        self.last_byte = tokio::time::Instant::now();
        self.events.push(bytes);
    }

    /// Something on the way, a proxy mostly, keeps the events back and lets them go together: true as soon as it is
    /// sure, and then for good.
    pub fn held_back(&self) -> bool {
        self.holding.is_held()
    }

    /// The last `id:` line, which servers to come want back when a stream is resumed.
    pub fn last_event_id(&self) -> Option<&str> {
        self.events.last_id()
    }
}

/// JSON instead of a stream: an error with status 200, or the whole result at once.
fn blocking(mut object: Map<String, Value>, whole: &[u8]) -> Result<VecDeque<StreamItem>, Error> {
    let text =
        |object: &Map<String, Value>, key: &str| object.get(key).and_then(wire::text).filter(|text| !text.is_empty());
    let (task_id, run_id) = (text(&object, "task_id"), text(&object, "workflow_run_id"));
    let Some(Value::Object(mut data)) = object.remove("data") else {
        if !["code", "message", "error"].iter().any(|key| object.contains_key(*key)) {
            return Err(Error::Decode { what: "answer to a run", reason: "neither a stream nor a result".into() });
        }
        let status = object.get("status").and_then(wire::int).and_then(|status| u16::try_from(status).ok());
        return Err(http::envelope(status.unwrap_or(200), whole, true, None));
    };
    let run_id = run_id.or_else(|| text(&data, "id"));
    let (task_id, run_id) = (task_id.map(Arc::from), run_id.map(Arc::from));
    let item = |event| StreamItem { task_id: task_id.clone(), run_id: run_id.clone(), event, extra: Vec::new() };
    let warnings = [object.get("warnings"), data.get("warnings")].into_iter().flatten().filter_map(Value::as_array);
    let mut items: VecDeque<_> =
        warnings.flatten().filter_map(wire::any_text).map(|message| item(StreamEvent::Warning { message })).collect();
    let started = Started { workflow_id: text(&data, "workflow_id"), ..Started::default() };
    items.push_back(item(StreamEvent::WorkflowStarted(Box::new(started))));
    items.push_back(item(match data.get("status").and_then(Value::as_str).map(stream::run_status) {
        Some(RunStatus::Paused) => StreamEvent::WorkflowPaused(Box::new(stream::paused(&mut data))),
        _ => StreamEvent::WorkflowFinished(Box::new(stream::finished(&mut data))),
    }));
    Ok(items)
}

impl Error {
    /// The stream broke off: what became of the run must be asked for.
    pub fn is_lost_stream(&self) -> bool {
        use Transport::*;
        matches!(
            self,
            Self::Transport { kind: Cut | Idle | Stalled | Timeout | Other, .. } | Self::FrameTooLarge { .. }
        )
    }
}
