/** What the form shows where. */
import type { Field } from '../ipc/gen/Field';

/** Hidden fields, and optional ones that would be fine untouched, stand under “More options”. */
export function isUnderMore(field: Field): boolean {
  if (field.hidden) return true;
  if (field.required || field.control.type === 'checkbox') return false;
  return 'default' in field.control && Boolean(field.control.default);
}

export function takesFiles(field: Field): boolean {
  return field.control.type === 'file' || field.control.type === 'file_list';
}
