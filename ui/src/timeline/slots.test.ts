import { expect, it } from 'vitest';
import { rowsOf } from './rows';
import { Slots } from './slots';
import { ran } from './step-made';
import { treeOf } from './tree';

const rows = rowsOf(treeOf(Array.from({ length: 9 }, (_, at) => ran(`s${at}`, at, at + 1))), () => false);
const fill = (slots: Slots, from: number, to: number, recycle = true) => slots.fill(rows.slice(from, to), rows.slice(from, to).map((_, at) => from + at), recycle);

it('gives the places of rows that left to those that come', () => {
  const slots = new Slots();
  expect(fill(slots, 0, 4).map((cell) => cell.id)).toEqual([0, 1, 2, 3]);
  expect(fill(slots, 2, 6).map((cell) => `${cell.row.key} ${cell.id}`)).toEqual(['s2 2', 's3 3', 's4 0', 's5 1']);
});

it('keeps what stays as it is, so that it is not drawn again', () => {
  const slots = new Slots();
  const [, , kept] = fill(slots, 0, 4);
  expect(fill(slots, 2, 6)[0]).toBe(kept);
});

it('gives each row of a short list a place of its own', () => {
  const slots = new Slots();
  fill(slots, 0, 4, false);
  expect(fill(slots, 2, 6, false).map((cell) => cell.id)).toEqual(['s2', 's3', 's4', 's5']);
});
