//! The form's rules, as servers apply them (api.md §2, server-1.12.1.md §5 and §6). Pure: no clock, no I/O.

mod json;

use serde_json::{Map, Value, json};

use super::{
    file::{FileKind, SizeLimits, StagedFile, StagedId, StagedState, TransferMethod},
    form::{Control, Entries, Entry, Field, FileEntry, FileRules, Form, Issue, Problem},
    run::InputShown,
};

/// What is sent as `inputs`, with its readable twin for the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub inputs: Map<String, Value>,
    pub shown: Vec<InputShown>,
    /// The first text or file name; empty if there is none.
    pub title: String,
}

/// Applies every rule to every field, so that all problems are told at once.
///
/// `staged` finds a chosen file; one it does not know counts as vanished.
pub fn check(
    form: &Form,
    entries: &Entries,
    staged: impl Fn(&StagedId) -> Option<StagedFile>,
) -> Result<Checked, Vec<Problem>> {
    let mut checked = Checked { inputs: Map::new(), shown: Vec::new(), title: String::new() };
    let mut file_title = String::new();
    let mut problems = Vec::new();
    for field in &form.fields {
        let mut value = Fields { field, limits: &form.limits, staged: &staged, names: Vec::new() };
        match value.value(entries.get(&field.variable)) {
            Ok(None) => {}
            Ok(Some(sent)) => {
                let is_files = matches!(field.control, Control::File { .. } | Control::FileList { .. });
                if checked.title.is_empty() && !field.hidden && is_text(&field.control) {
                    checked.title = title_of(sent.as_str().unwrap_or_default());
                }
                if file_title.is_empty() {
                    file_title = value.names.first().cloned().unwrap_or_default();
                }
                checked.shown.push(InputShown {
                    variable: field.variable.clone(),
                    label: field.label.clone(),
                    value: if is_files { json!(value.names) } else { sent.clone() },
                    is_files,
                    hidden: field.hidden,
                });
                checked.inputs.insert(field.variable.clone(), sent);
            }
            Err(issues) => problems.extend(issues.into_iter().map(|(file_index, issue)| Problem {
                variable: field.variable.clone(),
                file_index,
                issue,
                server: None,
            })),
        }
    }
    if checked.title.is_empty() {
        checked.title = file_title;
    }
    if problems.is_empty() { Ok(checked) } else { Err(problems) }
}

fn is_text(control: &Control) -> bool {
    matches!(control, Control::Text { .. } | Control::Paragraph { .. })
}

/// The first line that says something, cut to 80 characters.
fn title_of(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut title: String = line.chars().take(80).collect();
    if line.chars().nth(80).is_some() {
        title.push('…');
    }
    title
}

type Issues = Vec<(Option<u32>, Issue)>;

fn one(issue: Issue) -> Issues {
    vec![(None, issue)]
}

struct Fields<'a, F> {
    field: &'a Field,
    limits: &'a SizeLimits,
    staged: &'a F,
    /// File names, for people.
    names: Vec<String>,
}

