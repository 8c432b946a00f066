import type { Field } from '../ipc/gen/Field';

/** Labels of the fields that are new; null when the form is the same. */
export function changedLabels(before: Field[], after: Field[]): string[] | null {
  if (JSON.stringify(before) === JSON.stringify(after)) return null;
  const known = new Set(before.map((field) => field.variable));
  return after.filter((field) => !known.has(field.variable)).map((field) => field.label);
}
