//! Steps: begun, tried again, ended, annotated.

use serde_json::Value;

use super::{Changes, Fold};
use crate::model::{
    Millis,
    json::RawJson,
    run::{AgentNote, Step, StepPart, StepStatus, Try},
    stream::{AgentLogEvent, NodeEvent},
};

/// Ends that are told this much later were not seen when they happened, ms.
const TOLD_LATE: Millis = 2000;

/// A round of an iteration that runs its rounds side by side, and says which is which by an id.
#[derive(Debug, Clone, Default)]
pub(super) struct ParallelRound {
    number: Option<u32>,
    /// Places of its steps.
    steps: Vec<usize>,
}

impl Fold {
    /// Adds a step, or finds it again in a resumed stream.
    pub(super) fn start(&mut self, node: &NodeEvent, id: Option<String>, at: Millis) -> usize {
        let id = id.unwrap_or_else(|| if node.id.is_empty() { node.node_id.clone() } else { node.id.clone() });
        if let Some(&place) = self.steps.get(&id) {
            return place;
        }
        let (parent, round) = match node.container.as_ref().and_then(|container| self.containers.get(container)) {
            Some(&place) => {
                let branch = round_id(node);
                let parallel = branch.is_some() || self.parallel.contains(&place);
                let container = &self.run.steps[place];
                let current = container.rounds_begun.filter(|_| !parallel).map(|begun| begun.saturating_sub(1));
                let told = branch.and_then(|id| self.rounds.get(&id)).and_then(|round| round.number);
                (Some(container.id.clone()), node.round.or(told).or(current))
            }
            None => (None, None),
        };
        let place = self.run.steps.len();
        self.run.steps.push(Step {
            id: id.clone(),
            node_id: node.node_id.clone(),
            node_type: node.node_type.clone(),
            title: node.title.clone(),
            status: StepStatus::Running,
            // Not the place: a step that cannot be read any more is not among them, and still stands in the store.
            order: self.run.steps.last().map_or(0, |last| last.order.saturating_add(1)),
            parent,
            round,
            predecessor: node.predecessor.clone(),
            rounds_begun: None,
            rounds_total: None,
            started_at: at,
            finished_at: None,
            elapsed: None,
            tokens: None,
            price: None,
            currency: None,
            tries: Vec::new(),
            inputs: node.inputs.as_ref().map(RawJson::value),
            process_data: None,
            outputs: None,
            truncated: Vec::new(),
            error: None,
            error_strategy: None,
            completed_reason: None,
            agent_log: Vec::new(),
            reasoning: String::new(),
            thinking: None,
        });
        self.steps.insert(id, place);
        if let Some(id) = round_id(node) {
            self.rounds.entry(id).or_default().steps.push(place);
        }
        place
    }

    /// Steps of one parallel round carry one id before anybody says which round it is: the first that ends tells it
    /// for all of them.
    fn tell_round(&mut self, place: usize, node: &NodeEvent, changes: &mut Changes) {
        let Some(id) = round_id(node) else { return };
        let round = self.rounds.entry(id).or_default();
        if !round.steps.contains(&place) {
            round.steps.push(place);
        }
        round.number = node.round.or(round.number);
        let Some(number) = round.number else { return };
        for &other in &round.steps {
            let step = &mut self.run.steps[other];
            if step.round != Some(number) {
                step.round = Some(number);
                if other != place {
                    changes.steps.push(other);
                }
            }
        }
    }

    /// Fills a step with what its end says. A step that was never seen to start is added.
    pub(super) fn finish(&mut self, node: NodeEvent, at: Millis, changes: &mut Changes) {
        self.adopt(&node);
        let known = self.steps.contains_key(&node.id);
        let place = self.start(&node, None, at);
        let run_started = self.run.head.started_at;
        let step = &mut self.run.steps[place];
        // A resumed stream begins with all steps so far, without their contents (api.md §4).
        let retold = node.inputs.is_none() && node.outputs.is_none() && node.process_data.is_none();
        if retold && step.finished_at.is_some() && node.status == Some(step.status) {
            return;
        }
        if let Some(elapsed) = node.elapsed
            && (!known
                || (retold && step.finished_at.is_none() && at.saturating_sub(step.started_at) < millis(elapsed)))
        {
            step.started_at = at.saturating_sub(millis(elapsed)).max(run_started.min(step.started_at));
        }
        self.tell_round(place, &node, changes);
        self.close(place, node, at);
        changes.steps.push(place);
    }

