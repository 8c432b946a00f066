//! Plain data: the only types that cross from Rust to the page, and the rules over them that need
//! neither clock nor I/O. Knows nothing of tauri, reqwest or sqlx.
//!
//! `cargo test` writes each type's TypeScript twin to `ui/src/ipc/gen/`; the twins are committed.

pub mod answer;
pub mod app;
pub mod capability;
pub mod changes;
pub mod check;
pub mod content;
pub mod decimal;
pub mod desktop;
pub mod event;
pub mod failure;
pub mod file;
pub mod form;
pub mod history;
pub mod human_input;
pub mod json;
pub mod keeping;
pub mod kept;
pub mod log;
pub mod mend;
pub mod network;
pub mod offline;
pub mod out;
pub mod preferences;
pub mod prepared;
pub mod query;
pub mod remarks;
pub mod run;
pub mod sent;
pub mod sound;
pub mod stream;
pub mod usage;
pub mod usual;
pub mod ways;
pub mod words;

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = i64;
