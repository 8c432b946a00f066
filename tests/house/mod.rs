//! The rooms behind the window, joined as `setup` joins them, without a window.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{path::Path, sync::Arc, time::Duration};

use flowdeck::{
    apps::Apps,
    demo::{DemoServer, sample_documents},
    dify::Limits,
    files::Files,
    kept::Kept,
    keys::Keys,
    model::{
        app::{App, KeepKey},
        event::{AppEvent, Emit},
        file::{LocalCopy, StagedId},
        form::{Entries, Form},
        run::{Run, RunHead, RunId, RunStatus},
    },
    network::Network,
    past::Past,
    ready::Ready,
    runs::{self, Pace, Runs},
    store::{self, Store},
};
use tokio::sync::mpsc;

/// The rooms behind the window, without a window.
pub struct House {
    pub apps: Arc<Apps>,
    pub files: Arc<Files>,
    pub kept: Arc<Kept>,
    pub network: Arc<Network>,
    pub past: Arc<Past>,
    pub ready: Arc<Ready>,
    pub runs: Runs,
    pub store: Store,
    pub emit: Emit,
    pub events: mpsc::UnboundedReceiver<AppEvent>,
    /// What was told while waiting.
    pub seen: Vec<AppEvent>,
    pub folder: tempfile::TempDir,
}

/// The house before may take a moment to leave.
async fn opened(folder: &tempfile::TempDir) -> Store {
    for _ in 0..500 {
        match Store::open(folder.path()).await {
            Err(store::Error::Busy) => tokio::time::sleep(Duration::from_millis(10)).await,
            result => return result.expect("a store"),
        }
    }
    panic!("the store is still in use");
}

/// Recovery in parts of its time; only a refusal has to be waited for as long as on a busy machine.
fn runs_of(store: &Store, apps: &Arc<Apps>, files: &Arc<Files>, emit: Emit, folder: &Path, factor: u32) -> Runs {
    let pace = Pace { refusal: Pace::default().refusal, ..Pace::faster(factor) };
    Runs::with_pace(store.clone(), Arc::clone(apps), Arc::clone(files), emit, folder.join("runs"), pace)
}

fn keepers_of(
    store: &Store,
    apps: &Arc<Apps>,
    files: &Arc<Files>,
    kept: &Arc<Kept>,
    runs: &Runs,
    emit: &Emit,
) -> (Arc<Past>, Arc<Ready>) {
    let past = Past::new(store.clone(), Arc::clone(apps), Arc::clone(files), runs.clone(), Arc::clone(emit));
    let ready = Ready::new(store.clone(), Arc::clone(apps), Arc::clone(kept), runs.clone(), Arc::clone(emit));
    (Arc::new(past), Arc::new(ready))
}

impl House {
    /// With deleted runs gone for good after that time.
    pub fn forgetful(mut self, undo: Duration) -> Self {
        let past = Past::new(
            self.store.clone(),
            Arc::clone(&self.apps),
            Arc::clone(&self.files),
            self.runs.clone(),
            Arc::clone(&self.emit),
        );
        self.past = Arc::new(past.with_undo(undo));
        self
    }

    /// Leaves everything but the folder, as a program that ends.
    pub async fn leave(self) -> tempfile::TempDir {
        self.store.close().await;
        self.folder
    }

    pub async fn new() -> Self {
        Self::on(tempfile::tempdir().expect("a folder")).await
    }

    pub async fn on(folder: tempfile::TempDir) -> Self {
        Self::with_limits(folder, Limits::default()).await
    }

