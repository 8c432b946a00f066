//! Runs from the form to the store, against the built-in server and real database files.

mod house;

use std::time::Duration;

use flowdeck::{
    apps,
    demo::{DemoServer, Generation, Options, sample_documents},
    model::{
        app::{KeepKey, KeyState},
        event::{AppEvent, TextChange},
        file::LocalCopy,
        form::{Entries, Entry, FileEntry, Form, Issue},
        run::{RunErrorCause, RunId, RunStatus, StepStatus},
    },
    runs,
};
use house::House;

fn text(value: &str) -> Entry {
    Entry::Text(value.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_becomes_a_digest_that_is_stored_whole() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let pdf = house.upload(&app, sample_documents()[0].0).await;
    let entries = Entries::from([("documents".into(), Entry::Files(vec![FileEntry::Staged(pdf)]))]);
    let id = house.start(&app, entries).await.expect("started");
    let run = house.ended(&id).await;

    assert_eq!(run.head.status, RunStatus::Succeeded, "{:?}", run.head.error);
    assert_eq!(run.head.title, sample_documents()[0].0, "a run without text is titled by its file");
    assert!(run.head.server.run_id.is_some() && run.head.server.task_id.is_some());
    let digest = run.outputs["digest"].as_str().expect("a digest");
    let streamed: String = run.texts.iter().map(|part| part.text.as_str()).collect();
    assert!(streamed.starts_with(digest), "the stream renders the outputs in their order (server-1.12.1.md §11)");
    assert!(run.steps.iter().all(|step| step.status == StepStatus::Succeeded && step.finished_at.is_some()));
    let iteration = run.steps.iter().find(|step| step.node_type == "iteration").expect("the files are iterated");
    let inside = run.steps.iter().filter(|step| step.parent.as_ref() == Some(&iteration.id)).count();
    assert_eq!((iteration.rounds_total, inside), (Some(1), 1));
    let file = run.files.first().expect("the digest is also a file");
    assert_eq!(file.local, LocalCopy::Stored, "its link dies, so it is fetched at once");
    let (path, _) = house.runs.file(&id, file.index).await.expect("kept");
    assert_eq!(std::fs::read_to_string(path).expect("readable").trim(), digest.trim());

    let run = house.runs.open(&id).await.expect("opened");
    drop(server);
    let later = House::on(house.leave().await).await;
    assert_eq!(later.runs.open(&id).await.expect("opened"), run, "with no server the past run is whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_event_ends_in_a_readable_step() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    let required = app.form.fields.iter().filter(|field| field.required).map(|field| field.variable.clone());
    let mut entries: Entries = required.map(|variable| (variable, text("x"))).collect();
    for field in &app.form.fields {
        if let flowdeck::model::form::Control::Select { options, .. } = &field.control {
            entries.insert(field.variable.clone(), text(&options[0]));
        }
    }
    entries.insert("pace".into(), text("0"));
    let id = house.start(&app, entries).await.expect("started");
    let run = house.ended(&id).await;
    assert!(run.steps.iter().any(|step| !step.tries.is_empty()), "retries are kept under their step");
    assert!(run.steps.iter().any(|step| step.status == StepStatus::Exception), "a handled failure is no failure");
    assert_eq!(run.head.status, RunStatus::PartlySucceeded);
    let inner = run.steps.iter().find(|step| {
        step.parent
            .as_ref()
            .is_some_and(|parent| run.steps.iter().any(|outer| &outer.id == parent && outer.parent.is_some()))
    });
    assert!(inner.is_some(), "an iteration in a loop nests twice");
    let sources: std::collections::HashSet<_> = house
        .seen
        .iter()
        .filter_map(|event| match event {
            AppEvent::RunChanged { patch } => Some(&patch.texts),
            _ => None,
        })
        .flatten()
        .filter_map(|change| match change {
            TextChange::Append { source, .. } => Some(source.as_str()),
            TextChange::Replace { .. } | TextChange::Thought { .. } => None,
        })
        .collect();
    assert!(sources.contains("letter.text") && sources.contains("note.text"), "kept apart by source: {sources:?}");
    let ids: std::collections::HashSet<_> = run.steps.iter().map(|step| &step.id).collect();
    assert_eq!(ids.len(), run.steps.len(), "step ids are unique, also where a container runs again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_required_field_is_told_before_anything_is_sent() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    let refused = house.start(&app, Entries::new()).await.expect_err("fields are required");
    let runs::Error::Form(problems) = refused else { panic!("{refused:?}") };
    assert!(problems.iter().any(|problem| problem.issue == Issue::Required));
    assert!(house.runs.list(None, None, 10).await.expect("listed").runs.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_keeps_the_form_and_leaves_no_run() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    drop(server);
    let client = house.apps.client(&app.id).await.expect("a client");
    wait_until_gone(&client).await;
    let entries = Entries::from([("text".into(), text("Some text."))]);
    let refused = house.start(&app, entries).await.expect_err("nobody is there");
    let runs::Error::NotStarted(error) = refused else { panic!("{refused:?}") };
    assert!(error.is_not_reached(), "{error:?}");
    assert!(house.runs.list(None, None, 10).await.expect("listed").runs.is_empty(), "nothing ran");
}

/// A server that was dropped may still accept while it shuts down.
async fn wait_until_gone(client: &flowdeck::dify::Client) {
    for _ in 0..200 {
        if client.info().await.is_err_and(|error| error.is_not_reached()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the server is still there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_told_and_stores_nothing() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let wrong = house.apps.connect(&server.base_url(), "app-000000000000000000000000", KeepKey::Session, None).await;
    assert!(matches!(&wrong, Err(apps::Error::Dify(error)) if error.is_unauthorized()), "{wrong:?}");
    assert!(house.apps.list().await.expect("listed").is_empty());
    let app = house.connect(&server, "document-digest").await;
    assert_eq!(app.key, KeyState::Session);
    let key = &server.apps()[0].key;
    let again = house.apps.connect(&server.base_url(), key, KeepKey::Session, None).await;
    assert!(matches!(&again, Err(apps::Error::AlreadyConnected(id)) if *id == app.id), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_run_ends_as_stopped() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    let mut entries: Entries = app
        .form
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| (field.variable.clone(), text("x")))
        .collect();
    for field in &app.form.fields {
        if let flowdeck::model::form::Control::Select { options, .. } = &field.control {
            entries.insert(field.variable.clone(), text(&options[0]));
        }
    }
    entries.insert("pace".into(), text("5"));
    let id = house.start(&app, entries).await.expect("started");
    house.runs.stop(&id).await.expect("asked");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, run.head.error), (RunStatus::Stopped, None));
    assert!(run.steps.iter().all(|step| step.status != StepStatus::Running), "no step runs after its run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_a_killed_session_is_taken_up_again_and_told_truly() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let id =
        house.start(&app, Entries::from([("text".into(), text("One sentence. Another one."))])).await.expect("started");
    let run = house.ended(&id).await;
    // As a killed program leaves it: running, and a second one the server never answered for.
    let mut head = run.head.clone();
    head.status = RunStatus::Running;
    head.finished_at = None;
    let save = flowdeck::store::RunSave { head: Some(head.clone()), ..Default::default() };
    house.store.save_run(&id, &save).await.expect("saved");
    let mut lost = run.clone();
    lost.head.id = RunId("0".into());
    lost.head.status = RunStatus::Starting;
    house.store.add_run(&lost, &Entries::new(), &Form::default()).await.expect("added");

    house.runs.take_up().await.expect("taken up");
    let again = house.ended(&id).await;
    assert_eq!(again.head.status, RunStatus::Succeeded, "the server's detail says how it ended");
    assert_eq!(again.outputs, run.outputs);
    let lost = house.ended(&lost.head.id).await;
    assert_eq!(lost.head.status, RunStatus::Unknown);
    assert_eq!(lost.head.error.map(|error| error.cause), Some(RunErrorCause::Interrupted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_start_is_never_told_to_the_page_as_a_run() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let client = house.apps.client(&app.id).await.expect("a client");
    drop(server);
    wait_until_gone(&client).await;
    house.start(&app, Entries::from([("text".into(), text("x"))])).await.expect_err("nobody is there");
    while let Ok(event) = house.events.try_recv() {
        assert!(!matches!(event, AppEvent::RunChanged { .. }), "the side bar would show a run that is none: {event:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_app_stays_away_while_its_runs_go_on() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let id = house.start(&app, Entries::from([("text".into(), text("One. Two."))])).await.expect("started");
    house.apps.remove(&app.id).await.expect("removed");
    while house.events.try_recv().is_ok() {}
    house.ended(&id).await;
    let back =
        house.seen.iter().any(|event| matches!(event, AppEvent::AppChanged { app: known } if known.id == app.id));
    assert!(!back, "it would reappear in the side bar");
    assert!(house.apps.list().await.expect("listed").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_connected_again_has_its_past_runs_and_no_other_app_has_them() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let id = house.start(&app, Entries::from([("text".into(), text("One. Two."))])).await.expect("started");
    house.ended(&id).await;
    house.apps.rename(&app.id, "Digests").await.expect("renamed");
    house.apps.remove(&app.id).await.expect("removed");

    let other = house.connect(&server, "every-control").await;
    assert_ne!(other.id, app.id, "another app of the same server");
    let back = house.connect(&server, "document-digest").await;
    assert_eq!((&back.id, back.run_count), (&app.id, 1), "its server knows its run");
    assert_eq!(back.given_name.as_deref(), Some("Digests"), "as it was called here");
    assert_eq!(back.user, app.user, "its runs are still the user's own");
    let again =
        house.start(&back, Entries::from([("text".into(), text("Three."))])).await.expect("its new key is known");
    house.ended(&again).await;
    assert_eq!(house.runs.list(Some(&back.id), None, 10).await.expect("a page").runs.len(), 2, "in one history");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_ran_here_is_not_connected_a_second_time_with_another_of_its_keys() {
    let other = "app-other-key-of-the-same";
    // These find runs of any app by their id.
    for generation in [Generation::Autumn2024, Generation::Mid2025, Generation::Recorded, Generation::Today] {
        let options = Options { document_digest_other_key: Some(other.into()), generation, ..Options::default() };
        let server = DemoServer::start_with(options).await.expect("the demo starts");
        let mut house = House::new().await;
        let app = house.connect(&server, "document-digest").await;
        let id = house.start(&app, Entries::from([("text".into(), text("One. Two."))])).await.expect("started");
        house.ended(&id).await;

        let second = house.apps.connect(&server.base_url(), other, KeepKey::Session, None).await;
        let Err(apps::Error::AlreadyConnected(known)) = second else {
            panic!("{generation:?}: its runs would stand twice: {second:?}")
        };
        assert_eq!(known, app.id);
        assert_eq!(house.apps.list().await.expect("listed").len(), 1);
        let kept = house.start(&app, Entries::from([("text".into(), text("Two."))])).await.expect("its own key works");
        house.ended(&kept).await;
        house.apps.replace_key(&app.id, other, KeepKey::Session, None).await.expect("as it is offered then");
        let again = house.start(&app, Entries::from([("text".into(), text("Three."))])).await.expect("started");
        assert_eq!(house.ended(&again).await.head.app_id, app.id, "{generation:?}: in one history");
        let another = house.connect(&server, "every-control").await;
        assert_ne!(another.id, app.id, "{generation:?}: another app, called alike where servers give no names");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checking_again_says_what_the_server_knows() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let id = house.start(&app, Entries::from([("text".into(), text("One. Two."))])).await.expect("started");
    let run = house.ended(&id).await;
    let mut head = run.head.clone();
    head.status = RunStatus::Unknown;
    let save = flowdeck::store::RunSave { head: Some(head), ..Default::default() };
    house.store.save_run(&id, &save).await.expect("saved");
    let mut outlook = house.runs.check_again(&id).await.expect("asked");
    while outlook == runs::Outlook::Running {
        // The run's own task may still be on its way out.
        tokio::task::yield_now().await;
        outlook = house.runs.check_again(&id).await.expect("asked");
    }
    assert_eq!(outlook, runs::Outlook::Ended);
    assert_eq!(house.runs.open(&id).await.expect("opened").head.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn a_second_start_on_the_same_folder_is_refused() {
    let house = House::new().await;
    let second = flowdeck::store::Store::open(house.folder.path()).await;
    assert!(matches!(second, Err(flowdeck::store::Error::Busy)), "two would follow the same runs: {second:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_works_again_is_no_longer_shown_as_refused() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    house.apps.refused(&app.id).await;
    assert_eq!(house.apps.get(&app.id).await.expect("known").key, KeyState::Refused);
    assert_eq!(house.apps.refresh(&app.id).await.expect("refreshed").key, KeyState::Session);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_past_runs_took_is_told_of_the_next_one_as_soon_as_they_are_enough() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let entries = || Entries::from([("text".into(), text("The roof was repaired in March 2026."))]);
    let mut told = Vec::new();
    for _ in 0..6 {
        let id = house.start(&app, entries()).await.expect("started");
        told.push(house.runs.usual(&id).await.expect("asked while it runs"));
        let run = house.ended(&id).await;
        assert_eq!(run.head.status, RunStatus::Succeeded, "{:?}", run.head.error);
    }
    let steps: Vec<_> = told.iter().map(|usual| usual.steps.is_some()).collect();
    assert_eq!(steps, [false, false, false, true, true, true], "from three runs on; the one that runs is none of them");
    let times: Vec<_> = told.iter().map(|usual| usual.time.is_some()).collect();
    assert_eq!(times, [false, false, false, false, false, true], "from five runs on");
    let first = house.runs.list(Some(&app.id), None, 10).await.expect("listed").runs.pop().expect("the first");
    let run = house.runs.open(&first.id).await.expect("opened");
    assert_eq!(told[5].steps.map(usize::try_from), Some(Ok(run.steps.len())), "as many as are seen while it runs");
}
