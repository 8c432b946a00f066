//! What is known of a track: its parts, the places to begin from, and how far it is.

use std::{
    fs::File,
    io::{self, Write},
};

use super::{
    super::mp3::{Found, Frames},
    Piece, Trouble,
};
use crate::{dify::SpeechKind, model::content::SIGNATURE};

/// Every so many frames a place to begin from is noted, about twice a second.
const MARK_EVERY: u32 = 16;
/// What has no frame in its first so many bytes is no MP3.
const PATIENCE: u64 = 256 * 1024;

/// A stretch that one decoder reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub start: u64,
    /// `None` while it grows.
    pub end: Option<u64>,
    pub kind: SpeechKind,
    /// Seconds that are there.
    pub seconds: f64,
    /// Places to begin from, with the seconds before them; MP3 only.
    marks: Vec<(u64, f64)>,
    rate: u32,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) writer: Option<File>,
    pub(super) bytes: u64,
    pub(super) parts: Vec<Part>,
    pub(super) pieces: Vec<Piece>,
    /// Of the piece that is arriving as a stream.
    pub(super) stream: Option<Stream>,
    /// Nothing more comes.
    pub(super) closed: bool,
    pub(super) trouble: Option<Trouble>,
    pub(super) tell: Option<Box<dyn Fn() + Send>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("bytes", &self.bytes).field("closed", &self.closed).finish_non_exhaustive()
    }
}

pub(super) struct Stream {
    pub(super) at: u64,
    /// Bytes until the kind is known.
    pub(super) first: Vec<u8>,
    pub(super) kind: Option<SpeechKind>,
    pub(super) frames: Frames,
    pub(super) frames_seen: u32,
}

impl State {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.as_mut().ok_or(io::ErrorKind::ReadOnlyFilesystem)?.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn streamed(&mut self, bytes: &[u8], last: bool) {
        let at = self.bytes - bytes.len() as u64;
        if self.stream.is_none() && !bytes.is_empty() {
            self.stream = Some(Stream { at, first: Vec::new(), kind: None, frames: Frames::default(), frames_seen: 0 });
        }
        let Some(mut stream) = self.stream.take() else { return };
        let mut bytes = bytes.to_vec();
        if stream.kind.is_none() {
            stream.first.append(&mut bytes);
            if stream.first.len() >= SIGNATURE || last {
                stream.kind = SpeechKind::of(&stream.first);
                if stream.kind.is_none() {
                    self.trouble = Some(Trouble::Broken);
                }
                bytes = std::mem::take(&mut stream.first);
            }
        }
        if stream.kind == Some(SpeechKind::Mp3) {
            stream.frames.push(&bytes, last, |found| {
                stream.frames_seen += u32::from(matches!(found, Found::Frame { .. }));
                self.note(stream.at, found);
            });
            if stream.frames_seen == 0 && self.bytes - stream.at > PATIENCE {
                self.trouble = Some(Trouble::Broken);
            }
        }
        self.stream = Some(stream);
    }

    /// A part of a kind that tells its length only when it is decoded, if it can be.
    pub(super) fn measured(&mut self, at: u64, end: u64, kind: SpeechKind, seconds: Option<f64>) {
        self.parts.push(Part::whole(at, end, kind, seconds.unwrap_or(0.0)));
        // One piece without sound among others is a moment of silence.
        if self.parts.iter().any(|part| part.seconds > 0.0) {
            self.trouble = self.trouble.take().filter(|trouble| *trouble != Trouble::UnknownKind);
        } else if seconds.is_none() {
            self.trouble = self.trouble.or(Some(Trouble::UnknownKind));
        }
    }

    pub(super) fn note(&mut self, base: u64, found: Found) {
        match found {
            Found::Begins { at, rate, trim } => {
                let mut part = Part::whole(base + at, 0, SpeechKind::Mp3, -f64::from(trim) / f64::from(rate));
                (part.end, part.rate) = (None, rate);
                self.parts.push(part);
            }
            Found::Frame { at, samples } => {
                let Some(part) = self.parts.last_mut() else { return };
                let seconds = f64::from(samples) / f64::from(part.rate);
                let due = part
                    .marks
                    .last()
                    .is_none_or(|(_, marked)| part.seconds - marked >= f64::from(MARK_EVERY) * seconds - seconds / 2.0);
                if due {
                    part.marks.push((base + at, part.seconds));
                }
                part.seconds += seconds;
            }
            Found::Ends { at } => {
                if let Some(part) = self.parts.last_mut() {
                    part.end = Some(base + at);
                    part.seconds = part.seconds.max(0.0);
                }
            }
        }
    }
}

impl Part {
    pub(super) fn whole(start: u64, end: u64, kind: SpeechKind, seconds: f64) -> Self {
        Self { start, end: Some(end), kind, seconds, marks: Vec::new(), rate: 1 }
    }

    /// Where to begin to read so that sound comes from `seconds` on, and which moment is there. A little early: frames
    /// lean on those before them.
    pub fn begin(&self, seconds: f64) -> (u64, f64) {
        let early = seconds - 0.2;
        match self.marks.iter().rev().find(|(_, at)| *at <= early) {
            // From the beginning the decoder reads what the file says of itself.
            Some(&(at, moment)) if Some(&(at, moment)) != self.marks.first() => (at, moment),
            _ => (self.start, 0.0),
        }
    }
}
