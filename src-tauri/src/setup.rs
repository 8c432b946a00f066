//! The only place where things are made and joined.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tauri::{
    App, AppHandle, DragDropEvent, Manager, RunEvent, WebviewUrl, WebviewWindowBuilder, Window, WindowEvent,
    webview::PageLoadEvent,
};

use crate::{
    apps::Apps,
    desktop::{
        self, Desktop,
        second_start::{self, Knock},
    },
    files::Files,
    ipc::hub::Hub,
    kept::Kept,
    keys::Keys,
    model::{
        app::HistorySetAside,
        event::AppEvent,
        failure::{Failure, FailureCode},
        file::StagedFile,
        run::{RunHead, RunStatus},
    },
    network::Network,
    runs::Runs,
    speech::Speech,
    store::{Claim, Store},
};

/// How long a start waits for another one on the same folder: to begin to answer, or to end.
const BEGINS: Duration = Duration::from_secs(2);
const ENDS: Duration = Duration::from_secs(10);
/// How long the window waits for the local store. It opens in milliseconds, unless it has to be mended, or another
/// program holds it: then the window says so meanwhile.
const AT_ONCE: Duration = Duration::from_millis(300);
/// How long another program may hold the store before the user is told to look for it: scanners and backups let go.
const HELD: Duration = Duration::from_secs(20);

/// What commands reach. The rooms are missing until the local store is open, and stay so when it cannot be opened: the
/// window then says so instead of staying away.
pub struct Backend {
    pub hub: Arc<Hub>,
    pub data_folder: PathBuf,
    rooms: OnceLock<Result<Rooms, Failure>>,
    /// Another program holds the store that is being opened.
    held: AtomicBool,
    /// Names of the files that hover over the window: the system tells them once, on the way in.
    over: Mutex<Vec<String>>,
}

#[derive(Clone)]
pub struct Rooms {
    pub apps: Arc<Apps>,
    pub files: Arc<Files>,
    pub kept: Arc<Kept>,
    pub network: Arc<Network>,
    pub runs: Runs,
    pub speech: Speech,
    pub history_set_aside: Option<HistorySetAside>,
    /// Runs that the program before this one ended too early to send.
    pub not_sent: Vec<RunHead>,
}

impl Backend {
    pub fn rooms(&self) -> Result<&Rooms, Failure> {
        match self.rooms.get() {
            Some(rooms) => rooms.as_ref().map_err(Clone::clone),
            None if self.held.load(Ordering::Acquire) => {
                Err(Failure::new(FailureCode::StoreHeld, "another program holds the database"))
            }
            None => Err(Failure::new(FailureCode::StoreOpening, "the database is being opened")),
        }
    }
}

impl Rooms {
    async fn open(backend: &Backend, claim: Claim, keychain_service: &str) -> Result<Self, Failure> {
        let (hub, folder) = (&backend.hub, &backend.data_folder);
        let held = |held| {
            if backend.held.swap(held, Ordering::AcqRel) != held {
                hub.emit(AppEvent::OpeningChanged);
            }
        };
        let store = Store::open_claimed(claim, HELD, held).await?;
        let history_set_aside = store.set_aside().cloned();
        // Before anything is taken up: none of them was begun by this program.
        let left = store.unfinished_runs().await.unwrap_or_default().into_iter();
        let not_sent = left.filter(|head| matches!(head.status, RunStatus::Preparing | RunStatus::Uploading)).collect();
        let emit = hub.emitter();
        let keys = Arc::new(Keys::new(keychain_service));
        let network = Arc::new(Network::new(store.clone(), Arc::clone(&keys)));
        let apps = Arc::new(Apps::new(store.clone(), keys, Arc::clone(&network), Arc::clone(&emit)));
        let files = Arc::new(Files::new(store.clone(), Arc::clone(&emit)));
        let kept = Arc::new(Kept::new(store.clone(), Arc::clone(&apps), Arc::clone(&files)));
        let speech = Speech::new(store.clone(), Arc::clone(&apps), Arc::clone(&emit), folder.join("runs"));
        let runs = Runs::new(store, Arc::clone(&apps), Arc::clone(&files), emit, folder.join("runs"));
        runs.speak_to(speech.hear());
        Ok(Self { apps, files, kept, network, runs, speech, history_set_aside, not_sent })
    }

    /// Looks at chosen or dropped files where waiting for a slow disk is allowed.
    pub async fn stage(&self, paths: Vec<PathBuf>) -> Vec<StagedFile> {
        let files = Arc::clone(&self.files);
        let staged = tokio::task::spawn_blocking(move || files.stage(paths)).await.unwrap_or_default();
        self.files.keep(&staged.iter().map(|file| file.id.clone()).collect::<Vec<_>>()).await;
        staged
    }
}

/// Claims the data folder, opens the store, and makes the window. A second start on the same folder hands over to the
/// first instead, before it opens anything.
pub fn setup(app: &mut App, token: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let data_folder = data_folder(app)?;
    crate::crash::install(&data_folder);
    let hub = Hub::start();
    let claim = tauri::async_runtime::block_on(first_or_over(&data_folder, token));
    app.manage(Desktop::new(app.handle(), hub.emitter()));
    app.manage(Backend {
        hub,
        data_folder: data_folder.clone(),
        rooms: OnceLock::new(),
        held: AtomicBool::new(false),
        over: Mutex::default(),
    });
    match claim {
        Ok(claim) => {
            hear_other_starts(app.handle(), &data_folder);
            let opening = tauri::async_runtime::spawn(open(app.handle().clone(), claim));
            // The window paints from it. Network and keychain wait.
            let _ = tauri::async_runtime::block_on(async { tokio::time::timeout(AT_ONCE, opening).await });
        }
        Err(failure) => drop(app.state::<Backend>().rooms.set(Err(failure))),
    }
    desktop::end_with_the_session(app.handle());
    WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Flowdeck")
        .inner_size(1280.0, 800.0)
        .min_inner_size(900.0, 600.0)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Backend>().hub.page_leaves();
            }
        })
        .build()?;
    Ok(())
}

