/** Where each run and each day stands in the list, so that only what is in sight is drawn. Pure. */
import type { PastRun } from '../ipc/gen/PastRun';

/** In CSS pixels, by the size of the text. */
export interface Heights {
  row: number;
  day: number;
}

/** At the usual size of text. */
export const usualHeights: Heights = { row: 57, day: 28 };

export function heightsAt(fontSize: number): Heights {
  const scale = fontSize > 0 ? fontSize / 16 : 1;
  return { row: Math.round(usualHeights.row * scale), day: Math.round(usualHeights.day * scale) };
}

/** Runs of the same day, which follow each other. */
export interface Day {
  at: number;
  /** Its midnight, and the next. */
  from: number;
  to: number;
  /** Place of its first run among all. */
  first: number;
  count: number;
}

export function daysOf(rows: readonly PastRun[]): Day[] {
  const days: Day[] = [];
  let day: Day | undefined;
  let [from, to] = [0, 0];
  for (const [index, { head }] of rows.entries()) {
    if (day && head.startedAt >= from && head.startedAt < to) {
      day.count++;
      continue;
    }
    const date = new Date(head.startedAt);
    // Asked once for each day: there may be a hundred thousand runs.
    from = new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
    to = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
    days.push((day = { at: head.startedAt, from, to, first: index, count: 1 }));
  }
  return days;
}

export function topOfDay(days: readonly Day[], index: number, heights: Heights): number {
  return index * heights.day + (days[index]?.first ?? 0) * heights.row;
}

export function heightOfDay(day: Day, heights: Heights): number {
  return heights.day + day.count * heights.row;
}

/** The day that a run belongs to. */
function dayAt(days: readonly Day[], place: number): number {
  let low = 0;
  let high = days.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((days[middle]?.first ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function topOfRow(days: readonly Day[], place: number, heights: Heights): number {
  return (dayAt(days, place) + 1) * heights.day + place * heights.row;
}

/** As high as all runs are, those that were not read yet counted as runs of days that were. */
export function heightOfAll(days: readonly Day[], loaded: number, total: number, heights: Heights): number {
  return days.length * heights.day + Math.max(loaded, total) * heights.row;
}

/** Runs that are drawn above and below what is in sight: of a list that is scrolled, and of one that is searched at every key. */
export const spare = { moving: 8, resting: 2 };

/** Places of the runs that are drawn: in sight, and some beyond. */
export function inSight(days: readonly Day[], loaded: number, top: number, height: number, heights: Heights, more: number): { first: number; last: number } {
  // Days only push down: a run stands between where it would with none and with all of them.
  const at = (y: number) => {
    let low = 0;
    let high = loaded;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (topOfRow(days, middle, heights) + heights.row <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const stride = Math.max(1, more / 2);
  const first = Math.floor(Math.max(0, at(top) - more) / stride) * stride;
  const last = Math.ceil((at(top + height) + 1 + more) / stride) * stride;
  return { first, last: Math.min(loaded, last) };
}

/** A day with those of its runs that are drawn. */
export interface Drawn {
  day: Day;
  index: number;
  /** Places of its runs that are drawn. */
  from: number;
  to: number;
}

export function drawnDays(days: readonly Day[], first: number, last: number): Drawn[] {
  const drawn: Drawn[] = [];
  for (let index = dayAt(days, first); index < days.length; index++) {
    const day = days[index];
    if (!day || day.first >= last) break;
    drawn.push({ day, index, from: Math.max(first, day.first), to: Math.min(last, day.first + day.count) });
  }
  return drawn;
}
