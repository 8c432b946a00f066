//! What the desk around the program would show: the notification service and the tray, on the desk's own session bus.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, connection, interface};

use crate::page::wait_for;

#[derive(Clone, Debug)]
pub struct Notice {
    pub number: u32,
    pub title: String,
    pub body: String,
    pub actions: Vec<String>,
}

type Notices = Arc<Mutex<Vec<Notice>>>;
type Icons = Arc<Mutex<Vec<String>>>;

/// The desk's services; they end with this value.
pub struct Desk {
    bus: Connection,
    notices: Notices,
    icons: Icons,
}

struct Notifications(Notices);

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "the service's own")]
    fn notify(
        &self,
        _app_name: &str,
        _replaces: u32,
        _icon: &str,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = notices.len() as u32 + 1;
        notices.push(Notice { number, title, body, actions });
        number
    }

    fn get_capabilities(&self) -> Vec<&str> {
        vec!["actions", "body", "body-markup"]
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action: &str) -> zbus::Result<()>;
}

struct Tray(Icons);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Tray {
    fn register_status_notifier_item(&self, #[zbus(header)] header: zbus::message::Header<'_>, _service: &str) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

impl Desk {
    /// A desk that shows notifications, and tray icons if wanted.
    pub async fn new(with_tray: bool) -> Self {
        let (notices, icons) = (Notices::default(), Icons::default());
        let prepare = || {
            let service = Notifications(Arc::clone(&notices));
            let builder = connection::Builder::session()?
                .name("org.freedesktop.Notifications")?
                .serve_at("/org/freedesktop/Notifications", service)?;
            if !with_tray {
                return Ok(builder);
            }
            builder.name("org.kde.StatusNotifierWatcher")?.serve_at("/StatusNotifierWatcher", Tray(Arc::clone(&icons)))
        };
        // A desk before this one gives its names back a moment after its end.
        let built = async || {
            let builder: connection::Builder<'_> = prepare().expect("the services' names are well formed");
            builder.build().await.ok()
        };
        let bus = wait_for("the names to be free on the desk's own bus", built).await;
        Self { bus, notices, icons }
    }

    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub async fn notice(&self, number: usize) -> Notice {
        wait_for("a notification", async || self.notices().get(number - 1).cloned()).await
    }

    /// A click on a notification.
    pub async fn click(&self, notice: &Notice) {
        let path = "/org/freedesktop/Notifications";
        let emitter = SignalEmitter::new(&self.bus, path).expect("the service's path");
        Notifications::action_invoked(&emitter, notice.number, "default").await.expect("the signal is sent");
    }

    /// The program's icon in the tray, by its name on the bus.
    pub async fn icon(&self) -> Icon {
        let icons = async || self.icons.lock().unwrap_or_else(PoisonError::into_inner).last().cloned();
        Icon { bus: self.bus.clone(), name: wait_for("an icon in the tray", icons).await }
    }
}

pub struct Icon {
    bus: Connection,
    name: String,
}

impl Icon {
    /// A left click.
    pub async fn click(&self) {
        let (path, interface) = ("/StatusNotifierItem", Some("org.kde.StatusNotifierItem"));
        // The icon goes with the click, and may be gone before it answers: what comes of it is what counts.
        let _ = self.bus.call_method(Some(self.name.as_str()), path, interface, "Activate", &(0i32, 0i32)).await;
    }

    pub async fn is_there(&self) -> bool {
        let (path, interface) = ("/StatusNotifierItem", Some("org.freedesktop.DBus.Peer"));
        self.bus.call_method(Some(self.name.as_str()), path, interface, "Ping", &()).await.is_ok()
    }

    /// The lines of its menu, with their numbers.
    pub async fn menu(&self) -> Vec<(i32, String)> {
        type Item = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        let (path, interface) = ("/MenuBar", Some("com.canonical.dbusmenu"));
        let wish = (0i32, -1i32, Vec::<&str>::new());
        let answer = self.bus.call_method(Some(self.name.as_str()), path, interface, "GetLayout", &wish).await;
        let answer = answer.expect("the icon has a menu");
        let (_, (_, _, lines)): (u32, Item) = answer.body().deserialize().expect("a menu's layout");
        let lines = lines.into_iter().filter_map(|line| Item::try_from(line).ok());
        lines
            .filter_map(|(number, what, _)| Some((number, what.get("label")?.try_clone().ok()?.try_into().ok()?)))
            .collect()
    }

    /// Chooses a line of the menu.
    pub async fn choose(&self, label: &str) {
        let menu = self.menu().await;
        let (number, _) = menu.iter().find(|(_, line)| line == label).unwrap_or_else(|| panic!("{label} in {menu:?}"));
        let (path, interface) = ("/MenuBar", Some("com.canonical.dbusmenu"));
        let event = (number, "clicked", zbus::zvariant::Value::from(0i32), 0u32);
        // As above.
        let _ = self.bus.call_method(Some(self.name.as_str()), path, interface, "Event", &event).await;
    }
}
