//! What becomes of the store when its file, its disk or its computer fails: real files, another process, and (for
//! whom the system lets) a disk of its own that is full or read-only.

#[path = "../house/mod.rs"]
mod house;
#[path = "../house/disk.rs"]
mod small_disk;

mod damage;
mod disk;
mod held;
mod searched;
mod values;

use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use flowdeck::{
    model::{
        app::{AppId, Branding, KeyState, Origin},
        capability::ServerFacts,
        form::{Entries, Form},
        run::{Run, RunHead, RunId, RunStatus, ServerIds, Step, StepStatus, TextPart},
    },
    store::{Error, NewApp, RunSave, Store},
};

/// Enough for a few hundred pages.
const RUNS: usize = 120;

fn head(id: &str, app: &str) -> RunHead {
    RunHead {
        title: "Lease 租约".into(),
        finished_at: Some(1_795_245_620_000),
        server: ServerIds { run_id: Some(format!("server-{id}")), ..ServerIds::default() },
        ..RunHead::new(RunId(id.into()), AppId(app.into()), RunStatus::Succeeded, 1_795_245_619_000)
    }
}

fn run(id: &str, app: &str) -> Run {
    flowdeck::runs::fold::new_run(head(id, app), Vec::new())
}

fn step(order: u32) -> Step {
    serde_json::from_value(serde_json::json!({
        "id": format!("s{order}"), "nodeId": "n", "nodeType": "code", "title": "步骤", "status": StepStatus::Succeeded,
        "order": order, "parent": null, "round": null, "roundsBegun": null, "roundsTotal": null, "startedAt": 5,
        "finishedAt": 6, "elapsed": null, "tokens": null, "price": null, "currency": null, "tries": [],
        "inputs": {"a": "x".repeat(300)}, "processData": null, "outputs": null, "error": null, "agentLog": [],
        "reasoning": "",
    }))
    .expect("a step")
}

async fn add_app(store: &Store, id: &str) {
    let new = NewApp {
        id: &AppId(id.into()),
        origin: Origin::Server,
        demo_slug: None,
        base_url: "https://dify.example/v1",
        user: "flowdeck-1",
        key: KeyState::Keychain,
        plain_http_accepted: false,
        server_version: None,
        facts: &ServerFacts::default(),
        branding: &Branding { title: "合同 Review".into(), ..Branding::default() },
        icon_from: None,
        form: &Form::default(),
        speech: None,
        at: 1,
    };
    store.add_app(new).await.expect("added");
}

fn whole_save(id: &str, app: &str) -> RunSave {
    let text = format!("Text of {id}. ").repeat(60);
    RunSave {
        head: Some(head(id, app)),
        steps: (0..3).map(step).collect(),
        texts: vec![TextPart { source: "llm.text".into(), text }],
        outputs: serde_json::json!({"text": id}).as_object().cloned(),
        ..RunSave::default()
    }
}

/// A store with two apps and their runs, closed as the program closes it.
async fn filled(folder: &Path) {
    let store = Store::open(folder).await.expect("a new store");
    for app in ["a", "b"] {
        add_app(&store, app).await;
    }
    for n in 0..RUNS {
        let (id, app) = (format!("r{n:04}"), if n % 2 == 0 { "a" } else { "b" });
        store.add_run(&run(&id, app), &Entries::new(), &Form::default()).await.expect("added");
        store.save_run(&RunId(id.clone()), &whole_save(&id, app)).await.expect("saved");
    }
    store.close().await;
}

/// Everything that lists and pages show; the runs that were read.
async fn all_of(store: &Store) -> Result<Vec<Run>, Error> {
    store.apps().await?;
    let mut runs = Vec::new();
    let mut before = None;
    loop {
        let page = store.run_page(None, before.as_ref(), 50).await?;
        for head in page.runs {
            runs.push(store.run(&head.id).await?);
        }
        before = page.next;
        if before.is_none() {
            return Ok(runs);
        }
    }
}

fn spoil(file: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(file).expect("the database");
    file.seek(SeekFrom::Start(at)).expect("a place");
    file.write_all(bytes).expect("spoilt");
}

#[tokio::test]
async fn runs_stay_in_the_order_they_began_when_the_clock_goes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    add_app(&store, "a").await;
    // Begun when the clock stood in the year 2100.
    let future = "03bbb000-0000-7000-8000-000000000001";
    store.add_run(&run(future, "a"), &Entries::new(), &Form::default()).await.expect("added");
    let mut before = RunId(future.into());
    for n in 0..50 {
        if n == 25 {
            // Nothing but what is stored is known then.
            assert!(store.new_run_id().await.expect("an id") > before);
        }
        let id = store.new_run_id().await.expect("an id");
        assert!(id > before, "{id:?} begins after {before:?}");
        store.add_run(&run(&id.0, "a"), &Entries::new(), &Form::default()).await.expect("added");
        before = id;
    }
    store.close().await;
    let store = Store::open(folder.path()).await.expect("a store");
    let next = store.new_run_id().await.expect("an id");
    assert!(next > before, "also after a start");
    store.add_run(&run(&next.0, "a"), &Entries::new(), &Form::default()).await.expect("added");
    assert_eq!(store.run_page(None, None, 1).await.expect("a page").runs[0].id, next, "newest first");
}

#[tokio::test]
async fn the_log_beside_the_database_does_not_grow_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    add_app(&store, "a").await;
    store.add_run(&run("r", "a"), &Entries::new(), &Form::default()).await.expect("added");
    let piece = TextPart { source: "t".into(), text: "x".repeat(1024 * 1024) };
    for _ in 0..60 {
        let save = RunSave { texts: vec![piece.clone()], ..RunSave::default() };
        store.save_run(&RunId("r".into()), &save).await.expect("saved");
    }
    let log = fs::metadata(folder.path().join("flowdeck.db-wal")).map_or(0, |found| found.len());
    assert!(log <= 17 * 1024 * 1024, "{log} bytes of log for 60 MiB of text");
    store.close().await;
    assert!(!folder.path().join("flowdeck.db-wal").exists(), "a clean end leaves none");
}
