//! Runs that are kept ready: checked, kept with their files, and sent once, when the user says so.

use flowdeck::{
    model::{
        event::AppEvent,
        file::Since,
        form::{Entries, Entry, FileEntry, Issue},
        prepared::PreparedId,
        run::{RunErrorCause, RunId, RunStatus},
    },
    ready, runs, store,
};

use super::{House, chosen, cut_off, documents, server_at};

async fn listed(house: &House) -> Vec<PreparedId> {
    house.ready.list().await.expect("listed").into_iter().map(|prepared| prepared.id).collect()
}

async fn runs(house: &House) -> Vec<RunId> {
    house.runs.list(None, None, 50).await.expect("a page").runs.into_iter().map(|head| head.id).collect()
}

#[tokio::test]
async fn a_run_waits_for_the_server_and_is_sent_once() {
    let (port, mut house, app) = cut_off().await;
    let entries = documents(&[chosen(&house, "Minutes.txt")]);
    let id = house.ready.prepare(&app.id, entries).await.expect("kept ready");
    let told = std::iter::from_fn(|| house.events.try_recv().ok()).filter(|event| *event == AppEvent::PreparedChanged);
    assert_eq!(told.count(), 1);

    // The program ends, and another one begins.
    let mut house = House::on(house.leave().await).await;
    house.apps.replace_key(&app.id, "app-000000000000000000000000", super::KEEP, None).await.expect_err("away");
    let kept = house.ready.list().await.expect("listed");
    assert_eq!((kept.len(), &kept[0].id, kept[0].title.as_str()), (1, &id, "Minutes.txt"), "{kept:?}");
    assert_eq!((kept[0].files[0].since, kept[0].form_changed, kept[0].sending), (Since::Same, false, false));

    let refused = house.ready.send(&id).await.expect_err("nobody is there");
    assert!(matches!(refused, ready::Error::Runs(_)), "{refused:?}");
    assert_eq!((listed(&house).await, runs(&house).await), (vec![id.clone()], Vec::new()), "it is ready still");

    let server = server_at(port).await;
    house.apps.replace_key(&app.id, super::KEY, super::KEEP, None).await.expect("it is back");
    let run = house.ready.send(&id).await.expect("sent");
    assert_eq!(listed(&house).await, [], "it is a run now");
    assert_eq!(house.ended(&run).await.head.status, RunStatus::Succeeded);
    let again = house.ready.send(&id).await.expect_err("once");
    assert!(matches!(again, ready::Error::Store(store::Error::NotFound)), "{again:?}");
    assert_eq!((runs(&house).await, server.count_runs().0), (vec![run], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_presses_twice_sends_once() {
    let (port, house, app) = cut_off().await;
    let id = house.ready.prepare(&app.id, documents(&[chosen(&house, "Minutes.txt")])).await.expect("kept ready");
    let server = server_at(port).await;
    let sent = tokio::join!(house.ready.send(&id), house.ready.send(&id), house.ready.send(&id));
    let sent = [sent.0, sent.1, sent.2];
    assert_eq!(sent.iter().filter(|sent| sent.is_ok()).count(), 1, "{sent:?}");
    assert_eq!(server.count_runs().0, 1, "the server heard of one");
    assert_eq!(listed(&house).await, []);
}

#[tokio::test]
async fn what_cannot_be_sent_as_it_is_is_said_before() {
    let (port, house, app) = cut_off().await;
    let nonsense: Entries = [("documents".to_owned(), Entry::Files(vec![FileEntry::Link("nonsense".into())]))].into();
    let wrong = house.ready.prepare(&app.id, nonsense).await.expect_err("the form is checked");
    assert!(
        matches!(&wrong, ready::Error::Runs(runs::Error::Form(problems)) if problems[0].issue == Issue::LinkNotHttp),
        "{wrong:?}"
    );
    let (gone, changed) = (chosen(&house, "Gone.txt"), chosen(&house, "Changed.txt"));
    let id = house.ready.prepare(&app.id, documents(&[gone, changed])).await.expect("kept ready");
    std::fs::remove_file(house.folder.path().join("Gone.txt")).expect("removed");
    std::fs::write(house.folder.path().join("Changed.txt"), "Something else, and longer than before.")
        .expect("written");

    let house = House::on(house.leave().await).await;
    let since: Vec<(String, Since)> = house
        .ready
        .list()
        .await
        .expect("listed")
        .remove(0)
        .files
        .into_iter()
        .map(|file| (file.name, file.since))
        .collect();
    assert_eq!(since, [("Gone.txt".into(), Since::Gone), ("Changed.txt".into(), Since::Changed)]);
    let _server = server_at(port).await;
    house.apps.replace_key(&app.id, super::KEY, super::KEEP, None).await.expect("it is back");
    let refused = house.ready.send(&id).await.expect_err("a document is gone");
    assert!(matches!(&refused, ready::Error::Runs(_)), "{refused:?}");
    assert_eq!(listed(&house).await, std::slice::from_ref(&id), "it can still be opened");
    let filled = house.ready.open(&id).await.expect("opened");
    assert_eq!(filled.files.len(), 2, "with both documents named");
}

#[tokio::test]
async fn what_is_taken_away_comes_back_until_the_next_start() {
    let (_, house, app) = cut_off().await;
    let staged = chosen(&house, "Minutes.txt");
    let id = house.ready.prepare(&app.id, documents(std::slice::from_ref(&staged))).await.expect("kept ready");
    house.ready.remove(&id).await.expect("taken away");
    assert_eq!(listed(&house).await, []);
    assert!(house.ready.send(&id).await.is_err(), "nor is it sent");
    house.ready.restore(&id).await.expect("brought back");
    assert_eq!(listed(&house).await, std::slice::from_ref(&id));

    // Its file stays for as long as it is ready, and no longer.
    let house = House::on(house.leave().await).await;
    house.kept.clear().await.expect("cleared");
    assert_eq!(house.store.staged_files(std::slice::from_ref(&staged)).await.expect("read").len(), 1);
    house.ready.remove(&id).await.expect("taken away");
    let house = House::on(house.leave().await).await;
    house.kept.clear().await.expect("cleared");
    assert!(house.ready.restore(&id).await.is_err(), "its time is over");
    assert!(house.store.staged_files(&[staged]).await.expect("read").is_empty(), "nobody names its file");
}

#[tokio::test]
async fn killed_while_it_was_being_sent_it_is_sent_or_ready_and_never_both() {
    killed_while_sending(0).await;
}

#[tokio::test]
async fn nor_when_the_clock_is_set_back_meanwhile() {
    killed_while_sending(86_400_000).await;
}

/// By a clock that goes so much before the one of the next start.
async fn killed_while_sending(ahead: i64) {
    let (_, house, app) = cut_off().await;
    let entries = documents(&[chosen(&house, "Minutes.txt")]);
    let mut ready = Vec::new();
    let mut begun = Vec::new();
    for status in [RunStatus::Preparing, RunStatus::Starting] {
        let id = house.ready.prepare(&app.id, entries.clone()).await.expect("kept ready");
        // As `start_prepared` leaves it: the row of the run, and what is ready names it.
        let head = flowdeck::model::run::RunHead::new(
            house.store.new_run_id().await.expect("an id"),
            app.id.clone(),
            status,
            flowdeck::apps::now() + ahead,
        );
        let run = runs::fold::new_run(head, Vec::new());
        house.store.add_run_of(&run, &entries, &app.form, Some(&id)).await.expect("stored");
        begun.push(run.head.id);
        ready.push(id);
    }
    let house = House::on(house.leave().await).await;
    house.runs.take_up().await.expect("taken up");
    let unsent = house.store.run_head(&begun[0]).await.expect("read");
    assert_eq!(unsent.error.map(|error| error.cause), Some(RunErrorCause::NotSent));
    house.ready.take_up().await.expect("taken up");
    assert_eq!(listed(&house).await, ready[..1], "what surely was not sent is ready, what may have been is not");
    assert!(!house.ready.list().await.expect("listed")[0].sending, "and can be sent");
}
