//! What servers of different ages can do: one table, and the pure rule that judges a server by it.
//!
//! An answer proves, a version only hints (api.md §11): forks and gateways say what they like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Something that not every server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Capability {
    Upload,
    RunDetail,
    ServerLog,
    AppInfo,
    Site,
    ToolIcons,
    TraceId,
    RunVersion,
    /// A run goes on when its stream is lost, and its end can be asked for.
    SteadyRuns,
    TextToAudio,
    AudioToText,
    EndUsers,
    ResumeStream,
    HumanInput,
}

/// How it is found out whether a server can do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// This path, asked with GET, below the base address; [`ANY_ID`] stands for an id nobody has. "No such path"
    /// is a no; "no such thing", "wrong method" and every other refusal are a yes, and nothing is ever started.
    Path(&'static [&'static str]),
    /// Nothing on the wire shows it.
    Version,
}

/// An id that is sound and that no server has given out.
pub const ANY_ID: &str = "00000000-0000-4000-8000-000000000000";

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub capability: Capability,
    /// The first version, major and minor.
    pub since: (u32, u32),
    /// `false`: known to within [`ABOUT`] minor versions only.
    pub exact: bool,
    pub found_by: FoundBy,
}

/// Minor versions by which an inexact `since` may be wrong (api.md §10).
const ABOUT: u32 = 2;

const fn row(capability: Capability, since: (u32, u32), exact: bool, found_by: FoundBy) -> Row {
    Row { capability, since, exact, found_by }
}

/// Every capability, since when, and how it is found out (api.md §1.1 and §11), in the order it is shown.
pub const TABLE: [Row; 14] = [
    row(Capability::Upload, (0, 6), false, FoundBy::Path(&["files", "upload"])),
    row(Capability::RunDetail, (0, 9), false, FoundBy::Path(&["workflows", "run", ANY_ID])),
    row(Capability::ServerLog, (0, 9), false, FoundBy::Path(&["workflows", "logs"])),
    row(Capability::SteadyRuns, (1, 9), true, FoundBy::Version),
    row(Capability::AppInfo, (1, 1), false, FoundBy::Path(&["info"])),
    row(Capability::Site, (1, 4), true, FoundBy::Path(&["site"])),
    row(Capability::ToolIcons, (0, 6), false, FoundBy::Path(&["meta"])),
    row(Capability::TraceId, (1, 7), false, FoundBy::Version),
    row(Capability::RunVersion, (1, 8), false, FoundBy::Path(&["workflows", ANY_ID, "run"])),
    row(Capability::TextToAudio, (0, 6), false, FoundBy::Path(&["text-to-audio"])),
    row(Capability::AudioToText, (0, 6), false, FoundBy::Path(&["audio-to-text"])),
    row(Capability::ResumeStream, (1, 14), true, FoundBy::Path(&["workflow", ANY_ID, "events"])),
    row(Capability::HumanInput, (1, 14), true, FoundBy::Path(&["form", "human_input", ANY_ID])),
    row(Capability::EndUsers, (1, 13), true, FoundBy::Path(&["end-users", ANY_ID])),
];

/// Whether a server can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Support {
    Yes,
    No,
    NotKnown,
}

/// What the judgement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum KnownBy {
    /// The server answered, or said that it has no such path: a proof.
    Answer,
    /// The version it gives: a hint.
    Version,
    Nothing,
}

/// Why a server cannot do something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Missing {
    /// It is older than the version that brought it, such as `1.14`.
    Older { since: String, exact: bool },
    /// It is new enough: a gateway hides it, or its owner has taken it out.
    NotOffered,
}

/// A server judged by one line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Ability {
    pub capability: Capability,
    pub support: Support,
    pub known_by: KnownBy,
    /// With [`Support::No`] only.
    pub missing: Option<Missing>,
}

/// What a server has shown of itself; stored with each app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerFacts {
    /// As it says itself, such as `1.12.1`.
    pub version: Option<String>,
    /// Which paths were seen to be there (`true`), and which not.
    pub paths: BTreeMap<Capability, bool>,
}

impl ServerFacts {
    pub fn learn(&mut self, capability: Capability, is_there: bool) {
        self.paths.insert(capability, is_there);
    }

    /// A server of another version is another server: what was seen before proves nothing any more.
    pub fn learn_version(&mut self, version: &str) {
        if self.version.as_deref() != Some(version) {
            self.paths.clear();
            self.version = Some(version.to_owned());
        }
    }

    /// Judges the server by one line of the table.
    pub fn ability(&self, capability: Capability) -> Ability {
        // The table is tested to be complete.
        TABLE.iter().find(|row| row.capability == capability).map_or(
            Ability { capability, support: Support::NotKnown, known_by: KnownBy::Nothing, missing: None },
            |row| self.judge(row),
        )
    }

