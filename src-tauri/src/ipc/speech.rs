//! The commands of the player, and of what runs say aloud.

use tauri::{State, WebviewWindow};

use super::commands::Answer;
use crate::{
    files,
    model::{
        run::RunId,
        sound::{Player, Sound},
    },
    setup::Backend,
};

#[tauri::command]
pub fn player_now(backend: State<'_, Backend>) -> Answer<Option<Player>> {
    Ok(backend.rooms()?.speech.player())
}

#[tauri::command]
pub async fn player_sounds(backend: State<'_, Backend>, run_id: RunId) -> Answer<Vec<Sound>> {
    Ok(backend.rooms()?.speech.sounds(&run_id).await?)
}

#[tauri::command]
pub async fn player_watch(backend: State<'_, Backend>, run_id: Option<RunId>) -> Answer<()> {
    backend.rooms()?.speech.watch(run_id).await;
    Ok(())
}

#[tauri::command]
pub async fn player_listen(backend: State<'_, Backend>, run_id: RunId, text: String, whole: bool) -> Answer<()> {
    Ok(backend.rooms()?.speech.listen(&run_id, &text, whole).await?)
}

#[tauri::command]
pub async fn player_play_file(backend: State<'_, Backend>, run_id: RunId, file_index: u32) -> Answer<()> {
    let rooms = backend.rooms()?;
    let (path, name) = rooms.runs.file(&run_id, file_index).await?;
    Ok(rooms.speech.play_file(&run_id, file_index, path, name).await?)
}

#[tauri::command]
pub fn player_play(backend: State<'_, Backend>) -> Answer<()> {
    backend.rooms()?.speech.play();
    Ok(())
}

#[tauri::command]
pub fn player_pause(backend: State<'_, Backend>) -> Answer<()> {
    backend.rooms()?.speech.pause();
    Ok(())
}

#[tauri::command]
pub fn player_seek(backend: State<'_, Backend>, seconds: f64) -> Answer<()> {
    backend.rooms()?.speech.seek(seconds);
    Ok(())
}

#[tauri::command]
pub fn player_speed(backend: State<'_, Backend>, speed: f32) -> Answer<()> {
    backend.rooms()?.speech.set_speed(speed);
    Ok(())
}

#[tauri::command]
pub fn player_volume(backend: State<'_, Backend>, volume: f32) -> Answer<()> {
    backend.rooms()?.speech.set_volume(volume);
    Ok(())
}

#[tauri::command]
pub async fn player_autoplay(backend: State<'_, Backend>) -> Answer<bool> {
    Ok(backend.rooms()?.speech.autoplay().await?)
}

#[tauri::command]
pub async fn player_set_autoplay(backend: State<'_, Backend>, autoplay: bool) -> Answer<()> {
    Ok(backend.rooms()?.speech.set_autoplay(autoplay).await?)
}

#[tauri::command]
pub fn player_stop(backend: State<'_, Backend>) -> Answer<()> {
    backend.rooms()?.speech.stop();
    Ok(())
}

#[tauri::command]
pub async fn player_save(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    title: String,
    suggested_name: String,
) -> Answer<bool> {
    let Some(target) = files::choose_target(&window, &title, &suggested_name).await else { return Ok(false) };
    Ok(backend.rooms()?.speech.save(&target).await?)
}
