//! Files of runs that somebody made to do harm.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use flowdeck::{
    model::{file::LocalCopy, run::RunStatus},
    out::Error,
};
use serde_json::{Value, json};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::Desk;

/// A good file's manifest and entries.
async fn good() -> (Desk, Value, Vec<(String, Vec<u8>)>) {
    let here = Desk::new().await;
    let path = here.path("good.flowdeck-run");
    let id = here.full_run(&here.app("Review").await).await;
    here.out.pack(&id, &path).await.expect("packed");
    let mut zip = ZipArchive::new(std::fs::File::open(&path).expect("a file")).expect("a zip");
    let mut entries = Vec::new();
    for place in 0..zip.len() {
        let mut entry = zip.by_index(place).expect("an entry");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("read");
        entries.push((entry.name().expect("a name").into_owned(), bytes));
    }
    let manifest = entries.remove(0);
    assert_eq!(manifest.0, "run.json");
    (here, serde_json::from_slice(&manifest.1).expect("JSON"), entries)
}

fn made(folder: &Path, manifest: &Value, entries: &[(String, Vec<u8>)]) -> PathBuf {
    let path = folder.join(format!("{}.flowdeck-run", uuid::Uuid::new_v4().simple()));
    let mut zip = ZipWriter::new(std::fs::File::create(&path).expect("a file"));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("run.json", options).expect("begun");
    zip.write_all(manifest.to_string().as_bytes()).expect("written");
    for (name, bytes) in entries {
        zip.start_file(name, options).expect("begun");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished");
    path
}

/// Everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.path());
        found.extend(below(&entry.path()));
    }
    found
}

#[tokio::test]
async fn names_lead_nowhere() {
    let (_here, mut manifest, entries) = good().await;
    let there = Desk::new().await;
    manifest["run"]["files"][0]["name"] = json!("../../../outside.md");
    manifest["run"]["files"][1]["name"] = json!("C:\\evil\\con.txt");
    manifest["sent"][0]["name"] = json!("/etc/passwd");
    manifest["sounds"][0]["extension"] = json!("mp3/../../x");
    manifest["run"]["head"]["id"] = json!("../../../../tmp/escape");
    let path = made(there.folder.path(), &manifest, &entries);
    let brought = there.out.unpack(&path).await.expect("it is a run all the same");
    uuid::Uuid::parse_str(&brought.run_id.0).expect("an id of ours");
    let home = there.path("runs").join(&brought.run_id.0);
    let names: Vec<String> =
        below(&home).iter().map(|path| path.strip_prefix(&home).expect("below").display().to_string()).collect();
    for name in ["_.._.._outside.md", "sent/_etc_passwd", "speech/stream.mp3"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    assert_eq!(names.len(), 5, "two folders and three files: {names:?}");
    let others = std::fs::read_dir(there.path("runs")).expect("read").count();
    assert_eq!(others, 1, "and nothing beside it");
}

#[tokio::test]
async fn what_grows_too_much_is_not_unpacked() {
    let (_here, manifest, mut entries) = good().await;
    let there = Desk::new().await;
    // A hundred kilobytes that become a hundred megabytes.
    entries[0].1 = vec![0; 100 * 1024 * 1024];
    let path = made(there.folder.path(), &manifest, &entries);
    assert!(path.metadata().expect("a file").len() < 200 * 1024);
    assert!(matches!(there.out.unpack(&path).await, Err(Error::NotARun(_))));
    let left = std::fs::read_dir(there.path("runs")).map(Iterator::count).unwrap_or_default();
    assert_eq!(left, 0, "and nothing of it is left");
    assert!(there.store.run_page(None, None, 10).await.expect("read").runs.is_empty());
}

/// The same zip, each entry of its list with so many words of its own.
fn with_long_list(zip: &[u8], each: u16) -> Vec<u8> {
    let two = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let end = zip.len() - 22;
    let list_at = u32::from_le_bytes(zip[end + 16..end + 20].try_into().expect("four")) as usize;
    let mut out = zip[..list_at].to_vec();
    let mut at = list_at;
    while at < end {
        let next = at + 46 + two(at + 28) + two(at + 30) + two(at + 32);
        assert_eq!(two(at + 32), 0, "no words so far");
        out.extend(&zip[at..at + 32]);
        out.extend(each.to_le_bytes());
        out.extend(&zip[at + 34..next]);
        out.extend(vec![b'x'; each.into()]);
        at = next;
    }
    let length = u32::try_from(out.len() - list_at).expect("short");
    out.extend(&zip[end..end + 12]);
    out.extend(length.to_le_bytes());
    out.extend(&zip[end + 16..]);
    out
}

#[tokio::test]
async fn a_list_that_takes_more_memory_than_any_of_ours_is_not_read() {
    let (_here, manifest, mut entries) = good().await;
    let there = Desk::new().await;
    entries.extend((0..40).map(|number| (format!("more/{number}"), Vec::new())));
    let good = std::fs::read(made(there.folder.path(), &manifest, &entries)).expect("read");
    let path = there.path("long.flowdeck-run");
    std::fs::write(&path, with_long_list(&good, u16::MAX)).expect("written");
    let zip = ZipArchive::new(std::fs::File::open(&path).expect("a file")).expect("others read it");
    assert_eq!(zip.len(), entries.len() + 1);
    assert!(matches!(there.out.unpack(&path).await, Err(Error::NotARun(_))), "its list is 3 MB");
    std::fs::write(&path, [&good[..], &good].concat()).expect("written");
    assert!(matches!(there.out.unpack(&path).await, Err(Error::NotARun(_))), "nor is a search made for one");
    std::fs::write(&path, with_long_list(&good, 10)).expect("written");
    there.out.unpack(&path).await.expect("words alone are no harm");
}

#[tokio::test]
async fn what_is_no_run_is_said_to_be_none() {
    let (_here, manifest, entries) = good().await;
    let there = Desk::new().await;
    let plain = there.path("plain.flowdeck-run");
    std::fs::write(&plain, "no zip at all").expect("written");
    let empty = there.path("empty.flowdeck-run");
    std::fs::write(&empty, "").expect("written");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut manifest = manifest.clone();
        change(&mut manifest);
        made(there.folder.path(), &manifest, &entries)
    };
    let missing = made(there.folder.path(), &manifest, &entries[1..]);
    for (what, path) in [
        ("no zip", plain),
        ("nothing", empty),
        ("a folder", there.folder.path().to_owned()),
        ("a list", made(there.folder.path(), &json!([1, 2]), &entries)),
        ("another format", with(&|manifest| manifest["format"] = json!("docx"))),
        ("a head that is a number", with(&|manifest| manifest["run"]["head"] = json!(5))),
        ("steps that are text", with(&|manifest| manifest["run"]["steps"] = json!("<b>"))),
        ("a time that is text", with(&|manifest| manifest["run"]["head"]["startedAt"] = json!("now"))),
        ("an entry that is not there", missing),
    ] {
        assert!(matches!(there.out.unpack(&path).await, Err(Error::NotARun(_))), "{what}");
    }
    let newer = with(&|manifest| {
        manifest["version"] = json!(2);
        manifest["run"] = json!("of another shape");
    });
    assert!(matches!(there.out.unpack(&newer).await, Err(Error::Newer)), "a newer one is not called broken");
    assert!(there.store.run_page(None, None, 10).await.expect("read").runs.is_empty(), "none of them left a run");
}

