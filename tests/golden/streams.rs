//! Recorded streams: whatever way their bytes are cut, the fold makes the same run of them.

use flowdeck::{
    dify::{Client, Error},
    model::{
        app::AppId,
        run::{Run, RunHead, RunId, RunStatus},
    },
    runs::fold::{Fold, new_run},
};
use serde_json::{Map, Value, json};

use crate::{
    Player,
    golden::{check, pretty},
    recording::{Recording, names},
    server::{Reply, Step, pieces},
};

/// How a recording's bytes are cut when they are played.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    /// One piece per HTTP chunk, as the server wrote them.
    AsRecorded,
    Every(usize),
}

/// Cuts inside characters, names and line ends come with the small sizes, which large recordings are spared.
fn cuts(recording: &Recording) -> Vec<Cut> {
    let mut cuts =
        vec![Cut::AsRecorded, Cut::Every(1000), Cut::Every(4096), Cut::Every(16_384), Cut::Every(usize::MAX)];
    if recording.raw.len() < 40_000 {
        cuts.push(Cut::Every(7));
    }
    if recording.raw.len() < 6000 {
        cuts.push(Cut::Every(1));
    }
    cuts
}

fn reply(recording: &Recording, cut: Cut) -> Reply {
    match cut {
        Cut::Every(size) => recording.reply(size),
        Cut::AsRecorded => {
            let mut steps = Vec::new();
            let mut rest = recording.raw.as_slice();
            let head = rest.windows(4).position(|window| window == b"\r\n\r\n").map_or(rest.len(), |at| at + 4);
            let mut end = head;
            while !rest.is_empty() {
                steps.extend(pieces(&rest[..end], usize::MAX));
                rest = &rest[end..];
                let line = rest.windows(2).position(|window| window == b"\r\n").unwrap_or(rest.len());
                let size = std::str::from_utf8(&rest[..line]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
                end = size.map_or(rest.len(), |size| (line + 2 + size + 2).min(rest.len()));
            }
            if !recording.ends_whole() {
                steps.push(Step::Close);
            }
            steps
        }
    }
}

/// A run that nobody has started, with ids and times that are the same every day.
fn empty_run() -> Run {
    let head = RunHead::new(RunId("local".into()), AppId("app".into()), RunStatus::Starting, 0);
    new_run(head, Vec::new())
}

/// Plays the stream and folds it. Its times are numbers of events: the first one arrives at 1.
async fn folded(client: &Client) -> Result<Value, Error> {
    let mut stream = client.run(Map::new(), "").await?;
    let mut fold = Fold::new(empty_run());
    let mut events = Map::new();
    let mut at = 0;
    let mut end = "whole".to_owned();
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => {
                at += 1;
                let debug = format!("{:?}", item.event);
                let name = debug.split([' ', '(', '{']).next().unwrap_or_default();
                let count = events.get(name).and_then(Value::as_i64).unwrap_or(0) + 1;
                events.insert(name.to_owned(), count.into());
                fold.apply(item, at);
            }
            Err(error) => end = format!("{error:?}"),
        }
    }
    let mut golden = json!({ "stream": end, "events": events });
    let run = serde_json::to_value(fold.run()).expect("runs are plain data");
    golden.as_object_mut().expect("an object").extend(run.as_object().cloned().unwrap_or_default());
    Ok(golden)
}

#[tokio::test]
async fn every_recorded_stream_folds_to_its_golden_in_any_chunking() {
    let player = Player::start().await;
    let mut streams = 0;
    for name in names(&[""]) {
        let recording = Recording::load(&name);
        if !recording.is_stream() {
            continue;
        }
        streams += 1;
        for cut in cuts(&recording) {
            player.answers_with(reply(&recording, cut));
            let golden = folded(&player.client).await.unwrap_or_else(|error| panic!("{name}, {cut:?}: {error}"));
            check(&format!("{name}.fold.json"), &pretty(&golden), &format!("{cut:?}"));
        }
    }
    assert!(streams >= 55, "only {streams} streams were found: the recordings are incomplete");
}
