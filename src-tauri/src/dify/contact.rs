//! Whether servers are reached: every request tells, so that nobody has to ask only to know.

use std::{fmt, sync::Arc, time::Duration};

use url::Url;

use super::{
    error::{Error, Transport},
    http::{self, Limits},
    route::Route,
};
use crate::model::offline::Contact;

/// Who wants to know how requests to servers end: the API's origin, and the contact with it.
#[derive(Clone)]
pub struct Listener(Arc<Hear>);

type Hear = dyn Fn(&str, Contact) + Send + Sync;

impl Listener {
    pub fn new(hear: impl Fn(&str, Contact) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// A listener, for one server: what its answers link to elsewhere says nothing of it.
#[derive(Debug)]
pub(super) struct Ear {
    origin: String,
    listener: Option<Listener>,
}

impl Ear {
    pub fn new(near: &Url, listener: Option<Listener>) -> Self {
        Self { origin: origin(near), listener }
    }

    /// A request to this address ended so.
    pub fn hears<T>(&self, url: &Url, result: &Result<T, Error>) {
        let Some(Listener(hear)) = &self.listener else { return };
        if origin(url) == self.origin
            && let Some(contact) = contact(result.as_ref().err())
        {
            hear(&self.origin, contact);
        }
    }
}

/// What tells servers apart: two apps of one server are reached the same way.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// `None`: it says nothing about the way to the server.
fn contact(error: Option<&Error>) -> Option<Contact> {
    let Some(Error::Transport { kind, .. }) = error else { return Some(Contact::Reached) };
    match kind {
        Transport::Refused => Some(Contact::Refused),
        Transport::ConnectTimeout => Some(Contact::Silent),
        Transport::Dns | Transport::Connect | Transport::ProxyUnreachable => Some(Contact::NoWay),
        Transport::Tls | Transport::Redirect => Some(Contact::Reached),
        // The proxy is there, and the server behind it perhaps not: what is refused is refused by somebody.
        Transport::ProxyRefused => Some(Contact::Refused),
        // The connection stood, or the proxy wants something first.
        Transport::Timeout
        | Transport::Idle
        | Transport::Stalled
        | Transport::Cut
        | Transport::ProxyLoginNeeded
        | Transport::ProxyLoginRefused
        | Transport::Other => None,
    }
}

/// Asks a server whether it is there, without a key and without a word about anybody. Whoever listens hears it.
pub async fn knock(route: &Route, base_url: &Url, connect: Duration) {
    let limits = Limits { connect, answer: connect * 2, ..Limits::default() };
    let asked = async {
        let client = http::client(&limits, route, base_url)?;
        http::send(client.head(base_url.clone()), limits.answer, &route.proxies(base_url), &limits).await
    };
    if let Err(error) = asked.await {
        tracing::debug!("a server is out of reach: {error}");
    }
}
