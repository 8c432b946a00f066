//! How others read such a stream: from bytes in memory to events, counted.

use std::convert::Infallible;

use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures::{StreamExt, executor::block_on, stream};
use serde_json::Value;
use sse_stream::SseStream;

use crate::{
    dify::Events,
    floor::{Scanner, typed},
    measure::Tally,
    model::stream::StreamEvent,
};

/// A way to read a stream that is in memory, cut into pieces.
pub type Reader = fn(&Bytes, usize) -> Tally;

pub fn flowdeck(bytes: &Bytes, piece: usize) -> Tally {
    let mut tally = Tally::default();
    let mut events = Events::default();
    for piece in bytes.chunks(piece) {
        events.push(piece);
        while let Ok(Some(item)) = events.next() {
            count(&mut tally, &item.event);
        }
    }
    tally
}

/// Our events by the servers' names; pings are counted by none.
pub fn count(tally: &mut Tally, event: &StreamEvent) {
    match event {
        StreamEvent::Text { text, .. } => tally.count("text_chunk", Some(text.len())),
        StreamEvent::NodeStarted(_) | StreamEvent::NodeFinished(_) => tally.count("node_started", None),
        StreamEvent::WorkflowStarted(_) => tally.count("workflow_started", None),
        StreamEvent::WorkflowFinished(_) => tally.count("workflow_finished", None),
        StreamEvent::Ping | StreamEvent::Unreadable { .. } => {}
        _ => tally.count("other", None),
    }
}

pub fn floor(bytes: &Bytes, piece: usize) -> Tally {
    let mut tally = Tally::default();
    let mut scanner = Scanner::default();
    for piece in bytes.chunks(piece) {
        scanner.push(piece, |data| count_typed(&mut tally, data));
    }
    tally
}

pub fn count_typed(tally: &mut Tally, data: &[u8]) {
    if let Some(event) = typed(data) {
        tally.count(event.name(), event.text_length());
    }
}

pub fn eventsource_stream_typed(bytes: &Bytes, piece: usize) -> Tally {
    eventsource_stream(bytes, piece, count_typed)
}

/// The usual Rust client.
pub fn eventsource_stream_value(bytes: &Bytes, piece: usize) -> Tally {
    eventsource_stream(bytes, piece, |tally, data| {
        if let Ok(event) = serde_json::from_slice::<Value>(data) {
            let name = event["event"].as_str().unwrap_or_default();
            tally.count(name, if name == "text_chunk" { event["data"]["text"].as_str().map(str::len) } else { None });
        }
    })
}

fn eventsource_stream(bytes: &Bytes, piece: usize, mut each: impl FnMut(&mut Tally, &[u8])) -> Tally {
    let mut tally = Tally::default();
    let mut events = stream::iter(pieces(bytes, piece)).eventsource();
    block_on(async {
        while let Some(Ok(event)) = events.next().await {
            each(&mut tally, event.data.as_bytes());
        }
    });
    tally
}

pub fn sse_stream_typed(bytes: &Bytes, piece: usize) -> Tally {
    let mut tally = Tally::default();
    let mut events = SseStream::from_bytes_stream(stream::iter(pieces(bytes, piece)));
    block_on(async {
        while let Some(Ok(event)) = events.next().await {
            if let Some(data) = event.data {
                count_typed(&mut tally, data.as_bytes());
            }
        }
    });
    tally
}

fn pieces(bytes: &Bytes, piece: usize) -> impl Iterator<Item = Result<Bytes, Infallible>> {
    (0..bytes.len()).step_by(piece).map(move |at| Ok(bytes.slice(at..(at + piece).min(bytes.len()))))
}
