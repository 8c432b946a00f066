//! The fold's rules, event by event.

use super::*;
use crate::model::{
    app::AppId,
    run::{RunHead, RunId, StepPart, StepStatus},
    stream::{AgentLogEvent, Finished, NodeEvent, Parallel, Round, Truncated},
};

fn fold() -> Fold {
    Fold::new(new_run(RunHead::new(RunId("r".into()), AppId("a".into()), RunStatus::Starting, 0), Vec::new()))
}

fn send(fold: &mut Fold, event: StreamEvent) -> Changes {
    fold.apply(StreamItem { task_id: Some("t".into()), run_id: Some("s".into()), event, extra: Vec::new() }, 1000)
}

fn node(id: &str, container: Option<&str>) -> NodeEvent {
    NodeEvent {
        id: id.into(),
        node_id: id.split('-').next().unwrap_or(id).into(),
        node_type: "code".into(),
        container: container.map(Into::into),
        ..NodeEvent::default()
    }
}

fn container(id: &str, kind: &str) -> NodeEvent {
    NodeEvent { id: id.into(), node_id: id.into(), node_type: kind.into(), ..NodeEvent::default() }
}

fn next_round(node_id: &str, index: u32) -> Box<Round> {
    Box::new(Round { node_id: node_id.into(), index, ..Round::default() })
}

fn ended(node: NodeEvent, status: StepStatus, error: Option<&str>) -> StreamEvent {
    StreamEvent::NodeFinished(NodeEvent { status: Some(status), error: error.map(Into::into), ..node }.into())
}

fn finished(status: RunStatus, error: Option<&str>) -> StreamEvent {
    StreamEvent::WorkflowFinished(Box::new(Finished {
        status,
        outputs: Map::new(),
        error: error.map(Into::into),
        elapsed: None,
        total_tokens: None,
        total_steps: None,
        exceptions_count: None,
        created_at: None,
        finished_at: None,
        files: Vec::new(),
    }))
}

#[test]
fn a_step_that_never_ended_ends_with_its_run() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(node("a", None).into()));
    send(&mut fold, StreamEvent::NodeStarted(node("b", None).into()));
    send(&mut fold, ended(node("a", None), StepStatus::Failed, Some("boom")));
    let changes = send(&mut fold, finished(RunStatus::Failed, Some("boom")));
    assert_eq!(changes.steps, [1], "only the open one changes");
    assert_eq!(fold.run().steps[1].status, StepStatus::Stopped);
    let error = fold.run().head.error.as_ref().expect("it failed");
    assert_eq!((error.cause, error.step.as_deref()), (RunErrorCause::Workflow, Some("code")));
}

#[test]
fn retries_stand_under_their_step() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(node("a", None).into()));
    for number in [1, 2] {
        let tried = NodeEvent { retry_index: Some(number), error: Some("no".into()), ..node("a", None) };
        send(&mut fold, StreamEvent::NodeRetry(tried.into()));
    }
    send(&mut fold, ended(node("a", None), StepStatus::Succeeded, None));
    assert_eq!(fold.run().steps.len(), 1, "a retry sends no second node_started");
    assert_eq!(fold.run().steps[0].tries.iter().map(|t| t.number).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_handled_failure_shows_what_happened_and_not_that_it_is_unknown() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(node("a", None).into()));
    let outputs = serde_json::json!({"error_message": "boom 爆炸", "error_type": "CodeExecutionError"});
    let end = NodeEvent { outputs: Some(outputs.into()), ..node("a", None) };
    send(&mut fold, ended(end, StepStatus::Exception, Some("Unknown error")));
    assert_eq!(fold.run().steps[0].error.as_deref(), Some("boom 爆炸"));
}

#[test]
fn rounds_of_a_sequential_iteration_are_known_at_once() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("it", "iteration").into(), rounds: Some(2) });
    for index in 0..2 {
        send(&mut fold, StreamEvent::ContainerNext(next_round("it", index)));
        send(&mut fold, StreamEvent::NodeStarted(node(&format!("n-{index}"), Some("it")).into()));
    }
    let rounds: Vec<_> = fold.run().steps.iter().skip(1).map(|step| step.round).collect();
    assert_eq!(rounds, [Some(0), Some(1)]);
    assert_eq!(fold.run().steps[0].rounds_begun, Some(2));
}

