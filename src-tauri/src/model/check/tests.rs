//! The form's rules, control by control.

use super::*;
use crate::model::{
    file::{FileKind, Since, StagedState, TransferMethod},
    form::{FileEntry, FileRules},
};

pub(super) fn field(variable: &str, required: bool, control: Control) -> Field {
    Field {
        variable: variable.into(),
        label: variable.to_uppercase(),
        required,
        hidden: false,
        hint: None,
        placeholder: None,
        control,
    }
}

pub(super) fn form(fields: Vec<Field>) -> Form {
    Form { fields, limits: SizeLimits::default() }
}

fn run(control: Control, required: bool, entry: Option<Entry>) -> Result<Option<Value>, Issue> {
    let form = form(vec![field("x", required, control)]);
    let entries = entry.map(|entry| ("x".to_owned(), entry)).into_iter().collect();
    check(&form, &entries, |_| None)
        .map(|checked| checked.inputs.get("x").cloned())
        .map_err(|mut problems| problems.remove(0).issue)
}

fn text(value: &str) -> Option<Entry> {
    Some(Entry::Text(value.into()))
}

pub(super) fn document(size: u64, state: StagedState) -> StagedFile {
    StagedFile {
        id: StagedId("f".into()),
        name: "Contract.PDF".into(),
        size,
        extension: "pdf".into(),
        kind: FileKind::Document,
        state,
        since: Since::Same,
        found: None,
    }
}

#[test]
fn a_required_text_of_blanks_is_empty() {
    let control = || Control::Text { max_length: Some(48), default: String::new() };
    assert_eq!(run(control(), true, text("  \n")), Err(Issue::Required), "the server would let it pass");
    assert_eq!(run(control(), true, None), Err(Issue::Required));
    assert_eq!(run(control(), false, None), Ok(Some(json!(""))));
}

#[test]
fn length_counts_code_points_and_the_limit_itself_is_allowed() {
    let control = || Control::Text { max_length: Some(48), default: String::new() };
    assert!(run(control(), true, text(&"😀".repeat(48))).is_ok(), "48 emoji pass on a real server");
    assert_eq!(
        run(control(), true, text(&"👨‍👩‍👧‍👦".repeat(10))),
        Err(Issue::TooLong { max: 48, length: 70 }),
        "ten family emoji are 70 code points"
    );
}

#[test]
fn an_optional_select_left_empty_is_left_out() {
    let control = || Control::Select { options: vec!["a".into(), "中文选项".into()], default: None };
    assert_eq!(run(control(), false, text("")), Ok(None), "an empty string fails on servers (#30283)");
    assert_eq!(run(control(), true, text("")), Err(Issue::Required));
    assert_eq!(run(control(), true, text("b")), Err(Issue::NotAnOption));
    assert_eq!(run(control(), true, text("中文选项")), Ok(Some(json!("中文选项"))));
}

#[test]
fn numbers_are_sent_as_numbers() {
    let control = || Control::Number { default: String::new(), unit: None };
    for (typed, sent) in [
        ("90", json!(90)),
        (" 3.50 ", json!(3.5)),
        ("-7", json!(-7)),
        ("1e5", json!(100_000.0)),
        ("１２．５", json!(12.5)),
        ("12345678901234567890123", json!(1.234_567_890_123_456_8e22)),
    ] {
        assert_eq!(run(control(), true, text(typed)), Ok(Some(sent)), "{typed}");
    }
    for typed in ["ninety", "inf", "NaN", "240,000", "1 000", "0x10", "--1"] {
        assert_eq!(run(control(), true, text(typed)), Err(Issue::NotANumber), "{typed}");
    }
    assert_eq!(run(control(), true, text("")), Err(Issue::Required));
    assert_eq!(run(control(), false, text("")), Ok(None));
}

#[test]
fn a_deleted_default_stays_deleted() {
    let control = Control::Number { default: "12".into(), unit: None };
    assert_eq!(run(control.clone(), false, text("")), Ok(Some(json!(""))), "servers read \"\" as null");
    assert_eq!(run(control, false, None), Ok(Some(json!(12))), "an untouched field holds its default");
}

