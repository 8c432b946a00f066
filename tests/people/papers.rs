//! Answers with files: sent once the files are there, and given up on the way.

use flowdeck::{
    demo::{Fault, FaultKind, FaultTarget, Options},
    model::{
        app::App,
        file::{StagedId, StagedState},
        form::{Entries, Entry, FileEntry, Issue, Problem},
        human_input::QuestionState,
        run::{RunId, RunStatus},
    },
    runs,
};

use super::{DAYS, DemoServer, Duration, House, answer, asking, demo, is_open, say, start};

const NAME: &str = "request.txt";

/// A run that asks for papers, and an answer whose file is not sent yet.
async fn asked(server: &DemoServer) -> (House, App, RunId, Entries, StagedId) {
    let mut house = House::new().await;
    let app = house.connect(server, "approval").await;
    let id = start(&house, &app, "one person, with papers").await;
    asking(&mut house, &id, 1).await;
    let path = house.folder.path().join(NAME);
    std::fs::write(&path, "I ask for a new desk.").expect("written");
    let file = house.files.stage(vec![path]).remove(0).id;
    let mut entries = answer();
    entries.insert("signed_request".into(), Entry::Files(vec![FileEntry::Staged(file.clone())]));
    (house, app, id, entries, file)
}

/// The answer to an upload never comes.
async fn stalling() -> DemoServer {
    let faults = vec![Fault::new(FaultKind::Stall(0)).on(FaultTarget::Upload)];
    let options = Options { for_trials: true, form_life: DAYS, faults, ..Options::default() };
    DemoServer::start_with(options).await.expect("the demo server")
}

/// The same answer with an address in place of the file: nothing has to be sent for it.
fn with_a_link(entries: &Entries) -> Entries {
    let link = Entry::Files(vec![FileEntry::Link("https://example.org/request.pdf".into())]);
    entries.clone().into_iter().chain([("signed_request".into(), link)]).collect()
}

async fn is_on_its_way(house: &House, file: &StagedId) {
    let on_its_way = || matches!(house.files.get(file).map(|file| file.state), Some(StagedState::Uploading { .. }));
    for _ in 0..4000 {
        if on_its_way() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it is not on its way: {:?}", house.files.get(file));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_waits_for_its_files() {
    let server = demo(DAYS).await;
    let (mut house, _, id, entries, file) = asked(&server).await;
    say(&house, &id, 0, &entries, "approve").await.expect("answered, with the file sent before");
    assert!(matches!(house.files.get(&file).expect("known").state, StagedState::Uploaded { .. }), "it was sent");
    let run = house.ended(&id).await;
    let QuestionState::Answered { content, .. } = &run.questions[0].state else { panic!("{:?}", run.questions) };
    assert!(content.contains(NAME), "the record names the file: {content}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_given_up_while_it_waits_for_files_is_not_sent() {
    let server = stalling().await;
    let (mut house, _, id, entries, file) = asked(&server).await;
    {
        let saying = say(&house, &id, 0, &entries, "approve");
        let stopping = async {
            is_on_its_way(&house, &file).await;
            house.runs.stop_answering(&id, 0);
        };
        let (said, ()) = tokio::join!(saying, stopping);
        assert!(matches!(said, Err(runs::Error::Stopped)), "{said:?}");
    }
    assert!(is_open(&house.store.run(&id).await.expect("stored").questions[0]), "nothing was answered");
    say(&house, &id, 0, &with_a_link(&entries), "reject").await.expect("it can be answered again");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.outputs["decision"]), (RunStatus::Succeeded, &"reject".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_answer_takes_the_place_of_one_that_still_waits_for_files() {
    let server = stalling().await;
    let (mut house, _, id, entries, file) = asked(&server).await;
    {
        let newer = async {
            is_on_its_way(&house, &file).await;
            say(&house, &id, 0, &with_a_link(&entries), "reject").await
        };
        let (older, newer) = tokio::join!(say(&house, &id, 0, &entries, "approve"), newer);
        assert!(matches!(older, Err(runs::Error::Stopped)), "{older:?}");
        newer.expect("answered");
    }
    assert_eq!(house.ended(&id).await.outputs["decision"], "reject", "the newer one counts, and it alone was sent");
}

/// What is wrong with an answer, as it is said at its fields.
fn problems(said: Result<(), runs::Error>) -> Vec<Problem> {
    match said {
        Err(runs::Error::Form(problems)) => problems,
        other => panic!("said at its field, and not sent: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_nobody_has_looked_at_is_looked_at_before_an_answer_is_checked() {
    let server = demo(DAYS).await;
    let (house, _, id, mut entries, _) = asked(&server).await;
    let path = house.folder.path().join("empty.txt");
    std::fs::write(&path, "").expect("written");
    let unseen = house.files.take(vec![path.clone()]).remove(0).id;
    entries.insert("signed_request".into(), Entry::Files(vec![FileEntry::Staged(unseen.clone())]));
    let said = problems(say(&house, &id, 0, &entries, "approve").await);
    assert_eq!(said.iter().map(|problem| &problem.issue).collect::<Vec<_>>(), [&Issue::FileEmpty]);
    assert_eq!((said[0].variable.as_str(), said[0].file_index), ("signed_request", Some(0)), "at its row");

    let large = house.folder.path().join("large.txt");
    std::fs::File::create(&large).and_then(|file| file.set_len(16 << 20)).expect("as large as it says");
    let unseen = house.files.take(vec![large]).remove(0).id;
    entries.insert("signed_request".into(), Entry::Files(vec![FileEntry::Staged(unseen)]));
    let said = problems(say(&house, &id, 0, &entries, "approve").await);
    assert!(matches!(said[0].issue, Issue::FileTooLarge { .. }), "by its size, before a byte is sent: {said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changed_since_it_was_chosen_is_said_or_sent_anew_with_an_answer() {
    let server = demo(DAYS).await;
    let (mut house, app, id, entries, file) = asked(&server).await;
    let client = house.apps.client(&app.id).await.expect("a client");
    let first = house.files.upload(&client, &file).await.expect("uploaded").state;
    let path = house.folder.path().join(NAME);
    std::fs::write(&path, "").expect("emptied");
    let said = problems(say(&house, &id, 0, &entries, "approve").await);
    assert_eq!(said[0].issue, Issue::FileEmpty, "what the server has is not what the user sees");

    std::fs::write(&path, "I ask for two desks.").expect("written");
    say(&house, &id, 0, &entries, "approve").await.expect("answered");
    let now = house.files.get(&file).expect("known").state;
    assert!(matches!(now, StagedState::Uploaded { .. }) && now != first, "sent as it is now: {now:?}");
    house.ended(&id).await;
}
