/** Deletion with undo, and what is said of runs, as the desk joins them with its lists. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeBackend, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import { Desk } from './desk.svelte';
import { words } from '../text/words.svelte';

beforeAll(() => {
  // jsdom has no media queries.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
});
beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const pass = (ms = 200) => vi.advanceTimersByTimeAsync(ms);

async function deskWith(options: FakeOptions = {}) {
  const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(12), ...options });
  const desk = new Desk(backend);
  void desk.begin();
  await pass();
  const finder = desk.finder(null);
  finder.watch();
  await pass();
  return { desk, backend, finder, ids: finder.rows.map((row) => row.head.id) };
}
const called = (backend: FakeBackend, name: string) => backend.calls.filter(([other]) => other === name);

describe('a run that is deleted', () => {
  it('is gone from every list at once, the next one is at hand, and Undo brings it back to its place', async () => {
    const { desk, backend, finder, ids } = await deskWith();
    const [, second, third] = ids;
    if (!second || !third) throw new Error('no runs');
    finder.picks.go(second);
    desk.bin.want([second], 'Lease');
    expect(finder.rows.map((row) => row.head.id), 'before anybody has answered').not.toContain(second);
    expect(finder.picks.current).toBe(third);
    await pass();
    const toast = desk.toasts.list.at(-1);
    expect([toast?.text, toast?.lasts]).toEqual(['“Lease” deleted', 10_000]);
    expect((await backend.historyFind(finder.search, null, 100)).runs).toHaveLength(11);
    expect(desk.toasts.undo(), 'Ctrl Z').toBe(true);
    await pass();
    expect(finder.rows.map((row) => row.head.id)).toEqual(ids);
    expect(finder.picks.current, 'it is at hand again').toBe(second);
  });

  it('is asked about where it is one of several, and only then', async () => {
    const { desk, backend, finder, ids } = await deskWith();
    desk.bin.want(ids.slice(0, 3), '');
    expect(desk.bin.asked).toHaveLength(3);
    await pass();
    expect([called(backend, 'runsDelete').length, finder.rows.length], 'nothing happens before the answer').toEqual([0, 12]);
    await desk.bin.delete(desk.bin.asked ?? [], '');
    expect([desk.bin.asked, finder.rows.length, desk.toasts.list.at(-1)?.text]).toEqual([null, 9, '3 runs deleted']);
  });

  it('joins those that were deleted before while they can be brought back, whatever they are called', async () => {
    const { desk, finder, ids } = await deskWith();
    const texts = () => desk.toasts.list.map((toast) => toast.text);
    for (const id of ids.slice(0, 2)) {
      await desk.bin.delete([id], 'Lease');
      await pass(3000);
    }
    expect(texts(), 'one message for both').toEqual(['2 runs deleted']);
    await desk.bin.delete(ids.slice(2, 5), '');
    for (const text of ['Copied.', 'Saved.', 'Exported.']) desk.toasts.say(text);
    expect(texts()[0]).toBe('5 runs deleted');
    expect(desk.toasts.undo()).toBe(true);
    await pass();
    expect(finder.rows.map((row) => row.head.id), 'all of them are back').toEqual(ids);
    expect(desk.toasts.undo()).toBe(false);
    await desk.bin.delete(ids.slice(0, 1), 'Lease');
    desk.toasts.close(desk.toasts.list.at(-1)?.id ?? -1);
    await desk.bin.delete(ids.slice(1, 2), 'Move');
    expect(texts().at(-1), 'what was closed is offered no more').toBe('“Move” deleted');
  });

  it('is no longer offered with others once it may be gone for good', async () => {
    const { desk, finder, ids } = await deskWith();
    const last = () => desk.toasts.list.at(-1);
    await desk.bin.delete(ids.slice(0, 1), 'Lease');
    await pass(40_000);
    await desk.bin.delete(ids.slice(1, 2), 'Move');
    expect([last()?.text, last()?.most], 'the first one can be brought back for so long').toEqual(['2 runs deleted', 15_000]);
    await pass(6000);
    await desk.bin.delete(ids.slice(2, 3), 'Move');
    expect([last()?.text, last()?.most], 'ten seconds for each that it offers').toEqual(['2 runs deleted', 49_000]);
    desk.toasts.undo();
    await pass();
    expect(finder.rows.map((row) => row.head.id)).toEqual(ids.slice(1));
  });

  it('is not counted at its app any more, and nothing else of the app changes', async () => {
    const { desk, backend } = await deskWith();
    const [app, other] = desk.apps.list;
    if (!app || !other) throw new Error('no apps');
    backend.appList = () => Promise.resolve([{ ...app, runCount: app.runCount + 5, givenName: 'Later' }, other]);
    backend.emit({ type: 'history_changed' });
    await pass();
    expect(desk.apps.get(app.id)).toEqual({ ...app, runCount: app.runCount + 5 });
    expect(desk.apps.get(other.id), 'the same as before').toBe(other);
  });

  it('stays where it still goes on, and that is said', async () => {
    const runs = pastRuns(3);
    const [going] = runs;
    if (!going) throw new Error('no run');
    going.head.status = 'running';
    const { desk, finder, ids } = await deskWith({ runs });
    await desk.bin.delete(ids, '');
    await pass();
    expect(finder.rows.map((row) => row.head.id)).toEqual([going.head.id]);
    expect(desk.toasts.list.map((toast) => toast.text)).toEqual(['A run that still goes on was not deleted. Stop it first.', '2 runs deleted']);
  });

  it('comes back where it could not be deleted', async () => {
    const { desk, finder, ids } = await deskWith({ failing: { runsDelete: 'internal' } });
    await desk.bin.delete(ids.slice(0, 1), 'Lease');
    await pass();
    expect(finder.rows.map((row) => row.head.id)).toEqual(ids);
    expect(desk.toasts.list.at(-1)?.code).toBe('internal');
  });

  it('is said to be gone for good where Undo comes too late', async () => {
    const { desk, finder, ids } = await deskWith({ failing: { runsUndelete: 'not_found' } });
    await desk.bin.delete(ids.slice(0, 1), 'Lease');
    desk.toasts.undo();
    await pass();
    expect([finder.rows.length, desk.toasts.list.at(-1)?.text]).toEqual([11, words.now.history.tooLate(1)]);
    expect(desk.toasts.list.at(-1)?.stays, 'it is no message to miss').toBe(true);
  });
});

describe('remarks', () => {
  it('are drawn at once, on several runs too', async () => {
    const { desk, backend, finder, ids } = await deskWith();
    void desk.remarks.change(ids.slice(0, 3), { starred: true, addTags: ['lease'] });
    expect(finder.rows.map((row) => row.starred).filter(Boolean)).toHaveLength(3);
    expect(finder.rows[0]?.tags).toEqual(['lease']);
    await pass();
    expect(called(backend, 'runsRemark'), 'one command for all').toHaveLength(1);
    expect(finder.rows[0]?.starred, 'and it is so in the store').toBe(true);
    await desk.remarks.openTags();
    expect(desk.remarks.tags).toEqual(['lease']);
  });

  it('are as they were where they could not be kept', async () => {
    const { desk, finder, ids } = await deskWith({ failing: { runsRemark: 'internal' } });
    await desk.remarks.open(ids[0] ?? '');
    expect(await desk.remarks.change(ids.slice(0, 1), { starred: true })).toBe(false);
    await pass();
    expect([finder.rows[0]?.starred, desk.remarks.of(ids[0] ?? '')?.starred, desk.toasts.list.at(-1)?.code]).toEqual([false, false, 'internal']);
  });

  it('keep a note while it is written on and on, and not with every key', async () => {
    const { desk, backend, finder, ids } = await deskWith();
    const [id = ''] = ids;
    await desk.remarks.open(id);
    const text = 'Check clause 11 before the lease is signed.';
    for (let at = 1; at <= text.length; at++) {
      desk.remarks.write(id, text.slice(0, at));
      await pass(50);
      expect(desk.remarks.of(id)?.note, 'nothing takes back what was typed').toBe(text.slice(0, at));
    }
    expect(called(backend, 'runsRemark').length, 'who writes on and on is saved all the same').toBeGreaterThan(3);
    expect(called(backend, 'runsRemark').length).toBeLessThan(text.length / 3);
    await pass(400);
    expect((await backend.runRemarks(id)).note).toBe(text);
    expect(finder.rows[0]?.hasNote).toBe(true);
  });

  it('keep a note that is left in the middle of a word', async () => {
    const { desk, backend, ids } = await deskWith();
    const [id = ''] = ids;
    await desk.remarks.open(id);
    desk.remarks.write(id, 'half a wor');
    desk.remarks.release(id);
    await pass(0);
    expect((await backend.runRemarks(id)).note).toBe('half a wor');
  });

  it('are not taken back by what was read while they were being kept', async () => {
    const { desk, backend, ids } = await deskWith();
    const [id = ''] = ids;
    await desk.remarks.open(id);
    const before = await backend.runRemarks(id);
    let kept = (): void => undefined;
    let read = (): void => undefined;
    backend.runsRemark = () => new Promise((resolve) => (kept = () => resolve(undefined)));
    backend.runRemarks = () => new Promise((resolve) => (read = () => resolve(before)));
    desk.remarks.write(id, 'Ask');
    await pass(300);
    backend.emit({ type: 'history_changed' });
    await pass(0);
    kept();
    await pass(0);
    read();
    await pass(0);
    expect(desk.remarks.of(id)?.note, 'the next word follows what was written').toBe('Ask');
  });

  it('keep a note that could not be saved, and try it again with the next word', async () => {
    const { desk, backend, ids } = await deskWith();
    const [id = ''] = ids;
    const keep = backend.runsRemark;
    await desk.remarks.open(id);
    backend.runsRemark = () => Promise.reject(new Error('disk full'));
    desk.remarks.write(id, 'one');
    await pass(400);
    expect(desk.toasts.list, 'it is said').toHaveLength(1);
    await desk.remarks.open(id);
    expect(desk.remarks.of(id)?.note, 'what was written stands').toBe('one');
    backend.runsRemark = keep;
    desk.remarks.write(id, 'one two');
    await pass(400);
    expect((await backend.runRemarks(id)).note).toBe('one two');
  });
});
