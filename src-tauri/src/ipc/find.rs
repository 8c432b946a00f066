//! Commands of the history's search.

use tauri::State;

use super::commands::Answer;
use crate::{
    model::{
        history::{Completion, Counts, FoundPage, Hit, Search},
        run::RunId,
    },
    setup::Backend,
};

#[tauri::command]
pub async fn history_find(
    backend: State<'_, Backend>,
    search: Search,
    after: Option<String>,
    limit: u32,
) -> Answer<FoundPage> {
    Ok(backend.rooms()?.find.find(&search, after.as_deref(), limit).await?)
}

#[tauri::command]
pub async fn history_last(
    backend: State<'_, Backend>,
    search: Search,
    before: Option<String>,
    limit: u32,
) -> Answer<FoundPage> {
    Ok(backend.rooms()?.find.last(&search, before.as_deref(), limit).await?)
}

#[tauri::command]
pub async fn history_counts(backend: State<'_, Backend>, search: Search) -> Answer<Counts> {
    Ok(backend.rooms()?.find.counts(&search).await?)
}

/// Other words to search for, where nothing was found; empty where nothing is near.
#[tauri::command]
pub async fn history_nearby(backend: State<'_, Backend>, search: Search) -> Answer<Vec<String>> {
    Ok(backend.rooms()?.find.nearby(&search).await?)
}

#[tauri::command]
pub async fn history_complete(backend: State<'_, Backend>, text: String, caret: u32) -> Answer<Vec<Completion>> {
    Ok(backend.rooms()?.find.complete(&text, caret).await?)
}

#[tauri::command]
pub async fn run_hits(backend: State<'_, Backend>, run_id: RunId, text: String) -> Answer<Vec<Hit>> {
    Ok(backend.rooms()?.find.hits(&run_id, &text).await?)
}
