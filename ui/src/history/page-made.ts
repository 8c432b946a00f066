/** For tests: the history in a whole window, with runs in it, used as people use it. */
import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, beforeAll, expect } from 'vitest';
import type { Backend } from '../ipc/backend';
import { fakeBackend, pastRuns, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import { lendBrowser } from '../parts/jsdom-made';
import { Desk } from '../state/desk.svelte';
import { words } from '../text/words.svelte';
import Window from '../views/Window.svelte';

/** Whether the window has no room for what stands beside the list. */
export const room = { narrow: false };
export let desk: Desk;
let page: ReturnType<typeof mount> | undefined;

/** Each test of a file has a window of its own. */
export function withWindow(): void {
  beforeAll(() => lendBrowser(() => room.narrow));
  afterEach(async () => {
    if (page) await unmount(page);
    page = undefined;
    room.narrow = false;
    words.language = 'en';
    localStorage.clear();
    document.body.innerHTML = '';
  });
}

export const all = (css: string) => [...document.querySelectorAll<HTMLElement>(css)];
export const one = (css: string) => document.querySelector<HTMLElement>(css) ?? expect.fail(`no ${css}`);
export const test = (id: string) => `[data-testid="${id}"]`;
export const rows = () => all(test('history-row')).map((row) => row.querySelector('.t')?.textContent ?? '');
export const current = () => document.getElementById(one('.hist-list').getAttribute('aria-activedescendant') ?? '')?.querySelector('.t')?.textContent;
export const seen = (check: () => unknown, message?: string) => expect.poll(check, { interval: 5, ...(message === undefined ? {} : { message }) });

/** The window, before anything was found. */
export async function open(options: FakeOptions = {}, through: (backend: Backend) => Backend = (backend) => backend) {
  const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(12), ...options });
  desk = new Desk(through(backend));
  await desk.begin();
  desk.page = { kind: 'runs', runId: null };
  page = mount(Window, { target: document.body, props: { desk } });
  flushSync();
  return backend;
}

export async function show(options: FakeOptions = {}, through?: (backend: Backend) => Backend) {
  const backend = await open(options, through);
  await seen(() => desk.finder(null).loaded).toBe(true);
  await tick();
  return backend;
}

export async function press(...keys: (string | [string, KeyboardEventInit])[]) {
  for (const pressed of keys) {
    const [key, more] = typeof pressed === 'string' ? [pressed, {}] : pressed;
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
    for (let turn = 0; turn < 5; turn++) await tick();
  }
}

export async function type(css: string, text: string) {
  const field = one(css) as HTMLInputElement;
  field.focus();
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await tick();
}
