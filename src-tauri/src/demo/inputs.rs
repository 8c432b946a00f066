//! Checks the inputs of a run the way the server does, with the server's own sentences, before anything starts.
//!
//! The form definition that `/parameters` shows is the only description of a control, so what is asked for and what is
//! checked cannot drift apart.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::Generation;
use super::dialect::answers::ATTACHED_FILES;
use super::files::{FileStore, Origin, Stored, extension_of, kind_of};
use super::wire::{ApiError, python_repr};

/// The variables of a run: checked, converted, defaults filled in, files replaced by file objects.
pub(super) fn check(
    form: &[Value],
    given: &Map<String, Value>,
    files: &FileStore,
    owner: &str,
    generation: Generation,
) -> Result<Map<String, Value>, ApiError> {
    let mut checked = Map::new();
    for entry in form {
        let Some(control) = Control::read(entry, generation) else { continue };
        let value = control.check(given.get(control.variable), files, owner)?;
        checked.insert(control.variable.to_owned(), without_nul(value));
    }
    Ok(checked)
}

/// The files of a run beside its form; ignored where the app has them switched off, as measured.
pub(super) fn attached(
    given: Option<&Value>,
    files: &FileStore,
    owner: &str,
    generation: Generation,
) -> Result<Vec<Value>, ApiError> {
    let definition = serde_json::json!({
        "variable": "files", "allowed_file_types": ["image", "document"],
        "allowed_file_upload_methods": ["local_file", "remote_url"],
    });
    let (Some(Value::Array(items)), Some(definition)) = (given, definition.as_object()) else { return Ok(Vec::new()) };
    if items.len() > ATTACHED_FILES {
        let message = format!("Number of files exceeds the maximum limit {ATTACHED_FILES}");
        return Err(ApiError::invalid_param(message));
    }
    let control = Control { kind: "file-list", variable: "files", definition, generation };
    let mappings = items.iter().filter_map(Value::as_object);
    mappings.map(|mapping| control.resolve(mapping, files, owner, false)).collect()
}

struct Control<'a> {
    kind: &'a str,
    variable: &'a str,
    definition: &'a Map<String, Value>,
    generation: Generation,
}

impl<'a> Control<'a> {
    /// Each entry is an object with one key, the control's type.
    fn read(entry: &'a Value, generation: Generation) -> Option<Self> {
        let (kind, definition) = entry.as_object()?.iter().next()?;
        let definition = definition.as_object()?;
        let variable = definition.get("variable")?.as_str()?;
        Some(Self { kind, variable, definition, generation })
    }

    fn error(&self, rest: &str) -> ApiError {
        ApiError::invalid_param(format!("{} in input form {rest}", self.variable))
    }

    fn max_length(&self) -> Option<usize> {
        let length = self.definition.get("max_length")?.as_u64()?;
        usize::try_from(length).ok().filter(|length| *length > 0)
    }

    fn check(&self, given: Option<&Value>, files: &FileStore, owner: &str) -> Result<Value, ApiError> {
        if self.kind == "external_data_tool" {
            // The tool fills it; a value from outside trips an assertion on the server.
            return if given.is_some_and(|value| !value.is_null()) {
                Err(ApiError::unknown())
            } else {
                Ok(Value::Null)
            };
        }
        let value = match given {
            Some(value) if !value.is_null() && !self.is_missing_early(value) => value,
            _ if self.required() => {
                return Err(ApiError::invalid_param(format!("{} is required in input form", self.variable)));
            }
            _ => match self.definition.get("default") {
                Some(default) if !default.is_null() => default,
                _ => return Ok(Value::Null),
            },
        };
        match self.kind {
            "text-input" | "paragraph" => self.text(value),
            "select" => self.choice(value),
            "number" => self.number(value),
            "checkbox" => Ok(checkbox(value)),
            "json_object" if value.is_object() => Ok(value.clone()),
            "json_object" => Err(self.error("must be a dict")),
            "file" => self.file(value, files, owner),
            "file-list" => self.file_list(value, files, owner),
            _ => Ok(value.clone()),
        }
    }

