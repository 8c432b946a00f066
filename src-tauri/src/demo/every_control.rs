//! The workflow "Every control": it repeats its inputs and, on the way, sends every kind of event that exists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::engine::{Done, Failure, Flow, Outcome};
use super::wire::ApiError;

/// A recorded sentence, spoken by a synthesiser.
pub(super) const VOICE: &[u8] = include_bytes!("samples/voice.mp3");
/// As large as the pieces that were recorded; they do not respect the frames of the MP3.
const VOICE_PIECE: usize = 4096;
/// A slower demo would only look broken.
const SLOWEST: f64 = 30.0;

/// Which of the scenes are played.
struct Scenes {
    retry: bool,
    caught: bool,
    containers: bool,
    parallel: bool,
    agent: bool,
    audio: bool,
    failure: bool,
}

impl Scenes {
    fn of(name: &str) -> Self {
        let all = name == "everything";
        Self {
            retry: all || name == "success",
            caught: all || name == "partial",
            containers: all || name == "success",
            parallel: all || name == "success",
            agent: all || name == "success",
            audio: all || name == "audio",
            failure: name == "failure",
        }
    }
}

pub(super) async fn run(flow: Flow) -> Result<Outcome, Failure> {
    let pace = flow.input("pace").as_f64().unwrap_or(0.5).clamp(0.0, SLOWEST);
    let events = flow.input_text("events").to_owned();
    let scenes = Scenes::of(&events);
    if events == "everything" {
        flow.run.emit_flat(
            "warning",
            json!({"warning": "This demo sends every kind of event, also some that do not exist yet."}),
        );
        flow.run.emit("event_of_the_future", json!({"note": "A client ignores what it does not know."}));
    }
    flow.start_node();
    check_schema(&flow)?;
    if events == "error" {
        return Err(Failure::Broken(ApiError::invalid_param("The workflow was told to break off.")));
    }
    if super::results::is_one(&events) {
        return super::results::run(&flow, pace, events == "large results").await;
    }
    if scenes.retry {
        third_time_lucky(&flow, pace).await;
    }
    if scenes.containers {
        loop_with_iteration(&flow, pace).await;
    }
    if scenes.agent {
        agent(&flow, pace).await;
    }
    if scenes.failure {
        return Err(fails(&flow, pace).await);
    }
    if scenes.caught {
        caught(&flow, pace).await;
    }
    let texts = if scenes.parallel { Some(parallel(&flow, pace).await) } else { None };
    finish(&flow, pace, texts, scenes.audio).await
}

