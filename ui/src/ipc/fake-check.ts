/** The form's rules, as far as the page's tests need them; the real ones are Rust's (`model::check`). */
import type { Entries } from './backend';
import type { Field } from './gen/Field';
import type { Form } from './gen/Form';
import type { Problem } from './gen/Problem';
import type { StagedFile } from './gen/StagedFile';

export function check(form: Form, entries: Entries, staged: Map<string, StagedFile>): Problem[] {
  const problems: Problem[] = [];
  for (const field of form.fields) {
    const add = (issue: Problem['issue'], fileIndex: number | null = null) => problems.push({ variable: field.variable, fileIndex, issue, server: null, warning: false });
    const text = textOf(field, entries);
    const { control } = field;
    if (control.type === 'file' || control.type === 'file_list') {
      const entry = entries[field.variable];
      const files = entry?.kind === 'files' ? entry.value : [];
      if (files.length === 0 && field.required) add({ code: 'required' });
      if (control.type === 'file_list' && files.length > control.maxCount) add({ code: 'too_many_files', max: control.maxCount });
      files.forEach((file, index): unknown => {
        if (file.kind === 'link') return /^https?:\/\/[^/]/.test(file.value) || add({ code: 'link_not_http' }, index);
        const known = staged.get(file.value);
        if (!known) return add({ code: 'file_missing' }, index);
        if (known.state.state === 'empty') return add({ code: 'file_empty' }, index);
        const custom = control.rules.kinds.includes('custom') && control.rules.extensions.includes(known.extension);
        if (control.rules.kinds.length > 0 && (known.kind === 'custom' || !control.rules.kinds.includes(known.kind)) && !custom) return add({ code: 'file_kind_refused', extension: known.extension }, index);
        const limit = known.kind === 'image' ? form.limits.image : form.limits.document;
        if (known.size > limit) return add({ code: 'file_too_large', size: known.size, limit, canShrink: known.extension === 'png' || known.extension === 'jpg' }, index);
        return known.state.state === 'uploaded' || add({ code: 'file_not_uploaded' }, index);
      });
    } else if (control.type !== 'external' && control.type !== 'checkbox') {
      if (!text.trim()) {
        if (field.required && !field.hidden) add({ code: 'required' });
      } else if (control.type === 'text' || control.type === 'paragraph') {
        const length = [...text].length;
        if (control.maxLength && length > control.maxLength) add({ code: 'too_long', max: control.maxLength, length });
      } else if (control.type === 'number') {
        if (Number.isNaN(Number(text))) add({ code: 'not_a_number' });
      } else if (control.type === 'json') {
        try {
          if (typeof JSON.parse(text) !== 'object') add({ code: 'json_not_an_object' });
        } catch (error) {
          const position = Number(/position (\d+)/.exec(String(error))?.[1] ?? text.length);
          const before = text.slice(0, position).split('\n');
          add({ code: 'json_syntax', line: before.length, column: (before.at(-1)?.length ?? 0) + 1, fault: 'value' });
        }
      }
    }
  }
  return problems;
}

export function warnings(form: Form, entries: Entries, staged: Map<string, StagedFile>): Problem[] {
  const firsts = new Map<number, [string, number]>();
  const told: Problem[] = [];
  for (const { variable } of form.fields) {
    const entry = entries[variable];
    for (const [index, file] of (entry?.kind === 'files' ? entry.value : []).entries()) {
      const found = file.kind === 'staged' ? staged.get(file.value)?.found : null;
      if (!found) continue;
      const first = found.alike === null ? undefined : firsts.get(found.alike);
      if (found.alike !== null && !first) firsts.set(found.alike, [variable, index]);
      if (first) told.push({ variable, fileIndex: index, issue: { code: 'file_twice', variable: first[0], index: first[1] }, server: null, warning: true });
      else if (found.locked) told.push({ variable, fileIndex: index, issue: { code: 'file_locked' }, server: null, warning: true });
    }
  }
  return told;
}

function textOf(field: Field, entries: Entries): string {
  const entry = entries[field.variable];
  if (entry?.kind === 'text') return entry.value;
  return 'default' in field.control && typeof field.control.default === 'string' ? field.control.default : '';
}
