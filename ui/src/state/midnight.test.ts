/** A period that is another span after midnight. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Backend } from '../ipc/backend';
import { failure, fakeBackend, pastRuns } from '../ipc/fake';
import type { Run } from '../ipc/gen/Run';
import { Finder } from './search.svelte';

const evening = new Date(2026, 10, 20, 23, 50).getTime();
const hour = 60 * 60 * 1000;

beforeEach(() => vi.useFakeTimers({ now: evening }));
afterEach(() => vi.useRealTimers());

const startedAt = (at: number): Run => {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  return { ...run, head: { ...run.head, id: `run-${String(at).padStart(15, '0')}`, startedAt: at } };
};
const news = () => vi.advanceTimersByTimeAsync(200);
const times = (finder: Finder) => finder.rows.map((row) => row.head.startedAt);
const runs = [startedAt(evening - hour), startedAt(evening + hour)];

async function today(through: (backend: Backend) => Backend = (backend) => backend) {
  const backend = fakeBackend({ runs });
  const finder = new Finder(through(backend), null);
  const leave = finder.watch();
  finder.during('today');
  await news();
  const finds = () => backend.calls.filter(([name]) => name === 'historyFind').length;
  return { backend, finder, leave, finds };
}

it('is that of the new day with the first news', async () => {
  const { finder, finds } = await today();
  expect(times(finder)).toEqual([evening + hour, evening - hour]);
  vi.setSystemTime(evening + 2 * hour);
  finder.hearChange();
  await news();
  expect(times(finder), 'yesterday is over').toEqual([evening + hour]);
  expect(finder.total).toBe(1);
  const before = finds();
  finder.hearChange();
  await news();
  expect(finds() - before, 'and then it is read as ever').toBe(1);
});

it('is that of the new day for who comes back to it', async () => {
  const { finder, leave } = await today();
  leave();
  vi.setSystemTime(evening + 2 * hour);
  finder.watch();
  await news();
  expect(times(finder)).toEqual([evening + hour]);
});

it('is asked for anew where its search goes on, and not where that is of the new day', async () => {
  let release: (() => void)[] = [];
  let isHeld = false;
  const { finder, backend } = await today((backend) => ({
    ...backend,
    historyFind: async (search, after, limit) => {
      if (isHeld) await new Promise<void>((resolve) => release.push(resolve));
      return backend.historyFind(search, after, limit);
    },
  }));
  isHeld = true;
  void finder.find();
  vi.setSystemTime(evening + 2 * hour);
  finder.hearChange();
  await news();
  finder.hearChange();
  await news();
  expect(release.length, 'one of each day').toBe(2);
  isHeld = false;
  for (const go of release.splice(0)) go();
  release = [];
  await news();
  expect([times(finder), finder.loading]).toEqual([[evening + hour], false]);
  expect(backend.calls.length).toBeGreaterThan(0);
});

it('leaves nothing out of date where it could not be read', async () => {
  let fails = false;
  const { finder } = await today((backend) => ({ ...backend, historyFind: (...args) => (fails ? Promise.reject(failure('internal')) : backend.historyFind(...args)) }));
  vi.setSystemTime(evening + 2 * hour);
  fails = true;
  finder.hearChange();
  await news();
  expect(finder.failure?.code).toBe('internal');
  fails = false;
  finder.hearChange();
  await news();
  expect([times(finder), finder.failure]).toEqual([[evening + hour], null]);
});
