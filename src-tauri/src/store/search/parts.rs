//! What can be found of a run: its texts, each with the part of the run it belongs to.

mod gathered;

use std::collections::HashMap;

use rusqlite::{Connection, Row};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::gathered::{Gathered, Joined};
use super::{super::Result, listed};
use crate::model::{
    file::is_file_value,
    history::RunPart,
    human_input::{Question, QuestionState, without_slots},
    query::Place,
    run::{InputShown, RunError},
    words::{Folded, Needle},
};

/// Of the steps of one run no more is read, in bytes.
const MOST_OF_STEPS: usize = 16 << 20;

/// Where the texts are read from; some cost more than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// Title, name, error.
    Head,
    Body,
    Text,
    /// Names of files, notes, tags.
    Beside,
    Steps,
    /// What the server calls it: that is not in the index of words, but found by an index of its own.
    Id,
}

pub(super) const ALL: [From; 5] = [From::Head, From::Body, From::Text, From::Beside, From::Steps];

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub place: RunPart,
    pub text: String,
    /// Where in it a text ends that counts by itself.
    cuts: Vec<usize>,
}

impl Part {
    pub fn new(place: RunPart, text: String) -> Self {
        Self { place, text, cuts: Vec::new() }
    }

    pub fn is_in(&self, places: &[Place]) -> bool {
        let own = match &self.place {
            RunPart::Title => Place::Title,
            RunPart::Input { .. } => Place::Input,
            RunPart::SentFile { .. } | RunPart::File { .. } => Place::File,
            RunPart::Text | RunPart::Output { .. } => Place::Output,
            RunPart::Step { .. } | RunPart::Question { .. } => Place::Step,
            RunPart::Error => Place::Error,
            RunPart::Note => Place::Note,
            RunPart::Tag => Place::Tag,
            RunPart::RunId => return places.is_empty(),
        };
        places.is_empty() || places.contains(&own)
    }

    /// Whether a text of it, folded, holds the needle.
    pub fn holds(&self, needle: &Needle, hay: &Folded) -> bool {
        match self.place {
            RunPart::RunId => self.named_by(needle).is_some(),
            _ => needle.is_in(hay),
        }
    }

    /// How much of the server's name of the run the needle is.
    pub fn named_by(&self, needle: &Needle) -> Option<usize> {
        needle.run_id().filter(|id| self.place == RunPart::RunId && self.text.starts_with(id)).map(|id| id.len())
    }
}

pub(super) type Parts = HashMap<String, Vec<Part>>;

/// The texts of these runs.
pub(super) fn load(connection: &Connection, ids: &[String], from: &[From]) -> Result<Parts> {
    load_with(connection, ids, from, &|_| true)
}

/// The same without what is kept as JSON and does not fit: it is not even parsed.
pub(super) fn load_with(
    connection: &Connection,
    ids: &[String],
    from: &[From],
    fits: &dyn Fn(&[u8]) -> bool,
) -> Result<Parts> {
    let list = listed(ids)?;
    let mut parts: HashMap<String, Gathered> = HashMap::with_capacity(ids.len());
    for from in from {
        match from {
            From::Head => {
                let sql = "SELECT id, title, name, error FROM run WHERE id IN (SELECT value FROM json_each(?))";
                each(connection, sql, &list, |row| {
                    let of = parts.entry(text(row, 0)).or_default();
                    add(of, RunPart::Title, text(row, 2));
                    add(of, RunPart::Title, text(row, 1));
                    if let Some(error) = json::<RunError>(bytes(row, 3), &|_| true) {
                        add(of, RunPart::Error, error.message);
                    }
                })?;
            }
            From::Body => {
                let sql = "SELECT run_id, inputs, outputs, questions FROM run_body \
                    WHERE run_id IN (SELECT value FROM json_each(?))";
                each(connection, sql, &list, |row| {
                    let of = parts.entry(text(row, 0)).or_default();
                    body(of, bytes(row, 1), bytes(row, 2), fits);
                    for question in json::<Vec<Question>>(bytes(row, 3), fits).unwrap_or_default() {
                        of.add(asked(question));
                    }
                })?;
            }
            From::Text => {
                let sql = "SELECT run_id, text, source FROM run_text \
                    WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, source, id";
                let (mut last, mut whole) = ((String::new(), String::new()), String::new());
                let mut end = |(run, _): (String, String), text: String| {
                    if !text.is_empty() {
                        add(parts.entry(run).or_default(), RunPart::Text, text);
                    }
                };
                each(connection, sql, &list, |row| {
                    let key = (text(row, 0), text(row, 2));
                    if last != key {
                        end(std::mem::replace(&mut last, key), std::mem::take(&mut whole));
                    }
                    whole.push_str(&text(row, 1));
                })?;
                end(last, whole);
            }
            From::Beside => beside(connection, &list, &mut parts)?,
            From::Steps => {
                let sql = "SELECT run_id, step FROM step WHERE run_id IN (SELECT value FROM json_each(?)) \
                    ORDER BY run_id, position";
                each(connection, sql, &list, |row| {
                    let of = parts.entry(text(row, 0)).or_default();
                    if of.read < MOST_OF_STEPS
                        && let Some(step) = json::<StepText>(bytes(row, 1), fits)
                    {
                        of.read += bytes(row, 1).len();
                        of.add(step.part());
                    }
                })?;
            }
            From::Id => {
                let sql = "SELECT id, server_run_id FROM run WHERE id IN (SELECT value FROM json_each(?))";
                each(connection, sql, &list, |row| {
                    add(parts.entry(text(row, 0)).or_default(), RunPart::RunId, text(row, 1));
                })?;
            }
        }
    }
    Ok(parts.into_iter().map(|(run, of)| (run, of.finish())).collect())
}

