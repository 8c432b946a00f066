//! The workflow "Approval": it asks a person, once or, if the person wants a change, twice. It can also ask for papers,
//! ask two people at once, and ask by mail alone.

use serde_json::{Map, Value, json};

use super::engine::{Done, Failure, Flow, Node, Outcome};
use super::forms::{Action, Decision, Question};

/// Whom it asks, and how; one person where nothing is chosen.
pub(super) const WAYS: [&str; 4] = ["one person", "one person, with papers", "two people at once", "by mail alone"];

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

    let way = WAYS.iter().position(|way| *way == flow.input_text("ask")).unwrap_or(0);
    let mut decision = match way {
        1 => decide(&flow, with_papers(&request)).await,
        2 => decide_both(&flow, &request).await,
        3 => {
            decide(&flow, Question { by_mail: true, ..question("decide", "Decide", &request, &[APPROVE, REJECT]) })
                .await
        }
        _ => decide(&flow, question("decide", "Decide", &request, &[APPROVE, REVISE, REJECT])).await,
    };
    if let Some(Decision { inputs, .. }) = decision.as_ref().filter(|decision| decision.action.id == REVISE.id) {
        request.push_str(&format!("\n\nChanged as wished: {}", inputs["comment"].as_str().unwrap_or_default()));
        decision = decide(&flow, question("decide_again", "Decide again", &request, &[APPROVE, REJECT])).await;
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

fn question(id: &'static str, title: &'static str, request: &str, actions: &[Action]) -> Question {
    Question {
        node_id: id,
        title,
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
        by_mail: false,
    }
}

/// One form with every kind of input; the last has no slot in the text.
fn with_papers(request: &str) -> Question {
    let local_or_link = json!(["local_file", "remote_url"]);
    Question {
        content: format!(
            "## Please check this request\n\n{request}\n\n| What | Limit |\n|---|---|\n| A desk | 400 € |\n\n\
             Your comment: {{{{#$output.comment#}}}}\n\nPriority: {{{{#$output.priority#}}}}\n\n\
             The signed request: {{{{#$output.signed_request#}}}}"
        ),
        inputs: json!([
            {"type": "paragraph", "output_variable_name": "comment", "default": {"type": "variable", "selector": ["write", "note"], "value": ""}},
            {
                "type": "select", "output_variable_name": "priority",
                "option_source": {"type": "constant", "selector": [], "value": ["normal", "urgent"]},
            },
            {
                "type": "file", "output_variable_name": "signed_request", "allowed_file_types": ["document"],
                "allowed_file_extensions": [], "allowed_file_upload_methods": local_or_link,
            },
            {
                "type": "file-list", "output_variable_name": "other_papers", "allowed_file_types": ["document", "image"],
                "allowed_file_extensions": [], "allowed_file_upload_methods": local_or_link, "number_limits": 3,
            },
        ]),
        defaults: Map::from_iter([("comment".to_owned(), json!("Checked against the price list."))]),
        ..question("decide", "Check the papers", request, &[APPROVE, REVISE, REJECT])
    }
}

async fn decide(flow: &Flow, question: Question) -> Option<Decision> {
    let node = flow.node(question.node_id, "human-input", question.title);
    let decision = flow.ask(question).await;
    finish(node, decision.as_ref());
    decision
}

/// Both have to approve; what counts otherwise is the first refusal.
async fn decide_both(flow: &Flow, request: &str) -> Option<Decision> {
    let asked = [("decide_legal", "Decide for Legal"), ("decide_finance", "Decide for Finance")];
    let nodes: Vec<Node> = asked.iter().map(|(id, title)| flow.node(id, "human-input", title)).collect();
    let questions = asked.map(|(id, title)| question(id, title, request, &[APPROVE, REJECT]));
    let decisions = flow.ask_all(questions.into()).await;
    for (node, decision) in nodes.into_iter().zip(&decisions) {
        finish(node, decision.as_ref());
    }
    let approves = |decision: &Option<Decision>| matches!(decision, Some(given) if given.action.id == APPROVE.id);
    let refused = decisions.iter().position(|decision| !approves(decision));
    decisions.into_iter().nth(refused.unwrap_or(0)).flatten()
}

fn finish(node: Node, decision: Option<&Decision>) {
    let mut outputs = decision.map(|decision| decision.inputs.clone()).unwrap_or_default();
    outputs.insert("__action_id".into(), json!(decision.map_or("timeout", |decision| decision.action.id)));
    node.finish(Done { outputs: Value::Object(outputs), ..Done::default() });
}
