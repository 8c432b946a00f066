//! Deletion: hidden at once, brought back for a moment, and then gone from every list, file and byte.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use flowdeck::{
    model::{
        history::{Deleted, RemarksChange},
        run::{RunId, RunStatus},
        sent::SentCopy,
    },
    store,
};

use super::{House, digest, documents, listed, past_runs, tagged};

/// Found nowhere else, also not as a part of something.
const SECRET: &str = "Quetzalcoatl";

/// Whether a text stands in the database or in the log beside it; a page may hold it in pieces, so short.
fn stands_in_database(folder: &Path, text: &str) -> Vec<String> {
    let holds = |name: &&str| {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
    };
    ["flowdeck.db", "flowdeck.db-wal"].into_iter().filter(holds).map(str::to_owned).collect()
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

async fn copied(house: &House, id: &RunId) {
    until("the copy is made", async || {
        let sent = house.store.sent(id).await.expect("read");
        !sent.is_empty() && sent.iter().all(|file| file.copy == SentCopy::Kept)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_deleted_run_nothing_is_left_on_the_disk() {
    let (_server, house, app) = digest().await;
    let mut house = house.forgetful(Duration::from_millis(200));
    let path = house.folder.path().join("Minutes.txt");
    std::fs::write(&path, format!("The {SECRET} bridge opens in May. It is enough. {SECRET} again.")).expect("written");
    let mut runs = Vec::new();
    for _ in 0..2 {
        let staged = house.files.stage(vec![path.clone()]).remove(0).id;
        let id = house.start(&app, documents(&[staged])).await.expect("started");
        assert_eq!(house.ended(&id).await.head.status, RunStatus::Succeeded);
        house.left(&id).await;
        copied(&house, &id).await;
        runs.push(id);
    }
    let note = RemarksChange { note: Some(format!("About {SECRET}.")), ..tagged(&[SECRET]) };
    house.past.remark(&runs, &note).await.expect("said");
    let folder = |id: &RunId| house.folder.path().join("runs").join(&id.0);
    assert!(!stands_in_database(house.folder.path(), SECRET).is_empty(), "its text is kept");
    assert!(folder(&runs[0]).join("sent").exists() && folder(&runs[1]).join("sent").exists(), "with its document");

    // The first copy is the one that the second one shares.
    let deleted = house.past.delete(&runs[..1]).await.expect("deleted");
    assert_eq!(deleted, Deleted { runs: runs[..1].to_vec(), under_way: Vec::new() });
    assert_eq!(listed(&house, &app.id).await, runs[1..], "it is hidden at once");
    until("its folder goes", async || !folder(&runs[0]).exists()).await;
    let kept =
        std::fs::read_dir(folder(&runs[1]).join("sent")).expect("a folder").next().expect("a copy").expect("one");
    assert!(std::fs::read_to_string(kept.path()).expect("read").contains(SECRET), "the copy of another run stays");
    until("the run is gone", async || matches!(house.past.undelete(&runs[..1]).await, Err(store::Error::NotFound)))
        .await;

    house.past.delete(&runs[1..]).await.expect("deleted");
    until("no byte of it is left", async || stands_in_database(house.folder.path(), SECRET).is_empty()).await;
    assert!(!folder(&runs[1]).exists());
    assert_eq!(house.past.tags().await.expect("listed"), [], "and its tags are gone");
    // Also none that a start would bring up again.
    let folder = house.leave().await;
    assert!(stands_in_database(folder.path(), SECRET).is_empty(), "closing writes nothing of it");
}

#[tokio::test]
async fn what_was_deleted_comes_back_whole_and_is_hidden_everywhere_until_then() {
    let (_server, mut house, app) = digest().await;
    let path = house.folder.path().join("Minutes.txt");
    std::fs::write(&path, "The bridge opens in May. The budget is enough. A third sentence.").expect("written");
    let staged = house.files.stage(vec![path]).remove(0).id;
    let entries = documents(&[staged]);
    let id = house.start(&app, entries.clone()).await.expect("started");
    let before = house.ended(&id).await;
    house.left(&id).await;
    copied(&house, &id).await;
    house.past.remark(std::slice::from_ref(&id), &tagged(&["kept"])).await.expect("tagged");
    assert_eq!(house.kept.run_alike(&app.id, &entries).await.expect("asked").map(|head| head.id), Some(id.clone()));
    assert_eq!(house.apps.get(&app.id).await.expect("the app").run_count, 1);

    house.past.delete(std::slice::from_ref(&id)).await.expect("deleted");
    assert!(listed(&house, &app.id).await.is_empty(), "no list shows it");
    assert!(matches!(house.store.run(&id).await, Err(store::Error::NotFound)), "nobody opens it");
    assert!(matches!(house.past.remarks(&id).await, Err(store::Error::NotFound)));
    assert!(house.kept.refill(&id).await.is_err(), "nothing is filled in from it");
    assert_eq!(house.kept.run_alike(&app.id, &entries).await.expect("asked"), None, "no run is said to be like it");
    assert!(
        house.store.past_runs(&app.id, None, 50).await.expect("read").is_empty(),
        "nor tells it how long runs take"
    );
    assert!(house.store.unfetched_runs(0).await.expect("read").is_empty(), "its files are not fetched");
    assert_eq!(house.apps.get(&app.id).await.expect("the app").run_count, 0);

    house.past.undelete(std::slice::from_ref(&id)).await.expect("brought back");
    assert_eq!(house.store.run(&id).await.expect("read"), before, "every step and text of it");
    assert_eq!(house.past.remarks(&id).await.expect("read").tags, ["kept"]);
    assert!(house.folder.path().join("runs").join(&id.0).join("sent").exists(), "and its document");
    assert_eq!(house.apps.get(&app.id).await.expect("the app").run_count, 1);
}

#[tokio::test]
async fn what_was_brought_back_and_deleted_again_has_its_full_time() {
    let (_server, house, app) = digest().await;
    let house = house.forgetful(Duration::from_millis(3200));
    let ids = past_runs(&house, &app.id, 1, "Run").await;
    house.past.delete(&ids).await.expect("deleted");
    let first = Instant::now();
    until("half of its time is over", async || first.elapsed() > Duration::from_millis(2000)).await;
    house.past.undelete(&ids).await.expect("brought back");
    house.past.delete(&ids).await.expect("deleted again");
    until("the first time is over", async || first.elapsed() > Duration::from_millis(4000)).await;
    house.past.undelete(&ids).await.expect("the second one is not");
    assert_eq!(listed(&house, &app.id).await, ids);
}

#[tokio::test]
async fn runs_that_go_on_are_not_deleted() {
    let (_server, house, app) = digest().await;
    let done = past_runs(&house, &app.id, 1, "Done").await.remove(0);
    let waits = house.leave_behind(&app, RunStatus::Waiting).await;
    let runs = house.leave_behind(&app, RunStatus::Running).await;
    let deleted = house.past.delete(&[waits.clone(), done.clone(), runs.clone()]).await.expect("asked");
    assert_eq!(deleted.runs, [done], "what is over goes");
    let mut under_way = deleted.under_way;
    under_way.sort();
    assert_eq!(under_way, [waits, runs], "what goes on is named");
    assert_eq!(house.runs.unfinished().await.expect("read").len(), 2, "and stays");
}

#[tokio::test]
async fn after_a_kill_the_next_start_takes_away_what_was_deleted() {
    let (_server, house, app) = digest().await;
    let ids = past_runs(&house, &app.id, 60, SECRET).await;
    let folder = |house: &House, id: &RunId| house.folder.path().join("runs").join(&id.0);
    for id in &ids {
        std::fs::create_dir_all(folder(&house, id)).expect("made");
        std::fs::write(folder(&house, id).join("result.txt"), SECRET).expect("written");
    }
    house.past.delete(&ids[..50]).await.expect("deleted");
    // Killed in the middle of it: of one the folder has gone, and its rows have not.
    std::fs::remove_dir_all(folder(&house, &ids[0])).expect("removed");
    // The clock went before, and was set right since.
    let tomorrow = flowdeck::apps::now() + 86_400_000;
    house.store.undelete_runs(&ids[1..2]).await.expect("brought back");
    house.store.delete_runs(&ids[1..2], tomorrow).await.expect("deleted");

    let house = House::on(house.leave().await).await;
    assert_eq!(listed(&house, &app.id).await.len(), 10, "they stay hidden");
    let just_deleted = [ids[59].clone()];
    house.past.delete(&just_deleted).await.expect("deleted since the start");
    house.past.purge_left().await.expect("taken away");
    house.past.undelete(&just_deleted).await.expect("what was deleted since can be brought back");
    assert_eq!(house.store.hidden_runs(None).await.expect("read"), [], "and are gone");
    assert!(ids[..50].iter().all(|id| !folder(&house, id).exists()), "with their folders");
    assert!(ids[50..].iter().all(|id| folder(&house, id).exists()), "the others are whole");
    let gone = house.past.undelete(&ids[..50]).await;
    assert!(matches!(gone, Err(store::Error::NotFound)), "they do not come back: {gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_thousands_lets_others_write_in_between() {
    let (_server, house, app) = digest().await;
    let house = house.forgetful(Duration::ZERO);
    let ids = past_runs(&house, &app.id, 2000, "Run").await;
    let kept = past_runs(&house, &app.id, 1, "Kept").await;
    let deleted = house.past.delete(&ids).await.expect("deleted");
    assert_eq!(deleted.runs.len(), ids.len());
    // How many were left whenever somebody else had written.
    let mut seen = Vec::new();
    while seen.last() != Some(&0) {
        let star = RemarksChange { starred: Some(true), ..RemarksChange::default() };
        house.past.remark(&kept, &star).await.expect("said");
        seen.push(house.store.hidden_runs(None).await.expect("read").len());
    }
    seen.dedup();
    assert!(seen.len() > 5, "who writes meanwhile waits for a batch, not for all: {seen:?}");
    assert_eq!(listed(&house, &app.id).await, kept);
}
