//! Many runs as a table that others read.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use flowdeck::{
    model::{
        event::AppEvent,
        history::{Contents, RunFilter, Search},
        out::{Export, ExportColumn, ExportKind, ExportOf},
        run::{RunId, RunStatus},
    },
    out::{Error, Find, Out},
};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::{Desk, STARTED, export_words, found, headed, id_at, run, zone};

fn columns() -> Vec<flowdeck::model::out::HeadedColumn> {
    use ExportColumn::*;
    vec![
        headed(Started, "Started"),
        headed(App, "App"),
        headed(Title, "Title"),
        headed(Name, "Name"),
        headed(Status, "Status"),
        headed(Duration, "Duration (s)"),
        headed(Tokens, "Tokens"),
        headed(Cost, "Cost (USD)"),
        headed(Input { app: None, variable: "question".into() }, "=Question"),
        headed(Input { app: None, variable: "document".into() }, "Document"),
        headed(Input { app: None, variable: "deep".into() }, "Deep"),
        headed(Output { app: None, variable: "answer".into() }, "Answer"),
        headed(Output { app: None, variable: "score".into() }, "Score"),
        headed(Output { app: None, variable: "file".into() }, "File"),
        headed(ExportColumn::Error, "Error"),
        headed(Note, "Note"),
        headed(Tags, "Tags"),
        headed(Details, "Details"),
    ]
}

fn export(of: ExportOf, kind: ExportKind) -> Export {
    Export { of, kind, columns: columns(), words: export_words() }
}

fn all() -> ExportOf {
    ExportOf::Search { search: Search::default() }
}

#[tokio::test]
async fn csv_is_read_back_and_none_of_it_is_a_formula() {
    let desk = Desk::new().await;
    let app = desk.app("=合同").await;
    let id = desk.full_run(&app).await;
    let path = desk.path("runs.csv");
    let done = desk.out.export(&export(ExportOf::Runs { runs: vec![id] }, ExportKind::Csv), &path).await.expect("done");
    assert_eq!((done.runs, done.cut, done.full), (1, 0, false));
    let bytes = std::fs::read(&path).expect("a file");
    assert!(bytes.starts_with("\u{feff}Started,App,".as_bytes()), "spreadsheets read Chinese by its mark");
    assert!(bytes.windows(2).filter(|pair| pair == b"\r\n").count() >= 2, "lines end as the standard says");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes["\u{feff}".len()..]);
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0][8], "'=Question", "a label of a form is a server's word, too");
    let wanted = [
        "2026-03-02 20:00:00",
        "'=合同",
        "合同.txt",
        "The lease",
        "Partly done",
        "64.5",
        "1234",
        "1.200042",
        "'=1+1 or what?",
        "合同.txt",
        "Yes",
    ];
    assert_eq!(rows[1][..11], wanted);
    assert!(rows[1][11].starts_with("# 摘要\n\n| a | b |"), "lines stay lines");
    assert_eq!(
        rows[1][12..],
        ["0.75", "digest.md", "one step went wrong", "ask Anna\nabout 7.2", "2026, 合同", "Complete"]
    );
}

#[tokio::test]
async fn a_spreadsheet_holds_times_and_numbers() {
    let desk = Desk::new().await;
    let app = desk.app("=合同").await;
    desk.full_run(&app).await;
    let mut long = run(&app);
    long.head.id = id_at(STARTED - 1000);
    long.outputs.insert("answer".into(), "长".repeat(40_000).into());
    long.outputs.insert("score".into(), json!(12_345_678_901_234_567_890_u64));
    desk.keep(long).await;
    let path = desk.path("runs.xlsx");
    let done = desk.out.export(&export(all(), ExportKind::Xlsx), &path).await.expect("done");
    assert_eq!((done.runs, done.cut, done.full), (2, 1, false));
    let mut book: Xlsx<_> = open_workbook(&path).expect("a workbook");
    let sheet = book.worksheet_range("Runs").expect("its sheet");
    assert_eq!(sheet.height(), 3);
    let at = |row: u32, column: u32| sheet.get_value((row, column)).expect("a cell").clone();
    let Data::DateTime(time) = at(1, 0) else { panic!("{:?}", at(1, 0)) };
    assert_eq!(time.to_ymd_hms_milli(), (2026, 3, 2, 20, 0, 0, 0), "as clocks here showed it");
    assert_eq!(at(1, 1), Data::String("=合同".into()), "text is text here");
    assert_eq!([at(1, 5), at(1, 6), at(1, 7)], [Data::Float(64.5), Data::Float(1234.0), Data::Float(1.200_042)]);
    assert_eq!(at(0, 8), Data::String("=Question".into()));
    assert_eq!(at(2, 12), Data::String("12345678901234567890".into()), "a long number keeps its digits");
    let Data::String(cut) = at(2, 11) else { panic!("{:?}", at(2, 11)) };
    assert_eq!(cut.chars().count(), 32_767);
    assert!(cut.ends_with("… (cut)"), "and says so");
}

