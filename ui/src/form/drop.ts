/** Which field gets dropped files. A hint while hovering: the rule itself is Rust's (`formCheck`). Pure. */
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

export type DropPlan =
  | { kind: 'field'; field: Field; direct: boolean }
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

function accepts(rules: FileRules, file: DropFile): boolean {
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

/** A drop on one field always wins; else the first that takes one of the files and has room. */
export function planDrop(fields: Field[], have: (variable: string) => number, files: DropFile[], over: string | null): DropPlan {
  const candidates = fields.filter((field) => takesFiles(field) && !field.hidden);
  if (candidates.length === 0) return { kind: 'no_field' };
  const target = candidates.find((field) => field.variable === over);
  const tried = target ? [target] : candidates;
  const fitting = tried.filter((field) => {
    const rules = rulesOf(field);
    return rules !== null && files.some((file) => accepts(rules, file));
  });
  const free = fitting.find((field) => roomOf(field, have(field.variable)) > 0);
  if (free) return { kind: 'field', field: free, direct: target !== undefined };
  const full = fitting[0];
  if (full) return { kind: 'full', field: full };
  return { kind: 'not_accepted', fields: tried, extensions: [...new Set(files.map((file) => file.extension).filter(Boolean))] };
}
