//! What is kept, for the page: how much, for how long, and its backups. Where a backup lies is chosen in the system's
//! dialogs, so that the page holds no path.

use tauri::{State, WebviewWindow};

use super::commands::Answer;
use crate::{
    files,
    keeping::{BACKUP_EXTENSION, Keeping as Room},
    model::{
        app::AppId,
        keeping::{BackupFacts, KeepRule, Keeping, Swept, Vacuumed},
        preferences::Preferences,
    },
    setup::Backend,
    store::now,
};

#[tauri::command]
pub async fn keeping(backend: State<'_, Backend>) -> Answer<Keeping> {
    Ok(backend.rooms()?.keeping.now().await?)
}

/// Without an app: for all that have no rule of their own. Without a rule: as for all, or for ever.
#[tauri::command]
pub async fn keeping_set(
    backend: State<'_, Backend>,
    app_id: Option<AppId>,
    rule: Option<KeepRule>,
) -> Answer<Keeping> {
    Ok(backend.rooms()?.keeping.set_rule(app_id.as_ref(), rule).await?)
}

/// How many runs the rule would let go now.
#[tauri::command]
pub async fn keeping_preview(
    backend: State<'_, Backend>,
    app_id: Option<AppId>,
    rule: Option<KeepRule>,
) -> Answer<Swept> {
    Ok(backend.rooms()?.keeping.preview(app_id.as_ref(), rule, now()).await?)
}

/// Applies the rules now.
#[tauri::command]
pub async fn keeping_sweep(backend: State<'_, Backend>) -> Answer<Swept> {
    Ok(backend.rooms()?.keeping.sweep(now()).await?)
}

/// Deletes all runs of an app that are over; how many those were.
#[tauri::command]
pub async fn keeping_delete(backend: State<'_, Backend>, app_id: AppId) -> Answer<u32> {
    Ok(backend.rooms()?.keeping.delete_runs_of(&app_id).await?)
}

#[tauri::command]
pub async fn vacuum(backend: State<'_, Backend>) -> Answer<Vacuumed> {
    Ok(backend.rooms()?.keeping.vacuum().await?)
}

/// Nothing when the dialog was cancelled.
#[tauri::command]
pub async fn backup_make(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    title: String,
    preferences: Preferences,
) -> Answer<Option<BackupFacts>> {
    let rooms = backend.rooms()?;
    let Some(target) = files::choose_target(&window, &title, &Room::backup_name()).await else { return Ok(None) };
    Ok(Some(rooms.keeping.make_backup(&target, preferences).await?))
}

/// Reads a backup as a whole and puts its state together; nothing when the dialog was cancelled. What it holds is shown
/// before the user decides: [`restore_take`] or [`restore_drop`].
#[tauri::command]
pub async fn backup_restore(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    title: String,
    filter: String,
    any: String,
) -> Answer<Option<BackupFacts>> {
    let rooms = backend.rooms()?;
    let kinds = [(filter.as_str(), BACKUP_EXTENSION), (any.as_str(), "*")];
    let Some(backup) = files::choose_one(&window, &title, &kinds).await else { return Ok(None) };
    Ok(Some(rooms.keeping.read_backup(&backup).await?))
}

/// Breaks off the backup that is being made or read.
#[tauri::command]
pub async fn backup_cancel(backend: State<'_, Backend>) -> Answer<()> {
    backend.rooms()?.keeping.cancel();
    Ok(())
}

/// The next start has the state of the backup that was read; the page's preferences of now go aside with the rest.
#[tauri::command]
pub async fn restore_take(backend: State<'_, Backend>, preferences: Preferences) -> Answer<()> {
    Ok(backend.rooms()?.keeping.take_restored(preferences).await?)
}

#[tauri::command]
pub async fn restore_drop(backend: State<'_, Backend>) -> Answer<()> {
    Ok(backend.rooms()?.keeping.drop_restored().await?)
}

/// The next start has the state from before the last restore.
#[tauri::command]
pub async fn restore_undo(backend: State<'_, Backend>, preferences: Preferences) -> Answer<()> {
    Ok(backend.rooms()?.keeping.undo_restore(preferences)?)
}

/// What a restored state has set in the page: asked for at each start, and told once.
#[tauri::command]
pub async fn restored_preferences(backend: State<'_, Backend>) -> Answer<Preferences> {
    Ok(backend.rooms()?.keeping.preferences())
}

/// The state from before the last restore goes for good.
#[tauri::command]
pub async fn restore_forget(backend: State<'_, Backend>) -> Answer<()> {
    Ok(backend.rooms()?.keeping.forget_aside().await?)
}
