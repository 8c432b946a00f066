//! A database of every schema there has been is brought up to date, and everything in it reads as it did: apps, runs,
//! drafts, saved inputs. A new migration comes with the rows that its program writes (`rows/`).

mod database;

use std::path::Path;

use flowdeck::{
    find::Find,
    model::{
        app::AppId,
        form::Entry,
        history::{RunFilter, Search},
        run::{Notice, Run, RunId, RunStatus},
    },
    store::Store,
};
use sqlx::Connection as _;

use database::{FIRST_RUN, connect, of_schema, rows, schemas};

async fn opened(folder: &Path, schema: i64) -> Store {
    of_schema(&folder.join("flowdeck.db"), schema).await;
    // What the runs name is there.
    let run = folder.join("runs").join(FIRST_RUN);
    std::fs::create_dir_all(&run).expect("a folder");
    std::fs::write(run.join("report.md"), "report").expect("written");
    Store::open(folder).await.unwrap_or_else(|error| panic!("schema {schema}: {error}"))
}

#[tokio::test]
async fn no_row_of_any_schema_is_lost_or_changed() {
    for schema in schemas().await {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("flowdeck.db");
        of_schema(&file, schema).await;
        let mut database = connect(&file).await;
        let before = rows(&mut database, None).await;
        database.close().await.expect("closed");
        assert!(before["run"].1.len() >= 3 && before["app"].1.len() == 3, "schema {schema} has rows to lose");
        let store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("schema {schema}: {error}"));
        assert!(store.set_aside().is_none(), "schema {schema} is not taken for a damaged database");
        store.close().await;
        let after = rows(&mut connect(&file).await, Some(&before)).await;
        for (table, rows) in &before {
            assert_eq!(&after[table], rows, "schema {schema}: {table}");
        }
    }
}

async fn whole_run(store: &Store, schema: i64) -> Run {
    let run = store.run(&RunId(FIRST_RUN.into())).await.expect("read");
    assert!(!run.notices.contains(&Notice::NotReadable), "schema {schema}: all of it is read");
    run
}

#[tokio::test]
async fn runs_of_every_schema_open_as_they_were() {
    for schema in schemas().await {
        let folder = tempfile::tempdir().expect("a folder");
        let store = opened(folder.path(), schema).await;
        let run = whole_run(&store, schema).await;
        assert_eq!((run.head.title.as_str(), run.head.status), ("Lease 租约", RunStatus::Succeeded), "schema {schema}");
        assert_eq!((run.head.elapsed, run.head.total_tokens), (Some(3.5), Some(1204)), "schema {schema}");
        assert_eq!(run.head.server.run_id.as_deref(), Some("server-1"), "schema {schema}");
        assert_eq!(run.inputs[0].value, "第一条 Article 1", "schema {schema}");
        let outputs = serde_json::json!({"summary": "押金 deposit", "n": 1.5});
        assert_eq!(serde_json::Value::from(run.outputs), outputs, "schema {schema}");
        let titles: Vec<_> = run.steps.iter().map(|step| step.title.as_str()).collect();
        assert_eq!(titles, ["开始", "LLM"], "schema {schema}");
        let text: String = run.texts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(text, "The deposit 押金 is due.", "schema {schema}");
        let files: Vec<_> = run.files.iter().map(|file| (file.name.as_str(), file.local.as_str())).collect();
        assert_eq!(files, [("report.md", "stored"), ("lost.md", "failed")], "schema {schema}");
        assert_eq!(run.unknown_events.len(), usize::from(schema >= 5), "schema {schema}");
        let page = store.run_page(None, None, 50).await.expect("a list");
        let expected = 3 + usize::from(schema >= 6) + usize::from(schema >= 9);
        assert_eq!(page.runs.len(), expected, "schema {schema}: every run is listed");
        let users: Vec<_> = page.runs.iter().filter_map(|head| head.server.user.as_deref()).collect();
        let waits = if schema == 6 || schema == 7 || schema == 8 { vec!["flowdeck-1", "u"] } else { Vec::new() };
        if !waits.is_empty() {
            assert_eq!(users, waits, "schema {schema}: runs that may go on belong to the user of their app");
        }
    }
}

#[tokio::test]
async fn apps_drafts_and_saved_inputs_of_every_schema_are_there() {
    let app = AppId("app-a".into());
    for schema in schemas().await {
        let folder = tempfile::tempdir().expect("a folder");
        let store = opened(folder.path(), schema).await;
        let apps = store.apps().await.expect("the apps");
        let named: Vec<_> = apps.iter().map(|stored| stored.app.branding.title.as_str()).collect();
        assert_eq!(named, ["合同 Review", "Every control"], "schema {schema}: and the one that left stays away");
        let stored = &apps[0];
        assert!(!stored.has_gaps, "schema {schema}: all of the app is read");
        assert_eq!(stored.app.form.fields[0].label, "合同 Contract", "schema {schema}");
        assert_eq!(stored.app.given_name.is_some(), schema >= 12, "schema {schema}");
        assert_eq!(stored.app.options.workflow_id.is_some(), schema >= 4, "schema {schema}");
        let filled = store.run_filled(&RunId(FIRST_RUN.into())).await.expect("what it was filled in with");
        assert_eq!(filled.entries["contract"], Entry::Text("第一条 Article 1".into()), "schema {schema}");
        let draft = store.draft(&app).await.expect("read");
        let entered = draft.and_then(|draft| draft.entries.get("contract").cloned());
        assert_eq!(entered, (schema >= 7).then(|| Entry::Text("half 半".into())), "schema {schema}");
        let presets: Vec<_> = store.presets(&app).await.expect("read").into_iter().map(|preset| preset.name).collect();
        assert_eq!(presets, if schema >= 7 { vec!["月结 Monthly".to_owned()] } else { Vec::new() }, "schema {schema}");
        let sent = store.sent(&RunId(FIRST_RUN.into())).await.expect("read");
        assert_eq!(sent.len(), usize::from(schema >= 14), "schema {schema}");
        assert_eq!(store.autoplay().await.expect("read"), schema < 16, "schema {schema}");
        assert_eq!(store.last_backup().await.expect("read").is_some(), schema >= 21, "schema {schema}");
    }
}

#[tokio::test]
async fn what_an_earlier_version_left_out_of_the_index_is_found() {
    let asked = r#"[{"form": {"nodeTitle": "Approve", "content": "Is subletting fine?"}, "askedAt": 1,
        "state": {"state": "open"}}]"#;
    // The first with an index, and the last that did not know of questions.
    for schema in [18, 23] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("flowdeck.db");
        of_schema(&file, schema).await;
        let mut database = connect(&file).await;
        sqlx::query("UPDATE run_body SET questions = ? WHERE run_id = ?")
            .bind(asked)
            .bind(FIRST_RUN)
            .execute(&mut database)
            .await
            .expect("a question");
        // That program had indexed all that there was.
        sqlx::query("DELETE FROM run_unindexed").execute(&mut database).await.expect("indexed");
        database.close().await.expect("closed");
        let store = Store::open(folder.path()).await.expect("opened");
        store.index_all().await.expect("indexed again");
        let search = Search { text: "subletting".into(), filter: RunFilter::default() };
        let page = Find::new(store).find(&search, None, 5).await.expect("a search is never an error");
        let found: Vec<_> = page.runs.iter().map(|run| run.head.id.0.as_str()).collect();
        assert_eq!(found, [FIRST_RUN], "schema {schema}");
    }
}
