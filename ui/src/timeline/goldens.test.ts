/** Every run that was recorded from a real server, as the fold makes it, drawn whole. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Step } from '../ipc/gen/Step';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { axisFor, span } from './axis';
import { barsOf } from './bars';
import { factsOf } from './facts';
import { overview } from './overview';
import { longestPath } from './path';
import { expandableKeys, keysAround, lengthOf, rowsOf } from './rows';
import { step } from './step-made';
import { treeOf } from './tree';
import { rowTitle } from './types';

const folders = ['recordings', 'generations/runs'].map((name) => join(import.meta.dirname, '../../../tests', name));
const goldens = folders.filter(existsSync).flatMap((folder) => readdirSync(folder).filter((file) => file.endsWith('.fold.json')).map((file) => join(folder, file)));

/** Goldens leave out what is null or empty. */
function stepsOf(file: string): { origin: number; steps: Step[] } {
  const run = JSON.parse(readFileSync(file, 'utf8')) as { head: { startedAt?: number }; steps: (Partial<Step> & { id: string })[] };
  const steps = run.steps.map((told) => step(told.id, { title: '', finishedAt: null, ...told }));
  return { origin: run.head.startedAt ?? 0, steps };
}

it('reads the goldens of the recorded server and of every generation', () => {
  expect(goldens.length).toBeGreaterThan(50);
  expect(goldens.filter((file) => stepsOf(file).steps.length > 0).length, 'most hold steps').toBeGreaterThan(40);
});

describe.each(goldens.map((file) => [basename(file), file] as const))('%s', (_, file) => {
  const { origin, steps } = stepsOf(file);
  const tree = treeOf(steps);
  const rows = rowsOf(tree, () => true);
  const until = Math.max(origin, tree.lastEnd);
  const axis = axisFor(until - origin, false);

  it('has a row for each step, once, after and one level below what it stands in', () => {
    const listed = rows.flatMap((row) => (row.kind === 'step' ? [row.step.id] : []));
    expect([...listed].sort()).toEqual(steps.map((one) => one.id).sort());
    const places = new Map(rows.map((row, at) => [row.key, at]));
    expect(places.size, 'no key twice').toBe(rows.length);
    for (const [at, row] of rows.entries()) {
      const under = row.under === null ? null : rows[places.get(row.under) ?? rows.length];
      expect(row.level).toBe((under?.level ?? 0) + 1);
      if (row.under !== null) expect(places.get(row.under), 'what is around it comes first').toBeLessThan(at);
    }
  });

  it('keeps the server’s word on what stands in what', () => {
    for (const one of steps) if (one.parent !== null) expect(tree.parents.get(one.id), 'no recorded server speaks of rings').toBe(one.parent);
    for (const row of rows) expect(keysAround(tree, row.key).every((key) => rows.some((other) => other.key === key))).toBe(true);
    expect(new Set(expandableKeys(tree))).toEqual(new Set(rows.filter((row) => row.expandable).map((row) => row.key)));
  });

  it('draws each bar on the axis, forwards', () => {
    for (const row of rows) {
      for (const bar of barsOf(row, tree.byId.get(row.key), axis, until, until, false)) {
        expect(bar.to, row.key).toBeGreaterThanOrEqual(bar.from);
        expect(bar.from, row.key).toBeGreaterThanOrEqual(origin);
        expect(bar.to, row.key).toBeLessThanOrEqual(origin + axis.end);
        const { left, width } = span(axis, origin, bar.from, bar.to);
        expect(left + width).toBeLessThanOrEqual(100.001);
      }
      expect(lengthOf(row, until) ?? 0, 'nothing takes less than no time').toBeGreaterThanOrEqual(0);
    }
  });

  it('names every row, and says the same in the table', () => {
    for (const row of rows) for (const t of [en, zh]) expect(rowTitle(row, t).trim()).not.toBe('');
    const path = longestPath(tree);
    expect(factsOf(tree, origin, until, path, en)).toHaveLength(steps.length);
    for (const id of path?.steps ?? []) expect(tree.byId.has(id)).toBe(true);
    const leaves = steps.filter((one) => tree.byId.get(one.id)?.rounds.length === 0).map((one) => one.id);
    expect(overview(tree, axis, origin, until, 3, 5, 3).lanes.flat().map((bar) => bar.id).sort()).toEqual(leaves.sort());
  });
});
