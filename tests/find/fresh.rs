//! The index follows what happens to runs.

use flowdeck::{
    find::Find,
    model::{
        history::RunFilter,
        run::{RunId, RunStatus, TextPart},
    },
    store::{RunSave, Store},
};
use sqlx::{Connection, SqliteConnection};

use crate::desk::{Desk, Given};

fn run(id: &str, at: i64, input: &str) -> Given {
    Given { id: id.into(), app: "a".into(), at, input: input.into(), ..Given::default() }
}

async fn found(desk: &Desk, text: &str) -> Vec<String> {
    desk.all(text, &RunFilter::default(), 50).await
}

#[tokio::test]
async fn a_run_is_found_as_soon_as_it_is_saved_and_no_more_when_it_is_gone() {
    let desk = Desk::new().await;
    for number in 0..20 {
        desk.add(&run(&format!("r{number:02}"), number, &format!("word{number} 合同"))).await;
        assert_eq!(found(&desk, &format!("word{number}")).await, [format!("r{number:02}")]);
    }
    desk.store.delete_run(&RunId("r07".into())).await.expect("deleted");
    assert_eq!(found(&desk, "word7").await, [""; 0]);
    assert_eq!(found(&desk, "合").await.len(), 19);
    desk.sql("UPDATE run SET deleted_at = 1 WHERE id = 'r08'").await;
    assert_eq!(found(&desk, "word8").await, [""; 0], "hidden at once");
    assert_eq!(found(&desk, "").await.len(), 18);
    desk.sql("UPDATE run SET deleted_at = NULL WHERE id = 'r08'").await;
    assert_eq!(found(&desk, "word8").await, ["r08"], "and back at once");
}

#[tokio::test]
async fn what_changes_is_found_by_its_new_words_and_not_by_its_old_ones() {
    let desk = Desk::new().await;
    desk.add(&run("r1", 1, "first")).await;
    assert_eq!(found(&desk, "first").await, ["r1"]);
    for (sql, gone, there) in [
        ("UPDATE run_body SET inputs = replace(inputs, 'first', 'second')", "first", "second"),
        ("INSERT INTO run_note VALUES ('r1', 'noted')", "first", "noted"),
        ("UPDATE run_note SET note = 'otherwise'", "noted", "otherwise"),
        ("DELETE FROM run_note", "otherwise", "second"),
        ("INSERT INTO run_tag VALUES ('r1', 'tagged')", "otherwise", "tagged"),
        ("DELETE FROM run_tag", "tagged", "second"),
        ("UPDATE run SET name = 'named'", "tagged", "named"),
        ("UPDATE run SET started_at = started_at - 5000", "first", "named"),
        (
            "INSERT INTO run_file VALUES ('r1', 0, 'v', 'report.pdf', 'pdf', NULL, NULL, 'stored', NULL)",
            "first",
            "report",
        ),
        ("UPDATE run_file SET name = 'renamed.pdf'", "report", "renamed"),
    ] {
        desk.sql(sql).await;
        assert_eq!(found(&desk, gone).await, [""; 0], "{gone} after {sql}");
        assert_eq!(found(&desk, there).await, ["r1"], "{there} after {sql}");
    }
}

#[tokio::test]
async fn the_end_of_a_run_is_found_though_it_was_indexed_a_moment_before() {
    let desk = Desk::new().await;
    let live = Given { status: Some(RunStatus::Running), text: "beginning".into(), ..run("r1", 1, "input") };
    desk.add(&live).await;
    assert_eq!(found(&desk, "beginning").await, ["r1"]);
    let head = Given { status: Some(RunStatus::Succeeded), ..live }.head();
    let text = TextPart { source: "n.text".into(), text: " finale".into() };
    let save = RunSave { head: Some(head), texts: vec![text], ..RunSave::default() };
    desk.store.save_run(&RunId("r1".into()), &save).await.expect("saved");
    assert_eq!(found(&desk, "finale").await, ["r1"]);
    assert_eq!(found(&desk, "status:succeeded").await, ["r1"]);
}

#[tokio::test]
async fn runs_of_before_the_search_are_indexed() {
    let folder = tempfile::tempdir().expect("a folder");
    let migrations = tempfile::tempdir().expect("a folder");
    let all = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/migrations");
    for entry in std::fs::read_dir(all).expect("migrations") {
        let entry = entry.expect("a migration");
        if entry.file_name().to_string_lossy().as_ref() < "0018" {
            std::fs::copy(entry.path(), migrations.path().join(entry.file_name())).expect("copied");
        }
    }
    let file = folder.path().join("flowdeck.db");
    let mut old = SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", file.display())).await.expect("a database");
    sqlx::migrate::Migrator::new(migrations.path()).await.expect("read").run(&mut old).await.expect("an old store");
    sqlx::raw_sql(
        "PRAGMA foreign_keys = OFF; \
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 200) \
         INSERT INTO run (id, app_id, title, status, started_at) SELECT printf('r%03d', n), 'a', 'old ' || n, 'succeeded', n FROM n; \
         INSERT INTO run_body (run_id, entries, inputs, outputs, notices) SELECT id, '{}', '[]', '{\"answer\":\"租赁合同\"}', '[]' FROM run;",
    )
    .execute(&mut old)
    .await
    .expect("old runs");
    old.close().await.expect("closed");
    let store = Store::open(folder.path()).await.expect("brought up to date");
    store.index_all().await.expect("indexed");
    let desk = Desk { find: Find::new(store.clone()), store, folder };
    let expected: Vec<_> = (1..=200).rev().map(|n| format!("r{n:03}")).collect();
    assert_eq!(found(&desk, "合同").await, expected);
    assert_eq!(found(&desk, "\"old 77\"").await, ["r077"]);
}
