//! The commands about what runs ask people: unpack, call one function, convert.

use tauri::{State, WebviewWindow};

use crate::{
    files::DialogTexts,
    ipc::commands::{Answer, choose_for},
    model::{
        file::StagedFile,
        form::{Entries, Form, Problem},
        human_input::Question,
        run::RunId,
    },
    setup::Backend,
};

#[tauri::command]
pub async fn question_form(backend: State<'_, Backend>, run_id: RunId, place: u32) -> Answer<Form> {
    Ok(backend.rooms()?.runs.question_form(&run_id, place).await?)
}

#[tauri::command]
pub async fn question_read(backend: State<'_, Backend>, run_id: RunId, place: u32) -> Answer<Question> {
    Ok(backend.rooms()?.runs.question_read(&run_id, place).await?)
}

#[tauri::command]
pub async fn question_check(
    backend: State<'_, Backend>,
    run_id: RunId,
    place: u32,
    entries: Entries,
) -> Answer<Vec<Problem>> {
    let rooms = backend.rooms()?;
    Ok(rooms.runs.question_check(&run_id, place, &entries).await?)
}

#[tauri::command]
pub async fn question_answer(
    backend: State<'_, Backend>,
    run_id: RunId,
    place: u32,
    entries: Entries,
    action: String,
) -> Answer<()> {
    let rooms = backend.rooms()?;
    Ok(rooms.runs.answer(&run_id, place, &entries, &action).await?)
}

#[tauri::command]
pub fn question_stop_answering(backend: State<'_, Backend>, run_id: RunId, place: u32) -> Answer<()> {
    backend.rooms()?.runs.stop_answering(&run_id, place);
    Ok(())
}

#[tauri::command]
#[allow(clippy::too_many_arguments, reason = "the page says in its language what the system's dialog says")]
pub async fn question_choose(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    run_id: RunId,
    place: u32,
    variable: String,
    title: String,
    filter_name: String,
    any_name: String,
) -> Answer<Vec<StagedFile>> {
    let rooms = backend.rooms()?;
    let form = rooms.runs.question_form(&run_id, place).await?;
    let app = rooms.runs.open(&run_id).await?.head.app_id;
    let texts = DialogTexts { title, filter: filter_name, any: any_name };
    Ok(choose_for(&window, rooms, &app, form, &variable, texts).await)
}
