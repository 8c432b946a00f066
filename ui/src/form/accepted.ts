import type { Field } from '../ipc/gen/Field';
import type { FileKind } from '../ipc/gen/FileKind';
import type { FileRules } from '../ipc/gen/FileRules';
import type { SizeLimits } from '../ipc/gen/SizeLimits';
import type { Words } from '../text/en';
import { bytes, listOf } from '../text/format';

/** “Documents, up to 15 MB each”, “Documents up to 15 MB; images up to 10 MB”: what a field takes, in words; up to `most` other extensions by name; `many`: of several files. */
export function acceptedText(rules: FileRules, limits: SizeLimits, t: Words, most = 6, many = true): string {
  const any = rules.kinds.length === 0;
  const kinds: FileKind[] = any ? ['document', 'image', 'audio', 'video'] : rules.kinds;
  const byLimit = new Map<number, string[]>();
  for (const kind of [...kinds].sort((one, other) => Number(one === 'custom') - Number(other === 'custom'))) {
    const limit = kind === 'custom' ? limits.document : limits[kind];
    byLimit.set(limit, [...(byLimit.get(limit) ?? []), ...namesOf(kind, rules, t, most)]);
  }
  const parts = [...byLimit].map(([limit, names]): [string, string] => [listOf(names, t), bytes(limit, t)]);
  const [only] = parts;
  const text = parts.length === 1 && only ? t.form.kindsUpTo(any ? t.form.anyKind : only[0], only[1], many) : t.checks.kinds(parts.map(([names, limit]) => t.checks.kindsTo(names, limit)));
  const whole = any && parts.length > 1 ? t.checks.anyKind(text) : text;
  return whole.charAt(0).toLocaleUpperCase(t.locale) + whole.slice(1);
}

function namesOf(kind: FileKind, rules: FileRules, t: Words, most: number): string[] {
  if (kind !== 'custom') return [t.form.kinds[kind]];
  const few = rules.extensions.length > 0 && rules.extensions.length <= most;
  return few ? rules.extensions.map((extension) => extension.toUpperCase()) : [t.form.kinds.custom];
}

export function rulesOf(field: Field): FileRules | null {
  return field.control.type === 'file' || field.control.type === 'file_list' ? field.control.rules : null;
}
