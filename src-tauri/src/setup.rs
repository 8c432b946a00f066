//! The only place where things are made and joined.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
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
        self, Besides, Desktop,
        second_start::{self, Knock, Wish},
    },
    files::{Files, Handed},
    find::Find,
    ipc::hub::Hub,
    keeping::Keeping,
    kept::Kept,
    keys::Keys,
    logs::Logs,
    model::{
        app::HistorySetAside,
        desktop::Work,
        event::AppEvent,
        failure::{Failure, FailureCode},
        run::{RunHead, RunStatus},
    },
    network::Network,
    out::{self, Out},
    past::Past,
    ready::Ready,
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
/// How long the end of the program waits for deleted runs to be taken away.
const PURGED: Duration = Duration::from_secs(3);

/// What commands reach. The rooms are missing until the local store is open, and stay so when it cannot be opened: the
/// window then says so instead of staying away.
pub struct Backend {
    pub hub: Arc<Hub>,
    pub data_folder: PathBuf,
    rooms: OnceLock<Result<Rooms, Failure>>,
    /// Another program holds the store that is being opened.
    held: AtomicBool,
    hovering: Arc<Mutex<Hovering>>,
}

/// What hovers over the window.
#[derive(Default)]
struct Hovering {
    /// Counts what comes and goes: what was found out about something that has left is not told.
    number: u64,
    x: f64,
    y: f64,
    /// As the other program wrote them, where the system lets us have that: paths are made of them in ways that lose some.
    uris: Vec<String>,
}

#[derive(Clone)]
pub struct Rooms {
    pub apps: Arc<Apps>,
    pub files: Arc<Files>,
    pub find: Find,
    pub keeping: Keeping,
    pub kept: Arc<Kept>,
    pub logs: Logs,
    pub network: Arc<Network>,
    pub out: Arc<Out>,
    pub past: Arc<Past>,
    pub ready: Arc<Ready>,
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
        let apps = Arc::new(Apps::new(store.clone(), Arc::clone(&keys), Arc::clone(&network), Arc::clone(&emit)));
        let files = Files::new(store.clone(), Arc::clone(&emit)).with_own_folder(folder.join("added"));
        let files = Arc::new(files);
        let kept = Arc::new(Kept::new(store.clone(), Arc::clone(&apps), Arc::clone(&files)));
        let speech = Speech::new(store.clone(), Arc::clone(&apps), Arc::clone(&emit), folder.join("runs"));
        let find = Find::new(store.clone());
        let runs_folder = folder.join("runs");
        let (apps_of, files_of) = (Arc::clone(&apps), Arc::clone(&files));
        let runs = Runs::new(store.clone(), apps_of, files_of, Arc::clone(&emit), runs_folder.clone());
        runs.speak_to(speech.hear());
        network.tells(Arc::clone(&emit));
        let past = Past::new(store.clone(), Arc::clone(&apps), Arc::clone(&files), runs.clone(), Arc::clone(&emit));
        let ready = Ready::new(store.clone(), Arc::clone(&apps), Arc::clone(&kept), runs.clone(), Arc::clone(&emit));
        let (past, ready) = (Arc::new(past), Arc::new(ready));
        let logs = Logs::new(store.clone(), Arc::clone(&apps), runs.clone(), Arc::clone(&emit), runs_folder);
        let search = find.clone();
        let found: out::Find = Arc::new(move |wanted, after, limit| {
            let search = search.clone();
            Box::pin(async move { search.ids(&wanted, after.as_deref(), limit).await })
        });
        let out = Arc::new(Out::new(store.clone(), Arc::clone(&emit), folder.join("runs"), found));
        let keeping = Keeping::new(store, Arc::clone(&files), runs.clone(), emit, folder.clone()).with_keys(keys);
        Ok(Self {
            apps,
            files,
            find,
            keeping,
            kept,
            logs,
            network,
            out,
            past,
            ready,
            runs,
            speech,
            history_set_aside,
            not_sent,
        })
    }
}

/// What a start has before any window is made.
pub struct Begun {
    data_folder: PathBuf,
    claim: Result<Claim, Failure>,
    /// What it was started with.
    files: Vec<PathBuf>,
}

/// Claims the data folder. `None`: the program that has it came to the front, and this one ends. Before the window
/// library begins: its threads would still run while this process ends.
///
/// # Errors
/// When the system names no place for the program's data.
pub fn begin(identifier: &str, wish: Wish) -> tauri::Result<Option<Begun>> {
    let data_folder = data_folder(identifier).ok_or(tauri::Error::UnknownPath)?;
    crate::crash::install(&data_folder);
    let claim = tauri::async_runtime::block_on(first_or_over(&data_folder, &wish));
    Ok(claim.map(|claim| Begun { data_folder, claim, files: wish.files }))
}

