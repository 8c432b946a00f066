//! The form of a question as a form like any other, and an answer as it is sent (api.md §3.5). Pure: no clock, no I/O.

use serde_json::{Map, Value};

use super::{
    check::{self, Checked},
    file::{FileKind, SizeLimits, StagedFile, StagedId, TransferMethod},
    form::{Control, Entries, Field, FileRules, Form, Problem},
    human_input::{HumanForm, HumanInput, HumanValue},
};

/// An answer, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Servers want every input named, also those that are empty.
    pub inputs: Map<String, Value>,
    /// The form's text with what was entered in its slots.
    pub content: String,
}

/// The fields a question asks for, in the server's order.
pub fn form(asked: &HumanForm, limits: &SizeLimits) -> Form {
    let fields = asked.inputs.iter().map(|input| field(input, asked, limits)).collect();
    Form { fields, limits: *limits }
}

/// Applies the rules of every field, so that all problems are told at once.
pub fn check(
    asked: &HumanForm,
    limits: &SizeLimits,
    entries: &Entries,
    staged: impl Fn(&StagedId) -> Option<StagedFile>,
) -> Result<Said, Vec<Problem>> {
    let Checked { mut inputs, shown, .. } = check::check(&form(asked, limits), entries, staged)?;
    for input in &asked.inputs {
        inputs.entry(input.name.clone()).or_insert_with(|| match kind_of(input).as_str() {
            "file-list" => Value::Array(Vec::new()),
            "file" => Value::Null,
            _ => Value::String(String::new()),
        });
    }
    let mut content = asked.content.clone();
    for input in &asked.inputs {
        let value = shown.iter().find(|shown| shown.variable == input.name).map(|shown| readable(&shown.value));
        content = content.replace(&slot(&input.name), &value.unwrap_or_default());
    }
    Ok(Said { inputs, content })
}

/// How a form's text says where an input stands.
fn slot(name: &str) -> String {
    format!("{{{{#$output.{name}#}}}}")
}

fn field(input: &HumanInput, asked: &HumanForm, limits: &SizeLimits) -> Field {
    // What the server resolved is what it would take itself.
    let default = asked.defaults.get(&input.name).or(match &input.default {
        Some(HumanValue::Constant(value)) => Some(value),
        _ => None,
    });
    let text = default.map(readable).unwrap_or_default();
    let rules = || FileRules {
        kinds: kinds(&input.allowed_file_types),
        extensions: input
            .allowed_file_extensions
            .iter()
            .map(|word| bare(word))
            .filter(|word| !word.is_empty())
            .collect(),
        methods: methods(&input.allowed_upload_methods),
    };
    let (required, control) = match kind_of(input).as_str() {
        "paragraph" => (false, Control::Paragraph { max_length: None, default: text }),
        "select" => {
            let options = options(input, asked);
            if options.is_empty() {
                // Its choices are not told: whoever answers may know them.
                (true, Control::Text { max_length: None, default: text })
            } else {
                let default = Some(text).filter(|text| options.contains(text));
                (true, Control::Select { options, default })
            }
        }
        "file" => (true, Control::File { rules: rules() }),
        "file-list" => {
            let most = input.most_files.filter(|most| *most > 0).unwrap_or(limits.files_per_field);
            (false, Control::FileList { rules: rules(), max_count: most.min(limits.files_per_field) })
        }
        _ => (false, Control::Unknown { type_name: input.kind.clone(), default: text }),
    };
    Field {
        variable: input.name.clone(),
        label: label(&input.name),
        required,
        hidden: false,
        hint: None,
        placeholder: None,
        control,
    }
}

fn kind_of(input: &HumanInput) -> String {
    input.kind.to_ascii_lowercase().replace('_', "-")
}

/// Names of outputs are technical: `reason_of_change` reads better as words.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let words = words.trim();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name.to_owned(),
    }
}

fn options(input: &HumanInput, asked: &HumanForm) -> Vec<String> {
    let list = match &input.options {
        Some(HumanValue::Constant(list)) => list,
        // Some servers resolve a variable's choices beside the values that fields begin with.
        Some(HumanValue::Variable(_)) => asked.defaults.get(&input.name).unwrap_or(&Value::Null),
        None => &Value::Null,
    };
    let mut options: Vec<String> = Vec::new();
    for option in list.as_array().into_iter().flatten().map(readable) {
        if !option.is_empty() && !options.contains(&option) {
            options.push(option);
        }
    }
    options
}

fn kinds(words: &[String]) -> Vec<FileKind> {
    let all = [FileKind::Image, FileKind::Document, FileKind::Audio, FileKind::Video, FileKind::Custom];
    words
        .iter()
        .filter_map(|word| all.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(word.trim())))
        .collect()
}

fn bare(extension: &str) -> String {
    extension.trim().trim_start_matches('.').to_ascii_lowercase()
}

/// Both where the server names none that is known.
fn methods(words: &[String]) -> Vec<TransferMethod> {
    let named: Vec<_> = [("local_file", TransferMethod::LocalFile), ("remote_url", TransferMethod::RemoteUrl)]
        .into_iter()
        .filter(|(name, _)| words.iter().any(|word| word.trim().eq_ignore_ascii_case(name)))
        .map(|(_, method)| method)
        .collect();
    if named.is_empty() { vec![TransferMethod::LocalFile, TransferMethod::RemoteUrl] } else { named }
}

