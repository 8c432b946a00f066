//! A live run's changes: gathered, written, shown – in this order wherever its state changes.

use std::{collections::BTreeSet, sync::atomic::Ordering};

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
        run::{Contact, Notice, RunStatus, TextPart},
    },
    store::{self, RunSave},
};

/// What is not on the disk yet, and what the page was not told yet.
#[derive(Default)]
pub(super) struct Pending {
    save: RunSave,
    /// Steps by their place.
    steps: BTreeSet<usize>,
    pub save_at: Option<Instant>,
    patches: Vec<RunPatch>,
    /// Why the last try to save failed: the next one is the timer's.
    failing: Option<store::Error>,
}

impl Driver {
    /// Gathers changes for the disk and for the page; [`Driver::show`] tells them.
    pub(super) fn note(&mut self, changes: Changes) {
        let mut patch = RunPatch::new(self.id.clone());
        {
            let fold = self.live.fold();
            let run = fold.run();
            patch.head = changes.head.then(|| run.head.clone());
            patch.steps = changes.steps.iter().map(|&place| run.steps[place].clone()).collect();
            match changes.text {
                Some(TextChanged::Appended { part, offset, text }) => {
                    let source = run.texts[part].source.clone();
                    match self.pending.save.texts.last_mut() {
                        Some(last) if last.source == source => last.text.push_str(&text),
                        _ => self.pending.save.texts.push(TextPart { source: source.clone(), text: text.clone() }),
                    }
                    patch.texts.push(TextChange::Append { source, offset, text });
                }
                Some(TextChanged::Replaced) => {
                    self.pending.save.replace_texts = true;
                    self.pending.save.texts.clone_from(&run.texts);
                    let text = run.texts.iter().map(|part| part.text.as_str()).collect();
                    patch.texts.push(TextChange::Replace { text });
                }
                None => {}
            }
            patch.outputs = changes.outputs.then(|| run.outputs.clone());
            patch.notices = changes.notices.then(|| run.notices.clone());
            patch.questions = changes.questions.then(|| run.questions.clone());
            patch.unknown_events = changes.unknown_events.then(|| run.unknown_events.clone());
        }
        let save = &mut self.pending.save;
        save.head = patch.head.clone().or(save.head.take());
        save.outputs = patch.outputs.clone().or(save.outputs.take());
        save.questions = patch.questions.clone().or(save.questions.take());
        save.unknown_events = patch.unknown_events.clone().or(save.unknown_events.take());
        if let Some(notices) = &patch.notices {
            let lasting = notices.iter().filter(|notice| !matches!(notice, Notice::NotSaved { .. }));
            save.notices = Some(lasting.cloned().collect());
        }
        self.pending.steps.extend(&changes.steps);
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
        !self.pending.save.is_empty() || !self.pending.steps.is_empty()
    }

    /// Why something is not on the disk.
    pub(super) fn why_unsaved(&mut self) -> store::Error {
        self.pending.failing.take().unwrap_or(store::Error::Locked)
    }

    fn save_later(&mut self) {
        self.pending.save_at = Some(Instant::now() + self.shared.pace.save);
        self.live.unsaved.store(true, Ordering::Release);
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
        let mut later = BTreeSet::new();
        {
            let fold = self.live.fold();
            for place in std::mem::take(&mut self.pending.steps) {
                let step = &fold.run().steps[place];
                if all || step.finished_at.is_some() {
                    self.pending.save.steps.retain(|earlier| earlier.order != step.order);
                    self.pending.save.steps.push(step.clone());
                } else {
                    later.insert(place);
                }
            }
        }
        self.pending.steps = later;
        self.pending.save_at = None;
        if !self.pending.save.is_empty() {
            match self.shared.store.save_run(&self.id, &self.pending.save).await {
                Ok(()) => {
                    self.pending.save = RunSave::default();
                    self.pending.failing = None;
                }
                Err(error) => {
                    tracing::error!("a run could not be saved: {error}");
                    self.tell_not_saved(Some(error.code()));
                    self.pending.failing = Some(error);
                    self.save_later();
                    return;
                }
            }
            self.tell_not_saved(None);
        }
        if self.is_unsaved() {
            self.save_later();
        } else {
            self.live.unsaved.store(false, Ordering::Release);
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
