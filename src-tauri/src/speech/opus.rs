//! Opus in Ogg: the sound of voice messages. Rodio's decoders know the container and not what is in it. (The library's
//! reader of WebM believes every length a file claims, and would end the program over one that lies.)
//! It is read from front to back; what is before the wanted moment is passed over without being decoded.

use std::io::Read;

use ropus::{Channels, DecodeMode, Decoder};
use symphonia::core::{
    codecs::{CODEC_TYPE_OPUS, CodecParameters},
    errors::Error,
    formats::FormatReader,
    io::{MediaSourceStream, ReadOnlySource},
    probe::Hint,
};

/// Opus always has this one.
pub const RATE: u32 = 48_000;
/// Samples of a channel that a decoder wants before what it decodes is as it was: 80 ms.
const RUN_UP: u64 = 3840;
/// Of a packet: 120 ms.
const LONGEST: usize = 5760;
/// So many broken packets in a row, and nothing more is to be hoped for.
const PATIENCE: u32 = 500;

pub struct Opus {
    format: Box<dyn FormatReader>,
    stream: Stream,
    /// One or two, for all of it.
    channels: usize,
    samples: Vec<f32>,
    next: usize,
    /// Samples of a channel that are still to be left out.
    early: u64,
}

/// What one of the files behind each other is made of.
struct Stream {
    track: u32,
    decoder: Decoder,
}

impl Opus {
    /// `None` where it is something else.
    pub fn open(source: impl Read + Send + Sync + 'static, extension: &str) -> Option<Self> {
        let source = MediaSourceStream::new(Box::new(ReadOnlySource::new(source)), Default::default());
        let mut hint = Hint::new();
        hint.with_extension(extension);
        let probe = symphonia::default::get_probe();
        let format = probe.format(&hint, source, &Default::default(), &Default::default()).ok()?.format;
        let head = Head::of(format.as_ref())?;
        let stream = Stream::new(&head, head.channels)?;
        let (channels, early) = (head.channels, head.early);
        Some(Self { format, stream, channels, samples: Vec::new(), next: 0, early })
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Leaves out what is before a moment.
    pub fn pass_over(&mut self, seconds: f64) {
        self.early += (seconds * f64::from(RATE)) as u64;
    }

    /// How long all of it plays; nothing is decoded for that.
    pub fn seconds(mut self) -> f64 {
        let mut samples = 0;
        while let Some(packet) = self.packet() {
            samples += samples_of(&packet);
        }
        samples.saturating_sub(self.early) as f64 / f64::from(RATE)
    }

    /// The next packet of the sound, of whichever file it is.
    fn packet(&mut self) -> Option<Box<[u8]>> {
        let mut broken = 0;
        while broken < PATIENCE {
            match self.format.next_packet() {
                Ok(packet) if packet.track_id() == self.stream.track => return Some(packet.data),
                Ok(_) => {}
                // Where one file ends and the next begins.
                Err(Error::ResetRequired) => {
                    let head = Head::of(self.format.as_ref())?;
                    self.stream = Stream::new(&head, self.channels)?;
                    self.early += head.early;
                }
                Err(Error::DecodeError(_)) => broken += 1,
                Err(_) => return None,
            }
        }
        None
    }

    fn fill(&mut self) -> Option<()> {
        let mut broken = 0;
        while broken < PATIENCE {
            let packet = self.packet()?;
            let length = samples_of(&packet);
            if self.early >= length + RUN_UP {
                self.early -= length;
                continue;
            }
            self.samples.resize(LONGEST * self.channels, 0.0);
            let decoded = self.stream.decoder.decode_float(&packet, &mut self.samples, DecodeMode::Normal);
            let frames = match decoded {
                Ok(frames) => frames as u64,
                // Silence takes its place.
                Err(_) => {
                    broken += 1;
                    self.samples.fill(0.0);
                    length
                }
            };
            let left_out = self.early.min(frames);
            self.early -= left_out;
            self.samples.truncate(frames as usize * self.channels);
            self.next = left_out as usize * self.channels;
            if self.next < self.samples.len() {
                return Some(());
            }
        }
        None
    }
}

impl Iterator for Opus {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.next >= self.samples.len() {
            self.fill()?;
        }
        let sample = self.samples.get(self.next).copied();
        self.next += 1;
        sample
    }
}

/// What a file says of its sound before it begins.
struct Head {
    track: u32,
    channels: usize,
    early: u64,
    /// In 256ths of a decibel.
    gain: i16,
}

impl Head {
    fn of(format: &dyn FormatReader) -> Option<Self> {
        let track = format.tracks().iter().find(|track| track.codec_params.codec == CODEC_TYPE_OPUS)?;
        let CodecParameters { extra_data: Some(head), .. } = &track.codec_params else { return None };
        let [early, _, _, gain] = head.get(10..18)?.as_chunks::<2>().0 else { return None };
        let channels = usize::from(*head.get(9)?);
        // More channels are several streams in one; nothing that speaks sends that.
        (head.starts_with(b"OpusHead") && (1..=2).contains(&channels)).then_some(Self {
            track: track.id,
            channels,
            early: u16::from_le_bytes(*early).into(),
            gain: i16::from_le_bytes(*gain),
        })
    }
}

impl Stream {
    fn new(head: &Head, channels: usize) -> Option<Self> {
        let channels = if channels == 1 { Channels::Mono } else { Channels::Stereo };
        let mut decoder = Decoder::new(RATE, channels).ok()?;
        decoder.set_gain(head.gain.into()).ok()?;
        Some(Self { track: head.track, decoder })
    }
}

/// How many samples of a channel a packet stands for, by its first byte or two (RFC 6716, 3.1).
fn samples_of(packet: &[u8]) -> u64 {
    let Some(first) = packet.first() else { return 0 };
    let frame = match first >> 3 {
        config @ 0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        config @ 12..=15 => [480, 960][usize::from(config & 1)],
        config => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match (first & 3, packet.get(1)) {
        (0, _) => 1,
        (1 | 2, _) => 2,
        (_, Some(count)) => u64::from(count & 0x3F),
        (_, None) => 0,
    };
    (frame * frames).min(LONGEST as u64)
}
