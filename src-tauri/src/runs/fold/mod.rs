//! The fold: a run and one more event of its stream → the run as it is then, and what changed.
//!
//! Pure: no clock (`at` is given), no I/O. A live run, a recovered run and a run opened years later
//! are all made here, so no rule about events exists anywhere else. Nesting follows api.md §3.3.

mod containers;
mod questions;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::life::{self, Happening};
use crate::dify;
use crate::model::{
    Millis,
    failure::Reason,
    json::RawJson,
    run::{AgentNote, Notice, Run, RunError, RunErrorCause, RunStatus, Step, StepStatus, TextPart, Try, UnknownEvent},
    stream::{AgentLogEvent, Finished, NodeEvent, StreamEvent, StreamItem},
};

/// A run in the making, with the indexes that keep every event's cost constant.
#[derive(Debug, Clone)]
pub struct Fold {
    run: Run,
    /// Step id → place in `run.steps`.
    steps: HashMap<String, usize>,
    /// Node id of an iteration or loop → place of its newest step. The same container runs once per
    /// round of the container around it.
    containers: HashMap<String, usize>,
    /// Containers whose rounds were all announced before any of them began (parallel mode): their
    /// steps' rounds are known only at the steps' ends.
    parallel: HashSet<usize>,
    /// Containers whose own container was inferred, because servers do not always say it.
    inferred: HashSet<usize>,
    /// Source → place in `run.texts`, with its length in UTF-16 units.
    texts: HashMap<String, (usize, u64)>,
    unreadable: u32,
    /// What the kept unknown events hold.
    unknown_bytes: usize,
}

/// So many unknown events are kept, with so many bytes of contents: enough to see what a server says,
/// and little enough to be sent to the page as a whole.
const UNKNOWN_EVENTS: usize = 100;
const UNKNOWN_BYTES: usize = 64 * 1024;
/// Ends that are told this much later were not seen when they happened, ms.
const TOLD_LATE: Millis = 2000;
/// All notices go to the page together; more warnings than this say nothing new.
const WARNINGS: usize = 20;

/// What one event changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub head: bool,
    /// Places in `steps`, each once, in order of change.
    pub steps: Vec<usize>,
    pub text: Option<TextChanged>,
    pub outputs: bool,
    pub notices: bool,
    pub questions: bool,
    pub unknown_events: bool,
    pub end: Option<End>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TextChanged {
    /// `part` grew by `text`; `offset` is its length before, in UTF-16 units.
    Appended {
        part: usize,
        offset: u64,
        text: String,
    },
    Replaced,
}

/// Why nothing more is to be expected of this stream.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    Finished,
    Paused,
    /// The server sent an error event: the truth is in the run's detail, if the run exists.
    Error,
}

impl Fold {
    pub fn new(run: Run) -> Self {
        let mut fold = Self {
            steps: HashMap::new(),
            containers: HashMap::new(),
            parallel: HashSet::new(),
            inferred: HashSet::new(),
            texts: HashMap::new(),
            unreadable: 0,
            unknown_bytes: 0,
            run,
        };
        for (place, step) in fold.run.steps.iter().enumerate() {
            fold.steps.insert(step.id.clone(), place);
            if is_container(&step.node_type) {
                fold.containers.insert(step.node_id.clone(), place);
            }
        }
        for (place, part) in fold.run.texts.iter().enumerate() {
            fold.texts.insert(part.source.clone(), (place, utf16_length(&part.text)));
        }
        fold
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    /// For what does not come from the stream: stop requests, lost contact, fetched files.
    pub fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }

