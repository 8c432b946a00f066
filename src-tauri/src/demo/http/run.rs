//! Starting a run, following it, stopping it, and asking for it later.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Response, StatusCode};
use futures_util::stream;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use uuid::Uuid;

use super::super::apps::App;
use super::super::runs::Run;
use super::super::wire::{self, ApiError, Problem};
use super::super::{Condition, Shared, engine, inputs};
use super::{app_of, json_body, not_a_workflow, user_of};

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
    if let Some(version) = version {
        check_version(&app, &version)?;
    }
    let limit = shared.options.max_active_runs;
    if shared.runs.running() >= limit {
        let message = format!(
            "Too many requests. Please try again later. The current maximum concurrent requests allowed for {} is {limit}.",
            app.id
        );
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message));
    }
    let owner = shared.files.end_user_id(&app.id, &user);
    let variables = inputs::check(&app.form, given, &shared.files, &owner)?;

    let run = Run::new(app, user, owner, variables, shared.shutdown.child_token());
    shared.runs.add(run.clone());
    // Listening begins before the first event can be sent.
    let listener = run.listen();
    let ping = shared.options.ping_interval;
    tokio::spawn(engine::drive(shared, run.clone()));
    if streaming {
        return Ok(event_stream(listener, ping));
    }
    drop(listener);
    run.closed().await;
    Ok(wire::blocking_answer(&run.blocking()?))
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

fn check_version(app: &App, version: &str) -> Result<(), ApiError> {
    if Uuid::parse_str(version).is_err() {
        let message = format!("Invalid workflow_id format: '{version}'. ");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_request", message));
    }
    if version != app.workflow_id {
        return Err(ApiError::not_found(format!("Workflow not found with id: {version}")));
    }
    Ok(())
}

/// Each frame is one chunk; a ping is slipped in at its interval, also between busy frames.
fn event_stream(listener: mpsc::UnboundedReceiver<Bytes>, ping: Duration) -> Response<Body> {
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
    wire::answer(StatusCode::OK, "text/event-stream; charset=utf-8", Body::from_stream(frames))
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
    user_of(&body)?;
    not_a_workflow(&app)?;
    if let Some(run) = shared.runs.find_task(&task_id) {
        run.stop.cancel();
    }
    Ok(wire::json_answer(StatusCode::OK, &json!({"result": "success"})))
}

fn find(shared: &Shared, app: &App, run_id: &str) -> Result<Arc<Run>, ApiError> {
    if Uuid::parse_str(run_id).is_err() {
        return Err(ApiError::unknown());
    }
    shared.runs.find(app, run_id).ok_or_else(|| ApiError::not_found("Workflow run not found"))
}

pub(super) async fn detail(
    State(shared): State<Arc<Shared>>,
    Path(run_id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let app = app_of(&shared, &headers)?;
    not_a_workflow(&app)?;
    let run = find(&shared, &app, &run_id)?;
    Ok(wire::json_answer(StatusCode::OK, &run.detail()))
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
    let run = find(&shared, &app, &run_id)?;
    if run.user != *user {
        return Err(ApiError::not_found("Workflow run not found"));
    }
    let snapshot =
        query.get("include_state_snapshot").is_some_and(|value| matches!(value.to_lowercase().as_str(), "true" | "1"));
    Ok(event_stream(run.resume(snapshot), shared.options.ping_interval))
}
