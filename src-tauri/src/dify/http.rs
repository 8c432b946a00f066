//! Every HTTP request of this module goes through here: how it is built, sent, judged and read.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    ops::Deref,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER},
    redirect,
};
use serde_json::Value;
use url::Url;

use super::{
    error::{Error, Transport, without_addresses},
    refusal::{of_envelope, of_gateway},
    route::{Proxies, Route},
    wire,
};
use crate::model::failure::Reason;

/// How long and how much. The defaults are for real servers; tests use shorter ones.
#[derive(Debug, Clone)]
pub struct Limits {
    pub connect: Duration,
    /// For a whole small answer, such as /parameters.
    pub answer: Duration,
    /// Without a single byte: on a stream, a download, an upload, or while waiting for a run to begin.
    /// Servers ping every 10 s; some wait 24 s for a linked file before the first byte.
    pub idle: Duration,
    /// How often servers ping on a stream.
    pub ping: Duration,
    /// Bytes of a JSON answer. Run details hold whole outputs.
    pub json: usize,
    /// Bytes of one event.
    pub frame: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            ping: Duration::from_secs(10),
            json: 64 * 1024 * 1024,
            frame: super::sse::LARGEST_FRAME,
        }
    }
}

/// Bytes of an error's body that are looked at.
const ERROR_BODY: usize = 64 * 1024;
/// Characters of a server's own words that are kept.
const MESSAGE: usize = 4000;
/// Characters of a body that are kept for support.
const RAW: usize = 2000;
pub const MOST_REDIRECTS: usize = 5;

/// No cookie store: servers put the key into a cookie. No redirect to another origin: it would carry
/// the key or the inputs there. No total timeout: runs last for minutes. HTTP/2 where the server offers it (ALPN).
pub fn client(limits: &Limits, route: &Route, near: &Url) -> Result<reqwest::Client, Error> {
    client_with(limits, route, near, |builder| builder)
}

