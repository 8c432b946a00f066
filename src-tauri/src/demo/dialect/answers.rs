//! Ordinary answers, as each generation gives them.

use serde_json::{Value, json};

use super::super::Generation;
use super::super::http::dates;
use super::super::wire::ascii_json;
use super::{early_status, pick, set};

/// Of `/info`.
pub fn info(generation: Generation, app: &Value) -> Value {
    // Mode and author came a little later than the path.
    let fields = match generation {
        Generation::Mid2025 => "name description tags",
        _ => "name description tags mode author_name",
    };
    pick(app, fields)
}

/// Of `/site`.
pub fn site(generation: Generation, site: &Value) -> Value {
    use Generation::*;
    pick(
        site,
        match generation {
            Spring2024 | Autumn2024 | Mid2025 | Late2025 => {
                "title icon_type icon icon_background icon_url description copyright privacy_policy custom_disclaimer \
                 default_language show_workflow_steps"
            }
            Recorded => {
                "title chat_color_theme chat_color_theme_inverted icon_type icon icon_background description copyright \
                 privacy_policy custom_disclaimer default_language show_workflow_steps use_icon_as_answer_icon icon_url"
            }
            Today => {
                "title chat_color_theme chat_color_theme_inverted icon_type icon icon_background description copyright \
                 privacy_policy custom_disclaimer default_language show_workflow_steps use_icon_as_answer_icon icon_url \
                 input_placeholder"
            }
        },
    )
}

/// Of `/parameters`: the fullest form in, with `file_upload` as a flag.
pub fn parameters(generation: Generation, mut parameters: Value) -> Value {
    let attached = parameters["file_upload"].as_bool().unwrap_or_default();
    set(&mut parameters, "file_upload", file_upload(generation, attached));
    let limits = match generation {
        // A text, and the only limit there was.
        Generation::Spring2024 => json!({"image_file_size_limit": "10"}),
        Generation::Autumn2024 | Generation::Mid2025 | Generation::Late2025 => json!({
            "file_size_limit": 15, "image_file_size_limit": 10, "audio_file_size_limit": 50, "video_file_size_limit": 100,
        }),
        Generation::Recorded | Generation::Today => json!({
            "image_file_size_limit": 10, "video_file_size_limit": 100, "audio_file_size_limit": 50, "file_size_limit": 15,
            "workflow_file_upload_limit": 10,
        }),
    };
    set(&mut parameters, "system_parameters", limits);
    if generation < Generation::Recorded {
        return pick(&parameters, "user_input_form file_upload system_parameters");
    }
    parameters
}

/// How many files an app takes beside its form, where it takes any.
pub const ATTACHED_FILES: usize = 3;

/// The three shapes of `file_upload` (api.md §1.5).
fn file_upload(generation: Generation, enabled: bool) -> Value {
    use Generation::*;
    let block = || json!({"enabled": enabled, "number_limits": ATTACHED_FILES, "transfer_methods": ["remote_url", "local_file"]});
    match generation {
        Spring2024 => json!({"image": block()}),
        Autumn2024 => {
            let mut image = block();
            set(&mut image, "detail", json!("high"));
            json!({"image": image})
        }
        Mid2025 | Late2025 => {
            json!({"document": block(), "image": block(), "audio": block(), "video": block(), "custom": block()})
        }
        Recorded | Today if enabled => json!({
            "enabled": true, "allowed_file_types": ["image", "document"], "allowed_file_extensions": [".JPG", ".PDF"],
            "allowed_file_upload_methods": ["local_file", "remote_url"], "number_limits": ATTACHED_FILES,
            "fileUploadConfig": {"file_size_limit": 15, "image_file_size_limit": 10},
        }),
        // Nothing but the word, as measured.
        Recorded | Today => json!({"enabled": false}),
    }
}

