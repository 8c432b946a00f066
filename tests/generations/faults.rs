//! Every scripted fault, and that each ends in what is true, with nothing lost.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use flowdeck::{
    demo::{DemoServer, FAULT_WORDS, Fault, FaultKind, FaultTarget, Generation, Options},
    dify::{Client, Connection, Error, Key, Limits, Transport},
    model::{
        app::KeyState,
        failure::FailureCode,
        file::LocalCopy,
        form::{Entries, Entry, FileEntry},
        run::{Notice, Run, RunErrorCause, RunStatus},
        stream::StreamEvent,
    },
    runs,
};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    Talk,
    house::House,
    refusal,
    runs::{is_settled, scene, with_faults},
};

/// Runs one scene of "Every control" on a server with faults.
async fn played(
    name: &str,
    faults: Vec<Fault>,
) -> (Result<Run, runs::Error>, House, flowdeck::model::app::App, DemoServer) {
    let server = with_faults(Generation::Today, faults).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    let run = match house.start(&app, scene(name, "0")).await {
        Ok(id) => Ok(house.ended(&id).await),
        Err(error) => Err(error),
    };
    (run, house, app, server)
}

async fn ended(name: &str, fault: &str) -> Run {
    played(name, vec![fault.parse().expect("a fault")]).await.0.expect("it began")
}

async fn refused(fault: &str) -> Error {
    let (run, house, ..) = played("success", vec![fault.parse().expect("a fault")]).await;
    assert!(house.runs.list(None, None, 10).await.expect("listed").runs.is_empty(), "{fault}: nothing ran");
    match run {
        Err(runs::Error::NotStarted(error)) => error,
        other => panic!("{fault}: {other:?}"),
    }
}

/// Runs "Document digest", whose text is long, arrives in pieces, and is an output as well.
async fn digested(faults: &[&str]) -> Run {
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
    let server = with_faults(Generation::Today, faults).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "document-digest").await;
    let pasted =
        "The roof was mended on 3 May 2026 for EUR 900. 屋顶已于五月修好。The bill is paid. The garden is next.";
    let entries = Entries::from([("text".into(), Entry::Text(pasted.into()))]);
    let id = house.start(&app, entries).await.expect("started");
    house.ended(&id).await
}

/// How often each step with its status was seen.
fn steps(run: &Run) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for step in &run.steps {
        *counts.entry(format!("{} {:?}", step.node_id, step.status)).or_default() += 1;
    }
    counts
}

fn text(run: &Run) -> String {
    run.texts.iter().map(|part| part.text.as_str()).collect()
}

