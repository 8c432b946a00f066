//! Half-filled answers: there again after a restart, gone once nobody can use them.

use flowdeck::model::{
    app::{App, KeepKey},
    file::StagedId,
    form::{Entries, Entry, FileEntry},
    human_input::QuestionState,
    run::{RunId, RunStatus},
};

use super::{DAYS, DemoServer, Duration, House, answer, asking, demo, is_open, say, start, text, until};

async fn asked(server: &DemoServer, way: &str, open: usize) -> (House, App, RunId) {
    let mut house = House::new().await;
    let app = house.connect(server, "approval").await;
    let id = start(&house, &app, way).await;
    asking(&mut house, &id, open).await;
    (house, app, id)
}

async fn restart(house: House, server: &DemoServer, app: &App) -> House {
    let house = House::on(house.leave().await).await;
    let key = &server.apps().iter().find(|app| app.slug == "approval").expect("approval").key;
    house.apps.replace_key(&app.id, key, KeepKey::Session, None).await.expect("the key again");
    house.runs.take_up().await.expect("taken up");
    house.kept.clear().await.expect("cleared");
    house
}

async fn kept(house: &House, id: &RunId, place: u32) -> Option<Entries> {
    house.kept.answer_draft(id, place).await.expect("read").map(|filled| filled.entries)
}

fn papers(id: &StagedId) -> Entry {
    Entry::Files(vec![FileEntry::Staged(id.clone())])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_filled_answer_with_a_file_survives_a_restart_and_is_sent() {
    let server = demo(DAYS).await;
    let (house, app, id) = asked(&server, "one person, with papers", 1).await;
    assert_eq!(kept(&house, &id, 0).await, None, "nothing was entered yet");
    let paper = house.upload(&app, "Office move - progress report.pdf").await;
    let mut entries = answer();
    entries.insert("signed_request".into(), papers(&paper));
    house.kept.save_answer_draft(&id, 0, &entries, 1).await.expect("saved");

    // Twice: what nobody names is cleared only of sessions before.
    let house = restart(house, &server, &app).await;
    let mut house = restart(house, &server, &app).await;
    asking(&mut house, &id, 1).await;
    let filled = house.kept.answer_draft(&id, 0).await.expect("read").expect("there is a draft");
    assert_eq!((&filled.entries, filled.revision), (&entries, 1), "as it was left");
    assert_eq!(filled.files.iter().map(|file| &file.id).collect::<Vec<_>>(), [&paper], "with its file");
    say(&house, &id, 0, &filled.entries, "approve").await.expect("answered");
    let run = house.ended(&id).await;
    assert_eq!((run.head.status, &run.outputs["comment"]), (RunStatus::Succeeded, &"Make it oak.".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_filled_answer_goes_when_its_own_question_is_answered() {
    let server = demo(DAYS).await;
    let (mut house, _, id) = asked(&server, "two people at once", 2).await;
    for place in [0, 1] {
        house.kept.save_answer_draft(&id, place, &answer(), 1).await.expect("saved");
    }
    say(&house, &id, 1, &answer(), "approve").await.expect("answered");
    assert_eq!(kept(&house, &id, 1).await, None, "it was accepted");
    assert_eq!(kept(&house, &id, 0).await, Some(answer()), "the other question still waits");
    house.kept.save_answer_draft(&id, 1, &answer(), 2).await.expect("no failure");
    assert_eq!(kept(&house, &id, 1).await, None, "a save that comes late brings nothing back");
    say(&house, &id, 0, &answer(), "approve").await.expect("answered");
    house.ended(&id).await;
    assert_eq!(kept(&house, &id, 0).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_filled_answer_goes_when_the_question_is_over_without_it() {
    let server = demo(Duration::from_secs(4)).await;
    let (mut house, _, id) = asked(&server, "one person", 1).await;
    house.kept.save_answer_draft(&id, 0, &answer(), 1).await.expect("saved");
    house.runs.stop(&id).await.expect("stopped");
    let run = until(&mut house, &id, "nothing is asked any more", |run| !is_open(&run.questions[0])).await;
    assert!(!matches!(run.questions[0].state, QuestionState::Answered { .. }), "nobody answered: {:?}", run.questions);
    assert_eq!(kept(&house, &id, 0).await, None, "nobody can use it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_filled_answer_that_is_saved_late_does_not_undo_a_newer_one() {
    let server = demo(DAYS).await;
    let (house, _, id) = asked(&server, "one person", 1).await;
    for (comment, revision) in [("first", 1), ("third", 3), ("second", 2), ("third again", 3)] {
        let entries = Entries::from([("comment".into(), text(comment))]);
        house.kept.save_answer_draft(&id, 0, &entries, revision).await.expect("saved");
    }
    assert_eq!(kept(&house, &id, 0).await.expect("there is a draft")["comment"], text("third"));
}
