//! What runs were given, and the copies that are kept of it: on real files, beside the demo server.

mod house;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use flowdeck::{
    demo::{DemoServer, Fault, FaultKind, Options, sample_documents},
    files,
    model::{
        app::App,
        event::AppEvent,
        file::{ShownAs, Since, StagedId, StagedState},
        form::{Entries, Entry, FileEntry},
        kept::Draft,
        run::{RunId, RunStatus},
        sent::{ReadFrom, SentCopy, SentFile, SourceBlock},
    },
    store::StoredSent,
};
use house::House;

const NAME: &str = "Minutes.txt";
const NEWER: &str = "Not what the server had before. It is another sentence. And one more.";
const WORDS: &str = "The bridge opens in May. The budget is enough. A third sentence follows.";

async fn digest() -> (DemoServer, House, App) {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    (server, house, app)
}

fn at(house: &House, name: &str) -> PathBuf {
    house.folder.path().join(name)
}

fn chosen(house: &House, name: &str, content: impl AsRef<[u8]>) -> StagedId {
    let path = at(house, name);
    std::fs::write(&path, content).expect("written");
    house.files.stage(vec![path]).remove(0).id
}

fn documents(ids: &[StagedId]) -> Entries {
    Entries::from([("documents".into(), Entry::Files(ids.iter().cloned().map(FileEntry::Staged).collect()))])
}

/// Runs it to its end, and waits until it is known what became of the copies.
async fn run(house: &mut House, app: &App, ids: &[StagedId]) -> RunId {
    let id = house.start(app, documents(ids)).await.expect("started");
    assert_eq!(house.ended(&id).await.head.status, RunStatus::Succeeded);
    settled(house, &id, ids.len()).await;
    id
}

