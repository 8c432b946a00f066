//! Every recorded upload, and every recorded run with files, beside what is said of the same files here before a byte
//! is sent.

use std::collections::HashMap;

use flowdeck::{
    dify::{Client, Connection, Key, sent_name},
    files::mime_of,
    model::{
        check::{check, extension_of},
        file::{FileKind, Since, StagedFile, StagedId, StagedState, TransferMethod},
        form::{Control, Entries, Entry, Field, FileEntry, FileRules, Form, Issue, Problem},
    },
};

use super::{recording, server};

const MB: u64 = 1024 * 1024;

/// How what is said here goes with what the server answered.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    /// Let through here, taken there.
    Taken,
    /// Refused by both.
    Refused,
    /// Refused here, taken there: for the reason given.
    Stricter(#[allow(dead_code, reason = "read by people")] &'static str),
    /// Let through here, refused there: nobody could know.
    Unknowable(#[allow(dead_code, reason = "read by people")] &'static str),
    /// The server was sent something that is never made here.
    NeverSent(#[allow(dead_code, reason = "read by people")] &'static str),
}
use Verdict::{NeverSent, Refused, Stricter, Taken, Unknowable};

const KEY_OR_APP: &str = "the key, or the app behind it";
const SHAPE: &str = "a request of another shape";
const RENAMED: &str = "the name is cleaned before it is sent";
const TYPED: &str = "kinds are told as servers derive them";

/// Recording, name and size of the file that was sent, and how it went.
const UPLOADS: &[(&str, &str, u64, Verdict)] = &[
    ("up_cut_body", "a.txt", 3, Taken),
    ("up_empty_user", "doc.txt", 3, Taken),
    ("up_ext_bin", "data.bin", 1024, Taken),
    ("up_ext_exe", "a.exe", 3, Taken),
    ("up_json_body", "a.txt", 3, NeverSent(SHAPE)),
    ("up_log", "a.log", 3, Taken),
    ("up_log_octet", "b.log", 3, Taken),
    ("up_mp3_20MB", "a.mp3", 20 * MB, Taken),
    ("up_mp4_101MB", "a.mp4", 101 * MB, Refused),
    ("up_name_300", "x.txt", 3, Taken),
    ("up_name_backslash", "a\\b.txt", 3, NeverSent(RENAMED)),
    ("up_name_cjk_raw", "文档 测试🎉.txt", 3, Taken),
    ("up_name_cjk_rfc5987", "文档 a.txt", 3, Taken),
    ("up_name_colon", "a:b.txt", 3, NeverSent(RENAMED)),
    ("up_name_dots", "..", 3, Taken),
    ("up_name_empty", "", 3, NeverSent(RENAMED)),
    ("up_name_quote_backslash", "a\"b.txt", 3, NeverSent(RENAMED)),
    ("up_name_quote_pct", "a\"b.txt", 3, NeverSent(RENAMED)),
    ("up_name_single_quote", "it's.txt", 3, Taken),
    ("up_name_slash", "a/b.txt", 3, NeverSent(RENAMED)),
    ("up_name_spaces", "my file  (1).txt", 3, Taken),
    ("up_no_ctype", "a.txt", 3, NeverSent(SHAPE)),
    ("up_no_file", "a.txt", 3, NeverSent(SHAPE)),
    ("up_no_user", "doc.txt", 3, Taken),
    ("up_noapi", "doc.txt", 3, Unknowable(KEY_OR_APP)),
    ("up_noext", "noext", 3, Taken),
    ("up_octet", "a.pdf", 588, Taken),
    ("up_ok_pdf", "doc.pdf", 588, Taken),
    ("up_ok_png", "pixel.png", 7000, Taken),
    ("up_ok_txt", "doc.txt", 40, Taken),
    ("up_png_10MB_plus1", "big.png", 10 * MB + 1, Refused),
    ("up_png_cjk", "图 片.png", 7000, Taken),
    ("up_revoked_key", "doc.txt", 3, Unknowable(KEY_OR_APP)),
    ("up_two_fields", "a.txt", 3, NeverSent(SHAPE)),
    ("up_two_file_parts", "a.txt", 3, Taken),
    ("up_two_files", "doc.txt", 3, Taken),
    ("up_txt_15MB_exact", "big.txt", 15 * MB, Taken),
    ("up_txt_15MB_plus1", "big.txt", 15 * MB + 1, Refused),
    ("up_upper_ext", "A.TXT", 3, Taken),
    ("up_user_after_file", "a.txt", 3, Taken),
    ("up_wrong_boundary", "a.txt", 3, NeverSent(SHAPE)),
    ("up_wrong_field", "doc.txt", 3, NeverSent(SHAPE)),
    ("up_wrong_key", "doc.txt", 3, Unknowable(KEY_OR_APP)),
    ("up_zero_bytes", "empty.txt", 0, Stricter("nobody means to send nothing")),
];

const TEXT: (&str, &str) = ("one", "doc.txt");

/// Which file, or link, stood in which field.
type Filled = &'static [(&'static str, &'static str)];

/// Recording, what was filled in, and how it went.
const RUNS: &[(&str, Filled, Verdict)] = &[
    ("run_doc_bad_id", &[TEXT], Unknowable("the server lost the file; it is sent again")),
    ("run_doc_bad_method", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_bad_type", &[TEXT], NeverSent(TYPED)),
    ("run_doc_bin_as_custom", &[("one", "data.bin")], Refused),
    ("run_doc_bin_as_document", &[("one", "data.bin")], Refused),
    ("run_doc_cust_log_octet_as_custom", &[TEXT, ("cust", "b.log")], Taken),
    ("run_doc_cust_log_octet_as_document", &[TEXT, ("cust", "b.log")], NeverSent(TYPED)),
    ("run_doc_cust_log_textplain_as_custom", &[TEXT, ("cust", "a.log")], NeverSent("sent as bytes")),
    ("run_doc_cust_log_textplain_as_document", &[TEXT, ("cust", "a.log")], NeverSent("sent as bytes")),
    ("run_doc_cust_ok_log", &[TEXT, ("cust", "a.log")], NeverSent("sent as bytes")),
    ("run_doc_cust_remote_not_allowed", &[TEXT, ("cust", "http://127.0.0.1:8099/doc.txt")], Refused),
    ("run_doc_cust_txt", &[TEXT, ("cust", "doc.txt")], Refused),
    ("run_doc_file_is_list", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_file_is_string", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_file_upper_ext", &[("one", "A.TXT")], Taken),
    ("run_doc_id_empty", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_id_not_uuid", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_json", &[("one", "a.json")], Refused),
    ("run_doc_kind_csv", &[("one", "a.csv")], Taken),
    ("run_doc_kind_docx", &[("one", "a.docx")], Taken),
    ("run_doc_kind_empty", &[("one", "empty.txt")], Stricter("nobody means to send nothing")),
    ("run_doc_kind_gbk", &[("one", "gbk.txt")], Taken),
    ("run_doc_kind_html", &[("one", "a.html")], Taken),
    ("run_doc_kind_md", &[("one", "a.md")], Taken),
    ("run_doc_kind_pdf", &[("one", "a.pdf")], Taken),
    ("run_doc_kind_xlsx", &[("one", "a.xlsx")], Taken),
    ("run_doc_local_blocking", &[TEXT, ("many", "doc.txt"), ("pic", "pixel.png")], Taken),
    ("run_doc_local_streaming", &[TEXT, ("many", "doc.pdf"), ("many", "pixel.png")], Taken),
    (
        "run_doc_many_4_of_3",
        &[TEXT, ("many", "a.txt"), ("many", "b.txt"), ("many", "c.txt"), ("many", "d.txt")],
        Refused,
    ),
    ("run_doc_many_empty", &[TEXT], Taken),
    ("run_doc_many_is_dict", &[TEXT, ("many", "doc.txt")], NeverSent(SHAPE)),
    ("run_doc_many_mp3", &[TEXT, ("many", "a.mp3")], Refused),
    (
        "run_doc_many_mp3_typed_image",
        &[TEXT, ("many", "a.mp3")],
        Stricter("lists take a file of a kind that is not its own"),
    ),
    ("run_doc_many_no_type", &[TEXT, ("many", "pixel.png")], NeverSent(TYPED)),
    ("run_doc_many_png_typed_document", &[TEXT, ("many", "pixel.png")], Taken),
    ("run_doc_missing_file", &[], Refused),
    ("run_doc_no_method", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_no_type", &[TEXT], NeverSent(TYPED)),
    ("run_doc_noext_octet", &[("one", "noext")], Refused),
    (
        "run_doc_noext_textplain",
        &[("one", "noext")],
        Stricter("a guess at what is in it would not hold in other fields"),
    ),
    ("run_doc_one_empty_dict", &[], Refused),
    ("run_doc_one_empty_string", &[], Refused),
    ("run_doc_opt_empty_string", &[TEXT], Taken),
    ("run_doc_opt_null", &[TEXT], Taken),
    ("run_doc_other_apps_file", &[TEXT], Taken),
    ("run_doc_other_users_file", &[TEXT], Taken),
    ("run_doc_pdf_octet", &[("one", "a.pdf")], Taken),
    ("run_doc_png_as_document", &[("one", "pixel.png")], Refused),
    ("run_doc_png_as_image", &[("one", "pixel.png")], Refused),
    ("run_doc_py_textx", &[("one", "a.py")], Stricter("a guess at what is in it would not hold in other fields")),
    ("run_doc_remote", &[("one", "http://127.0.0.1:8099/doc.txt")], Taken),
    ("run_doc_remote_404", &[("one", "http://127.0.0.1:8099/nope.txt")], Taken),
    ("run_doc_remote_attach", &[("one", "http://127.0.0.1:8099/attach/doc.md")], Taken),
    ("run_doc_remote_blocking", &[("one", "http://127.0.0.1:8099/doc.txt")], Taken),
    (
        "run_doc_remote_cjk",
        &[("one", "http://127.0.0.1:8099/doc.txt"), ("pic", "http://127.0.0.1:8099/%E5%9B%BE%20%E7%89%87.png")],
        Taken,
    ),
    ("run_doc_remote_empty", &[("one", "http://")], Refused),
    ("run_doc_remote_ftp", &[("one", "ftp://127.0.0.1/x.txt")], Refused),
    ("run_doc_remote_no_type", &[("one", "http://127.0.0.1:8099/doc.txt")], NeverSent(TYPED)),
    ("run_doc_remote_not_url", &[("one", "://not a url")], Refused),
    ("run_doc_remote_pdf_blocking", &[("one", "http://127.0.0.1:8099/doc.pdf")], Taken),
    ("run_doc_remote_query", &[("one", "http://127.0.0.1:8099/doc.txt?x=1&name=%22q%22")], Taken),
    ("run_doc_remote_wrong_type", &[("one", "http://127.0.0.1:8099/doc.txt")], NeverSent(TYPED)),
    ("run_doc_txt_in_pic", &[TEXT, ("pic", "doc.txt")], Refused),
];

fn file(name: &str, size: u64) -> StagedFile {
    let extension = extension_of(name);
    StagedFile {
        id: StagedId(name.into()),
        name: name.into(),
        size,
        kind: FileKind::derive(&extension, mime_of(&extension)),
        extension,
        state: match size {
            0 => StagedState::Empty,
            _ => StagedState::Uploaded { upload_file_id: "u".into() },
        },
        since: Since::Same,
        found: None,
    }
}

fn agrees(recording: &str, said: Option<&Problem>, verdict: Verdict) -> Result<(), String> {
    let status = recording::Recording::load(recording).status();
    let (here, there) = (said.is_none(), (200..300).contains(&status));
    let as_told = match verdict {
        Taken => here && there,
        Refused => !here && !there,
        Stricter(_) => !here && there,
        Unknowable(_) => here && !there,
        // Of what is never made nothing is said, and servers may do with it as they like.
        NeverSent(_) => here,
    };
    if as_told { Ok(()) } else { Err(format!("{recording}: {status}, and here {said:?}, not as told: {verdict:?}")) }
}

/// All recordings of that name are in the table, and nothing else.
fn is_whole(prefix: &str, told: Vec<&str>) {
    let mut told: Vec<String> = told.into_iter().map(str::to_owned).collect();
    told.sort();
    assert_eq!(told, recording::names(&[prefix]), "a recording nobody compares shows nothing");
}

#[test]
fn what_may_be_uploaded_was_taken_by_a_real_server_and_what_it_refused_is_refused_before() {
    is_whole("up_", UPLOADS.iter().map(|(name, ..)| *name).collect());
    // A field that takes everything: what remains are the rules of uploads.
    let rules = FileRules { methods: vec![TransferMethod::LocalFile], ..FileRules::default() };
    let field = Field {
        variable: "any".into(),
        label: "Any".into(),
        required: true,
        hidden: false,
        hint: None,
        placeholder: None,
        control: Control::File { rules },
    };
    let form = Form { fields: vec![field], ..Form::default() };
    let entries = Entries::from([("any".into(), Entry::Files(vec![FileEntry::Staged(StagedId("f".into()))]))]);
    let mut wrong = Vec::new();
    for (recording, name, size, verdict) in UPLOADS {
        let said = check(&form, &entries, |_| Some(file(name, *size))).err().unwrap_or_default();
        wrong.extend(agrees(recording, said.first(), *verdict).err());
        let renamed = sent_name(name) != *name;
        let why = "is sent as it is if, and only if, the server took it";
        if *verdict == NeverSent(RENAMED) {
            assert!(renamed, "{recording}: {name:?} {why}");
        } else if *verdict == Taken {
            assert!(!renamed, "{recording}: {name:?} {why}, not as {:?}", sent_name(name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn what_may_be_run_was_taken_by_a_real_server_and_what_it_refused_is_refused_before() {
    is_whole("run_doc_", RUNS.iter().map(|(name, ..)| *name).collect());
    let form = recorded_form().await;
    let mut wrong = Vec::new();
    for (recording, filled, verdict) in RUNS {
        let mut files: HashMap<&str, Vec<FileEntry>> = HashMap::new();
        for (variable, file) in *filled {
            files.entry(variable).or_default().push(match file.contains("://") {
                true => FileEntry::Link((*file).to_owned()),
                false => FileEntry::Staged(StagedId((*file).to_owned())),
            });
        }
        let entries: Entries =
            files.into_iter().map(|(variable, files)| (variable.to_owned(), Entry::Files(files))).collect();
        let said = check(&form, &entries, |id| Some(file(&id.0, if id.0 == "empty.txt" { 0 } else { 9 })));
        let said = said.err().unwrap_or_default();
        wrong.extend(agrees(recording, said.first(), *verdict).err());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_recorded_limits_are_those_that_files_are_held_against() {
    let form = recorded_form().await;
    let entries = Entries::from([("one".into(), Entry::Files(vec![FileEntry::Staged(StagedId("a.pdf".into()))]))]);
    let said =
        |size| check(&form, &entries, |_| Some(file("a.pdf", size))).map_err(|problems| problems[0].issue.clone());
    assert!(said(15 * MB).is_ok(), "measured: the limit itself is allowed");
    let refused = Issue::FileTooLarge { size: 15 * MB + 1, limit: 15 * MB, can_shrink: false };
    assert_eq!(said(15 * MB + 1).err(), Some(refused));
}

/// The form of the app that the runs were recorded with.
async fn recorded_form() -> Form {
    let recorded = recording::Recording::load("info_parameters_doc");
    let server = server::Server::always(recorded.reply(usize::MAX)).await;
    let key = Key::new("app-recorded").expect("a sound key");
    let connection = Connection { base_url: server.url("/v1"), key, user: "u1".into() };
    Client::new(connection).expect("a client").parameters().await.expect("recorded").form
}
