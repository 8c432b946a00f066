//! Text to speech: the one voice of the demo, recorded.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};

use super::super::wire::{self, ApiError};
use super::super::{Shared, every_control};
use super::{app_of, json_body, user_of};

/// There is no speech synthesis here: whatever the text, the recorded sentence is spoken.
pub(super) async fn text_to_audio(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Body>, ApiError> {
    let app = app_of(&shared, &headers)?;
    let body = json_body(&headers, &body)?;
    user_of(&body)?;
    if !app.speaks {
        return Err(ApiError::invalid_param("TTS is not enabled"));
    }
    if body.get("text").is_none_or(|text| !text.is_string()) {
        return Err(ApiError::invalid_param("Text is required"));
    }
    Ok(wire::answer(StatusCode::OK, "audio/mpeg", every_control::VOICE))
}
