//! The generations of the API that the server can speak, and since when each part of it exists.
//!
//! A generation is one of the API's documents (api.md §1), the server that was recorded (server-1.12.1.md), or what
//! servers do today. What a document shows is believed; where it says nothing, what servers of its time did.

use std::fmt;
use std::str::FromStr;

/// In order of age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Documents of spring 2024: run, stop, parameters; pictures are the only files.
    Spring2024,
    /// Documents of November 2024: run detail with dates in words, logs, files of all kinds, iterations.
    Autumn2024,
    /// Documents of mid 2025, a server of 1.4: /site, `text_chunk`, loops, retries, an agent's log.
    Mid2025,
    /// The newest document, a server of 1.11: runs of a version, trace ids, checkboxes, JSON objects.
    Late2025,
    /// The 1.12.1 server whose answers were recorded, field by field.
    Recorded,
    /// 1.16: resume, human input, warnings, thoughts beside the text.
    #[default]
    Today,
}

/// What exists from some generation on; older ones answer 404, or leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `/workflows/run/{id}`
    RunDetail,
    Logs,
    /// The logs' filters by creator.
    LogsByCreator,
    /// The logs' filters by date.
    LogsByDate,
    Info,
    Site,
    Meta,
    /// `/workflows/{id}/run`
    RunVersion,
    /// `/text-to-audio` and `/audio-to-text`
    Speech,
    /// `GET /v1/`
    Root,
    /// `/workflow/{id}/events`, and everything about people who are asked.
    Resume,
    EndUsers,
    /// `/workflows/tasks/{id}/stop`; before, the document says `/workflows/{id}/stop`.
    TaskStop,
}

impl Part {
    fn since(self) -> Generation {
        match self {
            Self::RunDetail | Self::Logs | Self::TaskStop => Generation::Autumn2024,
            Self::Info | Self::Site => Generation::Mid2025,
            Self::RunVersion | Self::LogsByCreator => Generation::Late2025,
            Self::Meta | Self::Speech | Self::LogsByDate => Generation::Recorded,
            Self::Root | Self::Resume | Self::EndUsers => Generation::Today,
        }
    }
}

impl Generation {
    pub const ALL: [Self; 6] =
        [Self::Spring2024, Self::Autumn2024, Self::Mid2025, Self::Late2025, Self::Recorded, Self::Today];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spring2024 => "2024-spring",
            Self::Autumn2024 => "2024-11",
            Self::Mid2025 => "2025-06",
            Self::Late2025 => "2025-12",
            Self::Recorded => "1.12.1",
            Self::Today => "today",
        }
    }

    /// What is particular about it, for a list.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Spring2024 => "no version header, no run detail, no logs; `message` events; pictures only",
            Self::Autumn2024 => "dates in words, parallel branches, files of all kinds, tts events after every run",
            Self::Mid2025 => "1.4: /info, /site, `text_chunk`, loops, retries, parallel branches",
            Self::Late2025 => "1.11, the newest document: runs of a version, checkboxes, JSON objects",
            Self::Recorded => "1.12.1 as recorded, its oddities included",
            Self::Today => "1.16: resume, human input, warnings, thoughts",
        }
    }

    /// `X-Version`; servers before 1.0 sent none.
    pub(super) fn version(self) -> Option<&'static str> {
        match self {
            Self::Spring2024 | Self::Autumn2024 => None,
            Self::Mid2025 => Some("1.4.3"),
            Self::Late2025 => Some("1.11.1"),
            Self::Recorded => Some("1.12.1"),
            Self::Today => Some("1.16.0"),
        }
    }

    pub(super) fn has(self, part: Part) -> bool {
        self >= part.since()
    }

    /// Whether its editor knew this type of control (api.md §2).
    pub(super) fn has_control(self, kind: &str) -> bool {
        let since = match kind {
            "text-input" | "paragraph" | "select" | "number" | "external_data_tool" => Self::Spring2024,
            "file" | "file-list" => Self::Autumn2024,
            "checkbox" | "json_object" => Self::Late2025,
            // Types that do not exist yet are sent by nobody but the newest.
            _ => Self::Today,
        };
        self >= since
    }

    /// Branches were numbered and announced until the engine of 1.9 (api.md §3.2).
    pub(super) fn has_branches(self) -> bool {
        matches!(self, Self::Autumn2024 | Self::Mid2025)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Generation {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|generation| generation.name() == word).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("There is no generation {word:?}; there are {names}.")
        })
    }
}
