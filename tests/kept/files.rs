//! Chosen files: found again, looked at, sent once and no more than needed.

use std::sync::Arc;

use flowdeck::{
    demo::DemoServer,
    dify::{Client, Connection, Key},
    files,
    model::{
        app::App,
        file::{Since, StagedFile, StagedId, StagedState},
        form::{Control, Entries, Issue},
        run::RunStatus,
    },
    runs,
};

use super::{documents, draft, house::House, restart};

const NAME: &str = "minutes.txt";

fn write(house: &House, content: &str) {
    std::fs::write(house.folder.path().join(NAME), content).expect("written");
}

fn upload_id(file: &StagedFile) -> &str {
    match &file.state {
        StagedState::Uploaded { upload_file_id } => upload_file_id,
        other => panic!("the server has it: {other:?}"),
    }
}

/// A house whose draft names one file, which is not sent yet.
async fn with_draft(server: &DemoServer) -> (House, App, StagedId, Client) {
    let house = House::new().await;
    let app = house.connect(server, "document-digest").await;
    write(&house, "One sentence. Another one.");
    let id = house.files.stage(vec![house.folder.path().join(NAME)]).remove(0).id;
    let entries = Entries::from([documents(std::slice::from_ref(&id))]);
    house.kept.save_draft(&app.id, &draft(entries, &app.form, 1)).await.expect("saved");
    let client = house.apps.client(&app.id).await.expect("a client");
    (house, app, id, client)
}

