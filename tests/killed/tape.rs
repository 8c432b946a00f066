//! A recorded stream as a tape that can be stopped anywhere, and be played as many runs with ids of their own.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::recording::{Recording, names};

pub struct Tape {
    pub name: String,
    /// Every byte that the server sent, head and chunk sizes included.
    pub raw: Vec<u8>,
    /// After the head: before the first event.
    pub begin: usize,
    pub events: Vec<Event>,
    /// Where a byte of one of the two ids stands: place in `raw`, which id, which byte of it.
    ids: Vec<(usize, Id, usize)>,
    /// The ids as they were recorded.
    recorded: [String; 2],
    /// Every event could be read by the simple reading here.
    pub plain: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Id {
    Run,
    Task,
}

pub struct Event {
    /// The first place in `raw` behind it.
    pub end: usize,
    pub has_ids: bool,
    /// Source and text of a piece of text.
    pub text: Option<(String, String)>,
    pub json: Option<Value>,
}

impl Event {
    fn is(&self, name: &str) -> bool {
        self.json.as_ref().is_some_and(|json| json["event"] == name)
    }
}

/// All recorded streams.
pub fn tapes() -> &'static [Arc<Tape>] {
    static TAPES: OnceLock<Vec<Arc<Tape>>> = OnceLock::new();
    TAPES.get_or_init(|| {
        let recordings = names(&[""]).into_iter().map(|name| Recording::load(&name));
        recordings.filter(Recording::is_stream).map(|recording| Arc::new(Tape::of(recording))).collect()
    })
}

impl Tape {
    pub fn of(recording: Recording) -> Self {
        let begin = recording.head().len() + 4;
        let (body, places) = if recording.head().contains("transfer-encoding: chunked") {
            unchunked(&recording.raw, begin)
        } else {
            (recording.raw[begin..].to_vec(), (begin..recording.raw.len()).collect())
        };
        let mut events = Vec::new();
        let mut from = 0;
        let mut plain = true;
        while let Some(length) = body[from..].windows(2).position(|window| window == b"\n\n") {
            let frame = &body[from..from + length];
            from += length + 2;
            let data = frame.strip_prefix(b"data: ");
            let json: Option<Value> = data.and_then(|data| serde_json::from_slice(data).ok());
            plain &= data.is_none() || json.is_some();
            events.push(Event {
                end: places[from - 1] + 1,
                has_ids: find(frame, b"\"workflow_run_id\":\"").is_some(),
                text: json.as_ref().and_then(text_of),
                json,
            });
        }
        let (name, raw, recorded) = (recording.name, recording.raw, Default::default());
        let mut tape = Self { name, raw, begin, events, ids: Vec::new(), recorded, plain };
        let first = tape.events.iter().find(|event| event.has_ids).and_then(|event| event.json.as_ref());
        for (id, name) in [(Id::Run, "workflow_run_id"), (Id::Task, "task_id")] {
            let Some(text) = first.and_then(|json| json[name].as_str()).map(str::to_owned) else { continue };
            assert_eq!(text.len(), 36, "{}: ids are UUIDs", tape.name);
            let mut from = 0;
            while let Some(at) = find(&body[from..], text.as_bytes()) {
                tape.ids.extend((0..text.len()).map(|byte| (places[from + at + byte], id, byte)));
                from += at + text.len();
            }
            tape.recorded[usize::from(id == Id::Task)] = text;
        }
        tape
    }

    /// The bytes up to `upto`, as a run with these ids.
    pub fn bytes(&self, upto: usize, run_id: &str, task_id: &str) -> Vec<u8> {
        let mut bytes = self.raw[..upto].to_vec();
        for &(place, id, byte) in self.ids.iter().filter(|(place, ..)| *place < upto) {
            let text = if id == Id::Run { run_id } else { task_id };
            bytes[place] = text.as_bytes()[byte];
        }
        bytes
    }

    /// What a recorded text is in a run with these ids: workflows may show them.
    pub fn renamed(&self, text: &str, run_id: &str, task_id: &str) -> String {
        let [run, task] = &self.recorded;
        if run.is_empty() {
            text.to_owned()
        } else {
            text.replace(run.as_str(), run_id).replace(task.as_str(), task_id)
        }
    }

