//! Of the runs' room only the fold: the rest needs the store.

#[path = "../../src-tauri/src/runs/fold/mod.rs"]
pub mod fold;
