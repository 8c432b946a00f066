//! Runs found by what their servers call them, by what they asked people, and by what agents noted.

use flowdeck::model::{
    history::{Hit, RunFilter, RunPart},
    human_input::{HumanForm, Question, QuestionState},
    run::RunId,
};
use flowdeck::store::RunSave;

use crate::desk::{Desk, Given};

const ID: &str = "0199abcd-12ef-7000-8000-0123456789ab";
const NEAR: &str = "0199abcd-9999-7000-8000-0123456789ab";

async fn desk() -> Desk {
    let desk = Desk::new().await;
    let run = |id: &str, at, input: &str| Given {
        id: id.into(),
        app: if id == "r2" { "b" } else { "a" }.into(),
        at,
        input: input.into(),
        ..Given::default()
    };
    desk.add_all(&[
        run("r1", 1, "lease of the flat"),
        run("r2", 2, "lease of the house"),
        run("r3", 3, &format!("why did run {ID} fail?")),
        run("r4", 4, "0123456789ab is no beginning"),
    ])
    .await;
    desk.sql(&format!(
        "UPDATE run SET server_run_id = '{ID}' WHERE id = 'r1'; UPDATE run SET server_run_id = '{NEAR}' WHERE id = 'r2'; \
         UPDATE run SET starred = 1 WHERE id = 'r1';"
    ))
    .await;
    desk.store.index_all().await.expect("indexed");
    desk
}

async fn hits(desk: &Desk, run: &str, text: &str) -> Vec<Hit> {
    desk.find.hits(&RunId(run.into()), text).await.expect("hits")
}

#[tokio::test]
async fn a_run_is_found_by_its_id_on_the_server_and_by_the_beginning_of_it() {
    let desk = desk().await;
    let upper = ID.to_uppercase();
    let plain = ID.replace('-', "");
    for (text, expected) in [
        (ID, "r3 r1"),
        (&format!("\"{ID}\""), "r3 r1"),
        (&format!("  {ID} "), "r3 r1"),
        (&upper, "r3 r1"),
        (&plain, "r1"),
        (NEAR, "r2"),
        ("0199abcd", "r3 r2 r1"),
        ("0199abcd-1", "r3 r1"),
        ("0199abcd-12ef-7", "r3 r1"),
        ("0199abcd12", "r1"),
        ("0199abc", "r3"),
        ("0123456789ab", "r4 r3"),
        ("0199abcd-13", ""),
        // With other words, fields and filters.
        ("0199abcd lease", "r2 r1"),
        ("0199abcd lease house", "r2"),
        ("0199abcd app:invoice", "r2"),
        ("0199abcd is:starred", "r1"),
        ("0199abcd-12 is:starred", "r1"),
        (&format!("0199abcd {NEAR}"), "r2"),
        ("lease -0199abcd-99", "r1"),
        (&format!("-{ID} lease"), "r2"),
        ("in:input 0199abcd", "r3"),
    ] {
        for limit in [1, 50] {
            let found = desk.all(text, &RunFilter::default(), limit).await.join(" ");
            assert_eq!(found, expected, "{text:?}, {limit} at a time");
        }
        let counts = desk.counts(text, &RunFilter::default()).await;
        assert_eq!(counts.total as usize, expected.split_whitespace().count(), "counted: {text:?}");
    }
    let last = desk.last("0199abcd", &RunFilter::default(), None, 50).await;
    assert_eq!(last.runs.len(), 3, "from the other end, too");
}

#[tokio::test]
async fn a_run_that_is_found_by_its_id_says_so() {
    let desk = desk().await;
    let page = desk.page("0199abcd-12", &RunFilter::default(), None, 50).await;
    let snippet = |id: &str| page.runs.iter().find(|run| run.head.id.0 == id).and_then(|run| run.snippet.clone());
    let named = snippet("r1").expect("a snippet");
    assert_eq!((named.place, named.text.as_str(), named.marks), (RunPart::RunId, ID, vec![(0, 11)]));
    let told = snippet("r3").expect("a snippet");
    assert!(matches!(told.place, RunPart::Input { .. }), "that one only speaks of it");
    let places: Vec<_> = hits(&desk, "r1", "0199abcd lease").await.into_iter().map(|hit| hit.snippet.place).collect();
    assert!(places.contains(&RunPart::RunId) && places.len() == 2, "{places:?}");
    let places: Vec<_> = hits(&desk, "r1", "lease").await.into_iter().map(|hit| hit.snippet.place).collect();
    assert!(!places.contains(&RunPart::RunId), "other words do not lead there");
}

#[tokio::test]
async fn what_people_were_asked_and_what_agents_noted_is_found() {
    let desk = desk().await;
    let form = |title: &str, content: &str| HumanForm {
        node_title: title.into(),
        content: content.into(),
        ..HumanForm::default()
    };
    let answered = Question {
        form: form("Approve the draft", "Is the clause on subletting fine? {{#$output.remark#}}"),
        asked_at: 1,
        state: QuestionState::Answered {
            at: 2,
            action: "Send back".into(),
            content: "Is the clause on subletting fine? No, the deposit is missing".into(),
            here: true,
        },
    };
    let open =
        Question {
            form: form("审批", "请确认押金条款 {{#$output.remark#}}"), asked_at: 1, state: QuestionState::Open
        };
    // After it was indexed: nothing else of the run changes with it.
    for (run, question) in [("r1", answered), ("r2", open)] {
        let save = RunSave { questions: Some(vec![question]), ..RunSave::default() };
        desk.store.save_run(&RunId(run.into()), &save).await.expect("saved");
    }
    desk.sql(
        r#"INSERT INTO step (run_id, position, step) VALUES ('r4', 0, '{"id": "s1", "title": "Agent", "agentLog":
            [{"id": "n1", "parent": null, "label": "CALL land_register", "status": "error", "error": "no such plot",
              "data": {"output": "Grundbuch sheet 42"}}]}')"#,
    )
    .await;
    desk.store.index_all().await.expect("indexed");
    for (text, expected) in [
        ("subletting", "r1"),
        ("deposit", "r1"),
        ("\"send back\"", "r1"),
        ("approve", "r1"),
        ("押金", "r2"),
        ("审批", "r2"),
        ("remark", ""),
        ("land_register", "r4"),
        ("grundbuch", "r4"),
        ("\"no such plot\"", "r4"),
        ("in:step deposit", "r1"),
    ] {
        assert_eq!(desk.all(text, &RunFilter::default(), 50).await.join(" "), expected, "{text:?}");
    }
    let page = desk.page("deposit", &RunFilter::default(), None, 5).await;
    let snippet = page.runs[0].snippet.clone().expect("a snippet");
    assert_eq!(snippet.place, RunPart::Question { title: "Approve the draft".into() });
    assert_eq!(hits(&desk, "r1", "deposit").await.len(), 1);
}