    /// Servers of 2024 took 0, false and empty texts for nothing where something was required (api.md §2).
    fn is_missing_early(&self, value: &Value) -> bool {
        let falsy = match value {
            Value::Bool(flag) => !flag,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        falsy && self.required() && self.generation <= Generation::Autumn2024
    }

    fn not_a_string(&self) -> ApiError {
        ApiError::invalid_param(format!("(type '{}') {} in input form must be a string", self.kind, self.variable))
    }

    fn text(&self, value: &Value) -> Result<Value, ApiError> {
        let text = value.as_str().ok_or_else(|| self.not_a_string())?;
        match self.max_length() {
            // Code points, and the limit itself still passes, whatever the sentence says.
            Some(limit) if text.chars().count() > limit => {
                Err(self.error(&format!("must be less than {limit} characters")))
            }
            _ => Ok(value.clone()),
        }
    }

    fn choice(&self, value: &Value) -> Result<Value, ApiError> {
        if !value.is_string() {
            return Err(self.not_a_string());
        }
        let none = Value::Array(Vec::new());
        let options = self.definition.get("options").unwrap_or(&none);
        if options.as_array().is_some_and(|options| options.contains(value)) {
            Ok(value.clone())
        } else {
            Err(self.error(&format!("must be one of the following: {}", python_repr(options))))
        }
    }

    fn number(&self, value: &Value) -> Result<Value, ApiError> {
        match value {
            Value::Number(_) | Value::Bool(_) => Ok(value.clone()),
            Value::String(text) if text.trim().is_empty() => Ok(Value::Null),
            Value::String(text) => {
                let text = text.trim();
                // A point makes it a float; without one only digits count, so "1e5" is refused.
                let number = if text.contains('.') {
                    text.parse::<f64>().ok().and_then(|number| serde_json::Number::from_f64(number).map(Value::Number))
                } else {
                    text.parse::<i64>().ok().map(Value::from)
                };
                number.ok_or_else(|| self.error("must be a valid number"))
            }
            _ => Err(ApiError::unknown()),
        }
    }

    fn file(&self, value: &Value, files: &FileStore, owner: &str) -> Result<Value, ApiError> {
        match value {
            Value::Object(mapping) => self.resolve(mapping, files, owner, true),
            Value::String(text) if text.is_empty() && !self.required() => Ok(Value::Null),
            _ => Err(self.error("must be a file")),
        }
    }

    fn required(&self) -> bool {
        self.definition.get("required").and_then(Value::as_bool).unwrap_or(false)
    }

    fn file_list(&self, value: &Value, files: &FileStore, owner: &str) -> Result<Value, ApiError> {
        let items = match value {
            Value::Array(items) if items.iter().all(Value::is_object) => items,
            Value::String(text) if text.is_empty() && !self.required() => return Ok(Value::Null),
            _ => return Err(self.error("must be a list of files")),
        };
        if let Some(limit) = self.max_length().filter(|limit| items.len() > *limit) {
            return Err(self.error(&format!("must be less than {limit} files")));
        }
        let mut resolved = Vec::new();
        for mapping in items.iter().filter_map(Value::as_object) {
            // Entries without a transfer method are dropped silently, as measured.
            if mapping.get("transfer_method").is_some_and(|method| !method.is_null()) {
                resolved.push(self.resolve(mapping, files, owner, false)?);
            }
        }
        Ok(Value::Array(resolved))
    }

    /// A mapping `{type, transfer_method, upload_file_id}` turned into the file object it names.
    fn resolve(
        &self,
        mapping: &Map<String, Value>,
        files: &FileStore,
        owner: &str,
        strict_type: bool,
    ) -> Result<Value, ApiError> {
        let text = |key: &str| mapping.get(key).and_then(Value::as_str).unwrap_or_default();
        let sent = text("type");
        let (method, named, strict) = match text("transfer_method") {
            "" => return Err(ApiError::invalid_param("transfer_method is required in file mapping")),
            "local_file" => ("local_file", self.uploaded(mapping, files, owner)?, strict_type),
            // As measured, a link without a type is not called a mismatch; it fails a step later.
            "remote_url" => ("remote_url", linked(mapping)?, strict_type && !sent.is_empty()),
            "tool_file" | "datasource_file" => return Err(ApiError::invalid_param("Invalid upload file")),
            other => {
                let value = python_repr(&Value::String(other.to_owned()));
                return Err(ApiError::invalid_param(format!("No matching enum found for value {value}")));
            }
        };
        let named_by_list = self.allows("custom") && self.allows_extension(named.extension());
        // The check came with 1.2. Servers of today accept `custom` for an extension that the control names; older ones
        // did not.
        let as_custom = sent == "custom" && named_by_list && self.generation == Generation::Today;
        if strict && self.generation >= Generation::Mid2025 && sent != named.kind() && !as_custom {
            let message = "Detected file type does not match the specified type. Please verify the file.";
            return Err(ApiError::invalid_param(message));
        }
        let kind = match (&named, sent) {
            (Named::Stored(_), "") => named.kind(),
            _ => sent,
        };
        let fits = if kind == "custom" { named_by_list } else { self.allows(kind) };
        if !fits || !self.allows_method(method) {
            return Err(ApiError::invalid_param(format!("File validation failed for file: {}", named.name())));
        }
        Ok(match &named {
            Named::Stored(file) => files.object(file),
            Named::Link { url, name, extension } => files.link_object(url, name, extension),
        })
    }

    fn uploaded(&self, mapping: &Map<String, Value>, files: &FileStore, owner: &str) -> Result<Named, ApiError> {
        let text = |key: &str| mapping.get(key).and_then(Value::as_str).unwrap_or_default();
        let id = match text("upload_file_id") {
            "" => text("related_id"),
            id => id,
        };
        if id.is_empty() {
            return Err(ApiError::invalid_param("Invalid upload file id"));
        }
        if Uuid::parse_str(id).is_err() {
            return Err(ApiError::invalid_param("Invalid upload file id format"));
        }
        // Up to 1.12 anybody's file would do.
        let may_use = |file: &Arc<Stored>| file.owner == owner || self.generation < Generation::Today;
        let file = files.find(id).filter(|file| file.origin == Origin::Upload && may_use(file));
        file.map(Named::Stored).ok_or_else(|| ApiError::invalid_param("Invalid upload file"))
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        self.definition.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    fn allows(&self, kind: &str) -> bool {
        self.list("allowed_file_types").any(|allowed| allowed == kind)
    }

    fn allows_method(&self, method: &str) -> bool {
        self.list("allowed_file_upload_methods").any(|allowed| allowed == method)
    }

    fn allows_extension(&self, extension: &str) -> bool {
        let bare = |text: &str| text.trim_start_matches('.').to_lowercase();
        self.list("allowed_file_extensions").any(|allowed| bare(allowed) == extension)
    }
}

/// What a mapping names: a file that is here, or one that lies elsewhere.
enum Named {
    Stored(Arc<Stored>),
    Link { url: String, name: String, extension: String },
}

impl Named {
    fn name(&self) -> &str {
        match self {
            Self::Stored(file) => &file.name,
            Self::Link { name, .. } => name,
        }
    }

    fn extension(&self) -> &str {
        match self {
            Self::Stored(file) => &file.extension,
            Self::Link { extension, .. } => extension,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Stored(file) => file.kind(),
            Self::Link { extension, .. } => kind_of(extension, ""),
        }
    }
}

/// A real server asks the address for name and size. Nothing leaves this computer, so here the address is only read.
fn linked(mapping: &Map<String, Value>) -> Result<Named, ApiError> {
    let text = |key: &str| mapping.get(key).and_then(Value::as_str).unwrap_or_default();
    let url = match text("url") {
        "" => text("remote_url"),
        url => url,
    };
    if url.is_empty() {
        return Err(ApiError::invalid_param("Invalid file url"));
    }
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return Err(ApiError::invalid_param(format!("Reached maximum retries (3) for URL {url}")));
    };
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    let name = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(path).to_owned();
    let extension = extension_of(&name);
    Ok(Named::Link { url: url.to_owned(), name, extension })
}

/// Truthy and falsy words become booleans; anything else passes unchecked.
fn checkbox(value: &Value) -> Value {
    let word = match value {
        Value::String(text) => text.trim().to_lowercase(),
        Value::Number(number) => number.to_string(),
        other => return other.clone(),
    };
    match word.as_str() {
        "true" | "1" | "yes" | "on" => Value::Bool(true),
        "false" | "0" | "no" | "off" => Value::Bool(false),
        _ => value.clone(),
    }
}

fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        other => other,
    }
}
