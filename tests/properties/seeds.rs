//! The inputs that the fuzz targets begin with: the recordings, small ones and one of each shape.
//!
//! `FLOWDECK_WRITE_GOLDEN=1 cargo test --test properties seeds` writes them to `fuzz/seeds/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    answers::desk::{CALLS, STATUSES},
    recording::{Recording, folder, names},
};

/// Events that no recorded server sent: older and newer generations (api.md §3.2).
const OTHERS: [&str; 20] = [
    r#"{"event":"message","task_id":"t","id":"m","answer":"Hi","created_at":1705398420}"#,
    r#"{"event":"message_end","task_id":"t","id":"m","metadata":{"usage":{"total_tokens":1}}}"#,
    r#"{"event":"message_replace","task_id":"t","answer":"no","reason":"moderation"}"#,
    r#"{"event":"text_replace","task_id":"t","workflow_run_id":"r","data":{"text":"no"}}"#,
    r#"{"event":"workflow_started","task_id":"t","workflow_run_id":"r","data":{"id":"r","workflow_id":"w","sequence_number":1,"inputs":{"sys.files":[]},"reason":"resumption","created_at":1679586595}}"#,
    r#"{"event":"node_started","task_id":"t","workflow_run_id":"r","data":{"id":"x","node_id":"n","node_type":"tool","title":"T","index":1,"predecessor_node_id":"p","inputs":[{"a":1}],"extras":{"icon":{"content":"🔧","background":"red"}},"agent_strategy":{"name":"s"},"parallel_id":"a","parallel_start_node_id":"b","parent_parallel_id":"c","iteration_id":"it","created_at":1}}"#,
    r#"{"event":"node_finished","task_id":"t","workflow_run_id":"r","data":{"id":"x","node_id":"n","status":"exception","error":"Unknown error","outputs":{"error_message":"m","error_type":"E"},"outputs_truncated":true,"execution_metadata":{"total_tokens":7,"total_price":"0.0000420","currency":"USD","iteration_index":2,"parallel_mode_run_id":"q","error_strategy":"fail-branch"},"files":[{"dify_model_identity":"__dify__file__","url":"/f"}],"finished_at":1}}"#,
    r#"{"event":"node_retry","task_id":"t","workflow_run_id":"r","data":{"id":"x","node_id":"n","status":"retry","retry_index":1,"error":"e"}}"#,
    r#"{"event":"reasoning_chunk","task_id":"t","workflow_run_id":"r","data":{"reasoning":"hm","node_id":"n","is_final":true}}"#,
    r#"{"event":"agent_log","task_id":"t","workflow_run_id":"r","data":{"node_execution_id":"x","id":"l","label":"L","parent_id":null,"status":"start","data":{"a":1},"metadata":{"elapsed_time":1.5},"node_id":"n"}}"#,
    r#"{"event":"parallel_branch_started","task_id":"t","workflow_run_id":"r","data":{"parallel_id":"a","parallel_branch_id":"b","parent_parallel_id":"c","iteration_id":"it","created_at":1}}"#,
    r#"{"event":"parallel_branch_finished","task_id":"t","workflow_run_id":"r","data":{"parallel_id":"a","parallel_branch_id":"b","status":"failed","error":"e","created_at":1}}"#,
    r#"{"event":"iteration_started","task_id":"t","workflow_run_id":"r","data":{"id":"it","node_id":"it","node_type":"iteration","title":"I","metadata":{"iterator_length":3},"created_at":1}}"#,
    r#"{"event":"iteration_next","task_id":"t","workflow_run_id":"r","data":{"id":"it","node_id":"it","index":1,"pre_iteration_output":"o","duration":1.5,"created_at":1}}"#,
    r#"{"event":"iteration_completed","task_id":"t","workflow_run_id":"r","data":{"id":"it","node_id":"it","status":"failed","steps":3,"total_tokens":5,"execution_metadata":{"iteration_duration_map":{"0":1.5}},"finished_at":1}}"#,
    r#"{"event":"human_input_required","task_id":"t","workflow_run_id":"r","data":{"form_id":"f","node_id":"n","node_title":"T","form_content":"{{#$output.x#}}","inputs":[{"type":"select","output_variable_name":"x","option_source":{"type":"constant","value":["a"]},"default":{"type":"variable","selector":["n","v"]}}],"actions":[{"id":"ok","title":"OK","button_style":"primary"}],"resolved_default_values":{"x":"a"},"expiration_time":1,"form_token":"k","display_in_ui":true}}"#,
    r#"{"event":"human_input_form_filled","task_id":"t","workflow_run_id":"r","data":{"node_id":"n","rendered_content":"c","action_id":"ok","action_text":"OK","submitted_data":{"x":"a"}}}"#,
    r#"{"event":"workflow_paused","task_id":"t","workflow_run_id":"r","data":{"workflow_run_id":"r","paused_nodes":["n"],"outputs":{},"reasons":[{"type":"human_input_required"}],"status":"paused","elapsed_time":1.5,"total_tokens":1,"total_steps":2}}"#,
    r#"{"event":"warning","warning":"files is deprecated"}"#,
    r#"{"event":"error","task_id":"t","message":"Internal Server Error","status":500}"#,
];

