//! /parameters to the form: every control of every generation (api.md §1.5, §2); one odd entry never costs the rest.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Client, app::shown, error::Error, wire, workflow::APP_FILES};
use crate::model::{
    file::{FileKind, SizeLimits, TransferMethod},
    form::{Control, Field, FileRules, Form},
    sound::AppSpeech,
};

/// GET /parameters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    pub form: Form,
    pub features: Features,
}

/// What the app offers besides its form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Features {
    pub text_to_speech: bool,
    /// The stream itself brings sound.
    pub auto_play: bool,
    pub voice: Option<String>,
    pub language: Option<String>,
    pub speech_to_text: bool,
    /// The app-wide `files` list (`sys.files`), where the app has it switched on. The form has a field for it.
    pub attachments: Option<Attachments>,
    pub opening_statement: Option<String>,
    pub suggested_questions: Vec<String>,
    pub suggested_questions_after_answer: bool,
    pub retriever_resource: bool,
    pub annotation_reply: bool,
    pub more_like_this: bool,
    pub sensitive_word_avoidance: bool,
}

/// `file_upload` in one of its three shapes.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachments {
    pub rules: FileRules,
    pub max_count: u32,
    /// Where the server gives one block per kind, as the documents do.
    pub blocks: Vec<AttachmentBlock>,
}

/// `image`, `document`, `audio`, `video` or `custom` of `file_upload`, switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentBlock {
    pub kind: FileKind,
    pub max_count: u32,
    pub methods: Vec<TransferMethod>,
    /// How closely a model looks at pictures: `high` or `low`.
    pub detail: Option<String>,
}

const LONGEST_LABEL: usize = 500;
const LONGEST_HINT: usize = 2000;
/// A form that is longer was not made for people.
const MOST_FIELDS: usize = 500;

impl Features {
    /// What the app can say aloud.
    pub fn speech(&self) -> Option<AppSpeech> {
        let speech =
            || AppSpeech { voice: self.voice.clone(), language: self.language.clone(), autoplay: self.auto_play };
        self.text_to_speech.then(speech)
    }
}

impl Client {
    /// `user` is sent because servers of 2024 demand it; newer ones ignore it.
    pub async fn parameters(&self) -> Result<Parameters, Error> {
        let value = self.get_json(&["parameters"], &[("user", self.user())], "/parameters").await?;
        match value {
            Value::Object(object) => Ok(parameters(&object)),
            _ => Err(Error::Decode { what: "/parameters", reason: "not an object".into() }),
        }
    }
}

/// Reads the whole answer. Never fails.
pub fn parameters(object: &Map<String, Value>) -> Parameters {
    let get = |key: &str| object.get(key).unwrap_or(&Value::Null);
    let limits = limits(get("system_parameters"), &get("file_upload")["fileUploadConfig"]);
    let speech = get("text_to_speech");
    let attachments = attachments(get("file_upload"), &limits);
    let mut fields = fields(get("user_input_form"), &limits);
    if let Some(attachments) = &attachments
        && !fields.iter().any(|field| [APP_FILES, "userinput.files"].contains(&field.variable.as_str()))
    {
        fields.push(app_files(attachments));
    }
    let auto_play = &speech["autoPlay"];
    let enabled = |value: &Value| wire::flag(&value["enabled"]).unwrap_or(false);
    Parameters {
        form: Form { fields, limits },
        features: Features {
            text_to_speech: enabled(speech),
            auto_play: enabled(speech) && wire::flag(auto_play).unwrap_or(false),
            voice: wire::text(&speech["voice"]).filter(|voice| !voice.is_empty()),
            language: wire::text(&speech["language"]).filter(|language| !language.is_empty()),
            speech_to_text: enabled(get("speech_to_text")),
            attachments,
            opening_statement: wire::text(get("opening_statement")).filter(|text| !text.is_empty()),
            suggested_questions: options(get("suggested_questions")),
            suggested_questions_after_answer: enabled(get("suggested_questions_after_answer")),
            retriever_resource: enabled(get("retriever_resource")),
            annotation_reply: enabled(get("annotation_reply")),
            more_like_this: enabled(get("more_like_this")),
            sensitive_word_avoidance: enabled(get("sensitive_word_avoidance")),
        },
    }
}

