//! One value that went wrong, in a file that is sound.

use std::path::Path;

use flowdeck::{
    demo::DemoServer,
    model::{
        form::{Entries, Form},
        run::{Notice, RunErrorCause, RunId, RunStatus},
    },
    store::Store,
};
use sqlx::{Connection, Executor};

use crate::{RUNS, add_app, all_of, filled, house::House, run};

pub async fn change(folder: &Path, changes: &[&'static str]) {
    let url = format!("sqlite://{}", folder.join("flowdeck.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opened");
    for sql in changes {
        let done = database.execute(*sql).await.expect("changed");
        assert_eq!(done.rows_affected(), 1, "{sql}: one value is changed");
    }
    database.close().await.expect("closed");
}

/// The runs of which something cannot be read, by their own word.
async fn incomplete(store: &Store) -> Vec<String> {
    let runs = all_of(store).await.expect("everything else is read");
    assert_eq!(runs.len(), RUNS, "no run is hidden");
    assert_eq!(store.apps().await.expect("the apps").len(), 2, "no app is hidden");
    let said = runs.iter().filter(|run| run.notices.contains(&Notice::NotReadable));
    said.map(|run| run.head.id.0.clone()).rev().collect()
}

#[tokio::test]
async fn one_bad_value_hides_nothing_but_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path()).await;
    change(
        folder.path(),
        &[
            "UPDATE run SET error = '{oh' WHERE id = 'r0003'",
            "UPDATE run_body SET outputs = '{\"a' WHERE run_id = 'r0004'",
            "UPDATE step SET step = 'x' WHERE run_id = 'r0005' AND position = 1",
            "UPDATE run SET title = CAST(x'4c65617365ff' AS TEXT) WHERE id = 'r0006'",
            "UPDATE run_body SET notices = '[' WHERE run_id = 'r0007'",
            "UPDATE app SET branding = '?', form = '!' WHERE id = 'b'",
        ],
    )
    .await;
    let store = Store::open(folder.path()).await.expect("opened");
    assert_eq!(incomplete(&store).await, ["r0003", "r0004", "r0005", "r0006", "r0007"], "each says so, and no other");
    let run = store.run(&RunId("r0005".into())).await.expect("read");
    assert_eq!(run.steps.iter().map(|step| step.order).collect::<Vec<_>>(), [0, 2], "the steps around it are there");
    assert!(!run.texts.is_empty() && !run.outputs.is_empty(), "and all else");
    let run = store.run(&RunId("r0006".into())).await.expect("read");
    assert_eq!(run.head.title, "Lease\u{FFFD}", "a title is read as far as it goes");
    let apps = store.apps().await.expect("the apps");
    assert_eq!(apps[1].app.branding.title, "dify.example", "an app without a name has its server's");
    assert!(apps[1].has_gaps && !apps[0].has_gaps, "and is to be read anew");
    store.close().await;

    let store = Store::open(folder.path()).await.expect("opened");
    let aside = store.set_aside().expect("bytes went wrong: the file is looked at, and put in order");
    assert!(!aside.whole, "and what is missing is said");
    assert_eq!(incomplete(&store).await, ["r0003", "r0004", "r0005", "r0007"], "also later, wherever it can be known");
    store.close().await;
    let store = Store::open(folder.path()).await.expect("opened");
    assert!(store.set_aside().is_none(), "once");
}

#[tokio::test]
async fn a_bad_form_takes_none_of_the_runs_along_that_share_it() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path()).await;
    change(folder.path(), &["UPDATE run_form SET form = '{\"fields'"]).await;
    for _ in 0..2 {
        let store = Store::open(folder.path()).await.expect("opened");
        let runs = all_of(&store).await.expect("everything else is read");
        assert_eq!(runs.len(), RUNS, "no run is hidden");
        assert!(runs.iter().all(|run| !run.outputs.is_empty()), "and none has lost its results");
        let filled = store.run_filled(&RunId("r0003".into())).await.expect("what was entered is there");
        assert_eq!(filled.form, None, "whoever fills it in again does so with the form of now");
        store.close().await;
    }
    let store = Store::open(folder.path()).await.expect("opened");
    assert!(store.set_aside().is_none(), "it was mended once");
    assert_eq!(incomplete(&store).await.len(), RUNS, "each says that something is missing");
}

