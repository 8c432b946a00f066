//! What the device takes samples from. It never waits: where nothing is there yet, it is silent.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
        mpsc::{Receiver, TryRecvError},
    },
    time::Duration,
};

use rodio::Source;

use super::decode::Block;

/// What the thread that plays and the device's own tell each other.
#[derive(Debug)]
pub struct Shared {
    /// Seconds, as bits.
    position: AtomicU64,
    volume: AtomicU32,
    paused: AtomicBool,
    /// It is to fade out and go.
    leaving: AtomicBool,
    /// What comes next has not arrived.
    starved: AtomicBool,
    /// Nobody wants what is still being decoded.
    pub cancelled: Arc<AtomicBool>,
}

impl Shared {
    pub fn new(position: f64, volume: f32) -> Arc<Self> {
        Arc::new(Self {
            position: AtomicU64::new(position.to_bits()),
            volume: AtomicU32::new(volume.to_bits()),
            paused: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            starved: AtomicBool::new(true),
            cancelled: Arc::default(),
        })
    }

    pub fn position(&self) -> f64 {
        f64::from_bits(self.position.load(Ordering::Acquire))
    }

    pub fn set_volume(&self, volume: f32) {
        self.volume.store(volume.to_bits(), Ordering::Release);
    }

    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Release);
    }

    pub fn is_starved(&self) -> bool {
        self.starved.load(Ordering::Acquire)
    }

    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
        self.cancelled.store(true, Ordering::Release);
    }
}

pub struct Voice<F: FnMut()> {
    blocks: Receiver<Block>,
    block: Block,
    next: usize,
    shared: Arc<Shared>,
    channels: NonZero<u16>,
    rate: NonZero<u32>,
    /// The channel whose turn it is.
    channel: u16,
    /// Moves in steps: what starts and ends suddenly clicks.
    gain: f32,
    silent: bool,
    /// Said once, when all was played.
    ended: Option<F>,
}

/// From silence to full.
const FADE_SECONDS: f32 = 0.008;

impl<F: FnMut()> Voice<F> {
    pub fn new(
        blocks: Receiver<Block>,
        shared: Arc<Shared>,
        channels: NonZero<u16>,
        rate: NonZero<u32>,
        ended: F,
    ) -> Self {
        Self {
            blocks,
            block: Block::default(),
            next: 0,
            shared,
            channels,
            rate,
            channel: 0,
            gain: 0.0,
            silent: true,
            ended: Some(ended),
        }
    }

    /// At the beginning of a frame: whether it goes on.
    fn begin_frame(&mut self) -> bool {
        let shared = &self.shared;
        let leaving = shared.leaving.load(Ordering::Acquire);
        let quiet = leaving || shared.paused.load(Ordering::Acquire);
        let target = if quiet { 0.0 } else { f32::from_bits(shared.volume.load(Ordering::Relaxed)) };
        let step = 1.0 / (FADE_SECONDS * self.rate.get() as f32);
        self.gain = if self.gain < target { (self.gain + step).min(target) } else { (self.gain - step).max(target) };
        if quiet && self.gain == 0.0 {
            self.silent = true;
            return !leaving;
        }
        if self.next >= self.block.samples.len() {
            match self.blocks.try_recv() {
                Ok(block) => (self.block, self.next) = (block, 0),
                Err(TryRecvError::Empty) => {
                    shared.starved.store(true, Ordering::Release);
                    (self.silent, self.gain) = (true, 0.0);
                    return true;
                }
                Err(TryRecvError::Disconnected) => {
                    if let Some(mut ended) = self.ended.take() {
                        ended();
                    }
                    return false;
                }
            }
        }
        shared.starved.store(false, Ordering::Release);
        let frame = self.next / usize::from(self.channels.get());
        let position = self.block.at + self.block.step * frame as f64;
        shared.position.store(position.to_bits(), Ordering::Release);
        self.silent = false;
        true
    }
}

impl<F: FnMut()> Iterator for Voice<F> {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.channel == 0 && !self.begin_frame() {
            return None;
        }
        self.channel = (self.channel + 1) % self.channels;
        if self.silent {
            return Some(0.0);
        }
        let sample = self.block.samples.get(self.next).copied().unwrap_or(0.0);
        self.next += 1;
        Some(sample * self.gain)
    }
}

impl<F: FnMut()> Source for Voice<F> {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> NonZero<u16> {
        self.channels
    }

    fn sample_rate(&self) -> NonZero<u32> {
        self.rate
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn what_has_not_arrived_is_silence_and_never_waited_for() {
        let (sender, blocks) = sync_channel(4);
        let shared = Shared::new(0.0, 1.0);
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        let (channels, rate) = (NonZero::<u16>::MIN, NonZero::new(1000).expect("a rate"));
        let mut voice = Voice::new(blocks, Arc::clone(&shared), channels, rate, move || {
            told.store(true, Ordering::Release);
        });
        assert_eq!(voice.next(), Some(0.0), "nothing is there yet");
        assert!(shared.is_starved(), "and that is known");
        sender.send(Block { samples: vec![0.5; 20], at: 3.0, step: 0.001 }).expect("taken");
        let heard: Vec<f32> = voice.by_ref().take(20).collect();
        assert!(heard[0] < 0.1 && heard[19] > 0.49, "it begins softly and is then as loud as it is: {heard:?}");
        assert!((shared.position() - 3.019).abs() < 1e-6, "the moment is that of the track: {}", shared.position());
        shared.pause(true);
        sender.send(Block { samples: vec![0.5; 100], at: 3.02, step: 0.001 }).expect("taken");
        let paused: Vec<f32> = voice.by_ref().take(50).collect();
        assert_eq!(paused[49], 0.0, "a pause is silent");
        let at = shared.position();
        voice.by_ref().take(50).for_each(drop);
        assert_eq!(shared.position(), at, "and time stands still in it");
        shared.pause(false);
        drop(sender);
        assert!(voice.by_ref().count() < 110, "at its end it ends");
        assert!(ended.load(Ordering::Acquire), "and says so");
    }
}
