//! Commands of the window's life: closing, tray, notifications.

use tauri::State;

use crate::{
    desktop::Desktop,
    model::{
        desktop::{CloseAnswer, TrayWords},
        run::RunId,
    },
};

#[tauri::command]
pub fn close_heard(desktop: State<'_, Desktop>) {
    desktop.close_heard();
}

#[tauri::command]
pub async fn close_answer(desktop: State<'_, Desktop>, answer: CloseAnswer, words: TrayWords) -> Result<(), ()> {
    desktop.close_answered(answer, &words).await;
    Ok(())
}

#[tauri::command]
pub async fn tray_say(desktop: State<'_, Desktop>, words: TrayWords) -> Result<(), ()> {
    desktop.tray_say(&words);
    Ok(())
}

#[tauri::command]
pub async fn notify_run(
    desktop: State<'_, Desktop>,
    run_id: Option<RunId>,
    title: String,
    body: String,
) -> Result<(), ()> {
    desktop.notify(run_id, title, body).await;
    Ok(())
}
