//! The program's own rooms, without a window, with servers of every generation: form, upload, run, stop, recovery.

use flowdeck::{
    demo::{DemoServer, Fault, FaultKind, Generation, Options, sample_documents},
    model::{
        app::App,
        file::LocalCopy,
        form::{Control, Entries, Entry, FileEntry},
        run::{Run, RunErrorCause, RunStatus, StepStatus},
    },
    runs::Outlook,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::house::House;

/// The app-wide list of files, where an app has it.
const APP_FILES: &str = "sys.files";

pub async fn server(generation: Generation) -> DemoServer {
    with_faults(generation, Vec::new()).await
}

pub async fn with_faults(generation: Generation, faults: Vec<Fault>) -> DemoServer {
    let options = Options { generation, faults, for_trials: true, ..Options::default() };
    DemoServer::start_with(options).await.expect("the server starts")
}

fn text(value: &str) -> Entry {
    Entry::Text(value.into())
}

/// What "Every control" needs, to play a scene with so many seconds per step.
pub fn scene(name: &str, pace: &str) -> Entries {
    let entries = [("name", "Eva"), ("department", "Legal"), ("pace", pace), ("events", name)];
    entries.into_iter().map(|(variable, value)| (variable.to_owned(), text(value))).collect()
}

fn word(control: &Control) -> &'static str {
    match control {
        Control::Text { .. } => "text-input",
        Control::Paragraph { .. } => "paragraph",
        Control::Select { .. } => "select",
        Control::Number { .. } => "number",
        Control::Checkbox { .. } => "checkbox",
        Control::Json { .. } => "json_object",
        Control::File { .. } => "file",
        Control::FileList { .. } => "file-list",
        Control::External => "external_data_tool",
        Control::Unknown { .. } => "unknown",
    }
}

/// A picture: the only kind that the app-wide list of files takes in every generation.
async fn picture(house: &House, app: &App) -> FileEntry {
    let path = house.folder.path().join("stamp.png");
    std::fs::write(&path, b"\x89PNG\r\n\x1a\n").expect("written");
    let staged = house.files.stage(vec![path]).remove(0);
    let client = house.apps.client(&app.id).await.expect("a client");
    FileEntry::Staged(house.files.upload(&client, &staged.id).await.expect("uploaded").id)
}

