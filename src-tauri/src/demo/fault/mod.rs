//! Scripted faults: what proxies, networks and servers do to answers, on purpose and the same each time.
//!
//! They exist for tests and for trials by hand. The window starts its demo without options, so no fault can be
//! switched on from there.

mod line;
mod random;
mod script;
mod stream;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub(super) use self::line::{Line, Lines, Outage};
#[cfg(test)]
pub(super) use self::random::first_run_is_spared;
pub use self::random::{Chance, RandomFaults};
pub(super) use self::script::{Script, target_of};

/// One thing that goes wrong, with which requests, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub target: Target,
    /// The first so many matching requests; `None` is all.
    pub times: Option<usize>,
}

impl Fault {
    /// With every run.
    pub fn new(kind: Kind) -> Self {
        Self { kind, target: Target::Run, times: None }
    }

    pub fn on(self, target: Target) -> Self {
        Self { target, ..self }
    }

    pub fn times(self, times: usize) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// Which requests are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Starting a run, of any version.
    Run,
    /// Joining a run again.
    Events,
    Detail,
    Stop,
    Upload,
    Parameters,
    Logs,
    /// Fetching a file by its link.
    File,
    Any,
}

/// What goes wrong. Byte counts are of the answer's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The connection ends, without the mark of an end.
    Cut(usize),
    /// Nothing more comes, and the connection stays open.
    Stall(usize),
    /// The connection is reset (TCP RST).
    Reset(usize),
    /// Cut, and from then on the key is refused everywhere.
    Revoked(usize),
    /// A line that is not JSON, and one that is not even text, between the events.
    Garbage,
    /// Byte by byte, with this pause between two.
    Drip(Duration),
    /// The answer says it is something else.
    ContentType(String),
    /// 429 with the limit in its text, as newer servers say it.
    TooMany(usize),
    /// The same with status 400, as 1.12 says it.
    TooManyAs400(usize),
    /// A proxy's page with this status.
    Page(u16),
    /// The server's envelope with this status.
    Refusal(u16),
    /// An error event once the run has begun, then nothing but pings.
    ErrorThenPings,
    /// The stream ends before `workflow_finished`.
    NoFinish,
    /// Every event twice.
    Duplicate,
    /// Neighbours change places, but nothing follows the end.
    Reorder,
    /// No worker takes the run: pings, for ever.
    OnlyPings,
    /// A proxy gathers the whole answer before it passes it on.
    HeldBack,
    /// A proxy compresses the answer.
    Gzip,
}

/// The words of the command line, each with the value it takes, if any, and what it does.
pub const WORDS: [(&str, &str, &str); 18] = [
    ("cut", "BYTE", "the connection ends after so many bytes of the answer"),
    ("stall", "BYTE", "nothing more comes after so many bytes, and the connection stays open"),
    ("reset", "BYTE", "the connection is reset after so many bytes"),
    ("revoked", "BYTE", "cut after so many bytes, and the key is refused from then on"),
    ("garbage", "", "lines that are not JSON, or not even text, between the events"),
    ("drip", "MILLISECONDS", "byte by byte, with a pause between two"),
    ("content-type", "TYPE", "the answer says it is something else"),
    ("too-many", "LIMIT", "429 with the limit in its text"),
    ("too-many-400", "LIMIT", "the same as 1.12 says it, with status 400"),
    ("page", "STATUS", "a proxy's web page; 200 is possible, too"),
    ("refusal", "STATUS", "the server's envelope with this status"),
    ("error-then-pings", "", "an error event once the run has begun, then nothing but pings"),
    ("no-finish", "", "the stream ends before workflow_finished"),
    ("duplicate", "", "every event twice"),
    ("reorder", "", "neighbouring events change places"),
    ("only-pings", "", "no worker takes the run: pings for ever"),
    ("held-back", "", "a proxy gathers the whole answer before it passes it on"),
    ("gzip", "", "a proxy compresses the answer"),
];

