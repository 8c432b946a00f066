//! The workflow "Long run": it writes for as long as it is told, and ends in the way it is told. For trials only.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::engine::{Done, Failure, Flow, Outcome};
use super::forms::{Action, Question};
use super::wire::ApiError;

/// Apart from each other by so much, as a fast model's words are.
const WORD: Duration = Duration::from_millis(20);
const LONGEST: f64 = 600.0;
const WORDS: [&str; 8] = ["The ", "request ", "has ", "arrived; ", "一切 ", "正常。", "More ", "follows. "];

pub(super) const WAYS: [&str; 7] = ["text", "rounds", "partial", "failure", "error", "file", "person"];

pub(super) async fn run(flow: Flow) -> Result<Outcome, Failure> {
    let seconds = flow.input("seconds").as_f64().unwrap_or(10.0).clamp(0.0, LONGEST);
    let way = flow.input_text("way").to_owned();
    flow.start_node();
    let half = Duration::from_secs_f64(seconds / 2.0);
    let mut outputs = Map::new();
    let mut text = write(&flow, "draft", "Draft", half).await;
    match way.as_str() {
        "rounds" => outputs.extend([("rounds".to_owned(), rounds(&flow, half).await)]),
        "partial" => {
            let node = flow.node("risky", "code", "May fail");
            node.exception(json!({}), "CodeExecutionError", "RuntimeError: the register is closed");
        }
        "failure" => {
            let node = flow.node("broken", "code", "Always fails");
            let error = "ValueError: this step fails because it was asked to";
            node.fail(Done::default(), error);
            return Err(error.into());
        }
        "error" => return Err(Failure::Broken(ApiError::invalid_param("The workflow was told to break off."))),
        "person" => outputs.extend([("decision".to_owned(), json!(decision(&flow).await))]),
        _ => {}
    }
    if way != "rounds" {
        text.push_str(&write(&flow, "letter", "Letter", half).await);
    }
    if way == "file" {
        let owner = &flow.run.end_user_id;
        let kept = flow.shared.files.create("Long run.txt", "text/plain", owner, text.as_bytes());
        let file = kept.map_err(|error| format!("The text could not be saved: {error}."))?;
        outputs.insert("file".into(), flow.shared.files.object(&file));
    }
    outputs.extend([("title".to_owned(), flow.input("title").clone()), ("text".to_owned(), json!(text))]);
    let outputs = Value::Object(outputs);
    flow.end_node(&outputs);
    Ok(Outcome::of(outputs))
}

/// One node that writes for a while.
async fn write(flow: &Flow, id: &'static str, title: &'static str, time: Duration) -> String {
    let node = flow.node(id, "llm", title);
    let end = Instant::now() + time;
    let mut text = String::new();
    for word in WORDS.iter().cycle() {
        flow.text(&[id, "text"], word);
        text.push_str(word);
        if Instant::now() >= end {
            break;
        }
        flow.pause(WORD.as_secs_f64()).await;
    }
    node.finish(Done { outputs: json!({"text": text}), ..Done::default() });
    text
}

/// A loop with an iteration in each of its rounds.
async fn rounds(flow: &Flow, time: Duration) -> Value {
    const ROUNDS: usize = 4;
    const ITEMS: [&str; 3] = ["a", "b", "c"];
    let pause = time.as_secs_f64() / (ROUNDS * ITEMS.len()) as f64;
    let mut loop_ = flow.loop_("rounds", "Rounds", ROUNDS, json!({"loop_count": ROUNDS}));
    for round in 0..ROUNDS {
        let inside = loop_.round(round);
        let mut iteration = inside.iteration("items", "Each item", json!(ITEMS));
        for (place, item) in ITEMS.iter().enumerate() {
            let inside = iteration.round(place);
            let node = inside.node("look", "code", "Look at it");
            inside.pause(pause).await;
            node.finish(Done { outputs: json!({"seen": item}), ..Done::default() });
            iteration.round_ended(place);
        }
        iteration.complete(json!({"output": ITEMS}), ITEMS.len(), json!({}));
        loop_.round_ended(round);
    }
    loop_.complete(json!({"rounds": ROUNDS}), ROUNDS, json!({"completed_reason": "loop_completed"}));
    json!(ROUNDS)
}

/// What a person says, or that nobody said anything in time.
async fn decision(flow: &Flow) -> &'static str {
    let node = flow.node("ask", "human-input", "Go on?");
    let actions = [("yes", "Yes", "primary"), ("no", "No", "default")];
    let question = Question {
        content: "Shall the letter be written?".into(),
        inputs: json!([]),
        defaults: Map::new(),
        actions: actions.map(|(id, title, style)| Action { id, title, style }).to_vec(),
    };
    let decision = flow.ask("ask", "Go on?", question).await;
    let action = decision.as_ref().map_or("timeout", |decision| decision.action.id);
    node.finish(Done { outputs: json!({"__action_id": action}), ..Done::default() });
    action
}
