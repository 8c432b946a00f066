//! The program. A console window would open beside it on Windows otherwise.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    if let Err(error) = flowdeck::run() {
        say(&error);
        std::process::exit(1);
    }
}

/// There is no window to say it in.
#[expect(clippy::print_stderr, reason = "the only place left")]
fn say(error: &tauri::Error) {
    eprintln!("Flowdeck could not start: {error}");
}
