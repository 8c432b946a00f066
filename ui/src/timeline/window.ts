/** Which rows of a long list are drawn. Pure. */
import type { Row } from './rows';

type Density = 'comfortable' | 'compact' | 'overview';

/** Fixed, so that a place in a list of thousands is known without drawing it. */
export function heightOf(row: Row, density: Density): number {
  return density === 'compact' ? 24 : row.level > 1 ? 28 : 32;
}

/** Where each row begins, and at last where the list ends. */
export function offsetsOf(rows: readonly Row[], density: Density): Float64Array {
  const offsets = new Float64Array(rows.length + 1);
  let at = 0;
  for (const [index, row] of rows.entries()) {
    offsets[index] = at;
    at += heightOf(row, density);
  }
  offsets[rows.length] = at;
  return offsets;
}

/** The row at a height. */
export function rowAt(offsets: Float64Array, top: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= top) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Fewer rows are all drawn: a reader then meets each of them, and the page can find in them. */
const allUpTo = 100;
/** While they come: thousands may follow, and those in sight are drawn again and again. */
const allUpToLive = 40;

export function areAllDrawn(rows: number, running: boolean): boolean {
  return rows <= (running ? allUpToLive : allUpTo);
}

/** Drawn beyond what is seen, and the rows by which the window moves: not every pixel draws anew. */
const beyond = 8;
const stride = 4;

export function windowOf(offsets: Float64Array, top: number, height: number, running: boolean): { first: number; last: number } {
  const rows = offsets.length - 1;
  if (areAllDrawn(rows, running)) return { first: 0, last: rows };
  const first = Math.floor(Math.max(0, rowAt(offsets, top) - beyond) / stride) * stride;
  const last = Math.ceil((rowAt(offsets, top + height) + 1 + beyond) / stride) * stride;
  return { first, last: Math.min(rows, last) };
}
