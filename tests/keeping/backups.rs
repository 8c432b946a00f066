//! Backups, there and back.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use flowdeck::{
    keeping::{Error, Keeping, Manifest},
    keys::{Keys, Secret},
    model::{
        app::{AppId, KeepKey, KeyState},
        desktop::Work,
        file::StagedId,
        keeping::{BackupFacts, KeepRule},
        network::ProxyChoice,
        preferences::Preferences,
        run::{RunId, RunStatus},
        sent::SentCopy,
    },
    store::{self, StoredNetwork, StoredStaged},
};
use sha2::{Digest as _, Sha256};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{DAY, Home, database};

/// A backup taken apart.
pub struct Archive {
    pub manifest: Manifest,
    pub files: Vec<(String, Vec<u8>)>,
}

impl Archive {
    pub fn read(backup: &Path) -> Self {
        let mut zip = ZipArchive::new(std::fs::File::open(backup).expect("a backup")).expect("a zip");
        let mut files = Vec::new();
        for n in 0..zip.len() {
            let mut file = zip.by_index(n).expect("a file");
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("read");
            files.push((file.name().expect("a name").into_owned(), bytes));
        }
        let (_, list) = files.pop().expect("the list is the last");
        Self { manifest: serde_json::from_slice(&list).expect("a list"), files }
    }

    pub fn write(&self, backup: &Path) {
        let mut zip = ZipWriter::new(std::fs::File::create(backup).expect("a file"));
        let options = SimpleFileOptions::default();
        for (name, bytes) in &self.files {
            zip.start_file(name, options).expect("begun");
            zip.write_all(bytes).expect("written");
        }
        zip.start_file("backup.json", options).expect("begun");
        serde_json::to_writer(&mut zip, &self.manifest).expect("written");
        zip.finish().expect("whole");
    }

    /// Sizes and hashes as an attacker would write them: of what stands there now.
    pub fn honest(mut self) -> Self {
        for entry in self.manifest.entries.iter_mut().filter(|entry| entry.same_as.is_none()) {
            let (_, bytes) = self.files.iter().find(|(name, _)| *name == entry.path).expect("a file");
            entry.size = bytes.len() as u64;
            entry.hash = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        }
        self
    }

    /// Changes the history as any program could.
    pub async fn change_history(mut self, changes: &[&str]) -> Self {
        use sqlx::{Connection as _, Executor as _};
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("history.db");
        std::fs::write(&file, &self.files[0].1).expect("written");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).foreign_keys(false);
        let mut history = sqlx::SqliteConnection::connect_with(&options).await.expect("opened");
        for sql in changes {
            history
                .execute(sqlx::AssertSqlSafe((*sql).to_owned()))
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        history.close().await.expect("closed");
        self.files[0].1 = std::fs::read(&file).expect("read");
        self.honest()
    }
}

/// A house with two apps, runs with files, a draft's worth of everything; and its backup.
pub async fn backed_up() -> (Home, std::path::PathBuf, BackupFacts) {
    let home = Home::new().await;
    let (app, other) = (home.add_app("a").await, home.add_app("b").await);
    for n in 0..3 {
        let run = home.add_run(&app, RunStatus::Succeeded, n).await;
        home.add_files(&run, "shared").await;
    }
    home.add_run(&other, RunStatus::Failed, 7).await;
    home.keeping.set_rule(Some(&app), Some(KeepRule { days: Some(90), files_days: None })).await.expect("set");
    let target = home.house.folder.path().join("mine.flowdeck-backup");
    let facts = home.keeping.make_backup(&target, Preferences::default()).await.expect("made");
    (home, target, facts)
}

/// Names in the data folder that are there only while something is under way.
pub fn left_over(home: &Home) -> Vec<String> {
    let names = std::fs::read_dir(home.house.folder.path()).expect("the folder").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let passing = |name: &String| {
        name.starts_with("flowdeck.backup-") || name.starts_with("flowdeck.restor") || name.ends_with(".part")
    };
    names.filter(passing).collect()
}

async fn app_named(home: &Home, title: &str) -> AppId {
    let apps = home.house.store.apps().await.expect("the apps");
    let found = apps.into_iter().find(|stored| stored.app.branding.title == title);
    found.unwrap_or_else(|| panic!("{title} is there")).app.id
}

