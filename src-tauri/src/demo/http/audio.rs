//! Speech: the one voice of the demo, recorded, and an ear that only counts.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

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
    if !app.reads {
        return Err(ApiError::invalid_param("TTS is not enabled"));
    }
    if body.get("text").is_none() && body.get("message_id").is_some_and(Value::is_string) {
        // No workflow has messages.
        return Ok(wire::json_answer(StatusCode::OK, &Value::Null));
    }
    if body.get("text").is_none_or(|text| !text.is_string()) {
        return Err(ApiError::invalid_param("Text is required"));
    }
    Ok(wire::answer(StatusCode::OK, "audio/mpeg", every_control::VOICE))
}

/// Larger recordings are refused.
const LONGEST: usize = 30 * 1024 * 1024;

/// There is no speech recognition here: the answer says what has arrived.
pub(super) async fn audio_to_text(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response<Body>, ApiError> {
    let app = app_of(&shared, &headers)?;
    if !app.listens {
        let message = "Speech to text is not enabled.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "speech_to_text_disabled", message));
    }
    let none = || ApiError::new(StatusCode::BAD_REQUEST, "no_audio_uploaded", "Please upload your audio.");
    let mut form = form.map_err(|_| none())?;
    while let Some(mut field) = form.next_field().await.map_err(|_| none())? {
        if field.name() != Some("file") || field.file_name().is_none() {
            continue;
        }
        let mime = field.content_type().unwrap_or_default().to_owned();
        if !["mp3", "m4a", "wav", "amr", "mpga"].iter().any(|kind| mime == format!("audio/{kind}")) {
            let message = "Audio type not allowed.";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_audio_type", message));
        }
        let mut size = 0;
        while let Some(piece) = field.chunk().await.map_err(|_| none())? {
            size += piece.len();
        }
        if size > LONGEST {
            let message = "Audio size exceeded.";
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "audio_too_large", message));
        }
        let text = format!("A recording of {size} bytes has arrived.");
        return Ok(wire::json_answer(StatusCode::OK, &json!({"text": text})));
    }
    Err(none())
}
