import { describe, expect, it } from 'vitest';
import { counted, manySteps, ran, step } from './step-made';
import { totals, treeOf } from './tree';

describe('the tree of steps', () => {
  it('counts tokens and cost once, at the container or inside of it', () => {
    const inner = [step('a', { parent: 'each', round: 0, tokens: 5, price: '0.001' }), step('b', { parent: 'each', round: 1, tokens: 7, price: '0.002' })];
    expect(totals(treeOf([step('each'), ...inner, step('c', { tokens: 1 })])), 'the container says nothing').toEqual({ steps: 4, tokens: 13, cost: { amount: 0.003, currency: null } });
    expect(totals(treeOf([step('each', { tokens: 12, price: '0.003' }), ...inner])).tokens, 'it says what is inside').toBe(12);
  });

  it('adds no currencies up', () => {
    expect(totals(treeOf([step('a', { price: '1', currency: 'USD' }), step('b', { price: '1', currency: 'CNY' })])).cost).toBeNull();
  });

  it('keeps every part that says the same as before', () => {
    const steps = [step('each'), step('a', { parent: 'each', round: 0 }), step('b', { parent: 'each', round: 1 }), step('c')];
    const before = treeOf(steps);
    const after = treeOf(steps.map((one) => (one.id === 'b' ? { ...one, status: 'failed' as const } : one)), before);
    const [was, is] = [before.byId.get('each'), after.byId.get('each')];
    expect(after.byId.get('c'), 'nothing changed in it').toBe(before.byId.get('c'));
    expect(is, 'one of its rounds failed').not.toBe(was);
    expect(is?.rounds[0], 'the other round did not').toBe(was?.rounds[0]);
    expect(is?.problems).toBe(1);
  });

  it('is the same whether it was made at once or change by change', () => {
    let steps = manySteps(400).concat(step('lone', { parent: 'gone' }), step('ring', { parent: 'ring' }));
    let tree = treeOf(steps);
    // A fixed row of numbers, as random as needed.
    let seed = 7;
    const next = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    for (let turn = 0; turn < 200; turn++) {
      const at = next(steps.length);
      const more = [{ tokens: next(9) }, { status: 'failed' as const }, { finishedAt: null, status: 'running' as const }, { finishedAt: next(9000) }, { round: next(3) }, { price: '0.5' }][next(6)] ?? {};
      steps = steps.map((one, place) => (place === at ? { ...one, ...more } : one));
      if (turn % 17 === 0) steps = [...steps, step(`new-${turn}`, { parent: steps[next(50)]?.id ?? null, round: next(4) })];
      if (turn % 13 === 0) steps = [...steps, step(`first-${turn}`, { tokens: 3 }), step(`second-${turn}`, { status: 'failed' })];
      // The container that one step has been waiting for.
      if (turn === 100) steps = [...steps, step('gone')];
      tree = treeOf(steps, tree);
      if (turn % 50 === 0) expect(tree, `after ${turn} changes`).toEqual(treeOf(steps));
    }
    expect(tree).toEqual(treeOf(steps));
    expect([...tree.roots].map(({ step }) => step.id), 'in their order').toEqual(treeOf(steps).roots.map(({ step }) => step.id));
  });

  it('blames what is inside, not what is around it', () => {
    const tree = treeOf([step('each', { status: 'failed' }), step('a', { parent: 'each', round: 0, status: 'failed' })]);
    expect(tree.roots[0]?.problems).toBe(1);
  });

  it('grows with the steps, not with their square', () => {
    const work = (count: number) => {
      const { steps, reads } = counted(manySteps(count));
      treeOf(steps);
      return reads();
    };
    expect(work(40_000) / work(5000), 'eight times the steps').toBeLessThan(9);
  });

  it('bears a thousand containers in each other', () => {
    const steps = Array.from({ length: 1000 }, (_, at) => ran(`c${at}`, at, 5000, { parent: at === 0 ? null : `c${at - 1}`, round: 0 }));
    expect(treeOf(steps).roots).toHaveLength(1);
  });
});
