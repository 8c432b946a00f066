import { beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { AppEvent } from '../ipc/gen/AppEvent';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunStatus } from '../ipc/gen/RunStatus';
import { byUrgency, fitting } from '../underway/order';
import { Desk } from './desk.svelte';

beforeAll(() => {
  // jsdom has no media queries.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
});

function headOf(id: string, status: RunStatus, appId = 'app-1'): RunHead {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  return { ...run.head, id, appId, status, title: `Run ${id}` };
}

const said = (head: RunHead): AppEvent => ({
  type: 'run_changed',
  patch: { id: head.id, head, steps: [], texts: [], outputs: null, files: null, notices: null, questions: null, unknownEvents: null },
});

/** A desk with runs under way, as another window would have left them. */
async function deskWith(...heads: RunHead[]) {
  const [past] = pastRuns(1);
  if (!past) throw new Error('no run');
  const backend = fakeBackend({ apps: demoApps(), runs: heads.map((head) => ({ ...structuredClone(past), head })) });
  const desk = new Desk(backend);
  await desk.begin();
  await expect.poll(() => desk.runs.unfinished.size, { message: 'the page learns what is under way' }).toBe(heads.length);
  await expect.poll(() => desk.current.size, { message: 'and shows one of each app' }).toBe(new Set(heads.map((head) => head.appId)).size);
  return { desk, backend };
}

describe('runs under way', () => {
  it('are all there after a reload, with the one that waits for the user in front', async () => {
    const { desk } = await deskWith(headOf('a', 'waiting'), headOf('b', 'running'), headOf('c', 'out_of_contact'), headOf('d', 'running', 'app-2'));
    expect(desk.underway.all.map((head) => head.id)).toEqual(['a', 'd', 'c', 'b']);
    expect(desk.current.get('app-1'), 'the app opens with what the user is waited for').toBe('a');
    expect(desk.current.get('app-2')).toBe('d');
    expect(desk.underway.of('app-1', undefined).map((head) => head.id)).toEqual(['a', 'c', 'b']);
  });

  it('are called what the user calls them', async () => {
    const [past] = pastRuns(1);
    if (!past) throw new Error('no run');
    const backend = fakeBackend({ apps: demoApps(), runs: ['a', 'b'].map((id) => ({ ...structuredClone(past), head: headOf(id, 'running') })) });
    await backend.runsRemark(['a'], { name: 'The lease', note: null, starred: null, reviewed: null, addTags: [], removeTags: [] });
    const desk = new Desk(backend);
    await desk.begin();
    const titles = () => desk.underway.all.map((head) => desk.remarks.titleOf(head)).sort();
    await expect.poll(titles, { message: 'by a name of an earlier day' }).toEqual(['Run b', 'The lease']);
    await desk.remarks.change(['b'], { name: 'The move' });
    expect(titles(), 'by one that was given just now').toEqual(['The lease', 'The move']);
    await desk.remarks.change(['a', 'b'], { name: '' });
    expect(titles(), 'and by their titles without').toEqual(['Run a', 'Run b']);
    await desk.remarks.change(['b'], { name: 'The move' });
    desk.page = { kind: 'settings' };
    backend.emit(said(headOf('b', 'succeeded')));
    expect(desk.toasts.list[0]?.text, 'also in messages').toContain('The move');
  });

  it('go on while another one is shown or started, and stay where they were', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'running'), headOf('b', 'running'));
    desk.lookAt('app-1', 'a');
    desk.newRun('app-1');
    expect(desk.current.has('app-1'), 'the form stands alone').toBe(false);
    expect(desk.underway.of('app-1', undefined).map((head) => head.id), 'both are listed').toEqual(['b', 'a']);
    const id = await backend.runStart('app-1', {});
    desk.showRun('app-1', id);
    expect(desk.underway.of('app-1', undefined)).toHaveLength(3);
    desk.openApp('app-2');
    desk.openApp('app-1');
    expect(desk.current.get('app-1'), 'coming back shows the same run').toBe(id);
  });

  it('keep the form beside them when another one is looked at', async () => {
    const { desk } = await deskWith(headOf('a', 'running'), headOf('b', 'running'));
    desk.formOpen.set('app-1', true);
    desk.lookAt('app-1', 'a');
    expect(desk.formOpen.get('app-1'), 'half a form is not folded away under the hand').toBe(true);
    desk.showRun('app-1', 'b');
    expect(desk.formOpen.get('app-1'), 'a start folds it').toBe(false);
  });

  it('open live from a list of past runs', async () => {
    const { desk } = await deskWith(headOf('a', 'running'), headOf('b', 'running'));
    desk.openHistory('app-1', 'a');
    expect(desk.page).toEqual({ kind: 'app', appId: 'app-1', tab: 'run' });
    expect(desk.current.get('app-1')).toBe('a');
    desk.openFromAll(headOf('b', 'running'));
    expect(desk.current.get('app-1')).toBe('b');
  });

  it('are told of once they end unseen, and stay until they are looked at', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'running'), headOf('b', 'running'));
    desk.lookAt('app-1', 'a');
    backend.emit(said(headOf('b', 'failed')));
    expect(desk.toasts.list.map((toast) => toast.text)).toEqual(['“Run b” failed.']);
    expect(desk.underway.of('app-1', undefined).map((head) => `${head.id} ${head.status}`)).toEqual(['b failed', 'a running']);
    desk.toasts.list[0]?.action?.run();
    expect(desk.current.get('app-1'), 'Show leads there').toBe('b');
    desk.underway.seen('b');
    expect(desk.toasts.list, 'what was seen needs no message').toEqual([]);
    desk.lookAt('app-1', 'a');
    expect(desk.underway.of('app-1', undefined).map((head) => head.id), 'it is in the history now').toEqual(['a']);
  });

  it('say nothing when they end on screen', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'running'));
    desk.lookAt('app-1', 'a');
    backend.emit(said(headOf('a', 'succeeded')));
    expect(desk.toasts.list).toEqual([]);
    expect(desk.underway.unseen.size).toBe(0);
  });

  it('share one message when many end, which Ctrl Z does not follow', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'running'), headOf('b', 'running'), headOf('c', 'running', 'app-2'));
    desk.page = { kind: 'settings' };
    for (const head of [headOf('a', 'succeeded'), headOf('b', 'stopped'), headOf('c', 'waiting', 'app-2')]) backend.emit(said(head));
    expect(desk.toasts.list.map((toast) => toast.text)).toEqual(['3 runs have news.']);
    expect(desk.toasts.undo(), 'leading somewhere is nothing to undo').toBe(false);
    desk.underway.seen('a');
    desk.underway.seen('b');
    expect(desk.toasts.list.map((toast) => toast.text), 'one is left').toEqual(['“Run c” waits for your answer.']);
    expect([...desk.underway.unseen.keys()]).toEqual([]);
  });

  it('leave with their app', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'running'), headOf('b', 'running', 'app-2'));
    desk.openApp('app-2');
    backend.emit(said(headOf('a', 'failed')));
    desk.forget('app-1');
    expect(desk.underway.unseen.size).toBe(0);
    expect(desk.toasts.list).toEqual([]);
  });
});

