//! Files of runs that the server's log tells of as well: each run stands in the list once.

use flowdeck::{
    model::{
        app::AppId,
        file::{LocalCopy, RunFile},
        history::{Contents, RemarksChange, RunOrigin, Search},
        out::Unpacked,
        run::{RunId, RunStatus},
    },
    store::{LogEntry, LogPart, Reading, StoredFile},
};

use super::{Desk, STARTED, found, run};

/// What the log says of the run of these tests.
fn line(origin: RunOrigin) -> LogEntry {
    LogEntry {
        server_run_id: "server-run".into(),
        origin,
        status: RunStatus::PartlySucceeded,
        started_at: STARTED + 900,
        finished_at: Some(STARTED + 65_000),
        elapsed: Some(64.5),
        total_tokens: Some(1234),
        total_steps: Some(2),
        error: None,
        user: None,
    }
}

async fn read_log(desk: &Desk, app: &AppId, origin: RunOrigin) {
    desk.store.set_log_scope(app, flowdeck::model::log::LogScope::All).await.expect("set");
    let reading = Reading::default();
    let progress = (LogPart::All, "user", Some(&reading));
    desk.store.merge_log(app, &[line(origin)], |_, then| then, progress).await.expect("merged");
}

async fn listed(desk: &Desk) -> Vec<RunId> {
    found(&desk.store)(Search::default(), None, 50).await.expect("found").0
}

/// A file of a run from another copy of the program.
async fn file(title: &str) -> (Desk, std::path::PathBuf) {
    let there = Desk::new().await;
    let id = there.full_run(&there.app(title).await).await;
    let path = there.path("lease.flowdeck-run");
    there.out.pack(&id, &path).await.expect("packed");
    (there, path)
}

fn change() -> RemarksChange {
    RemarksChange {
        name: Some("Mine".into()),
        note: Some("call Bo".into()),
        starred: Some(true),
        reviewed: Some(true),
        add_tags: vec!["urgent".into(), "2026".into()],
        ..RemarksChange::default()
    }
}

#[tokio::test]
async fn a_file_takes_the_place_of_the_line_that_the_log_told_of_its_run() {
    for origin in [RunOrigin::Server, RunOrigin::WebApp, RunOrigin::Other] {
        let (_there, path) = file("Review").await;
        let desk = Desk::new().await;
        let app = desk.app("Review").await;
        read_log(&desk, &app, origin).await;
        let [line] = &listed(&desk).await[..] else { panic!("one line") };
        desk.store.remark(std::slice::from_ref(line), &change()).await.expect("said");

        let Unpacked { run_id, app_id, known } = desk.out.unpack(&path).await.expect("unpacked");
        assert_eq!((app_id, known), (app.clone(), false));
        assert_eq!(listed(&desk).await, std::slice::from_ref(&run_id), "{origin:?}: the run stands there once");
        assert_eq!(desk.store.whence(&run_id).await.expect("read").expect("a run").contents, Contents::Whole);
        let said = desk.store.remarks(&run_id).await.expect("read");
        assert!(said.starred && said.reviewed, "what was said of the line is said of the run");
        assert_eq!(said.note, "ask Anna\nabout 7.2\ncall Bo", "no note is lost");
        assert_eq!(said.name, "Mine", "the user's own name for it counts");
        let mut tags = said.tags;
        tags.sort();
        assert_eq!(tags, ["2026", "urgent", "合同"]);

        read_log(&desk, &app, origin).await;
        assert_eq!(listed(&desk).await, std::slice::from_ref(&run_id), "the log brings no second one");
        assert!(desk.out.unpack(&path).await.expect("unpacked").known);
        assert_eq!(listed(&desk).await, [run_id], "nor does the file");
    }
}

#[tokio::test]
async fn a_line_of_the_log_adds_nothing_to_a_run_that_was_brought_before() {
    let (_there, path) = file("Review").await;
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let brought = desk.out.unpack(&path).await.expect("unpacked").run_id;
    read_log(&desk, &app, RunOrigin::Other).await;
    assert_eq!(listed(&desk).await, std::slice::from_ref(&brought));
    assert!(desk.out.unpack(&path).await.expect("unpacked").known);
    assert_eq!(listed(&desk).await, [brought]);
}

#[tokio::test]
async fn one_s_own_run_is_one_s_own_also_where_it_was_brought_as_a_file() {
    for file_first in [true, false] {
        let (_there, path) = file("Review").await;
        let desk = Desk::new().await;
        let app = desk.app("Review").await;
        if !file_first {
            read_log(&desk, &app, RunOrigin::Server).await;
        }
        let id = desk.out.unpack(&path).await.expect("unpacked").run_id;
        if file_first {
            read_log(&desk, &app, RunOrigin::Server).await;
        }
        let origin = desk.store.whence(&id).await.expect("read").expect("a run").origin;
        assert_eq!(origin, RunOrigin::Server, "the server knows whose it is; file first: {file_first}");
    }
}

