/** Rows that come into sight take the places on the page of those that left it: to fill is cheaper than to make. Pure but for what it remembers. */
import type { Row } from './rows';

/** A place on the page, and the row in it. */
export interface Cell {
  id: number | string;
  row: Row;
  /** In the list, from 0. */
  place: number;
}

export class Slots {
  private byKey = new Map<string, Cell>();

  /** `rows` stand at `places`. What stays in sight keeps its cell, and with it the focus. */
  fill(rows: readonly Row[], places: readonly number[], recycle: boolean): Cell[] {
    const before = this.byKey;
    const after = new Map<string, Cell>();
    const used = new Set<number>();
    if (recycle) {
      for (const row of rows) {
        const id = before.get(row.key)?.id;
        if (typeof id === 'number') used.add(id);
      }
    }
    let next = 0;
    const cells = rows.map((row, index): Cell => {
      const old = before.get(row.key);
      const place = places[index] ?? 0;
      let id: number | string = row.key;
      if (recycle && typeof old?.id === 'number') id = old.id;
      else if (recycle) {
        while (used.has(next)) next++;
        id = next++;
      }
      const cell = old && old.id === id && old.row === row && old.place === place ? old : { id, row, place };
      after.set(row.key, cell);
      return cell;
    });
    this.byKey = after;
    return cells;
  }
}
