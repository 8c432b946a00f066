//! The client of Dify's Service API for workflow apps. It speaks to servers of all generations: documents and
//! servers disagree, so every answer is read tolerantly, and none is trusted.
//!
//! `address` finds the API from what users paste, `probe` asks whether it is there. `http` holds all of HTTP, `route`
//! the way through proxies, `certificates` those that users add, `trust` what follows from them. `app` and
//! `parameters` describe an app; `workflow` runs it, of any version, and takes a lost stream up again: `sse` cuts the
//! stream into frames, `stream` turns them into the model's events, `events` is both without any I/O, `held` notices a
//! proxy that holds it back. `detail`, `logs` and `end_users` ask afterwards; `human_form` answers a run's questions;
//! `audio` speaks and listens; `files` sends and fetches files, `source` reads those that are sent, `web_picture` a
//! picture that a result names. `contact` tells whether servers are reached. `capability` learns what the server can do, `refusal`
//! says what a refusal is about. `wire` reads what servers send for a number or a date, `loose` while it is parsed;
//! nothing outside this module sees a server's words unread.
//!
//! **Invariants.** The key goes to the API's own origin and nowhere else: not to file hosts, not along redirects.
//! A run is never sent twice. Errors and logs hold no key, no input, no answer. Every call ends by dropping it.

mod address;
mod app;
mod audio;
mod capability;
mod certificates;
mod colour;
mod contact;
mod detail;
mod end_users;
mod error;
mod events;
mod file_names;
mod files;
mod held;
mod http;
mod human_form;
mod human_input;
mod key;
mod logs;
mod loose;
mod parameters;
mod picture;
mod probe;
mod refusal;
mod route;
mod source;
mod sse;
mod stream;
mod trust;
mod unfinished;
mod web;
mod web_file;
mod web_picture;
mod wire;
mod workflow;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{RequestBuilder, Response, header};
use serde_json::Value;
use url::Url;

use crate::model::capability::ServerFacts;

pub use self::{
    address::{AddressError, is_loopback, is_plain_http, probe_addresses},
    app::{Described, Info, Root, Site},
    audio::{Speech, SpeechKind, Spoken},
    certificates::{Certificate, CertificateError, read_certificates, write_certificates},
    contact::{Listener, knock, origin},
    detail::Detail,
    end_users::EndUser,
    error::{Error, Transport},
    events::Events,
    file_names::{sent_name, sent_name_for, unscrambled},
    files::{Downloaded, Picture, Upload, Uploaded},
    http::Limits,
    human_input::asked_in,
    key::{Key, KeyError},
    logs::{LogAccount, LogEndUser, LogPage, LogQuery, LogRow, LogStatus},
    parameters::{AttachmentBlock, Attachments, Features, Parameters},
    picture::is_vast,
    probe::{Found, connect_probe},
    refusal::{of_run as reason_of_run, problems as problems_in_refusal, runs_at_a_time},
    route::{Proxy, ProxyLogin, Route},
    sse::TooLarge,
    unfinished::clear_unfinished,
    web_file::{WebFile, web_file},
    web_picture::web_picture,
    workflow::{Resume, RunOptions, RunStream},
};
use crate::model::failure::Reason;

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Normalised, such as `https://api.dify.ai/v1`.
    pub base_url: Url,
    pub key: Key,
    /// The end user's id at the server: owner of runs and uploaded files.
    pub user: String,
}

/// One app at one server. Cloning is cheap; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    connection: Connection,
    http: reqwest::Client,
    proxies: Arc<route::Proxies>,
    limits: Limits,
    /// What its answers have shown of the server.
    facts: Mutex<ServerFacts>,
}

impl Client {
    pub fn new(connection: Connection) -> Result<Self, Error> {
        Self::with_limits(connection, Limits::default())
    }

    pub fn with_limits(connection: Connection, limits: Limits) -> Result<Self, Error> {
        Self::through(&Route::default(), connection, limits)
    }

