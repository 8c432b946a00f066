//! Events in the shapes that servers of all generations send, and in shapes that none should.

mod fields;

use serde_json::json;

use super::*;
use crate::model::{
    run::RunStatus,
    stream::{NodeEvent, Started},
};

fn read(value: Value) -> StreamItem {
    Decoder::default()
        .decode(&Frame { event: "", data: value.to_string().as_bytes() })
        .expect("the frame says something")
}

fn read_text(text: &str) -> Option<StreamEvent> {
    Decoder::default().decode(&Frame { event: "", data: text.as_bytes() }).map(|item| item.event)
}

fn node_of(event: StreamEvent) -> Box<NodeEvent> {
    match event {
        StreamEvent::NodeStarted(node)
        | StreamEvent::NodeFinished(node)
        | StreamEvent::NodeRetry(node)
        | StreamEvent::ContainerStarted { node, .. }
        | StreamEvent::ContainerCompleted { node } => node,
        other => panic!("{other:?} carries no node"),
    }
}

#[test]
fn the_first_event_gives_all_three_ids() {
    let item = read(json!({"event": "workflow_started", "task_id": "t", "workflow_run_id": "r",
        "data": {"id": "r", "workflow_id": "w", "sequence_number": 1, "created_at": 1679586595}}));
    assert_eq!((item.task_id.as_deref(), item.run_id.as_deref()), (Some("t"), Some("r")), "stop and detail need them");
    assert_eq!(
        item.event,
        StreamEvent::WorkflowStarted(Box::new(Started {
            workflow_id: Some("w".into()),
            sequence_number: Some(1),
            created_at: Some(1_679_586_595_000),
            ..Started::default()
        })),
        "the version that ran"
    );

    let item = read(json!({"event": "workflow_started", "data": {"id": "r"}}));
    assert_eq!(item.run_id.as_deref(), Some("r"), "data.id is the run id where the wrapper lacks it");
}

#[test]
fn a_node_of_the_oldest_document_is_read_like_one_of_today() {
    let node = node_of(
        read(json!({"event": "node_finished", "task_id": "t", "workflow_run_id": "r", "data": {
            "id": "e", "node_id": "n", "index": "3", "inputs": [], "outputs": {"a": 1}, "status": "succeeded",
            "elapsed_time": "0.5", "execution_metadata": {"total_tokens": "63127864", "total_price": 2.378, "currency": "USD"}}}))
        .event,
    );
    assert_eq!(node.inputs, Some(json!([]).into()), "inputs were a list in 2024");
    assert_eq!(node.title, "", "a title may be missing: the one of node_started is kept by the fold");
    assert_eq!(node.index, Some(3), "numbers come as text too");
    assert_eq!(node.elapsed, Some(0.5), "so do seconds");
    assert_eq!(node.tokens, Some(63_127_864), "and tokens");
    assert_eq!(
        (node.price.as_deref(), node.currency.as_deref()),
        (Some("2.378"), Some("USD")),
        "a price may be a number"
    );
}

#[test]
fn a_child_knows_its_container_and_at_its_end_its_round() {
    let started = read(
        json!({"event": "node_started", "data": {"id": "e", "node_id": "n", "iteration_id": "it1", "loop_id": null}}),
    );
    let node = node_of(started.event);
    assert_eq!((node.container.as_deref(), node.round), (Some("it1"), None), "a start does not tell the round");

    let node = node_of(
        read(json!({"event": "node_finished", "data": {"id": "e", "node_id": "n", "loop_id": "lp",
            "execution_metadata": {"loop_id": "lp", "loop_index": 2, "iteration_index": 7}}}))
        .event,
    );
    assert_eq!((node.container.as_deref(), node.round), (Some("lp"), Some(2)), "the index of the container it is in");

    let node = node_of(
        read(json!({"event": "node_finished", "data": {"id": "e", "execution_metadata": {"iteration_id": "it", "iteration_index": "0"}}})).event,
    );
    assert_eq!(
        (node.container.as_deref(), node.round),
        (Some("it"), Some(0)),
        "older servers have it in the metadata only"
    );
}

