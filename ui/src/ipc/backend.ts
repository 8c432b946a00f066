/**
 * The whole surface between the page and Rust. `tauri.ts` is the real one, `fake.ts` the one that
 * unit tests and a plain browser use. Every method rejects with a `Failure`.
 */
import type { About } from './gen/About';
import type { App } from './gen/App';
import type { AppEvent } from './gen/AppEvent';
import type { AppId } from './gen/AppId';
import type { Away } from './gen/Away';
import type { BackupFacts } from './gen/BackupFacts';
import type { Copies } from './gen/Copies';
import type { Counts } from './gen/Counts';
import type { AppFace } from './gen/AppFace';
import type { AppVariables } from './gen/AppVariables';
import type { Export } from './gen/Export';
import type { ExportOf } from './gen/ExportOf';
import type { Exported } from './gen/Exported';
import type { ReportKind } from './gen/ReportKind';
import type { ReportParts } from './gen/ReportParts';
import type { ReportWords } from './gen/ReportWords';
import type { Unpacked } from './gen/Unpacked';
import type { UnpackOutcome } from './gen/UnpackOutcome';
import type { Usage } from './gen/Usage';
import type { Whose } from './gen/Whose';
import type { CloseAnswer } from './gen/CloseAnswer';
import type { Completion } from './gen/Completion';
import type { ConnectionOptions } from './gen/ConnectionOptions';
import type { Deleted } from './gen/Deleted';
import type { Draft } from './gen/Draft';
import type { Entry } from './gen/Entry';
import type { Filled } from './gen/Filled';
import type { Fitted } from './gen/Fitted';
import type { Form } from './gen/Form';
import type { FoundPage } from './gen/FoundPage';
import type { FileLook } from './gen/FileLook';
import type { FormChanges } from './gen/FormChanges';
import type { Hit } from './gen/Hit';
import type { KeepKey } from './gen/KeepKey';
import type { Keeping } from './gen/Keeping';
import type { KeepRule } from './gen/KeepRule';
import type { Swept } from './gen/Swept';
import type { Vacuumed } from './gen/Vacuumed';
import type { LogScope } from './gen/LogScope';
import type { LogState } from './gen/LogState';
import type { ManualProxy } from './gen/ManualProxy';
import type { NetworkSettings } from './gen/NetworkSettings';
import type { NamedText } from './gen/NamedText';
import type { Offline } from './gen/Offline';
import type { Player } from './gen/Player';
import type { Prepared } from './gen/Prepared';
import type { PreparedId } from './gen/PreparedId';
import type { Preferences } from './gen/Preferences';
import type { Preset } from './gen/Preset';
import type { PresetId } from './gen/PresetId';
import type { Problem } from './gen/Problem';
import type { ProxyChoice } from './gen/ProxyChoice';
import type { Question } from './gen/Question';
import type { Remarks } from './gen/Remarks';
import type { RemarksChange } from './gen/RemarksChange';
import type { Run } from './gen/Run';
import type { RunHead } from './gen/RunHead';
import type { RunId } from './gen/RunId';
import type { RunPage } from './gen/RunPage';
import type { SavedAll } from './gen/SavedAll';
import type { Search } from './gen/Search';
import type { ServerFound } from './gen/ServerFound';
import type { SentFile } from './gen/SentFile';
import type { SentLook } from './gen/SentLook';
import type { SavedPreset } from './gen/SavedPreset';
import type { Sound } from './gen/Sound';
import type { Issue } from './gen/Issue';
import type { StagedFolder } from './gen/StagedFolder';
import type { FolderContents } from './gen/FolderContents';
import type { FolderId } from './gen/FolderId';
import type { Pasted } from './gen/Pasted';
import type { PastedNames } from './gen/PastedNames';
import type { Fetched } from './gen/Fetched';
import type { StagedFile } from './gen/StagedFile';
import type { StagedId } from './gen/StagedId';
import type { TrayWords } from './gen/TrayWords';
import type { Usual } from './gen/Usual';

export type Entries = { [variable: string]: Entry };