/// Something in every control that the form has.
async fn filled(house: &House, app: &App) -> Entries {
    let mut entries = scene("everything", "0");
    for field in &app.form.fields {
        let entry = match &field.control {
            Control::Paragraph { .. } => text("Zwei Zeilen\n和一行中文"),
            Control::Number { .. } if field.variable == "amount" => text("12.5"),
            Control::Checkbox { .. } => Entry::Flag(true),
            Control::Json { .. } => text(r#"{"city": "Oslo", "floor": 3}"#),
            Control::File { .. } => {
                Entry::Files(vec![FileEntry::Staged(house.upload(app, sample_documents()[0].0).await)])
            }
            Control::FileList { .. } if field.variable == APP_FILES => Entry::Files(vec![picture(house, app).await]),
            Control::FileList { .. } => Entry::Files(vec![
                FileEntry::Staged(house.upload(app, sample_documents()[1].0).await),
                FileEntry::Staged(house.upload(app, sample_documents()[2].0).await),
            ]),
            _ => continue,
        };
        entries.insert(field.variable.clone(), entry);
    }
    entries
}

pub fn is_settled(run: &Run) -> bool {
    run.steps.iter().all(|step| step.status != StepStatus::Running)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generations_form_is_filled_in_and_its_run_told_truly() {
    join_all(Generation::ALL.map(|generation| async move {
        let server = server(generation).await;
        let mut house = House::new().await;
        let app = house.connect(&server, "every-control").await;
        let own = app.form.fields.iter().filter(|field| field.variable != APP_FILES);
        let controls: Vec<_> = own.map(|field| word(&field.control)).collect();
        let has = |kind: &str| controls.contains(&kind);
        assert_eq!(has("file") && has("file-list"), generation >= Generation::Autumn2024, "{generation}: {controls:?}");
        assert_eq!(has("checkbox") && has("json_object"), generation >= Generation::Late2025, "{generation}");
        assert!(has("text-input") && has("paragraph") && has("select") && has("number"), "{generation}");
        assert_eq!(app.branding.title == "Every control", generation >= Generation::Mid2025, "{generation}: who it is");

        let entries = filled(&house, &app).await;
        let id = house.start(&app, entries).await.expect("started");
        let run = house.ended(&id).await;
        // In 2024 there was no word for a caught error.
        let status =
            if generation <= Generation::Autumn2024 { RunStatus::Succeeded } else { RunStatus::PartlySucceeded };
        assert_eq!((run.head.status, &run.head.error), (status, &None), "{generation}");
        assert!(is_settled(&run), "{generation}: a step still runs");
        assert!(run.head.total_steps.is_some_and(|steps| steps > 5), "{generation}: {:?}", run.head.total_steps);
        assert!(run.steps.iter().all(|step| !step.title.is_empty()), "{generation}: every step has its title");
        assert!(run.head.server.run_id.is_some() && run.head.server.task_id.is_some(), "{generation}: ids for support");

        let echo = &run.outputs["echo"];
        assert_eq!(
            (&echo["name"], &echo["amount"]),
            (&json!("Eva"), &json!(12.5)),
            "{generation}: what was sent arrived"
        );
        assert_eq!(echo["notes"], "Zwei Zeilen\n和一行中文", "{generation}: letters of all kinds");
        if has("checkbox") {
            assert_eq!((&echo["urgent"], &echo["address"]["city"]), (&json!(true), &json!("Oslo")), "{generation}");
        }
        if has("file-list") {
            assert_eq!(echo["attachment"]["filename"], sample_documents()[0].0, "{generation}");
            assert_eq!(echo["attachments"].as_array().map(Vec::len), Some(2), "{generation}");
        }
        let streamed: String = run.texts.iter().map(|part| part.text.as_str()).collect();
        assert!(streamed.contains("Eva sent "), "{generation}: the text was streamed: {streamed:?}");
        assert!(run.files.iter().any(|file| file.local == LocalCopy::Stored), "{generation}: the result file is kept");
        let nested = run.steps.iter().any(|step| step.parent.is_some());
        assert_eq!(nested, generation >= Generation::Mid2025, "{generation}: what is in a loop is under it");
        let tried = run.steps.iter().any(|step| !step.tries.is_empty());
        assert_eq!(tried, generation >= Generation::Mid2025, "{generation}: retries");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_the_only_file_of_spring_2024() {
    let server = server(Generation::Spring2024).await;
    let house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    assert!(app.form.fields.iter().all(|field| field.variable != "documents"), "its form has no files");
    let (name, bytes) = sample_documents()[0];
    let path = house.folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    let staged = house.files.stage(vec![path]).remove(0);
    let client = house.apps.client(&app.id).await.expect("a client");
    let refused = house.files.upload(&client, &staged.id).await.expect_err("a PDF is no picture");
    assert!(refused.to_string().contains("415"), "in the server's words: {refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_digested_in_every_generation_that_takes_documents() {
    let later = Generation::ALL.into_iter().filter(|generation| *generation > Generation::Spring2024);
    join_all(later.map(|generation| async move {
        let server = server(generation).await;
        let mut house = House::new().await;
        let app = house.connect(&server, "document-digest").await;
        let pdf = house.upload(&app, sample_documents()[0].0).await;
        let entries = Entries::from([("documents".into(), Entry::Files(vec![FileEntry::Staged(pdf)]))]);
        let id = house.start(&app, entries).await.expect("started");
        let run = house.ended(&id).await;
        assert_eq!(run.head.status, RunStatus::Succeeded, "{generation}: {:?}", run.head.error);
        let iteration =
            run.steps.iter().find(|step| step.node_type == "iteration").expect("an iteration over the files");
        let inside = run.steps.iter().filter(|step| step.parent.as_ref() == Some(&iteration.id)).count();
        assert_eq!((iteration.rounds_total, inside), (Some(1), 1), "{generation}: one file, one step in one round");
        let digest = run.outputs["digest"].as_str().expect("a digest");
        let streamed: String = run.texts.iter().map(|part| part.text.as_str()).collect();
        assert!(streamed.starts_with(digest), "{generation}: the text is streamed whole");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_reaches_servers_of_every_generation() {
    join_all(Generation::ALL.map(|generation| async move {
        let server = server(generation).await;
        let mut house = House::new().await;
        let app = house.connect(&server, "every-control").await;
        let id = house.start(&app, scene("everything", "30")).await.expect("started");
        house.runs.stop(&id).await.expect("asked");
        let run = house.ended(&id).await;
        assert_eq!((run.head.status, &run.head.error), (RunStatus::Stopped, &None), "{generation}");
        assert!(is_settled(&run), "{generation}: no step runs after its run");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lost_stream_did_not_say_is_asked_for_where_servers_can_tell() {
    join_all(Generation::ALL.map(|generation| async move {
        let cut = Fault::new(FaultKind::Cut(2500));
        let server = with_faults(generation, vec![cut]).await;
        let mut house = House::new().await;
        let app = house.connect(&server, "every-control").await;
        let id = house.start(&app, scene("success", "0")).await.expect("started");
        let run = house.ended(&id).await;
        assert!(!run.steps.is_empty() && is_settled(&run), "{generation}: what was seen stays, and does not run on");
        if generation == Generation::Spring2024 {
            let cause = run.head.error.map(|error| error.cause);
            assert_eq!((run.head.status, cause), (RunStatus::Unknown, Some(RunErrorCause::Lost)), "nobody can tell");
        } else {
            assert_eq!((run.head.status, run.head.error), (RunStatus::Succeeded, None), "{generation}");
            assert_eq!(run.outputs["echo"]["name"], "Eva", "{generation}: the outputs are whole");
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_own_log_is_read_where_there_is_one() {
    join_all(Generation::ALL.map(|generation| async move {
        let server = server(generation).await;
        let mut house = House::new().await;
        let app = house.connect(&server, "every-control").await;
        let id = house.start(&app, scene("success", "0")).await.expect("started");
        let run = house.ended(&id).await;
        let client = house.apps.client(&app.id).await.expect("a client");
        let rows = client.logs_of_session(20).await.expect("a list, or nothing");
        let ids: Vec<_> = rows.iter().map(|row| Some(row.run_id.clone())).collect();
        let expected = if generation == Generation::Spring2024 { vec![] } else { vec![run.head.server.run_id] };
        assert_eq!(ids, expected, "{generation}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_waits_for_a_person_waits_and_its_end_can_be_asked_for() {
    let server = server(Generation::Today).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = house.start(&app, Entries::from([("subject".into(), text("A desk"))])).await.expect("started");
    while house.runs.open(&id).await.expect("opened").head.status != RunStatus::Waiting {
        house.events.recv().await.expect("the house stands");
    }
    let run_id = house.runs.open(&id).await.expect("opened").head.server.run_id.expect("an id");

    let key = &server.apps().iter().find(|shown| shown.slug == "approval").expect("the app").key;
    let client = house.apps.client(&app.id).await.expect("a client");
    let http = reqwest::Client::new();
    let url = |path: String| format!("{}{path}", server.base_url());
    let joined = http.get(url(format!("/workflow/{run_id}/events?user={}", client.user()))).bearer_auth(key);
    let told = crate::events(&joined.send().await.expect("an answer").text().await.expect("a stream"));
    let token =
        crate::named(&told, "human_input_required")[0]["data"]["form_token"].as_str().expect("a token").to_owned();
    let answer = json!({"inputs": {"comment": "", "priority": "normal"}, "action": "approve", "user": client.user()});
    let form = http.post(url(format!("/form/human_input/{token}"))).bearer_auth(key).json(&answer);
    assert_eq!(form.send().await.expect("an answer").json::<Value>().await.expect("JSON"), json!({}), "taken");

    let mut outlook = house.runs.check_again(&id).await.expect("asked");
    while outlook != Outlook::Ended {
        tokio::task::yield_now().await;
        outlook = house.runs.check_again(&id).await.expect("asked");
    }
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.outputs["decision"]), (RunStatus::Succeeded, &json!("approve")), "as decided");
}
