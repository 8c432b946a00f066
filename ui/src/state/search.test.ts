/** The search in the history: answers, pages, news. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../ipc/backend';
import { failure, fakeBackend, pastRuns } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { FoundPage } from '../ipc/gen/FoundPage';
import type { Run } from '../ipc/gen/Run';
import type { Search } from '../ipc/gen/Search';
import { Finder } from './search.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const titled = (title: string, at: number): Run => {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  return { ...run, head: { ...run.head, id: `run-${String(at).padStart(15, '0')}`, title, startedAt: at } };
};

/** A backend whose answers come when they are let. */
function held(backend: Backend) {
  const waiting: (() => void)[] = [];
  const asked: string[] = [];
  const hold = <T>(answer: Promise<T>) => new Promise<T>((resolve) => waiting.push(() => resolve(answer)));
  const holding: Backend = {
    ...backend,
    historyFind: (search, after, limit) => {
      asked.push(search.text);
      return hold(backend.historyFind(search, after, limit));
    },
  };
  return { holding, waiting, asked };
}

/** A backend that looks at texts: each of its pages is over when so many runs were looked at, whether they hold the words or not. */
function looking(backend: Backend, runs: readonly Run[], each: number): Backend {
  const order = [...runs].map(({ head }) => head.id).sort().reverse();
  const page = async (search: Search, from: string | null, limit: number, ids: string[]): Promise<FoundPage> => {
    const all = await backend.historyFind(search, null, 500);
    for (let at = all.next; at !== null; ) {
      const more = await backend.historyFind(search, at, 500);
      all.runs.push(...more.runs);
      at = more.next;
    }
    const begin = from === null ? 0 : ids.indexOf(from) + 1;
    const seen = ids.slice(begin, begin + each);
    const found = all.runs.filter(({ head }) => seen.includes(head.id)).slice(0, limit);
    return { runs: found, next: begin + each < ids.length ? (seen.at(-1) ?? null) : null, remarks: from === null ? all.remarks : [] };
  };
  return {
    ...backend,
    historyFind: (search, after, limit) => page(search, after, limit, order),
    historyLast: (search, before, limit) => page(search, before, limit, [...order].reverse()),
  };
}

const titles = (finder: Finder) => finder.rows.map((row) => row.head.title);

describe('while somebody types', () => {
  const runs = [titled('alpha', 1), titled('alphabet', 2), titled('beta', 3)];

  it('it is searched at once, for keys that come together only with the first and the last', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs });
    const finder = new Finder(backend, null);
    for (const text of ['a', 'al', 'alp', 'alpha', 'alphab']) finder.type(text);
    await vi.advanceTimersByTimeAsync(20);
    expect(titles(finder), 'at most 30 ms after the last key').toEqual(['alphabet']);
    expect(backend.calls.filter(([name]) => name === 'historyFind'), 'nobody waits for what was typed over').toHaveLength(2);
    await vi.advanceTimersByTimeAsync(30);
    expect(finder.counts?.total, 'counted once it is drawn').toBe(1);
  });

  it('the answer of an older search never takes the place of a newer one', async () => {
    const { holding, waiting, asked } = held(fakeBackend({ runs }));
    const finder = new Finder(holding, null);
    finder.type('beta');
    await vi.advanceTimersByTimeAsync(20);
    finder.type('alpha');
    await vi.advanceTimersByTimeAsync(20);
    expect(asked).toEqual(['beta', 'alpha']);
    waiting[1]?.();
    await vi.advanceTimersByTimeAsync(40);
    expect(titles(finder)).toEqual(['alphabet', 'alpha']);
    waiting[0]?.();
    await vi.advanceTimersByTimeAsync(40);
    expect(titles(finder), 'what was found for “beta” comes too late').toEqual(['alphabet', 'alpha']);
    expect(finder.answered?.text).toBe('alpha');
    expect(finder.loading).toBe(false);
  });

  it('what was found before stays until there is an answer, also where there is none', async () => {
    const backend = fakeBackend({ runs });
    let fails = false;
    const finder = new Finder({ ...backend, historyFind: (...args) => (fails ? Promise.reject(failure('internal')) : backend.historyFind(...args)) }, null);
    await finder.find();
    fails = true;
    finder.type('alpha');
    await vi.advanceTimersByTimeAsync(20);
    expect(finder.rows).toHaveLength(3);
    expect(finder.failure?.code).toBe('internal');
    fails = false;
    await finder.find();
    expect([finder.rows.length, finder.failure], 'it is well again').toEqual([2, null]);
  });
});

