//! A live run's changes: gathered, shown, and written before that wherever its state changes.

use tokio::time::Instant;

use super::{
    driver::Driver,
    fold::{Changes, TextChanged},
    life::{self, Happening},
};
use crate::{
    model::{
        event::{AppEvent, RunPatch, TextChange},
        failure::FailureCode,
        run::{Contact, Notice, Run, RunId, RunStatus},
    },
    store,
};

/// What the page was not told yet, and when what is unsaved is tried again.
#[derive(Default)]
pub(super) struct Pending {
    pub save_at: Option<Instant>,
    patches: Vec<RunPatch>,
    /// Why the last try to save failed: the next one is the timer's.
    failing: Option<store::Error>,
}

/// What changes of a run are for the page.
pub(super) fn patch_of(id: &RunId, changes: &Changes, run: &Run) -> RunPatch {
    let mut patch = RunPatch::new(id.clone());
    patch.head = changes.head.then(|| run.head.clone());
    patch.steps = changes.steps.iter().map(|&place| run.steps[place].clone()).collect();
    match &changes.text {
        Some(TextChanged::Appended { part, offset, text }) => patch.texts.push(TextChange::Append {
            source: run.texts[*part].source.clone(),
            offset: *offset,
            text: text.clone(),
        }),
        Some(TextChanged::Replaced) => {
            patch.texts.push(TextChange::Replace { text: run.texts.iter().map(|part| part.text.as_str()).collect() });
        }
        Some(TextChanged::Thought { step, offset, text, times }) => patch.texts.push(TextChange::Thought {
            step: run.steps[*step].id.clone(),
            offset: *offset,
            text: text.clone(),
            times: *times,
        }),
        None => {}
    }
    patch.outputs = changes.outputs.then(|| run.outputs.clone());
    patch.notices = changes.notices.then(|| run.notices.clone());
    patch.questions = changes.questions.then(|| run.questions.clone());
    patch.unknown_events = changes.unknown_events.then(|| run.unknown_events.clone());
    patch
}

impl Driver {
    /// Gathers changes for the disk and for the page; [`Driver::show`] tells them.
    pub(super) fn note(&mut self, changes: Changes) {
        let patch = {
            let fold = self.live.fold();
            let patch = patch_of(&self.id, &changes, fold.run());
            self.live.unsaved().mark(changes, fold.run());
            patch
        };
        if self.pending.save_at.is_none() && self.is_unsaved() {
            self.save_later();
        }
        self.pending.patches.push(patch);
    }

    /// Tells the page what was gathered.
    pub(super) fn show(&mut self) {
        for patch in std::mem::take(&mut self.pending.patches) {
            self.tell(patch);
        }
    }

    /// Gathers, writes and tells: for changes of the run's state.
    pub(super) async fn keep_and_show(&mut self, changes: Changes) {
        self.note(changes);
        self.save(true).await;
        self.show();
    }

    pub(super) fn is_unsaved(&self) -> bool {
        !self.live.unsaved().is_empty()
    }

    /// Why something is not on the disk.
    pub(super) fn why_unsaved(&mut self) -> store::Error {
        self.pending.failing.take().unwrap_or(store::Error::Locked)
    }

    fn save_later(&mut self) {
        self.pending.save_at = Some(Instant::now() + self.shared.pace.save);
    }

    /// Like [`Driver::save`], at once only if the disk took what came before: the timer tries again.
    pub(super) async fn save_soon(&mut self, all: bool) {
        if self.pending.failing.is_none() {
            self.save(all).await;
        }
    }

    /// Writes what is unsaved; steps that still run only when `all` is to be written, because a long iteration's row
    /// would otherwise be written anew with each of its steps.
    ///
    /// What cannot be written is kept and tried again with the next save.
    pub(super) async fn save(&mut self, all: bool) {
        self.pending.save_at = None;
        match self.live.write(&self.shared.store, &self.id, all).await {
            Ok(()) => {
                self.pending.failing = None;
                self.tell_not_saved(None);
                if self.shared.store.have_become_one() {
                    (self.shared.emit)(AppEvent::HistoryChanged);
                }
            }
            Err(error) => {
                tracing::error!("a run could not be saved: {error}");
                self.tell_not_saved(Some(error.code()));
                self.pending.failing = Some(error);
                return self.save_later();
            }
        }
        if self.is_unsaved() {
            self.save_later();
        } else {
            self.shared.settled.notify_waiters();
        }
    }

    /// Says that the run is in memory only, or takes that back.
    fn tell_not_saved(&self, reason: Option<FailureCode>) {
        let changed = {
            let mut fold = self.live.fold();
            let notices = &mut fold.run_mut().notices;
            let known = notices.iter().position(|notice| matches!(notice, Notice::NotSaved { .. }));
            match (known, reason) {
                (None, Some(reason)) => notices.push(Notice::NotSaved { reason }),
                (Some(place), None) => drop(notices.remove(place)),
                _ => return,
            }
            notices.clone()
        };
        self.tell(RunPatch { notices: Some(changed), ..RunPatch::new(self.id.clone()) });
    }

    /// Moves the run on, by the rules of [`life`].
    pub(super) async fn happens(&mut self, what: Happening) {
        let changed = {
            let mut fold = self.live.fold();
            let head = &mut fold.run_mut().head;
            let then = life::after(head.status, what);
            std::mem::replace(&mut head.status, then) != then
        };
        if changed {
            self.keep_and_show(Changes { head: true, ..Changes::default() }).await;
        }
    }

    pub(super) fn status(&self) -> RunStatus {
        self.live.fold().run().head.status
    }

    /// Says how the server is asked; that is nothing for the disk.
    pub(super) fn tell_contact(&self, contact: Option<Contact>) {
        let head = {
            let mut fold = self.live.fold();
            let head = &mut fold.run_mut().head;
            if head.contact == contact {
                return;
            }
            head.contact = contact;
            head.clone()
        };
        self.tell(RunPatch { head: Some(head), ..RunPatch::new(self.id.clone()) });
    }

    pub(super) fn tell(&self, patch: RunPatch) {
        if !self.announced {
            return;
        }
        (self.shared.emit)(AppEvent::RunChanged { patch });
    }
}
