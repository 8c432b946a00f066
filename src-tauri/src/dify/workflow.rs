//! Running a workflow: start, follow, stop, and ask afterwards what became of it.

use std::{collections::VecDeque, sync::Arc};

use reqwest::{Response, header};
use serde_json::{Map, Value, json};

use super::{
    Client,
    error::{Error, Transport},
    events::Events,
    http,
    sse::TooLarge,
    stream, wire,
};
use crate::model::{
    Millis,
    run::RunStatus,
    stream::{Finished, Started, StreamEvent, StreamItem},
};

/// What the server has stored of a run. It lags behind the stream, and after a stop it may say `Running`
/// for ever (server-1.12.1.md §12).
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    pub run_id: String,
    pub workflow_id: Option<String>,
    pub finished: Finished,
    /// With the server's own `sys.*` entries.
    pub inputs: Map<String, Value>,
    pub created_at: Option<Millis>,
    pub finished_at: Option<Millis>,
}

/// A line of the server's log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    pub run_id: String,
    pub status: RunStatus,
    pub created_at: Option<Millis>,
    pub finished_at: Option<Millis>,
    /// Whose run it is, where the server says. Servers that do not know the filter list everyone's.
    pub session_id: Option<String>,
}

impl Client {
    /// Starts a run and returns once the server begins to answer. Never repeated by itself: the server may
    /// have begun even if no answer came.
    pub async fn run(&self, inputs: Map<String, Value>, trace_id: &str) -> Result<RunStream, Error> {
        let mut body = json!({ "inputs": inputs, "response_mode": "streaming", "user": self.user() });
        if is_trace_id(trace_id) {
            body["trace_id"] = trace_id.into();
        }
        let request = self
            .inner
            .http
            .post(self.url(&["workflows", "run"])?)
            .header(header::ACCEPT, "text/event-stream")
            // Compressed streams arrive in lumps.
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CACHE_CONTROL, "no-cache")
            .json(&body);
        let response = self.send(request, self.limits().idle).await?;
        RunStream::open(self.accept(response).await?, self.limits().clone()).await
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

