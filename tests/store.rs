//! The store against real database files.

use flowdeck::{
    model::{
        app::{AppId, Branding, KeyState, Origin},
        capability::{Capability, ServerFacts, Support},
        file::{LocalCopy, RunFile},
        form::{Entries, Entry, Form},
        run::{
            InputShown, Notice, Run, RunHead, RunId, RunStatus, ServerIds, Step, StepStatus, TextPart, UnknownEvent,
        },
    },
    store::{AppSaid, NewApp, RunSave, Store, StoredFile},
};
use serde_json::json;

async fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(folder.path()).await.expect("a new store opens")
}

async fn add_app(store: &Store, id: &str) -> AppId {
    let id = AppId(id.into());
    store
        .add_app(NewApp {
            id: &id,
            origin: Origin::Server,
            demo_slug: None,
            base_url: "https://dify.example/v1",
            user: "flowdeck-1",
            key: KeyState::Keychain,
            plain_http_accepted: false,
            server_version: Some("1.12.1"),
            facts: &ServerFacts::default(),
            branding: &Branding { title: "合同 Review".into(), ..Branding::default() },
            icon_from: None,
            form: &Form::default(),
            speech: None,
            at: 1,
        })
        .await
        .expect("added");
    id
}

fn run(id: &str, app: &AppId) -> Run {
    Run {
        head: RunHead {
            title: "Lease".into(),
            server: ServerIds { trace_id: Some("t".into()), ..ServerIds::default() },
            ..RunHead::new(RunId(id.into()), app.clone(), RunStatus::Starting, 1_795_245_619_000)
        },
        inputs: vec![InputShown {
            variable: "text".into(),
            label: "Text".into(),
            value: json!("你好"),
            is_files: false,
            hidden: false,
        }],
        steps: vec![],
        texts: vec![],
        outputs: serde_json::Map::new(),
        files: vec![],
        notices: vec![],
        questions: Vec::new(),
        unknown_events: vec![],
    }
}

fn step(order: u32, status: StepStatus) -> Step {
    Step {
        id: format!("s{order}"),
        node_id: "n".into(),
        node_type: "code".into(),
        title: "步骤".into(),
        status,
        order,
        parent: None,
        round: None,
        predecessor: None,
        rounds_begun: None,
        rounds_total: None,
        started_at: 5,
        finished_at: None,
        elapsed: None,
        tokens: None,
        price: None,
        currency: None,
        tries: vec![],
        inputs: Some(json!({"a": 1})),
        process_data: None,
        outputs: None,
        truncated: vec![],
        error: None,
        error_strategy: None,
        completed_reason: None,
        agent_log: vec![],
        reasoning: String::new(),
        thinking: None,
    }
}

fn piece(source: &str, text: &str) -> TextPart {
    TextPart { source: source.into(), text: text.into() }
}

#[tokio::test]
async fn a_run_is_read_back_as_it_was_saved_piece_by_piece() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut expected = {
        let store = store(&folder).await;
        let app = add_app(&store, "a").await;
        let mut run = run("r1", &app);
        let entries = Entries::from([("text".into(), Entry::Text("你好".into()))]);
        store.add_run(&run, &entries, &Form::default()).await.expect("added");
        run.steps = vec![step(0, StepStatus::Succeeded), step(1, StepStatus::Running)];
        let first = RunSave {
            steps: vec![step(0, StepStatus::Running), step(1, StepStatus::Running)],
            texts: vec![piece("llm.text", "Hel"), piece("two.text", "x")],
            ..RunSave::default()
        };
        store.save_run(&run.head.id, &first).await.expect("saved");
        run.head.status = RunStatus::Succeeded;
        run.head.server.run_id = Some("8cbf0918".into());
        run.head.elapsed = Some(0.25);
        run.outputs = json!({"text": "Hello", "z": 1, "a": null}).as_object().expect("an object").clone();
        run.notices = vec![Notice::ServerWarning { message: "w".into() }];
        run.unknown_events =
            vec![UnknownEvent { name: "node_dreamt".into(), at: 7, data: Some(json!({"of": "电子羊"})) }];
        let second = RunSave {
            head: Some(run.head.clone()),
            steps: vec![step(0, StepStatus::Succeeded)],
            texts: vec![piece("llm.text", "lo")],
            outputs: Some(run.outputs.clone()),
            notices: Some(run.notices.clone()),
            questions: Some(run.questions.clone()),
            unknown_events: Some(run.unknown_events.clone()),
            ..RunSave::default()
        };
        store.save_run(&run.head.id, &second).await.expect("saved");
        let file = RunFile {
            index: 0,
            variable: "file".into(),
            name: "digest.md".into(),
            extension: "md".into(),
            mime_type: None,
            size: Some(12),
            local: LocalCopy::Stored,
            link: None,
        };
        let stored = StoredFile { file: file.clone(), stored_as: Some("digest.md".into()) };
        store.save_run_file(&run.head.id, &stored).await.expect("saved");
        run.files = vec![file];
        store.close().await;
        run
    };
    expected.texts = vec![piece("llm.text", "Hello"), piece("two.text", "x")];
    let again = store(&folder).await;
    let read = again.run(&expected.head.id).await.expect("read");
    assert_eq!(read, expected, "what was saved in pieces is one run again, outputs in their order");
    let keys: Vec<_> = read.outputs.keys().cloned().collect();
    assert_eq!(keys, ["text", "z", "a"], "the server's order is kept");
}

