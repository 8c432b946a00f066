//! What was cut short by the end of the program: runs that were being taken in, and files that were being written.

use std::{fs, path::Path, sync::Arc};

use flowdeck::{
    model::{
        history::Search,
        out::{Export, ExportKind, ExportOf},
    },
    out::{Find, Out},
};
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use super::{Desk, export_words};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_whose_run_was_never_written_down_is_cleared() {
    let there = Desk::new().await;
    let path = there.path("lease.flowdeck-run");
    let id = there.full_run(&there.app("Review").await).await;
    there.out.pack(&id, &path).await.expect("packed");

    let desk = Desk::new().await;
    desk.app("Review").await;
    let (runs, killed) = (desk.path("runs"), tempfile::tempdir().expect("a folder"));
    // As it is on the disk when the folder has its name and the history does not know of it.
    let database = sqlx::sqlite::SqliteConnectOptions::new().filename(desk.path("flowdeck.db"));
    let mut other = SqliteConnection::connect_with(&database).await.expect("opened");
    other.execute("BEGIN IMMEDIATE").await.expect("nobody else writes");
    let cut = async {
        while !runs.join(&id.0).exists() {
            tokio::task::yield_now().await;
        }
        copy_all(&runs, &killed.path().join("runs"));
        other.execute("COMMIT").await.expect("let go");
    };
    let (unpacked, ()) = tokio::join!(desk.out.unpack(&path), cut);
    assert_eq!(unpacked.expect("unpacked").run_id, id);
    assert_eq!(names(&runs), [id.0.as_str()], "where it went well nothing is left but the run");

    fs::create_dir_all(killed.path().join("runs/.brought-0123/sent")).expect("one that was not whole yet");
    assert_eq!(names(&killed.path().join("runs")).len(), 3, "and one that was");
    let desk = Desk::of(killed).await;
    desk.out.clear_half_brought().await;
    assert_eq!(names(&desk.path("runs")), [""; 0], "nothing of it stays");
    assert_eq!(desk.out.unpack(&path).await.expect("unpacked").run_id, id, "and it can be brought");
    desk.out.clear_half_brought().await;
    assert_eq!(names(&desk.path("runs")), [id.0.as_str()]);
}

#[tokio::test]
async fn no_folder_of_a_run_is_ever_cleared() {
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let (listed, hidden) = (desk.full_run(&app).await, desk.full_run(&app).await);
    desk.store.delete_runs(std::slice::from_ref(&hidden), 1).await.expect("deleted");
    let runs = desk.path("runs");
    // Killed after the run was written down; a folder that nobody knows; notes that lead elsewhere.
    for note in [&listed.0, &hidden.0, "..", "a b"] {
        fs::write(runs.join(format!(".brought-{note}")), "").expect("noted");
    }
    fs::create_dir_all(runs.join("what-a-damaged-history-left")).expect("a folder");
    desk.store.close().await;
    let desk = Desk::of(desk.folder).await;
    desk.out.clear_half_brought().await;
    let mut wanted = vec![listed.0.as_str(), &hidden.0, "what-a-damaged-history-left", ".brought-..", ".brought-a b"];
    wanted.sort_unstable();
    assert_eq!(names(&desk.path("runs")), wanted);
    assert!(desk.path("runs").join(&listed.0).join("digest.md").exists(), "with its files");

    // A history that was damaged may have lost its row.
    fs::write(desk.path("runs").join(format!(".brought-{}", listed.0)), "").expect("noted");
    desk.store.close().await;
    fs::write(desk.path("flowdeck.db"), "no database ".repeat(1000)).expect("damaged");
    let desk = Desk::of(desk.folder).await;
    assert!(desk.store.set_aside().is_some() && !desk.store.has_run(&listed).await.expect("read"));
    desk.out.clear_half_brought().await;
    assert!(desk.path("runs").join(&listed.0).join("digest.md").exists(), "its files are all there is of it");
}

#[tokio::test]
async fn what_a_killed_export_left_goes_with_the_next_start() {
    let desk = Desk::new().await;
    let place = tempfile::tempdir().expect("a folder");
    for name in ["runs.csv", ".flowdeck-mine.part"] {
        fs::write(place.path().join(name), "the user's").expect("written");
    }
    // The search never answers; what was begun is left as a kill leaves it.
    let asked = Arc::new(tokio::sync::Notify::new());
    let tell = Arc::clone(&asked);
    let find: Find = Arc::new(move |_, _, _| {
        tell.notify_one();
        Box::pin(std::future::pending())
    });
    let out = Out::new(desk.store.clone(), Arc::new(|_| ()), desk.path("runs"), find);
    let export = Export {
        of: ExportOf::Search { search: Search::default() },
        kind: ExportKind::JsonLines,
        columns: Vec::new(),
        words: export_words(),
    };
    let target = place.path().join("runs.csv");
    assert!(!out.is_writing());
    let mut killed = Box::pin(out.export(&export, &target));
    tokio::select! {
        _ = &mut killed => panic!("nobody answers it"),
        () = asked.notified() => {}
    }
    assert!(out.is_writing(), "closing the window asks");
    std::mem::forget(killed);
    assert_eq!(names(place.path()).len(), 3, "half a file stands beside it: {:?}", names(place.path()));
    out.clear_half_written().await;
    assert_eq!(names(place.path()).len(), 3, "one that is being written stays");

    desk.store.close().await;
    let desk = Desk::of(desk.folder).await;
    desk.out.clear_half_written().await;
    assert_eq!(names(place.path()), [".flowdeck-mine.part", "runs.csv"], "nothing but what is ours is removed");
    assert_eq!(fs::read_to_string(target).expect("there"), "the user's");
    assert_eq!(names(&desk.path("unfinished")), [""; 0], "and nothing is noted any more");
}
