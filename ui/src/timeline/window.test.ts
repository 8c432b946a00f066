import { expect, it } from 'vitest';
import { rowsOf } from './rows';
import { manySteps } from './step-made';
import { expandableKeys } from './rows';
import { treeOf } from './tree';
import { heightOf, offsetsOf, rowAt, windowOf } from './window';

const tree = treeOf(manySteps(5000));
const keys = new Set(expandableKeys(tree));
const rows = rowsOf(tree, (key) => keys.has(key));

it('knows where every row stands without drawing it', () => {
  const offsets = offsetsOf(rows, 'comfortable');
  const heights = rows.map((row) => heightOf(row, 'comfortable'));
  expect(offsets.at(-1)).toBe(heights.reduce((sum, height) => sum + height, 0));
  for (const at of [0, 1, 777, rows.length - 1]) {
    const top = offsets[at] ?? 0;
    expect([rowAt(offsets, top), rowAt(offsets, top + (heights[at] ?? 0) - 1)], 'its first and its last pixel').toEqual([at, at]);
  }
});

it('draws what is seen and a little more, whatever place one scrolls to', () => {
  const offsets = offsetsOf(rows, 'compact');
  for (let top = 0; top < (offsets.at(-1) ?? 0); top += 611) {
    const { first, last } = windowOf(offsets, top, 600, false);
    expect(first).toBeLessThanOrEqual(rowAt(offsets, top));
    expect(last).toBeGreaterThan(Math.min(rows.length - 1, rowAt(offsets, top + 600)));
    expect(last - first).toBeLessThan(64);
  }
});

it('draws all of a short list', () => {
  expect(windowOf(offsetsOf(rows.slice(0, 100), 'compact'), 900, 100, false)).toEqual({ first: 0, last: 100 });
  expect(windowOf(offsetsOf(rows.slice(0, 100), 'compact'), 900, 100, true).first, 'while more come only those in sight').toBeGreaterThan(0);
});