/// Target and name → contents.
fn seeds() -> BTreeMap<(&'static str, String), Vec<u8>> {
    let mut seeds = BTreeMap::new();
    let mut shapes = BTreeSet::new();
    let requests = fs::read_to_string(folder().join("requests.tsv")).expect("the recorded requests");
    let requests: BTreeMap<&str, (&str, &str)> = requests
        .lines()
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some((columns.next()?, (columns.next()?, columns.next()?)))
        })
        .collect();
    for name in names(&[""]) {
        let recording = Recording::load(&name);
        let body = recording.body();
        if body.is_empty() || body.len() > 9000 {
            continue;
        }
        if recording.is_stream() {
            let events = recording.events();
            let shape: Vec<String> = events.iter().map(|event| event["event"].to_string()).collect();
            if shapes.insert(shape.join(" ")) {
                let data: Vec<String> = events.iter().map(Value::to_string).collect();
                seeds.insert(("event", name.clone()), data.join("\n").into_bytes());
                seeds.insert(("stream_reader", name), [&b"\x0a\x00"[..], &body].concat());
            }
            continue;
        }
        let Some(call) = call(requests[name.as_str()]) else { continue };
        let shape = match serde_json::from_slice::<Value>(&body) {
            Ok(value) => format!("{call} {} {}", recording.status(), keys(&value)),
            Err(_) => format!("{call} {} {}", recording.status(), body.len()),
        };
        let call = CALLS.iter().position(|known| *known == call).expect("a call that is known");
        let status = STATUSES.iter().position(|known| *known == recording.status()).unwrap_or(0);
        if shapes.insert(shape) {
            let chosen = [call, status, 0].map(|chosen| u8::try_from(chosen).unwrap_or(0));
            seeds.insert(("answer", name), [&chosen[..], &body].concat());
        }
    }
    seeds.insert(("event", "other_generations".into()), OTHERS.join("\n").into_bytes());
    let framed: String = OTHERS.iter().map(|data| format!(": c\r\nid: 1-0\r\ndata: {data}\r\n\r\n")).collect();
    seeds.insert(
        ("stream_reader", "other_generations".into()),
        [&b"\x06\x00\xEF\xBB\xBF"[..], framed.as_bytes()].concat(),
    );
    seeds.insert(
        ("stream_reader", "lines_of_data".into()),
        b"\x01\x00data: {\ndata: \"event\": \"ping\"}\r\r event: ping\n\ndata".to_vec(),
    );
    let called = |name: &str| u8::try_from(CALLS.iter().position(|known| *known == name).expect("a call")).unwrap_or(0);
    for (name, call, body) in [
        (
            "form",
            "form",
            r#"{"form_content":"{{#$output.x#}}","inputs":[{"type":"file-list","output_variable_name":"x","allowed_file_types":["image"],"number_limits":2}],"user_actions":[{"id":"a","title":"A","button_style":"ghost"}],"resolved_default_values":{"x":1},"expiration_time":1}"#,
        ),
        ("submit", "submit", "{}"),
        (
            "end_user",
            "end_user",
            r#"{"id":"e","type":"service_api","name":"n","is_anonymous":true,"session_id":"s","created_at":1}"#,
        ),
        ("transcript", "transcript", r#"{"text":"hello"}"#),
        ("speech", "speech", "ID3\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}sound"),
        ("picture", "picture", "GIF89a\u{1}\u{0}\u{1}\u{0}"),
        ("root_today", "root", r#"{"welcome":"Dify OpenAPI","api_version":"v1","server_version":"1.14.0"}"#),
        (
            "parameters_blocks",
            "parameters",
            r#"{"user_input_form":[{"select":{"label":{"en_US":"l"},"variable":"c","options":[{"value":"o"}]}}],"file_upload":{"document":{"enabled":true,"number_limits":3,"transfer_methods":["local_file"]},"image":{"enabled":true,"detail":"high"}},"system_parameters":{"image_file_size_limit":"10"}}"#,
        ),
        (
            "resume",
            "resume",
            "data: {\"event\":\"workflow_finished\",\"workflow_run_id\":\"r\",\"data\":{\"id\":\"r\",\"status\":\"succeeded\",\"outputs\":{}}}\n\n",
        ),
    ] {
        let kind = u8::from(call == "resume");
        seeds.insert(("answer", name.into()), [&[called(call), 0, kind][..], body.as_bytes()].concat());
    }
    seeds
}

/// The client's call that a recorded request stands for.
fn call((method, target): (&str, &str)) -> Option<&'static str> {
    let path = target.split('?').next().unwrap_or_default();
    Some(match path.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        ["v1", "workflows", "run"] if method == "POST" => "run",
        ["v1", "workflows", "run", _] => "detail",
        ["v1", "workflows", "logs"] => "logs",
        ["v1", "workflows", "tasks", ..] => "stop",
        ["v1", "workflows", _, "run"] => "blocking",
        ["v1", "files", "upload"] => "upload",
        ["v1", "parameters"] => "parameters",
        ["v1", "site"] => "site",
        ["v1", "meta"] => "meta",
        ["v1" | ""] => "root",
        ["v1", "audio-to-text"] => "transcript",
        [.., "info"] => "info",
        _ => return None,
    })
}

