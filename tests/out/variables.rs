//! Which columns a table of runs can have: what its runs hold, however many there are.

use flowdeck::model::out::RunVariables;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::{Desk, STARTED};

/// The store's file, past the store: one by one many runs would take a minute.
async fn database(desk: &Desk) -> SqliteConnection {
    let file = desk.path("flowdeck.db").display().to_string();
    SqliteConnection::connect(&format!("sqlite://{file}")).await.expect("opened")
}

/// Runs that an app made, one an hour.
#[derive(Clone, Copy)]
struct Made<'a> {
    app: &'a str,
    /// Hours since the first of all.
    from: u32,
    count: u32,
    form: &'a [&'a str],
    inputs: &'a [&'a str],
    outputs: &'a [&'a str],
    only_head: bool,
}

const NONE: Made<'static> = Made { app: "", from: 0, count: 0, form: &[], inputs: &[], outputs: &[], only_head: false };

async fn make(desk: &Desk, made: Made<'_>) {
    let named = |variable: &&str| json!({ "variable": variable, "label": variable.to_uppercase(), "value": "x" });
    let inputs = json!(made.inputs.iter().map(named).collect::<Vec<_>>()).to_string();
    let fields: Vec<_> = made.form.iter().map(named).collect();
    let form = json!({ "fields": fields }).to_string();
    let outputs: serde_json::Map<_, _> =
        made.outputs.iter().map(|&variable| (variable.to_owned(), json!("y"))).collect();
    let mut database = database(desk).await;
    sqlx::query("INSERT INTO run_form (form) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(&form)
        .execute(&mut database)
        .await
        .expect("written");
    let when = "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1 + ?2), \
                at (i, ms) AS (SELECT i, ?3 + i * 3600000 FROM n), \
                named (id, ms) AS (SELECT printf('%08x-%04x-7000-8000-%012x', ms >> 16, ms & 65535, i), ms FROM at) ";
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "{when} INSERT INTO run (id, app_id, title, status, started_at, contents) \
         SELECT id, ?4, '', 'succeeded', ms, ?5 FROM named"
    )))
    .bind(made.from)
    .bind(made.count)
    .bind(STARTED)
    .bind(made.app)
    .bind(if made.only_head { "head" } else { "whole" })
    .execute(&mut database)
    .await
    .expect("written");
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "{when} INSERT INTO run_body (run_id, entries, inputs, outputs, notices, form_id) \
         SELECT id, '{{}}', ?4, ?5, '[]', (SELECT id FROM run_form WHERE form = ?6) FROM named"
    )))
    .bind(made.from)
    .bind(made.count)
    .bind(STARTED)
    .bind(&inputs)
    .bind(serde_json::Value::Object(outputs).to_string())
    .bind(&form)
    .execute(&mut database)
    .await
    .expect("written");
    database.close().await.expect("closed");
}

fn inputs(found: &RunVariables) -> Vec<&str> {
    found.inputs.iter().map(|input| input.variable.as_str()).collect()
}

#[tokio::test]
async fn what_only_older_runs_hold_can_be_a_column() {
    let desk = Desk::new().await;
    let app = &desk.app("Review").await;
    let old = Made { app: &app.0, count: 3, form: &["contract"], inputs: &["contract"], outputs: &["risk"], ..NONE };
    make(&desk, old).await;
    let later = Made { app: &app.0, count: 400, form: &["letter", "tone"], inputs: &["letter"], ..NONE };
    make(&desk, Made { from: 3, outputs: &["summary"], ..later }).await;
    make(&desk, Made { from: 403, outputs: &["answer"], ..later }).await;
    let found = desk.out.variables(app).await.expect("read");
    assert_eq!(inputs(&found)[..2], ["letter", "contract"], "the newest comes first, and an earlier form counts");
    assert_eq!(inputs(&found)[2..], ["tone"], "and what a form asks for, though hardly a run has it");
    assert_eq!(found.outputs, ["answer", "summary", "risk"], "results that changed while the form did not are there");
}

#[tokio::test]
async fn runs_of_which_only_the_head_is_known_take_no_column_away() {
    let desk = Desk::new().await;
    let app = &desk.app("Review").await;
    make(&desk, Made { app: &app.0, count: 2, inputs: &["contract"], outputs: &["risk"], ..NONE }).await;
    make(&desk, Made { app: &app.0, from: 2, count: 500, only_head: true, ..NONE }).await;
    let found = desk.out.variables(app).await.expect("read");
    assert_eq!((inputs(&found), &found.outputs[..]), (vec!["contract"], &["risk".to_owned()][..]));
}

#[tokio::test]
async fn a_form_that_two_apps_share_tells_nothing_of_the_other_one() {
    let desk = Desk::new().await;
    let (app, other) = (&desk.app("Review").await, &desk.app("Other").await);
    let shared = Made { form: &["text"], inputs: &["text"], ..NONE };
    make(&desk, Made { app: &app.0, count: 1, outputs: &["answer"], ..shared }).await;
    make(&desk, Made { app: &other.0, from: 1, count: 30, outputs: &["secret"], ..shared }).await;
    assert_eq!(desk.out.variables(app).await.expect("read").outputs, ["answer"]);
}

#[tokio::test]
async fn columns_of_a_hundred_thousand_runs_are_found_without_reading_all_of_them() {
    let desk = Desk::new().await;
    let app = &desk.app("Review").await;
    make(&desk, Made { app: &app.0, count: 1, form: &["old"], inputs: &["old"], outputs: &["risk"], ..NONE }).await;
    let many = Made { app: &app.0, form: &["text"], inputs: &["text"], outputs: &["answer"], ..NONE };
    make(&desk, Made { from: 1, count: 60_000, ..many }).await;
    make(&desk, Made { app: &app.0, from: 60_001, count: 40_000, only_head: true, ..NONE }).await;
    desk.out.variables(app).await.expect("read");
    let begun = std::time::Instant::now();
    let found = desk.out.variables(app).await.expect("read");
    let took = begun.elapsed();
    println!("columns of 100,001 runs: {took:?}");
    assert_eq!(inputs(&found), ["text", "old"]);
    assert!(took.as_millis() < 1000, "{took:?}, in a debug build and beside others");
}
