//! What the contents of files tell before they are sent.

use std::{fs, path::Path, sync::Arc, time::Duration};

use flowdeck::{
    demo::DemoServer,
    model::{
        event::AppEvent,
        file::{Since, StagedId, StagedState},
        form::{Issue, Problem},
    },
};

use super::{House, documents, staged};

fn locked(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/locked").join(name)
}

fn issues(problems: &[Problem]) -> Vec<(Option<u32>, &Issue)> {
    // What is still to be uploaded is not what is asked for here.
    let told = problems.iter().filter(|problem| problem.issue != Issue::FileNotUploaded);
    told.map(|problem| (problem.file_index, &problem.issue)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_a_password_is_warned_of_and_can_be_sent_all_the_same() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let [pdf, open, word] = ["locked.pdf", "open.pdf", "locked.docx"].map(|name| staged(&house, &locked(name)));
    let entries = documents(&[&pdf.id, &open.id, &word.id]);
    let problems = house.runs.check(&app.id, &entries).await.expect("checked");
    assert_eq!(issues(&problems), [(Some(0), &Issue::FileLocked), (Some(2), &Issue::FileLocked)]);
    assert!(problems.iter().all(|problem| problem.warning == (problem.issue == Issue::FileLocked)));
    let heard = house.files.get(&pdf.id).and_then(|file| file.found).expect("it was looked into");
    assert!(heard.locked && heard.alike.is_none(), "{heard:?}");
    let events: Vec<AppEvent> = std::iter::from_fn(|| house.events.try_recv().ok()).collect();
    let told = events.iter().filter(|event| matches!(event, AppEvent::FileChanged { file } if file.id == pdf.id));
    assert_eq!(told.count(), 1, "the page hears of it once");
    house.start(&app, documents(&[&pdf.id])).await.expect("the user decides");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_under_another_name_is_told_and_files_of_one_size_are_not() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let write = |name: &str, text: &str| {
        let path = house.folder.path().join(name);
        fs::write(&path, text).expect("written");
        staged(&house, &path).id
    };
    let first = write("report.txt", "One sentence.");
    let size = write("other.txt", "Two sentences");
    let copy = write("report (1).txt", "One sentence.");
    let problems = house.runs.check(&app.id, &documents(&[&first, &size, &copy])).await.expect("checked");
    let twice = Issue::FileTwice { variable: "documents".into(), index: 0 };
    assert_eq!(issues(&problems), [(Some(2), &twice)]);

    fs::write(house.folder.path().join("report (1).txt"), "One sentence!").expect("edited");
    // Its time may be the same to the millisecond.
    fs::File::open(house.folder.path().join("report (1).txt"))
        .and_then(|file| file.set_modified(std::time::SystemTime::now() + Duration::from_secs(2)))
        .expect("touched");
    let problems = house.runs.check(&app.id, &documents(&[&first, &size, &copy])).await.expect("checked");
    assert_eq!(issues(&problems), [], "it is another file by now");
    assert_eq!(house.files.get(&copy).map(|file| file.since), Some(Since::Changed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_a_file_is_seen_without_a_restart() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let client = house.apps.client(&app.id).await.expect("a client");
    let path = house.folder.path().join("minutes.txt");
    fs::write(&path, "One sentence.").expect("written");
    let file = staged(&house, &path).id;
    let entries = documents(&[&file]);
    house.runs.check(&app.id, &entries).await.expect("checked");

    fs::rename(&path, house.folder.path().join("elsewhere")).expect("moved away");
    let problems = house.runs.check(&app.id, &entries).await.expect("checked");
    assert_eq!(issues(&problems), [(Some(0), &Issue::FileMissing)]);
    fs::rename(house.folder.path().join("elsewhere"), &path).expect("moved back");
    let problems = house.runs.check(&app.id, &entries).await.expect("checked");
    assert_eq!(issues(&problems), [], "and it is there again");

    let before = house.files.uploaded(&client, &file).await.expect("uploaded");
    fs::write(&path, "One sentence. And a second one.").expect("edited after it was sent");
    let run = house.start(&app, entries).await.expect("started");
    let run = house.ended(&run).await;
    let after = house.files.get(&file).expect("known");
    assert_ne!(after.state, before.state, "the run got the file as the user sees it");
    assert_eq!(after.since, Since::Changed, "and its row says so");
    assert!(matches!(after.state, StagedState::Uploaded { .. }), "{:?}", run.head.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_files_than_a_field_takes_are_not_read() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let folder = tempfile::tempdir().expect("a folder");
    let paths = (0..1000).map(|number| {
        let path = folder.path().join(format!("{number}.txt"));
        fs::write(&path, "One sentence.").expect("written");
        path
    });
    let files = Arc::clone(&house.files);
    let ids: Vec<StagedId> = files.stage(paths.collect()).into_iter().map(|file| file.id).collect();
    let problems = house.runs.check(&app.id, &documents(&ids.iter().collect::<Vec<_>>())).await.expect("checked");
    assert!(matches!(issues(&problems)[..], [(None, Issue::TooManyFiles { .. })]), "{:?}", issues(&problems));
    assert!(ids.iter().all(|id| house.files.get(id).is_some_and(|file| file.found.is_none())));
}
