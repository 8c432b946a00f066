import { expect, it } from 'vitest';
import { en } from '../text/en';
import { asHtml, asLines, factsOf, sorted, type Column } from './facts';
import { ran } from './step-made';
import { treeOf } from './tree';

const tree = treeOf([
  ran('each', 1000, 2000, { nodeType: 'iteration', title: 'Each clause', status: 'failed' }),
  ran('b', 1100, 1900, { parent: 'each', round: 1, title: '=HYPERLINK("x")', tokens: 5, price: '0.0042', currency: 'USD', status: 'failed' }),
  ran('a', 1000, 1200, { parent: 'each', round: 0, title: 'a\tb <b>', nodeType: 'new-thing' }),
]);
const facts = factsOf(tree, 1000, 0, null, en);

it('says of each step what the time axis shows', () => {
  expect(facts.map(({ title, start, duration, round, inside, type }) => [title, start, duration, round, inside, type])).toEqual([
    ['Each clause', 0, 1000, null, '', 'For each'],
    ['=HYPERLINK("x")', 100, 800, 2, 'Each clause', 'Model'],
    ['a\tb <b>', 0, 200, 1, 'Each clause', 'new-thing'],
  ]);
});

it('sorts by every column, both ways, with the unknown last', () => {
  const order = (by: Column, falling = false) => sorted(facts, { by, falling }, en).map(({ step }) => step.id).join(' ');
  expect(order('duration')).toBe('a b each');
  expect(order('duration', true)).toBe('each b a');
  expect(order('round')).toBe('a b each');
  expect(order('round', true), 'a step in no round stays last').toBe('b a each');
  expect(order('status'), 'what is worst first; alike ones in the order of starts').toBe('each b a');
  expect(sorted(facts, null, en).map(({ step }) => step.id)).toEqual(['each', 'b', 'a']);
});

it('is copied as spreadsheets read it, and never as a formula', () => {
  const [head, ...lines] = asLines(facts, en).split('\n');
  expect(head?.split('\t')).toHaveLength(11);
  expect(lines.every((line) => line.split('\t').length === 11), 'a tab in a title opens no cell').toBe(true);
  expect(lines[1]?.split('\t').slice(0, 6)).toEqual(["'=HYPERLINK(\"x\")", 'Model', 'Failed', '0.1', '0.8', '5']);
  expect(asHtml(facts, en)).toContain('<td>a b &lt;b&gt;</td>');
});
