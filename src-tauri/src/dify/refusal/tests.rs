use serde_json::json;

use super::*;
use crate::model::{
    file::StagedId,
    form::{Field, FileRules},
};

fn field(variable: &str, control: Control) -> Field {
    Field {
        variable: variable.into(),
        label: variable.to_uppercase(),
        required: false,
        hidden: false,
        hint: None,
        placeholder: None,
        control,
    }
}

/// A form with every control that a server checks, and what stands in it.
fn filled() -> (Form, Entries, Vec<InputShown>) {
    let files = || Control::File { rules: FileRules::default() };
    let form = Form {
        fields: vec![
            field("text", Control::Text { max_length: Some(48), default: String::new() }),
            field("text in input form", Control::Paragraph { max_length: None, default: String::new() }),
            field("choice", Control::Select { options: vec!["a".into()], default: None }),
            field("count", Control::Number { default: String::new(), unit: None }),
            field("obj", Control::Json { schema: None, default: String::new() }),
            field("one", files()),
            field("many", Control::FileList { rules: FileRules::default(), max_count: 5 }),
        ],
        ..Form::default()
    };
    let staged = |id: &str| FileEntry::Staged(StagedId(id.into()));
    let entries = Entries::from([
        ("text".into(), Entry::Text("fünf".into())),
        ("one".into(), Entry::Files(vec![staged("1")])),
        (
            "many".into(),
            Entry::Files(vec![staged("2"), FileEntry::Link("https://a.b/c/doc.txt?x".into()), staged("3")]),
        ),
    ]);
    let shown = |variable: &str, names: serde_json::Value| InputShown {
        variable: variable.into(),
        label: String::new(),
        value: names,
        is_files: true,
        hidden: false,
    };
    let shown =
        vec![shown("one", json!(["a:b.log"])), shown("many", json!(["x.mp3", "https://a.b/c/doc.txt?x", "y.pdf"]))];
    (form, entries, shown)
}

#[test]
fn a_refusal_that_names_an_entry_is_told_at_that_entry() {
    let (form, entries, shown) = filled();
    let other = |message: &str| SchemaFault::Other { message: message.into() };
    for (message, variable, file_index, issue) in [
        ("text is required in input form", "text", None, Issue::Required),
        ("(type 'text-input') text in input form must be a string", "text", None, Issue::Refused),
        ("text in input form must be less than 3 characters", "text", None, Issue::TooLong { max: 3, length: 4 }),
        ("text in input form is required in input form", "text in input form", None, Issue::Required),
        ("choice in input form must be one of the following: ['a', '中文选项']", "choice", None, Issue::NotAnOption),
        ("count in input form must be a valid number", "count", None, Issue::NotANumber),
        ("obj in input form must be a dict", "obj", None, Issue::JsonNotAnObject),
        ("one in input form must be a file", "one", None, Issue::Refused),
        ("many in input form must be a list of files", "many", None, Issue::Refused),
        ("many in input form must be less than 3 files", "many", None, Issue::TooManyFiles { max: 3 }),
        ("Number of files exceeds the maximum limit 2", "many", None, Issue::TooManyFiles { max: 2 }),
        (
            "File validation failed for file: a_b.log",
            "one",
            Some(0),
            Issue::FileKindRefused { extension: "log".into() },
        ),
        ("File validation failed for file: x.mp3", "many", Some(0), Issue::FileKindRefused { extension: "mp3".into() }),
        (
            "File validation failed for file: doc.txt",
            "many",
            Some(1),
            Issue::FileKindRefused { extension: "txt".into() },
        ),
        (
            "Detected file type does not match the specified type. Please verify the file.",
            "one",
            Some(0),
            Issue::FileTypeMismatch,
        ),
        ("Reached maximum retries (3) for URL …", "many", Some(1), Issue::LinkNotFetched),
        ("Invalid file url", "many", Some(1), Issue::LinkNotFetched),
        (
            "JSON object for 'obj' does not match schema: 'id' is a required property",
            "obj",
            None,
            Issue::JsonSchema { path: String::new(), fault: other("'id' is a required property") },
        ),
    ] {
        let expected =
            Problem { variable: variable.into(), file_index, issue, server: Some(message.into()), warning: false };
        assert_eq!(problems(message, &form, &entries, &shown), [expected], "{message}");
    }
}

#[test]
fn a_refusal_that_could_mean_several_entries_or_none_marks_no_field() {
    let (form, entries, shown) = filled();
    for message in [
        "unknown is required in input form",
        "textual in input form must be a string",
        "Workflow not published",
        // Three files were uploaded.
        "Invalid upload file",
        "File validation failed for file: other.pdf",
        "Number of files exceeds the maximum limit 9",
        "JSON object for 'gone' does not match schema: x",
    ] {
        assert_eq!(problems(message, &form, &entries, &shown), [], "{message}");
    }
}

#[test]
fn an_uploaded_file_that_is_alone_is_the_one_the_server_forgot() {
    let (form, mut entries, shown) = filled();
    entries.remove("many");
    for message in ["Invalid upload file", "Invalid upload file id format"] {
        let told = problems(message, &form, &entries, &shown);
        assert_eq!((told[0].variable.as_str(), &told[0].issue), ("one", &Issue::FileForgotten), "{message}");
    }
}

#[test]
fn the_words_of_providers_are_told_apart() {
    for (text, reason) in [
        ("[openai] Rate Limit Error, You exceeded your current quota, insufficient_quota", Reason::ModelQuota),
        ("[openai] Rate Limit Error, please slow down", Reason::ModelBusy),
        ("[fakellm] Incorrect model credentials provided, please check and try again. ", Reason::ModelKey),
        ("Model gpt-4 credentials is not initialized.", Reason::ModelNotSetUp),
        ("Provider langgenius/openai/openai does not exist.", Reason::ModelMissing),
        ("This model's maximum context length is 8192 tokens", Reason::ModelTextTooLong),
        ("[x] Server Unavailable Error, 503", Reason::ModelDown),
        (
            "<400> InternalError.Algo.DataInspectionFailed: Input data may contain inappropriate content",
            Reason::ModelContent,
        ),
        ("Aborted: Maximum execution time exceeded: 8.22s > 6s", Reason::RunLimit),
        ("Failed to request plugin daemon, url: plugin/x/management/models", Reason::PluginService),
        ("Traceback (most recent call last):\n  rate limit", Reason::CodeFailed),
    ] {
        assert_eq!(of_run(text, None), Some(reason), "{text}");
    }
    assert_eq!(of_run("429 Too Many Requests", Some("http-request")), None, "a web request is no model");
    assert_eq!(of_run("the address is wrong", Some("llm")), None, "what is not known is not guessed");
}

#[test]
fn the_number_of_runs_at_a_time_is_read_from_the_refusal() {
    let said =
        "Too many requests. Please try again later. The current maximum concurrent requests allowed for 00-4e is 12.";
    assert_eq!(runs_at_a_time(said), Some(12));
    assert_eq!(runs_at_a_time("Too many requests."), None, "nothing is said");
}

#[test]
fn what_is_said_of_the_apps_own_key_is_not_about_a_models() {
    for (status, code, message) in [
        (401, None, "Invalid API key in request"),
        (401, Some("unauthorized"), "Invalid API key"),
        (403, Some("forbidden"), "Rate limit exceeded for model x"),
        (404, Some("not_found"), "Model gpt does not exist"),
    ] {
        assert_eq!(of_envelope(status, code, message), None, "{status} {message}: the user's key may well be to blame");
    }
}
