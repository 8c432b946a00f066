//! Bytes in pieces → frames → events: the same events whatever the pieces are, and never more than there are lines.
#![no_main]

use flowdeck_fuzz::{dify::Events, model::stream::StreamItem};
use libfuzzer_sys::fuzz_target;

/// Small enough that inputs of a fuzzer's size reach it.
const LIMIT: usize = 32 * 1024;

/// The events, and whether a frame was too large.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<StreamItem>, bool) {
    let mut events = Events::with_limit(LIMIT);
    let mut items = Vec::new();
    for piece in pieces {
        events.push(piece);
        loop {
            match events.next() {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(_) => return (items, true),
            }
        }
    }
    events.end();
    loop {
        match events.next() {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return (items, false),
            Err(_) => return (items, true),
        }
    }
}

// The first two bytes say how the rest is cut.
fuzz_target!(|data: &[u8]| {
    let Some((sizes, bytes)) = data.split_first_chunk::<2>() else { return };
    let whole = read(std::iter::once(bytes));
    let size = usize::from(sizes[0] % 64) + 1;
    let pieces = read(bytes.chunks(size));
    // A frame near the limit is seen or not by how much of it is there.
    if !whole.1 && !pieces.1 {
        assert_eq!(whole.0, pieces.0, "pieces of {size} bytes make other events");
    }
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    assert!(whole.0.len() <= lines, "{} events from {lines} lines", whole.0.len());
});
