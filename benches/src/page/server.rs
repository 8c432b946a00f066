//! A server that tells runs at a steady pace, and notes when each event was written.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::script::{Event, Script};

/// When a numbered piece of text was written, in milliseconds of the clock that the page reads too.
pub type Written = Arc<Mutex<Vec<(u32, f64)>>>;

/// Of the app that runs scripts.
pub const RUNS_KEY: &str = "app-bench";
/// Of the app that takes files.
pub const FILES_KEY: &str = "app-files";

/// It lives as long as the bench does.
pub struct Server {
    pub base: String,
    written: Written,
}

impl Server {
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let base = format!("http://127.0.0.1:{}/v1", listener.local_addr()?.port());
        let written = Written::default();
        let notes = Arc::clone(&written);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let notes = Arc::clone(&notes);
                // A window that goes away breaks its streams off.
                thread::spawn(move || answer(stream, &notes));
            }
        });
        Ok(Self { base, written })
    }

    /// What was written since the last call.
    pub fn take_written(&self) -> Vec<(u32, f64)> {
        std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub fn clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}

fn answer(mut stream: TcpStream, written: &Written) -> io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some((head, body)) = request(&mut stream)? {
        let path = head.split([' ', '?']).nth(1).unwrap_or_default();
        if head.starts_with("POST") && path.ends_with("/workflows/run") {
            return tell(stream, &body, written);
        }
        let known = head.to_ascii_lowercase().contains("authorization: bearer");
        let (status, body) = match path.trim_start_matches("/v1") {
            _ if !known => ("401 Unauthorized", refusal("unauthorized", 401)),
            "/info" => ("200 OK", json!({"name": "Bench", "description": "", "tags": [], "mode": "workflow"})),
            "/site" => {
                ("200 OK", json!({"title": "Bench", "icon_type": "emoji", "icon": "⏱", "show_workflow_steps": true}))
            }
            "/files/upload" => ("201 Created", json!({"id": uuid::Uuid::new_v4().to_string(), "name": "a", "size": 1})),
            "/parameters" if head.contains(FILES_KEY) => (
                "200 OK",
                json!({"user_input_form": [{"file-list": {
                "label": "Documents", "variable": "documents", "required": false, "allowed_file_types": ["document"],
                "allowed_file_upload_methods": ["local_file"], "max_length": 2000}}],
                "system_parameters": {"workflow_file_upload_limit": 2000}}),
            ),
            "/parameters" => (
                "200 OK",
                json!({"user_input_form": [{"paragraph": {
                "label": "Script", "variable": "script", "required": true, "default": ""}}], "system_parameters": {}}),
            ),
            _ => ("404 Not Found", refusal("not_found", 404)),
        };
        let body = body.to_string();
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nX-Version: 1.12.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
    }
    Ok(())
}

fn refusal(code: &str, status: u16) -> Value {
    json!({"code": code, "message": code, "status": status})
}

/// The next request's head and body; none when the client has gone.
fn request(stream: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Ok(Some((head, bytes.split_off(end + 4))));
            }
        }
        match stream.read(&mut piece)? {
            0 => return Ok(None),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// One run: every event in a chunk of its own, at its time.
fn tell(mut stream: TcpStream, body: &[u8], written: &Written) -> io::Result<()> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let script = Script::named(body["inputs"]["script"].as_str().unwrap_or_default());
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nX-Version: 1.12.1\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    )?;
    let begun = Instant::now();
    let mut chunk = Vec::new();
    for Event { at, json, number } in script.events() {
        let due = at.saturating_sub(begun.elapsed());
        // What is late goes out at once: the pace is kept on the whole.
        if due > Duration::from_micros(100) {
            thread::sleep(due);
        }
        chunk.clear();
        write!(chunk, "{:x}\r\ndata: {json}\n\n\r\n", json.len() + 8)?;
        if let Some(number) = number {
            written.lock().unwrap_or_else(PoisonError::into_inner).push((number, clock()));
        }
        stream.write_all(&chunk)?;
    }
    stream.write_all(b"0\r\n\r\n")
}