describe('a long list', () => {
  it('is read page by page, ahead of what is seen, without gaps or repeats', async () => {
    const finder = new Finder(fakeBackend({ runs: pastRuns(450) }), null);
    await finder.find();
    await vi.advanceTimersByTimeAsync(40);
    expect([finder.rows.length, finder.total], 'all are counted before they are read').toEqual([50, 450]);
    await finder.reach(20);
    expect(finder.rows, 'enough lies ahead').toHaveLength(50);
    await finder.reach(60);
    expect(finder.rows, 'the next page is read before its place is reached').toHaveLength(150);
    await finder.reach(449);
    const ids = finder.rows.map((row) => row.head.id);
    expect([ids.length, new Set(ids).size, finder.complete]).toEqual([450, 450, true]);
    expect([...ids].sort().reverse(), 'newest first').toEqual(ids);
  });

  it('goes on behind what was counted, where not all were', async () => {
    const backend = fakeBackend({ runs: pastRuns(300) });
    const finder = new Finder({ ...backend, historyCounts: async (search) => ({ ...(await backend.historyCounts(search)), total: 100, counted: 100 }) }, null);
    await finder.find();
    await vi.advanceTimersByTimeAsync(40);
    expect([finder.rows.length, finder.total, finder.counted]).toEqual([50, 100, false]);
    expect(finder.unread, 'there is room to scroll on').toBeGreaterThan(0);
    await finder.reach(100);
    expect(finder.rows).toHaveLength(150);
    await finder.reach(5000);
    expect([finder.total, finder.counted, finder.unread], 'now all are known').toEqual([300, true, 0]);
  });

  it('is counted a while later where something else stopped it, and then says nothing of a trouble', async () => {
    const backend = fakeBackend({ runs: pastRuns(300) });
    let asked = 0;
    const finder = new Finder({ ...backend, historyCounts: (search) => (asked++ === 0 ? Promise.reject(failure('cancelled')) : backend.historyCounts(search)) }, null);
    await finder.find();
    await vi.advanceTimersByTimeAsync(40);
    expect([asked, finder.counts, finder.uncountable], 'nobody said that it cannot be counted').toEqual([1, null, false]);
    await vi.advanceTimersByTimeAsync(500);
    expect([asked, finder.total]).toEqual([2, 300]);
  });

  it('goes to its end and back without reading what lies between', async () => {
    const backend = fakeBackend({ runs: pastRuns(5000) });
    const finder = new Finder(backend, null);
    await finder.find();
    await vi.advanceTimersByTimeAsync(40);
    const ids = () => finder.rows.map((row) => row.head.id);
    const newest = ids()[0] ?? '';
    await finder.toEnd();
    expect([finder.rows.length, finder.above, finder.unread, finder.total, finder.complete], 'the last page').toEqual([100, 4900, 0, 5000, false]);
    expect(ids(), 'newest first').toEqual([...ids()].sort().reverse());
    const [oldest] = ids().slice(-1);
    await finder.reachBack(80);
    expect([finder.rows.length, finder.above], 'read on upwards').toEqual([200, 4800]);
    expect([new Set(ids()).size, ids().at(-1)]).toEqual([200, oldest]);
    expect(ids()).toEqual([...ids()].sort().reverse());
    finder.hearChange();
    finder.watch();
    await vi.advanceTimersByTimeAsync(200);
    expect([finder.rows.length, finder.above], 'news move nobody away').toEqual([200, 4800]);
    finder.remove(new Set([oldest ?? '']));
    expect([finder.rows.length, finder.above, finder.total]).toEqual([199, 4800, 4999]);
    await finder.toStart();
    expect([ids()[0], finder.above, finder.rows.length]).toEqual([newest, 0, 100]);
    await finder.toEnd();
    await finder.reachBack(100_000);
    expect([finder.rows.length, finder.above, finder.complete], 'up to the beginning').toEqual([5000, 0, true]);
    expect(ids()[0]).toBe(newest);
  });

  it('is given up when another search begins meanwhile', async () => {
    const backend = fakeBackend({ runs: [...pastRuns(300), titled('alpha', 1)] });
    let release: () => void = () => undefined;
    const finder = new Finder(
      {
        ...backend,
        historyFind: async (search, after, limit): Promise<FoundPage> => {
          if (after !== null) await new Promise<void>((resolve) => (release = resolve));
          return backend.historyFind(search, after, limit);
        },
      },
      null,
    );
    await finder.find();
    const reading = finder.reach(299);
    finder.type('alpha');
    await vi.advanceTimersByTimeAsync(20);
    release();
    await reading;
    expect(titles(finder), 'rows of the older search do not come after those of the newer one').toEqual(['alpha']);
  });

  it('is not asked for again and again where it cannot be read', async () => {
    const backend = fakeBackend({ runs: pastRuns(300) });
    let tries = 0;
    const finder = new Finder({ ...backend, historyFind: (search, after, limit) => (after === null ? backend.historyFind(search, after, limit) : (tries++, Promise.reject(failure('internal')))) }, null);
    await finder.find();
    await finder.reach(299);
    expect([tries, finder.failure?.code, finder.loading]).toEqual([1, 'internal', false]);
  });

  it('is well again when it could be read, unless something else was asked for since', async () => {
    const backend = fakeBackend({ runs: pastRuns(300) });
    let fails = true;
    const finder = new Finder({ ...backend, historyFind: (search, after, limit) => (fails && (after !== null || search.text !== '') ? Promise.reject(failure('internal')) : backend.historyFind(search, after, limit)) }, null);
    await finder.find();
    await finder.reach(299);
    fails = false;
    await finder.reach(299);
    expect([finder.rows.length, finder.failure], 'no alert stays for what is there').toEqual([300, null]);
    await finder.find();
    fails = true;
    finder.type('supplier');
    await vi.advanceTimersByTimeAsync(20);
    fails = false;
    await finder.reach(100);
    expect([finder.rows.length, finder.failure?.code], 'the rows are still not those that were asked for').toEqual([150, 'internal']);
  });
});