#[test]
fn json_says_where_it_breaks_and_obeys_its_schema() {
    let schema = json!({"type": "object", "properties": {"days": {"type": "integer"}}, "required": ["days"]});
    let control = || Control::Json { schema: Some(schema.clone()), default: String::new() };
    assert_eq!(run(control(), true, text("{\"days\": 90}")), Ok(Some(json!({"days": 90}))));
    let broken = run(control(), true, text("{\n  \"days\": 90\n  \"x\": 1\n}"));
    assert!(matches!(broken, Err(Issue::JsonSyntax { line: 3, .. })), "{broken:?}");
    assert_eq!(run(control(), true, text("[1]")), Err(Issue::JsonNotAnObject), "servers take objects only");
    let wrong = run(control(), true, text("{\"days\": \"x\"}"));
    assert!(matches!(&wrong, Err(Issue::JsonSchema { path, .. }) if path == "/days"), "{wrong:?}");
    let odd = Control::Json { schema: Some(json!({"type": 5})), default: String::new() };
    assert!(run(odd, true, text("{}")).is_ok(), "a broken schema is not the user's fault");
}

#[test]
fn an_unknown_control_takes_json_or_plain_text() {
    let control = || Control::Unknown { type_name: "color-picker".into(), default: String::new() };
    assert_eq!(run(control(), true, text("#ff0000")), Ok(Some(json!("#ff0000"))));
    assert_eq!(run(control(), true, text("{\"r\": 1}")), Ok(Some(json!({"r": 1}))));
    assert!(matches!(run(control(), true, text("{\"r\": ")), Err(Issue::JsonSyntax { .. })));
}

#[test]
fn an_external_tool_gets_no_value() {
    assert_eq!(run(Control::External, true, text("x")), Ok(None), "servers answer 500 to one");
}

#[test]
fn every_problem_is_told_at_once_at_its_field() {
    let rules =
        FileRules { kinds: vec![FileKind::Document], methods: vec![TransferMethod::LocalFile], ..FileRules::default() };
    let form = form(vec![
        field("title", true, Control::Text { max_length: None, default: String::new() }),
        field("days", false, Control::Number { default: String::new(), unit: None }),
        field("papers", true, Control::FileList { rules, max_count: 3 }),
    ]);
    let entries = Entries::from([
        ("days".into(), Entry::Text("ninety".into())),
        (
            "papers".into(),
            Entry::Files(vec![
                FileEntry::Staged(StagedId("f".into())),
                FileEntry::Staged(StagedId("gone".into())),
                FileEntry::Link("https://example.com/a.pdf".into()),
            ]),
        ),
    ]);
    let problems = check(&form, &entries, |id| {
        (id.0 == "f").then(|| document(5, StagedState::Uploaded { upload_file_id: "u".into() }))
    })
    .expect_err("four things are wrong");
    let told: Vec<_> = problems.iter().map(|p| (p.variable.as_str(), p.file_index, &p.issue)).collect();
    assert_eq!(
        told,
        [
            ("title", None, &Issue::Required),
            ("days", None, &Issue::NotANumber),
            ("papers", Some(1), &Issue::FileMissing),
            ("papers", Some(2), &Issue::LinkRefused),
        ]
    );
}

#[test]
fn a_run_is_titled_by_its_first_text_else_by_its_first_file() {
    let rules =
        FileRules { kinds: vec![FileKind::Document], methods: vec![TransferMethod::LocalFile], ..FileRules::default() };
    let form = form(vec![
        field("paper", true, Control::File { rules }),
        field("note", false, Control::Paragraph { max_length: None, default: String::new() }),
    ]);
    let staged = |_: &StagedId| Some(document(5, StagedState::Uploaded { upload_file_id: "u1".into() }));
    let file = Entry::Files(vec![FileEntry::Staged(StagedId("f".into()))]);
    let without = check(&form, &Entries::from([("paper".into(), file.clone())]), staged).expect("valid");
    assert_eq!(without.title, "Contract.PDF");
    assert_eq!(
        without.inputs["paper"],
        json!({"type": "document", "transfer_method": "local_file", "upload_file_id": "u1"}),
        "a `file` is one object, not an array (#29665)"
    );
    assert_eq!(without.shown[0].value, json!(["Contract.PDF"]));
    let with = check(
        &form,
        &Entries::from([("paper".into(), file), ("note".into(), Entry::Text("\n Lease Hamburg \nmore".into()))]),
        staged,
    )
    .expect("valid");
    assert_eq!(with.title, "Lease Hamburg");
}
