//! What runs were given, for the page: which documents, what they say, their bytes; and the copies that are kept of
//! them. Bytes go the way result files' do, and only what a run of the store names is read.

use tauri::{State, WebviewWindow, ipc::Response};

use super::commands::Answer;
use crate::{
    files,
    model::{
        app::AppId,
        run::RunId,
        sent::{Copies, SentFile, SentLook},
    },
    setup::Backend,
};

#[tauri::command]
pub async fn run_sent(backend: State<'_, Backend>, run_id: RunId) -> Answer<Vec<SentFile>> {
    let sent = backend.rooms()?.files.sent(&run_id).await?;
    Ok(sent.into_iter().map(|(file, _)| file).collect())
}

#[tauri::command]
pub async fn run_sent_look(backend: State<'_, Backend>, run_id: RunId, index: u32) -> Answer<SentLook> {
    let (path, name) = backend.rooms()?.files.sent_file(&run_id, index).await?;
    Ok(files::source(&path, &name).await?)
}

#[tauri::command]
pub async fn run_sent_bytes(backend: State<'_, Backend>, run_id: RunId, index: u32) -> Answer<Response> {
    let (path, _) = backend.rooms()?.files.sent_file(&run_id, index).await?;
    Ok(Response::new(files::bytes(&path).await?))
}

#[tauri::command]
pub async fn run_sent_open(backend: State<'_, Backend>, run_id: RunId, index: u32) -> Answer<()> {
    Ok(files::open(backend.rooms()?.files.sent_file(&run_id, index).await?.0).await?)
}

#[tauri::command]
pub async fn run_sent_show(backend: State<'_, Backend>, run_id: RunId, index: u32) -> Answer<()> {
    Ok(files::show(backend.rooms()?.files.sent_file(&run_id, index).await?.0).await?)
}

/// False when the dialog was cancelled.
#[tauri::command]
pub async fn run_sent_save(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    run_id: RunId,
    index: u32,
    title: String,
) -> Answer<bool> {
    let (source, name) = backend.rooms()?.files.sent_file(&run_id, index).await?;
    let Some(target) = files::choose_target(&window, &title, &name).await else { return Ok(false) };
    files::save_sent(&source, &target).await?;
    Ok(true)
}

#[tauri::command]
pub async fn copies(backend: State<'_, Backend>) -> Answer<Copies> {
    Ok(backend.rooms()?.files.copies().await?)
}

/// Without an app: for all that have no choice of their own. Without a choice: as for all.
#[tauri::command]
pub async fn copies_keep(backend: State<'_, Backend>, app_id: Option<AppId>, keep: Option<bool>) -> Answer<Copies> {
    Ok(backend.rooms()?.files.set_keeps_copies(app_id.as_ref(), keep).await?)
}

#[tauri::command]
pub async fn copies_delete(backend: State<'_, Backend>, app_id: Option<AppId>) -> Answer<Copies> {
    Ok(backend.rooms()?.files.delete_copies(app_id.as_ref()).await?)
}