/// The same with something of its own.
pub fn client_with(
    limits: &Limits,
    route: &Route,
    near: &Url,
    own: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, Error> {
    let builder = || route.apply(own(bare(limits)), near);
    match builder()?.build() {
        Ok(client) => Ok(client),
        // A system without a single certificate of its own (a bare container): plain http works there all the same.
        Err(_) => {
            tracing::warn!("the system's certificates cannot be used");
            Ok(builder()?.tls_certs_only([]).build()?)
        }
    }
}

fn bare(limits: &Limits) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("flowdeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .tcp_keepalive(Duration::from_secs(30))
        // This computer, as browsers take it (RFC 6761 §6.3): no file of names and no server of names is asked.
        .resolve_to_addrs("localhost", &[(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()])
        // Servers drop idle connections after 2 s; a run must not be sent into one that is just closing,
        // because nobody could tell whether it has begun.
        .pool_idle_timeout(Duration::from_millis(1500))
        // Signed links do not belong in a Referer.
        .referer(false)
        .redirect(redirect::Policy::custom(|attempt| {
            let first = attempt.previous().first().map(Url::origin);
            // A POST would go on as a GET then, and nothing would be started or stored.
            let forgets_body = matches!(attempt.status().as_u16(), 301..=303);
            if attempt.previous().len() > MOST_REDIRECTS {
                attempt.error("too many redirects")
            } else if forgets_body && attempt.previous().last().is_some_and(takes_posts) {
                attempt.stop()
            } else if first == Some(attempt.url().origin()) {
                attempt.follow()
            } else {
                attempt.stop()
            }
        }))
}

fn takes_posts(url: &Url) -> bool {
    let mut segments = url.path_segments().into_iter().flatten().rev();
    let last = segments.next().unwrap_or_default();
    ["run", "stop", "upload", "text-to-audio", "audio-to-text"].contains(&last)
        || segments.next() == Some("human_input")
}

/// Sends a request and waits for the head of its answer.
pub async fn send(
    request: RequestBuilder,
    wait: Duration,
    proxies: &Proxies,
    limits: &Limits,
) -> Result<Response, Error> {
    let (client, request) = request.build_split();
    let request = request?;
    let url = request.url().clone();
    let result = match tokio::time::timeout(wait, client.execute(request)).await {
        // Over plain http the proxy itself answers; a server has no use for this status.
        Ok(Ok(answer)) if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            proxies.login_error(answer.url()).map_or(Ok(answer), Err)
        }
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(proxies.explain(error, limits.connect).await),
        Err(_) => Err(Error::waited(Transport::Timeout, wait)),
    };
    proxies.ear.hears(&url, &result);
    result
}

/// `base` with further path segments, each escaped.
pub fn join(base: &Url, segments: &[&str]) -> Result<Url, Error> {
    let mut url = base.clone();
    url.path_segments_mut().map_err(|()| Error::Address)?.pop_if_empty().extend(segments);
    Ok(url)
}

/// Passes a 2xx answer on; everything else becomes an error.
pub async fn accept(response: Response, limits: &Limits) -> Result<Response, Error> {
    if response.status().is_success() { Ok(response) } else { Err(refusal(response, limits).await) }
}

/// Reads a JSON answer, whatever its Content-Type says.
pub async fn json(response: Response, what: &'static str, limits: &Limits) -> Result<Value, Error> {
    let status = response.status();
    let content_type = content_type(response.headers());
    let body = body(response, limits.json, limits.idle).await?;
    if looks_like_html(&body) {
        return Err(not_dify(status, content_type, &body));
    }
    wire::json(&body, what)
}

/// The whole body, unless it is larger than `most`.
pub async fn body(mut response: Response, most: usize, idle: Duration) -> Result<Vec<u8>, Error> {
    let too_large = Error::TooLarge { limit: most as u64 };
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_large);
    }
    let mut body = Vec::new();
    while let Some(chunk) = chunk(&mut response, idle).await? {
        if body.len() + chunk.len() > most {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The next bytes of a body; `None` at its end.
pub async fn chunk(
    response: &mut Response,
    idle: Duration,
) -> Result<Option<impl Deref<Target = [u8]> + use<>>, Error> {
    chunk_until(response, tokio::time::Instant::now() + idle, idle).await
}

/// The same until a given moment; `idle` is the time it stands for.
pub async fn chunk_until(
    response: &mut Response,
    until: tokio::time::Instant,
    idle: Duration,
) -> Result<Option<impl Deref<Target = [u8]> + use<>>, Error> {
    match tokio::time::timeout_at(until, response.chunk()).await {
        Ok(Ok(chunk)) => Ok(chunk),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Error::waited(Transport::Idle, idle)),
    }
}

/// Makes the error out of an answer that is not 2xx.
pub async fn refusal(response: Response, limits: &Limits) -> Error {
    let status = response.status();
    if status.is_redirection() {
        let error = Error::transport(Transport::Redirect, format!("HTTP {status} to another place"));
        return match redirected_to(&response).filter(|to| to.has_host()) {
            Some(to) => error.about(to.origin().ascii_serialization()),
            None => error,
        };
    }
    let content_type = content_type(response.headers());
    let retry_after = retry_after(response.headers());
    let from_dify = response.headers().contains_key("x-version");
    // A body that breaks off does not change that the server refused.
    let body = prefix(response, ERROR_BODY, limits.idle).await;
    if looks_like_html(&body) && !from_dify && matches!(status.as_u16(), 404 | 405) {
        return not_dify(status, content_type, &body);
    }
    envelope(status.as_u16(), &body, from_dify, retry_after)
}

/// Where an answer sends its client.
pub fn redirected_to(response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}

async fn prefix(mut response: Response, most: usize, idle: Duration) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = chunk(&mut response, idle).await {
        body.extend_from_slice(&chunk[..chunk.len().min(most - body.len())]);
        if body.len() == most {
            break;
        }
    }
    body
}

