import { describe, expect, it, vi } from 'vitest';
import { pastRuns } from '../ipc/fake';
import type { Run } from '../ipc/gen/Run';
import type { RunPatch } from '../ipc/gen/RunPatch';
import type { Step } from '../ipc/gen/Step';
import { thoughtOf } from './growing';
import { applyPatches, LiveRun } from './live-run.svelte';

function emptyRun(): Run {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  return { ...run, steps: [], texts: [], outputs: {} };
}
const patch = (more: Partial<RunPatch>): RunPatch => ({ id: 'run', head: null, steps: [], texts: [], outputs: null, files: null, notices: null, questions: null, unknownEvents: null, ...more });
const step = (id: string, order: number, status: Step['status'] = 'running') => ({ id, order, status }) as Step;
const append = (source: string, offset: number, text: string): RunPatch['texts'][number] => ({ kind: 'append', source, offset, text });

describe('patches of a run', () => {
  it('put new steps in their order and replace known ones', () => {
    const { run } = applyPatches(emptyRun(), [patch({ steps: [step('b', 1)] }), patch({ steps: [step('a', 0), step('b', 1, 'succeeded')] })]);
    expect(run.steps.map(({ id, status }) => `${id} ${status}`)).toEqual(['a running', 'b succeeded']);
  });

  it('append text by source, in the order the sources began', () => {
    const { run } = applyPatches(emptyRun(), [patch({ texts: [append('x', 0, 'Hel'), append('y', 0, '你'), append('x', 3, 'lo')] })]);
    expect(run.texts).toEqual([
      { source: 'x', text: 'Hello' },
      { source: 'y', text: '你' },
    ]);
  });

  it('skip what the opened run already holds', () => {
    const run = { ...emptyRun(), texts: [{ source: 'x', text: 'Hello' }] };
    expect(applyPatches(run, [patch({ texts: [append('x', 3, 'lo wor'), append('x', 9, 'ld')] })]).run.texts[0]?.text).toBe('Hello world');
    expect(applyPatches(run, [patch({ texts: [append('x', 0, 'He')] })]).run.texts[0]?.text).toBe('Hello');
  });

  it('tell when a piece of text was missed', () => {
    const { run, gap } = applyPatches(emptyRun(), [patch({ texts: [append('x', 7, 'later')] })]);
    expect(gap).toBe(true);
    expect(run.texts).toEqual([]);
  });

  it('append what a step thinks, but for what came with the step', () => {
    const thinks = (offset: number, text: string): RunPatch['texts'][number] => ({ kind: 'thought', step: 'a', offset, text, times: { from: 1, to: 2 } });
    const known = { ...step('a', 0), reasoning: 'Let me' };
    const first = applyPatches(emptyRun(), [patch({ steps: [known], texts: [thinks(3, ' me see'), append('x', 0, '!')] })]);
    expect(first.run.steps[0]).toMatchObject({ reasoning: 'Let me see', thinking: { from: 1, to: 2 } });
    expect(first.run.texts, 'the text is apart from it').toEqual([{ source: 'x', text: '!' }]);
    expect(first.gap).toBe(false);
    const then = applyPatches(first.run, [patch({ texts: [thinks(10, ', now')] }), patch({ steps: [] })]).run.steps[0] as Step;
    expect(thoughtOf(then).text).toBe('Let me see, now');
    expect(thoughtOf(then).continues(thoughtOf(first.run.steps[0] as Step)), 'the page goes on with it').toBe(true);
    const whole = applyPatches({ ...emptyRun(), steps: [then] }, [patch({ steps: [{ ...step('a', 0), reasoning: 'Let me see, now.' }] })]).run.steps[0] as Step;
    expect(thoughtOf(whole).continues(thoughtOf(then)), 'also when the step comes whole').toBe(true);
    expect(applyPatches(first.run, [patch({ texts: [thinks(12, 'later')] })]).gap, 'a piece was missed').toBe(true);
  });

  it('replace all text when the server does', () => {
    const run = { ...emptyRun(), texts: [{ source: 'x', text: 'bad' }] };
    expect(applyPatches(run, [patch({ texts: [{ kind: 'replace', text: 'good' }] })]).run.texts).toEqual([{ source: '', text: 'good' }]);
  });

  it('leave the run they were applied to as it was', () => {
    const run = emptyRun();
    const before = structuredClone(run);
    applyPatches(run, [patch({ steps: [step('a', 0)], outputs: { a: 1 } })]);
    expect(run).toEqual(before);
  });
});

it('draws a live run with a frame, whatever came before it, in one go', () => {
  vi.useFakeTimers();
  const live = new LiveRun(emptyRun(), () => undefined);
  const seen = new Set<Run>();
  for (let at = 0; at < 200; at++) {
    live.push(patch({ texts: [append('x', at, '.')] }));
    vi.advanceTimersByTime(5);
    seen.add(live.run);
  }
  vi.advanceTimersByTime(50);
  expect(live.run.texts[0]?.text).toHaveLength(200);
  expect(seen.size, '60 frames a second').toBeLessThan(65);
  vi.useRealTimers();
});

it('draws text and steps in turns, and all of the text before the end', () => {
  vi.useFakeTimers();
  const live = new LiveRun(emptyRun(), () => undefined);
  let [apart, together, before] = [0, 0, live.run];
  for (let at = 0; at < 40; at++) {
    live.push(patch({ steps: [step(`s${at}`, at)], texts: [append('x', at, '.')] }));
    vi.advanceTimersByTime(16);
    const [steps, texts] = [live.run.steps !== before.steps, live.run.texts !== before.texts];
    if (steps && texts) together++;
    else if (steps || texts) apart++;
    before = live.run;
  }
  expect([together, apart > 20], 'one or the other').toEqual([0, true]);
  live.push(patch({ head: { ...live.run.head, finishedAt: 1 }, texts: [append('x', 40, '!')] }));
  vi.advanceTimersByTime(16);
  expect([live.run.head.finishedAt === 1, live.run.texts[0]?.text.length], 'its text is whole when it ends').toEqual([false, 41]);
  vi.advanceTimersByTime(16);
  expect([live.run.head.finishedAt, live.run.steps.length]).toEqual([1, 40]);
  vi.useRealTimers();
});
