//! Which faults meet which request, and what they make of its answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use futures_util::StreamExt;

use super::super::wire::{self, ApiError};
use super::random::{Draws, RandomFaults};
use super::{Fault, Kind, Line, Target, stream};

/// The faults of a server, and how often each has happened.
pub(in super::super) struct Script {
    faults: Vec<(Fault, AtomicUsize)>,
    /// Faults that nobody wrote down, beside them.
    draws: Option<Draws>,
    revoked: std::sync::Arc<AtomicBool>,
    ping: Duration,
}

/// What happens to one request.
pub(in super::super) struct Fate<'a> {
    kinds: Vec<Kind>,
    script: &'a Script,
    line: Option<Line>,
}

impl Script {
    pub fn new(faults: Vec<Fault>, random: Option<RandomFaults>, ping: Duration) -> Self {
        let faults = faults.into_iter().map(|fault| (fault, AtomicUsize::new(0))).collect();
        Self { faults, draws: random.map(Draws::new), revoked: Default::default(), ping }
    }

    /// How often each random fault was drawn.
    pub fn drawn(&self) -> BTreeMap<String, usize> {
        self.draws.as_ref().map(Draws::counts).unwrap_or_default()
    }

    /// Counts the request.
    pub fn fate(&self, request: &Request, line: Option<Line>) -> Fate<'_> {
        let target = target_of(request.method(), request.uri().path());
        let meets = |fault: &Fault, count: &AtomicUsize| {
            let matches = fault.target == Target::Any || Some(fault.target) == target;
            matches && count.fetch_add(1, Ordering::Relaxed) < fault.times.unwrap_or(usize::MAX)
        };
        let scripted = self.faults.iter().filter(|(fault, count)| meets(fault, count));
        let mut kinds: Vec<Kind> = scripted.map(|(fault, _)| fault.kind.clone()).collect();
        kinds.extend(self.draws.as_ref().zip(target).and_then(|(draws, target)| draws.draw(target)));
        Fate { kinds, script: self, line }
    }
}

pub(in super::super) fn target_of(method: &Method, path: &str) -> Option<Target> {
    let (posted, got) = (method == Method::POST, method == Method::GET);
    let parts: Vec<&str> = path.trim_start_matches("/v1").trim_matches('/').split('/').collect();
    Some(match parts[..] {
        ["workflows", "run"] | ["workflows", _, "run"] if posted => Target::Run,
        ["workflows", "run", _] if got => Target::Detail,
        ["workflows", .., "stop"] if posted => Target::Stop,
        ["workflows", "logs"] => Target::Logs,
        ["workflow", _, "events"] => Target::Events,
        // Who looks whether there is such a path asks with another method, and sends no file.
        ["files", "upload"] if posted => Target::Upload,
        ["files", "upload"] => return None,
        ["files", ..] => Target::File,
        ["parameters"] => Target::Parameters,
        _ => return None,
    })
}

impl Fate<'_> {
    /// An answer that stands in the place of the server's own; the request's body is read first, or the client would
    /// see a broken connection instead.
    pub async fn instead(&self, request: Request) -> Result<Response<Body>, Request> {
        let answer = if self.script.revoked.load(Ordering::Relaxed) {
            ApiError::unauthorized("Access token is invalid").into_response()
        } else {
            match self.kinds.iter().find_map(|kind| stand_in(kind, self.script.ping)) {
                Some(answer) => answer,
                None => return Err(request),
            }
        };
        let mut body = request.into_body().into_data_stream();
        while body.next().await.is_some_and(|piece| piece.is_ok()) {}
        Ok(answer)
    }

    /// What becomes of the server's own answer.
    pub fn befall(&self, mut response: Response<Body>) -> Response<Body> {
        for kind in &self.kinds {
            match kind {
                Kind::ContentType(name) => {
                    if let Ok(name) = HeaderValue::from_str(name) {
                        response.headers_mut().insert(header::CONTENT_TYPE, name);
                    }
                    continue;
                }
                Kind::Gzip => {
                    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
                Kind::Reset(_) => {
                    if let Some(line) = &self.line {
                        line.will_reset();
                    }
                }
                _ => {}
            }
            let length_known = response.headers_mut().remove(header::CONTENT_LENGTH);
            if let (Kind::Cut(_) | Kind::Reset(_) | Kind::Stall(_) | Kind::Revoked(_), Some(length)) =
                (kind, length_known)
            {
                // Whoever counts sees that something is missing.
                response.headers_mut().insert(header::CONTENT_LENGTH, length);
            }
            let (revoked, ping) = (self.script.revoked.clone(), self.script.ping);
            response = response.map(|body| stream::spoilt(body, kind, ping, revoked));
        }
        response
    }
}

/// For faults that leave nothing of the server's own answer, and for which no run begins.
fn stand_in(kind: &Kind, ping: Duration) -> Option<Response<Body>> {
    let too_many = |limit| {
        format!(
            "Too many requests. Please try again later. The current maximum concurrent requests allowed for \
             00000000-0000-4000-8000-000000000000 is {limit}."
        )
    };
    Some(match *kind {
        Kind::TooMany(limit) => {
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", too_many(limit));
            error.into_response()
        }
        Kind::TooManyAs400(limit) => ApiError::invalid_param(too_many(limit)).into_response(),
        Kind::Page(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
            let page = format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx\
                 </center>\r\n</body>\r\n</html>\r\n"
            );
            let mut answer = wire::answer(status, "text/html", page);
            answer.headers_mut().insert(header::SERVER, HeaderValue::from_static("nginx"));
            answer
        }
        Kind::Refusal(401) => ApiError::unauthorized("Access token is invalid").into_response(),
        Kind::Refusal(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let code = if status.is_server_error() { "internal_server_error" } else { "invalid_param" };
            let message = "Internal Server Error, please contact support.";
            ApiError::new(status, code, message).into_response()
        }
        Kind::OnlyPings => wire::answer(StatusCode::OK, "text/event-stream; charset=utf-8", stream::pings(ping)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_at_a_path_is_not_what_is_sent_to_it() {
        assert_eq!(target_of(&Method::POST, "/v1/files/upload"), Some(Target::Upload));
        assert_eq!(target_of(&Method::GET, "/v1/files/upload"), None, "a fault for an upload would be spent on it");
        assert_eq!(target_of(&Method::GET, "/files/tools/a.pdf"), Some(Target::File));
    }
}