#[tokio::test]
async fn replaced_text_leaves_nothing_of_the_old() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let app = add_app(&store, "a").await;
    let run = run("r1", &app);
    store.add_run(&run, &Entries::new(), &Form::default()).await.expect("added");
    let id = &run.head.id;
    store.save_run(id, &RunSave { texts: vec![piece("a", "bad")], ..RunSave::default() }).await.expect("saved");
    let replaced = RunSave { replace_texts: true, texts: vec![piece("", "good")], ..RunSave::default() };
    store.save_run(id, &replaced).await.expect("saved");
    assert_eq!(store.run(id).await.expect("read").texts, [piece("", "good")]);
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat_while_runs_are_added() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let (one, two) = (add_app(&store, "a").await, add_app(&store, "b").await);
    for n in 0..25 {
        let app = if n % 2 == 0 { &one } else { &two };
        store.add_run(&run(&format!("r{n:02}"), app), &Entries::new(), &Form::default()).await.expect("added");
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = store.run_page(None, before.as_ref(), 10).await.expect("a page");
        seen.extend(page.runs.into_iter().map(|run| run.id.0));
        // A run that begins meanwhile must not shift the pages.
        store
            .add_run(&run(&format!("s{:02}", seen.len()), &one), &Entries::new(), &Form::default())
            .await
            .expect("added");
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    let expected: Vec<_> = (0..25).rev().map(|n| format!("r{n:02}")).collect();
    assert_eq!(seen, expected);
    let of_two = store.run_page(Some(&two), None, 100).await.expect("a page");
    assert_eq!((of_two.runs.len(), of_two.next), (12, None));
}

#[tokio::test]
async fn a_removed_app_keeps_its_runs_and_leaves_the_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let app = add_app(&store, "a").await;
    store.add_run(&run("r1", &app), &Entries::new(), &Form::default()).await.expect("added");
    store.remove_app(&app, 9).await.expect("removed");
    assert!(store.apps().await.expect("listed").is_empty());
    assert_eq!(store.run_page(Some(&app), None, 10).await.expect("a page").runs.len(), 1);
    assert_eq!(store.app(&app).await.expect("still known").app.branding.title, "合同 Review");
}

#[tokio::test]
async fn a_damaged_database_is_kept_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("flowdeck.db"), "no database at all, but long enough ".repeat(300))
        .expect("written");
    let store = store(&folder).await;
    assert!(store.apps().await.expect("a fresh one").is_empty());
    assert!(folder.path().join("flowdeck.damaged-1.db").exists(), "nothing is deleted");
}

#[tokio::test]
async fn no_key_column_exists_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    add_app(&store, "a").await;
    store.close().await;
    let schema = std::fs::read_to_string("src-tauri/migrations/0001_first.sql").expect("the schema");
    let columns = schema.lines().filter(|line| !line.trim_start().starts_with("--"));
    assert!(
        columns.clone().all(|line| !line.contains("api_key") && !line.contains("secret")),
        "keys live in the keychain only"
    );
}

