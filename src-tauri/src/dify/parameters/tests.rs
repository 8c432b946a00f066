//! Forms of all generations, and forms no server should send.

use serde_json::json;

use super::*;

fn form(value: Value) -> Form {
    parameters(value.as_object().expect("an object")).form
}

fn one(entry: Value) -> Field {
    let form = form(json!({ "user_input_form": [entry.clone()] }));
    form.fields.into_iter().next().unwrap_or_else(|| panic!("{entry} is a field"))
}

const BOTH: [TransferMethod; 2] = [TransferMethod::LocalFile, TransferMethod::RemoteUrl];

#[test]
fn every_type_becomes_its_control() {
    let any = FileRules { methods: BOTH.to_vec(), ..FileRules::default() };
    for (entry, control) in [
        (
            json!({"text-input": {"variable": "v", "max_length": 48, "default": "hello"}}),
            Control::Text { max_length: Some(48), default: "hello".into() },
        ),
        (
            json!({"text-input": {"variable": "v", "max_length": 0, "default": 5}}),
            Control::Text { max_length: None, default: "5".into() },
        ),
        (
            json!({"paragraph": {"variable": "v", "max_length": "200", "default": null}}),
            Control::Paragraph { max_length: Some(200), default: String::new() },
        ),
        (
            json!({"select": {"variable": "v", "options": ["a", 2, "a", {"value": "c", "label": "C"}, null, true], "default": "2"}}),
            Control::Select {
                options: vec!["a".into(), "2".into(), "c".into(), "true".into()],
                default: Some("2".into()),
            },
        ),
        (
            json!({"select": {"variable": "v", "options": ["a"], "default": "gone"}}),
            Control::Select { options: vec!["a".into()], default: None },
        ),
        (json!({"select": {"variable": "v", "options": null}}), Control::Select { options: vec![], default: None }),
        (
            json!({"number": {"variable": "v", "default": 7, "unit": "kg"}}),
            Control::Number { default: "7".into(), unit: Some("kg".into()) },
        ),
        (
            json!({"number": {"variable": "v", "default": "3.50"}}),
            Control::Number { default: "3.50".into(), unit: None },
        ),
        (json!({"checkbox": {"variable": "v", "default": "true"}}), Control::Checkbox { default: true }),
        (json!({"checkbox": {"variable": "v", "default": false}}), Control::Checkbox { default: false }),
        (json!({"checkbox": {"variable": "v"}}), Control::Checkbox { default: false }),
        (
            json!({"json_object": {"variable": "v", "json_schema": "{\"type\": \"object\"}", "default": {"a": 1}}}),
            Control::Json { schema: Some(json!({"type": "object"})), default: "{\n  \"a\": 1\n}".into() },
        ),
        (
            json!({"json_object": {"variable": "v", "json_schema": "not json", "default": "not json"}}),
            Control::Json { schema: None, default: "not json".into() },
        ),
        (json!({"file": {"variable": "v"}}), Control::File { rules: any.clone() }),
        (
            json!({"file": {"variable": "v", "allowed_file_types": ["Custom", "hologram"], "allowed_file_extensions": [".LOG", "log", "", ".txt"],
                "allowed_file_upload_methods": ["local_file", "datasource_file"]}}),
            Control::File {
                rules: FileRules {
                    kinds: vec![FileKind::Custom],
                    extensions: vec!["log".into(), "txt".into()],
                    methods: vec![TransferMethod::LocalFile],
                },
            },
        ),
        (
            json!({"file-list": {"variable": "v", "max_length": 3}}),
            Control::FileList { rules: any.clone(), max_count: 3 },
        ),
        (
            json!({"file-list": {"variable": "v", "max_length": 99}}),
            Control::FileList { rules: any.clone(), max_count: 10 },
        ),
        (json!({"file-list": {"variable": "v"}}), Control::FileList { rules: any, max_count: 10 }),
        (json!({"external_data_tool": {"variable": "v", "type": "api", "config": {}}}), Control::External),
        (
            json!({"hologram": {"variable": "v", "default": {"a": 1}}}),
            Control::Unknown { type_name: "hologram".into(), default: "{\n  \"a\": 1\n}".into() },
        ),
        (
            json!({"type": "number", "variable": "v", "label": "flat"}),
            Control::Number { default: String::new(), unit: None },
        ),
    ] {
        let field = one(entry.clone());
        assert_eq!(field.control, control, "{entry}");
        assert_eq!(field.variable, "v", "{entry}");
    }
}

