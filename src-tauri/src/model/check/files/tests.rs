//! The rules of file fields.

use super::{
    super::tests::{document, field, form},
    *,
};
use crate::model::file::FileFinding;

#[test]
fn a_file_is_named_by_the_kind_the_field_takes() {
    let rules = |kinds: &[FileKind], extensions: &[&str]| FileRules {
        kinds: kinds.to_vec(),
        extensions: extensions.iter().map(ToString::to_string).collect(),
        methods: vec![TransferMethod::LocalFile],
    };
    let limits = SizeLimits::default();
    let file = document(10, StagedState::Ready);
    let check = |rules: &FileRules| check_file(rules, &limits, &file);
    assert_eq!(check(&rules(&[FileKind::Document], &[])), Ok(FileKind::Document));
    assert_eq!(check(&rules(&[FileKind::Custom], &["pdf"])), Ok(FileKind::Custom));
    assert_eq!(check(&rules(&[FileKind::Image], &[])), Err(Issue::FileKindRefused { extension: "pdf".into() }));
    assert_eq!(check(&rules(&[], &[])), Ok(FileKind::Document), "no list means everything");
}

#[test]
fn a_file_at_the_limit_passes_and_one_byte_more_does_not() {
    let rules = FileRules { kinds: vec![FileKind::Document], ..FileRules::default() };
    let limits = SizeLimits::default();
    let limit = 15 * 1024 * 1024;
    assert!(check_file(&rules, &limits, &document(limit, StagedState::Ready)).is_ok(), "measured: exact size passes");
    assert_eq!(
        check_file(&rules, &limits, &document(limit + 1, StagedState::Ready)),
        Err(Issue::FileTooLarge { size: limit + 1, limit, can_shrink: false })
    );
}

#[test]
fn only_a_picture_with_a_size_of_its_own_can_be_made_smaller() {
    let limits = SizeLimits::default();
    for (extension, kind, can_shrink) in [
        ("jpg", FileKind::Image, true),
        ("png", FileKind::Image, true),
        ("svg", FileKind::Image, false),
        ("gif", FileKind::Image, false),
        ("pdf", FileKind::Document, false),
    ] {
        let size = 16 * 1024 * 1024;
        let file = StagedFile { extension: extension.into(), kind, ..document(size, StagedState::Ready) };
        let limit = limits.of(kind);
        let told = check_file(&FileRules::default(), &limits, &file);
        assert_eq!(told, Err(Issue::FileTooLarge { size, limit, can_shrink }), "{extension}");
    }
}

/// Two fields for files: three papers, and a picture or whatever `kind` says.
fn two_fields(kind: FileKind) -> Form {
    let rules =
        |kind| FileRules { kinds: vec![kind], methods: vec![TransferMethod::LocalFile], ..FileRules::default() };
    form(vec![
        field("papers", true, Control::FileList { rules: rules(FileKind::Document), max_count: 3 }),
        field("other", false, Control::File { rules: rules(kind) }),
    ])
}

fn entries(papers: &[&str], other: &[&str]) -> Entries {
    let files =
        |ids: &[&str]| Entry::Files(ids.iter().map(|id| FileEntry::Staged(StagedId((*id).to_owned()))).collect());
    Entries::from([("papers".into(), files(papers)), ("other".into(), files(other))])
}

/// Files are called by what was found in them: "twin-1" is the first of two alike, "locked" is.
fn found(id: &StagedId) -> Option<StagedFile> {
    let found = FileFinding {
        locked: id.0.contains("locked"),
        alike: id.0.contains("twin").then_some(7),
        ..FileFinding::default()
    };
    Some(StagedFile { id: id.clone(), found: Some(found), ..document(5, StagedState::Ready) })
}

#[test]
fn the_same_file_is_told_at_each_of_its_copies_in_all_fields() {
    let form = two_fields(FileKind::Document);
    let told = warnings(&form, &entries(&["plain", "twin-1", "twin-2"], &["twin-3"]), found);
    let twice = Issue::FileTwice { variable: "papers".into(), index: 1 };
    let told: Vec<_> = told.iter().map(|told| (told.variable.as_str(), told.file_index, &told.issue)).collect();
    assert_eq!(told, [("papers", Some(2), &twice), ("other", Some(0), &twice)], "the first of them may stay");
}

#[test]
fn a_locked_file_is_told_once_and_keeps_nothing_from_being_sent() {
    let form = two_fields(FileKind::Document);
    let entries = entries(&["locked", "locked-twin-1", "locked-twin-2"], &[]);
    let told = warnings(&form, &entries, found);
    assert!(told.iter().all(|told| told.warning), "the user decides");
    let issues: Vec<_> = told.iter().map(|told| &told.issue).collect();
    let twice = Issue::FileTwice { variable: "papers".into(), index: 1 };
    assert_eq!(issues, [&Issue::FileLocked, &Issue::FileLocked, &twice], "a copy is removed, however it is locked");
    let uploaded = |id: &StagedId| {
        found(id).map(|file| StagedFile { state: StagedState::Uploaded { upload_file_id: "u".into() }, ..file })
    };
    assert!(super::super::check(&form, &entries, uploaded).is_ok(), "servers take all of them");
}

#[test]
fn a_file_that_is_refused_anyway_is_not_warned_of_too() {
    let form = two_fields(FileKind::Image);
    assert_eq!(warnings(&form, &entries(&[], &["locked"]), found), [], "no field for pictures takes a PDF");
}
