//! Runs that wait for people: asked, answered, out of time, over restarts, through all rooms and a real store.

mod house;

#[path = "people/drafts.rs"]
mod drafts;
#[path = "people/papers.rs"]
mod papers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use flowdeck::{
    demo::{DemoServer, Options},
    model::{
        app::{App, KeepKey},
        failure::Reason,
        form::{Entries, Entry, FileEntry, Issue},
        human_input::{Question, QuestionState},
        run::{Run, RunId, RunStatus, StepStatus},
    },
    runs,
};
use house::House;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

fn text(value: &str) -> Entry {
    Entry::Text(value.into())
}

fn answer() -> Entries {
    Entries::from([("comment".into(), text("Make it oak.")), ("priority".into(), text("urgent"))])
}

async fn demo(form_life: Duration) -> DemoServer {
    let options = Options { for_trials: true, form_life, ..Options::default() };
    DemoServer::start_with(options).await.expect("the demo server")
}

const DAYS: Duration = Duration::from_secs(3 * 24 * 3600);

/// Starts a run that asks in this way.
async fn start(house: &House, app: &App, way: &str) -> RunId {
    let entries = Entries::from([
        ("subject".into(), text("A new desk")),
        ("reason".into(), text("The old one is broken.")),
        ("ask".into(), text(way)),
    ]);
    house.start(app, entries).await.expect("started")
}

/// Waits until what is stored of a run is as wanted; a change is told only after it was stored.
async fn until(house: &mut House, id: &RunId, what: &str, wanted: impl Fn(&Run) -> bool) -> Run {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let run = house.store.run(id).await.expect("the run is stored");
            if wanted(&run) {
                return run;
            }
            let _ = tokio::time::timeout(Duration::from_millis(50), house.events.recv()).await;
        }
    });
    match waited.await {
        Ok(run) => run,
        Err(_) => panic!("{what}: {:#?}", house.store.run(id).await.expect("stored")),
    }
}

/// Waits until the run asks so many questions and nobody follows it.
async fn asking(house: &mut House, id: &RunId, open: usize) -> Run {
    until(house, id, "it waits for an answer", |run| {
        run.head.status == RunStatus::Waiting
            && run.questions.iter().filter(|question| is_open(question)).count() == open
    })
    .await
}

fn is_open(question: &Question) -> bool {
    question.state == QuestionState::Open
}

async fn say(house: &House, id: &RunId, place: u32, entries: &Entries, action: &str) -> Result<(), runs::Error> {
    house.runs.answer(id, place, entries, action).await
}

fn reason(error: &runs::Error) -> Option<Reason> {
    match error {
        runs::Error::NotAsked(error) => error.reason(),
        other => panic!("{other:?}"),
    }
}

