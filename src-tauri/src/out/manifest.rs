//! What stands in the file of a run. It is a zip: `run.json`, and the bytes of documents, result files and sounds under
//! numbers. It holds what the run was, and how its app looks: no key, no address of a server, no user.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{
    app::{Branding, Origin},
    form::{Entries, Form},
    history::Contents,
    run::{Run, ServerIds},
    sent::SentCopy,
};

/// How such files end.
pub const EXTENSION: &str = "flowdeck-run";
pub(super) const FORMAT: &str = "flowdeck-run";
/// Raised when an older program would misread what is written.
pub(super) const VERSION: u32 = 1;
pub(super) const MANIFEST: &str = "run.json";

/// What is read first: the rest may have another shape by then.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub format: String,
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub format: String,
    pub version: u32,
    pub app: PackedApp,
    pub run: Run,
    pub contents: Contents,
    #[serde(default)]
    pub entries: Entries,
    #[serde(default)]
    pub form: Form,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub files: Vec<PackedFile>,
    #[serde(default)]
    pub sent: Vec<PackedSent>,
    #[serde(default)]
    pub sounds: Vec<PackedSound>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PackedApp {
    pub origin: Origin,
    pub branding: Branding,
}

/// The bytes of a result file; what it is stands in the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PackedFile {
    pub index: u32,
    pub entry: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackedSent {
    pub variable: String,
    pub label: String,
    pub name: String,
    /// What the entries call it; none of a link.
    pub staged: Option<String>,
    pub size: Option<u64>,
    pub modified_at: Option<i64>,
    pub copy: SentCopy,
    /// Where a copy was kept.
    pub entry: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackedSound {
    pub place: u32,
    pub text_hash: Option<String>,
    pub pieces: Value,
    pub complete: bool,
    pub extension: String,
    pub entry: String,
}

/// Takes out of a run what leads to its server and its user.
pub(super) fn without_traces(run: &mut Run) {
    run.head.contact = None;
    run.head.server = ServerIds {
        run_id: run.head.server.run_id.take(),
        workflow_id: run.head.server.workflow_id.take(),
        ..ServerIds::default()
    };
    if let Some(network) = run.head.error.as_mut().and_then(|error| error.network.as_mut()) {
        network.subject = None;
    }
    // Whoever has a question's token can answer it.
    for question in &mut run.questions {
        (question.form.token, question.form.form_id) = (None, None);
        question.form.approval_channels.clear();
    }
    // Nobody knows what stands in them.
    run.unknown_events.clear();
    run.files.iter_mut().for_each(|file| file.link = None);
    let values = run.steps.iter_mut().flat_map(|step| [&mut step.inputs, &mut step.outputs, &mut step.process_data]);
    for value in values.flatten().chain(run.outputs.values_mut()) {
        clean(value, 0);
    }
}

/// Names of users out of what steps were given, and the signed links of files.
fn clean(value: &mut Value, depth: u32) {
    if depth > 64 {
        return;
    }
    match value {
        Value::Object(fields) => {
            fields.shift_remove("sys.user_id");
            fields.shift_remove("sys.conversation_id");
            if fields.contains_key("dify_model_identity") {
                for name in ["url", "remote_url", "related_id", "tenant_id", "reference", "storage_key"] {
                    if let Some(link) = fields.get_mut(name) {
                        *link = Value::Null;
                    }
                }
            }
            fields.values_mut().for_each(|value| clean(value, depth + 1));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| clean(value, depth + 1)),
        _ => {}
    }
}
