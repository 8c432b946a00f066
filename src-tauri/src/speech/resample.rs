//! From the rate of a sound to that of the device, without seams: rodio's own converter begins anew with every frame
//! of an MP3, and draws straight lines between samples.

use std::f64::consts::PI;

/// Samples on each side that a new one is made of.
const REACH: usize = 16;
const PHASES: usize = 256;

pub struct Resampler {
    /// Frames of the sound for one of the device.
    step: f64,
    channels: usize,
    kernel: Vec<[f32; 2 * REACH]>,
    /// Frames that later ones still need; begins with silence, so that the first sounds whole.
    held: Vec<f32>,
    /// The next frame's place in `held`.
    at: f64,
}

impl Resampler {
    pub fn new(from: u32, to: u32, channels: usize) -> Self {
        let step = f64::from(from.max(1)) / f64::from(to.max(1));
        let kernel = if from == to { Vec::new() } else { kernel((1.0 / step).min(1.0)) };
        let held = if from == to { Vec::new() } else { vec![0.0; REACH * channels] };
        Self { step, channels, kernel, held, at: REACH as f64 }
    }

    /// The next frames as the device takes them. `last`: there are no others.
    pub fn push(&mut self, samples: &[f32], last: bool) -> Vec<f32> {
        if self.kernel.is_empty() {
            return samples.to_vec();
        }
        self.held.extend_from_slice(samples);
        if last {
            self.held.extend(std::iter::repeat_n(0.0, REACH * self.channels));
        }
        let frames = self.held.len() / self.channels;
        let mut out = Vec::with_capacity((samples.len() as f64 / self.step) as usize + self.channels);
        while (self.at as usize) + REACH < frames {
            let whole = self.at as usize;
            let phase = ((self.at - whole as f64) * PHASES as f64) as usize;
            let taps = &self.kernel[phase.min(PHASES - 1)];
            let begin = (whole + 1).saturating_sub(REACH);
            for channel in 0..self.channels {
                let sum: f32 = taps
                    .iter()
                    .enumerate()
                    .map(|(tap, weight)| weight * self.held[(begin + tap) * self.channels + channel])
                    .sum();
                out.push(sum);
            }
            self.at += self.step;
        }
        let done = (self.at as usize).saturating_sub(REACH).min(frames);
        self.held.drain(..done * self.channels);
        self.at -= done as f64;
        out
    }
}

/// A windowed sinc for each phase; `cutoff` is 1 where nothing has to be left out.
fn kernel(cutoff: f64) -> Vec<[f32; 2 * REACH]> {
    let cutoff = cutoff * 0.95;
    (0..PHASES)
        .map(|phase| {
            let shift = phase as f64 / PHASES as f64;
            let mut taps = [0.0_f64; 2 * REACH];
            for (tap, weight) in taps.iter_mut().enumerate() {
                let x = tap as f64 - (REACH as f64 - 1.0) - shift;
                let sinc = if x.abs() < 1e-9 { cutoff } else { (PI * x * cutoff).sin() / (PI * x) };
                let window = 0.5 + 0.5 * (PI * x / REACH as f64).cos();
                *weight = sinc * if x.abs() < REACH as f64 { window } else { 0.0 };
            }
            let sum: f64 = taps.iter().sum();
            taps.map(|weight| (weight / sum) as f32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone, resampled in pieces of `size`.
    fn tone(hertz: f64, from: u32, to: u32, size: usize) -> Vec<f32> {
        let sound: Vec<f32> =
            (0..from).map(|n| (f64::from(n) * hertz * 2.0 * PI / f64::from(from)).sin() as f32).collect();
        let mut resampler = Resampler::new(from, to, 1);
        let mut out: Vec<f32> = sound.chunks(size).flat_map(|piece| resampler.push(piece, false)).collect();
        out.extend(resampler.push(&[], true));
        out
    }

    #[test]
    fn a_tone_stays_the_tone_it_was() {
        for (from, to) in [(22_050, 44_100), (24_000, 48_000), (24_000, 44_100), (48_000, 44_100), (44_100, 48_000)] {
            let out = tone(440.0, from, to, 576);
            assert!(out.len().abs_diff(to as usize) < 4, "a second stays a second: {} of {to}", out.len());
            let worst = (100..to - 100)
                .map(|n| {
                    let wanted = (f64::from(n) * 440.0 * 2.0 * PI / f64::from(to)).sin() as f32;
                    (out[n as usize] - wanted).abs()
                })
                .fold(0.0, f32::max);
            assert!(worst < 0.01, "{from} to {to}: off by {worst}");
        }
    }

    #[test]
    fn pieces_leave_no_seam() {
        let (cut, whole) = (tone(997.0, 22_050, 48_000, 577), tone(997.0, 22_050, 48_000, usize::MAX));
        let apart = cut.iter().zip(&whole).map(|(cut, whole)| (cut - whole).abs()).fold(0.0, f32::max);
        assert!(cut.len().abs_diff(whole.len()) <= 1 && apart < 0.005, "whatever their size: {apart}");
    }
}
