//! What users entered and comes back: drafts of forms and answers, inputs saved under a name, and those of past runs.
//! What fills a form is fitted to the form of now (`model::changes`), with its files found again.

use std::{collections::BTreeMap, sync::Arc};

use uuid::Uuid;

use crate::{
    apps::{self, Apps, now},
    files::{self, Files},
    model::{
        Millis,
        app::AppId,
        changes::{Fitted, FormChanges, WhyAside, fit},
        check,
        file::{Since, StagedFile, StagedId, StagedState},
        form::{Entries, Entry, FileEntry, Form, staged_in},
        kept::{Draft, Filled, Preset, PresetId, SavedPreset, name_of},
        run::{InputShown, RunErrorCause, RunHead, RunId},
        sent::FromCopy,
    },
    store::{self, Store},
};

pub struct Kept {
    store: Store,
    apps: Arc<Apps>,
    files: Arc<Files>,
    /// What was chosen or removed since may still be wanted.
    begun: Millis,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Apps(#[from] apps::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
}

impl Kept {
    pub fn new(store: Store, apps: Arc<Apps>, files: Arc<Files>) -> Self {
        Self { store, apps, files, begun: now() }
    }

    /// Clears in the background what cannot be asked for any more.
    pub async fn clear(&self) -> Result<u64, Error> {
        Ok(self.store.clear_kept(self.begun).await?)
    }

    /// The form as it was left; `None` when nothing was entered yet.
    pub async fn draft(&self, app: &AppId) -> Result<Option<Filled>, Error> {
        let Some(draft) = self.store.draft(app).await? else { return Ok(None) };
        let form = self.apps.form(app).await?;
        let fitted = fit(Some(&draft.form), &form, &draft.entries);
        let fitted = Fitted { changes: draft.changes.and(fitted.changes), ..fitted };
        Ok(Some(Filled { revision: draft.revision, ..self.filled(app, fitted, &[]).await? }))
    }

    pub async fn save_draft(&self, app: &AppId, draft: &Draft) -> Result<(), Error> {
        // First the files: a draft never names what is not there.
        self.keep_files(&draft.entries).await;
        Ok(self.store.save_draft(app, draft, now()).await?)
    }

    /// What was entered for a run's question so far; `None` when nothing was, or it is settled.
    pub async fn answer_draft(&self, run: &RunId, place: u32) -> Result<Option<Filled>, Error> {
        let Some((entries, revision)) = self.store.answer_draft(run, place).await? else { return Ok(None) };
        let app = self.store.run_head(run).await?.app_id;
        let fitted = Fitted { entries, changes: FormChanges::default() };
        Ok(Some(Filled { revision, ..self.filled(&app, fitted, &[]).await? }))
    }

    pub async fn save_answer_draft(
        &self,
        run: &RunId,
        place: u32,
        entries: &Entries,
        revision: u32,
    ) -> Result<(), Error> {
        self.keep_files(entries).await;
        Ok(self.store.save_answer_draft(run, place, entries, revision, now()).await?)
    }

    pub async fn presets(&self, app: &AppId) -> Result<Vec<Preset>, Error> {
        Ok(self.store.presets(app).await?)
    }

    /// Which other saved inputs have this name.
    pub async fn preset_named(
        &self,
        app: &AppId,
        name: &str,
        except: Option<&PresetId>,
    ) -> Result<Option<Preset>, Error> {
        Ok(self.store.preset_named(app, name, except).await?)
    }

    /// Saves inputs under a name, in place of those that have it.
    pub async fn save_preset(
        &self,
        app: &AppId,
        name: &str,
        entries: &Entries,
        form: &Form,
    ) -> Result<SavedPreset, Error> {
        self.keep_files(entries).await;
        let preset =
            Preset { id: PresetId(Uuid::now_v7().to_string()), name: name_of(name), created_at: now(), used_at: None };
        let replaced = self.store.add_preset(app, &preset, entries, form).await?;
        Ok(SavedPreset { preset, replaced })
    }

    pub async fn rename_preset(&self, id: &PresetId, name: &str) -> Result<(), Error> {
        Ok(self.store.rename_preset(id, &name_of(name)).await?)
    }

    pub async fn remove_preset(&self, id: &PresetId) -> Result<(), Error> {
        Ok(self.store.remove_preset(id, now()).await?)
    }

    pub async fn restore_preset(&self, id: &PresetId) -> Result<Preset, Error> {
        Ok(self.store.restore_preset(id, now()).await?)
    }

    pub async fn apply_preset(&self, id: &PresetId) -> Result<Filled, Error> {
        let (app, entries, before) = self.store.preset(id).await?;
        let fitted = fit(Some(&before), &self.apps.form(&app).await?, &entries);
        let filled = self.filled(&app, fitted, &[]).await?;
        // When it was used last is worth no failure.
        if let Err(error) = self.store.preset_used(id, now()).await {
            tracing::error!("the use of saved inputs could not be noted: {error}");
        }
        Ok(filled)
    }