    pub(super) fn close(&mut self, place: usize, node: NodeEvent, at: Millis) {
        let step = &mut self.run.steps[place];
        step.status = node.status.unwrap_or(StepStatus::Succeeded);
        let over = !matches!(step.status, StepStatus::Running | StepStatus::Paused);
        step.elapsed = node.elapsed.or(step.elapsed);
        // What ended unseen ended when the server says, not when it was told.
        let ended = step.elapsed.map(|elapsed| step.started_at.saturating_add(millis(elapsed)));
        let ended = ended.filter(|&ended| at.saturating_sub(ended) > TOLD_LATE).unwrap_or(at);
        step.finished_at = over.then(|| step.finished_at.map_or(ended, |known| known.min(ended)));
        step.tokens = node.tokens.or(step.tokens);
        step.price = node.price.or(step.price.take());
        step.currency = node.currency.or(step.currency.take());
        for (part, known, new, cut) in [
            (StepPart::Inputs, &mut step.inputs, node.inputs, node.truncated.inputs),
            (StepPart::ProcessData, &mut step.process_data, node.process_data, node.truncated.process_data),
            (StepPart::Outputs, &mut step.outputs, node.outputs, node.truncated.outputs),
        ] {
            if let Some(new) = new {
                *known = Some(new.value());
                step.truncated.retain(|&earlier| earlier != part);
                step.truncated.extend(cut.then_some(part));
            }
        }
        step.error = error_of(node.error, step.outputs.as_ref()).or(step.error.take());
        step.error_strategy = node.error_strategy.or(step.error_strategy.take());
        step.completed_reason = node.completed_reason.or(step.completed_reason.take());
        step.predecessor = node.predecessor.or(step.predecessor.take());
        step.round = node.round.or(step.round);
        if step.title.is_empty() {
            step.title = node.title;
        }
        if step.parent.is_none()
            && let Some(&container) = node.container.as_ref().and_then(|id| self.containers.get(id))
            && !self.stands_in(container, place)
        {
            self.run.steps[place].parent = Some(self.run.steps[container].id.clone());
        }
    }

    pub(super) fn retry(&mut self, node: NodeEvent, at: Millis, changes: &mut Changes) {
        let place = self.start(&node, None, at);
        let step = &mut self.run.steps[place];
        let number = node.retry_index.unwrap_or_else(|| u32::try_from(step.tries.len()).unwrap_or(0) + 1);
        step.tries.retain(|earlier| earlier.number != number);
        step.tries.push(Try { number, error: node.error, elapsed: node.elapsed, at });
        changes.steps.push(place);
    }

    pub(super) fn note(&mut self, note: AgentLogEvent) -> Option<usize> {
        let place = note.step_id.as_ref().and_then(|id| self.steps.get(id).copied()).or_else(|| {
            let node_id = note.node_id.as_ref()?;
            self.run.steps.iter().rposition(|step| &step.node_id == node_id)
        })?;
        let said = |name: &str| note.metadata.as_ref().and_then(|metadata| metadata.get(name));
        let entry = AgentNote {
            elapsed: said("elapsed_time").and_then(seconds),
            tokens: said("total_tokens").and_then(Value::as_i64),
            id: note.id,
            parent: note.parent,
            label: note.label,
            status: note.status,
            error: note.error,
            data: note.data,
        };
        let log = &mut self.run.steps[place].agent_log;
        match log.iter_mut().find(|known| known.id == entry.id) {
            Some(known) => *known = entry,
            None => log.push(entry),
        }
        Some(place)
    }
}

/// A handled failure says "Unknown error", and what happened only in its outputs (server-1.12.1.md §9).
fn error_of(said: Option<String>, outputs: Option<&Value>) -> Option<String> {
    let told = outputs.and_then(|outputs| outputs.get("error_message")).and_then(Value::as_str);
    match (said, told) {
        (Some(said), Some(told)) if said == "Unknown error" && !told.is_empty() => Some(told.to_owned()),
        (said, _) => said,
    }
}

/// Which parallel round a step runs in, by the server's own id of it; servers before 1.9.
fn round_id(node: &NodeEvent) -> Option<String> {
    let (container, id) = (node.container.as_ref()?, node.parallel.as_ref()?.run_id.as_ref()?);
    Some(format!("{container} {id}"))
}

/// Servers write durations as numbers, and as text.
fn seconds(value: &Value) -> Option<f64> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

#[expect(clippy::cast_possible_truncation, reason = "f64 to i64 saturates, which is what is wanted")]
fn millis(seconds: f64) -> Millis {
    (seconds * 1000.0) as Millis
}
