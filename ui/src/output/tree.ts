/** A JSON value as lines: what is open, where a search hits, how a place is called. Pure. */
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';

export type Path = (string | number)[];

export interface Line {
  /** Tells it from all others; a JSON pointer. */
  id: string;
  key: string | number;
  value: JsonValue;
  /** From 1. */
  level: number;
  /** How many it holds; null for a plain value. */
  size: number | null;
  /** Where it stands among its neighbours, from 1. */
  place: number;
  of: number;
}

/** So many lines are shown of a tree that nobody opened yet. */
const few = 40;

export function isBranch(value: JsonValue | undefined): value is JsonValue[] | { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null;
}

export function parentOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}

/** The way to a line, in keys of the value. */
export function pathOf(root: JsonValue, id: string): Path {
  const path: Path = [];
  let at: JsonValue | undefined = root;
  for (const part of id.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) {
      path.push(Number(key));
      at = at[Number(key)];
    } else {
      path.push(key);
      at = isBranch(at) ? at[key] : undefined;
    }
  }
  return path;
}

export function valueAt(root: JsonValue, path: Path): JsonValue {
  let at: JsonValue = root;
  for (const key of path) at = (at as { [key: string]: JsonValue })[key] ?? null;
  return at;
}

/** `a.b[3].c`, as people who write workflows call a place. */
export function pathText(path: Path): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? `${at > 0 ? '.' : ''}${key}` : `[${JSON.stringify(key)}]`))
    .join('');
}

/** Every line that can be seen. */
export function linesOf(root: JsonValue, isOpen: (id: string) => boolean): Line[] {
  const lines: Line[] = [];
  const walk = (value: JsonValue, id: string, level: number) => {
    if (!isBranch(value)) return;
    const isList = Array.isArray(value);
    const keys = isList ? value.keys() : Object.keys(value);
    const of = isList ? value.length : Object.keys(value).length;
    let place = 0;
    for (const key of keys) {
      const inner = (value as { [key: string]: JsonValue })[key] ?? null;
      const own = `${id}/${isList ? key : String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const size = isBranch(inner) ? (Array.isArray(inner) ? inner.length : Object.keys(inner).length) : null;
      lines.push({ id: own, key, value: inner, level, size, place: ++place, of });
      if (size !== null && size > 0 && isOpen(own)) walk(inner, own, level + 1);
    }
  };
  walk(root, '', 1);
  return lines;
}

/** What is open at first: the first level, as far as that stays short. */
export function openAtFirst(root: JsonValue): Set<string> {
  const open = new Set<string>();
  let lines = isBranch(root) ? Object.keys(root).length : 0;
  if (lines > few) return open;
  for (const line of linesOf(root, () => false)) {
    if (line.size === null || line.size === 0 || lines + line.size > few) continue;
    lines += line.size;
    open.add(line.id);
  }
  return open;
}

/** More are not counted. */
export const mostHits = 10_000;

/** Lines whose name or value has the words, in the order of the tree. */
export function search(root: JsonValue, wanted: string): string[] {
  const needle = wanted.toLowerCase();
  const hits: string[] = [];
  if (!needle) return hits;
  const walk = (value: JsonValue, id: string) => {
    if (!isBranch(value)) return;
    const isList = Array.isArray(value);
    for (const key of isList ? value.keys() : Object.keys(value)) {
      if (hits.length >= mostHits) return;
      const inner = (value as { [key: string]: JsonValue })[key] ?? null;
      const own = `${id}/${isList ? key : String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if ((!isList && String(key).toLowerCase().includes(needle)) || (!isBranch(inner) && String(inner).toLowerCase().includes(needle))) hits.push(own);
      walk(inner, own);
    }
  };
  walk(root, '');
  return hits;
}

/** Texts and numbers of the value, one a line, and where each begins: as the search over all runs reads it. */
export function leavesOf(root: JsonValue): { text: string; starts: number[]; ids: string[] } {
  const [starts, ids, texts]: [number[], string[], string[]] = [[], [], []];
  let length = 0;
  for (const line of linesOf(root, () => true)) {
    if (typeof line.value !== 'string' && typeof line.value !== 'number') continue;
    const text = String(line.value);
    starts.push(length);
    ids.push(line.id);
    texts.push(text);
    length += text.length + 1;
  }
  return { text: texts.join('\n'), starts, ids };
}

/** Everything that has to be open for a line to be seen. */
export function wayTo(id: string): string[] {
  const way: string[] = [];
  for (let at = parentOf(id); at; at = parentOf(at)) way.push(at);
  return way;
}

/** A value as text: strings as they are. */
export function plainValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
