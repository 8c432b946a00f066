//! A large file on its way to a server on this computer that takes it and throws it away: as the program sends it, with
//! its progress told, beside curl in the same minutes and beside the least that any program does.
//!
//! What the page makes of the progress is not in here: it is told ten times a second, whatever the size.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use crate::{
    corpus::Random,
    dify::{Client, Connection, Key, Upload},
    gauge::watched,
    measure::{Results, children_cpu_seconds, cpu_seconds, median},
};

const MIB: u64 = 1024 * 1024;
const SIZE: u64 = 1024 * MIB;
/// What the memory for a large file is held against.
const SMALL: u64 = 8 * MIB;
/// As many as the program sends at a time.
const AT_ONCE: usize = 3;

/// Takes uploads until its input ends; says its port first.
pub fn sink() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?.port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                if let Err(error) = take(stream) {
                    eprintln!("sink: {error}");
                }
            });
        }
    });
    // Whoever started it has ended.
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn take(mut stream: TcpStream) -> io::Result<()> {
    let mut piece = vec![0; 256 * 1024];
    let mut head = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read(&mut piece)? {
                0 => return Ok(()),
                read => head.extend_from_slice(&piece[..read]),
            }
        };
        let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<u64>().ok());
        // curl asks first whether such a large body may come.
        if text.contains("expect: 100-continue") {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let mut left = length.unwrap_or_default().saturating_sub((head.len() - end) as u64);
        while left > 0 {
            match stream.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => left = left.saturating_sub(read as u64),
            }
        }
        head.clear();
        const BODY: &str = r#"{"id":"u1","name":"large.bin","size":1}"#;
        // In one piece: who has read half of it may be gone.
        let answer = format!(
            "HTTP/1.1 201 CREATED\r\nX-Version: 1.12.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
            BODY.len()
        );
        stream.write_all(answer.as_bytes())?;
    }
}

/// The other process.
struct Sink {
    child: Child,
    port: u16,
}

