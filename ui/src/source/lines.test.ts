import { expect, it } from 'vitest';
import type { Extract } from '../ipc/gen/Extract';
import { groupsOf, linesOf, linesOfText } from './lines';

const extract: Extract = {
  cut: false,
  parts: [
    { of: { part: 'document' }, title: null, cut: false, blocks: [{ kind: 'heading', level: 1, text: 'A' }, { kind: 'item', level: 0, text: 'one' }, { kind: 'item', level: 1, text: 'two' }] },
    { of: { part: 'sheet' }, title: 'Budget', cut: true, blocks: [{ kind: 'row', cells: ['Item', 'Sum'] }, { kind: 'row', cells: ['Desk', ''] }] },
    { of: { part: 'sheet' }, title: 'Rest', cut: false, blocks: [{ kind: 'row', cells: ['x'] }] },
  ],
};

it('every text that can be found knows its line', () => {
  const { lines, texts, lineOf } = linesOf(extract);
  expect(texts).toEqual(['A', 'one', 'two', 'Item', 'Sum', 'Desk', '', 'x']);
  const kinds = lineOf.map((line) => lines[line]?.kind);
  expect(kinds).toEqual(['heading', 'item', 'item', 'row', 'row', 'row', 'row', 'row']);
  const row = lines[lineOf[5] ?? -1];
  expect(row, 'a row knows its first cell').toMatchObject({ kind: 'row', text: 5, cells: 2 });
});

it('rows of one sheet are one table, and of two sheets two', () => {
  const groups = groupsOf(linesOf(extract).lines).map((group) => `${group.kind} ${group.lines.length}`);
  expect(groups).toEqual(['one 1', 'list 2', 'one 1', 'table 2', 'one 1', 'one 1', 'table 1']);
});

it('a plain text is all there, in pieces that end where its lines do', () => {
  const text = `${'a line of words\n'.repeat(900)}${'长'.repeat(5000)}${'😀'.repeat(3000)}`;
  const { texts } = linesOfText(text);
  expect(texts.join('')).toBe(text);
  expect(texts.length).toBeGreaterThan(4);
  expect(texts.slice(0, 3).every((piece) => piece.endsWith('\n'))).toBe(true);
  expect(texts.every((piece) => !/[\ud800-\udbff]$/.test(piece)), 'no character is cut in two').toBe(true);
});