#[test]
fn rounds_of_a_parallel_iteration_wait_for_the_steps_ends() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("it", "iteration").into(), rounds: Some(3) });
    for index in 0..3 {
        send(&mut fold, StreamEvent::ContainerNext(next_round("it", index)));
    }
    send(&mut fold, StreamEvent::NodeStarted(node("n-1", Some("it")).into()));
    assert_eq!(fold.run().steps[1].round, None, "all rounds were announced first: it could be any");
    let end = NodeEvent { round: Some(1), status: Some(StepStatus::Succeeded), ..node("n-1", Some("it")) };
    send(&mut fold, StreamEvent::NodeFinished(end.into()));
    assert_eq!(fold.run().steps[1].round, Some(1));
}

#[test]
fn steps_of_one_parallel_round_learn_it_from_the_first_that_ends() {
    let mut fold = fold();
    let beside = |id: &str, run_id: &str| NodeEvent {
        parallel: Some(Box::new(Parallel { run_id: Some(run_id.into()), ..Parallel::default() })),
        ..node(id, Some("it"))
    };
    send(&mut fold, StreamEvent::ContainerStarted { node: container("it", "iteration").into(), rounds: Some(2) });
    send(&mut fold, StreamEvent::ContainerNext(next_round("it", 0)));
    for (id, run_id) in [("a-1", "p1"), ("b-1", "p1"), ("a-2", "p2")] {
        send(&mut fold, StreamEvent::NodeStarted(beside(id, run_id).into()));
    }
    let rounds = |fold: &Fold| fold.run().steps.iter().skip(1).map(|step| step.round).collect::<Vec<_>>();
    assert_eq!(rounds(&fold), [None, None, None], "the id says that they belong together, not where");
    let end = NodeEvent { round: Some(1), ..beside("a-1", "p1") };
    let changes = send(&mut fold, ended(end, StepStatus::Succeeded, None));
    assert_eq!(rounds(&fold), [Some(1), Some(1), None], "one round has one number");
    assert_eq!(changes.steps, [2, 1], "the page hears of the other step too");
    send(&mut fold, StreamEvent::NodeStarted(beside("c-1", "p1").into()));
    assert_eq!(rounds(&fold)[3], Some(1), "what begins later knows it at once");
}

#[test]
fn a_step_says_what_was_cut_how_it_went_on_and_what_came_before() {
    let mut fold = fold();
    let end = NodeEvent {
        inputs: Some(serde_json::json!({"a": 1}).into()),
        outputs: Some(serde_json::json!({"b": 2}).into()),
        truncated: Truncated { inputs: false, process_data: true, outputs: true },
        error_strategy: Some("default-value".into()),
        predecessor: Some("start".into()),
        ..node("a", None)
    };
    send(&mut fold, ended(end, StepStatus::Exception, Some("boom")));
    let step = &fold.run().steps[0];
    assert_eq!(step.truncated, [StepPart::Outputs], "what is not there cannot be cut short");
    assert_eq!(step.error_strategy.as_deref(), Some("default-value"));
    assert_eq!(step.predecessor.as_deref(), Some("start"));
}

#[test]
fn a_loop_says_why_it_ended() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("lp", "loop").into(), rounds: Some(5) });
    let end = NodeEvent { completed_reason: Some("loop_break".into()), ..container("lp", "loop") };
    send(&mut fold, StreamEvent::ContainerCompleted { node: end.into() });
    assert_eq!(fold.run().steps[0].completed_reason.as_deref(), Some("loop_break"));
}

#[test]
fn notes_of_an_agent_tell_their_time_and_tokens() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(node("a", None).into()));
    for metadata in [
        serde_json::json!({"elapsed_time": 1.5, "total_tokens": 30}),
        serde_json::json!({"elapsed_time": "1.5", "total_tokens": 30}),
    ] {
        let note = AgentLogEvent {
            id: "n".into(),
            step_id: Some("a".into()),
            metadata: Some(metadata),
            ..AgentLogEvent::default()
        };
        send(&mut fold, StreamEvent::AgentLog(Box::new(note)));
        let told = &fold.run().steps[0].agent_log[0];
        assert_eq!((told.elapsed, told.tokens), (Some(1.5), Some(30)), "as a number or as text");
    }
}

#[test]
fn a_loop_does_not_announce_its_first_round_and_one_too_many() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("lp", "loop").into(), rounds: Some(2) });
    send(&mut fold, StreamEvent::NodeStarted(node("n-0", Some("lp")).into()));
    assert_eq!(fold.run().steps[1].round, Some(0));
    for index in 1..=2 {
        send(&mut fold, StreamEvent::ContainerNext(next_round("lp", index)));
    }
    assert_eq!(fold.run().steps[0].rounds_begun, Some(2), "index = count is sent, but no third round runs");
}