    /// The same house with recovery `factor` times as fast.
    pub fn paced(mut self, factor: u32) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let emit: Emit = Arc::new(move |event| {
            let _ = sender.send(event);
        });
        self.events = events;
        self.emit = Arc::clone(&emit);
        self.runs = runs_of(&self.store, &self.apps, &self.files, Arc::clone(&emit), self.folder.path(), factor);
        (self.past, self.ready) = keepers_of(&self.store, &self.apps, &self.files, &self.kept, &self.runs, &emit);
        self
    }

    /// Stores a run as a program that ended in this state would have left it.
    pub async fn leave_behind(&self, app: &App, status: RunStatus) -> RunId {
        let head = RunHead::new(RunId(uuid::Uuid::now_v7().to_string()), app.id.clone(), status, flowdeck::apps::now());
        let run = runs::fold::new_run(head, Vec::new());
        self.store.add_run(&run, &Entries::new(), &Form::default()).await.expect("stored");
        run.head.id
    }

    /// Waits until nobody follows the run any more.
    pub async fn left(&self, id: &RunId) {
        while self.runs.is_followed(id) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn with_limits(folder: tempfile::TempDir, limits: Limits) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let emit: Emit = Arc::new(move |event| {
            let _ = sender.send(event);
        });
        let store = opened(&folder).await;
        let keys = Arc::new(Keys::new("flowdeck-test"));
        let network = Arc::new(Network::new(store.clone(), Arc::clone(&keys)));
        let apps =
            Arc::new(Apps::new(store.clone(), keys, Arc::clone(&network), Arc::clone(&emit)).with_limits(limits));
        let files = Arc::new(Files::new(store.clone(), Arc::clone(&emit)).hurried(50));
        let kept = Arc::new(Kept::new(store.clone(), Arc::clone(&apps), Arc::clone(&files)));
        let runs = runs_of(&store, &apps, &files, Arc::clone(&emit), folder.path(), 10);
        let (past, ready) = keepers_of(&store, &apps, &files, &kept, &runs, &emit);
        Self { apps, files, kept, network, past, ready, emit, runs, store, events, seen: Vec::new(), folder }
    }

    pub async fn connect(&self, server: &DemoServer, slug: &str) -> App {
        let key = &server.apps().iter().find(|app| app.slug == slug).expect("a built-in app").key;
        self.apps.connect(&server.base_url(), key, KeepKey::Session, None).await.expect("connected")
    }

    pub async fn start(&self, app: &App, entries: Entries) -> Result<RunId, runs::Error> {
        self.runs.start(&app.id, entries).await
    }

    /// Waits until the run is over and its files are fetched; gives what the store then holds.
    pub async fn ended(&mut self, id: &RunId) -> Run {
        let ending = async {
            loop {
                let run = self.store.run(id).await.expect("the run is stored");
                let fetched = run.files.iter().all(|file| file.local != LocalCopy::Fetching);
                if run.head.status.is_over() && fetched && !self.expects_files(&run) {
                    while let Ok(event) = self.events.try_recv() {
                        self.seen.push(event);
                    }
                    return run;
                }
                let event = self.events.recv().await.expect("the house stands");
                self.seen.push(event);
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), ending).await {
            Ok(run) => run,
            Err(_) => panic!("the run does not end: {:#?}", self.store.run(id).await),
        }
    }

    /// The live run, as soon as it is as wanted.
    pub async fn until(&mut self, id: &RunId, is_so: impl Fn(&Run) -> bool) -> Run {
        tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                let run = self.runs.open(id).await.expect("the run is known");
                if is_so(&run) {
                    return run;
                }
                let event = self.events.recv().await.expect("the house stands");
                self.seen.push(event);
            }
        })
        .await
        .expect("the run gets there")
    }

    fn expects_files(&self, run: &Run) -> bool {
        run.files.is_empty() && serde_json::to_string(&run.outputs).is_ok_and(|text| text.contains("__dify__file__"))
    }

    pub async fn upload(&self, app: &App, name: &str) -> StagedId {
        let (_, bytes) = sample_documents().iter().find(|(sample, _)| *sample == name).expect("a sample");
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let staged = self.files.stage(vec![path]).remove(0);
        let client = self.apps.client(&app.id).await.expect("a client");
        self.files.upload(&client, &staged.id).await.expect("uploaded").id
    }
}
