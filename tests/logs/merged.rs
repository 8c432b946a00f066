//! No run is lost and none doubled while new ones arrive, pages shift, the connection drops and the program is killed.

use super::{
    book::{Book, Ways, line, now},
    *,
};

/// So many lines, a quarter of an hour apart, every third of another user.
fn old_lines(count: i64, user: &str) -> Vec<book::Line> {
    let user_of = |number: i64| if number % 3 == 2 { "somebody else" } else { user };
    (0..count).map(|number| line(format!("old-{number}"), now() - number * 900, user_of(number))).collect()
}

/// Every server that is met: those that know the filters, those that do not, and one that names others.
fn servers() -> Vec<Ways> {
    let mut all = Vec::new();
    for (knows_time, knows_user) in [(true, true), (false, true), (true, false), (false, false)] {
        all.push(Ways { knows_time, knows_user, ..Ways::default() });
    }
    all.push(Ways { names: Some("Admin 管理员"), ..Ways::default() });
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_new_runs_arrive_and_the_connection_drops_every_own_run_is_here_once() {
    for ways in servers() {
        let ways = Ways { arrive: 7, cut_each: 4, ..ways };
        let house = House::new().await;
        let book = Book::new(Vec::new(), ways.clone()).await;
        let app = book.connect(&house).await;
        book.pages().lines = old_lines(1200, &app.user);
        let (logs, _) = logs_of(&house);
        let state = logs.update_now(&app.id).await.expect("asked");
        assert_eq!((state.trouble, state.complete), (None, true), "{ways:?}");
        // What arrives while it is read comes with the next update.
        let until_now = book.ids(Some(&app.user));
        let state = logs.update_now(&app.id).await.expect("asked");
        assert_eq!(state.trouble, None, "{ways:?}");
        let there = counted(&house, &app.id).await;
        let doubled: Vec<_> = there.iter().filter(|(_, times)| **times > 1).collect();
        assert!(doubled.is_empty(), "{ways:?}: {doubled:?}");
        let missing: Vec<_> = until_now.into_iter().filter(|id| !there.contains_key(id)).collect();
        assert!(missing.is_empty(), "{ways:?}: {missing:?}");
        let strangers: Vec<_> = there.keys().filter(|id| !book.ids(Some(&app.user)).contains(id)).collect();
        assert!(strangers.is_empty(), "{ways:?}: {strangers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_is_killed_goes_on_where_it_was_and_leaves_no_gap() {
    for ways in servers() {
        let mut house = House::new().await;
        let book = Book::new(Vec::new(), Ways { arrive: 3, ..ways.clone() }).await;
        let app = book.connect(&house).await;
        book.pages().lines = old_lines(1500, &app.user);
        let mut asked = 0;
        for kill in 0..6 {
            // Dropped after another page each time: as a program that is killed, in the middle of whatever it did.
            let (logs, _) = logs_of(&house);
            let app_id = app.id.clone();
            let reading = tokio::spawn(async move { logs.update_now(&app_id).await });
            let enough = asked + 2 + kill % 3;
            while book.pages().asked < enough && !reading.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            reading.abort();
            let _ = reading.await;
            asked = book.pages().asked;
            // Between two, much happens.
            let lines: Vec<_> =
                (0..150).map(|number| line(format!("while-away-{kill}-{number}"), now() - 1, &app.user)).collect();
            book.pages().lines.splice(0..0, lines);
            let folder = house.leave().await;
            house = House::on(folder).await;
            house.apps.replace_key(&app.id, "app-key", KeepKey::Session, None).await.expect("the key is given again");
        }
        let (logs, _) = logs_of(&house);
        let until_now = book.ids(Some(&app.user));
        let state = logs.update_now(&app.id).await.expect("asked");
        assert_eq!((state.trouble, state.complete), (None, true), "{ways:?}");
        let there = counted(&house, &app.id).await;
        let missing: Vec<_> = until_now.into_iter().filter(|id| !there.contains_key(id)).collect();
        assert!(missing.is_empty(), "{ways:?}: {} of them, {:?}", missing.len(), &missing[..missing.len().min(5)]);
        assert!(there.values().all(|times| *times == 1), "{ways:?}: none twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_reads_what_is_new_and_not_the_whole_log_again() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = old_lines(1000, &app.user);
    let (logs, _) = logs_of(&house);
    logs.update_now(&app.id).await.expect("asked");
    let before = book.pages().asked;
    book.pages().lines.insert(0, line("new", now(), &app.user));
    logs.update_now(&app.id).await.expect("asked");
    assert_eq!(book.pages().asked - before, 1, "one page meets what is known");
    assert!(counted(&house, &app.id).await.contains_key("new"), "and brings what is new");
    // Nobody asked: it was read a moment ago.
    logs.update(None, false).await.expect("asked");
    generations::settled(&logs, &app.id).await;
    assert_eq!(book.pages().asked - before, 1, "nothing polls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_changes_nothing_about_what_is_here() {
    let house = House::new().await;
    let book = Book::new(Vec::new(), Ways::default()).await;
    let app = book.connect(&house).await;
    book.pages().lines = old_lines(250, &app.user);
    let (logs, _) = logs_of(&house);
    let known = logs.update_now(&app.id).await.expect("asked");
    book.pages().away = true;
    let state = logs.update_now(&app.id).await.expect("asked");
    assert_eq!(state.trouble, Some(LogTrouble::NotReached));
    assert_eq!((state.since, state.complete, state.read_at), (known.since, true, known.read_at), "as it was");
    assert_eq!(listed(&house, &app.id).await.len() as u32, known.runs, "all is listed");
    book.pages().away = false;
    assert_eq!(logs.update_now(&app.id).await.expect("asked").trouble, None, "and the next update takes it back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_here_and_runs_of_elsewhere_are_one_history_against_the_ledger() {
    let faults = ["refusal=500,on=logs,times=1", "cut=700,on=logs,times=2", "page=502,on=logs,times=4"];
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
    let server = demo(Options { faults, ..Options::default() }).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "long-run").await;
    let client = house.apps.client(&app.id).await.expect("a client");
    let (logs, told) = logs_of(&house);
    let elsewhere = tokio::spawn(async move {
        for round in 0..12 {
            let started = (0..20).map(|number| {
                let client = client.clone();
                async move { run_elsewhere(&client, &format!("{round}.{number}")).await }
            });
            futures_util::future::join_all(started).await;
        }
    });
    let mut mine = Vec::new();
    for number in 0..12 {
        let entries = [("title", format!("Mine {number}")), ("seconds", "0.2".into()), ("way", "text".into())];
        let entries: Entries = entries.into_iter().map(|(key, value)| (key.to_owned(), text(&value))).collect();
        mine.push(house.start(&app, entries).await.expect("started"));
        if number % 4 == 2 {
            server.cut_off(Duration::from_millis(30));
        }
        logs.update_now(&app.id).await.expect("asked");
    }
    // What was cut off in between is recovered, or not; the log tells of all.
    let _ = elsewhere.await;
    for id in &mine {
        house.ended(id).await;
        house.left(id).await;
    }
    for _ in 0..2 {
        let state = logs.update_now(&app.id).await.expect("asked");
        assert_eq!((state.trouble, state.complete), (None, true));
    }
    let there = counted(&house, &app.id).await;
    assert_eq!(there, once(ledger(&server, None)), "each run of the server once, and nothing else");
    for id in &mine {
        let (origin, contents) = house.store.run_origin(id).await.expect("there");
        assert_eq!((origin, contents), (RunOrigin::Here, Contents::Whole), "made here, and whole");
    }
    assert!(events(&told).contains(&AppEvent::HistoryChanged), "lists hear of it");
}