#[test]
fn a_container_is_known_by_its_node_id_whatever_its_id_says() {
    for (metadata, inputs, rounds) in [
        (json!({"iteration_length": 3}), json!(null), Some(3)),
        (json!({"iterator_length": "3"}), json!(null), Some(3)),
        (json!({"loop_length": 3}), json!(null), Some(3)),
        (json!(null), json!({"iterator_selector": ["a", "b"]}), Some(2)),
        (json!([]), json!([]), None),
    ] {
        let item = read(json!({"event": "iteration_started",
            "data": {"id": "execution", "node_id": "it1", "metadata": metadata, "inputs": inputs}}));
        match item.event {
            StreamEvent::ContainerStarted { node, rounds: found } => {
                assert_eq!((node.id.as_str(), found), ("it1", rounds), "{metadata} {inputs}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_status_of_tomorrow_is_no_failure() {
    let finished = read(json!({"event": "workflow_finished", "data": {"status": "quantum", "outputs": null}})).event;
    match finished {
        StreamEvent::WorkflowFinished(finished) => {
            assert_eq!(finished.status, RunStatus::Unknown, "it ended, and nobody can say how");
            assert!(finished.outputs.is_empty(), "null outputs are none");
        }
        other => panic!("{other:?}"),
    }
    let node = node_of(read(json!({"event": "node_finished", "data": {"id": "e", "status": "quantum"}})).event);
    assert_eq!(node.status, None, "the fold decides");
}

#[test]
fn an_end_is_read_in_every_shape() {
    for (data, status, outputs, steps) in [
        (
            json!({"status": "succeeded", "outputs": {"a": "b"}, "total_steps": "1"}),
            RunStatus::Succeeded,
            json!({"a": "b"}),
            Some(1),
        ),
        (
            json!({"status": "partial-succeeded", "outputs": "{\"a\": 1}"}),
            RunStatus::PartlySucceeded,
            json!({"a": 1}),
            None,
        ),
        (json!({"status": "stopped", "outputs": {}, "total_steps": 3.0}), RunStatus::Stopped, json!({}), Some(3)),
        (json!({"status": "failed", "outputs": "text"}), RunStatus::Failed, json!({"output": "text"}), None),
        (json!({"status": 5}), RunStatus::Unknown, json!({}), None),
    ] {
        let finished = finished(&mut data.as_object().cloned().expect("an object"));
        assert_eq!(finished.status, status, "{data}");
        assert_eq!(Value::Object(finished.outputs), outputs, "{data}");
        assert_eq!(finished.total_steps, steps, "{data}");
    }
}

#[test]
fn text_comes_under_three_names_with_and_without_a_source() {
    for (value, source, text) in [
        (
            json!({"event": "text_chunk", "data": {"text": "a", "from_variable_selector": ["llm", "text"]}}),
            "llm.text",
            "a",
        ),
        (json!({"data": {"text": "a", "from_variable_selector": null}, "event": "text_chunk"}), "", "a"),
        (json!({"event": "text_chunk", "data": {"text": 7}}), "", "7"),
        (json!({"event": "text_chunk"}), "", ""),
        (json!({"event": "message", "answer": "a"}), "", "a"),
        (json!({"event": "agent_message", "data": {"answer": "a"}}), "", "a"),
    ] {
        assert_eq!(
            read(value.clone()).event,
            StreamEvent::Text { source: source.into(), text: text.into() },
            "{value}"
        );
    }
    for value in
        [json!({"event": "text_replace", "data": {"text": "b"}}), json!({"event": "message_replace", "answer": "b"})]
    {
        assert_eq!(read(value.clone()).event, StreamEvent::TextReplace { text: "b".into() }, "{value}");
    }
}

#[test]
fn the_short_way_and_the_long_way_agree() {
    let chunk = json!({"event": "text_chunk", "task_id": "t", "workflow_run_id": "r",
        "data": {"text": "你好\n\"🎉\" \u{2028}", "from_variable_selector": ["a", "b"], "new": [1]}});
    let node = json!({"event": "node_finished", "task_id": "t", "data": {"id": "e", "node_id": "n", "workflow_run_id": "r",
        "status": "succeeded", "outputs": {"a": [1.5]}, "execution_metadata": {"total_tokens": 3, "loop_id": "l", "loop_index": 0}}});
    for short in [chunk, node] {
        let direct = read(short.clone());
        let mut object = short.as_object().cloned().expect("an object");
        let name = object.shift_remove("event").expect("a name");
        object.insert("event".to_owned(), name);
        assert_eq!(read(object.into()), direct, "a name that comes last makes no difference: {short}");
        let odd = short.to_string().replacen('{', "{\"odd\": NaN, ", 1);
        let long = Decoder::default().decode(&Frame { event: "", data: odd.as_bytes() });
        assert_eq!(long, Some(direct), "nor does what has to be mended first: {short}");
    }
    assert_eq!(
        read_text(r#"{"event": "x", "data": {"text": "\"text_chunk\""}}"#),
        Some(StreamEvent::Other { name: "x".into(), data: json!({"text": "\"text_chunk\""}).into() }),
        "only the event's name counts"
    );
}

#[test]
fn what_frames_have_in_common_is_read_from_each_of_them_alike() {
    let frames = [
        r#"{"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":{"text":"a","from_variable_selector":["n","x"]}}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":{"text":"b","from_variable_selector":["n","y"]}}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":{"text":"c","new":1},"task_id":"late"}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":{"text":"\ud83e"}}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":null}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":{"text":"d"}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r","task_id":"t","data":{"text":"e"}} x"#,
        r#"{"event":"text_chunk","data":{"text":"f","task_id":"inside"}}"#,
        r#"{"event":"text_chunk","data":{"text":"g"}}"#,
        r#"{"event":"text_chunk","more":{"data":1},"data":{"text":"h"}}"#,
        r#"{"event":"text_chunk","more":{"data":{"text":"no"}},"data":{"text":"i"}}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r2","task_id":"\"data\":","data":{"text":"j"}}"#,
        r#"{"event":"text_chunk","workflow_run_id":"r2","task_id":"\"data\":","data":{"text":"k"}}"#,
    ];
    // Each after each: what was learnt from one must not colour the other.
    for first in frames {
        for second in frames {
            let mut decoder = Decoder::default();
            decoder.decode(&Frame { event: "", data: first.as_bytes() });
            let after = decoder.decode(&Frame { event: "", data: second.as_bytes() });
            let alone = Decoder::default().decode(&Frame { event: "", data: second.as_bytes() });
            assert_eq!(after, alone, "{second} after {first}");
        }
    }
}

#[test]
fn recorded_streams_read_alike_in_every_way() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut frames = 0;
    for entry in std::fs::read_dir(folder).expect("the recordings are there") {
        let raw = std::fs::read(entry.expect("an entry").path()).expect("a recording");
        let mut decoder = Decoder::default();
        // One frame per HTTP chunk: a frame is a line in the recording, too.
        for line in raw.split(|&byte| byte == b'\n').filter_map(|line| line.strip_prefix(b"data: ")) {
            // Behind nginx a chunk may end inside a frame.
            if serde_json::from_slice::<Value>(line).is_err() {
                continue;
            }
            let item = decoder.decode(&Frame { event: "", data: line });
            let alone = Decoder::default().decode(&Frame { event: "", data: line });
            assert_eq!(item, alone, "one after the other as one by one: {}", String::from_utf8_lossy(line));
            let broken = [b"{\"odd\":NaN,", &line[1..]].concat();
            let mended = Decoder::default().decode(&Frame { event: "", data: &broken });
            assert_eq!(item, mended, "at once as after mending: {}", String::from_utf8_lossy(line));
            let item = item.expect("every recorded frame says something");
            assert!(item.run_id.is_some() || matches!(item.event, StreamEvent::Error { .. }), "{item:?}");
            let unread = matches!(item.event, StreamEvent::Other { .. } | StreamEvent::Unreadable { .. });
            assert!(!unread, "every recorded event is known: {item:?}");
            frames += 1;
        }
    }
    assert!(frames > 2000, "only {frames} frames were compared");
}

#[test]
fn errors_are_read_at_the_top_and_inside_data_with_and_without_a_code() {
    for (value, code, status, message) in [
        (
            json!({"event": "error", "workflow_run_id": null, "code": "invalid_param", "status": 400, "message": "m"}),
            Some("invalid_param"),
            Some(400),
            "m",
        ),
        (json!({"event": "error", "message": "m", "status": "500"}), None, Some(500), "m"),
        (json!({"event": "error", "data": {"message": "m", "code": "c"}}), Some("c"), None, "m"),
        (json!({"event": "error", "data": "m"}), None, None, "m"),
        (json!({"event": "error", "message": {"a": 1}}), None, None, "{\"a\":1}"),
        (json!({"event": "error"}), None, None, ""),
        (json!({"code": "c", "message": "m", "status": 429}), Some("c"), Some(429), "m"),
        (json!({"event": "error", "status": 70000, "message": "m"}), None, None, "m"),
    ] {
        let expected = StreamEvent::Error { code: code.map(str::to_owned), status, message: message.to_owned() };
        assert_eq!(read(value.clone()).event, expected, "{value}");
    }
}

#[test]
fn sound_comes_out_as_bytes() {
    for (audio, event) in [
        ("SUQz", StreamEvent::Audio { bytes: b"ID3".to_vec() }),
        ("SUQzBA==", StreamEvent::Audio { bytes: b"ID3\x04".to_vec() }),
        ("SUQzBA", StreamEvent::Audio { bytes: b"ID3\x04".to_vec() }),
        ("SU\nQz", StreamEvent::Audio { bytes: b"ID3".to_vec() }),
        ("__8=", StreamEvent::Audio { bytes: vec![0xff, 0xff] }),
        ("", StreamEvent::Audio { bytes: vec![] }),
    ] {
        let value = json!({"event": "tts_message", "conversation_id": "x", "audio": audio});
        assert_eq!(read(value).event, event, "{audio:?}");
    }
    let broken = read(json!({"event": "tts_message", "audio": "!"})).event;
    assert!(matches!(broken, StreamEvent::Unreadable { .. }), "a broken piece is passed over, not played");
    assert_eq!(read(json!({"event": "tts_message_end", "audio": ""})).event, StreamEvent::AudioEnd, "no piece follows");
}

#[test]
fn what_later_servers_send_is_read() {
    assert_eq!(
        read(json!({"event": "reasoning_chunk", "data": {"reasoning": "hm", "node_id": "n", "is_final": false}})).event,
        StreamEvent::Reasoning { node_id: "n".into(), text: "hm".into(), is_final: false },
        "thinking apart from the text"
    );
    assert_eq!(
        read(json!({"event": "warning", "warning": "files is deprecated"})).event,
        StreamEvent::Warning { message: "files is deprecated".into() },
        "it may come before the start, with no id"
    );
    match read(json!({"event": "workflow_paused", "task_id": "t", "data": {"reasons": [{"type": "x"}]}})).event {
        StreamEvent::WorkflowPaused(paused) => assert_eq!(paused.reasons, [json!({"type": "x"})], "why it waits"),
        other => panic!("{other:?}"),
    }
    match read(
        json!({"event": "agent_log", "data": {"message_id": "m", "parent_id": null, "label": "call", "status": "start",
        "node_id": "n", "node_execution_id": "e", "data": {"x": 1}, "error": ""}}),
    )
    .event
    {
        StreamEvent::AgentLog(log) => {
            assert_eq!(
                (log.id.as_str(), log.step_id.as_deref()),
                ("m", Some("e")),
                "older servers call the id message_id"
            );
            assert_eq!((log.error, log.data), (None, Some(json!({"x": 1}))), "an empty error is none");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_nobody_knows_is_kept_as_sent() {
    for (value, data) in [
        (json!({"event": "branch_moved", "task_id": "t", "data": {"parallel_id": "p"}}), json!({"parallel_id": "p"})),
        (json!({"event": "new", "data": [1, 2]}), json!([1, 2])),
        (json!({"event": "new", "data": {"data": 1}}), json!({"data": 1})),
        (json!({"event": "new", "data": null}), json!(null)),
        (json!({"event": "new", "x": 1}), json!({"x": 1})),
        (json!({"event": "new"}), json!({})),
    ] {
        match read(value.clone()).event {
            StreamEvent::Other { data: found, .. } => assert_eq!(found.value(), data, "{value}"),
            other => panic!("{value} became {other:?}"),
        }
    }
    let item = Decoder::default().decode(&Frame { event: "named", data: br#"{"a": 1}"# }).map(|item| item.event);
    assert_eq!(
        item,
        Some(StreamEvent::Other { name: "named".into(), data: json!({"a": 1}).into() }),
        "the event line names it"
    );
}

#[test]
fn what_cannot_be_read_costs_one_event_and_no_more() {
    for (text, bytes) in
        [("{", 1), ("hello", 5), ("[1]", 3), ("\"text\"", 6), ("null", 4), ("{\"event\": \"text_chunk\", ", 23)]
    {
        assert_eq!(read_text(text), Some(StreamEvent::Unreadable { bytes }), "{text}");
    }
    assert_eq!(read_text("[DONE]"), None, "other APIs' end mark says nothing");
    assert_eq!(read_text("  "), None, "nor does an empty frame");
    let lone = read_text(r#"{"event": "text_chunk", "data": {"text": "a\ud83e", "from_variable_selector": []}}"#);
    assert_eq!(
        lone,
        Some(StreamEvent::Text { source: "".into(), text: "a\u{fffd}".into() }),
        "half a character costs itself"
    );
    let nan =
        read_text(r#"{"event": "workflow_finished", "data": {"status": "succeeded", "outputs": {"score": NaN}}}"#);
    match nan {
        Some(StreamEvent::WorkflowFinished(finished)) => {
            assert_eq!(finished.status, RunStatus::Succeeded, "Python's NaN must not cost the end of a run");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_field_may_hold_anything() {
    let oddities = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!(""),
        json!("x"),
        json!([]),
        json!([[1]]),
        json!({}),
        json!({"id": {}}),
    ];
    let names = [
        "workflow_started",
        "workflow_finished",
        "node_started",
        "node_finished",
        "node_retry",
        "iteration_started",
        "iteration_next",
        "iteration_completed",
        "loop_started",
        "loop_next",
        "loop_completed",
        "text_chunk",
        "text_replace",
        "message",
        "reasoning_chunk",
        "agent_log",
        "tts_message",
        "tts_message_end",
        "human_input_required",
        "workflow_paused",
        "error",
        "warning",
        "ping",
        "unknown",
    ];
    let keys = [
        "id",
        "node_id",
        "node_type",
        "title",
        "index",
        "status",
        "inputs",
        "outputs",
        "process_data",
        "error",
        "elapsed_time",
        "execution_metadata",
        "metadata",
        "total_tokens",
        "total_steps",
        "files",
        "text",
        "from_variable_selector",
        "iteration_id",
        "data",
    ];
    for name in names {
        for odd in &oddities {
            // None of these may panic; what comes out is the other tests' matter.
            read(
                json!({"event": name, "task_id": odd, "workflow_run_id": odd, "data": odd, "code": odd, "message": odd, "audio": odd}),
            );
            for key in keys {
                read(json!({"event": name, "data": {key: odd}}));
                read(json!({"event": name, "data": {"execution_metadata": {key: odd}, "metadata": {key: odd}}}));
            }
        }
    }
}