impl<F: Fn(&StagedId) -> Option<StagedFile>> Fields<'_, F> {
    /// The value to send; `None` leaves the key out, which is right for everything optional and empty
    /// (an empty string fails for selects and files, api.md §2).
    fn value(&mut self, entry: Option<&Entry>) -> Result<Option<Value>, Issues> {
        let typed = match entry {
            Some(Entry::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        match &self.field.control {
            Control::Text { max_length, default } | Control::Paragraph { max_length, default } => {
                self.text(typed.unwrap_or(default), *max_length).map_err(one)
            }
            Control::Select { options, default } => {
                self.select(typed.unwrap_or(default.as_deref().unwrap_or("")), options).map_err(one)
            }
            Control::Number { default, .. } => self.number(typed.unwrap_or(default), default).map_err(one),
            Control::Checkbox { default } => Ok(Some(Value::Bool(match entry {
                Some(Entry::Flag(flag)) => *flag,
                _ => *default,
            }))),
            Control::Json { schema, default } => self.json(typed.unwrap_or(default), schema.as_ref()).map_err(one),
            Control::Unknown { default, .. } => self.raw(typed.unwrap_or(default)).map_err(one),
            // A supplied value makes servers answer 500 (api.md §2).
            Control::External => Ok(None),
            Control::File { rules } => Ok(self.files(entry, rules, 1)?.into_iter().next()),
            Control::FileList { rules, max_count } => {
                let files = self.files(entry, rules, *max_count)?;
                Ok(if files.is_empty() { None } else { Some(Value::Array(files)) })
            }
        }
    }

    fn empty(&self) -> Result<Option<Value>, Issue> {
        // The user never sees a hidden field, so cannot be asked to fill it in.
        if self.field.required && !self.field.hidden { Err(Issue::Required) } else { Ok(None) }
    }

    fn text(&self, text: &str, max_length: Option<u32>) -> Result<Option<Value>, Issue> {
        // Servers let an empty required text pass; the user meant to fill it in (api.md §2).
        if text.trim().is_empty() && self.field.required && !self.field.hidden {
            return Err(Issue::Required);
        }
        // Code points, as servers count; the limit itself is allowed (server-1.12.1.md §6).
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        match max_length {
            Some(max) if max > 0 && length > max => Err(Issue::TooLong { max, length }),
            // Sent although empty: leaving it out would bring back a default that the user deleted.
            _ => Ok(Some(Value::String(text.to_owned()))),
        }
    }

    fn select(&self, chosen: &str, options: &[String]) -> Result<Option<Value>, Issue> {
        if chosen.is_empty() && !options.iter().any(String::is_empty) {
            return self.empty();
        }
        if options.iter().any(|option| option == chosen) {
            Ok(Some(Value::String(chosen.to_owned())))
        } else {
            Err(Issue::NotAnOption)
        }
    }

    fn number(&self, typed: &str, default: &str) -> Result<Option<Value>, Issue> {
        let typed = half_width(typed.trim());
        if typed.is_empty() {
            return match self.empty()? {
                // "" is null on every server; leaving it out would bring the default back.
                _ if !default.is_empty() => Ok(Some(Value::String(String::new()))),
                none => Ok(none),
            };
        }
        parse_number(&typed).map(Some).ok_or(Issue::NotANumber)
    }

    fn json(&self, typed: &str, schema: Option<&Value>) -> Result<Option<Value>, Issue> {
        if typed.trim().is_empty() {
            return self.empty();
        }
        let value = json::parse(typed)?;
        if !value.is_object() {
            return Err(Issue::JsonNotAnObject);
        }
        // A schema that is itself wrong is the author's matter: the server decides then.
        if let Some(validator) = schema.and_then(|schema| jsonschema::draft7::new(schema).ok())
            && let Some(error) = validator.iter_errors(&value).next()
        {
            return Err(Issue::JsonSchema {
                path: error.instance_path().to_string(),
                fault: json::schema_fault(&error),
            });
        }
        Ok(Some(value))
    }

    /// A control newer than this program: JSON if it looks like JSON, else the plain text.
    fn raw(&self, typed: &str) -> Result<Option<Value>, Issue> {
        let text = typed.trim();
        if text.is_empty() {
            return self.empty();
        }
        match json::parse(text) {
            Ok(value) => Ok(Some(value)),
            Err(issue) if text.starts_with(['{', '[', '"']) => Err(issue),
            Err(_) => Ok(Some(Value::String(text.to_owned()))),
        }
    }

    fn files(&mut self, entry: Option<&Entry>, rules: &FileRules, max: u32) -> Result<Vec<Value>, Issues> {
        let files = match entry {
            Some(Entry::Files(files)) => files.as_slice(),
            _ => &[],
        };
        if files.is_empty() {
            return self.empty().map(|_| Vec::new()).map_err(one);
        }
        if files.len() > max as usize {
            return Err(one(Issue::TooManyFiles { max }));
        }
        let mut values = Vec::new();
        let mut issues = Issues::new();
        for (index, file) in (0u32..).zip(files) {
            match self.file(file, rules) {
                Ok(value) => values.push(value),
                Err(issue) => issues.push((Some(index), issue)),
            }
        }
        if issues.is_empty() { Ok(values) } else { Err(issues) }
    }

    fn file(&mut self, file: &FileEntry, rules: &FileRules) -> Result<Value, Issue> {
        match file {
            FileEntry::Link(link) => {
                let url = url::Url::parse(link.trim()).map_err(|_| Issue::LinkNotHttp)?;
                if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
                    return Err(Issue::LinkNotHttp);
                }
                if !rules.methods.contains(&TransferMethod::RemoteUrl) {
                    return Err(Issue::LinkRefused);
                }
                let extension = extension_of(url.path());
                // A link whose name tells nothing (".aspx", ".00001") may still be the right kind: the server looks.
                let derived = FileKind::derive(&extension, "");
                let kind = accepted_kind(rules, derived, &extension)
                    .or_else(|| rules.kinds.first().copied().filter(|_| derived == FileKind::Custom))
                    .ok_or(Issue::FileKindRefused { extension })?;
                self.names.push(link.trim().to_owned());
                Ok(json!({ "type": kind.as_str(), "transfer_method": "remote_url", "url": url.as_str() }))
            }
            FileEntry::Staged(id) => {
                let file = (self.staged)(id).ok_or(Issue::FileMissing)?;
                let kind = check_file(rules, self.limits, &file)?;
                let StagedState::Uploaded { upload_file_id } = &file.state else {
                    return Err(Issue::FileNotUploaded);
                };
                self.names.push(file.name.clone());
                Ok(json!({
                    "type": kind.as_str(), "transfer_method": "local_file", "upload_file_id": upload_file_id
                }))
            }
        }
    }
}

