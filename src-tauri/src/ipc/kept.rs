//! The commands for what users entered: drafts, saved inputs, and filling a form again.

use tauri::State;

use crate::{
    model::{
        app::AppId,
        changes::{Fitted, FormChanges, fit},
        failure::Failure,
        form::{Entries, Form},
        kept::{Draft, Filled, Preset, PresetId, SavedPreset},
        run::{RunHead, RunId},
    },
    setup::Backend,
};

type Answer<T> = Result<T, Failure>;

#[tauri::command]
pub async fn draft_read(backend: State<'_, Backend>, app_id: AppId) -> Answer<Option<Filled>> {
    Ok(backend.rooms()?.kept.draft(&app_id).await?)
}

#[tauri::command]
pub async fn draft_save(backend: State<'_, Backend>, app_id: AppId, draft: Draft) -> Answer<()> {
    Ok(backend.rooms()?.kept.save_draft(&app_id, &draft).await?)
}

#[tauri::command]
pub async fn answer_draft_read(backend: State<'_, Backend>, run_id: RunId, place: u32) -> Answer<Option<Filled>> {
    Ok(backend.rooms()?.kept.answer_draft(&run_id, place).await?)
}

#[tauri::command]
pub async fn answer_draft_save(
    backend: State<'_, Backend>,
    run_id: RunId,
    place: u32,
    entries: Entries,
    revision: u32,
) -> Answer<()> {
    Ok(backend.rooms()?.kept.save_answer_draft(&run_id, place, &entries, revision).await?)
}

/// The entries of an open form whose app was published anew; `changes` is what it still shows of earlier ones.
#[tauri::command]
pub fn form_refit(before: Form, now: Form, entries: Entries, changes: FormChanges) -> Fitted {
    let fitted = fit(Some(&before), &now, &entries);
    Fitted { changes: changes.and(fitted.changes), ..fitted }
}

#[tauri::command]
pub async fn preset_list(backend: State<'_, Backend>, app_id: AppId) -> Answer<Vec<Preset>> {
    Ok(backend.rooms()?.kept.presets(&app_id).await?)
}

#[tauri::command]
pub async fn preset_named(
    backend: State<'_, Backend>,
    app_id: AppId,
    name: String,
    except: Option<PresetId>,
) -> Answer<Option<Preset>> {
    Ok(backend.rooms()?.kept.preset_named(&app_id, &name, except.as_ref()).await?)
}

#[tauri::command]
pub async fn preset_save(
    backend: State<'_, Backend>,
    app_id: AppId,
    name: String,
    entries: Entries,
    form: Form,
) -> Answer<SavedPreset> {
    Ok(backend.rooms()?.kept.save_preset(&app_id, &name, &entries, &form).await?)
}

#[tauri::command]
pub async fn preset_rename(backend: State<'_, Backend>, preset_id: PresetId, name: String) -> Answer<()> {
    Ok(backend.rooms()?.kept.rename_preset(&preset_id, &name).await?)
}

#[tauri::command]
pub async fn preset_remove(backend: State<'_, Backend>, preset_id: PresetId) -> Answer<()> {
    Ok(backend.rooms()?.kept.remove_preset(&preset_id).await?)
}

#[tauri::command]
pub async fn preset_restore(backend: State<'_, Backend>, preset_id: PresetId) -> Answer<Preset> {
    Ok(backend.rooms()?.kept.restore_preset(&preset_id).await?)
}

#[tauri::command]
pub async fn preset_apply(backend: State<'_, Backend>, preset_id: PresetId) -> Answer<Filled> {
    Ok(backend.rooms()?.kept.apply_preset(&preset_id).await?)
}

#[tauri::command]
pub async fn run_refill(backend: State<'_, Backend>, run_id: RunId) -> Answer<Filled> {
    let rooms = backend.rooms()?;
    // Of a run that only a log told of, nobody knows what went in before it is asked.
    rooms.logs.complete(&run_id).await?;
    Ok(rooms.kept.refill(&run_id).await?)
}

#[tauri::command]
pub async fn run_alike(backend: State<'_, Backend>, app_id: AppId, entries: Entries) -> Answer<Option<RunHead>> {
    Ok(backend.rooms()?.kept.run_alike(&app_id, &entries).await?)
}