async fn settled(house: &House, id: &RunId, files: usize) {
    let all = async {
        loop {
            let rows = house.store.sent(id).await.expect("read");
            if rows.len() == files && rows.iter().all(|row| row.copy != SentCopy::Copying) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("copies end");
}

async fn sent(house: &House, id: &RunId) -> Vec<SentFile> {
    house.files.sent(id).await.expect("listed").into_iter().map(|(file, _)| file).collect()
}

async fn place(house: &House, id: &RunId, index: u32) -> PathBuf {
    house.files.sent_file(id, index).await.expect("it can be read").0
}

/// A copy that is still to be made of a file as it is.
fn queued(house: &House, name: &str) -> StoredSent {
    let found = std::fs::metadata(at(house, name)).expect("there");
    let modified = found.modified().expect("known").duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    StoredSent {
        index: 7,
        staged: Some(StagedId("s".into())),
        variable: "documents".into(),
        label: "Documents".into(),
        name: name.into(),
        path: Some(at(house, name)),
        size: Some(found.len()),
        modified_at: i64::try_from(modified.as_millis()).ok(),
        copy: SentCopy::Copying,
        stored_as: None,
        content: None,
    }
}

fn written_again(path: &Path, content: &str) {
    std::fs::write(path, content).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_run_is_read_beside_what_it_was_given_then() {
    let (server, mut house, app) = digest().await;
    let (_, docx) = sample_documents().iter().find(|(name, _)| name.ends_with(".docx")).expect("a sample");
    let ids = [chosen(&house, NAME, WORDS), chosen(&house, "协议 \u{202e}fdp.docx", docx)];
    let id = run(&mut house, &app, &ids).await;
    written_again(&at(&house, NAME), "Something else.");
    std::fs::remove_file(at(&house, "协议 \u{202e}fdp.docx")).expect("removed");
    house.left(&id).await;
    drop(server);

    let house = House::on(house.leave().await).await;
    let files = sent(&house, &id).await;
    let told: Vec<_> = files.iter().map(|file| (file.label.as_str(), file.copy, file.reads)).collect();
    assert_eq!(told, [("Documents", SentCopy::Kept, ReadFrom::Copy); 2], "in the order of the form, years later");
    assert_eq!(files[1].name, "协议 \u{202e}fdp.docx", "people see the name they gave");
    let copy = place(&house, &id, 0).await;
    assert_eq!(std::fs::read_to_string(&copy).expect("read"), WORDS, "as it was sent");
    assert!(std::fs::metadata(&copy).expect("there").permissions().readonly(), "nobody changes it by accident");
    let text = files::source(&copy, &files[0].name).await.expect("looked at");
    assert_eq!((text.look.shows, text.look.text.as_deref()), (ShownAs::Text, Some(WORDS)));
    let copy = place(&house, &id, 1).await;
    let folder = house.folder.path().join("runs").join(&id.0).join("sent");
    assert_eq!(copy.parent(), Some(folder.as_path()), "beside the run's results, whatever it is called");
    let word = files::source(&copy, &files[1].name).await.expect("looked at").extract.expect("its words");
    let says = |block: &SourceBlock| matches!(block, SourceBlock::Heading { text, .. } if text.contains("协议"));
    assert!(word.parts[0].blocks.iter().any(says), "{word:?}");

    let target = at(&house, "saved.txt");
    files::save_sent(&place(&house, &id, 0).await, &target).await.expect("saved");
    written_again(&target, "mine now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_sent_often_is_on_the_disk_once() {
    let (_server, mut house, app) = digest().await;
    let file = chosen(&house, NAME, WORDS);
    let first = run(&mut house, &app, &[file]).await;
    let again = house.files.stage(vec![at(&house, NAME)]).remove(0).id;
    let second = run(&mut house, &app, &[again]).await;
    let copies = house.files.copies().await.expect("counted");
    assert_eq!((copies.files, copies.bytes), (2, WORDS.len() as u64), "two copies, the room of one");
    assert_eq!(copies.apps.iter().map(|app| (app.files, app.bytes)).collect::<Vec<_>>(), [(2, WORDS.len() as u64)]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let links = std::fs::metadata(place(&house, &first, 0).await).expect("there").nlink();
        assert_eq!(links, 2, "the disk knows it as one");
    }
    written_again(&at(&house, NAME), "The bridge opens in June. That is new.");
    let changed = house.files.stage(vec![at(&house, NAME)]).remove(0).id;
    let third = run(&mut house, &app, &[changed]).await;
    let of = async |id| std::fs::read_to_string(place(&house, id, 0).await).expect("read");
    assert_eq!((of(&second).await.as_str(), of(&first).await.as_str()), (WORDS, WORDS));
    assert!(of(&third).await.contains("June"), "what changed is another document");

    let known = async |id| sent(&house, id).await.remove(0).known_as;
    let shared = |one: &[String], other: &[String]| one.iter().any(|word| other.contains(word));
    let (one, two, three) = (known(&first).await, known(&second).await, known(&third).await);
    assert!(shared(&one, &two), "one document, also for who compares runs: {one:?}, {two:?}");
    assert!(!shared(&one, &three), "another one under its name is not: {three:?}");
    let place = house.folder.path().display().to_string();
    assert!(one.iter().all(|word| !word.contains(&place)), "and the page is told no places: {one:?}");
    house.files.delete_copies(None).await.expect("deleted");
    assert!(
        shared(&known(&first).await, &known(&second).await),
        "without copies it is known by where it was, and when"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_deleted_and_runs_stay() {
    let (_server, mut house, app) = digest().await;
    let file = chosen(&house, NAME, WORDS);
    let id = run(&mut house, &app, &[file]).await;
    let copy = place(&house, &id, 0).await;
    while house.events.try_recv().is_ok() {}
    let left = house.files.delete_copies(None).await.expect("deleted");
    assert_eq!((left.files, left.bytes, left.keep), (0, 0, true), "and later runs are copied again");
    assert!(!copy.exists());
    // News of the copy itself may come in between.
    let mut told = std::iter::from_fn(|| house.events.try_recv().ok());
    assert!(told.any(|event| event == AppEvent::SentChanged { run_id: None }), "whoever shows it hears");
    assert_eq!(sent(&house, &id).await[0].reads, ReadFrom::Original, "it lies where it was chosen");
    let (kept, _) = house.runs.kept_files(&id).await.expect("listed");
    assert!(kept.iter().all(|(path, _)| path.is_file()), "results are no copies");
    std::fs::remove_file(at(&house, NAME)).expect("removed");
    let file = sent(&house, &id).await.remove(0);
    assert_eq!((file.copy, file.reads), (SentCopy::Deleted, ReadFrom::Nowhere));
    assert!(matches!(house.files.sent_file(&id, 0).await, Err(files::Error::Missing)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_kept_as_the_user_wants_for_each_app() {
    let (_server, mut house, app) = digest().await;
    let copies = house.files.set_keeps_copies(None, Some(false)).await.expect("set");
    assert!(!copies.keep);
    let file = chosen(&house, NAME, WORDS);
    let id = run(&mut house, &app, &[file]).await;
    let file = sent(&house, &id).await.remove(0);
    assert_eq!((file.copy, file.reads), (SentCopy::None, ReadFrom::Original), "as long as it is what was sent");
    written_again(&at(&house, NAME), "Changed since.");
    assert_eq!(sent(&house, &id).await[0].reads, ReadFrom::ChangedSince, "never passed off as what was sent");
    assert!(house.files.sent_file(&id, 0).await.is_err());

    let copies = house.files.set_keeps_copies(Some(&app.id), Some(true)).await.expect("set");
    assert_eq!((copies.keep, copies.apps[0].keep), (false, Some(true)));
    let file = chosen(&house, NAME, WORDS);
    let id = run(&mut house, &app, &[file]).await;
    assert_eq!(sent(&house, &id).await[0].copy, SentCopy::Kept, "its own choice counts");
    let copies = house.files.set_keeps_copies(Some(&app.id), None).await.expect("taken back");
    assert_eq!(copies.apps[0].keep, None);
    let file = chosen(&house, NAME, WORDS);
    let id = run(&mut house, &app, &[file]).await;
    assert_eq!(sent(&house, &id).await[0].copy, SentCopy::None, "as for all again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_it_was_uploaded_is_sent_again_and_kept_as_it_was_sent_then() {
    let (_server, mut house, app) = digest().await;
    let client = house.apps.client(&app.id).await.expect("a client");
    let [changed, gone] = ["changed.txt", "gone.txt"].map(|name| chosen(&house, name, WORDS));
    for id in [&changed, &gone] {
        house.files.upload(&client, id).await.expect("uploaded");
    }
    written_again(&at(&house, "changed.txt"), NEWER);
    std::fs::remove_file(at(&house, "gone.txt")).expect("removed");
    let id = run(&mut house, &app, &[changed, gone]).await;
    let told: Vec<_> = sent(&house, &id).await.into_iter().map(|file| (file.copy, file.reads)).collect();
    assert_eq!(told, [(SentCopy::Kept, ReadFrom::Copy), (SentCopy::Gone, ReadFrom::Nowhere)]);
    let copy = place(&house, &id, 0).await;
    assert_eq!(std::fs::read_to_string(&copy).expect("read"), NEWER, "the run was given what the file says now");
    let folder = house.folder.path().join("runs").join(&id.0).join("sent");
    assert_eq!(std::fs::read_dir(folder).map_or(0, Iterator::count), 1, "nothing half is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stderr, reason = "a test that could not be done is said")]
async fn a_disk_without_room_is_said_and_stops_no_run() {
    let server = DemoServer::start().await.expect("the demo starts");
    let folder = tempfile::tempdir().expect("a folder");
    // Room for the history, and not for copies, which leave 256 MB free.
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]).arg(folder.path()).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        eprintln!("SKIPPED: this user may not mount a disk");
        return;
    }
    let path = folder.path().to_owned();
    let mut house = House::on(folder).await;
    let app = house.connect(&server, "document-digest").await;
    let file = chosen(&house, NAME, WORDS);
    let id = run(&mut house, &app, &[file]).await;
    let file = sent(&house, &id).await.remove(0);
    assert_eq!((file.copy, file.reads), (SentCopy::NoRoom, ReadFrom::Original));
    let folder = house.leave().await;
    assert!(Command::new("umount").arg("-l").arg(path).status().is_ok_and(|done| done.success()));
    drop(folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_run_again_with_its_copy_when_the_original_is_gone() {
    let (server, mut house, app) = digest().await;
    let original = chosen(&house, NAME, WORDS);
    let id = run(&mut house, &app, std::slice::from_ref(&original)).await;
    std::fs::remove_file(at(&house, NAME)).expect("removed");

    let filled = house.kept.refill(&id).await.expect("filled");
    let [file] = filled.files.as_slice() else { panic!("one document: {:?}", filled.files) };
    assert_ne!(file.id, original);
    assert_eq!((file.name.as_str(), file.since), (NAME, Since::Same), "it has the name the server judges it by");
    assert!(matches!(file.state, StagedState::Uploaded { .. }), "the server has it already: {:?}", file.state);
    assert_eq!(filled.from_copies.iter().map(|copy| copy.name.as_str()).collect::<Vec<_>>(), [NAME], "it is said");
    assert_eq!(filled.entries, documents(std::slice::from_ref(&file.id)), "the form names the copy");
    assert!(house.files.forget_upload(&file.id).await, "unlike the original it can be sent again");
    let draft = Draft { entries: filled.entries.clone(), form: app.form.clone(), changes: filled.changes, revision: 1 };
    house.kept.save_draft(&app.id, &draft).await.expect("saved");
    house.left(&id).await;

    let mut house = House::on(house.leave().await).await;
    let key = &server.apps().iter().find(|known| known.slug == "document-digest").expect("built in").key;
    let keep = flowdeck::model::app::KeepKey::Session;
    house.apps.replace_key(&app.id, key, keep, None).await.expect("the key again");
    let found = house.kept.draft(&app.id).await.expect("read").expect("a draft");
    assert_eq!(found.files[0].state, StagedState::Ready, "found again after a restart");
    let again = house.start(&app, found.entries).await.expect("started");
    assert_eq!(house.ended(&again).await.head.status, RunStatus::Succeeded);
    settled(&house, &again, 1).await;
    let copies = house.files.copies().await.expect("counted");
    assert_eq!((copies.files, copies.bytes), (2, WORDS.len() as u64), "a copy of a copy takes no room");
    house.files.delete_copies(None).await.expect("deleted");
    let filled = house.kept.refill(&id).await.expect("filled");
    assert_eq!((filled.files[0].id.clone(), filled.from_copies.len()), (original, 0), "as before there were copies");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_that_the_end_of_the_program_broke_off_are_made_by_the_next_start() {
    let (_server, house, app) = digest().await;
    let id = house.leave_behind(&app, RunStatus::Succeeded).await;
    written_again(&at(&house, NAME), WORDS);
    let row = queued(&house, NAME);
    let rows = house.store.add_sent(&id, vec![row.clone(), row]).await.expect("noted");
    assert_eq!(rows[0].index, 0, "places are the store's to give");
    let folder = house.folder.path().join("runs").join(&id.0).join("sent");
    std::fs::create_dir_all(&folder).expect("made");
    written_again(&folder.join(".flowdeck-0123.part"), "half a");
    let house = House::on(house.leave().await).await;
    house.files.take_up_copies().await.expect("taken up");
    for file in sent(&house, &id).await {
        assert_eq!((file.copy, file.reads), (SentCopy::Kept, ReadFrom::Copy));
    }
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).expect("there").flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["Minutes (2).txt", NAME], "what was half made is gone");
    house.files.forget_sent(&id).await;
    assert!(!folder.exists());
    house.files.forget_sent(&id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_that_wait_are_dropped_when_the_user_wants_none() {
    let (_server, house, app) = digest().await;
    let id = house.leave_behind(&app, RunStatus::Succeeded).await;
    written_again(&at(&house, NAME), WORDS);
    let folder = house.folder.path().join("runs").join(&id.0).join("sent");
    house.store.add_sent(&id, vec![queued(&house, NAME)]).await.expect("noted");
    house.files.set_keeps_copies(Some(&app.id), Some(false)).await.expect("set");
    house.files.take_up_copies().await.expect("taken up");
    assert_eq!(sent(&house, &id).await[0].copy, SentCopy::None, "asked before each copy");
    house.files.set_keeps_copies(Some(&app.id), None).await.expect("set");

    house.store.add_sent(&id, vec![queued(&house, NAME)]).await.expect("noted");
    std::fs::create_dir_all(&folder).expect("made");
    written_again(&folder.join(".flowdeck-0123.part"), "half a");
    house.files.delete_copies(Some(&app.id)).await.expect("deleted");
    house.files.take_up_copies().await.expect("taken up");
    assert_eq!(sent(&house, &id).await[1].copy, SentCopy::Deleted, "nothing comes after all was deleted");
    assert_eq!(std::fs::read_dir(&folder).map_or(0, Iterator::count), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_equal_size_alone_makes_no_file_a_copy_of_another() {
    let (_server, house, app) = digest().await;
    let id = house.leave_behind(&app, RunStatus::Succeeded).await;
    written_again(&at(&house, NAME), WORDS);
    let kept = |modified_at| StoredSent {
        modified_at,
        copy: SentCopy::Kept,
        stored_as: Some(NAME.into()),
        ..queued(&house, NAME)
    };
    house.store.add_sent(&id, vec![kept(None), kept(Some(5))]).await.expect("noted");
    let of = async |modified_at| {
        let copies = house.store.copies_of(&at(&house, NAME), WORDS.len() as u64, modified_at).await.expect("read");
        copies.len()
    };
    assert_eq!((of(None).await, of(Some(5)).await, of(Some(6)).await), (0, 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_sent_itself_when_the_server_has_a_newer_original() {
    let (_server, mut house, app) = digest().await;
    let original = chosen(&house, NAME, WORDS);
    let first = run(&mut house, &app, std::slice::from_ref(&original)).await;
    written_again(&at(&house, NAME), NEWER);
    let second = run(&mut house, &app, std::slice::from_ref(&original)).await;
    std::fs::remove_file(at(&house, NAME)).expect("removed");

    let filled = house.kept.refill(&second).await.expect("filled");
    assert!(matches!(filled.files[0].state, StagedState::Uploaded { .. }), "the server has the newer one");
    let filled = house.kept.refill(&first).await.expect("filled");
    assert_eq!((filled.files[0].size, filled.from_copies.len()), (WORDS.len() as u64, 1));
    assert_eq!(filled.files[0].state, StagedState::Ready, "what is shown is what will be sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_earlier_versions_are_read_from_the_files_that_are_still_there() {
    let (_server, house, app) = digest().await;
    let [here, gone] = ["here.txt", "gone.txt"].map(|name| chosen(&house, name, WORDS));
    house.files.keep(&[here.clone(), gone.clone()]).await;
    std::fs::remove_file(at(&house, "gone.txt")).expect("removed");
    let head = house.leave_behind(&app, RunStatus::Succeeded).await;
    let mut run = house.store.run(&head).await.expect("read");
    run.head.id = RunId(uuid::Uuid::now_v7().to_string());
    let mut entries = documents(&[here, gone]);
    let link = "https://files.example.com/a.pdf";
    entries.insert("zz".into(), Entry::Files(vec![FileEntry::Link(link.into())]));
    house.store.add_run(&run, &entries, &app.form).await.expect("added");
    let told: Vec<_> = sent(&house, &run.head.id).await.into_iter().map(|file| (file.name, file.reads)).collect();
    let told: Vec<_> = told.iter().map(|(name, reads)| (name.as_str(), *reads)).collect();
    assert_eq!(
        told,
        [("here.txt", ReadFrom::Original), ("gone.txt", ReadFrom::Nowhere), (link, ReadFrom::Nowhere)],
        "also what the form has no field for any more"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_left_the_form_while_the_server_thought_keeps_its_name_in_the_run() {
    // The answer to the run comes byte by byte, so that there is time before its first word is whole.
    let fault = Fault::new(FaultKind::Drip(Duration::from_millis(2)));
    let server = DemoServer::start_with(Options { faults: vec![fault], ..Options::default() }).await.expect("a demo");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let file = chosen(&house, NAME, WORDS);
    let starting = house.runs.start(&app.id, documents(std::slice::from_ref(&file)));
    let leaving = async {
        // From then on the request is on its way.
        loop {
            let runs = house.store.run_page(None, None, 1).await.expect("read").runs;
            if runs.first().is_some_and(|run| run.status == RunStatus::Starting) {
                return house.files.forget(&file);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (id, ()) = tokio::join!(starting, leaving);
    let id = id.expect("started");
    settled(&house, &id, 1).await;
    let files = sent(&house, &id).await;
    assert_eq!(
        (files[0].name.as_str(), files[0].size, files[0].copy),
        (NAME, Some(WORDS.len() as u64), SentCopy::Kept)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_a_time_is_never_taken_for_what_was_sent() {
    let (_server, house, app) = digest().await;
    let id = house.leave_behind(&app, RunStatus::Succeeded).await;
    written_again(&at(&house, NAME), WORDS);
    let unknown = StoredSent { modified_at: None, ..queued(&house, NAME) };
    house.store.add_sent(&id, vec![unknown]).await.expect("noted");
    // From before 1970 there is no time here that could be told from another.
    let file = std::fs::File::options().write(true).open(at(&house, NAME)).expect("there");
    file.set_modified(std::time::UNIX_EPOCH - Duration::from_secs(86_400)).expect("an older time");
    house.files.take_up_copies().await.expect("taken up");
    let file = sent(&house, &id).await.remove(0);
    assert_eq!((file.copy, file.reads), (SentCopy::Changed, ReadFrom::ChangedSince), "nobody can say that it is it");
}
