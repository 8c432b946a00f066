//! Names of every kind: people see them as they are, servers get them as they take them.

use std::{ffi::OsString, fs};

use flowdeck::{demo::DemoServer, dify::sent_name, model::file::StagedState};

use super::{House, documents, staged};

/// What servers up to 1.12 refuse in a name.
const REFUSED: &str = "/\\:*?\"<>|";

fn names() -> Vec<OsString> {
    let long = format!("{}.txt", "长".repeat(83));
    assert_eq!(long.len(), 253, "as long as file systems allow, but for a byte or two");
    let mut names: Vec<OsString> = [
        "合同 第二版（最终）.txt",
        "🎉 Feier 👨‍👩‍👧‍👦.txt",
        "\u{202e}txt.cod\u{202c} עברית العربية.txt",
        "it's a \"quoted\" name.txt",
        "line\nbreak\ttab.txt",
        "..txt",
        "...",
        "..a..b..txt",
        " leading and trailing .txt ",
        "CON.txt",
        "aux",
        "LPT1.PDF.txt",
        "a:b*c?d<e>f|g\\h;i.txt",
        "%2e%2e%2fetc.txt",
        "&lt;script&gt;.txt",
        "-rf.txt",
        "NOTES.TXT",
        "e\u{301}.txt",
    ]
    .map(OsString::from)
    .into();
    names.push(long.into());
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStringExt as _;
        names.push(OsString::from_vec(b"not unicode \xff\xfe.txt".to_vec()));
    }
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_any_name_is_shown_as_it_is_called_and_arrives() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let client = house.apps.client(&app.id).await.expect("a client");
    let folder = tempfile::tempdir().expect("a folder");
    for (number, name) in names().into_iter().enumerate() {
        let path = folder.path().join(&name);
        fs::write(&path, format!("Sentence number {number}.")).expect("any name but those with a slash can be written");
        let file = staged(&house, &path);
        assert_eq!(file.name, name.to_string_lossy(), "people know it by that");
        let sent = sent_name(&file.name);
        assert!(!sent.is_empty() && sent.chars().count() <= 200, "{sent:?}: servers cut longer ones");
        assert!(!sent.contains(|c: char| REFUSED.contains(c) || c.is_control()), "{sent:?}: servers refuse it");
        if file.extension == "txt" {
            assert!(sent.to_lowercase().ends_with(".txt"), "{sent:?}: kind and limit go by the extension");
        }
        let there = house.files.upload(&client, &file.id).await.unwrap_or_else(|error| panic!("{name:?}: {error}"));
        assert!(matches!(there.state, StagedState::Uploaded { .. }), "{name:?}: {there:?}");
        assert_eq!(there.name, file.name, "the server's idea of its name is not ours");
        let problems = house.runs.check(&app.id, &documents(&[&file.id])).await.expect("checked");
        let refused = !["txt", "TXT"].contains(&file.extension.as_str());
        assert_eq!(!problems.is_empty(), refused, "{name:?}: {problems:?}");
    }
}
