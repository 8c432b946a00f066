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

/// Three hundred letters and an extension.
const LONG: &str = {
    const LETTERS: [u8; 304] = {
        let mut letters = [b'x'; 304];
        (letters[300], letters[301], letters[303]) = (b'.', b't', b't');
        letters
    };
    match std::str::from_utf8(&LETTERS) {
        Ok(name) => name,
        Err(_) => panic!("ASCII"),
    }
};

/// Recording, name and size of the file that was sent, and how it went. Requests were not recorded: where the answer
/// tells of the file, it has to be this one.
const UPLOADS: &[(&str, &str, u64, Verdict)] = &[
    ("up_cut_body", "a.txt", 1, Taken),
    ("up_empty_user", "doc.txt", 1, Taken),
    ("up_ext_bin", "data.bin", 1024, Taken),
    ("up_ext_exe", "a.exe", 2, Taken),
    ("up_json_body", "a.txt", 3, NeverSent(SHAPE)),
    ("up_log", "a.log", 8, Taken),
    ("up_log_octet", "b.log", 8, Taken),
    ("up_mp3_20MB", "a.mp3", 20 * MB, Taken),
    ("up_mp4_101MB", "a.mp4", 101 * MB, Refused),
    ("up_name_300", LONG, 3, NeverSent(RENAMED)),
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
    ("up_no_user", "doc.txt", 1, Taken),
    ("up_noapi", "doc.txt", 3, Unknowable(KEY_OR_APP)),
    ("up_noext", "noext", 3, Taken),
    ("up_octet", "a.pdf", 588, Taken),
    ("up_ok_pdf", "doc.pdf", 588, Taken),
    ("up_ok_png", "pixel.png", 7858, Taken),
    ("up_ok_txt", "doc.txt", 43, Taken),
    ("up_png_10MB_plus1", "big.png", 10 * MB + 1, Refused),
    ("up_png_cjk", "图 片.png", 7858, Taken),
    ("up_revoked_key", "doc.txt", 3, Unknowable(KEY_OR_APP)),
    ("up_two_fields", "a.txt", 3, NeverSent(SHAPE)),
    ("up_two_file_parts", "a.txt", 1, Taken),
    ("up_two_files", "doc.txt", 3, Taken),
    ("up_txt_15MB_exact", "big.txt", 15 * MB, Taken),
    ("up_txt_15MB_plus1", "big.txt", 15 * MB + 1, Refused),
    ("up_upper_ext", "A.TXT", 3, Taken),
    ("up_user_after_file", "a.txt", 1, Taken),
    ("up_wrong_boundary", "a.txt", 3, NeverSent(SHAPE)),
    ("up_wrong_field", "doc.txt", 3, NeverSent(SHAPE)),
    ("up_wrong_key", "doc.txt", 3, Unknowable(KEY_OR_APP)),
    ("up_zero_bytes", "empty.txt", 0, Stricter("nobody means to send nothing")),
];

const TEXT: (&str, &str) = ("one", "doc.txt");

/// Which file, or link, stood in which field.
type Filled = &'static [(&'static str, &'static str)];

