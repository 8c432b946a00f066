//! What a client asks before it runs anything: who are you, what do you look like, what do you need.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::super::Generation;
use super::super::dialect::answers;
use super::super::wire::{self, ApiError};
use super::super::{Condition, Shared};
use super::{app_of, dates};

type Answer = Result<Response<Body>, ApiError>;

fn ok(value: &Value) -> Answer {
    Ok(wire::json_answer(StatusCode::OK, value))
}

/// No key needed: "is there a server at all".
pub(super) async fn root() -> Answer {
    let version = Generation::Today.version();
    ok(&json!({"welcome": "Dify OpenAPI (local demo)", "api_version": "v1", "server_version": version}))
}

pub(super) async fn info(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    ok(&answers::info(shared.options.generation, &app_of(&shared, &headers)?.info()))
}

pub(super) async fn site(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    ok(&answers::site(shared.options.generation, &app_of(&shared, &headers)?.site()))
}

pub(super) async fn parameters(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Answer {
    let app = app_of(&shared, &headers)?;
    let generation = shared.options.generation;
    // The documents of 2024 want to know for whom.
    if generation <= Generation::Autumn2024 && query.get("user").is_none_or(String::is_empty) {
        return Err(ApiError::invalid_param("Arg user must be provided."));
    }
    if matches!(app.condition, Some(Condition::Unpublished | Condition::Chat)) {
        let message = "App unavailable, please check your app configurations.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "app_unavailable", message));
    }
    ok(&answers::parameters(generation, app.parameters()))
}

pub(super) async fn meta(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    ok(&json!({"tool_icons": app_of(&shared, &headers)?.tool_icons}))
}

/// Who a `created_by` is; known are those who have run something.
pub(super) async fn end_user(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let app = app_of(&shared, &headers)?;
    let run = shared.runs.of_end_user(&app, &id);
    let run = run.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "end_user_not_found", "End user not found."))?;
    ok(&json!({
        "id": id, "tenant_id": shared.files.tenant_id, "app_id": app.id, "type": "service_api", "external_user_id": run.user,
        "name": null, "is_anonymous": false, "session_id": run.user, "created_at": dates::stamp(run.created_at),
        "updated_at": dates::stamp(run.created_at),
    }))
}

/// The bare path, which servers up to 1.12 send on to one that does not exist.
pub(super) async fn redirected() -> Response<Body> {
    let page = "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n";
    let mut answer = wire::answer(StatusCode::PERMANENT_REDIRECT, "text/html; charset=utf-8", page);
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/v1/"));
    answer
}
