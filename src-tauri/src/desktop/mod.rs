//! The program on the desk: its window's closing and coming back, its tray icon, its notifications, and what a second
//! start does. One of the three rooms that know Tauri.

mod besides;
mod closing;
#[cfg(target_os = "linux")]
mod drawing;
mod handed;
#[cfg(target_os = "linux")]
mod notify;
pub mod second_start;
mod tray;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tauri::{AppHandle, Manager, WebviewWindow};

use crate::{
    model::{
        desktop::{CloseAnswer, TrayWords, Work},
        event::{AppEvent, Emit},
        run::{RunHead, RunId},
    },
    runs::Runs,
};
pub use besides::Besides;
use closing::{Closing, Verdict};
use notify::{Note, Notifier};
use second_start::Wish;
use tray::Tray;

/// How long a stop is waited for before the program ends; what is not confirmed by then is taken up at the next start.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How long the disk, and result files on their way, may take at the end.
const SETTLE_PATIENCE: Duration = Duration::from_secs(4);

/// What has to be settled before Tauri begins.
pub fn before_the_window() {
    #[cfg(target_os = "linux")]
    drawing::suit_the_computer();
}

pub struct Desktop {
    app: AppHandle,
    emit: Emit,
    /// Missing until the local store is open: then nothing can be lost.
    runs: OnceLock<Runs>,
    besides: OnceLock<Besides>,
    closing: Mutex<Closing>,
    tray: Tray,
    notifier: Notifier,
    /// That nobody shows notifications here was written down.
    said_silent: AtomicBool,
    /// Files that the system or another start asked to open, until the page asks for them.
    handed: Mutex<Vec<PathBuf>>,
}

impl Desktop {
    pub fn new(app: &AppHandle, emit: Emit) -> Self {
        let here = app.clone();
        let clicked = Arc::new(move |run_id, token: Option<String>| {
            let desktop = here.state::<Self>();
            desktop.show(token);
            (desktop.emit)(AppEvent::OpenRun { run_id });
        });
        Self {
            app: app.clone(),
            emit,
            runs: OnceLock::new(),
            besides: OnceLock::new(),
            closing: Mutex::default(),
            tray: Tray::default(),
            notifier: Notifier::new(clicked),
            said_silent: AtomicBool::new(false),
            handed: Mutex::default(),
        }
    }

    /// From here on there is something to lose.
    pub fn has(&self, runs: Runs, besides: Besides) {
        let _ = self.runs.set(runs);
        let _ = self.besides.set(besides);
    }

    /// The window's cross was clicked. True when the window must stay: the page asks what is wanted.
    pub fn close_asked(&self) -> bool {
        let verdict = self.closing().asked(self.is_under_way(), Instant::now());
        if verdict == Verdict::Ask {
            self.ask(false);
        }
        verdict != Verdict::Close
    }

    /// "Quit" in the tray: the same question, where there is something to lose.
    fn quit_asked(&self) {
        let verdict = self.closing().asked(self.is_under_way(), Instant::now());
        match verdict {
            Verdict::Close => self.app.exit(0),
            Verdict::Ask => {
                self.show(None);
                self.ask(true);
            }
            Verdict::Hold => {}
        }
    }

    fn ask(&self, quitting: bool) {
        let runs = self.runs.get().map(Runs::under_way).unwrap_or_default();
        let (work, emit) = (self.work(), Arc::clone(&self.emit));
        tauri::async_runtime::spawn(async move {
            let tray = tray::is_there().await;
            emit(AppEvent::CloseAsked { runs, work, quitting, tray });
        });
    }

    /// The page has the question on screen.
    pub fn close_heard(&self) {
        self.closing().heard();
    }

    pub async fn close_answered(&self, answer: CloseAnswer, words: &TrayWords) {
        self.closing().heard();
        match answer {
            CloseAnswer::Cancel => {}
            CloseAnswer::Background => {
                let words = words.clone();
                self.on_main_thread(move |desktop| {
                    if let Err(error) = desktop.tray.put(&desktop.app, &words) {
                        // The question said so: starting the program again shows the window.
                        tracing::info!("no tray icon: {error}");
                    }
                    if let Some(window) = desktop.window() {
                        let _ = window.hide();
                    }
                });
            }
            CloseAnswer::Stop => {
                if !self.closing().leave() {
                    return;
                }
                let unheard = self.stop_all().await;
                if unheard.is_empty() {
                    self.app.exit(0);
                } else {
                    self.closing().stay();
                    (self.emit)(AppEvent::StopNotHeard { runs: unheard });
                }
            }
            CloseAnswer::Quit => {
                if self.closing().leave() {
                    self.app.exit(0);
                }
            }
        }
    }

    /// Asks every run to stop, and waits for what the servers say to it; breaks other work off. The runs whose servers
    /// have not heard of it.
    async fn stop_all(&self) -> Vec<RunHead> {
        let Some(runs) = self.runs.get() else { return Vec::new() };
        let deadline = Instant::now() + STOP_PATIENCE;
        for head in runs.under_way() {
            let runs = runs.clone();
            tauri::async_runtime::spawn(async move {
                if let Err(error) = runs.stop(&head.id).await {
                    tracing::warn!("a run could not be asked to stop: {error}");
                }
            });
        }
        self.end_work(STOP_PATIENCE).await;
        while !runs.under_way().is_empty() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        runs.stops_not_heard()
    }

    /// New words for the tray's menu, when what runs has changed.
    pub fn tray_say(&self, words: &TrayWords) {
        let words = words.clone();
        self.on_main_thread(move |desktop| {
            if let Err(error) = desktop.tray.say(&words) {
                tracing::warn!("the tray's menu: {error}");
            }
        });
    }

