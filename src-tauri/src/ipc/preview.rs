//! A run's result files for the page: what they are, their bytes, once more from the server, all into a folder.
//! Bytes go over the same way as every command, as an answer that is not JSON: the page gets no address that other
//! things could load, and only what a run of the store names is read.

use tauri::{State, WebviewWindow, ipc::Response};

use super::commands::Answer;
use crate::{
    files,
    model::{
        file::{FileLook, NamedText, SavedAll},
        run::RunId,
    },
    setup::Backend,
};

#[tauri::command]
pub async fn run_file_look(backend: State<'_, Backend>, run_id: RunId, file_index: u32) -> Answer<FileLook> {
    Ok(files::look(&backend.rooms()?.runs.file(&run_id, file_index).await?.0).await?)
}

#[tauri::command]
pub async fn run_file_bytes(backend: State<'_, Backend>, run_id: RunId, file_index: u32) -> Answer<Response> {
    let path = backend.rooms()?.runs.file(&run_id, file_index).await?.0;
    Ok(Response::new(files::bytes(&path).await?))
}

#[tauri::command]
pub async fn run_files_fetch(backend: State<'_, Backend>, run_id: RunId) -> Answer<()> {
    Ok(backend.rooms()?.runs.fetch_files(&run_id).await?)
}

/// `None` when the dialog was cancelled.
#[tauri::command]
pub async fn run_save_all(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    run_id: RunId,
    title: String,
    texts: Vec<NamedText>,
) -> Answer<Option<SavedAll>> {
    let (kept, missing) = backend.rooms()?.runs.kept_files(&run_id).await?;
    let Some(folder) = files::choose_folder(&window, &title, None).await else { return Ok(None) };
    let done = files::save_all(&folder, texts, kept).await?;
    Ok(Some(SavedAll { missing: missing + done.missing, ..done }))
}
