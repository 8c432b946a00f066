//! The data of frames, one per line → events → the fold: whatever is sent, the run stays a run.
#![no_main]

use flowdeck_fuzz::{dify::Events, sound::fold_soundly};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut events = Events::default();
    let mut items = Vec::new();
    for line in data.split(|byte| matches!(byte, b'\n' | b'\r')) {
        events.push(b"data: ");
        events.push(line);
        events.push(b"\n\n");
        while let Ok(Some(item)) = events.next() {
            items.push(item);
        }
    }
    if let Err(what) = fold_soundly(items) {
        panic!("{what}");
    }
});
