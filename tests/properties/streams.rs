//! The reader of streams: the same events in any pieces, and nothing but events from whatever comes.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    config,
    dify::Events,
    model::stream::StreamItem,
    recording::{Recording, names},
    sound::fold_soundly,
    spoil::{harms, spoilt},
};

/// The bodies of the recorded streams that are small enough to be tried a hundred times.
static STREAMS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    names(&[""])
        .into_iter()
        .map(|name| Recording::load(&name))
        .filter(|recording| recording.is_stream() && recording.raw.len() < 40_000)
        .map(|recording| recording.body())
        .collect()
});

/// The events of bytes that arrive in pieces of these sizes, over and over; the flag says that a frame was too large.
fn read(bytes: &[u8], sizes: &[usize], limit: usize) -> (Vec<StreamItem>, bool) {
    let mut events = Events::with_limit(limit);
    let mut items = Vec::new();
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    let mut ended = false;
    loop {
        match events.next() {
            Ok(Some(item)) => items.push(item),
            Ok(None) if ended => return (items, false),
            Ok(None) if rest.is_empty() => {
                events.end();
                ended = true;
            }
            Ok(None) => {
                let size = sizes.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
                events.push(&rest[..size]);
                rest = &rest[size..];
            }
            Err(_) => return (items, true),
        }
    }
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn any_partition_of_any_recording_gives_the_same_events(
        which in any::<Index>(),
        sizes in vec(1..3000_usize, 1..12),
    ) {
        let bytes = which.get::<Vec<u8>>(&STREAMS);
        let whole = read(bytes, &[], usize::MAX);
        prop_assert!(!whole.0.is_empty(), "every recorded stream has events");
        prop_assert_eq!(read(bytes, &sizes, usize::MAX), whole, "pieces of {:?} bytes", sizes);
    }

    #[test]
    fn spoilt_streams_give_the_same_events_in_any_pieces_and_a_sound_run(
        which in any::<Index>(),
        harms in harms(),
        sizes in vec(1..600_usize, 1..6),
    ) {
        let bytes = spoilt(which.get::<Vec<u8>>(&STREAMS), &harms);
        let (items, too_large) = read(&bytes, &[], usize::MAX);
        prop_assert!(!too_large, "there is no limit here");
        prop_assert!(items.len() <= lines(&bytes), "no more events than lines");
        prop_assert_eq!(&read(&bytes, &sizes, usize::MAX).0, &items, "pieces of {:?} bytes", sizes);
        if let Err(what) = fold_soundly(items) {
            prop_assert!(false, "{}", what);
        }
    }

    #[test]
    fn bytes_that_are_no_stream_at_all_are_survived(bytes in vec(any::<u8>(), 0..2000), size in 1..50_usize) {
        let whole = read(&bytes, &[], usize::MAX).0;
        prop_assert!(whole.len() <= lines(&bytes), "no more events than lines");
        prop_assert_eq!(read(&bytes, &[size], usize::MAX).0, whole, "pieces of {} bytes", size);
    }

    #[test]
    fn a_frame_is_given_up_before_more_than_the_limit_and_one_piece_is_kept(
        limit in 1..5000_usize,
        size in 1..700_usize,
        in_lines in any::<bool>(),
    ) {
        let mut events = Events::with_limit(limit);
        let mut line = vec![b'x'; size];
        if in_lines {
            line.splice(..0, *b"data: ");
            line.push(b'\n');
        }
        let mut pushed = 0;
        while matches!(events.next(), Ok(None)) {
            events.push(&line);
            pushed += line.len();
            // Of a line, what stands before its data is not kept.
            prop_assert!(pushed <= (limit + size) * line.len().div_ceil(size) + 8 * line.len(), "{pushed} bytes and no end");
        }
        prop_assert!(events.next().is_err(), "and it stays given up");
    }
}
