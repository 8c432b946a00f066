/** What the form shows where. */
import type { Field } from '../ipc/gen/Field';
import type { Words } from '../text/en';

/** Hidden fields, and optional ones that would be fine untouched, stand under “More options”. */
export function isUnderMore(field: Field): boolean {
  if (field.hidden) return true;
  if (field.required || field.control.type === 'checkbox') return false;
  return 'default' in field.control && Boolean(field.control.default);
}

export function takesFiles(field: Field): boolean {
  return field.control.type === 'file' || field.control.type === 'file_list';
}

/** What a field or an input of a run is called. The app-wide list of files has no name of its own at the server. */
export function labelOf(field: { variable: string; label: string }, t: Words): string {
  return field.variable === 'sys.files' ? t.form.appFiles : field.label;
}
