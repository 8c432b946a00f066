//! Runs of every generation, kept for the tests of the page, which draw each of them (`ui/src/timeline`).
//!
//! Ids are random and branches overtake each other, so what is kept has ids and times made plain: steps are numbered
//! as they came, and times are places in the order of times. `FLOWDECK_WRITE_GOLDEN=1` writes them anew.

use std::{collections::BTreeMap, env, fs, path::Path};

use flowdeck::{
    demo::Generation,
    model::run::{Run, Step},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    house::House,
    runs::{scene, server},
};

/// The page draws without what went in and came out.
fn plain(run: &Run) -> Value {
    let numbers: BTreeMap<&str, String> =
        run.steps.iter().enumerate().map(|(place, step)| (step.id.as_str(), format!("step-{place}"))).collect();
    let mut moments: Vec<_> = run
        .steps
        .iter()
        .flat_map(|step| [Some(step.started_at), step.finished_at].into_iter().flatten())
        .chain(run.steps.iter().flat_map(|step| step.tries.iter().map(|earlier| earlier.at)))
        .chain([run.head.started_at])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    let moment = |at: i64| moments.binary_search(&at).expect("a known time");
    let steps: Vec<Value> = run
        .steps
        .iter()
        .map(|step| {
            let mut told = serde_json::to_value(step).expect("JSON");
            told["id"] = json!(numbers[step.id.as_str()]);
            told["parent"] = json!(step.parent.as_deref().map(|parent| &numbers[parent]));
            told["startedAt"] = json!(moment(step.started_at));
            told["finishedAt"] = json!(step.finished_at.map(moment));
            told["elapsed"] = Value::Null;
            for (place, earlier) in step.tries.iter().enumerate() {
                told["tries"][place]["at"] = json!(moment(earlier.at));
                told["tries"][place]["elapsed"] = Value::Null;
            }
            for (place, note) in step.agent_log.iter().enumerate() {
                let known = |id: &str| step.agent_log.iter().position(|other| other.id == id);
                told["agentLog"][place]["id"] = json!(known(&note.id));
                told["agentLog"][place]["parent"] = json!(note.parent.as_deref().map(known));
                told["agentLog"][place]["elapsed"] = Value::Null;
                told["agentLog"][place]["data"] = Value::Null;
            }
            for part in ["inputs", "processData", "outputs"] {
                told[part] = Value::Null;
            }
            told
        })
        .collect();
    json!({"head": {"startedAt": moment(run.head.started_at), "status": run.head.status}, "steps": steps})
}

/// What is the same in every run of a scene, whatever overtakes what.
fn shape(run: &Value) -> Vec<String> {
    let steps = run["steps"].as_array().expect("steps");
    let title = |id: &Value| steps.iter().find(|step| step["id"] == *id).map_or(&Value::Null, |step| &step["title"]);
    let mut shape: Vec<String> = steps
        .iter()
        .map(|step| {
            let notes = step["agentLog"].as_array().map_or(0, Vec::len);
            let tries = step["tries"].as_array().map_or(0, Vec::len);
            format!(
                "{} {} {} in {} round {} tries {tries} notes {notes} strategy {} reason {}",
                step["title"],
                step["nodeType"],
                step["status"],
                title(&step["parent"]),
                step["round"],
                step["errorStrategy"],
                step["completedReason"]
            )
        })
        .collect();
    shape.sort();
    shape
}

/// One step per line, so that a difference can be read.
fn written(run: &Value) -> String {
    let steps = run["steps"].as_array().expect("steps");
    let lines: Vec<String> = steps.iter().map(|step| format!("    {step}")).collect();
    format!("{{\n  \"head\": {},\n  \"steps\": [\n{}\n  ]\n}}\n", run["head"], lines.join(",\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_draws_runs_as_every_generation_tells_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generations/runs");
    join_all(Generation::ALL.map(|generation| {
        let folder = folder.clone();
        async move {
            let server = server(generation).await;
            let mut house = House::new().await;
            let app = house.connect(&server, "every-control").await;
            for name in ["everything", "failure"] {
                let id = house.start(&app, scene(name, "0")).await.expect("started");
                let run = house.ended(&id).await;
                let steps: &[Step] = &run.steps;
                assert!(steps.len() >= 3, "{generation}, {name}: {} steps", steps.len());
                let run = plain(&run);
                let file = folder.join(format!("{}.{name}.fold.json", generation.name()));
                if env::var_os("FLOWDECK_WRITE_GOLDEN").is_some() {
                    fs::write(&file, written(&run)).expect("a writable golden");
                }
                let kept = fs::read_to_string(&file).expect("a golden of each generation and scene");
                let kept: Value = serde_json::from_str(&kept).expect("JSON");
                assert_eq!(shape(&kept), shape(&run), "{generation}, {name}: not what the page's tests draw");
            }
        }
    }))
    .await;
}
