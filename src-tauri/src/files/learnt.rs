//! What servers have refused lately, so that the same is said before it is sent again: which extensions their
//! administrator has blocked, and how large a file was that the way to them did not take.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Error;
use crate::{dify, model::failure::Reason};

/// Then it is asked anew: an administrator may have changed it.
const HOLDS: Duration = Duration::from_secs(15 * 60);

/// By the server's address; only for this session.
#[derive(Default)]
pub(super) struct Learnt(Mutex<HashMap<String, Server>>);

#[derive(Default)]
struct Server {
    /// Extensions.
    blocked: HashMap<String, (Instant, dify::Error)>,
    /// The smallest size that a gateway refused.
    limit: Option<(Instant, u64, dify::Error)>,
}

impl Learnt {
    /// What the server would say to such a file, as far as that is known.
    pub(super) fn heed(&self, server: &str, extension: &str, size: u64, now: Instant) -> Option<Error> {
        let mut servers = self.servers();
        let known = servers.get_mut(server)?;
        known.blocked.retain(|_, (at, _)| now.saturating_duration_since(*at) < HOLDS);
        known.limit.take_if(|(at, ..)| now.saturating_duration_since(*at) >= HOLDS);
        if let Some((_, error)) = known.blocked.get(extension) {
            return Some(error.clone().into());
        }
        let (_, refused, error) = known.limit.as_ref().filter(|(_, refused, _)| size >= *refused)?;
        Some(Error::TooLargeOnTheWay { size: *refused, error: error.clone() })
    }

    /// A file of this size and extension was sent, and this is what came of it. Gives the error as it is to be said.
    pub(super) fn refused(&self, server: &str, extension: &str, size: u64, error: dify::Error, now: Instant) -> Error {
        let mut servers = self.servers();
        match error.reason() {
            Some(Reason::FileBlocked) => {
                let known = servers.entry(server.to_owned()).or_default();
                known.blocked.insert(extension.to_owned(), (now, error.clone()));
            }
            Some(Reason::GatewayLimit) => {
                let known = servers.entry(server.to_owned()).or_default();
                let least = known.limit.as_ref().map_or(size, |(_, before, _)| size.min(*before));
                known.limit = Some((now, least, error.clone()));
                return Error::TooLargeOnTheWay { size: least, error };
            }
            _ => {}
        }
        error.into()
    }

    /// The server took such a file.
    pub(super) fn taken(&self, server: &str, extension: &str, size: u64) {
        if let Some(known) = self.servers().get_mut(server) {
            known.blocked.remove(extension);
            known.limit.take_if(|(_, refused, _)| size >= *refused);
        }
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<String, Server>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "https://a/v1";

    fn refusal(status: u16, reason: Reason) -> dify::Error {
        let reason = Some(reason);
        dify::Error::Status { status, code: None, message: String::new(), retry_after: None, reason, raw: None }
    }

    #[test]
    fn a_limit_that_was_met_is_heeded_by_files_as_large_and_no_others() {
        let (learnt, now) = (Learnt::default(), Instant::now());
        assert!(learnt.heed(AT, "pdf", 900, now).is_none(), "nothing is known yet");
        for size in [700, 900] {
            learnt.refused(AT, "pdf", size, refusal(413, Reason::GatewayLimit), now);
        }
        assert!(
            matches!(learnt.heed(AT, "docx", 800, now), Some(Error::TooLargeOnTheWay { size: 700, .. })),
            "whatever its kind, the smallest that was refused counts"
        );
        assert!(learnt.heed(AT, "pdf", 699, now).is_none(), "a smaller one may pass");
        assert!(learnt.heed("https://b/v1", "pdf", 900, now).is_none(), "another server has another way");
        assert!(learnt.heed(AT, "pdf", 900, now + HOLDS).is_none(), "it may have been raised meanwhile");
        learnt.refused(AT, "pdf", 700, refusal(413, Reason::GatewayLimit), now);
        learnt.taken(AT, "pdf", 700);
        assert!(learnt.heed(AT, "pdf", 900, now).is_none(), "it was raised");
    }

    #[test]
    fn a_blocked_extension_is_said_before_the_next_one_is_sent() {
        let (learnt, now) = (Learnt::default(), Instant::now());
        learnt.refused(AT, "exe", 10, refusal(400, Reason::FileBlocked), now);
        assert!(learnt.heed(AT, "exe", 3, now).is_some(), "whatever its size");
        assert!(learnt.heed(AT, "pdf", 3, now).is_none(), "others are not concerned");
        learnt.refused(AT, "pdf", 3, refusal(401, Reason::KeyNotReceived), now);
        assert!(learnt.heed(AT, "pdf", 3, now).is_none(), "other refusals are not about the file");
    }
}