    /// What a past run's form held.
    pub async fn refill(&self, run: &RunId) -> Result<Filled, Error> {
        let kept = self.store.run_filled(run).await?;
        let mut fitted = fit(kept.form.as_ref(), &self.apps.form(&kept.app).await?, &kept.entries);
        if kept.form.is_none() {
            name_from(&kept.inputs, &mut fitted.changes);
        }
        let mut filled = self.filled(&kept.app, fitted, &names_in(&kept.entries, &kept.inputs)).await?;
        self.use_copies(run, &mut filled).await;
        Ok(filled)
    }

    /// Where an original is gone, the copy that was kept with the run takes its place.
    async fn use_copies(&self, run: &RunId, filled: &mut Filled) {
        let gone = |file: &&mut StagedFile| file.since == Since::Gone || file.state == StagedState::Gone;
        for file in filled.files.iter_mut().filter(gone) {
            let copy = match self.files.stage_copy(run, &file.id).await {
                Ok(Some(copy)) => copy,
                Ok(None) => continue,
                Err(error) => {
                    tracing::error!("the copy of a document cannot be used: {error}");
                    continue;
                }
            };
            let aside = filled.changes.aside.iter_mut().map(|aside| &mut aside.entry);
            for entry in filled.entries.values_mut().chain(aside) {
                entry.exchange(&file.id, &copy.id);
            }
            filled.from_copies.push(FromCopy { file_id: copy.id.clone(), name: copy.name.clone() });
            *file = copy;
        }
    }

    /// The newest run of an app that had these inputs, unless it surely did nothing.
    pub async fn run_alike(&self, app: &AppId, entries: &Entries) -> Result<Option<RunHead>, Error> {
        let form = self.apps.form(app).await?;
        let files = |id: &_| self.files.get(id).map(StagedFile::as_if_uploaded);
        let Ok(checked) = check::check(&form, entries, files) else { return Ok(None) };
        for (run, inputs) in self.store.newest_inputs(app).await? {
            if !is_alike(&inputs, &checked.shown) {
                continue;
            }
            let head = self.store.run_head(&run).await?;
            let cause = head.error.as_ref().map(|error| error.cause);
            if !matches!(cause, Some(RunErrorCause::NotSent | RunErrorCause::NotReached | RunErrorCause::Refused)) {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// Writes down the files that entries name, so that they are found again.
    pub async fn keep_files(&self, entries: &Entries) {
        let ids: Vec<StagedId> = staged_in(entries).cloned().collect();
        self.files.keep(&ids).await;
    }

    /// With its files found again; `names` of those that nobody knows any more.
    pub async fn filled(&self, app: &AppId, fitted: Fitted, names: &[(StagedId, String)]) -> Result<Filled, Error> {
        let Fitted { entries, changes } = fitted;
        let aside = changes.aside.iter().flat_map(|aside| aside.entry.staged());
        let ids: Vec<StagedId> = staged_in(&entries).chain(aside).cloned().collect();
        let app = self.apps.get(app).await?;
        let mut files = self.files.restore(&app, &ids).await?;
        for id in ids.iter().filter(|id| !files.iter().any(|file| &&file.id == id)).collect::<Vec<_>>() {
            let name = names.iter().find(|(known, _)| known == id).map_or("", |(_, name)| name);
            files.push(self.files.only_named(id, name));
        }
        Ok(Filled { entries, changes, files, revision: 0, from_copies: Vec::new() })
    }
}

/// Files count by their names: the same one may have been chosen anew.
fn is_alike(one: &[InputShown], other: &[InputShown]) -> bool {
    let values = |inputs: &[InputShown]| -> BTreeMap<String, serde_json::Value> {
        inputs.iter().map(|input| (input.variable.clone(), input.value.clone())).collect()
    };
    values(one) == values(other)
}

/// The names that a run's files had: of files that nobody knows any more, nothing else is left.
fn names_in(entries: &Entries, inputs: &[InputShown]) -> Vec<(StagedId, String)> {
    let mut names = Vec::new();
    for (variable, entry) in entries {
        let Entry::Files(files) = entry else { continue };
        let shown = inputs.iter().find(|input| &input.variable == variable).and_then(|input| input.value.as_array());
        for (place, file) in files.iter().enumerate() {
            if let FileEntry::Staged(id) = file {
                let name = shown.and_then(|names| names.get(place)).and_then(|name| name.as_str());
                names.push((id.clone(), name.unwrap_or_default().to_owned()));
            }
        }
    }
    names
}

/// Runs of earlier versions did not keep their form, but what its fields were called.
fn name_from(inputs: &[InputShown], changes: &mut FormChanges) {
    let label = |variable: &str| inputs.iter().find(|input| input.variable == variable).map(|input| &input.label);
    for aside in changes.aside.iter_mut().filter(|aside| aside.why == WhyAside::FieldGone) {
        if let Some(label) = label(&aside.variable) {
            aside.label.clone_from(label);
        }
    }
    for change in &mut changes.fields {
        if let Some(label) = label(&change.variable) {
            change.label.clone_from(label);
        }
    }
}
