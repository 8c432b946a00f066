//! The commands about how documents come in besides the dialog for files: unpack, call one function, convert.

use tauri::{State, WebviewWindow};

use crate::{
    files,
    ipc::commands::{Answer, file_rules},
    model::{
        app::AppId,
        check::check_file,
        file::{StagedFile, StagedId},
        form::{Form, Issue},
        run::RunId,
        ways::{Fetched, FolderContents, FolderId, Pasted, PastedNames, StagedFolder},
    },
    setup::{Backend, Rooms},
};

#[tauri::command]
pub async fn file_look(backend: State<'_, Backend>, file_ids: Vec<StagedId>) -> Answer<Vec<StagedFile>> {
    Ok(backend.rooms()?.files.look(file_ids).await)
}

/// For each file what keeps a field from taking it.
#[tauri::command]
pub async fn file_fits(
    backend: State<'_, Backend>,
    app_id: AppId,
    variable: String,
    file_ids: Vec<StagedId>,
) -> Answer<Vec<Option<Issue>>> {
    let rooms = backend.rooms()?;
    let form = rooms.apps.get(&app_id).await?.form;
    Ok(fits(rooms, form, &variable, &file_ids))
}

/// Like `file_fits`, for a file field of a question.
#[tauri::command]
pub async fn question_fits(
    backend: State<'_, Backend>,
    run_id: RunId,
    place: u32,
    variable: String,
    file_ids: Vec<StagedId>,
) -> Answer<Vec<Option<Issue>>> {
    let rooms = backend.rooms()?;
    let form = rooms.runs.question_form(&run_id, place).await?;
    Ok(fits(rooms, form, &variable, &file_ids))
}

fn fits(rooms: &Rooms, form: Form, variable: &str, ids: &[StagedId]) -> Vec<Option<Issue>> {
    let limits = form.limits;
    let (rules, _) = file_rules(form, variable);
    let issue = |id: &StagedId| match rooms.files.get(id) {
        Some(file) => check_file(&rules, &limits, &file).err(),
        None => Some(Issue::FileMissing),
    };
    ids.iter().map(issue).collect()
}

/// `None` when the dialog was cancelled.
#[tauri::command]
pub async fn folder_choose(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    app_id: AppId,
    title: String,
) -> Answer<Option<StagedFolder>> {
    let files = &backend.rooms()?.files;
    let last = files.last_folder(&app_id).await;
    let Some(folder) = files::choose_folder(&window, &title, last).await else { return Ok(None) };
    files.remember_folder(&app_id, &folder).await;
    Ok(files.take_folders(vec![folder]).pop())
}

#[tauri::command]
pub async fn folder_read(backend: State<'_, Backend>, folder_id: FolderId) -> Answer<FolderContents> {
    Ok(backend.rooms()?.files.read_folder(&folder_id).await?)
}

#[tauri::command]
pub fn folder_forget(backend: State<'_, Backend>, folder_id: FolderId) -> Answer<()> {
    backend.rooms()?.files.forget_folder(&folder_id);
    Ok(())
}

#[tauri::command]
pub async fn paste(backend: State<'_, Backend>, names: PastedNames) -> Answer<Pasted> {
    Ok(backend.rooms()?.files.paste(names).await?)
}

/// Fetches what a link leads to, instead of the app's server; at most what the app takes of any kind.
#[tauri::command]
pub async fn link_fetch(backend: State<'_, Backend>, app_id: AppId, link: String) -> Answer<Fetched> {
    let rooms = backend.rooms()?;
    let limit = rooms.apps.form(&app_id).await?.limits.largest();
    let fetch = |to: std::path::PathBuf| {
        let (apps, link) = (rooms.apps.clone(), link.clone());
        async move { apps.web_file(&link, &to, limit).await }
    };
    Ok(rooms.files.fetch(&link, fetch).await?)
}

#[tauri::command]
pub fn link_stop(backend: State<'_, Backend>, link: String) -> Answer<()> {
    backend.rooms()?.files.cancel_fetch(&link);
    Ok(())
}
