import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failure, fakeBackend, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { App } from '../ipc/gen/App';
import { fillFrom } from '../views/refill';
import { Files } from './files.svelte';
import { FormState } from './form.svelte';

const text = (value: string) => ({ kind: 'text' as const, value });

function made(options: FakeOptions = {}) {
  const apps = demoApps();
  const backend = fakeBackend({ apps, ...options });
  const app = apps[0] as App;
  const told: unknown[] = [];
  const open = () => new FormState(backend, new Files(backend), app, (thrown) => told.push(thrown));
  return { backend, app, open, told, saves: () => backend.calls.filter(([name]) => name === 'draftSave') };
}

describe('a half-filled form', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is there again', async () => {
    const { open } = made();
    const first = open();
    await first.recalled;
    first.change('title', text('Lease'));
    await vi.advanceTimersByTimeAsync(1000);
    const second = open();
    await second.recalled;
    expect(second.entries).toEqual({ title: text('Lease') });
  });

  it('is saved within a second however long the typing goes on, and not with every key', async () => {
    const { open, saves } = made();
    const form = open();
    await form.recalled;
    for (let key = 1; key <= 30; key++) {
      form.change('title', text('x'.repeat(key)));
      await vi.advanceTimersByTimeAsync(100);
      if (key === 10) expect(saves().length).toBeGreaterThan(0);
    }
    expect(saves().length).toBeLessThan(8);
    await vi.advanceTimersByTimeAsync(1000);
    expect(saves().at(-1)?.[2]).toMatchObject({ entries: { title: text('x'.repeat(30)) } });
    const count = saves().length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saves(), 'nothing is saved at rest').toHaveLength(count);
  });

  it('is saved at once when the window goes', async () => {
    const { open, saves } = made();
    const form = open();
    await form.recalled;
    void form.draft.flush();
    expect(saves(), 'nothing was entered').toHaveLength(0);
    form.change('title', text('Lease'));
    void form.draft.flush();
    expect(saves()).toHaveLength(1);
  });

  it('does not take the place of what was typed before it came', async () => {
    const app = demoApps()[0] as App;
    const { open } = made({ drafts: { [app.id]: { entries: { title: text('old'), text: text('kept') }, form: app.form, changes: { fields: [], aside: [] }, revision: 7 } } });
    const form = open();
    form.change('title', text('new'));
    await form.recalled;
    expect(form.entries).toEqual({ title: text('new'), text: text('kept') });
  });

  it('never loses to an older save that comes late', async () => {
    const app = demoApps()[0] as App;
    const { open, saves } = made({ drafts: { [app.id]: { entries: {}, form: app.form, changes: { fields: [], aside: [] }, revision: 7 } } });
    const form = open();
    form.change('title', text('a'));
    void form.draft.flush();
    expect(saves(), 'what is stored has not been read yet').toHaveLength(0);
    await form.recalled;
    void form.draft.flush();
    form.change('title', text('b'));
    void form.draft.flush();
    expect(saves().map((call) => (call[2] as { revision: number }).revision)).toEqual([8, 9]);
  });

  it('that cannot be saved is tried again by itself, and says so until it is saved', async () => {
    const { open, backend, saves } = made();
    const save = backend.draftSave;
    const failing = () => Promise.reject(failure('disk_full'));
    let tries = 0;
    backend.draftSave = () => {
      tries++;
      return failing();
    };
    const form = open();
    await form.recalled;
    form.change('title', text('Lease'));
    await vi.advanceTimersByTimeAsync(600);
    expect([tries, form.draft.failure?.code]).toEqual([1, 'disk_full']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tries, 'again without a key, with growing pauses').toBe(3);
    await form.draft.flush();
    expect(tries, 'and at once when the window is left').toBe(4);
    form.change('title', text('Lease 2'));
    await vi.advanceTimersByTimeAsync(600);
    expect(tries, 'what is entered meanwhile does not wait for the next pause').toBe(5);
    expect(form.draft.failure, 'it is still so').not.toBeNull();
    backend.draftSave = save;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(form.draft.failure, 'it is no longer so').toBeNull();
    expect(saves().at(-1)?.[2]).toMatchObject({ entries: { title: text('Lease 2') } });
    const count = saves().length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(saves(), 'nothing is tried at rest').toHaveLength(count);
  });

  it('is not called unsaved for an older save that failed after a newer one had arrived', async () => {
    const { open, backend } = made();
    const form = open();
    await form.recalled;
    let fail: (thrown: unknown) => void = () => undefined;
    const save = backend.draftSave;
    backend.draftSave = () => new Promise((_, reject) => (fail = reject));
    form.change('title', text('a'));
    const slow = form.draft.flush();
    backend.draftSave = save;
    form.change('title', text('ab'));
    await form.draft.flush();
    fail(failure('store_locked'));
    await slow;
    expect(form.draft.failure).toBeNull();
  });

  it('says what changed in the form since', async () => {
    const app = demoApps()[0] as App;
    const before = { ...app.form, fields: app.form.fields.map((field) => (field.variable === 'title' ? { ...field, variable: 'heading', label: 'Heading' } : field)) };
    const { open } = made({ drafts: { [app.id]: { entries: { heading: text('Lease') }, form: before, changes: { fields: [], aside: [] }, revision: 1 } } });
    const form = open();
    await form.recalled;
    expect(form.changes.fields.map(({ label, change }) => [label, change.kind])).toEqual([['Title', 'new'], ['Heading', 'gone']]);
    expect(form.changes.aside[0]?.entry).toEqual(text('Lease'));
  });
});

