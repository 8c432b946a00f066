//! Notifications of the system. What they say comes from the page; a click brings back the run they told of.
//!
//! - Linux: the freedesktop service over D-Bus, one connection for all; clicks come back as signals, with a token that
//!   lets the window come to the front on Wayland. Desks without the service show nothing.
//! - Windows: toasts; a click on one comes back while the program runs.
//! - macOS: the notification centre; a click comes back while the program runs, to the thread that waits for it.
//!
//! (tauri-plugin-notification cannot tell of clicks on any of the three.)

use std::sync::Arc;

use crate::model::run::RunId;

/// What one notification says, and where a click on it leads: a run, or the list of all where it tells of several.
#[derive(Debug, Clone)]
pub struct Note {
    pub title: String,
    pub body: String,
    pub run: Option<RunId>,
}

/// Called with what was clicked, and with what lets the window come to the front.
pub type Clicked = Arc<dyn Fn(Option<RunId>, Option<String>) + Send + Sync>;

pub use system::Notifier;

#[cfg(target_os = "linux")]
mod system {
    use std::{collections::HashMap, sync::Arc, time::Duration};

    use futures_util::StreamExt;
    use tokio::sync::{Mutex, OnceCell};
    use zbus::{Connection, zvariant::Value};

    use super::{Clicked, Note, RunId};

    /// The bus may have to start the service first.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// Nobody scrolls further back; services that never say that one was closed must not fill our memory.
    const REMEMBERED: usize = 100;

