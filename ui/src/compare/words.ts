/** What became of a text, word by word; Chinese too, where words are not set apart. Pure. */
import { diffArrays } from 'diff';
import type { Work } from './work';

export type Kind = 'same' | 'del' | 'ins';

export interface Piece {
  kind: Kind;
  text: string;
}

/** More changes than this in one paragraph are not told apart: it is another one. */
export const mostEdits = 600;
/** Where less than this is the same, what stays would only be in the way. */
const leastSame = 0.1;

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter(undefined, { granularity: 'word' }) : null;
const unspaced = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const plainly = new RegExp(`[${unspaced}]\\p{M}*|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}_])+|\\s+|[^]`, 'gu');

/** The words of a text and what stands between them: joined they are the text again. Where the web view knows no words, characters of scripts without blanks count as such. */
export function wordsOf(text: string, by: Intl.Segmenter | null = segmenter): string[] {
  if (!by) return text.match(plainly) ?? [];
  const words: string[] = [];
  for (const { segment } of by.segment(text)) words.push(segment);
  return words;
}

/** What of the left text is gone and what of the right one is new. Null: they are too different to be told apart by words. */
export function diffWords(left: string, right: string, work: Work): Piece[] | null {
  if (left === right) return left ? [{ kind: 'same', text: left }] : [];
  work.read += left.length + right.length;
  const a = wordsOf(left);
  const b = wordsOf(right);
  let from = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  let end = 0;
  while (end < a.length - from && end < b.length - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const changes = diffArrays(a.slice(from, a.length - end), b.slice(from, b.length - end), {
    maxEditLength: mostEdits,
    comparator: (x, y) => (work.compared++, x === y),
  });
  if (!changes) return null;
  const pieces: Piece[] = [{ kind: 'same', text: a.slice(0, from).join('') }];
  for (const { added, removed, value } of changes) pieces.push({ kind: added ? 'ins' : removed ? 'del' : 'same', text: value.join('') });
  pieces.push({ kind: 'same', text: a.slice(a.length - end).join('') });
  return legible(pieces);
}

interface Change {
  before: string;
  del: string;
  ins: string;
}

/** For reading: no crumbs that stayed between two changes, and each change in the order of what was and what is. */
function legible(pieces: Piece[]): Piece[] | null {
  const changes: Change[] = [];
  let at: Change = { before: '', del: '', ins: '' };
  for (const { kind, text } of pieces) {
    if (!text) continue;
    if (kind !== 'same') at[kind] += text;
    else if (!at.del && !at.ins) at.before += text;
    else {
      changes.push(at);
      at = { before: text, del: '', ins: '' };
    }
  }
  changes.push(at);
  // Words between changes are small or not beside the whole of these.
  const merged = without(without(changes, isBlank), isSmall);
  tidy(merged);
  let same = 0;
  let [left, right] = [0, 0];
  for (const { before, del, ins } of merged) {
    same += letters(before);
    left += letters(before) + letters(del);
    right += letters(before) + letters(ins);
  }
  if (same < leastSame * Math.max(left, right)) return null;
  return merged.flatMap(({ before, del, ins }) => [
    ...(before ? [{ kind: 'same', text: before } as const] : []),
    ...(del ? [{ kind: 'del', text: del } as const] : []),
    ...(ins ? [{ kind: 'ins', text: ins } as const] : []),
  ]);
}

/** Blanks that both sides of a change begin or end with are no part of it. */
function tidy(changes: Change[]): void {
  for (const [at, change] of changes.entries()) {
    const begins = shared(/^\s+/.exec(change.del)?.[0], /^\s+/.exec(change.ins)?.[0]);
    change.before += begins;
    change.del = change.del.slice(begins.length);
    change.ins = change.ins.slice(begins.length);
    const ends = shared(/\s+$/.exec(change.del)?.[0], /\s+$/.exec(change.ins)?.[0]);
    if (!ends) continue;
    change.del = change.del.slice(0, -ends.length);
    change.ins = change.ins.slice(0, -ends.length);
    const next = changes[at + 1];
    if (next) next.before = ends + next.before;
    else changes.push({ before: ends, del: '', ins: '' });
  }
}

function shared(one = '', other = ''): string {
  return one === other ? one : '';
}

function letters(text: string): number {
  return text.replace(/[^\p{L}\p{N}]+/gu, '').length;
}

function without(changes: Change[], isCrumb: (text: string, before: Change, after: Change) => boolean): Change[] {
  const merged: Change[] = [];
  for (const change of changes) {
    const last = merged.at(-1);
    if (last && (change.del || change.ins) && isCrumb(change.before, last, change)) {
      last.del += change.before + change.del;
      last.ins += change.before + change.ins;
    } else merged.push({ ...change });
  }
  return merged;
}

/** Blanks and signs between two changes. */
function isBlank(text: string): boolean {
  return letters(text) === 0 && text.length <= 3 && !text.includes('\n');
}

/** A little word between two longer changes. */
function isSmall(text: string, before: Change, after: Change): boolean {
  const length = letters(text);
  if (length === 0) return false;
  const around = Math.min(Math.max(before.del.length, before.ins.length), Math.max(after.del.length, after.ins.length));
  const small = /\p{Script=Han}/u.test(text) ? 1 : 3;
  return length <= small && !/\p{N}/u.test(text) && around > 2 * text.length;
}

/** Both as wholes. */
export function replaced(left: string, right: string): Piece[] {
  return [...(left ? [{ kind: 'del', text: left } as const] : []), ...(right ? [{ kind: 'ins', text: right } as const] : [])];
}
