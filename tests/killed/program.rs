//! The program in a process of its own: its rooms, without a window, and what it is told to do with them.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    time::Duration,
};

use crate::boundaries::tell;
use flowdeck::{
    apps::Apps,
    dify::Limits,
    files::Files,
    keys::Keys,
    model::{
        app::{App, AppId, KeepKey},
        event::{AppEvent, Emit, TextChange},
        form::Entries,
        run::RunStatus,
    },
    network::Network,
    runs::{Pace, Runs},
    store::Store,
};
use serde::{Deserialize, Serialize};

/// What a process does from its start on.
#[derive(Serialize, Deserialize)]
pub struct Orders {
    pub folder: PathBuf,
    pub servers: Vec<Account>,
    pub act: Act,
}

#[derive(Serialize, Deserialize, Clone)]
pub struct Account {
    pub address: String,
    pub key: String,
}

#[derive(Serialize, Deserialize)]
pub enum Act {
    /// Connects to the servers, asks for the runs, and stays until it is killed.
    Start(Vec<Asked>),
    /// Takes up what was left, and ends when nothing is left.
    TakeUp,
}

/// One run that is to be asked for.
#[derive(Serialize, Deserialize, Clone)]
pub struct Asked {
    /// Which of the servers.
    pub server: usize,
    pub entries: Entries,
    /// What it is going to hear, if that is known: so many UTF-16 units of text.
    pub text: u64,
    pub has_ids: bool,
}

/// A process under orders.
pub struct Program {
    child: Child,
    words: mpsc::Receiver<String>,
}

const MARK: &str = "@flowdeck ";
const CHILD: &str = "FLOWDECK_KILLED_CHILD";

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    pub fn start(orders: &Orders) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "program::the_program_that_is_killed", "--nocapture"])
            .env(CHILD, "1")
            // Each run's client reads the system's certificates: one of them is read faster than hundreds.
            .env("SSL_CERT_FILE", certificate())
            .env_remove("SSL_CERT_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut stdin = child.stdin.take().expect("a pipe");
        let orders = serde_json::to_string(orders).expect("JSON");
        // The other side reads it at once; a process that died is told by its silence.
        let _ = writeln!(stdin, "{orders}");
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, words) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(at) = line.find(MARK) {
                    let _ = sender.send(line[at + MARK.len()..].to_owned());
                }
            }
        });
        Self { child, words }
    }

    /// Waits for a word of the process; `false` if it does not come in time.
    pub async fn says(&mut self, wanted: &str, patience: Duration) -> bool {
        self.says_one_of(&[wanted], patience).await
    }

    pub async fn says_one_of(&mut self, wanted: &[&str], patience: Duration) -> bool {
        let until = std::time::Instant::now() + patience;
        loop {
            match self.words.try_recv() {
                Ok(word) if wanted.contains(&word.as_str()) => return true,
                Ok(word) if word.starts_with("refused") => tell(&word),
                Ok(_) => {}
                Err(mpsc::TryRecvError::Disconnected) => return false,
                Err(mpsc::TryRecvError::Empty) if std::time::Instant::now() > until => return false,
                Err(mpsc::TryRecvError::Empty) => tokio::time::sleep(Duration::from_millis(3)).await,
            }
        }
    }

    /// SIGKILL; the process has no say in it.
    pub fn kill(mut self) {
        assert!(self.child.try_wait().expect("a child").is_none(), "it was still there to be killed");
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    pub fn has_ended(mut self) {
        let status = self.child.wait().expect("gone");
        assert!(status.success(), "the process ended by itself: {status}");
    }
}

/// A certificate that nobody asks for.
fn certificate() -> &'static Path {
    static FILE: OnceLock<tempfile::NamedTempFile> = OnceLock::new();
    FILE.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(made.cert.pem().as_bytes()).expect("written");
        file
    })
    .path()
}

/// Takes up what was left in `folder`, to the end.
pub async fn take_up(folder: &Path, servers: &[Account], patience: Duration) {
    let orders = Orders { folder: folder.to_owned(), servers: servers.to_vec(), act: Act::TakeUp };
    let mut program = Program::start(&orders);
    assert!(program.says("ended", patience).await, "what was left comes to its end");
    program.has_ended();
}

/// Not a test of its own: what a [`Program`] runs.
#[test]
fn the_program_that_is_killed() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("orders");
    let orders: Orders = serde_json::from_str(&line).expect("orders");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(obey(orders));
}

#[allow(clippy::print_stdout, reason = "how the process speaks to the test")]
fn say(word: &str) {
    println!("\n{MARK}{word}");
}

/// What the page would have heard.
#[derive(Default)]
struct Heard {
    /// By our id: text so far, and whether the server's ids are known.
    runs: HashMap<String, (u64, bool)>,
    changes: usize,
}

struct Rooms {
    apps: Arc<Apps>,
    runs: Runs,
    store: Store,
    heard: Arc<Mutex<Heard>>,
}