#[tokio::test]
async fn lines_hold_whole_runs() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let id = desk.full_run(&app).await;
    let path = desk.path("runs.jsonl");
    desk.out.export(&export(all(), ExportKind::JsonLines), &path).await.expect("done");
    let text = std::fs::read_to_string(&path).expect("text");
    let line: serde_json::Value = serde_json::from_str(text.trim()).expect("one line of JSON");
    let run: flowdeck::model::run::Run = serde_json::from_value(line["run"].clone()).expect("a run");
    assert_eq!(run, desk.store.run(&id).await.expect("a run"));
    assert_eq!((&line["app"], &line["remarks"]["name"]), (&json!("Review"), &json!("The lease")));
    assert_eq!(line["costs"], json!([{ "currency": "USD", "amount": "1.200042" }]));
}

#[tokio::test]
async fn a_run_of_which_only_the_list_of_the_server_tells_says_so() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let mut listed = run(&app);
    (listed.inputs, listed.outputs, listed.steps, listed.texts) = Default::default();
    let id = desk.keep_as(listed, Contents::Head).await;
    let export = |kind| {
        let mut export = export(ExportOf::Runs { runs: vec![id.clone()] }, kind);
        export.columns.retain(|column| column.column == ExportColumn::Details);
        export
    };
    let path = desk.path("runs.csv");
    desk.out.export(&export(ExportKind::Csv), &path).await.expect("done");
    assert_eq!(std::fs::read_to_string(&path).expect("text"), "\u{feff}Details\r\nOnly listed\r\n");
    let path = desk.path("runs.xlsx");
    desk.out.export(&export(ExportKind::Xlsx), &path).await.expect("done");
    let mut book: Xlsx<_> = open_workbook(&path).expect("a workbook");
    let sheet = book.worksheet_range("Runs").expect("its sheet");
    assert_eq!(sheet.get_value((1, 0)), Some(&Data::String("Only listed".into())));
    let path = desk.path("runs.jsonl");
    desk.out.export(&export(ExportKind::JsonLines), &path).await.expect("done");
    let line: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("text")).expect("one line of JSON");
    assert_eq!(line["contents"], "head", "other programs are told by a word that never changes");
}

/// Puts many runs into a store, past it: one by one they would take a minute.
async fn many(desk: &Desk, app: &str, count: u32) {
    let file = std::fs::read_dir(desk.folder.path()).expect("read").map(|entry| entry.expect("an entry").path());
    let file =
        file.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "db" || ending == "sqlite"));
    let file = file.expect("the store's file").display().to_string();
    let mut database = SqliteConnection::connect(&format!("sqlite://{file}")).await.expect("opened");
    for sql in [
        "INSERT INTO run (id, app_id, title, status, started_at) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 \
         FROM n WHERE i + 1 < ?1) SELECT printf('01980000-0000-7000-8000-%012x', i), ?2, 'run ' || i, 'failed', i FROM n",
        "INSERT INTO run_body (run_id, entries, inputs, outputs, notices) SELECT id, '{}', '[]', '{\"answer\":\"x\"}', \
         '[]' FROM run WHERE app_id = ?2 AND ?1 > 0",
    ] {
        sqlx::query(sql).bind(count).bind(app).execute(&mut database).await.expect("written");
    }
    database.close().await.expect("closed");
}