#[test]
fn an_iteration_inside_a_loop_is_nested_though_nobody_says_so() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("lp", "loop").into(), rounds: Some(2) });
    for round in 0..2 {
        if round > 0 {
            send(&mut fold, StreamEvent::ContainerNext(next_round("lp", round)));
        }
        send(&mut fold, StreamEvent::ContainerStarted { node: container("it", "iteration").into(), rounds: Some(1) });
        send(&mut fold, StreamEvent::ContainerNext(next_round("it", 0)));
        send(&mut fold, StreamEvent::NodeStarted(node(&format!("n-{round}"), Some("it")).into()));
        send(&mut fold, StreamEvent::ContainerCompleted { node: container("it", "iteration").into() });
    }
    let steps = &fold.run().steps;
    let shape: Vec<_> = steps.iter().map(|s| (s.id.as_str(), s.parent.as_deref(), s.round)).collect();
    assert_eq!(
        shape,
        [
            ("lp", None, None),
            ("it", Some("lp"), Some(0)),
            ("n-0", Some("it"), Some(0)),
            ("it#2", Some("lp"), Some(1)),
            ("n-1", Some("it#2"), Some(0)),
        ]
    );
}

#[test]
fn containers_side_by_side_are_not_nested_in_the_end() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("lp", "loop").into(), rounds: Some(3) });
    send(&mut fold, StreamEvent::ContainerStarted { node: container("it", "iteration").into(), rounds: Some(3) });
    let changes = send(&mut fold, StreamEvent::ContainerNext(next_round("lp", 1)));
    assert_eq!(fold.run().steps[1].parent, None, "the loop went on while the iteration was open");
    assert_eq!(changes.steps, [1, 0]);
}

#[test]
fn text_offsets_count_as_the_page_counts() {
    let mut fold = fold();
    let mut offset = |text: &str| {
        let text = StreamEvent::Text { source: "a.b".into(), text: text.into() };
        match send(&mut fold, text).text {
            Some(TextChanged::Appended { offset, .. }) => offset,
            other => panic!("appended: {other:?}"),
        }
    };
    assert_eq!([offset("你😀"), offset("x"), offset("y")], [0, 3, 4], "😀 is two UTF-16 units");
}

#[test]
fn thinking_is_told_piece_by_piece() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(node("a", None).into()));
    let mut think = |text: &str| {
        let text = StreamEvent::Reasoning { node_id: "a".into(), text: text.into(), is_final: false };
        let changes = send(&mut fold, text);
        assert!(changes.steps.is_empty(), "the whole step with each piece would grow with the square of its length");
        changes.text
    };
    let times = Thinking { from: 1000, to: 1000 };
    let piece = |offset, text: &str| Some(TextChanged::Thought { step: 0, offset, text: text.into(), times });
    assert_eq!([think("你😀"), think(""), think("x")], [piece(0, "你😀"), None, piece(3, "x")]);
    assert_eq!(fold.run().steps[0].reasoning, "你😀x");
}

#[test]
fn a_stop_that_the_server_calls_a_failure_is_a_stop() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(node("a", None).into()));
    fold.run_mut().head.status = RunStatus::Stopping;
    send(&mut fold, finished(RunStatus::Failed, Some("Aborted: User requested stop")));
    assert_eq!((fold.run().head.status, &fold.run().head.error), (RunStatus::Stopped, &None));
}

#[test]
fn a_stop_that_nobody_asked_for_says_what_the_server_says() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(node("a", None).into()));
    send(&mut fold, finished(RunStatus::Stopped, Some("Stopped by user.")));
    let error = fold.run().head.error.as_ref().expect("the server's time limit ends runs like this");
    assert_eq!(error.message, "Stopped by user.");
}

#[test]
fn a_failed_container_shows_the_error_of_the_step_inside() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("it", "iteration").into(), rounds: Some(1) });
    send(&mut fold, StreamEvent::NodeStarted(node("n-0", Some("it")).into()));
    send(&mut fold, ended(node("n-0", Some("it")), StepStatus::Failed, Some("boom")));
    let end = NodeEvent { status: Some(StepStatus::Failed), ..container("it", "iteration") };
    send(&mut fold, StreamEvent::ContainerCompleted { node: end.into() });
    assert_eq!(fold.run().steps[0].error.as_deref(), Some("boom"), "`error` of containers is always null");
}

#[test]
fn a_refusal_in_the_stream_is_told_from_a_failure() {
    let refused = || StreamEvent::Error { code: None, status: Some(400), message: "x is required".into() };
    let mut fold = fold();
    assert_eq!(send(&mut fold, refused()).end, Some(End::Error));
    assert_eq!(fold.run().head.error.as_ref().map(|e| e.cause), Some(RunErrorCause::Refused));
}

