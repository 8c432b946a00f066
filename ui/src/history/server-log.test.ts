/** How far the server's list of runs is known, whose runs of it are shown, and runs that only it tells of. */
import { mount, tick, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBackend, type FakeBackend, type FakeOptions } from '../ipc/fake';
import { demoApps, pastRuns } from '../ipc/fake-data';
import type { App } from '../ipc/gen/App';
import type { LogState } from '../ipc/gen/LogState';
import type { LogTrouble } from '../ipc/gen/LogTrouble';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import { en } from '../text/en';
import { zh } from '../text/zh';
import FetchRun from './FetchRun.svelte';
import ListMenu from './ListMenu.svelte';
import ServerLog from './ServerLog.svelte';
import Updated from './Updated.svelte';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  // happy-dom and jsdom draw no dialogs.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
});

const [app] = demoApps() as [App];
let backend: FakeBackend;
let desk: Desk;
let drawn: ReturnType<typeof mount> | undefined;

async function draw(of: unknown, given: Record<string, unknown>, options: FakeOptions = {}): Promise<void> {
  backend = fakeBackend({ apps: [app], ...options });
  desk = new Desk(backend);
  await desk.begin();
  drawn = mount(Trial, { target: document.body, props: { desk, of: of as Component<Record<string, unknown>>, given } });
  await tick();
}

const at = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
const said = () => at('log-known')?.textContent?.trim();
const called = (name: string) => backend.calls.filter(([method]) => method === name);

function state(more: Partial<LogState> = {}): LogState {
  return { appId: app.id, scope: 'own', updating: false, fetching: null, since: null, complete: false, readAt: null, trouble: null, runs: 0, heads: 0, others: 0, ...more };
}

beforeEach(() => document.body.replaceChildren());
afterEach(() => {
  if (drawn) void unmount(drawn);
  drawn = undefined;
});

describe('how new the list is', () => {
  const updated = () => at('log-updated')?.textContent?.trim();

  it('is said when a history is opened, which looks for new runs', async () => {
    await draw(Updated, { appId: app.id });
    await vi.waitFor(() => expect(updated()).toBe(en.serverLog.justNow));
    expect(called('logUpdate')).toEqual([['logUpdate', app.id, false]]);
    backend.emit({ type: 'log_changed', state: state({ readAt: Date.now() - 150_000 }) });
    await tick();
    expect(updated()).toBe(en.serverLog.minutesAgo(2));
    backend.emit({ type: 'log_changed', state: state({ updating: true }) });
    await tick();
    expect(updated()).toBe(en.serverLog.updating);
    at('log-stop')?.focus();
    at('log-stop')?.click();
    await tick();
    expect(called('logStop')).toEqual([['logStop', app.id]]);
    backend.emit({ type: 'log_changed', state: state({ readAt: Date.now() }) });
    await tick();
    expect(document.activeElement, 'the keyboard stays where it was').toBe(at('log-update'));
  });

  it('asks all servers at once in the history of all apps', async () => {
    await draw(Updated, { appId: null });
    await vi.waitFor(() => expect(updated()).toBe(en.serverLog.justNow));
    at('log-update')?.click();
    await vi.waitFor(() => expect(called('logUpdate')).toEqual([['logUpdate', null, false], ['logUpdate', null, true]]));
  });
});

describe('the line about the server’s list', () => {
  it('is silent where all is known, and says since when nothing is missing where it is not', async () => {
    await draw(ServerLog, { appId: app.id });
    backend.emit({ type: 'log_changed', state: state({ complete: true }) });
    await tick();
    expect(at('server-log')).toBeNull();
    backend.emit({ type: 'log_changed', state: state({ since: new Date(2026, 4, 3, 12).getTime() }) });
    await tick();
    expect(said(), 'the day from which on nothing is missing').toContain('3 May');
  });

  it('has words for everything that may be in the way, in both languages, and leads on where trying again helps', async () => {
    await draw(ServerLog, { appId: app.id });
    for (const trouble of Object.keys(en.serverLog.troubles) as LogTrouble[]) {
      expect(zh.serverLog.troubles[trouble]).toMatch(/[一-鿿]/);
      backend.emit({ type: 'log_changed', state: state({ trouble }) });
      await tick();
      expect(said()).toBe(en.serverLog.troubles[trouble]);
      expect(at('log-again') !== null, trouble).toBe(trouble !== 'no_log');
    }
    at('log-again')?.click();
  });

  it('leaves it to the line about the network that a server is not there', async () => {
    await draw(ServerLog, { appId: app.id });
    backend.emit({ type: 'log_changed', state: state({ trouble: 'not_reached' }) });
    await tick();
    expect(said()).toBe(en.serverLog.troubles.not_reached);
    backend.emit({ type: 'offline_changed', offline: { since: 1 }, away: [] });
    await tick();
    expect(at('server-log'), 'the same is not said twice').toBeNull();
  });

  it('says how far the fetching of details is, and stops it', async () => {
    await draw(ServerLog, { appId: app.id });
    backend.emit({ type: 'log_changed', state: state({ heads: 40, fetching: { done: 3, of: 40 } }) });
    await tick();
    expect(said()).toBe(en.serverLog.fetching(3, 40));
    at('log-stop-details')?.click();
    await tick();
    expect(called('logStop')).toEqual([['logStop', app.id]]);
  });
});

