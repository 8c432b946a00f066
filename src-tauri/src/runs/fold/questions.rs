//! What a run asks people, in the fold: asked, answered, out of time, and what that makes of the run.
//!
//! A question is known by its form's id, else by its token, else by its node: a resumed stream tells it again.

use super::{Changes, Fold, Happening};
use crate::{
    dify,
    model::{
        Millis,
        human_input::{HumanAnswer, HumanForm, Question, QuestionState},
        run::{RunStatus, StepStatus},
        stream::{NodeEvent, Paused, Started},
    },
};

/// A server may still say "paused" for a moment after an answer: its workers take the run up in their own time.
const TAKING_UP: Millis = 120_000;

impl Fold {
    /// `human_input_required`.
    pub(super) fn asked(&mut self, form: HumanForm, at: Millis, changes: &mut Changes) {
        let node_id = form.node_id.clone();
        let is_open = match self.run.questions.iter_mut().rfind(|known| is_same(known, &form)) {
            Some(known) => {
                let before = known.form.clone();
                renew(&mut known.form, form);
                changes.questions |= known.form != before;
                known.state == QuestionState::Open
            }
            None => {
                self.run.questions.push(Question { form, asked_at: at, state: QuestionState::Open });
                changes.questions = true;
                true
            }
        };
        if is_open {
            changes.steps.extend(self.rest(&node_id));
        }
    }

    /// `human_input_form_filled`: it names the node, not the form.
    pub(super) fn filled(&mut self, answer: HumanAnswer, at: Millis, changes: &mut Changes) {
        let HumanAnswer { node_id, node_title, content, action_id, action_title, .. } = answer;
        let action = if action_title.is_empty() { action_id } else { action_title };
        let of_node = |question: &Question| question.form.node_id == node_id;
        let questions = &mut self.run.questions;
        let place = questions
            .iter()
            .rposition(|question| of_node(question) && question.state == QuestionState::Open)
            .or_else(|| questions.iter().rposition(of_node));
        match place.map(|place| &mut questions[place].state) {
            // Said here already; the server words it better.
            Some(QuestionState::Answered { action: known, content: shown, .. }) => {
                for (known, said) in [(known, action), (shown, content)] {
                    if !said.is_empty() && *known != said {
                        *known = said;
                        changes.questions = true;
                    }
                }
            }
            Some(state) => {
                *state = QuestionState::Answered { at, action, content, here: false };
                changes.questions = true;
            }
            None => {
                let form = HumanForm { node_id: node_id.clone(), node_title, ..HumanForm::default() };
                let state = QuestionState::Answered { at, action, content, here: false };
                questions.push(Question { form, asked_at: at, state });
                changes.questions = true;
            }
        }
        changes.steps.extend(self.wake(&node_id));
        changes.head |= self.goes_on_if_settled();
    }

    /// `human_input_form_timeout`.
    pub(super) fn timed_out(&mut self, node_id: &str, at: Millis, changes: &mut Changes) {
        let mut open = self.run.questions.iter_mut().rev().filter(|question| question.state == QuestionState::Open);
        if let Some(question) = open.find(|question| question.form.node_id == node_id) {
            question.state =
                QuestionState::Expired { at: question.form.expires_at.filter(|&end| end <= at).unwrap_or(at) };
            changes.questions = true;
        }
        changes.steps.extend(self.wake(node_id));
        changes.head |= self.goes_on_if_settled();
    }

    /// `workflow_paused`: what it waits for may stand in its reasons alone.
    pub(super) fn paused(&mut self, paused: &Paused, at: Millis, changes: &mut Changes) {
        for form in paused.reasons.iter().filter_map(dify::asked_in) {
            self.asked(form, at, changes);
        }
        changes.head |= self.happens(self.meaning_of_pause(at));
    }

    /// A run that the server calls paused: waiting for a person, or for who knows what.
    pub(super) fn meaning_of_pause(&self, at: Millis) -> Happening {
        let questions = &self.run.questions;
        if questions.iter().any(|question| question.state == QuestionState::Open) {
            return Happening::Waits;
        }
        let just_answered = questions.iter().any(|question| match question.state {
            QuestionState::Answered { at: answered, here: true, .. } => (0..TAKING_UP).contains(&(at - answered)),
            _ => false,
        });
        if just_answered { Happening::GoesOn } else { Happening::Pauses }
    }

    /// `workflow_started`, once more: true if the run goes on by it.
    pub(super) fn resumed(&mut self, started: &Started, changes: &mut Changes) -> bool {
        if started.reason.as_deref() != Some("resumption") {
            return false;
        }
        let waking: Vec<String> = self
            .run
            .steps
            .iter()
            .filter(|step| step.status == StepStatus::Paused && !self.is_asking(&step.node_id))
            .map(|step| step.node_id.clone())
            .collect();
        for node_id in waking {
            changes.steps.extend(self.wake(&node_id));
        }
        self.goes_on_if_settled()
    }

    /// A step that nobody knew yet: whatever is still asked, the run goes on.
    pub(super) fn goes_on(&mut self) -> bool {
        self.run.head.status == RunStatus::Waiting && self.happens(Happening::GoesOn)
    }

