//! Flowdeck: run Dify workflow apps from the desk.
//!
//! # Layout
//! - [`model`]: plain data and pure rules; the only types the page sees.
//! - [`dify`]: the API client: bytes → frames → events.
//! - [`apps`]: connected apps. [`runs`]: live and past runs. [`files`]: documents in and out.
//! - [`speech`]: what runs say aloud, heard and kept.
//! - [`logs`]: runs known from the servers' logs.
//! - [`find`]: the search over all runs.
//! - [`kept`]: drafts, saved inputs, and what fills a form again.
//! - [`out`]: runs as files, reports, tables; and what they used.
//! - [`past`]: what is said of past runs, and their deletion. [`ready`]: runs that are kept ready to be sent.
//! - [`keeping`]: how much of the history is kept and for how long, and its backups.
//! - [`network`]: proxy and certificates: how requests leave this computer.
//! - [`store`]: the local database. [`keys`]: the system keychain.
//! - [`demo`]: a Dify-compatible server on this computer.
//! - `ipc`, `desktop` (window, tray, notifications, a second start), `setup`: the only rooms that know Tauri.

pub mod apps;
mod crash;
pub mod demo;
mod desktop;
pub mod dify;
pub mod files;
pub mod find;
mod ipc;
pub mod keeping;
pub mod kept;
pub mod keys;
pub mod logs;
pub mod model;
pub mod network;
pub mod out;
pub mod past;
pub mod ready;
pub mod runs;
mod setup;
pub mod speech;
pub mod store;

use ipc::{
    commands, desktop as desk_commands, find as find_commands, keeping as keep_commands, kept as kept_commands,
    logs as log_commands, offline as offline_commands, out as ways_out, page, past as past_commands, preview,
    questions, sent, speech as player, ways,
};

fn builder(begun: setup::Begun) -> tauri::Builder<tauri::Wry> {
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::subscribe,
            commands::app_list,
            commands::app_connect,
            commands::app_connect_cancel,
            commands::app_connect_demo,
            commands::app_refresh,
            commands::app_replace_key,
            commands::app_remove_key,
            commands::app_remove,
            page::app_rename,
            commands::app_set_user,
            commands::app_set_options,
            commands::network_settings,
            commands::network_set_proxy,
            commands::network_set_password,
            commands::network_add_certificates,
            commands::network_remove_certificates,
            commands::form_check,
            kept_commands::form_refit,
            kept_commands::draft_read,
            kept_commands::draft_save,
            kept_commands::answer_draft_read,
            kept_commands::answer_draft_save,
            kept_commands::preset_list,
            kept_commands::preset_named,
            kept_commands::preset_save,
            kept_commands::preset_rename,
            kept_commands::preset_remove,
            kept_commands::preset_restore,
            kept_commands::preset_apply,
            commands::file_choose,
            commands::file_upload,
            commands::file_send_now,
            commands::file_forget,
            commands::file_shrink,
            ways::file_look,
            ways::file_fits,
            ways::question_fits,
            ways::folder_choose,
            ways::folder_read,
            ways::folder_forget,
            ways::paste,
            ways::link_fetch,
            ways::link_stop,
            commands::run_start,
            commands::run_stop,
            commands::run_stop_starting,
            commands::run_open,
            commands::run_list,
            commands::run_unfinished,
            find_commands::history_find,
            find_commands::history_last,
            find_commands::history_counts,
            find_commands::history_complete,
            find_commands::history_nearby,
            find_commands::run_hits,
            page::run_usual,
            kept_commands::run_refill,
            kept_commands::run_alike,
            commands::run_check_again,
            commands::run_save_text,
            commands::run_file_save,
            commands::run_file_open,
            commands::run_file_show,
            log_commands::log_state,
            log_commands::log_update,
            log_commands::log_scope,
            log_commands::log_fetch_details,
            log_commands::log_stop,
            log_commands::log_search,
            log_commands::log_search_stop,
            log_commands::run_fetch,
            preview::run_file_look,
            preview::run_file_bytes,
            preview::run_files_fetch,
            preview::run_save_all,
            sent::run_sent,
            sent::run_sent_look,
            sent::run_sent_bytes,
            sent::run_sent_open,
            sent::run_sent_show,
            sent::run_sent_save,
            sent::copies,
            sent::copies_keep,
            sent::copies_delete,
            past_commands::run_remarks,
            past_commands::runs_remark,
            past_commands::tags,
            past_commands::runs_delete,
            past_commands::runs_undelete,
            offline_commands::offline,
            offline_commands::away,
            offline_commands::offline_check,
            offline_commands::run_prepare,
            offline_commands::prepared_list,
            offline_commands::prepared_send,
            offline_commands::prepared_open,
            offline_commands::prepared_remove,
            offline_commands::prepared_restore,
            keep_commands::keeping,
            keep_commands::keeping_set,
            keep_commands::keeping_preview,
            keep_commands::keeping_sweep,
            keep_commands::keeping_delete,
            keep_commands::vacuum,
            keep_commands::backup_make,
            keep_commands::backup_restore,
            keep_commands::backup_cancel,
            keep_commands::restore_take,
            keep_commands::restore_drop,
            keep_commands::restore_undo,
            keep_commands::restored_preferences,
            keep_commands::restore_forget,
            questions::question_form,
            questions::question_read,
            questions::question_check,
            questions::question_answer,
            questions::question_stop_answering,
            questions::question_choose,
            ways_out::run_pack,
            ways_out::run_unpack,
            ways_out::runs_handed,
            ways_out::run_report,
            ways_out::run_report_body,
            ways_out::print_page,
            ways_out::runs_export,
            ways_out::export_stop,
            ways_out::run_variables,
            ways_out::usage,
            ways_out::app_faces,
            player::player_now,
            player::player_sounds,
            player::player_watch,
            player::player_listen,
            player::player_play_file,
            player::player_play,
            player::player_pause,
            player::player_seek,
            player::player_speed,
            player::player_volume,
            player::player_autoplay,
            player::player_set_autoplay,
            player::player_stop,
            player::player_save,
            commands::link_open,
            commands::picture_fetch,
            commands::start_again,
            commands::about,
            desk_commands::close_heard,
            desk_commands::close_answer,
            desk_commands::tray_say,
            desk_commands::notify_run,
        ])
        .on_window_event(setup::window_event)
        .setup(move |app| setup::setup(app, begun))
}

/// Starts the application and returns when it ends.
///
/// # Errors
/// When the system has no web view or no display.
pub fn run() -> tauri::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("FLOWDECK_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // Before GTK begins, which takes it out of the environment.
    let wish = desktop::wish();
    desktop::before_the_window();
    let context = tauri::generate_context!();
    let Some(begun) = setup::begin(&context.config().identifier, wish)? else { return Ok(()) };
    builder(begun).build(context)?.run(setup::run_event);
    Ok(())
}
