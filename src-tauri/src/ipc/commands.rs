//! Every command of the page: unpack, call one function, convert.

use tauri::{State, WebviewWindow, ipc::Channel};

use super::hub::Message;
use crate::{
    apps,
    desktop::Desktop,
    files::{self, DialogTexts},
    model::{
        app::{About, App, AppId, ConnectionOptions, KeepKey},
        failure::{Failure, FailureCode},
        file::{FileKind, StagedFile, StagedId},
        form::{Control, Entries, FileRules, Form, Problem},
        network::{ManualProxy, NetworkSettings, ProxyChoice},
        run::{Run, RunHead, RunId, RunPage},
    },
    runs::Outlook,
    setup::{Backend, Rooms},
};

/// All the authorities of a system are a quarter of this.
const LARGEST_CERTIFICATES: u64 = 1024 * 1024;

pub(super) type Answer<T> = Result<T, Failure>;

#[tauri::command]
pub fn subscribe(backend: State<'_, Backend>, channel: Channel<Message>) {
    backend.hub.subscribe(channel);
}

#[tauri::command]
pub async fn app_list(backend: State<'_, Backend>) -> Answer<Vec<App>> {
    Ok(backend.rooms()?.apps.list().await?)
}

#[tauri::command]
pub async fn app_connect(
    backend: State<'_, Backend>,
    base_url: String,
    key: String,
    keep_key: KeepKey,
    plain_http: Option<String>,
) -> Answer<App> {
    Ok(backend.rooms()?.apps.connect(&base_url, &key, keep_key, plain_http.as_deref()).await?)
}

#[tauri::command]
pub fn app_connect_cancel(backend: State<'_, Backend>) -> Answer<()> {
    backend.rooms()?.apps.cancel_connect();
    Ok(())
}

#[tauri::command]
pub async fn app_connect_demo(backend: State<'_, Backend>) -> Answer<Vec<App>> {
    Ok(backend.rooms()?.apps.connect_demo().await?)
}

#[tauri::command]
pub async fn app_refresh(backend: State<'_, Backend>, app_id: AppId) -> Answer<App> {
    Ok(backend.rooms()?.apps.refresh(&app_id).await?)
}

#[tauri::command]
pub async fn app_replace_key(
    backend: State<'_, Backend>,
    app_id: AppId,
    key: String,
    keep_key: KeepKey,
    plain_http: Option<String>,
) -> Answer<App> {
    let rooms = backend.rooms()?;
    let app = rooms.apps.replace_key(&app_id, &key, keep_key, plain_http.as_deref()).await?;
    rooms.runs.try_again(Some(&app_id));
    Ok(app)
}

#[tauri::command]
pub async fn app_remove_key(backend: State<'_, Backend>, app_id: AppId) -> Answer<App> {
    Ok(backend.rooms()?.apps.remove_key(&app_id).await?)
}

#[tauri::command]
pub async fn app_remove(backend: State<'_, Backend>, app_id: AppId) -> Answer<()> {
    Ok(backend.rooms()?.apps.remove(&app_id).await?)
}

#[tauri::command]
pub async fn app_set_user(backend: State<'_, Backend>, app_id: AppId, user: String) -> Answer<App> {
    Ok(backend.rooms()?.apps.set_user(&app_id, &user).await?)
}

#[tauri::command]
pub async fn app_set_options(backend: State<'_, Backend>, app_id: AppId, options: ConnectionOptions) -> Answer<App> {
    Ok(backend.rooms()?.apps.set_options(&app_id, options).await?)
}

#[tauri::command]
pub async fn network_settings(backend: State<'_, Backend>) -> Answer<NetworkSettings> {
    Ok(backend.rooms()?.network.settings(apps::now()).await?)
}

#[tauri::command]
pub async fn network_set_proxy(
    backend: State<'_, Backend>,
    proxy: ProxyChoice,
    manual: ManualProxy,
) -> Answer<NetworkSettings> {
    let rooms = backend.rooms()?;
    let settings = rooms.network.set_proxy(proxy, manual, apps::now()).await?;
    rooms.runs.try_again(None);
    Ok(settings)
}