    /// Takes in one event that arrived at `at`.
    pub fn apply(&mut self, item: StreamItem, at: Millis) -> Changes {
        let mut changes = Changes::default();
        let ids = &mut self.run.head.server;
        // The first ids win: in a resumed stream task_id may equal the run id (api.md §4).
        for (known, new) in [(&mut ids.task_id, item.task_id), (&mut ids.run_id, item.run_id)] {
            if known.is_none()
                && let Some(new) = new
            {
                *known = Some(new.as_ref().to_owned());
                changes.head = true;
            }
        }
        match item.event {
            StreamEvent::WorkflowStarted(started) => {
                self.resumed(&started, &mut changes);
                if started.workflow_id.is_some() {
                    self.run.head.server.workflow_id = started.workflow_id;
                }
                self.set_running();
                changes.head = true;
            }
            StreamEvent::NodeStarted(node) => {
                self.adopt(&node);
                changes.head |= self.set_running() || (!self.steps.contains_key(&node.id) && self.goes_on());
                // A resumed stream tells again what is known.
                let known = self.run.steps.len();
                let place = self.start(&node, None, at);
                changes.steps.extend((place >= known).then_some(place));
            }
            StreamEvent::NodeFinished(node) => self.finish(*node, at, &mut changes),
            StreamEvent::NodeRetry(node) => self.retry(*node, at, &mut changes),
            StreamEvent::ContainerStarted { node, rounds } => {
                changes.head |= self.set_running();
                changes.steps.push(self.start_container(&node, rounds, at));
            }
            StreamEvent::ContainerNext(round) => {
                if let Some(place) = self.next_round(&round.node_id, round.index) {
                    changes.steps.extend(self.free_inferred(place));
                    changes.steps.push(place);
                }
            }
            StreamEvent::ContainerCompleted { node } => self.finish_container(*node, at, &mut changes),
            StreamEvent::Text { source, text } => changes.text = self.append(&source, text),
            StreamEvent::TextReplace { text } => {
                self.texts = HashMap::from([(String::new(), (0, utf16_length(&text)))]);
                self.run.texts = vec![TextPart { source: String::new(), text }];
                changes.text = Some(TextChanged::Replaced);
            }
            StreamEvent::Reasoning { node_id, text, .. } => {
                let newest = self.run.steps.iter().rposition(|step| step.node_id == node_id);
                if let Some(place) = newest {
                    self.run.steps[place].reasoning.push_str(&text);
                    changes.steps.push(place);
                }
            }
            StreamEvent::AgentLog(note) => changes.steps.extend(self.note(*note)),
            StreamEvent::HumanInputRequired(form) => self.asked(*form, at, &mut changes),
            StreamEvent::HumanInputFilled(answer) => self.filled(*answer, at, &mut changes),
            StreamEvent::HumanInputTimeout { node_id, .. } => self.timed_out(&node_id, at, &mut changes),
            StreamEvent::WorkflowPaused(paused) => {
                self.paused(&paused, at, &mut changes);
                changes.end = Some(End::Paused);
            }
            StreamEvent::WorkflowFinished(finished) => self.finished(*finished, at, &mut changes),
            StreamEvent::Error { code, status, message } => {
                // Nothing had begun: the server refused it, in the words of its form check (api.md §2).
                let refused = status.is_none_or(|status| status < 500);
                let cause = if self.run.head.status == RunStatus::Starting && refused {
                    RunErrorCause::Refused
                } else {
                    RunErrorCause::Workflow
                };
                let reason = dify::Error::refused(status.unwrap_or(500), code.as_deref(), &message).reason();
                changes.steps = self.fail(cause, reason, message, at);
                changes.head = true;
                changes.questions = !self.run.questions.is_empty();
                changes.end = Some(End::Error);
            }
            StreamEvent::Warning { message } => {
                let warnings = self.run.notices.iter().filter(|notice| matches!(notice, Notice::ServerWarning { .. }));
                if warnings.count() < WARNINGS {
                    self.run.notices.push(Notice::ServerWarning { message });
                    changes.notices = true;
                }
            }
            StreamEvent::Unreadable { .. } => {
                self.unreadable += 1;
                self.run.notices.retain(|notice| !matches!(notice, Notice::UnreadableEvents { .. }));
                self.run.notices.push(Notice::UnreadableEvents { count: self.unreadable });
                changes.notices = true;
            }
            StreamEvent::Other { name, data } => changes.unknown_events = self.keep_unknown(name, data, at),
            StreamEvent::Audio { .. }
            | StreamEvent::AudioEnd
            | StreamEvent::MessageEnd
            | StreamEvent::ParallelBranch(_)
            | StreamEvent::Ping => {}
        }
        // What arrives late begins nothing any more: a step in a run that is over would run for ever.
        if changes.end == Some(End::Error) {
            self.settle_questions(at, &mut changes);
        }
        if self.run.head.status.is_over() && !changes.steps.is_empty() {
            for place in self.close_open_steps(self.unseen_end(), at) {
                if !changes.steps.contains(&place) {
                    changes.steps.push(place);
                }
            }
        }
        changes
    }

