//! Questions in the fold, with the shapes servers send.

use serde_json::{Value, json};

use crate::{
    dify::Events,
    model::{
        app::AppId,
        human_input::{Question, QuestionState},
        run::{RunHead, RunId, RunStatus, StepStatus},
    },
    runs::fold::{Changes, Fold, new_run},
};

fn fold() -> Fold {
    let head = RunHead::new(RunId("r".into()), AppId("a".into()), RunStatus::Starting, 0);
    Fold::new(new_run(head, Vec::new()))
}

/// Sends an event as a server writes it, through the real decoder.
fn send_at(fold: &mut Fold, at: i64, event: &str, data: Value) -> Changes {
    let envelope = json!({"event": event, "task_id": "t", "workflow_run_id": "s", "data": data});
    let mut events = Events::default();
    events.push(format!("data: {envelope}\n\n").as_bytes());
    fold.apply(events.next().expect("a frame").expect("one event"), at)
}

fn send(fold: &mut Fold, event: &str, data: Value) -> Changes {
    send_at(fold, 1000, event, data)
}

fn node(id: &str, execution: &str) -> Value {
    json!({"id": execution, "node_id": id, "node_type": "human-input", "title": "Decide", "index": 2})
}

fn required(form: Option<&str>, token: Option<&str>, node_id: &str) -> Value {
    json!({
        "form_id": form, "node_id": node_id, "node_title": "Decide", "form_content": "Well? {{#$output.note#}}",
        "inputs": [{"type": "paragraph", "output_variable_name": "note", "default": {"type": "constant", "selector": [], "value": ""}}],
        "actions": [{"id": "yes", "title": "Approve", "button_style": "primary"}], "resolved_default_values": {},
        "expiration_time": 2_000_000_000, "display_in_ui": true, "form_token": token, "approval_channels": [],
    })
}

fn paused(nodes: &[&str]) -> Value {
    json!({"workflow_run_id": "s", "paused_nodes": nodes, "outputs": {}, "reasons": [], "status": "paused", "created_at": 1, "elapsed_time": 0.1})
}

fn filled(node_id: &str) -> Value {
    json!({
        "node_id": node_id, "node_title": "Decide", "rendered_content": "Well? Fine.", "action_id": "yes",
        "action_text": "Approve", "submitted_data": {"note": "Fine."},
    })
}

fn finished(status: &str) -> Value {
    json!({"id": "s", "workflow_id": "w", "status": status, "outputs": {}, "error": null, "elapsed_time": 1.0})
}

fn states(fold: &Fold) -> Vec<&QuestionState> {
    fold.run().questions.iter().map(|question: &Question| &question.state).collect()
}

/// A run that waits for an answer at one node.
fn waiting() -> Fold {
    let mut fold = fold();
    send(&mut fold, "workflow_started", json!({"id": "s", "workflow_id": "w", "reason": "initial"}));
    send(&mut fold, "node_started", node("decide", "e1"));
    send(&mut fold, "human_input_required", required(Some("f1"), Some("tok"), "decide"));
    send(&mut fold, "workflow_paused", paused(&["decide"]));
    fold
}

#[test]
fn a_run_waits_while_its_question_is_open_and_its_step_stands_still() {
    let mut fold = waiting();
    assert_eq!(fold.run().head.status, RunStatus::Waiting, "somebody has to answer");
    assert_eq!(fold.run().steps[0].status, StepStatus::Paused, "nothing turns");
    assert_eq!(fold.run().steps[0].finished_at, None, "and nothing has ended");
    assert_eq!(fold.run().questions[0].form.token.as_deref(), Some("tok"), "what it takes to answer is kept");

    let changes = send_at(&mut fold, 2000, "human_input_form_filled", filled("decide"));
    assert!(changes.questions && changes.head, "both are told: {changes:?}");
    let answered =
        QuestionState::Answered { at: 2000, action: "Approve".into(), content: "Well? Fine.".into(), here: false };
    assert_eq!(states(&fold), [&answered], "by whom is not known");
    assert_eq!(fold.run().head.status, RunStatus::Running, "it goes on");
    assert_eq!(fold.run().steps[0].status, StepStatus::Running, "with its step");
}

