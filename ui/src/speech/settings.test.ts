/** The switch for speech that begins by itself. */
import { mount, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fakeBackend } from '../ipc/fake';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import SpeechSettings from './SpeechSettings.svelte';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});

let drawn: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (drawn) void unmount(drawn);
  drawn = undefined;
});

async function switchOf(backend: ReturnType<typeof fakeBackend>): Promise<HTMLInputElement> {
  drawn = mount(Trial, { target: document.body, props: { desk: new Desk(backend), of: SpeechSettings as unknown as Component<Record<string, unknown>>, given: {} } });
  await vi.waitFor(() => expect(document.querySelector('[role=switch]')).not.toBeNull());
  return document.querySelector<HTMLInputElement>('[role=switch]') as HTMLInputElement;
}

it('keeps what the user wants', async () => {
  const backend = fakeBackend();
  const input = await switchOf(backend);
  expect(input.checked, 'an app speaks as its owner meant it').toBe(true);
  expect(document.querySelector(`label[for="${input.id}"]`)?.textContent, 'it has its name').toBe('Play speech as it arrives');
  input.click();
  await vi.waitFor(async () => expect(await backend.playerAutoplay(), 'it is kept').toBe(false));
  expect(input.checked).toBe(false);
});

it('shows what holds where the wish could not be kept', async () => {
  const backend = { ...fakeBackend(), playerSetAutoplay: () => Promise.reject(new Error('disk full')) };
  const input = await switchOf(backend);
  input.click();
  await vi.waitFor(() => expect(input.checked, 'it is still on').toBe(true));
});