/// The app-wide list of files as a field like any other; [`Client::run`] sends it where servers expect it.
fn app_files(attachments: &Attachments) -> Field {
    Field {
        variable: APP_FILES.to_owned(),
        label: APP_FILES.to_owned(),
        required: false,
        hidden: false,
        hint: None,
        placeholder: None,
        control: Control::FileList { rules: attachments.rules.clone(), max_count: attachments.max_count },
    }
}

/// From `system_parameters`, else from the copy that newer servers put into `file_upload`.
fn limits(value: &Value, copy: &Value) -> SizeLimits {
    let default = SizeLimits::default();
    let bytes = |key: &str, default: u64| {
        // "10" in 2024, 10 since; MB are 1024² bytes. Nothing below one would make sense.
        [&value[key], &copy[key]]
            .into_iter()
            .filter_map(wire::float)
            .find(|megabytes| *megabytes > 0.0)
            .map_or(default, |megabytes| (megabytes * 1_048_576.0) as u64)
    };
    SizeLimits {
        document: bytes("file_size_limit", default.document),
        image: bytes("image_file_size_limit", default.image),
        audio: bytes("audio_file_size_limit", default.audio),
        video: bytes("video_file_size_limit", default.video),
        files_per_field: [value, copy]
            .into_iter()
            .filter_map(|value| wire::count(&value["workflow_file_upload_limit"]))
            .find(|count| *count > 0)
            .unwrap_or(default.files_per_field),
    }
}

fn fields(value: &Value, limits: &SizeLimits) -> Vec<Field> {
    let mut seen = HashSet::new();
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| field(entry, limits))
        // The page knows fields by their variable.
        .filter(|field| seen.insert(field.variable.clone()))
        .take(MOST_FIELDS)
        .collect()
}

/// `{"<type>": {…}}`; also `{"type": "<type>", …}` as newer editors store it.
fn field(entry: &Value, limits: &SizeLimits) -> Option<Field> {
    let entry = entry.as_object()?;
    let variable_of = |object: &Value| wire::text(&object["variable"]).filter(|variable| !variable.is_empty());
    let (type_name, attributes) = entry
        .iter()
        .find(|(_, inner)| variable_of(inner).is_some())
        .map(|(type_name, inner)| (type_name.clone(), inner.clone()))
        .or_else(|| Some((wire::text(entry.get("type")?)?, Value::Object(entry.clone()))))?;
    let variable = variable_of(&attributes)?;
    let text =
        |key: &str, most| wire::text(&attributes[key]).map(|text| shown(&text, most)).filter(|text| !text.is_empty());
    Some(Field {
        label: text("label", LONGEST_LABEL)
            .or_else(|| translated(&attributes["label"]))
            .unwrap_or_else(|| variable.clone()),
        required: wire::flag(&attributes["required"]).unwrap_or(false),
        hidden: wire::flag(&attributes["hide"]).unwrap_or(false),
        hint: text("hint", LONGEST_HINT).or_else(|| text("description", LONGEST_HINT)),
        placeholder: text("placeholder", LONGEST_LABEL),
        control: control(&type_name, &attributes, limits),
        variable,
    })
}

/// A label per language, as plugins have them: the first one.
fn translated(label: &Value) -> Option<String> {
    let text = label.as_object()?.values().find_map(wire::text)?;
    Some(shown(&text, LONGEST_LABEL)).filter(|text| !text.is_empty())
}

fn control(type_name: &str, attributes: &Value, limits: &SizeLimits) -> Control {
    let default = &attributes["default"];
    let max_length = || wire::count(&attributes["max_length"]).filter(|length| *length > 0);
    match type_name.to_ascii_lowercase().replace('_', "-").as_str() {
        "text-input" => Control::Text { max_length: max_length(), default: plain(default) },
        "paragraph" => Control::Paragraph { max_length: max_length(), default: plain(default) },
        "select" => {
            let options = options(&attributes["options"]);
            // A default that is no option would be refused by the server.
            let default = wire::text(default).filter(|default| options.contains(default));
            Control::Select { options, default }
        }
        "number" => Control::Number {
            default: plain(default),
            unit: wire::text(&attributes["unit"]).map(|unit| shown(&unit, 50)).filter(|unit| !unit.is_empty()),
        },
        "checkbox" => Control::Checkbox { default: wire::flag(default).unwrap_or(false) },
        "json-object" => Control::Json { schema: schema(&attributes["json_schema"]), default: json_default(default) },
        "file" => Control::File { rules: rules(attributes, "allowed_file_upload_methods") },
        "file-list" => Control::FileList {
            rules: rules(attributes, "allowed_file_upload_methods"),
            max_count: max_length().unwrap_or(limits.files_per_field).min(limits.files_per_field),
        },
        "external-data-tool" => Control::External,
        _ => Control::Unknown { type_name: shown(type_name, 100), default: json_default(default) },
    }
}

