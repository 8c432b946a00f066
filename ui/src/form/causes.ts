/** Why a file cannot be sent as it is, and what is said of it: at its row, and in the list of what there is to do. Pure. */
import type { Field } from '../ipc/gen/Field';
import type { Issue } from '../ipc/gen/Issue';
import type { SizeLimits } from '../ipc/gen/SizeLimits';
import type { OfFile } from '../text/checks-en';
import type { Words } from '../text/en';
import { bytes } from '../text/format';
import { acceptedText, rulesOf } from './accepted';
import { labelOf } from './fields';

export type Cause = keyof Words['checks']['causes'];

const causes = {
  file_kind_refused: 'kind',
  file_too_large: 'too_large',
  too_many_files: 'too_many',
  file_empty: 'empty',
  file_missing: 'missing',
  file_unreadable: 'unreadable',
  file_locked: 'locked',
  file_twice: 'twice',
  file_type_mismatch: 'mismatch',
  file_forgotten: 'forgotten',
  link_not_http: 'not_link',
  link_refused: 'no_links',
  link_not_fetched: 'not_fetched',
  refused: 'refused',
} as const satisfies Partial<Record<Issue['code'], Cause>>;

export type FileIssue = Extract<Issue, { code: keyof typeof causes }>;

export const isOfFiles = (issue: Issue): issue is FileIssue => issue.code in causes;

/** A picture that is too large can be made smaller. */
export const causeOf = (issue: FileIssue): Cause => (issue.code === 'file_too_large' && issue.canShrink ? 'picture' : causes[issue.code]);

/** What stands at the file; `other` is the name of the one it is the same as. */
export function rowText(issue: FileIssue, t: Words, other = ''): string {
  const about: OfFile = {
    extension: issue.code === 'file_kind_refused' ? (issue.extension ?? '') : '',
    size: issue.code === 'file_too_large' ? bytes(issue.size, t) : '',
    limit: issue.code === 'file_too_large' ? bytes(issue.limit, t) : '',
    max: issue.code === 'too_many_files' ? issue.max : 0,
    other,
  };
  return t.checks.causes[causeOf(issue)].row(about);
}

/** What helps, of all files with the same cause. `limit` is the largest size or number that is accepted. */
export function helpText({ cause, field, limit, items }: { cause: Cause; field: Field; limit: number; items: unknown[] }, limits: SizeLimits, t: Words): string {
  const rules = rulesOf(field);
  return t.checks.causes[cause].help({ files: items.length, label: labelOf(field, t), accepts: rules ? acceptedText(rules, limits, t, 20, field.control.type === 'file_list') : '', limit: bytes(limit, t), max: limit });
}