/// A JSON object is compared with its schema when the run starts, not before.
fn check_schema(flow: &Flow) -> Result<(), Failure> {
    for entry in &flow.run.app.form {
        let Some(definition) = entry.get("json_object") else { continue };
        let variable = definition["variable"].as_str().unwrap_or_default();
        let value = flow.input(variable);
        if value.is_null() {
            continue;
        }
        let problem = match jsonschema::draft7::new(&definition["json_schema"]) {
            Ok(schema) => schema.validate(value).err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(problem) = problem {
            return Err(format!("JSON object for '{variable}' does not match schema: {problem}").into());
        }
    }
    Ok(())
}

/// Two failed tries, then success.
async fn third_time_lucky(flow: &Flow, pace: f64) {
    let node = flow.node("unsteady", "http-request", "Third time lucky");
    let inputs = json!({"url": "https://registry.invalid/record"});
    for attempt in 1..=2 {
        flow.pause(pace).await;
        node.retry(inputs.clone(), "Reached maximum retries (0) for URL https://registry.invalid/record", attempt);
    }
    flow.pause(pace).await;
    let outputs = json!({"status_code": 200, "body": "found at the third try", "headers": {"content-type": "text/plain"}, "files": []});
    node.finish(Done { inputs, outputs, ..Done::default() });
}

/// A loop of three rounds, each with an iteration over the letters of the name.
async fn loop_with_iteration(flow: &Flow, pace: f64) {
    let letters: Vec<String> =
        flow.input_text("name").chars().filter(|letter| !letter.is_whitespace()).take(3).map(String::from).collect();
    let mut loop_ = flow.loop_("rounds", "Three rounds", 3, json!({"loop_count": 3, "number": 0}));
    let mut variables = Map::new();
    for round in 0..3 {
        let inside = loop_.round(round);
        let node = inside.node("count", "code", "Count up");
        inside.pause(pace / 4.0).await;
        let number = round + 1;
        node.finish(Done { inputs: json!({"number": round}), outputs: json!({"number": number}), ..Done::default() });
        if !letters.is_empty() {
            nested(&inside, &letters, pace).await;
        }
        variables.insert(round.to_string(), json!({"number": number}));
        loop_.round_ended(round);
    }
    let extra = json!({"completed_reason": "loop_completed", "loop_variable_map": variables});
    loop_.complete(json!({"number": 3, "loop_round": 3}), 3, extra);
}

async fn nested(flow: &Flow, letters: &[String], pace: f64) {
    let mut iteration = flow.iteration("letters", "Each letter", json!(letters));
    let mut outputs = Vec::new();
    for (round, letter) in letters.iter().enumerate() {
        let inside = iteration.round(round);
        let node = inside.node("upper", "code", "Upper case");
        inside.pause(pace / 8.0).await;
        let inputs = json!({"item": letter, "index": round});
        if round == 1 {
            // Goes on after an error: null stands in the place of the item.
            node.fail(Done { inputs, ..Done::default() }, "The second letter always fails; the others go on.");
            outputs.push(Value::Null);
        } else {
            let upper = letter.to_uppercase();
            node.finish(Done { inputs, outputs: json!({"result": upper}), ..Done::default() });
            outputs.push(json!(upper));
        }
        iteration.round_ended(round);
    }
    iteration.complete(json!({"output": outputs}), letters.len(), json!({}));
}

/// An agent's log: a tree whose entries are sent again when they change, and thoughts outside of the answer.
async fn agent(flow: &Flow, pace: f64) {
    let node = flow.node("agent", "agent", "Think it over");
    let (root, child) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let log = |id: &str, parent: Option<&str>, label: &str, status: &str, data: Value| {
        flow.run.emit("agent_log", json!({
            "node_execution_id": node.id, "id": id, "label": label, "parent_id": parent, "error": null, "status": status, "data": data,
            "metadata": {"elapsed_time": pace}, "node_id": "agent",
        }));
    };
    log(&root, None, "ROUND 1", "start", json!({}));
    for (thought, last) in [("The form is complete. ", false), ("There is nothing to look up.", false), ("", true)] {
        flow.run.emit("reasoning_chunk", json!({"reasoning": thought, "node_id": "agent", "is_final": last}));
        flow.pause(pace / 4.0).await;
    }
    log(&child, Some(&root), "CALL echo", "start", json!({"tool": "echo"}));
    flow.pause(pace / 2.0).await;
    log(&child, Some(&root), "CALL echo", "success", json!({"tool": "echo", "output": flow.input("name")}));
    log(&root, None, "ROUND 1", "success", json!({"thought": "done"}));
    let usage = json!({"total_tokens": 0, "total_price": "0", "currency": "USD"});
    let outputs = json!({"text": "Nothing to add.", "files": [], "json": []});
    node.finish_with(Done { inputs: json!({"query": flow.input("name")}), outputs, ..Done::default() }, usage);
}

/// A branch that nothing catches; its neighbour is left unfinished, as on a real server.
async fn fails(flow: &Flow, pace: f64) -> Failure {
    let left = flow.node("archive", "code", "File it away");
    let node = flow.node("broken", "code", "Always fails");
    flow.pause(pace).await;
    drop(left);
    let error = "ValueError: this step fails because it was asked to";
    node.fail(Done { inputs: json!({"name": flow.input("name")}), ..Done::default() }, error);
    error.into()
}

/// An error with a branch of its own: the run goes on and ends partially succeeded.
async fn caught(flow: &Flow, pace: f64) {
    let node = flow.node("risky", "code", "May fail");
    flow.pause(pace).await;
    node.exception(
        json!({"name": flow.input("name")}),
        "CodeExecutionError",
        "RuntimeError: the register is closed on Saturdays",
    );
    let node = flow.node("instead", "template-transform", "Say what happened instead");
    flow.pause(pace / 2.0).await;
    let inputs = json!({"message": "RuntimeError: the register is closed on Saturdays"});
    node.finish(Done {
        inputs,
        outputs: json!({"output": "The register is closed on Saturdays; the request was noted."}),
        ..Done::default()
    });
}

const LETTER: &str = "Dear colleague, your request has arrived and will be dealt with in the order of its arrival. ";
const NOTE: &str = "内部备注：申请资料齐全，可以办理。请在三个工作日内答复申请人。";

/// Two nodes that write at the same time: their pieces alternate.
async fn parallel(flow: &Flow, pace: f64) -> (String, String) {
    let parallel_id = Uuid::new_v4().to_string().into();
    let write = async |id: &'static str, title: &'static str, text: &str| {
        let flow = flow.branch(&parallel_id, id);
        let node = flow.node(id, "llm", title);
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(letters.len().div_ceil(12).max(1)) {
            flow.text(&[id, "text"], &piece.iter().collect::<String>());
            flow.pause(pace / 8.0).await;
        }
        let usage = json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "total_price": "0", "currency": "USD"});
        let process_data = json!({"model_mode": "chat", "prompts": [], "usage": usage, "finish_reason": "stop"});
        let outputs = json!({"text": text, "usage": usage, "finish_reason": "stop", "files": []});
        let metadata = json!({"total_tokens": 0, "total_price": "0", "currency": "USD"});
        node.finish_with(Done { process_data, outputs, ..Done::default() }, metadata);
        flow.branch_ended();
        text.to_owned()
    };
    tokio::join!(write("letter", "Write a letter", LETTER), write("note", "Write a note", NOTE))
}

