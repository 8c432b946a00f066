import { describe, expect, it } from 'vitest';
import { nextProblem, problems, slow, withAround } from './picks';
import { rowsOf } from './rows';
import { ran, step } from './step-made';
import { treeOf } from './tree';

describe('the filters', () => {
  const failedTry = { number: 1, error: '503', elapsed: 1, at: 40 };
  const tree = treeOf([
    step('a'), step('tried', { tries: [failedTry] }), step('each', { status: 'failed' }), step('bad', { parent: 'each', round: 1, status: 'failed' }), step('good', { parent: 'each', round: 1 }),
    step('default', { status: 'exception' }), step('lone', { nodeType: 'iteration', status: 'failed' }),
  ]);

  it('find what failed, went on with a default, or had to be tried again', () => {
    expect(problems(tree)).toEqual(expect.arrayContaining(['tried', 'bad', 'default', 'lone']));
    expect(problems(tree), 'a container is named where nothing inside tells why').toHaveLength(4);
  });

  it('show what they find with all that it stands in, and nothing else', () => {
    const rows = rowsOf(tree, () => false, withAround(tree, ['bad']));
    expect(rows.map((row) => `${row.level} ${row.key} ${row.expandable}`)).toEqual(['1 each false', '2 each/round-1 false', '3 bad false']);
  });

  it('lead from problem to problem, folded ones too, and around', () => {
    const order = ['tried', 'bad', 'default', 'lone', 'tried'];
    let at: string | null = 'a';
    const seen: (string | null)[] = [];
    for (let turn = 0; turn < order.length; turn++) seen.push((at = nextProblem(tree, at, 1)));
    expect(seen).toEqual(order);
    expect(nextProblem(tree, 'tried', -1), 'backwards from the first').toBe('lone');
    expect(nextProblem(tree, null, 1), 'from nowhere').toBe('tried');
  });

  it('call slow the longest steps that make up half the time', () => {
    const steps = [ran('each', 0, 1000), ran('a', 0, 600, { parent: 'each', round: 0 }), ran('b', 0, 250, { parent: 'each', round: 1 }), ran('c', 0, 200), ran('d', 0, 150)];
    expect(slow(treeOf(steps), 0), '600 of 1,200; the container is what is in it').toEqual(['a']);
    expect(slow(treeOf(steps.slice(3)), 0), 'of two there is nothing to find').toEqual([]);
  });
});
