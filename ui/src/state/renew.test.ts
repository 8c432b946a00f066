/** A long list that is read anew: it takes more than one page. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../ipc/backend';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { Finder } from './search.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const news = () => vi.advanceTimersByTimeAsync(200);
/** What is read waits until it is let go; `looks`: at so many texts a page, of which few are found. */
function held(backend: Backend, looks = Infinity) {
  const waiting: (() => void)[] = [];
  const state = { isHeld: false, pages: 0 };
  const holding: Backend = {
    ...backend,
    historyFind: async (search, after, limit) => {
      state.pages++;
      const all = looks === Infinity ? null : await backend.historyFind({ ...search, text: '' }, after, looks);
      const page = await backend.historyFind(search, after, limit);
      if (state.isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
      return all ? { ...page, runs: page.runs.filter((run) => all.runs.some(({ head }) => head.id === run.head.id)), next: all.next } : page;
    },
  };
  const go = async () => {
    for (const one of waiting.splice(0)) one();
    await vi.advanceTimersByTimeAsync(1);
  };
  return { holding, state, go, release: async () => {
    state.isHeld = false;
    while (waiting.length > 0) await go();
  } };
}

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

describe('a run that comes back where texts are looked at', () => {
  /** Three of very many are found. */
  async function found() {
    const runs = pastRuns(800).map((run, at) => ({ ...run, head: { ...run.head, title: [5, 100, 180].includes(at) ? 'needle' : 'hay' } }));
    const backend = fakeBackend({ runs });
    const { holding, state, ...rest } = held(backend, 20);
    const finder = new Finder(holding, null);
    finder.watch();
    finder.type('needle');
    await vi.advanceTimersByTimeAsync(50);
    await finder.reach(2);
    expect([finder.rows.length, finder.complete]).toEqual([3, true]);
    return { backend, finder, state, ...rest };
  }

  it.each([0, 1, 2])('is there at once, and no text is looked at for it: the one at %i of three', async (at) => {
    const { backend, finder, state } = await found();
    const ids = idsOf(finder);
    const [gone = ''] = ids.slice(at);
    finder.remove(new Set([gone]));
    await backend.runsDelete([gone]);
    finder.hearChange();
    await news();
    expect(idsOf(finder)).toEqual(ids.filter((id) => id !== gone));
    await backend.runsUndelete([gone]);
    state.pages = 0;
    finder.comeBack([gone]);
    expect([idsOf(finder), finder.picks.current], 'before anything was read').toEqual([ids, gone]);
    await news();
    expect([idsOf(finder), finder.picks.current]).toEqual([ids, gone]);
    expect(state.pages, 'the news are read as any others are: until something is found').toBeLessThan(8);
  });

  it('is there at once also while it is looked for whether there is anything else', async () => {
    const { backend, finder, state, go, release } = await found();
    const ids = idsOf(finder);
    finder.remove(new Set(ids));
    await backend.runsDelete(ids);
    state.isHeld = true;
    await news();
    for (let page = 0; page < 3; page++) await go();
    expect([finder.rows, state.isHeld]).toEqual([[], true]);
    await backend.runsUndelete(ids);
    finder.comeBack(ids);
    state.pages = 0;
    await release();
    await news();
    expect(idsOf(finder)).toEqual(ids);
    expect(state.pages, 'nobody looks at the rest of the texts any more').toBeLessThan(5);
  });

  it('was not in this list: it is no reason to look at all of them', async () => {
    const { backend, finder, state } = await found();
    const ids = idsOf(finder);
    const [other = ''] = (await backend.historyFind({ ...finder.search, text: 'hay' }, null, 1)).runs.map((run) => run.head.id);
    await backend.runsDelete([other]);
    await backend.runsUndelete([other]);
    state.pages = 0;
    finder.comeBack([other]);
    await news();
    expect(idsOf(finder)).toEqual(ids);
    expect(state.pages).toBeLessThan(5);
  });
});

it('has a run that comes back where it belongs, though it was read from the beginning since it went', async () => {
  const { backend, finder } = await read(1500);
  const [gone = ''] = idsOf(finder).slice(1200);
  finder.remove(new Set([gone]));
  await backend.runsDelete([gone]);
  await finder.find();
  const before = idsOf(finder);
  await backend.runsUndelete([gone]);
  finder.comeBack([gone]);
  expect(idsOf(finder), 'the rows end before its place').toEqual(before);
  await news();
  await finder.reach(1500);
  expect([idsOf(finder).indexOf(gone), finder.total], 'no hole, and nothing twice').toEqual([1200, 1500]);
});

describe('what happens while a long list is read anew', () => {
  /** A page of it was read, and more are to come. */
  async function during(runs: number) {
    let all: ReturnType<typeof held> | undefined;
    const { backend, finder } = await read(runs, (backend) => (all = held(backend)).holding);
    if (!all) throw new Error('no backend');
    const { state, go, release } = all;
    state.isHeld = true;
    finder.hearChange();
    await news();
    for (let page = 0; page < 3; page++) await go();
    return { backend, finder, state, go, release };
  }

  it.each([2000, 3500])('stays so with rows that go, of %i', async (runs) => {
    const { backend, finder, release } = await during(runs);
    const ids = idsOf(finder);
    const gone = new Set([ids[3] ?? '', ids[1999] ?? '', ids[runs - 1] ?? '']);
    finder.picks.go(ids[4] ?? '');
    finder.remove(gone);
    await release();
    const left = ids.filter((id) => !gone.has(id));
    expect(idsOf(finder), 'what was read before they went brings none of them back').toEqual(left);
    await backend.runsDelete([...gone]);
    finder.hearChange();
    await news();
    expect([idsOf(finder), finder.total, finder.picks.current]).toEqual([left, runs - gone.size, ids[4]]);
  });

  it('stays so with rows that come back', async () => {
    const { backend, finder, release } = await during(3500);
    const ids = idsOf(finder);
    const some = [ids[3] ?? '', ids[3000] ?? ''];
    finder.remove(new Set(some));
    await backend.runsDelete(some);
    await backend.runsUndelete(some);
    finder.comeBack(some);
    await release();
    expect([idsOf(finder), finder.picks.current]).toEqual([ids, some[0]]);
  });

  it('stays so with rows that come back though they were not there when it was read', async () => {
    const { backend, finder, state, go, release } = await during(3500);
    await release();
    await news();
    const ids = idsOf(finder);
    const some = [ids[3] ?? '', ids[3000] ?? ''];
    finder.remove(new Set(some));
    await backend.runsDelete(some);
    state.isHeld = true;
    finder.hearChange();
    await news();
    for (let page = 0; page < 3; page++) await go();
    await backend.runsUndelete(some);
    finder.comeBack(some);
    await release();
    expect([idsOf(finder), finder.picks.current]).toEqual([ids, some[0]]);
  });

  it('stays so with names, stars and states', async () => {
    const { finder, release } = await during(3500);
    const rows = finder.rows;
    const [first, second] = rows;
    if (!first || !second) throw new Error('no rows');
    finder.change(new Set([first.head.id]), (row) => ({ ...row, name: 'Renamed' }));
    finder.change(new Set([first.head.id]), (row) => ({ ...row, starred: true }));
    finder.hear({ ...second.head, title: 'Moved on' });
    await release();
    expect([finder.rows[0]?.name, finder.rows[0]?.starred, finder.rows[1]?.head.title]).toEqual(['Renamed', true, 'Moved on']);
    finder.hearChange();
    await news();
    expect(finder.rows[0]?.name, 'what is read from then on holds').toBe('');
  });
});

it('is read as far as it was where some went further down', async () => {
  const { backend, finder, finds } = await read(3500);
  const ids = idsOf(finder);
  const gone = ids.slice(2500, 2600);
  await backend.runsDelete(gone);
  const before = finds();
  finder.hearChange();
  await news();
  expect([idsOf(finder), finder.complete]).toEqual([ids.filter((id) => !gone.includes(id)), true]);
  expect(finds() - before, 'once more, and as a whole').toBe(4 + 7);
});
