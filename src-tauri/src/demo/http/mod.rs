//! The routes, and what every request passes: the Host check, the common headers, the key.

mod audio;
pub(super) mod dates;
mod download;
mod form;
mod info;
mod logs;
mod run;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use serde_json::{Map, Value};

use super::apps::App;
use super::fault::{Line, target_of};
use super::generation::Part;
use super::ledger::Became;
use super::wire::{self, ApiError};
use super::{Condition, FaultTarget, Generation, Shared};

const MIB: usize = 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let generation = shared.options.generation;
    let reading = |method: MethodRouter<_>| route(method, "GET, HEAD, OPTIONS");
    let writing = |method: MethodRouter<_>| route(method, "POST, OPTIONS");
    let mut router = Router::new()
        .route("/v1/parameters", reading(get(info::parameters)))
        .route("/v1/files/upload", writing(post(upload::upload).layer(DefaultBodyLimit::max(102 * MIB))))
        .route("/v1/workflows/run", writing(post(run::run)))
        .route("/files/tools/{name}", reading(get(download::tool_file)))
        .route("/files/{id}/file-preview", reading(get(download::upload)));
    let later: [(Part, &str, MethodRouter<_>); 13] = [
        (Part::Root, "/v1/", reading(get(info::root))),
        (Part::Info, "/v1/info", reading(get(info::info))),
        (Part::Site, "/v1/site", reading(get(info::site))),
        (Part::Meta, "/v1/meta", reading(get(info::meta))),
        (Part::RunDetail, "/v1/workflows/run/{run_id}", reading(get(run::detail))),
        (Part::RunVersion, "/v1/workflows/{workflow_id}/run", writing(post(run::run_version))),
        (Part::TaskStop, "/v1/workflows/tasks/{task_id}/stop", writing(post(run::stop))),
        (Part::Logs, "/v1/workflows/logs", reading(get(logs::logs))),
        (Part::Resume, "/v1/workflow/{run_id}/events", reading(get(run::events))),
        (
            Part::Resume,
            "/v1/form/human_input/{token}",
            route(get(form::show).post(form::submit), "GET, HEAD, POST, OPTIONS"),
        ),
        (Part::EndUsers, "/v1/end-users/{end_user_id}", reading(get(info::end_user))),
        (Part::Speech, "/v1/text-to-audio", writing(post(audio::text_to_audio))),
        (Part::Speech, "/v1/audio-to-text", writing(post(audio::audio_to_text).layer(DefaultBodyLimit::max(32 * MIB)))),
    ];
    for (part, path, methods) in later {
        if generation.has(part) {
            router = router.route(path, methods);
        }
    }
    router = if generation.has(Part::Root) {
        router.route("/v1", reading(get(info::root)))
    } else {
        // Redirected, to a path that does not exist.
        router.route("/v1", reading(get(info::redirected)))
    };
    if !generation.has(Part::TaskStop) {
        router = router.route("/v1/workflows/{task_id}/stop", writing(post(run::stop)));
    }
    router
        .fallback(async || wire::html_not_found())
        .layer(DefaultBodyLimit::max(8 * MIB))
        .layer(middleware::from_fn_with_state(shared.clone(), faulty))
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
    let cookie = key_cookie(&shared, request.headers());
    let mut response = if shared.shutdown.is_cancelled() {
        // The socket is closed; a connection that was kept alive must learn it too.
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", "The demo has ended.").into_response()
    } else if host.is_none_or(is_loopback) {
        next.run(request).await
    } else {
        ApiError::new(StatusCode::FORBIDDEN, "forbidden", "This server answers on loopback only.").into_response()
    };
    let headers = response.headers_mut();
    if headers.contains_key(header::SERVER) {
        // A proxy has answered, which knows nothing of versions.
        return response;
    }
    let mut add = |name: &'static str, value| headers.insert(name, HeaderValue::from_static(value));
    add("server", "demo");
    add("access-control-allow-origin", "*");
    add("access-control-expose-headers", "X-Env, X-Trace-Id, X-Version");
    if let Some(version) = shared.options.generation.version() {
        add("x-version", version);
        add("x-env", wire::ENVIRONMENT);
    }
    if let Some(cookie) = cookie {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The recorded server put the key into a cookie, for every client that keeps cookies.
fn key_cookie(shared: &Shared, headers: &HeaderMap) -> Option<HeaderValue> {
    let app = app_of(shared, headers).ok().filter(|_| shared.options.generation == Generation::Recorded)?;
    HeaderValue::from_str(&format!("x-token={}; HttpOnly; Path=/", app.key)).ok()
}

/// Lets the faults of the script happen.
async fn faulty(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response<Body> {
    let line = request.extensions().get::<ConnectInfo<Line>>().map(|ConnectInfo(line)| line.clone());
    let fate = shared.faults.fate(&request, line);
    let run = target_of(request.method(), request.uri().path()) == Some(FaultTarget::Run);
    let run = run.then(|| trace_id(request.headers()).to_owned());
    if let Some(trace_id) = &run {
        shared.ledger.ask(trace_id);
    }
    let answer = match fate.instead(request).await {
        Ok(answer) => answer,
        Err(request) => fate.befall(next.run(request).await),
    };
    if let Some(trace_id) = &run {
        shared.ledger.note(trace_id, Became::Refused(answer.status().as_u16()));
    }
    answer
}

/// What a client calls the run it asks for; a body's or a query's is not looked for, because nothing depends on it.
fn trace_id(headers: &HeaderMap) -> &str {
    headers.get("x-trace-id").and_then(|value| value.to_str().ok()).unwrap_or_default()
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
    let other = shared.options.document_digest_other_key.as_deref() == Some(key);
    let app = shared.apps.iter().find(|app| app.key == key || other && app.slug == "document-digest");
    let app = app.ok_or_else(|| ApiError::unauthorized("Access token is invalid"))?;
    if app.condition == Some(Condition::ApiDisabled) {
        let message = "The app's API service has been disabled.";
        if shared.options.generation == Generation::Spring2024 {
            return Err(ApiError::not_found(message));
        }
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