/// One entry of a form: `None` if the generation has no such control, fewer attributes where its documents list them.
pub fn control(generation: Generation, entry: &Value) -> Option<Value> {
    let (kind, definition) = entry.as_object()?.iter().next()?;
    if !generation.has_control(kind) {
        return None;
    }
    if generation > Generation::Autumn2024 {
        return Some(entry.clone());
    }
    let known = |name: &&String| {
        let listed = matches!(name.as_str(), "label" | "variable" | "required" | "default" | "max_length" | "config");
        listed || name.starts_with("allowed_file_") || (*name == "options" && kind == "select")
    };
    let attributes = definition.as_object()?.iter().filter(|(name, _)| known(name));
    let attributes = attributes.map(|(name, value)| (name.clone(), value.clone())).collect();
    Some(json!({kind: Value::Object(attributes)}))
}

/// Of an upload.
pub fn upload(generation: Generation, mut file: Value) -> Value {
    if generation == Generation::Late2025 {
        // As in the newest document's sample.
        set(&mut file, "created_by", json!(123));
    }
    pick(
        &file,
        match generation {
            Generation::Recorded => {
                "id name size extension mime_type created_by created_at preview_url source_url original_url user_id tenant_id \
                 conversation_id file_key"
            }
            Generation::Today => {
                "id name size extension mime_type created_by created_at preview_url source_url original_url user_id tenant_id \
                 conversation_id file_key reference"
            }
            _ => "id name size extension mime_type created_by created_at",
        },
    )
}

/// Of a blocking run; `data` in the fullest form.
pub fn blocking(generation: Generation, mut answer: Value) -> Value {
    let paused = answer["data"]["status"] == "paused";
    let fields = if paused {
        "id workflow_id status outputs error elapsed_time total_tokens total_steps created_at finished_at paused_nodes reasons"
    } else {
        "id workflow_id status outputs error elapsed_time total_tokens total_steps created_at finished_at"
    };
    let mut data = pick(&answer["data"], fields);
    if generation <= Generation::Autumn2024 {
        early_status(&mut data);
    }
    set(&mut answer, "data", data);
    pick(
        &answer,
        if generation < Generation::Recorded { "workflow_run_id task_id data" } else { "task_id workflow_run_id data" },
    )
}

const DETAIL: &str =
    "id workflow_id status inputs outputs error total_steps total_tokens created_at finished_at elapsed_time";

/// Of a stored run: its inputs and outputs are objects here, and text that holds JSON in most generations.
pub fn detail(generation: Generation, mut detail: Value) -> Value {
    let text = |value: &Value| Value::String(ascii_json(value));
    let inputs = text(&detail["inputs"]);
    set(&mut detail, "inputs", inputs);
    if generation < Generation::Today {
        let ended_without = matches!(detail["status"].as_str(), Some("failed" | "stopped"));
        let outputs = if ended_without { Value::Null } else { text(&detail["outputs"]) };
        set(&mut detail, "outputs", outputs);
    }
    if generation == Generation::Autumn2024 {
        early_status(&mut detail);
        for key in ["created_at", "finished_at"] {
            let words = detail[key].as_i64().map(dates::rfc_2822);
            set(&mut detail, key, json!(words));
        }
    }
    pick(&detail, DETAIL)
}

/// Of a run that nobody knows: servers up to 1.12 answer 200 and nothing but nulls.
pub fn no_detail() -> Value {
    pick(&Value::Null, DETAIL)
}

/// One line of the logs.
pub fn log_row(generation: Generation, mut row: Value) -> Value {
    if generation >= Generation::Recorded {
        return row;
    }
    let run = "id version status error elapsed_time total_tokens total_steps created_at finished_at";
    let mut run = pick(&row["workflow_run"], run);
    if generation <= Generation::Autumn2024 {
        early_status(&mut run);
    }
    set(&mut row, "workflow_run", run);
    pick(&row, "id workflow_run created_from created_by_role created_by_account created_by_end_user created_at")
}
