//! Every field of every event has a place: in the model, or among those nobody knows yet.

use serde_json::json;

use super::{node_of, read};
use crate::model::{
    human_input::HumanValue,
    run::StepStatus,
    stream::{StreamEvent, Truncated},
};

#[test]
fn every_field_of_a_node_has_its_place() {
    let node = read(json!({"event": "node_finished", "task_id": "t", "workflow_run_id": "r", "data": {
        "id": "e", "node_id": "n", "node_type": "tool", "title": "T", "index": 2, "predecessor_node_id": "p",
        "inputs": {"a": 1}, "inputs_truncated": true, "process_data": {"b": 2}, "process_data_truncated": false,
        "outputs": {"c": 3}, "outputs_truncated": "true", "status": "exception", "error": "Unknown error",
        "elapsed_time": 0.25, "created_at": 1700000000, "finished_at": "2023-11-14T22:13:21Z",
        "files": [{"dify_model_identity": "__dify__file__"}, null], "extras": {"icon": {"content": "🔧"}, "x": 1},
        "agent_strategy": {"name": "s"}, "iteration_id": null, "loop_id": "lp", "parallel_id": "p1",
        "parallel_start_node_id": "p2", "parent_parallel_id": "p3", "parent_parallel_start_node_id": "p4",
        "execution_metadata": {"total_tokens": 5, "total_price": "0.1", "currency": "EUR", "loop_index": 1,
            "error_strategy": "fail-branch", "parallel_mode_run_id": "p5", "tool_info": {"icon": 1}},
        "tomorrow": [1], "nothing": null}}));
    let (extra, node) = (node.extra, node_of(node.event));
    assert_eq!((node.predecessor.as_deref(), node.index), (Some("p"), Some(2)), "where it stands");
    let truncated = Truncated { inputs: true, process_data: false, outputs: true };
    assert_eq!(node.truncated, truncated, "what the server has cut");
    assert_eq!((node.created_at, node.finished_at), (Some(1_700_000_000_000), Some(1_700_000_001_000)), "milliseconds");
    assert_eq!(node.files, [json!({"dify_model_identity": "__dify__file__"})], "nulls are no files");
    assert_eq!(node.icon, Some(json!({"content": "🔧"}).into()), "a tool's icon");
    assert_eq!(node.agent_strategy, Some(json!({"name": "s"}).into()), "an agent's strategy");
    assert_eq!((node.container.as_deref(), node.round), (Some("lp"), Some(1)), "the loop it runs in");
    assert_eq!((node.status, node.error_strategy.as_deref()), (Some(StepStatus::Exception), Some("fail-branch")));
    let parallel = node.parallel.expect("it runs beside others");
    assert_eq!(
        [parallel.id, parallel.start_node_id, parallel.parent_id, parallel.parent_start_node_id, parallel.run_id]
            .map(Option::unwrap_or_default),
        ["p1", "p2", "p3", "p4", "p5"],
        "old servers' places"
    );
    let metadata = node.metadata.expect("it is kept as a whole").value();
    assert_eq!(metadata["tool_info"], json!({"icon": 1}), "what has no field of its own is there");
    let extra: Vec<(&str, &str)> = extra.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(extra, [("x", "1"), ("tomorrow", "[1]")], "what nobody knows yet, and no nulls");
}