/// Opens the store and makes the window.
pub fn setup(app: &mut App, begun: Begun) -> Result<(), Box<dyn std::error::Error>> {
    let Begun { data_folder, claim, files } = begun;
    let hub = Hub::start();
    let desktop = Desktop::new(app.handle(), hub.emitter());
    desktop.hand(files);
    app.manage(desktop);
    app.manage(Backend {
        hub,
        data_folder: data_folder.clone(),
        rooms: OnceLock::new(),
        held: AtomicBool::new(false),
        hovering: Arc::default(),
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
    #[cfg(target_os = "linux")]
    if let Some(window) = app.get_webview_window("main") {
        let hovering = Arc::clone(&app.state::<Backend>().hovering);
        desktop::hear_uris(&window, move |uris| lock(&hovering).uris = uris);
    }
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
        app.state::<Desktop>().has(rooms.runs.clone(), besides(rooms));
    }
    let _ = backend.rooms.set(rooms);
    backend.hub.emit(AppEvent::OpeningChanged);
    let Some(Rooms { runs, keeping, kept, apps, files, network, out, past, ready, .. }) = opened else { return };
    keeping.begin();
    let shrunk = backend.data_folder.join(crate::files::SHRUNK);
    let begun = crate::store::now();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = network.look_around().await {
            tracing::error!("whether there is a network could not be told: {error}");
        }
        if let Err(error) = runs.take_up().await {
            tracing::error!("unfinished runs could not be taken up: {error}");
        }
        if let Err(error) = ready.take_up().await {
            tracing::error!("runs that were being sent could not be taken up: {error}");
        }
        if let Err(error) = past.purge_left().await {
            tracing::error!("deleted runs could not be taken away: {error}");
        }
        if let Err(error) = kept.clear().await {
            tracing::error!("files that nobody names could not be cleared: {error}");
        } else if let Err(error) = files.clear_shrunk(&shrunk, begun).await {
            tracing::error!("smaller pictures that nobody names could not be cleared: {error}");
        }
        if let Err(error) = files.clear_own(begun).await {
            tracing::error!("what was pasted and is named by nothing could not be cleared: {error}");
        }
        if let Err(error) = files.take_up_copies().await {
            tracing::error!("copies of documents could not be finished: {error}");
        }
        if let Err(error) = apps.fill_gaps().await {
            tracing::error!("apps could not be looked through: {error}");
        }
        out.clear_half_brought().await;
        out.clear_half_written().await;
        if let Err(error) = out.count_costs().await {
            tracing::error!("what runs cost could not be counted: {error}");
        }
    });
}

/// What goes on in the rooms besides runs.
fn besides(rooms: &Rooms) -> Besides {
    let (keeping, out) = (rooms.keeping.clone(), Arc::clone(&rooms.out));
    let now = move || keeping.under_way().into_iter().chain(out.is_writing().then_some(Work::Export)).collect();
    let (keeping, out) = (rooms.keeping.clone(), Arc::clone(&rooms.out));
    let stop = move || {
        keeping.cancel();
        out.stop_exporting();
    };
    Besides { now: Box::new(now), stop: Box::new(stop) }
}

/// Only who has the folder answers those who want it.
fn hear_other_starts(app: &AppHandle, folder: &Path) {
    let app = app.clone();
    let listening = tauri::async_runtime::block_on(async {
        second_start::listen(folder, move |wish| app.state::<Desktop>().knocked(wish))
    });
    if let Err(error) = listening {
        tracing::warn!("a second start will not find this one: {error}");
    }
}

/// Claims the folder; nothing when the one that has it came to the front.
async fn first_or_over(folder: &Path, wish: &Wish) -> Option<Result<Claim, Failure>> {
    let begun = Instant::now();
    loop {
        let knock = second_start::knock(folder, wish).await;
        // It may have claimed the folder and not answer yet, or be about to let it go.
        let patience = match knock {
            Knock::Shown => return None,
            Knock::Leaving => ENDS,
            Knock::Nobody => BEGINS,
            Knock::Silent => Duration::ZERO,
        };
        match Claim::of(folder).map_err(Failure::from) {
            Err(failure) if failure.code == FailureCode::AlreadyOpen && begun.elapsed() < patience => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            outcome => return Some(outcome),
        }
    }
}

/// `FLOWDECK_DATA_DIR` is for tests and for a portable installation; else the system's place, the one Tauri names.
fn data_folder(identifier: &str) -> Option<PathBuf> {
    match std::env::var_os("FLOWDECK_DATA_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(dirs::data_dir()?.join(identifier)),
    }
}

