//! What can go wrong between this program and a Dify server, told apart by what the user can do about it.
//!
//! No variant holds a key, an input or an answer's contents: only what the server says in its error
//! envelope, and what the transport says with addresses taken out.

use std::{error::Error as StdError, io};

use super::{key::KeyError, refusal};
use crate::model::failure::{FailureCode, NetworkTrouble, Reason};

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server was not reached, or the connection did not last.
    #[error("{kind}: {detail}")]
    Transport {
        kind: Transport,
        detail: String,
        /// What the kind is about, where it says so.
        subject: Option<String>,
    },
    /// The server refused, in its own words (api.md §7); also an error event's contents.
    #[error("HTTP {status} {}: {message}", code.as_deref().unwrap_or("(no code)"))]
    Status {
        status: u16,
        code: Option<String>,
        message: String,
        /// Seconds.
        retry_after: Option<u64>,
        reason: Option<Reason>,
        /// The body, where it says more than the envelope's three fields; shortened, without addresses.
        raw: Option<String>,
    },
    /// Something answered that is no Dify API: a web page, mostly. `raw` is its beginning.
    #[error("HTTP {status}: not an answer of a Dify server ({content_type})")]
    NotDify { status: u16, content_type: String, title: Option<String>, raw: Option<String> },
    /// An answer that cannot be read. `reason` gives a place, never contents.
    #[error("{what} cannot be read: {reason}")]
    Decode { what: &'static str, reason: String },
    /// The key belongs to an app of another kind, such as `chat`.
    #[error("the app is of the kind {mode}, not a workflow")]
    NotWorkflow { mode: String },
    /// One event of a stream is larger than any that is worth keeping.
    #[error("an event of the stream is larger than {limit} bytes")]
    FrameTooLarge { limit: usize },
    /// An answer or a file is larger than the limit.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// A file of this computer could not be read or written.
    #[error("file: {0}")]
    File(io::ErrorKind),
    #[error("{0}")]
    Key(#[from] KeyError),
    /// Not an http(s) address.
    #[error("not an address that can be called")]
    Address,
}

/// How the transport failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Transport {
    #[error("the name is not known")]
    Dns,
    #[error("the connection was refused")]
    Refused,
    #[error("no connection")]
    Connect,
    /// No connection within `subject` seconds.
    #[error("no connection in time")]
    ConnectTimeout,
    /// The connection stood, and no answer began within `subject` seconds.
    #[error("no answer in time")]
    Timeout,
    /// An answer began, and then nothing came for `subject` seconds.
    #[error("silence on an open connection")]
    Idle,
    /// The server stopped taking a file for `subject` seconds.
    #[error("the upload stands still")]
    Stalled,
    /// The proxy `subject` was not reached.
    #[error("the proxy was not reached")]
    ProxyUnreachable,
    /// The proxy `subject` wants a login, and none is known.
    #[error("the proxy wants a login")]
    ProxyLoginNeeded,
    /// The proxy `subject` refused the login.
    #[error("the proxy refused the login")]
    ProxyLoginRefused,
    /// The proxy `subject` made no way to the server: it may not, or cannot.
    #[error("the proxy opened no way to the server")]
    ProxyRefused,
    #[error("no trusted TLS connection")]
    Tls,
    #[error("the connection was cut")]
    Cut,
    /// To another origin, where the key does not go; `subject` is that origin, where it is known.
    #[error("redirected elsewhere")]
    Redirect,
    #[error("transport")]
    Other,
}

impl Transport {
    /// What the page calls it.
    pub fn code(self) -> FailureCode {
        match self {
            Self::ConnectTimeout => FailureCode::ConnectTimedOut,
            Self::Timeout => FailureCode::TimedOut,
            Self::Idle => FailureCode::WentSilent,
            Self::Stalled => FailureCode::UploadStalled,
            Self::Tls => FailureCode::Certificate,
            Self::ProxyUnreachable => FailureCode::ProxyUnreachable,
            Self::ProxyLoginNeeded => FailureCode::ProxyLoginNeeded,
            Self::ProxyLoginRefused => FailureCode::ProxyLoginRefused,
            Self::ProxyRefused => FailureCode::ProxyRefused,
            Self::Redirect => FailureCode::Moved,
            Self::Dns | Self::Refused | Self::Connect | Self::Cut | Self::Other => FailureCode::Unreachable,
        }
    }
}

impl Error {
    pub(super) fn transport(kind: Transport, detail: impl Into<String>) -> Self {
        Self::Transport { kind, detail: detail.into(), subject: None }
    }

    /// Nothing happened for this long, which is said in whole seconds.
    pub(super) fn waited(kind: Transport, wait: std::time::Duration) -> Self {
        let seconds = wait.as_secs_f32().round().max(1.0);
        Self::transport(kind, format!("waited {} s", wait.as_secs_f32())).about(seconds.to_string())
    }

