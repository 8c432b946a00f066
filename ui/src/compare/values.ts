/** Two values beside each other, leaf by leaf. Pure. */
import { diffArrays } from 'diff';
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import { parseJson, viewsOf } from '../output/detect';
import { isDict } from '../output/shape';
import { isBranch, pathText, type Path } from '../output/tree';
import { withoutThinking } from '../output/thinking';
import { pairUp } from './align';
import { diffTexts, type Side, type TextDiff } from './texts';
import { diffWords, replaced, type Piece } from './words';
import type { InPieces, Work } from './work';

/** A plain value, or an empty list or object, on both sides. */
export interface Field {
  /** As people who write workflows call a place; on the right, where it is another one there. */
  name: string;
  nameRight: string | null;
  /** Undefined: there is no such place on this side. */
  left: JsonValue | undefined;
  right: JsonValue | undefined;
  same: boolean;
  /** Of two texts. */
  pieces: Piece[] | null;
}

/** A text that is read as a document. */
export interface LongText {
  name: string;
  /** There is no such text on one side. */
  missing: 'left' | 'right' | null;
  diff: TextDiff;
}

export interface Values {
  fields: Field[];
  texts: LongText[];
}

/** Longer texts are read by paragraphs. */
const longFrom = 160;
/** More items that differ are held against each other by their places. */
const mostEdits = 200;

function isLong(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && (value.length > longFrom || value.trim().includes('\n'));
}

/** The values that texts write down, where both of them do. */
function meant(left: JsonValue | undefined, right: JsonValue | undefined): [JsonValue | undefined, JsonValue | undefined] {
  const read = [left, right].map((value) => (typeof value === 'string' ? parseJson(value) : value));
  const whole = [left, right].every((value, at) => typeof value !== 'string' || read[at] !== undefined);
  return whole ? [read[0], read[1]] : [left, right];
}

/** Whether two values say the same, whatever the order of their keys. */
export function equal(a: JsonValue | undefined, b: JsonValue | undefined, work: Work): boolean {
  work.compared++;
  if (a === b) return true;
  if (!isBranch(a) || !isBranch(b)) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => equal(item, b[at], work));
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], work));
}

/** Adds what two values hold at one place. `name`: what that place is called; by default its path. */
export function* diffValue(givenLeft: JsonValue | undefined, givenRight: JsonValue | undefined, path: Path, pathRight: Path, into: Values, work: Work, name?: string): InPieces<void> {
  const [left, right] = meant(givenLeft, givenRight);
  // What has no name is the result itself.
  const called = name ?? (path.length === 1 && path[0] === '' ? '' : pathText(path));
  const branches = [left, right].filter(isBranch);
  const hold = (value: JsonValue | undefined) => isBranch(value) && Object.keys(value).length > 0;
  if (isLong(left) || isLong(right)) {
    if (branches.length === 0) {
      const sides = [sideOf(left), sideOf(right)] as const;
      const diff = yield* diffTexts(...sides, work);
      into.texts.push({ name: called, missing: !sides[0] ? 'left' : !sides[1] ? 'right' : null, diff });
      return;
    }
  }
  const alike = branches.length === 2 && Array.isArray(left) === Array.isArray(right);
  // Where there is nothing on one side, each leaf of the other is named.
  const alone = branches.length === 1 && (left === undefined || right === undefined);
  if ((alike || alone) && (hold(left) || hold(right))) {
    if (Array.isArray(left ?? right)) yield* diffLists((left ?? []) as JsonValue[], (right ?? []) as JsonValue[], path, pathRight, into, work, name);
    else {
      const keys = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
      for (const key of keys) yield* diffValue(isDict(left) ? left[key] : undefined, isDict(right) ? right[key] : undefined, [...path, key], [...pathRight, key], into, work);
    }
    return;
  }
  const same = equal(left, right, work);
  const there = pathText(pathRight);
  into.fields.push({ name: called, nameRight: name === undefined && there !== called ? there : null, left, right, same, pieces: same ? null : piecesOf(left, right, work) });
  if (into.fields.length % 100 === 0) yield;
}

function sideOf(value: JsonValue | undefined): Side | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? (value.includes('think') ? withoutThinking(value) : value) : String(value);
  return { text, view: viewsOf(text)[0] ?? 'text' };
}

function piecesOf(left: JsonValue | undefined, right: JsonValue | undefined, work: Work): Piece[] | null {
  if (typeof left !== 'string' || typeof right !== 'string') return null;
  return (work.spent ? null : diffWords(left, right, work)) ?? replaced(left, right);
}