    /// Ends the run by what the server says of it, in the stream or in the run's detail.
    pub fn finished(&mut self, finished: Finished, at: Millis, changes: &mut Changes) {
        let asked_to_stop = self.run.head.status == RunStatus::Stopping;
        let head = &mut self.run.head;
        // Seen on real servers: a stop that ends as `failed`, "Aborted: User requested stop"
        // (server-1.12.1.md §12).
        let stopped = asked_to_stop
            && finished.status == RunStatus::Failed
            && finished.error.as_deref().is_some_and(|error| error.starts_with("Aborted"));
        let said = if stopped { RunStatus::Stopped } else { finished.status };
        head.status = life::after(
            head.status,
            match said {
                RunStatus::Paused => Happening::Pauses,
                end if end.is_over() => Happening::Ends(end),
                _ => Happening::GoesOn,
            },
        );
        head.elapsed = finished.elapsed.or(head.elapsed);
        head.total_tokens = finished.total_tokens.or(head.total_tokens);
        head.total_steps = finished.total_steps.or(head.total_steps);
        if head.status.is_over() {
            head.finished_at = Some(at);
        }
        let message = finished.error.filter(|error| !error.is_empty());
        let known = head.error.take();
        let (status, step) = (head.status, failed_step(&self.run.steps));
        head.error = match (status, message, known) {
            // Time limits of the server end runs as "stopped" though nobody stopped them.
            (RunStatus::Stopped, ..) if asked_to_stop => None,
            (RunStatus::Failed, None, Some(known)) => Some((known.cause, known.message, known.reason)),
            (RunStatus::Failed, message, known) => {
                let message = message.unwrap_or_default();
                let node_type = step.map(|step| step.node_type.as_str());
                let reason = dify::reason_of_run(&message, node_type).or_else(|| known?.reason);
                Some((RunErrorCause::Workflow, message, reason))
            }
            (_, Some(message), _) => {
                let reason = dify::reason_of_run(&message, None);
                Some((RunErrorCause::Workflow, message, reason))
            }
            _ => None,
        }
        .map(|(cause, message, reason)| RunError {
            cause,
            message,
            step: step.map(title_of),
            reason,
            network: None,
        });
        if asked_to_stop && matches!(self.run.head.status, RunStatus::Succeeded | RunStatus::PartlySucceeded) {
            self.run.notices.push(Notice::NotStopped);
            changes.notices = true;
        }
        changes.head = true;
        changes.steps.extend(self.explain_container());
        changes.outputs = finished.outputs != self.run.outputs;
        self.run.outputs = finished.outputs;
        if self.run.head.status.is_over() {
            changes.steps.extend(self.close_open_steps(self.unseen_end(), at));
            changes.end = Some(End::Finished);
        } else if self.run.head.status == RunStatus::Paused {
            changes.end = Some(End::Paused);
        }
        self.settle_questions(at, changes);
    }

    /// Of a round that failed nothing may have been told but the run's own error (api.md §3.3, 6).
    fn explain_container(&mut self) -> Option<usize> {
        let error = self.run.head.error.as_ref().filter(|error| !error.message.is_empty())?;
        let place = self.run.steps.iter().rposition(|step| step.status == StepStatus::Failed)?;
        let step = &mut self.run.steps[place];
        if step.error.is_some() || !is_container(&step.node_type) {
            return None;
        }
        step.error = Some(error.message.clone());
        Some(place)
    }

    /// Ends the run without the server's word.
    pub fn fail(&mut self, cause: RunErrorCause, reason: Option<Reason>, message: String, at: Millis) -> Vec<usize> {
        let head = &mut self.run.head;
        // The server's word on its end stands, with all that it said.
        if matches!(head.status, RunStatus::Succeeded | RunStatus::PartlySucceeded | RunStatus::Stopped) {
            return Vec::new();
        }
        head.status = life::after(
            head.status,
            match cause {
                RunErrorCause::Lost | RunErrorCause::Interrupted => Happening::GivenUp,
                RunErrorCause::NotSent => Happening::NotSent,
                _ => Happening::Fails,
            },
        );
        head.finished_at = Some(at);
        let step = failed_step(&self.run.steps).map(title_of);
        head.error = Some(RunError { cause, message, step, reason, network: None });
        self.settle_questions(at, &mut Changes::default());
        self.close_open_steps(StepStatus::Stopped, at)
    }

    /// Of a run that succeeded no step was broken off: their ends were only not seen.
    fn unseen_end(&self) -> StepStatus {
        if self.run.head.status == RunStatus::Succeeded { StepStatus::Succeeded } else { StepStatus::Stopped }
    }

    /// A run that waits does not go on because its steps so far are told again: see `questions`.
    fn set_running(&mut self) -> bool {
        self.run.head.status != RunStatus::Waiting && self.happens(Happening::GoesOn)
    }

    fn happens(&mut self, what: Happening) -> bool {
        let then = life::after(self.run.head.status, what);
        std::mem::replace(&mut self.run.head.status, then) != then
    }

    /// Adds a step, or finds it again in a resumed stream.
    fn start(&mut self, node: &NodeEvent, id: Option<String>, at: Millis) -> usize {
        let id = id.unwrap_or_else(|| if node.id.is_empty() { node.node_id.clone() } else { node.id.clone() });
        if let Some(&place) = self.steps.get(&id) {
            return place;
        }
        let (parent, round) = match node.container.as_ref().and_then(|container| self.containers.get(container)) {
            Some(&place) => {
                let parallel = self.parallel.contains(&place);
                let container = &self.run.steps[place];
                let current = container.rounds_begun.filter(|_| !parallel).map(|begun| begun.saturating_sub(1));
                (Some(container.id.clone()), node.round.or(current))
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
            error: None,
            agent_log: Vec::new(),
            reasoning: String::new(),
        });
        self.steps.insert(id, place);
        place
    }

