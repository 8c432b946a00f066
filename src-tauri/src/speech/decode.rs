//! From a track to samples as the device takes them, on a thread of its own: reading waits for bytes that have not
//! arrived, and whoever feeds the device must never wait.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    time::Duration,
};

use rodio::{Source, decoder::DecoderBuilder};

use super::{
    resample::Resampler,
    stretch::Stretch,
    track::{Part, Track, extension},
};
use crate::dify::SpeechKind;

/// Samples, one per channel in turn.
#[derive(Debug, Default)]
pub struct Block {
    pub samples: Vec<f32>,
    /// The moment of the track its first sample belongs to, in seconds.
    pub at: f64,
    /// Seconds of the track that each frame takes.
    pub step: f64,
}

/// What is to be decoded, and into what.
pub struct Job {
    pub track: Arc<Track>,
    /// Seconds.
    pub from: f64,
    pub speed: f32,
    pub channels: u16,
    pub rate: u32,
    pub cancelled: Arc<AtomicBool>,
}

/// Frames of a block: 20 ms at 48 kHz.
const BLOCK: usize = 960;

/// Seconds before the end in which a decoder may have nothing more: lengths are rounded, and its last frames are padding.
const END: f64 = 0.3;

/// Nobody wants it any more.
struct Unwanted;

impl Job {
    /// Decodes until the end of the track, or until nobody takes it any more. Whether it sounded at all.
    pub fn run(&self, blocks: &SyncSender<Block>) -> bool {
        let mut outlet = Outlet {
            blocks,
            stretch: Stretch::new(self.speed, self.channels, self.rate),
            channels: usize::from(self.channels),
            rate: f64::from(self.rate),
            waiting: Vec::with_capacity(BLOCK * 2),
            at: self.from,
            sounded: false,
        };
        let (mut place, before) = self.track.part_at(self.from);
        let mut within = (self.from - before).max(0.0);
        while let Some(part) = self.track.wait_for_part(place, &self.cancelled) {
            match self.part(place, &part, within, &mut outlet) {
                Ok(()) => {}
                Err(Unwanted) => return outlet.sounded,
            }
            within = 0.0;
            place += 1;
        }
        if !self.cancelled.load(Ordering::Acquire) {
            let _ = outlet.finish();
        }
        outlet.sounded
    }

    /// It began so close to the end of what is there that nothing to hear is no fault.
    pub fn began_at_end(&self) -> bool {
        self.from > 0.0 && self.from + END >= self.track.extent().seconds
    }

    fn part(&self, place: usize, part: &Part, within: f64, outlet: &mut Outlet<'_>) -> Result<(), Unwanted> {
        let (from, mut at) = part.begin(within);
        let Ok(reader) = self.track.reader(place, from, &self.cancelled) else { return Ok(()) };
        let mut builder = DecoderBuilder::new().with_hint(extension(part.kind)).with_gapless(from == part.start);
        builder = match part.end.filter(|_| part.kind != SpeechKind::Mp3) {
            Some(end) => builder.with_byte_len(end - part.start).with_seekable(true),
            None => builder.with_seekable(false),
        };
        let Ok(mut decoder) = builder.with_data(reader).build() else { return Ok(()) };
        if part.kind != SpeechKind::Mp3 && within > 0.0 && decoder.try_seek(Duration::from_secs_f64(within)).is_ok() {
            at = within;
        }
        let (channels, rate) = (usize::from(decoder.channels().get()), decoder.sample_rate().get());
        // Up to the moment that is wanted it is decoded and left out.
        let mut early = (((within - at).max(0.0) * f64::from(rate)) as usize) * channels;
        while early > 0 && decoder.next().is_some() {
            early -= 1;
        }
        let mut resampler = Resampler::new(rate, self.rate, outlet.channels);
        let mut frame = Vec::with_capacity(channels);
        let mut samples = Vec::with_capacity(BLOCK * channels);
        loop {
            samples.clear();
            for _ in 0..BLOCK {
                frame.clear();
                frame.extend(decoder.by_ref().take(channels));
                if frame.len() < channels {
                    break;
                }
                to_channels(&frame, outlet.channels, &mut samples);
            }
            if self.cancelled.load(Ordering::Acquire) {
                return Err(Unwanted);
            }
            let ended = samples.is_empty();
            let converted = resampler.push(&samples, ended);
            outlet.give(&converted)?;
            if ended {
                return Ok(());
            }
        }
    }
}

