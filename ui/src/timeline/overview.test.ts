import { describe, expect, it } from 'vitest';
import { axisFor } from './axis';
import { join, pack } from './lanes';
import { overview, stepAt } from './overview';
import { manySteps, ran } from './step-made';
import { treeOf } from './tree';

describe('bars beside each other', () => {
  it('take the first free lane, and beyond the last the one that is free first', () => {
    const bars = [[0, 10], [0, 20], [0, 30], [5, 40], [12, 14]].map(([from = 0, to = 0]) => ({ from, to }));
    expect(pack(bars, 3).map((lane) => lane.map(({ from, to }) => `${from}–${to}`))).toEqual([['0–10', '5–40'], ['0–20', '12–14'], ['0–30']]);
  });

  it('are joined where the eye could not tell them apart, and never hide a failure', () => {
    const ok = (from: number, to: number) => ({ from, to, status: 'succeeded' as const });
    expect(join([ok(0, 10), ok(11, 20)], 2)).toEqual([ok(0, 20)]);
    expect(join([ok(0, 10), ok(15, 20)], 2)).toHaveLength(2);
    expect(join([ok(0, 1), { ...ok(1, 1.5), status: 'failed' }], 2)).toEqual([{ from: 0, to: 1.5, status: 'failed' }]);
    expect(join([ok(0, 50), { ...ok(50, 51), status: 'failed' }], 2), 'a long bar stays what it is').toHaveLength(2);
  });
});

describe('the overview', () => {
  const tree = treeOf([ran('each', 0, 100), ran('a', 0, 50, { parent: 'each', round: 0 }), ran('b', 0, 90, { parent: 'each', round: 1, status: 'failed' }), ran('c', 100, 500)]);
  const drawn = overview(tree, axisFor(500, false), 0, 500, 3, 5, 3);

  it('draws every step that holds no others, by state', () => {
    expect(drawn.lanes.flat().map((bar) => bar.id)).toEqual(['a', 'c', 'b']);
    expect(drawn.paths.map((path) => path.status).sort()).toEqual(['failed', 'succeeded']);
  });

  it('knows the step at a place', () => {
    expect([stepAt(drawn, 0, 20), stepAt(drawn, 0, 99), stepAt(drawn, 1, 20), stepAt(drawn, 9, 400)]).toEqual(['a', 'c', 'b', 'b']);
  });

  it('stays small however many steps there are', () => {
    const many = overview(treeOf(manySteps(5000)), axisFor(210_000, false), 0, 0, 3, 5, 3);
    expect(many.paths.reduce((sum, path) => sum + path.d.length, 0)).toBeLessThan(150_000);
  });
});