const TARGETS: [(&str, Target); 9] = [
    ("run", Target::Run),
    ("events", Target::Events),
    ("detail", Target::Detail),
    ("stop", Target::Stop),
    ("upload", Target::Upload),
    ("parameters", Target::Parameters),
    ("logs", Target::Logs),
    ("file", Target::File),
    ("any", Target::Any),
];

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, value) = text.split_once('=').map_or((text, None), |(word, value)| (word, Some(value)));
        let Some((_, wanted, _)) = WORDS.iter().find(|(name, ..)| *name == word) else {
            let names = WORDS.map(|(name, ..)| name).join(", ");
            return Err(format!("There is no fault {word:?}; there are {names}."));
        };
        let value = match (value, wanted.is_empty()) {
            (None, true) => "",
            (Some(value), false) if !value.is_empty() => value,
            (Some(_), true) => return Err(format!("The fault {word} takes no value.")),
            _ => return Err(format!("The fault {word} needs a value: {word}={wanted}.")),
        };
        let number = || value.parse::<usize>().map_err(|_| format!("{value:?} in {text:?} is not a whole number."));
        let status = || match value.parse::<u16>() {
            Ok(status @ 200..=599) => Ok(status),
            _ => Err(format!("{value:?} in {text:?} is not an HTTP status from 200 to 599.")),
        };
        Ok(match word {
            "cut" => Self::Cut(number()?),
            "stall" => Self::Stall(number()?),
            "reset" => Self::Reset(number()?),
            "revoked" => Self::Revoked(number()?),
            "garbage" => Self::Garbage,
            "drip" => Self::Drip(Duration::from_millis(number()? as u64)),
            "content-type" => Self::ContentType(value.to_owned()),
            "too-many" => Self::TooMany(number()?),
            "too-many-400" => Self::TooManyAs400(number()?),
            "page" => Self::Page(status()?),
            "refusal" => Self::Refusal(status()?),
            "error-then-pings" => Self::ErrorThenPings,
            "no-finish" => Self::NoFinish,
            "duplicate" => Self::Duplicate,
            "reorder" => Self::Reorder,
            "only-pings" => Self::OnlyPings,
            "held-back" => Self::HeldBack,
            _ => Self::Gzip,
        })
    }
}

/// `KIND[=VALUE][,on=REQUEST][,times=N]`
impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let mut fault = Self::new(parts.next().unwrap_or_default().parse()?);
        for part in parts {
            fault = match part.split_once('=') {
                Some(("on", word)) => {
                    let found = TARGETS.iter().find(|(name, _)| *name == word);
                    let names = || TARGETS.map(|(name, _)| name).join(", ");
                    fault.on(found.ok_or_else(|| format!("There is no request {word:?}; there are {}.", names()))?.1)
                }
                Some(("times", number)) => match number.parse() {
                    Ok(times @ 1..) => fault.times(times),
                    _ => return Err(format!("{number:?} in {text:?} is not a number of times.")),
                },
                _ => return Err(format!("{part:?} in {text:?} is neither on=REQUEST nor times=NUMBER.")),
            };
        }
        Ok(fault)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TARGETS.iter().find(|(_, target)| target == self).map_or("", |(name, _)| name))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Cut(byte) => write!(f, "cut={byte}"),
            Kind::Stall(byte) => write!(f, "stall={byte}"),
            Kind::Reset(byte) => write!(f, "reset={byte}"),
            Kind::Revoked(byte) => write!(f, "revoked={byte}"),
            Kind::Garbage => f.write_str("garbage"),
            Kind::Drip(pause) => write!(f, "drip={}", pause.as_millis()),
            Kind::ContentType(name) => write!(f, "content-type={name}"),
            Kind::TooMany(limit) => write!(f, "too-many={limit}"),
            Kind::TooManyAs400(limit) => write!(f, "too-many-400={limit}"),
            Kind::Page(status) => write!(f, "page={status}"),
            Kind::Refusal(status) => write!(f, "refusal={status}"),
            Kind::ErrorThenPings => f.write_str("error-then-pings"),
            Kind::NoFinish => f.write_str("no-finish"),
            Kind::Duplicate => f.write_str("duplicate"),
            Kind::Reorder => f.write_str("reorder"),
            Kind::OnlyPings => f.write_str("only-pings"),
            Kind::HeldBack => f.write_str("held-back"),
            Kind::Gzip => f.write_str("gzip"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if self.target != Target::Run {
            write!(f, ",on={}", self.target)?;
        }
        if let Some(times) = self.times {
            write!(f, ",times={times}")?;
        }
        Ok(())
    }
}
