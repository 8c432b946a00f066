import { describe, expect, it } from 'vitest';
import { fakeBackend, stagedFile } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { App } from '../ipc/gen/App';
import type { FileFinding } from '../ipc/gen/FileFinding';
import { Files } from './files.svelte';
import { FormState } from './form.svelte';

const found = (more: Partial<FileFinding>): FileFinding => ({ locked: false, alike: null, shrunkFrom: null, ...more });

/** The digest's form with two files chosen; `first` and `second` are what is found in them. */
async function chosen(first: FileFinding | null, second: FileFinding | null) {
  const apps = demoApps();
  const backend = fakeBackend({ apps });
  const files = new Files(backend);
  const form = new FormState(backend, files, apps[0] as App);
  await backend.subscribe((event) => event.type === 'file_changed' && files.put(event.file));
  const field = form.fields.find((candidate) => candidate.control.type === 'file_list');
  if (!field) throw new Error('no field for files');
  const added = [stagedFile('a.pdf', { id: 'a', found: first }), stagedFile('b.pdf', { id: 'b', found: second })];
  for (const file of added) backend.staged.set(file.id, file);
  await form.addFiles(field, added);
  return { backend, files, form, field };
}
const uploaded = (calls: [string, ...unknown[]][]) => calls.filter(([name]) => name === 'fileUpload').map(([, , id]) => id);
const codes = (form: FormState) => form.problems.map((problem) => problem.issue.code);

describe('warnings', () => {
  it('hold a file back until the user has decided, and the others go', async () => {
    const { backend, form, field } = await chosen(found({ locked: true }), null);
    expect(codes(form)).toEqual(['file_locked']);
    expect(uploaded(backend.calls), 'it would be sent in vain').toEqual(['b']);
    expect(await form.run(), 'asked first').toBeNull();
    form.accept('file_locked', [{ field, index: 0 }]);
    expect(form.problems).toEqual([]);
    await form.check();
    expect(form.problems, 'it stays decided').toEqual([]);
    expect(await form.run()).not.toBeNull();
    expect(uploaded(backend.calls)).toEqual(['b', 'a']);
  });

  it('of a decision do not hold for the next file in that place', async () => {
    const { backend, form, field } = await chosen(found({ locked: true }), null);
    form.accept('file_locked', [{ field, index: 0 }]);
    const next = stagedFile('c.pdf', { id: 'c', found: found({ locked: true }) });
    backend.staged.set('c', next);
    await form.replaceFile(field, 0, next);
    expect(codes(form)).toEqual(['file_locked']);
  });

  it('come when it is found out, without anybody asking', async () => {
    const { backend, files, form } = await chosen(null, null);
    expect(codes(form)).toEqual([]);
    const late = { ...stagedFile('b.pdf', { id: 'b' }), found: found({ locked: true }) };
    backend.staged.set('b', late);
    files.put(late);
    await expect.poll(() => codes(form)).toEqual(['file_locked']);
  });

  it('of copies end with the copies, which come back with Undo', async () => {
    const { form, field } = await chosen(found({ alike: 3 }), found({ alike: 3 }));
    expect(codes(form)).toEqual(['file_twice']);
    const undo = form.removeFiles([{ field, index: 1 }]);
    await expect.poll(() => [form.filesOf(field.variable).length, codes(form)]).toEqual([1, []]);
    undo();
    await expect.poll(() => [form.filesOf(field.variable).length, codes(form)]).toEqual([2, ['file_twice']]);
  });
});

describe('a smaller picture', () => {
  it('takes the place of the large one and is sent', async () => {
    const { backend, files, form, field } = await chosen(null, null);
    const small = await files.shrink(form.appId, 'a');
    await form.replaceFile(field, 0, small);
    expect(form.filesOf(field.variable).map((entry) => entry.value)).toEqual([small.id, 'b']);
    expect(files.byId.has('a'), 'the large one is needed no more').toBe(false);
    await expect.poll(() => uploaded(backend.calls)).toContain(small.id);
  });
});