#[tokio::test]
async fn what_a_newer_program_wrote_is_no_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path()).await;
    change(
        folder.path(),
        &[
            r#"UPDATE run SET error = '{"cause":"of_the_future","message":"","step":null}' WHERE id = 'r0003'"#,
            r#"UPDATE run_body SET questions = '[{"new":1}]' WHERE run_id = 'r0004'"#,
            r#"UPDATE step SET step = '{"new":1}' WHERE run_id = 'r0005' AND position = 1"#,
            r#"UPDATE app SET options = '{"responseMode":"telepathy"}' WHERE id = 'b'"#,
        ],
    )
    .await;
    for start in 0..3 {
        let store = Store::open(folder.path()).await.expect("opened");
        assert!(store.set_aside().is_none(), "start {start}: the file is sound");
        assert_eq!(incomplete(&store).await, ["r0003", "r0004", "r0005"], "start {start}: they open, and say so");
        store.close().await;
    }
}

#[tokio::test]
async fn one_bad_value_keeps_no_run_from_being_taken_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    add_app(&store, "a").await;
    for id in ["r1", "r2", "r3"] {
        let mut unsent = run(id, "a");
        unsent.head.status = RunStatus::Preparing;
        store.add_run(&unsent, &Entries::new(), &Form::default()).await.expect("added");
    }
    store.close().await;
    change(
        folder.path(),
        &["UPDATE run SET error = '{oh' WHERE id = 'r2'", "UPDATE run_body SET inputs = '[{}]' WHERE run_id = 'r3'"],
    )
    .await;
    let house = House::on(folder).await;
    let unfinished = house.store.unfinished_runs().await.expect("listed");
    assert_eq!(unfinished.len(), 3, "the bad ones do not hide the others, nor the others them");
    house.runs.take_up().await.expect("taken up");
    for id in ["r1", "r2", "r3"] {
        let id = RunId(id.into());
        house.left(&id).await;
        let head = house.store.run_head(&id).await.expect("read");
        let cause = head.error.as_ref().map(|error| error.cause);
        assert_eq!((head.status, cause), (RunStatus::Stopped, Some(RunErrorCause::NotSent)), "{id:?} has its end");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_cannot_be_read_just_now_ends_none_of_its_runs() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    let id = house.leave_behind(&app, RunStatus::Running).await;
    rename(house.folder.path(), "ALTER TABLE app RENAME COLUMN options TO elsewhere").await;
    house.runs.take_up().await.expect("taken up");
    house.left(&id).await;
    let head = house.store.run_head(&id).await.expect("read");
    assert_eq!((head.status, head.error), (RunStatus::OutOfContact, None), "it is asked about later");
    rename(house.folder.path(), "ALTER TABLE app RENAME COLUMN elsewhere TO options").await;
    house.apps.remove(&app.id).await.expect("removed");
    house.runs.take_up().await.expect("taken up");
    house.left(&id).await;
    let head = house.store.run_head(&id).await.expect("read");
    let cause = head.error.map(|error| error.cause);
    assert_eq!(cause, Some(RunErrorCause::Interrupted), "where it is known that nobody can be asked, it ends");
}

async fn rename(folder: &Path, sql: &'static str) {
    let url = format!("sqlite://{}", folder.join("flowdeck.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opened");
    database.execute(sql).await.expect("renamed");
    database.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_cannot_be_read_whole_is_read_anew_from_its_server() {
    let server = DemoServer::start().await.expect("the demo starts");
    let house = House::new().await;
    let before = house.connect(&server, "every-control").await;
    change(house.folder.path(), &["UPDATE app SET branding = '?', form = '!'"]).await;
    let shown = house.apps.list().await.expect("listed");
    assert_eq!(shown[0].branding.title, "127.0.0.1", "until then it has its server's name");
    assert!(shown[0].form.fields.is_empty(), "and no form");
    house.apps.fill_gaps().await.expect("asked for");
    let shown = house.apps.list().await.expect("listed");
    assert_eq!((&shown[0].branding.title, &shown[0].form), (&before.branding.title, &before.form));
}
