//! Learns what a server can do from its answers: which paths it has, and which version it says it is.

use std::{sync::PoisonError, time::Duration};

use futures_util::{StreamExt, stream};
use reqwest::header;

use super::{Client, error::Error, http};
use crate::model::capability::{Ability, Capability, FoundBy, ServerFacts, TABLE};

/// Questions under way at once: a server of one worker has others to serve.
const AT_ONCE: usize = 3;
/// For all questions together: nobody waits long for a list of abilities.
const ENOUGH: Duration = Duration::from_secs(5);

impl Client {
    /// What the server has shown of itself so far.
    pub fn facts(&self) -> ServerFacts {
        self.inner.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over what was learnt in an earlier session.
    pub fn remember(&self, facts: ServerFacts) {
        *self.inner.facts.lock().unwrap_or_else(PoisonError::into_inner) = facts;
    }

    /// Whether the server can do this, as far as it is known now.
    pub fn ability(&self, capability: Capability) -> Ability {
        self.inner.facts.lock().unwrap_or_else(PoisonError::into_inner).ability(capability)
    }

    /// Asks for every path of the table that is not known to be there: what is missing may have been mended. Nothing is started or stored at the server, and
    /// nothing fails: what gives no clear answer stays unknown.
    pub async fn explore(&self) {
        let facts = self.facts();
        let asked = TABLE.iter().filter_map(|row| match row.found_by {
            FoundBy::Path(path) if facts.paths.get(&row.capability) != Some(&true) => Some((row.capability, path)),
            _ => None,
        });
        let all = stream::iter(asked).for_each_concurrent(AT_ONCE, |(capability, path)| async move {
            if let Some(is_there) = self.is_there(path).await {
                self.learn(capability, is_there);
            }
        });
        // What was learnt until then stays.
        let _ = tokio::time::timeout(ENOUGH, all).await;
    }

    async fn is_there(&self, path: &[&str]) -> Option<bool> {
        let mut url = self.url(path).ok()?;
        url.query_pairs_mut().append_pair("user", self.user()).append_pair("limit", "1");
        let request = self.inner.http.get(url).header(header::ACCEPT, "application/json");
        let response = self.send(request, self.limits().answer).await.ok()?;
        if response.status().is_success() {
            return Some(true);
        }
        match http::refusal(response, self.limits()).await {
            // Another method is right there.
            error if error.status() == Some(405) => Some(true),
            error => self.verdict(&error),
        }
    }

    /// Passes the result of a call on, and learns from it whether its path is there.
    pub(super) fn observe<T>(&self, capability: Capability, result: Result<T, Error>) -> Result<T, Error> {
        let is_there = match &result {
            Ok(_) => Some(true),
            Err(error) => self.verdict(error),
        };
        if let Some(is_there) = is_there {
            self.learn(capability, is_there);
        }
        result
    }

    /// What a refusal tells of the path that was called.
    fn verdict(&self, error: &Error) -> Option<bool> {
        match error {
            // A page in the way of a server that always gives its version: not the server's own word.
            Error::NotDify { .. } if self.server_version().is_some() => None,
            error if error.is_unknown_path() => Some(false),
            // Refused in the API's own words, by whoever stands behind that path.
            Error::Status { status: 400 | 403 | 404 | 412 | 413 | 415, code: Some(_), .. } => Some(true),
            _ => None,
        }
    }

    pub(super) fn learn_version(&self, version: &str) {
        self.inner.facts.lock().unwrap_or_else(PoisonError::into_inner).learn_version(version);
    }

    fn learn(&self, capability: Capability, is_there: bool) {
        self.inner.facts.lock().unwrap_or_else(PoisonError::into_inner).learn(capability, is_there);
    }
}

impl Error {
    /// The server has no such path at all. Its router says so with a page (server-1.12.1.md §1), where a missing
    /// run, workflow or form is refused in the API's envelope, with a code.
    pub fn is_unknown_path(&self) -> bool {
        match self {
            Self::NotDify { status, .. } => matches!(status, 404 | 405),
            Self::Status { status: 405, .. } => true,
            Self::Status { status: 404, code, message, .. } => {
                code.is_none() || message.starts_with("The requested URL was not found")
            }
            _ => false,
        }
    }
}