impl Sink {
    fn start() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .arg("sink")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut port = String::new();
        let output = child.stdout.take().ok_or("the sink has no output")?;
        BufReader::new(output).read_line(&mut port).map_err(|error| error.to_string())?;
        Ok(Self { child, port: port.trim().parse().map_err(|_| "the sink says no port")? })
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file of noise that goes when the bench does.
struct Source(PathBuf);

impl Source {
    fn of(size: u64) -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("flowdeck-bench-{}-{size}.bin", std::process::id()));
        let write = || -> io::Result<()> {
            let mut random = Random(0x5eed);
            let noise: Vec<u8> = (0..MIB).map(|_| random.below(256) as u8).collect();
            let mut file = File::create(&path)?;
            for _ in 0..size / MIB {
                file.write_all(&noise)?;
            }
            // Else it is written to the disk while the first of them read it.
            file.sync_all()
        };
        write().map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[derive(Default)]
struct Took {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

impl Took {
    fn one(
        &mut self,
        warm: bool,
        clock: fn() -> Result<f64, String>,
        work: impl FnOnce() -> Result<(), String>,
    ) -> Result<(), String> {
        let (before, begun) = (clock()?, Instant::now());
        work()?;
        let (wall, cpu) = (begun.elapsed().as_secs_f64(), clock()? - before);
        if warm {
            self.wall.push(wall);
            self.cpu.push(cpu);
        }
        Ok(())
    }
}

pub fn measure(rounds: usize, results: &mut Results) -> Result<(), String> {
    let (large, small, sink) = (Source::of(SIZE)?, Source::of(SMALL)?, Sink::start()?);
    println!("Upload: {} MiB to a process that drops them.", SIZE / MIB);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    let client = Client::new(Connection {
        base_url: sink.base().parse().map_err(|_| "the address is no URL")?,
        key: Key::new("app-bench").map_err(|_| "the key is refused")?,
        user: "bench".into(),
    })
    .map_err(|error| error.to_string())?;
    let send = |path: &Path| {
        runtime.block_on(runtime.spawn(upload(client.clone(), path.to_owned()))).map_err(|error| error.to_string())?
    };
    // Before anything else has left its traces in this process, and after what every first request costs.
    send(&small.0)?;
    let few = growth(|| send(&small.0))?;
    let many = growth(|| send(&large.0))?;
    let all = growth(|| {
        let all: Vec<_> = (0..AT_ONCE).map(|_| runtime.spawn(upload(client.clone(), large.0.clone()))).collect();
        all.into_iter().try_for_each(|one| runtime.block_on(one).map_err(|error| error.to_string())?)
    })?;
    let (mut own, mut curl, mut least) = (Took::default(), Took::default(), Took::default());
    for round in 0..=rounds {
        // The first is for caches.
        let warm = round > 0;
        own.one(warm, cpu_seconds, || send(&large.0))?;
        curl.one(warm, children_cpu_seconds, || with_curl(&large.0, &sink))?;
        least.one(warm, cpu_seconds, || floor(&large.0, sink.port).map_err(|error| error.to_string()))?;
    }
    results.ratio("1gib.wall_s", median(&own.wall), "s", "curl -F", median(&curl.wall), Some(1.1));
    results.compared("1gib.cpu_s", median(&own.cpu), "curl -F", median(&curl.cpu), Some(1.0));
    results.ratio("1gib.floor.wall_s", median(&own.wall), "s", "read, write", median(&least.wall), None);
    results.compared("1gib.floor.cpu_s", median(&own.cpu), "read, write", median(&least.cpu), None);

    results.beside("1gib.extra_mib", many, "MiB", "8 MiB", few, Some(16.0));
    results.value("three_at_once.extra_mib", all, "MiB", Some(16.0));
    Ok(())
}

/// As the program does it: with how far it is told meanwhile.
async fn upload(client: Client, path: PathBuf) -> Result<(), String> {
    let sent = Arc::new(AtomicU64::new(0));
    let count = {
        let sent = Arc::clone(&sent);
        move |now: u64| sent.store(now, Ordering::Relaxed)
    };
    let size = fs::metadata(&path).map_err(|error| error.to_string())?.len();
    let source = Upload { path, name: "large.bin".into(), mime: "application/octet-stream".into() };
    let mut told = 0;
    let uploaded = watched(size, &sent, client.upload(source, count), |_| told += 1).await;
    uploaded.map_err(|error| error.to_string())?;
    match (sent.load(Ordering::Relaxed) == size, told > 0) {
        (true, true) => Ok(()),
        _ => Err(format!("{} of {size} bytes were sent, told {told} times", sent.load(Ordering::Relaxed))),
    }
}

fn with_curl(path: &Path, sink: &Sink) -> Result<(), String> {
    let status = Command::new("curl")
        .args([
            "--silent",
            "--fail",
            "--output",
            "/dev/null",
            "-H",
            "Authorization: Bearer app-bench",
            "-F",
            "user=bench",
            "-F",
        ])
        .arg(format!("file=@{};type=application/octet-stream", path.display()))
        .arg(format!("{}/files/upload", sink.base()))
        .env_remove("http_proxy")
        .status()
        .map_err(|error| format!("curl does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("curl: {status}")) }
}

/// The bytes alone, one megabyte after the other.
fn floor(path: &Path, port: u16) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "POST /v1/files/upload HTTP/1.1\r\nContent-Length: {}\r\n\r\n", file.metadata()?.len())?;
    let mut piece = vec![0; MIB as usize];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => stream.write_all(&piece[..read])?,
        }
    }
    let answered = stream.read(&mut piece)?;
    if piece[..answered].starts_with(b"HTTP/1.1 201") { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// By how many MiB this process grew at most while it worked.
fn growth(work: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
    let kib = |name: &str| -> Result<f64, String> {
        let text = fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or(format!("no {name}"))?;
        line.trim().trim_end_matches("kB").trim().parse::<f64>().map_err(|error| error.to_string())
    };
    // The most so far is forgotten.
    fs::write("/proc/self/clear_refs", "5").map_err(|error| format!("clear_refs: {error}"))?;
    let before = kib("VmRSS:")?;
    work()?;
    Ok((kib("VmHWM:")? - before).max(0.0) / 1024.0)
}
