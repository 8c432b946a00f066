//! The workflow "Approval": it asks a person, once or, if the person wants a change, twice.

use serde_json::{Map, Value, json};

use super::engine::{Done, Failure, Flow, Outcome};
use super::forms::{Action, Decision, Question};

const APPROVE: Action = Action { id: "approve", title: "Approve", style: "primary" };
const REVISE: Action = Action { id: "revise", title: "Ask for a change", style: "default" };
const REJECT: Action = Action { id: "reject", title: "Reject", style: "ghost" };

pub(super) async fn run(flow: Flow) -> Result<Outcome, Failure> {
    flow.start_node();
    let mut request = format!("**{}**\n\n{}", flow.input_text("subject"), flow.input_text("reason"));
    let node = flow.node("write", "template-transform", "Write the request");
    flow.text(&["write", "output"], &request);
    node.finish(Done {
        inputs: json!({"subject": flow.input("subject"), "reason": flow.input("reason")}),
        outputs: json!({"output": request}),
        ..Done::default()
    });

    let mut decision = decide(&flow, "decide", "Decide", &request, &[APPROVE, REVISE, REJECT]).await;
    if let Some(Decision { inputs, .. }) = decision.as_ref().filter(|decision| decision.action.id == REVISE.id) {
        request.push_str(&format!("\n\nChanged as wished: {}", inputs["comment"].as_str().unwrap_or_default()));
        decision = decide(&flow, "decide_again", "Decide again", &request, &[APPROVE, REJECT]).await;
    }
    let (action, inputs) = match decision {
        Some(Decision { action, inputs }) => (action.id, inputs),
        None => ("timeout", Map::new()),
    };
    let outputs = json!({
        "decision": action, "comment": inputs.get("comment"), "priority": inputs.get("priority"), "request": request,
    });
    flow.end_node(&outputs);
    Ok(Outcome::of(outputs))
}

async fn decide(
    flow: &Flow,
    id: &'static str,
    title: &'static str,
    request: &str,
    actions: &[Action],
) -> Option<Decision> {
    let node = flow.node(id, "human-input", title);
    let question = Question {
        content: format!("{request}\n\nComment: {{{{#$output.comment#}}}}\n\nPriority: {{{{#$output.priority#}}}}"),
        inputs: json!([
            {"type": "paragraph", "output_variable_name": "comment", "default": {"type": "constant", "selector": [], "value": ""}},
            {
                "type": "select", "output_variable_name": "priority",
                "option_source": {"type": "constant", "selector": [], "value": ["normal", "urgent"]},
            },
        ]),
        defaults: Map::from_iter([("comment".to_owned(), json!(""))]),
        actions: actions.to_vec(),
    };
    let decision = flow.ask(id, title, question).await;
    let mut outputs = decision.as_ref().map(|decision| decision.inputs.clone()).unwrap_or_default();
    let action = decision.as_ref().map_or("timeout", |decision| decision.action.id);
    outputs.insert("__action_id".into(), json!(action));
    node.finish(Done { outputs: Value::Object(outputs), ..Done::default() });
    decision
}
