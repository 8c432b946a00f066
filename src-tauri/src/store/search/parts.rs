//! What can be found of a run: its texts, each with the part of the run it belongs to.

use std::collections::HashMap;

use rusqlite::{Connection, Row};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{super::Result, listed};
use crate::model::{
    file::is_file_value,
    history::RunPart,
    query::Place,
    run::{InputShown, RunError},
};

/// Of one run no more is indexed and looked through, in bytes.
const MOST: usize = 1024 * 1024;

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
}

pub(super) const ALL: [From; 5] = [From::Head, From::Body, From::Text, From::Beside, From::Steps];

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub place: RunPart,
    pub text: String,
}

impl Part {
    pub fn is_in(&self, places: &[Place]) -> bool {
        let own = match &self.place {
            RunPart::Title => Place::Title,
            RunPart::Input { .. } => Place::Input,
            RunPart::SentFile { .. } | RunPart::File { .. } => Place::File,
            RunPart::Text | RunPart::Output { .. } => Place::Output,
            RunPart::Step { .. } => Place::Step,
            RunPart::Error => Place::Error,
            RunPart::Note => Place::Note,
            RunPart::Tag => Place::Tag,
        };
        places.is_empty() || places.contains(&own)
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
    let mut parts = Parts::with_capacity(ids.len());
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
                let sql =
                    "SELECT run_id, inputs, outputs FROM run_body WHERE run_id IN (SELECT value FROM json_each(?))";
                each(connection, sql, &list, |row| {
                    body(parts.entry(text(row, 0)).or_default(), bytes(row, 1), bytes(row, 2), fits);
                })?;
            }
            From::Text => {
                let sql = "SELECT run_id, text, source FROM run_text \
                    WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, source, id";
                let mut last = (String::new(), String::new());
                each(connection, sql, &list, |row| {
                    let key = (text(row, 0), text(row, 2));
                    let of = parts.entry(key.0.clone()).or_default();
                    match of.last_mut() {
                        Some(part) if last == key && part.place == RunPart::Text => part.text.push_str(&text(row, 1)),
                        _ => of.push(Part { place: RunPart::Text, text: text(row, 1) }),
                    }
                    last = key;
                })?;
            }
            From::Beside => beside(connection, &list, &mut parts)?,
            From::Steps => {
                let sql = "SELECT run_id, step FROM step WHERE run_id IN (SELECT value FROM json_each(?)) \
                    ORDER BY run_id, position";
                each(connection, sql, &list, |row| {
                    let of = parts.entry(text(row, 0)).or_default();
                    if of.iter().map(|part| part.text.len()).sum::<usize>() < MOST
                        && let Some(step) = json::<StepText>(bytes(row, 1), fits)
                    {
                        of.extend(step.part());
                    }
                })?;
            }
        }
    }
    for of in parts.values_mut() {
        bound(of);
    }
    Ok(parts)
}

fn beside(connection: &Connection, list: &str, parts: &mut Parts) -> Result<()> {
    let sql = "SELECT run_id, name, label FROM sent_file WHERE run_id IN (SELECT value FROM json_each(?)) \
        ORDER BY run_id, position";
    each(connection, sql, list, |row| {
        let of = parts.entry(text(row, 0)).or_default();
        let (name, label) = (text(row, 1), text(row, 2));
        // The inputs name it, too.
        if !of
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

fn add(parts: &mut Vec<Part>, place: RunPart, text: String) {
    if !text.is_empty() {
        parts.push(Part { place, text });
    }
}

fn body(parts: &mut Vec<Part>, inputs: &[u8], outputs: &[u8], fits: &dyn Fn(&[u8]) -> bool) {
    for input in json::<Vec<InputShown>>(inputs, fits).unwrap_or_default() {
        let InputShown { variable, label, value, is_files, .. } = input;
        let place = if is_files { RunPart::SentFile { label } } else { RunPart::Input { variable, label } };
        add(parts, place, leaves(value));
    }
    for (variable, value) in json::<Map<String, Value>>(outputs, fits).unwrap_or_default() {
        add(parts, RunPart::Output { variable }, leaves(value));
    }
}

/// The texts and numbers in a value, one a line.
fn leaves(value: Value) -> String {
    fn gather(value: &Value, text: &mut String) {
        let mut add = |leaf: &str| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(leaf);
        };
        match value {
            Value::String(leaf) => add(leaf),
            Value::Number(leaf) => add(&leaf.to_string()),
            Value::Array(values) => values.iter().for_each(|value| gather(value, text)),
            // Its address and ids are nobody's words.
            Value::Object(file) if is_file_value(file) => {
                file.get("filename").and_then(Value::as_str).into_iter().for_each(add);
            }
            Value::Object(values) => values.values().for_each(|value| gather(value, text)),
            Value::Null | Value::Bool(_) => {}
        }
    }
    match value {
        Value::String(text) => text,
        value => {
            let mut text = String::new();
            gather(&value, &mut text);
            text
        }
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
}

impl StepText {
    fn part(self) -> Option<Part> {
        let mut text = self.title.clone();
        let values = [self.inputs, self.process_data.or(self.process_data_now), self.outputs];
        let values = values.into_iter().flatten().map(leaves);
        for piece in values.chain(self.error).chain([self.reasoning]).filter(|piece| !piece.is_empty()) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&piece);
        }
        let place = RunPart::Step { step: self.id, title: self.title };
        (!text.is_empty()).then_some(Part { place, text })
    }
}

/// Cuts what is too much.
fn bound(parts: &mut Vec<Part>) {
    let mut left = MOST;
    parts.retain_mut(|part| {
        if part.text.len() > left {
            part.text.truncate(part.text.floor_char_boundary(left));
        }
        left -= part.text.len();
        !part.text.is_empty()
    });
}
