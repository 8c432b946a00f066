//! From a track to samples as the device takes them, on a thread of its own: reading waits for bytes that have not
//! arrived, and whoever feeds the device must never wait.

use std::{
    io::{Read, Seek},
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
    opus::{self, Opus},
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
        let (from, moment) = part.begin(within);
        let reader = || self.track.reader(place, from, &self.cancelled).ok();
        let length = part.end.filter(|_| part.kind != SpeechKind::Mp3).map(|end| end - part.start);
        let Some(mut sound) = Sound::open(reader, part.kind, length, from == part.start) else { return Ok(()) };
        let at = if sound.seek(within) { within } else { moment };
        let (channels, rate) = sound.shape();
        // Up to the moment that is wanted it is decoded and left out.
        let mut early = (((within - at).max(0.0) * f64::from(rate)) as usize) * channels;
        while early > 0 && sound.samples.next().is_some() {
            early -= 1;
        }
        let mut resampler = Resampler::new(rate, self.rate, outlet.channels);
        let mut frame = Vec::with_capacity(channels);
        let mut samples = Vec::with_capacity(BLOCK * channels);
        loop {
            samples.clear();
            for _ in 0..BLOCK {
                frame.clear();
                frame.extend(sound.samples.by_ref().take(channels));
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

/// What turns bytes into samples, whatever their kind.
struct Sound<R: Read + Seek + Send + Sync + 'static> {
    samples: Decoding<R>,
    kind: SpeechKind,
}

enum Decoding<R: Read + Seek + Send + Sync + 'static> {
    Rodio(Box<rodio::Decoder<R>>),
    Opus(Box<Opus>),
}

impl<R: Read + Seek + Send + Sync + 'static> Iterator for Decoding<R> {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        match self {
            Self::Rodio(decoder) => decoder.next(),
            Self::Opus(opus) => opus.next(),
        }
    }
}

impl<R: Read + Seek + Send + Sync + 'static> Sound<R> {
    /// `length` where all of it is there, and a moment in it can be sought.
    fn open(reader: impl Fn() -> Option<R>, kind: SpeechKind, length: Option<u64>, gapless: bool) -> Option<Self> {
        if matches!(kind, SpeechKind::Ogg | SpeechKind::Webm)
            && let Some(opus) = Opus::open(reader()?, extension(kind))
        {
            return Some(Self { samples: Decoding::Opus(Box::new(opus)), kind });
        }
        let builder = DecoderBuilder::new().with_hint(extension(kind)).with_gapless(gapless);
        let builder = match length {
            Some(length) => builder.with_byte_len(length).with_seekable(true),
            None => builder.with_seekable(false),
        };
        let decoder = builder.with_data(reader()?).build().ok()?;
        Some(Self { samples: Decoding::Rodio(Box::new(decoder)), kind })
    }

    /// Channels and rate.
    fn shape(&self) -> (usize, u32) {
        match &self.samples {
            Decoding::Rodio(decoder) => (usize::from(decoder.channels().get()), decoder.sample_rate().get()),
            Decoding::Opus(opus) => (opus.channels(), opus::RATE),
        }
    }

    /// Whether what comes next is that moment.
    fn seek(&mut self, seconds: f64) -> bool {
        match &mut self.samples {
            _ if seconds <= 0.0 => false,
            // Its frames are known, so the reader begins at the right one.
            _ if self.kind == SpeechKind::Mp3 => false,
            Decoding::Rodio(decoder) => decoder.try_seek(Duration::from_secs_f64(seconds)).is_ok(),
            Decoding::Opus(opus) => {
                opus.pass_over(seconds);
                true
            }
        }
    }

    /// How long all of it plays; `None` where there is nothing to be heard.
    fn seconds(self) -> Option<f64> {
        let (channels, rate) = self.shape();
        let seconds = match self.samples {
            // Its head was read: that there is nothing behind it is a moment of silence.
            Decoding::Opus(opus) => return Some(opus.seconds()),
            // Bare AAC does not say how long it is: what is told there is guessed from its first frames.
            Decoding::Rodio(decoder) => match decoder.total_duration().filter(|_| self.kind != SpeechKind::Aac) {
                Some(duration) => return Some(duration.as_secs_f64()),
                None => decoder.count() as f64 / channels as f64 / f64::from(rate),
            },
        };
        (seconds > 0.0).then_some(seconds)
    }
}