fn outputs_are_whole(run: &Run, fault: &str) {
    let names: Vec<_> = run.outputs.keys().map(String::as_str).collect();
    let expected = ["echo", "doubled", "table", "file", "nothing", "done", "summary", "letter", "note"];
    assert_eq!(names, expected, "{fault}: every output is there");
    assert!(run.files.iter().all(|file| file.local == LocalCopy::Stored), "{fault}: the result file is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_breaks_anywhere_ends_as_the_server_says() {
    let clean = &played("success", Vec::new()).await.0.expect("it began");
    join_all(["cut=1800", "cut=4097", "reset=1801", "reset=9000", "no-finish"].map(|fault| async move {
        let run = ended("success", fault).await;
        assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "{fault}");
        assert!(is_settled(&run) && !run.steps.is_empty(), "{fault}: what was seen stays");
        let told = run.notices.iter().any(|notice| matches!(notice, Notice::Gap { .. }));
        let all_seen = run.steps.len() >= clean.steps.len();
        assert!(told || all_seen, "{fault}: a gap is told where steps went unseen");
        outputs_are_whole(&run, fault);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_break_before_the_first_event_is_found_in_the_servers_log() {
    for fault in ["cut=0", "cut=13", "reset=20"] {
        let run = ended("success", fault).await;
        assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "{fault}: its log knows the run");
        assert!(run.head.server.run_id.is_some(), "{fault}: it has its id");
        outputs_are_whole(&run, fault);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_only_odd_lose_nothing() {
    let clean = &played("success", Vec::new()).await.0.expect("it began");
    let faults = ["garbage", "drip=0", "content-type=text/plain", "content-type=application/json", "held-back", "gzip"];
    join_all(faults.map(|fault| async move {
        let run = ended("success", fault).await;
        assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "{fault}");
        assert_eq!(steps(&run), steps(clean), "{fault}: every step, once");
        let long = digested(&[fault]).await;
        let digest = long.outputs["digest"].as_str().expect("a digest");
        assert!(digest.len() > 200 && text(&long).starts_with(digest), "{fault}: every letter, in its place");
        outputs_are_whole(&run, fault);
        let unreadable = run.notices.iter().any(|notice| matches!(notice, Notice::UnreadableEvents { count: 2.. }));
        assert_eq!(unreadable, fault == "garbage", "{fault}: {:?}", run.notices);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_come_twice_or_in_another_order_give_the_same_steps() {
    let clean = played("success", Vec::new()).await.0.expect("it began");
    for fault in ["duplicate", "reorder"] {
        let run = ended("success", fault).await;
        assert_eq!((run.head.status, &run.head.error), (RunStatus::Succeeded, &None), "{fault}");
        assert_eq!(steps(&run), steps(&clean), "{fault}: every step, once");
        outputs_are_whole(&run, fault);
    }
    // Their links differ, but not in length.
    let (mixed, plain) = (digested(&["reorder"]).await, digested(&[]).await);
    let length = |run: &Run| text(run).chars().count();
    assert!(length(&plain) > 300 && length(&mixed) == length(&plain), "every letter, in whatever order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_keep_the_form_and_leave_no_run() {
    for (fault, status, too_many) in [
        ("too-many=1", 429, true),
        ("too-many-400=1", 400, true),
        ("page=429", 429, false),
        ("page=413", 413, false),
        ("refusal=401", 401, false),
    ] {
        let error = refused(fault).await;
        assert_eq!(error.status(), Some(status), "{fault}: {error}");
        if too_many {
            assert!(error.is_too_many_requests(), "{fault}: {error}");
            assert!(
                error.to_string().contains("allowed for") && error.to_string().contains(" is 1."),
                "{fault}: {error}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_no_answers_are_told_as_that() {
    for (fault, status, cause) in [
        ("page=502", RunStatus::Unknown, RunErrorCause::Lost),
        ("page=504", RunStatus::Unknown, RunErrorCause::Lost),
        // With a code it is the server's own word, not a gateway's.
        ("refusal=503", RunStatus::Failed, RunErrorCause::Workflow),
        ("page=500", RunStatus::Failed, RunErrorCause::Workflow),
        ("refusal=500", RunStatus::Failed, RunErrorCause::Workflow),
        ("page=200", RunStatus::Failed, RunErrorCause::NotUnderstood),
    ] {
        let run = ended("success", fault).await;
        let error = run.head.error.expect("an error");
        assert_eq!((run.head.status, error.cause), (status, cause), "{fault}: {}", error.message);
        // Where the server itself was asked afterwards, a gateway's words explain nothing.
        assert_eq!(error.message.is_empty(), status == RunStatus::Unknown, "{fault}: in words");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_event_ends_a_run_though_pings_follow() {
    let began = Instant::now();
    let run = ended("failure", "error-then-pings").await;
    assert_eq!(run.head.status, RunStatus::Failed, "{:?}", run.head.error);
    assert!(is_settled(&run), "no step runs after its run");
    assert!(began.elapsed() < Duration::from_secs(20), "nobody waits for the pings to end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_refused_on_the_way_leaves_what_was_seen() {
    let server = with_faults(Generation::Today, vec!["revoked=1500".parse().expect("a fault")]).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "every-control").await;
    let id = house.start(&app, scene("success", "0")).await.expect("it began");
    let refused = house
        .until(&id, |run| {
            let trouble = run.head.contact.as_ref().and_then(|contact| contact.trouble.as_ref());
            trouble.is_some_and(|trouble| trouble.code == FailureCode::KeyRefused)
        })
        .await;
    assert_eq!(refused.head.status, RunStatus::OutOfContact, "it may go on with a new key");
    assert_eq!(house.apps.get(&app.id).await.expect("known").key, KeyState::Refused, "a new key is asked for");
    assert!(!refused.steps.is_empty(), "what was seen stays");
    house.runs.stop(&id).await.expect("asked");
    let run = house.until(&id, |run| run.head.status == RunStatus::Stopping).await;
    let trouble = run.head.contact.and_then(|contact| contact.trouble);
    assert!(trouble.is_some_and(|trouble| trouble.code == FailureCode::KeyRefused), "the stop waits for a key, too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detail_that_fails_at_first_is_asked_for_again() {
    let faults =
        ["cut=1500,times=1", "page=502,on=detail,times=1"].map(|fault| fault.parse().expect("a fault")).to_vec();
    let run = played("success", faults).await.0.expect("it began");
    assert_eq!((run.head.status, run.head.error), (RunStatus::Succeeded, None), "the second answer tells");
}

fn client(server: &DemoServer) -> Client {
    let base_url = server.base_url().parse().expect("an address");
    let key = &server.apps().iter().find(|app| app.slug == "every-control").expect("the app").key;
    let connection = Connection { base_url, key: Key::new(key).expect("a key"), user: "u1".into() };
    let limits = Limits { idle: Duration::from_millis(1500), ..Limits::default() };
    Client::with_limits(connection, limits).expect("a client")
}

fn inputs() -> serde_json::Map<String, serde_json::Value> {
    let inputs = json!({"name": "Eva", "department": "Legal", "pace": 0, "events": "success"});
    inputs.as_object().cloned().expect("an object")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_noticed_and_the_detail_knows_the_end() {
    let server = with_faults(Generation::Today, vec![Fault::new(FaultKind::Stall(1500))]).await;
    let client = client(&server);
    let mut stream = client.run(inputs(), "").await.expect("a stream");
    let mut run_id = None;
    let error = loop {
        match stream.next().await.expect("no orderly end") {
            Ok(item) => run_id = run_id.or(item.run_id),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Transport { kind: Transport::Idle, .. }), "{error}");
    let detail = client.run_detail(&run_id.expect("an id")).await.expect("an answer").expect("known");
    assert_eq!(detail.finished.status, RunStatus::Succeeded, "the server went on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_alone_are_life_but_no_run() {
    let options = Options {
        faults: vec![Fault::new(FaultKind::OnlyPings)],
        ping_interval: Duration::from_millis(50),
        for_trials: true,
        ..Options::default()
    };
    let server = DemoServer::start_with(options).await.expect("the server starts");
    let client = client(&server);
    let mut stream = client.run(inputs(), "").await.expect("a stream");
    // Longer than the idle limit: any byte counts as life.
    for _ in 0..40 {
        let item = stream.next().await.expect("no end").expect("no error");
        assert_eq!(item.event, StreamEvent::Ping, "nothing else comes");
    }
    assert!(client.logs_of_session(10).await.expect("a list").is_empty(), "no worker took it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_meet_faults_as_well() {
    for (fault, status) in
        [("page=413,on=upload", Some(413)), ("page=502,on=upload", Some(502)), ("cut=20,on=upload", None)]
    {
        let server = with_faults(Generation::Today, vec![fault.parse().expect("a fault")]).await;
        let house = House::new().await;
        let app = house.connect(&server, "document-digest").await;
        let path = house.folder.path().join("note.txt");
        fs::write(&path, "A note.").expect("written");
        let staged = house.files.stage(vec![path]).remove(0);
        let client = house.apps.client(&app.id).await.expect("a client");
        let error = house.files.upload(&client, &staged.id).await.expect_err("it fails");
        let told = format!("{error:?}");
        match status {
            Some(status) => assert!(told.contains(&status.to_string()), "{fault}: {told}"),
            None => assert!(!told.contains("status"), "{fault}: the answer broke off: {told}"),
        }
        let entries = Entries::from([("documents".into(), Entry::Files(vec![FileEntry::Staged(staged.id)]))]);
        house.start(&app, entries).await.expect_err("a file that was not uploaded cannot be sent");
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_and_a_cut_is_none() {
    for (fault, is_reset) in [(FaultKind::Reset(700), true), (FaultKind::Cut(700), false)] {
        let talk = Talk::with(Options { faults: vec![Fault::new(fault)], ..Options::default() }).await;
        let body = json!({"inputs": {"text": "One. Two."}, "response_mode": "streaming", "user": "u1"});
        let mut answer = talk.post("document-digest", "/workflows/run", &body).await;
        let mut read = 0;
        let error = loop {
            match answer.chunk().await {
                Ok(Some(piece)) => read += piece.len(),
                Ok(None) => panic!("an orderly end"),
                Err(error) => break error,
            }
        };
        assert_eq!(read, 700, "all bytes before the break arrive");
        assert_eq!(format!("{error:?}").contains("ConnectionReset"), is_reset, "{error:?}");
    }
}

#[tokio::test]
async fn a_fault_meets_only_its_requests_and_only_so_often() {
    let faults = ["page=503,on=parameters,times=2", "refusal=500,on=logs"].map(|fault| fault.parse().expect("a fault"));
    let talk = Talk::with(Options { faults: faults.to_vec(), ..Options::default() }).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let answer = talk.get("every-control", "/parameters").await;
        answers.push((answer.status().as_u16(), answer.headers().contains_key("x-version")));
    }
    assert_eq!(answers, [(503, false), (503, false), (200, true)], "the first two, by a proxy that has no version");
    let untouched = talk.get("every-control", "/info").await;
    assert_eq!((untouched.status().as_u16(), &untouched.headers()["server"] == "demo"), (200, true), "not this one");
    for _ in 0..3 {
        assert_eq!(refusal(talk.get("every-control", "/workflows/logs").await).await.0, 500, "every time");
    }
}

#[test]
fn every_fault_can_be_written_and_read_and_mistakes_are_told_in_sentences() {
    for (word, value, _) in FAULT_WORDS {
        let value = match value {
            "" => String::new(),
            "TYPE" => "=text/plain".into(),
            "STATUS" => "=503".into(),
            _ => "=7".into(),
        };
        for rest in ["", ",on=upload", ",times=3", ",on=any,times=1"] {
            let written = format!("{word}{value}{rest}");
            let fault: Fault = written.parse().expect("a fault");
            assert_eq!(fault.to_string(), written, "what is read is what was written");
        }
    }
    let twice: Fault = "cut=5,on=detail,times=2".parse().expect("a fault");
    assert_eq!(twice, Fault::new(FaultKind::Cut(5)).on(FaultTarget::Detail).times(2), "each part has its place");
    for wrong in ["", "cut", "cut=x", "gzip=1", "page=99", "fire", "cut=5,on=moon", "cut=5,times=0", "cut=5,soon"] {
        let sentence = wrong.parse::<Fault>().expect_err(wrong);
        assert!(sentence.ends_with('.') && sentence.contains(' '), "{wrong}: {sentence}");
    }
    for generation in Generation::ALL {
        assert_eq!(generation.name().parse(), Ok(generation), "names are read back");
    }
    assert!(
        "2023".parse::<Generation>().is_err_and(|sentence| sentence.contains("2024-spring")),
        "it names what there is"
    );
}

/// The sources of the program, without those of the demo and without tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a source folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() && !entry.ends_with("tests") && !entry.ends_with("demo") {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

#[test]
fn no_fault_can_be_switched_on_from_the_window() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 20, "the sources are there: {}", found.len());
    let mut starts = 0;
    for path in found {
        let code = fs::read_to_string(&path).expect("a source");
        for word in ["start_with", "demo::Options", "demo::Fault", "FaultKind", "for_trials"] {
            assert!(
                !code.contains(word),
                "{} names {word}: the window's demo is started without options",
                path.display()
            );
        }
        starts += code.matches("DemoServer::start()").count();
    }
    assert_eq!(starts, 1, "the demo is started in one place");
    let options = Options::default();
    assert!(
        options.faults.is_empty() && options.generation == Generation::Today && !options.for_trials,
        "as it is shipped"
    );

    let mut demo = Vec::new();
    sources(&root.join("demo"), &mut demo);
    for path in demo.iter().filter(|path| !path.components().any(|part| part.as_os_str() == "tests")) {
        let code = fs::read_to_string(path).expect("a source");
        assert!(!code.contains("env::var"), "{}: nothing in the environment changes the demo", path.display());
    }
}
