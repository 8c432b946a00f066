//! The rooms that read what servers send, compiled without the window, and what the fuzz targets share.
#![allow(dead_code, reason = "the rooms are here as a whole; each target uses its part")]

#[path = "../../src-tauri/src/dify/mod.rs"]
pub mod dify;
#[path = "../../src-tauri/src/model/mod.rs"]
pub mod model;
pub mod runs;
#[path = "../../tests/properties/sound.rs"]
pub mod sound;

pub mod server;
