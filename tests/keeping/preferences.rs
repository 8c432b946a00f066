//! What the user set and the page keeps, in backups and out of them again.

use std::{collections::BTreeMap, io::Write as _, path::Path};

use flowdeck::model::{
    app::AppId,
    preferences::{Closing, LanguageChoice, Preferences, StepDensity, TextSize, Theme},
};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    Home,
    backups::{Archive, backed_up, left_over},
};

fn app(id: &str) -> AppId {
    AppId(id.into())
}

/// A user's, with an app that is gone.
fn set() -> Preferences {
    Preferences {
        theme: Some(Theme::Dark),
        language: Some(LanguageChoice::Zh),
        text_size: Some(TextSize::Large),
        closing: Some(Closing::Background),
        notify: Some(false),
        step_density: Some(StepDensity::Compact),
        speed: Some(150),
        shows_steps: Some(BTreeMap::from([(app("a"), false), (app("gone"), true)])),
        last_app: Some(app("b")),
        ..Preferences::default()
    }
}

/// Those of the computer that a backup is read on.
fn here() -> Preferences {
    Preferences { theme: Some(Theme::Light), language: Some(LanguageChoice::En), ..Preferences::default() }
}

/// The same backup with something else in the place of preferences.
fn spoil(backup: &Path, to: &Path, preferences: &str) {
    let Archive { manifest, files } = Archive::read(backup);
    let list = serde_json::to_string(&manifest).expect("a list");
    let list = format!(r#"{},"preferences":{preferences}}}"#, list.trim_end_matches('}'));
    let mut zip = ZipWriter::new(std::fs::File::create(to).expect("a file"));
    for (name, bytes) in
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).chain([("backup.json", list.as_bytes())])
    {
        zip.start_file(name, SimpleFileOptions::default()).expect("begun");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("whole");
}

#[tokio::test]
async fn what_the_user_set_comes_with_a_backup_and_goes_back_with_the_state_of_before() {
    let (home, target, facts) = backed_up().await;
    assert!(!facts.preferences, "none were handed over");
    let facts = home.keeping.make_backup(&target, set()).await.expect("made");
    assert!(facts.preferences);
    let shows_steps = Some(BTreeMap::from([(app("a"), false)]));
    let kept = Archive::read(&target).manifest.preferences;
    assert_eq!(kept, Preferences { shows_steps, ..set() }, "without what is said of apps that are none");
    assert!(home.keeping.read_backup(&target).await.expect("read").preferences, "it is said that they come along");
    home.keeping.take_restored(here()).await.expect("taken");
    assert!(home.keeping.preferences().is_empty(), "nothing changes before the next start");
    let home = home.again().await;
    let apps = home.house.store.apps().await.expect("the apps");
    let called = |title: &str| {
        let found = apps.iter().find(|stored| stored.app.branding.title == title);
        found.unwrap_or_else(|| panic!("{title} is there")).app.id.clone()
    };
    let shows_steps = Some(BTreeMap::from([(called("合同 a"), false)]));
    let expected = Preferences { shows_steps, last_app: Some(called("合同 b")), ..set() };
    assert_eq!(home.keeping.preferences(), expected, "under the ids that the apps have now");
    assert!(home.keeping.preferences().is_empty(), "told once: the page keeps them");
    let home = home.again().await;
    assert!(home.keeping.preferences().is_empty(), "and what the user sets then is not taken back");
    home.keeping.undo_restore(expected.clone()).expect("taken");
    let home = home.again().await;
    assert_eq!(home.keeping.preferences(), here(), "those of before come back with their state");
    home.keeping.undo_restore(here()).expect("taken");
    let home = home.again().await;
    assert_eq!((home.keeping.preferences(), left_over(&home)), (expected, Vec::new()), "there and back");
}

#[tokio::test]
async fn a_backup_without_them_leaves_them_as_they_are() {
    let (home, target, _) = backed_up().await;
    let list = serde_json::to_value(Archive::read(&target).manifest).expect("a list");
    assert_eq!(list.get("preferences"), None, "as earlier versions wrote it");
    assert!(!home.keeping.read_backup(&target).await.expect("read").preferences);
    home.keeping.take_restored(here()).await.expect("taken");
    let home = home.again().await;
    assert!(home.keeping.preferences().is_empty(), "nothing is told to the page");
    home.keeping.undo_restore(here()).expect("taken");
    let home = home.again().await;
    assert_eq!(home.keeping.preferences(), here(), "the state of before is as it was");
}

#[tokio::test]
async fn preferences_that_are_none_of_ours_never_fail_a_restore_nor_the_start_after_it() {
    let (home, target, _) = backed_up().await;
    let (evil, runs) = (home.house.folder.path().join("evil.flowdeck-backup"), home.runs().await);
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let huge = json!({ "theme": "dark", "showsSteps": { "x".repeat(3_000_000): true } }).to_string();
    let many = (0..30_000).map(|n| (format!("app-{n}-{}", "x".repeat(40)), Value::Bool(true)));
    let many = json!({ "theme": "dark", "showsSteps": Value::Object(many.collect()) }).to_string();
    let dark = Preferences { theme: Some(Theme::Dark), ..Preferences::default() };
    let mut home = home;
    for (spoilt, expected) in [
        ("null", Preferences::default()),
        ("7", Preferences::default()),
        (r#""dark""#, Preferences::default()),
        (r#"["dark"]"#, Preferences::default()),
        (&deep, Preferences::default()),
        (&huge, Preferences::default()),
        (&many, Preferences::default()),
        (r#"{"theme":"dark","language":"tlh","textSize":99,"closing":["stop"],"speed":-1}"#, dark.clone()),
        (r#"{"theme":"dark","lastApp":"../../x","showsSteps":{"../../x":true}}"#, {
            Preferences { shows_steps: Some(BTreeMap::new()), ..dark.clone() }
        }),
        (r#"{"theme":"dark","key":"app-secret","network":{"proxy":"http://evil.example"}}"#, dark.clone()),
    ] {
        let what = &spoilt[..spoilt.len().min(60)];
        spoil(&target, &evil, spoilt);
        let read = home.keeping.read_backup(&evil).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(read.preferences, !expected.is_empty(), "{what}");
        home.keeping.take_restored(here()).await.expect("taken");
        home = home.again().await;
        assert_eq!(home.runs().await, runs, "{what}: the history is restored");
        assert_eq!(home.keeping.preferences(), expected, "{what}");
    }
}

#[tokio::test]
async fn a_start_passes_over_what_stands_in_the_place_of_preferences() {
    let home = Home::new().await;
    let place = home.house.folder.path().join("flowdeck.preferences");
    for text in [&b""[..], b"{oh", b"\xff\xfe\0", b"{\"theme\":\"dark\"", &[b' '; 3_000_000]] {
        std::fs::write(&place, text).expect("written");
        assert!(home.keeping.preferences().is_empty(), "{} bytes", text.len());
        assert!(!place.exists(), "it is not read again");
    }
    std::fs::create_dir(&place).expect("made");
    assert!(home.keeping.preferences().is_empty(), "a folder says nothing");
    let home = home.again().await;
    assert!(home.keeping.preferences().is_empty(), "and keeps nobody from starting");
}