/// Opens the store, tells the page, and takes up unfinished runs.
async fn open(app: AppHandle, claim: Claim) {
    let backend = app.state::<Backend>();
    let opening = tauri::async_runtime::spawn({
        let app = app.clone();
        async move { Rooms::open(&app.state::<Backend>(), claim, &app.config().identifier).await }
    });
    // Whatever becomes of it, the window does not wait for ever.
    let rooms = opening.await.unwrap_or_else(|error| {
        tracing::error!("opening the store broke off: {error}");
        Err(Failure::new(FailureCode::Store, "opening the store broke off"))
    });
    let opened = rooms.as_ref().ok().cloned();
    if let Some(rooms) = &opened {
        app.state::<Desktop>().has(rooms.runs.clone());
    }
    let _ = backend.rooms.set(rooms);
    backend.hub.emit(AppEvent::OpeningChanged);
    let Some(Rooms { runs, kept, apps, files, .. }) = opened else { return };
    tauri::async_runtime::spawn(async move {
        if let Err(error) = runs.take_up().await {
            tracing::error!("unfinished runs could not be taken up: {error}");
        }
        if let Err(error) = kept.clear().await {
            tracing::error!("files that nobody names could not be cleared: {error}");
        }
        if let Err(error) = files.take_up_copies().await {
            tracing::error!("copies of documents could not be finished: {error}");
        }
        if let Err(error) = apps.fill_gaps().await {
            tracing::error!("apps could not be looked through: {error}");
        }
    });
}

/// Only who has the folder answers those who want it.
fn hear_other_starts(app: &AppHandle, folder: &Path) {
    let app = app.clone();
    let listening = tauri::async_runtime::block_on(async {
        second_start::listen(folder, move |token| app.state::<Desktop>().knocked(token))
    });
    if let Err(error) = listening {
        tracing::warn!("a second start will not find this one: {error}");
    }
}

/// Claims the folder, or ends this process after the one that has it came to the front.
async fn first_or_over(folder: &Path, token: Option<&str>) -> Result<Claim, Failure> {
    let begun = Instant::now();
    loop {
        let knock = second_start::knock(folder, token).await;
        // It may have claimed the folder and not answer yet, or be about to let it go.
        let patience = match knock {
            Knock::Shown => std::process::exit(0),
            Knock::Leaving => ENDS,
            Knock::Nobody => BEGINS,
            Knock::Silent => Duration::ZERO,
        };
        match Claim::of(folder).map_err(Failure::from) {
            Err(failure) if failure.code == FailureCode::AlreadyOpen && begun.elapsed() < patience => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            outcome => return outcome,
        }
    }
}

/// `FLOWDECK_DATA_DIR` is for tests and for a portable installation; else the system's place.
fn data_folder(app: &App) -> Result<PathBuf, Box<dyn std::error::Error>> {
    match std::env::var_os("FLOWDECK_DATA_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Ok(app.path().app_data_dir()?),
    }
}

pub fn window_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::DragDrop(event) => drag_drop(window, event),
        WindowEvent::CloseRequested { api, .. } if window.state::<Desktop>().close_asked() => api.prevent_close(),
        _ => {}
    }
}

/// What is no window's own: the end of the program, and on macOS a click on its icon in the dock.
pub fn run_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::Exit => app.state::<Desktop>().settle(),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => app.state::<Desktop>().show(None),
        _ => {}
    }
}

/// Files over the window: names and places go to the page, paths stay here.
fn drag_drop(window: &Window, event: &DragDropEvent) {
    let backend = window.state::<Backend>();
    // GTK and macOS give CSS pixels though the type says physical ones; only WebView2 means it.
    let scale = if cfg!(windows) { window.scale_factor().unwrap_or(1.0) } else { 1.0 };
    match event {
        DragDropEvent::Enter { paths, position } => {
            let names: Vec<String> = paths
                .iter()
                .filter_map(|path| path.file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect();
            backend.over.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&names);
            backend.hub.emit(AppEvent::FilesOver { x: position.x / scale, y: position.y / scale, names });
        }
        DragDropEvent::Over { position } => {
            backend.hub.emit(AppEvent::FilesOver {
                x: position.x / scale,
                y: position.y / scale,
                names: backend.over.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            });
        }
        DragDropEvent::Drop { paths, position } => {
            let (x, y) = (position.x / scale, position.y / scale);
            let (hub, paths) = (Arc::clone(&backend.hub), paths.clone());
            if let Ok(rooms) = backend.rooms().cloned() {
                tauri::async_runtime::spawn(async move {
                    let files = rooms.stage(paths).await;
                    hub.emit(AppEvent::FilesDropped { x, y, files });
                });
            }
        }
        _ => backend.hub.emit(AppEvent::FilesLeft),
    }
}
