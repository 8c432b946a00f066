//! A sound on the disk that may still grow: written as it arrives, read from there while it plays. Memory holds where
//! its parts and frames are (`state`), never the sound itself; `reader` waits for what has not arrived.

mod reader;
mod state;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::mp3::Frames;
use crate::dify::SpeechKind;
pub use reader::PartReader;
pub use state::Part;
use state::State;

/// More than that is not kept of one sound: speech of nine hours, at 32 kbit/s.
pub const LARGEST: u64 = 128 * 1024 * 1024;
/// What arrived at one time: a whole stream, or the sound of one piece of text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Piece {
    pub at: u64,
    pub bytes: u64,
    /// The extension that its kind has.
    pub format: String,
}

#[derive(Debug)]
pub struct Track {
    pub path: PathBuf,
    state: Mutex<State>,
    grew: Condvar,
}

/// Why not all that came is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk does not take it.
    NotKept {
        full: bool,
    },
    TooMuch,
    /// It is no sound.
    Broken,
    /// Sound that nothing here can play.
    UnknownKind,
}

/// As far as a track is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    pub seconds: f64,
    pub bytes: u64,
    pub closed: bool,
    pub trouble: Option<Trouble>,
}

impl Track {
    /// A new file, in place of whatever has the name.
    pub fn create(path: PathBuf) -> io::Result<Arc<Self>> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let writer = File::create(&path)?;
        let state = State { writer: Some(writer), ..State::default() };
        Ok(Arc::new(Self { path, state: Mutex::new(state), grew: Condvar::new() }))
    }

    /// A file that is there, to be played, and to be gone on with unless `closed`. Bytes behind the last piece are of
    /// one that did not arrive whole.
    pub fn open(path: PathBuf, pieces: Vec<Piece>, closed: bool) -> io::Result<Arc<Self>> {
        let length = std::fs::metadata(&path)?.len();
        let known = pieces.iter().map(|piece| piece.at + piece.bytes).max().unwrap_or(0);
        let writer = if closed {
            None
        } else {
            let file = File::options().write(true).open(&path)?;
            file.set_len(known.min(length))?;
            Some(file)
        };
        let mut state = State { writer, bytes: known.min(length), closed, ..State::default() };
        if let Some(writer) = &mut state.writer {
            writer.seek(SeekFrom::End(0))?;
        }
        let mut file = File::open(&path)?;
        for piece in pieces {
            let end = (piece.at + piece.bytes).min(length);
            let kind = kind_of(&piece.format);
            if piece.at >= end {
                // The server had nothing to say there.
                state.pieces.push(piece);
                continue;
            }
            if kind == SpeechKind::Mp3 {
                file.seek(SeekFrom::Start(piece.at))?;
                let mut frames = Frames::default();
                let mut left = (&mut file).take(end - piece.at);
                let mut buffer = vec![0; 64 * 1024];
                loop {
                    let read = left.read(&mut buffer)?;
                    frames.push(&buffer[..read], read == 0, |found| state.note(piece.at, found));
                    if read == 0 {
                        break;
                    }
                }
            } else {
                let seconds = super::decode::seconds_of(&path, piece.at, end, kind);
                state.measured(piece.at, end, kind, seconds);
            }
            state.pieces.push(piece);
        }
        Ok(Arc::new(Self { path, state: Mutex::new(state), grew: Condvar::new() }))
    }

    /// Any sound file, whatever it is called.
    pub fn file(path: &Path) -> io::Result<Arc<Self>> {
        let mut first = [0; 16];
        let mut file = File::open(path)?;
        let read = file.read(&mut first)?;
        let bytes = file.metadata()?.len();
        let Some(kind) = SpeechKind::of(&first[..read]) else {
            let state = State { closed: true, bytes, trouble: Some(Trouble::Broken), ..State::default() };
            return Ok(Arc::new(Self { path: path.to_owned(), state: Mutex::new(state), grew: Condvar::new() }));
        };
        let track =
            Self::open(path.to_owned(), vec![Piece { at: 0, bytes, format: extension(kind).to_owned() }], true)?;
        if track.state().parts.is_empty() {
            track.state().trouble = Some(Trouble::Broken);
        }
        Ok(track)
    }

    /// Who is to hear that it has grown, or ended.
    pub fn tells(&self, tell: impl Fn() + Send + 'static) {
        self.state().tell = Some(Box::new(tell));
    }

    /// The next bytes of the stream.
    pub fn push(&self, bytes: &[u8]) {
        let mut state = self.state();
        if state.closed || state.trouble.is_some() {
            return;
        }
        if state.bytes + bytes.len() as u64 > LARGEST {
            state.trouble = Some(Trouble::TooMuch);
        } else if let Err(error) = state.write(bytes) {
            state.trouble = Some(not_kept(&error));
        } else {
            state.streamed(bytes, false);
        }
        self.tell(state);
    }

    /// A whole piece, such as the sound of a few sentences.
    pub fn push_piece(&self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut state = self.state();
        let at = state.bytes;
        if bytes.is_empty() {
            // The server has nothing to say there.
            state.pieces.push(Piece { at, bytes: 0, format: extension(SpeechKind::Mp3).to_owned() });
            return Ok(());
        }
        let Some(kind) = SpeechKind::of(bytes) else { return Err(Trouble::Broken) };
        if at + bytes.len() as u64 > LARGEST {
            state.trouble = Some(Trouble::TooMuch);
            self.tell(state);
            return Err(Trouble::TooMuch);
        }
        if let Err(error) = state.write(bytes) {
            // What was written of it is not sound that can be gone on behind.
            let _ = state.writer.as_mut().map(|writer| writer.set_len(at).and_then(|()| writer.seek(SeekFrom::End(0))));
            state.bytes = at;
            return Err(not_kept(&error));
        }
        let end = state.bytes;
        if kind == SpeechKind::Mp3 {
            let before = state.parts.len();
            let mut frames = Frames::default();
            frames.push(bytes, true, |found| state.note(at, found));
            if state.parts.len() == before {
                let _ =
                    state.writer.as_mut().map(|writer| writer.set_len(at).and_then(|()| writer.seek(SeekFrom::End(0))));
                state.bytes = at;
                return Err(Trouble::Broken);
            }
        } else {
            drop(state);
            let seconds = super::decode::seconds_of(&self.path, at, end, kind);
            state = self.state();
            state.measured(at, end, kind, seconds);
        }
        state.pieces.push(Piece { at, bytes: bytes.len() as u64, format: extension(kind).to_owned() });
        self.tell(state);
        Ok(())
    }

    /// Nothing more comes. Takes a while for kinds that tell their length only when they are decoded; nobody who looks
    /// at the track waits for that.
    pub fn close(&self) {
        let unmeasured = {
            let mut state = self.state();
            if state.closed {
                return;
            }
            state.streamed(&[], true);
            let stream = state.stream.as_ref();
            stream
                .and_then(|stream| Some((stream.at, state.bytes, stream.kind.filter(|kind| *kind != SpeechKind::Mp3)?)))
        };
        let seconds = unmeasured.and_then(|(at, end, kind)| super::decode::seconds_of(&self.path, at, end, kind));
        let mut state = self.state();
        if state.closed {
            return;
        }
        state.closed = true;
        state.writer = None;
        if let Some(stream) = state.stream.take()
            && let Some(kind) = stream.kind
        {
            let (at, end) = unmeasured.map_or((stream.at, state.bytes), |(at, end, _)| (at, end));
            if kind != SpeechKind::Mp3 {
                state.measured(at, end, kind, seconds);
            }
            state.pieces.push(Piece { at, bytes: end - at, format: extension(kind).to_owned() });
        }
        if state.trouble.is_none() && state.parts.is_empty() && state.bytes > 0 {
            state.trouble = Some(Trouble::Broken);
        }
        self.tell(state);
    }

    pub fn extent(&self) -> Extent {
        let state = self.state();
        Extent {
            seconds: state.parts.iter().map(|part| part.seconds).sum(),
            bytes: state.bytes,
            closed: state.closed,
            trouble: state.trouble,
        }
    }

    pub fn pieces(&self) -> Vec<Piece> {
        self.state().pieces.clone()
    }

    /// The extension of its kind, once that is known.
    pub fn format(&self) -> Option<&'static str> {
        let state = self.state();
        let kind = state.pieces.first().map(|piece| kind_of(&piece.format));
        kind.or_else(|| state.stream.as_ref()?.kind).map(extension)
    }

    /// Whether its bytes are one sound file as they stand, or nothing better can be made of them.
    pub fn is_saved_as_it_is(&self) -> bool {
        let state = self.state();
        state.trouble == Some(Trouble::UnknownKind)
            || state.pieces.len() <= 1
            || state.pieces.iter().all(|piece| kind_of(&piece.format) == SpeechKind::Mp3)
    }

    /// The extension it is saved under; `None` while there is nothing to save.
    pub fn saved_as(&self) -> Option<&'static str> {
        let format = self.format().filter(|_| self.extent().bytes > 0)?;
        Some(if self.is_saved_as_it_is() { format } else { "wav" })
    }

    /// The part that a moment falls into, with the seconds before it.
    pub fn part_at(&self, seconds: f64) -> (usize, f64) {
        let state = self.state();
        let mut before = 0.0;
        for (place, part) in state.parts.iter().enumerate() {
            if seconds < before + part.seconds || place + 1 == state.parts.len() {
                return (place, before);
            }
            before += part.seconds;
        }
        (0, 0.0)
    }

    /// Part number `place`, as soon as it is there; `None` when there is none to come, or nobody wants it any more.
    pub fn wait_for_part(&self, place: usize, cancelled: &AtomicBool) -> Option<Part> {
        let mut state = self.state();
        loop {
            if cancelled.load(Ordering::Acquire) {
                return None;
            }
            if let Some(part) = state.parts.get(place) {
                return Some(part.clone());
            }
            if state.closed || state.trouble.is_some() {
                return None;
            }
            state = self.grew.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Reads part number `place` from `from` on, waiting for bytes that have not arrived.
    pub fn reader(self: &Arc<Self>, place: usize, from: u64, cancelled: &Arc<AtomicBool>) -> io::Result<PartReader> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(from))?;
        let (track, cancelled) = (Arc::clone(self), Arc::clone(cancelled));
        Ok(PartReader { track, file, place, from, at: from, cancelled })
    }

    /// Whoever waits looks again.
    pub fn wake(&self) {
        drop(self.state());
        self.grew.notify_all();
    }

    fn tell(&self, state: MutexGuard<'_, State>) {
        self.grew.notify_all();
        if let Some(tell) = &state.tell {
            tell();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_kept(error: &io::Error) -> Trouble {
    tracing::warn!("a sound could not be written: {}", error.kind());
    Trouble::NotKept { full: matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) }
}

const EXTENSIONS: [(SpeechKind, &str); 7] = [
    (SpeechKind::Mp3, "mp3"),
    (SpeechKind::Wav, "wav"),
    (SpeechKind::Ogg, "ogg"),
    (SpeechKind::Flac, "flac"),
    (SpeechKind::Aac, "aac"),
    (SpeechKind::Mp4, "m4a"),
    (SpeechKind::Webm, "webm"),
];

pub fn extension(kind: SpeechKind) -> &'static str {
    EXTENSIONS.iter().find(|(known, _)| *known == kind).map_or("bin", |(_, extension)| extension)
}

fn kind_of(extension: &str) -> SpeechKind {
    EXTENSIONS.iter().find(|(_, known)| *known == extension).map_or(SpeechKind::Other, |(kind, _)| *kind)
}

#[cfg(test)]
mod tests;