#[test]
fn a_resumed_stream_that_tells_a_question_again_does_not_double_it() {
    let mut fold = waiting();
    let before = fold.run().clone();
    for (event, data) in [
        ("workflow_started", json!({"id": "s", "workflow_id": "w", "reason": "initial"})),
        ("node_started", node("decide", "e1")),
        ("human_input_required", required(Some("f1"), Some("tok"), "decide")),
    ] {
        send(&mut fold, event, data);
        assert_eq!(fold.run().head.status, RunStatus::Waiting, "a replay is no news: {event}");
    }
    let changes = send(&mut fold, "workflow_paused", paused(&["decide"]));
    assert!(!changes.questions, "and nothing is told anew");
    assert_eq!(fold.run(), &before, "nothing doubled, nothing changed");
}

#[test]
fn the_same_node_asks_anew_in_the_next_round_of_a_loop() {
    let mut fold = waiting();
    send(&mut fold, "human_input_form_filled", filled("decide"));
    send(&mut fold, "human_input_required", required(Some("f2"), Some("tok2"), "decide"));
    assert_eq!(fold.run().questions.len(), 2, "another form is another question");
    send(&mut fold, "human_input_form_timeout", json!({"node_id": "decide", "node_title": "", "expiration_time": 1}));
    assert!(matches!(states(&fold)[0], QuestionState::Answered { .. }), "the first keeps its answer");
    assert!(matches!(states(&fold)[1], QuestionState::Expired { .. }), "the second ran out of time");
}

#[test]
fn of_two_questions_at_once_the_run_waits_for_both() {
    let mut fold = fold();
    send(&mut fold, "workflow_started", json!({"id": "s", "reason": "initial"}));
    for (node_id, form) in [("legal", "f1"), ("money", "f2")] {
        send(&mut fold, "node_started", node(node_id, node_id));
        send(&mut fold, "human_input_required", required(Some(form), Some(form), node_id));
    }
    send(&mut fold, "workflow_paused", paused(&["legal", "money"]));
    send(&mut fold, "workflow_started", json!({"id": "s", "reason": "resumption"}));
    send(&mut fold, "human_input_form_filled", filled("legal"));
    assert_eq!(fold.run().head.status, RunStatus::Waiting, "one of two is still open");
    let steps: Vec<_> = fold.run().steps.iter().map(|step| step.status).collect();
    assert_eq!(steps, [StepStatus::Running, StepStatus::Paused], "only the answered one goes on");
    send(&mut fold, "human_input_form_filled", filled("money"));
    assert_eq!(fold.run().head.status, RunStatus::Running, "both are answered");
}

#[test]
fn an_answer_given_here_stays_ours_when_the_server_confirms_it() {
    let mut fold = waiting();
    let ours = QuestionState::Answered { at: 1500, action: "Approve".into(), content: "Well? fine".into(), here: true };
    let changes = fold.settle_question(0, ours, 1500);
    assert!(changes.questions && changes.head && changes.steps == [0], "all of it is saved and told: {changes:?}");
    send_at(&mut fold, 1600, "workflow_paused", paused(&["decide"]));
    assert_eq!(fold.run().head.status, RunStatus::Running, "the server has only not taken it up yet");
    send_at(&mut fold, 1700, "workflow_started", json!({"id": "s", "reason": "resumption"}));
    send_at(&mut fold, 1700, "human_input_form_filled", filled("decide"));
    let confirmed =
        QuestionState::Answered { at: 1500, action: "Approve".into(), content: "Well? Fine.".into(), here: true };
    assert_eq!(states(&fold), [&confirmed], "in the server's words, still ours");
    let late = fold.settle_question(0, QuestionState::Expired { at: 9000 }, 9000);
    assert_eq!(late, Changes::default(), "an answer is never taken back");
    send_at(&mut fold, 500_000, "workflow_paused", paused(&["decide"]));
    assert_eq!(fold.run().head.status, RunStatus::Paused, "after minutes it waits for something else");
}

