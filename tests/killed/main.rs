//! A run is never lost: a real process with the program's rooms is killed (SIGKILL), or its connections are cut, at
//! every event boundary of every recorded stream, at random bytes, at awkward moments of its own, and in the midst of
//! the demo server's faults. Started again on the same folder, it finds every run's end as the server says it, once.
//!
//! The process is this test binary started anew (`program`). Random places come from a seed that a failure tells;
//! `FLOWDECK_KILL_SEED` chooses another.

#[path = "../dify_client/recording.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod recording;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod server;

mod boundaries;
mod check;
mod faults;
mod moments;
mod program;
mod tape;
mod world;

/// What a seed makes: the same places on every machine (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// The seed, with the number to tell.
    pub fn thrown() -> (Self, u64) {
        let seed = std::env::var("FLOWDECK_KILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
        (Self(seed), seed)
    }

    /// From 0 to `below`, which is not among them.
    pub fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % below.max(1) as u64).unwrap_or(0)
    }
}