pub fn window_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::DragDrop(event) => drag_drop(window, event),
        WindowEvent::CloseRequested { api, .. } if window.state::<Desktop>().close_asked() => api.prevent_close(),
        _ => {}
    }
}

/// What is no window's own: the end of the program, and on macOS a click on its icon in the dock, or on a file of ours.
pub fn run_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::Exit => {
            take_deleted_away(app);
            app.state::<Desktop>().settle();
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => app.state::<Desktop>().show(None),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let desktop = app.state::<Desktop>();
            desktop.show(None);
            desktop.hand(urls.iter().filter_map(|url| url.to_file_path().ok()).collect());
        }
        _ => {}
    }
}

/// What was deleted can be brought back no longer; what takes its time is taken away at the next start.
fn take_deleted_away(app: &AppHandle) {
    let backend = app.state::<Backend>();
    let Ok(Rooms { past, .. }) = backend.rooms() else { return };
    // Made inside of the runtime: its clock is there only.
    let purged = tauri::async_runtime::block_on(async { tokio::time::timeout(PURGED, past.purge_all()).await });
    if let Ok(Err(error)) = purged {
        tracing::error!("deleted runs could not be taken away: {error}");
    }
}

/// Something over the window: names and places go to the page, paths stay here.
fn drag_drop(window: &Window, event: &DragDropEvent) {
    let backend = window.state::<Backend>();
    // GTK and macOS give CSS pixels though the type says physical ones; only WebView2 means it.
    let scale = if cfg!(windows) { window.scale_factor().unwrap_or(1.0) } else { 1.0 };
    let hub = Arc::clone(&backend.hub);
    match event {
        DragDropEvent::Enter { paths, position } => {
            let hovering = Arc::clone(&backend.hovering);
            let number = moved(&hovering, position.x / scale, position.y / scale, true);
            let uris = handed_uris(&hovering, paths);
            // Whether it is a folder is asked of the disk, and that may take its time.
            tauri::async_runtime::spawn(async move {
                let handed = Handed::sort(uris).await;
                let now = lock(&hovering);
                if now.number == number && !handed.is_empty() {
                    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
                    hub.emit(AppEvent::FilesOver {
                        x: now.x,
                        y: now.y,
                        names: handed.names(),
                        folders: count(handed.folders.len()),
                        links: count(handed.links.len()),
                    });
                }
            });
        }
        DragDropEvent::Over { position } => {
            let (x, y) = (position.x / scale, position.y / scale);
            moved(&backend.hovering, x, y, false);
            hub.emit(AppEvent::FilesMoved { x, y });
        }
        DragDropEvent::Drop { paths, position } => {
            let (x, y) = (position.x / scale, position.y / scale);
            moved(&backend.hovering, x, y, true);
            let uris = handed_uris(&backend.hovering, paths);
            if let Ok(rooms) = backend.rooms().cloned() {
                tauri::async_runtime::spawn(async move {
                    let Handed { files, folders, links } = Handed::sort(uris).await;
                    let (brought, files) = out::of_runs(files);
                    for path in &brought {
                        hub.emit(AppEvent::RunBrought { outcome: rooms.out.bring(path).await });
                    }
                    if !brought.is_empty() && files.is_empty() && folders.is_empty() && links.is_empty() {
                        hub.emit(AppEvent::FilesLeft);
                        return;
                    }
                    let (files, folders) = (rooms.files.take(files), rooms.files.take_folders(folders));
                    hub.emit(AppEvent::FilesDropped { x, y, files, folders, links });
                });
            }
        }
        _ => {
            moved(&backend.hovering, 0.0, 0.0, true);
            hub.emit(AppEvent::FilesLeft);
        }
    }
}

/// Notes where it is; something else, or nothing any more, gets a new number.
fn moved(hovering: &Mutex<Hovering>, x: f64, y: f64, other: bool) -> u64 {
    let mut hovering = lock(hovering);
    (hovering.x, hovering.y) = (x, y);
    hovering.number += u64::from(other);
    hovering.number
}

fn handed_uris(hovering: &Mutex<Hovering>, paths: &[PathBuf]) -> Vec<String> {
    let uris = lock(hovering).uris.clone();
    if uris.len() == paths.len() {
        return uris;
    }
    // Anything that is no path is an address, percent signs and all.
    let uri = |path: &PathBuf| {
        url::Url::from_file_path(path).map_or_else(|()| path.to_string_lossy().into_owned(), String::from)
    };
    paths.iter().map(uri).collect()
}

fn lock(hovering: &Mutex<Hovering>) -> MutexGuard<'_, Hovering> {
    hovering.lock().unwrap_or_else(PoisonError::into_inner)
}
