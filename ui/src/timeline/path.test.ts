import { describe, expect, it } from 'vitest';
import { longestPath } from './path';
import { manySteps, ran } from './step-made';
import { treeOf } from './tree';

const pathOf = (steps: Parameters<typeof treeOf>[0]) => {
  const path = longestPath(treeOf(steps.map((step, order) => ({ ...step, order }))));
  return path && { steps: [...path.steps].sort(), took: path.took };
};

describe('the longest path', () => {
  const [start, long, short, join] = [ran('start', 0, 10), ran('long', 10, 900), ran('short', 10, 300), ran('join', 901, 1000)];

  it('is the chain that decided how long the run took', () => {
    expect(pathOf([start, long, short, join])).toEqual({ steps: ['join', 'long', 'start'], took: 999 });
  });

  it('leads into containers, by the round that ended last', () => {
    const each = ran('each', 10, 900);
    const rounds = [ran('quick', 10, 400, { parent: 'each', round: 0 }), ran('slow', 10, 900, { parent: 'each', round: 1 })];
    expect(pathOf([start, each, ...rounds, join])?.steps).toEqual(['each', 'join', 'slow', 'start']);
  });

  it('is not marked where nothing ran beside anything, for it would be everything', () => {
    expect(pathOf([start, long, join])).toBeNull();
  });

  it('is not known before the end', () => {
    expect(pathOf([start, { ...long, status: 'running', finishedAt: null }, short])).toBeNull();
  });

  it('follows what older servers say came before', () => {
    const told = ran('join', 901, 1000, { predecessor: 'short' });
    expect(pathOf([start, long, short, told])?.steps).toEqual(['join', 'short', 'start']);
  });

  it('is found quickly among thousands', () => {
    const tree = treeOf(manySteps(5000));
    const from = performance.now();
    expect(longestPath(tree)?.steps.size).toBeGreaterThan(50);
    expect(performance.now() - from).toBeLessThan(200);
  });
});
