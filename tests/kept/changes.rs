//! The rule for forms that changed: what is said, and where the old entries go.

use flowdeck::model::{
    changes::{Change, Difference, FormChanges, WhyAside, differences, fit},
    file::{FileKind, StagedId, TransferMethod},
    form::{Control, Entries, Entry, Field, FileEntry, FileRules, Form},
};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::json;

fn field(variable: &str, control: Control) -> Field {
    Field {
        variable: variable.into(),
        label: format!("The {variable}"),
        required: false,
        hidden: false,
        hint: None,
        placeholder: None,
        control,
    }
}

fn form(fields: Vec<Field>) -> Form {
    Form { fields, ..Form::default() }
}

fn short(max_length: impl Into<Option<u32>>) -> Control {
    Control::Text { max_length: max_length.into(), default: String::new() }
}

fn choice(options: &[&str]) -> Control {
    Control::Select { options: options.iter().map(ToString::to_string).collect(), default: None }
}

fn number() -> Control {
    Control::Number { default: String::new(), unit: None }
}

fn files(kinds: &[FileKind], max_count: u32) -> Control {
    let rules = FileRules { kinds: kinds.to_vec(), extensions: Vec::new(), methods: vec![TransferMethod::LocalFile] };
    Control::FileList { rules, max_count }
}

fn object(schema: serde_json::Value) -> Control {
    Control::Json { schema: Some(schema), default: String::new() }
}

fn text(value: &str) -> Entry {
    Entry::Text(value.into())
}

fn two_files() -> Entry {
    Entry::Files(vec![FileEntry::Staged(StagedId("f".into())), FileEntry::Link("https://x.example/y.pdf".into())])
}

fn what(before: Control, now: Control) -> Vec<Difference> {
    match differences(&form(vec![field("x", before)]), &form(vec![field("x", now)])).pop().map(|change| change.change) {
        None => Vec::new(),
        Some(Change::Different { what }) => what,
        Some(other) => panic!("the field is there in both: {other:?}"),
    }
}

#[test]
fn each_difference_that_matters_is_said_and_no_other() {
    let strings = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let table = [
        (short(48), short(48), vec![]),
        (short(48), Control::Paragraph { max_length: Some(48), default: String::new() }, vec![]),
        (short(48), short(20), vec![Difference::MaxLength { max: Some(20) }]),
        (short(48), short(None), vec![Difference::MaxLength { max: None }]),
        (short(48), number(), vec![Difference::OtherKind]),
        (
            choice(&["a", "b"]),
            choice(&["b", "c"]),
            vec![Difference::Options { added: strings(&["c"]), gone: strings(&["a"]) }],
        ),
        (choice(&["a", "b"]), choice(&["b", "a"]), vec![]),
        (
            Control::Checkbox { default: false },
            Control::Checkbox { default: true },
            vec![Difference::Default { now: "true".into() }],
        ),
        (
            number(),
            Control::Number { default: "7".into(), unit: Some("EUR".into()) },
            vec![Difference::Unit { now: Some("EUR".into()) }, Difference::Default { now: "7".into() }],
        ),
        (object(json!({})), object(json!({"type": "object"})), vec![Difference::Schema]),
        (
            files(&[FileKind::Document], 10),
            files(&[FileKind::Image], 3),
            vec![Difference::FileKinds, Difference::MaxFiles { max: 3 }],
        ),
    ];
    for (before, now, expected) in table {
        assert_eq!(what(before.clone(), now.clone()), expected, "{before:?} → {now:?}");
    }
}

#[test]
fn new_gone_and_renamed_fields_are_named_and_hidden_ones_are_not() {
    let hidden = Field { hidden: true, ..field("hidden", short(None)) };
    let required = Field { required: true, label: "Other".into(), ..field("b", short(None)) };
    let before = form(vec![field("a", short(None)), field("b", short(None)), hidden.clone()]);
    let now = form(vec![field("c", short(None)), required, Field { variable: "hidden2".into(), ..hidden }]);
    let told: Vec<_> = differences(&before, &now).into_iter().map(|change| (change.label, change.change)).collect();
    let renamed = Difference::Renamed { before: "The b".into() };
    assert_eq!(
        told,
        [
            ("The c".to_owned(), Change::New),
            ("Other".to_owned(), Change::Different { what: vec![renamed, Difference::Required] }),
            ("The a".to_owned(), Change::Gone),
        ]
    );
    assert!(differences(&now, &now).is_empty());
}

