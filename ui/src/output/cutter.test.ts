import { expect, it, vi } from 'vitest';
import { Cutter } from './cutter';
import type * as markdown from './markdown';

// What is counted is reading; drawing costs a document for each block, and jsdom's are slow.
vi.mock('./markdown', async (original) => ({ ...(await original<typeof markdown>()), renderTokens: () => '' }));

it.each([
  ['short paragraphs', '', 'Some words of a paragraph.\n\n'],
  ['code', '```js\n', 'a line of code\n'],
  ['a paragraph', '', 'some words '],
  ['a table', '| a | b |\n|---|---|\n', '| one | two |\n'],
  ['a list', '', '- an item\n'],
  ['no word', '', 'a'.repeat(14)],
])('%s without an end cost in proportion to their length', (_, beginning, piece) => {
  const work = (pieces: number) => {
    const cutter = new Cutter();
    cutter.add(beginning);
    for (let at = 0; at < pieces; at++) {
      cutter.add(piece.repeat(50));
      cutter.blocks();
    }
    return cutter.parsed / pieces;
  };
  // Work for each piece: the last block is read again and again, up to a bound that does not grow with the text.
  expect(work(120) / work(60)).toBeLessThan(1.3);
});

it('lets go of its oldest blocks when it is asked to, and counts them', () => {
  const cutter = new Cutter();
  const paragraph = 'Some words of a paragraph.\n\n';
  let most = 0;
  for (let at = 0; at < 100; at++) {
    cutter.add(paragraph.repeat(20));
    most = Math.max(most, cutter.blocks().length);
    cutter.trim(10_000);
  }
  expect(most).toBeLessThan(1000);
  expect(cutter.dropped + cutter.blocks().length * paragraph.length).toBeGreaterThan(paragraph.length * 2000 * 0.9);
});