impl Rooms {
    /// Joined as `setup` joins them.
    async fn open(folder: &Path) -> Self {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let ear = Arc::clone(&heard);
        let emit: Emit = Arc::new(move |event| hear(&mut ear.lock().unwrap_or_else(PoisonError::into_inner), &event));
        let store = Store::open(folder).await.expect("a store");
        store.keep_indexed();
        let keys = Arc::new(Keys::new("flowdeck-test"));
        let network = Arc::new(Network::new(store.clone(), Arc::clone(&keys)));
        let limits = Limits { connect: Duration::from_secs(30), idle: Duration::from_secs(300), ..Limits::default() };
        let apps = Arc::new(Apps::new(store.clone(), keys, network, Arc::clone(&emit)).with_limits(limits));
        let files = Arc::new(Files::new(store.clone(), Arc::clone(&emit)));
        let pace = Pace { refusal: Pace::default().refusal, ..Pace::faster(10) };
        let runs = Runs::with_pace(store.clone(), Arc::clone(&apps), files, emit, folder.join("runs"), pace);
        Self { apps, runs, store, heard }
    }
}

fn hear(heard: &mut Heard, event: &AppEvent) {
    let AppEvent::RunChanged { patch } = event else { return };
    heard.changes += 1;
    let run = heard.runs.entry(patch.id.0.clone()).or_default();
    for change in &patch.texts {
        if let TextChange::Append { text, .. } = change {
            run.0 += text.encode_utf16().count() as u64;
        }
    }
    if let Some(head) = &patch.head {
        run.1 |= head.server.run_id.is_some();
    }
}

async fn obey(orders: Orders) {
    let rooms = Rooms::open(&orders.folder).await;
    match orders.act {
        Act::Start(asked) => start(&rooms, &orders.servers, asked).await,
        Act::TakeUp => {
            let mut shut = Vec::new();
            for app in rooms.apps.list().await.expect("the apps") {
                let account = orders.servers.iter().find(|account| account.address == app.base_url);
                let account = account.expect("an app of these servers");
                // Keys that are kept for a session have to be given again; a server may refuse them by now.
                let given = rooms.apps.replace_key(&app.id, &account.key, KeepKey::Session, Some(&app.base_url)).await;
                if let Err(error) = given {
                    say(&format!("key: {error}"));
                    shut.push(app.id);
                }
            }
            rooms.runs.take_up().await.expect("taken up");
            say("taken up");
            at_rest(&rooms, &shut).await;
            rooms.store.close().await;
            say("ended");
        }
    }
}

async fn start(rooms: &Rooms, servers: &[Account], asked: Vec<Asked>) {
    let mut apps: Vec<App> = Vec::new();
    for Account { address, key } in servers {
        apps.push(rooms.apps.connect(address, key, KeepKey::Session, Some(address)).await.expect("connected"));
    }
    say("connected");
    let ids: Arc<Mutex<Vec<Option<String>>>> = Arc::new(Mutex::new(vec![None; asked.len()]));
    for (place, one) in asked.iter().cloned().enumerate() {
        let (runs, app, ids) = (rooms.runs.clone(), apps[one.server].id.clone(), Arc::clone(&ids));
        tokio::spawn(async move {
            // A refusal leaves nothing to wait for.
            let id = runs.start(&app, one.entries).await.map_or_else(
                |error| {
                    say(&format!("refused: {error}"));
                    String::new()
                },
                |id| id.0,
            );
            ids.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(id);
        });
    }
    let heard = Arc::clone(&rooms.heard);
    tokio::spawn(async move {
        for number in 1..=400 {
            while heard.lock().unwrap_or_else(PoisonError::into_inner).changes < number {
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            say(&format!("change {number}"));
        }
    });
    loop {
        {
            let heard = rooms.heard.lock().unwrap_or_else(PoisonError::into_inner);
            let ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
            let stands = |(asked, id): (&Asked, &Option<String>)| match id {
                None => false,
                Some(id) if id.is_empty() => true,
                Some(id) => {
                    let (text, has_ids) = heard.runs.get(id).copied().unwrap_or_default();
                    text >= asked.text && (has_ids || !asked.has_ids)
                }
            };
            if asked.iter().zip(ids.iter()).all(stands) {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    say("standing");
    at_rest(rooms, &[]).await;
    say("at rest");
    std::future::pending::<()>().await;
}

/// Waits until no run can change any more by itself: all are over or wait, or belong to an app that is shut for want
/// of a key.
async fn at_rest(rooms: &Rooms, shut: &[AppId]) {
    let mut changes = usize::MAX;
    loop {
        let unfinished = rooms.store.unfinished_runs().await.expect("listed");
        let waiting = unfinished
            .iter()
            .all(|head| matches!(head.status, RunStatus::Waiting | RunStatus::Paused) || shut.contains(&head.app_id));
        let now = rooms.heard.lock().unwrap_or_else(PoisonError::into_inner).changes;
        if waiting && now == changes {
            return;
        }
        changes = now;
        tokio::time::sleep(Duration::from_millis(if waiting { 150 } else { 20 })).await;
    }
}
