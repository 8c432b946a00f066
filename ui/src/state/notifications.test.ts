import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeBackend } from '../ipc/fake';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunPatch } from '../ipc/gen/RunPatch';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { Looks } from './looks.svelte';
import { compose, Notifications, type Telling } from './notifications';

const head = (id: string, more: Partial<RunHead> = {}): RunHead => {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  return { ...run.head, id, title: 'Supplier framework', status: 'running', error: null, ...more };
};
const patch = (id: string, more: Partial<RunHead> = {}): RunPatch => ({
  id, head: head(id, more), steps: [], texts: [], outputs: null, files: null, notices: null, questions: null, unknownEvents: null,
});
const telling = (told: Telling['told'], step = '', more: Partial<RunHead> = {}): Telling => ({ head: head('r', more), told, app: 'Contract review', step });

describe('the words of a notification', () => {
  const one = (told: Telling['told'], step = '', titles = true, t = en) => compose([telling(told, step)], titles, t)?.body;

  it('say what became of one run', () => {
    expect(one('ready')).toBe('“Supplier framework” is ready.');
    expect(one('failed', 'Look up')).toBe('“Supplier framework” failed in the step “Look up”.');
    expect(one('failed')).toBe('“Supplier framework” failed.');
    expect(one('waiting', 'Approve?')).toBe('“Supplier framework” waits for you: “Approve?”.');
    expect(one('unknown')).toBe('It is not known how “Supplier framework” ended.');
    expect(one('waiting', '批准', true, zh)).toBe('“Supplier framework”等待您处理：“批准”。');
  });

  it('leave the title out where it is not to be shown, or where there is none', () => {
    expect(one('ready', '', false)).toBe('A run is ready.');
    expect(one('unknown', '', false)).toBe('It is not known how a run ended.');
    expect(compose([telling('ready', '', { title: '' })], true, en)?.body).toBe('A run is ready.');
  });

  it('cut a title that is a whole text', () => {
    const body = compose([telling('ready', '', { title: `Dear\nMs Brückner, ${'x'.repeat(200)}` })], true, en)?.body ?? '';
    expect(body).toMatch(/^“Dear Ms Brückner, x+…” is ready\.$/);
    expect(body.length).toBeLessThan(80);
  });

  it('count several, and lead to the list of all', () => {
    const all = compose([telling('ready'), telling('ready'), telling('ready')], true, en);
    expect(all).toEqual({ runId: null, title: 'Contract review', body: '3 runs are ready.' });
    const mixed = compose([telling('ready'), telling('failed'), { ...telling('ready'), app: 'Other' }], true, en);
    expect(mixed).toEqual({ runId: null, title: 'Flowdeck', body: '3 runs: 2 ready, 1 failed.' });
    expect(compose([telling('ready'), telling('waiting')], true, zh)?.body).toBe('2 次运行：1 次完成，1 次等待您处理。');
  });
});

describe('notifications', () => {
  let backend: FakeBackend;
  let notifications: Notifications;
  const sent = () => backend.calls.filter(([name]) => name === 'notifyRun');

  beforeEach(() => {
    vi.useFakeTimers();
    localStorage.clear();
    window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
    backend = fakeBackend();
    notifications = new Notifications(backend, new Looks(), () => 'Contract review');
  });
  afterEach(() => vi.useRealTimers());

  it('tell of an end once, however often it is heard', () => {
    notifications.hear(patch('a'));
    notifications.hear(patch('a', { status: 'succeeded' }));
    notifications.hear(patch('a', { status: 'succeeded' }));
    vi.advanceTimersByTime(2000);
    notifications.hear(patch('a', { status: 'succeeded' }));
    vi.advanceTimersByTime(2000);
    expect(sent()).toEqual([['notifyRun', 'a', 'Contract review', '“Supplier framework” is ready.']]);
  });

  it('gather what ends together', () => {
    for (const id of ['a', 'b', 'c']) {
      notifications.hear(patch(id, { status: 'succeeded' }));
      vi.advanceTimersByTime(300);
    }
    vi.advanceTimersByTime(2000);
    expect(sent()).toEqual([['notifyRun', null, 'Contract review', '3 runs are ready.']]);
  });

  it('tell of a wait again after an answer, not after a restart', () => {
    notifications.knows([head('a', { status: 'waiting' })]);
    notifications.hear(patch('a', { status: 'waiting' }));
    vi.advanceTimersByTime(2000);
    expect(sent()).toEqual([]);
    notifications.hear(patch('a', { status: 'running' }));
    notifications.hear(patch('a', { status: 'waiting' }));
    vi.advanceTimersByTime(2000);
    expect(sent()).toHaveLength(1);
  });

  it('keep still about a wait that was over before it was told, and when they are turned off', () => {
    notifications.hear(patch('a', { status: 'waiting' }));
    notifications.hear(patch('a', { status: 'running' }));
    vi.advanceTimersByTime(2000);
    expect(sent()).toEqual([]);
    const off = new Looks();
    off.notify = false;
    const quiet = new Notifications(backend, off, () => '');
    quiet.hear(patch('b', { status: 'failed' }));
    vi.advanceTimersByTime(2000);
    expect(sent()).toEqual([]);
  });
});
