/** The list as it is drawn: places that are kept, and what is read where it is dragged to. */
import { flushSync, mount, tick, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../ipc/backend';
import { fakeBackend, pastRuns, type FakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import Trial from '../output/Trial.svelte';
import { lendBrowser } from '../parts/jsdom-made';
import { Desk } from '../state/desk.svelte';
import RunList from './RunList.svelte';

beforeAll(() => {
  lendBrowser();
  // Nothing scrolls further than what it holds is high.
  const tops = new WeakMap<Element, number>();
  Object.defineProperty(HTMLElement.prototype, 'scrollTop', {
    configurable: true,
    get(this: HTMLElement) {
      return tops.get(this) ?? 0;
    },
    set(this: HTMLElement, top: number) {
      const held = parseFloat(this.querySelector<HTMLElement>('.hist-all')?.style.height ?? '0');
      tops.set(this, Math.max(0, Math.min(top, held - 600)));
      this.dispatchEvent(new Event('scroll'));
    },
  });
});

let backend: FakeBackend;
let desk: Desk;
let drawn: ReturnType<typeof mount> | undefined;

afterEach(async () => {
  await leave();
  document.documentElement.removeAttribute('style');
});

async function leave() {
  if (drawn) await unmount(drawn);
  drawn = undefined;
  document.body.innerHTML = '';
}

const finder = () => desk.finder(null);
const list = () => document.querySelector<HTMLElement>('.hist-list') ?? expect.fail('no list');
const seen = (check: () => unknown, message?: string) => expect.poll(check, { interval: 5, ...(message === undefined ? {} : { message }) });
const options = () => [...document.querySelectorAll<HTMLElement>('[role="option"]')];
const reads = () => backend.calls.filter(([name]) => name === 'historyFind' || name === 'historyLast').length;
const held = () => parseFloat(document.querySelector<HTMLElement>('.hist-all')?.style.height ?? '0');

async function begin(runs: number, through: (backend: Backend) => Backend = (backend) => backend) {
  backend = fakeBackend({ apps: demoApps(), runs: pastRuns(runs) });
  desk = new Desk(through(backend));
  await desk.begin();
  await finder().find();
  await seen(() => finder().counts !== null).toBe(true);
}

async function show() {
  const nothing = () => undefined;
  const given = { finder: finder(), label: 'Runs', showApp: true, clickOpens: false, onopen: nothing, oncommand: nothing, ontype: nothing, onmenu: nothing };
  drawn = mount(Trial, { target: document.body, props: { desk, of: RunList as unknown as Component<Record<string, unknown>>, given } });
  flushSync();
  await tick();
  await seen(() => finder().loading).toBe(false);
}

async function press(key: string) {
  list().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  await tick();
}

describe('a place in the list', () => {
  it('is found again where text is large', async () => {
    document.documentElement.style.fontSize = '18px';
    await begin(45);
    await show();
    await seen(() => finder().complete).toBe(true);
    list().scrollTop = 1e6;
    const { scrolledTo } = finder();
    expect(scrolledTo, 'rows are as high as their text needs').toBeGreaterThan(45 * 64 - 600);
    await leave();
    await show();
    expect([list().scrollTop, finder().scrolledTo]).toEqual([scrolledTo, scrolledTo]);
  });

  it('is said only where it is known', async () => {
    const counts = (backend: Backend): Backend => ({ ...backend, historyCounts: async (search) => ({ ...(await backend.historyCounts(search)), total: 4000, counted: 4000 }) });
    await begin(6000, counts);
    await show();
    const places = () => options().map((option) => [option.getAttribute('aria-posinset'), option.getAttribute('aria-setsize')].join(' of '));
    expect(places()[0], 'from the beginning on they are counted').toBe('1 of -1');
    await press('End');
    await seen(() => finder().above).toBeGreaterThan(0);
    await seen(() => options().length > 0 && [...new Set(places())]).toEqual([' of -1']);
    await leave();
    await begin(6000);
    await show();
    await press('End');
    await seen(() => places().at(-1)).toBe('6000 of 6000');
  });
});

describe('a run of which only the list of its server tells', () => {
  it('says so to everybody, and when it can be opened', async () => {
    await begin(3);
    const [row] = finder().rows;
    if (!row) throw new Error('no run');
    finder().change(new Set([row.head.id]), (run) => ({ ...run, origin: 'server', contents: 'head' }));
    await show();
    const said = () => options()[0]?.textContent ?? '';
    expect(said()).toContain('From the server · Only what the server’s list says of it is here');
    expect(said()).not.toContain('Opens when');
    backend.reach({ since: 1 });
    await seen(said).toContain('Only on the server. Opens when you are online again.');
    expect(options()[1]?.textContent, 'what is here can be read all the same').not.toContain('Opens when');
    backend.reach(null, [{ appId: row.head.appId, since: 1 }]);
    await seen(said).toContain('Opens when it can be reached again.');
  });
});

describe('who drags the list', () => {
  it('to its beginning or its end is spared what lies between', async () => {
    await begin(6000);
    await show();
    const before = reads();
    list().scrollTop = held() / 2;
    list().scrollTop = 1e9;
    await seen(() => finder().above, 'the last page').toBeGreaterThan(5000);
    await seen(() => options().at(-1)?.getAttribute('aria-posinset')).toBe('6000');
    list().scrollTop = held() / 2;
    list().scrollTop = 0;
    await seen(() => finder().above).toBe(0);
    await seen(() => options()[0]?.getAttribute('aria-posinset')).toBe('1');
    expect(reads() - before).toBeLessThan(8);
    expect(finder().rows.length).toBeLessThan(400);
  });

  it('into its midst finds the runs there, once he rests', async () => {
    await begin(6000);
    await show();
    list().scrollTop = 3000 * 57;
    await seen(() => finder().rows.length).toBeGreaterThan(3000);
    await seen(() => options().some((option) => Number(option.getAttribute('aria-posinset')) > 2800)).toBe(true);
  });

  it('to the other end keeps what he picked', async () => {
    await begin(6000);
    await show();
    finder().picks.toggle(finder().rows[3]?.head.id ?? '', false);
    list().scrollTop = 1e9;
    await seen(() => finder().complete, 'all that lies between is read').toBe(true);
    expect(finder().picks.picked.size).toBe(1);
  });
});