#[tauri::command]
pub async fn network_set_password(backend: State<'_, Backend>, password: String) -> Answer<NetworkSettings> {
    Ok(backend.rooms()?.network.set_password(&password, apps::now()).await?)
}

/// `None` when the dialog was cancelled.
#[tauri::command]
pub async fn network_add_certificates(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    title: String,
    filter_name: String,
    any_name: String,
) -> Answer<Option<NetworkSettings>> {
    let texts = DialogTexts { title, filter: filter_name, any: any_name };
    let extensions = ["pem", "crt", "cer", "der"].map(str::to_owned).to_vec();
    let rules = FileRules { kinds: vec![FileKind::Custom], extensions, ..FileRules::default() };
    let Some(path) = files::choose(&window, texts, &rules, false, None).await.pop() else { return Ok(None) };
    let file = files::read(&path, LARGEST_CERTIFICATES).await?;
    Ok(Some(backend.rooms()?.network.add_certificates(&file.name, &file.bytes, apps::now()).await?))
}

#[tauri::command]
pub async fn network_remove_certificates(backend: State<'_, Backend>) -> Answer<NetworkSettings> {
    Ok(backend.rooms()?.network.remove_certificates(apps::now()).await?)
}

#[tauri::command]
pub async fn form_check(backend: State<'_, Backend>, app_id: AppId, entries: Entries) -> Answer<Vec<Problem>> {
    let rooms = backend.rooms()?;
    Ok(rooms.runs.check(&app_id, &entries).await?)
}

#[tauri::command]
pub async fn file_choose(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    app_id: AppId,
    variable: String,
    title: String,
    filter_name: String,
    any_name: String,
) -> Answer<Vec<StagedFile>> {
    let rooms = backend.rooms()?;
    let form = rooms.apps.get(&app_id).await?.form;
    let texts = DialogTexts { title, filter: filter_name, any: any_name };
    Ok(choose_for(&window, rooms, &app_id, form, &variable, texts).await)
}

#[tauri::command]
pub async fn file_upload(backend: State<'_, Backend>, app_id: AppId, file_id: StagedId) -> Answer<StagedFile> {
    let rooms = backend.rooms()?;
    let client = rooms.apps.client(&app_id).await?;
    // A run may have begun to send it by now.
    let result = rooms.files.uploaded(&client, &file_id).await;
    if matches!(&result, Err(files::Error::Dify(error)) if error.is_unauthorized()) {
        rooms.apps.refused(&app_id).await;
    }
    Ok(result?)
}

/// A copy of a picture that is small enough for this app's server.
#[tauri::command]
pub async fn file_shrink(backend: State<'_, Backend>, app_id: AppId, file_id: StagedId) -> Answer<StagedFile> {
    let rooms = backend.rooms()?;
    let limit = rooms.apps.form(&app_id).await?.limits.image;
    Ok(rooms.files.shrink(&file_id, limit, backend.data_folder.join(files::SHRUNK)).await?)
}

#[tauri::command]
pub fn file_send_now(backend: State<'_, Backend>, file_id: StagedId) -> Answer<()> {
    backend.rooms()?.files.send_now(&file_id);
    Ok(())
}

#[tauri::command]
pub fn file_forget(backend: State<'_, Backend>, file_ids: Vec<StagedId>) -> Answer<()> {
    let files = &backend.rooms()?.files;
    file_ids.iter().for_each(|id| files.forget(id));
    Ok(())
}

#[tauri::command]
pub async fn run_start(backend: State<'_, Backend>, app_id: AppId, entries: Entries) -> Answer<RunId> {
    let rooms = backend.rooms()?;
    Ok(rooms.runs.start(&app_id, entries).await?)
}

#[tauri::command]
pub fn run_stop_starting(backend: State<'_, Backend>, app_id: AppId) -> Answer<()> {
    backend.rooms()?.runs.stop_starting(&app_id);
    Ok(())
}

#[tauri::command]
pub async fn run_stop(backend: State<'_, Backend>, run_id: RunId) -> Answer<()> {
    Ok(backend.rooms()?.runs.stop(&run_id).await?)
}

#[tauri::command]
pub async fn run_open(backend: State<'_, Backend>, run_id: RunId) -> Answer<Run> {
    Ok(backend.rooms()?.runs.open(&run_id).await?)
}