    /// Before the first byte, before the first event, and behind each.
    pub fn boundaries(&self) -> impl Iterator<Item = usize> {
        [0, self.begin].into_iter().chain(self.events.iter().map(|event| event.end))
    }

    /// The events that are whole within `upto`.
    pub fn told(&self, upto: usize) -> impl Iterator<Item = &Event> {
        self.events.iter().take_while(move |event| event.end <= upto)
    }

    /// Whether the ids are known by then.
    pub fn has_ids(&self, upto: usize) -> bool {
        self.told(upto).any(|event| event.has_ids)
    }

    /// Text by source, in order of arrival.
    pub fn text(&self, upto: usize) -> Vec<(String, String)> {
        let mut parts: Vec<(String, String)> = Vec::new();
        for (source, text) in self.told(upto).filter_map(|event| event.text.as_ref()) {
            match parts.iter_mut().find(|part| part.0 == *source) {
                Some(part) => part.1.push_str(text),
                None => parts.push((source.clone(), text.clone())),
            }
        }
        parts
    }

    /// The server refused it: there is no run behind it.
    pub fn is_refusal(&self) -> bool {
        !self.events.iter().any(|event| event.has_ids)
    }

    /// What the last event says of the run's end.
    pub fn end(&self) -> Option<&Value> {
        self.events.iter().rfind(|event| event.is("workflow_finished"))?.json.as_ref().map(|json| &json["data"])
    }

    pub fn workflow_id(&self) -> &str {
        let ids = self.events.iter().filter_map(|event| event.json.as_ref()?["data"]["workflow_id"].as_str());
        ids.take(1).next().unwrap_or("w")
    }
}

fn text_of(json: &Value) -> Option<(String, String)> {
    if json["event"] != "text_chunk" {
        return None;
    }
    let source = json["data"]["from_variable_selector"].as_array()?;
    let source: Vec<&str> = source.iter().filter_map(Value::as_str).collect();
    Some((source.join("."), json["data"]["text"].as_str()?.to_owned()))
}

pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The body, and where each of its bytes stands in `raw`.
fn unchunked(raw: &[u8], mut from: usize) -> (Vec<u8>, Vec<usize>) {
    let (mut body, mut places) = (Vec::new(), Vec::new());
    while let Some(line) = find(&raw[from..], b"\r\n") {
        let size = std::str::from_utf8(&raw[from..from + line]).ok();
        let Some(size @ 1..) = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok()) else { break };
        let begin = from + line + 2;
        let end = (begin + size).min(raw.len());
        body.extend_from_slice(&raw[begin..end]);
        places.extend(begin..end);
        from = (end + 2).min(raw.len());
    }
    (body, places)
}

#[test]
fn a_tape_is_its_recording_with_other_ids() {
    let (run, task) = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002");
    let mut events = 0;
    for tape in tapes() {
        let bytes = tape.bytes(tape.raw.len(), run, task);
        assert_eq!(bytes.len(), tape.raw.len(), "{}: as long as it was", tape.name);
        let plain = Recording::load(&tape.name);
        assert_eq!(plain.events().len(), tape.events.len(), "{}: every event, once", tape.name);
        let played = Recording { name: tape.name.clone(), raw: bytes };
        for (sent, recorded) in played.events().iter().zip(plain.events()) {
            assert_eq!(sent["event"], recorded["event"], "{}: and the same ones", tape.name);
            let ids = (sent["workflow_run_id"].as_str(), sent["task_id"].as_str());
            assert!(matches!(ids.0, None | Some("00000000-0000-4000-8000-000000000001")), "{}: {ids:?}", tape.name);
            assert!(matches!(ids.1, None | Some("00000000-0000-4000-8000-000000000002")), "{}: {ids:?}", tape.name);
        }
        events += tape.events.len();
    }
    assert!(tapes().len() >= 55 && events >= 2892, "{} streams with {events} events: some are missing", tapes().len());
}
