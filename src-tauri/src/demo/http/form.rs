//! What a paused run asks a person, and what the person answers.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::json;

use super::super::Shared;
use super::super::wire::{self, ApiError};
use super::{app_of, json_body, user_of};

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let app = app_of(&shared, &headers)?;
    let form = shared.forms.find(&app.id, &token)?;
    Ok(wire::json_answer(StatusCode::OK, &form.shown()?))
}

pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Body>, ApiError> {
    let app = app_of(&shared, &headers)?;
    let body = json_body(&headers, &body)?;
    let owner = shared.files.end_user_id(&app.id, &user_of(&body)?);
    shared.forms.find(&app.id, &token)?.submit(&body, &shared.files, &owner)?;
    Ok(wire::json_answer(StatusCode::OK, &json!({})))
}
