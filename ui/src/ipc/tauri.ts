/** The real backend: the only file that knows Tauri. A command is named like its method, in snake_case. */
import { Channel, invoke } from '@tauri-apps/api/core';
import type { Backend } from './backend';
import { asFailure } from './errors';
import type { AppEvent } from './gen/AppEvent';

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw asFailure(thrown);
  }
}

/** Long messages come as bytes; as numbers, where the web view's own way for them failed. */
type Message = AppEvent[] | ArrayBuffer | number[];

const reader = new TextDecoder();

export function eventsOf(message: Message): AppEvent[] {
  if (Array.isArray(message) && typeof message[0] !== 'number') return message as AppEvent[];
  const bytes = Array.isArray(message) ? Uint8Array.from(message as number[]) : message;
  return JSON.parse(reader.decode(bytes)) as AppEvent[];
}

export const tauriBackend: Backend = {
  subscribe(onEvent) {
    const channel = new Channel<Message>();
    // Rust joins what happens within a frame into one message.
    channel.onmessage = (message) => {
      for (const event of eventsOf(message)) onEvent(event);
    };
    return call('subscribe', { channel });
  },

  appList: () => call('app_list'),
  appConnect: (baseUrl, key, keepKey, plainHttp) => call('app_connect', { baseUrl, key, keepKey, plainHttp }),
  appConnectCancel: () => call('app_connect_cancel'),
  appConnectDemo: () => call('app_connect_demo'),
  appRefresh: (appId) => call('app_refresh', { appId }),
  appReplaceKey: (appId, key, keepKey, plainHttp) => call('app_replace_key', { appId, key, keepKey, plainHttp }),
  appRemoveKey: (appId) => call('app_remove_key', { appId }),
  appRemove: (appId) => call('app_remove', { appId }),
  appRename: (appId, name) => call('app_rename', { appId, name }),
  appSetOptions: (appId, options) => call('app_set_options', { appId, options }),
  appSetUser: (appId, user) => call('app_set_user', { appId, user }),

  networkSettings: () => call('network_settings'),
  networkSetProxy: (proxy, manual) => call('network_set_proxy', { proxy, manual }),
  networkSetPassword: (password) => call('network_set_password', { password }),
  networkAddCertificates: (title, filterName, anyName) => call('network_add_certificates', { title, filterName, anyName }),
  networkRemoveCertificates: () => call('network_remove_certificates'),

  formCheck: (appId, entries) => call('form_check', { appId, entries }),
  formRefit: (before, now, entries, changes) => call('form_refit', { before, now, entries, changes }),

  draftRead: (appId) => call('draft_read', { appId }),
  draftSave: (appId, draft) => call('draft_save', { appId, draft }),

  answerDraftRead: (runId, place) => call('answer_draft_read', { runId, place }),
  answerDraftSave: (runId, place, entries, revision) => call('answer_draft_save', { runId, place, entries, revision }),

  presetList: (appId) => call('preset_list', { appId }),
  presetNamed: (appId, name, except) => call('preset_named', { appId, name, except }),
  presetSave: (appId, name, entries, form) => call('preset_save', { appId, name, entries, form }),
  presetRename: (presetId, name) => call('preset_rename', { presetId, name }),
  presetRemove: (presetId) => call('preset_remove', { presetId }),
  presetRestore: (presetId) => call('preset_restore', { presetId }),
  presetApply: (presetId) => call('preset_apply', { presetId }),

  fileChoose: (appId, variable, title, filterName, anyName) =>
    call('file_choose', { appId, variable, title, filterName, anyName }),
  fileUpload: (appId, fileId) => call('file_upload', { appId, fileId }),
  fileShrink: (appId, fileId) => call('file_shrink', { appId, fileId }),
  fileLook: (fileIds) => call('file_look', { fileIds }),
  fileFits: (appId, variable, fileIds) => call('file_fits', { appId, variable, fileIds }),
  questionFits: (runId, place, variable, fileIds) => call('question_fits', { runId, place, variable, fileIds }),
  folderChoose: (appId, title) => call('folder_choose', { appId, title }),
  folderRead: (folderId) => call('folder_read', { folderId }),
  folderForget: (folderId) => call('folder_forget', { folderId }),
  paste: (names) => call('paste', { names }),
  linkFetch: (appId, link) => call('link_fetch', { appId, link }),
  linkStop: (link) => call('link_stop', { link }),
  fileSendNow: (fileId) => call('file_send_now', { fileId }),
  fileForget: (fileIds) => call('file_forget', { fileIds }),

  runStart: (appId, entries) => call('run_start', { appId, entries }),
  runStop: (runId) => call('run_stop', { runId }),
  runStopStarting: (appId) => call('run_stop_starting', { appId }),
  runOpen: (runId) => call('run_open', { runId }),
  runUsual: (runId) => call('run_usual', { runId }),
  runList: (appId, before, limit) => call('run_list', { appId, before, limit }),
  historyLast: (search, before, limit) => call('history_last', { search, before, limit }),
  historyFind: (search, after, limit) => call('history_find', { search, after, limit }),
  historyCounts: (search) => call('history_counts', { search }),
  historyNearby: (search) => call('history_nearby', { search }),
  historyComplete: (text, caret) => call('history_complete', { text, caret }),
  runHits: (runId, text) => call('run_hits', { runId, text }),
  runUnfinished: () => call('run_unfinished'),
  runRefill: (runId) => call('run_refill', { runId }),
  runAlike: (appId, entries) => call('run_alike', { appId, entries }),
  runCheckAgain: (runId) => call('run_check_again', { runId }),

  runRemarks: (runId) => call('run_remarks', { runId }),
  runsRemark: (runIds, change) => call('runs_remark', { runIds, change }),
  tags: () => call('tags'),
  runsDelete: (runIds) => call('runs_delete', { runIds }),
  runsUndelete: (runIds) => call('runs_undelete', { runIds }),

  offline: () => call('offline'),
  away: () => call('away'),
  offlineCheck: () => call('offline_check'),
  runPrepare: (appId, entries) => call('run_prepare', { appId, entries }),
  preparedList: () => call('prepared_list'),
  preparedSend: (preparedId) => call('prepared_send', { preparedId }),
  preparedOpen: (preparedId) => call('prepared_open', { preparedId }),
  preparedRemove: (preparedId) => call('prepared_remove', { preparedId }),
  preparedRestore: (preparedId) => call('prepared_restore', { preparedId }),

  questionForm: (runId, place) => call('question_form', { runId, place }),
  questionRead: (runId, place) => call('question_read', { runId, place }),
  questionCheck: (runId, place, entries) => call('question_check', { runId, place, entries }),
  questionAnswer: (runId, place, entries, action) => call('question_answer', { runId, place, entries, action }),
  questionStopAnswering: (runId, place) => call('question_stop_answering', { runId, place }),
  questionChoose: (runId, place, variable, title, filterName, anyName) =>
    call('question_choose', { runId, place, variable, title, filterName, anyName }),

  runSaveText: (title, suggestedName, text) => call('run_save_text', { title, suggestedName, text }),
  runFileSave: (runId, fileIndex, title) => call('run_file_save', { runId, fileIndex, title }),
  runFileOpen: (runId, fileIndex) => call('run_file_open', { runId, fileIndex }),
  runFileShow: (runId, fileIndex) => call('run_file_show', { runId, fileIndex }),
  runFileLook: (runId, fileIndex) => call('run_file_look', { runId, fileIndex }),
  runFileBytes: (runId, fileIndex) => call('run_file_bytes', { runId, fileIndex }),
  runFilesFetch: (runId) => call('run_files_fetch', { runId }),
  runSaveAll: (runId, title, texts) => call('run_save_all', { runId, title, texts }),

  runSent: (runId) => call('run_sent', { runId }),
  runSentLook: (runId, index) => call('run_sent_look', { runId, index }),
  runSentBytes: (runId, index) => call('run_sent_bytes', { runId, index }),
  runSentOpen: (runId, index) => call('run_sent_open', { runId, index }),
  runSentShow: (runId, index) => call('run_sent_show', { runId, index }),
  runSentSave: (runId, index, title) => call('run_sent_save', { runId, index, title }),
  copies: () => call('copies'),
  copiesKeep: (appId, keep) => call('copies_keep', { appId, keep }),
  copiesDelete: (appId) => call('copies_delete', { appId }),
  keeping: () => call('keeping'),
  keepingSet: (appId, rule) => call('keeping_set', { appId, rule }),
  keepingPreview: (appId, rule) => call('keeping_preview', { appId, rule }),
  keepingSweep: () => call('keeping_sweep'),
  keepingDelete: (appId) => call('keeping_delete', { appId }),
  vacuum: () => call('vacuum'),
  backupMake: (title, preferences) => call('backup_make', { title, preferences }),
  backupRestore: (title, filter, any) => call('backup_restore', { title, filter, any }),
  backupCancel: () => call('backup_cancel'),
  restoreTake: (preferences) => call('restore_take', { preferences }),
  restoreDrop: () => call('restore_drop'),
  restoreUndo: (preferences) => call('restore_undo', { preferences }),
  restoredPreferences: () => call('restored_preferences'),
  restoreForget: () => call('restore_forget'),

  logState: (appId) => call('log_state', { appId }),
  logUpdate: (appId, asked) => call('log_update', { appId, asked }),
  logScope: (appId, scope) => call('log_scope', { appId, scope }),
  logFetchDetails: (appId) => call('log_fetch_details', { appId }),
  logStop: (appId) => call('log_stop', { appId }),
  logSearch: (search) => call('log_search', { search }),
  logSearchStop: () => call('log_search_stop'),
  runFetch: (runId) => call('run_fetch', { runId }),

  runPack: (runId, title) => call('run_pack', { runId, title }),
  runUnpack: (title, filterName) => call('run_unpack', { title, filterName }),
  runsHanded: () => call('runs_handed'),
  runReport: (runId, kind, parts, title, words) => call('run_report', { runId, kind, parts, title, words }),
  runReportBody: (runId, parts, words) => call('run_report_body', { runId, parts, words }),
  printPage: () => call('print_page'),
  runsExport: (wish, title, suggestedName) => call('runs_export', { export: wish, title, suggestedName }),
  exportStop: () => call('export_stop'),
  runVariables: (of) => call('run_variables', { of }),
  usage: (from, to, apps, whose) => call('usage', { from, to, apps, whose }),
  appFaces: () => call('app_faces'),

  playerNow: () => call('player_now'),
  playerSounds: (runId) => call('player_sounds', { runId }),
  playerWatch: (runId) => call('player_watch', { runId }),
  playerListen: (runId, text, whole) => call('player_listen', { runId, text, whole }),
  playerPlayFile: (runId, fileIndex) => call('player_play_file', { runId, fileIndex }),
  playerPlay: () => call('player_play'),
  playerPause: () => call('player_pause'),
  playerSeek: (seconds) => call('player_seek', { seconds }),
  playerSpeed: (speed) => call('player_speed', { speed }),
  playerVolume: (volume) => call('player_volume', { volume }),
  playerAutoplay: () => call('player_autoplay'),
  playerSetAutoplay: (autoplay) => call('player_set_autoplay', { autoplay }),
  playerStop: () => call('player_stop'),
  playerSave: (title, suggestedName) => call('player_save', { title, suggestedName }),

  linkOpen: (url) => call('link_open', { url }),
  pictureFetch: (appId, link) => call('picture_fetch', { appId, link }),
  startAgain: () => call('start_again'),
  about: () => call('about'),

  closeHeard: () => call('close_heard'),
  closeAnswer: (answer, words) => call('close_answer', { answer, words }),
  traySay: (words) => call('tray_say', { words }),
  notifyRun: (runId, title, body) => call('notify_run', { runId, title, body }),
};