#[tokio::test]
async fn a_backup_holds_everything_but_what_belongs_to_this_computer() {
    let (home, target, facts) = backed_up().await;
    assert_eq!((facts.apps, facts.runs, facts.files), (2, 4, 9));
    assert_eq!(facts.size, std::fs::metadata(&target).expect("there").len());
    assert_eq!(left_over(&home), [""; 0], "nothing stays behind");
    let archive = Archive::read(&target);
    let copies = archive.files.iter().filter(|(name, _)| name.ends_with("租约.pdf")).count();
    assert_eq!(copies, 1, "a document that was sent three times is in it once");
    let tables = &archive.manifest.rows;
    for table in ["network", "staged_file", "last_folder", "_sqlx_migrations"] {
        assert!(!tables.contains_key(table), "{table} stays here");
    }
    assert_eq!(tables["run"], 4);
    let kept = home.keeping.now().await.expect("counted");
    assert_eq!(kept.backup.map(|backup| backup.size), Some(facts.size), "when it was made is remembered");
}

#[tokio::test]
async fn what_comes_back_is_what_was_there_and_what_was_there_is_kept_aside() {
    let (home, target, _) = backed_up().await;
    let before: Vec<_> = home.runs().await;
    let texts: Vec<_> = home.run(&before[0]).await.texts;
    let proxy = StoredNetwork { proxy: ProxyChoice::Off, ..StoredNetwork::default() };
    home.house.store.save_network(&proxy).await.expect("set");
    // Since the backup another run was made, and one was deleted.
    let app = AppId("a".into());
    let newer = home.add_run(&app, RunStatus::Succeeded, 0).await;
    home.keeping.delete_runs_of(&AppId("b".into())).await.expect("deleted");
    let facts = home.keeping.read_backup(&target).await.expect("read");
    assert_eq!((facts.apps, facts.runs, facts.files), (2, 4, 9), "what it holds is said first");
    assert!(home.runs().await.contains(&newer), "and nothing has changed so far");
    home.keeping.take_restored(Preferences::default()).await.expect("taken");
    assert!(home.runs().await.contains(&newer), "nor then: the next start changes it");
    let home = home.again().await;
    assert_eq!(home.runs().await, before, "the runs of the backup");
    assert_eq!(home.run(&before[0]).await.texts, texts);
    for inside in ["report.md", "sent/租约.pdf", "speech/stream.mp3"] {
        let of = |run: &RunId| {
            std::fs::read(home.run_folder(run).join(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"))
        };
        assert_eq!(of(&before[0]), of(&before[1]), "{inside} of each run");
    }
    let sent = home.house.store.sent(&before[0]).await.expect("read");
    assert_eq!((sent[0].copy, sent[0].path.clone()), (SentCopy::Kept, None), "where it lay is no matter here");
    let apps = home.house.store.apps().await.expect("the apps");
    for stored in &apps {
        assert_eq!(stored.app.key, KeyState::Missing, "keys are asked for anew");
        assert!(!stored.plain_http_accepted, "and so are agreements");
        assert!(!["a", "b"].contains(&stored.app.id.0.as_str()), "no key of this computer is found under their ids");
    }
    assert_eq!(
        home.house.store.network().await.expect("read").proxy,
        ProxyChoice::Off,
        "the network is this computer's"
    );
    let now = home.keeping.now().await.expect("counted");
    let app = app_named(&home, "合同 a").await;
    let rule = now.apps.iter().find(|kept| kept.app_id == app).and_then(|kept| kept.rule);
    assert_eq!(rule.and_then(|rule| rule.days), Some(90), "rules come back, under the new ids");
    assert!(now.aside.is_some(), "the state before is kept");
    assert!(now.aside_size > 4096, "and counted: {}", now.aside_size);
    // And back again.
    home.keeping.undo_restore(Preferences::default()).expect("taken");
    let home = home.again().await;
    assert!(home.runs().await.contains(&newer), "the state of before is back");
    assert_eq!(home.house.store.apps().await.expect("the apps")[0].app.id.0, "a", "with its keys' ids");
    assert!(home.run_folder(&before[0]).join("report.md").exists());
    assert_eq!(left_over(&home), [""; 0]);
}

#[tokio::test]
async fn files_that_were_chosen_on_this_computer_are_found_again_after_a_restore() {
    let (home, target, _) = backed_up().await;
    let chosen = |id: &str| StoredStaged {
        id: StagedId(id.into()),
        path: format!("/home/someone/{id}.pdf").into(),
        name: format!("{id}.pdf"),
        size: 3,
        modified_at: Some(1),
        staged_at: 2,
        sent: None,
    };
    let both = [chosen("of-a-run"), chosen("kept-ready")];
    home.house.store.save_all_staged(&both).await.expect("kept");
    let run = home.runs().await.remove(0);
    home.sql(&format!("INSERT INTO run_staged VALUES ('{}', 'of-a-run')", run.0)).await;
    home.keeping.read_backup(&target).await.expect("read");
    home.keeping.take_restored(Preferences::default()).await.expect("taken");
    let home = home.again().await;
    let ids = both.clone().map(|file| file.id);
    let mut found = home.house.store.staged_files(&ids).await.expect("read");
    found.sort_by(|a, b| b.id.0.cmp(&a.id.0));
    assert_eq!(found, both, "what is kept ready finds its documents");
    let mut database = database::connect(&home.house.folder.path().join("flowdeck.db")).await;
    let named: Vec<(String, String)> =
        sqlx::query_as("SELECT run_id, staged_id FROM run_staged").fetch_all(&mut database).await.expect("read");
    sqlx::Connection::close(database).await.expect("closed");
    assert_eq!(named, [(run.0, "of-a-run".to_owned())], "and nobody clears away what a run names");
}

#[tokio::test]
async fn the_state_of_before_goes_at_once_where_that_is_wished() {
    let (home, target, _) = backed_up().await;
    home.keeping.read_backup(&target).await.expect("read");
    home.keeping.take_restored(Preferences::default()).await.expect("taken");
    let home = home.again().await;
    let aside = home.keeping.now().await.expect("counted").aside.expect("kept");
    home.keeping.forget_aside().await.expect("gone");
    let now = home.keeping.now().await.expect("counted");
    assert_eq!((now.aside, now.aside_size), (None, 0));
    assert!(!home.house.folder.path().join(aside.folder).exists(), "nothing of it is on the disk");
    assert!(home.keeping.undo_restore(Preferences::default()).is_err(), "and there is nothing to come back to");
}

#[tokio::test]
async fn what_was_just_deleted_does_not_come_back_with_a_backup_and_the_servers_log() {
    let (home, target, _) = backed_up().await;
    let run = home.runs().await.remove(0);
    home.sql(&format!("UPDATE run SET server_run_id = 'r' WHERE id = '{}'", run.0)).await;
    home.house.store.delete_runs(std::slice::from_ref(&run), 1).await.expect("hidden");
    home.keeping.make_backup(&target, Preferences::default()).await.expect("made");
    home.keeping.read_backup(&target).await.expect("read");
    home.keeping.take_restored(Preferences::default()).await.expect("taken");
    let home = home.again().await;
    assert!(!home.runs().await.contains(&run), "it is gone");
    let app = app_named(&home, "合同 a").await;
    let unknown = home.house.store.unknown_to_us(&app, &["r", "s"]).await.expect("read");
    assert_eq!(unknown, ["s".to_owned()].into(), "and the log is not believed");
}

#[tokio::test]
async fn a_restored_state_that_is_not_wanted_leaves_nothing() {
    let (home, target, _) = backed_up().await;
    home.keeping.read_backup(&target).await.expect("read");
    home.keeping.drop_restored().await.expect("dropped");
    assert_eq!(left_over(&home), [""; 0]);
    assert!(home.keeping.take_restored(Preferences::default()).await.is_err(), "there is nothing to take any more");
    let before = home.runs().await;
    home.keeping.read_backup(&target).await.expect("read");
    // The program is killed before the user decides.
    let home = home.again().await;
    assert_eq!((home.runs().await, left_over(&home)), (before, Vec::new()), "the next start clears it");
}

#[tokio::test]
async fn a_restore_that_is_killed_between_two_steps_leaves_one_state() {
    // The steps, as they are carried out; after each of them the program may end.
    let steps: [&[(&str, &str)]; 4] = [
        &[],
        &[("flowdeck.db", "before-restore-1/flowdeck.db")],
        &[("flowdeck.db", "before-restore-1/flowdeck.db"), ("runs", "before-restore-1/runs")],
        &[
            ("flowdeck.db", "before-restore-1/flowdeck.db"),
            ("runs", "before-restore-1/runs"),
            ("flowdeck.restored/runs", "runs"),
        ],
    ];
    for moved in steps {
        let (home, target, _) = backed_up().await;
        let before = home.runs().await;
        let newer = home.add_run(&AppId("a".into()), RunStatus::Succeeded, 0).await;
        home.keeping.read_backup(&target).await.expect("read");
        home.keeping.take_restored(Preferences::default()).await.expect("taken");
        let Home { house, keeping } = home;
        drop(keeping);
        let folder = house.leave().await;
        std::fs::create_dir_all(folder.path().join("before-restore-1")).expect("made");
        for (from, to) in moved {
            std::fs::rename(folder.path().join(from), folder.path().join(to)).expect("moved");
        }
        let home = Home::on(folder).await;
        assert_eq!(home.runs().await, before, "after {} steps: the new state, whole", moved.len());
        assert!(home.run_folder(&before[0]).join("report.md").exists(), "with its files");
        home.keeping.undo_restore(Preferences::default()).expect("the old one is whole, too");
        let home = home.again().await;
        assert!(home.runs().await.contains(&newer), "after {} steps: with what was newest", moved.len());
    }
}

#[tokio::test]
async fn a_backup_is_made_while_runs_are_saved_and_is_of_one_moment() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    for _ in 0..40 {
        home.add_run(&app, RunStatus::Succeeded, 1).await;
    }
    let target = home.house.folder.path().join("mine.flowdeck-backup");
    let writing = async {
        for _ in 0..40 {
            home.add_run(&app, RunStatus::Succeeded, 1).await;
        }
    };
    let (facts, ()) = tokio::join!(home.keeping.make_backup(&target, Preferences::default()), writing);
    let facts = facts.expect("made");
    assert!((40..=80).contains(&facts.runs), "{facts:?}");
    let bodies = Archive::read(&target).manifest.rows["run_body"];
    assert_eq!(u64::from(facts.runs), bodies, "each run with all that belongs to it");
    assert_eq!(home.runs().await.len(), 80, "nobody waited in vain");
}

#[tokio::test]
async fn a_backup_that_is_broken_off_leaves_nothing_and_one_is_made_at_a_time() {
    let (home, target, _) = backed_up().await;
    let other = home.house.folder.path().join("other.flowdeck-backup");
    let (first, second) =
        tokio::join!(home.keeping.make_backup(&other, Preferences::default()), home.keeping.read_backup(&target));
    assert!(first.is_ok() && matches!(second, Err(Error::Busy)), "{first:?} {second:?}");
    std::fs::remove_file(&other).expect("removed");
    let stopping = async {
        // As soon as it has begun.
        tokio::task::yield_now().await;
        home.keeping.cancel();
    };
    let (made, ()) = tokio::join!(home.keeping.make_backup(&other, Preferences::default()), stopping);
    assert!(matches!(made, Err(Error::Cancelled)), "{made:?}");
    assert!(!other.exists() && left_over(&home).is_empty(), "{:?}", left_over(&home));
}

#[tokio::test]
async fn backups_of_every_schema_come_back() {
    for schema in database::schemas().await {
        let made = tempfile::tempdir().expect("a folder");
        let file = made.path().join("old.db");
        database::of_schema(&file, schema).await;
        let archive = of_database(&file, schema).await;
        let home = Home::new().await;
        let target = made.path().join("old.flowdeck-backup");
        archive.write(&target);
        let facts = home.keeping.read_backup(&target).await.unwrap_or_else(|error| panic!("schema {schema}: {error}"));
        assert!(facts.runs >= 3 && facts.apps == 2, "schema {schema}: {facts:?}");
        home.keeping.take_restored(Preferences::default()).await.expect("taken");
        let home = home.again().await;
        let run = home.run(&RunId(database::FIRST_RUN.into())).await;
        assert_eq!(
            (run.head.title.as_str(), run.steps.len(), run.texts.len()),
            ("Lease 租约", 2, 1),
            "schema {schema}"
        );
        let draft = home.house.store.draft(&app_named(&home, "合同 Review").await).await.expect("read");
        assert_eq!(draft.is_some(), schema >= 7, "schema {schema}");
    }
}

#[tokio::test]
async fn a_backup_that_could_not_be_brought_back_is_not_called_one() {
    for wrong in ["UPDATE run_body SET outputs = '{oh'", "UPDATE run SET title = CAST(x'ff' AS TEXT)"] {
        let (home, _, _) = backed_up().await;
        home.sql(wrong).await;
        let other = home.house.folder.path().join("other.flowdeck-backup");
        let made = home.keeping.make_backup(&other, Preferences::default()).await;
        assert!(matches!(made, Err(Error::Store(store::Error::Damaged))), "{wrong}: {made:?}");
        assert!(!other.exists() && left_over(&home).is_empty(), "{wrong}: nothing that looks like one stays");
        // It says that the next start mends it.
        let home = home.again().await;
        home.keeping
            .make_backup(&other, Preferences::default())
            .await
            .unwrap_or_else(|error| panic!("{wrong}: mended: {error}"));
        home.keeping.read_backup(&other).await.unwrap_or_else(|error| panic!("{wrong}: brought back: {error}"));
    }
}

#[tokio::test]
async fn keys_of_a_state_go_with_it() {
    let (home, target, _) = backed_up().await;
    let keys = Arc::new(Keys::new("flowdeck-of-a-test"));
    for app in ["a", "b"] {
        // Without a keychain, too, it stays in memory.
        let _ = keys.keep(app, Secret::new("key".into()), KeepKey::Session).await;
    }
    home.keeping.read_backup(&target).await.expect("read");
    home.keeping.clone().with_keys(Arc::clone(&keys)).take_restored(Preferences::default()).await.expect("taken");
    assert!(keys.is_in_session("a"), "the state before can come back");
    let home = home.again().await;
    let now: Vec<_> =
        home.house.store.apps().await.expect("the apps").into_iter().map(|stored| stored.app.id).collect();
    let _ = keys.keep(&now[0].0, Secret::new("key".into()), KeepKey::Session).await;
    home.keeping.read_backup(&target).await.expect("read");
    assert!(keys.is_in_session("a"), "still");
    home.keeping.clone().with_keys(Arc::clone(&keys)).take_restored(Preferences::default()).await.expect("taken");
    assert!(!keys.is_in_session("a") && !keys.is_in_session("b"), "now another state is kept instead of that one");
    assert!(keys.is_in_session(&now[0].0), "which has its keys");
}

/// A backup as a program of that schema would have made it.
async fn of_database(file: &Path, schema: i64) -> Archive {
    use sqlx::{Connection as _, Executor as _, Row as _};
    const STAY: [&str; 11] = [
        "trace",
        "run_entry",
        "run_unindexed",
        "run_cost",
        "run_uncounted",
        "network",
        "staged_file",
        "run_staged",
        "last_folder",
        "keep_state",
        "_sqlx_migrations",
    ];
    let history = file.with_file_name("history.db");
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(&history).create_if_missing(true).foreign_keys(false);
    let mut new = sqlx::SqliteConnection::connect_with(&options).await.expect("made");
    let attach = format!("ATTACH '{}' AS old", file.display());
    new.execute(sqlx::AssertSqlSafe(attach)).await.expect("attached");
    let tables = sqlx::query(
        "SELECT name, sql FROM old.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'run!_words%' ESCAPE '!' AND name NOT LIKE 'run!_marks%' ESCAPE '!' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    );
    let tables = tables.fetch_all(&mut new).await.expect("tables");
    let mut rows = std::collections::BTreeMap::new();
    for table in tables {
        let (name, sql): (String, String) = (table.get(0), table.get(1));
        if STAY.contains(&name.as_str()) {
            continue;
        }
        new.execute(sqlx::AssertSqlSafe(sql)).await.expect("made");
        let copy = format!("INSERT INTO main.{name} SELECT * FROM old.{name}");
        let copied = new.execute(sqlx::AssertSqlSafe(copy)).await.expect("copied");
        rows.insert(name, copied.rows_affected());
    }
    new.close().await.expect("closed");
    let entry = flowdeck::keeping::Entry { path: "history.db".into(), size: 0, hash: String::new(), same_as: None };
    let manifest = Manifest {
        format: 1,
        program: "0".into(),
        made_at: DAY,
        schema,
        rows,
        entries: vec![entry],
        preferences: Preferences::default(),
    };
    Archive { manifest, files: vec![("history.db".into(), std::fs::read(&history).expect("read"))] }.honest()
}

#[tokio::test]
async fn a_result_that_has_the_name_of_a_folder_of_the_run_s_own_is_backed_up_all_the_same() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    for (index, name) in ["sent", "Speech", "sent"].into_iter().enumerate() {
        let run = home.add_run(&app, RunStatus::Succeeded, 1).await;
        home.add_files(&run, "c").await;
        // As earlier versions kept it.
        let folder = home.run_folder(&run);
        for inside in ["sent", "speech"] {
            std::fs::remove_dir_all(folder.join(inside)).expect("none of it");
        }
        std::fs::rename(folder.join("report.md"), folder.join(name)).expect("named so");
        std::fs::write(folder.join(format!("{name} (2)")), "somebody's").expect("written");
        home.sql(&format!("UPDATE run_file SET stored_as = '{name}' WHERE run_id = '{}'", run.0)).await;
        home.sql(&format!("DELETE FROM sent_file WHERE run_id = '{}'", run.0)).await;
        home.sql(&format!("DELETE FROM sound WHERE run_id = '{}'", run.0)).await;
        if index == 2 {
            std::fs::remove_file(folder.join(name)).expect("gone meanwhile");
        }
    }
    let target = home.house.folder.path().join("mine.flowdeck-backup");
    let facts = home.keeping.make_backup(&target, Preferences::default()).await.expect("made");
    assert_eq!((facts.runs, facts.files), (3, 2));
    home.keeping.read_backup(&target).await.expect("read");
    home.keeping.take_restored(Preferences::default()).await.expect("taken");
    let before = home.runs().await;
    for (run, name) in before.iter().zip(["sent (3)", "Speech (3)"]) {
        let kept = home.house.store.run_files(run).await.expect("read").remove(0);
        assert_eq!((kept.file.name.as_str(), kept.stored_as.as_deref()), ("report.md", Some(name)));
        assert_eq!(std::fs::read_to_string(home.run_folder(run).join(name)).expect("there"), "the report");
    }
    let other = std::fs::read_to_string(home.run_folder(&before[0]).join("sent (2)"));
    assert_eq!(other.ok().as_deref(), Some("somebody's"), "nothing is written over");
    let home = home.again().await;
    for (run, name) in before.iter().zip(["sent (3)", "Speech (3)"]) {
        let kept = std::fs::read_to_string(home.run_folder(run).join(name));
        assert_eq!(kept.expect("there after a restore"), "the report");
    }
}

#[tokio::test]
async fn where_a_backup_is_being_written_is_noted_and_closing_the_window_asks() {
    let home = Home::new().await;
    let app = home.add_app("a").await;
    let run = home.add_run(&app, RunStatus::Succeeded, 1).await;
    home.add_files(&run, "c").await;
    let data = home.house.folder.path().to_owned();
    let notes = data.join("unfinished");
    let noted = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (seen, at) = (Arc::clone(&noted), notes.clone());
    let emit = Arc::new(move |_| {
        let notes = std::fs::read_dir(&at).into_iter().flatten().flatten();
        let of = |note: std::fs::DirEntry| Some(std::path::PathBuf::from(std::fs::read_to_string(note.path()).ok()?));
        seen.lock().expect("free").extend(notes.filter_map(of).filter(|part| part.exists()));
    });
    let house = &home.house;
    let keeping = Keeping::new(house.store.clone(), house.files.clone(), house.runs.clone(), emit, data);
    let place = tempfile::tempdir().expect("a folder");
    let target = place.path().join("mine.flowdeck-backup");
    assert_eq!(keeping.under_way(), None);
    let look = async { keeping.under_way() };
    let (made, under_way) = tokio::join!(keeping.make_backup(&target, Preferences::default()), look);
    made.expect("made");
    assert_eq!((under_way, keeping.under_way()), (Some(Work::Backup), None));
    let noted = noted.lock().expect("free").clone();
    let is_part =
        |path: &std::path::PathBuf| path.starts_with(place.path()) && path.extension() == Some("part".as_ref());
    assert!(!noted.is_empty() && noted.iter().all(is_part), "{noted:?}");
    assert_eq!(std::fs::read_dir(notes).expect("the folder").count(), 0, "once it is there nothing is noted");
    assert_eq!(std::fs::read_dir(place.path()).expect("the folder").count(), 1);
}
