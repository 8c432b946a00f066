//! A run in one copy of the program is the same run in another.

use flowdeck::{
    model::{
        file::LocalCopy,
        form::{Entry, FileEntry},
        history::RunOrigin,
        run::{Run, RunStatus},
        sent::SentCopy,
    },
    out::Error,
};

use super::{Desk, run};

/// Without what a file does not hold.
fn sent_on(mut run: Run) -> Run {
    run.head.server.task_id = None;
    run.head.server.trace_id = None;
    for step in &mut run.steps {
        step.inputs.as_mut().and_then(|inputs| inputs.as_object_mut()).map(|inputs| inputs.remove("sys.user_id"));
    }
    if let Some(file) = run.outputs.get_mut("file") {
        file["url"] = serde_json::Value::Null;
    }
    run
}

#[tokio::test]
async fn a_run_opens_in_another_copy_of_the_program_as_it_was() {
    let (here, there) = (Desk::new().await, Desk::new().await);
    let app = here.app("合同 Review").await;
    let id = here.full_run(&app).await;
    let path = here.path("lease.flowdeck-run");
    here.out.pack(&id, &path).await.expect("packed");

    let unpacked = there.out.unpack(&path).await.expect("unpacked");
    assert!(!unpacked.known);
    assert_eq!(unpacked.run_id, id, "nobody had the id there");
    let mut wanted = sent_on(here.store.run(&id).await.expect("a run"));
    wanted.head.app_id = unpacked.app_id.clone();
    assert_eq!(there.store.run(&id).await.expect("a run"), wanted);
    assert_eq!(there.store.whence(&id).await.expect("read").expect("a run").origin, RunOrigin::File);
    let said = there.store.remarks(&id).await.expect("read");
    assert_eq!(said, here.store.remarks(&id).await.expect("read"), "name, note and tags come along");

    let home = there.path("runs").join(&id.0);
    for (name, bytes) in [("digest.md", "# 摘要"), ("sent/合同.txt", "the contract"), ("speech/stream.mp3", "sound")]
    {
        assert_eq!(std::fs::read_to_string(home.join(name)).expect(name), bytes);
    }
    let files = there.store.run_files(&id).await.expect("read");
    assert_eq!(files[0].stored_as.as_deref(), Some("digest.md"));
    assert_eq!(files[1].file.local, LocalCopy::Expired, "what was lost is still lost");
    let sent = there.store.sent(&id).await.expect("read").remove(0);
    assert_eq!((sent.copy, sent.path.as_deref()), (SentCopy::Kept, None));
    let filled = there.store.run_filled(&id).await.expect("read");
    let Some(Entry::Files(entered)) = filled.entries.get("document") else { panic!("{:?}", filled.entries) };
    assert_eq!(entered, &[FileEntry::Staged(sent.staged.expect("an id"))], "the form is filled with the copy");
    assert_ne!(
        entered,
        &[FileEntry::Staged(flowdeck::model::file::StagedId("staged-here".into()))],
        "under its own id"
    );
    assert_eq!(there.store.sounds(&id).await.expect("read"), here.store.sounds(&id).await.expect("read"));

    let face = there.out.faces().await.expect("read").remove(0);
    assert_eq!((face.id, face.branding.title.as_str()), (unpacked.app_id, "合同 Review"), "its app has a face");
    assert_eq!(face.branding.icon_background.as_deref(), Some("#aabbcc"));
    assert!(there.store.apps().await.expect("read").is_empty(), "and is no app to run");
}

#[tokio::test]
async fn the_file_tells_nothing_of_server_and_user() {
    let here = Desk::new().await;
    let app = here.app("Review").await;
    let path = here.path("a.flowdeck-run");
    here.out.pack(&here.full_run(&app).await, &path).await.expect("packed");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).expect("a file")).expect("a zip");
    for place in 0..zip.len() {
        let mut entry = zip.by_index(place).expect("an entry");
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).expect("text");
        for secret in ["secret", "staged-here/", "/home/"] {
            assert!(!text.contains(secret), "{} holds {secret}: {text}", entry.name().expect("a name"));
        }
    }
}

#[tokio::test]
async fn a_run_that_is_here_is_named_and_another_of_its_id_gets_one_of_its_own() {
    let (here, there) = (Desk::new().await, Desk::new().await);
    let app = here.app("Review").await;
    let id = here.full_run(&app).await;
    let path = here.path("a.flowdeck-run");
    here.out.pack(&id, &path).await.expect("packed");
    assert!(here.out.unpack(&path).await.expect("unpacked").known, "where it was made it is known");
    assert!(!there.out.unpack(&path).await.expect("unpacked").known);
    let again = there.out.unpack(&path).await.expect("unpacked");
    assert!(again.known && again.run_id == id, "twice the same is once");

    let mut other = run(&app);
    other.head.id = id.clone();
    other.head.title = "Another".into();
    let elsewhere = Desk::new().await;
    elsewhere.app("Review").await;
    let app = elsewhere.store.apps().await.expect("read").remove(0).app.id;
    other.head.app_id = app.clone();
    elsewhere.keep(other).await;
    let brought = elsewhere.out.unpack(&path).await.expect("unpacked");
    assert_ne!(brought.run_id, id, "both stay");
    assert_eq!(brought.app_id, app, "an app of this name is there already");
    assert_eq!(elsewhere.store.run(&id).await.expect("a run").head.title, "Another");
    let times = |id: &flowdeck::model::run::RunId| uuid::Uuid::parse_str(&id.0).expect("an id").get_timestamp();
    let seconds = |id| times(id).map(|time| time.to_unix().0);
    assert_eq!(seconds(&brought.run_id), seconds(&id), "and it stands where it began in time");
}