export interface Backend {
  /** Registers the page's one channel. Resolves when Rust will send to it. */
  subscribe(onEvent: (event: AppEvent) => void): Promise<void>;

  /** Connected apps in the order they were added, from the local store alone. */
  appList(): Promise<App[]>;
  /**
   * Checks address and key with the server, then stores both. `ConnectStage` events tell how far it is.
   * `plainHttp` is the address, as a `plain_http` failure named it, that the user agreed to use unencrypted.
   */
  appConnect(baseUrl: string, key: string, keepKey: KeepKey, plainHttp: string | null): Promise<App>;
  /** Breaks off an `appConnect` that is still asking the server; it then rejects with `cancelled`. */
  appConnectCancel(): Promise<void>;
  /** Starts the built-in server and adds its apps. No account, nothing leaves the computer. */
  appConnectDemo(): Promise<App[]>;
  /** Reads branding and form anew; the answer also comes as `AppChanged`. */
  appRefresh(appId: AppId): Promise<App>;
  appReplaceKey(appId: AppId, key: string, keepKey: KeepKey, plainHttp: string | null): Promise<App>;
  appRemoveKey(appId: AppId): Promise<App>;
  /** Removes the app and its key. Its past runs stay. */
  appRemove(appId: AppId): Promise<void>;
  /** What the app is called here; an empty name gives it the server's again. */
  appRename(appId: AppId, name: string): Promise<App>;
  /** Another `user` for all later requests of this connection. */
  appSetUser(appId: AppId, user: string): Promise<App>;
  /** How this app's runs are asked for. */
  appSetOptions(appId: AppId, options: ConnectionOptions): Promise<App>;

  /** How requests leave this computer; what is set holds from the next request on. */
  networkSettings(): Promise<NetworkSettings>;
  networkSetProxy(proxy: ProxyChoice, manual: ManualProxy): Promise<NetworkSettings>;
  /** The manual proxy's password goes in and never comes back; an empty one is forgotten. */
  networkSetPassword(password: string): Promise<NetworkSettings>;
  /** Opens the system's file dialog; null when it was cancelled. */
  networkAddCertificates(title: string, filterName: string, anyName: string): Promise<NetworkSettings | null>;
  networkRemoveCertificates(): Promise<NetworkSettings>;

  /** Everything that would have to be fixed before a run; the rules live in Rust only. */
  formCheck(appId: AppId, entries: Entries): Promise<Problem[]>;
  /** Puts entries made for one form into another; `changes` is what is still shown of earlier ones. */
  formRefit(before: Form, now: Form, entries: Entries, changes: FormChanges): Promise<Fitted>;

  /** The form as it was left, fitted to the form of now; null when nothing was entered yet. */
  draftRead(appId: AppId): Promise<Filled | null>;
  /** A save with a lower revision than one before it changes nothing. */
  draftSave(appId: AppId, draft: Draft): Promise<void>;

  /** What was entered for a run's question so far, with its files; null when nothing was, or it is settled. */
  answerDraftRead(runId: RunId, place: number): Promise<Filled | null>;
  /** A save that comes late, after a newer one or once the question is settled, changes nothing. */
  answerDraftSave(runId: RunId, place: number, entries: Entries, revision: number): Promise<void>;

  /** Inputs saved under a name. */
  presetList(appId: AppId): Promise<Preset[]>;
  /** Other saved inputs of this name, whatever its case and blanks; `except` is the one that is to get it. */
  presetNamed(appId: AppId, name: string, except: PresetId | null): Promise<Preset | null>;
  /** Takes the place of those that have the name. */
  presetSave(appId: AppId, name: string, entries: Entries, form: Form): Promise<SavedPreset>;
  presetRename(presetId: PresetId, name: string): Promise<void>;
  presetRemove(presetId: PresetId): Promise<void>;
  /** Brings removed ones back, until the program ends. */
  presetRestore(presetId: PresetId): Promise<Preset>;
  presetApply(presetId: PresetId): Promise<Filled>;