/// The error in a body: `{code, message, status}`, `{message}`, a page with a title, a text, or nothing.
///
/// `from_dify`: a header says that no gateway in front of the server made the answer.
pub fn envelope(status: u16, body: &[u8], from_dify: bool, retry_after: Option<u64>) -> Error {
    let mut code = None;
    let mut message;
    let reason;
    if let Ok(Value::Object(object)) = wire::json(body, "error") {
        let text = |key: &str| object.get(key).and_then(wire::any_text).filter(|text| !text.is_empty());
        let nested = object.get("error").and_then(|error| error.get("message")).and_then(wire::text);
        code = text("code");
        message = text("message").or(nested).or_else(|| text("error")).or_else(|| text("detail"));
        if message.is_none() {
            // Forks put a sentence there.
            message.clone_from(&code.filter(|code| code.contains(|c: char| c.is_whitespace() || !c.is_ascii())));
            code = text("code").filter(|_| message.is_none());
        }
        let words = message.as_deref().unwrap_or_default();
        let gateway = code.is_none() && !from_dify && status != 401;
        reason = gateway
            .then(|| of_gateway(status, words))
            .flatten()
            .or_else(|| of_envelope(status, code.as_deref(), words));
    } else {
        let text = String::from_utf8_lossy(body);
        message = if looks_like_html(body) {
            html_title(body)
        } else {
            // A gateway's one line is worth showing; a broken JSON body may hold what was sent.
            Some(text.trim().to_owned()).filter(|text| !text.is_empty() && !text.starts_with(['{', '[']))
        };
        reason = match status {
            404 | 405 if from_dify => Some(Reason::FunctionMissing),
            500 => Some(Reason::ServerFault),
            _ if from_dify => None,
            _ => of_gateway(status, &text),
        };
    }
    let message = message.unwrap_or_else(|| {
        StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default().to_owned()
    });
    Error::Status {
        status,
        code: code.map(|code| clip(&code, 200)),
        message: clip(&without_inputs(&without_addresses(&message)), MESSAGE),
        retry_after,
        reason,
        raw: raw(body),
    }
}

/// The body for support, unless it says no more than an envelope's three fields.
fn raw(body: &[u8]) -> Option<String> {
    if let Ok(Value::Object(object)) = serde_json::from_slice(body)
        && object.iter().all(|(key, value)| matches!(key.as_str(), "code" | "message" | "status") && !value.is_object())
    {
        return None;
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(ERROR_BODY)]);
    // Pages are mostly indentation.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(clip(&without_inputs(&without_addresses(&text)), RAW)).filter(|text| !text.is_empty())
}

/// Validators repeat what was sent: `input_value={'inputs': …}, input_type=dict`.
fn without_inputs(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("input_value=") {
        let begin = at + "input_value=".len();
        kept.push_str(&rest[..begin]);
        kept.push('…');
        // What was sent may hold the same words: the last of them before the next line is the validator's.
        let line = rest[begin..].find('\n').map_or(rest.len(), |end| begin + end);
        rest = rest[begin..line].rfind(", input_type=").map_or(&rest[line..], |end| &rest[begin + end..]);
    }
    kept.push_str(rest);
    kept
}

pub fn not_dify(status: StatusCode, content_type: String, body: &[u8]) -> Error {
    Error::NotDify { status: status.as_u16(), content_type, title: html_title(body), raw: raw(body) }
}

/// Without its parameters; empty if missing.
pub fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    clip(value.split(';').next().unwrap_or_default().trim(), 100).to_ascii_lowercase()
}

pub fn looks_like_html(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}

/// The text of `<title>`, on one line.
pub fn html_title(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(ERROR_BODY)]);
    // ASCII only, so that places in both texts are the same.
    let lower = text.to_ascii_lowercase();
    let begin = lower.find("<title")?;
    let begin = begin + lower[begin..].find('>')? + 1;
    let end = begin + lower[begin..].find("</title")?;
    let title = text[begin..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| clip(&title, 200))
}

/// Seconds from now, from seconds or a date; nobody is asked to wait longer than a day.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match value.parse() {
        Ok(seconds) => seconds,
        Err(_) => {
            let at = wire::moment(&Value::from(value))?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            u64::try_from(at.saturating_sub(i64::try_from(now.as_millis()).ok()?)).ok()?.div_ceil(1000)
        }
    };
    Some(seconds).filter(|seconds| *seconds <= 86_400)
}

