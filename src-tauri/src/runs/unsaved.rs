//! What of a run is not on the disk yet: marks, so that what is written is the run as it is then, and never an older
//! state than the one written before.

use std::{
    collections::BTreeSet,
    sync::{MutexGuard, PoisonError},
};

use super::{
    care::Live,
    fold::{Changes, TextChanged},
};
use crate::{
    model::run::{Notice, Run, RunId, TextPart},
    store::{self, RunSave, Store},
};

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of a run")]
pub(super) struct Unsaved {
    head: bool,
    outputs: bool,
    notices: bool,
    questions: bool,
    unknown_events: bool,
    /// Steps by their place.
    steps: BTreeSet<usize>,
    /// Pieces in order of arrival; where all are replaced, the run's own count.
    texts: Vec<TextPart>,
    replace_texts: bool,
    /// Something is on its way to the disk.
    on_its_way: bool,
}

impl Unsaved {
    /// Whether all is on the disk.
    pub fn is_empty(&self) -> bool {
        !(self.on_its_way
            || self.head
            || self.outputs
            || self.notices
            || self.questions
            || self.unknown_events
            || self.replace_texts)
            && self.steps.is_empty()
            && self.texts.is_empty()
    }

    pub fn mark(&mut self, changes: Changes, run: &Run) {
        self.head |= changes.head;
        self.outputs |= changes.outputs;
        self.notices |= changes.notices;
        self.questions |= changes.questions;
        self.unknown_events |= changes.unknown_events;
        self.steps.extend(changes.steps);
        match changes.text {
            Some(TextChanged::Appended { part, text, .. }) => self.append(&run.texts[part].source, text),
            Some(TextChanged::Replaced) => self.replace_texts = true,
            Some(TextChanged::Thought { step, .. }) => drop(self.steps.insert(step)),
            None => {}
        }
    }

    fn append(&mut self, source: &str, text: String) {
        match self.texts.last_mut() {
            Some(last) if last.source == source => last.text.push_str(&text),
            _ => self.texts.push(TextPart { source: source.to_owned(), text }),
        }
    }

    /// Takes out what is to be written now.
    fn take(&mut self, all: bool, run: &Run) -> Self {
        let mut taken = std::mem::take(self);
        if !all {
            let runs_on = |&place: &usize| run.steps[place].finished_at.is_none();
            self.steps = taken.steps.iter().copied().filter(runs_on).collect();
            taken.steps.retain(|place| !runs_on(place));
        }
        taken
    }

    /// What was taken out could not be written. What was marked since is newer.
    fn put_back(&mut self, earlier: Self) {
        self.head |= earlier.head;
        self.outputs |= earlier.outputs;
        self.notices |= earlier.notices;
        self.questions |= earlier.questions;
        self.unknown_events |= earlier.unknown_events;
        self.replace_texts |= earlier.replace_texts;
        self.steps.extend(earlier.steps);
        for piece in std::mem::replace(&mut self.texts, earlier.texts) {
            self.append(&piece.source, piece.text);
        }
    }

    fn of(&self, run: &Run) -> RunSave {
        let lasting = |notice: &&Notice| !matches!(notice, Notice::NotSaved { .. });
        RunSave {
            head: self.head.then(|| run.head.clone()),
            steps: self.steps.iter().map(|&place| run.steps[place].clone()).collect(),
            texts: if self.replace_texts { run.texts.clone() } else { self.texts.clone() },
            replace_texts: self.replace_texts,
            outputs: self.outputs.then(|| run.outputs.clone()),
            notices: self.notices.then(|| run.notices.iter().filter(lasting).cloned().collect()),
            questions: self.questions.then(|| run.questions.clone()),
            unknown_events: self.unknown_events.then(|| run.unknown_events.clone()),
        }
    }
}

impl Live {
    pub fn unsaved(&self) -> MutexGuard<'_, Unsaved> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is unsaved, as it is now. What cannot be written stays unsaved.
    pub async fn write(&self, store: &Store, id: &RunId, all: bool) -> Result<(), store::Error> {
        // Whoever changes the run, one write comes after the other.
        let _turn = self.writing.lock().await;
        let (save, mut on_its_way) = {
            let fold = self.fold();
            let mut unsaved = self.unsaved();
            let taken = unsaved.take(all, fold.run());
            let save = taken.of(fold.run());
            unsaved.on_its_way = true;
            (save, OnItsWay { live: self, what: Some(taken) })
        };
        if !save.is_empty() {
            store.save_run(id, &save).await?;
        }
        on_its_way.what = None;
        Ok(())
    }
}

/// What is being written: unsaved again where that fails, or is broken off.
struct OnItsWay<'a> {
    live: &'a Live,
    what: Option<Unsaved>,
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        let mut unsaved = self.live.unsaved();
        unsaved.on_its_way = false;
        if let Some(what) = self.what.take() {
            unsaved.put_back(what);
        }
    }
}