  /**
   * Opens the system's file dialog; an empty list when it was cancelled.
   * `filterName` names the filter of the accepted kinds, `anyName` the one for all files.
   */
  fileChoose(appId: AppId, variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]>;
  /** Looks at files that were taken in, and writes them down: until then only their names are known. */
  fileLook(fileIds: StagedId[]): Promise<StagedFile[]>;
  /** For each file what keeps a field from taking it. */
  fileFits(appId: AppId, variable: string, fileIds: StagedId[]): Promise<(Issue | null)[]>;
  questionFits(runId: RunId, place: number, variable: string, fileIds: StagedId[]): Promise<(Issue | null)[]>;
  /** Opens the system's dialog for a folder; null when it was cancelled. */
  folderChoose(appId: AppId, title: string): Promise<StagedFolder | null>;
  /** Walks a folder and takes its files in. How far it is comes as `FolderChanged`. */
  folderRead(folderId: FolderId): Promise<FolderContents>;
  /** Forgets a folder; `folderRead` then rejects with `cancelled`. */
  folderForget(folderId: FolderId): Promise<void>;
  /** Takes in what is on the clipboard. Pictures, tables and texts become files of these names. */
  paste(names: PastedNames): Promise<Pasted>;
  /** Fetches what a link leads to, without key or cookies, and takes it in. */
  linkFetch(appId: AppId, link: string): Promise<Fetched>;
  linkStop(link: string): Promise<void>;
  /** Sends a staged file to the app's server. Progress comes as `FileChanged`. */
  fileUpload(appId: AppId, fileId: StagedId): Promise<StagedFile>;
  /** A copy of a picture, small enough for this app's server, with the same name. The original stays as it is. */
  fileShrink(appId: AppId, fileId: StagedId): Promise<StagedFile>;
  /** Tries an interrupted upload at once. */
  fileSendNow(fileId: StagedId): Promise<void>;
  /** Forgets a staged file, and breaks off its upload. */
  fileForget(fileIds: StagedId[]): Promise<void>;

  /** Checks the form, waits for its uploads and starts a run. Rejects with `form_invalid` and its problems. */
  runStart(appId: AppId, entries: Entries): Promise<RunId>;
  runStop(runId: RunId): Promise<void>;
  /** Stops the run of this app that is just being started: `runStart` then rejects with `cancelled`, or gives a run that is being stopped. */
  runStopStarting(appId: AppId): Promise<void>;
  /** The whole run from the local store, live or past. Later changes come as `RunChanged`. */
  runOpen(runId: RunId): Promise<Run>;
  /** How long runs like this one usually take, from past ones. */
  runUsual(runId: RunId): Promise<Usual>;
  /** Newest first; `before` is the `next` of the page before. `appId` null = all apps. */
  runList(appId: AppId | null, before: RunId | null, limit: number): Promise<RunPage>;
  /** What of the history meets a search, newest first; `after` is the `next` of the page before. */
  historyFind(search: Search, after: string | null, limit: number): Promise<FoundPage>;
  /** The same from the other end: the oldest, newest first; `before` is the `next` of such a page. */
  historyLast(search: Search, before: string | null, limit: number): Promise<FoundPage>;
  historyCounts(search: Search): Promise<Counts>;
  /** Other words to search for where nothing was found, the likeliest first; each finds something. */
  historyNearby(search: Search): Promise<string[]>;
  /** What the field word at the caret can go on with; places in UTF-16 units. */
  historyComplete(text: string, caret: number): Promise<Completion[]>;
  /** Where a run holds what is looked for, from its inputs to its end. */
  runHits(runId: RunId, text: string): Promise<Hit[]>;
  /** Runs that are not over, of all apps. */
  runUnfinished(): Promise<RunHead[]>;
  /** What the form held for a past run. */
  runRefill(runId: RunId): Promise<Filled>;
  /** The newest run of the app with these inputs, unless it surely did nothing. */
  runAlike(appId: AppId, entries: Entries): Promise<RunHead | null>;
  /** Asks the server once more how an `unknown` or `out_of_contact` run ended. False: it had nothing new to say. */
  runCheckAgain(runId: RunId): Promise<boolean>;

