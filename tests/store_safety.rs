//! What becomes of the store when its file, its disk or its computer fails: real files, another process, and (for
//! whom the system lets) a disk of its own that is full or read-only.

mod house;

use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flowdeck::{
    demo::DemoServer,
    model::{
        app::{AppId, Branding, KeyState, Origin},
        capability::ServerFacts,
        event::AppEvent,
        failure::{Failure, FailureCode},
        form::{Entries, Entry, Form},
        run::{Notice, Run, RunHead, RunId, RunStatus, ServerIds, Step, StepStatus, TextPart},
    },
    store::{Error, NewApp, RunSave, Store},
};
use house::House;

/// Enough for a few hundred pages.
const RUNS: usize = 120;

fn head(id: &str, app: &str) -> RunHead {
    RunHead {
        id: RunId(id.into()),
        app_id: AppId(app.into()),
        title: "Lease 租约".into(),
        status: RunStatus::Succeeded,
        started_at: 1_795_245_619_000,
        finished_at: Some(1_795_245_620_000),
        elapsed: None,
        total_tokens: None,
        total_steps: None,
        error: None,
        contact: None,
        server: ServerIds { run_id: Some(format!("server-{id}")), ..ServerIds::default() },
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
        form: &Form::default(),
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
async fn damage_anywhere_is_noticed_and_what_can_be_read_is_brought_over() {
    let model = tempfile::tempdir().expect("a folder");
    filled(model.path()).await;
    let whole = fs::read(model.path().join("flowdeck.db")).expect("the database");
    let pages = whole.len() as u64 / 4096;
    assert!(pages > 100, "{pages} pages are too few to spoil");
    let places = [(0, "header"), (1, "second page")];
    let places = places.into_iter().chain((1..20).map(|n| (pages * n / 20, "page"))).chain([(pages - 1, "last page")]);
    let (mut mended, mut lost) = (0, 0);
    for (page, what) in places {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("flowdeck.db");
        fs::write(&file, &whole).expect("copied");
        spoil(&file, page * 4096, &[0xA5; 4096]);
        // What meets the damage first may be the opening or the reading; either way the next start knows.
        if let Ok(store) = Store::open(folder.path()).await {
            match all_of(&store).await {
                Ok(_) | Err(Error::Damaged) => {}
                Err(other) => panic!("{what} {page}: damage is told as damage: {other:?}"),
            }
            let aside = store.set_aside().cloned();
            store.close().await;
            if aside.is_none() {
                // A kill leaves the same suspicion.
                fs::write(folder.path().join("flowdeck.suspect"), "").expect("noted");
            }
        }
        let store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("{what} {page}: {error}"));
        let runs = all_of(&store).await.unwrap_or_else(|error| panic!("{what} {page}: not mended: {error}"));
        let has_aside = folder.path().join("flowdeck.damaged-1.db").exists();
        if page == 0 {
            // Without its first page nothing says where anything is.
            assert!(has_aside, "{what}: kept");
            continue;
        }
        assert!(has_aside || runs.len() == RUNS, "{what} {page}: {} runs and nothing kept aside", runs.len());
        if let Some(aside) = store.set_aside() {
            assert_eq!(aside.runs as usize, runs.len(), "{what} {page}: what is said is true");
        }
        if runs.len() * 10 >= RUNS * 8 {
            mended += 1;
        }
        if runs.is_empty() {
            // A page that says where everything is.
            lost += 1;
            continue;
        }
        let apps = store.apps().await.expect("the apps");
        assert!(apps.len() == 2 || runs.len() == RUNS, "{what} {page}: {} apps, {} runs", apps.len(), runs.len());
        // And it is a store like any other.
        store.add_run(&run("z", "a"), &Entries::new(), &Form::default()).await.expect("a new run");
        store.close().await;
    }
    assert!(mended >= 18, "only {mended} of 21 damages left four fifths of the runs");
    assert!(lost <= 3, "{lost} damages left nothing");
}

#[tokio::test]
async fn files_that_are_no_databases_are_kept_aside() {
    for what in ["cut", "emptied", "folder", "text"] {
        let folder = tempfile::tempdir().expect("a folder");
        filled(folder.path()).await;
        let file = folder.path().join("flowdeck.db");
        fs::create_dir_all(folder.path().join("runs/r0001")).expect("results of a run");
        match what {
            "cut" => {
                let length = fs::metadata(&file).expect("a file").len();
                OpenOptions::new().write(true).open(&file).expect("a file").set_len(length / 2).expect("cut");
            }
            "emptied" => fs::write(&file, "").expect("emptied"),
            "folder" => {
                fs::remove_file(&file).expect("removed");
                fs::create_dir(&file).expect("a folder in its place");
            }
            _ => fs::write(&file, "no database at all ".repeat(900)).expect("written"),
        }
        let mut store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        if all_of(&store).await.is_err() {
            // Found out while reading: the next start mends it.
            store.close().await;
            store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        let aside = store.set_aside().cloned().unwrap_or_else(|| panic!("{what}: it is said"));
        assert!(folder.path().join(&aside.file).exists(), "{what}: nothing is deleted");
        let runs = all_of(&store).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(runs.len() as u64, aside.runs, "{what}");
        assert!(!aside.whole || what != "cut", "{what}: something is missing");
        add_app(&store, "new").await;
        store.close().await;
        let again = Store::open(folder.path()).await.expect("opened");
        assert!(again.set_aside().is_none(), "{what}: said once");
    }
}

#[tokio::test]
async fn a_log_of_garbage_does_not_harm_what_is_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path()).await;
    fs::write(folder.path().join("flowdeck.db-wal"), [0x5A; 40_000]).expect("written");
    let store = Store::open(folder.path()).await.expect("opened");
    assert_eq!(all_of(&store).await.expect("read").len(), RUNS);
    assert!(store.set_aside().is_none(), "SQLite knows its own log by its sums");
}

