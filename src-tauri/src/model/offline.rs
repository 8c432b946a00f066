//! Whether servers can be reached, as far as requests have told: nobody asks only to know.

use serde::{Deserialize, Serialize};

use super::{Millis, app::AppId};

/// No server at all can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Offline {
    /// When the first request failed that no other has succeeded after.
    pub since: Millis,
}

/// An app whose server cannot be reached, while others perhaps can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Away {
    pub app_id: AppId,
    pub since: Millis,
}

/// How the last request to a server ended, as far as the way to it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// It answered, whatever it said.
    Reached,
    /// Its computer said that no server is there: so there is a network.
    Refused,
    /// Nothing came back within the time.
    Silent,
    /// Its name is not known, no way leads there, or the proxy is not there.
    NoWay,
}

/// What is known of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub contact: Contact,
    /// Of the contact: the first of those that are alike, where it failed.
    pub since: Millis,
    /// This computer itself, which is there without a network.
    pub is_here: bool,
}

/// Since when no server can be reached; `None`: one can, or nobody knows. `routed`: this computer has a way out.
///
/// One server that does not answer is not the network: its own name may be gone, or its way be closed. Without a way
/// out of this computer nothing else need be asked, and where there are several servers all of them must fail.
pub fn offline_since(servers: &[Heard], routed: bool) -> Option<Millis> {
    let far: Vec<&Heard> = servers.iter().filter(|server| !server.is_here).collect();
    let failed = |server: &&&Heard| matches!(server.contact, Contact::Silent | Contact::NoWay);
    // A refusal is an answer of the network.
    if far.is_empty() || far.iter().filter(failed).count() < far.len() {
        return None;
    }
    let sure = !routed || far.len() > 1 || far.iter().any(|server| server.contact == Contact::NoWay);
    sure.then(|| far.iter().map(|server| server.since).min()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(contact: Contact, since: Millis) -> Heard {
        Heard { contact, since, is_here: false }
    }

    #[test]
    fn one_server_that_is_away_is_not_the_network() {
        use Contact::*;
        let here = |contact| Heard { is_here: true, ..heard(contact, 1) };
        for (servers, routed, since, why) in [
            (vec![], true, None, "nobody was asked"),
            (vec![], false, None, "and nobody wants to ask"),
            (vec![heard(NoWay, 5)], true, Some(5), "its name is not known: names are asked of the network"),
            (vec![heard(Silent, 5)], true, None, "it may be switched off"),
            (vec![heard(Silent, 5)], false, Some(5), "there is no way out"),
            (vec![heard(Refused, 5)], false, None, "somebody said that it is not there"),
            (vec![heard(Reached, 5)], false, None, "it answered, whatever the routes say"),
            (vec![heard(NoWay, 9), heard(Reached, 2)], true, None, "another one answered"),
            (vec![heard(NoWay, 9), heard(Silent, 7)], true, Some(7), "none of them answers"),
            (vec![heard(Silent, 9), heard(Silent, 7)], true, Some(7), "none of them answers"),
            (vec![heard(Silent, 9), heard(Refused, 7)], true, None, "one is switched off, one is stopped"),
            (vec![here(Refused)], false, None, "this computer is no network"),
            (vec![here(Reached), heard(NoWay, 3)], true, Some(3), "and proves none"),
        ] {
            assert_eq!(offline_since(&servers, routed), since, "{why}: {servers:?}");
        }
    }
}
