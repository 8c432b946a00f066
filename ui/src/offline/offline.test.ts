import { mount, tick, unmount } from 'svelte';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { fakeBackend, type FakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import { Desk } from '../state/desk.svelte';
import { words } from '../text/words.svelte';
import Window from '../views/Window.svelte';

beforeAll(() => {
  // jsdom has no media queries, and draws nothing.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
  globalThis.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  Element.prototype.scrollIntoView = () => undefined;
});

let shown: Record<string, unknown> | undefined;
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = undefined;
  words.language = 'en';
});

const by = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const all = (id: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`)];
async function drawn() {
  await new Promise((resolve) => setTimeout(resolve, 10));
  await tick();
}

async function opened(): Promise<{ backend: FakeBackend; desk: Desk; since: number }> {
  const app = { ...demoApps()[0]!, origin: 'server' as const, key: 'keychain' as const };
  const backend = fakeBackend({ apps: [app] });
  const desk = new Desk(backend);
  await desk.begin();
  shown = mount(Window, { target: document.body, props: { desk } });
  await drawn();
  const today = new Date();
  return { backend, desk, since: today.setHours(0, 5, 0, 0) };
}

it('says quietly since when there is no network, in the language of the window', async () => {
  const { backend, since } = await opened();
  expect(by('offline-banner')).toBeNull();
  expect(by('keep-ready'), 'with a connection nothing need be kept').toBeNull();
  backend.reach({ since });
  await drawn();
  expect(by('offline-banner')?.closest('[role="status"]'), 'it is read out').not.toBeNull();
  expect(by('offline-banner')?.textContent).toMatch(/Offline since .*5/);
  words.language = 'zh';
  await drawn();
  expect(by('offline-banner')?.textContent).toContain('离线');
  by('offline-check')?.focus();
  by('offline-check')?.click();
  expect(backend.calls.filter(([name]) => name === 'offlineCheck')).toHaveLength(1);
  backend.reach(null);
  await drawn();
  expect(by('offline-banner')).toBeNull();
  await drawn();
  expect(document.activeElement?.id, 'who was at its button is led on').toBe('main');
});

it('names the one server that is away, and does not call that offline', async () => {
  const { backend, desk, since } = await opened();
  const app = desk.apps.list[0]!;
  backend.reach(null, [{ appId: app.id, since }]);
  await drawn();
  const text = by('offline-banner')?.textContent ?? '';
  expect(text).toContain(app.branding.title);
  expect(text).not.toContain('Offline');
  expect(by('keep-ready')).not.toBeNull();
});

it('brings back all that were removed one after the other, also those of the same title', async () => {
  const { backend, desk, since } = await opened();
  backend.reach({ since });
  await drawn();
  for (let kept = 0; kept < 3; kept++) {
    by('keep-ready')?.click();
    await drawn();
  }
  expect(all('ready-row')).toHaveLength(3);
  for (let removed = 0; removed < 3; removed++) {
    by('ready-remove')?.click();
    await drawn();
  }
  expect(desk.toasts.list.at(-1)?.text).toBe('3 runs were removed.');
  desk.toasts.undo();
  await drawn();
  expect(all('ready-row')).toHaveLength(3);
});

it('keeps what is filled in beside Run, and sends, edits or removes it where it is listed', async () => {
  const { backend, desk, since } = await opened();
  const app = desk.apps.list[0]!;
  backend.reach({ since });
  await drawn();
  by('keep-ready')?.click();
  await drawn();
  expect(all('ready-row')).toHaveLength(1);
  const send = by('ready-send')!;
  expect(send.title, 'why it may not go').toContain('no connection');
  expect(send.getAttribute('aria-disabled'), 'it can be tried all the same').toBe('false');
  expect(by('ready-row')?.querySelectorAll('button')).toHaveLength(3);
  for (const button of by('ready-row')!.querySelectorAll('button')) expect(button.getAttribute('aria-label') ?? button.textContent).toMatch(/“/);
  by('ready-remove')?.focus();
  by('ready-remove')?.click();
  await drawn();
  expect(all('ready-row')).toHaveLength(0);
  await drawn();
  expect(document.activeElement?.id, 'the keyboard is led on').toBe('main');
  expect(desk.toasts.undo()).toBe(true);
  await drawn();
  desk.page = { kind: 'runs', runId: null };
  await drawn();
  by('ready-open')?.click();
  await drawn();
  expect(all('ready-row'), 'the history lists it, too').toHaveLength(1);
  expect(by('ready-row')?.textContent).toContain(app.branding.title);
  backend.reach(null);
  await drawn();
  by('ready-send')?.click();
  await drawn();
  expect(all('ready-row')).toHaveLength(0);
  expect(desk.current.get(app.id), 'its run is on screen').toBeDefined();
});
