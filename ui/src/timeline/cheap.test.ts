import { expect, it } from 'vitest';
import { counted, manySteps } from './step-made';
import { treeOf } from './tree';

it('looks again only at what changed of 5,000 steps', () => {
  const { steps, reads } = counted(manySteps(5000));
  let tree = treeOf(steps);
  const all = reads();
  // 500 updates a second come in 20 bundles.
  const next = steps.map((step, at) => (at % 200 === 0 ? { ...step, tokens: (step.tokens ?? 0) + 1 } : step));
  const before = reads();
  tree = treeOf(next, tree);
  expect(tree.roots.length).toBeGreaterThan(0);
  expect(reads() - before, `of ${all} for all of them`).toBeLessThan(all / 4);
});