/// The names in a value, without what stands under them.
fn keys(value: &Value) -> String {
    match value {
        Value::Object(object) => object.iter().map(|(key, value)| format!("{key}({})", keys(value))).collect(),
        Value::Array(list) => list.iter().map(keys).collect::<BTreeSet<_>>().into_iter().collect(),
        Value::String(_) => "s".into(),
        Value::Number(_) => "n".into(),
        _ => String::new(),
    }
}

fn seed_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds")
}

#[test]
fn the_fuzz_targets_begin_with_every_shape_that_was_recorded() {
    let seeds = seeds();
    if env::var_os("FLOWDECK_WRITE_GOLDEN").is_some() {
        for target in ["stream_reader", "event", "answer"] {
            let folder = seed_folder().join(target);
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).expect("a folder for seeds");
        }
        for ((target, name), contents) in &seeds {
            fs::write(seed_folder().join(target).join(name), contents).expect("a writable seed");
        }
    }
    let size: usize = seeds.values().map(Vec::len).sum();
    assert!(seeds.len() > 60 && size < 500_000, "{} seeds of {size} bytes: enough and small", seeds.len());
    for target in ["stream_reader", "event", "answer"] {
        let written = fs::read_dir(seed_folder().join(target)).expect("the seeds are there").count();
        let wanted = seeds.keys().filter(|(of, _)| *of == target).count();
        assert_eq!(written, wanted, "fuzz/seeds/{target} holds what the recordings give, and nothing a fuzzer found");
    }
    for ((target, name), contents) in &seeds {
        let written = fs::read(seed_folder().join(target).join(name)).unwrap_or_default();
        assert!(written == *contents, "fuzz/seeds/{target}/{name} is not what the recordings give");
    }
}
