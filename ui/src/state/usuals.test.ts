import { describe, expect, it, vi } from 'vitest';
import type { Backend } from '../ipc/backend';
import type { RunHead } from '../ipc/gen/RunHead';
import type { Usual } from '../ipc/gen/Usual';
import { Usuals } from './usuals.svelte';

const head = (status: RunHead['status'], workflowId: string | null = null) => ({ id: 'r', status, server: { runId: null, taskId: null, workflowId, traceId: null } }) as RunHead;
const asks = (...answers: Promise<Usual>[]) => {
  const runUsual = vi.fn(() => answers.shift() ?? Promise.reject(new Error('no more')));
  return { runUsual, usuals: new Usuals({ runUsual } as Partial<Backend> as Backend) };
};
const steps = (steps: number): Usual => ({ time: null, steps });

describe('what past runs tell', () => {
  it('is asked once of a run, and once more when its version is known', async () => {
    const { runUsual, usuals } = asks(Promise.resolve(steps(3)), Promise.resolve(steps(4)));
    for (const known of [head('preparing'), head('starting'), head('running', 'v1'), head('running', 'v1'), head('running')]) usuals.hear(known);
    await vi.waitFor(() => expect(usuals.of('r')?.steps).toBe(4));
    expect(runUsual, 'each text that streams brings a new head').toHaveBeenCalledTimes(2);
  });

  it('is not put down of a run that has ended meanwhile', async () => {
    let answer: (usual: Usual) => void = () => undefined;
    const { usuals } = asks(new Promise((resolve) => (answer = resolve)));
    usuals.hear(head('running'));
    usuals.hear(head('succeeded'));
    answer(steps(3));
    await Promise.resolve();
    expect(usuals.of('r')).toBeUndefined();
  });

  it('is nothing where it cannot be read', async () => {
    const { runUsual, usuals } = asks(Promise.reject(new Error('store')));
    usuals.hear(head('running'));
    await vi.waitFor(() => expect(runUsual).toHaveBeenCalledOnce());
    expect(usuals.of('r')).toBeUndefined();
  });
});