    #[zbus::proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications"
    )]
    trait Notifications {
        #[expect(clippy::too_many_arguments, reason = "the service's own")]
        fn notify(
            &self,
            app_name: &str,
            replaces: u32,
            icon: &str,
            title: &str,
            body: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            timeout: i32,
        ) -> zbus::Result<u32>;

        fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action: &str) -> zbus::Result<()>;

        #[zbus(signal)]
        fn activation_token(&self, id: u32, token: &str) -> zbus::Result<()>;

        #[zbus(signal)]
        fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
    }

    /// Notifications that may still be clicked, by the service's number: what each leads to, and the token that lets
    /// the window come to the front.
    type Open = Mutex<HashMap<u32, (Option<RunId>, Option<String>)>>;

    pub struct Notifier {
        clicked: Clicked,
        open: Arc<Open>,
        service: OnceCell<NotificationsProxy<'static>>,
    }

    impl Notifier {
        pub fn new(clicked: Clicked) -> Self {
            Self { clicked, open: Arc::default(), service: OnceCell::new() }
        }

        /// # Errors
        /// When there is no session bus, or nobody on it who shows notifications; in words for the log.
        pub async fn show(&self, note: Note) -> Result<(), String> {
            let shown = tokio::time::timeout(PATIENCE, self.send(note)).await;
            shown.map_err(|_| "the notification service does not answer".to_owned())?.map_err(|error| error.to_string())
        }

        async fn send(&self, note: Note) -> zbus::Result<()> {
            let service = self.service.get_or_try_init(|| self.connect()).await?;
            let can = service.get_capabilities().await?;
            let can = |what: &str| can.iter().any(|word| word == what);
            let body = if can("body-markup") { without_markup(&note.body) } else { note.body };
            let actions: &[&str] = if can("actions") { &["default", ""] } else { &[] };
            let hints = HashMap::from([("desktop-entry", Value::from("Flowdeck"))]);
            // Held while the service answers, so that a click cannot come between the number and its place in the list.
            let mut open = self.open.lock().await;
            let number = service.notify("Flowdeck", 0, "flowdeck", &note.title, &body, actions, hints, -1).await?;
            if open.len() >= REMEMBERED
                && let Some(oldest) = open.keys().min().copied()
            {
                open.remove(&oldest);
            }
            open.insert(number, (note.run, None));
            Ok(())
        }

        /// Connects once, and hears clicks from then on.
        async fn connect(&self) -> zbus::Result<NotificationsProxy<'static>> {
            self.hear(&Connection::session().await?).await
        }

        async fn hear(&self, connection: &Connection) -> zbus::Result<NotificationsProxy<'static>> {
            let service = NotificationsProxy::new(connection).await?;
            let mut clicks = service.receive_action_invoked().await?;
            let mut tokens = service.receive_activation_token().await?;
            let mut ends = service.receive_notification_closed().await?;
            let (open, clicked) = (Arc::clone(&self.open), Arc::clone(&self.clicked));
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        // In the order of the service: the token before the click, the click before the end.
                        biased;
                        Some(token) = tokens.next() => if let Ok(token) = token.args()
                            && let Some(known) = open.lock().await.get_mut(&token.id)
                        {
                            known.1 = Some((*token.token()).to_owned());
                        },
                        Some(click) = clicks.next() => if let Ok(click) = click.args() {
                            let known = open.lock().await.remove(&click.id);
                            if let Some((run, token)) = known {
                                clicked(run, token);
                            }
                        },
                        Some(end) = ends.next() => if let Ok(end) = end.args() {
                            open.lock().await.remove(&end.id);
                        },
                        else => return,
                    }
                }
            });
            Ok(service)
        }
    }

    /// A run's title is no markup.
    fn without_markup(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        use std::sync::mpsc::channel;

        use super::*;

        /// A service whose user is quick: the click is on its way before the number is.
        struct Quick;

        #[zbus::interface(name = "org.freedesktop.Notifications")]
        impl Quick {
            #[expect(clippy::too_many_arguments, reason = "the service's own")]
            async fn notify(
                &self,
                _app_name: &str,
                _replaces: u32,
                _icon: &str,
                _title: &str,
                _body: &str,
                _actions: Vec<String>,
                _hints: HashMap<String, zbus::zvariant::OwnedValue>,
                _timeout: i32,
                #[zbus(signal_emitter)] emitter: zbus::object_server::SignalEmitter<'_>,
            ) -> u32 {
                Self::action_invoked(&emitter, 7, "default").await.expect("sent");
                // Long enough to be overtaken for certain.
                std::thread::sleep(Duration::from_millis(50));
                7
            }

            fn get_capabilities(&self) -> Vec<&str> {
                vec!["actions", "body"]
            }

            #[zbus(signal)]
            async fn action_invoked(
                emitter: &zbus::object_server::SignalEmitter<'_>,
                id: u32,
                action: &str,
            ) -> zbus::Result<()>;
        }

        /// A bus of its own, which ends with the test.
        struct Bus(std::process::Child);

        impl Drop for Bus {
            fn drop(&mut self) {
                let _ = self.0.kill();
                let _ = self.0.wait();
            }
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn a_click_that_overtakes_its_notification_s_number_still_leads_to_the_run() {
            use std::io::BufRead as _;

            let bus = std::process::Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address"])
                .stdout(std::process::Stdio::piped())
                .spawn();
            let Ok(bus) = bus else { return };
            let mut bus = Bus(bus);
            let mut address = String::new();
            let said = bus.0.stdout.take().expect("a pipe");
            std::io::BufReader::new(said).read_line(&mut address).expect("an address");
            let on_bus = || zbus::connection::Builder::address(address.trim()).expect("an address");
            let path = "/org/freedesktop/Notifications";
            let service = on_bus().serve_at(path, Quick).expect("its place").name("org.freedesktop.Notifications");
            let _service = service.expect("its name").build().await.expect("a service");
            let ours = on_bus().build().await.expect("a connection");
            let (clicked, clicks) = channel();
            let notifier = Notifier::new(Arc::new(move |run, _| {
                let _ = clicked.send(run);
            }));
            let proxy = notifier.hear(&ours).await.expect("heard");
            assert!(notifier.service.set(proxy).is_ok(), "the first");
            let run = RunId("r".into());
            let note = Note { title: "Ready".into(), body: "It is".into(), run: Some(run.clone()) };
            notifier.show(note).await.expect("shown");
            let click = tokio::task::spawn_blocking(move || clicks.recv_timeout(Duration::from_secs(10))).await;
            assert_eq!(click.expect("no panic").expect("heard"), Some(run), "the click is not lost");
        }

        #[test]
        fn a_title_that_looks_like_markup_is_shown_as_it_is() {
            assert_eq!(super::without_markup("“<b>R&D</b>” is ready."), "“&lt;b&gt;R&amp;D&lt;/b&gt;” is ready.");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use notify_rust::{Notification, NotificationResponse};

    use super::{Clicked, Note};

    pub struct Notifier {
        clicked: Clicked,
    }

    impl Notifier {
        pub fn new(clicked: Clicked) -> Self {
            Self { clicked }
        }

        /// # Errors
        /// When the system takes no notification from this program; in words for the log.
        pub async fn show(&self, note: Note) -> Result<(), String> {
            let clicked = self.clicked.clone();
            let (shown, outcome) = tokio::sync::oneshot::channel();
            // A thread each: they wait until the notification was clicked or closed, which nothing can break off.
            std::thread::spawn(move || {
                let mut notification = Notification::new();
                notification.summary(&note.title).body(&note.body);
                // The name under which the installer registered the program; one that was not installed has none.
                #[cfg(windows)]
                if !cfg!(debug_assertions) {
                    notification.app_id("io.github.flowdeck.desktop");
                }
                #[cfg(target_os = "macos")]
                let _ = notify_rust::set_application("io.github.flowdeck.desktop");
                match notification.show() {
                    Ok(handle) => {
                        let _ = shown.send(Ok(()));
                        let _ = handle.wait_for_response(|response: &NotificationResponse| {
                            if response.is_default_action() {
                                clicked(note.run, None);
                            }
                        });
                    }
                    Err(error) => drop(shown.send(Err(error.to_string()))),
                }
            });
            outcome.await.unwrap_or_else(|_| Err("the notification's thread ended".to_owned()))
        }
    }
}
