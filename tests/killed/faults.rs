//! Kills in the midst of the demo server's faults: what the server knows afterwards is what the store says.

use std::time::{Duration, Instant};

use flowdeck::{
    demo::{DemoServer, Generation, Options},
    dify::{Client, Connection, Key},
    model::{
        app::App,
        form::{Entries, Entry},
        run::{Run, RunErrorCause, RunStatus},
    },
    store::Store,
};
use futures_util::future::join_all;
use url::Url;

use crate::{
    Dice,
    boundaries::{PATIENCE, tell},
    check::is_sound,
    program::{Account, Act, Asked, Orders, Program, take_up},
};

/// Each on a server of its own.
const FAULTS: &[&str] = &[
    "",
    "cut=0",
    "cut=13",
    "cut=1800",
    "cut=4097",
    "cut=20000",
    "stall=0",
    "stall=1800",
    "stall=9000",
    "reset=20",
    "reset=1801",
    "reset=9000",
    "revoked=3000",
    "garbage",
    "drip=0",
    "duplicate",
    "reorder",
    "held-back",
    "gzip",
    "no-finish",
    "error-then-pings",
    "only-pings",
    "content-type=text/plain",
    "page=200",
    "page=502",
    "page=504",
    "refusal=401",
    "refusal=500",
    "refusal=503",
    "too-many=1",
    "too-many-400=1",
    "cut=3000 page=502,on=detail,times=2",
    "stall=3000 page=504,on=events,times=1",
    "cut=3000 reset=10,on=detail,times=1",
];

struct Demo {
    fault: &'static str,
    server: DemoServer,
    account: Account,
}

async fn demos(generation: Generation) -> Vec<Demo> {
    join_all(FAULTS.iter().map(|fault| async move {
        let faults = fault.split_whitespace().map(|fault| fault.parse().expect("a fault")).collect();
        let ping_interval = Duration::from_millis(200);
        let options = Options { generation, faults, ping_interval, ..Options::default() };
        let server = DemoServer::start_with(options).await.expect("the demo starts");
        let app = server.apps().iter().find(|app| app.slug == "every-control").expect("a built-in app");
        let account = Account { address: server.base_url(), key: app.key.clone() };
        Demo { fault, server, account }
    }))
    .await
}

fn asked(servers: usize) -> Vec<Asked> {
    let scene = [("name", "Eva"), ("department", "Legal"), ("pace", "0"), ("events", "success")];
    let entries: Entries =
        scene.into_iter().map(|(variable, value)| (variable.to_owned(), Entry::Text(value.into()))).collect();
    (0..servers).map(|server| Asked { server, entries: entries.clone(), text: 0, has_ids: false }).collect()
}

/// When the process is killed.
#[derive(Debug, Clone, Copy)]
enum When {
    /// After so many changes that the page heard of.
    Change(usize),
    /// When every run has begun, or was refused.
    Begun,
}

async fn killed(generation: Generation, when: When) {
    let demos = demos(generation).await;
    let accounts: Vec<Account> = demos.iter().map(|demo| demo.account.clone()).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let act = Act::Start(asked(demos.len()));
    let mut program = Program::start(&Orders { folder: folder.path().to_owned(), servers: accounts.clone(), act });
    let word = match when {
        When::Change(number) => format!("change {number}"),
        When::Begun => "standing".into(),
    };
    // How many changes there are depends on how many events come while one is saved.
    assert!(program.says_one_of(&[&word, "at rest"], PATIENCE).await, "{when:?} comes");
    program.kill();
    take_up(folder.path(), &accounts, PATIENCE).await;
    let store = Store::open(folder.path()).await.expect("the store opens");
    let apps = store.apps().await.expect("the apps");
    for demo in &demos {
        let app = apps.iter().find(|stored| stored.app.base_url == demo.server.base_url()).expect("a connected app");
        let page = store.run_page(Some(&app.app.id), None, 10).await.expect("its runs");
        let mut runs = Vec::new();
        for head in page.runs {
            runs.push(store.run(&head.id).await.expect("a whole run"));
        }
        compared(demo, &app.app, &runs, &format!("{generation}, {when:?}, fault {:?}", demo.fault)).await;
    }
    store.close().await;
}

/// With what the server itself says, which its faults may forbid.
async fn compared(demo: &Demo, app: &App, runs: &[Run], place: &str) {
    assert!(runs.len() <= 1, "{place}: {} rows for one run", runs.len());
    let connection = Connection {
        base_url: Url::parse(&demo.server.base_url()).expect("an address"),
        key: Key::new(&demo.account.key).expect("a key"),
        user: app.user.clone(),
    };
    let client = Client::new(connection).expect("a client");
    // A key that was revoked hears nothing.
    let log = client.logs_of_session(20).await.unwrap_or_default();
    assert!(log.len() <= 1, "{place}: asked for {} times", log.len());
    let Some(run) = runs.first() else {
        assert!(log.is_empty(), "{place}: the server has a run that is not stored");
        return;
    };
    if demo.fault.starts_with("revoked") && run.head.status == RunStatus::OutOfContact {
        // It waits for another key, to be asked about then.
        return;
    }
    is_sound(run, place);
    let Some(run_id) = &run.head.server.run_id else {
        assert!(log.is_empty(), "{place}: the server's log has it");
        let failed = run.head.error.is_some() && run.head.status == RunStatus::Failed;
        let unsent = run.head.error.as_ref().is_some_and(|error| error.cause == RunErrorCause::NotSent);
        assert!(failed || unsent || run.head.status == RunStatus::Unknown, "{place}: {:?}", run.head);
        return;
    };
    let Ok(Some(detail)) = client.run_detail(run_id).await else {
        assert_eq!(run.head.status, RunStatus::Unknown, "{place}: nobody can say");
        return;
    };
    assert_eq!(run.head.status, detail.finished.status, "{place}: {:?}", run.head.error);
    let names = |outputs: &serde_json::Map<String, serde_json::Value>| outputs.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&run.outputs), names(&detail.finished.outputs), "{place}: every output arrives");
    for (name, value) in &run.outputs {
        // Links of files are signed anew each time.
        if !value.to_string().contains("__dify__file__") {
            assert_eq!(Some(value), detail.finished.outputs.get(name), "{place}: {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_midst_of_every_fault_loses_no_run() {
    let began = Instant::now();
    let (mut dice, seed) = Dice::thrown();
    tell(&format!("faults: FLOWDECK_KILL_SEED={seed}"));
    let plan = [
        (Generation::Today, When::Change(1 + dice.next(60))),
        (Generation::Today, When::Change(60 + dice.next(200))),
        (Generation::Today, When::Begun),
        (Generation::Recorded, When::Change(30 + dice.next(200))),
    ];
    for (generation, when) in plan {
        killed(generation, when).await;
    }
    let kills = plan.len();
    tell(&format!("{} faults, {kills} kills, {:.1} s", FAULTS.len(), began.elapsed().as_secs_f64()));
}