/// How runs are found, counted.
fn counted(desk: &Desk, pages: &Arc<AtomicUsize>, largest: &Arc<AtomicU32>) -> Find {
    let (find, pages, largest) = (found(&desk.store), Arc::clone(pages), Arc::clone(largest));
    Arc::new(move |search, after, limit| {
        pages.fetch_add(1, Ordering::Relaxed);
        largest.fetch_max(limit, Ordering::Relaxed);
        find(search, after, limit)
    })
}

#[tokio::test]
async fn twenty_thousand_runs_are_never_in_memory_together() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    many(&desk, &app.0, 20_000).await;
    let (pages, largest, told) = (Arc::default(), Arc::default(), Arc::new(AtomicU32::new(0)));
    let heard = Arc::clone(&told);
    let emit = Arc::new(move |event| {
        if let AppEvent::ExportChanged { runs } = event {
            heard.fetch_max(runs, Ordering::Relaxed);
        }
    });
    let out = Out::new(desk.store.clone(), emit, desk.path("runs"), counted(&desk, &pages, &largest)).in_zone(zone());
    for (kind, name) in [(ExportKind::Csv, "a.csv"), (ExportKind::Xlsx, "a.xlsx")] {
        pages.store(0, Ordering::Relaxed);
        let done = out.export(&export(all(), kind), &desk.path(name)).await.expect("done");
        assert_eq!(done.runs, 20_000);
        assert_eq!(pages.load(Ordering::Relaxed), 200, "a hundred at a time");
    }
    assert_eq!(largest.load(Ordering::Relaxed), 100);
    assert_eq!(told.load(Ordering::Relaxed), 20_000, "the page hears how far it is");
    let mut reader = csv::Reader::from_path(desk.path("a.csv")).expect("a file");
    let titles: Vec<String> = reader.records().map(|row| row.expect("a row")[2].to_owned()).collect();
    assert_eq!(titles.len(), 20_000);
    assert_eq!((titles[0].as_str(), titles[19_999].as_str()), ("run 19999", "run 0"), "newest first, none twice");
    let mut book: Xlsx<_> = open_workbook(desk.path("a.xlsx")).expect("a workbook");
    assert_eq!(book.worksheet_range("Runs").expect("its sheet").height(), 20_001);
}

#[tokio::test]
async fn only_runs_that_meet_the_filter_are_written() {
    let desk = Desk::new().await;
    let (app, other) = (desk.app("Review").await, desk.app("Other").await);
    for (place, (app, status, tokens)) in (0..).zip([
        (&app, RunStatus::Succeeded, Some(10)),
        (&app, RunStatus::Failed, Some(200)),
        (&other, RunStatus::Failed, Some(300)),
        (&app, RunStatus::Failed, None),
    ]) {
        let mut run = run(app);
        run.head.id = id_at(STARTED + place);
        run.head.started_at += place;
        run.head.title = format!("run {place}");
        (run.head.status, run.head.total_tokens) = (status, tokens);
        desk.keep(run).await;
    }
    let titles = async |filter: RunFilter| {
        let of = ExportOf::Search { search: Search { filter, ..Search::default() } };
        let path = desk.path("filtered.csv");
        desk.out.export(&export(of, ExportKind::Csv), &path).await.expect("done");
        let mut reader = csv::Reader::from_path(path).expect("a file");
        reader.records().map(|row| row.expect("a row")[2].to_owned()).collect::<Vec<_>>()
    };
    let failed = vec![RunStatus::Failed];
    let of_app = RunFilter { apps: vec![app.clone()], statuses: failed.clone(), ..RunFilter::default() };
    assert_eq!(titles(of_app).await, ["run 3", "run 1"]);
    let costly = RunFilter { min_tokens: Some(200), max_tokens: Some(299), ..RunFilter::default() };
    assert_eq!(titles(costly).await, ["run 1"]);
    let later = RunFilter { after: Some(STARTED + 2), before: Some(STARTED + 3), ..RunFilter::default() };
    assert_eq!(titles(later).await, ["run 2"], "from then on, and before then");
    let starred = RunFilter { starred: Some(true), tags: vec!["x' OR 1".into()], ..RunFilter::default() };
    assert!(titles(starred).await.is_empty());
    let words = Search { text: "\"run 3\"".into(), ..Search::default() };
    let words = export(ExportOf::Search { search: words }, ExportKind::Csv);
    desk.out.export(&words, &desk.path("words.csv")).await.expect("done");
    let mut reader = csv::Reader::from_path(desk.path("words.csv")).expect("a file");
    let found: Vec<_> = reader.records().map(|row| row.expect("a row")[2].to_owned()).collect();
    assert_eq!(found, ["run 3"], "and those in which the words stand");
}

