/** Two texts beside each other: paragraphs lined up, changed ones told word by word. Pure. */
import type { View } from '../output/detect';
import { align } from './align';
import { blocksOf, type Block, type Style, type StyleName } from './blocks';
import { diffWords, replaced, type Kind, type Piece } from './words';
import type { InPieces, Work } from './work';

export interface Row {
  left: Block | null;
  right: Block | null;
  /** `looks`: the words are the same, only how they look or where a link leads is not. */
  kind: 'same' | 'changed' | 'looks' | 'del' | 'ins';
  /** Of both sides; what is the same stands once. */
  pieces: Piece[];
}

export interface TextDiff {
  rows: Row[];
  differences: number;
  /** It was too much to tell the words of all changed paragraphs apart. */
  coarse: boolean;
}

/** Null: there is no such text on this side. */
export interface Side {
  text: string;
  view: View;
}

export function* diffTexts(left: Side | null, right: Side | null, work: Work): InPieces<TextDiff> {
  // Read the same way, or line by line.
  const view: View = (left ?? right)?.view === (right ?? left)?.view ? ((left ?? right)?.view ?? 'text') : 'text';
  const a = left ? yield* blocksOf(left.text, view, work) : [];
  const b = right ? yield* blocksOf(right.text, view, work) : [];
  const pairs = yield* align(a, b, work);
  const rows: Row[] = [];
  let coarse = false;
  for (const { left, right } of pairs) {
    const row = rowOf(left, right, work);
    coarse ||= row.coarse;
    rows.push(row);
    if (row.worked || rows.length % 500 === 0) yield;
  }
  return { rows, differences: rows.filter(({ kind }) => kind !== 'same').length, coarse };
}

function rowOf(left: Block | null, right: Block | null, work: Work): Row & { coarse: boolean; worked: boolean } {
  const plain = { left, right, coarse: false, worked: false };
  if (!left || !right) return { ...plain, kind: left ? 'del' : 'ins', pieces: replaced(left?.text ?? '', right?.text ?? '') };
  if (left.key === right.key) return { ...plain, kind: 'same', pieces: [{ kind: 'same', text: left.text }] };
  if (left.text === right.text) return { ...plain, kind: 'looks', pieces: [{ kind: 'same', text: left.text }] };
  if (work.spent) return { ...plain, kind: 'changed', pieces: replaced(left.text, right.text), coarse: true };
  return { ...plain, kind: 'changed', pieces: diffWords(left.text, right.text, work) ?? replaced(left.text, right.text), worked: true };
}

/** A stretch of a text that is drawn in one way. */
export interface Run {
  kind: Kind;
  text: string;
  as: StyleName[];
}

export type Shown = 'left' | 'right' | 'both';

/** What is drawn of a row on one side, or of both in one text. */
export function runsOf({ left, right, pieces }: Pick<Row, 'left' | 'right' | 'pieces'>, shown: Shown): Run[] {
  const runs: Run[] = [];
  const at = { left: 0, right: 0 };
  for (const { kind, text } of pieces) {
    const side = kind === 'del' ? 'left' : kind === 'ins' ? 'right' : shown === 'left' ? 'left' : 'right';
    const visible = kind === 'same' || shown === 'both' || side === shown;
    if (visible) for (const run of styled(text, (side === 'left' ? left : right)?.styles ?? [], at[side])) runs.push({ kind, ...run });
    if (kind !== 'ins') at.left += text.length;
    if (kind !== 'del') at.right += text.length;
  }
  return runs;
}

function styled(text: string, styles: Style[], from: number): { text: string; as: StyleName[] }[] {
  const to = from + text.length;
  const touched = styles.filter((style) => style.from < to && style.to > from);
  if (touched.length === 0) return text ? [{ text, as: [] }] : [];
  const cuts = [...new Set([from, to, ...touched.flatMap((style) => [Math.max(from, style.from), Math.min(to, style.to)])])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => {
    const start = cuts[index] ?? from;
    return { text: text.slice(start - from, end - from), as: touched.filter((style) => style.from <= start && style.to >= end).map(({ as }) => as) };
  });
}

/** Rows that are shown, and stretches of what is the same that are not. */
export type Shelf = { kind: 'rows'; rows: Row[]; at: number } | { kind: 'fold'; at: number; count: number };

/** With only differences, what is the same is folded, but for what was opened. */
export function shelves(rows: Row[], onlyDifferences: boolean, open: ReadonlySet<number>): Shelf[] {
  if (!onlyDifferences) return rows.length > 0 ? [{ kind: 'rows', rows, at: 0 }] : [];
  const all: Shelf[] = [];
  for (let from = 0; from < rows.length; ) {
    const same = rows[from]?.kind === 'same';
    let to = from + 1;
    while (to < rows.length && (rows[to]?.kind === 'same') === same) to++;
    if (same && !open.has(from)) all.push({ kind: 'fold', at: from, count: to - from });
    else all.push({ kind: 'rows', rows: rows.slice(from, to), at: from });
    from = to;
  }
  return all;
}
