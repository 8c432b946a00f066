/** Whose job it is to do something about a run that went wrong. Pure. */
import type { FailureCode } from '../ipc/gen/FailureCode';
import type { Reason } from '../ipc/gen/Reason';
import type { RunError } from '../ipc/gen/RunError';

/** `wait`: nobody's; it passes. */
export type Who = 'you' | 'author' | 'admin' | 'it' | 'wait';

const byReason: Record<Reason, Who> = {
  name_unknown: 'you', connection_cut: 'you', sign_in_page: 'you', https_needed: 'you', knowledge_key: 'you', version_missing: 'you', version_malformed: 'you',
  model_text_too_long: 'you', model_content: 'you', output_too_long: 'you', run_limit: 'you', entry_refused: 'you', file_kind: 'you', file_type_mismatch: 'you', file_blocked: 'you', file_name: 'you',
  file_forgotten: 'you', file_preview: 'you', too_many_files: 'you', link_not_fetched: 'you', audio_too_large: 'you', audio_kind: 'you', answer_invalid: 'you', answer_given: 'you', answer_too_late: 'you',
  app_removed: 'author', api_disabled: 'author', starts_by_trigger: 'author', version_draft: 'author', workflow_broken: 'author', model_missing: 'author', model_failed: 'author', workflow_failed: 'author',
  code_failed: 'author', answer_too_large: 'author', speech_off: 'author', voice_off: 'author', voice_missing: 'author',
  https_missing: 'admin', certificate_expired: 'admin', certificate_name: 'admin', function_missing: 'admin', gateway_certificate: 'admin', gateway_limit: 'admin', app_abnormal: 'admin', workspace_archived: 'admin',
  version_not_in_plan: 'admin', plan_used_up: 'admin', model_not_set_up: 'admin', model_quota: 'admin', model_key: 'admin', code_service: 'admin', file_store: 'admin', request_not_understood: 'admin', stopped_elsewhere: 'admin',
  gateway_blocked: 'it', key_not_received: 'it', request_garbled: 'it', file_not_received: 'it',
  connection_refused: 'wait', gateway_down: 'wait', gateway_timeout: 'wait', gateway_busy: 'wait', app_busy: 'wait', model_busy: 'wait', model_down: 'wait', server_fault: 'wait', plugin_service: 'wait',
};

const byTrouble: Partial<Record<FailureCode, Who>> = {
  unreachable: 'you', connect_timed_out: 'you', not_dify: 'you', moved: 'you', proxy_login_needed: 'you', proxy_login_refused: 'you', key_refused: 'you', key_missing: 'you',
  proxy_unreachable: 'it', proxy_refused: 'it', certificate: 'admin', timed_out: 'wait', went_silent: 'wait', server_error: 'wait', too_many_requests: 'wait',
};

/** Null where nobody can say, or nothing is wrong. */
export function whose({ cause, reason, network }: Pick<RunError, 'cause' | 'reason' | 'network'>): Who | null {
  if (reason) return byReason[reason];
  if (network && byTrouble[network.code]) return byTrouble[network.code] ?? null;
  return ({ workflow: 'author', refused: 'you', not_reached: 'you', not_understood: 'it' } as Partial<Record<typeof cause, Who>>)[cause] ?? null;
}
