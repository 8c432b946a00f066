//! Commands for what the user says of past runs, and for their deletion.

use tauri::State;

use super::commands::Answer;
use crate::{
    model::{
        history::{Deleted, Remarks, RemarksChange},
        run::RunId,
    },
    setup::Backend,
};

#[tauri::command]
pub async fn run_remarks(backend: State<'_, Backend>, run_id: RunId) -> Answer<Remarks> {
    Ok(backend.rooms()?.past.remarks(&run_id).await?)
}

#[tauri::command]
pub async fn runs_remark(backend: State<'_, Backend>, run_ids: Vec<RunId>, change: RemarksChange) -> Answer<()> {
    Ok(backend.rooms()?.past.remark(&run_ids, &change).await?)
}

#[tauri::command]
pub async fn tags(backend: State<'_, Backend>) -> Answer<Vec<(String, u32)>> {
    Ok(backend.rooms()?.past.tags().await?)
}

#[tauri::command]
pub async fn runs_delete(backend: State<'_, Backend>, run_ids: Vec<RunId>) -> Answer<Deleted> {
    Ok(backend.rooms()?.past.delete(&run_ids).await?)
}

#[tauri::command]
pub async fn runs_undelete(backend: State<'_, Backend>, run_ids: Vec<RunId>) -> Answer<()> {
    Ok(backend.rooms()?.past.undelete(&run_ids).await?)
}
