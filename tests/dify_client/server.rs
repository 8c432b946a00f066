//! A server that answers with exactly the bytes it is told to.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use url::Url;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// With its query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// What the server does, in order.
#[derive(Debug, Clone)]
pub enum Step {
    Write(Vec<u8>),
    /// What a slow server does in this time.
    Work(Duration),
    /// Goes on once the gate is open.
    Gate(tokio::sync::watch::Receiver<bool>),
    /// Keeps the connection open, silent, until the client leaves it.
    Silence,
    /// Closes the connection without another byte.
    Close,
}

pub type Reply = Vec<Step>;

/// A whole answer with a length.
pub fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    vec![Step::Write(bytes)]
}

pub fn json(status: &str, body: &str) -> Reply {
    answer(status, "Content-Type: application/json\r\n", body)
}

pub fn html(status: &str, body: &str) -> Reply {
    answer(status, "Content-Type: text/html; charset=utf-8\r\n", body)
}

/// The head of an event stream that ends when the connection does.
pub const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";

/// A stream of these frames.
pub fn events(frames: &str) -> Reply {
    vec![Step::Write(format!("{STREAM_HEAD}{frames}").into_bytes()), Step::Close]
}

/// Bytes in pieces of `size`.
pub fn pieces(bytes: &[u8], size: usize) -> Reply {
    bytes.chunks(size).map(|piece| Step::Write(piece.to_vec())).collect()
}

pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    /// Connections that the client has closed.
    closed: Arc<tokio::sync::Notify>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers each request with what `reply` says.
    pub async fn start(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let closed = Arc::new(tokio::sync::Notify::new());
        let (reply, seen, gone) = (Arc::new(reply), requests.clone(), closed.clone());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (reply, seen, gone) = (reply.clone(), seen.clone(), gone.clone());
                let _ = socket.set_nodelay(true);
                tokio::spawn(async move {
                    serve(socket, &*reply, &seen).await;
                    gone.notify_one();
                });
            }
        });
        Self { port, requests, closed, task }
    }

    /// Answers every request the same way.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone()).await
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).expect("a sound address")
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until a connection has come to its end.
    pub async fn connection_closed(&self) {
        self.closed.notified().await;
    }
}

pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    reply: &(impl Fn(&Request) -> Reply + ?Sized),
    seen: &Mutex<Vec<Request>>,
) {
    while let Some(request) = read_request(&mut socket).await {
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        for step in reply(&request) {
            match step {
                Step::Write(bytes) => {
                    if socket.write_all(&bytes).await.is_err() {
                        return;
                    }
                    // Lets the client see this piece before the next one is there.
                    tokio::task::yield_now().await;
                }
                Step::Gate(mut gate) => {
                    let _ = gate.wait_for(|open| *open).await;
                }
                Step::Work(time) => tokio::time::sleep(time).await,
                Step::Silence => {
                    let mut rest = [0; 64];
                    while matches!(socket.read(&mut rest).await, Ok(1..)) {}
                    return;
                }
                Step::Close => return,
            }
        }
    }
}

pub async fn read_request<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut S) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize =
        headers.iter().find(|(key, _)| key == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if socket.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, target, headers, body })
}