/// One channel or two, of however many there are.
fn to_channels(frame: &[f32], channels: usize, samples: &mut Vec<f32>) {
    let sound = |sample: f32| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
    match (frame, channels) {
        ([one], _) => samples.extend(std::iter::repeat_n(sound(*one), channels)),
        (_, 1) => samples.push(sound(frame.iter().sum::<f32>() / frame.len() as f32)),
        _ => samples.extend(frame.iter().take(channels).map(|sample| sound(*sample))),
    }
}

/// Hands samples on in blocks.
struct Outlet<'a> {
    blocks: &'a SyncSender<Block>,
    stretch: Option<Stretch>,
    channels: usize,
    rate: f64,
    waiting: Vec<f32>,
    at: f64,
    sounded: bool,
}

impl Outlet<'_> {
    fn give(&mut self, samples: &[f32]) -> Result<(), Unwanted> {
        match &mut self.stretch {
            Some(stretch) => stretch.push(samples, &mut self.waiting),
            None => self.waiting.extend_from_slice(samples),
        }
        self.send(BLOCK * self.channels)
    }

    fn finish(&mut self) -> Result<(), Unwanted> {
        if let Some(stretch) = &mut self.stretch {
            stretch.finish(&mut self.waiting);
        }
        self.send(1)
    }

    fn send(&mut self, least: usize) -> Result<(), Unwanted> {
        while self.waiting.len() >= least && !self.waiting.is_empty() {
            let rest = self.waiting.split_off(self.waiting.len().min(BLOCK * self.channels));
            let samples = std::mem::replace(&mut self.waiting, rest);
            let step = self.stretch.as_ref().map_or(1.0, Stretch::tempo) / self.rate;
            let frames = samples.len() / self.channels;
            let block = Block { samples, at: self.at, step };
            self.at += step * frames as f64;
            self.sounded = true;
            self.blocks.send(block).map_err(|_| Unwanted)?;
        }
        Ok(())
    }
}

/// How long a whole sound in a stretch of a file plays; `None` where it cannot be played at all.
pub fn seconds_of(path: &Path, start: u64, end: u64, kind: SpeechKind) -> Option<f64> {
    let path = path.to_owned();
    // A file from elsewhere may make a decoder stumble.
    std::panic::catch_unwind(move || {
        use std::io::{Seek as _, SeekFrom};
        let mut file = std::fs::File::open(path).ok()?;
        file.seek(SeekFrom::Start(start)).ok()?;
        let window = Window { file, start, end, at: start };
        let builder = DecoderBuilder::new().with_hint(extension(kind)).with_byte_len(end - start).with_seekable(true);
        let decoder = builder.with_data(window).build().ok()?;
        if let Some(duration) = decoder.total_duration() {
            return Some(duration.as_secs_f64());
        }
        let (channels, rate) = (f64::from(decoder.channels().get()), f64::from(decoder.sample_rate().get()));
        let samples = decoder.count();
        (samples > 0).then(|| samples as f64 / channels / rate)
    })
    .ok()
    .flatten()
}

/// A stretch of a file.
struct Window {
    file: std::fs::File,
    start: u64,
    end: u64,
    at: u64,
}

