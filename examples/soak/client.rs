//! The client process: the rooms behind the window, joined as the window joins them, and somebody who starts runs,
//! stops some, answers questions, and is never there when the program is killed.

use std::{
    io::BufRead,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use flowdeck::{
    apps::{self, Apps, now},
    demo::Chance,
    dify::Limits,
    files::Files,
    keys::{Keys, Secret},
    model::{
        app::{App, AppId, KeepKey},
        event::{AppEvent, Emit},
        file::LocalCopy,
        form::{Entries, Entry},
        human_input::QuestionState,
        run::{RunHead, RunId, RunStatus},
    },
    network::Network,
    runs::{self, Pace, Runs},
    store::{self, Store},
};

use crate::{
    server::PING,
    words::{FINISH, News, Orders, Place, say},
};

/// How often it is looked whether there is room for another run.
const LOOK: Duration = Duration::from_millis(200);
/// A run that takes longer than this is in trouble: it is followed on, and another may begin in its place.
const YOUNG: Duration = Duration::from_secs(90);

/// As patient as the program, at the demo server's pace: a ping each second instead of ten.
fn limits() -> Limits {
    let idle = PING * 4;
    Limits { connect: PING * 2, answer: PING * 5, idle, ping: PING, ..Limits::default() }
}

/// The program's own, but for pauses that a soak would only wait out: between questions, and while a person is asked.
/// What only a run's end brings to light (its row in the log of an old server, the truth behind an error event) is
/// asked for as long as a run here can take, and a while longer.
fn pace(longest_run: f64) -> Pace {
    let seconds = Duration::from_secs;
    let (longest, waiting, waiting_longest) = (seconds(4), seconds(3), seconds(10));
    let end = Duration::from_secs_f64(longest_run * 1.5 + 20.0);
    Pace { longest, waiting, waiting_longest, find: end, after_error: end, ..Pace::default() }
}

pub fn run() -> ExitCode {
    let mut first = String::new();
    let orders = std::io::stdin().read_line(&mut first).ok().and_then(|_| serde_json::from_str::<Orders>(&first).ok());
    let (Some(orders), Ok(runtime)) = (orders, tokio::runtime::Runtime::new()) else { return ExitCode::FAILURE };
    let finishing = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&finishing);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if line == FINISH {
                told.store(true, Ordering::Relaxed);
            }
        }
        // Whoever started it is gone.
        std::process::exit(1);
    });
    match runtime.block_on(live(orders, finishing)) {
        Ok(()) => {
            say(&News::Done);
            ExitCode::SUCCESS
        }
        Err(why) => {
            say(&News::Broken { why });
            ExitCode::FAILURE
        }
    }
}

/// Somebody at the window.
#[derive(Clone)]
struct Person {
    runs: Runs,
    apps: Arc<Vec<(App, Place)>>,
    orders: Arc<Orders>,
    number: Arc<AtomicU64>,
    /// Starts that have not been answered yet.
    starting: Arc<AtomicUsize>,
}

async fn live(orders: Orders, finishing: Arc<AtomicBool>) -> Result<(), String> {
    let emit: Emit = Arc::new(|event| {
        if let AppEvent::RunChanged { patch } = event
            && let Some(head) = patch.head.filter(|head| head.status.is_over())
        {
            say(&News::Over { id: head.id.0, status: head.status.as_str().to_owned() });
        }
    });
    let store = opened(&orders).await?;
    store.keep_indexed();
    let keys = Arc::new(Keys::new("flowdeck-soak"));
    let network = Arc::new(Network::new(store.clone(), Arc::clone(&keys)));
    let apps = Apps::new(store.clone(), Arc::clone(&keys), network, Arc::clone(&emit)).with_limits(limits());
    let apps = Arc::new(apps);
    let connected = connected(&apps, &keys, &orders).await?;
    let files = Arc::new(Files::new(store.clone(), Arc::clone(&emit)));
    let folder = orders.folder.join("runs");
    let runs = Runs::with_pace(store.clone(), Arc::clone(&apps), files, emit, folder, pace(orders.longest_run));
    let left: Vec<RunHead> = runs.unfinished().await.map_err(|error| error.to_string())?;
    runs.take_up().await.map_err(|error| error.to_string())?;
    let person = Person {
        runs,
        apps: Arc::new(connected),
        number: Arc::default(),
        starting: Arc::default(),
        orders: Arc::new(orders),
    };
    for (place, head) in left.into_iter().enumerate() {
        let mut chance = Chance::of(person.orders.seed, 7 + person.orders.life, place as u64);
        if chance.happens(0.1) {
            person.stop_after(head.id, Duration::from_secs_f64(chance.between(0.0, 5.0)));
        }
    }
    let mut looks = 0_u64;
    loop {
        let unfinished = person.runs.unfinished().await.map_err(|error| error.to_string())?;
        let starting = person.starting.load(Ordering::Relaxed);
        if looks.is_multiple_of(10) {
            let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
            say(&News::State { followed: unfinished.len(), tasks });
        }
        looks += 1;
        for head in unfinished.iter().filter(|head| head.status == RunStatus::Waiting) {
            person.answer(head);
        }
        if finishing.load(Ordering::Relaxed) {
            if unfinished.is_empty() && starting == 0 && !is_fetching(&store).await? {
                break;
            }
        } else {
            let since = now() - i64::try_from(YOUNG.as_millis()).unwrap_or(i64::MAX);
            let young = unfinished.iter().filter(|head| head.started_at > since).count();
            // A start may be in both numbers for a moment; the next look makes up for it.
            let room = person.orders.at_a_time.saturating_sub(young.max(starting));
            (0..room.min(4)).for_each(|_| person.start());
        }
        tokio::time::sleep(LOOK).await;
    }
    store.close().await;
    Ok(())
}

