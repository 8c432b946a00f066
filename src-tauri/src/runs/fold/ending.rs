//! How a run ends: by the server's word, or without it.

use super::{Changes, End, Fold, is_container};
use crate::{
    dify,
    model::{
        Millis,
        failure::Reason,
        run::{Notice, RunError, RunErrorCause, RunStatus, Step, StepStatus},
        stream::Finished,
    },
    runs::life::{self, Happening},
};

impl Fold {
    /// Ends the run by what the server says of it, in the stream or in the run's detail.
    pub fn finished(&mut self, finished: Finished, at: Millis, changes: &mut Changes) {
        let asked_to_stop = self.run.head.status == RunStatus::Stopping;
        let reopened = self.reopen_steps();
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
        } else {
            changes.steps.extend(reopened);
            changes.end = (self.run.head.status == RunStatus::Paused).then_some(End::Paused);
        }
        self.settle_questions(at, changes);
    }

    /// A run that was given up on took its steps with it: they end as the server says of the run after all.
    pub fn reopen_steps(&mut self) -> Vec<usize> {
        let given_up = self.run.head.finished_at.filter(|_| self.run.head.status == RunStatus::Unknown);
        let Some(given_up) = given_up else { return Vec::new() };
        let mut reopened = Vec::new();
        for (place, step) in self.run.steps.iter_mut().enumerate() {
            if step.status == StepStatus::Stopped && step.finished_at == Some(given_up) {
                (step.status, step.finished_at) = (StepStatus::Running, None);
                reopened.push(place);
            }
        }
        reopened
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
    pub(super) fn unseen_end(&self) -> StepStatus {
        if self.run.head.status == RunStatus::Succeeded { StepStatus::Succeeded } else { StepStatus::Stopped }
    }

    /// Steps whose end was never told end with the run (api.md §3.3, 7).
    pub(super) fn close_open_steps(&mut self, status: StepStatus, at: Millis) -> Vec<usize> {
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

fn failed_step(steps: &[Step]) -> Option<&Step> {
    let failed = |step: &&Step| step.status == StepStatus::Failed;
    let inner = steps.iter().rev().filter(failed).find(|step| !is_container(&step.node_type));
    inner.or_else(|| steps.iter().rev().find(failed))
}

fn title_of(step: &Step) -> String {
    if step.title.is_empty() { step.node_type.clone() } else { step.title.clone() }
}