#[tokio::test]
async fn a_full_database_is_told_from_other_failures() {
    use sqlx::{Connection, Executor};
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("x.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opened");
    database.execute("CREATE TABLE t (x); PRAGMA max_page_count = 3").await.expect("made");
    let error = database.execute("INSERT INTO t VALUES (zeroblob(100000))").await.expect_err("no page is left");
    let error = flowdeck::store::Error::from(error);
    assert!(matches!(error, flowdeck::store::Error::DiskFull), "{error:?}");
    database.execute("PRAGMA query_only = 1").await.expect("set");
    let error = database.execute("INSERT INTO t VALUES (1)").await.expect_err("read-only");
    let error = flowdeck::store::Error::from(error);
    assert!(matches!(error, flowdeck::store::Error::ReadOnly), "{error:?}");
}

#[tokio::test]
async fn what_a_server_has_shown_is_known_in_the_next_session() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let id = {
        let store = store(&folder).await;
        let id = add_app(&store, "a").await;
        let abilities = store.app(&id).await.expect("stored").app.abilities;
        assert!(abilities.iter().all(|ability| ability.support == Support::NotKnown), "nothing is known yet");
        let mut facts = ServerFacts { version: Some("1.12.1".into()), ..ServerFacts::default() };
        facts.learn(Capability::ServerLog, false);
        let (branding, form) = (Branding::default(), Form::default());
        let said = AppSaid {
            branding: &branding,
            icon_from: None,
            form: &form,
            speech: None,
            server_version: Some("1.12.1"),
            facts: &facts,
            at: 2,
        };
        store.refresh_app(&id, said).await.expect("kept");
        store.close().await;
        id
    };
    let stored = store(&folder).await.app(&id).await.expect("stored");
    let of =
        |capability| stored.app.abilities.iter().find(|ability| ability.capability == capability).map(|a| a.support);
    assert_eq!(of(Capability::ServerLog), Some(Support::No), "what it answered");
    assert_eq!(of(Capability::Site), Some(Support::Yes), "what its version hints at");
    assert_eq!(stored.facts.paths.len(), 1, "for the next client to go on with");
}

#[tokio::test]
async fn past_runs_tell_what_they_took_the_newest_first_and_only_those_with_a_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let (app, other) = (add_app(&store, "a").await, add_app(&store, "b").await);
    let ends = [
        ("r1", &app, RunStatus::Succeeded, Some(60.0), "v1", 14),
        ("r2", &app, RunStatus::Failed, Some(1.0), "v1", 2),
        ("r3", &app, RunStatus::Stopped, Some(2.0), "v1", 2),
        ("r4", &other, RunStatus::Succeeded, Some(3.0), "v1", 2),
        // No word of the server on how long it took: the clock here tells.
        ("r5", &app, RunStatus::PartlySucceeded, None, "v2", 0),
        ("r6", &app, RunStatus::Unknown, None, "v2", 1),
        ("r7", &app, RunStatus::Succeeded, Some(64.5), "v2", 15),
    ];
    for (id, app, status, elapsed, version, steps) in ends {
        let mut run = run(id, app);
        store.add_run(&run, &Entries::new(), &Form::default()).await.expect("added");
        run.head.status = status;
        run.head.elapsed = elapsed;
        run.head.finished_at = Some(run.head.started_at + 70_000);
        run.head.server.workflow_id = Some(version.into());
        let steps = (0..steps).map(|order| step(order, StepStatus::Succeeded)).collect();
        let save = RunSave { head: Some(run.head.clone()), steps, ..RunSave::default() };
        store.save_run(&run.head.id, &save).await.expect("saved");
    }
    let told = |limit: u32| {
        let (store, app) = (store.clone(), app.clone());
        async move {
            let past = store.past_runs(&app, Some("v2"), limit).await.expect("read");
            past.into_iter().map(|run| (run.took, run.steps, run.same_version)).collect::<Vec<_>>()
        }
    };
    assert_eq!(told(50).await, [(64_500, Some(15), true), (70_000, None, true), (60_000, Some(14), false)]);
    assert_eq!(told(1).await, [(64_500, Some(15), true)], "the newest tell most");
    let past = store.past_runs(&app, None, 50).await.expect("read");
    assert!(past.iter().all(|run| !run.same_version), "nobody knows yet which version it runs");
}
