//! The tray icon: there only while the window is not, so that nobody has one more icon to wonder about.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tauri::{
    AppHandle, Manager, Wry,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};

use super::Desktop;
use crate::model::desktop::TrayWords;

const ID: &str = "main";
const SHOW: &str = "show";
const QUIT: &str = "quit";

/// The menu, made once and kept: its parts are GTK's on Linux, and live and die on the main thread only.
struct Parts {
    menu: Menu<Wry>,
    show: MenuItem<Wry>,
    runs: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

#[derive(Default)]
pub struct Tray {
    parts: Mutex<Option<Parts>>,
}

impl Tray {
    /// Puts the icon there. On the main thread.
    ///
    /// # Errors
    /// When this desk has no tray: on Linux the icon goes over D-Bus, and nobody may be there who shows it.
    pub fn put(&self, app: &AppHandle, words: &TrayWords) -> tauri::Result<()> {
        let mut parts = self.parts();
        let parts = match parts.as_mut() {
            Some(parts) => parts,
            None => parts.insert(Parts::new(app)?),
        };
        parts.say(words)?;
        if app.tray_by_id(ID).is_some() {
            return Ok(());
        }
        TrayIconBuilder::with_id(ID)
            .icon(tauri::include_image!("icons/32x32.png"))
            .tooltip("Flowdeck")
            .title("Flowdeck")
            .menu(&parts.menu)
            // Where a click can be told from a right click it shows the window, as elsewhere in that place.
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .on_menu_event(|app, event| match event.id().as_ref() {
                SHOW => app.state::<Desktop>().show(None),
                QUIT => app.state::<Desktop>().quit_asked(),
                _ => {}
            })
            .on_tray_icon_event(|tray, event| {
                if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } =
                    event
                    && cfg!(not(target_os = "macos"))
                {
                    tray.app_handle().state::<Desktop>().show(None);
                }
            })
            .build(app)?;
        Ok(())
    }

    /// Changes the words, if there is a menu. On the main thread.
    pub fn say(&self, words: &TrayWords) -> tauri::Result<()> {
        self.parts().as_ref().map_or(Ok(()), |parts| parts.say(words))
    }

    /// Takes the icon away. On the main thread.
    pub fn remove(&self, app: &AppHandle) {
        drop(app.remove_tray_by_id(ID));
    }

    fn parts(&self) -> MutexGuard<'_, Option<Parts>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    fn new(app: &AppHandle) -> tauri::Result<Self> {
        let show = MenuItem::with_id(app, SHOW, "", true, None::<&str>)?;
        let runs = MenuItem::with_id(app, "runs", "", false, None::<&str>)?;
        let quit = MenuItem::with_id(app, QUIT, "", true, None::<&str>)?;
        let (above, below) = (PredefinedMenuItem::separator(app)?, PredefinedMenuItem::separator(app)?);
        let menu = Menu::with_items(app, &[&runs, &above, &show, &below, &quit])?;
        Ok(Self { menu, show, runs, quit })
    }

    fn say(&self, words: &TrayWords) -> tauri::Result<()> {
        self.show.set_text(&words.show)?;
        self.runs.set_text(&words.runs)?;
        self.quit.set_text(&words.quit)
    }
}

/// Whether this desk shows tray icons. GNOME without an extension, most tiling desks and kiosks do not.
#[cfg(target_os = "linux")]
pub async fn is_there() -> bool {
    let ask = async {
        let bus = zbus::Connection::session().await.ok()?;
        let (watcher, path) = ("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher");
        // Asked once: a cache would be filled for nothing, and complain in the log where nobody is there.
        let watcher: zbus::Proxy = zbus::proxy::Builder::new(&bus)
            .destination(watcher)
            .and_then(|builder| builder.path(path))
            .and_then(|builder| builder.interface(watcher))
            .ok()?
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .ok()?;
        watcher.get_property::<bool>("IsStatusNotifierHostRegistered").await.ok()
    };
    let answer = tokio::time::timeout(std::time::Duration::from_millis(500), ask).await;
    answer.ok().flatten().unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unused_async, reason = "elsewhere it is asked for")]
pub async fn is_there() -> bool {
    true
}