#[test]
fn entries_stay_where_they_fit_and_are_set_aside_where_they_do_not() {
    let unknown = || Control::Unknown { type_name: "color".into(), default: String::new() };
    let table = [
        (short(48), text("fits"), short(4), None),
        (short(48), text("too long"), short(4), Some(WhyAside::TooLong { max: 4 })),
        (short(4), text("was too long before"), short(3), None),
        (short(4), text("was too long before"), choice(&["a"]), Some(WhyAside::OptionGone)),
        (short(48), text("合同审查"), short(4), None),
        (short(48), text("12.5"), number(), None),
        (short(48), text("１２"), number(), None),
        (short(48), text("twelve"), number(), Some(WhyAside::OtherKind)),
        (number(), text("twelve"), Control::Number { default: "1".into(), unit: None }, None),
        (choice(&["a", "b"]), text("a"), choice(&["b"]), Some(WhyAside::OptionGone)),
        (choice(&["a", "b"]), text("a"), short(48), None),
        (choice(&["a"]), text(""), choice(&["b"]), None),
        (short(48), text("true"), Control::Checkbox { default: false }, Some(WhyAside::OtherKind)),
        (Control::Checkbox { default: false }, Entry::Flag(true), short(48), Some(WhyAside::OtherKind)),
        (object(json!({})), text("{\"half"), object(json!({"type": "object"})), None),
        (short(48), text("{\"a\": 1}"), object(json!({})), None),
        (short(48), text("[1]"), object(json!({})), Some(WhyAside::OtherKind)),
        (short(48), text("anything"), unknown(), None),
        (short(48), text("anything"), Control::External, Some(WhyAside::OtherKind)),
        (files(&[], 10), two_files(), files(&[FileKind::Image], 1), None),
        (files(&[], 10), two_files(), short(48), Some(WhyAside::OtherKind)),
    ];
    for (before, entry, now, expected) in table {
        let (then, after) = (form(vec![field("x", before)]), form(vec![field("x", now)]));
        let fitted = fit(Some(&then), &after, &Entries::from([("x".into(), entry.clone())]));
        let why = fitted.changes.aside.first().map(|aside| aside.why.clone());
        assert_eq!(why, expected, "{entry:?}: {then:?} → {after:?}");
        assert_eq!(fitted.entries.get("x"), if expected.is_none() { Some(&entry) } else { None });
    }
}

#[test]
fn without_the_form_of_then_the_entries_tell_what_they_can() {
    let entries = Entries::from([("a".into(), text("x")), ("b".into(), text("y"))]);
    let fitted = fit(None, &form(vec![field("a", short(4)), field("c", short(4))]), &entries);
    assert_eq!(fitted.entries, Entries::from([("a".into(), text("x"))]));
    assert_eq!(fitted.changes.aside[0].entry, text("y"));
    assert!(
        matches!(fitted.changes.fields.as_slice(), [gone] if gone.change == Change::Gone),
        "what is new is not known"
    );
}

#[test]
fn a_field_that_came_and_went_unseen_is_not_worth_a_word() {
    let (one, two) = (form(vec![field("a", short(4))]), form(vec![field("a", short(4)), field("b", short(4))]));
    let said = |before, now| FormChanges { fields: differences(before, now), aside: Vec::new() };
    assert!(said(&one, &two).and(said(&two, &one)).is_empty());
    assert_eq!(said(&two, &one).and(FormChanges::default()), said(&two, &one));
}

fn any_control() -> impl Strategy<Value = Control> {
    let options = proptest::collection::vec(prop_oneof!["a", "b", "1", ""], 0..3);
    prop_oneof![
        proptest::option::of(0u32..6).prop_map(|max_length| Control::Text { max_length, default: "d".into() }),
        proptest::option::of(0u32..6).prop_map(|max_length| Control::Paragraph { max_length, default: "".into() }),
        options.prop_map(|options| Control::Select { options, default: None }),
        Just(number()),
        any::<bool>().prop_map(|default| Control::Checkbox { default }),
        any::<bool>().prop_map(|strict| object(json!({ "additionalProperties": strict }))),
        (0u32..3).prop_map(|max| files(&[], max)),
        Just(Control::External),
        Just(Control::Unknown { type_name: "future".into(), default: String::new() }),
    ]
}

fn any_form() -> impl Strategy<Value = Form> {
    proptest::collection::btree_map("[a-d]", any_control(), 0..4)
        .prop_map(|fields| form(fields.iter().map(|(variable, control)| field(variable, control.clone())).collect()))
}

fn any_entries() -> impl Strategy<Value = Entries> {
    let entry = prop_oneof![
        prop_oneof!["[a-c1 ]{0,8}", Just("{\"k\": 1}".to_owned()), Just("{\"half".to_owned())].prop_map(Entry::Text),
        any::<bool>().prop_map(Entry::Flag),
        Just(two_files()),
        Just(Entry::Files(Vec::new())),
    ];
    proptest::collection::btree_map("[a-e]", entry, 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, rng_seed: RngSeed::Fixed(20_261_121), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_entry_is_lost(before in proptest::option::of(any_form()), now in any_form(), entries in any_entries()) {
        let fitted = fit(before.as_ref(), &now, &entries);
        for (variable, entry) in &entries {
            let in_form = fitted.entries.get(variable) == Some(entry);
            let aside = fitted.changes.aside.iter().filter(|aside| &aside.variable == variable && &aside.entry == entry).count();
            prop_assert_eq!(usize::from(in_form) + aside, 1, "{} is in the form or set aside, once", variable);
        }
        prop_assert_eq!(fitted.entries.len() + fitted.changes.aside.len(), entries.len(), "nothing is made up");
        prop_assert!(fitted.entries.keys().all(|variable| now.fields.iter().any(|field| &field.variable == variable)));
        // In the form of now everything is at its place.
        let again = fit(Some(&now), &now, &fitted.entries);
        prop_assert_eq!(again.entries, fitted.entries);
        prop_assert!(again.changes.is_empty());
    }
}
