import type { Field } from '../ipc/gen/Field';
import type { FileKind } from '../ipc/gen/FileKind';
import type { FileRules } from '../ipc/gen/FileRules';
import type { SizeLimits } from '../ipc/gen/SizeLimits';
import type { Words } from '../text/en';
import { bytes, listOf } from '../text/format';

/** “Documents and images, up to 15 MB each”: what a field takes, in words. */
export function acceptedText(rules: FileRules, limits: SizeLimits, t: Words): string {
  const kinds: FileKind[] = rules.kinds.length > 0 ? rules.kinds : ['document', 'image', 'audio', 'video'];
  const names = rules.kinds.length === 0 ? [t.form.anyKind] : kinds.filter((kind) => kind !== 'custom').map((kind): string => t.form.kinds[kind]);
  if (rules.kinds.includes('custom')) names.push(...(rules.extensions.length > 0 && rules.extensions.length <= 6 ? rules.extensions.map((extension) => extension.toUpperCase()) : [t.form.kinds.custom]));
  const limit = Math.min(...kinds.map((kind) => (kind === 'custom' ? limits.document : limits[kind])));
  const text = t.form.kindsUpTo(listOf(names, t), bytes(limit, t));
  return text.charAt(0).toLocaleUpperCase(t.locale) + text.slice(1);
}

export function rulesOf(field: Field): FileRules | null {
  return field.control.type === 'file' || field.control.type === 'file_list' ? field.control.rules : null;
}
