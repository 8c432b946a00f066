//! What changed in an app's form since it was filled in, and where the entries of then belong now. Pure.
//!
//! No entry is lost: each one stands in the form again, or is set aside with the reason why it could not.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    check,
    form::{Control, Entries, Entry, Field, FileRules, Form},
};

/// What the form has to tell before it is run again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FormChanges {
    pub fields: Vec<FieldChange>,
    pub aside: Vec<SetAside>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FieldChange {
    pub variable: String,
    /// As it is now, or was last.
    pub label: String,
    pub change: Change,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Change {
    New,
    Gone,
    Different { what: Vec<Difference> },
}

/// What is different about a field that there was before: what matters to whoever fills it in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Difference {
    Renamed {
        before: String,
    },
    /// Another kind of field, such as a choice where a text was.
    OtherKind,
    Required,
    Optional,
    /// `None`: any length.
    MaxLength {
        max: Option<u32>,
    },
    Options {
        added: Vec<String>,
        gone: Vec<String>,
    },
    /// What stands there untouched; empty for nothing.
    Default {
        now: String,
    },
    Unit {
        now: Option<String>,
    },
    /// Other rules for its structured data.
    Schema,
    FileKinds,
    /// Files of this computer, links, or both.
    FileSources,
    MaxFiles {
        max: u32,
    },
}

/// An entry that does not fit the form any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SetAside {
    pub variable: String,
    pub label: String,
    pub entry: Entry,
    pub why: WhyAside,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum WhyAside {
    FieldGone,
    OtherKind,
    OptionGone,
    TooLong { max: u32 },
}

/// Entries of then in the form of now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Fitted {
    pub entries: Entries,
    pub changes: FormChanges,
}

impl FormChanges {
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.aside.is_empty()
    }

    /// What was said before and not put away, with what is new since.
    pub fn and(mut self, later: Self) -> Self {
        for change in later.fields {
            match self.fields.iter().position(|known| known.variable == change.variable) {
                None => self.fields.push(change),
                Some(at) => match (&self.fields[at].change, &change.change) {
                    // It came and went unseen.
                    (Change::New, Change::Gone) => drop(self.fields.remove(at)),
                    (Change::New, _) => self.fields[at].label = change.label,
                    _ => self.fields[at] = change,
                },
            }
        }
        for aside in later.aside {
            // A newer entry of the same field does not push an older one out.
            if !self.aside.contains(&aside) {
                self.aside.push(aside);
            }
        }
        self
    }
}

/// What whoever fills in the form would notice, in the order of the form; what is gone at the end.
pub fn differences(before: &Form, now: &Form) -> Vec<FieldChange> {
    let told =
        |field: &Field, change| FieldChange { variable: field.variable.clone(), label: field.label.clone(), change };
    let mut changes = Vec::new();
    for field in &now.fields {
        match find(before, &field.variable) {
            // Nobody is asked to fill it in.
            None if field.hidden => {}
            None => changes.push(told(field, Change::New)),
            Some(earlier) => {
                let what = between(earlier, field);
                if !what.is_empty() {
                    changes.push(told(field, Change::Different { what }));
                }
            }
        }
    }
    let gone = before.fields.iter().filter(|field| !field.hidden && find(now, &field.variable).is_none());
    changes.extend(gone.map(|field| told(field, Change::Gone)));
    changes
}

/// Puts entries that were made for `before` into `now`. Without `before` (runs of earlier versions) only what the
/// entries themselves show is known.
pub fn fit(before: Option<&Form>, now: &Form, entries: &Entries) -> Fitted {
    let mut fitted = Fitted { entries: Entries::new(), changes: FormChanges::default() };
    if let Some(before) = before {
        fitted.changes.fields = differences(before, now);
    }
    for (variable, entry) in entries {
        let earlier = before.and_then(|form| find(form, variable));
        let why = match find(now, variable) {
            None => WhyAside::FieldGone,
            Some(field) => match unfit(earlier, field, entry) {
                None => {
                    fitted.entries.insert(variable.clone(), entry.clone());
                    continue;
                }
                Some(why) => why,
            },
        };
        let label = earlier.or_else(|| find(now, variable)).map_or(variable, |field| &field.label).clone();
        if before.is_none() && why == WhyAside::FieldGone {
            let change = FieldChange { variable: variable.clone(), label: label.clone(), change: Change::Gone };
            fitted.changes.fields.push(change);
        }
        fitted.changes.aside.push(SetAside { variable: variable.clone(), label, entry: entry.clone(), why });
    }
    fitted
}

fn find<'a>(form: &'a Form, variable: &str) -> Option<&'a Field> {
    form.fields.iter().find(|field| field.variable == variable)
}

fn unfit(earlier: Option<&Field>, field: &Field, entry: &Entry) -> Option<WhyAside> {
    let why = refused(&field.control, entry)?;
    // Half-filled is what a draft is: an entry that was no better before stays where it is.
    let as_before = earlier.is_some_and(|earlier| {
        same_kind(&earlier.control, &field.control) && refused(&earlier.control, entry).is_some()
    });
    if as_before { None } else { Some(why) }
}