    /// Brings the window to the front, wherever it was: behind others, minimised, or in the tray.
    pub fn show(&self, token: Option<String>) {
        self.on_main_thread(move |desktop| {
            let Some(window) = desktop.window() else { return };
            desktop.tray.remove(&desktop.app);
            let _ = window.show();
            let _ = window.unminimize();
            to_front(&window, token);
            (desktop.emit)(AppEvent::WindowShown);
        });
    }

    /// Windows and menus belong to the main thread; what is done to them from elsewhere would race with it.
    fn on_main_thread(&self, act: impl FnOnce(&Self) + Send + 'static) {
        let app = self.app.clone();
        let _ = self.app.run_on_main_thread(move || act(&app.state::<Self>()));
    }

    /// Another start on the same folder wants to see the window. False when this one is about to end.
    pub fn knocked(&self, wish: Wish) -> bool {
        if self.closing().is_leaving() {
            return false;
        }
        self.show(wish.token);
        self.hand(wish.files);
        true
    }

    /// Files are to be opened: the page asks for them when it can show them.
    pub fn hand(&self, files: Vec<PathBuf>) {
        if !files.is_empty() {
            self.handed.lock().unwrap_or_else(PoisonError::into_inner).extend(files);
            (self.emit)(AppEvent::FilesHanded);
        }
    }

    /// What is to be opened, each once.
    pub fn take_handed(&self) -> Vec<PathBuf> {
        std::mem::take(&mut *self.handed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells of a run, unless the user looks at the window: then the page has told it already.
    pub async fn notify(&self, run: Option<RunId>, title: String, body: String) {
        if self.window().is_some_and(|window| is_in_front(&window)) {
            return;
        }
        if let Err(error) = self.notifier.show(Note { title, body, run }).await
            && !self.said_silent.swap(true, Ordering::Relaxed)
        {
            tracing::info!("notifications are not shown here: {error}");
        }
    }

    /// This program is about to make room for another start of itself, which must not take it for one that stays.
    pub fn leaves(&self) {
        self.closing().leave();
    }

    /// The program's last act, however it ends: what was folded by now is on the disk.
    pub fn settle(&self) {
        self.closing().leave();
        if let Some(runs) = self.runs.get() {
            // Made inside of the runtime: its clock is there only.
            tauri::async_runtime::block_on(async {
                tokio::join!(runs.close(SETTLE_PATIENCE), self.end_work(SETTLE_PATIENCE))
            });
        }
    }

    fn is_under_way(&self) -> bool {
        self.runs.get().is_some_and(|runs| !runs.under_way().is_empty()) || !self.work().is_empty()
    }

    fn work(&self) -> Vec<Work> {
        self.besides.get().map(|besides| (besides.now)()).unwrap_or_default()
    }

    async fn end_work(&self, patience: Duration) {
        if let Some(besides) = self.besides.get() {
            besides.end(patience).await;
        }
    }

    fn window(&self) -> Option<WebviewWindow> {
        self.app.get_webview_window("main")
    }

    fn closing(&self) -> MutexGuard<'_, Closing> {
        self.closing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_in_front(window: &WebviewWindow) -> bool {
    window.is_visible().unwrap_or(false)
        && window.is_focused().unwrap_or(false)
        && !window.is_minimized().unwrap_or(false)
}

/// tao's own `set_focus` does nothing for a window that is not mapped yet, and knows no token.
#[cfg(target_os = "linux")]
fn to_front(window: &WebviewWindow, token: Option<String>) {
    use gtk::prelude::GtkWindowExt;

    if let Ok(window) = window.gtk_window() {
        if let Some(token) = token {
            window.set_startup_id(&token);
        }
        // Shows and un-minimises as well. 0: now.
        window.present_with_time(0);
    }
}

#[cfg(not(target_os = "linux"))]
fn to_front(window: &WebviewWindow, _token: Option<String>) {
    let _ = window.set_focus();
}

/// What this program was started for. The token to come to the front with is taken out of the environment by GTK when
/// that begins.
pub fn wish() -> Wish {
    let set = |name| std::env::var(name).ok().filter(|token| !token.is_empty() && !token.contains(['\n', '\r']));
    let token = set("XDG_ACTIVATION_TOKEN").or_else(|| set("DESKTOP_STARTUP_ID"));
    let folder = std::env::current_dir().unwrap_or_default();
    Wish { token, files: handed::handed(std::env::args_os().skip(1), &folder) }
}

/// Ends the program when the system asks for it (logout, `kill`, Ctrl C in a terminal), without a question: what is
/// under way is taken up at the next start. On Windows and macOS the end of the session ends the event loop itself.
pub fn end_with_the_session(app: &AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
            let [Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)] = kinds.map(signal) else { return };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
            }
            app.exit(0);
        });
    }
    #[cfg(not(unix))]
    let _ = app;
}

/// Hears the addresses of what is dragged over the page, as the other program wrote them.
#[cfg(target_os = "linux")]
pub fn hear_uris(window: &WebviewWindow, heard: impl Fn(Vec<String>) + Send + 'static) {
    use gtk::prelude::WidgetExt as _;
    let hearing = window.with_webview(move |webview| {
        webview.inner().connect_drag_data_received(move |_, _, _, _, data, _, _| {
            let uris = data.uris();
            if !uris.is_empty() {
                heard(uris.iter().map(ToString::to_string).collect());
            }
        });
    });
    if let Err(error) = hearing {
        tracing::warn!("addresses of dropped links are only known as paths: {error}");
    }
}
