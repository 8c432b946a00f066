//! Runs made here, in the log.

use super::{
    book::{Book, Ways, line, now},
    *,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_has_not_said_its_id_yet_is_not_taken_for_another() {
    // A proxy keeps all it says back until its end, and the log has its line meanwhile.
    let faults = vec!["held-back".parse().expect("a fault")];
    let server = demo(Options { faults, ..Options::default() }).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "long-run").await;
    let entries = [("title", "Mine"), ("seconds", "4"), ("way", "text")];
    let entries: Entries = entries.into_iter().map(|(key, value)| (key.to_owned(), text(value))).collect();
    let started = house.start(&app, entries).await.expect("started");
    while ledger(&server, None).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let head = house.runs.open(&started).await.expect("there").head;
    assert_eq!(head.server.run_id, None, "or this tries nothing");
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(listed(&house, &app.id).await.len(), 1, "the run that is under way, and no other");
    house.ended(&started).await;
    house.left(&started).await;
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, once(ledger(&server, None)), "and now neither");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_learns_its_id_late_takes_over_what_was_said_of_the_line() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let id = house.leave_behind(&app, RunStatus::OutOfContact).await;
    book.pages().lines = vec![line("r", now(), &app.user)];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let other = listed(&house, &app.id).await.into_iter().find(|head| head.id != id).expect("a line").id;
    let mut database = database(&house).await;
    for sql in [
        "UPDATE run SET starred = 1, name = 'The lease' WHERE id = ?",
        "INSERT INTO run_note (run_id, note) VALUES (?, 'of the line')",
        "INSERT INTO run_tag (run_id, tag) VALUES (?, 'rent')",
    ] {
        sqlx::query(sql).bind(&other.0).execute(&mut database).await.expect("said");
    }
    sqlx::query("INSERT INTO run_note (run_id, note) VALUES (?, 'of the run')")
        .bind(&id.0)
        .execute(&mut database)
        .await
        .expect("said");
    let mut head = house.store.run_head(&id).await.expect("there");
    head.server.run_id = Some("r".into());
    house.store.save_run(&id, &RunSave { head: Some(head), ..RunSave::default() }).await.expect("saved");
    assert!(house.store.have_become_one(), "lists have to be told");
    assert_eq!(counted(&house, &app.id).await, once(["r".to_owned()]), "one of the two is left");
    let said: (bool, String, String, String) = sqlx::query_as(
        "SELECT starred, name, (SELECT note FROM run_note WHERE run_id = id), (SELECT tag FROM run_tag WHERE run_id = id) \
         FROM run WHERE id = ?",
    )
    .bind(&id.0)
    .fetch_one(&mut database)
    .await
    .expect("the run made here");
    assert_eq!(said, (true, "The lease".into(), "of the run\nof the line".into(), "rent".into()));
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, once(["r".to_owned()]), "and the log brings no other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_never_named_is_found_before_its_line_is_taken_for_another() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let id = house.leave_behind(&app, RunStatus::Unknown).await;
    book.pages().lines = vec![line("r", now(), &app.user)];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    house.left(&id).await;
    let runs = listed(&house, &app.id).await;
    assert_eq!(runs.len(), 1, "{runs:#?}");
    assert_eq!((&runs[0].id, runs[0].server.run_id.as_deref()), (&id, Some("r")));
    assert_eq!(runs[0].status, RunStatus::Succeeded, "and its end is known at last");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_deleted_before_it_was_named_does_not_come_back() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let (hidden, gone) = (house.leave_behind(&app, RunStatus::Unknown).await, "gone");
    let (logs, _) = logs_of(&house);
    // Its deletion can still be undone.
    house.store.delete_runs(std::slice::from_ref(&hidden), 1).await.expect("hidden");
    let minute = 60;
    let begun = now();
    book.pages().lines = vec![
        line("later", begun + 5 * minute, &app.user),
        line("another's", begun, "somebody"),
        line(gone, begun + 1, &app.user),
        line("next", begun + minute, &app.user),
        line("before", begun - 5 * minute, &app.user),
    ];
    let others = once(["later", "next", "before"].map(str::to_owned));
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, others, "the nearest line of its user is the one that was deleted");
    // Gone for good; the log is read from its beginning, as if the program were another one.
    let mut database = database(&house).await;
    let anew = async |database: &mut SqliteConnection| {
        for sql in ["DELETE FROM log_reading", "DELETE FROM run WHERE origin = 'server'"] {
            sqlx::query(sql).execute(&mut *database).await.expect("taken back");
        }
        logs.update_now(&app.id).await.expect("asked");
    };
    house.store.purge(std::slice::from_ref(&hidden), 1).await.expect("gone");
    for turn in 0..2 {
        anew(&mut database).await;
        assert_eq!(counted(&house, &app.id).await, others, "turn {turn}: nor does it come back when it is gone");
    }
    let left: Vec<String> =
        sqlx::query_scalar("SELECT server_run_id FROM run_forgotten").fetch_all(&mut database).await.expect("read");
    assert_eq!(left, [gone], "it is remembered as its server calls it, and by nothing else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_fills_gaps_of_a_run_made_here_and_never_takes_its_end_back() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let id = house.leave_behind(&app, RunStatus::Stopped).await;
    let mut head = house.store.run_head(&id).await.expect("there");
    head.server.run_id = Some("r".into());
    head.title = "Mine".into();
    let save = RunSave { head: Some(head.clone()), ..RunSave::default() };
    house.store.save_run(&id, &save).await.expect("saved");
    // What the recorded server says after a stop, for ever (server-1.12.1.md §12).
    for status in ["running", "succeeded"] {
        book.pages().lines = vec![book::Line { status, ..line("r", now(), &app.user) }];
        let (logs, _) = logs_of(&house);
        logs.update_now(&app.id).await.expect("asked");
        let now = house.store.run_head(&id).await.expect("there");
        assert_eq!((now.status, now.title.as_str()), (RunStatus::Stopped, "Mine"), "after {status}");
        assert_eq!(now.elapsed.is_some(), status == "succeeded", "of what goes on servers say 0");
    }
    assert_eq!(listed(&house, &app.id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_the_log_that_go_on_are_in_nobodys_care_here_and_move_on_with_the_log() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![
        book::Line { status: "running", ..line("new", now() - 60, &app.user) },
        book::Line { status: "paused", ..line("old", now() - 3 * 24 * 3600, &app.user) },
        book::Line { status: "running", ..line("lost", now() - 3 * 24 * 3600, &app.user) },
    ];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(house.store.unfinished_runs().await.expect("read").len(), 0, "nobody here follows them");
    let lost = listed(&house, &app.id).await.into_iter().find(|head| head.server.run_id.as_deref() == Some("lost"));
    assert_eq!(lost.map(|head| head.status), Some(RunStatus::Unknown), "nobody runs for three days");
    // Between the two, so much that the old ones stand on no page that is read again.
    let between = (0..250).map(|number| line(format!("between-{number}"), now() - 7200 - number, &app.user));
    book.pages().lines.splice(1..1, between);
    logs.update_now(&app.id).await.expect("asked");
    for line in &mut book.pages().lines {
        line.status = "succeeded";
    }
    logs.update_now(&app.id).await.expect("asked");
    let ends = listed(&house, &app.id).await.into_iter().map(|head| (head.server.run_id.expect("an id"), head.status));
    let ends: BTreeMap<_, _> = ends.collect();
    assert_eq!(ends["new"], RunStatus::Succeeded, "its line was read again");
    assert_eq!(ends["old"], RunStatus::Succeeded, "it was asked about, because its line is far below");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_was_opened_before_goes_with_its_files_when_it_turns_out_to_be_a_run_of_here() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let id = house.leave_behind(&app, RunStatus::OutOfContact).await;
    book.pages().lines = vec![line("r", now(), &app.user)];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let other = listed(&house, &app.id).await.into_iter().find(|head| head.id != id).expect("a line").id;
    logs.fetch(&other).await.expect("fetched");
    let folder = house.folder.path().join("runs").join(&other.0);
    std::fs::create_dir_all(&folder).expect("made");
    let mut head = house.store.run_head(&id).await.expect("there");
    head.server.run_id = Some("r".into());
    for _ in 0..2 {
        let save = RunSave { head: Some(head.clone()), ..RunSave::default() };
        house.store.save_run(&id, &save).await.expect("saved");
    }
    assert_eq!(counted(&house, &app.id).await, once(["r".to_owned()]), "one of the two is left");
    house.past.purge_left().await.expect("taken away");
    assert!(!folder.exists(), "nothing of the other is left");
    assert_eq!(house.store.hidden_runs(None).await.expect("read"), []);
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(counted(&house, &app.id).await, once(["r".to_owned()]), "and the log brings no other");
    assert_eq!(house.store.unknown_to_us(&app.id, &["r"]).await.expect("read"), [].into(), "nor was it forgotten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_which_the_server_knows_nothing_any_more_is_not_asked_about_for_ever() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![
        line("new", now() - 7200, &app.user),
        book::Line { status: "paused", ..line("old", now() - 3 * 24 * 3600, &app.user) },
    ];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    book.pages().lines.truncate(1);
    logs.update_now(&app.id).await.expect("asked");
    let old = listed(&house, &app.id).await.into_iter().find(|head| head.server.run_id.as_deref() == Some("old"));
    assert_eq!(old.map(|head| head.status), Some(RunStatus::Unknown), "nobody can say how it ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_run_of_here_are_fetched_after_a_kill_however_many_newer_ones_a_log_brought() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let id = house.leave_behind(&app, RunStatus::Running).await;
    let mut head = house.store.run_head(&id).await.expect("there");
    (head.status, head.finished_at) = (RunStatus::Succeeded, Some(now() * 1000));
    house.store.save_run(&id, &RunSave { head: Some(head), ..RunSave::default() }).await.expect("saved");
    book.pages().lines = (0..700).map(|number| line(format!("r{number}"), now() + 60, &app.user)).collect();
    let (logs, _) = logs_of(&house);
    // Its start lies behind theirs.
    while now() * 1000 <= house.store.run_head(&id).await.expect("there").started_at {
        tokio::task::yield_now().await;
    }
    assert_eq!(logs.update_now(&app.id).await.expect("asked").runs, 700);
    let unfetched = house.store.unfetched_runs(0).await.expect("read");
    assert_eq!(unfetched, [id], "its links die within minutes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_wait_for_months_keep_no_other_one_from_being_asked_about() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    let paused = |id: String, number: i64| book::Line {
        status: "paused",
        ..line(id, now() - 3 * 24 * 3600 - number, &app.user)
    };
    // More than are asked about at once, the details of one cannot be read, and the oldest comes to its end.
    let mut lines: Vec<_> = (0..25).map(|number| paused(format!("waits-{number}"), number)).collect();
    lines.push(paused("odd".into(), 3));
    lines.push(paused("ends".into(), 60));
    book.pages().lines = lines;
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let between = (0..250).map(|number| line(format!("between-{number}"), now() - 7200 - number, &app.user));
    book.pages().lines.splice(0..0, between);
    book.pages().lines.last_mut().expect("the last one").status = "succeeded";
    let mut status = None;
    for _ in 0..3 {
        let state = logs.update_now(&app.id).await.expect("asked");
        assert_eq!(state.trouble, None, "all of the log could be read");
        let ends = listed(&house, &app.id).await.into_iter().find(|head| head.server.run_id.as_deref() == Some("ends"));
        status = ends.map(|head| head.status);
        if status == Some(RunStatus::Succeeded) {
            break;
        }
    }
    assert_eq!(status, Some(RunStatus::Succeeded), "each has its turn");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_that_were_asked_for_before_the_end_do_not_take_the_end_back() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = vec![book::Line { status: "running", ..line("r", now() - 60, &app.user) }];
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let id = listed(&house, &app.id).await[0].id.clone();
    let slow = house.store.run(&id).await.expect("as the detail says it, which is on its way");
    book.pages().lines[0].status = "succeeded";
    logs.update_now(&app.id).await.expect("asked");
    let filled = house.store.fill_run(&slow, Contents::Head, &Entries::new(), &Form::default()).await;
    assert!(matches!(filled, Err(flowdeck::store::Error::NotFound)), "{filled:?}");
    assert_eq!(house.store.run_head(&id).await.expect("there").status, RunStatus::Succeeded);
}