    pub(super) fn about(mut self, what: impl Into<String>) -> Self {
        if let Self::Transport { subject, .. } = &mut self {
            *subject = Some(what.into());
        }
        self
    }

    pub(super) fn file(error: &io::Error) -> Self {
        Self::File(error.kind())
    }

    /// A refusal of the server itself, with what its words are about; also one that came as an error event.
    pub fn refused(status: u16, code: Option<&str>, message: &str) -> Self {
        Self::Status {
            status,
            code: code.map(str::to_owned),
            message: message.to_owned(),
            retry_after: None,
            reason: refusal::of_envelope(status, code, message),
            raw: None,
        }
    }

    /// The same without a secret that the other side repeated, as debugging gateways do.
    pub(super) fn without(self, secret: &str) -> Self {
        let cut = |text: String| {
            let mut text = text.replace(secret, "<redacted>");
            // Texts were clipped before: the beginning of one may stand at the end.
            let begun =
                (6..secret.len()).rev().find(|&length| secret.get(..length).is_some_and(|part| text.ends_with(part)));
            if let Some(length) = begun {
                text.truncate(text.len() - length);
                text.push_str("<redacted>");
            }
            text
        };
        match self {
            Self::Status { status, code, message, retry_after, reason, raw } => Self::Status {
                status,
                code: code.map(cut),
                message: cut(message),
                retry_after,
                reason,
                raw: raw.map(cut),
            },
            Self::NotDify { status, content_type, title, raw } => {
                Self::NotDify { status, content_type, title: title.map(cut), raw: raw.map(cut) }
            }
            other => other,
        }
    }

    /// What it is about, where that is known beyond its kind.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Transport { kind, detail, .. } => match kind {
                Transport::Tls => refusal::of_tls(detail),
                Transport::Dns => Some(Reason::NameUnknown),
                Transport::Refused => Some(Reason::ConnectionRefused),
                Transport::Cut => Some(Reason::ConnectionCut),
                // The others have codes of their own.
                _ => None,
            },
            Self::Status { reason, .. } => *reason,
            Self::NotDify { title, .. } => {
                title.as_deref().is_some_and(refusal::is_sign_in).then_some(Reason::SignInPage)
            }
            Self::FrameTooLarge { .. } | Self::TooLarge { .. } => Some(Reason::AnswerTooLarge),
            _ => None,
        }
    }

    /// The server does not take the key: it is wrong, revoked, or of a deleted app. A 401 of a gateway, which wants
    /// a sign-in of its own, says nothing about the key.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401) && !matches!(self.reason(), Some(Reason::SignInPage | Reason::KeyNotReceived))
    }

    /// 403: the app is gone, switched off, or its workspace archived.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// The server has no such path or method: an older (or newer) one than the call is made for.
    pub fn is_missing_route(&self) -> bool {
        matches!(self.status(), Some(404 | 405))
    }

    /// Worth trying again later. Servers of 1.12 say "too many requests" with status 400 (server-1.12.1.md §2);
    /// `rate_limit_error` is a used-up plan, where trying again does not help.
    pub fn is_too_many_requests(&self) -> bool {
        match self {
            Self::Status { reason: Some(Reason::PlanUsedUp), .. } => false,
            Self::Status { status: 429, .. } => true,
            Self::Status { reason, message, .. } => {
                matches!(reason, Some(Reason::AppBusy | Reason::GatewayBusy))
                    || message.starts_with("Too many requests")
            }
            _ => false,
        }
    }

    /// The app has no published workflow.
    pub fn is_not_published(&self) -> bool {
        matches!(self, Self::Status { status: 400, code, message, .. }
            if code.as_deref() == Some("app_unavailable") || message.contains("not published"))
    }

    /// The key is one of another kind of app.
    pub fn is_not_workflow(&self) -> bool {
        match self {
            Self::NotWorkflow { .. } => true,
            Self::Status { code, .. } => code.as_deref() == Some("not_workflow_app"),
            _ => false,
        }
    }

    /// The server was not reached at all, so nothing ran and nothing was stored there.
    pub fn is_not_reached(&self) -> bool {
        use Transport::*;
        matches!(
            self,
            Self::Transport {
                kind: Dns
                    | Refused
                    | Connect
                    | ConnectTimeout
                    | Tls
                    | Redirect
                    | ProxyUnreachable
                    | ProxyLoginNeeded
                    | ProxyLoginRefused
                    | ProxyRefused,
                ..
            }
        )
    }

    /// What is in the way: how the way to the server failed, or what answers instead of what was asked for.
    pub fn trouble(&self) -> Option<NetworkTrouble> {
        let (code, subject) = match self {
            Self::Transport { kind, subject, .. } => (kind.code(), subject.clone()),
            // It was reached: that it does not answer would be untrue from here on.
            Self::Status { status: 429, .. } => (FailureCode::TooManyRequests, None),
            Self::Status { status: 500.., .. } => (FailureCode::ServerError, None),
            Self::NotDify { status: 500.., .. } => (FailureCode::ServerError, None),
            Self::NotDify { .. } => (FailureCode::NotDify, None),
            Self::Decode { .. } => (FailureCode::NotUnderstood, None),
            _ => return None,
        };
        Some(NetworkTrouble { code, subject })
    }

    /// The HTTP status, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::NotDify { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        let kind = classify(&error);
        // The chain is walked below `reqwest::Error`, whose own text holds the URL.
        let error = error.without_url();
        let mut parts: Vec<String> = Vec::new();
        let mut cause: Option<&dyn StdError> = error.source();
        while let Some(inner) = cause {
            let text = without_addresses(&inner.to_string());
            // hyper repeats its source in its own text.
            if !text.is_empty() && !parts.iter().any(|part| part.contains(&text)) {
                parts.push(text);
            }
            cause = inner.source();
        }
        if parts.is_empty() {
            parts.push(without_addresses(&error.to_string()));
        }
        Self::transport(kind, parts.join(": "))
    }
}