    fn judge(&self, row: &Row) -> Ability {
        let version = self.version.as_deref().and_then(major_minor);
        // Near an inexact beginning a version says nothing.
        let new_enough =
            version.filter(|version| row.exact || !is_about(*version, row.since)).map(|version| version >= row.since);
        let (support, known_by) = match (self.paths.get(&row.capability), new_enough) {
            (Some(true), _) => (Support::Yes, KnownBy::Answer),
            (Some(false), _) => (Support::No, KnownBy::Answer),
            (None, Some(true)) => (Support::Yes, KnownBy::Version),
            (None, Some(false)) => (Support::No, KnownBy::Version),
            (None, None) => (Support::NotKnown, KnownBy::Nothing),
        };
        let missing = (support == Support::No).then(|| match new_enough {
            Some(true) => Missing::NotOffered,
            // Servers that give no version are the oldest.
            // Where nobody knows since when, no server is older.
            _ if row.since <= (0, 6) => Missing::NotOffered,
            _ => Missing::Older { since: format!("{}.{}", row.since.0, row.since.1), exact: row.exact },
        });
        Ability { capability: row.capability, support, known_by, missing }
    }

    /// The whole table.
    pub fn abilities(&self) -> Vec<Ability> {
        TABLE.iter().map(|row| self.judge(row)).collect()
    }
}

/// So near to `since` that an inexact one says nothing.
fn is_about(version: (u32, u32), since: (u32, u32)) -> bool {
    // 1.0 came right after 0.15.
    let place =
        |(major, minor): (u32, u32)| if major == 0 { minor } else { major.saturating_mul(16).saturating_add(minor) };
    place(version).abs_diff(place(since)) <= ABOUT
}

/// `1.12.1`, `v1.14.0-rc1`, `0.6` to major and minor.
pub fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim().trim_start_matches(['v', 'V']).split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(version: &str) -> ServerFacts {
        ServerFacts { version: Some(version.into()), ..ServerFacts::default() }
    }

    #[test]
    fn the_table_names_every_capability_once() {
        let mut named: Vec<_> = TABLE.iter().map(|row| row.capability).collect();
        named.sort();
        named.dedup();
        assert_eq!(named.len(), TABLE.len(), "one line each");
        assert_eq!(at("1.0.0").abilities().len(), TABLE.len(), "and one judgement each");
    }

    #[test]
    fn a_version_hints_and_near_an_uncertain_beginning_it_says_nothing() {
        for (version, capability, support) in [
            ("1.14.0", Capability::ResumeStream, Support::Yes),
            ("1.14.0-rc1", Capability::ResumeStream, Support::Yes),
            ("v1.13.9", Capability::ResumeStream, Support::No),
            ("1.12.1", Capability::SteadyRuns, Support::Yes),
            ("1.8.2", Capability::SteadyRuns, Support::No),
            ("1.12.1", Capability::RunVersion, Support::Yes),
            ("1.8.0", Capability::RunVersion, Support::NotKnown),
            ("1.6.0", Capability::RunVersion, Support::NotKnown),
            ("1.10.0", Capability::RunVersion, Support::NotKnown),
            ("1.5.1", Capability::RunVersion, Support::No),
            ("0.15.3", Capability::AppInfo, Support::NotKnown),
            ("0.6.2", Capability::AppInfo, Support::No),
            ("nightly", Capability::Site, Support::NotKnown),
            ("4294967295.4294967295", Capability::Site, Support::Yes),
        ] {
            assert_eq!(at(version).ability(capability).support, support, "{version} {capability:?}");
        }
        assert_eq!(ServerFacts::default().ability(Capability::Site).support, Support::NotKnown, "no version, no hint");
    }

    #[test]
    fn an_answer_outweighs_the_version_until_the_version_changes() {
        let mut facts = at("1.14.0");
        facts.learn(Capability::ResumeStream, false);
        let judged = facts.ability(Capability::ResumeStream);
        assert_eq!((judged.support, judged.known_by), (Support::No, KnownBy::Answer), "a gateway hides the path");
        assert_eq!(judged.missing, Some(Missing::NotOffered), "and not the server's age");
        facts.learn_version("1.14.0");
        assert_eq!(facts.ability(Capability::ResumeStream).support, Support::No, "still the same server");
        facts.learn_version("1.14.1");
        let judged = facts.ability(Capability::ResumeStream);
        assert_eq!((judged.support, judged.known_by), (Support::Yes, KnownBy::Version), "it may have been mended");
        let mut silent = ServerFacts::default();
        silent.learn(Capability::ResumeStream, false);
        silent.learn_version("1.14.0");
        assert_eq!(silent.ability(Capability::ResumeStream).support, Support::Yes, "brought up from before versions");
    }

    #[test]
    fn what_is_missing_is_explained_by_the_version_that_brought_it() {
        let older = |since: &str, exact| Some(Missing::Older { since: since.into(), exact });
        assert_eq!(at("1.12.1").ability(Capability::ResumeStream).missing, older("1.14", true), "too old");
        let mut silent = ServerFacts::default();
        silent.learn(Capability::RunVersion, false);
        assert_eq!(silent.ability(Capability::RunVersion).missing, older("1.8", false), "the oldest give no version");
        assert_eq!(at("1.14.0").ability(Capability::ResumeStream).missing, None, "nothing is missing");
    }
}
