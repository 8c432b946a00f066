//! Runs as files, reports and tables, for the page: where to is asked of the user, what was written stays here.

use tauri::{State, WebviewWindow};

use super::commands::Answer;
use crate::{
    desktop::Desktop,
    files,
    model::{
        Millis,
        app::AppId,
        failure::{Failure, FailureCode},
        out::{
            AppFace, AppVariables, Export, ExportOf, Exported, ReportKind, ReportParts, ReportWords, UnpackOutcome,
            Unpacked,
        },
        run::RunId,
        usage::{Usage, Whose},
    },
    out,
    setup::Backend,
};

/// A run of which only the server's log told is fetched; where that cannot be, what is here has to do.
async fn with_details(backend: &State<'_, Backend>, run: &RunId) -> Answer<()> {
    if let Err(error) = backend.rooms()?.logs.complete(run).await {
        tracing::warn!("a run goes out without its details: {error}");
    }
    Ok(())
}

/// False when the dialog was cancelled.
#[tauri::command]
pub async fn run_pack(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    run_id: RunId,
    title: String,
) -> Answer<bool> {
    let out = &backend.rooms()?.out;
    let name = out.pack_name(&run_id).await?;
    let Some(target) = files::choose_target(&window, &title, &name).await else { return Ok(false) };
    with_details(&backend, &run_id).await?;
    out.pack(&run_id, &target).await?;
    Ok(true)
}

/// `None` when the dialog was cancelled.
#[tauri::command]
pub async fn run_unpack(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    title: String,
    filter_name: String,
) -> Answer<Option<Unpacked>> {
    let out = &backend.rooms()?.out;
    match files::choose_one(&window, &title, &[(&filter_name, out::EXTENSION)]).await {
        Some(path) => Ok(Some(out.unpack(&path).await?)),
        None => Ok(None),
    }
}

/// What became of the files that were handed over to be opened, each told once.
#[tauri::command]
pub async fn runs_handed(backend: State<'_, Backend>, desktop: State<'_, Desktop>) -> Answer<Vec<UnpackOutcome>> {
    // While the history cannot be opened, they wait.
    let out = &backend.rooms()?.out;
    let mut outcomes = Vec::new();
    for path in desktop.take_handed() {
        outcomes.push(out.bring(&path).await);
    }
    Ok(outcomes)
}

/// False when the dialog was cancelled.
#[tauri::command]
pub async fn run_report(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    run_id: RunId,
    kind: ReportKind,
    parts: ReportParts,
    title: String,
    words: ReportWords,
) -> Answer<bool> {
    let out = &backend.rooms()?.out;
    let name = format!("{}.{}", out.name_of(&run_id).await?, kind.extension());
    let Some(target) = files::choose_target(&window, &title, &name).await else { return Ok(false) };
    with_details(&backend, &run_id).await?;
    out.save_report(&run_id, kind, parts, &words, &target).await?;
    Ok(true)
}

/// The report as a piece of the page, to be printed.
#[tauri::command]
pub async fn run_report_body(
    backend: State<'_, Backend>,
    run_id: RunId,
    parts: ReportParts,
    words: ReportWords,
) -> Answer<String> {
    with_details(&backend, &run_id).await?;
    Ok(backend.rooms()?.out.report_body(&run_id, parts, &words).await?)
}

/// The system's dialog for printing what the page shows.
#[tauri::command]
pub fn print_page(window: WebviewWindow) -> Answer<()> {
    window.print().map_err(|error| Failure::new(FailureCode::CannotOpen, error.to_string()))
}

/// `None` when the dialog was cancelled.
#[tauri::command]
pub async fn runs_export(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    export: Export,
    title: String,
    suggested_name: String,
) -> Answer<Option<Exported>> {
    let name = format!("{suggested_name}.{}", export.kind.extension());
    let Some(target) = files::choose_target(&window, &title, &name).await else { return Ok(None) };
    Ok(Some(backend.rooms()?.out.export(&export, &target).await?))
}

#[tauri::command]
pub fn export_stop(backend: State<'_, Backend>) -> Answer<()> {
    backend.rooms()?.out.stop_exporting();
    Ok(())
}

#[tauri::command]
pub async fn run_variables(backend: State<'_, Backend>, of: ExportOf) -> Answer<Vec<AppVariables>> {
    Ok(backend.rooms()?.out.variables(&of).await?)
}

/// Without a beginning: from the first run on; without an end: to now; without apps: of all.
#[tauri::command]
pub async fn usage(
    backend: State<'_, Backend>,
    from: Option<Millis>,
    to: Option<Millis>,
    apps: Vec<AppId>,
    whose: Whose,
) -> Answer<Usage> {
    Ok(backend.rooms()?.out.usage(from, to, &apps, whose).await?)
}

/// How apps are shown that are not connected, and whose runs are here.
#[tauri::command]
pub async fn app_faces(backend: State<'_, Backend>) -> Answer<Vec<AppFace>> {
    Ok(backend.rooms()?.out.faces().await?)
}
