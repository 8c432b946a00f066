/** What the page says and offers for each failure: one table, so that no view words an error on its own. */
import type { Words } from '../text/en';
import type { Failure } from './gen/Failure';
import type { FailureCode } from './gen/FailureCode';
import type { NetworkTrouble } from './gen/NetworkTrouble';

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
  already_open: 'retry',
  not_found: 'none',
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
  const { title, text } = troubleWords(failure, t);
  const action = failure.code === 'not_dify' && failure.subject ? 'use_address' : failure.code === 'moved' && !failure.subject ? 'fix_address' : actions[failure.code];
  if (failure.code === 'too_many_requests' && failure.subject && Number(failure.subject) > 0) {
    return { title, text: t.waitSeconds(Number(failure.subject)), action };
  }
  if (failure.code === 'not_workflow_app' && failure.subject) {
    return { title, text: `${t.chatApp(failure.subject)} ${text}`, action };
  }
  // What only the server can know is said in its own words.
  if (quoted.has(failure.code) && failure.detail && failure.detail.length <= 300) {
    return { title, text: t.saidByServer(failure.detail), action };
  }
  return { title, text, action };
}

/** What the network settings may mend. */
export const networkFailures = new Set<FailureCode>(['unreachable', 'connect_timed_out', 'certificate', 'proxy_unreachable', 'proxy_login_needed', 'proxy_login_refused', 'proxy_refused']);

const quoted = new Set<FailureCode>(['refused', 'file_refused', 'access_denied']);

/** The folded lines for support. */
export function failureDetails(failure: Failure): string {
  return [failure.code, failure.message, failure.detail].filter(Boolean).join('\n');
}

function isFailure(thrown: unknown): thrown is Failure {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string' && thrown.code in actions;
}

/** Whatever was thrown, as a `Failure`: a bug of the page must not look like silence. */
export function asFailure(thrown: unknown): Failure {
  if (isFailure(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : JSON.stringify(thrown);
  return { code: 'internal', message, detail: null, subject: null, problems: [] };
}
