//! Reads a part of a track while it may still grow.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{State, Track};

/// Reads one part; blocks until there is something to read.
pub struct PartReader {
    pub(super) track: Arc<Track>,
    pub(super) file: File,
    pub(super) place: usize,
    pub(super) from: u64,
    pub(super) at: u64,
    pub(super) cancelled: Arc<AtomicBool>,
}

impl PartReader {
    fn end(&self, state: &State) -> u64 {
        state.parts.get(self.place).and_then(|part| part.end).unwrap_or(state.bytes)
    }
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = {
            let mut state = self.track.state();
            loop {
                if self.cancelled.load(Ordering::Acquire) {
                    return Ok(0);
                }
                let end = self.end(&state);
                let grows = state.parts.get(self.place).is_none_or(|part| part.end.is_none());
                if self.at < end || !grows || state.closed || state.trouble.is_some() {
                    break end;
                }
                state = self.track.grew.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let room = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..room])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for PartReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.end(&self.track.state());
        let target = match to {
            SeekFrom::Start(at) => Some(self.from.saturating_add(at)),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => end.checked_add_signed(by),
        };
        let target = target.filter(|at| *at >= self.from).ok_or(io::ErrorKind::InvalidInput)?;
        self.at = self.file.seek(SeekFrom::Start(target))?;
        Ok(self.at - self.from)
    }
}