describe('a search that looks at texts', () => {
  const runs = [...pastRuns(300), titled('needle', 2)];

  it('goes on until something is found, and is not over before', async () => {
    const finder = new Finder(looking(fakeBackend({ runs }), runs, 20), null);
    finder.type('needle');
    await vi.advanceTimersByTimeAsync(20);
    expect([titles(finder), finder.loading, finder.searching]).toEqual([['needle'], false, false]);
    finder.type('no such thing');
    await vi.advanceTimersByTimeAsync(20);
    expect([titles(finder), finder.complete], 'only who has looked at all of them knows that there is none').toEqual([[], true]);
  });

  it('is given up where nobody looks any more, and begun anew where somebody does again', async () => {
    const backend = looking(fakeBackend({ runs }), runs, 20);
    let asked = 0;
    let release: () => void = () => undefined;
    const finder = new Finder({ ...backend, historyFind: async (search, after, limit) => (after !== null && (asked++, await new Promise<void>((resolve) => (release = resolve))), backend.historyFind(search, after, limit)) }, null);
    const leave = finder.watch();
    finder.type('needle');
    await vi.advanceTimersByTimeAsync(20);
    expect([finder.searching, asked]).toEqual([true, 1]);
    leave();
    release();
    await vi.advanceTimersByTimeAsync(20);
    expect([finder.searching, finder.loading, asked], 'the rest is read for nobody').toEqual([false, false, 1]);
    finder.watch();
    for (let page = 0; page < 20; page++) {
      release();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect([titles(finder), finder.loading], 'it is still what was asked for').toEqual([['needle'], false]);
  });

  it('says that it goes on, and is left for another one', async () => {
    const backend = looking(fakeBackend({ runs }), runs, 20);
    let asked = 0;
    let release: () => void = () => undefined;
    const finder = new Finder({ ...backend, historyFind: async (search, after, limit) => (after !== null && search.text === 'needle' && (asked++, await new Promise<void>((resolve) => (release = resolve))), backend.historyFind(search, after, limit)) }, null);
    await finder.find();
    finder.type('needle');
    await vi.advanceTimersByTimeAsync(20);
    expect([finder.searching, finder.loading, finder.answered?.text], 'what was found before stays until there is an answer').toEqual([true, true, '']);
    finder.type('supplier');
    await vi.advanceTimersByTimeAsync(20);
    expect([finder.searching, finder.loading, finder.answered?.text]).toEqual([false, false, 'supplier']);
    release();
    await vi.advanceTimersByTimeAsync(20);
    expect([asked, finder.answered?.text], 'nobody wants the rest of it').toEqual([1, 'supplier']);
  });

  it('goes on also when it is read anew, and from its end', async () => {
    const many = [...pastRuns(300), titled('needle', 2), ...Array.from({ length: 500 }, (_, at) => titled('hay', 1_000 + at))];
    const backend = fakeBackend({ runs: many });
    const finder = new Finder(looking(backend, many, 20), null);
    finder.watch();
    finder.type('needle');
    await vi.advanceTimersByTimeAsync(20);
    finder.hearChange();
    await vi.advanceTimersByTimeAsync(200);
    expect(titles(finder), 'news of other runs take nothing away').toEqual(['needle']);
    const ends = new Finder({ ...looking(backend, many, 20), historyCounts: async (search) => ({ ...(await backend.historyCounts(search)), total: 5000 }) }, null);
    ends.type('会议纪要');
    await vi.advanceTimersByTimeAsync(20);
    await ends.toEnd();
    expect([ends.rows.length > 0, ends.above > 0], 'the oldest of them are far from the end').toEqual([true, true]);
  });
});

describe('a list that is read anew while somebody reads on', () => {
  it('has no hole and nothing twice', async () => {
    const all = pastRuns(600).sort((a, b) => (a.head.id < b.head.id ? 1 : -1));
    // More runs are new than a page has: the list goes on elsewhere.
    let backend = fakeBackend({ runs: all.slice(150) });
    let release: () => void = () => undefined;
    let late = true;
    const holding: Backend = {
      ...backend,
      historyCounts: (search) => backend.historyCounts(search),
      historyFind: async (search, after, limit) => {
        const page = backend.historyFind(search, after, limit);
        if (after !== null && late) await new Promise<void>((resolve) => (release = resolve));
        return page;
      },
    };
    const finder = new Finder(holding, null);
    finder.watch();
    await vi.advanceTimersByTimeAsync(20);
    const reading = finder.reach(60);
    backend = fakeBackend({ runs: all });
    finder.hearChange();
    await vi.advanceTimersByTimeAsync(200);
    late = false;
    release();
    await reading;
    await finder.reach(599);
    const ids = finder.rows.map((row) => row.head.id);
    expect([ids.length, new Set(ids).size]).toEqual([600, 600]);
    expect([...ids].sort().reverse(), 'newest first').toEqual(ids);
  });
});

describe('what narrows the list', () => {
  it('is asked for with the search, and the counts are those of this search', async () => {
    const finder = new Finder(fakeBackend({ apps: demoApps(), runs: pastRuns(60) }), null);
    finder.choose({ statuses: ['failed'] });
    await vi.advanceTimersByTimeAsync(40);
    expect(finder.rows.every((row) => row.head.status === 'failed')).toBe(true);
    expect(finder.counts?.statuses.length, 'the other states are counted as if none was chosen').toBeGreaterThan(3);
    finder.choose({ apps: ['app-2'] });
    await vi.advanceTimersByTimeAsync(40);
    expect(new Set(finder.rows.map((row) => row.head.appId))).toEqual(new Set(['app-2']));
    expect(finder.kinds).toEqual(['statuses', 'apps']);
    finder.drop('statuses');
    await vi.advanceTimersByTimeAsync(40);
    expect(finder.kinds).toEqual(['apps']);
    finder.clearFilters();
    await vi.advanceTimersByTimeAsync(40);
    expect([finder.rows.length, finder.narrowed]).toEqual([50, false]);
  });

  it('leaves an app’s own history its own, whatever is chosen', async () => {
    const finder = new Finder(fakeBackend({ runs: pastRuns(30) }), 'app-2');
    await finder.find();
    expect(new Set(finder.rows.map((row) => row.head.appId))).toEqual(new Set(['app-2']));
    finder.clearFilters();
    await vi.advanceTimersByTimeAsync(40);
    expect(new Set(finder.rows.map((row) => row.head.appId))).toEqual(new Set(['app-2']));
  });

  it('names what of the text does nothing', async () => {
    const finder = new Finder(fakeBackend({ runs: pastRuns(3) }), null);
    finder.type('status: supplier');
    await vi.advanceTimersByTimeAsync(20);
    expect(finder.remarks).toEqual([{ kind: 'value_missing', from: 0, to: 7 }]);
    finder.type('supplier');
    await vi.advanceTimersByTimeAsync(20);
    expect(finder.remarks).toEqual([]);
  });
});

describe('news of past runs', () => {
  it('are read by whoever shows them, together, and nobody loses his place', async () => {
    const backend = fakeBackend({ runs: pastRuns(250) });
    const finder = new Finder(backend, null);
    finder.watch();
    await vi.advanceTimersByTimeAsync(20);
    await finder.reach(120);
    finder.scrolledTo = 4000;
    const here = finder.rows[140]?.head.id ?? '';
    finder.picks.go(here);
    const finds = () => backend.calls.filter(([name]) => name === 'historyFind').length;
    const before = finds();
    await backend.runsRemark([here], { name: 'Renamed', note: null, starred: null, reviewed: null, addTags: [], removeTags: [] });
    for (let times = 0; times < 5; times++) finder.hearChange();
    await vi.advanceTimersByTimeAsync(200);
    expect(finds() - before, 'five pieces of news are one question').toBe(1);
    expect(finder.rows[140]?.name).toBe('Renamed');
    expect([finder.scrolledTo, finder.picks.current, finder.rows.length]).toEqual([4000, here, 150]);
    await finder.reach(249);
    expect(new Set(finder.rows.map((row) => row.head.id)).size, 'and reading goes on where it was').toBe(250);
  });

  it('are not read for a list that nobody sees, until somebody does', async () => {
    const backend = fakeBackend({ runs: pastRuns(3) });
    const finder = new Finder(backend, null);
    const leave = finder.watch();
    await vi.advanceTimersByTimeAsync(20);
    leave();
    const [first] = finder.rows;
    if (!first) throw new Error('no run');
    await backend.runsDelete([first.head.id]);
    finder.hearChange();
    await vi.advanceTimersByTimeAsync(500);
    expect(finder.rows).toHaveLength(3);
    finder.watch();
    await vi.advanceTimersByTimeAsync(20);
    expect(finder.rows).toHaveLength(2);
  });

  it('move on a run in place, and ask about one that is new once for each of its states', async () => {
    const backend = fakeBackend({ runs: pastRuns(3) });
    const finder = new Finder(backend, null);
    finder.watch();
    await vi.advanceTimersByTimeAsync(20);
    const [first] = finder.rows;
    if (!first) throw new Error('no run');
    finder.hear({ ...first.head, status: 'failed' });
    expect(finder.rows[0]?.head.status).toBe('failed');
    const finds = () => backend.calls.filter(([name]) => name === 'historyFind').length;
    const before = finds();
    for (let times = 0; times < 20; times++) {
      finder.hear({ ...first.head, id: 'run-new', status: 'running' });
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(finds() - before, 'a stream of news of the same run is no stream of questions').toBe(1);
  });
});