async fn found(house: &House, app: &App) -> StagedFile {
    house.kept.draft(&app.id).await.expect("read").expect("there is a draft").files.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_vanished_before_it_was_sent_is_said_at_its_row() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, app, id, _) = with_draft(&server).await;
    std::fs::remove_file(house.folder.path().join(NAME)).expect("removed");
    let house = restart(house, &server, &app).await;
    let file = found(&house, &app).await;
    assert_eq!((file.name.as_str(), &file.state, file.since), (NAME, &StagedState::Gone, Since::Gone));
    let entries = Entries::from([documents(std::slice::from_ref(&id))]);
    let problems = house.runs.check(&app.id, &entries).await.expect("checked");
    assert_eq!((&problems[0].issue, problems[0].file_index), (&Issue::FileMissing, Some(0)));

    write(&house, "One sentence. Another one.");
    let file = found(&house, &app).await;
    assert!(matches!(file.state, StagedState::Ready), "it can be sent once it is back: {file:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_vanished_after_it_was_sent_can_still_be_used() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, app, id, client) = with_draft(&server).await;
    let sent = house.files.upload(&client, &id).await.expect("uploaded");
    std::fs::remove_file(house.folder.path().join(NAME)).expect("removed");
    let mut house = restart(house, &server, &app).await;
    let file = found(&house, &app).await;
    assert_eq!((upload_id(&file), file.since), (upload_id(&sent), Since::Gone), "the server still has it");
    let run = house.start(&app, Entries::from([documents(std::slice::from_ref(&id))])).await.expect("started");
    assert_eq!(house.ended(&run).await.head.status, RunStatus::Succeeded);

    // Once the server says that it does not know it either, it has to be chosen again.
    assert!(!house.files.forget_upload(&id).await, "it cannot be sent again");
    assert_eq!(house.files.get(&id).map(|file| file.state), Some(StagedState::Gone));
    let client = house.apps.client(&app.id).await.expect("a client");
    assert!(house.files.uploaded(&client, &id).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changed_since_it_was_sent_is_sent_again() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, app, id, client) = with_draft(&server).await;
    let old = house.files.upload(&client, &id).await.expect("uploaded");
    let content = "One sentence. Another one. A third one.";
    write(&house, content);
    let house = restart(house, &server, &app).await;
    let file = found(&house, &app).await;
    assert_eq!((&file.state, file.since, file.size), (&StagedState::Ready, Since::Changed, content.len() as u64));

    let house = restart(house, &server, &app).await;
    assert_eq!(found(&house, &app).await.since, Since::Changed, "said until the new one was sent");
    let client = house.apps.client(&app.id).await.expect("a client");
    let new = house.files.uploaded(&client, &id).await.expect("uploaded");
    assert_ne!(upload_id(&new), upload_id(&old));
    assert_eq!(new.since, Since::Changed, "the row still says so");
    let house = restart(house, &server, &app).await;
    let file = found(&house, &app).await;
    assert_eq!((upload_id(&file), file.since), (upload_id(&new), Since::Same), "now it is as it was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_sent_once_to_each_server_and_user() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, app, id, client) = with_draft(&server).await;
    let first = house.files.uploaded(&client, &id).await.expect("uploaded");
    let again = house.files.uploaded(&client, &id).await.expect("there already");
    assert_eq!(upload_id(&again), upload_id(&first));

    let elsewhere = DemoServer::start().await.expect("another one starts");
    let other = house.connect(&elsewhere, "document-digest").await;
    let client = house.apps.client(&other.id).await.expect("a client");
    let there = house.files.uploaded(&client, &id).await.expect("uploaded");
    assert_ne!(upload_id(&there), upload_id(&first), "another server does not know the id");

    house.apps.set_user(&other.id, "somebody-else").await.expect("changed");
    let client = house.apps.client(&other.id).await.expect("a client");
    let theirs = house.files.uploaded(&client, &id).await.expect("uploaded");
    assert_ne!(upload_id(&theirs), upload_id(&there), "files belong to whoever uploaded them");
    let other = house.apps.set_user(&other.id, "a-third-one").await.expect("changed");
    let file = house.files.restore(&other, std::slice::from_ref(&id)).await.expect("found").remove(0);
    assert_eq!(file.state, StagedState::Ready, "what the user before sent counts no more");

    let house = restart(house, &server, &app).await;
    assert_eq!(found(&house, &app).await.state, StagedState::Ready, "what was sent elsewhere last is sent again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_needs_a_file_waits_for_the_upload_that_is_under_way() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, _, id, client) = with_draft(&server).await;
    let (one, other, third) = tokio::join!(
        house.files.upload(&client, &id),
        house.files.uploaded(&client, &id),
        house.files.uploaded(&client, &id)
    );
    let (one, other, third) = (one.expect("uploaded"), other.expect("waited"), third.expect("waited"));
    assert_eq!([upload_id(&other), upload_id(&third)], [upload_id(&one); 2], "it was sent once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_dropped_or_forgotten_leaves_nobody_waiting() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, _, id, client) = with_draft(&server).await;
    let (_deaf, nowhere) = deaf().await;
    {
        let mut dropped = Box::pin(house.files.upload(&nowhere, &id));
        assert!(futures_util::poll!(dropped.as_mut()).is_pending(), "nobody answers it");
    }
    assert_eq!(house.files.get(&id).map(|file| file.state), Some(StagedState::Ready), "it is not on its way any more");
    house.files.uploaded(&client, &id).await.expect("sent anew");

    let files = Arc::clone(&house.files);
    let (forgotten, ()) = tokio::join!(house.files.uploaded(&nowhere, &id), async { files.forget(&id) });
    assert!(matches!(forgotten, Err(files::Error::Cancelled)), "{forgotten:?}");
}

/// A server that takes connections and never says a word, so that an upload to it is certainly under way.
async fn deaf() -> (tokio::net::TcpListener, Client) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    let base_url = format!("http://{address}/v1").parse().expect("an address");
    let key = Key::new("app-of-nobody").expect("a sound key");
    let client = Client::new(Connection { base_url, key, user: "desk".to_owned() }).expect("a client");
    (listener, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_the_server_has_forgotten_is_sent_again_unasked() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, app, id, client) = with_draft(&server).await;
    house.files.uploaded(&client, &id).await.expect("uploaded");
    // The same address with nothing of before on it: the server was set up anew.
    let port = server.base_url().rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok());
    drop(server);
    let options = flowdeck::demo::Options { port: port.expect("a port"), ..flowdeck::demo::Options::default() };
    let mut server = DemoServer::start_with(options.clone()).await;
    for _ in 0..200 {
        if server.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        server = DemoServer::start_with(options.clone()).await;
    }
    let server = server.expect("the port is free again");
    let mut house = restart(house, &server, &app).await;
    let entries = || Entries::from([documents(std::slice::from_ref(&id))]);
    assert!(matches!(found(&house, &app).await.state, StagedState::Uploaded { .. }), "nothing tells yet");
    let run = house.start(&app, entries()).await.expect("the file is sent again, unasked");
    assert_eq!(house.ended(&run).await.head.status, RunStatus::Succeeded);
    assert_eq!(house.runs.list(None, None, 10).await.expect("listed").runs.len(), 1, "the refused one left no row");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_nobody_has_looked_at_is_looked_at_before_a_run() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, app, ..) = with_draft(&server).await;
    let max = app.form.fields.iter().find_map(|field| match field.control {
        Control::FileList { max_count, .. } => Some(max_count as usize),
        _ => None,
    });
    // One more than the field takes: nothing else looks at them.
    let names: Vec<String> = (0..=max.expect("a field for files")).map(|n| format!("{n}.txt")).collect();
    let paths = names.iter().map(|name| house.folder.path().join(name));
    let paths: Vec<_> = paths.inspect(|path| std::fs::write(path, "").expect("written")).collect();
    let ids: Vec<StagedId> = house.files.take(paths).into_iter().map(|file| file.id).collect();
    let refused = house.start(&app, Entries::from([documents(&ids)])).await;
    assert!(matches!(refused, Err(runs::Error::Form(_))), "{refused:?}");
    for id in &ids {
        assert_eq!(house.files.get(id).map(|file| file.state), Some(StagedState::Empty));
    }
    let refused = house.start(&app, Entries::from([documents(&ids[..1])])).await;
    let Err(runs::Error::Form(problems)) = refused else { panic!("it is empty: {refused:?}") };
    assert_eq!((&problems[0].issue, problems[0].file_index), (&Issue::FileEmpty, Some(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_many_write_down_at_once_are_kept_as_they_are_last() {
    let server = DemoServer::start().await.expect("the demo starts");
    let (house, _, first, client) = with_draft(&server).await;
    let names = (0..250).map(|n| house.folder.path().join(format!("{n}.txt")));
    let paths: Vec<_> = names.inspect(|path| std::fs::write(path, "text").expect("written")).collect();
    let mut ids: Vec<StagedId> = house.files.take(paths).into_iter().map(|file| file.id).collect();
    ids.push(first.clone());
    let (_, _, sent, _) = tokio::join!(
        house.files.keep(&ids),
        house.files.look(ids.clone()),
        house.files.uploaded(&client, &first),
        house.files.keep(&ids),
    );
    let sent = sent.expect("uploaded");
    let rows = house.store.staged_files(&ids).await.expect("read");
    assert_eq!(rows.len(), ids.len());
    for row in rows {
        let file = house.files.get(&row.id).expect("known");
        assert_eq!((row.size, row.sent.is_some()), (file.size, row.id == sent.id), "{}", row.name);
    }
}
