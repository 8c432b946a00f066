//! What holds whatever arrives, tried on the recordings, cut and spoilt at random, and on events in any order.
//!
//! The seed is fixed: a run of these tests is the same every day. What once failed is kept in `regressions.txt`.

mod addresses;
mod answers;
mod folds;
#[path = "../dify_client/recording.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod recording;
#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "made for another test binary")]
mod scripted;
mod seeds;
mod sound;
mod spoil;
mod streams;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};
// Names that the shared files know these rooms by.
use flowdeck::{dify, model, runs};
use scripted as server;

fn config(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_261_121),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/properties/regressions.txt"))),
        ..Config::default()
    }
}