  /** What the user said of a run: name, note, star, whether it was reviewed, tags. */
  runRemarks(runId: RunId): Promise<Remarks>;
  /** Changes remarks on many runs at once; null and empty lists change nothing. `HistoryChanged` follows. */
  runsRemark(runIds: RunId[], change: RemarksChange): Promise<void>;
  /** All tags with the number of runs that have them, in the order of the alphabet. */
  tags(): Promise<[string, number][]>;
  /** Hides runs at once; they are gone for good about 15 s later. Those that still go on stay, and are named. */
  runsDelete(runIds: RunId[]): Promise<Deleted>;
  /** Brings deleted runs back. Rejects with `not_found` when one of them is gone for good. */
  runsUndelete(runIds: RunId[]): Promise<void>;

  /** Since when no server can be reached; null: some can, or nobody has asked yet. Changes come as `OfflineChanged`. */
  offline(): Promise<Offline | null>;
  /** The apps whose servers cannot be reached. */
  away(): Promise<Away[]>;
  /** Asks the servers once whether they are there; what changed comes as `OfflineChanged`. */
  offlineCheck(): Promise<void>;
  /** Checks the form and keeps the run ready; it is sent only by `preparedSend`. Rejects with `form_invalid`. */
  runPrepare(appId: AppId, entries: Entries): Promise<PreparedId>;
  /** Runs that are kept ready, of all apps, the oldest first. Changes come as `PreparedChanged`. */
  preparedList(): Promise<Prepared[]>;
  /** Starts it like `runStart`, once; what is refused stays ready. `form_invalid`: it has to be opened first. */
  preparedSend(preparedId: PreparedId): Promise<RunId>;
  /** What fills its form again; it stays ready. */
  preparedOpen(preparedId: PreparedId): Promise<Filled>;
  preparedRemove(preparedId: PreparedId): Promise<void>;
  /** Brings a removed one back, until the program ends. */
  preparedRestore(preparedId: PreparedId): Promise<void>;

  /** The fields of a run's question, from the local store; `place` is its place in `Run.questions`. */
  questionForm(runId: RunId, place: number): Promise<Form>;
  /** Asks the server for an open question as it is now; what changed also comes as `RunChanged`. */
  questionRead(runId: RunId, place: number): Promise<Question>;
  questionCheck(runId: RunId, place: number, entries: Entries): Promise<Problem[]>;
  /** Waits for the answer's uploads and sends it, once. Rejects with `form_invalid` and its problems, or with what kept it from being taken. */
  questionAnswer(runId: RunId, place: number, entries: Entries, action: string): Promise<void>;
  /** Gives up an answer that still waits for its uploads: `questionAnswer` then rejects with `cancelled`. */
  questionStopAnswering(runId: RunId, place: number): Promise<void>;
  /** Like `fileChoose`, for a file field of a question. */
  questionChoose(runId: RunId, place: number, variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]>;

  /** Asks where to, then writes text there. False when the dialog was cancelled. */
  runSaveText(title: string, suggestedName: string, text: string): Promise<boolean>;
  /** Asks where to, then copies the result file there. False when the dialog was cancelled. */
  runFileSave(runId: RunId, fileIndex: number, title: string): Promise<boolean>;
  /** Opens the stored result file in the system's program for it. */
  runFileOpen(runId: RunId, fileIndex: number): Promise<void>;
  runFileShow(runId: RunId, fileIndex: number): Promise<void>;
  /** What a stored result file is, by its first bytes, with the beginning of its text. */
  runFileLook(runId: RunId, fileIndex: number): Promise<FileLook>;
  /** The bytes of a stored result file that can be shown. */
  runFileBytes(runId: RunId, fileIndex: number): Promise<ArrayBuffer>;
  /** Fetches once more what is missing of the run's files; what becomes of it comes as `RunChanged`. */
  runFilesFetch(runId: RunId): Promise<void>;
  /** Asks for a folder and puts the texts and every stored result file there. Null when the dialog was cancelled. */
  runSaveAll(runId: RunId, title: string, texts: NamedText[]): Promise<SavedAll | null>;

