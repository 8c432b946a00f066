//! Moments of the program's own: while result files are fetched, while runs are taken up, and before a run has an id.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use flowdeck::model::{
    file::LocalCopy,
    form::{Entries, Entry},
    run::RunStatus,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    boundaries::{KEY, PATIENCE, asked},
    check::{Kept, check_ended, check_left, is_sound, left, stored},
    program::{Account, Act, Orders, Program, take_up},
    recording::Recording,
    tape::{Tape, tapes},
    world::{Age, Open, Planned, Then, World},
};

fn orders(open: &Open, folder: &std::path::Path, act: Act) -> Orders {
    Orders { folder: folder.to_owned(), servers: vec![account(open)], act }
}

fn account(open: &Open) -> Account {
    Account { address: open.address.clone(), key: KEY.into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_while_runs_are_taken_up_loses_none() {
    for age in [Age::Newer, Age::Older] {
        let long = tapes().iter().filter(|tape| tape.events.len() > 10);
        let runs: Vec<_> = long.enumerate().map(|(n, tape)| Planned::new(tape, tape.events[7].end, n)).collect();
        let count = runs.len();
        let folder = tempfile::tempdir().expect("a folder");
        let open = World::new(runs, age, Then::Stall).open().await;
        let world = &open.world;
        let mut first = Program::start(&orders(&open, folder.path(), Act::Start(asked(world))));
        world.all_sent().await;
        assert!(first.says("standing", PATIENCE).await, "every run hears what it is sent");
        first.kill();
        let before = left(folder.path(), count).await;
        check_left(world, &before, Kept::Most);
        world.holds.store(true, Ordering::SeqCst);
        for _ in 0..2 {
            world.asked.store(0, Ordering::SeqCst);
            let second = Program::start(&orders(&open, folder.path(), Act::TakeUp));
            // Some are asked about, others not yet.
            world.until(|world| world.asked.load(Ordering::SeqCst) >= 3, "runs are asked about").await;
            second.kill();
        }
        world.holds.store(false, Ordering::SeqCst);
        take_up(folder.path(), &[account(&open)], PATIENCE).await;
        check_ended(world, &stored(folder.path(), count).await, Some(&before));
        assert!(world.posts().iter().all(|posts| *posts == 1), "{age:?}: never asked for again");
    }
}

/// A run that gives a file, whose server is at `port`.
fn with_file(port: u16) -> Arc<Tape> {
    let (run, task) = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222");
    let file = json!({
        "dify_model_identity": "__dify__file__", "id": "f", "tenant_id": "t", "type": "document",
        "transfer_method": "tool_file", "filename": "digest.md", "extension": ".md", "mime_type": "text/markdown",
        "size": 8, "url": format!("http://127.0.0.1:{port}/files/digest.md?sign=x"),
    });
    let event = |name: &str, data: serde_json::Value| {
        let event = json!({"event": name, "workflow_run_id": run, "task_id": task, "data": data});
        format!("data: {event}\n\n")
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";
    let started = event("workflow_started", json!({"id": run, "workflow_id": "w", "inputs": {}, "created_at": 1}));
    let finished = json!({"id": run, "workflow_id": "w", "status": "succeeded", "outputs": {"file": file, "n": 1},
        "error": null, "elapsed_time": 1.0, "total_tokens": 0, "total_steps": 1, "created_at": 1, "finished_at": 2});
    let raw = format!("{head}{started}{}", event("workflow_finished", finished)).into_bytes();
    Arc::new(Tape::of(Recording { name: "a run with a file".into(), raw }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_while_files_are_fetched_leaves_the_run_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let tape = with_file(listener.local_addr().expect("a bound socket").port());
    let runs = (0..3).map(|number| Planned::new(&tape, tape.raw.len(), number)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let open = World::new(runs, Age::Older, Then::Cut).open_on(listener);
    let world = &open.world;
    world.holds.store(true, Ordering::SeqCst);
    let program = Program::start(&orders(&open, folder.path(), Act::Start(asked(world))));
    world.until(|world| world.fetched.load(Ordering::SeqCst) == 3, "each run fetches its file").await;
    program.kill();
    world.holds.store(false, Ordering::SeqCst);
    let before = left(folder.path(), 3).await;
    assert!(before.iter().all(|runs| runs[0].head.status == RunStatus::Succeeded), "the end is kept before its files");
    take_up(folder.path(), &[account(&open)], PATIENCE).await;
    let ended = stored(folder.path(), 3).await;
    check_ended(world, &ended, Some(&before));
    for runs in &ended {
        let files: Vec<_> = runs[0].files.iter().map(|file| file.local).collect();
        assert_eq!(files, [LocalCopy::Stored], "the file is there once, fetched by the next start");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_before_the_first_event_leads_to_the_run_where_the_server_has_a_log() {
    let tape = tapes().iter().find(|tape| tape.name == "run_echo_streaming").expect("a recording");
    let folder = tempfile::tempdir().expect("a folder");
    let mut world = World::new(vec![Planned::new(tape, 0, 0)], Age::Newer, Then::Stall);
    world.keeps_log = true;
    let open = world.open().await;
    let world = &open.world;
    let entries = Entries::from([("n".into(), Entry::Text("0".into()))]);
    assert_eq!(asked(world)[0].entries, entries, "the form says which run it is");
    let program = Program::start(&orders(&open, folder.path(), Act::Start(asked(world))));
    world.all_sent().await;
    program.kill();
    let before = left(folder.path(), 1).await;
    let status = before[0].first().map(|run| run.head.status);
    assert_eq!(status, Some(RunStatus::Starting), "it is known before it is asked for");
    take_up(folder.path(), &[account(&open)], Duration::from_secs(60)).await;
    let ended = stored(folder.path(), 1).await;
    let [run] = ended[0].as_slice() else { panic!("{} rows", ended[0].len()) };
    is_sound(run, "found in the log");
    assert_eq!(run.head.status, RunStatus::Succeeded, "with its end");
    assert_eq!(json!(run.outputs), world.runs[0].end.outputs, "and its outputs");
    assert_eq!(world.posts(), [1], "and never asked for again");
}
