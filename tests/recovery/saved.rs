//! What is written of a run is never older than what was written before, and what cannot be written is tried again.

use sqlx::{Connection, Executor, SqliteConnection};

use super::*;

const ACTIONS: &str = r#"[{"id": "ok", "title": "OK", "button_style": "primary"}]"#;

fn asks(name: &str) -> String {
    let about = format!(
        r#""id": "{name}", "node_id": "n-{name}", "node_type": "human-input", "title": "Ask {name}", "index": 1"#
    );
    let question = frame(
        "human_input_required",
        &format!(
            r#"{{"form_id": "f-{name}", "form_token": "t-{name}", "node_id": "n-{name}", "node_title": "Ask {name}", "form_content": "{name}?", "inputs": [], "actions": {ACTIONS}, "resolved_default_values": {{}}}}"#
        ),
    );
    [frame("node_started", &format!("{{{about}, \"inputs\": null}}")), question].concat()
}

/// A disk that does not take what runs ask people, until it does.
struct Stubborn(SqliteConnection);

impl Stubborn {
    async fn new(house: &House) -> Self {
        let file = house.folder.path().join("flowdeck.db");
        let mut database = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("opened");
        let refuse =
            "CREATE TRIGGER stubborn BEFORE UPDATE OF questions ON run_body BEGIN SELECT RAISE(ABORT, 'no'); END";
        database.execute(refuse).await.expect("made");
        Self(database)
    }

    async fn gives_in(mut self) {
        self.0.execute("DROP TRIGGER stubborn").await.expect("dropped");
    }
}

/// A run that asks two people; after the first answer its events are held open, `more` comes when the gate opens.
async fn asks_two(more: String) -> (Server, watch::Sender<bool>) {
    let (open, gate) = watch::channel(false);
    let server = server(&[EVENTS, DETAIL, "/v1/form/human_input/"], move |request| match request.path() {
        "/v1/workflows/run" => {
            Some(events(&[started(), asks("a"), asks("b"), frame("workflow_paused", r#"{"reasons": []}"#)].concat()))
        }
        path if path == format!("/v1/workflow/{RUN}/events") => Some(vec![
            Step::Write([STREAM_HEAD, &started()].concat().into_bytes()),
            Step::Gate(gate.clone()),
            Step::Write(more.clone().into_bytes()),
            Step::Silence,
        ]),
        path if path == format!("/v1/workflows/run/{RUN}") => Some(detail("running")),
        path if path.starts_with("/v1/form/human_input/") => Some(json("200 OK", "{}")),
        _ => None,
    })
    .await;
    (server, open)
}

async fn first_answered(house: &mut House, server: &Server) -> flowdeck::model::run::RunId {
    let app = connected(house, server).await;
    let id = house.start(&app, Entries::new()).await.expect("started");
    house.until(&id, |run| run.head.status == RunStatus::Waiting && run.questions.len() == 2).await;
    house.left(&id).await;
    house.runs.answer(&id, 0, &Entries::new(), "ok").await.expect("answered");
    until(|| asked(server, "GET", "/events") > 0).await;
    id
}

fn is_answered(run: &Run, place: usize) -> bool {
    matches!(run.questions[place].state, QuestionState::Answered { here: true, .. })
}

async fn stored(house: &House, id: &flowdeck::model::run::RunId, is_so: impl Fn(&Run) -> bool) {
    let waiting = async {
        while !is_so(&house.store.run(id).await.expect("stored")) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it gets onto the disk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_that_comes_late_takes_no_answer_back() {
    let (server, open) = asks_two(asks("c")).await;
    let mut house = House::new().await;
    let id = first_answered(&mut house, &server).await;
    let disk = Stubborn::new(&house).await;
    open.send_replace(true);
    // The third question is known, and not on the disk: it will be written by the timer.
    let unsaved = |run: &Run| run.notices.iter().any(|notice| matches!(notice, Notice::NotSaved { .. }));
    house.until(&id, |run| run.questions.len() == 3 && unsaved(run)).await;
    disk.gives_in().await;
    house.runs.answer(&id, 1, &Entries::new(), "ok").await.expect("answered");
    house.until(&id, |run| !unsaved(run)).await;
    let run = house.store.run(&id).await.expect("stored");
    assert!(is_answered(&run, 1), "the answer stands: {:?}", run.questions);
    assert_eq!(run.questions.len(), 3, "and so does what was asked meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_arrived_and_could_not_be_written_is_written_as_soon_as_it_can_be() {
    let (server, _open) = asks_two(String::new()).await;
    let mut house = House::new().await;
    let id = first_answered(&mut house, &server).await;
    let disk = Stubborn::new(&house).await;
    house.runs.answer(&id, 1, &Entries::new(), "ok").await.expect("the server has it: that is no failure");
    let run = house.until(&id, |run| run.notices.iter().any(|notice| matches!(notice, Notice::NotSaved { .. }))).await;
    assert!(is_answered(&run, 1), "it is shown, and that it is not kept yet");
    disk.gives_in().await;
    stored(&house, &id, |run| is_answered(run, 1)).await;
    let sent =
        server.requests().iter().filter(|request| request.method == "POST" && request.target.contains("t-b")).count();
    assert_eq!(sent, 1, "the answer is sent once");
}
