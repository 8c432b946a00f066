//! The routes, and what every request passes: the Host check, the common headers, the key.

mod audio;
pub(super) mod dates;
mod download;
mod info;
mod logs;
mod run;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use serde_json::{Map, Value};

use super::apps::App;
use super::wire::{self, ApiError};
use super::{Condition, Shared};

const MIB: usize = 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/", route(get(info::root), "GET, HEAD, OPTIONS"))
        .route("/v1", route(get(info::root), "GET, HEAD, OPTIONS"))
        .route("/v1/info", route(get(info::info), "GET, HEAD, OPTIONS"))
        .route("/v1/site", route(get(info::site), "GET, HEAD, OPTIONS"))
        .route("/v1/parameters", route(get(info::parameters), "GET, HEAD, OPTIONS"))
        .route("/v1/meta", route(get(info::meta), "GET, HEAD, OPTIONS"))
        .route("/v1/files/upload", route(post(upload::upload).layer(DefaultBodyLimit::max(102 * MIB)), "POST, OPTIONS"))
        .route("/v1/workflows/run", route(post(run::run), "POST, OPTIONS"))
        .route("/v1/workflows/run/{run_id}", route(get(run::detail), "GET, HEAD, OPTIONS"))
        .route("/v1/workflows/{workflow_id}/run", route(post(run::run_version), "POST, OPTIONS"))
        .route("/v1/workflows/tasks/{task_id}/stop", route(post(run::stop), "POST, OPTIONS"))
        .route("/v1/workflows/logs", route(get(logs::logs), "GET, HEAD, OPTIONS"))
        .route("/v1/workflow/{run_id}/events", route(get(run::events), "GET, HEAD, OPTIONS"))
        .route("/v1/text-to-audio", route(post(audio::text_to_audio), "POST, OPTIONS"))
        .route("/files/tools/{name}", route(get(download::tool_file), "GET, HEAD, OPTIONS"))
        .route("/files/{id}/file-preview", route(get(download::upload), "GET, HEAD, OPTIONS"))
        .fallback(async || wire::html_not_found())
        .layer(DefaultBodyLimit::max(8 * MIB))
        .layer(middleware::from_fn_with_state(shared.clone(), frame))
        .with_state(shared)
}

/// Adds what every route answers: OPTIONS, and JSON for a wrong method.
fn route(methods: MethodRouter<Arc<Shared>>, allow: &'static str) -> MethodRouter<Arc<Shared>> {
    methods.fallback(async move |method: Method| {
        if method == Method::OPTIONS {
            let mut answer = wire::answer(StatusCode::OK, "text/html; charset=utf-8", Body::empty());
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
            return answer;
        }
        let message = "The method is not allowed for the requested URL.";
        let mut answer = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message).into_response();
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        answer
    })
}

/// Around every request. A page in a browser must not reach this server through a name of its own that resolves to
/// loopback, so only loopback names are answered.
async fn frame(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response<Body> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let mut response = if shared.shutdown.is_cancelled() {
        // The socket is closed; a connection that was kept alive must learn it too.
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", "The demo has ended.").into_response()
    } else if host.is_none_or(is_loopback) {
        next.run(request).await
    } else {
        ApiError::new(StatusCode::FORBIDDEN, "forbidden", "This server answers on loopback only.").into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("server", "demo"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "X-Env, X-Trace-Id, X-Version"),
        ("x-version", wire::VERSION),
        ("x-env", wire::ENVIRONMENT),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The app whose key was sent.
fn app_of(shared: &Shared, headers: &HeaderMap) -> Result<Arc<App>, ApiError> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let missing = || ApiError::unauthorized("Authorization header must be provided and start with 'Bearer'");
    let (scheme, key) = value.trim().split_once(char::is_whitespace).ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::unauthorized("Authorization scheme must be 'Bearer'"));
    }
    let key = key.trim();
    let app = shared.apps.iter().find(|app| app.key == key);
    let app = app.ok_or_else(|| ApiError::unauthorized("Access token is invalid"))?;
    if app.condition == Some(Condition::ApiDisabled) {
        let message = "The app's API service has been disabled.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message));
    }
    Ok(app.clone())
}

/// A JSON body that is an object, refused in the server's own order: type, syntax, shape.
fn json_body(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let message = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(ApiError::unknown()),
        Err(_) => Err(ApiError::bad_request()),
    }
}

/// The end user that a body names; numbers and objects become text, as they do in Python.
fn user_of(body: &Map<String, Value>) -> Result<String, ApiError> {
    let user = match body.get("user") {
        Some(Value::String(user)) => user.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => wire::python_repr(other),
    };
    match user.chars().count() {
        0 => Err(ApiError::invalid_param("Arg user must be provided.")),
        // The column that stores it ends there.
        256.. => Err(ApiError::unknown()),
        _ => Ok(user),
    }
}

fn not_a_workflow(app: &App) -> Result<(), ApiError> {
    if app.condition == Some(Condition::Chat) {
        let message = "Please check if your app mode matches the right API route.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "not_workflow_app", message));
    }
    Ok(())
}
