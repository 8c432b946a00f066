//! Which run had the same inputs: asked before money is spent twice.

use flowdeck::{
    demo::DemoServer,
    model::{
        app::App,
        changes::FormChanges,
        form::Entries,
        run::{RunError, RunErrorCause, RunId, RunStatus},
    },
    runs::fold,
    store::RunSave,
};

use sqlx::Connection as _;

use super::{House, documents, draft, text};

fn titled(title: &str) -> Entries {
    Entries::from([("title".into(), text(title)), ("text".into(), text("One. Two."))])
}

/// A run like one that was started with these entries, as it ended.
async fn ended(house: &House, app: &App, like: &RunId, status: RunStatus, cause: Option<RunErrorCause>) -> RunId {
    let mut run = house.store.run(like).await.expect("stored");
    run.head.id = house.store.new_run_id().await.expect("an id");
    run.head.status = status;
    run.head.error =
        cause.map(|cause| RunError { cause, message: String::new(), step: None, reason: None, network: None });
    let run = fold::new_run(run.head, run.inputs);
    house.store.add_run(&run, &Entries::new(), &app.form).await.expect("stored");
    let save = RunSave { head: Some(run.head.clone()), ..RunSave::default() };
    house.store.save_run(&run.head.id, &save).await.expect("with its end");
    run.head.id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_run_with_the_same_inputs_is_found() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let alike = async |house: &House, entries: &Entries| {
        house.kept.run_alike(&app.id, entries).await.expect("asked").map(|head| head.id)
    };
    assert_eq!(alike(&house, &titled("Lease")).await, None, "nothing ran yet");
    let first = house.start(&app, titled("Lease")).await.expect("started");
    house.ended(&first).await;
    let other = house.start(&app, titled("Rent")).await.expect("started");
    house.ended(&other).await;
    assert_eq!(alike(&house, &titled("Lease")).await, Some(first.clone()), "also where another one came between");
    assert_eq!(alike(&house, &titled("lease")).await, None, "other inputs are another run");
    let mut defaults = titled("Lease");
    let length = app.form.fields.iter().find(|field| field.variable == "length").expect("a field with a default");
    let flowdeck::model::form::Control::Select { default: Some(default), .. } = &length.control else {
        panic!("{length:?}")
    };
    defaults.insert("length".into(), text(default));
    assert_eq!(alike(&house, &defaults).await, Some(first.clone()), "what stands there untouched is the same");

    let unknown = ended(&house, &app, &first, RunStatus::Unknown, None).await;
    assert_eq!(alike(&house, &titled("Lease")).await, Some(unknown.clone()));
    ended(&house, &app, &first, RunStatus::Failed, Some(RunErrorCause::NotSent)).await;
    assert_eq!(alike(&house, &titled("Lease")).await, Some(unknown), "one that surely did nothing tells nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_document_chosen_anew_is_the_same_input() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let name = "Complaint about an invoice.eml";
    let file = house.upload(&app, name).await;
    let run = house.start(&app, Entries::from([documents(&[file])])).await.expect("started");
    house.ended(&run).await;
    let again = house.files.stage(vec![house.folder.path().join(name)]).remove(0).id;
    let found = house.kept.run_alike(&app.id, &Entries::from([documents(&[again])])).await.expect("asked");
    assert_eq!(found.map(|head| head.id), Some(run), "its upload has not begun, and does not matter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inputs_that_cannot_be_read_hide_no_run_but_their_own() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let first = house.start(&app, titled("Lease")).await.expect("started");
    house.ended(&first).await;
    let other = house.start(&app, titled("Rent")).await.expect("started");
    house.ended(&other).await;
    house.kept.save_preset(&app.id, "May", &titled("May"), &app.form).await.expect("saved");
    house.kept.save_draft(&app.id, &draft(titled("June"), &app.form, 7)).await.expect("saved");
    for sql in [
        "UPDATE run_body SET inputs = '[{', form = '{oh' WHERE run_id = ?",
        "UPDATE preset SET form = '{oh' WHERE app_id = ?",
        "UPDATE draft SET form = '{oh', changes = '[' WHERE app_id = ?",
    ] {
        let id = if sql.contains("run_id") { &other.0 } else { &app.id.0 };
        change(&house, sql, id).await;
    }
    let found = house.kept.run_alike(&app.id, &titled("Lease")).await.expect("asked");
    assert_eq!(found.map(|head| head.id), Some(first), "the user is asked all the same");
    assert!(house.folder.path().join("flowdeck.suspect").exists(), "and the next start mends it");
    let refilled = house.kept.refill(&other).await.expect("what can be read is filled in: here nothing");
    assert_eq!(refilled.entries, Entries::new(), "texts that were sent as they were typed stand with the inputs only");
    let preset = house.kept.presets(&app.id).await.expect("listed").remove(0).id;
    assert_eq!(house.kept.apply_preset(&preset).await.expect("applied").entries, titled("May"));
    let kept = house.kept.draft(&app.id).await.expect("read").expect("there is a draft");
    assert_eq!((kept.entries, kept.revision), (titled("June"), 7));
    assert_eq!(kept.changes, FormChanges::default(), "what changed since cannot be told");

    change(&house, "UPDATE draft SET entries = '{oh' WHERE app_id = ?", &app.id.0).await;
    let kept = house.kept.draft(&app.id).await.expect("read").expect("there is a draft");
    assert_eq!((kept.entries, kept.revision), (Entries::new(), 7), "what is typed from now on is newer, and kept");
}

/// As bytes that go wrong would.
async fn change(house: &House, sql: &'static str, id: &str) {
    let url = format!("sqlite://{}", house.folder.path().join("flowdeck.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opened");
    let done = sqlx::query(sql).bind(id).execute(&mut database).await.expect("changed");
    assert_eq!(done.rows_affected(), 1, "{sql}: one is changed");
    database.close().await.expect("closed");
}
