//! End to end: the real program in its real window, driven as a person would, against the demo server and the
//! system's own file dialog, keychain and drag and drop. Nothing in between is replaced.
//!
//! They need a desk of their own (display, session bus, keychain), because they move the mouse and store keys, and are
//! therefore ignored by a plain `cargo test`: run them with `cargo xtask test --only e2e [NAME]`. Each leaves pictures
//! in `target/e2e/<test>/`, the last of a failed one is called `failed.png`.
#![cfg(target_os = "linux")]

// The harness
mod axe;
mod clipboard;
mod controls;
mod dialog;
mod drag;
mod filled;
mod flowdeck;
mod hands;
mod notices;
mod page;
mod processes;
#[path = "../dify_client/server.rs"]
#[allow(dead_code)] // Shared with the client's tests.
mod scripted;

// The tests
mod checks;
mod compare;
mod connect;
mod desktop;
mod digest;
mod face;
mod form;
mod handed;
mod history;
mod history_log;
mod history_looks;
mod history_offline;
mod history_out;
mod kept;
mod outputs;
mod question;
mod reading;
mod sent;
mod speech;
mod start;
mod starting;
mod states;
mod tour;
mod underway;
mod uploads;
mod ways;
mod xss;