#[test]
fn a_form_for_a_person_is_read_with_its_fields_and_buttons() {
    let item = read(json!({"event": "human_input_required", "task_id": "t", "workflow_run_id": "r", "data": {
        "form_id": "f", "node_id": "n", "node_title": "Check", "form_content": "Is {{#$output.name#}} right?",
        "inputs": [
            {"type": "paragraph", "output_variable_name": "name", "default": {"type": "variable", "selector": ["a", "b"]}},
            {"type": "select", "output_variable_name": "choice", "default": {"type": "constant", "value": "x"},
             "option_source": {"type": "constant", "value": ["x", "y"]}},
            {"type": "file-list", "output_variable_name": "papers", "allowed_file_types": ["document"],
             "allowed_file_extensions": [".md"], "allowed_file_upload_methods": ["local_file"], "number_limits": "3"},
            "odd", {"type": "no name"}],
        "actions": [{"id": "ok", "title": "Yes", "button_style": "primary"}, {"title": "no id"}],
        "resolved_default_values": {"name": "Ann"}, "expiration_time": 1700000000, "display_in_ui": true,
        "form_token": null, "approval_channels": [{"type": "email"}], "later": 1}}));
    let StreamEvent::HumanInputRequired(form) = item.event else { panic!("{item:?}") };
    assert_eq!((form.form_id.as_deref(), form.token.as_deref()), (Some("f"), None), "without a token it went by mail");
    assert_eq!(form.inputs.len(), 3, "what cannot be answered is no field");
    assert_eq!(form.inputs[0].default, Some(HumanValue::Variable("a.b".into())), "what a variable held");
    assert_eq!(form.inputs[1].options, Some(HumanValue::Constant(json!(["x", "y"]))), "what can be chosen");
    assert_eq!(form.inputs[2].most_files, Some(3), "a limit may be a text");
    assert_eq!(form.actions.len(), 1, "a button without an id does nothing");
    assert_eq!((form.defaults["name"].as_str(), form.expires_at), (Some("Ann"), Some(1_700_000_000_000)));
    assert_eq!(item.extra, [("later".to_owned(), json!(1).into())], "nothing is dropped");

    let item = read(json!({"event": "human_input_form_filled", "data": {"node_id": "n", "node_title": "Check",
        "rendered_content": "c", "action_id": "ok", "action_text": "Yes", "submitted_data": {"name": "Ann"}}}));
    let StreamEvent::HumanInputFilled(answer) = item.event else { panic!("{item:?}") };
    assert_eq!(
        (answer.action_title.as_str(), answer.submitted["name"].as_str()),
        ("Yes", Some("Ann")),
        "who said what"
    );
    let empty = read(json!({"event": "human_input_required", "data": {}})).event;
    assert_eq!(empty, StreamEvent::HumanInputRequired(Box::default()), "1.14's first servers sent nothing");
    let late =
        read(json!({"event": "human_input_form_timeout", "data": {"node_id": "n", "expiration_time": 1700000000}}));
    assert!(
        matches!(late.event, StreamEvent::HumanInputTimeout { expired_at: Some(1_700_000_000_000), .. }),
        "{late:?}"
    );
}

#[test]
fn ends_and_pauses_and_branches_tell_all_they_know() {
    let item = read(
        json!({"event": "workflow_finished", "data": {"id": "r", "workflow_id": "w", "status": "partial-succeeded",
        "outputs": {}, "exceptions_count": 3, "created_at": 1700000000, "finished_at": 1700000001,
        "created_by": {"id": "u", "user": "x"}, "files": []}}),
    );
    assert_eq!(item.run_id.as_deref(), Some("r"), "the run's id stands in its data");
    let names: Vec<&str> = item.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["workflow_id", "created_by"], "what the model has no place for");
    let StreamEvent::WorkflowFinished(end) = item.event else { panic!("no end") };
    assert_eq!((end.exceptions_count, end.finished_at), (Some(3), Some(1_700_000_001_000)), "and what it has");

    let item = read(json!({"event": "workflow_paused", "data": {"paused_nodes": ["n"], "reasons": [{"type": "human"}],
        "outputs": {"a": 1}, "elapsed_time": 1.5, "total_steps": 2}}));
    let StreamEvent::WorkflowPaused(paused) = item.event else { panic!("no pause") };
    assert_eq!((paused.nodes.as_slice(), paused.elapsed), (&["n".to_owned()][..], Some(1.5)), "which node waits");

    let item =
        read(json!({"event": "parallel_branch_finished", "data": {"parallel_id": "p", "parallel_branch_id": "b",
        "iteration_id": "it", "status": "failed", "error": "boom"}}));
    let StreamEvent::ParallelBranch(branch) = item.event else { panic!("no branch") };
    assert!(branch.finished && branch.branch_id.as_deref() == Some("b"), "{branch:?}");
    assert_eq!((branch.container.as_deref(), branch.error.as_deref()), (Some("it"), Some("boom")), "{branch:?}");

    let item = read(
        json!({"event": "loop_next", "data": {"node_id": "lp", "index": 2, "pre_loop_output": {"a": 1}, "duration": 0.5}}),
    );
    let StreamEvent::ContainerNext(round) = item.event else { panic!("no round") };
    assert_eq!((round.index, round.elapsed), (2, Some(0.5)), "{round:?}");
    assert_eq!(round.outputs_before, Some(json!({"a": 1}).into()), "what the round before gave");

    let item = read(json!({"event": "tts_message_end", "task_id": "t", "message_id": "m", "audio": ""}));
    assert_eq!(item.extra[0].0, "message_id", "documents list it, and no server of today sends it");
}