/// Why a field cannot hold an entry. Only what shows in the entry itself: the rest is for `check` to say.
fn refused(control: &Control, entry: &Entry) -> Option<WhyAside> {
    match (control, entry) {
        (Control::Text { max_length, .. } | Control::Paragraph { max_length, .. }, Entry::Text(text)) => {
            let max = max_length.filter(|max| *max > 0)?;
            (text.chars().count() > max as usize).then_some(WhyAside::TooLong { max })
        }
        (Control::Select { options, .. }, Entry::Text(chosen)) => {
            (!chosen.is_empty() && !options.contains(chosen)).then_some(WhyAside::OptionGone)
        }
        (Control::Number { .. }, Entry::Text(text)) => (!check::is_number(text)).then_some(WhyAside::OtherKind),
        (Control::Json { .. }, Entry::Text(text)) => {
            let object = text.trim().is_empty() || serde_json::from_str::<Map<String, Value>>(text).is_ok();
            (!object).then_some(WhyAside::OtherKind)
        }
        (Control::Unknown { .. }, Entry::Text(_))
        | (Control::Checkbox { .. }, Entry::Flag(_))
        | (Control::File { .. } | Control::FileList { .. }, Entry::Files(_)) => None,
        _ => Some(WhyAside::OtherKind),
    }
}

/// One and several lines of text are the same kind to whoever types them.
fn same_kind(one: &Control, other: &Control) -> bool {
    fn family(control: &Control) -> u8 {
        match control {
            Control::Text { .. } | Control::Paragraph { .. } => 0,
            Control::Select { .. } => 1,
            Control::Number { .. } => 2,
            Control::Checkbox { .. } => 3,
            Control::Json { .. } => 4,
            Control::File { .. } | Control::FileList { .. } => 5,
            Control::External => 6,
            Control::Unknown { .. } => 7,
        }
    }
    family(one) == family(other)
}

fn between(before: &Field, now: &Field) -> Vec<Difference> {
    let mut what = Vec::new();
    if before.label != now.label {
        what.push(Difference::Renamed { before: before.label.clone() });
    }
    if !same_kind(&before.control, &now.control) {
        what.push(Difference::OtherKind);
    } else {
        rules_between(&before.control, &now.control, &mut what);
    }
    if before.required != now.required {
        what.push(if now.required { Difference::Required } else { Difference::Optional });
    }
    what
}

fn rules_between(before: &Control, now: &Control, what: &mut Vec<Difference>) {
    use Control::*;
    match (before, now) {
        (
            Text { max_length: max_before, .. } | Paragraph { max_length: max_before, .. },
            Text { max_length: max_now, .. } | Paragraph { max_length: max_now, .. },
        ) if max_before != max_now => what.push(Difference::MaxLength { max: *max_now }),
        (Select { options: before, .. }, Select { options: now, .. }) => {
            let without = |these: &[String], those: &[String]| -> Vec<String> {
                these.iter().filter(|option| !those.contains(option)).cloned().collect()
            };
            let (added, gone) = (without(now, before), without(before, now));
            if !added.is_empty() || !gone.is_empty() {
                what.push(Difference::Options { added, gone });
            }
        }
        (Number { unit: before, .. }, Number { unit: now, .. }) if before != now => {
            what.push(Difference::Unit { now: now.clone() });
        }
        (Json { schema: before, .. }, Json { schema: now, .. }) if before != now => what.push(Difference::Schema),
        (File { .. } | FileList { .. }, File { .. } | FileList { .. }) => {
            if let (Some((before, most_before)), Some((now, most_now))) = (files_of(before), files_of(now)) {
                if before.kinds != now.kinds || before.extensions != now.extensions {
                    what.push(Difference::FileKinds);
                }
                if before.methods != now.methods {
                    what.push(Difference::FileSources);
                }
                if most_before != most_now {
                    what.push(Difference::MaxFiles { max: most_now });
                }
            }
        }
        _ => {}
    }
    let (before, now) = (default_of(before), default_of(now));
    if before != now {
        what.push(Difference::Default { now });
    }
}

fn files_of(control: &Control) -> Option<(&FileRules, u32)> {
    match control {
        Control::File { rules } => Some((rules, 1)),
        Control::FileList { rules, max_count } => Some((rules, *max_count)),
        _ => None,
    }
}

fn default_of(control: &Control) -> String {
    match control {
        Control::Text { default, .. }
        | Control::Paragraph { default, .. }
        | Control::Number { default, .. }
        | Control::Json { default, .. }
        | Control::Unknown { default, .. } => default.clone(),
        Control::Select { default, .. } => default.clone().unwrap_or_default(),
        Control::Checkbox { default } => default.to_string(),
        Control::File { .. } | Control::FileList { .. } | Control::External => String::new(),
    }
}
