//! The apps that are served: their names, their looks and their forms.

use std::sync::atomic::AtomicU64;

use serde_json::{Value, json};
use uuid::Uuid;

use super::dialect::answers;
use super::{Condition, Generation, Options, long_run};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Workflow {
    DocumentDigest,
    EveryControl,
    Approval,
    LongRun,
    /// A stand-in that only refuses.
    None,
}

pub(super) struct App {
    pub id: String,
    pub workflow_id: String,
    /// The version that is being edited, which cannot be run.
    pub draft_id: String,
    /// When this version was published.
    pub version: String,
    pub slug: &'static str,
    pub key: String,
    pub name: &'static str,
    pub description: &'static str,
    pub tags: &'static [&'static str],
    pub icon: &'static str,
    pub icon_background: &'static str,
    pub disclaimer: &'static str,
    /// Each entry is an object with one key, the control's type: shown by `/parameters` and checked before a run.
    pub form: Vec<Value>,
    pub workflow: Workflow,
    /// Whether a run may end with spoken audio and `/text-to-audio` answers.
    pub speaks: bool,
    /// Whether `/audio-to-text` answers.
    pub listens: bool,
    /// Whether runs may have files beside their form.
    pub attachments: bool,
    /// Tool -> icon, for `/meta`.
    pub tool_icons: Value,
    /// How many runs were started.
    pub runs: AtomicU64,
    pub condition: Option<Condition>,
}

/// A new key: nothing outside this process can guess it.
pub(super) fn random_key() -> String {
    let random = Uuid::new_v4().simple().to_string() + &Uuid::new_v4().simple().to_string();
    // Positions 12 and 16 of a v4 UUID are fixed digits: take the free ones.
    let free: String = random
        .chars()
        .filter(char::is_ascii_hexdigit)
        .enumerate()
        .filter(|(i, _)| i % 32 != 12 && i % 32 != 16)
        .map(|(_, c)| c)
        .take(24)
        .collect();
    format!("app-{free}")
}

pub(super) fn all(options: &Options, started: &str) -> Vec<App> {
    let today = options.generation == Generation::Today;
    let key = |fixed: &Option<String>| fixed.clone().unwrap_or_else(random_key);
    let mut apps = vec![
        App {
            slug: "document-digest",
            key: key(&options.document_digest_key),
            name: "Document digest",
            description: "Reads documents and writes a one-page digest: keywords, central sentences, dates and figures. It works \
                          without a language model, with rules and statistics, on this computer; nothing is sent anywhere. \
                          English and Chinese.",
            tags: &["demo", "documents"],
            icon: "📑",
            icon_background: "#E4F1E9",
            disclaimer: "Sentences are quoted from your documents, not written anew. Check figures against the original.",
            form: document_digest_form(),
            workflow: Workflow::DocumentDigest,
            tool_icons: if today { json!({"save": {"background": "#E4F1E9", "content": "💾"}}) } else { json!({}) },
            ..blank(started)
        },
        App {
            slug: "every-control",
            key: key(&options.every_control_key),
            name: "Every control",
            description: "Shows one field of every kind and, when it runs, steps of every kind: retries, loops, parallel branches, \
                          a caught error, spoken text. It only repeats what you enter, on this computer.",
            tags: &["demo", "test"],
            icon: "🎛️",
            icon_background: "#FCEBD6",
            disclaimer: "",
            form: every_control_form(),
            workflow: Workflow::EveryControl,
            // Speech in a stream is newer than the oldest document.
            speaks: options.generation > Generation::Spring2024,
            listens: options.for_trials,
            attachments: options.for_trials,
            ..blank(started)
        },
    ];
    if options.for_trials && today {
        apps.push(App {
            slug: "approval",
            key: random_key(),
            name: "Approval",
            description: "Writes a request and waits for a person to approve it, to reject it, or to ask for a change.",
            tags: &["demo", "test"],
            icon: "🖊️",
            icon_background: "#E4ECF7",
            form: approval_form(),
            workflow: Workflow::Approval,
            ..blank(started)
        });
    }
    if options.for_trials {
        apps.push(App {
            slug: "long-run",
            key: random_key(),
            name: "Long run",
            description: "Writes for as long as you say, and ends in the way you say.",
            tags: &["demo", "test"],
            icon: "⏳",
            icon_background: "#F0EBDD",
            form: long_run_form(),
            workflow: Workflow::LongRun,
            ..blank(started)
        });
    }
    for app in &mut apps {
        app.form = app.form.iter().filter_map(|entry| answers::control(options.generation, entry)).collect();
    }
    apps.extend(options.stand_ins.iter().map(|stand_in| App {
        slug: "stand-in",
        key: stand_in.key.clone(),
        name: "Stand-in",
        condition: Some(stand_in.condition),
        ..blank(started)
    }));
    apps
}