#[test]
fn a_failed_container_of_whose_rounds_nothing_was_told_has_the_runs_error() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("it", "iteration").into(), rounds: Some(2) });
    let failed = NodeEvent { status: Some(StepStatus::Failed), ..container("it", "iteration") };
    send(&mut fold, StreamEvent::ContainerCompleted { node: failed.into() });
    let changes = send(&mut fold, finished(RunStatus::Failed, Some("boom")));
    assert_eq!(fold.run().steps[0].error.as_deref(), Some("boom"), "parallel rounds that fail send no event");
    assert_eq!(changes.steps, [0], "the page is told");
    assert_eq!(
        fold.run().head.error.as_ref().and_then(|error| error.step.as_deref()),
        Some("iteration"),
        "the run's error points to it"
    );
}

#[test]
fn a_step_that_begins_after_the_end_does_not_run_for_ever() {
    for (status, expected) in [(RunStatus::Succeeded, StepStatus::Succeeded), (RunStatus::Failed, StepStatus::Stopped)]
    {
        let mut fold = fold();
        send(&mut fold, finished(status, None));
        let changes = send(&mut fold, StreamEvent::NodeStarted(node("late", None).into()));
        assert_eq!(changes.steps, [0], "the page is told of it, once");
        assert_eq!(fold.run().steps[0].status, expected, "events may come in any order, but the run is over");
        assert!(fold.run().steps[0].finished_at.is_some(), "so is the step");
    }
}

#[test]
fn no_step_stands_in_itself_whatever_the_server_says() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::ContainerStarted { node: container("outer", "iteration").into(), rounds: None });
    send(&mut fold, StreamEvent::ContainerStarted { node: container("inner", "loop").into(), rounds: None });
    assert_eq!(fold.run().steps[1].parent.as_deref(), Some("outer"), "inferred, because it is open");
    let turned = NodeEvent { container: Some("inner".into()), ..container("outer", "iteration") };
    send(&mut fold, StreamEvent::ContainerCompleted { node: turned.into() });
    let parents: Vec<_> = fold.run().steps.iter().map(|step| step.parent.as_deref()).collect();
    assert!(parents.contains(&None), "a page that follows {parents:?} upwards must come to an end");
}

#[test]
fn what_newer_servers_say_is_kept_for_the_details_within_bounds() {
    let mut fold = fold();
    let other = |data: Value| StreamEvent::Other { name: "node_dreamt".into(), data: data.into() };
    let changes = send(&mut fold, other(serde_json::json!({"of": "sheep"})));
    assert!(changes.unknown_events, "the page hears of it");
    send(&mut fold, other(Value::String("x".repeat(UNKNOWN_BYTES))));
    let kept: Vec<bool> = fold.run().unknown_events.iter().map(|event| event.data.is_some()).collect();
    assert_eq!(kept, [true, false], "one that is too large leaves its name");
    for _ in 0..UNKNOWN_EVENTS * 2 {
        send(&mut fold, other(Value::Null));
    }
    assert_eq!(fold.run().unknown_events.len(), UNKNOWN_EVENTS, "a chatty server does not fill the memory");
    assert_eq!(fold.run().head.status, RunStatus::Starting, "and says nothing about the run itself");
}

#[test]
fn an_error_event_tells_the_page_which_steps_it_ended() {
    let mut fold = fold();
    send(&mut fold, StreamEvent::NodeStarted(Box::new(node("a", None))));
    let changes = send(&mut fold, StreamEvent::Error { code: None, status: None, message: "boom".into() });
    assert_eq!(changes.steps, [0], "what is not told keeps turning on the page, and in the store for good");
    assert_eq!(fold.run().steps[0].status, StepStatus::Stopped);
}

#[test]
fn endless_warnings_do_not_fill_the_page() {
    let mut fold = fold();
    for _ in 0..WARNINGS * 3 {
        send(&mut fold, StreamEvent::Warning { message: "w".into() });
    }
    assert_eq!(fold.run().notices.len(), WARNINGS, "more of them say nothing new");
}

#[test]
fn a_step_that_could_not_be_read_keeps_its_place_in_the_store() {
    let mut live = fold();
    for id in ["a-1", "b-1", "c-1"] {
        send(&mut live, ended(node(id, None), StepStatus::Succeeded, None));
    }
    let mut run = live.run().clone();
    run.steps.remove(1);
    let mut read_back = Fold::new(run);
    send(&mut read_back, ended(node("d-1", None), StepStatus::Succeeded, None));
    let orders: Vec<_> = read_back.run().steps.iter().map(|step| step.order).collect();
    assert_eq!(orders, [0, 2, 3], "a new step does not take the row of another");
}