describe('what is counted and told of runs under way', () => {
  it('counts those that go on by themselves, and apart those that wait', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'waiting'), headOf('b', 'running'), headOf('c', 'paused', 'app-2'), headOf('d', 'out_of_contact', 'app-2'));
    expect([desk.runs.underWay, desk.runs.waiting()], 'the window, the tray and the question when it closes count alike').toEqual([2, 2]);
    expect([desk.runs.going('app-1'), desk.runs.waiting('app-1')]).toEqual([1, 1]);
    backend.emit(said(headOf('a', 'running')));
    expect([desk.runs.underWay, desk.runs.waiting()], 'an answered one goes on').toEqual([3, 1]);
  });

  it('takes an error back once the run that it was about goes on', async () => {
    const away = { ...headOf('a', 'out_of_contact'), contact: { heardAt: 0, nextTryAt: null, tries: 1, until: null, goesOn: false, trouble: { code: 'unreachable' as const, subject: null } } };
    const { desk, backend } = await deskWith(away, headOf('b', 'running'));
    const failure = { code: 'unreachable', message: 'refused', detail: null, raw: null, subject: null, reason: null, wait: null, problems: [] };
    desk.tell(failure, 'a');
    backend.emit(said(headOf('b', 'succeeded', 'app-2')));
    backend.emit(said({ ...away, contact: { ...away.contact, tries: 2 } }));
    expect(desk.toasts.list.filter((toast) => toast.code).length, 'it is still so').toBe(1);
    backend.emit(said(headOf('a', 'running')));
    expect(desk.toasts.list.filter((toast) => toast.code), 'the server answers again').toEqual([]);
  });

  it('knows until when a question can be answered, until it is', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'waiting'));
    const form = { formId: null, token: null, nodeId: 'n', nodeTitle: 'Go on?', content: '', inputs: [], actions: [], defaults: {}, expiresAt: 9_000, displayInUi: null, approvalChannels: [] };
    const ask = (...expiries: (number | null)[]) => {
      const questions = expiries.map((expiresAt) => ({ form: { ...form, expiresAt }, askedAt: 0, state: { state: 'open' as const } }));
      const event = said(headOf('a', 'waiting'));
      if (event.type === 'run_changed') backend.emit({ ...event, patch: { ...event.patch, questions } });
    };
    ask(9_000, 7_000, null);
    expect(desk.runs.deadlines.get('a'), 'the soonest counts').toBe(7_000);
    ask(null);
    expect(desk.runs.deadlines.has('a'), 'this one has all the time').toBe(false);
    ask(9_000);
    backend.emit(said(headOf('a', 'succeeded')));
    expect(desk.runs.deadlines.has('a'), 'it is over').toBe(false);
  });

  it('knows since when nothing was heard of a run', async () => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] });
    const { desk, backend } = await deskWith({ ...headOf('a', 'running'), startedAt: 1 });
    expect(desk.runs.heard(desk.runs.unfinished.get('a') ?? headOf('a', 'running')), 'what came before this window is not known').toBe(1_000_000);
    vi.setSystemTime(1_040_000);
    backend.emit({ type: 'run_changed', patch: { id: 'a', head: null, steps: [], texts: [{ kind: 'append', source: '', offset: 0, text: 'More' }], outputs: null, files: null, notices: null, questions: null, unknownEvents: null } });
    expect(desk.runs.heard(headOf('a', 'running')), 'a piece of text is news').toBe(1_040_000);
    vi.useRealTimers();
  });
});

