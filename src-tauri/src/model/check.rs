//! The form's rules, as servers apply them (api.md §2, server-1.12.1.md §5 and §6). Pure: no clock, no I/O.

mod files;
mod json;

pub use files::{check_file, extension_of, warnings, worth_a_look};

use serde_json::{Map, Value, json};

use super::{
    file::{SizeLimits, StagedFile, StagedId},
    form::{Control, Entries, Entry, Field, Form, Issue, Problem},
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
                warning: false,
            })),
        }
    }
    if checked.title.is_empty() {
        checked.title = file_title;
    }
    if problems.is_empty() { Ok(checked) } else { Err(problems) }
}

pub fn is_text(control: &Control) -> bool {
    matches!(control, Control::Text { .. } | Control::Paragraph { .. })
}

/// The first line that says something, cut to 80 characters.
pub fn title_of(text: &str) -> String {
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