#[tauri::command]
pub async fn run_list(
    backend: State<'_, Backend>,
    app_id: Option<AppId>,
    before: Option<RunId>,
    limit: u32,
) -> Answer<RunPage> {
    Ok(backend.rooms()?.runs.list(app_id.as_ref(), before.as_ref(), limit).await?)
}

#[tauri::command]
pub async fn run_unfinished(backend: State<'_, Backend>) -> Answer<Vec<RunHead>> {
    Ok(backend.rooms()?.runs.unfinished().await?)
}

#[tauri::command]
pub async fn run_check_again(backend: State<'_, Backend>, run_id: RunId) -> Answer<bool> {
    Ok(backend.rooms()?.runs.check_again(&run_id).await? != Outlook::NothingNew)
}

#[tauri::command]
pub async fn run_save_text(window: WebviewWindow, title: String, suggested_name: String, text: String) -> Answer<bool> {
    let Some(target) = files::choose_target(&window, &title, &suggested_name).await else { return Ok(false) };
    files::write(&target, text.as_bytes()).await?;
    Ok(true)
}

#[tauri::command]
pub async fn run_file_save(
    window: WebviewWindow,
    backend: State<'_, Backend>,
    run_id: RunId,
    file_index: u32,
    title: String,
) -> Answer<bool> {
    let (source, name) = backend.rooms()?.runs.file(&run_id, file_index).await?;
    let Some(target) = files::choose_target(&window, &title, &name).await else { return Ok(false) };
    files::copy(&source, &target).await?;
    Ok(true)
}

#[tauri::command]
pub async fn run_file_open(backend: State<'_, Backend>, run_id: RunId, file_index: u32) -> Answer<()> {
    Ok(files::open(backend.rooms()?.runs.file(&run_id, file_index).await?.0).await?)
}

#[tauri::command]
pub async fn run_file_show(backend: State<'_, Backend>, run_id: RunId, file_index: u32) -> Answer<()> {
    Ok(files::show(backend.rooms()?.runs.file(&run_id, file_index).await?.0).await?)
}

#[tauri::command]
pub async fn picture_fetch(backend: State<'_, Backend>, app_id: AppId, link: String) -> Answer<String> {
    Ok(backend.rooms()?.apps.web_picture(&app_id, &link).await?)
}

#[tauri::command]
pub async fn link_open(url: String) -> Answer<()> {
    let parsed = url::Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
    let url = parsed.ok_or_else(|| Failure::new(FailureCode::AddressInvalid, "not an http, https or mail address"))?;
    Ok(files::open_link(url).await?)
}

/// The rooms are opened once, at the start: where that failed, another try is another start.
#[tauri::command]
pub fn start_again(app: tauri::AppHandle, desktop: State<'_, Desktop>) {
    desktop.leaves();
    app.restart();
}

#[tauri::command]
pub fn about(backend: State<'_, Backend>) -> About {
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: super::page::system(),
        data_folder: backend.data_folder.display().to_string(),
        history_set_aside: backend.rooms().ok().and_then(|rooms| rooms.history_set_aside.clone()),
        not_sent: backend.rooms().map(|rooms| rooms.not_sent.clone()).unwrap_or_default(),
    }
}

/// The system's dialog for a field of files.
pub(super) async fn choose_for(
    window: &WebviewWindow,
    rooms: &Rooms,
    app: &AppId,
    form: Form,
    variable: &str,
    texts: DialogTexts,
) -> Vec<StagedFile> {
    let (rules, many) = file_rules(form, variable);
    let chosen = files::choose(window, texts, &rules, many, rooms.files.last_folder(app).await).await;
    if let Some(folder) = chosen.first().and_then(|path| path.parent()) {
        rooms.files.remember_folder(app, folder).await;
    }
    rooms.files.take(chosen)
}

pub(super) fn file_rules(form: Form, variable: &str) -> (FileRules, bool) {
    let field = form.fields.into_iter().find(|field| field.variable == variable);
    match field.map(|field| field.control) {
        Some(Control::File { rules }) => (rules, false),
        Some(Control::FileList { rules, .. }) => (rules, true),
        _ => (FileRules::default(), true),
    }
}
