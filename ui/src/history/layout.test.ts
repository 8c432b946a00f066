/** Where runs stand in the list, and which are drawn. */
import { describe, expect, it } from 'vitest';
import type { PastRun } from '../ipc/gen/PastRun';
import { daysOf, drawnDays, heightOfAll, heightOfDay, heightsAt, inSight, spare, topOfDay, topOfRow, usualHeights } from './layout';

const noon = (day: number) => new Date(2026, 10, day, 12).getTime();
const rows = (...days: number[]) => days.map((day, at) => ({ head: { id: String(at), startedAt: noon(day) - at } }) as PastRun);

describe('the list', () => {
  it('groups runs that follow each other by the days of this place', () => {
    const late = { head: { id: 'x', startedAt: new Date(2026, 10, 20, 23, 59, 59).getTime() } } as PastRun;
    const days = daysOf([...rows(21, 21), late, ...rows(20), ...rows(3)]);
    expect(days.map(({ first, count }) => [first, count])).toEqual([[0, 2], [2, 2], [4, 1]]);
  });

  it('knows every place without drawing it', () => {
    const days = daysOf(rows(21, 21, 20, 19, 19, 19));
    expect(days.map((_, index) => topOfDay(days, index, usualHeights))).toEqual([0, 28 + 2 * 57, 2 * 28 + 3 * 57]);
    expect([0, 1, 2, 3, 5].map((place) => topOfRow(days, place, usualHeights))).toEqual([28, 85, 170, 255, 369]);
    expect(heightOfAll(days, 6, 0, usualHeights)).toBe(3 * 28 + 6 * 57);
    expect(days.reduce((sum, day) => sum + heightOfDay(day, usualHeights), 0), 'days lie one below the other').toBe(heightOfAll(days, 6, 6, usualHeights));
    expect(heightOfAll(days, 6, 1000, usualHeights), 'room for what was not read yet').toBe(3 * 28 + 1000 * 57);
  });

  it('grows with the size of the text', () => {
    expect(heightsAt(18)).toEqual({ row: 64, day: 32 });
    expect(heightsAt(NaN)).toEqual(usualHeights);
  });

  it('draws a few dozen of a hundred thousand, wherever one looks', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => ({ head: { id: String(at), startedAt: noon(21) - at * 600_000 } }) as PastRun);
    const days = daysOf(many);
    expect(days.length).toBeGreaterThan(600);
    for (const place of [0, 5000, 55_555, 99_999]) {
      const top = Math.max(0, topOfRow(days, place, usualHeights) - 300);
      for (const more of Object.values(spare)) {
        const { first, last } = inSight(days, many.length, top, 600, usualHeights, more);
        expect(first <= place && place < last, `run ${place} is drawn where it is seen`).toBe(true);
        expect(last - first).toBeLessThan(16 + 3 * more);
        const drawn = drawnDays(days, first, last);
        expect(drawn.reduce((sum, { from, to }) => sum + to - from, 0), 'each of them once, under its day').toBe(last - first);
      }
    }
  });

  it('is nothing where nothing was found', () => {
    expect(inSight([], 0, 0, 600, usualHeights, spare.resting)).toEqual({ first: 0, last: 0 });
    expect(drawnDays([], 0, 0)).toEqual([]);
  });
});