/// One row in the list, and each question and step once.
async fn stored_once(house: &House, run: &Run) {
    let rows = house.runs.list(None, None, 10).await.expect("listed").runs;
    assert_eq!(rows.len(), 1, "the run is in the history once");
    let mut nodes: Vec<_> = run.steps.iter().map(|step| &step.node_id).collect();
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), run.steps.len(), "no step is doubled: {:#?}", run.steps);
    let mut forms: Vec<_> = run.questions.iter().map(|question| &question.form.form_id).collect();
    forms.dedup();
    assert_eq!(forms.len(), run.questions.len(), "no question is doubled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_waits_is_answered_and_ends_with_the_answer() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person").await;
    let run = asking(&mut house, &id, 1).await;
    let waiting = run.steps.iter().find(|step| step.node_id == "decide").expect("the step that asks");
    assert_eq!((waiting.status, waiting.finished_at), (StepStatus::Paused, None), "it stands still, unfinished");

    let problems = house.runs.question_check(&id, 0, &Entries::new()).await.expect("checked");
    assert_eq!(
        problems.iter().map(|problem| &problem.issue).collect::<Vec<_>>(),
        [&Issue::Required],
        "a choice is due"
    );
    let refused = say(&house, &id, 0, &Entries::new(), "approve").await.expect_err("incomplete");
    assert!(matches!(refused, runs::Error::Form(_)), "told at the field, and not sent: {refused:?}");

    say(&house, &id, 0, &answer(), "approve").await.expect("answered");
    let stored = house.store.run(&id).await.expect("stored");
    let QuestionState::Answered { action, content, here, .. } = &stored.questions[0].state else {
        panic!("the answer is stored before success is told: {:?}", stored.questions)
    };
    assert_eq!((action.as_str(), here), ("Approve", &true), "which, and by whom");
    assert!(content.contains("Comment: Make it oak."), "with what was entered: {content}");

    let run = house.ended(&id).await;
    assert_eq!(run.head.status, RunStatus::Succeeded, "{:?}", run.head);
    assert_eq!(run.outputs["comment"], "Make it oak.", "the workflow got the answer");
    assert!(matches!(run.questions[0].state, QuestionState::Answered { here: true, .. }), "and it stays ours");
    stored_once(&house, &run).await;
    let again = say(&house, &id, 0, &answer(), "approve").await.expect_err("answered before");
    assert_eq!(reason(&again), Some(Reason::AnswerGiven), "a form is answered once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_run_outlives_the_program() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person").await;
    let before = asking(&mut house, &id, 1).await;
    let folder = house.leave().await;

    let mut house = House::on(folder).await;
    let key = &server.apps().iter().find(|app| app.slug == "approval").expect("approval").key;
    house.apps.replace_key(&app.id, key, KeepKey::Session, None).await.expect("the key again");
    house.runs.take_up().await.expect("taken up");
    let after = asking(&mut house, &id, 1).await;
    assert_eq!(after.questions, before.questions, "it asks the same, once");
    say(&house, &id, 0, &answer(), "reject").await.expect("answered");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.outputs["decision"]), (RunStatus::Succeeded, &"reject".into()), "to its end");
    stored_once(&house, &run).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_question_after_the_first_is_asked_in_its_turn() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person").await;
    asking(&mut house, &id, 1).await;
    say(&house, &id, 0, &answer(), "revise").await.expect("answered");
    let run = until(&mut house, &id, "it asks again", |run| {
        run.head.status == RunStatus::Waiting && run.questions.len() == 2
    })
    .await;
    assert!(matches!(run.questions[0].state, QuestionState::Answered { here: true, .. }), "the first is done");
    assert_eq!(run.questions[1].form.node_title, "Decide again", "the second is another");
    say(&house, &id, 1, &answer(), "approve").await.expect("answered");
    let run = house.ended(&id).await;
    assert_eq!(run.outputs["decision"], "approve", "to its end");
    stored_once(&house, &run).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn papers_are_uploaded_and_reach_the_workflow() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person, with papers").await;
    asking(&mut house, &id, 1).await;
    let form = house.runs.question_form(&id, 0).await.expect("its fields");
    let labels: Vec<_> = form.fields.iter().map(|field| field.label.as_str()).collect();
    assert_eq!(labels, ["Comment", "Priority", "Signed request", "Other papers"], "names as words");

    let missing = say(&house, &id, 0, &answer(), "approve").await.expect_err("no file");
    let runs::Error::Form(problems) = missing else { panic!("{missing:?}") };
    assert_eq!(problems[0].variable, "signed_request", "told before anything is sent");
    let paper = house.upload(&app, "Office move - progress report.pdf").await;
    let mut entries = answer();
    entries.insert("signed_request".into(), Entry::Files(vec![FileEntry::Staged(paper)]));
    say(&house, &id, 0, &entries, "approve").await.expect("answered");
    let run = house.ended(&id).await;
    let step = run.steps.iter().find(|step| step.node_id == "decide").expect("the step");
    let QuestionState::Answered { content, .. } = &run.questions[0].state else { panic!("{:?}", run.questions) };
    assert!(content.contains("Office move - progress report.pdf"), "the record names the file: {content}");
    assert_eq!(step.status, StepStatus::Succeeded, "the server took it: {step:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_questions_at_once_are_answered_one_by_one() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "two people at once").await;
    let run = asking(&mut house, &id, 2).await;
    let titles: Vec<_> = run.questions.iter().map(|question| question.form.node_title.as_str()).collect();
    assert_eq!(titles, ["Decide for Legal", "Decide for Finance"], "each stands for itself");
    say(&house, &id, 1, &answer(), "approve").await.expect("the second first");
    let run = asking(&mut house, &id, 1).await;
    assert!(is_open(&run.questions[0]), "the other waits on");
    say(&house, &id, 0, &answer(), "approve").await.expect("the first");
    let run = house.ended(&id).await;
    assert_eq!(run.outputs["decision"], "approve", "both count");
    let ours = |question: &Question| matches!(question.state, QuestionState::Answered { here: true, .. });
    assert!(run.questions.iter().all(ours), "both are ours: {:?}", run.questions);
    stored_once(&house, &run).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_whose_time_is_over_says_so_and_the_run_goes_on() {
    // Long enough for it to be noticed before.
    let server = demo(Duration::from_secs(3)).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person").await;
    let asked = asking(&mut house, &id, 1).await;
    let token = asked.questions[0].form.token.clone().expect("a token");
    let client = house.apps.client(&app.id).await.expect("a client");
    let gone = async {
        while !matches!(client.human_form(&token).await, Err(error) if error.reason() == Some(Reason::AnswerTooLate)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the form expires");
    let late = say(&house, &id, 0, &answer(), "approve").await.expect_err("too late");
    assert_eq!(reason(&late), Some(Reason::AnswerTooLate), "it says why");
    let run = house.ended(&id).await;
    assert!(matches!(run.questions[0].state, QuestionState::Expired { .. }), "kept as a record: {:?}", run.questions);
    assert_eq!(run.outputs["decision"], "timeout", "the workflow went on without an answer");
}

async fn somebody_else_says(house: &House, app: &App, token: &str, action: &str) {
    let client = house.apps.client(&app.id).await.expect("a client");
    let inputs = serde_json::json!({"comment": "", "priority": "normal"});
    let inputs = inputs.as_object().cloned().expect("an object");
    client.submit_human_form(token, inputs, action).await.expect("somebody else answers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_answered_elsewhere_is_noticed_when_it_is_looked_at() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person").await;
    let asked = asking(&mut house, &id, 1).await;
    let fresh = house.runs.question_read(&id, 0).await.expect("read");
    assert_eq!(fresh, asked.questions[0], "nothing changed so far");
    let token = asked.questions[0].form.token.clone().expect("a token");
    somebody_else_says(&house, &app, &token, "reject").await;
    let seen = house.runs.question_read(&id, 0).await.expect("read");
    assert!(matches!(seen.state, QuestionState::Answered { here: false, .. }), "not by us: {seen:?}");
    let run = house.ended(&id).await;
    assert_eq!(run.outputs["decision"], "reject", "the other's answer counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_after_somebody_elses_is_not_taken_for_ours() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person").await;
    let asked = asking(&mut house, &id, 1).await;
    let token = asked.questions[0].form.token.clone().expect("a token");
    somebody_else_says(&house, &app, &token, "reject").await;
    let late = say(&house, &id, 0, &answer(), "approve").await.expect_err("somebody was faster");
    assert_eq!(reason(&late), Some(Reason::AnswerGiven), "it says why");
    let run = house.ended(&id).await;
    let state = &run.questions[0].state;
    assert!(matches!(state, QuestionState::Answered { here: false, .. }), "nobody here approved it: {state:?}");
    assert_eq!(run.outputs["decision"], "reject", "the other's answer counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_went_out_by_mail_waits_for_whoever_got_it() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "by mail alone").await;
    let run = asking(&mut house, &id, 1).await;
    assert_eq!((&run.questions[0].form.token, run.questions[0].form.display_in_ui), (&None, Some(false)), "not for us");
    assert!(house.runs.question_read(&id, 0).await.is_ok(), "there is nothing to ask for, and that is no failure");
    assert!(say(&house, &id, 0, &answer(), "approve").await.is_err(), "nor to answer");
    let token = server.mailed_forms().pop().expect("a mail");
    somebody_else_says(&house, &app, &token, "approve").await;
    house.runs.check_again(&id).await.expect("asked");
    let run = house.ended(&id).await;
    assert_eq!(run.outputs["decision"], "approve", "the mail's answer counts");
    assert!(!is_open(&run.questions[0]), "nothing is left open: {:?}", run.questions);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_leaves_the_question_open() {
    let server = demo(DAYS).await;
    let mut house = House::new().await;
    let app = house.connect(&server, "approval").await;
    let id = start(&house, &app, "one person, with papers").await;
    asking(&mut house, &id, 1).await;
    let mut entries = answer();
    let link = FileEntry::Link("https://example.org/a.bin".into());
    entries.insert("signed_request".into(), Entry::Files(vec![link]));
    let refused = say(&house, &id, 0, &entries, "approve").await.expect_err("not a document");
    assert_eq!(reason(&refused), Some(Reason::AnswerInvalid), "in the server's words: {refused:?}");
    let run = house.store.run(&id).await.expect("stored");
    assert!(is_open(&run.questions[0]), "it can be answered again");
    assert_eq!(run.head.status, RunStatus::Waiting, "and the run waits on");
}

/// Passes everything on to the demo; the answer to the first `POST` of a form gets lost on the way.
async fn lossy(server: &DemoServer) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = server.base_url().replace(
        server.base_url().split('/').nth(2).expect("a host"),
        &listener.local_addr().expect("bound").to_string(),
    );
    let target = server.base_url().split('/').nth(2).expect("a host").to_owned();
    let (posts, lost) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&posts);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (target, posts, lost) = (target.clone(), Arc::clone(&posts), Arc::clone(&lost));
            tokio::spawn(async move {
                let mut far = TcpStream::connect(target).await.expect("the demo");
                let (mut asked, mut told) = (vec![0; 65536], vec![0; 65536]);
                let mut losing = false;
                loop {
                    tokio::select! {
                        read = near.read(&mut asked) => match read {
                            Ok(0) | Err(_) => return,
                            Ok(length) => {
                                if asked[..length].starts_with(b"POST /v1/form/") {
                                    posts.fetch_add(1, Ordering::SeqCst);
                                    losing = !lost.swap(true, Ordering::SeqCst);
                                }
                                if far.write_all(&asked[..length]).await.is_err() { return }
                            }
                        },
                        read = far.read(&mut told) => match read {
                            Ok(0) | Err(_) => return,
                            Ok(_) if losing => return,
                            Ok(length) => if near.write_all(&told[..length]).await.is_err() { return },
                        },
                    }
                }
            });
        }
    });
    (base, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_whose_confirmation_was_lost_is_found_to_have_arrived() {
    let server = demo(DAYS).await;
    let (base, posts) = lossy(&server).await;
    let mut house = House::new().await;
    let key = &server.apps().iter().find(|app| app.slug == "approval").expect("approval").key;
    let app = house.apps.connect(&base, key, KeepKey::Session, None).await.expect("connected");
    let id = start(&house, &app, "one person").await;
    asking(&mut house, &id, 1).await;
    say(&house, &id, 0, &answer(), "approve").await.expect("it arrived, though nobody said so");
    assert_eq!(posts.load(Ordering::SeqCst), 1, "it was sent once");
    let run = house.ended(&id).await;
    assert!(matches!(run.questions[0].state, QuestionState::Answered { here: true, .. }), "ours: {:?}", run.questions);
    assert_eq!(run.outputs["comment"], "Make it oak.", "as it was sent");
}
