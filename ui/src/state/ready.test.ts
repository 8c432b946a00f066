import { beforeAll, expect, it } from 'vitest';
import { fakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import { words } from '../text/words.svelte';
import { editReady, sendReady } from '../offline/acts';
import { Desk } from './desk.svelte';

beforeAll(() => {
  // jsdom has no media queries.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
});

const since = Date.UTC(2026, 10, 22, 14, 5);

async function desk() {
  const app = { ...demoApps()[0]!, origin: 'server' as const, key: 'keychain' as const };
  const backend = fakeBackend({ apps: [app] });
  const all = new Desk(backend);
  await all.begin();
  const form = all.form(app);
  await form.recalled;
  return { app, backend, desk: all, form };
}

async function filled() {
  const all = await desk();
  const { form, app } = all;
  for (const field of app.form.fields.filter((candidate) => candidate.required)) {
    if (field.control.type === 'file' || field.control.type === 'file_list') form.addLinks(field, ['https://example.com/a.pdf']);
    else form.change(field.variable, { kind: 'text', value: 'Lease, Hamburg' });
  }
  return all;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

it('is offline as long as Rust says so, and asks only when there is a reason', async () => {
  const { backend, desk: all, app } = await desk();
  expect(all.reach.offline).toBeNull();
  const checks = () => backend.calls.filter(([name]) => name === 'offlineCheck').length;
  all.reach.lookAgain();
  expect(checks(), 'nothing is wrong: nobody is asked').toBe(0);
  backend.reach({ since }, [{ appId: app.id, since }]);
  expect(all.reach.offline).toEqual({ since });
  expect(all.reach.since(app.id)).toBe(since);
  all.reach.lookAgain();
  all.reach.lookAgain();
  expect(checks(), 'once, however often the window comes to the front meanwhile').toBe(1);
  backend.reach(null, [{ appId: app.id, since }]);
  expect(all.reach.offline, 'one server that is away is not the network').toBeNull();
  expect(all.reach.allReached).toBe(false);
  backend.reach(null);
  expect(all.reach.allReached).toBe(true);
});

it('keeps a run ready without sending anything, and sends it when asked', async () => {
  const { backend, desk: all, app, form } = await filled();
  backend.reach({ since });
  expect(await form.keepReady()).toBe(true);
  await settled();
  const [row] = all.prepared.of(app.id);
  expect(row).toBeDefined();
  expect(backend.calls.some(([name]) => name === 'runStart' || name === 'fileUpload')).toBe(false);
  await sendReady(all, app, row!);
  expect(all.prepared.of(app.id), 'what could not be sent waits').toHaveLength(1);
  expect(all.toasts.list.at(-1)?.code).toBe('unreachable');
  backend.reach(null);
  await sendReady(all, app, row!);
  await settled();
  expect(all.prepared.of(app.id)).toHaveLength(0);
  expect(all.current.get(app.id), 'its run is shown').toBeDefined();
  expect(backend.calls.filter(([name]) => name === 'preparedSend')).toHaveLength(2);
});

it('says what has to be filled in before it is kept', async () => {
  const { form, app, desk: all } = await desk();
  const files = app.form.fields.find((field) => field.control.type === 'file_list')!;
  form.change(files.variable, { kind: 'files', value: [{ kind: 'link', value: 'nonsense' }] });
  expect(await form.keepReady()).toBe(false);
  expect(form.problems.length).toBeGreaterThan(0);
  expect(all.prepared.list).toHaveLength(0);
});

it('fills the form again to edit it, and brings back what is taken away', async () => {
  const { app, desk: all, form } = await filled();
  const entries = JSON.stringify(form.entries);
  await form.keepReady();
  await settled();
  form.clear();
  await editReady(all, app, all.prepared.list[0]!);
  expect(JSON.stringify(form.entries)).toBe(entries);
  expect(all.prepared.list, 'it is in the form now').toHaveLength(0);
  expect(all.toasts.undo()).toBe(true);
  await settled();
  expect(all.prepared.list).toHaveLength(1);
  await all.prepared.remove(all.prepared.list[0]!);
  expect(all.prepared.list).toHaveLength(0);
  expect(all.toasts.undo()).toBe(true);
  await settled();
  expect(all.prepared.list).toHaveLength(1);
});

it('says in both languages since when there is no network', () => {
  for (const lang of ['en', 'zh'] as const) {
    words.language = lang;
    expect(words.now.offline.since('14:05')).toContain('14:05');
    expect(words.now.offline.awaySince('Digest', '14:05')).toContain('Digest');
  }
  words.language = 'en';
});
