import { expect, it } from 'vitest';
import { axisFor } from './axis';
import { overview } from './overview';
import { problems, slow } from './picks';
import { expandableKeys, rowsOf } from './rows';
import { manySteps } from './step-made';
import { treeOf } from './tree';
import { offsetsOf } from './window';

it('makes the rows of 5,000 open steps anew within a part of a frame', () => {
  let steps = manySteps(5000);
  let tree = treeOf(steps);
  const opened = new Set(expandableKeys(tree));
  const times: number[] = [];
  for (let turn = 0; turn < 60; turn++) {
    // 500 updates a second come in 20 bundles.
    const changed = new Set(Array.from({ length: 25 }, (_, at) => (turn * 25 + at * 190) % 5000));
    steps = steps.map((step, at) => (changed.has(at) ? { ...step, tokens: (step.tokens ?? 0) + 1 } : step));
    const from = performance.now();
    tree = treeOf(steps, tree);
    problems(tree);
    const rows = rowsOf(tree, (key) => opened.has(key));
    offsetsOf(rows, 'comfortable');
    times.push(performance.now() - from);
  }
  const median = times.sort((a, b) => a - b)[30] ?? Infinity;
  const from = performance.now();
  slow(tree, 0);
  overview(tree, axisFor(204_000, true), 0, 204_000, 3, 5, 3);
  if (process.env['TELL']) console.info(`rows ${median.toFixed(1)} ms, strip and filters ${(performance.now() - from).toFixed(1)} ms`);
  // Measured alone it is about 5 ms; other work on the computer must not fail it.
  expect(median).toBeLessThan(50);
});