#[tokio::test]
async fn claims_that_would_mislead_the_program_are_not_believed() {
    let (_here, mut manifest, entries) = good().await;
    let there = Desk::new().await;
    manifest["run"]["head"]["status"] = json!("running");
    manifest["run"]["head"]["id"] = json!("ffffffff-ffff-7fff-bfff-ffffffffffff");
    manifest["run"]["head"]["startedAt"] = json!(i64::MAX);
    manifest["run"]["head"]["elapsed"] = json!(-5);
    manifest["run"]["head"]["totalTokens"] = json!(-7);
    let step = manifest["run"]["steps"][0].clone();
    manifest["run"]["steps"] = json!([step, step, step]);
    manifest["run"]["steps"][0]["parent"] = step["id"].clone();
    manifest["run"]["steps"][0]["status"] = json!("running");
    manifest["run"]["files"][1]["local"] = json!("fetching");
    manifest["files"] = json!([]);
    manifest["sounds"][0]["pieces"] = json!([{ "at": u64::MAX, "bytes": 5, "format": "mp3" }, 7, { "at": 0 }]);
    manifest["app"]["branding"]["icon"] = json!({ "kind": "image", "value": "data:image/svg+xml;base64,PHN2Zz4=" });
    manifest["app"]["branding"]["iconBackground"] = json!("red;background:url(https://x.example)");
    manifest["app"]["branding"]["title"] = json!("Bank\u{202e}<img src=x onerror=alert(1)>");
    manifest["name"] = json!("a\nb\u{202e}");
    let path = made(there.folder.path(), &manifest, &entries);
    let brought = there.out.unpack(&path).await.expect("unpacked");
    let run = there.store.run(&brought.run_id).await.expect("a run");
    assert_eq!(run.head.status, RunStatus::Unknown, "nothing is followed at the next start");
    assert!(brought.run_id.0.as_str() < "0fffffff", "later runs stand before it: {}", brought.run_id.0);
    assert!(run.head.started_at < i64::MAX / 1_000_000, "{}", run.head.started_at);
    assert_eq!((run.head.elapsed, run.head.total_tokens), (None, None));
    assert_eq!(run.steps.len(), 1, "a step is drawn by its id");
    assert_eq!(run.steps[0].parent, None, "none holds itself");
    assert!(run.files.iter().all(|file| file.local == LocalCopy::Failed), "what is not there is not there");
    assert_eq!(there.store.sounds(&brought.run_id).await.expect("read")[0].pieces, json!([]), "no piece lies outside");
    let face = there.out.faces().await.expect("read").remove(0).branding;
    assert_eq!((face.icon, face.icon_background), (flowdeck::model::app::Icon::Initial, None));
    assert_eq!(face.title, "Bank<img src=x onerror=alert(1)>", "words, without what turns them around");
    assert_eq!(there.store.remarks(&brought.run_id).await.expect("read").name, "a b");
    assert!(there.store.unfinished_runs().await.expect("read").is_empty());
    let next = there.store.new_run_id().await.expect("an id");
    let (seconds, _) = uuid::Uuid::parse_str(&next.0).expect("an id").get_timestamp().expect("a time").to_unix();
    assert!(seconds < u64::MAX / 1_000_000 && next.0.as_str() < "0fffffff", "{}", next.0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let there = Desk::new().await;
    let pipe = there.path("pipe.flowdeck-run");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "a pipe");
    let unpacked = tokio::time::timeout(std::time::Duration::from_secs(20), there.out.unpack(&pipe)).await;
    // Whoever waits in it would keep the test from ending.
    let _writer = std::fs::File::options().read(true).write(true).open(&pipe);
    assert!(matches!(unpacked, Ok(Err(Error::NotARun(_)))), "{unpacked:?}");
    let below_a_file = there.path("nothing").join("x.flowdeck-run");
    std::fs::write(there.path("nothing"), "").expect("written");
    assert!(
        matches!(there.out.unpack(&below_a_file).await, Err(Error::Files(flowdeck::files::Error::Missing))),
        "it is not there"
    );
}
