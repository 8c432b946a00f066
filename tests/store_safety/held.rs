//! Another process that holds the database.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flowdeck::{
    demo::DemoServer,
    model::{
        event::AppEvent,
        failure::{Failure, FailureCode},
        form::{Entries, Entry},
        run::{Notice, RunStatus},
    },
    store::{Claim, Error, Store},
};

use crate::{RUNS, all_of, filled, house::House};

/// Another process that holds the database until it is let go.
struct Holder {
    child: Child,
}

const HOLD: &str = "FLOWDECK_HOLD_DATABASE";

impl Holder {
    fn of(file: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "held::the_process_that_holds_the_database", "--nocapture"])
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

#[tokio::test]
async fn a_start_says_that_the_database_is_held_no_longer_than_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let holder = Holder::of(&folder.path().join("flowdeck.db"));
    let claim = Claim::of(folder.path()).expect("claimed");
    let (said, mut heard) = tokio::sync::watch::channel(None);
    let opening = tokio::spawn(Store::open_claimed(claim, Duration::from_secs(30), move |held| {
        said.send_replace(Some(held));
    }));
    heard.wait_for(|said| *said == Some(true)).await.expect("it is said");
    holder.let_go();
    opening.await.expect("no panic").expect("opened");
    assert_eq!(*heard.borrow(), Some(false), "what takes its time from here on is something else");
}
