/** What becomes of what arrived, in words and numbers. Pure. */
import type { FolderContents } from '../ipc/gen/FolderContents';
import type { Issue } from '../ipc/gen/Issue';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { Words } from '../text/en';
import { bytes, listOf } from '../text/format';
import { maxOf, type DropPlan } from './drop';

/** “3 files and 1 link”. */
export function thingsOf(load: { files: { length: number }; folders: { length: number }; links: { length: number } }, t: Words): string {
  const { files, folders, links } = load;
  return listOf([...(files.length > 0 ? [t.ways.files(files.length)] : []), ...(folders.length > 0 ? [t.ways.folders(folders.length)] : []), ...(links.length > 0 ? [t.ways.links(links.length)] : [])], t);
}

type Hover = { names: { length: number }; folders: number; links: number };

/** “Let go to add 3 files”. */
export function letGoText({ names, folders, links }: Hover, t: Words): string {
  if (names.length === 0 && links === 0 && folders > 0) return t.ways.letGoFolder(folders);
  if (folders === 0 && links === 0) return t.form.letGo(names.length);
  if (names.length === 0 && folders === 0) return t.ways.letGoLink(links);
  return t.ways.letGo(thingsOf({ files: names, folders: { length: folders }, links: { length: links } }, t));
}

/** What will be refused, and why, as far as names tell; and what folders are. */
export function hoverLines(plan: Extract<DropPlan, { kind: 'field' }>, { folders }: Hover, t: Words): string[] {
  const lines = folders > 0 ? [t.ways.shownFirst] : [];
  const refused = plan.refused.reduce((sum, { count }) => sum + count, 0);
  if (refused > 0) {
    const kinds = plan.refused.slice(0, 3).map(({ extension, count }) => (extension ? t.ways.ofKind(count, extension.toUpperCase()) : t.ways.ofKind(count, t.ways.noExtension)));
    lines.push(t.ways.refused(refused, listOf([...kinds, ...(plan.refused.length > 3 ? ['…'] : [])], t)));
  }
  if (plan.tooMany > 0) lines.push(plan.field.control.type === 'file' ? t.ways.onlyOne : t.ways.tooMany(plan.tooMany, maxOf(plan.field)));
  return lines;
}

export interface Verdict {
  taken: StagedFile[];
  /** Why the others are not, the most frequent first. */
  reasons: string[];
  /** What is still to be done about those that are taken. */
  notes: string[];
}

/** A picture that is too large is taken: it can be made smaller in the form. */
export const isTaken = (issue: Issue | null): boolean => issue === null || (issue.code === 'file_too_large' && issue.canShrink);

/** `issues` is Rust's word on each file, `room` what the field has left, `max` what it takes in all. */
export function verdict(files: StagedFile[], issues: (Issue | null)[], room: number, max: number, t: Words): Verdict {
  const fitting = files.map((file, at) => ({ file, issue: issues[at] ?? null })).filter(({ issue }) => isTaken(issue));
  const fits = fitting.slice(0, room);
  const taken = fits.map(({ file }) => file);
  const counts = new Map<string, { count: number; say: (count: number) => string }>();
  for (const issue of issues) {
    if (issue === null || isTaken(issue)) continue;
    const { key, say } = reasonOf(issue, t);
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { count: 1, say });
  }
  const reasons = [...counts.values()].sort((one, other) => other.count - one.count).map(({ count, say }) => say(count));
  const more = fitting.length - taken.length;
  const large = fits.flatMap(({ issue }) => issue ?? []);
  const limit = large.find((issue) => issue.code === 'file_too_large')?.limit;
  const notes = limit === undefined ? [] : [t.ways.canShrink(large.length, bytes(limit, t))];
  return { taken, notes, reasons: more > 0 ? [...reasons, t.ways.why.tooMany(more, max)] : reasons };
}

function reasonOf(issue: Issue, t: Words): { key: string; say: (count: number) => string } {
  const { why } = t.ways;
  switch (issue.code) {
    case 'file_kind_refused':
      return { key: `kind ${issue.extension}`, say: (count) => why.kind(count, issue.extension.toUpperCase()) };
    case 'file_too_large':
      return { key: `large ${issue.limit}`, say: (count) => why.tooLarge(count, bytes(issue.limit, t)) };
    case 'file_empty':
      return { key: 'empty', say: why.empty };
    case 'file_unreadable':
    case 'file_missing':
      return { key: 'unreadable', say: why.unreadable };
    default:
      return { key: 'other', say: why.other };
  }
}

/** What of a folder is not counted, in one sentence; null where nothing is left out. */
export function leftOut({ hidden, links, unreadable }: FolderContents, t: Words): string | null {
  const parts = [...(hidden > 0 ? [t.ways.hidden(hidden)] : []), ...(links > 0 ? [t.ways.linked(links)] : []), ...(unreadable > 0 ? [t.ways.unreadable(unreadable)] : [])];
  return parts.length > 0 ? t.ways.leftOut(listOf(parts, t)) : null;
}

export function sizeOf(files: StagedFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}
