//! Compares what was played with what was said. Pure.

/// Samples of a hundredth of a second.
const WINDOW: usize = 441;

/// What an MP3 says, 44,100 samples a second.
pub fn said(mp3: &[u8]) -> Vec<f32> {
    use rodio::Source as _;
    let decoder = rodio::Decoder::new(std::io::Cursor::new(mp3.to_vec())).expect("sound");
    assert_eq!(decoder.sample_rate().get(), 22_050, "the samples are doubled below");
    decoder.flat_map(|sample| [sample, sample]).collect()
}

/// How loud each hundredth of a second is.
pub fn loudness(samples: &[f32]) -> Vec<f32> {
    let rms = |window: &[f32]| (window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32).sqrt();
    samples.chunks(WINDOW).map(rms).collect()
}

/// What was heard, without the silence before and behind it.
pub fn sounding(heard: &[f32]) -> &[f32] {
    let loud = |sample: &f32| sample.abs() > 0.004;
    let (Some(first), Some(last)) = (heard.iter().position(loud), heard.iter().rposition(loud)) else { return &[] };
    &heard[first..=last]
}

pub fn seconds(samples: &[f32]) -> f64 {
    samples.len() as f64 / 44_100.0
}

/// From 0, nothing alike, to 1: how much two sounds get louder and softer together, at the best of the shifts by up to
/// a fifth of a second.
pub fn likeness(heard: &[f32], said: &[f32]) -> f64 {
    let (said, whole) = (loudness(said), heard);
    let shifts = (0..20 * WINDOW).step_by(WINDOW / 3);
    let alike = |shift: usize| {
        let earlier = loudness(whole.get(shift..).unwrap_or_default());
        let later = loudness(&[vec![0.0; shift], whole.to_vec()].concat());
        correlation(&earlier, &said).max(correlation(&later, &said))
    };
    shifts.map(alike).fold(0.0, f64::max)
}

fn correlation(one: &[f32], other: &[f32]) -> f64 {
    let length = one.len().min(other.len());
    if length < 10 {
        return 0.0;
    }
    let mean = |values: &[f32]| values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
    let (one, other) = (&one[..length], &other[..length]);
    let (middle, other_middle) = (mean(one), mean(other));
    let mut sums = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        let (a, b) = (f64::from(*a) - middle, f64::from(*b) - other_middle);
        sums = (sums.0 + a * b, sums.1 + a * a, sums.2 + b * b);
    }
    sums.0 / (sums.1 * sums.2).sqrt().max(1e-12)
}

/// The stretches of true silence in a sound that are longer than `least` seconds: begin and end, in samples.
pub fn silences(samples: &[f32], least: f64) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut begin = None;
    for (at, sample) in samples.iter().chain([&1.0]).enumerate() {
        match (sample.abs() < 0.0005, begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                if (at - from) as f64 > least * 44_100.0 {
                    found.push((from, at));
                }
                begin = None;
            }
            _ => {}
        }
    }
    found
}