/// The client that was killed may take a moment to be gone.
async fn opened(orders: &Orders) -> Result<Store, String> {
    for _ in 0..500 {
        match Store::open(&orders.folder).await {
            Err(store::Error::Busy) => tokio::time::sleep(Duration::from_millis(10)).await,
            result => return result.map_err(|error| error.to_string()),
        }
    }
    Err("the store is still in use".into())
}

/// The apps with their keys. Those of the client before are known; their keys are entered again.
async fn connected(apps: &Apps, keys: &Keys, orders: &Orders) -> Result<Vec<(App, Place)>, String> {
    let known = apps.list().await.map_err(|error| error.to_string())?;
    let mut connected = Vec::new();
    for place in &orders.places {
        let app = match known.iter().find(|app| app.base_url.trim_end_matches('/') == place.base_url) {
            Some(app) => {
                let key = Secret::new(place.key.clone());
                keys.keep(&app.id.0, key, KeepKey::Session).await.map_err(|error| error.to_string())?;
                app.clone()
            }
            None => connect(apps, place).await?,
        };
        connected.push((app, place.clone()));
    }
    Ok(connected)
}

async fn connect(apps: &Apps, place: &Place) -> Result<App, String> {
    let mut last = String::new();
    for _ in 0..50 {
        match apps.connect(&place.base_url, &place.key, KeepKey::Session, None).await {
            Ok(app) => return Ok(app),
            Err(apps::Error::AlreadyConnected(id)) => return apps.get(&id).await.map_err(|error| error.to_string()),
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(format!("{} cannot be connected: {last}", place.generation))
}

/// Whether a result file is still on its way.
async fn is_fetching(store: &Store) -> Result<bool, String> {
    let page = store.run_page(None, None, 100).await.map_err(|error| error.to_string())?;
    for head in page.runs {
        let files = store.run_files(&head.id).await.map_err(|error| error.to_string())?;
        if files.iter().any(|stored| stored.file.local == LocalCopy::Fetching) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Person {
    fn start(&self) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let mut chance = Chance::of(self.orders.seed, 1000 + self.orders.life, number);
        let (app, place) = &self.apps[chance.below(self.apps.len())];
        let title = format!("Soak {}-{number}", self.orders.life);
        let (seconds, way) = wanted(&mut chance, self.orders.longest_run, &place.generation);
        let stop = chance.happens(0.15).then(|| {
            if chance.happens(0.4) {
                Duration::ZERO
            } else {
                Duration::from_secs_f64(chance.between(0.0, seconds + 1.0))
            }
        });
        let entries = [("title", title), ("seconds", format!("{seconds:.2}")), ("way", way.to_owned())];
        let entries = entries.map(|(variable, text)| (variable.to_owned(), Entry::Text(text)));
        self.starting.fetch_add(1, Ordering::Relaxed);
        let (person, app) = (self.clone(), app.id.clone());
        tokio::spawn(async move {
            person.begin(&app, Entries::from(entries), stop).await;
            person.starting.fetch_sub(1, Ordering::Relaxed);
        });
    }

    async fn begin(&self, app: &AppId, entries: Entries, stop: Option<Duration>) {
        match self.runs.start(app, entries).await {
            Ok(id) => {
                say(&News::Started { id: id.0.clone() });
                if let Some(after) = stop {
                    self.stop_after(id, after);
                }
            }
            Err(error) => {
                let why = match &error {
                    runs::Error::NotStarted(error) => match error.status() {
                        Some(status) => format!("status {status}"),
                        None => error.trouble().map_or("not started".into(), |trouble| format!("{trouble:?}")),
                    },
                    runs::Error::Form(_) => "form".into(),
                    other => format!("unexpected: {other}"),
                };
                say(&News::Refused { why });
                // Nobody presses the button again at once.
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }

    fn stop_after(&self, id: RunId, after: Duration) {
        let runs = self.runs.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // What becomes of it, the run says.
            let _ = runs.stop(&id).await;
            say(&News::Stopped);
        });
    }

    /// Answers what a run asks, unless nobody does and the question's time passes.
    fn answer(&self, head: &RunHead) {
        let mut chance = Chance::of(self.orders.seed, 11, u64::from_str_radix(&head.id.0[24..], 16).unwrap_or(0));
        if chance.happens(0.3) {
            return;
        }
        let (action, after) = (if chance.happens(0.5) { "yes" } else { "no" }, chance.between(0.0, 4.0));
        let (runs, id) = (self.runs.clone(), head.id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs_f64(after)).await;
            let Ok(run) = runs.open(&id).await else { return };
            let open = run.questions.iter().position(|question| question.state == QuestionState::Open);
            let Some(place) = open.and_then(|place| u32::try_from(place).ok()) else { return };
            // A refusal leaves the question open: its time passes.
            if runs.answer(&id, place, &Entries::new(), action).await.is_ok() {
                say(&News::Answered);
            }
        });
    }
}

/// How long, and in which way: short runs as often as long ones.
fn wanted(chance: &mut Chance, longest: f64, generation: &str) -> (f64, &'static str) {
    let seconds = chance.between(0.0, longest.max(1.0).log2()).exp2();
    let way = match chance.below(100) {
        0..30 => "text",
        30..50 => "rounds",
        50..62 => "partial",
        62..72 => "failure",
        72..76 => "error",
        76..90 => "file",
        // Only the newest asks people.
        _ if generation == "today" => "person",
        _ => "text",
    };
    (seconds, way)
}
