import { beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import { Desk } from './desk.svelte';

beforeAll(() => {
  // jsdom has no media queries.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
});

describe('the desk', () => {
  it('opens the first app, or the first start where there is none', async () => {
    const full = new Desk(fakeBackend({ apps: demoApps() }));
    await full.begin();
    expect(full.page).toMatchObject({ kind: 'app', appId: 'app-1' });
    const empty = new Desk(fakeBackend());
    await empty.begin();
    expect(empty.page.kind).toBe('start');
    expect(empty.ready).toBe(true);
  });

  it('shows an error page when the local store does not open', async () => {
    const desk = new Desk(fakeBackend({ failing: { appList: 'store' } }));
    await desk.begin();
    expect(desk.broken?.code).toBe('store');
    expect(desk.ready).toBeNull();
  });

  it('says that the store is being opened, and goes on by itself', async () => {
    const backend = fakeBackend({ apps: demoApps() });
    const answers: ('store_opening' | 'store_held')[] = ['store_opening', 'store_held'];
    const { appList } = backend;
    backend.appList = async () => {
      const code = answers.shift();
      if (code) throw { code };
      return appList();
    };
    const desk = new Desk(backend);
    await desk.begin();
    expect(desk.opening).toBe('opening');
    expect(desk.broken, 'nothing is wrong').toBeNull();
    backend.emit({ type: 'opening_changed' });
    await vi.waitFor(() => expect(desk.opening).toBe('held'));
    backend.emit({ type: 'opening_changed' });
    await vi.waitFor(() => expect(desk.ready).toBe(true));
    expect(desk.opening).toBeNull();
    expect(desk.page).toMatchObject({ kind: 'app', appId: 'app-1' });
  });

  it('shows the error page when the store is held for too long', async () => {
    const backend = fakeBackend();
    const codes = ['store_held', 'store_locked'];
    backend.appList = async () => {
      throw { code: codes.shift() };
    };
    const desk = new Desk(backend);
    await desk.begin();
    expect(desk.opening).toBe('held');
    backend.emit({ type: 'opening_changed' });
    await vi.waitFor(() => expect(desk.broken?.code).toBe('store_locked'));
    expect(desk.opening).toBeNull();
  });

  it('tells once and lastingly of runs that were not sent', async () => {
    const [run, other] = pastRuns(2);
    if (!run || !other) throw new Error('no runs');
    const backend = fakeBackend({ apps: demoApps(), runs: [run, other] });
    const { about } = backend;
    let notSent = [run.head];
    backend.about = async () => ({ ...(await about()), notSent });
    const desk = new Desk(backend);
    await desk.begin();
    const [toast] = desk.toasts.list;
    expect(desk.toasts.list).toHaveLength(1);
    expect(toast?.stays, 'it waits until somebody has read it').toBe(true);
    expect(toast?.text).toContain('was not sent');
    toast?.action?.run();
    expect(desk.current.get(run.head.appId), 'it leads to the run').toBe(run.head.id);
    notSent = [run.head, other.head];
    const many = new Desk(backend);
    await many.begin();
    expect(many.toasts.list.map((told) => told.text.slice(0, 6)), 'one message for all').toEqual(['2 runs']);
  });

  it('leaves a removed app', async () => {
    const desk = new Desk(fakeBackend({ apps: demoApps() }));
    await desk.begin();
    await desk.apps.remove('app-1');
    desk.forget('app-1');
    expect(desk.page).toMatchObject({ kind: 'app', appId: 'app-2' });
  });

  it('opens a past run under its app, or alone where the app is gone', async () => {
    const desk = new Desk(fakeBackend({ apps: demoApps() }));
    await desk.begin();
    const [run] = pastRuns(1);
    if (!run) throw new Error('no run');
    desk.openFromAll(run.head);
    expect(desk.page).toMatchObject({ kind: 'app', tab: 'history', runId: run.head.id, fromAllRuns: true });
    desk.openFromAll({ ...run.head, appId: 'gone' });
    expect(desk.page).toEqual({ kind: 'runs', runId: run.head.id });
  });
});

describe('the newest runs of an app', () => {
  const ids = (desk: Desk) => desk.lists.recent('app-1').rows.map((row) => row.head.id);

  it('are those that are over, under the names their user gave them', async () => {
    const runs = pastRuns(20);
    const own = runs.filter(({ head }) => head.appId === 'app-1');
    const [going, newest] = own;
    if (!going || !newest) throw new Error('no runs');
    going.head.status = 'running';
    const backend = fakeBackend({ apps: demoApps(), runs });
    const desk = new Desk(backend);
    await desk.begin();
    await backend.runsRemark([newest.head.id], { name: 'The lease', note: null, starred: null, reviewed: null, addTags: [], removeTags: [] });
    await desk.lists.recent('app-1').read();
    expect(ids(desk)).toEqual(own.slice(1, 4).map(({ head }) => head.id));
    expect(desk.lists.recent('app-1').rows[0]?.name).toBe('The lease');
  });

  it('make room for one that ends, and close the gap of one that is deleted', async () => {
    const runs = pastRuns(20);
    const own = runs.filter(({ head }) => head.appId === 'app-1').map(({ head }) => head.id);
    const desk = new Desk(fakeBackend({ apps: demoApps(), runs }));
    await desk.begin();
    await desk.lists.recent('app-1').read();
    await desk.bin.delete(own.slice(0, 1), '');
    await vi.waitFor(() => expect(ids(desk)).toEqual(own.slice(1, 4)));
    desk.toasts.undo();
    await vi.waitFor(() => expect(ids(desk), 'it is back').toEqual(own.slice(0, 3)));
  });
});

it('brings back a run that went on without the page', async () => {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  run.head.status = 'paused';
  const desk = new Desk(fakeBackend({ apps: demoApps(), runs: [run] }));
  await desk.begin();
  await expect.poll(() => desk.current.get('app-1')).toBe(run.head.id);
  expect(desk.runs.get(run.head.id)?.run.head.status).toBe('paused');
});

it('shows a dot for an app while one of its runs goes on', async () => {
  const backend = fakeBackend({ apps: demoApps() });
  const desk = new Desk(backend);
  await desk.begin();
  const id = await backend.runStart('app-1', {});
  expect(desk.runs.going('app-1')).toBe(1);
  await desk.runs.open(id);
  await expect.poll(() => desk.runs.going('app-1'), { timeout: 4000 }).toBe(0);
  desk.runs.get(id)?.flush();
  expect(desk.runs.get(id)?.run.head.status).toBe('succeeded');
});
