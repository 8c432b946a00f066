import { expect, it } from 'vitest';
import { chunk } from './chunks';

it('keeps the pieces in which nothing changed', () => {
  const items = Array.from({ length: 150 }, (_, index) => ({ index }));
  const before = chunk([], items);
  const after = chunk(before, [...items, { index: 150 }]);
  expect(after.map((piece) => piece.length)).toEqual([64, 64, 23]);
  expect(after.map((piece, index) => piece === before[index])).toEqual([true, true, false]);
});
