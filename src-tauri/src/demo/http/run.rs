//! Starting a run, following it, stopping it, and asking for it later.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Response, StatusCode};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use uuid::Uuid;

use super::super::apps::App;
use super::super::dialect::answers;
use super::super::ledger::Became;
use super::super::runs::Run;
use super::super::wire::{self, ApiError, Problem};
use super::super::{Condition, Generation, Shared, engine, inputs};
use super::{app_of, json_body, not_a_workflow, trace_id, user_of};

type Answer = Result<Response<Body>, ApiError>;

pub(super) async fn run(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Answer {
    start(shared, &headers, &body, None).await
}

pub(super) async fn run_version(
    State(shared): State<Arc<Shared>>,
    Path(workflow_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    start(shared, &headers, &body, Some(workflow_id)).await
}

async fn start(shared: Arc<Shared>, headers: &HeaderMap, body: &Bytes, version: Option<String>) -> Answer {
    let app = app_of(&shared, headers)?;
    let body = json_body(headers, body)?;
    let user = user_of(&body)?;
    not_a_workflow(&app)?;
    let (given, streaming) = payload(&body)?;
    if app.condition == Some(Condition::Unpublished) {
        return Err(ApiError::invalid_param("Workflow not published"));
    }
    let generation = shared.options.generation;
    if let Some(version) = version {
        check_version(&app, &version, generation)?;
    }
    let limit = shared.options.max_active_runs;
    // In 2024 nobody counted.
    if shared.runs.running() >= limit && generation > Generation::Autumn2024 {
        let message = format!(
            "Too many requests. Please try again later. The current maximum concurrent requests allowed for {} is {limit}.",
            app.id
        );
        return Err(match generation {
            Generation::Recorded => ApiError::invalid_param(message),
            _ => ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message),
        });
    }
    let owner = shared.files.end_user_id(&app.id, &user);
    let variables = inputs::check(&app.form, given, &shared.files, &owner, generation)?;
    let attached = if app.attachments {
        inputs::attached(body.get("files"), &shared.files, &owner, generation)?
    } else {
        Vec::new()
    };

    let run = Run::new(app, user, owner, variables, attached, shared.shutdown.child_token(), generation);
    shared.ledger.note(trace_id(headers), Became::Run(run.id.clone()));
    shared.runs.add(run.clone());
    // Listening begins before the first event can be sent.
    let listener = run.listen();
    let ping = shared.options.ping_interval;
    tokio::spawn(engine::drive(shared, run.clone()));
    if streaming {
        return Ok(event_stream(listener, ping, generation));
    }
    drop(listener);
    run.closed().await;
    let answer = run.blocking().map_err(|error| match generation {
        Generation::Recorded | Generation::Today => error,
        // The documents' word for whatever goes wrong in a run.
        _ => ApiError::new(StatusCode::BAD_REQUEST, "workflow_request_error", error.message),
    })?;
    Ok(wire::blocking_answer(&answer))
}

/// What the request validator looks at: `inputs` is an object, `response_mode` one of two words.
fn payload(body: &Map<String, Value>) -> Result<(&Map<String, Value>, bool), ApiError> {
    let mut problems = Vec::new();
    let given = match body.get("inputs") {
        Some(Value::Object(given)) => Some(given),
        None => {
            let whole = Value::Object(body.clone());
            problems.push(Problem::new("inputs", "Field required", "missing", &whole));
            None
        }
        Some(other) => {
            problems.push(Problem::new("inputs", "Input should be a valid dictionary", "dict_type", other));
            None
        }
    };
    let streaming = match body.get("response_mode") {
        // Left out means blocking.
        None | Some(Value::Null) => false,
        Some(Value::String(mode)) if mode == "blocking" => false,
        Some(Value::String(mode)) if mode == "streaming" => true,
        Some(other) => {
            let text = "Input should be 'blocking' or 'streaming'";
            problems.push(Problem::new("response_mode", text, "literal_error", other));
            false
        }
    };
    match given {
        Some(given) if problems.is_empty() => Ok((given, streaming)),
        _ => Err(ApiError::validation("WorkflowRunPayload", &problems)),
    }
}

/// The newest document has codes of its own for these; real servers do not send them (server-1.12.1.md §7).
fn check_version(app: &App, version: &str, generation: Generation) -> Result<(), ApiError> {
    let documented = generation == Generation::Late2025;
    let refuse = |code, message| {
        let code = if documented { code } else { "bad_request" };
        Err(ApiError::new(StatusCode::BAD_REQUEST, code, message))
    };
    if Uuid::parse_str(version).is_err() {
        return refuse("workflow_id_format_error", format!("Invalid workflow_id format: '{version}'. "));
    }
    if version == app.draft_id {
        let message = format!(
            "Cannot use draft workflow version. Workflow ID: {version}. Please use a published workflow version or leave \
             workflow_id empty."
        );
        return refuse("draft_workflow_error", message);
    }
    if version != app.workflow_id {
        let message = format!("Workflow not found with id: {version}");
        return if documented { refuse("workflow_not_found", message) } else { Err(ApiError::not_found(message)) };
    }
    Ok(())
}

/// Each frame is one chunk; a ping is slipped in at its interval, also between busy frames.
fn event_stream(listener: mpsc::UnboundedReceiver<Bytes>, ping: Duration, generation: Generation) -> Response<Body> {
    // Since 1.13 also one at once.
    let first = (generation == Generation::Today).then(|| Ok(Bytes::from_static(wire::PING)));
    let mut pings = interval_at(Instant::now() + ping, ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let frames = stream::unfold(
        (listener, pings),
        async |(mut listener, mut pings): (mpsc::UnboundedReceiver<Bytes>, Interval)| {
            let frame = tokio::select! {
                biased;
                _ = pings.tick() => Some(Bytes::from_static(wire::PING)),
                frame = listener.recv() => frame,
            };
            frame.map(|frame| (Ok::<_, Infallible>(frame), (listener, pings)))
        },
    );
    wire::answer(
        StatusCode::OK,
        "text/event-stream; charset=utf-8",
        Body::from_stream(stream::iter(first).chain(frames)),
    )
}

/// Always says success: for unknown tasks, for other users, for other apps' keys.
pub(super) async fn stop(
    State(shared): State<Arc<Shared>>,
    Path(task_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let app = app_of(&shared, &headers)?;
    let body = json_body(&headers, &body)?;
    let user = user_of(&body)?;
    not_a_workflow(&app)?;
    // Before 1.12 the user counted; "success" is the answer anyway.
    let may_stop = |run: &Arc<Run>| run.user == user || shared.options.generation >= Generation::Recorded;
    if let Some(run) = shared.runs.find_task(&task_id).filter(may_stop) {
        run.stop.cancel();
    }
    Ok(wire::json_answer(StatusCode::OK, &json!({"result": "success"})))
}

/// Old servers did not ask whose run it is; since 1.9 a run is one of its app only.
fn find(shared: &Shared, app: &App, run_id: &str) -> Result<Option<Arc<Run>>, ApiError> {
    if Uuid::parse_str(run_id).is_err() {
        return Err(ApiError::unknown());
    }
    let its_own = |run: &Arc<Run>| run.app.id == app.id || shared.options.generation <= Generation::Mid2025;
    Ok(shared.runs.find(run_id).filter(its_own))
}

pub(super) async fn detail(
    State(shared): State<Arc<Shared>>,
    Path(run_id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let app = app_of(&shared, &headers)?;
    not_a_workflow(&app)?;
    let detail = match find(&shared, &app, &run_id)? {
        Some(run) => run.detail(),
        None if shared.options.generation < Generation::Today => answers::no_detail(),
        None => return Err(ApiError::not_found("Workflow run not found")),
    };
    Ok(wire::json_answer(StatusCode::OK, &detail))
}

/// Joins a run again: only its creator may, and a finished one answers with its last event.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Path(run_id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    let app = app_of(&shared, &headers)?;
    let user = query.get("user").filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| ApiError::invalid_param("Arg user must be provided."))?;
    not_a_workflow(&app)?;
    let run = find(&shared, &app, &run_id)?.filter(|run| run.user == *user);
    let run = run.ok_or_else(|| ApiError::not_found("Workflow run not found"))?;
    let asked = |key: &str| query.get(key).is_some_and(|value| matches!(value.to_lowercase().as_str(), "true" | "1"));
    let listener = run.resume(asked("include_state_snapshot"), asked("continue_on_pause"));
    Ok(event_stream(listener, shared.options.ping_interval, shared.options.generation))
}
