import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { fakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import { lendBrowser } from '../parts/jsdom-made';
import { Desk } from '../state/desk.svelte';
import Window from './Window.svelte';

let page: ReturnType<typeof mount> | undefined;

beforeAll(() => lendBrowser(() => false));
afterEach(async () => {
  if (page) await unmount(page);
  localStorage.clear();
  document.body.innerHTML = '';
});

const find = <T extends HTMLElement>(id: string) => document.querySelector<T>(`[data-testid="${id}"]`);
const one = <T extends HTMLElement>(id: string) => find<T>(id) ?? expect.fail(`no ${id}`);
const seen = (check: () => unknown) => expect.poll(check, { interval: 5 });

it('an app that is here already gets the key that was entered, by the address without encryption that was agreed to', async () => {
  const address = 'http://intranet.example/v1';
  const backend = fakeBackend({ apps: demoApps() });
  const replaced: unknown[] = [];
  const desk = new Desk({
    ...backend,
    appReplaceKey: (...args) => {
      replaced.push(args);
      return backend.appReplaceKey(...args);
    },
  });
  await desk.begin();
  desk.page = { kind: 'connect', replaceKeyOf: null };
  page = mount(Window, { target: document.body, props: { desk } });
  flushSync();
  for (const [id, value] of [['connect-address', address], ['connect-key', 'app-already_connected']] as const) {
    one<HTMLInputElement>(id).value = value;
    one(id).dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
  one('connect-submit').click();
  await seen(() => find('accept-plain-http')).not.toBeNull();
  one('accept-plain-http').click();
  await seen(() => find('replace-key-there')).not.toBeNull();
  one('replace-key-there').click();
  const here = desk.apps.list[0]?.id;
  await seen(() => desk.page).toMatchObject({ kind: 'app', appId: here });
  expect(replaced, 'with what was agreed to: else it would be asked for again and again').toEqual([[here, 'app-already_connected', 'keychain', address]]);
});