#[test]
fn labels_and_flags_are_taken_as_they_come() {
    let field = one(
        json!({"text-input": {"variable": "v", "label": {"en_US": "L"}, "required": "true", "hide": 1, "description": "d",
        "placeholder": "p", "later": {"x": 1}}}),
    );
    assert_eq!(
        (field.label.as_str(), field.required, field.hidden),
        ("L", true, true),
        "a label per language, flags as text and number"
    );
    assert_eq!(
        (field.hint.as_deref(), field.placeholder.as_deref()),
        (Some("d"), Some("p")),
        "the description serves as a hint"
    );
    let field = one(json!({"text-input": {"variable": 7, "label": null, "hint": "h", "description": "d"}}));
    assert_eq!(
        (field.variable.as_str(), field.label.as_str(), field.required),
        ("7", "7", false),
        "the variable serves as a label"
    );
    assert_eq!(field.hint.as_deref(), Some("h"), "a hint is closer than a description");
    assert_eq!(one(json!({"text-input": {"variable": "v", "label": ["x"]}})).label, "v", "a list is no label");
    assert_eq!(one(json!({"text-input": {"variable": "v", "label": 5}})).label, "5", "a number is one");
}

#[test]
fn only_entries_without_a_variable_and_repetitions_are_left_out() {
    let form = form(json!({"user_input_form": [
        {"text-input": {"variable": "a"}},
        {"text-input": {"label": "no variable"}},
        {"text-input": {"variable": ""}},
        {"text-input": null},
        null, 5, "x", [], {},
        {"paragraph": {"variable": "a"}},
        {"select": {"variable": "b"}},
    ]}));
    let variables: Vec<_> = form.fields.iter().map(|field| field.variable.as_str()).collect();
    assert_eq!(variables, ["a", "b"], "in the order of the list");
    for odd in [json!(null), json!({}), json!("x"), json!(5)] {
        assert!(self::form(json!({"user_input_form": odd})).fields.is_empty(), "{odd} is an empty form");
    }
    assert_eq!(self::form(json!({})), Form::default(), "an empty answer is an empty form");
}

#[test]
fn limits_are_megabytes_as_text_or_number_with_the_usual_ones_for_the_rest() {
    const MB: u64 = 1024 * 1024;
    let limits = form(
        json!({"system_parameters": {"image_file_size_limit": "10", "file_size_limit": 30, "audio_file_size_limit": 0.5,
        "video_file_size_limit": -1, "workflow_file_upload_limit": "4"}}),
    )
    .limits;
    assert_eq!(
        limits,
        SizeLimits { document: 30 * MB, image: 10 * MB, audio: MB / 2, video: 100 * MB, files_per_field: 4 },
        "a limit below zero is no limit a server means"
    );
    assert_eq!(form(json!({"system_parameters": []})).limits, SizeLimits::default(), "2024 servers say little");
    assert_eq!(
        form(json!({"system_parameters": {"file_size_limit": 1e300}})).limits.document,
        u64::MAX,
        "no limit can overflow"
    );
}

