import { describe, expect, it } from 'vitest';
import type { Step } from '../ipc/gen/Step';
import { expandableKeys, keepSame, lanes, lengthOf, rowsOf } from './rows';

function step(id: string, more: Partial<Step> = {}): Step {
  return {
    id, nodeId: id, nodeType: 'llm', title: id, status: 'succeeded', order: 0, parent: null, round: null, roundsBegun: null, roundsTotal: null, startedAt: 0, finishedAt: 100,
    elapsed: null, tokens: null, price: null, currency: null, tries: [], inputs: null, processData: null, outputs: null, error: null, agentLog: [], reasoning: '', ...more,
  };
}

const all = () => true;
const closed = () => false;

describe('the list of steps', () => {
  it('hangs rounds under their container and steps under their round', () => {
    const rows = rowsOf([step('each', { nodeType: 'iteration' }), step('a', { parent: 'each', round: 1 }), step('b', { parent: 'each', round: 0 })], all);
    expect(rows.map((row) => `${row.level} ${row.key}`)).toEqual(['1 each', '2 each/round-0', '3 b', '2 each/round-1', '3 a']);
  });

  it('shows only the first level while everything is folded', () => {
    expect(rowsOf([step('each'), step('a', { parent: 'each', round: 0 })], closed).map((row) => row.key)).toEqual(['each']);
  });

  it('keeps steps without a round apart, after the rounds', () => {
    const rows = rowsOf([step('each'), step('a', { parent: 'each' }), step('b', { parent: 'each', round: 0 })], all);
    expect(rows.map((row) => row.key)).toEqual(['each', 'each/round-0', 'b', 'each/round-none', 'a']);
  });

  it('nests containers in containers', () => {
    const rows = rowsOf([step('outer'), step('inner', { parent: 'outer', round: 0 }), step('a', { parent: 'inner', round: 0 })], all);
    expect(rows.map((row) => row.level)).toEqual([1, 2, 3, 4, 5]);
  });

  it('shows steps of an unknown container, and rings of containers, flat', () => {
    expect(rowsOf([step('a', { parent: 'gone' })], all).map((row) => row.level)).toEqual([1]);
    expect(rowsOf([step('a', { parent: 'b' }), step('b', { parent: 'a' })], all).map((row) => row.key)).toEqual(['a', 'b']);
    expect(rowsOf([step('a', { parent: 'a' })], all)).toHaveLength(1);
  });

  it('lists the earlier tries of a step and its last one', () => {
    const rows = rowsOf([step('call', { tries: [{ number: 1, error: '503', elapsed: 1, at: 40 }] })], all);
    expect(rows.map((row) => `${row.kind} ${row.status} ${row.startedAt}–${row.finishedAt}`)).toEqual(['step succeeded 0–100', 'try failed 0–40', 'try succeeded 40–100']);
  });

  it('calls a round failed when one of its steps failed, and running while one runs', () => {
    const rows = rowsOf([step('each'), step('a', { parent: 'each', round: 0, status: 'failed' }), step('b', { parent: 'each', round: 1, status: 'running', finishedAt: null })], all);
    expect(rows.filter((row) => row.kind === 'round').map((row) => row.status)).toEqual(['failed', 'running']);
  });

  it('keeps the rows that say the same as before', () => {
    const [a, b] = [step('a'), step('b')];
    const before = rowsOf([a, b], closed);
    const after = keepSame(new Map(before.map((row) => [row.key, row])), rowsOf([a, { ...b, status: 'failed' }], closed));
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  it('knows every key that can be opened', () => {
    expect(expandableKeys([step('each'), step('a', { parent: 'each', round: 0 })])).toEqual(['each', 'each/round-0']);
  });
});

describe('the length of a step', () => {
  const [row] = rowsOf([step('a', { elapsed: 2.5 })], closed);
  const [running] = rowsOf([step('a', { status: 'running', finishedAt: null, startedAt: 1000 })], closed);

  it('is what the server measured, or grows with our clock', () => {
    expect(row && lengthOf(row, 0)).toBe(2500);
    expect(running && lengthOf(running, 4000)).toBe(3000);
  });
});

describe('the rounds of a container', () => {
  it('share a lane when one follows the other, and three at most when they overlap', () => {
    const round = (index: number, startedAt: number, finishedAt: number) => step(`s${index}`, { parent: 'each', round: index, startedAt, finishedAt });
    const each = step('each');
    expect(lanes(each, [each, round(0, 0, 10), round(1, 10, 20)], 0)).toHaveLength(1);
    expect(lanes(each, [each, ...[0, 1, 2, 3, 4].map((index) => round(index, 0, 10 + index))], 0)).toHaveLength(3);
  });
});