/// How long a whole sound in a stretch of a file plays; `None` where it cannot be played at all.
pub fn seconds_of(path: &Path, start: u64, end: u64, kind: SpeechKind) -> Option<f64> {
    let path = path.to_owned();
    // A file from elsewhere may make a decoder stumble.
    std::panic::catch_unwind(move || {
        use std::io::SeekFrom;
        let window = || {
            let mut file = std::fs::File::open(&path).ok()?;
            file.seek(SeekFrom::Start(start)).ok()?;
            Some(Window { file, start, end, at: start })
        };
        Sound::open(window, kind, Some(end - start), true)?.seconds()
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

    /// How loud each fiftieth of a second is.
    fn loudness(samples: &[f32]) -> Vec<f32> {
        samples.chunks(882).map(|window| window.iter().map(|sample| sample * sample).sum::<f32>().sqrt()).collect()
    }

    /// How much two sounds get louder and softer together, at the best of the shifts by up to a tenth of a second.
    fn likeness(one: &[f32], other: &[f32]) -> f32 {
        let other = loudness(other);
        let alike = |shift: usize| {
            let one = loudness(one.get(shift..).unwrap_or_default());
            let length = one.len().min(other.len());
            let mean = |values: &[f32]| values[..length].iter().sum::<f32>() / length as f32;
            let (a, b) = (mean(&one), mean(&other));
            let sum = |f: &dyn Fn(f32, f32) -> f32| one.iter().zip(&other).map(|(x, y)| f(x - a, y - b)).sum::<f32>();
            sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
        };
        (0..4410).step_by(220).map(alike).fold(0.0, f32::max)
    }

    /// Recordings of other programs: see the note beside them.
    const OTHERS: [(&str, &[u8], f64); 5] = [
        ("opus", include_bytes!("../../../tests/sound/data/voice.opus"), 3.0),
        ("ogg", include_bytes!("../../../tests/sound/data/voice.ogg"), 3.0),
        ("flac", include_bytes!("../../../tests/sound/data/voice.flac"), 1.2),
        ("aac", include_bytes!("../../../tests/sound/data/voice.aac"), 3.0),
        ("m4a", include_bytes!("../../../tests/sound/data/voice.m4a"), 3.0),
    ];

    #[test]
    fn every_kind_that_servers_speak_in_is_heard_whole_and_from_any_moment_on() {
        let (_folder, voice) = track(VOICE);
        let (_, said) = samples(&voice, 0.0);
        for (name, bytes, seconds) in OTHERS {
            let (_folder, track) = track(bytes);
            let extent = track.extent();
            assert_eq!(extent.trouble, None, "{name} can be played");
            assert!((extent.seconds - seconds).abs() < 0.15, "{name} is as long as it is: {}", extent.seconds);
            for from in [0.0, seconds / 2.0] {
                let (at, heard) = samples(&track, from);
                let wanted = (extent.seconds - from) * 44_100.0;
                assert!((heard.len() as f64 - wanted).abs() < 6_000.0, "{name}: all from {from} s on: {}", heard.len());
                assert!((at - from).abs() < 1e-6, "{name}: the moment is known: {at}");
                let begin = (from * 44_100.0) as usize;
                let alike = likeness(&heard, &said[begin..begin + heard.len()])
                    .max(likeness(&said[begin..begin + heard.len()], &heard));
                assert!(alike > 0.9, "{name} from {from} s on is what was said, by {alike} only");
            }
        }
    }

    #[test]
    fn voice_messages_behind_each_other_are_all_heard() {
        let opus = OTHERS[0].1;
        let (_folder, track) = track(&[opus, opus].concat());
        assert!((track.extent().seconds - 6.0).abs() < 0.1, "both: {}", track.extent().seconds);
        let ((_, once), (_, twice)) = (samples(&self::track(opus).1, 0.0), samples(&track, 0.0));
        let second = &twice[once.len()..];
        assert!(likeness(second, &once) > 0.95, "the second says the same: {}", likeness(second, &once));
    }

    #[test]
    fn a_voice_message_that_is_harmed_is_heard_as_far_as_it_can_be() {
        let opus = OTHERS[0].1;
        for seed in 1..60_u64 {
            let mut bytes = opus.to_vec();
            let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            for _ in 0..40 {
                dice = dice.rotate_left(7).wrapping_mul(0x2545_F491_4F6C_DD1D) ^ seed;
                // What is at the beginning says what it is.
                let at = 200 + dice as usize % (bytes.len() - 200);
                bytes[at] = (dice >> 32) as u8;
            }
            bytes.truncate(bytes.len() - seed as usize * 20);
            let (_folder, track) = track(&bytes);
            let job = Job { track, from: 0.0, speed: 1.0, channels: 1, rate: 44_100, cancelled: Arc::default() };
            let (sender, blocks) = std::sync::mpsc::sync_channel(10_000);
            job.run(&sender);
            drop(sender);
            let loudest = blocks.iter().flat_map(|block| block.samples).fold(0.0_f32, |a, b| a.max(b.abs()));
            assert!(loudest <= 1.0, "nobody's ears are harmed: {loudest}");
        }
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