#[tokio::test]
async fn an_end_in_the_midst_of_mending_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path()).await;
    let (file, fresh) = (folder.path().join("flowdeck.db"), folder.path().join("flowdeck.new.db"));
    fs::write(&fresh, "half a database").expect("written");
    let store = Store::open(folder.path()).await.expect("opened");
    assert_eq!(all_of(&store).await.expect("read").len(), RUNS, "the old one still stands");
    assert!(!fresh.exists(), "the unfinished one goes");
    store.close().await;
    // Later: the old one was moved aside, the new one had not taken its place yet.
    fs::rename(&file, &fresh).expect("moved");
    let store = Store::open(folder.path()).await.expect("opened");
    assert_eq!(all_of(&store).await.expect("read").len(), RUNS, "the new one is whole by then");
}

#[tokio::test]
async fn one_bad_value_keeps_no_list_from_being_read() {
    use sqlx::{Connection, Executor};
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path()).await;
    let url = format!("sqlite://{}", folder.path().join("flowdeck.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opened");
    for sql in [
        "UPDATE run SET error = '{oh' WHERE id = 'r0003'",
        "UPDATE run_body SET outputs = '{\"a' WHERE run_id = 'r0004'",
        "UPDATE step SET step = 'x' WHERE run_id = 'r0005' AND position = 1",
        "UPDATE app SET branding = '?' WHERE id = 'b'",
    ] {
        database.execute(sql).await.expect("spoilt");
    }
    database.close().await.expect("closed");
    let store = Store::open(folder.path()).await.expect("opened");
    assert!(matches!(all_of(&store).await, Err(Error::Damaged)), "it is met, and noted");
    store.close().await;
    let store = Store::open(folder.path()).await.expect("opened");
    let runs = all_of(&store).await.expect("put in order at the next start");
    assert_eq!((runs.len(), store.apps().await.expect("the apps").len()), (RUNS, 2));
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

/// Another process that holds the database until it is let go.
struct Holder {
    child: Child,
}

const HOLD: &str = "FLOWDECK_HOLD_DATABASE";

impl Holder {
    fn of(file: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "the_process_that_holds_the_database", "--nocapture"])
            .env(HOLD, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(child.stdout.as_mut().expect("a pipe")).lines();
        assert!(lines.any(|line| line.is_ok_and(|line| line.contains("held"))), "it is held");
        Self { child }
    }

    fn let_go(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("gone").success());
    }
}

/// Not a test of its own: what a [`Holder`] runs.
#[tokio::test]
#[allow(clippy::print_stdout, reason = "how the process speaks to the test")]
async fn the_process_that_holds_the_database() {
    use sqlx::{Connection, Executor};
    let Some(file) = std::env::var_os(HOLD) else { return };
    let url = format!("sqlite://{}?mode=rwc", Path::new(&file).display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.expect("opened");
    database.execute("BEGIN EXCLUSIVE").await.expect("held");
    println!("\nheld");
    let _ = std::io::stdin().read_to_string(&mut String::new());
    database.execute("COMMIT").await.expect("let go");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_while_another_program_holds_the_database() {
    let server = DemoServer::start().await.expect("the demo starts");
    let mut house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    // Slow enough to be still running when the other program is there.
    let entries = [("name", "Eva"), ("department", "Legal"), ("pace", "0.5"), ("events", "success")];
    let entries: Entries =
        entries.into_iter().map(|(variable, value)| (variable.to_owned(), Entry::Text(value.into()))).collect();
    let file = house.folder.path().join("flowdeck.db");
    let id = house.start(&app, entries.clone()).await.expect("started");
    let holder = Holder::of(&file);
    let said = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let event = house.events.recv().await.expect("the house stands");
            if let AppEvent::RunChanged { patch } = &event
                && let Some(notices) = &patch.notices
                && let Some(Notice::NotSaved { reason }) =
                    notices.iter().find(|notice| matches!(notice, Notice::NotSaved { .. }))
            {
                return *reason;
            }
        }
    });
    assert_eq!(said.await.expect("it is said"), FailureCode::StoreLocked, "in a word of its own");
    // A run that cannot be written down is not asked for.
    let refused = house.start(&app, entries).await.expect_err("not begun");
    assert_eq!(Failure::from(refused).code, FailureCode::StoreLocked);
    holder.let_go();
    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "{:?}", run.head.error);
    assert!(run.steps.len() > 5 && !run.outputs.is_empty(), "nothing of the time in between is missing");
}

