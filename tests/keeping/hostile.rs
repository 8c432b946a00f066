//! Backups that somebody changed, or made to do harm: nothing of them is taken over, and nothing changes.

use flowdeck::{
    keeping::{Entry, Error},
    model::{app::Icon, preferences::Preferences},
};

use crate::{
    Home,
    backups::{Archive, backed_up, left_over},
};

/// Reads it as a backup; nothing may have changed, whatever it was.
async fn refused(home: &Home, what: &str) -> Error {
    let (runs, target) = (home.runs().await, home.house.folder.path().join("evil.flowdeck-backup"));
    let outcome = home.keeping.read_backup(&target).await;
    assert_eq!((home.runs().await, left_over(home)), (runs, Vec::new()), "{what}: nothing changed, nothing stays");
    match outcome {
        Err(error) => error,
        Ok(facts) => panic!("{what} was taken for a backup: {facts:?}"),
    }
}

fn broken(error: &Error, what: &str) {
    assert!(matches!(error, Error::Broken(_)), "{what}: {error:?}");
}

#[tokio::test]
async fn a_backup_that_is_not_as_it_was_written_is_refused() {
    let (home, target, _) = backed_up().await;
    let evil = home.house.folder.path().join("evil.flowdeck-backup");
    let whole = std::fs::read(&target).expect("read");
    for part in [0, 10, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&evil, &whole[..part]).expect("written");
        broken(&refused(&home, "a part").await, &format!("{part} bytes"));
    }
    std::fs::write(&evil, b"PK no zip at all".repeat(100)).expect("written");
    broken(&refused(&home, "no zip").await, "no zip");
    // A bit in what is stored of a file.
    let at = whole.windows(10).position(|bytes| bytes == b"the report").expect("a file in it");
    let mut flipped = whole.clone();
    flipped[at + 3] ^= 1;
    std::fs::write(&evil, &flipped).expect("written");
    broken(&refused(&home, "a flipped bit").await, "a flipped bit");
    let mut other = Archive::read(&target);
    other.files[1].1 = b"another one".to_vec();
    other.write(&evil);
    broken(&refused(&home, "another file").await, "another file, its checksum right");
    let mut more = Archive::read(&target);
    more.files.push(("runs/r/more.md".into(), Vec::new()));
    more.write(&evil);
    broken(&refused(&home, "one file more").await, "one file more");
    let mut less = Archive::read(&target);
    less.files.pop();
    less.write(&evil);
    broken(&refused(&home, "one file less").await, "one file less");
}

#[tokio::test]
async fn no_file_of_a_backup_leaves_its_folder() {
    let (home, target, _) = backed_up().await;
    let evil = home.house.folder.path().join("evil.flowdeck-backup");
    let outside = home.house.folder.path().join("flowdeck.lock.txt");
    for path in [
        "../flowdeck.lock.txt",
        "runs/../../flowdeck.lock.txt",
        "runs/r/../../../flowdeck.lock.txt",
        "/tmp/flowdeck-evil.txt",
        "runs\\r\\x",
        "runs/r/.hidden",
        "runs/r/C:evil",
        "flowdeck.db",
        "runs/r/sent/../../x",
        "runs/r/x/y/z",
    ] {
        let mut archive = Archive::read(&target);
        archive.files.push((path.into(), b"evil".to_vec()));
        archive.manifest.entries.push(Entry { path: path.into(), size: 0, hash: String::new(), same_as: None });
        archive.honest().write(&evil);
        broken(&refused(&home, path).await, path);
        assert!(!outside.exists() && !std::path::Path::new("/tmp/flowdeck-evil.txt").exists(), "{path}");
    }
    let mut twice = Archive::read(&target);
    let path = twice.files[1].0.replace("report", "REPORT");
    twice.files.push((path.clone(), b"evil".to_vec()));
    twice.manifest.entries.push(Entry { path, size: 0, hash: String::new(), same_as: None });
    twice.honest().write(&evil);
    broken(&refused(&home, "two names that are one elsewhere").await, "two names that are one elsewhere");
    for first in ["history.db", "runs/nobody/x", "../../flowdeck.db"] {
        let mut same = Archive::read(&target);
        let entry = same.manifest.entries.iter_mut().find(|entry| entry.same_as.is_some()).expect("one that is linked");
        entry.same_as = Some(first.into());
        same.write(&evil);
        broken(&refused(&home, first).await, first);
    }
}