/// The first `most` characters, without control characters but line breaks and tabs.
pub fn clip(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(error: Error) -> (Option<String>, String, Option<Reason>, Option<String>) {
        match error {
            Error::Status { code, message, reason, raw, .. } => (code, message, reason, raw),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_kind_of_error_body_becomes_a_sentence() {
        for (body, code, message) in [
            (r#"{"code": "invalid_param", "message": "m", "status": 400}"#, Some("invalid_param"), "m"),
            (r#"{"message": "m", "status": 400, "code": "invalid_param"}"#, Some("invalid_param"), "m"),
            (r#"{"message": "Internal Server Error"}"#, None, "Internal Server Error"),
            (r#"{"code": 17, "message": {"a": "b"}}"#, Some("17"), r#"{"a":"b"}"#),
            (r#"{"code": "额度已用完，请联系管理员"}"#, None, "额度已用完，请联系管理员"),
            (r#"{"error": {"message": "m", "type": "x"}}"#, None, "m"),
            (r#"{"detail": "m"}"#, None, "m"),
            ("<html><head><title>413 Request\n Entity</title>", None, "413 Request Entity"),
            ("<html><body>no title", None, "Bad Request"),
            ("", None, "Bad Request"),
            ("error code: 1015", None, "error code: 1015"),
            (r#"{"inputs": {"secret": "#, None, "Bad Request"),
            ("null", None, "null"),
            (r#"{"message": "see https://a.b/c?sign=d now"}"#, None, "see … now"),
        ] {
            let (told_code, told, _, _) = parts(envelope(400, body.as_bytes(), false, None));
            assert_eq!((told_code.as_deref(), told.as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn what_a_body_says_beyond_its_envelope_is_kept_for_support() {
        for (body, kept) in [
            (r#"{"code": "a", "message": "m", "status": 400}"#, None),
            (r#"{"message": "m"}"#, None),
            (
                r#"{"code": "a", "message": "m", "params": "limit", "status": 400}"#,
                Some(r#"{"code": "a", "message": "m", "params": "limit", "status": 400}"#),
            ),
            ("<html>\n  <p>see\u{7} https://a.b/c?k=d</p>\n", Some("<html> <p>see …")),
            ("", None),
            (r#"{"code": "unauthor"#, Some(r#"{"code": "unauthor"#)),
        ] {
            let (_, _, _, raw) = parts(envelope(400, body.as_bytes(), false, None));
            assert_eq!(raw.as_deref().map(|raw| raw.trim_end_matches("</p>")), kept, "{body}");
        }
        let (_, _, _, raw) = parts(envelope(502, "x".repeat(100_000).as_bytes(), false, None));
        assert_eq!(raw.map(|raw| raw.len()), Some(RAW), "a page is not kept whole");
    }

    #[test]
    fn what_was_sent_does_not_come_back_in_an_error() {
        let text = "1 validation error for X\ninputs\n  Field required [type=missing, \
                    input_value={'a': 'secret, input_type=x'}, input_type=dict]\n  see";
        let told = "1 validation error for X\ninputs\n  Field required [type=missing, \
                    input_value=…, input_type=dict]\n  see";
        assert_eq!(without_inputs(text), told);
        assert_eq!(without_inputs("input_value={'a': 'secret'"), "input_value=…", "cut in the middle");
    }

    #[test]
    fn how_long_to_wait_is_read_from_seconds_and_from_dates() {
        let wait =
            |value: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().expect("a header's value"))]));
        assert_eq!((wait("17"), wait(" 3 ")), (Some(17), Some(3)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), None, "a date that is over");
        assert_eq!((wait("soon"), wait("999999"), wait("-1")), (None, None, None), "nothing to count on");
    }

    #[test]
    fn ids_in_a_path_cannot_leave_their_segment() {
        let base = Url::parse("https://host/sub/v1").expect("a sound address");
        let url = join(&base, &["workflows", "run", "a/../../b?c#d 你"]).expect("a base that can have a path");
        assert_eq!(url.as_str(), "https://host/sub/v1/workflows/run/a%2F..%2F..%2Fb%3Fc%23d%20%E4%BD%A0");
    }
}