fn blank(started: &str) -> App {
    App {
        id: Uuid::new_v4().to_string(),
        workflow_id: Uuid::new_v4().to_string(),
        draft_id: Uuid::new_v4().to_string(),
        version: started.to_owned(),
        slug: "",
        key: String::new(),
        name: "",
        description: "",
        tags: &[],
        icon: "🧪",
        icon_background: "#E8E8F4",
        disclaimer: "",
        form: Vec::new(),
        workflow: Workflow::None,
        speaks: false,
        listens: false,
        attachments: false,
        tool_icons: json!({}),
        runs: AtomicU64::new(0),
        condition: None,
    }
}

impl App {
    /// Here and in `site` and `parameters`: everything that any generation says; `dialect` chooses.
    pub fn info(&self) -> Value {
        let mode = if self.condition == Some(Condition::Chat) { "chat" } else { "workflow" };
        json!({"name": self.name, "description": self.description, "tags": self.tags, "mode": mode, "author_name": "Demo"})
    }

    pub fn site(&self) -> Value {
        json!({
            "title": self.name, "chat_color_theme": null, "chat_color_theme_inverted": false, "icon_type": "emoji", "icon": self.icon,
            "icon_background": self.icon_background, "description": self.description, "copyright": null, "privacy_policy": null,
            "custom_disclaimer": self.disclaimer, "default_language": "en-US", "show_workflow_steps": true,
            "use_icon_as_answer_icon": false, "icon_url": null, "input_placeholder": "",
        })
    }

    pub fn parameters(&self) -> Value {
        let speech = if self.speaks {
            json!({"enabled": true, "language": "en-US", "voice": "demo", "autoPlay": "enabled"})
        } else {
            json!({"enabled": false, "language": "", "voice": ""})
        };
        json!({
            "opening_statement": "", "suggested_questions": [], "suggested_questions_after_answer": {"enabled": false},
            "speech_to_text": {"enabled": self.listens}, "text_to_speech": speech, "retriever_resource": {"enabled": true},
            "annotation_reply": {"enabled": false}, "more_like_this": {"enabled": false}, "user_input_form": self.form,
            "sensitive_word_avoidance": {"enabled": false}, "file_upload": self.attachments, "system_parameters": null,
        })
    }
}

/// What the digest can read although a server calls it `custom`.
const OTHER_EXTENSIONS: &[&str] =
    &[".json", ".jsonl", ".log", ".yaml", ".yml", ".ini", ".tsv", ".rst", ".ods", ".xlsm"];

fn document_digest_form() -> Vec<Value> {
    vec![
        json!({"file-list": {
            "type": "file-list", "variable": "documents", "label": "Documents", "required": false, "options": [],
            "allowed_file_types": ["document", "custom"], "max_length": 10, "allowed_file_upload_methods": ["local_file"],
            "allowed_file_extensions": OTHER_EXTENSIONS,
            "hint": "PDF, Word, Excel, PowerPoint, e-mail, web page, text; up to 10 files of 15 MB",
        }}),
        json!({"paragraph": {
            "type": "paragraph", "variable": "text", "label": "Or paste text here", "required": false, "options": [],
            "max_length": 200_000, "placeholder": "Paste a letter, a report, minutes…",
        }}),
        json!({"text-input": {
            "type": "text-input", "variable": "title", "label": "Title", "required": false, "options": [], "max_length": 80,
            "placeholder": "Found in the documents if left empty",
        }}),
        json!({"select": {
            "type": "select", "variable": "length", "label": "Length", "required": false, "options": ["short", "medium", "long"],
            "default": "medium",
        }}),
        json!({"number": {
            "type": "number", "variable": "keywords", "label": "Number of keywords", "required": false, "options": [], "default": 12,
            "hint": "3 to 30",
        }}),
        json!({"select": {
            "type": "select", "variable": "language", "label": "Language of the digest", "required": false,
            "options": ["auto", "English", "中文"], "default": "auto",
        }}),
    ]
}