/// Recording, what was filled in, and how it went. Requests were not recorded: where the answer tells which files the
/// run was given, they have to be these, in these fields.
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
    ("run_doc_file_upper_ext", &[("one", "A.PDF")], Taken),
    ("run_doc_id_empty", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_id_not_uuid", &[TEXT], NeverSent(SHAPE)),
    ("run_doc_json", &[("one", "a.json")], Refused),
    ("run_doc_kind_csv", &[("one", "doc.csv")], Taken),
    ("run_doc_kind_docx", &[("one", "doc.docx")], Taken),
    ("run_doc_kind_empty", &[("one", "empty.txt")], Stricter("nobody means to send nothing")),
    ("run_doc_kind_gbk", &[("one", "gbk.txt")], Taken),
    ("run_doc_kind_html", &[("one", "doc.html")], Taken),
    ("run_doc_kind_md", &[("one", "doc.md")], Taken),
    ("run_doc_kind_pdf", &[("one", "doc.pdf")], Taken),
    ("run_doc_kind_xlsx", &[("one", "doc.xlsx")], Taken),
    ("run_doc_local_blocking", &[TEXT, ("many", "doc.txt"), ("pic", "图 片.png")], Taken),
    ("run_doc_local_streaming", &[TEXT, ("many", "doc.pdf"), ("many", "pixel.png"), ("pic", "pixel.png")], Taken),
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
    ("run_doc_many_png_typed_document", &[TEXT, ("many", "pixel.png")], NeverSent(TYPED)),
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

/// The same of an app whose form was not recorded: a list of documents, from here or by their links.
const LISTS: &[(&str, Filled, Verdict)] = &[
    ("run_doclist", &[("many", "doc.txt"), ("many", "doc.pdf"), ("many", "http://127.0.0.1:8099/doc.md")], Taken),
    ("run_doclist_empty", &[], Taken),
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

/// A field that takes a file of any kind.
fn any_file(variable: &str, control: impl FnOnce(FileRules) -> Control) -> Form {
    let rules =
        FileRules { methods: vec![TransferMethod::LocalFile, TransferMethod::RemoteUrl], ..FileRules::default() };
    let field = Field {
        variable: variable.into(),
        label: "Any".into(),
        required: false,
        hidden: false,
        hint: None,
        placeholder: None,
        control: control(rules),
    };
    Form { fields: vec![field], ..Form::default() }
}

#[test]
fn each_recorded_upload_goes_as_it_is_told_here_and_is_of_the_file_that_is_judged_here() {
    is_whole("up_", UPLOADS.iter().map(|(name, ..)| *name).collect());
    // What remains are the rules of uploads.
    let form = any_file("any", |rules| Control::File { rules });
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
        let recorded = recording::Recording::load(recording);
        if recorded.status() == 201 {
            let told = recorded.json();
            assert_eq!(told["size"], *size, "{recording}: the file that was sent");
            assert_eq!(told["extension"], extension_of(name), "{recording}: by which it is judged here and there");
            // Of a name that is too long the server kept the beginning.
            let kept = told["name"].as_str().expect("a name");
            assert!(kept == *name || name.starts_with(kept.trim_end_matches(".txt")), "{recording}: {kept}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn each_recorded_run_with_files_goes_as_it_is_told_here_and_was_given_what_would_be_sent_from_here() {
    let tables = || RUNS.iter().chain(LISTS);
    is_whole("run_doc", tables().map(|(name, ..)| *name).collect());
    let form = recorded_form().await;
    let list = any_file("many", |rules| Control::FileList { rules, max_count: 3 });
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (recording, filled, verdict) in tables() {
        let form = if recording.starts_with("run_doclist") { &list } else { &form };
        let given = given(recording);
        let size = |name: &str| {
            let told = given.iter().find(|given| given.name == name).and_then(|given| given.size);
            told.unwrap_or(if name == "empty.txt" { 0 } else { 9 })
        };
        let mut files: HashMap<&str, Vec<FileEntry>> = HashMap::new();
        for (variable, file) in *filled {
            files.entry(variable).or_default().push(match file.contains("://") {
                true => FileEntry::Link((*file).to_owned()),
                false => FileEntry::Staged(StagedId((*file).to_owned())),
            });
        }
        let entries: Entries =
            files.into_iter().map(|(variable, files)| (variable.to_owned(), Entry::Files(files))).collect();
        let said = check(form, &entries, |id| Some(file(&id.0, size(&id.0))));
        wrong.extend(agrees(recording, said.as_ref().err().and_then(|said| said.first()), *verdict).err());

        let is_stream = recording::Recording::load(recording).is_stream();
        let told: Vec<&str> = given.iter().map(|given| given.variable.as_str()).collect();
        // Answers without a stream name those files only that the workflow puts out.
        let mut meant: Vec<(&str, &str)> =
            filled.iter().copied().filter(|(variable, _)| is_stream || told.contains(variable)).collect();
        meant.sort_unstable();
        let mut sent: Vec<(&str, &str)> =
            given.iter().map(|given| (given.variable.as_str(), given.name.as_str())).collect();
        sent.sort_unstable();
        if sent != meant {
            wrong.push(format!("{recording}: the run was given {sent:?}, and here stands {meant:?}"));
        }
        let Some(checked) = said.ok().filter(|_| *verdict == Taken) else { continue };
        for Given { variable, kind, place, .. } in &given {
            let value = &checked.inputs[variable];
            let value = if value.is_array() { &value[*place] } else { value };
            compared += 1;
            if value["type"] != kind.as_str() {
                wrong.push(format!("{recording}: {variable} went as {kind}, and goes as {value} from here"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 30, "the answers tell of files: {compared}");
}

/// A file that a recorded run was given, as its answer tells it.
struct Given {
    variable: String,
    /// Among those of its field.
    place: usize,
    /// Of a link: all of it.
    name: String,
    kind: String,
    size: Option<u64>,
}

fn given(recording: &str) -> Vec<Given> {
    let recorded = recording::Recording::load(recording);
    let told = match (recorded.status(), recorded.is_stream()) {
        (200, true) => recorded.events().into_iter().find(|event| event["event"] == "workflow_started"),
        (200, false) => Some(recorded.json()),
        _ => None,
    };
    let Some(told) = told else { return Vec::new() };
    let values = if recorded.is_stream() { &told["data"]["inputs"] } else { &told["data"]["outputs"] };
    let mut all = Vec::new();
    for (variable, value) in values.as_object().into_iter().flatten() {
        let files = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        let files = files.into_iter().filter(|file| file["dify_model_identity"] == "__dify__file__");
        all.extend(files.enumerate().map(|(place, file)| {
            let of = if file["transfer_method"] == "remote_url" { "remote_url" } else { "filename" };
            let text = |key: &str| file[key].as_str().unwrap_or_default().to_owned();
            Given { variable: variable.clone(), place, name: text(of), kind: text("type"), size: file["size"].as_u64() }
        }));
    }
    all
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