#[tokio::test]
async fn a_link_in_a_backup_is_not_made() {
    use std::io::Write as _;
    let (home, target, _) = backed_up().await;
    let mut archive = Archive::read(&target);
    let path = "runs/r/link.md";
    archive.files.push((path.into(), b"/etc/passwd".to_vec()));
    archive.manifest.entries.push(Entry { path: path.into(), size: 0, hash: String::new(), same_as: None });
    let archive = archive.honest();
    let evil = std::fs::File::create(home.house.folder.path().join("evil.flowdeck-backup")).expect("a file");
    let (mut zip, options) = (zip::ZipWriter::new(evil), zip::write::SimpleFileOptions::default());
    for (name, bytes) in &archive.files {
        if name == path {
            zip.add_symlink(name, "/etc/passwd", options).expect("linked");
        } else {
            zip.start_file(name, options).expect("begun");
            zip.write_all(bytes).expect("written");
        }
    }
    zip.start_file("backup.json", options).expect("begun");
    serde_json::to_writer(&mut zip, &archive.manifest).expect("written");
    zip.finish().expect("whole");
    broken(&refused(&home, "a link").await, "a link");
}

#[tokio::test]
async fn a_backup_larger_than_it_says_or_than_the_disk_is_not_unpacked() {
    let (home, target, _) = backed_up().await;
    let evil = home.house.folder.path().join("evil.flowdeck-backup");
    let mut bomb = Archive::read(&target);
    let path = bomb.files[1].0.clone();
    bomb.files[1].1 = vec![0; 20 * 1024 * 1024];
    bomb.write(&evil);
    assert!(std::fs::metadata(&evil).expect("there").len() < 1024 * 1024, "it is small as it comes");
    broken(&refused(&home, "a bomb").await, &format!("{path} of 20 MiB that says it has ten bytes"));
    for size in [1_u64 << 62, u64::MAX] {
        let mut huge = Archive::read(&target);
        huge.manifest.entries[1].size = size;
        huge.write(&evil);
        let error = refused(&home, "a size that cannot be").await;
        assert!(
            matches!(error, Error::Broken(_) | Error::Files(flowdeck::files::Error::DiskFull)),
            "{size}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_newer_backup_is_said_to_be_one() {
    let (home, target, _) = backed_up().await;
    let evil = home.house.folder.path().join("evil.flowdeck-backup");
    let mut format = Archive::read(&target);
    format.manifest.format = 2;
    format.write(&evil);
    assert!(matches!(refused(&home, "a newer format").await, Error::Newer));
    let mut schema = Archive::read(&target);
    schema.manifest.schema = 9999;
    schema.write(&evil);
    assert!(matches!(refused(&home, "a newer schema").await, Error::Newer));
    let mut none = Archive::read(&target);
    none.manifest.schema = -1;
    none.write(&evil);
    broken(&refused(&home, "no schema").await, "no schema");
}

#[tokio::test]
async fn a_history_with_anything_but_our_tables_is_refused() {
    let (home, target, _) = backed_up().await;
    let evil = home.house.folder.path().join("evil.flowdeck-backup");
    for sql in [
        "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM app; END",
        "CREATE VIEW v AS SELECT load_extension('evil')",
        "CREATE TABLE more (x)",
        "CREATE INDEX i ON run (title)",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
        "ALTER TABLE run ADD COLUMN more TEXT",
        "ALTER TABLE run RENAME COLUMN title TO titel",
        "DROP TABLE step",
        "ALTER TABLE step RENAME TO app_step; CREATE VIEW step AS SELECT * FROM app_step",
        "DROP TABLE run_tag; CREATE TABLE run_tag (run_id TEXT, tag TEXT GENERATED ALWAYS AS (run_id))",
    ] {
        Archive::read(&target).change_history(&[sql]).await.write(&evil);
        broken(&refused(&home, sql).await, sql);
    }
    let mut none = Archive::read(&target);
    none.files[0].1 = b"SQLite format 3\0 and nothing else".repeat(200);
    none.honest().write(&evil);
    broken(&refused(&home, "no database").await, "no database");
    let mut spoilt = Archive::read(&target);
    let middle = spoilt.files[0].1.len() / 2;
    spoilt.files[0].1[middle..middle + 3000].fill(0xa5);
    spoilt.honest().write(&evil);
    broken(&refused(&home, "a spoilt database").await, "a spoilt database");
}

#[tokio::test]
async fn rows_that_we_never_write_are_refused() {
    let (home, target, _) = backed_up().await;
    let evil = home.house.folder.path().join("evil.flowdeck-backup");
    for changes in [
        &["UPDATE run_file SET stored_as = '../../flowdeck.db'"] as &[&str],
        &["UPDATE sent_file SET stored_as = '/etc/passwd'"],
        &["UPDATE sound SET stored_as = 'a\\b.mp3'"],
        &[
            "UPDATE run_body SET run_id = '../../x' WHERE run_id = (SELECT max(id) FROM run)",
            "UPDATE run_text SET run_id = '../../x' WHERE run_id = (SELECT max(id) FROM run)",
            "UPDATE run SET id = '../../x' WHERE id = (SELECT max(id) FROM run)",
        ],
        &["DELETE FROM run_body WHERE run_id = (SELECT min(run_id) FROM run_body)"],
        &["INSERT INTO run_tag VALUES ('nobody', 'x')"],
        &["UPDATE run_body SET outputs = '{oh'"],
        &["UPDATE run SET app_id = 'nobody'"],
        &["UPDATE run SET title = CAST(x'ff' AS TEXT)"],
    ] {
        Archive::read(&target).change_history(changes).await.write(&evil);
        broken(&refused(&home, changes[0]).await, changes[0]);
    }
}

#[tokio::test]
async fn what_a_restored_row_says_reaches_nothing_outside_the_history() {
    let (home, target, _) = backed_up().await;
    let evil = home.house.folder.path().join("evil.flowdeck-backup");
    Archive::read(&target)
        .change_history(&[
            // The id of an app that has a key here, at another address.
            "UPDATE app SET base_url = 'https://evil.example/v1', key_state = 'keychain', plain_http_accepted = 1",
            "UPDATE app SET branding = json_set(branding, '$.icon', json('{\"kind\":\"image\",\"value\":\"https://evil.example/p.png\"}')) WHERE id = 'a'",
            "UPDATE app SET branding = json_set(branding, '$.iconBackground', 'red;background:url(//evil.example)', '$.privacyPolicy', 'javascript:alert(1)')",
            "UPDATE sent_file SET path = CAST('/etc/passwd' AS BLOB), copy = 'copying'",
            "UPDATE run_file SET local = 'fetching'",
            "UPDATE keep_rule SET days = -5, files_days = 99999999999",
        ])
        .await
        .write(&evil);
    let restored = home.keeping.read_backup(&evil).await;
    restored.expect("its rows are of our kinds");
    home.keeping.take_restored(Preferences::default()).await.expect("taken");
    let home = home.again().await;
    let apps = home.house.store.apps().await.expect("the apps");
    assert_eq!(apps.len(), 2);
    let kept = home.keeping.now().await.expect("what is kept can be read");
    assert!(
        kept.rule.is_forever() && kept.apps.iter().all(|app| app.rule.is_none()),
        "days that are none rule nothing"
    );
    for stored in apps {
        assert!(!["a", "b"].contains(&stored.app.id.0.as_str()), "a key of this computer does not go to that address");
        assert!(home.house.apps.client(&stored.app.id).await.is_err(), "no request without a key that was asked for");
        assert!(!stored.plain_http_accepted);
        assert_eq!(stored.app.branding.icon, Icon::Initial, "no picture is fetched by looking at it");
        let face = (stored.app.branding.icon_background, stored.app.branding.privacy_policy);
        assert_eq!(face, (None, None), "colours are colours, links are links");
    }
    for run in home.runs().await {
        for sent in home.house.store.sent(&run).await.expect("read") {
            assert_eq!((sent.path, sent.copy.as_str()), (None, "none"), "no file of this computer is copied for it");
        }
        for file in home.run(&run).await.files {
            assert_eq!(file.local.as_str(), "failed", "nothing is fetched for it");
        }
    }
}