fn approval_form() -> Vec<Value> {
    vec![
        json!({"text-input": {
            "type": "text-input", "variable": "subject", "label": "What is asked for", "required": true, "options": [],
            "max_length": 80,
        }}),
        json!({"paragraph": {"type": "paragraph", "variable": "reason", "label": "Why", "required": false, "options": []}}),
        json!({"select": {
            "type": "select", "variable": "ask", "label": "Who is asked", "required": false, "options": super::approval::WAYS,
            "hint": "One person, unless you choose",
        }}),
    ]
}

fn long_run_form() -> Vec<Value> {
    vec![
        json!({"text-input": {
            "type": "text-input", "variable": "title", "label": "Title", "required": true, "options": [], "max_length": 80,
        }}),
        json!({"number": {
            "type": "number", "variable": "seconds", "label": "Seconds", "required": false, "options": [], "default": 10,
        }}),
        json!({"select": {
            "type": "select", "variable": "way", "label": "How it goes", "required": false, "options": long_run::WAYS,
            "default": "text",
        }}),
    ]
}

fn every_control_form() -> Vec<Value> {
    let address = json!({
        "type": "object",
        "properties": {
            "street": {"type": "string"}, "city": {"type": "string"}, "floor": {"type": "integer", "minimum": 0, "maximum": 200},
            "access": {"type": "string", "enum": ["lift", "stairs"]},
        },
        "required": ["city"], "additionalProperties": true,
    });
    vec![
        json!({"text-input": {
            "type": "text-input", "variable": "name", "label": "Short text", "required": true, "options": [], "max_length": 48,
            "placeholder": "At most 48 characters", "hint": "A required line of text",
        }}),
        json!({"paragraph": {
            "type": "paragraph", "variable": "notes", "label": "Paragraph", "required": false, "options": [], "max_length": 2000,
        }}),
        json!({"select": {
            "type": "select", "variable": "department", "label": "Select", "required": true,
            "options": ["Administration", "Human Resources", "Legal", "财务部"],
        }}),
        json!({"number": {
            "type": "number", "variable": "amount", "label": "Number", "required": false, "options": [], "default": 3.5, "unit": "EUR",
        }}),
        json!({"checkbox": {
            "type": "checkbox", "variable": "urgent", "label": "Checkbox", "required": false, "options": [], "default": false,
        }}),
        json!({"json_object": {
            "type": "json_object", "variable": "address", "label": "JSON object", "required": false, "options": [],
            "json_schema": address, "default": {"city": "Trieste", "floor": 2, "access": "lift"},
        }}),
        json!({"file": {
            "type": "file", "variable": "attachment", "label": "One file", "required": false, "options": [],
            "allowed_file_types": ["image", "document"], "allowed_file_upload_methods": ["local_file", "remote_url"],
            "allowed_file_extensions": [],
        }}),
        json!({"file-list": {
            "type": "file-list", "variable": "attachments", "label": "Several files", "required": false, "options": [],
            "allowed_file_types": ["document", "image", "audio", "video", "custom"], "max_length": 3,
            "allowed_file_upload_methods": ["local_file"], "allowed_file_extensions": [".json", ".log", ".zip"],
        }}),
        json!({"external_data_tool": {
            "type": "external_data_tool", "variable": "record", "label": "External data", "required": false, "options": [],
            "config": {"type": "api", "api_based_extension_id": ""}, "icon": "🗂️", "icon_background": "#EEF4FF",
        }}),
        json!({"color-picker": {
            "type": "color-picker", "variable": "colour", "label": "A type of the future", "required": false, "options": [],
            "palette": ["#336699", "#993366"],
        }}),
        json!({"text-input": {
            "type": "text-input", "variable": "reference", "label": "Hidden reference", "required": false, "options": [],
            "max_length": 48, "default": "hidden-default", "hide": true,
        }}),
        json!({"number": {
            "type": "number", "variable": "pace", "label": "Seconds per step", "required": false, "options": [], "default": 0.5,
            "hint": "0 is as fast as possible",
        }}),
        json!({"select": {
            "type": "select", "variable": "events", "label": "What should happen", "required": false,
            "options": ["everything", "success", "partial", "failure", "audio", "error", "results", "large results"], "default": "everything",
        }}),
    ]
}
