//! What can be found of a run: its texts, each with the part of the run it belongs to.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{super::Result, listed};
use crate::model::{
    file::is_file_value,
    history::RunPart,
    query::Place,
    run::{InputShown, RunError},
};

/// Of one run no more is indexed and looked through, in bytes.
const MOST: usize = 1024 * 1024;
/// Bodies up to this size, in bytes, are read together.
const SHORT: i64 = 16 * 1024;

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
pub(super) async fn load(connection: &mut SqliteConnection, ids: &[String], from: &[From]) -> Result<Parts> {
    load_with(connection, ids, from, &|_| true).await
}

/// The same without what is kept as JSON and does not fit: it is not even parsed.
pub(super) async fn load_with(
    connection: &mut SqliteConnection,
    ids: &[String],
    from: &[From],
    fits: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<Parts> {
    let list = listed(ids)?;
    let mut parts = Parts::with_capacity(ids.len());
    for from in from {
        match from {
            From::Head => {
                let sql = "SELECT id, title, name, error FROM run WHERE id IN (SELECT value FROM json_each(?))";
                for row in rows(connection, sql, &list).await? {
                    let of = parts.entry(text(&row, 0)).or_default();
                    add(of, RunPart::Title, text(&row, 2));
                    add(of, RunPart::Title, text(&row, 1));
                    if let Some(error) = json::<RunError>(&row, 3) {
                        add(of, RunPart::Error, error.message);
                    }
                }
            }
            From::Body => {
                let long = joined_bodies(connection, &list, fits, &mut parts).await?;
                if long.as_ref().is_none_or(|long| !long.is_empty()) {
                    let list = long.map_or_else(|| Ok(list.clone()), |long| listed(&long))?;
                    let sql = "SELECT run_id, inputs, outputs FROM run_body \
                        WHERE run_id IN (SELECT value FROM json_each(?))";
                    for row in rows(connection, sql, &list).await? {
                        body(parts.entry(text(&row, 0)).or_default(), bytes(&row, 1), bytes(&row, 2), fits);
                    }
                }
            }
            From::Text => {
                let sql = "SELECT run_id, text, source FROM run_text \
                    WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, source, id";
                let mut last = (String::new(), String::new());
                for row in rows(connection, sql, &list).await? {
                    let key = (text(&row, 0), text(&row, 2));
                    let of = parts.entry(key.0.clone()).or_default();
                    match of.last_mut() {
                        Some(part) if last == key && part.place == RunPart::Text => part.text.push_str(&text(&row, 1)),
                        _ => of.push(Part { place: RunPart::Text, text: text(&row, 1) }),
                    }
                    last = key;
                }
            }
            From::Beside => beside(connection, &list, &mut parts).await?,
            From::Steps => {
                let sql = "SELECT run_id, step FROM step WHERE run_id IN (SELECT value FROM json_each(?)) \
                    ORDER BY run_id, position";
                for row in rows(connection, sql, &list).await? {
                    let of = parts.entry(text(&row, 0)).or_default();
                    if of.iter().map(|part| part.text.len()).sum::<usize>() < MOST
                        && let Some(step) = json_that::<StepText>(bytes(&row, 1), fits)
                    {
                        of.extend(step.part());
                    }
                }
            }
        }
    }
    for of in parts.values_mut() {
        bound(of);
    }
    Ok(parts)
}

/// The bodies as one value: each row that crosses from the database's thread costs more than its text. Those of these
/// runs were left out, because they are long; none where something in them is no text.
async fn joined_bodies(
    connection: &mut SqliteConnection,
    list: &str,
    fits: &(dyn Fn(&[u8]) -> bool + Sync),
    parts: &mut Parts,
) -> Result<Option<Vec<String>>> {
    // Signs that JSON only has escaped, between values and between runs.
    let sql = "SELECT group_concat(run_id || char(31) || inputs || char(31) || outputs, char(30)) \
         FILTER (WHERE octet_length(inputs) + octet_length(outputs) <= ?2), count(*), \
         json_group_array(run_id) FILTER (WHERE octet_length(inputs) + octet_length(outputs) > ?2) \
        FROM run_body WHERE run_id IN (SELECT value FROM json_each(?1))";
    let row = sqlx::query(sql).bind(list).bind(SHORT).fetch_one(connection).await?;
    let (all, count) = (bytes(&row, 0), row.try_get::<i64, _>(1)?);
    let Some(long) = json::<Vec<String>>(&row, 2) else { return Ok(None) };
    let mut read = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    let mut begin = 0;
    for end in memchr::memchr_iter(30, all).chain([all.len()]).filter(|_| !all.is_empty()) {
        let body = &all[begin..end];
        begin = end + 1;
        let mut parted = memchr::memchr_iter(31, body);
        let (Some(first), Some(second), None) = (parted.next(), parted.next(), parted.next()) else {
            return Ok(None);
        };
        read.push((&body[..first], &body[first + 1..second], &body[second + 1..]));
    }
    if usize::try_from(count) != Ok(read.len() + long.len()) {
        return Ok(None);
    }
    for (id, inputs, outputs) in read {
        body(parts.entry(String::from_utf8_lossy(id).into_owned()).or_default(), inputs, outputs, fits);
    }
    Ok(Some(long))
}

async fn beside(connection: &mut SqliteConnection, list: &str, parts: &mut Parts) -> Result<()> {
    let sql = "SELECT run_id, name, label FROM sent_file WHERE run_id IN (SELECT value FROM json_each(?)) \
        ORDER BY run_id, position";
    for row in rows(connection, sql, list).await? {
        let of = parts.entry(text(&row, 0)).or_default();
        let (name, label) = (text(&row, 1), text(&row, 2));
        // The inputs name it, too.
        if !of
            .iter()
            .any(|part| matches!(part.place, RunPart::SentFile { .. }) && part.text.lines().any(|line| line == name))
        {
            add(of, RunPart::SentFile { label }, name);
        }
    }
    let sql = "SELECT run_id, name, variable FROM run_file WHERE run_id IN (SELECT value FROM json_each(?)) \
        ORDER BY run_id, position";
    for row in rows(connection, sql, list).await? {
        add(parts.entry(text(&row, 0)).or_default(), RunPart::File { variable: text(&row, 2) }, text(&row, 1));
    }
    let sql = "SELECT run_id, note FROM run_note WHERE run_id IN (SELECT value FROM json_each(?))";
    for row in rows(connection, sql, list).await? {
        add(parts.entry(text(&row, 0)).or_default(), RunPart::Note, text(&row, 1));
    }
    let sql = "SELECT run_id, tag FROM run_tag WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, tag";
    for row in rows(connection, sql, list).await? {
        add(parts.entry(text(&row, 0)).or_default(), RunPart::Tag, text(&row, 1));
    }
    Ok(())
}

async fn rows(connection: &mut SqliteConnection, sql: &'static str, list: &str) -> Result<Vec<SqliteRow>> {
    Ok(sqlx::query(sql).bind(list).fetch_all(connection).await?)
}

/// What stands in the column, as far as it is a text: what went wrong is looked at where the run is opened.
fn text(row: &SqliteRow, column: usize) -> String {
    let bytes: Option<Vec<u8>> = row.try_get_unchecked(column).ok().flatten();
    bytes.map_or_else(String::new, |bytes| match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(wrong) => String::from_utf8_lossy(wrong.as_bytes()).into_owned(),
    })
}

fn json<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: usize) -> Option<T> {
    json_that(bytes(row, column), &|_| true)
}

fn json_that<T: serde::de::DeserializeOwned>(bytes: &[u8], fits: &dyn Fn(&[u8]) -> bool) -> Option<T> {
    Some(bytes).filter(|bytes| fits(bytes)).and_then(|bytes| serde_json::from_slice(bytes).ok())
}

fn bytes(row: &SqliteRow, column: usize) -> &[u8] {
    row.try_get_unchecked(column).ok().flatten().unwrap_or_default()
}

fn add(parts: &mut Vec<Part>, place: RunPart, text: String) {
    if !text.is_empty() {
        parts.push(Part { place, text });
    }
}

fn body(parts: &mut Vec<Part>, inputs: &[u8], outputs: &[u8], fits: &dyn Fn(&[u8]) -> bool) {
    for input in json_that::<Vec<InputShown>>(inputs, fits).unwrap_or_default() {
        let InputShown { variable, label, value, is_files, .. } = input;
        let place = if is_files { RunPart::SentFile { label } } else { RunPart::Input { variable, label } };
        add(parts, place, leaves(value));
    }
    for (variable, value) in json_that::<Map<String, Value>>(outputs, fits).unwrap_or_default() {
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
