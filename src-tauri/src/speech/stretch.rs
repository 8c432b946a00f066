//! Faster or slower at its own pitch, as the samples come.

use timestretch::{Parameters, PreparedSession, ProcessStatus, SessionConfig, StreamSession, TempoRate};

pub struct Stretch {
    session: StreamSession,
    channels: usize,
    waiting: Vec<f32>,
    block: Vec<f32>,
    tempo: f64,
}

/// More steps without a sample are none.
const STEPS: usize = 100_000;

impl Stretch {
    /// `None` at the speed it has anyway, and where the device's rate is none that can be stretched.
    pub fn new(speed: f32, channels: u16, rate: u32) -> Option<Self> {
        if (speed - 1.0).abs() < 0.01 {
            return None;
        }
        let config = SessionConfig {
            source_sample_rate: rate,
            output_sample_rate: rate,
            channels: usize::from(channels),
            parameters: Parameters::keylock(TempoRate::new(f64::from(speed)).ok()?),
            ..SessionConfig::default()
        };
        let session =
            PreparedSession::new(config).inspect_err(|error| tracing::warn!("no other speed: {error}")).ok()?;
        let session = session.activate();
        let tempo = session.applied_parameters().tempo();
        let channels = usize::from(channels);
        Some(Self { session, channels, waiting: Vec::new(), block: vec![0.0; 2048 * channels], tempo })
    }

    /// What it really is: the library works in steps.
    pub fn tempo(&self) -> f64 {
        self.tempo
    }

    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.waiting.extend_from_slice(samples);
        self.work(out, false);
    }

    pub fn finish(&mut self, out: &mut Vec<f32>) {
        self.work(out, true);
    }

    fn work(&mut self, out: &mut Vec<f32>, last: bool) {
        let mut used = 0;
        for _ in 0..STEPS {
            match self.session.advance(4).status {
                ProcessStatus::NeedSource => {
                    let rest = &self.waiting[used..];
                    let Some(request) = self.session.source_request() else { break };
                    if rest.is_empty() {
                        if !last || self.session.finish_input().is_err() {
                            break;
                        }
                        continue;
                    }
                    let most = rest.len().min(request.frames * self.channels);
                    match self.session.supply(request, &rest[..most]) {
                        Ok(frames) => used += frames * self.channels,
                        Err(_) => break,
                    }
                }
                ProcessStatus::NeedAcknowledgement => while self.session.next_applied().is_some() {},
                ProcessStatus::Finished | ProcessStatus::Fault => break,
                _ => {}
            }
            let Ok(stamp) = self.session.read_output(&mut self.block) else { break };
            out.extend_from_slice(&self.block[..stamp.frames * self.channels]);
            let Ok(receipt) = stamp.consumed(stamp.frames) else { break };
            if self.session.acknowledge(receipt).is_err() {
                break;
            }
            if self.session.finished() {
                break;
            }
        }
        self.waiting.drain(..used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_gets_shorter_or_longer_and_keeps_its_pitch() {
        const RATE: u32 = 48_000;
        let tone: Vec<f32> = (0..RATE * 2)
            .map(|n| (f64::from(n) * 300.0 * std::f64::consts::TAU / f64::from(RATE)).sin() as f32 * 0.5)
            .collect();
        for speed in [0.75, 1.25, 1.5, 2.0] {
            let mut stretch = Stretch::new(speed, 1, RATE).expect("a speed of its own");
            let mut out = Vec::new();
            for piece in tone.chunks(960) {
                stretch.push(piece, &mut out);
            }
            stretch.finish(&mut out);
            let ratio = tone.len() as f64 / out.len() as f64;
            assert!((ratio / f64::from(speed) - 1.0).abs() < 0.02, "{speed}: {ratio} times as fast");
            let middle = &out[out.len() / 4..out.len() * 3 / 4];
            let crossings = middle.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
            let hertz = crossings as f64 * f64::from(RATE) / middle.len() as f64;
            assert!((hertz - 300.0).abs() < 6.0, "{speed}: {hertz} Hz is another voice");
        }
        assert!(Stretch::new(1.0, 1, RATE).is_none(), "nothing is done to what is as it should be");
    }
}
