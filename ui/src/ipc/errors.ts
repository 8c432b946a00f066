/** What the page says and offers for each failure: one table, so that no view words an error on its own. */
import type { Words } from '../text/en';
import { bytes } from '../text/format';
import type { Failure } from './gen/Failure';
import type { FailureCode } from './gen/FailureCode';
import type { NetworkTrouble } from './gen/NetworkTrouble';
import type { Reason } from './gen/Reason';

/** The one thing to do about a failure; the view that shows it knows how. */
export type FailureAction =
  | 'retry'
  | 'fix_address'
  | 'use_address'
  | 'accept_plain_http'
  | 'enter_key'
  | 'open_app'
  | 'keep_session'
  | 'refresh'
  | 'none';

const actions: Record<FailureCode, FailureAction> = {
  address_invalid: 'fix_address',
  unreachable: 'retry',
  connect_timed_out: 'retry',
  timed_out: 'retry',
  went_silent: 'retry',
  upload_stalled: 'retry',
  proxy_unreachable: 'retry',
  proxy_login_needed: 'retry',
  proxy_login_refused: 'retry',
  proxy_refused: 'retry',
  plain_http: 'accept_plain_http',
  moved: 'use_address',
  certificate: 'retry',
  not_dify: 'fix_address',
  key_missing: 'enter_key',
  key_refused: 'enter_key',
  access_denied: 'retry',
  not_workflow_app: 'enter_key',
  not_published: 'retry',
  too_many_requests: 'retry',
  refused: 'retry',
  server_error: 'retry',
  not_understood: 'retry',
  already_connected: 'open_app',
  keychain_locked: 'keep_session',
  keychain_missing: 'keep_session',
  form_invalid: 'refresh',
  file_missing: 'none',
  file_unreadable: 'none',
  file_refused: 'none',
  file_too_large: 'none',
  inputs_too_large: 'none',
  cancelled: 'retry',
  disk_full: 'retry',
  disk_read_only: 'retry',
  store: 'retry',
  backup_broken: 'retry',
  backup_newer: 'none',
  backup_busy: 'retry',
  already_open: 'retry',
  store_locked: 'retry',
  store_opening: 'retry',
  store_held: 'retry',
  store_damaged: 'none',
  not_found: 'none',
  run_gone: 'none',
  no_run_details: 'none',
  run_file_invalid: 'none',
  run_file_newer: 'none',
  run_under_way: 'none',
  run_too_large: 'none',
  demo: 'retry',
  cannot_open: 'none',
  proxy_address_invalid: 'none',
  no_certificate: 'none',
  private_key: 'none',
  certificate_expired: 'none',
  user_invalid: 'none',
  workflow_id_invalid: 'none',
  internal: 'retry',
};

/** `none` where the same again ends the same: somebody else has to act, or the entries have to change. */
const actionsByReason: Record<Reason, FailureAction> = {
  name_unknown: 'retry',
  connection_refused: 'retry',
  connection_cut: 'retry',
  sign_in_page: 'retry',
  https_needed: 'fix_address',
  https_missing: 'fix_address',
  certificate_expired: 'retry',
  certificate_name: 'fix_address',
  function_missing: 'none',
  gateway_down: 'retry',
  gateway_timeout: 'retry',
  gateway_certificate: 'none',
  gateway_blocked: 'retry',
  gateway_limit: 'none',
  gateway_busy: 'retry',
  key_not_received: 'retry',
  knowledge_key: 'enter_key',
  app_removed: 'none',
  app_abnormal: 'none',
  api_disabled: 'retry',
  workspace_archived: 'none',
  starts_by_trigger: 'none',
  version_not_in_plan: 'none',
  version_missing: 'none',
  version_draft: 'none',
  version_malformed: 'none',
  workflow_broken: 'none',
  app_busy: 'retry',
  plan_used_up: 'none',
  model_not_set_up: 'none',
  model_quota: 'none',
  model_missing: 'none',
  model_key: 'none',
  model_busy: 'retry',
  model_down: 'retry',
  model_failed: 'retry',
  model_text_too_long: 'none',
  model_content: 'none',
  server_fault: 'retry',
  plugin_service: 'retry',
  code_service: 'retry',
  file_store: 'retry',
  workflow_failed: 'retry',
  code_failed: 'none',
  output_too_long: 'none',
  run_limit: 'none',
  stopped_elsewhere: 'none',
  entry_refused: 'none',
  request_garbled: 'retry',
  request_not_understood: 'none',
  answer_too_large: 'none',
  file_kind: 'none',
  file_type_mismatch: 'none',
  file_blocked: 'none',
  file_name: 'none',
  file_not_received: 'retry',
  file_forgotten: 'none',
  file_preview: 'none',
  too_many_files: 'none',
  link_not_fetched: 'none',
  speech_off: 'none',
  voice_off: 'none',
  voice_missing: 'none',
  audio_too_large: 'none',
  audio_kind: 'none',
  answer_invalid: 'none',
  answer_given: 'none',
  answer_too_late: 'none',
};

export interface FailureWords {
  title: string;
  text: string;
  action: FailureAction;
}

/** What the page says where the way to a server failed. */
export function troubleWords({ code, subject }: NetworkTrouble, t: Words): { title: string; text: string } {
  const about: Partial<Record<FailureCode, (subject: string) => string>> = t.failuresAbout;
  const { title, text } = t.failures[code];
  return { title, text: (subject === null ? undefined : about[code]?.(subject)) ?? text };
}

