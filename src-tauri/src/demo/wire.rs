//! The exact bytes of the service API: Python-style JSON, SSE frames and error envelopes.
//!
//! Two dialects exist side by side and clients meet both: ordinary answers are ASCII with `, ` and `: ` and end with a
//! line feed, while stream frames are compact raw UTF-8.

use std::fmt::Write as _;
use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value, json};

/// Real servers say PRODUCTION; this one does not pretend.
pub(super) const ENVIRONMENT: &str = "DEMO";
/// An event name without a data line, exactly as it was measured.
pub(super) const PING: &[u8] = b"event: ping\n\n";

/// Writes `, ` and `: ` between tokens and escapes everything outside ASCII, like Python's `json.dumps`.
struct Ascii;

impl Formatter for Ascii {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut units = [0u16; 2];
        for character in fragment.chars() {
            if character.is_ascii() && character != '\u{7f}' {
                out.write_all(&[character as u8])?;
            } else if character == '\u{7f}' {
                out.write_all(b"\x7f")?;
            } else {
                for unit in character.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

fn write_with<F: Formatter>(value: &Value, formatter: F) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, formatter);
    // Writing a Value into memory has no way to fail: its keys are strings and a Vec takes every byte.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(out).unwrap_or_default()
}

/// JSON as `json.dumps` writes it: used for ordinary answers and for the stored inputs and outputs.
pub(super) fn ascii_json(value: &Value) -> String {
    write_with(value, Ascii)
}

/// One stream frame: compact JSON, raw UTF-8.
pub(super) fn frame(event: &Value) -> Bytes {
    let json = write_with(event, CompactFormatter);
    Bytes::from(format!("data: {json}\n\n"))
}

/// An ordinary JSON answer; the line feed at the end belongs to the format.
pub(super) fn json_answer(status: StatusCode, value: &Value) -> Response<Body> {
    answer(status, "application/json", ascii_json(value) + "\n")
}

/// The answer of a blocking run: same escaping, but with a charset and without the line feed.
pub(super) fn blocking_answer(value: &Value) -> Response<Body> {
    answer(StatusCode::OK, "application/json; charset=utf-8", ascii_json(value))
}

pub(super) fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Unknown paths are answered by the web framework itself, in HTML.
pub(super) fn html_not_found() -> Response<Body> {
    let page = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not \
                found on the server. If you entered the URL manually please check your spelling and try again.</p>\n";
    answer(StatusCode::NOT_FOUND, "text/html; charset=utf-8", page)
}

/// What goes wrong before a run starts, in the envelope every client knows.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub fn invalid_param(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_param", message)
    }

    pub fn bad_request() -> Self {
        let message = "The browser (or proxy) sent a request that this server could not understand.";
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// What an unhandled exception looks like; its keys come in another order.
    pub fn unknown() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unknown", "Internal Server Error")
    }

    /// The text of the request validator, which real servers pass on as it is.
    pub fn validation(model: &str, problems: &[Problem]) -> Self {
        let count = problems.len();
        let mut text = format!("{count} validation error{} for {model}", if count == 1 { "" } else { "s" });
        for problem in problems {
            let Problem { field, text: sentence, kind, value, value_type } = problem;
            let _ = write!(
                text,
                "\n{field}\n  {sentence} [type={kind}, input_value={value}, input_type={value_type}]\n    For further information \
                 visit https://errors.pydantic.dev/2.11/v/{kind}"
            );
        }
        Self::invalid_param(text)
    }
}

/// One complaint of the request validator.
pub(super) struct Problem {
    pub field: &'static str,
    pub text: String,
    pub kind: &'static str,
    pub value: String,
    pub value_type: &'static str,
}

impl Problem {
    pub fn new(field: &'static str, text: impl Into<String>, kind: &'static str, value: &Value) -> Self {
        Self { field, text: text.into(), kind, value: python_repr(value), value_type: python_type(value) }
    }
}

impl axum::response::IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let status = self.status.as_u16();
        let body = if self.code == "unknown" {
            json!({"message": self.message, "code": self.code, "status": status})
        } else {
            json!({"code": self.code, "message": self.message, "status": status})
        };
        let mut response = json_answer(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"api\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// A value as Python prints it, for the messages that quote what was sent.
pub(super) fn python_repr(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            let mut out = String::from(quote);
            for character in text.chars() {
                match character {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    c if c == quote => {
                        out.push('\\');
                        out.push(c);
                    }
                    c => out.push(c),
                }
            }
            out.push(quote);
            out
        }
        Value::Array(items) => format!("[{}]", items.iter().map(python_repr).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => format!("{{{}}}", python_pairs(map)),
    }
}

fn python_pairs(map: &Map<String, Value>) -> String {
    let pair = |(key, value): (&String, &Value)| {
        format!("{}: {}", python_repr(&Value::String(key.clone())), python_repr(value))
    };
    map.iter().map(pair).collect::<Vec<_>>().join(", ")
}

pub(super) fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// How a value is written where a workflow puts it into text: strings as they are, the rest as measured.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            let files = !items.is_empty() && items.iter().all(|item| file_link(item).is_some());
            let line = |item: &Value| if files { as_text(item) } else { format!("- {}", as_text(item)) };
            items.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Value::Object(_) => file_link(value).unwrap_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default()),
    }
}

fn file_link(value: &Value) -> Option<String> {
    let identity = value.get("dify_model_identity")?.as_str()?;
    if identity != "__dify__file__" {
        return None;
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let mark = if text("type") == "image" { "!" } else { "" };
    Some(format!("{mark}[{}]({})", text("filename"), text("url")))
}