#[test]
fn a_run_that_ends_leaves_no_question_open() {
    for status in ["succeeded", "failed", "stopped"] {
        let mut fold = waiting();
        let changes = send(&mut fold, "workflow_finished", finished(status));
        assert_eq!(states(&fold), [&QuestionState::Dropped], "{status}");
        assert!(changes.questions, "and that is told");
    }
    let mut fold = waiting();
    let mut changes = Changes::default();
    let detail = crate::model::stream::Finished {
        status: RunStatus::Paused,
        outputs: serde_json::Map::new(),
        error: None,
        elapsed: None,
        total_tokens: None,
        total_steps: None,
        exceptions_count: None,
        created_at: None,
        finished_at: None,
        files: Vec::new(),
    };
    fold.finished(detail, 1000, &mut changes);
    assert_eq!(fold.run().head.status, RunStatus::Waiting, "its detail says paused: it waits on");
    assert_eq!(states(&fold), [&QuestionState::Open], "and asks on");
}

#[test]
fn a_question_without_contents_is_one_question_all_the_same() {
    let mut fold = fold();
    send(&mut fold, "workflow_started", json!({"id": "s"}));
    // 1.14.0-rc1 said nothing of its form.
    send(&mut fold, "human_input_required", json!({}));
    send(&mut fold, "human_input_required", json!({}));
    send(&mut fold, "workflow_paused", paused(&[]));
    assert_eq!(states(&fold), [&QuestionState::Open], "once");
    assert_eq!(fold.run().head.status, RunStatus::Waiting, "it waits for a person, whatever it asks");
    assert_eq!(fold.run().questions[0].form.token, None, "it cannot be answered here");
}

#[test]
fn a_question_may_stand_in_the_reasons_of_the_pause_alone() {
    let mut fold = fold();
    send(&mut fold, "workflow_started", json!({"id": "s"}));
    let mut pause = paused(&["decide"]);
    pause["reasons"] = json!([
        {"type": "human_input_required", "form_id": "f1", "form_token": "tok", "node_id": "decide", "node_title": "Decide"},
        {"type": "scheduled", "until": 5}, null,
    ]);
    send(&mut fold, "workflow_paused", pause);
    assert_eq!(fold.run().questions.len(), 1, "the other reason is no form");
    assert_eq!(fold.run().questions[0].form.token.as_deref(), Some("tok"), "its form can be asked for");
    assert_eq!(fold.run().head.status, RunStatus::Waiting, "for a person");
    let mut other = self::fold();
    send(&mut other, "workflow_paused", paused(&["x"]));
    assert_eq!(other.run().head.status, RunStatus::Paused, "nobody is asked: it waits for something unknown");
}

#[test]
fn a_step_that_goes_on_under_another_id_stays_one_step() {
    let mut fold = waiting();
    send(&mut fold, "workflow_started", json!({"id": "s", "reason": "resumption"}));
    send(&mut fold, "human_input_form_filled", filled("decide"));
    send(&mut fold, "node_started", node("decide", "e2"));
    let mut end = node("decide", "e2");
    end["status"] = "succeeded".into();
    send(&mut fold, "node_finished", end);
    let steps = &fold.run().steps;
    assert_eq!((steps.len(), steps[0].status), (1, StepStatus::Succeeded), "{steps:?}");
}

#[test]
fn an_answer_to_a_question_nobody_saw_is_kept_as_a_record() {
    let mut fold = fold();
    send(&mut fold, "human_input_form_filled", filled("decide"));
    assert!(matches!(states(&fold)[0], QuestionState::Answered { here: false, .. }), "it was answered elsewhere");
    assert_eq!(fold.run().questions[0].form.node_title, "Decide", "where it stood is known");
}
