/** Where nothing is found: what was perhaps meant, and the way to the servers. */
import axe from 'axe-core';
import { mount, tick, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeBackend, pastRuns, type FakeBackend, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { PastRun } from '../ipc/gen/PastRun';
import type { Run } from '../ipc/gen/Run';
import Trial from '../output/Trial.svelte';
import { lendBrowser } from '../parts/jsdom-made';
import { Desk } from '../state/desk.svelte';
import { en } from '../text/en';
import { words } from '../text/words.svelte';
import { zh } from '../text/zh';
import HistoryPane from './HistoryPane.svelte';

beforeAll(() => lendBrowser());

let backend: FakeBackend;
let desk: Desk;
let drawn: ReturnType<typeof mount> | undefined;
let opened: PastRun[] = [];

afterEach(async () => {
  if (drawn) await unmount(drawn);
  drawn = undefined;
  words.language = 'en';
  document.body.innerHTML = '';
});

const all = (id: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`)];
const one = (id: string) => all(id)[0] ?? expect.fail(`no ${id}`);
const said = (id: string) => one(id).textContent.replace(/\s+/g, ' ').trim();
const seen = (check: () => unknown, message?: string) => expect.poll(check, { interval: 5, ...(message === undefined ? {} : { message }) });
const asked = (name: string) => backend.calls.filter(([method]) => method === name);

async function show(options: FakeOptions = {}, appId: string | null = null) {
  backend = fakeBackend({ apps: demoApps(), runs: pastRuns(12), ...options });
  desk = new Desk(backend);
  await desk.begin();
  opened = [];
  const given = { appId, label: 'Runs', searchLabel: 'Search', onopen: (run: PastRun) => opened.push(run) };
  drawn = mount(Trial, { target: document.body, props: { desk, of: HistoryPane as unknown as Component<Record<string, unknown>>, given } });
  await seen(() => desk.finder(appId).loaded).toBe(true);
}

async function search(text: string, appId: string | null = null) {
  desk.finder(appId).type(text);
  await seen(() => desk.finder(appId).answered?.text).toBe(text);
  await tick();
}

/** Runs that only a server knows. */
function elsewhere(count: number): Run[] {
  return pastRuns(count).map((run, at) => ({ ...run, head: { ...run.head, id: `far-${at}`, title: '', status: 'succeeded', appId: 'app-1' }, inputs: [{ variable: 'title', label: 'Title', value: `A zeppelin, ${at}`, isFiles: false, hidden: false }] }));
}

describe('what was perhaps meant', () => {
  it('is proposed where nothing is found, is read out, and is searched for when it is pressed', async () => {
    await show();
    await search('annex');
    expect(asked('historyNearby'), 'who finds something is not asked').toEqual([]);
    await search('frmework service');
    await seen(() => said('did-you-mean')).toBe('Did you mean framework service?');
    expect(one('did-you-mean').getAttribute('role')).toBe('status');
    expect((await axe.run(document.body, { runOnly: ['wcag2a', 'wcag2aa', 'wcag22aa'] })).violations.map((found) => found.id)).toEqual([]);
    const near = one('near');
    expect(near.tagName, 'reached by Tab like all that is pressed').toBe('BUTTON');
    near.click();
    await seen(() => all('history-row').length).toBe(12);
    expect((document.querySelector<HTMLInputElement>('[data-testid="history-search"]'))?.value).toBe('framework service');
    expect(document.activeElement, 'the keyboard is where one can go on typing').toBe(one('history-search'));
  });

  it('is nothing where nothing is near, or where asking for it fails, in either language', async () => {
    await show({ failing: { historyNearby: 'internal' } });
    await search('frmework');
    await seen(() => said('history-empty')).toContain(en.history.nothingFound('frmework'));
    expect(all('failure'), 'that is no error of the search').toEqual([]);
    expect(all('near')).toEqual([]);
    if (drawn) await unmount(drawn);
    await show();
    words.language = 'zh';
    await search('xqxqxq');
    await seen(() => asked('historyNearby').length).toBe(1);
    expect(said('did-you-mean')).toBe('');
    await search('frmework');
    await seen(() => said('did-you-mean')).toBe(`${zh.history.didYouMean} framework${zh.history.questionMark}`);
  });
});

describe('what filters hide', () => {
  it('is said of the words only where there are any, in either language', async () => {
    await show();
    desk.finder(null).choose({ tags: ['none'] });
    await seen(() => said('history-empty')).toContain('The filters hide 12 runs.');
    await search('supplier');
    await seen(() => said('history-empty')).toMatch(/The filters also hide \d+ runs with these words\./);
    words.language = 'zh';
    await tick();
    expect(said('history-empty')).toContain('含这些词语');
  });
});

describe('the servers', () => {
  it('are asked when that is wished, and what they know stands apart until it is opened', async () => {
    await show({ onServers: elsewhere(3) });
    await search('zeppelin');
    await seen(() => all('search-server').length).toBe(1);
    expect(asked('logSearch'), 'never unasked').toEqual([]);
    one('search-server').click();
    await seen(() => all('server-run').length).toBe(3);
    expect(said('on-server')).toContain('3 more runs on the server');
    expect(said('server-found-means')).toBe(en.serverLog.foundMeans);
    expect(document.querySelector('section[aria-labelledby] h2')?.textContent).toContain('on the server');
    expect((await axe.run(document.body, { runOnly: ['wcag2a', 'wcag2aa', 'wcag22aa'] })).violations.map((found) => found.id)).toEqual([]);
    one('server-run').click();
    expect(opened.map((run) => run.head.id)).toEqual(['far-0']);
    await backend.runFetch('far-0');
    await seen(() => all('history-row').length, 'it is found here now').toBe(1);
    expect(all('server-run').length, 'and stands there once').toBe(2);
    await search('zeppelins');
    expect(all('on-server'), 'another search').toEqual([]);
  });

  it('are offered only for words, and of an app’s history its own', async () => {
    await show({ onServers: elsewhere(1) }, 'app-2');
    for (const text of ['status:stopped tag:none', '-x', 'app:"Contract review"', '标签：none']) {
      await search(text, 'app-2');
      expect(desk.finder('app-2').canAskServers, text).toBe(false);
    }
    for (const text of ['zeppelin', 'status:failed zeppelin', '"a phrase"', 'https://example.test', '合同', 'error:timeout', 'Note:abc']) {
      await search(text, 'app-2');
      expect(desk.finder('app-2').canAskServers, text).toBe(true);
    }
    await search('zeppelin', 'app-2');
    await seen(() => all('search-server').length).toBe(1);
    one('search-server').click();
    await seen(() => said('on-server')).toContain('No more runs were found on the server.');
    expect(asked('logSearch').map(([, search]) => (search as { filter: { apps: string[] } }).filter.apps)).toEqual([['app-2']]);
    one('server-found-close').click();
    await tick();
    expect([all('on-server').length, document.activeElement]).toEqual([0, one('history-search')]);
  });

  it('can be asked below what was found, and the search there be stopped', async () => {
    await show({ onServers: elsewhere(1), pace: 50 }, 'app-1');
    await search('framework', 'app-1');
    one('history-more').click();
    await tick();
    one('log-search').click();
    await seen(() => said('on-server')).toContain(en.serverLog.searching);
    one('server-search-stop').focus();
    one('server-search-stop').click();
    await seen(() => all('server-note').map((note) => note.textContent)).toEqual([en.serverLog.searchStopped]);
    expect(document.activeElement, 'the keyboard stays where it was').toBe(one('server-found-close'));
    expect(one('server-found-close').getAttribute('aria-label')).toBe(en.serverLog.closeFound);
    expect(all('history-row').length, 'the list stays').toBeGreaterThan(0);
  });

  it('say where they could not be asked for all that was typed, and where nothing is left to ask them for', async () => {
    await show({ onServers: elsewhere(2) });
    const noted = async (text: string) => {
      await search(text);
      await seen(() => all('search-server').length).toBe(1);
      one('search-server').click();
      await seen(() => desk.finder(null).onServers.found).not.toBe(null);
      await tick();
      return all('server-note').map((note) => note.textContent);
    };
    expect(await noted('zeppelin'), 'all of it was asked for').toEqual([]);
    expect(await noted('zeppelin zeppeli zeppel zeppe')).toEqual([en.serverLog.inexact]);
    expect(await noted('zeppelin zeppeli zeppel zepps'), 'nothing was found that may not fit').toEqual([]);
    desk.finder(null).choose({ origins: ['here'] });
    expect(await noted('zeppelin here'), 'apps are connected all the same').toEqual([en.serverLog.nothingToAsk]);
    expect(said('on-server')).not.toContain('No more');
  });

  it('say what is in the way, each of its app, in words', async () => {
    await show();
    backend.reach({ since: 1 });
    await search('zeppelin');
    await seen(() => all('search-server').length).toBe(1);
    one('search-server').click();
    await seen(() => all('server-note').length).toBe(demoApps().length);
    expect(said('server-note')).toContain(en.serverLog.troubles.not_reached);
    expect(all('server-run')).toEqual([]);
    for (const key of Object.keys(en.serverLog) as (keyof typeof en.serverLog)[]) {
      const text = zh.serverLog[key];
      if (typeof text === 'string') expect(text, key).toMatch(/[一-鿿]/);
    }
  });

  it('say the same of two apps of one name without harm, and only of runs that are not here that they are not', async () => {
    const [first, second] = demoApps();
    if (!first || !second) throw new Error('two apps');
    await show({ apps: [first, { ...second, branding: { ...second.branding, title: first.branding.title } }] });
    const [whole] = pastRuns(1);
    if (!whole) throw new Error('no run');
    const run: PastRun = { head: { ...whole.head, id: 'far' }, origin: 'server', contents: 'whole', name: '', starred: false, reviewed: false, hasNote: false, tags: [], snippet: null };
    backend.logSearch = async () => ({ runs: [run], apps: [first, second].map(({ id }) => ({ appId: id, more: false, trouble: 'busy' as const })), stopped: false, inexact: false, nothingToAsk: false });
    await search('zeppelin');
    await seen(() => all('search-server').length).toBe(1);
    one('search-server').click();
    await seen(() => all('server-note').length).toBe(2);
    expect(all('server-run')).toHaveLength(1);
    expect(all('server-found-means'), 'its details are here').toEqual([]);
  });

  it('are not said to have nothing where asking failed', async () => {
    await show({ failing: { logSearch: 'internal' } });
    await search('zeppelin');
    await seen(() => all('search-server').length).toBe(1);
    one('search-server').click();
    await seen(() => document.querySelector('.on-server [role=alert]')?.textContent).toBeTruthy();
    expect(said('on-server')).not.toContain('No more');
  });
});