fn beside(connection: &Connection, list: &str, parts: &mut HashMap<String, Gathered>) -> Result<()> {
    let sql = "SELECT run_id, name, label FROM sent_file WHERE run_id IN (SELECT value FROM json_each(?)) \
        ORDER BY run_id, position";
    each(connection, sql, list, |row| {
        let of = parts.entry(text(row, 0)).or_default();
        let (name, label) = (text(row, 1), text(row, 2));
        // The inputs name it, too.
        if !of
            .parts
            .iter()
            .any(|part| matches!(part.place, RunPart::SentFile { .. }) && part.text.lines().any(|line| line == name))
        {
            add(of, RunPart::SentFile { label }, name);
        }
    })?;
    let sql = "SELECT run_id, name, variable FROM run_file WHERE run_id IN (SELECT value FROM json_each(?)) \
        ORDER BY run_id, position";
    each(connection, sql, list, |row| {
        add(parts.entry(text(row, 0)).or_default(), RunPart::File { variable: text(row, 2) }, text(row, 1));
    })?;
    let sql = "SELECT run_id, note FROM run_note WHERE run_id IN (SELECT value FROM json_each(?))";
    each(connection, sql, list, |row| add(parts.entry(text(row, 0)).or_default(), RunPart::Note, text(row, 1)))?;
    let sql = "SELECT run_id, tag FROM run_tag WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, tag";
    each(connection, sql, list, |row| add(parts.entry(text(row, 0)).or_default(), RunPart::Tag, text(row, 1)))
}

fn each(connection: &Connection, sql: &str, list: &str, mut then: impl FnMut(&Row<'_>)) -> Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([list])?;
    while let Some(row) = rows.next()? {
        then(row);
    }
    Ok(())
}

/// What stands in the column, as far as it is a text: what went wrong is looked at where the run is opened.
fn text(row: &Row<'_>, column: usize) -> String {
    String::from_utf8_lossy(bytes(row, column)).into_owned()
}

fn json<T: serde::de::DeserializeOwned>(bytes: &[u8], fits: &dyn Fn(&[u8]) -> bool) -> Option<T> {
    Some(bytes).filter(|bytes| fits(bytes)).and_then(|bytes| serde_json::from_slice(bytes).ok())
}

fn bytes<'row>(row: &'row Row<'_>, column: usize) -> &'row [u8] {
    row.get_ref(column).ok().and_then(|value| value.as_bytes_or_null().ok().flatten()).unwrap_or_default()
}

fn add(parts: &mut Gathered, place: RunPart, text: String) {
    parts.add(Part::new(place, text));
}

fn body(parts: &mut Gathered, inputs: &[u8], outputs: &[u8], fits: &dyn Fn(&[u8]) -> bool) {
    for input in json::<Vec<InputShown>>(inputs, fits).unwrap_or_default() {
        let InputShown { variable, label, value, is_files, .. } = input;
        let place = if is_files { RunPart::SentFile { label } } else { RunPart::Input { variable, label } };
        parts.add(leaves(value).part(place));
    }
    for (variable, value) in json::<Map<String, Value>>(outputs, fits).unwrap_or_default() {
        parts.add(leaves(value).part(RunPart::Output { variable }));
    }
}

/// What stands in the record of a question.
fn asked(question: Question) -> Part {
    let title = question.form.node_title;
    let mut text = Joined::default();
    text.add(&title);
    let asked = without_slots(&question.form.content);
    match question.state {
        QuestionState::Answered { action, content, .. } => {
            text.add(if content.trim().is_empty() { &asked } else { &content });
            text.add(&action);
        }
        QuestionState::Open | QuestionState::Expired { .. } | QuestionState::Dropped => text.add(&asked),
    }
    text.part(RunPart::Question { title })
}

/// The texts and numbers in a value, one a line.
fn leaves(value: Value) -> Joined {
    let mut text = match value {
        Value::String(text) => return Joined::whole(text),
        _ => Joined::default(),
    };
    gather(&value, &mut text);
    text
}

fn gather(value: &Value, text: &mut Joined) {
    match value {
        Value::String(leaf) => text.add(leaf),
        Value::Number(leaf) => text.add(&leaf.to_string()),
        Value::Array(values) => values.iter().for_each(|value| gather(value, text)),
        // Its address and ids are nobody's words.
        Value::Object(file) if is_file_value(file) => {
            file.get("filename").and_then(Value::as_str).into_iter().for_each(|name| text.add(name));
        }
        Value::Object(values) => values.values().for_each(|value| gather(value, text)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// What of a step is text.
#[derive(Deserialize)]
struct StepText {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    inputs: Option<Value>,
    #[serde(default)]
    process_data: Option<Value>,
    #[serde(default, rename = "processData")]
    process_data_now: Option<Value>,
    #[serde(default)]
    outputs: Option<Value>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    reasoning: String,
    #[serde(default, rename = "agentLog", alias = "agent_log")]
    agent_log: Vec<NoteText>,
}

/// What of an agent's note is text.
#[derive(Deserialize)]
struct NoteText {
    #[serde(default)]
    label: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    data: Option<Value>,
}

impl StepText {
    fn part(self) -> Part {
        let mut text = Joined::default();
        text.add(&self.title);
        for value in [self.inputs, self.process_data.or(self.process_data_now), self.outputs].into_iter().flatten() {
            gather(&value, &mut text);
        }
        text.add(self.error.as_deref().unwrap_or_default());
        text.add(&self.reasoning);
        for note in self.agent_log {
            text.add(&note.label);
            text.add(note.error.as_deref().unwrap_or_default());
            gather(&note.data.unwrap_or_default(), &mut text);
        }
        text.part(RunPart::Step { step: self.id, title: self.title })
    }
}