    /// A client that takes this way out of the computer.
    pub fn through(route: &Route, connection: Connection, limits: Limits) -> Result<Self, Error> {
        if !matches!(connection.base_url.scheme(), "http" | "https") || !connection.base_url.has_host() {
            return Err(Error::Address);
        }
        let base = &connection.base_url;
        let proxies = Arc::new(route.proxies(base));
        // It fetches what outputs name, too.
        let http = http::client_with(&limits, route, base, |builder| web::outside_only(builder, base, &proxies))?;
        Ok(Self { inner: Arc::new(Inner { connection, http, proxies, limits, facts: Mutex::default() }) })
    }

    pub fn base_url(&self) -> &Url {
        &self.inner.connection.base_url
    }

    pub fn user(&self) -> &str {
        &self.inner.connection.user
    }

    /// The same app for another user: whoever began a run is asked for it.
    pub fn as_user(&self, user: &str) -> Self {
        let inner = &self.inner;
        let facts = inner.facts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            inner: Arc::new(Inner {
                connection: Connection { user: user.to_owned(), ..inner.connection.clone() },
                http: inner.http.clone(),
                proxies: Arc::clone(&inner.proxies),
                limits: inner.limits.clone(),
                facts: Mutex::new(facts),
            }),
        }
    }

    /// Whether both speak with the same key.
    pub fn has_key_of(&self, other: &Self) -> bool {
        self.inner.connection.key == other.inner.connection.key
    }

    /// The server's version as its last answer gave it; a hint only (api.md §11).
    pub fn server_version(&self) -> Option<String> {
        self.inner.facts.lock().unwrap_or_else(PoisonError::into_inner).version.clone()
    }

    fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    fn url(&self, segments: &[&str]) -> Result<Url, Error> {
        http::join(self.base_url(), segments)
    }

    /// Sends a request of the API with the key, and waits for the head of its answer.
    async fn send(&self, request: RequestBuilder, wait: Duration) -> Result<Response, Error> {
        let request = request.bearer_auth(self.inner.connection.key.expose());
        let response = self.send_bare(request, wait).await?;
        if let Some(version) = probe::version(response.headers()) {
            self.learn_version(&version);
        }
        Ok(response)
    }

    /// Sends a request without the key.
    async fn send_bare(&self, request: RequestBuilder, wait: Duration) -> Result<Response, Error> {
        http::send(request, wait, &self.inner.proxies, self.limits()).await
    }

    /// Passes a 2xx answer on; everything else is a refusal.
    async fn accept(&self, response: Response) -> Result<Response, Error> {
        match http::accept(response, self.limits()).await {
            Err(Error::Status { status: 401, code: Some(code), message, retry_after, reason: None, raw })
                if self.inner.connection.key.is_for_datasets() =>
            {
                let reason = Some(Reason::KnowledgeKey);
                Err(Error::Status { status: 401, code: Some(code), message, retry_after, reason, raw })
            }
            result => result,
        }
        .map_err(|error| self.without_key(error))
    }

    fn without_key(&self, error: Error) -> Error {
        error.without(self.inner.connection.key.expose())
    }

    /// Reads a JSON answer.
    async fn json(&self, response: Response, what: &'static str) -> Result<Value, Error> {
        let response = self.accept(response).await?;
        http::json(response, what, self.limits()).await.map_err(|error| self.without_key(error))
    }

    /// GET of a small JSON answer.
    async fn get_json(&self, path: &[&str], query: &[(&str, &str)], what: &'static str) -> Result<Value, Error> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.inner.http.get(url).header(header::ACCEPT, "application/json");
        let response = self.send(request, self.limits().answer).await?;
        self.json(response, what).await
    }

    /// POST of JSON, for a small JSON answer.
    async fn post_json(&self, path: &[&str], body: &Value, what: &'static str) -> Result<Value, Error> {
        let request = self.inner.http.post(self.url(path)?).header(header::ACCEPT, "application/json").json(body);
        let response = self.send(request, self.limits().answer).await?;
        self.json(response, what).await
    }
}
