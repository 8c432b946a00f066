//! What the next start finds.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_sent_is_not_sent_by_the_next_start() {
    let server = server(&[], |_| None).await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let mut unsent = Vec::new();
    for status in [RunStatus::Preparing, RunStatus::Uploading] {
        unsent.push(house.leave_behind(&app, status).await);
    }
    let mut house = House::on(house.leave().await).await;
    house.runs.take_up().await.expect("taken up");
    for id in unsent {
        let run = house.ended(&id).await;
        let cause = run.head.error.map(|error| error.cause);
        assert_eq!((run.head.status, cause), (RunStatus::Stopped, Some(RunErrorCause::NotSent)), "nothing ran");
    }
    assert_eq!(posts(&server), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_on_the_disk_once_it_is_settled() {
    let (_open, gate) = watch::channel(false);
    let server = server(&[], move |request| match request.path() {
        "/v1/workflows/run" => Some(vec![
            Step::Write(
                format!("{STREAM_HEAD}{}{}{}", started(), node("1", None), text("half a sentence")).into_bytes(),
            ),
            Step::Gate(gate.clone()),
        ]),
        _ => None,
    })
    .await;
    let mut house = House::new().await;
    let app = connected(&house, &server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| all_text(run) == "half a sentence").await;
    assert!(house.runs.settle(Duration::from_secs(10)).await, "nothing is left unsaved");
    let stored = house.store.run(&id).await.expect("stored");
    assert_eq!((all_text(&stored).as_str(), stored.steps.len()), ("half a sentence", 1), "before the second is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_file_that_was_being_fetched_when_the_program_ended_is_fetched_by_the_next_start() {
    let server = DemoServer::start().await.expect("a free port");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let entries = Entries::from([("text".into(), Entry::Text("One sentence. Another one.".into()))]);
    let id = house.start(&app, entries).await.expect("started");
    let run = house.ended(&id).await;
    assert!(!run.files.is_empty(), "it has a file");
    house.left(&id).await;
    let mut stored = house.store.run_files(&id).await.expect("read").remove(0);
    let kept = house.folder.path().join("runs").join(&id.0).join(stored.stored_as.as_deref().expect("a name"));
    let bytes = std::fs::read(&kept).expect("kept");
    // As if killed in the middle of it.
    std::fs::remove_file(&kept).expect("removed");
    stored.file.local = LocalCopy::Fetching;
    house.store.save_run_file(&id, &stored).await.expect("saved");
    let mut house = House::on(house.leave().await).await;
    let key = &server.apps().iter().find(|app| app.slug == "document-digest").expect("an app").key;
    house.apps.replace_key(&app.id, key, KeepKey::Session, None).await.expect("the same key");
    house.runs.take_up().await.expect("taken up");
    let run = house.until(&id, |run| run.files.iter().all(|file| file.local != LocalCopy::Fetching)).await;
    assert_eq!(run.files[0].local, LocalCopy::Stored);
    assert_eq!(std::fs::read(&kept).expect("fetched again"), bytes, "the same bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_file_that_is_fetched_again_does_not_take_the_place_of_another_of_its_name() {
    let files = Server::always(json("200 OK", "two")).await;
    let server = server(&[DETAIL], |_| None).await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let id = left_with_ids(&house, &app, RunStatus::Running).await;
    let file = |which: &str| {
        serde_json::json!({"dify_model_identity": "__dify__file__", "id": which, "filename": "a.md",
            "url": files.url(&format!("/files/{which}")).as_str()})
    };
    let mut head = house.store.run_head(&id).await.expect("stored");
    (head.status, head.finished_at) = (RunStatus::Succeeded, Some(flowdeck::apps::now()));
    let outputs = serde_json::json!({"files": [file("one"), file("two")]}).as_object().cloned();
    let save = flowdeck::store::RunSave { head: Some(head), outputs: outputs.clone(), ..Default::default() };
    house.store.save_run(&id, &save).await.expect("saved");
    let found = flowdeck::runs::outputs::files(&outputs.expect("an object"), &[]);
    for (output, (name, local)) in
        found.into_iter().zip([("a.md", LocalCopy::Stored), ("a (2).md", LocalCopy::Fetching)])
    {
        let file = flowdeck::model::file::RunFile { local, ..output.file };
        let stored = flowdeck::store::StoredFile { file, stored_as: Some(name.into()) };
        house.store.save_run_file(&id, &stored).await.expect("saved");
    }
    let folder = house.folder.path().join("runs").join(&id.0);
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("a.md"), "one").expect("written");
    house.runs.take_up().await.expect("taken up");
    house.left(&id).await;
    assert_eq!(std::fs::read_to_string(folder.join("a.md")).expect("there"), "one", "the first file is as it was");
    let names: HashSet<_> =
        house.store.run_files(&id).await.expect("read").into_iter().map(|stored| stored.stored_as).collect();
    assert_eq!(names, HashSet::from([Some("a.md".into()), Some("a (2).md".into())]), "each has its own name");
    assert_eq!(std::fs::read_to_string(folder.join("a (2).md")).expect("fetched"), "two");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_left_without_a_task_is_asked_about_all_the_same() {
    let server = server(&[DETAIL], |request| match request.path() {
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("succeeded")),
        _ => None,
    })
    .await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let id = left_with_ids(&house, &app, RunStatus::Stopping).await;
    // It could not be taken up: the keychain was locked, perhaps.
    let mut house = house.paced(200);
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "the server says so: {:?}", run.head.error);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_seen_of_a_run_begins_where_its_text_ended() {
    let server = server(&[DETAIL], |request| match request.path() {
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("succeeded")),
        _ => None,
    })
    .await;
    let house = House::new().await;
    let app = connected(&house, &server).await;
    let id = left_with_ids(&house, &app, RunStatus::Running).await;
    let began = house.store.run_head(&id).await.expect("stored").started_at;
    until(|| flowdeck::apps::now() > began).await;
    let texts = vec![flowdeck::model::run::TextPart { source: "n1".into(), text: "A".into() }];
    let save = flowdeck::store::RunSave { texts, ..Default::default() };
    house.store.save_run(&id, &save).await.expect("saved");
    let text_at = house.store.text_at(&id).await.expect("read").expect("it is noted");
    let mut house = house.paced(10);
    house.runs.take_up().await.expect("taken up");
    let run = house.ended(&id).await;
    let from = run.notices.iter().find_map(|notice| match notice {
        Notice::Gap { from, closed: true, .. } => Some(*from),
        _ => None,
    });
    assert_eq!(from, Some(text_at), "a step may write for minutes: {:?}", run.notices);
}
