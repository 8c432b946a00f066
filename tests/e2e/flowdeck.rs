//! The program under test: its scratch home, its window, its end.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{Capabilities, WebDriver};

use crate::hands::{photograph, place_of, windows_of};
use crate::page::{Page, wait_for};
use crate::processes::{Helper, kill, marked, program_of};

const BINARY: &str = env!("CARGO_BIN_EXE_flowdeck");
/// Set by `cargo xtask desk`.
const DESK: &str = "FLOWDECK_DESK";
/// Which test a process belongs to.
const MARK: &str = "FLOWDECK_E2E";
pub const TITLE: &str = "Flowdeck";

/// One display, one mouse, one keyboard: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A person's computer with Flowdeck on it. The program may be started several times; the home folder stays.
pub struct Flowdeck {
    mark: String,
    home: TempDir,
    pictures: PathBuf,
    taken: u32,
    running: Option<Running>,
    _turn: MutexGuard<'static, ()>,
}

struct Running {
    page: Page,
    pid: u32,
    /// Ended after the program.
    _driver: Helper,
}

impl Flowdeck {
    /// Starts the program for the first time in an empty home folder.
    pub async fn start(test: &str) -> Self {
        let mut flowdeck = Self::prepare(test, &root().join("target/e2e").join(test));
        flowdeck.open().await;
        flowdeck
    }

    /// The same, with another folder for the pictures.
    pub async fn start_with_pictures_in(test: &str, pictures: &Path) -> Self {
        let mut flowdeck = Self::prepare(test, pictures);
        flowdeck.open().await;
        flowdeck
    }

    fn prepare(test: &str, pictures: &Path) -> Self {
        assert!(
            std::env::var_os(DESK).is_some(),
            "these tests move the mouse and store keys: run them with `cargo xtask test --only e2e`"
        );
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = std::fs::remove_dir_all(pictures);
        std::fs::create_dir_all(pictures).expect("a folder for the pictures");
        let home = tempfile::tempdir().expect("a scratch home");
        let mark = format!("{test}-{}", home.path().file_name().unwrap_or_default().to_string_lossy());
        Self { mark, home, pictures: pictures.to_owned(), taken: 0, running: None, _turn: turn }
    }

    pub fn page(&self) -> Page {
        self.running.as_ref().expect("the program runs").page.clone()
    }

    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("the program runs").pid
    }

    /// The database of the program's history.
    pub fn database(&self) -> PathBuf {
        self.home.path().join("data/io.github.flowdeck.desktop/flowdeck.db")
    }

    /// The id of the main window.
    pub async fn window(&self) -> String {
        let pid = self.pid();
        let main = async || windows_of(pid).into_iter().find(|(_, title)| title == TITLE).map(|(id, _)| id);
        wait_for("the main window", main).await
    }

    /// Takes a picture of the screen once the page has painted what it holds now.
    pub async fn picture(&mut self, name: &str) {
        self.page().painted().await;
        self.taken += 1;
        photograph(&self.pictures.join(format!("{:02}-{name}.png", self.taken)));
    }

    /// Ends the program the hard way, as a power cut would.
    pub fn kill(&mut self) {
        let Some(running) = self.running.take() else { return };
        kill(running.pid);
        // The session is gone with its window. Without this, thirtyfour would try to end it again.
        let _ = running.page.0.leak();
    }

    /// Starts the program on what it left behind.
    pub async fn open(&mut self) {
        self.open_with(&[]).await;
    }

    /// The same, with arguments.
    pub async fn open_with(&mut self, arguments: &[&str]) {
        let port = free_port();
        let driver = self.start_driver(port);
        let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok();
        wait_for("WebKitWebDriver to listen", listens).await;

        let mut wanted = Capabilities::new();
        wanted.set("webkitgtk:browserOptions", json!({"binary": BINARY, "args": arguments})).expect("plain JSON");
        let session = WebDriver::builder(format!("http://127.0.0.1:{port}"), wanted)
            .request_timeout(Duration::from_secs(150))
            .await
            .unwrap_or_else(|error| panic!("no session with the window: {error}"));
        // A busy machine may look at a large page for long.
        session.set_script_timeout(Duration::from_secs(120)).await.expect("time for scripts");

        let entry = format!("{MARK}={}", self.mark);
        let own = async || {
            marked(&entry).into_iter().find(|pid| program_of(*pid).is_some_and(|file| file == Path::new(BINARY)))
        };
        let pid = wait_for("the program's process", own).await;
        self.running = Some(Running { page: Page(session), pid, _driver: driver });
        self.put_in_the_corner().await;
        self.page().listen().await;
    }

    fn start_driver(&self, port: u16) -> Helper {
        Helper::start("WebKitWebDriver", |command| {
            command.arg(format!("--port={port}"));
            command.envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")]);
            self.at_home(command);
        })
    }

    /// Starts the program once more beside the one that runs, as a second click on its icon does.
    pub fn start_beside(&self, prepare: impl FnOnce(&mut Command)) -> Child {
        let mut command = Command::new(BINARY);
        self.at_home(command.stdin(Stdio::null()));
        prepare(&mut command);
        command.spawn().expect("the program starts")
    }

    /// Puts a command into the scratch home; what it says is worth reading when a test fails.
    fn at_home(&self, command: &mut Command) {
        let folder = |name: &str| {
            let path = self.home.path().join(name);
            std::fs::create_dir_all(&path).expect("a folder in the scratch home");
            path
        };
        let log = || {
            let log = std::fs::File::options().create(true).append(true).open(self.pictures.join("program.log"));
            log.expect("a log beside the pictures")
        };
        command
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", folder("data"))
            .env("XDG_CONFIG_HOME", folder("config"))
            .env("XDG_CACHE_HOME", folder("cache"))
            .env_remove("FLOWDECK_DATA_DIR")
            .env("RUST_BACKTRACE", "1")
            .env(MARK, &self.mark)
            .stdout(log())
            .stderr(log());
    }

    /// Without a window manager the window lies wherever it likes; drops need all of it on the screen.
    async fn put_in_the_corner(&self) {
        let window = self.window().await;
        let there = async || {
            crate::hands::xdotool(&["windowmove", &window, "0", "0"])?;
            place_of(&window).filter(|place| (place.x, place.y) == (0, 0))
        };
        wait_for("the window to lie in the corner", there).await;
    }
}

impl Drop for Flowdeck {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let file = self.pictures.join("failed.png");
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| photograph(&file)));
        }
        self.kill();
        // Helpers of the web view end by themselves when the program does; a start that failed may leave the program.
        for pid in marked(&format!("{MARK}={}", self.mark)) {
            if program_of(pid).is_some_and(|file| file == Path::new(BINARY)) {
                kill(pid);
            }
        }
    }
}

/// The repository's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A document that was put into the repository for these tests.
pub fn document(name: &str) -> PathBuf {
    root().join("tests/documents").join(name)
}

/// A port nobody listens on. Somebody could take it before we do; then the test fails, it does not lie.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its number").port()
}
