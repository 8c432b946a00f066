//! One recorded answer, and a second, simple reading of its bytes to compare the client's with.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::server::{Reply, Step, pieces};

/// A recorded answer.
pub struct Recording {
    pub name: String,
    pub raw: Vec<u8>,
}

impl Recording {
    pub fn load(name: &str) -> Self {
        let path = folder().join(format!("{name}.raw"));
        Self {
            name: name.to_owned(),
            raw: fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        }
    }

    pub fn head(&self) -> String {
        let end = self.raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(self.raw.len());
        String::from_utf8_lossy(&self.raw[..end]).to_ascii_lowercase()
    }

    pub fn status(&self) -> u16 {
        self.head().split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub fn is_stream(&self) -> bool {
        self.head().contains("content-type: text/event-stream")
    }

    pub fn body(&self) -> Vec<u8> {
        let head = self.head();
        let body = &self.raw[(head.len() + 4).min(self.raw.len())..];
        if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_vec() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The stream's events as plain JSON; pings as `{"event": "ping"}`.
    pub fn events(&self) -> Vec<Value> {
        let text = String::from_utf8(self.body()).expect("streams are UTF-8");
        text.split("\n\n")
            .filter(|frame| !frame.trim().is_empty())
            .map(|frame| match frame.trim().strip_prefix("data: ") {
                Some(data) => serde_json::from_str(data).expect("recorded events are JSON"),
                None => serde_json::json!({"event": frame.trim().trim_start_matches("event: ")}),
            })
            .collect()
    }

    pub fn ends_whole(&self) -> bool {
        self.raw.ends_with(b"0\r\n\r\n") || !self.head().contains("transfer-encoding: chunked")
    }

    pub fn reply(&self, size: usize) -> Reply {
        let mut steps = pieces(&self.raw, size);
        if !self.ends_whole() || self.raw.is_empty() {
            steps.push(Step::Close);
        }
        steps
    }
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

pub fn names(prefixes: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the recordings are there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".raw").map(str::to_owned))
        .filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        .collect();
    names.sort();
    names
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&bytes[..at]).ok().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let Some(size) = size.filter(|size| *size > 0) else { break };
        let begin = at + 2;
        let end = (begin + size).min(bytes.len());
        body.extend_from_slice(&bytes[begin..end]);
        bytes = bytes.get(end + 2..).unwrap_or_default();
    }
    body
}