/// A value as a person would write it.
fn readable(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{
        file::StagedState,
        form::{Entry, FileEntry, Issue},
    };

    fn input(kind: &str, name: &str) -> HumanInput {
        HumanInput { kind: kind.into(), name: name.into(), ..HumanInput::default() }
    }

    fn asked() -> HumanForm {
        HumanForm {
            content: "Well?\n\nNote: {{#$output.note_to_all#}}\n\n{{#$output.scan#}} {{#$output.more#}}".into(),
            inputs: vec![
                HumanInput { default: Some(HumanValue::Constant(json!("fine"))), ..input("paragraph", "note_to_all") },
                HumanInput {
                    options: Some(HumanValue::Constant(json!(["low", "high", 3]))),
                    ..input("select", "risk")
                },
                HumanInput { allowed_file_types: vec!["image".into()], ..input("file", "scan") },
                HumanInput { most_files: Some(2), ..input("file-list", "more") },
            ],
            ..HumanForm::default()
        }
    }

    fn scan(_: &StagedId) -> Option<StagedFile> {
        Some(StagedFile {
            id: StagedId("s".into()),
            name: "page.png".into(),
            size: 10,
            extension: "png".into(),
            kind: FileKind::Image,
            state: StagedState::Uploaded { upload_file_id: "u".into() },
            since: Default::default(),
            found: None,
        })
    }

    fn filled() -> Entries {
        Entries::from([
            ("risk".into(), Entry::Text("high".into())),
            ("scan".into(), Entry::Files(vec![FileEntry::Staged(StagedId("s".into()))])),
        ])
    }

    #[test]
    fn every_input_is_sent_and_stands_in_its_slot() {
        let said = check(&asked(), &SizeLimits::default(), &filled(), scan).expect("an answer");
        let file = json!({"type": "image", "transfer_method": "local_file", "upload_file_id": "u"});
        let expected = json!({"note_to_all": "fine", "risk": "high", "scan": file, "more": []});
        assert_eq!(Value::Object(said.inputs), expected, "servers refuse an answer that leaves a name out");
        assert_eq!(said.content, "Well?\n\nNote: fine\n\npage.png ", "as people read it");
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_told_at_its_field() {
        let problems = check(&asked(), &SizeLimits::default(), &Entries::new(), scan).expect_err("nothing entered");
        let told: Vec<_> = problems.iter().map(|problem| (problem.variable.as_str(), &problem.issue)).collect();
        assert_eq!(told, [("risk", &Issue::Required), ("scan", &Issue::Required)], "text and lists may stay empty");
        let entries = Entries::from([
            ("risk".into(), Entry::Text("huge".into())),
            ("scan".into(), Entry::Files(vec![FileEntry::Link("https://example.org/a.pdf".into())])),
            ("more".into(), Entry::Files(vec![FileEntry::Staged(StagedId("s".into())); 3])),
        ]);
        let issues: Vec<_> = check(&asked(), &SizeLimits::default(), &entries, scan)
            .expect_err("wrong")
            .into_iter()
            .map(|problem| problem.issue)
            .collect();
        let expected =
            [Issue::NotAnOption, Issue::FileKindRefused { extension: "pdf".into() }, Issue::TooManyFiles { max: 2 }];
        assert_eq!(issues, expected, "in the order of the fields");
    }

    #[test]
    fn labels_are_words_and_defaults_are_what_the_server_resolved() {
        let mut asked = asked();
        asked.defaults = Map::from_iter([("note_to_all".to_owned(), json!("from the run"))]);
        let form = form(&asked, &SizeLimits::default());
        assert_eq!(form.fields[0].label, "Note to all", "an output's name is technical");
        let default = Control::Paragraph { max_length: None, default: "from the run".into() };
        assert_eq!(form.fields[0].control, default, "a variable's value wins over the form's own");
        let Control::Select { options, default } = &form.fields[1].control else { panic!("a select") };
        assert_eq!((options.len(), default), (3, &None), "numbers are choices, too; nothing is chosen for anyone");
        assert!(matches!(form.fields[3].control, Control::FileList { max_count: 2, .. }), "as many as it takes");
    }

    #[test]
    fn a_choice_whose_options_are_not_told_can_still_be_answered() {
        let variable = Some(HumanValue::Variable("pick.options".into()));
        let mut asked = HumanForm {
            inputs: vec![HumanInput { options: variable, ..input("select", "who") }],
            ..HumanForm::default()
        };
        let control = |asked: &HumanForm| form(asked, &SizeLimits::default()).fields[0].control.clone();
        assert!(matches!(control(&asked), Control::Text { .. }), "it is typed");
        asked.defaults = Map::from_iter([("who".to_owned(), json!(["Ann", "Bo"]))]);
        let Control::Select { options, .. } = control(&asked) else { panic!("a select") };
        assert_eq!(options, ["Ann", "Bo"], "resolved beside the defaults");
        let newer = HumanForm { inputs: vec![input("signature", "sign")], ..HumanForm::default() };
        assert!(matches!(control(&newer), Control::Unknown { .. }), "newer than this program");
    }
}