#[test]
fn file_upload_is_read_in_its_three_shapes() {
    let attachments =
        |value: Value| parameters(json!({ "file_upload": value }).as_object().expect("an object")).features.attachments;
    let rules = |kinds: &[FileKind], methods: &[TransferMethod]| FileRules {
        kinds: kinds.to_vec(),
        extensions: vec![],
        methods: methods.to_vec(),
    };
    let block = |kind, max_count, methods: &[TransferMethod]| AttachmentBlock {
        kind,
        max_count,
        methods: methods.to_vec(),
        detail: None,
    };
    for (value, expected) in [
        (json!({"enabled": false}), None),
        (json!({"enabled": false, "image": {"enabled": false, "number_limits": 3}}), None),
        (
            json!({"enabled": true, "number_limits": 2, "allowed_file_types": ["image"], "allowed_file_upload_methods": ["local_file"]}),
            Some(Attachments {
                rules: rules(&[FileKind::Image], &[TransferMethod::LocalFile]),
                max_count: 2,
                blocks: vec![],
            }),
        ),
        (
            json!({"image": {"enabled": true, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"]}}),
            Some(Attachments {
                rules: rules(&[FileKind::Image], &BOTH),
                max_count: 3,
                blocks: vec![AttachmentBlock { detail: Some("high".into()), ..block(FileKind::Image, 3, &BOTH) }],
            }),
        ),
        (
            json!({"document": {"enabled": true, "number_limits": 5, "transfer_methods": ["remote_url"]}, "audio": {"enabled": true}, "video": {}}),
            Some(Attachments {
                rules: rules(&[FileKind::Document, FileKind::Audio], &[TransferMethod::RemoteUrl]),
                max_count: 5,
                blocks: vec![
                    block(FileKind::Document, 5, &[TransferMethod::RemoteUrl]),
                    block(FileKind::Audio, 3, &BOTH),
                ],
            }),
        ),
        (json!(null), None),
        (json!([true]), None),
    ] {
        assert_eq!(attachments(value.clone()), expected, "{value}");
    }
}

#[test]
fn sound_features_are_known() {
    let features = parameters(
        json!({"text_to_speech": {"enabled": true, "voice": "alloy", "language": "", "autoPlay": "enabled"}, "speech_to_text": {"enabled": false}})
            .as_object()
            .expect("an object"),
    )
    .features;
    assert!(
        features.text_to_speech && features.auto_play && !features.speech_to_text,
        "autoPlay is a word, not a flag"
    );
    assert_eq!((features.voice.as_deref(), features.language), (Some("alloy"), None), "an empty language is none");
}

#[test]
fn the_app_wide_files_are_a_field_of_the_form_once() {
    let with =
        |fields: Value| form(json!({"user_input_form": fields, "file_upload": {"enabled": true, "number_limits": 2}}));
    let last = with(json!([{"text-input": {"variable": "v"}}])).fields.pop().expect("a field");
    assert_eq!((last.variable.as_str(), last.required), ("sys.files", false), "after the app's own fields");
    assert!(matches!(last.control, Control::FileList { max_count: 2, .. }), "with the app's limit: {last:?}");
    let newer = with(json!([{"file-list": {"variable": "userinput.files"}}]));
    assert_eq!(newer.fields.len(), 1, "servers from 1.16 on list it themselves");
    assert_eq!(form(json!({"file_upload": {"enabled": false}})).fields.len(), 0, "only where it is switched on");
}

#[test]
fn size_limits_also_come_with_the_file_upload() {
    let limits = form(json!({"system_parameters": {"image_file_size_limit": "7"},
        "file_upload": {"enabled": false, "fileUploadConfig": {"image_file_size_limit": 1, "file_size_limit": 20, "workflow_file_upload_limit": 4}}}))
    .limits;
    assert_eq!((limits.image, limits.document), (7 << 20, 20 << 20), "the copy counts where the original is silent");
    assert_eq!((limits.video, limits.files_per_field), (100 << 20, 4), "and the defaults where both are");
}

#[test]
fn what_chat_pages_would_show_is_read_too() {
    let features = parameters(
        json!({"opening_statement": "Hello", "suggested_questions": ["a?", 2], "suggested_questions_after_answer": {"enabled": true},
            "retriever_resource": {"enabled": "true"}, "annotation_reply": {}, "more_like_this": null,
            "sensitive_word_avoidance": {"enabled": true, "type": "keywords"}})
        .as_object()
        .expect("an object"),
    )
    .features;
    let expected = Features {
        opening_statement: Some("Hello".into()),
        suggested_questions: vec!["a?".into(), "2".into()],
        suggested_questions_after_answer: true,
        retriever_resource: true,
        sensitive_word_avoidance: true,
        ..Features::default()
    };
    assert_eq!(features, expected, "missing, empty and null are off");
}
