//! The real client and a server in the same thread: what is to be answered is set, then the client asks.

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Map;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};
use url::Url;

use crate::{
    dify::{Client, Connection, Key, Limits, LogQuery, Resume, RunOptions, RunStream, Spoken, Upload},
    model::app::ResponseMode,
};

/// The key every call sends.
pub const KEY: &str = "app-fuzz-key-0123456789";
/// The calls of the client, by the first byte of an input.
pub const CALLS: [&str; 19] = [
    "info",
    "site",
    "meta",
    "root",
    "parameters",
    "detail",
    "logs",
    "upload",
    "stop",
    "run",
    "blocking",
    "form",
    "submit",
    "speech",
    "transcript",
    "end_user",
    "resume",
    "picture",
    "describe",
];
/// Statuses by the second byte.
pub const STATUSES: [u16; 16] = [200, 201, 202, 206, 301, 400, 401, 403, 404, 405, 412, 413, 415, 429, 500, 502];
/// Content types by the third byte.
pub const TYPES: [&str; 8] = [
    "application/json",
    "text/event-stream; charset=utf-8",
    "text/html",
    "text/plain",
    "audio/mpeg",
    "image/png",
    "application/octet-stream",
    "",
];

/// A client, the server it asks, and a file to send.
pub struct Desk {
    runtime: Runtime,
    client: Client,
    answer: Arc<Mutex<Vec<u8>>>,
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let answer = Arc::new(Mutex::new(Vec::new()));
        let current = answer.clone();
        let port = runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let port = listener.local_addr().expect("a bound socket").port();
            tokio::spawn(async move {
                while let Ok((socket, _)) = listener.accept().await {
                    tokio::spawn(serve(socket, current.clone()));
                }
            });
            port
        });
        let connection = Connection {
            base_url: Url::parse(&format!("http://127.0.0.1:{port}/v1")).expect("a sound address"),
            key: Key::new(KEY).expect("a sound key"),
            user: "desk-1".into(),
        };
        let limits = Limits { json: 256 * 1024, frame: 64 * 1024, ..Limits::default() };
        let client = {
            let _inside = runtime.enter();
            Client::with_limits(connection, limits).expect("a sound connection")
        };
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.mp3"), "ID3").expect("a file");
        Self { runtime, client, answer, folder }
    }

    /// Lets the client ask, and returns what it makes of the answer as Rust writes it.
    pub fn ask(&self, call: u8, status: u8, kind: u8, body: &[u8]) -> String {
        let status = STATUSES[usize::from(status) % STATUSES.len()];
        let kind = TYPES[usize::from(kind) % TYPES.len()];
        let mut bytes = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nX-Version: 1.12.1\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
        self.runtime.block_on(self.call(CALLS[usize::from(call) % CALLS.len()]))
    }

    async fn call(&self, call: &str) -> String {
        let (client, file) = (&self.client, self.folder.path().join("a.mp3"));
        let version = |mode, version: Option<&str>| RunOptions {
            mode,
            version: version.map(str::to_owned),
            trace_id: Some("t".into()),
        };
        match call {
            "info" => format!("{:?}", client.info().await),
            "site" => format!("{:?}", client.site().await),
            "meta" => format!("{:?}", client.tool_icons().await),
            "root" => format!("{:?}", client.root().await),
            "parameters" => format!("{:?}", client.parameters().await),
            "detail" => format!("{:?}", client.run_detail("r").await),
            "logs" => format!("{:?}", client.logs(&LogQuery::default()).await),
            "upload" => {
                let upload = Upload { path: file, name: "a.mp3".into(), mime: "audio/mpeg".into() };
                format!("{:?}", client.upload(upload, |_| {}).await)
            }
            "stop" => format!("{:?}", client.stop("t").await),
            "run" => events(client.run(Map::new(), "t").await).await,
            "blocking" => events(client.run_with(Map::new(), &version(ResponseMode::Blocking, Some("w"))).await).await,
            "form" => format!("{:?}", client.human_form("t").await),
            "submit" => format!("{:?}", client.submit_human_form("t", Map::new(), "a").await),
            "speech" => match client.text_to_audio(Spoken::Text("x"), None).await {
                Ok(Some(mut speech)) => {
                    let mut pieces = 0;
                    while let Ok(Some(_)) = speech.next().await {
                        pieces += 1;
                    }
                    format!("{:?} {pieces}", speech.kind)
                }
                other => format!("{other:?}"),
            },
            "transcript" => format!("{:?}", client.audio_to_text(&file).await),
            "end_user" => format!("{:?}", client.end_user("e").await),
            "resume" => events(client.resume("r", &Resume::default()).await).await,
            "picture" => format!("{:?}", client.picture("/files/p").await.map(|picture| picture.bytes.len())),
            "describe" => format!("{:?}", client.describe().await),
            _ => String::new(),
        }
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

async fn events<E: std::fmt::Debug>(stream: Result<RunStream, E>) -> String {
    match stream {
        Ok(mut stream) => {
            let mut items = Vec::new();
            while let Some(item) = stream.next().await {
                items.push(item);
            }
            format!("{items:?}")
        }
        Err(error) => format!("{error:?}"),
    }
}

async fn serve(mut socket: TcpStream, answer: Arc<Mutex<Vec<u8>>>) {
    let _ = socket.set_nodelay(true);
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if !matches!(socket.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())
            .unwrap_or(0);
        while bytes.len() < head + length {
            if !matches!(socket.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        }
        bytes.drain(..head + length);
        let reply = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if socket.write_all(&reply).await.is_err() {
            return;
        }
    }
}