describe('stopping', () => {
  it('shows before anybody has answered, and asks once', async () => {
    const { desk, backend } = await deskWith(headOf('a', 'starting'));
    const head = headOf('a', 'starting');
    const answer = desk.runs.stop(head);
    expect(desk.runs.isStopping(head), 'in the same moment').toBe(true);
    void desk.runs.stop(head);
    await answer;
    expect(backend.calls.filter(([name]) => name === 'runStop')).toHaveLength(1);
    backend.emit(said(headOf('a', 'stopped')));
    expect(desk.runs.isStopping(headOf('a', 'stopped'))).toBe(false);
  });

  it('gives the button back when the request fails, with the reason', async () => {
    const head = headOf('a', 'running');
    const [past] = pastRuns(1);
    if (!past) throw new Error('no run');
    const desk = new Desk(fakeBackend({ apps: demoApps(), runs: [{ ...past, head }], failing: { runStop: 'unreachable' } }));
    await desk.begin();
    await expect.poll(() => desk.runs.unfinished.size).toBe(1);
    await desk.runs.stop(head);
    expect(desk.runs.isStopping(head)).toBe(false);
    expect(desk.runs.stopRefused.get('a')?.code).toBe('unreachable');
    void desk.runs.stop(head);
    expect(desk.runs.stopRefused.size, 'a new try takes the old reason away').toBe(0);
  });
});

describe('what was looked at', () => {
  it('is kept for each run', async () => {
    const { desk } = await deskWith(headOf('a', 'running'), headOf('b', 'running'));
    desk.runs.view('a').chosen = 'steps';
    desk.runs.view('a').document.top = 420;
    expect(desk.runs.view('b').chosen).toBeNull();
    expect(desk.runs.view('a')).toMatchObject({ chosen: 'steps', document: { top: 420 } });
  });

  it('knows since when a run is in its state', async () => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] });
    const { desk, backend } = await deskWith(headOf('a', 'uploading'));
    vi.setSystemTime(1_060_000);
    backend.emit(said(headOf('a', 'starting')));
    vi.setSystemTime(1_080_000);
    backend.emit(said({ ...headOf('a', 'starting'), totalTokens: 1 }));
    expect(desk.runs.since(headOf('a', 'starting')), 'the upload before does not count').toBe(1_060_000);
    vi.useRealTimers();
  });
});

describe('lists of runs', () => {
  it('put those that wait for the user first, then the newest', () => {
    expect(byUrgency([headOf('1', 'running'), headOf('3', 'succeeded'), headOf('2', 'waiting')]).map((head) => head.id)).toEqual(['2', '3', '1']);
  });

  it('show as many as fit, and always the one on screen', () => {
    const heads = ['e', 'd', 'c', 'b', 'a'].map((id) => headOf(id, 'running'));
    const ids = (room: number, shown?: string) => {
      const { fit, rest } = fitting(heads, room, shown);
      return `${fit.map((head) => head.id).join('')}|${rest.map((head) => head.id).join('')}`;
    };
    expect(ids(9)).toBe('edcba|');
    expect(ids(3)).toBe('edc|ba');
    expect(ids(3, 'a')).toBe('eda|cb');
    expect(ids(0, 'b')).toBe('b|edca');
  });
});