    /// While one of several questions is open, the run waits on.
    fn goes_on_if_settled(&mut self) -> bool {
        let is_open = self.run.questions.iter().any(|question| question.state == QuestionState::Open);
        !is_open && (self.goes_on() || self.set_running())
    }

    /// Some servers go on with a question's step under another id: it is the same step all the same.
    pub(super) fn adopt(&mut self, node: &NodeEvent) {
        if node.node_type != "human-input" || node.id.is_empty() || self.steps.contains_key(&node.id) {
            return;
        }
        let unfinished = |step: &crate::model::run::Step| step.node_id == node.node_id && step.finished_at.is_none();
        let answered = self.run.questions.iter().any(|question| question.form.node_id == node.node_id);
        if answered
            && !self.is_asking(&node.node_id)
            && let Some(place) = self.run.steps.iter().rposition(unfinished)
        {
            self.steps.insert(node.id.clone(), place);
        }
    }

    /// The run is over, or paused in its detail's words.
    pub(super) fn settle_questions(&mut self, at: Millis, changes: &mut Changes) {
        let status = self.run.head.status;
        if status == RunStatus::Paused {
            self.happens(self.meaning_of_pause(at));
        }
        // Of a run whose end nobody knows, a question may still be open.
        if !status.is_over() || status == RunStatus::Unknown {
            return;
        }
        for question in &mut self.run.questions {
            if question.state == QuestionState::Open {
                question.state = QuestionState::Dropped;
                changes.questions = true;
            }
        }
    }

    /// What became of the question at `place`, as a form's own address tells, or an answer given here.
    ///
    /// An answer is never taken back.
    pub fn settle_question(&mut self, place: usize, state: QuestionState, at: Millis) -> Changes {
        let mut changes = Changes::default();
        let Some(question) = self.run.questions.get_mut(place) else { return changes };
        if matches!(question.state, QuestionState::Answered { .. }) || question.state == state {
            return changes;
        }
        question.state = state;
        changes.questions = true;
        let node_id = question.form.node_id.clone();
        if !self.is_asking(&node_id) {
            changes.steps.extend(self.wake(&node_id));
        }
        if matches!(self.run.head.status, RunStatus::Waiting | RunStatus::Paused) {
            changes.head |= self.happens(match self.meaning_of_pause(at) {
                // Settled elsewhere: only the server can tell how it goes on.
                Happening::Pauses => Happening::GoesOn,
                what => what,
            });
        }
        changes
    }

    /// The form as the server shows it now, which does not repeat its ids.
    pub fn renew_question(&mut self, place: usize, form: HumanForm) -> Changes {
        let mut changes = Changes::default();
        if let Some(question) = self.run.questions.get_mut(place) {
            let before = question.form.clone();
            renew(&mut question.form, form);
            changes.questions = question.form != before;
        }
        changes
    }

    fn is_asking(&self, node_id: &str) -> bool {
        let mut open = self.run.questions.iter().filter(|question| question.state == QuestionState::Open);
        open.any(|question| question.form.node_id == node_id)
    }

    /// A step whose question is open stands still.
    fn rest(&mut self, node_id: &str) -> Option<usize> {
        self.turn(node_id, StepStatus::Running, StepStatus::Paused)
    }

    fn wake(&mut self, node_id: &str) -> Option<usize> {
        self.turn(node_id, StepStatus::Paused, StepStatus::Running)
    }

    fn turn(&mut self, node_id: &str, from: StepStatus, to: StepStatus) -> Option<usize> {
        let place = self.run.steps.iter().rposition(|step| step.node_id == node_id && step.status == from)?;
        let step = &mut self.run.steps[place];
        step.status = to;
        step.finished_at = None;
        Some(place)
    }
}

fn is_same(known: &Question, form: &HumanForm) -> bool {
    let is_open = known.state == QuestionState::Open;
    match (&known.form.form_id, &form.form_id, &known.form.token, &form.token) {
        (Some(known), Some(new), ..) => known == new,
        (_, _, Some(known), Some(new)) => known == new,
        _ => is_open && known.form.node_id == form.node_id,
    }
}

/// What is said anew replaces what was known; what is not said stays.
fn renew(known: &mut HumanForm, new: HumanForm) {
    fn text(known: &mut String, new: String) {
        if !new.is_empty() {
            *known = new;
        }
    }
    fn list<T>(known: &mut Vec<T>, new: Vec<T>) {
        if !new.is_empty() {
            *known = new;
        }
    }
    known.form_id = new.form_id.or(known.form_id.take());
    known.token = new.token.or(known.token.take());
    text(&mut known.node_id, new.node_id);
    text(&mut known.node_title, new.node_title);
    text(&mut known.content, new.content);
    list(&mut known.inputs, new.inputs);
    list(&mut known.actions, new.actions);
    if !new.defaults.is_empty() {
        known.defaults = new.defaults;
    }
    known.expires_at = new.expires_at.or(known.expires_at);
    known.display_in_ui = new.display_in_ui.or(known.display_in_ui);
    list(&mut known.approval_channels, new.approval_channels);
}

#[cfg(test)]
mod tests;
