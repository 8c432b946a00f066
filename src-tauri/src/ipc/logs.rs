//! The commands for runs known from the servers' logs.

use tauri::State;

use crate::{
    model::{
        app::AppId,
        failure::Failure,
        history::Search,
        log::{LogScope, LogState, ServerFound},
        run::{Run, RunId},
    },
    setup::Backend,
};

type Answer<T> = Result<T, Failure>;

#[tauri::command]
pub async fn log_state(backend: State<'_, Backend>, app_id: AppId) -> Answer<LogState> {
    Ok(backend.rooms()?.logs.state(&app_id).await?)
}

#[tauri::command]
pub async fn log_update(backend: State<'_, Backend>, app_id: Option<AppId>, asked: bool) -> Answer<()> {
    Ok(backend.rooms()?.logs.update(app_id.as_ref(), asked).await?)
}

#[tauri::command]
pub async fn log_scope(backend: State<'_, Backend>, app_id: AppId, scope: LogScope) -> Answer<LogState> {
    Ok(backend.rooms()?.logs.set_scope(&app_id, scope).await?)
}

#[tauri::command]
pub async fn log_fetch_details(backend: State<'_, Backend>, app_id: AppId) -> Answer<()> {
    Ok(backend.rooms()?.logs.fetch_details(&app_id).await?)
}

#[tauri::command]
pub fn log_stop(backend: State<'_, Backend>, app_id: AppId) -> Answer<()> {
    backend.rooms()?.logs.stop(&app_id);
    Ok(())
}

/// Looks for the words on the servers, too.
#[tauri::command]
pub async fn log_search(backend: State<'_, Backend>, search: Search) -> Answer<ServerFound> {
    let rooms = backend.rooms()?;
    Ok(rooms.logs.search(&rooms.find.wanted(&search).await?).await?)
}

#[tauri::command]
pub fn log_search_stop(backend: State<'_, Backend>) -> Answer<()> {
    backend.rooms()?.logs.stop_search();
    Ok(())
}

#[tauri::command]
pub async fn run_fetch(backend: State<'_, Backend>, run_id: RunId) -> Answer<Run> {
    Ok(backend.rooms()?.logs.fetch(&run_id).await?)
}