  /** What a run was given, with where it can be read now. Changes come as `SentChanged`. */
  runSent(runId: RunId): Promise<SentFile[]>;
  /** What a document that a run was given is, and what it says. */
  runSentLook(runId: RunId, index: number): Promise<SentLook>;
  runSentBytes(runId: RunId, index: number): Promise<ArrayBuffer>;
  runSentOpen(runId: RunId, index: number): Promise<void>;
  runSentShow(runId: RunId, index: number): Promise<void>;
  /** Asks where to, then copies the document there. False when the dialog was cancelled. */
  runSentSave(runId: RunId, index: number, title: string): Promise<boolean>;
  /** What is kept of documents that were sent, and whether. */
  copies(): Promise<Copies>;
  /** Without an app: for all that have no choice of their own. Without a choice: as for all. */
  copiesKeep(appId: AppId | null, keep: boolean | null): Promise<Copies>;
  /** Deletes the copies of an app's runs, or all; the runs stay. */
  copiesDelete(appId: AppId | null): Promise<Copies>;

  /** How far the server's log of an app's runs is known; changes come as `LogChanged`. */
  logState(appId: AppId): Promise<LogState>;
  /** Reads what is new in it, or in those of all apps (null), in the background. Unasked, only what was not read a moment ago. */
  logUpdate(appId: AppId | null, asked: boolean): Promise<void>;
  /** Whose runs of it are shown. Back to the own ones, those of others go, but for those the user said something of. */
  logScope(appId: AppId, scope: LogScope): Promise<LogState>;
  /** Fetches the details of all runs that have none, in the background. */
  logFetchDetails(appId: AppId): Promise<void>;
  /** Breaks off what is being read and fetched; it goes on where it was the next time. */
  logStop(appId: AppId): Promise<void>;
  /** Looks for the words in the servers' logs, and gives what is not found here anyway. One search at a time: another one ends it. */
  logSearch(search: Search): Promise<ServerFound>;
  /** Ends the search on the servers, which then gives what it has. */
  logSearchStop(): Promise<void>;
  /** The run with its details, which are asked for where only the log tells of it. */
  runFetch(runId: RunId): Promise<Run>;

  /** How much is kept, for how long, and its backups. Counted now. */
  keeping(): Promise<Keeping>;
  /** Without an app: for all that have no rule of their own. Without a rule: as for all, or for ever. */
  keepingSet(appId: AppId | null, rule: KeepRule | null): Promise<Keeping>;
  /** How many runs that rule would let go now. */
  keepingPreview(appId: AppId | null, rule: KeepRule | null): Promise<Swept>;
  /** Applies the rules now. */
  keepingSweep(): Promise<Swept>;
  /** Deletes all runs of an app that are over; how many those were. */
  keepingDelete(appId: AppId): Promise<number>;
  /** Gives unused room in the local data back to the disk. */
  vacuum(): Promise<Vacuumed>;
  /** Asks where to, then makes a backup and checks it; the page's preferences go into it. Null when the dialog was cancelled. */
  backupMake(title: string, preferences: Preferences): Promise<BackupFacts | null>;
  /** Asks which one, then reads it as a whole; nothing changes before `restoreTake`. Null when the dialog was cancelled. */
  backupRestore(title: string, filter: string, any: string): Promise<BackupFacts | null>;
  backupCancel(): Promise<void>;
  /** The next start has the state of the backup that was read; the page's preferences of now go aside with the rest. */
  restoreTake(preferences: Preferences): Promise<void>;
  restoreDrop(): Promise<void>;
  /** The next start has the state from before the last restore. */
  restoreUndo(preferences: Preferences): Promise<void>;
  /** What a restored state has set in the page, told once; empty where there is none. */
  restoredPreferences(): Promise<Preferences>;
  /** The state from before the last restore goes for good. */
  restoreForget(): Promise<void>;

