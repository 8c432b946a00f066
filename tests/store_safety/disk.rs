//! A disk that is full, read-only or slow.

use std::{fs, path::Path, time::Instant};

use flowdeck::{
    model::{
        form::{Entries, Form},
        run::{RunId, TextPart},
    },
    store::{Error, RunSave, Store},
};

use crate::{RUNS, add_app, all_of, filled, head, run, small_disk::Disk, spoil, step, values::change};

#[tokio::test]
async fn a_full_disk_is_said_and_harms_nothing() {
    let Some(disk) = Disk::of("8m") else { return };
    let store = Store::open(disk.path()).await.expect("a store");
    add_app(&store, "a").await;
    store.add_run(&run("r", "a"), &Entries::new(), &Form::default()).await.expect("added");
    disk.fill(0);
    let id = RunId("r".into());
    let save = RunSave {
        texts: vec![TextPart { source: "t".into(), text: "x".repeat(200_000) }],
        head: Some(head("r", "a")),
        ..RunSave::default()
    };
    // More than once, as whoever tries again does: the database rolls back by itself, and nobody may think on that
    // there is something to be rolled back.
    for _ in 0..3 {
        let error = store.save_run(&id, &save).await.expect_err("no room");
        assert!(matches!(error, Error::DiskFull), "{error:?}");
    }
    assert!(store.run(&id).await.expect("what was there can be read").texts.is_empty());
    disk.empty();
    store.save_run(&id, &save).await.expect("saved at the next try");
    assert_eq!(texts_others_see(disk.path()).await, 200_000, "others see it, so it outlives a kill");
    store.close().await;
    let store = Store::open(disk.path()).await.expect("opened");
    assert_eq!(store.run(&id).await.expect("read").texts[0].text.len(), 200_000);
    assert!(store.set_aside().is_none(), "a full disk damages nothing");
    store.close().await;
}

/// The length of all texts, as a program beside this one reads them.
async fn texts_others_see(folder: &Path) -> i64 {
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
    let file = SqliteConnectOptions::new().filename(folder.join("flowdeck.db")).read_only(true);
    let mut other = file.connect().await.expect("another connection");
    sqlx::query_scalar("SELECT coalesce(sum(length(text)), 0) FROM run_text").fetch_one(&mut other).await.expect("read")
}

#[tokio::test]
async fn a_full_disk_at_the_start_is_said_and_nothing_is_set_aside() {
    let Some(disk) = Disk::of("1m") else { return };
    disk.fill(0);
    let error = Store::open(disk.path()).await.expect_err("no room");
    assert!(matches!(error, Error::DiskFull), "{error:?}");
}

#[tokio::test]
async fn a_damaged_history_is_replaced_only_by_one_that_is_whole() {
    let model = tempfile::tempdir().expect("a folder");
    filled(model.path()).await;
    let file = model.path().join("flowdeck.db");
    // Everything else can be read.
    change(model.path(), &["UPDATE app SET options = '{oh' WHERE id = 'b'"]).await;
    let bad_value = fs::read(&file).expect("the database");
    spoil(&file, 0, &[0xA5; 100]);
    let bad_header = fs::read(&file).expect("the database");
    for spoilt in [bad_value, bad_header] {
        let length = spoilt.len();
        let mut refused = 0;
        // What is mended stands there twice for a while, as a log (of all its migrations, here) and as a file; a bad
        // header takes a copy, too.
        for tenths in [1, 10, 20, 30, 40, 60, 80, 100] {
            let what = format!("{tenths} tenths of it are free");
            let Some(disk) = Disk::of(&(length + length * tenths / 10).to_string()) else { return };
            fs::write(disk.path().join("flowdeck.db"), &spoilt).expect("copied");
            fs::write(disk.path().join("flowdeck.suspect"), "").expect("noted");
            let store = match Store::open(disk.path()).await {
                Ok(store) => store,
                Err(error) => {
                    refused += 1;
                    assert!(matches!(error, Error::DiskFull), "{what}: {error:?}");
                    assert!(fs::read(disk.path().join("flowdeck.db")).expect("read") == spoilt, "{what}: it stays");
                    for name in ["flowdeck.new.db", "flowdeck.new.db-wal", "flowdeck.mending.db", "flowdeck.moving"] {
                        assert!(!disk.path().join(name).exists(), "{what}: {name} takes no room");
                    }
                    disk.change(&format!("remount,size={}", length * 14));
                    Store::open(disk.path()).await.unwrap_or_else(|error| panic!("{what}, then much: {error}"))
                }
            };
            let runs = all_of(&store).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(runs.len(), RUNS, "{what}: every run is there");
            assert_eq!(store.set_aside().map(|aside| aside.runs), Some(RUNS as u64), "{what}: what is said is true");
            store.close().await;
        }
        assert!((1..8).contains(&refused), "{refused} of 8 disks were too small");
    }
}

#[tokio::test]
async fn a_read_only_disk_is_said() {
    let Some(disk) = Disk::of("8m") else { return };
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
