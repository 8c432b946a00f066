/** Steps for tests. */
import type { Step } from '../ipc/gen/Step';

export function step(id: string, more: Partial<Step> = {}): Step {
  return {
    id, nodeId: id, nodeType: 'llm', title: id, status: 'succeeded', order: 0, parent: null, round: null, predecessor: null, roundsBegun: null, roundsTotal: null, startedAt: 0, finishedAt: 100,
    elapsed: null, tokens: null, price: null, currency: null, tries: [], inputs: null, processData: null, outputs: null, truncated: [], error: null, errorStrategy: null, completedReason: null,
    agentLog: [], reasoning: '', ...more,
  };
}

/** One after the other, from and to in milliseconds. */
export function ran(id: string, from: number, to: number, more: Partial<Step> = {}): Step {
  return step(id, { startedAt: from, finishedAt: to, ...more });
}

/** A run of `count` steps: single ones, failures, tries and iterations with parallel rounds, a hundred steps each. */
export function manySteps(count: number, origin = 0): Step[] {
  const steps: Step[] = [];
  let at = origin;
  while (steps.length < count) {
    const each = `each-${steps.length}`;
    steps.push(ran(each, at, at + 4000, { nodeType: 'iteration', roundsBegun: 33, roundsTotal: 33 }));
    for (let round = 0; round < 33; round++) {
      for (let inner = 0; inner < 3; inner++) {
        const from = at + Math.floor(round / 3) * 360 + inner * 100;
        const failed = (round * 3 + inner) % 50 === 49;
        steps.push(ran(`${each}-${round}-${inner}`, from, from + 90, {
          parent: each, round, nodeType: ['llm', 'code', 'http-request'][inner] ?? 'llm', tokens: 100 + inner, price: '0.0003', currency: 'USD', status: failed ? 'failed' : 'succeeded',
          error: failed ? 'HTTP 503: Service Unavailable' : null, tries: round === 7 && inner === 2 ? [{ number: 1, error: 'HTTP 503', elapsed: 0.02, at: from + 40 }] : [],
        }));
      }
    }
    at += 4000;
  }
  return steps.slice(0, count).map((one, order) => ({ ...one, order }));
}