#[tokio::test]
async fn a_start_that_only_reads_is_not_kept_waiting_by_another_program() {
    let folder = tempfile::tempdir().expect("a folder");
    filled(folder.path()).await;
    let holder = Holder::of(&folder.path().join("flowdeck.db"));
    let store = Store::open(folder.path()).await.expect("there is nothing to write yet");
    assert_eq!(all_of(&store).await.expect("read").len(), RUNS);
    holder.let_go();
}

#[tokio::test]
async fn a_start_that_has_to_write_waits_for_another_program_and_says_when_it_is_too_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let holder = Holder::of(&folder.path().join("flowdeck.db"));
    let began = Instant::now();
    let error = Store::open(folder.path()).await.expect_err("held");
    assert!(matches!(error, Error::Locked), "{error:?}");
    assert!(began.elapsed() >= Duration::from_secs(4), "it might have been over in a moment");
    let opening = tokio::spawn({
        let folder = folder.path().to_owned();
        async move { Store::open(&folder).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    holder.let_go();
    let store = opening.await.expect("no panic").expect("opened as soon as it was free");
    assert!(all_of(&store).await.expect("read").is_empty(), "a new one");
}

/// A disk of its own, where the system lets this user make one.
struct Disk(tempfile::TempDir);

impl Disk {
    #[allow(clippy::print_stderr, reason = "a test that could not be done is said")]
    fn of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let options = format!("size={size}");
        let made = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        if made.is_ok_and(|made| made.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: this user may not mount a disk");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read_only(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status().expect("mount");
        assert!(done.success(), "the disk is read-only now");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_harms_nothing() {
    let Some(disk) = Disk::of("3m") else { return };
    let store = Store::open(disk.path()).await.expect("a store");
    add_app(&store, "a").await;
    store.add_run(&run("r", "a"), &Entries::new(), &Form::default()).await.expect("added");
    let filler = disk.path().join("filler");
    let mut file = fs::File::create(&filler).expect("a file");
    while file.write_all(&[0; 4096]).is_ok() {}
    let id = RunId("r".into());
    let save = RunSave {
        texts: vec![TextPart { source: "t".into(), text: "x".repeat(200_000) }],
        head: Some(head("r", "a")),
        ..RunSave::default()
    };
    let error = store.save_run(&id, &save).await.expect_err("no room");
    assert!(matches!(error, Error::DiskFull), "{error:?}");
    assert!(store.run(&id).await.expect("what was there can be read").texts.is_empty());
    drop(file);
    fs::remove_file(&filler).expect("room again");
    store.save_run(&id, &save).await.expect("saved at the next try");
    store.close().await;
    let store = Store::open(disk.path()).await.expect("opened");
    assert_eq!(store.run(&id).await.expect("read").texts[0].text.len(), 200_000);
    assert!(store.set_aside().is_none(), "a full disk damages nothing");
    store.close().await;
}

#[tokio::test]
async fn a_full_disk_at_the_start_is_said_and_nothing_is_set_aside() {
    let Some(disk) = Disk::of("1m") else { return };
    let mut file = fs::File::create(disk.path().join("filler")).expect("a file");
    while file.write_all(&[0; 4096]).is_ok() {}
    let error = Store::open(disk.path()).await.expect_err("no room");
    assert!(matches!(error, Error::DiskFull), "{error:?}");
}

#[tokio::test]
async fn a_read_only_disk_is_said() {
    let Some(disk) = Disk::of("3m") else { return };
    let store = Store::open(disk.path()).await.expect("a store");
    add_app(&store, "a").await;
    store.close().await;
    drop(store);
    disk.read_only();
    let error = Store::open(disk.path()).await.expect_err("read-only");
    assert!(matches!(error, Error::ReadOnly), "{error:?}");
}

/// Not run by itself: what `open::connect` says of its costs.
#[tokio::test]
#[allow(clippy::print_stderr, reason = "figures for whoever asks for them")]
async fn saving_costs_little_even_where_it_waits_for_the_disk() {
    let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder on a real disk");
    let store = Store::open(folder.path()).await.expect("a store");
    add_app(&store, "a").await;
    store.add_run(&run("r", "a"), &Entries::new(), &Form::default()).await.expect("added");
    let id = RunId("r".into());
    let light = RunSave { steps: vec![step(1)], ..RunSave::default() };
    let text = vec![TextPart { source: "t".into(), text: "x".repeat(400) }];
    let lasting = RunSave { head: Some(head("r", "a")), texts: text, ..light.clone() };
    for (what, save) in [("steps", light), ("what must outlive a power cut", lasting)] {
        let mut times = Vec::new();
        for _ in 0..200 {
            let began = Instant::now();
            store.save_run(&id, &save).await.expect("saved");
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        eprintln!("saving {what}: {:.2} ms p50, {:.2} ms p95", times[100], times[190]);
        assert!(times[100] < 200.0, "{what}: {:.1} ms is more than a run can wait for", times[100]);
    }
    store.close().await;
}