describe('saved inputs', () => {
  it('fill the form, and what stood there can be brought back', async () => {
    const { open } = made();
    const form = open();
    await form.recalled;
    form.change('title', text('Standard'));
    const { preset } = await form.presets.save(' Standard review ', form.entries, form.form);
    expect(form.presets.list.map((saved) => saved.name)).toEqual(['Standard review']);
    form.clear();
    expect(fillFrom(form, await form.presets.apply(preset.id)), 'an empty form has nothing to bring back').toBeNull();
    expect(form.entries).toEqual({ title: text('Standard') });
    form.change('title', text('half-filled'));
    const undo = fillFrom(form, await form.presets.apply(preset.id));
    expect(form.entries).toEqual({ title: text('Standard') });
    undo?.();
    expect(form.entries).toEqual({ title: text('half-filled') });
  });

  it('replace those of the same name, until that is undone', async () => {
    const { open } = made();
    const form = open();
    await form.presets.save('A', { title: text('first') }, form.form);
    const { replaced } = await form.presets.save('A', { title: text('second') }, form.form);
    expect(form.presets.list).toHaveLength(1);
    expect(form.presets.currentName).toBe('A');
    if (!replaced) throw new Error('nothing was replaced');
    await form.presets.restore(replaced);
    expect(form.presets.list.map((preset) => preset.id)).toEqual([replaced]);
    expect((await form.presets.apply(replaced)).entries).toEqual({ title: text('first') });
  });
});

describe('names of saved inputs', () => {
  it('are the same whatever their case and blanks, as the backend says', async () => {
    const { open } = made();
    const { presets, form } = open();
    const { preset } = await presets.save('Monthly', { title: text('first') }, form);
    expect((await presets.named(' monthly '))?.id).toBe(preset.id);
    expect(await presets.named('MONTHLY', preset.id), 'its own name in capitals is free').toBeNull();
    const { replaced } = await presets.save('monthly ', { title: text('second') }, form);
    expect([replaced, presets.list.length], 'not side by side').toEqual([preset.id, 1]);
  });
});

describe('files that come back', () => {
  it('are sent when Run is chosen, not before', async () => {
    const { backend, app, open } = made();
    const chosen = (await backend.fileChoose(app.id, 'documents', '', '', '')).slice(0, 1);
    const [file] = chosen;
    if (!file) throw new Error('no file');
    const before = open();
    await before.recalled;
    before.change('documents', { kind: 'files', value: [{ kind: 'staged', value: file.id }] });
    void before.draft.flush();
    const form = open();
    await form.recalled;
    const uploads = () => backend.calls.filter(([name]) => name === 'fileUpload').length;
    expect(uploads(), 'opening the window waits for no network').toBe(0);
    expect(await form.run(), 'the run waits for its file').not.toBeNull();
    expect(uploads()).toBe(1);
  });
});
