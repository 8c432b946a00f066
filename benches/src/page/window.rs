//! The program in its real window, driven through WebKitWebDriver as the end-to-end tests do.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Set by `cargo xtask desk`: the window pops up on no screen that somebody looks at.
const DESK: &str = "FLOWDECK_DESK";
/// Which processes belong to this window.
const MARK: &str = "FLOWDECK_BENCH";
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Window {
    driver: Child,
    port: u16,
    session: String,
    mark: String,
    program: PathBuf,
}

type Answer<T> = Result<T, String>;

impl Window {
    /// Opens the program on a data folder.
    pub fn open(program: &Path, folder: &Path) -> Answer<Self> {
        if std::env::var_os(DESK).is_none() {
            return Err("this opens windows: run it with `cargo xtask bench page`".into());
        }
        let program = program.canonicalize().map_err(|error| format!("{}: {error}", program.display()))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let mark = format!("{}-{port}", std::process::id());
        let log = || {
            File::options().create(true).append(true).open(folder.join("window.log")).map_err(|error| error.to_string())
        };
        // Ends with us, also when we are killed.
        let driver = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "WebKitWebDriver", &format!("--port={port}")])
            .envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")])
            .env("FLOWDECK_DATA_DIR", folder.join("data"))
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(log()?)
            .stderr(log()?)
            .spawn()
            .map_err(|error| format!("WebKitWebDriver does not start: {error}"))?;
        let mut window = Self { driver, port, session: String::new(), mark, program };
        wait_for("WebKitWebDriver", || TcpStream::connect(("127.0.0.1", port)).ok())?;
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "webkitgtk:browserOptions": {"binary": window.program, "args": []}}}});
        let answer = window.send("POST", "/session", &wanted)?;
        window.session = answer["sessionId"].as_str().ok_or("no session with the window")?.to_owned();
        window.send("POST", &window.at("timeouts"), &json!({"script": 600_000}))?;
        window.ready()?;
        Ok(window)
    }

    fn at(&self, path: &str) -> String {
        format!("/session/{}/{path}", self.session)
    }

    /// The page has drawn itself, and the probe is in it.
    fn ready(&self) -> Answer<()> {
        wait_for("the page", || {
            self.run::<bool>("return document.querySelector('nav, aside, main') !== null").ok()?.then_some(())
        })?;
        self.run(&format!("{} return null;", include_str!("probe.js")))
    }

    pub fn reload(&self) -> Answer<()> {
        self.send("POST", &self.at("refresh"), &json!({}))?;
        self.ready()
    }

    /// Runs a script in the page and gives what it returns.
    pub fn run<T: DeserializeOwned>(&self, script: &str) -> Answer<T> {
        let answer = self.send("POST", &self.at("execute/sync"), &json!({"script": script, "args": []}));
        let told = |error: &dyn std::fmt::Display| format!("{script:.80}: {error}");
        serde_json::from_value(answer.map_err(|error| told(&error))?).map_err(|error| told(&error))
    }

    /// Waits for a promise.
    pub fn wait<T: DeserializeOwned>(&self, promise: &str) -> Answer<T> {
        let script = format!(
            "const done = arguments[arguments.length - 1]; Promise.resolve({promise}).then((value) => done({{ value: value ?? null }}), (error) => done({{ error: error.message ?? JSON.stringify(error) }}))"
        );
        let mut answer = self.send("POST", &self.at("execute/async"), &json!({"script": script, "args": []}))?;
        match answer["error"].as_str() {
            Some(error) => Err(format!("{promise:.80}: {error}")),
            None => serde_json::from_value(answer["value"].take()).map_err(|error| format!("{promise:.80}: {error}")),
        }
    }

    /// Waits until a condition of the page holds.
    pub fn until(&self, condition: &str) -> Answer<()> {
        wait_for(condition, || self.run::<bool>(&format!("return !!({condition})")).ok()?.then_some(()))
    }

    /// The middle of the window on the screen.
    pub fn middle(&self) -> Answer<(i64, i64)> {
        let ask = |arguments: &[&str]| {
            let output =
                Command::new("xdotool").args(arguments).output().map_err(|error| format!("xdotool: {error}"))?;
            Ok::<_, String>(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        for pid in self.processes() {
            for id in ask(&["search", "--onlyvisible", "--pid", &pid.to_string()])?.lines() {
                let place = ask(&["getwindowgeometry", "--shell", id])?;
                let value = |name: &str| {
                    place.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse::<i64>().ok())
                };
                if let (Some(x), Some(y), Some(width), Some(height)) =
                    (value("X"), value("Y"), value("WIDTH"), value("HEIGHT"))
                    && width > 400
                {
                    return Ok((x + width / 2, y + height / 2));
                }
            }
        }
        Err("the window has no place on the screen".into())
    }

    /// Types into what has the keyboard, one key after the other.
    pub fn key(&self, key: char) -> Answer<()> {
        let actions = json!({"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]});
        self.send("POST", &self.at("actions"), &actions).map(|_| ())
    }

    /// MiB that the program's processes have to themselves, each shared page by its part (PSS).
    pub fn memory(&self) -> f64 {
        let kib = |pid: u32| {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            text.lines()
                .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok())
        };
        self.processes().into_iter().filter_map(kib).sum::<f64>() / 1024.0
    }

    /// What the processor spent on the program so far.
    pub fn processor_seconds(&self) -> f64 {
        let ticks = |pid: u32| {
            let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let fields: Vec<f64> = text
                .rsplit_once(')')?
                .1
                .split_whitespace()
                .skip(11)
                .take(2)
                .filter_map(|field| field.parse().ok())
                .collect();
            Some(fields.iter().sum::<f64>())
        };
        // Linux counts in hundredths for every program.
        self.processes().into_iter().filter_map(ticks).sum::<f64>() / 100.0
    }

    /// All of the program's, without the driver.
    fn processes(&self) -> Vec<u32> {
        let entry = format!("{MARK}={}", self.mark);
        let driver = self.driver.id();
        let own = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            *pid != driver && environment.split(|byte| *byte == 0).any(|field| field == entry.as_bytes())
        };
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(own).collect()
    }

    /// One request of WebDriver's protocol.
    fn send(&self, method: &str, path: &str, body: &Value) -> Answer<Value> {
        let failed = |error: std::io::Error| format!("WebKitWebDriver: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(failed)?;
        let body = body.to_string();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .map_err(failed)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(failed)?;
        let start =
            answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("WebKitWebDriver said nothing")? + 4;
        let mut answer: Value = serde_json::from_slice(&answer[start..]).map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None => Ok(value),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.send("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        // Helpers of the web view end by themselves when the program does.
        for pid in self.processes() {
            if fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|file| file == self.program) {
                let _ = Command::new("sh").args(["-c", &format!("kill -KILL {pid}")]).stderr(Stdio::null()).status();
            }
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn wait_for<T>(wish: &str, mut ask: impl FnMut() -> Option<T>) -> Answer<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            return Err(format!("waited in vain for {wish}"));
        }
        sleep(Duration::from_millis(100));
    }
}
