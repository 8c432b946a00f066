//! The same from a socket: 40 MB over loopback from another process, read as the program reads a run.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Map;

use crate::{
    corpus::Corpus,
    decode::same,
    dify::{Client, Connection, Key},
    floor::Scanner,
    measure::{Results, Tally, cpu_seconds, median},
    node::Node,
    peers::{count, count_typed},
};

/// Frames of about 40 MB.
const FRAMES: usize = 142_286;
/// Bytes of one HTTP chunk: nginx cuts there.
const CHUNK: usize = 4096;

/// Serves the stream at every request until its input ends; says its port first.
pub fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let corpus = Corpus::new(FRAMES)?;
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_vec();
    for chunk in corpus.bytes.chunks(CHUNK) {
        write!(answer, "{:x}\r\n", chunk.len())?;
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?.port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = answer_one(stream, &answer) {
                eprintln!("serve: {error}");
            }
        }
    });
    // Whoever started it has ended.
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn answer_one(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let body = |request: &[u8]| {
        let head = String::from_utf8_lossy(request).to_ascii_lowercase();
        let end = head.find("\r\n\r\n")? + 4;
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse::<usize>().ok()?;
        Some(end + length)
    };
    while body(&request).is_none_or(|length| request.len() < length) {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..read]);
    }
    stream.write_all(answer)
}

/// The other process.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    fn start() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut port = String::new();
        let output = child.stdout.take().ok_or("the server has no output")?;
        BufReader::new(output).read_line(&mut port).map_err(|error| error.to_string())?;
        Ok(Self { child, base: format!("http://127.0.0.1:{}/v1", port.trim()) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn measure(rounds: usize, node: &mut Node, results: &mut Results) -> Result<(), String> {
    let Corpus { tally, utf16, bytes, .. } = Corpus::new(FRAMES)?;
    println!("Stream: {} events, {:.1} MB in chunks of {CHUNK} bytes.", tally.events(), bytes.len() as f64 / 1e6);
    drop(bytes);
    let server = Server::start()?;
    // As in the program: awaiting a stream in `block_on` would hand every chunk from thread to thread.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    let client = Client::new(Connection {
        base_url: server.base.parse().map_err(|_| "the address is no URL")?,
        key: Key::new("app-bench").map_err(|_| "the key is refused")?,
        user: "bench".into(),
    })
    .map_err(|error| error.to_string())?;
    let plain = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
    let url = format!("{}/workflows/run", server.base);
    let (mut own, mut floor, mut javascript) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let before = cpu_seconds()?;
        let found = runtime.block_on(runtime.spawn(drain_run(client.clone()))).map_err(|error| error.to_string())??;
        let took = cpu_seconds()? - before;
        same("flowdeck", &found, &tally)?;

        let before = cpu_seconds()?;
        let found = runtime
            .block_on(runtime.spawn(drain_floor(plain.clone(), url.clone())))
            .map_err(|error| error.to_string())??;
        let floor_took = cpu_seconds()? - before;
        same("the floor", &found, &tally)?;

        let answer = node.drain(&url)?;
        same("Node", &answer.tally, &Tally { text_length: utf16, ..tally.clone() })?;
        if round > 0 {
            own.push(took);
            floor.push(floor_took);
            javascript.push(answer.cpu);
        }
    }
    results.compared("drain.cpu_s", median(&own), "floor", median(&floor), Some(1.15));
    results.compared("drain.node.cpu_s", median(&own), "Node fetch", median(&javascript), None);
    Ok(())
}

async fn drain_run(client: Client) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut stream = client.run(Map::new(), "bench").await.map_err(|error| error.to_string())?;
    while let Some(item) = stream.next().await {
        count(&mut tally, &item.map_err(|error| error.to_string())?.event);
    }
    Ok(tally)
}

async fn drain_floor(client: reqwest::Client, url: String) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut scanner = Scanner::default();
    let mut response = client.post(url).body("{}").send().await.map_err(|error| error.to_string())?;
    while let Some(chunk) = response.chunk().await.map_err(|error| error.to_string())? {
        scanner.push(&chunk, |data| count_typed(&mut tally, data));
    }
    Ok(tally)
}
