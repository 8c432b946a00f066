//! Uploads: one file and a user, streamed to disk, judged when the whole body has arrived.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::http::{HeaderMap, Response, StatusCode, header};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::super::dialect::answers;
use super::super::files::{Origin, Stored, extension_of, kind_of, now, size_limit};
use super::super::wire::{self, ApiError};
use super::super::{Generation, Shared};
use super::app_of;

/// Uploads without a user belong to this one.
const DEFAULT_USER: &str = "DEFAULT-USER";

/// A file part as it arrived.
struct Part {
    field: String,
    name: String,
    mime: Option<String>,
    id: String,
    size: u64,
}

pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response<Body>, ApiError> {
    let app = app_of(&shared, &headers)?;
    let no_file = || ApiError::new(StatusCode::BAD_REQUEST, "no_file_uploaded", "Please upload your file.");
    let mut form = form.map_err(|_| no_file())?;
    let mut user = String::new();
    let mut parts = Vec::new();
    let received = receive(&shared, &mut form, &mut user, &mut parts).await;
    let judged = received.and_then(|()| judge(&parts, shared.options.generation, no_file));
    let kept = judged.as_ref().ok().map(|part| part.id.clone());
    for part in &parts {
        if Some(&part.id) != kept.as_ref() {
            // Not needed, and gone with the folder at the latest.
            let _ = tokio::fs::remove_file(shared.files.path(&part.id)).await;
        }
    }
    let part = judged?;
    let user = if user.is_empty() { DEFAULT_USER } else { &user };
    let owner = shared.files.end_user_id(&app.id, user);
    let name = shortened(&part.name);
    let extension = extension_of(&name);
    let file = shared.files.keep(Stored {
        id: part.id.clone(),
        name,
        extension,
        mime: part.mime.clone().unwrap_or_default(),
        size: part.size,
        origin: Origin::Upload,
        owner,
        created_at: now(),
    });
    let answer = answers::upload(
        shared.options.generation,
        json!({
            "id": file.id, "name": file.name, "size": file.size, "extension": file.extension, "mime_type": file.mime,
            "created_by": file.owner, "created_at": file.created_at, "preview_url": null, "source_url": shared.files.signed_url(&file),
            "original_url": null, "user_id": null, "tenant_id": shared.files.tenant_id, "conversation_id": null, "file_key": null,
            "reference": null,
        }),
    );
    Ok(wire::json_answer(StatusCode::CREATED, &answer))
}

async fn receive(
    shared: &Shared,
    form: &mut Multipart,
    user: &mut String,
    parts: &mut Vec<Part>,
) -> Result<(), ApiError> {
    let broken = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            ApiError::new(StatusCode::BAD_REQUEST, "no_file_uploaded", "Please upload your file.")
        }
    };
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let disposition = field.headers().get(header::CONTENT_DISPOSITION).map(|value| value.as_bytes().to_vec());
        let disposition = String::from_utf8_lossy(&disposition.unwrap_or_default()).into_owned();
        match file_name(&disposition) {
            Some(name) => {
                let part = store(shared, &mut field, name)
                    .await
                    .map_err(|error| error.map_or_else(ApiError::unknown, broken))?;
                parts.push(part);
            }
            None if field.name() == Some("user") => {
                // A user name longer than this is refused by every other route as well.
                while let Some(chunk) = field.chunk().await.map_err(broken)? {
                    if user.len() < 1024 {
                        user.push_str(&String::from_utf8_lossy(&chunk));
                    }
                }
            }
            None => while field.chunk().await.map_err(broken)?.is_some() {},
        }
    }
    Ok(())
}

/// Writes a part to disk. Past its limit it is only counted, so an oversized file costs no space.
async fn store(
    shared: &Shared,
    field: &mut Field<'_>,
    name: String,
) -> Result<Part, Option<axum::extract::multipart::MultipartError>> {
    let id = Uuid::new_v4().to_string();
    let limit = size_limit(&extension_of(&name));
    let mime = field.content_type().map(ToOwned::to_owned).filter(|mime| !mime.is_empty());
    let mut out = tokio::fs::File::create(shared.files.path(&id)).await.map_err(|_| None)?;
    let mut size = 0;
    while let Some(chunk) = field.chunk().await.map_err(Some)? {
        size += chunk.len() as u64;
        if size <= limit {
            out.write_all(&chunk).await.map_err(|_| None)?;
        }
    }
    out.flush().await.map_err(|_| None)?;
    Ok(Part { field: field.name().unwrap_or_default().to_owned(), name, mime, id, size })
}

/// The server's questions, in its order.
fn judge(parts: &[Part], generation: Generation, no_file: impl Fn() -> ApiError) -> Result<&Part, ApiError> {
    let part = parts.iter().find(|part| part.field == "file").ok_or_else(no_file)?;
    if parts.iter().any(|part| part.field != "file") {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "too_many_files", "Only one file is allowed."));
    }
    let extension = extension_of(&part.name);
    let mime = part.mime.as_deref();
    // In spring 2024 pictures were all there was.
    let is_refused =
        generation == Generation::Spring2024 && mime.is_some_and(|mime| kind_of(&extension, mime) != "image");
    if mime.is_none() || is_refused {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_file_type",
            "File type not allowed.",
        ));
    }
    if part.name.is_empty() {
        let message = "The specified filename does not exist.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "filename_not_exists_error", message));
    }
    // Up to 1.12 also what no Windows computer would allow (api.md §5).
    let forbidden: &[char] = match generation {
        Generation::Today => &['/', '\\'],
        _ => &['/', '\\', ':', '*', '?', '"', '<', '>', '|'],
    };
    if part.name.contains(forbidden) {
        return Err(ApiError::invalid_param("Filename contains invalid characters"));
    }
    if part.size > size_limit(&extension) {
        return Err(too_large());
    }
    Ok(part)
}

fn too_large() -> ApiError {
    // The braces are what real servers send.
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", "File size exceeded. {message}")
}

/// Names over 200 characters keep their first 200 and their extension.
fn shortened(name: &str) -> String {
    if name.chars().count() <= 200 {
        return name.to_owned();
    }
    let stem: String = name.rsplit_once('.').map_or(name, |(stem, _)| stem).chars().take(200).collect();
    let extension = extension_of(name);
    if extension.is_empty() { stem } else { format!("{stem}.{extension}") }
}

/// The file name of a part: `filename*` wins, `%22` means a quotation mark; none at all makes it an ordinary field.
fn file_name(disposition: &str) -> Option<String> {
    let parameter = |key: &str| {
        let at = disposition.to_ascii_lowercase().find(&format!("{key}="))?;
        let value = &disposition[at + key.len() + 1..];
        if let Some(quoted) = value.strip_prefix('"') {
            let mut out = String::new();
            let mut letters = quoted.chars();
            while let Some(letter) = letters.next() {
                match letter {
                    '"' => break,
                    '\\' => match letters.next() {
                        Some(next @ ('"' | '\\')) => out.push(next),
                        Some(next) => out.extend(['\\', next]),
                        None => break,
                    },
                    other => out.push(other),
                }
            }
            return Some(out);
        }
        Some(value.split(';').next().unwrap_or_default().trim().to_owned())
    };
    if let Some(extended) = parameter("filename*") {
        let encoded = extended.rsplit('\'').next().unwrap_or_default();
        return Some(percent_decoded(encoded));
    }
    parameter("filename").map(|name| name.replace("%22", "\""))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
