//! Files by signed link: no key is needed, the signature is the permission.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use tokio_util::io::ReaderStream;

use super::super::Shared;
use super::super::files::{Origin, Stored};
use super::super::wire::{ApiError, Problem};

type Parameters = Query<HashMap<String, String>>;

/// A file that a workflow made.
pub(super) async fn tool_file(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Parameters,
) -> Result<Response<Body>, ApiError> {
    let (timestamp, nonce, sign) = signature(&query)?;
    let id = name.split('.').next().unwrap_or_default();
    if !shared.files.verify(id, timestamp, nonce, sign) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", "Invalid request."));
    }
    let file = shared.files.find(id).filter(|file| file.origin == Origin::Tool);
    let file = file.ok_or_else(|| ApiError::not_found("file is not found"))?;
    send(&shared, &file, &query).await
}

/// A file that was uploaded.
pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Query(query): Parameters,
) -> Result<Response<Body>, ApiError> {
    let (timestamp, nonce, sign) = signature(&query)?;
    let invalid = || ApiError::not_found("File not found or signature is invalid");
    if !shared.files.verify(&id, timestamp, nonce, sign) {
        return Err(invalid());
    }
    let file = shared.files.find(&id).filter(|file| file.origin == Origin::Upload);
    let file = file.ok_or_else(invalid)?;
    send(&shared, &file, &query).await
}

fn signature(query: &HashMap<String, String>) -> Result<(&str, &str, &str), ApiError> {
    let sent = json!(query);
    let missing = |field| Problem::new(field, "Field required", "missing", &sent);
    match (query.get("timestamp"), query.get("nonce"), query.get("sign")) {
        (Some(timestamp), Some(nonce), Some(sign)) => Ok((timestamp, nonce, sign)),
        (timestamp, nonce, sign) => {
            let fields = [("timestamp", timestamp), ("nonce", nonce), ("sign", sign)];
            let problems: Vec<_> =
                fields.iter().filter(|(_, value)| value.is_none()).map(|(field, _)| missing(field)).collect();
            Err(ApiError::validation("ToolFileQuery", &problems))
        }
    }
}

async fn send(shared: &Shared, file: &Stored, query: &HashMap<String, String>) -> Result<Response<Body>, ApiError> {
    let gone = |_| ApiError::not_found("file is not found");
    let source = tokio::fs::File::open(shared.files.path(&file.id)).await.map_err(gone)?;
    let body = Body::from_stream(ReaderStream::with_capacity(source, 256 * 1024));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    // Text is sent as it is stored; a web page is always a download, so that it cannot run in this origin.
    let page = file.mime.contains("html");
    let mime = if page { "application/octet-stream" } else { file.mime.as_str() };
    let content_type = HeaderValue::from_str(mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    let attached =
        page || query.get("as_attachment").is_some_and(|value| matches!(value.as_str(), "true" | "1" | "True"));
    if attached {
        let value = format!("attachment; filename*=UTF-8''{}", percent_encoded(&file.name));
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
    }
    Ok(response)
}

fn percent_encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