    /// Fills a step with what its end says. A step that was never seen to start is added.
    fn finish(&mut self, node: NodeEvent, at: Millis, changes: &mut Changes) {
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
        self.close(place, node, at);
        changes.steps.push(place);
    }

    fn close(&mut self, place: usize, node: NodeEvent, at: Millis) {
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
        for (known, new) in [
            (&mut step.inputs, node.inputs),
            (&mut step.process_data, node.process_data),
            (&mut step.outputs, node.outputs),
        ] {
            if let Some(new) = new {
                *known = Some(new.value());
            }
        }
        step.error = error_of(node.error, step.outputs.as_ref()).or(step.error.take());
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

    fn retry(&mut self, node: NodeEvent, at: Millis, changes: &mut Changes) {
        let place = self.start(&node, None, at);
        let step = &mut self.run.steps[place];
        let number = node.retry_index.unwrap_or_else(|| u32::try_from(step.tries.len()).unwrap_or(0) + 1);
        step.tries.retain(|earlier| earlier.number != number);
        step.tries.push(Try { number, error: node.error, elapsed: node.elapsed, at });
        changes.steps.push(place);
    }

    fn append(&mut self, source: &str, text: String) -> Option<TextChanged> {
        if text.is_empty() {
            return None;
        }
        let length = utf16_length(&text);
        let (part, offset) = match self.texts.get_mut(source) {
            Some((part, known)) => {
                let offset = *known;
                *known += length;
                self.run.texts[*part].text.push_str(&text);
                (*part, offset)
            }
            None => {
                let part = self.run.texts.len();
                self.texts.insert(source.to_owned(), (part, length));
                self.run.texts.push(TextPart { source: source.to_owned(), text: text.clone() });
                (part, 0)
            }
        };
        Some(TextChanged::Appended { part, offset, text })
    }

    fn note(&mut self, note: AgentLogEvent) -> Option<usize> {
        let place = note.step_id.as_ref().and_then(|id| self.steps.get(id).copied()).or_else(|| {
            let node_id = note.node_id.as_ref()?;
            self.run.steps.iter().rposition(|step| &step.node_id == node_id)
        })?;
        let entry = AgentNote {
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

    fn keep_unknown(&mut self, name: String, data: RawJson, at: Millis) -> bool {
        if self.run.unknown_events.len() >= UNKNOWN_EVENTS {
            return false;
        }
        let bytes = data.as_str().len();
        let fits = self.unknown_bytes + bytes <= UNKNOWN_BYTES;
        self.unknown_bytes += if fits { bytes } else { 0 };
        self.run.unknown_events.push(UnknownEvent {
            name,
            at,
            data: fits.then(|| Some(data.value()).filter(|data| !data.is_null()).unwrap_or_else(|| Map::new().into())),
        });
        true
    }

    /// Steps whose end was never told end with the run (api.md §3.3, 7).
    fn close_open_steps(&mut self, status: StepStatus, at: Millis) -> Vec<usize> {
        let mut closed = Vec::new();
        for (place, step) in self.run.steps.iter_mut().enumerate() {
            if matches!(step.status, StepStatus::Running | StepStatus::Paused) {
                step.status = status;
                step.finished_at = Some(at);
                closed.push(place);
            }
        }
        closed
    }
}

/// A run as it is the moment the user asks for it.
pub fn new_run(head: crate::model::run::RunHead, inputs: Vec<crate::model::run::InputShown>) -> Run {
    Run {
        head,
        inputs,
        steps: Vec::new(),
        texts: Vec::new(),
        outputs: Map::<String, Value>::new(),
        files: Vec::new(),
        notices: Vec::new(),
        questions: Vec::new(),
        unknown_events: Vec::new(),
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

fn is_container(node_type: &str) -> bool {
    matches!(node_type, "iteration" | "loop")
}

fn failed_step(steps: &[Step]) -> Option<&Step> {
    let failed = |step: &&Step| step.status == StepStatus::Failed;
    let inner = steps.iter().rev().filter(failed).find(|step| !is_container(&step.node_type));
    inner.or_else(|| steps.iter().rev().find(failed))
}

fn title_of(step: &Step) -> String {
    if step.title.is_empty() { step.node_type.clone() } else { step.title.clone() }
}

fn utf16_length(text: &str) -> u64 {
    text.chars().map(|c| c.len_utf16() as u64).sum()
}

#[expect(clippy::cast_possible_truncation, reason = "f64 to i64 saturates, which is what is wanted")]
fn millis(seconds: f64) -> Millis {
    (seconds * 1000.0) as Millis
}

#[cfg(test)]
mod tests;