#[tokio::test]
async fn files_that_lie_in_its_place_are_left_alone() {
    let (here, there) = (Desk::new().await, Desk::new().await);
    let id = here.full_run(&here.app("Review").await).await;
    let path = here.path("a.flowdeck-run");
    here.out.pack(&id, &path).await.expect("packed");
    // A damaged history lost the run; its files are still there.
    let folder = there.path("runs").join(&id.0);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("digest.md"), "of before").expect("written");
    let brought = there.out.unpack(&path).await.expect("unpacked");
    assert_ne!(brought.run_id, id);
    assert_eq!(std::fs::read_to_string(folder.join("digest.md")).expect("there"), "of before");
}

#[tokio::test]
async fn a_run_that_goes_on_is_not_sent_on() {
    let here = Desk::new().await;
    let mut going = run(&here.app("Review").await);
    going.head.status = RunStatus::Running;
    let id = here.keep(going).await;
    let path = here.path("a.flowdeck-run");
    assert!(matches!(here.out.pack(&id, &path).await, Err(Error::UnderWay)));
    assert!(!path.exists());
}

#[tokio::test]
async fn what_cannot_be_written_leaves_nothing_behind() {
    let here = Desk::new().await;
    let id = here.full_run(&here.app("Review").await).await;
    let nowhere = here.path("no such folder").join("a.flowdeck-run");
    assert!(here.out.pack(&id, &nowhere).await.is_err());
    let path = here.path("a.flowdeck-run");
    std::fs::create_dir(&path).expect("a folder in its place");
    assert!(here.out.pack(&id, &path).await.is_err());
    let parts = std::fs::read_dir(here.folder.path()).expect("read");
    let parts: Vec<_> = parts.map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(parts.iter().all(|name| !name.to_string_lossy().contains(".part")), "{parts:?}");
}

#[tokio::test]
async fn a_result_that_packs_more_tightly_than_anyone_would_unpack_opens_again() {
    let (here, there) = (Desk::new().await, Desk::new().await);
    let id = here.full_run(&here.app("Review").await).await;
    let size = 66 * 1024 * 1024;
    let digest = std::fs::File::options().write(true).open(here.path("runs").join(&id.0).join("digest.md"));
    digest.and_then(|file| file.set_len(size)).expect("a file of zeros");
    let path = here.path("log.flowdeck-run");
    here.out.pack(&id, &path).await.expect("packed");
    let unpacked = there.out.unpack(&path).await.expect("what is saved opens");
    let home = there.path("runs").join(&unpacked.run_id.0);
    assert_eq!(home.join("digest.md").metadata().expect("there").len(), size);
    assert_eq!(std::fs::read_to_string(home.join("sent/合同.txt")).expect("there"), "the contract");
}

#[tokio::test]
async fn a_run_that_no_copy_would_open_is_not_said_to_be_saved() {
    let here = Desk::new().await;
    let digest = |id: &flowdeck::model::run::RunId| here.path("runs").join(&id.0).join("digest.md");
    let large = here.full_run(&here.app("Large").await).await;
    let file = std::fs::File::options().write(true).open(digest(&large)).expect("a file");
    file.set_len(5 * 1024 * 1024 * 1024).expect("a file with nothing in it");

    let many = crate::reports::with_files(&here, &vec![("a.png", b"x".to_vec()); 5000]).await;

    let mut long = run(&here.app("Long").await);
    long.outputs.insert("text".into(), "x".repeat(65 * 1024 * 1024).into());
    let long = here.keep(long).await;

    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("run.flowdeck-run");
    std::fs::write(&target, "the older one").expect("written");
    for (what, id) in [("more than 4 GiB", large), ("more than 5000 entries", many), ("a run of 65 MiB", long)] {
        let packed = here.out.pack(&id, &target).await;
        assert!(matches!(packed, Err(Error::TooMuch)), "{what}: {packed:?}");
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).expect("read").flatten().map(|at| at.file_name()).collect();
        assert_eq!(names, ["run.flowdeck-run"], "{what}: nothing half stays");
        assert_eq!(std::fs::read_to_string(&target).expect("there"), "the older one", "{what}");
    }
}
