//! What has to be true of the store after a kill, and after the next start.

use std::{collections::HashSet, path::Path};

use flowdeck::{
    model::run::{Run, RunStatus, StepStatus},
    store::Store,
};
use serde_json::Value;

use crate::world::{Planned, World};

/// Every run in the store, by the number that its form said.
pub async fn stored(folder: &Path, count: usize) -> Vec<Vec<Run>> {
    let store = Store::open(folder).await.expect("the store opens");
    let mut runs: Vec<Vec<Run>> = (0..count).map(|_| Vec::new()).collect();
    let mut before = None;
    loop {
        let page = store.run_page(None, before.as_ref(), 500).await.expect("a page");
        for head in page.runs {
            let run = store.run(&head.id).await.expect("a whole run");
            let number = run.inputs[0].value.as_str().and_then(|n| n.parse::<usize>().ok()).expect("a number");
            runs[number].push(run);
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    store.close().await;
    runs
}

/// The store as it lies there, looked at in a copy: opening it would mend it.
pub async fn left(folder: &Path, count: usize) -> Vec<Vec<Run>> {
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["flowdeck.db", "flowdeck.db-wal"] {
        let from = folder.join(name);
        if from.exists() {
            std::fs::copy(from, copy.path().join(name)).expect("copied");
        }
    }
    stored(copy.path(), count).await
}

/// How much of what came before a kill must be on the disk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    /// All of it: more than a second went by.
    All,
    /// What was there a second before.
    Most,
}

/// What a killed process left.
pub fn check_left(world: &World, left: &[Vec<Run>], kept: Kept) {
    for (planned, runs) in world.runs.iter().zip(left) {
        let place = place(planned);
        assert!(runs.len() <= 1, "{place}: {} rows", runs.len());
        let Some(run) = runs.first() else {
            assert!(planned.tape.is_refusal(), "{place}: it was asked for and is not stored");
            continue;
        };
        is_prefix(planned, run, &place);
        if kept == Kept::Most {
            continue;
        }
        if planned.has_ids() {
            let ids = (run.head.server.run_id.as_deref(), run.head.server.task_id.as_deref());
            let told = (Some(planned.run_id.as_str()), Some(planned.task_id.as_str()));
            assert_eq!(ids, told, "{place}: ids are kept with the first event that carries them");
        }
        if planned.tape.plain {
            let wanted: usize = planned.text(planned.upto).iter().map(|part| part.1.len()).sum();
            let found: usize = run.texts.iter().map(|part| part.text.len()).sum();
            assert_eq!(found, wanted, "{place}: text older than a second is on the disk");
        }
    }
}

/// What stands in the store when nothing is left to do. `left` is what the killed process had left.
pub fn check_ended(world: &World, ended: &[Vec<Run>], left: Option<&[Vec<Run>]>) {
    let posts = world.posts();
    for (number, planned) in world.runs.iter().enumerate() {
        let place = place(planned);
        assert!(posts[number] <= 1, "{place}: asked for {} times", posts[number]);
        let run = match ended[number].as_slice() {
            [] if planned.tape.is_refusal() => continue,
            [run] => run,
            rows => panic!("{place}: asked for {} times, {} rows", posts[number], rows.len()),
        };
        let had_ids = match left {
            Some(left) => left[number].first().is_some_and(|run| run.head.server.run_id.is_some()),
            None => planned.has_ids(),
        };
        is_sound(run, &place);
        is_prefix(planned, run, &place);
        if had_ids {
            ends_as_told(planned, run, &place);
        } else {
            assert_eq!(run.head.status, RunStatus::Unknown, "{place}: nobody can say how it ended");
        }
        if let Some(before) = left.and_then(|left| left[number].first()) {
            let length = |run: &Run| run.texts.iter().map(|part| part.text.len()).sum::<usize>();
            assert!(length(run) >= length(before), "{place}: text was lost after the kill");
            assert!(run.steps.len() >= before.steps.len(), "{place}: steps were lost after the kill");
        }
    }
}

pub fn place(planned: &Planned) -> String {
    format!("{} at byte {} of {}", planned.tape.name, planned.upto, planned.tape.raw.len())
}

/// No step twice, none that runs for ever.
pub fn is_sound(run: &Run, place: &str) {
    assert!(run.head.status.is_over(), "{place}: {:?}", run.head.status);
    let ids: HashSet<_> = run.steps.iter().map(|step| &step.id).collect();
    assert_eq!(ids.len(), run.steps.len(), "{place}: a step stands there twice");
    let places: Vec<_> = run.steps.iter().map(|step| step.order).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{place}: steps out of order: {places:?}");
    assert!(run.steps.iter().all(|step| step.status != StepStatus::Running), "{place}: a step runs for ever");
    let sources: HashSet<_> = run.texts.iter().map(|part| &part.source).collect();
    assert_eq!(sources.len(), run.texts.len(), "{place}: a text stands there twice");
    let files: HashSet<_> = run.files.iter().map(|file| file.index).collect();
    assert_eq!(files.len(), run.files.len(), "{place}: a file stands there twice");
}

/// Text is what came, from its beginning, each letter once.
fn is_prefix(planned: &Planned, run: &Run, place: &str) {
    if !planned.tape.plain {
        return;
    }
    let whole = planned.text(planned.tape.raw.len());
    for part in &run.texts {
        let told = whole.iter().find(|(source, _)| *source == part.source);
        let told = told.unwrap_or_else(|| panic!("{place}: text of {} never came", part.source));
        assert!(told.1.starts_with(&part.text), "{place}: not the text that came: {:?}", part.text);
    }
}

fn ends_as_told(planned: &Planned, run: &Run, place: &str) {
    let expected = match planned.end.status {
        "succeeded" => RunStatus::Succeeded,
        "partial-succeeded" => RunStatus::PartlySucceeded,
        "failed" => RunStatus::Failed,
        _ => RunStatus::Stopped,
    };
    // The end itself came in letters that the simple reading here does not read.
    if !planned.tape.plain && planned.tape.raw.len() == planned.upto {
        return;
    }
    assert_eq!(run.head.status, expected, "{place}: {:?}", run.head.error);
    let outputs = Value::Object(run.outputs.clone());
    let told =
        if planned.end.outputs.is_null() { Value::Object(Default::default()) } else { planned.end.outputs.clone() };
    assert_eq!(outputs, told, "{place}: the outputs still arrive");
    let ids = (run.head.server.run_id.as_deref(), run.head.server.task_id.as_deref());
    assert_eq!(ids, (Some(planned.run_id.as_str()), Some(planned.task_id.as_str())), "{place}: its first ids stay");
}
