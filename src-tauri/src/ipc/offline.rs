//! Commands for the time without a network: whether servers are reached, and runs that are kept ready.

use tauri::State;

use super::commands::Answer;
use crate::{
    model::{
        app::AppId,
        form::Entries,
        kept::Filled,
        offline::{Away, Offline},
        prepared::{Prepared, PreparedId},
        run::RunId,
    },
    setup::Backend,
};

#[tauri::command]
pub fn offline(backend: State<'_, Backend>) -> Answer<Option<Offline>> {
    Ok(backend.rooms()?.network.offline())
}

#[tauri::command]
pub fn away(backend: State<'_, Backend>) -> Answer<Vec<Away>> {
    Ok(backend.rooms()?.network.away())
}

#[tauri::command]
pub async fn offline_check(backend: State<'_, Backend>) -> Answer<()> {
    Ok(backend.rooms()?.network.check().await?)
}

#[tauri::command]
pub async fn run_prepare(backend: State<'_, Backend>, app_id: AppId, entries: Entries) -> Answer<PreparedId> {
    Ok(backend.rooms()?.ready.prepare(&app_id, entries).await?)
}

#[tauri::command]
pub async fn prepared_list(backend: State<'_, Backend>) -> Answer<Vec<Prepared>> {
    Ok(backend.rooms()?.ready.list().await?)
}

#[tauri::command]
pub async fn prepared_send(backend: State<'_, Backend>, prepared_id: PreparedId) -> Answer<RunId> {
    Ok(backend.rooms()?.ready.send(&prepared_id).await?)
}

#[tauri::command]
pub async fn prepared_open(backend: State<'_, Backend>, prepared_id: PreparedId) -> Answer<Filled> {
    Ok(backend.rooms()?.ready.open(&prepared_id).await?)
}

#[tauri::command]
pub async fn prepared_remove(backend: State<'_, Backend>, prepared_id: PreparedId) -> Answer<()> {
    Ok(backend.rooms()?.ready.remove(&prepared_id).await?)
}

#[tauri::command]
pub async fn prepared_restore(backend: State<'_, Backend>, prepared_id: PreparedId) -> Answer<()> {
    Ok(backend.rooms()?.ready.restore(&prepared_id).await?)
}
