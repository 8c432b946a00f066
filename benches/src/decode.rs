//! Bytes in memory to events: Flowdeck's reader beside its peers and the floor.

use std::{fs, hint::black_box, path::PathBuf};

use bytes::Bytes;

use crate::{
    corpus::{Corpus, FRAMES},
    measure::{Results, Tally, cpu_seconds, median},
    node::Node,
    peers::{self, Reader},
};

/// Pieces as a TLS connection hands them over, and as small as slow networks do.
const LARGE: usize = 16 * 1024;
const SMALL: usize = 1024;

/// In the order they take turns.
const READERS: &[(&str, Reader, usize)] = &[
    ("sse-stream typed", peers::sse_stream_typed, LARGE),
    ("flowdeck", peers::flowdeck, LARGE),
    ("floor", peers::floor, LARGE),
    ("flowdeck 1,024", peers::flowdeck, SMALL),
    ("floor 1,024", peers::floor, SMALL),
    ("eventsource-stream typed", peers::eventsource_stream_typed, LARGE),
    ("eventsource-stream Value", peers::eventsource_stream_value, LARGE),
];

pub fn measure(rounds: usize, node: &mut Node, results: &mut Results) -> Result<(), String> {
    let Corpus { bytes, tally, utf16, chinese } = Corpus::new(FRAMES)?;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench/decode.sse");
    fs::create_dir_all(path.parent().unwrap_or(&path))
        .and_then(|()| fs::write(&path, &bytes))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!(
        "Corpus: {} events, {:.2} MB, {:.1} % with Chinese; {tally:?}. Medians of {rounds} rounds, one more to warm up.",
        tally.events(),
        bytes.len() as f64 / 1e6,
        100.0 * chinese as f64 / tally.events() as f64
    );
    let bytes = Bytes::from(bytes);
    let mut seconds = vec![Vec::new(); READERS.len()];
    let mut node_seconds = Vec::new();
    for round in 0..=rounds {
        for (place, (name, read, piece)) in READERS.iter().enumerate() {
            let before = cpu_seconds()?;
            let found = black_box(read(&bytes, *piece));
            let took = cpu_seconds()? - before;
            same(name, &found, &tally)?;
            if round > 0 {
                seconds[place].push(took);
            }
        }
        let answer = node.memory(&path, LARGE)?;
        same("Node", &answer.tally, &Tally { text_length: utf16, ..tally.clone() })?;
        if round > 0 {
            node_seconds.push(answer.cpu);
        }
    }
    let of = |name: &str| {
        let place = READERS.iter().position(|(known, ..)| *known == name);
        place.map(|place| median(&seconds[place])).ok_or_else(|| format!("{name} was not measured"))
    };
    let own = of("flowdeck")?;
    results.compared("16k.cpu_s", own, "floor", of("floor")?, Some(1.10));
    results.compared(
        "16k.eventsource_stream.cpu_s",
        own,
        "eventsource-stream typed",
        of("eventsource-stream typed")?,
        Some(0.45),
    );
    results.compared(
        "16k.eventsource_value.cpu_s",
        own,
        "eventsource-stream Value",
        of("eventsource-stream Value")?,
        None,
    );
    results.compared("16k.sse_stream.cpu_s", own, "sse-stream typed", of("sse-stream typed")?, None);
    results.compared("16k.node.cpu_s", own, "Node eventsource-parser", median(&node_seconds), Some(0.40));
    results.compared("1k.cpu_s", of("flowdeck 1,024")?, "flowdeck 16 KiB", own, Some(1.05));
    results.compared("1k.floor.cpu_s", of("flowdeck 1,024")?, "floor 1,024", of("floor 1,024")?, None);
    // `same` has seen to it: every reader that loses one ends the measurement.
    results.value("u2028.lost", (tally.events() - peers::flowdeck(&bytes, LARGE).events()) as f64, "events", Some(0.0));
    Ok(())
}

pub fn same(name: &str, found: &Tally, expected: &Tally) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{name} found {found:?} instead of {expected:?}")) }
}