export function failureWords(failure: Failure, t: Words): FailureWords {
  const { code, reason, subject } = failure;
  const { title, text } = reason ? t.reasons[reason] : troubleWords(failure, t);
  const sentences = [withWhen(text, whenAgain(failure, t), t)];
  if (reason === 'app_busy' && subject) sentences.unshift(t.runsAtATime(Number(subject)));
  if (reason === 'gateway_limit' && subject) sentences.unshift(t.uploads.refusedFrom(bytes(Number(subject), t)));
  if (code === 'not_workflow_app' && subject) sentences.unshift(t.chatApp(subject));
  // What only the server can know is said in its own words.
  const quote = quoteOf(failure.detail);
  if (quote && (reason ? quotedReasons.has(reason) : quotedCodes.has(code))) {
    sentences.unshift(t.saidByServer(quote) + (/[.!?…。！？]$/.test(quote) ? '' : t.fullStop));
  }
  const action = reason ? actionsByReason[reason] : code === 'not_dify' && subject ? 'use_address' : code === 'moved' && !subject ? 'fix_address' : actions[code];
  return { title, text: sentences.filter(Boolean).join(t.betweenSentences), action };
}

const quotedCodes = new Set<FailureCode>(['refused', 'file_refused', 'access_denied']);
const quotedReasons = new Set<Reason>(['plan_used_up', 'model_failed', 'workflow_failed', 'entry_refused', 'file_kind', 'too_many_files', 'answer_invalid']);

/** How soon trying again makes sense: as the server says, else as such troubles usually last. */
export function whenAgain({ code, reason, wait }: Partial<Pick<Failure, 'code' | 'reason' | 'wait'>>, t: Words): string {
  if (wait) return t.wait(wait);
  const usual = reason ? usualWaits[reason] : code ? usualWaitsOfCodes[code] : undefined;
  return usual === 'minute' ? t.waitAMinute : usual === 'minutes' ? t.waitMinutes : '';
}

/** Puts it where the text has a place for it, else behind. */
export function withWhen(text: string, when: string, t: Words): string {
  const parts = text.includes('{when}') ? text.split('{when}').map((part) => part.trim()) : [text, ''];
  return [parts[0], when, parts[1]].filter(Boolean).join(t.betweenSentences);
}

/** Of a run that failed: what it is worth to do with it next. Null where somebody else has to act first. */
export function worthDoing(reason: Reason | null): 'again' | 'edit' | null {
  if (!reason || actionsByReason[reason] === 'retry') return 'again';
  return ofEntries.has(reason) ? 'edit' : null;
}

const ofEntries = new Set<Reason>([
  'model_text_too_long', 'model_content', 'code_failed', 'output_too_long', 'run_limit', 'entry_refused', 'answer_too_large', 'file_kind', 'file_type_mismatch', 'file_forgotten', 'too_many_files', 'link_not_fetched',
]);

const usualWaitsOfCodes: Partial<Record<FailureCode, 'minute' | 'minutes'>> = { timed_out: 'minute', went_silent: 'minute', upload_stalled: 'minute', too_many_requests: 'minute', server_error: 'minutes' };
const usualWaits: Partial<Record<Reason, 'minute' | 'minutes'>> = {
  connection_refused: 'minutes',
  gateway_down: 'minutes',
  gateway_timeout: 'minutes',
  gateway_busy: 'minute',
  model_busy: 'minute',
  model_down: 'minutes',
  plugin_service: 'minutes',
  server_fault: 'minute',
};

/** What a refused start means for the user's work: some refusals may come after a part of the workflow ran. */
export function meansForWork({ reason }: Failure, t: Words): string {
  const late = reason === 'workflow_failed' || reason === 'server_fault' || reason?.startsWith('model_');
  return late ? t.form.entriesKept : t.form.notStarted;
}

/** Which entry of the connect form a failure is about. */
export function blamed(failure: Failure | null): 'address' | 'key' | null {
  if (!failure) return null;
  const { code, reason } = failure;
  if (reason && guiltless.has(reason)) return null;
  if (['address_invalid', 'unreachable', 'not_dify', 'connect_timed_out', 'timed_out', 'certificate', 'moved'].includes(code)) return 'address';
  return ['key_missing', 'key_refused', 'not_workflow_app', 'access_denied'].includes(code) ? 'key' : null;
}

/** What stands between this computer and the server is to blame. */
const guiltless = new Set<Reason>(['connection_cut', 'sign_in_page', 'gateway_timeout', 'gateway_blocked', 'key_not_received']);

/** The line of a server's words that is worth reading in a sentence: of a program's traceback the last one. */
export function quoteOf(said: string | null | undefined): string {
  const lines = (said ?? '').split('\n').map((line) => line.trim()).filter(Boolean);
  const told = (lines[0]?.startsWith('Traceback') ? lines.at(-1) : lines[0]) ?? '';
  return told.length > 300 ? `${told.slice(0, 300).trimEnd()}…` : told;
}

/** What the network settings may mend. */
export const networkFailures = new Set<FailureCode>(['unreachable', 'connect_timed_out', 'certificate', 'proxy_unreachable', 'proxy_login_needed', 'proxy_login_refused', 'proxy_refused']);

/** The folded lines for support. */
export function failureDetails(failure: Failure): string {
  const { code, reason, message, detail, raw } = failure;
  const more = detail && !message.includes(detail) ? detail : null;
  return [reason ? `${code}: ${reason}` : code, message, more, raw, ...failure.problems.map(({ server }) => server)].filter(Boolean).join('\n');
}

function isFailure(thrown: unknown): thrown is Failure {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string' && thrown.code in actions;
}

/** Whatever was thrown, as a `Failure`: a bug of the page must not look like silence. */
export function asFailure(thrown: unknown): Failure {
  if (isFailure(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : JSON.stringify(thrown);
  return { code: 'internal', message, detail: null, raw: null, subject: null, reason: null, wait: null, problems: [] };
}
