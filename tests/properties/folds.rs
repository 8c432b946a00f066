//! The fold: events in any order, of any ids, with anything missing, make a run whose rules hold.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::json;

use crate::{
    config,
    model::{
        json::RawJson,
        run::{RunStatus, StepStatus},
        stream::{AgentLogEvent, Finished, NodeEvent, Round, Started, StreamEvent, StreamItem},
    },
    sound::fold_soundly,
};

/// Few enough that they meet.
fn id() -> impl Strategy<Value = String> {
    select(vec!["", "a", "b", "c", "d", "a#2"]).prop_map(str::to_owned)
}

fn node() -> impl Strategy<Value = Box<NodeEvent>> {
    let kind = select(vec!["code", "iteration", "loop", "llm", ""]);
    let status = option::of(select(vec![
        StepStatus::Running,
        StepStatus::Succeeded,
        StepStatus::Failed,
        StepStatus::Exception,
        StepStatus::Stopped,
        StepStatus::Paused,
    ]));
    let numbers =
        (option::of(0..5_u32), option::of(0..5_u32), option::of(any::<f64>().prop_filter("finite", |f| f.is_finite())));
    (id(), id(), kind, status, option::of(id()), numbers, option::of("[a-z]{0,3}")).prop_map(
        |(id, node_id, kind, status, container, (round, retry_index, elapsed), error)| {
            Box::new(NodeEvent {
                id,
                node_id,
                node_type: kind.to_owned(),
                status,
                container,
                round,
                retry_index,
                elapsed,
                error,
                outputs: Some(RawJson::from(json!({"error_message": "x"}))),
                ..NodeEvent::default()
            })
        },
    )
}

fn finished() -> impl Strategy<Value = Finished> {
    let status = select(vec![
        RunStatus::Running,
        RunStatus::Paused,
        RunStatus::Succeeded,
        RunStatus::PartlySucceeded,
        RunStatus::Failed,
        RunStatus::Stopped,
        RunStatus::Unknown,
    ]);
    (status, option::of("[a-z]{0,3}"), option::of(any::<i64>())).prop_map(|(status, error, total_tokens)| Finished {
        status,
        outputs: serde_json::Map::new(),
        error,
        elapsed: None,
        total_tokens,
        total_steps: None,
        exceptions_count: None,
        created_at: None,
        finished_at: None,
        files: Vec::new(),
    })
}

fn event() -> impl Strategy<Value = StreamEvent> {
    prop_oneof![
        1 => Just(StreamEvent::WorkflowStarted(Started::default().into())),
        6 => node().prop_map(StreamEvent::NodeStarted),
        6 => node().prop_map(StreamEvent::NodeFinished),
        2 => node().prop_map(StreamEvent::NodeRetry),
        5 => (node(), option::of(0..4_u32)).prop_map(|(node, rounds)| StreamEvent::ContainerStarted { node, rounds }),
        4 => (id(), any::<u32>()).prop_map(|(node_id, index)| {
            StreamEvent::ContainerNext(Round { node_id, index, ..Round::default() }.into())
        }),
        4 => node().prop_map(|node| StreamEvent::ContainerCompleted { node }),
        3 => (id(), "\\PC{0,4}").prop_map(|(source, text)| StreamEvent::Text { source: source.into(), text }),
        1 => "\\PC{0,4}".prop_map(|text| StreamEvent::TextReplace { text }),
        1 => (id(), "[a-z]{0,3}").prop_map(|(node_id, text)| StreamEvent::Reasoning { node_id, text, is_final: false }),
        2 => (id(), option::of(id()), option::of(id()), option::of(id())).prop_map(|(id, parent, step_id, node_id)| {
            StreamEvent::AgentLog(AgentLogEvent { id, parent, step_id, node_id, ..AgentLogEvent::default() }.into())
        }),
        1 => Just(StreamEvent::WorkflowPaused(Box::default())),
        1 => finished().prop_map(|finished| StreamEvent::WorkflowFinished(finished.into())),
        1 => "[a-z]{0,3}".prop_map(|message| StreamEvent::Error { code: None, status: None, message }),
        1 => "[a-z]{0,3}".prop_map(|message| StreamEvent::Warning { message }),
        1 => Just(StreamEvent::Unreadable { bytes: 1 }),
        1 => Just(StreamEvent::Ping),
    ]
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn any_sequence_of_events_makes_a_sound_run(events in vec(event(), 0..40)) {
        let items = events.into_iter().map(|event| StreamItem { task_id: None, run_id: None, event, extra: Vec::new() });
        if let Err(what) = fold_soundly(items) {
            prop_assert!(false, "{}", what);
        }
    }
}