  /** Asks where to, then writes the run as a file that opens in another Flowdeck. False when the dialog was cancelled. */
  runPack(runId: RunId, title: string): Promise<boolean>;
  /** Asks for the file of a run and takes it in. Null when the dialog was cancelled. */
  runUnpack(title: string, filterName: string): Promise<Unpacked | null>;
  /** Takes in the files that the program was started with, or another start of it; each is told once. */
  runsHanded(): Promise<UnpackOutcome[]>;
  /** Asks where to, then writes a report of the run. False when the dialog was cancelled. */
  runReport(runId: RunId, kind: ReportKind, parts: ReportParts, title: string, words: ReportWords): Promise<boolean>;
  /** The report as a piece of a page, to be printed. */
  runReportBody(runId: RunId, parts: ReportParts, words: ReportWords): Promise<string>;
  /** The system's dialog for printing what the page shows. */
  printPage(): Promise<void>;
  /** Asks where to, then writes runs as a table. How far it is comes as `ExportChanged`. Null when the dialog was cancelled; rejects with `cancelled` when it was stopped. */
  runsExport(wish: Export, title: string, suggestedName: string): Promise<Exported | null>;
  exportStop(): Promise<void>;
  /** What the runs that would go out hold that can be a column, by app. */
  runVariables(of: ExportOf): Promise<AppVariables[]>;
  /** Runs, time, tokens and cost by week. Null: from the first run on, and to now. No apps: all. */
  usage(from: number | null, to: number | null, apps: AppId[], whose: Whose): Promise<Usage>;
  /** How apps are shown that are not connected, and whose runs are here. */
  appFaces(): Promise<AppFace[]>;

  /** The player as it stands; later changes come as `PlayerChanged`. */
  playerNow(): Promise<Player | null>;
  /** What is kept of a run and can be heard offline. */
  playerSounds(runId: RunId): Promise<Sound[]>;
  /** The run on screen: the one that may begin to speak by itself. */
  playerWatch(runId: RunId | null): Promise<void>;
  /** Plays what the run has said, or has `text` (Markdown) read aloud; `whole`: the text is what the run's own speech says. */
  playerListen(runId: RunId, text: string, whole: boolean): Promise<void>;
  /** Plays a stored result file. */
  playerPlayFile(runId: RunId, fileIndex: number): Promise<void>;
  playerPlay(): Promise<void>;
  playerPause(): Promise<void>;
  /** In seconds, as far as the sound is there. */
  playerSeek(seconds: number): Promise<void>;
  playerSpeed(speed: number): Promise<void>;
  /** 0 to 1. */
  playerVolume(volume: number): Promise<void>;
  /** Whether a run that is looked at is heard as it speaks, unasked. */
  playerAutoplay(): Promise<boolean>;
  playerSetAutoplay(autoplay: boolean): Promise<void>;
  /** Puts the player away; the run does not begin to speak again by itself. */
  playerStop(): Promise<void>;
  /** Asks where to, then copies what is played there. False when the dialog was cancelled. */
  playerSave(title: string, suggestedName: string): Promise<boolean>;

  /** Opens an http(s) address in the system's browser; other schemes are refused. */
  linkOpen(url: string): Promise<void>;
  /** A picture of the web that a result of this app names, as a data URL; only after the user asked for it. */
  pictureFetch(appId: AppId, link: string): Promise<string>;
  /** Ends the program and starts it anew: the local store is opened only then. */
  startAgain(): Promise<void>;
  about(): Promise<About>;

  /** The question of `close_asked` was taken up; where it is not, a second close request ends the program. */
  closeHeard(): Promise<void>;
  /** Resolves when the window is hidden, or never, because the program has ended. */
  closeAnswer(answer: CloseAnswer, words: TrayWords): Promise<void>;
  /** New words for the tray's menu, while it is there. */
  traySay(words: TrayWords): Promise<void>;
  /** Shows a notification unless the window is in front; a click comes back as `open_run`. */
  notifyRun(runId: RunId | null, title: string, body: string): Promise<void>;
}
