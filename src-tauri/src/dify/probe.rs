//! Finds which of several addresses is a Dify API, before any key is sent there.

use reqwest::{
    StatusCode,
    header::{HeaderMap, LOCATION},
};
use serde_json::Value;
use url::Url;

use super::{
    address::{is_loopback, probe_addresses},
    error::{Error, Transport},
    http::{self, Limits},
    wire,
};

/// An address where a Dify API answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub base_url: Url,
    /// Its scheme, host or port is not the one of the first candidate: to be suggested rather than just used.
    pub elsewhere: bool,
    pub version: Option<String>,
}

/// Bytes of an answer that are looked at.
const BODY: usize = 256 * 1024;

/// Asks the candidates of [`probe_addresses`] one after the other, without a key: Dify refuses that in its own
/// unmistakable way, and a stranger learns no key. The error is of whatever answered, else of the first candidate.
pub async fn connect_probe(candidates: &[Url], limits: &Limits) -> Result<Found, Error> {
    let mut queue: Vec<Url> = candidates.to_vec();
    let first_origin = queue.first().ok_or(Error::Address)?.origin();
    let mut dead_origins = Vec::new();
    let mut failure: Option<Error> = None;
    // One for all others, one for this computer, which no proxy can reach.
    let mut clients = [None, None];
    let mut at = 0;
    while let Some(base_url) = queue.get(at).cloned() {
        at += 1;
        if dead_origins.contains(&base_url.origin()) {
            continue;
        }
        let slot = &mut clients[usize::from(is_loopback(&base_url))];
        let client = match slot {
            Some(client) => client,
            None => slot.insert(http::client(limits, &base_url)?),
        };
        match ask(client, &base_url, limits).await {
            Ok(Answer::Dify { version }) => {
                return Ok(Found { elsewhere: base_url.origin() != first_origin, base_url, version });
            }
            Ok(Answer::Moved { to }) => {
                // From http to https, or to the host's full name: what is there is tried as if it had been typed.
                let mut moved = probe_addresses(to.as_str()).unwrap_or_default();
                moved.retain(|url| !queue.contains(url));
                moved.truncate(2);
                // What was moved once is not followed further.
                if at <= candidates.len() {
                    queue.extend(moved);
                }
                failure.get_or_insert_with(|| Error::transport(Transport::Redirect, "redirected to another place"));
            }
            Ok(Answer::Other(error)) => {
                // Something that answers tells more than something that does not.
                if !matches!(failure, Some(Error::NotDify { .. } | Error::Status { .. })) {
                    failure = Some(error);
                }
            }
            Err(error) => {
                dead_origins.push(base_url.origin());
                failure.get_or_insert(error);
            }
        }
    }
    Err(failure.unwrap_or(Error::Address))
}

/// The version header, if it looks like one.
pub fn version(headers: &HeaderMap) -> Option<String> {
    let version = headers.get("x-version")?.to_str().ok()?.trim();
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte);
    (!version.is_empty() && version.len() <= 40 && version.bytes().all(sound)).then(|| version.to_owned())
}

enum Answer {
    Dify { version: Option<String> },
    Moved { to: Url },
    Other(Error),
}

/// /parameters is the one path that every generation has; without a key it answers 401 in Dify's envelope.
async fn ask(client: &reqwest::Client, base_url: &Url, limits: &Limits) -> Result<Answer, Error> {
    let mut url = http::join(base_url, &["parameters"])?;
    url.set_query(Some("user=probe"));
    let sent = tokio::time::timeout(limits.answer, client.get(url.clone()).send()).await;
    let response = match sent {
        Ok(response) => response?,
        Err(_) => return Err(Error::transport(Transport::Timeout, "no answer in time")),
    };
    let status = response.status();
    if status.is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
        return Ok(match location.and_then(|to| url.join(to).ok()) {
            Some(to) => Answer::Moved { to },
            None => Answer::Other(Error::transport(Transport::Redirect, "redirected to nowhere")),
        });
    }
    let version = version(response.headers());
    let content_type = http::content_type(response.headers());
    let body = match http::body(response, BODY, limits.idle).await {
        Ok(body) => body,
        Err(Error::TooLarge { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    if speaks_dify(status, &body, version.is_some()) {
        return Ok(Answer::Dify { version });
    }
    let refusal = http::envelope(status.as_u16(), &body, version.is_some(), None);
    // A gateway that refuses, or whose server is down: the address may well be right.
    let gateway = status.is_server_error() || refusal.reason().is_some() && !status.is_success();
    Ok(Answer::Other(if gateway && !matches!(status.as_u16(), 404 | 405) {
        refusal
    } else {
        http::not_dify(status, content_type, &body)
    }))
}

fn speaks_dify(status: StatusCode, body: &[u8], has_version: bool) -> bool {
    let Ok(Value::Object(object)) = wire::json(body, "answer") else { return false };
    if status.is_success() {
        return object.contains_key("user_input_form");
    }
    // {code, message, status}, where the status is the answer's own; gateways in front rarely repeat it.
    let repeats_status = object.get("status").and_then(wire::int) == Some(i64::from(status.as_u16()));
    object.get("code").is_some_and(Value::is_string)
        && object.contains_key("message")
        && (repeats_status || has_version)
}