impl std::io::Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let room = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..room])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl std::io::Seek for Window {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        use std::io::SeekFrom;
        let target = match to {
            SeekFrom::Start(at) => self.start.checked_add(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        let target = target.filter(|at| *at >= self.start).ok_or(std::io::ErrorKind::InvalidInput)?;
        self.at = self.file.seek(SeekFrom::Start(target))?;
        Ok(self.at - self.start)
    }
}

/// Writes a track as one WAV file: sounds that cannot simply stand behind each other.
pub fn write_wav(track: &Arc<Track>, target: &Path) -> std::io::Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};
    const RATE: u32 = 44_100;
    let mut file = std::io::BufWriter::new(std::fs::File::create(target)?);
    let header = |bytes: u32| {
        let mut header = Vec::with_capacity(44);
        header.extend_from_slice(b"RIFF");
        header.extend_from_slice(&(bytes + 36).to_le_bytes());
        header.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        header.extend_from_slice(&RATE.to_le_bytes());
        header.extend_from_slice(&(RATE * 2).to_le_bytes());
        header.extend_from_slice(b"\x02\0\x10\0data");
        header.extend_from_slice(&bytes.to_le_bytes());
        header
    };
    file.write_all(&header(0))?;
    let (sender, blocks) = std::sync::mpsc::sync_channel::<Block>(16);
    let job =
        Job { track: Arc::clone(track), from: 0.0, speed: 1.0, channels: 1, rate: RATE, cancelled: Arc::default() };
    let decoding = std::thread::Builder::new().name("speech-save".into()).spawn(move || job.run(&sender))?;
    let mut bytes = 0_u32;
    for block in blocks {
        for sample in block.samples {
            file.write_all(&((sample * f32::from(i16::MAX)) as i16).to_le_bytes())?;
            bytes = bytes.saturating_add(2);
        }
    }
    let _ = decoding.join();
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header(bytes))?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE: &[u8] = include_bytes!("../demo/samples/voice.mp3");

    fn track(bytes: &[u8]) -> (tempfile::TempDir, Arc<Track>) {
        let folder = tempfile::tempdir().expect("a folder");
        let track = Track::create(folder.path().join("stream.mp3")).expect("a file");
        track.push(bytes);
        track.close();
        (folder, track)
    }

    fn samples(track: &Arc<Track>, from: f64) -> (f64, Vec<f32>) {
        let (sender, blocks) = std::sync::mpsc::sync_channel(10_000);
        let track = Arc::clone(track);
        let job = Job { track, from, speed: 1.0, channels: 1, rate: 44_100, cancelled: Arc::default() };
        assert!(job.run(&sender), "it sounds");
        drop(sender);
        let all: Vec<Block> = blocks.iter().collect();
        (all[0].at, all.into_iter().flat_map(|block| block.samples).collect())
    }

    #[test]
    fn at_its_end_a_sound_is_not_broken_for_having_nothing_more() {
        let (_folder, track) = track(VOICE);
        let end = track.extent().seconds;
        for (from, at_end) in [(end, true), (end - 0.2, true), (end / 2.0, false), (0.0, false)] {
            let (sender, _blocks) = std::sync::mpsc::sync_channel(10_000);
            let track = Arc::clone(&track);
            let job = Job { track, from, speed: 1.0, channels: 1, rate: 44_100, cancelled: Arc::default() };
            assert!(job.run(&sender) || at_end, "from {from} s on it sounds");
            assert_eq!(job.began_at_end(), at_end, "{from} of {end}");
        }
        let (_folder, none) = self::track(b"no sound at all, whatever it is");
        let job = Job { track: none, from: 0.0, speed: 1.0, channels: 1, rate: 44_100, cancelled: Arc::default() };
        assert!(!job.began_at_end(), "what has no sound is broken");
    }

    #[test]
    fn from_any_moment_on_it_sounds_as_from_the_beginning() {
        // Across the border of two files, too.
        let (_folder, track) = track(&[VOICE, b"ID3\x04\0\0\0\0\0\x04abcd", VOICE].concat());
        let (_, whole) = samples(&track, 0.0);
        assert!((whole.len() as f64 / 44_100.0 - track.extent().seconds).abs() < 0.05, "as long as it was said to be");
        for from in [1.5, 2.345, 4.15, 5.1, 8.5, 12.1] {
            let (at, rest) = samples(&track, from);
            let skipped = (from * 44_100.0) as usize;
            // The best of the places around the one where it should be.
            let apart = |shift: i64| {
                let begin = skipped.saturating_add_signed(shift as isize);
                let other = whole.get(begin..begin + 4_000).unwrap_or(&[]);
                rest.iter().zip(other).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>()
            };
            let best = (-3000..3000_i64).step_by(8).min_by(|a, b| apart(*a).total_cmp(&apart(*b)));
            assert!((at - from).abs() < 1e-6, "the moment is known: {at}");
            let off = best.unwrap_or_default() as f64 / 44_100.0;
            assert!(off.abs() < 0.03, "from {from} s on it is off by {off} s");
        }
    }
}