    /// `None` if the server does not know the run, or has no such path.
    pub async fn run_detail(&self, run_id: &str) -> Result<Option<Detail>, Error> {
        match self.get_json(&["workflows", "run", run_id], &[], "run detail").await {
            Ok(Value::Object(object)) => Ok(detail(object)),
            Ok(_) => Err(Error::Decode { what: "run detail", reason: "not an object".into() }),
            Err(error) if error.is_missing_route() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// This user's latest runs, newest first; empty if the server keeps no log.
    pub async fn logs_of_session(&self, limit: u32) -> Result<Vec<LogRow>, Error> {
        let limit = limit.clamp(1, 100).to_string();
        let query = [("page", "1"), ("limit", limit.as_str()), ("created_by_end_user_session_id", self.user())];
        match self.get_json(&["workflows", "logs"], &query, "log").await {
            Ok(value) => Ok(value["data"].as_array().into_iter().flatten().filter_map(log_row).collect()),
            Err(error) if error.is_missing_route() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// What servers accept; others refuse the whole run for a wrong one.
fn is_trace_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn detail(mut object: Map<String, Value>) -> Option<Detail> {
    // Servers up to 1.12 answer 200 with nothing but nulls for a run they do not know.
    let run_id = object.get("id").and_then(wire::text).filter(|id| !id.is_empty())?;
    Some(Detail {
        run_id,
        workflow_id: object.get("workflow_id").and_then(wire::text),
        inputs: object.remove("inputs").map_or_else(Map::new, |inputs| wire::object(inputs, "inputs")),
        created_at: object.get("created_at").and_then(wire::moment),
        finished_at: object.get("finished_at").and_then(wire::moment),
        finished: stream::finished(&mut object),
    })
}

fn log_row(row: &Value) -> Option<LogRow> {
    let run = &row["workflow_run"];
    Some(LogRow {
        run_id: wire::text(&run["id"]).filter(|id| !id.is_empty())?,
        status: run["status"].as_str().map_or(RunStatus::Unknown, stream::run_status),
        created_at: wire::moment(&run["created_at"]).or_else(|| wire::moment(&row["created_at"])),
        finished_at: wire::moment(&run["finished_at"]),
        session_id: wire::text(&row["created_by_end_user"]["session_id"]),
    })
}

/// The events of a run as they come. Dropping it closes the connection; the run itself goes on at the server.
#[derive(Debug)]
pub struct RunStream {
    response: Option<Response>,
    events: Events,
    /// Made at once from an answer that is no stream.
    ready: VecDeque<StreamItem>,
    limits: http::Limits,
}

impl RunStream {
    async fn open(mut response: Response, limits: http::Limits) -> Result<Self, Error> {
        let status = response.status();
        let content_type = http::content_type(response.headers());
        let mut events = Events::with_limit(limits.frame);
        if content_type == "text/event-stream" {
            return Ok(Self { response: Some(response), events, ready: VecDeque::new(), limits });
        }
        // Gateways relabel streams, and answer 200 with pages and errors: the first bytes decide.
        let first = loop {
            match http::chunk(&mut response, limits.idle).await? {
                Some(chunk) if chunk.trim_ascii().is_empty() => {}
                Some(chunk) => break chunk.to_vec(),
                None => return Err(Error::NotDify { status: status.as_u16(), content_type, title: None }),
            }
        };
        let start = first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&first).trim_ascii_start();
        if !matches!(start.first(), Some(b'{' | b'[' | b'<')) {
            events.push(&first);
            return Ok(Self { response: Some(response), events, ready: VecDeque::new(), limits });
        }
        let mut whole = first;
        whole.extend(http::body(response, limits.json, limits.idle).await?);
        if http::looks_like_html(&whole) {
            return Err(http::not_dify(status, content_type, &whole));
        }
        match wire::json(&whole, "answer to a run")? {
            Value::Object(object) => blocking(object, &whole, limits),
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
                Ok(Some(item)) => return Some(Ok(item)),
                Ok(None) => {}
                Err(TooLarge) => {
                    self.response = None;
                    self.events = Events::default();
                    return Some(Err(Error::FrameTooLarge { limit: self.limits.frame }));
                }
            }
            let response = self.response.as_mut()?;
            match http::chunk(response, self.limits.idle).await {
                Ok(Some(chunk)) => self.events.push(&chunk),
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

    /// The last `id:` line, which servers to come want back when a stream is resumed.
    pub fn last_event_id(&self) -> Option<&str> {
        self.events.last_id()
    }
}

/// JSON instead of a stream: an error with status 200, or the whole result at once.
fn blocking(mut object: Map<String, Value>, whole: &[u8], limits: http::Limits) -> Result<RunStream, Error> {
    let text =
        |object: &Map<String, Value>, key: &str| object.get(key).and_then(wire::text).filter(|text| !text.is_empty());
    let (task_id, run_id) = (text(&object, "task_id"), text(&object, "workflow_run_id"));
    let Some(Value::Object(mut data)) = object.remove("data") else {
        if !["code", "message", "error"].iter().any(|key| object.contains_key(*key)) {
            return Err(Error::Decode { what: "answer to a run", reason: "neither a stream nor a result".into() });
        }
        let status = object.get("status").and_then(wire::int).and_then(|status| u16::try_from(status).ok());
        return Err(http::envelope(status.unwrap_or(200), whole, None));
    };
    let (task_id, run_id) = (task_id.map(Arc::from), run_id.map(Arc::from));
    let item = |event| StreamItem { task_id: task_id.clone(), run_id: run_id.clone(), event, extra: Vec::new() };
    let started = Started { workflow_id: text(&data, "workflow_id"), ..Started::default() };
    let finished = stream::finished(&mut data);
    let end = match finished.status {
        RunStatus::Paused => StreamEvent::WorkflowPaused(Box::default()),
        _ => StreamEvent::WorkflowFinished(finished),
    };
    let ready = VecDeque::from([item(StreamEvent::WorkflowStarted(started)), item(end)]);
    Ok(RunStream { response: None, events: Events::default(), ready, limits })
}

impl Error {
    /// The stream broke off: what became of the run must be asked for.
    pub fn is_lost_stream(&self) -> bool {
        use Transport::*;
        matches!(self, Self::Transport { kind: Cut | Idle | Timeout | Other, .. } | Self::FrameTooLarge { .. })
    }
}