fn classify(error: &reqwest::Error) -> Transport {
    if error.is_redirect() {
        return Transport::Redirect;
    }
    if error.is_dns() {
        return Transport::Dns;
    }
    let (io, tls) = causes(error);
    if tls {
        return Transport::Tls;
    }
    // Dropped packets on the way there: nothing was sent, which a time-out alone would leave open.
    if error.is_connect() && error.is_timeout() {
        return Transport::ConnectTimeout;
    }
    if error.is_timeout() {
        return Transport::Timeout;
    }
    if error.is_connect() {
        return match io {
            Some(io::ErrorKind::ConnectionRefused) => Transport::Refused,
            // rustls reports an untrusted or unreadable handshake as invalid data.
            Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => Transport::Tls,
            _ => Transport::Connect,
        };
    }
    if error.is_builder() {
        return Transport::Other;
    }
    // Everything after the connection stood: reset, closed early, a broken chunk, a broken compression.
    if error.is_body() || error.is_decode() || error.is_request() { Transport::Cut } else { Transport::Other }
}

/// The innermost I/O error's kind, and whether TLS is to blame.
fn causes(error: &reqwest::Error) -> (Option<io::ErrorKind>, bool) {
    let mut io = None;
    let mut tls = false;
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref::<io::Error>() {
            io = Some(found.kind());
        }
        // rustls is not a dependency of ours, so its errors are known by their words.
        let text = inner.to_string();
        tls |= ["certificate", "tls handshake", "received fatal alert", "received corrupt message"]
            .iter()
            .any(|sign| text.contains(sign));
        cause = match inner.downcast_ref::<io::Error>() {
            // An I/O error's `source` skips the error it was made of.
            Some(outer) => outer.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
            None => inner.source(),
        };
    }
    (io, tls)
}

/// Addresses may hold signed links and what users typed: error texts do not need them.
pub(super) fn without_addresses(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        kept.push_str(&rest[..at]);
        kept.push('…');
        let end = rest[at..].find(|c: char| c.is_whitespace() || "\"'<>)]}".contains(c));
        rest = end.map_or("", |end| &rest[at + end..]);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_out_of_error_texts() {
        let text = "error for url (https://a.b/files/1?sign=x): see http://c.d";
        assert_eq!(without_addresses(text), "error for url (…): see …", "a signed link must not reach a log");
    }

    #[test]
    fn a_key_that_was_clipped_in_the_middle_is_taken_out_as_well() {
        for (said, kept) in [
            ("your key app-0123456789 is wrong", "your key <redacted> is wrong"),
            ("Authorization: Bearer app-01234", "Authorization: Bearer <redacted>"),
            ("an app", "an app"),
        ] {
            let Error::Status { message, .. } = Error::refused(401, None, said).without("app-0123456789") else {
                panic!("it stays what it was");
            };
            assert_eq!(message, kept, "gateways repeat what they were sent");
        }
    }

    #[test]
    fn too_many_requests_is_known_in_both_dresses_but_a_used_up_plan_is_not_retried() {
        let refused = |status, code: &str, message: &str| Error::refused(status, Some(code), message);
        assert!(refused(429, "too_many_requests", "").is_too_many_requests(), "the newer form");
        assert!(
            refused(400, "invalid_param", "Too many requests. Please").is_too_many_requests(),
            "1.12 says it with 400"
        );
        assert!(!refused(429, "rate_limit_error", "").is_too_many_requests(), "a used-up plan does not come back soon");
        assert!(!refused(400, "invalid_param", "text is required").is_too_many_requests(), "a wrong input");
    }
}
