//! Every HTTP request of this module goes through here: how it is built, sent, judged and read.

use std::{ops::Deref, time::Duration};

use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};
use serde_json::Value;
use url::Url;

use super::{
    address,
    error::{Error, Transport, without_addresses},
    wire,
};

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
const MOST_REDIRECTS: usize = 5;

/// No cookie store: servers put the key into a cookie. No redirect to another origin: it would carry
/// the key or the inputs there. No total timeout: runs last for minutes.
pub fn client(limits: &Limits, near: &Url) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("flowdeck/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .tcp_keepalive(Duration::from_secs(30))
        // Servers drop idle connections after 2 s; a run must not be sent into one that is just closing,
        // because nobody could tell whether it has begun.
        .pool_idle_timeout(Duration::from_millis(1500))
        // Signed links do not belong in a Referer.
        .referer(false)
        .redirect(redirect::Policy::custom(|attempt| {
            let first = attempt.previous().first().map(Url::origin);
            if attempt.previous().len() > MOST_REDIRECTS {
                attempt.error("too many redirects")
            } else if first == Some(attempt.url().origin()) {
                attempt.follow()
            } else {
                attempt.stop()
            }
        }));
    if address::is_loopback(near) {
        // A proxy cannot reach this computer's own servers, the built-in one among them.
        builder = builder.no_proxy();
    }
    builder.build().map_err(Error::from)
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
    match tokio::time::timeout(idle, response.chunk()).await {
        Ok(Ok(chunk)) => Ok(chunk),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Error::transport(Transport::Idle, format!("nothing came for {} s", idle.as_secs_f32()))),
    }
}

/// Makes the error out of an answer that is not 2xx.
pub async fn refusal(response: Response, limits: &Limits) -> Error {
    let status = response.status();
    if status.is_redirection() {
        return Error::transport(Transport::Redirect, format!("HTTP {status} to another place"));
    }
    let content_type = content_type(response.headers());
    let retry_after = retry_after(response.headers());
    let from_dify = response.headers().contains_key("x-version");
    // A body that breaks off does not change that the server refused.
    let body = prefix(response, ERROR_BODY, limits.idle).await;
    if looks_like_html(&body) && !from_dify && matches!(status.as_u16(), 404 | 405) {
        return not_dify(status, content_type, &body);
    }
    envelope(status.as_u16(), &body, retry_after)
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
pub fn envelope(status: u16, body: &[u8], retry_after: Option<u64>) -> Error {
    let mut code = None;
    let message;
    if let Ok(Value::Object(object)) = wire::json(body, "error") {
        let text = |key: &str| object.get(key).and_then(wire::any_text).filter(|text| !text.is_empty());
        code = text("code");
        message = text("message").or_else(|| text("error")).or_else(|| text("detail"));
    } else if looks_like_html(body) {
        message = html_title(body);
    } else {
        let text = String::from_utf8_lossy(body);
        // A gateway's one line is worth showing; a broken JSON body may hold what was sent.
        message = Some(text.trim().to_owned()).filter(|text| !text.is_empty() && !text.starts_with(['{', '[']));
    }
    let message = message.unwrap_or_else(|| {
        StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default().to_owned()
    });
    Error::Status {
        status,
        code: code.map(|code| clip(&code, 200)),
        message: clip(&without_addresses(&message), MESSAGE),
        retry_after,
    }
}

pub fn not_dify(status: StatusCode, content_type: String, body: &[u8]) -> Error {
    Error::NotDify { status: status.as_u16(), content_type, title: html_title(body) }
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

/// Seconds; the form with a date is not used by rate limiters.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().filter(|seconds| *seconds <= 86_400)
}

/// The first `most` characters, without control characters but line breaks and tabs.
pub fn clip(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_body_becomes_a_sentence() {
        for (body, code, message) in [
            (r#"{"code": "invalid_param", "message": "m", "status": 400}"#, Some("invalid_param"), "m"),
            (r#"{"message": "Internal Server Error"}"#, None, "Internal Server Error"),
            (r#"{"code": 17, "message": {"a": "b"}}"#, Some("17"), r#"{"a":"b"}"#),
            ("<html><head><title>413 Request\n Entity</title>", None, "413 Request Entity"),
            ("<html><body>no title", None, "Bad Request"),
            ("", None, "Bad Request"),
            ("error code: 1015", None, "error code: 1015"),
            (r#"{"inputs": {"secret": "#, None, "Bad Request"),
            ("null", None, "null"),
            (r#"{"message": "see https://a.b/c?sign=d now"}"#, None, "see … now"),
        ] {
            let expected = Error::Status {
                status: 400,
                code: code.map(str::to_owned),
                message: message.to_owned(),
                retry_after: None,
            };
            assert_eq!(envelope(400, body.as_bytes(), None), expected, "{body}");
        }
    }

    #[test]
    fn ids_in_a_path_cannot_leave_their_segment() {
        let base = Url::parse("https://host/sub/v1").expect("a sound address");
        let url = join(&base, &["workflows", "run", "a/../../b?c#d 你"]).expect("a base that can have a path");
        assert_eq!(url.as_str(), "https://host/sub/v1/workflows/run/a%2F..%2F..%2Fb%3Fc%23d%20%E4%BD%A0");
    }
}
