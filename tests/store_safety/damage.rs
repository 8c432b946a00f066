//! A file that went wrong: noticed, kept aside, and what can be read of it brought over.

use std::{
    fs::{self, OpenOptions},
    path::Path,
};

use flowdeck::{
    model::{
        form::{Entries, Form},
        run::{RunId, TextPart},
    },
    store::{Error, RunSave, Store},
};

use crate::{RUNS, add_app, all_of, filled, run, spoil};

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
                // So much that half of the file is not only tables with nothing in them.
                let store = Store::open(folder.path()).await.expect("opened");
                let text = TextPart { source: "n.text".into(), text: "text ".repeat(1_000_000) };
                let save = RunSave { texts: vec![text], ..RunSave::default() };
                store.save_run(&RunId("r0001".into()), &save).await.expect("saved");
                store.close().await;
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
async fn a_header_that_went_wrong_takes_nothing_with_it() {
    for (with_log, junk) in [(false, 0xA5), (false, 0), (true, 0xA5)] {
        let what = format!("{junk:#x}, log: {with_log}");
        let folder = tempfile::tempdir().expect("a folder");
        filled(folder.path()).await;
        let file = folder.path().join("flowdeck.db");
        let mut runs = RUNS;
        if with_log {
            // As a kill leaves it: the newest run stands in the log only.
            let store = Store::open(folder.path()).await.expect("opened");
            store.add_run(&run("z", "a"), &Entries::new(), &Form::default()).await.expect("added");
            let log = fs::read(folder.path().join("flowdeck.db-wal")).expect("a log");
            assert!(!log.is_empty(), "{what}");
            store.close().await;
            fs::write(folder.path().join("flowdeck.db-wal"), log).expect("written");
            runs += 1;
        }
        spoil(&file, 0, &[junk; 100]);
        let spoilt = fs::read(&file).expect("read");
        let store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let aside = store.set_aside().cloned().unwrap_or_else(|| panic!("{what}: it is said"));
        assert_eq!(all_of(&store).await.expect("read").len(), runs, "{what}: every run is there");
        assert_eq!(store.apps().await.expect("the apps").len(), 2, "{what}");
        assert!(aside.whole && aside.runs == runs as u64, "{what}: {aside:?}");
        let kept = fs::read(folder.path().join(&aside.file)).expect("kept");
        assert!(kept == spoilt, "{what}: what was set aside is as it was found");
        assert!(!folder.path().join("flowdeck.mending.db").exists(), "{what}: the copy goes");
        store.close().await;
    }
}

/// A swap as a kill leaves it: the old database has one run more in its log, the new one is whole, the note written.
async fn half_swapped(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let (file, log) = (folder.join("flowdeck.db"), folder.join("flowdeck.db-wal"));
    let elsewhere = tempfile::tempdir().expect("a folder");
    filled(elsewhere.path()).await;
    filled(folder).await;
    let store = Store::open(folder).await.expect("opened");
    store.add_run(&run("z", "a"), &Entries::new(), &Form::default()).await.expect("added");
    let (old, in_log) = (fs::read(&file).expect("read"), fs::read(&log).expect("a log"));
    store.close().await;
    fs::write(&file, &old).expect("written");
    fs::write(&log, &in_log).expect("written");
    fs::copy(elsewhere.path().join("flowdeck.db"), folder.join("flowdeck.new.db")).expect("the new one");
    let note = format!(r#"{{"file":"flowdeck.damaged-1.db","apps":2,"runs":{RUNS},"whole":false}}"#);
    fs::write(folder.join("flowdeck.moving"), note).expect("noted");
    (old, in_log)
}

#[tokio::test]
async fn an_end_in_the_midst_of_a_swap_neither_loses_nor_mixes_what_belongs_together() {
    for moved in [&[][..], &["-wal"], &["-wal", "-shm"], &[""], &["", "-shm"], &["", "-wal", "-shm"]] {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, log) = half_swapped(folder.path()).await;
        let at = |name: &str, suffix: &str| folder.path().join(format!("{name}{suffix}"));
        fs::write(at("flowdeck.db", "-shm"), "index of the log").expect("written");
        for suffix in moved {
            fs::rename(at("flowdeck.db", suffix), at("flowdeck.damaged-1.db", suffix)).expect("moved");
        }
        let store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("{moved:?}: {error}"));
        let ids: Vec<_> = all_of(&store).await.expect("read").into_iter().map(|run| run.head.id.0).collect();
        assert_eq!(ids.len(), RUNS, "{moved:?}: the new database is as it was built");
        assert!(!ids.contains(&"z".to_owned()), "{moved:?}: the old log did not get into it");
        assert!(fs::read(at("flowdeck.damaged-1.db", "")).expect("kept") == old, "{moved:?}: the old one is kept");
        assert!(fs::read(at("flowdeck.damaged-1.db", "-wal")).expect("kept") == log, "{moved:?}: with its log");
        assert_eq!(store.set_aside().map(|aside| aside.runs), Some(RUNS as u64), "{moved:?}: and it is said");
        add_app(&store, "new").await;
        store.close().await;
        for name in ["flowdeck.new.db", "flowdeck.moving"] {
            assert!(!at(name, "").exists(), "{moved:?}: {name} is gone");
        }
        let again = Store::open(folder.path()).await.expect("opened");
        assert!(again.set_aside().is_none(), "{moved:?}: said once");
        assert_eq!(again.apps().await.expect("the apps").len(), 3, "{moved:?}: what was written since stays");
    }
}

#[tokio::test]
async fn a_swap_that_was_carried_out_leaves_the_new_log_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, log) = half_swapped(folder.path()).await;
    // The new one is in place and has a log of its own; only the note still stands.
    fs::remove_file(folder.path().join("flowdeck.new.db")).expect("it is the database now");
    let store = Store::open(folder.path()).await.expect("opened");
    let runs = all_of(&store).await.expect("read");
    assert!(!log.is_empty() && runs.len() == RUNS + 1, "what stands in its log belongs to it");
}

#[tokio::test]
async fn a_log_whose_database_is_gone_is_kept_and_joined_to_nothing() {
    for with_new in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, log) = half_swapped(folder.path()).await;
        fs::remove_file(folder.path().join("flowdeck.moving")).expect("no note");
        fs::remove_file(folder.path().join("flowdeck.db")).expect("gone");
        if !with_new {
            fs::remove_file(folder.path().join("flowdeck.new.db")).expect("gone");
        }
        let store = Store::open(folder.path()).await.expect("opened");
        let runs = all_of(&store).await.expect("read");
        assert_eq!(runs.len(), if with_new { RUNS } else { 0 }, "new: {with_new}");
        let kept = fs::read(folder.path().join("flowdeck.damaged-1.db-wal")).expect("the log is kept");
        assert!(kept == log, "new: {with_new}: as it was");
        if let Some(aside) = store.set_aside() {
            assert!(folder.path().join(&aside.file).exists(), "what is named is there");
        }
    }
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
