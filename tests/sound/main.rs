//! What runs say aloud: the speech room beside the other rooms, against servers that say what they are told, and a
//! device that keeps what was played, to be compared with what was said.
//!
//! The device is a sound server's own, at the speed of a real one; nothing is heard by anybody.
#![cfg(target_os = "linux")]

#[path = "../dify_client/server.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod server;

#[path = "../house/mod.rs"]
mod house;

mod computer;
mod ear;
mod heard;
mod kept;
mod read;
mod room;