#[tokio::test]
async fn the_run_of_which_more_is_here_stays() {
    let there = Desk::new().await;
    let mut head = run(&there.app("Review").await);
    (head.inputs, head.outputs, head.steps, head.texts) = Default::default();
    let id = there.keep_as(head, Contents::Head).await;
    let said = RemarksChange { note: Some("theirs".into()), add_tags: vec!["2026".into()], ..RemarksChange::default() };
    there.store.remark(std::slice::from_ref(&id), &said).await.expect("said");
    let path = there.path("head.flowdeck-run");
    there.out.pack(&id, &path).await.expect("packed");

    // Here its details were fetched.
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    read_log(&desk, &app, RunOrigin::Server).await;
    let line = listed(&desk).await.remove(0);
    let mut whole = desk.store.run(&line).await.expect("a run");
    whole.outputs.insert("answer".into(), "whole".into());
    desk.store.fill_run(&whole, Contents::Whole, &Default::default(), &super::form()).await.expect("filled");
    desk.store.remark(std::slice::from_ref(&line), &change()).await.expect("said");
    for _ in 0..2 {
        let unpacked = desk.out.unpack(&path).await.expect("unpacked");
        assert_eq!(unpacked, Unpacked { run_id: line.clone(), app_id: app.clone(), known: true });
        assert_eq!(listed(&desk).await, std::slice::from_ref(&line));
        let said = desk.store.remarks(&line).await.expect("read");
        assert_eq!((said.name.as_str(), said.note.as_str()), ("Mine", "call Bo\ntheirs"), "said once");
    }
    assert_eq!(desk.store.run(&line).await.expect("a run").outputs["answer"], "whole");
}

#[tokio::test]
async fn what_was_said_of_a_line_that_was_deleted_is_not_said_again() {
    let (_there, path) = file("Review").await;
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    read_log(&desk, &app, RunOrigin::Other).await;
    let line = listed(&desk).await.remove(0);
    desk.store.remark(std::slice::from_ref(&line), &change()).await.expect("said");
    desk.store.delete_runs(std::slice::from_ref(&line), 1).await.expect("deleted");
    let id = desk.out.unpack(&path).await.expect("unpacked").run_id;
    assert_eq!(desk.store.remarks(&id).await.expect("read").note, "ask Anna\nabout 7.2");
    desk.store.undelete_runs(&[line]).await.expect("undone");
    assert_eq!(listed(&desk).await, [id], "and whoever takes the deletion back finds it once");
}

/// A run of the log whose details were fetched here.
async fn fetched(desk: &Desk, app: &AppId, origin: RunOrigin) -> RunId {
    read_log(desk, app, origin).await;
    let line = listed(desk).await.remove(0);
    let mut whole = desk.store.run(&line).await.expect("a run");
    whole.outputs.insert("answer".into(), "the server's".into());
    desk.store.fill_run(&whole, Contents::Whole, &Default::default(), &super::form()).await.expect("filled");
    let file = RunFile {
        index: 0,
        variable: "file".into(),
        name: "digest.md".into(),
        extension: "md".into(),
        mime_type: None,
        size: Some(3),
        local: LocalCopy::Stored,
        link: None,
    };
    let home = desk.path("runs").join(&line.0);
    std::fs::create_dir_all(&home).expect("a folder");
    std::fs::write(home.join("digest.md"), "sky").expect("written");
    desk.store.save_run_file(&line, &StoredFile { file, stored_as: Some("digest.md".into()) }).await.expect("saved");
    line
}

#[tokio::test]
async fn a_file_with_all_details_takes_nothing_from_a_run_whose_details_are_here() {
    for origin in [RunOrigin::Server, RunOrigin::WebApp, RunOrigin::Other] {
        let (_there, path) = file("Review").await;
        let desk = Desk::new().await;
        let app = desk.app("Review").await;
        let line = fetched(&desk, &app, origin).await;
        for _ in 0..2 {
            let unpacked = desk.out.unpack(&path).await.expect("unpacked");
            assert_eq!(unpacked, Unpacked { run_id: line.clone(), app_id: app.clone(), known: true }, "{origin:?}");
        }
        assert_eq!(listed(&desk).await, std::slice::from_ref(&line), "it stands there once");
        let run = desk.store.run(&line).await.expect("a run");
        assert_eq!(run.outputs["answer"], "the server's", "a file may be anybody's");
        assert_eq!(run.head.server.run_id.as_deref(), Some("server-run"), "it is still the server's");
        assert_eq!(desk.store.whence(&line).await.expect("read").expect("a run").origin, origin);
        let said = desk.store.remarks(&line).await.expect("read");
        assert_eq!((said.name.as_str(), said.note.as_str()), ("The lease", "ask Anna\nabout 7.2"), "what is said is");
        assert_eq!(said.tags.len(), 2, "{:?}", said.tags);
        let folders = std::fs::read_dir(desk.path("runs")).expect("read").flatten();
        let folders: Vec<_> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(folders, [line.0.as_str()], "its files stay, and the file's are nowhere");
        let kept = std::fs::read_to_string(desk.path("runs").join(&line.0).join("digest.md"));
        assert_eq!(kept.expect("kept"), "sky");
    }
}

#[tokio::test]
async fn details_that_come_while_a_file_is_taken_in_are_not_lost_either() {
    let there = Desk::new().await;
    let brought = there.full_run(&there.app("Review").await).await;
    let desk = Desk::new().await;
    let app = desk.app("Review").await;
    let line = fetched(&desk, &app, RunOrigin::Server).await;
    // What is written last sees it, whatever was looked at before.
    let mut run = there.store.run(&brought).await.expect("a run");
    run.head.app_id = app;
    let brought = super::plain(run, Contents::Whole);
    assert_eq!(desk.store.add_brought(&brought).await.expect("answered"), Some(line.clone()));
    assert_eq!(listed(&desk).await, [line], "nothing was written");
}