fn plain(default: &Value) -> String {
    wire::any_text(default).unwrap_or_default()
}

/// Texts; numbers and flags are written out, `{value, label}` gives its value. Each option once.
fn options(value: &Value) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    for option in value.as_array().into_iter().flatten() {
        let text = wire::text(option).or_else(|| wire::text(&option["value"])).or_else(|| wire::text(&option["label"]));
        if let Some(text) = text
            && !options.contains(&text)
        {
            options.push(text);
        }
    }
    options
}

/// A dict, or JSON text of one.
fn schema(value: &Value) -> Option<Value> {
    match value {
        Value::Object(schema) if !schema.is_empty() => Some(value.clone()),
        Value::String(text) => {
            wire::json_text(text).filter(|schema| schema.as_object().is_some_and(|schema| !schema.is_empty()))
        }
        _ => None,
    }
}

/// Pretty JSON of a value, or of the text that holds one; other text as it is.
fn json_default(value: &Value) -> String {
    let parsed = match value {
        Value::Null => return String::new(),
        Value::String(text) => match wire::json_text(text) {
            Some(parsed) => parsed,
            None => return text.clone(),
        },
        other => other.clone(),
    };
    serde_json::to_string_pretty(&parsed).unwrap_or_default()
}

fn rules(value: &Value, methods_key: &str) -> FileRules {
    FileRules {
        kinds: words(&value["allowed_file_types"]).iter().filter_map(|word| kind(word)).collect(),
        extensions: extensions(&value["allowed_file_extensions"]),
        methods: methods(&value[methods_key]),
    }
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(wire::text).map(|word| word.trim().to_ascii_lowercase()).collect()
}

fn kind(word: &str) -> Option<FileKind> {
    [FileKind::Image, FileKind::Document, FileKind::Audio, FileKind::Video, FileKind::Custom]
        .into_iter()
        .find(|kind| kind.as_str() == word)
}

/// `.log`, `LOG` and `log` are the same.
fn extensions(value: &Value) -> Vec<String> {
    let mut extensions: Vec<String> = words(value).iter().map(|word| word.trim_start_matches('.').to_owned()).collect();
    extensions.retain(|extension| !extension.is_empty());
    extensions.sort();
    extensions.dedup();
    extensions
}

/// Both where the server names none that is known.
fn methods(value: &Value) -> Vec<TransferMethod> {
    let words = words(value);
    let named: Vec<_> = [("local_file", TransferMethod::LocalFile), ("remote_url", TransferMethod::RemoteUrl)]
        .into_iter()
        .filter(|(name, _)| words.iter().any(|word| word == name))
        .map(|(_, method)| method)
        .collect();
    if named.is_empty() { vec![TransferMethod::LocalFile, TransferMethod::RemoteUrl] } else { named }
}

/// The flat shape of today; `image` alone as in 2024; one block per kind as the newest document shows.
fn attachments(value: &Value, limits: &SizeLimits) -> Option<Attachments> {
    let enabled = |value: &Value| wire::flag(&value["enabled"]).unwrap_or(false);
    let max_count = |value: &Value| {
        wire::count(&value["number_limits"]).filter(|count| *count > 0).unwrap_or(3).min(limits.files_per_field)
    };
    let blocks: Vec<AttachmentBlock> = ["document", "image", "audio", "video", "custom"]
        .iter()
        .filter_map(|name| Some((kind(name)?, &value[*name])))
        .filter(|(_, block)| enabled(block))
        .map(|(kind, block)| AttachmentBlock {
            kind,
            max_count: max_count(block),
            methods: methods(&block["transfer_methods"]),
            detail: wire::text(&block["detail"]),
        })
        .collect();
    let (rules, max_count) = if enabled(value) {
        (rules(value, "allowed_file_upload_methods"), max_count(value))
    } else {
        let first = blocks.first()?;
        let kinds = blocks.iter().map(|block| block.kind).collect();
        let max_count = blocks.iter().map(|block| block.max_count).max().unwrap_or(3);
        (FileRules { kinds, extensions: Vec::new(), methods: first.methods.clone() }, max_count)
    };
    Some(Attachments { rules, max_count, blocks })
}

#[cfg(test)]
mod tests;
