//! What a client asks before it runs anything: who are you, what do you look like, what do you need.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

use super::super::wire::{self, ApiError};
use super::super::{Condition, Shared};
use super::app_of;

type Answer = Result<Response<Body>, ApiError>;

fn ok(value: &Value) -> Answer {
    Ok(wire::json_answer(StatusCode::OK, value))
}

/// No key needed: "is there a server at all".
pub(super) async fn root() -> Answer {
    ok(&json!({"welcome": "Dify OpenAPI (local demo)", "api_version": "v1", "server_version": wire::VERSION}))
}

pub(super) async fn info(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    ok(&app_of(&shared, &headers)?.info())
}

pub(super) async fn site(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    ok(&app_of(&shared, &headers)?.site())
}

pub(super) async fn parameters(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    let app = app_of(&shared, &headers)?;
    if matches!(app.condition, Some(Condition::Unpublished | Condition::Chat)) {
        let message = "App unavailable, please check your app configurations.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "app_unavailable", message));
    }
    ok(&app.parameters())
}

pub(super) async fn meta(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    app_of(&shared, &headers)?;
    ok(&json!({"tool_icons": {}}))
}
