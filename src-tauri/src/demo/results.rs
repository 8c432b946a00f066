//! The scenes "results" and "large results" of "Every control": outputs of every kind a workflow can end with, each
//! beside the others, and some that are too large to be shown at once.

use std::io;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::engine::{Done, Failure, Flow, Outcome, object};
use super::every_control::VOICE;
use super::sample_documents;

const PICTURE: &[u8] = include_bytes!("../../../icons/icon.png");
const NOTES: &str = "# Notes\n\nWhat was **decided**:\n\n1. The office moves in March.\n2. The archive stays.\n\n> Ask before ordering boxes.\n";
const LOG: &str = "2026-11-21 10:00:01 INFO  reading 4 documents\n2026-11-21 10:00:02 WARN  page 3 is a picture, its text was recognised\n2026-11-21 10:00:05 INFO  12 findings\n2026-11-21 10:00:06 ERROR the register did not answer, tried again\n2026-11-21 10:00:09 INFO  done\n";
const ANSWER: &str =
    "{\n  \"status\": \"changes_needed\",\n  \"clauses\": [\"7.2\", \"11.1\"],\n  \"value\": 240000\n}\n";
const CSV: &str = "Department,Budget,Spent,Remark\nSales,12000,11840.5,\"on time, as planned\"\nSupport,8000,9120,\"two new desks\"\n法务部,5000,4300,合同已签\n";
/// Would run in a browser, and be seen at once; here it is only ever read.
const PAGE: &str = "<!doctype html>\n<html>\n  <head>\n    <title>A page</title>\n    <script>document.title = 'It ran';</script>\n  </head>\n  <body onload=\"alert('It ran')\"><p>Hello</p></body>\n</html>\n";
const CHART: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 120" onload="document.title='It ran'">
  <script>document.title = 'It ran';</script>
  <rect width="240" height="120" fill="#f2f5fb"/>
  <rect x="30" y="40" width="40" height="60" fill="#2a5db5"/>
  <rect x="100" y="60" width="40" height="40" fill="#1b7043"/>
  <rect x="170" y="25" width="40" height="75" fill="#865300"/>
  <path d="M20 100h200" stroke="#4b4f57"/>
</svg>
"##;

pub(super) fn is_one(scene: &str) -> bool {
    matches!(scene, "results" | "large results")
}

pub(super) async fn run(flow: &Flow, pace: f64, large: bool) -> Result<Outcome, Failure> {
    let node = flow.node("gather", "code", "Make results of every kind");
    flow.pause(pace).await;
    let outputs =
        if large { large_outputs() } else { outputs(flow).map_err(|error| format!("No results: {error}."))? };
    // What is large stands in the run's outputs alone: it is to show how they are drawn, not how much fits into a stream.
    let told = if large { json!({}) } else { Value::Object(outputs.clone()) };
    node.finish(Done { outputs: told.clone(), ..Done::default() });
    // The answer renders every output in its order; the first is the one that is read while it comes.
    for (at, (name, value)) in outputs.iter().enumerate() {
        match value {
            Value::String(text) if at == 0 => {
                flow.stream_text(&["gather", name], text, Duration::from_secs_f64(pace * 4.0)).await;
            }
            other if !large => flow.text_of_output(&["gather", name], other),
            _ => {}
        }
    }
    flow.end_node(&told);
    Ok(Outcome::of(Value::Object(outputs)))
}

fn outputs(flow: &Flow) -> io::Result<Map<String, Value>> {
    let files = &flow.shared.files;
    let owner = &flow.run.end_user_id;
    let keep = |name: &str, mime: &str, bytes: &[u8]| files.create(name, mime, owner, bytes);
    let picture = keep("Office plan - 平面图.png", "image/png", PICTURE)?;
    // Web request steps name their files so.
    let nameless = keep("7237ec6dfb664bb98eca87a77cb743c1.png", "image/png", PICTURE)?;
    let budget = keep("Budget.csv", "text/csv", CSV.as_bytes())?;
    let rooms: String = (1..=18)
        .map(|n| {
            format!(
                "**Room {n}.** The desks stay where they are, the cupboards go to the archive, and the lamps are \
             checked before anybody moves in.\n\n"
            )
        })
        .collect();
    let report = format!(
        "## Office move\n\nThe move can begin in **March**. Two things are open: the lease of the archive and the network of \
         the third floor.\n\n![The plan]({})\n\n| Floor | Desks | Ready |\n|---|---:|---|\n| 1 | 24 | yes |\n| 2 | 30 | \
         yes |\n| 3 | 18 | no |\n\n### What to do\n\n- Ask the landlord about the archive.\n- Order the cables for the \
         third floor.\n- Tell everybody two weeks before.\n\nThe numbers stand in [the table]({}).\n\n### Room by room\n\n{}",
        files.signed_url(&picture),
        files.signed_url(&budget),
        rooms.trim_end(),
    );
    let all = [
        ("Chart.svg", "image/svg+xml", CHART.as_bytes()),
        ("Page.html", "text/html", PAGE.as_bytes()),
        ("Spoken.mp3", "audio/mpeg", VOICE),
        ("Notes - 记录.md", "text/markdown", NOTES.as_bytes()),
        ("Settings.json", "application/json", br#"{"language": "en", "limits": {"pages": 40, "files": [1, 2, 3]}}"#),
        ("Progress report.pdf", "application/pdf", sample_documents()[0].1),
        ("Expenses.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", sample_documents()[2].1),
    ];
    let mut kept = vec![files.object(&picture), files.object(&budget)];
    for (name, mime, bytes) in all {
        kept.push(files.object(&*keep(name, mime, bytes)?));
    }
    let findings: Vec<Value> = (1..=12)
        .map(|n| {
            json!({"clause": format!("{n}.{}", n % 4 + 1), "finding": format!("Finding number {n}"), "pages": n * 3, "open": n % 3 == 0, "sources": ["report", "lease"]})
        })
        .collect();
    let settings: Map<String, Value> =
        (1..=16).map(|n| (format!("option {n}"), json!({"value": n, "from": "default"}))).collect();
    Ok(object(json!({
        "report": report, "log": LOG, "budget": CSV, "answer": ANSWER,
        "findings": findings, "settings": settings, "decision": "Changes needed", "risk": 3, "share": 0.125, "signed": false,
        "tags": ["lease", "move", "网络"], "contact": {"name": "Li Wei", "room": 12}, "nothing": null, "remark": "", "none": [],
        "files": kept, "photo": files.object(&nameless),
    })))
}

fn large_outputs() -> Map<String, Value> {
    let text: String = (1..=9000)
        .map(|n| format!("Paragraph {n}. Your request has arrived and will be dealt with in the order of its arrival, as all are.\n\n"))
        .collect();
    let rows: Vec<Value> = (0..50_000)
        .map(|n| json!({"number": n, "name": format!("Item {n}"), "amount": f64::from(n * 7919 % 100_000) / 100.0, "open": n % 3 == 0}))
        .collect();
    let entries: Vec<Value> = (0..100_000).map(|n| json!([n, format!("entry {n}")])).collect();
    object(json!({"text": text, "rows": rows, "entries": {"list": entries, "count": 100_000}}))
}