/// What arrived, as it arrived; a number, a table, a file; and perhaps a voice.
async fn finish(flow: &Flow, pace: f64, texts: Option<(String, String)>, audio: bool) -> Result<Outcome, Failure> {
    let node = flow.node("echo", "code", "Gather what arrived");
    flow.pause(pace / 2.0).await;
    let given: Map<String, Value> = flow
        .run
        .inputs
        .iter()
        .filter(|(key, _)| !key.starts_with("sys."))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let table: Vec<Value> = given
        .iter()
        .map(|(key, value)| json!({"field": key, "type": super::wire::python_type(value), "value": shown(value)}))
        .collect();
    let number = flow.input("amount").as_f64().unwrap_or(0.0);
    let csv = table.iter().fold(String::from("field,type,value\n"), |mut csv, row| {
        let quoted = |key: &str| format!("\"{}\"", row[key].as_str().unwrap_or_default().replace('"', "\"\""));
        csv.push_str(&format!("{},{},{}\n", quoted("field"), quoted("type"), quoted("value")));
        csv
    });
    let file = flow
        .shared
        .files
        .create("Every control - 回执.csv", "text/csv", &flow.run.end_user_id, csv.as_bytes())
        .map_err(|error| format!("The table could not be saved: {error}."))?;
    let mut outputs = json!({
        "echo": given, "doubled": number * 2.0, "table": table, "file": flow.shared.files.object(&file), "nothing": null, "done": true,
    });
    node.finish(Done {
        inputs: Value::Object(given),
        outputs: outputs.clone(),
        files: vec![flow.shared.files.object(&file)],
        ..Done::default()
    });
    let summary = format!("{} sent {} fields.", flow.input_text("name"), table.len());
    flow.text(&["summary", "output"], &summary);
    if texts.is_some() {
        // A moderation that replaces what was shown is rare; here it only says the same again.
        flow.run.emit("text_replace", json!({"text": summary}));
    }
    if let Some(outputs) = outputs.as_object_mut() {
        outputs.insert("summary".into(), json!(summary));
        if let Some((letter, note)) = texts {
            outputs.insert("letter".into(), json!(letter));
            outputs.insert("note".into(), json!(note));
        }
    }
    flow.end_node(&outputs);
    let speech =
        if audio { VOICE.chunks(VOICE_PIECE).map(|piece| STANDARD.encode(piece)).collect() } else { Vec::new() };
    Ok(Outcome { outputs, speech })
}

/// A value in one cell of a table.
fn shown(value: &Value) -> String {
    match value.get("filename").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => match value {
            Value::String(text) => text.clone(),
            other => super::wire::python_repr(other).chars().take(200).collect(),
        },
    }
}