describe('the menu of a history', () => {
  async function open() {
    at('history-more')?.click();
    await tick();
  }

  it('asks before it shows what other people ran, and goes back without a question', async () => {
    await draw(ListMenu, { appId: app.id });
    backend.emit({ type: 'log_changed', state: state({ complete: true }) });
    await open();
    at('log-all')?.click();
    await tick();
    expect(called('logScope'), 'nothing happens unasked').toEqual([]);
    expect(document.querySelector('[role=alertdialog]')?.textContent).toContain('what they entered');
    at('answer-no')?.click();
    await tick();
    expect(called('logScope')).toEqual([]);
    await open();
    at('log-all')?.click();
    await tick();
    at('answer-yes')?.click();
    await vi.waitFor(() => expect(desk.logs.of(app.id)?.scope).toBe('all'));
    expect(called('logScope')).toEqual([['logScope', app.id, 'all']]);
    await open();
    at('log-own')?.click();
    await vi.waitFor(() => expect(desk.logs.of(app.id)?.scope).toBe('own'));
  });

  it('offers to fetch details in advance, where there are any to fetch', async () => {
    await draw(ListMenu, { appId: app.id });
    backend.emit({ type: 'log_changed', state: state() });
    await open();
    expect(at('log-details')?.getAttribute('aria-disabled'), 'there is nothing to fetch').toBe('true');
    backend.emit({ type: 'log_changed', state: state({ heads: 40 }) });
    await tick();
    at('log-details')?.click();
    await vi.waitFor(() => expect(called('logFetchDetails')).toEqual([['logFetchDetails', app.id]]));
  });

  it('has nothing of a single server in the history of all apps', async () => {
    await draw(ListMenu, { appId: null });
    await open();
    expect([...document.querySelectorAll('[role=menuitem]')].map((item) => item.textContent?.trim())).toEqual([en.out.usage, en.out.openRunFile, en.out.export]);
  });
});

describe('a run that only the list tells of', () => {
  function head() {
    const run = structuredClone(pastRuns(1)[0]);
    if (!run) throw new Error('a past run');
    return { ...run, notices: [{ code: 'only_head' as const }], inputs: [], outputs: {}, steps: [], texts: [] };
  }

  it('is fetched when it is opened', async () => {
    const run = head();
    await draw(FetchRun, { runId: run.head.id }, { runs: [run] });
    await vi.waitFor(() => expect(desk.runs.get(run.head.id)?.run.notices).toEqual([{ code: 'from_server' }]));
    expect(desk.runs.get(run.head.id)?.run.outputs).not.toEqual({});
  });

  it('says quietly what needs the server, and can be tried again', async () => {
    const run = head();
    await draw(FetchRun, { runId: run.head.id }, { runs: [run], failing: { runFetch: 'unreachable' } });
    await vi.waitFor(() => expect(at('run-not-fetched')).not.toBeNull());
    expect(at('run-not-fetched')?.textContent).toContain(en.serverLog.needsServer);
    expect(document.querySelector('[role=alert]'), 'no alarm').toBeNull();
    at('run-fetch-again')?.click();
    await vi.waitFor(() => expect(called('runFetch')).toHaveLength(2));
  });

  it('offers no second try where the server has cleaned it up', async () => {
    const run = head();
    await draw(FetchRun, { runId: run.head.id }, { runs: [run], failing: { runFetch: 'run_gone' } });
    await vi.waitFor(() => expect(at('run-not-fetched')?.textContent).toContain(en.failures.run_gone.title));
    expect(at('run-fetch-again')).toBeNull();
  });
});
