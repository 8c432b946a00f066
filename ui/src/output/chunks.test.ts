import { expect, it } from 'vitest';
import { chunk } from './chunks';

const made = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ index: from + index }));

it('keeps the pieces in which nothing changed', () => {
  const items = made(0, 150);
  const before = chunk([], items);
  const after = chunk(before, [...items, { index: 150 }]);
  expect(after.map((piece) => piece.items.length)).toEqual([64, 64, 23]);
  expect(after.map((piece, index) => piece === before[index])).toEqual([true, true, false]);
  expect(after.map((piece) => piece.key), 'also the one that grew is the same place on the page').toEqual(before.map((piece) => piece.key));
});

it('leaves what stays where it is when the beginning is let go', () => {
  const items = made(0, 200);
  const before = chunk([], items);
  const after = chunk(before, items.slice(70));
  expect(after.map(({ key, gone, items }) => [key, gone, items.length])).toEqual([[1, 6, 58], [2, 0, 64], [3, 0, 8]]);
  expect(after[1], 'a piece of which nothing went is the same').toBe(before[2]);
  const grown = chunk(after, [...items.slice(70), ...made(200, 300)]);
  expect(grown.map(({ key, gone, items }) => [key, gone, items.length])).toEqual([[1, 6, 58], [2, 0, 64], [3, 0, 64], [4, 0, 44]]);
});

it('keeps an item before those that are let go', () => {
  const items = made(0, 200);
  const [first] = items;
  const before = chunk([], items);
  const after = chunk(before, [first!, ...items.slice(130)]);
  expect(after.flatMap((piece) => piece.items), 'nothing is lost or twice').toEqual([first, ...items.slice(130)]);
  const later = chunk(after, [first!, ...items.slice(140), ...made(200, 210)]);
  expect(later.flatMap((piece) => piece.items)).toEqual([first, ...items.slice(140), ...made(200, 210)]);
  expect(later.at(-1)?.key, 'the end stays the same place').toBe(after.at(-1)?.key);
});

it('touches only the piece in which an item became another one', () => {
  const items = made(0, 200);
  const before = chunk([], items);
  for (const at of [0, 64, 70, 199]) {
    const after = chunk(before, items.with(at, { index: -1 }));
    expect(after.map((piece, index) => piece !== before[index]), String(at)).toEqual([0, 1, 2, 3].map((index) => index === Math.floor(at / 64)));
    expect(after.map(({ key }) => key)).toEqual([0, 1, 2, 3]);
  }
});

it('begins anew with another text', () => {
  const after = chunk(chunk([], made(0, 100)), made(0, 10));
  expect(after.flatMap((piece) => piece.items)).toEqual(made(0, 10));
});