/// What can be said of a file before a byte is sent; gives the kind to name it by.
pub fn check_file(rules: &FileRules, limits: &SizeLimits, file: &StagedFile) -> Result<FileKind, Issue> {
    match file.state {
        StagedState::Unreadable => return Err(Issue::FileUnreadable),
        StagedState::Empty => return Err(Issue::FileEmpty),
        StagedState::Gone => return Err(Issue::FileMissing),
        _ => {}
    }
    let kind = accepted_kind(rules, file.kind, &file.extension)
        .ok_or_else(|| Issue::FileKindRefused { extension: file.extension.clone() })?;
    let limit = limits.of(file.kind);
    if file.size > limit {
        return Err(Issue::FileTooLarge { size: file.size, limit });
    }
    Ok(kind)
}

/// The `type` to send: the derived kind if the field takes it, else `custom` if the extension is
/// listed (api.md §2, "custom").
fn accepted_kind(rules: &FileRules, derived: FileKind, extension: &str) -> Option<FileKind> {
    let custom = rules.kinds.contains(&FileKind::Custom)
        && (rules.extensions.iter().any(|allowed| allowed == extension)
            || (rules.extensions.is_empty() && derived == FileKind::Custom));
    if rules.kinds.is_empty() || (derived != FileKind::Custom && rules.kinds.contains(&derived)) {
        Some(derived)
    } else if custom {
        Some(FileKind::Custom)
    } else {
        None
    }
}

/// Extension of a file name or URL path, lower case without the dot; empty if there is none.
pub fn extension_of(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
        _ => String::new(),
    }
}

/// A JSON number: servers refuse "1e5" as text and answer 500 to a list, so real numbers are sent.
fn parse_number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') {
        return None; // "inf" and "NaN" are words, not numbers
    }
    if let Ok(whole) = digits.parse::<i64>() {
        return Some(whole.into());
    }
    let number = digits.parse::<f64>().ok()?;
    serde_json::Number::from_f64(number).map(Value::Number)
}

/// Whether a text can stand in a field for numbers; nothing can, too.
pub fn is_number(text: &str) -> bool {
    let typed = half_width(text.trim());
    typed.is_empty() || parse_number(&typed).is_some()
}

/// Digits typed with a Chinese or Japanese input method are digits.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + u8::try_from(u32::from(c) - u32::from('０')).unwrap_or(0)),
            '．' | '。' => '.',
            '－' | '−' => '-',
            '＋' => '+',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests;