#[tokio::test]
async fn an_export_that_is_stopped_leaves_what_was_there() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    desk.full_run(&app).await;
    let path = desk.path("runs.csv");
    std::fs::write(&path, "an earlier one").expect("written");
    // The search never answers: whoever stops does not wait for it.
    let asked = Arc::new(tokio::sync::Notify::new());
    let tell = Arc::clone(&asked);
    let find: Find = Arc::new(move |_, _, _| {
        tell.notify_one();
        Box::pin(std::future::pending())
    });
    let out = Arc::new(Out::new(desk.store.clone(), Arc::new(|_| ()), desk.path("runs"), find));
    let going = tokio::spawn({
        let (out, path) = (Arc::clone(&out), path.clone());
        async move { out.export(&export(all(), ExportKind::Csv), &path).await }
    });
    asked.notified().await;
    out.stop_exporting();
    assert!(matches!(going.await.expect("it ends"), Err(Error::Cancelled)));
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "an earlier one");
    let parts = std::fs::read_dir(desk.folder.path()).expect("read");
    let parts =
        parts.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().contains(".part")));
    assert_eq!(parts.count(), 0, "nothing half is left");
}

#[tokio::test]
async fn runs_that_are_gone_are_left_out() {
    let desk = Desk::new().await;
    let id = desk.full_run(&desk.app("Review").await).await;
    let of = ExportOf::Runs { runs: vec![RunId("gone".into()), id.clone(), id] };
    let done = desk.out.export(&export(of, ExportKind::Csv), &desk.path("a.csv")).await.expect("done");
    assert_eq!(done.runs, 1, "and none stands there twice");
}

#[tokio::test]
async fn what_runs_hold_can_be_a_column() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    desk.full_run(&app).await;
    let search = Search { filter: RunFilter { apps: vec![app], ..RunFilter::default() }, ..Search::default() };
    let found = desk.out.variables(&ExportOf::Search { search }).await.expect("read").remove(0);
    assert_eq!(found.outputs, ["answer", "score", "file"]);
    let inputs: Vec<&str> = found.inputs.iter().map(|input| input.label.as_str()).collect();
    assert_eq!(inputs, ["Question", "Document", "Deep"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_comes_while_a_table_gets_its_name_says_what_became_of_it() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    for at in 0..40 {
        let mut run = run(&app);
        run.head.id = id_at(STARTED + at);
        let noise: String = (0..1000).map(|_| uuid::Uuid::new_v4().simple().to_string()).collect();
        run.outputs.insert("answer".into(), noise.into());
        desk.keep(run).await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("runs.xlsx");
    let parts = || {
        let entries = std::fs::read_dir(folder.path()).expect("read").flatten();
        let parts = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".part"));
        parts.filter_map(|part| Some(part.metadata().ok()?.len())).collect::<Vec<_>>()
    };
    let export = export(all(), ExportKind::Xlsx);
    let stop = async {
        // A sheet is put together at the end.
        while parts().iter().all(|length| *length == 0) {
            tokio::task::yield_now().await;
        }
        desk.out.stop_exporting();
    };
    let (exported, ()) = tokio::join!(desk.out.export(&export, &target), stop);
    while !parts().is_empty() {
        tokio::task::yield_now().await;
    }
    match exported {
        Ok(done) => assert!(target.exists(), "said to be there: {done:?}"),
        Err(error) => {
            assert!(matches!(error, Error::Cancelled), "{error:?}");
            assert!(!target.exists(), "who was told that it stopped finds no table");
        }
    }
}
