import type { Change } from '../ipc/gen/Change';
import type { Difference } from '../ipc/gen/Difference';
import type { Entry } from '../ipc/gen/Entry';
import type { FieldChange } from '../ipc/gen/FieldChange';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { WhyAside } from '../ipc/gen/WhyAside';
import type { Words } from '../text/en';
import { listOf } from '../text/format';
import { labelOf } from './fields';

/** The labels of the fields that changed in one way, as a list in words; empty if there are none. */
export function labelsOf(changes: FieldChange[], kind: Change['kind'], t: Words): string {
  return listOf(changes.filter((change) => change.change.kind === kind).map((change) => quoted(labelOf(change, t))), t);
}

/** “Length”: has to be filled in now; no longer offered: “long” */
export function differentText(change: FieldChange, t: Words): string {
  if (change.change.kind !== 'different') return '';
  return t.kept.different.field(quoted(labelOf(change, t)), change.change.what.flatMap((difference) => wordsOf(difference, t)).join(t.kept.semicolon));
}

function wordsOf(difference: Difference, t: Words): string[] {
  const { different } = t.kept;
  switch (difference.code) {
    case 'renamed':
      return [different.renamed(difference.before)];
    case 'other_kind':
      return [different.otherKind];
    case 'required':
      return [different.required];
    case 'optional':
      return [different.optional];
    case 'max_length':
      return [difference.max === null ? different.anyLength : different.maxLength(difference.max)];
    case 'options':
      return [
        ...(difference.added.length > 0 ? [different.optionsAdded(quotedList(difference.added, t))] : []),
        ...(difference.gone.length > 0 ? [different.optionsGone(quotedList(difference.gone, t))] : []),
      ];
    case 'default':
      return [defaultText(difference.now, t)];
    case 'unit':
      return [difference.now === null ? different.noUnit : different.unit(difference.now)];
    case 'schema':
      return [different.schema];
    case 'file_kinds':
      return [different.fileKinds];
    case 'file_sources':
      return [different.fileSources];
    case 'max_files':
      return [different.maxFiles(difference.max)];
  }
}

function defaultText(now: string, t: Words): string {
  if (now.trim() === '') return t.kept.different.defaultEmpty;
  const line = now.replace(/\s+/g, ' ').trim();
  return t.kept.different.defaultIs(line === 'true' ? t.common.yes : line === 'false' ? t.common.no : line.length > 60 ? `${line.slice(0, 60)}…` : line);
}

const quoted = (text: string) => `“${text}”`;
const quotedList = (texts: string[], t: Words) => listOf(texts.map((text) => quoted(text)), t);

export function whyText(why: WhyAside, t: Words): string {
  switch (why.code) {
    case 'field_gone':
      return t.kept.why.fieldGone;
    case 'other_kind':
      return t.kept.why.otherKind;
    case 'option_gone':
      return t.kept.why.optionGone;
    case 'too_long':
      return t.kept.why.tooLong(why.max);
  }
}

/** An entry as text, to be read and copied; empty where nothing was entered. */
export function entryText(entry: Entry, file: (id: string) => StagedFile | undefined, t: Words): string {
  switch (entry.kind) {
    case 'text':
      return entry.value.trim() === '' ? '' : entry.value;
    case 'flag':
      return entry.value ? t.common.yes : t.common.no;
    case 'files':
      return entry.value.map((one) => (one.kind === 'link' ? one.value : file(one.value)?.name || t.kept.nameLost)).join('\n');
  }
}
