//! What holds of a run whatever a server sends. Used by the property tests and by the fuzz targets.

use std::collections::{HashMap, HashSet};

use crate::{
    model::{
        app::AppId,
        run::{Run, RunHead, RunId, RunStatus, StepStatus},
        stream::StreamItem,
    },
    runs::fold::{Fold, new_run},
};

/// A run that nobody has started yet.
pub fn empty_fold() -> Fold {
    let head = RunHead::new(RunId("local".into()), AppId("app".into()), RunStatus::Starting, 0);
    Fold::new(new_run(head, Vec::new()))
}

/// Folds the items one after another; what is wrong with the run after any of them is the error.
pub fn fold_soundly(items: impl IntoIterator<Item = StreamItem>) -> Result<Run, String> {
    let mut fold = empty_fold();
    for (at, item) in items.into_iter().enumerate() {
        let event = format!("{:?}", item.event);
        let changes = fold.apply(item, i64::try_from(at).unwrap_or(i64::MAX));
        let about = |what: &str| format!("{what}, after {event:.200}");
        if let Some(place) = changes.steps.iter().find(|place| **place >= fold.run().steps.len()) {
            return Err(about(&format!("step {place} changed, which is not there")));
        }
        if changes.end.is_some() {
            check(fold.run()).map_err(|what| about(&what))?;
        }
    }
    check(fold.run())?;
    // What is stored is read back as the same run, and folding goes on from there.
    let stored = serde_json::to_string(fold.run()).map_err(|error| error.to_string())?;
    let read: Run = serde_json::from_str(&stored).map_err(|error| error.to_string())?;
    if read != *fold.run() {
        return Err("the stored run is another one".into());
    }
    Ok(Fold::new(read).run().clone())
}

/// The rules that hold after every event.
pub fn check(run: &Run) -> Result<(), String> {
    let mut parents = HashMap::new();
    let mut ids = HashSet::new();
    for (place, step) in run.steps.iter().enumerate() {
        if step.order as usize != place {
            return Err(format!("step {place} has the order {}", step.order));
        }
        if !ids.insert(step.id.as_str()) {
            return Err(format!("two steps have the id {:?}", step.id));
        }
        if run.head.status.is_over() && step.status == StepStatus::Running {
            return Err(format!("step {:?} runs in a run that is over", step.id));
        }
        if let Some(parent) = &step.parent {
            parents.insert(step.id.as_str(), parent.as_str());
        }
    }
    for (id, parent) in &parents {
        if !ids.contains(parent) {
            return Err(format!("step {id:?} stands in {parent:?}, which is not there"));
        }
        let mut above = *parent;
        for _ in 0..=run.steps.len() {
            match parents.get(above) {
                Some(next) => above = next,
                None => break,
            }
            if above == *id {
                return Err(format!("step {id:?} stands in itself"));
            }
        }
    }
    let sources: HashSet<&str> = run.texts.iter().map(|part| part.source.as_str()).collect();
    if sources.len() != run.texts.len() {
        return Err("two texts have one source".into());
    }
    Ok(())
}
