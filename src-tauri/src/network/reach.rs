//! Whether servers can be reached: read off the requests that are made anyway. Nobody is asked at rest; where one
//! server does not answer, the others are asked once, because only all of them together are the network.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::sync::Notify;
use url::{Host, Url};

use super::Network;
use crate::{
    dify::{self, Route},
    model::{
        app::{AppId, Origin},
        event::{AppEvent, Emit},
        offline::{Away, Contact, Heard, Offline, offline_since},
    },
    store::{self, now},
};

/// How long a server may take to answer the question whether it is there.
const KNOCK: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Reach {
    /// By origin.
    servers: Mutex<HashMap<String, Heard>>,
    told: Mutex<(Option<Offline>, Vec<Away>)>,
    /// One looks at a time.
    looking: tokio::sync::Mutex<()>,
    news: Notify,
}

/// An app with its server.
struct Known {
    app: AppId,
    base_url: Url,
    origin: String,
}

impl Reach {
    pub fn hears(&self, origin: &str, contact: Contact) {
        let mut servers = lock(&self.servers);
        let before = servers.get(origin).copied();
        let failed = |contact| contact != Contact::Reached;
        let since = before.filter(|before| failed(before.contact) && failed(contact)).map_or_else(now, |was| was.since);
        let is_here = Url::parse(origin).is_ok_and(|url| dify::is_loopback(&url));
        servers.insert(origin.to_owned(), Heard { contact, since, is_here });
        drop(servers);
        if before.is_none_or(|before| before.contact != contact) {
            self.news.notify_one();
        }
    }

    fn of(&self, origin: &str) -> Option<Heard> {
        lock(&self.servers).get(origin).copied()
    }
}

impl Network {
    /// Tells the page from now on which servers go out of reach and come back.
    pub fn tells(self: &Arc<Self>, emit: Emit) {
        let (network, reach) = (Arc::downgrade(self), Arc::clone(&self.reach));
        tokio::spawn(async move {
            loop {
                reach.news.notified().await;
                let Some(network) = network.upgrade() else { return };
                if let Err(error) = network.look(&emit).await {
                    tracing::error!("which servers are out of reach cannot be told: {error}");
                }
            }
        });
    }

    /// Since when no server can be reached; `None`: some can, or nobody has asked yet.
    pub fn offline(&self) -> Option<Offline> {
        lock(&self.reach.told).0.clone()
    }

    /// The apps whose servers cannot be reached.
    pub fn away(&self) -> Vec<Away> {
        lock(&self.reach.told).1.clone()
    }

    /// Notes what can be known without asking anybody: which servers no way leads to from this computer.
    pub async fn look_around(&self) -> Result<(), store::Error> {
        let Some(route) = self.route_or_none().await else { return Ok(()) };
        for known in self.known().await? {
            if self.reach.of(&known.origin).is_none() && !known.has_way(&route) {
                self.reach.hears(&known.origin, Contact::NoWay);
            }
        }
        Ok(())
    }

    /// Asks every server once whether it is there: the user wants to know.
    pub async fn check(&self) -> Result<(), store::Error> {
        let known = self.known().await?;
        if let Some(route) = self.route_or_none().await {
            knock(&route, known.iter().collect()).await;
        }
        self.reach.news.notify_one();
        Ok(())
    }

    /// Finds out what the news mean, and tells it where that is new.
    async fn look(&self, emit: &Emit) -> Result<(), store::Error> {
        let _alone = self.reach.looking.lock().await;
        let known = self.known().await?;
        let Some(route) = self.route_or_none().await else { return Ok(()) };
        self.tell(&known, &route, emit, true);
        let far = known.iter().filter(|known| !dify::is_loopback(&known.base_url));
        let heard = |known: &&Known| self.reach.of(&known.origin).map(|heard| heard.contact);
        let is_lost = |contact| matches!(contact, Some(Contact::Silent | Contact::NoWay));
        let (lost, others): (Vec<_>, Vec<_>) = far.partition(|known| is_lost(heard(known)));
        // That they answered some time ago says nothing of now.
        if !lost.is_empty() && !others.is_empty() {
            knock(&route, others).await;
        }
        self.tell(&known, &route, emit, false);
        Ok(())
    }

    /// `so_far`: others are still asked, so nobody can say yet that there is no network.
    fn tell(&self, known: &[Known], route: &Route, emit: &Emit, so_far: bool) {
        let heard: Vec<(&Known, Heard)> =
            known.iter().filter_map(|known| Some((known, self.reach.of(&known.origin)?))).collect();
        let away: Vec<Away> = heard
            .iter()
            .filter(|(_, heard)| heard.contact != Contact::Reached)
            .map(|(known, heard)| Away { app_id: known.app.clone(), since: heard.since })
            .collect();
        let routed = known.iter().any(|known| !dify::is_loopback(&known.base_url) && known.has_way(route));
        let mut servers: HashMap<&str, Heard> = HashMap::new();
        for (known, heard) in &heard {
            servers.insert(&known.origin, *heard);
        }
        let servers: Vec<Heard> = servers.into_values().collect();
        let mut told = lock(&self.reach.told);
        let mut offline = offline_since(&servers, routed).map(|since| Offline { since });
        if so_far && told.0.is_none() {
            offline = None;
        }
        let now = (offline, away);
        if *told != now {
            told.clone_from(&now);
            drop(told);
            emit(AppEvent::OfflineChanged { offline: now.0, away: now.1 });
        }
    }

    async fn route_or_none(&self) -> Option<Route> {
        let route = self.route(now()).await;
        route.inspect_err(|error| tracing::error!("the way out cannot be told: {error}")).ok()
    }

    /// The connected apps; the built-in server has no place that lasts.
    async fn known(&self) -> Result<Vec<Known>, store::Error> {
        let apps = self.store.apps().await?.into_iter().map(|stored| stored.app);
        let known = apps.filter(|app| app.origin == Origin::Server).filter_map(|app| {
            let base_url = Url::parse(&app.base_url).ok()?;
            Some(Known { app: app.id, origin: dify::origin(&base_url), base_url })
        });
        Ok(known.collect())
    }
}

/// One question a server, however many apps it has.
async fn knock(route: &Route, mut known: Vec<&Known>) {
    known.sort_by(|a, b| a.origin.cmp(&b.origin));
    known.dedup_by(|a, b| a.origin == b.origin);
    join_all(known.into_iter().map(|known| dify::knock(route, &known.base_url, KNOCK))).await;
}

impl Known {
    /// This computer needs none, and where a proxy stands only it knows.
    fn has_way(&self, route: &Route) -> bool {
        dify::is_loopback(&self.base_url) || route.is_by_proxy(&self.base_url) || has_way(&self.base_url)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The task that looks ends.
        self.reach.news.notify_one();
    }
}

/// Whether a way leads there from this computer, as far as its own settings tell: nothing is sent.
fn has_way(to: &Url) -> bool {
    // Addresses that no computer has (RFC 5737, RFC 3849): they stand for all that is far.
    let far = [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];
    let to: Vec<IpAddr> = match to.host() {
        Some(Host::Ipv4(ip)) => vec![ip.into()],
        Some(Host::Ipv6(ip)) => vec![ip.into()],
        _ => far.to_vec(),
    };
    to.into_iter().any(|ip| {
        let own: SocketAddr = match ip {
            IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        UdpSocket::bind(own).is_ok_and(|socket| socket.connect((ip, 9)).is_ok())
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
