/** A field for files in a page: what its rows say while files are on their way, and where the keyboard is. */
import { flushSync, mount, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fakeBackend, stagedFile } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { App } from '../ipc/gen/App';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import { FormState } from '../state/form.svelte';
import FileField from './FileField.svelte';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});

let drawn: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (drawn) void unmount(drawn);
  drawn = undefined;
});

function draw(pace = 0) {
  const apps = demoApps();
  const backend = fakeBackend({ apps, pace });
  const desk = new Desk(backend);
  const app = apps[0] as App;
  const form = new FormState(backend, desk.files, app);
  const field = form.fields.find((candidate) => candidate.control.type === 'file_list');
  if (!field) throw new Error('no field for files');
  const given = { form, field, limits: app.form.limits, id: 'field-documents', error: null, server: null };
  drawn = mount(Trial, { target: document.body, props: { desk, of: FileField as unknown as Component<Record<string, unknown>>, given } });
  flushSync();
  return { backend, desk, form, field };
}
const one = (name: string) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`);

it('a row that waits for its next try says so, and keeps the keyboard when the try begins', async () => {
  const { backend, desk, form, field } = draw();
  const file = stagedFile('a.pdf', { id: 'a' });
  backend.staged.set('a', file);
  backend.fileUpload = () => new Promise(() => undefined);
  await form.addFiles(field, [file]);
  desk.files.put({ ...file, state: { state: 'interrupted', wait: 8, code: 'unreachable', reason: 'connection_cut' } });
  flushSync();
  expect(one('file-row')?.dataset['state']).toBe('again');
  expect(one('file-row')?.textContent).toContain('The connection broke off. Trying again in 8 s.');
  one('try-now')?.focus();
  desk.files.put({ ...file, state: { state: 'uploading', sent: 0, speed: null, left: null } });
  flushSync();
  expect(one('try-now')).toBeNull();
  await vi.waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Remove a.pdf'));
});

it('a link that is fetched here says how much is here, and never lets the keyboard go', async () => {
  const { backend, desk, form, field } = draw();
  if (field.control.type === 'file_list') field.control.rules.methods = ['local_file', 'remote_url'];
  const link = 'https://files.example/offer.pdf';
  let end: () => void = () => undefined;
  const fetched = new Promise<void>((resolve) => (end = resolve));
  backend.linkFetch = async () => {
    await fetched;
    return { kind: 'file', file: stagedFile('offer.pdf', { id: 'fetched' }) };
  };
  form.addLinks(field, [link]);
  flushSync();
  one('fetch-here')?.focus();
  one('fetch-here')?.click();
  flushSync();
  expect(one('link-fetch')?.textContent).toContain('Downloading to this computer');
  await vi.waitFor(() => expect(document.activeElement).toBe(one('stop-fetching')));
  desk.files.received.set(link, 1_300_000);
  flushSync();
  expect(one('link-fetch')?.textContent).toContain('1.2\u00a0MB downloaded');
  expect(document.activeElement, 'news do not move it').toBe(one('stop-fetching'));
  end();
  await vi.waitFor(() => expect(one('file-row')?.dataset['name']).toBe('offer.pdf'));
  await vi.waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Remove offer.pdf'));
  expect(desk.files.received.size, 'nothing is left of it').toBe(0);
});
