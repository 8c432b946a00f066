//! Which columns a table of runs can have: what its runs hold, however many there are.

use flowdeck::model::{
    app::AppId,
    history::{RunFilter, Search},
    out::{AppVariables, Export, ExportColumn, ExportKind, ExportOf},
    run::RunId,
};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::{Desk, STARTED, export_words, headed, id_at, run};

/// The store's file, past the store: one by one many runs would take a minute.
pub async fn database(desk: &Desk) -> SqliteConnection {
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
    let named = |variable: &&str| json!({ "variable": variable, "label": variable.to_uppercase(), "value": "x", "isFiles": false, "hidden": false });
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

async fn of_app(desk: &Desk, app: &AppId) -> AppVariables {
    let search = Search { filter: RunFilter { apps: vec![app.clone()], ..RunFilter::default() }, ..Search::default() };
    let mut found = desk.out.variables(&ExportOf::Search { search }).await.expect("read");
    assert_eq!(found.len(), 1, "of one app");
    found.remove(0)
}

fn inputs(found: &AppVariables) -> Vec<&str> {
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
    let found = of_app(&desk, app).await;
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
    let found = of_app(&desk, app).await;
    assert_eq!((inputs(&found), &found.outputs[..]), (vec!["contract"], &["risk".to_owned()][..]));
}

#[tokio::test]
async fn a_form_that_two_apps_share_tells_nothing_of_the_other_one() {
    let desk = Desk::new().await;
    let (app, other) = (&desk.app("Review").await, &desk.app("Other").await);
    let shared = Made { form: &["text"], inputs: &["text"], ..NONE };
    make(&desk, Made { app: &app.0, count: 1, outputs: &["answer"], ..shared }).await;
    make(&desk, Made { app: &other.0, from: 1, count: 30, outputs: &["secret"], ..shared }).await;
    assert_eq!(of_app(&desk, app).await.outputs, ["answer"]);
}

#[tokio::test]
async fn columns_of_a_hundred_thousand_runs_are_found_without_reading_all_of_them() {
    let desk = Desk::new().await;
    let app = &desk.app("Review").await;
    make(&desk, Made { app: &app.0, count: 1, form: &["old"], inputs: &["old"], outputs: &["risk"], ..NONE }).await;
    let many = Made { app: &app.0, form: &["text"], inputs: &["text"], outputs: &["answer"], ..NONE };
    make(&desk, Made { from: 1, count: 60_000, ..many }).await;
    make(&desk, Made { app: &app.0, from: 60_001, count: 40_000, only_head: true, ..NONE }).await;
    of_app(&desk, app).await;
    let begun = std::time::Instant::now();
    let found = of_app(&desk, app).await;
    let took = begun.elapsed();
    assert_eq!(inputs(&found), ["text", "old"]);
    assert!(took.as_millis() < 1000, "{took:?}, in a debug build and beside others");
}

fn told(found: &[AppVariables]) -> Vec<(&str, Vec<&str>, Vec<&str>)> {
    found.iter().map(|app| (&app.app_id.0[..], inputs(app), app.outputs.iter().map(String::as_str).collect())).collect()
}

#[tokio::test]
async fn columns_are_those_of_the_runs_that_go_out() {
    let desk = Desk::new().await;
    let (app, other, none) = (&desk.app("Review").await, &desk.app("Other").await, desk.app("Unused").await);
    make(&desk, Made { app: &app.0, count: 5, inputs: &["letter"], outputs: &["answer"], ..NONE }).await;
    make(&desk, Made { app: &other.0, from: 5, count: 5, inputs: &["picture"], outputs: &["answer"], ..NONE }).await;
    let mut named = run(app);
    named.head.id = id_at(STARTED + 20 * 3_600_000);
    named.head.title = "the lease".into();
    named.outputs = serde_json::from_value(json!({ "risk": 1 })).expect("an object");
    let lease = desk.keep(named).await;
    let of = async |of: ExportOf| desk.out.variables(&of).await.expect("read");
    let search = async |search: Search| of(ExportOf::Search { search }).await;

    let (review, others) = (app.0.as_str(), other.0.as_str());
    let all = search(Search::default()).await;
    let of_review = (review, vec!["question", "document", "deep", "letter"], vec!["risk", "answer"]);
    let of_other = (others, vec!["picture"], vec!["answer"]);
    assert_eq!(told(&all), [of_review.clone(), of_other.clone()], "all apps that have runs, as they are listed");

    let narrowed = RunFilter { apps: vec![other.clone(), none], ..RunFilter::default() };
    assert_eq!(told(&search(Search { filter: narrowed, ..Search::default() }).await), std::slice::from_ref(&of_other));
    let words = Search { text: "lease".into(), ..Search::default() };
    assert_eq!(told(&search(words).await), [of_review], "an app in which nothing is found has no column");
    assert!(search(Search { text: "nowhere".into(), ..Search::default() }).await.is_empty());

    let picked = of(ExportOf::Runs { runs: vec![lease, RunId("gone".into())] }).await;
    assert_eq!(told(&picked), [(review, vec!["question", "document", "deep"], vec!["risk"])], "and no more than these");
}

#[tokio::test]
async fn a_column_of_one_app_is_empty_for_runs_of_another() {
    let desk = Desk::new().await;
    let (app, other) = (&desk.app("Review").await, &desk.app("Other").await);
    make(&desk, Made { app: &app.0, count: 1, inputs: &["text"], outputs: &["answer"], ..NONE }).await;
    make(&desk, Made { app: &other.0, from: 1, count: 1, inputs: &["text"], outputs: &["answer"], ..NONE }).await;
    let input = |app: Option<&AppId>| ExportColumn::Input { app: app.cloned(), variable: "text".into() };
    let output = |app: &AppId| ExportColumn::Output { app: Some(app.clone()), variable: "answer".into() };
    let columns = vec![
        headed(ExportColumn::App, "App"),
        headed(input(Some(app)), "Text (Review)"),
        headed(output(app), "Answer (Review)"),
        headed(input(Some(other)), "Text (Other)"),
        headed(output(other), "Answer (Other)"),
        headed(input(None), "Text"),
    ];
    let of = ExportOf::Search { search: Search::default() };
    let path = desk.path("runs.csv");
    let export = Export { of, kind: ExportKind::Csv, columns, words: export_words() };
    desk.out.export(&export, &path).await.expect("done");
    let text = std::fs::read_to_string(&path).expect("text");
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(rows, ["Other,,,x,y,x", "Review,x,y,,,x"]);
}
