/** A long list that is read anew: it takes more than one page. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Backend } from '../ipc/backend';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { Finder } from './search.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const news = () => vi.advanceTimersByTimeAsync(200);
const idsOf = (finder: Finder) => finder.rows.map((row) => row.head.id);
const named = (name: string) => ({ name, note: null, starred: null, reviewed: null, addTags: [], removeTags: [] });

/** All of them are read, and news are heard. */
async function read(runs: number, through: (backend: Backend) => Backend = (backend) => backend) {
  const backend = fakeBackend({ runs: pastRuns(runs) });
  const finder = new Finder(through(backend), null);
  finder.watch();
  await vi.advanceTimersByTimeAsync(50);
  await finder.reach(runs);
  expect([finder.rows.length, finder.complete]).toEqual([runs, true]);
  return { backend, finder, finds: () => backend.calls.filter(([name]) => name === 'historyFind' || name === 'historyLast').length };
}

it.each([600, 1500, 2000, 3500])('brings the oldest of %i runs back to its place', async (runs) => {
  const { backend, finder } = await read(runs);
  const ids = idsOf(finder);
  const oldest = ids.at(-1) ?? '';
  finder.scrolledTo = 40_000;
  finder.picks.go(oldest);
  await backend.runsDelete([oldest]);
  finder.remove(new Set([oldest]));
  finder.hearChange();
  await news();
  expect([finder.total, idsOf(finder).includes(oldest)]).toEqual([runs - 1, false]);
  await backend.runsUndelete([oldest]);
  finder.comeBack([oldest]);
  await news();
  expect([finder.total, finder.complete]).toEqual([runs, true]);
  expect(idsOf(finder), 'each stands once, and where it was').toEqual(ids);
  expect([finder.picks.current, finder.scrolledTo], 'it is at hand, and nothing jumps').toEqual([oldest, 40_000]);
});

it('shows what changed below the first page, and keeps what is picked there', async () => {
  const { backend, finder } = await read(1500);
  const ids = idsOf(finder);
  const [here = '', gone = ''] = ids.slice(1200);
  finder.picks.toggle(here, false);
  await backend.runsRemark([here], named('Renamed'));
  await backend.runsDelete([gone]);
  finder.hearChange();
  await news();
  expect([finder.rows[1200]?.name, idsOf(finder).includes(gone), finder.total]).toEqual(['Renamed', false, 1499]);
  expect([...finder.picks.picked]).toEqual([here]);
});

it('is read no further than anybody reads, however much is there', async () => {
  const { backend, finder, finds } = await read(6000);
  const before = finds();
  const [newest = ''] = idsOf(finder);
  await backend.runsRemark([newest], named('Renamed'));
  finder.hearChange();
  await news();
  expect(finds() - before).toBe(4);
  expect([finder.rows[0]?.name, finder.total, finder.complete], 'what lies further down stays as it was read').toEqual(['Renamed', 6000, true]);
});

it('is read page after page, as a whole or not at all', async () => {
  let release: (() => void)[] = [];
  let isHeld = false;
  const { finder, backend } = await read(1500, (backend) => ({
    ...backend,
    historyFind: async (search, after, limit) => {
      if (isHeld) await new Promise<void>((resolve) => release.push(resolve));
      return backend.historyFind(search, after, limit);
    },
  }));
  isHeld = true;
  const waiting = () => release.length;
  const go = async () => {
    for (const one of release.splice(0)) one();
    await vi.advanceTimersByTimeAsync(1);
  };
  const [newest = ''] = idsOf(finder);
  finder.hearChange();
  await news();
  await backend.runsRemark([newest], named('Renamed'));
  finder.hearChange();
  await news();
  expect(waiting(), 'what comes meanwhile is read afterwards').toBe(1);
  await go();
  await go();
  finder.hearChange();
  await news();
  expect([waiting(), finder.rows[0]?.name], 'a part of it is never shown').toEqual([1, '']);
  await go();
  await news();
  for (let page = 0; page < 3; page++) await go();
  expect(finder.rows[0]?.name).toBe('Renamed');
  finder.hearChange();
  await news();
  await go();
  release = release.slice(0);
  isHeld = false;
  const before = backend.calls.filter(([name]) => name === 'historyFind').length;
  finder.type('no such word');
  await news();
  await go();
  await news();
  expect([finder.rows.length, finder.answered?.text], 'what another search has begun after is dropped').toEqual([0, 'no such word']);
  expect(backend.calls.filter(([name]) => name === 'historyFind').length - before, 'and nothing more of it is read').toBe(2);
});

it('brings runs back to a list that was read from its end', async () => {
  const backend = fakeBackend({ runs: pastRuns(5000) });
  const finder = new Finder(backend, null);
  finder.watch();
  await vi.advanceTimersByTimeAsync(50);
  await finder.toEnd();
  await finder.reachBack(1100);
  const ids = idsOf(finder);
  const [first = ''] = ids;
  await backend.runsDelete([first]);
  finder.remove(new Set([first]));
  finder.hearChange();
  await news();
  expect([finder.total, finder.rows.length]).toEqual([4999, ids.length - 1]);
  await backend.runsUndelete([first]);
  finder.comeBack([first]);
  await news();
  expect(finder.picks.current).toBe(first);
  expect(idsOf(finder).slice(-ids.length)).toEqual(ids);
  expect([finder.total, finder.above]).toEqual([5000, 5000 - finder.rows.length]);
});
