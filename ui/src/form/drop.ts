/** Which field gets what is dropped or pasted. A hint while hovering: the rule itself is Rust's (`formCheck`). Pure. */
import type { Field } from '../ipc/gen/Field';
import type { FileKind } from '../ipc/gen/FileKind';
import type { FileRules } from '../ipc/gen/FileRules';
import { takesFiles } from './fields';

export interface Zone {
  variable: string;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface DropFile {
  extension: string;
  /** Unknown while hovering: then the extension alone decides. */
  kind?: FileKind;
}

/** What is brought; of folders nobody knows yet what is in them. */
export interface Load {
  files: DropFile[];
  folders: number;
  links: number;
}

/** Files that a field will not take: how many of which ending. */
export interface Refused {
  extension: string;
  count: number;
}

export type DropPlan =
  /** `left`: places of a list that stay free; `others`: there are other fields for files. */
  | { kind: 'field'; field: Field; direct: boolean; refused: Refused[]; tooMany: number; left: number | null; others: boolean }
  /** Several fields would take it, or the one that does holds a file that would have to go. */
  | { kind: 'ask'; fields: Field[] }
  | { kind: 'no_field' }
  | { kind: 'full'; field: Field }
  | { kind: 'not_accepted'; fields: Field[]; extensions: string[] };

const kindsOf: Record<Exclude<FileKind, 'custom'>, string[]> = {
  image: ['jpg', 'jpeg', 'png', 'webp', 'gif', 'svg'],
  video: ['mp4', 'mov', 'mpeg', 'webm'],
  audio: ['mp3', 'm4a', 'wav', 'amr', 'mpga'],
  document: ['txt', 'markdown', 'md', 'mdx', 'pdf', 'html', 'htm', 'xlsx', 'xls', 'docx', 'csv', 'vtt', 'properties', 'doc', 'eml', 'msg', 'pptx', 'ppt', 'xml', 'epub'],
};

export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

function kindOf(extension: string): FileKind {
  for (const kind of ['image', 'video', 'audio', 'document'] as const) if (kindsOf[kind].includes(extension)) return kind;
  return 'custom';
}

export function accepts(rules: FileRules, file: DropFile): boolean {
  if (!rules.methods.includes('local_file')) return false;
  const kind = file.kind ?? kindOf(file.extension);
  if (rules.kinds.length === 0 || (kind !== 'custom' && rules.kinds.includes(kind))) return true;
  return rules.kinds.includes('custom') && (rules.extensions.includes(file.extension) || (rules.extensions.length === 0 && kind === 'custom'));
}

function rulesOf(field: Field): FileRules | null {
  return field.control.type === 'file' || field.control.type === 'file_list' ? field.control.rules : null;
}

/** The innermost zone under the point; later ones lie on top. */
export function hit(zones: Zone[], x: number, y: number): string | null {
  return zones.findLast((zone) => x >= zone.left && x < zone.right && y >= zone.top && y < zone.bottom)?.variable ?? null;
}

/** Free places of a field; a single file is replaced, so there is always one. */
export function roomOf(field: Field, have: number): number {
  return field.control.type === 'file_list' ? Math.max(0, field.control.maxCount - have) : 1;
}

/** For a field of one file: of several the first that it seems to take. */
export function firstFor<T extends DropFile>(field: Field, files: T[]): T | undefined {
  const rules = rulesOf(field);
  return files.find((file) => rules !== null && accepts(rules, file)) ?? files[0];
}

/** How many a field takes at most. */
export function maxOf(field: Field): number {
  return field.control.type === 'file_list' ? field.control.maxCount : 1;
}

/** Of files that are kept from a field by their ending. */
export function refusedBy(field: Field, files: DropFile[]): Refused[] {
  const rules = rulesOf(field);
  const counts = new Map<string, number>();
  for (const file of files) if (rules === null || !accepts(rules, file)) counts.set(file.extension, (counts.get(file.extension) ?? 0) + 1);
  return [...counts].map(([extension, count]) => ({ extension, count })).sort((one, other) => other.count - one.count);
}

function takesOf(field: Field, load: Load): boolean {
  const rules = rulesOf(field);
  if (rules === null) return false;
  const local = rules.methods.includes('local_file');
  // A link that the server may not fetch is fetched here.
  return (load.folders > 0 && local) || (load.links > 0 && rules.methods.length > 0) || load.files.some((file) => accepts(rules, file));
}

/** A drop on one field always wins. Else the one that takes any of it and has room; where there are several, it is asked. */
export function planDrop(fields: Field[], have: (variable: string) => number, load: Load, over: string | null): DropPlan {
  const candidates = fields.filter((field) => takesFiles(field) && !field.hidden);
  if (candidates.length === 0) return { kind: 'no_field' };
  const target = candidates.find((field) => field.variable === over);
  const tried = target ? [target] : candidates;
  const fitting = tried.filter((field) => takesOf(field, load));
  const free = fitting.filter((field) => roomOf(field, have(field.variable)) > 0);
  // A single file that is there already would be replaced: only where it is the only place.
  const empty = free.filter((field) => field.control.type === 'file_list' || have(field.variable) === 0);
  const meant = empty.length > 0 ? empty : free;
  const [field] = meant;
  if (field && (meant.length > 1 || (empty.length === 0 && !target))) return { kind: 'ask', fields: meant };
  if (field) {
    const refused = refusedBy(field, load.files);
    const taken = load.files.length + load.links - refused.reduce((sum, { count }) => sum + count, 0);
    const left = roomOf(field, have(field.variable)) - taken;
    const counted = field.control.type === 'file_list' && load.folders === 0 && left >= 0;
    return { kind: 'field', field, direct: target !== undefined, refused, tooMany: Math.max(0, -left), left: counted ? left : null, others: candidates.length > 1 };
  }
  const full = fitting[0];
  if (full) return { kind: 'full', field: full };
  return { kind: 'not_accepted', fields: tried, extensions: [...new Set(load.files.map((file) => file.extension).filter(Boolean))] };
}
