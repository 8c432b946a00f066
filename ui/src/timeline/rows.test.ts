import { describe, expect, it } from 'vitest';
import { lanesOf } from './lanes';
import { expandableKeys, keepSame, keysAround, lengthOf, rowsOf as rowsOfTree } from './rows';
import { step } from './step-made';
import { treeOf } from './tree';
import type { Step } from '../ipc/gen/Step';

const rowsOf = (steps: Step[], open: (key: string) => boolean) => rowsOfTree(treeOf(steps), open);
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
    expect(expandableKeys(treeOf([step('each'), step('a', { parent: 'each', round: 0 })])).sort()).toEqual(['each', 'each/round-0']);
  });
});

describe('what is known of rounds that never began', () => {
  const each = step('each', { nodeType: 'iteration', status: 'failed', roundsBegun: 2, roundsTotal: 5 });
  const inner = step('a', { parent: 'each', round: 0 });
  const rests = (container: Partial<Step>) => rowsOf([{ ...each, ...container }, inner], all).flatMap((row) => (row.kind === 'rest' ? [row.rounds] : []));

  it('is told after a failure, of iterations whose number of rounds was announced', () => {
    expect(rests({})).toEqual([3]);
    expect(rests({ status: 'stopped' }), 'a stop ends it as well').toEqual([3]);
    expect(rests({ status: 'succeeded' }), 'what went well left nothing out').toEqual([]);
    expect(rests({ status: 'running' }), 'they may still come').toEqual([]);
    expect(rests({ roundsTotal: null }), 'nobody said how many').toEqual([]);
    expect(rests({ nodeType: 'loop' }), 'a loop may end before its limit').toEqual([]);
  });
});

describe('a step inside folded ones', () => {
  it('is seen once everything around it is open', () => {
    const steps = [step('outer'), step('inner', { parent: 'outer', round: 1 }), step('a', { parent: 'inner', round: 0, tries: [{ number: 1, error: null, elapsed: null, at: 5 }] })];
    const keys = new Set(keysAround(treeOf(steps), 'a/try-1'));
    expect(rowsOf(steps, (key) => keys.has(key)).map((row) => row.key)).toContain('a/try-1');
    expect(keys.size, 'and no more than that').toBe(5);
  });
});

describe('the length of a step', () => {
  const [row] = rowsOf([step('a', { elapsed: 2.5 })], closed);
  const [running] = rowsOf([step('a', { status: 'running', finishedAt: null, startedAt: 1000 })], closed);

  it('counts all tries, where servers measure the last one alone', () => {
    const [row] = rowsOf([step('a', { elapsed: 0.01, tries: [{ number: 1, error: null, elapsed: 0.03, at: 60 }] })], closed);
    expect(row && lengthOf(row, 0)).toBe(100);
  });

  it('is what the server measured, or grows with our clock', () => {
    expect(row && lengthOf(row, 0)).toBe(2500);
    expect(running && lengthOf(running, 4000)).toBe(3000);
  });
});

describe('the rounds of a container', () => {
  it('share a lane when one follows the other, and three at most when they overlap', () => {
    const round = (index: number, startedAt: number, finishedAt: number) => step(`s${index}`, { parent: 'each', round: index, startedAt, finishedAt });
    const each = step('each');
    const lanes = (rounds: Step[]) => lanesOf(treeOf([each, ...rounds]).byId.get('each') ?? expect.fail('no container'), 0);
    expect(lanes([round(0, 0, 10), round(1, 10, 20)])).toHaveLength(1);
    expect(lanes([0, 1, 2, 3, 4].map((index) => round(index, 0, 10 + index)))).toHaveLength(3);
  });
});