/** Items that are the same stand beside each other, also where one was put before them. */
function* diffLists(left: JsonValue[], right: JsonValue[], path: Path, pathRight: Path, into: Values, work: Work, name?: string): InPieces<void> {
  // A short list of plain values is one value.
  const plain = [...left, ...right].every((item) => !isBranch(item) && !isLong(item));
  if (plain && left.length > 0 && right.length > 0 && Math.max(left.join(', ').length, right.join(', ').length) <= longFrom) {
    const same = equal(left, right, work);
    into.fields.push({ name: name ?? pathText(path), nameRight: null, left, right, same, pieces: null });
    return;
  }
  const changes = work.spent ? undefined : diffArrays(left, right, { maxEditLength: mostEdits, comparator: (x, y) => equal(x, y, work) });
  yield;
  const pair = function* (a: number | null, b: number | null): InPieces<void> {
    yield* diffValue(a === null ? undefined : left[a], b === null ? undefined : right[b], [...path, a ?? b ?? 0], [...pathRight, b ?? a ?? 0], into, work);
  };
  if (!changes) {
    for (let at = 0; at < Math.max(left.length, right.length); at++) yield* pair(at < left.length ? at : null, at < right.length ? at : null);
    return;
  }
  let [a, b] = [0, 0];
  for (const [index, { added, removed, count }] of changes.entries()) {
    const next = changes[index + 1];
    if (removed && next?.added) continue;
    const before = changes[index - 1];
    const gone = removed ? count : added && before?.removed ? before.count : 0;
    const fresh = added ? count : 0;
    const both = added || removed ? 0 : count;
    for (let at = 0; at < both; at++) yield* pair(a + at, b + at);
    // What was changed stands beside what it was made of, as far as they can be looked through.
    const [l, r] = [a, b];
    const pairs = gone * fresh <= mostPaired ? pairUp(gone, fresh, (x, y) => likenessOf(left[l + x], right[r + y], work)) : inPlace(gone, fresh);
    for (const [x, y] of pairs) yield* pair(x === null ? null : l + x, y === null ? null : r + y);
    a += gone + both;
    b += fresh + both;
  }
}

/** Items that are held against each other, each with each. */
const mostPaired = 2500;

function inPlace(gone: number, fresh: number): [number | null, number | null][] {
  return Array.from({ length: Math.max(gone, fresh) }, (_, at) => [at < gone ? at : null, at < fresh ? at : null]);
}

/** How many of their entries two objects share. */
function likenessOf(left: JsonValue | undefined, right: JsonValue | undefined, work: Work): number {
  if (!isDict(left) || !isDict(right)) return 0;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  let same = 0;
  for (const key of keys) if (Object.hasOwn(left, key) && Object.hasOwn(right, key) && equal(left[key], right[key], work)) same++;
  return keys.size === 0 ? 0 : same / keys.size;
}

/** A file on both sides, or one in place of the other. */
export interface FileField {
  name: string;
  nameRight: string;
  /** Bytes where known; undefined: it is not there. */
  left: number | null | undefined;
  right: number | null | undefined;
  /** Nothing is known that differs. */
  same: boolean;
  /** Their names are the same, and nobody compared what they hold. */
  unsure: boolean;
}

export interface NamedFile {
  name: string;
  size: number | null;
  /** Words for what it holds, where that is known: the same hold the same. */
  knownAs: readonly string[];
}

/** Files by their names; of the same name, those in the same order. What is left on both sides stands beside each other. */
export function diffFiles(left: NamedFile[], right: NamedFile[]): FileField[] {
  const waiting = new Map<string, NamedFile[]>();
  for (const file of right) waiting.set(file.name, [...(waiting.get(file.name) ?? []), file]);
  const pairs = left.map((file) => [file, waiting.get(file.name)?.shift()] as const);
  const taken = new Set(pairs.flatMap(([, other]) => other ?? []));
  const fresh = right.filter((file) => !taken.has(file));
  const fields = pairs.map(([{ name, size, knownAs }, known]): FileField => {
    const other = known ?? fresh.shift();
    const proven = known?.knownAs.some((word) => knownAs.includes(word)) ?? false;
    const same = known !== undefined && (proven || size === known.size || size === null || known.size === null);
    return { name, nameRight: other?.name ?? name, left: size, right: other?.size, same, unsure: same && !proven };
  });
  return [...fields, ...fresh.map(({ name, size }) => ({ name, nameRight: name, left: undefined, right: size, same: false, unsure: false }))];
}
