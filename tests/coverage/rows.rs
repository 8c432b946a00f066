//! The five documents' rows, as they stand in the data files beside this one.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

/// The documents, oldest first: the columns of the table.
pub const DOCUMENTS: [&str; 5] = ["spring 2024", "November 2024 (a)", "November 2024 (b)", "2025 (changes)", "newest"];

/// The data files, in the order of the table's chapters.
pub const CHAPTERS: [&str; 5] = ["endpoints", "requests", "answers", "events", "errors"];

/// What belongs to one endpoint or event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub endpoint: String,
    pub part: String,
    /// Which call of the client asks; rows may say it themselves.
    #[serde(default)]
    pub call: String,
    /// An answer or event with every field in it.
    #[serde(default)]
    pub answer: Value,
    pub rows: Vec<Row>,
}

/// One endpoint, field, event or error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `data[].id` is the first entry's; what stands in brackets is a remark.
    pub field: String,
    /// Document → the shape it gives.
    pub documents: BTreeMap<String, String>,
    /// JSON pointer of the field, where the name does not give it.
    pub at: Option<String>,
    /// Values to try, one for each shape; a text and a number otherwise, by the documents' shapes.
    pub values: Option<Vec<Value>>,
    /// What must stand beside it for the field to count: pointer → value.
    #[serde(default)]
    pub with: BTreeMap<String, Value>,
    pub sent: Option<Sent>,
    pub asked: Option<String>,
    pub call: Option<String>,
    /// Where it is made, when that is not in the client.
    pub place: Option<String>,
    pub error: Option<Refusal>,
    /// `file › needle`, or words.
    pub used: String,
    pub shown: String,
}

/// Where in the request a value must stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub call: Option<String>,
    #[serde(rename = "in")]
    pub place: String,
    pub at: Option<String>,
    pub name: Option<String>,
    pub is: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
}

impl Row {
    pub fn pointer(&self) -> String {
        let name = self.field.split(" (").next().unwrap_or_default();
        let indexed = name.replace("[]", ".0").replace('[', ".").replace(']', "");
        self.at.clone().unwrap_or_else(|| format!("/{}", indexed.replace('.', "/")))
    }

    /// The values to try in its place.
    pub fn tried(&self) -> Vec<Value> {
        if let Some(values) = &self.values {
            return values.clone();
        }
        let counts = self.documents.values().any(|shape| shape.starts_with("int"));
        vec![if counts { 73_001.into() } else { "sentinel".into() }]
    }
}

pub fn groups(chapter: &str) -> Vec<Group> {
    let path = root().join("tests/coverage").join(format!("{chapter}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{chapter}.json: {error}"))
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
