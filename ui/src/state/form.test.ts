import { describe, expect, it, vi } from 'vitest';
import { fakeBackend, failure, stagedFile, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { App } from '../ipc/gen/App';
import type { Problem } from '../ipc/gen/Problem';
import { Files } from './files.svelte';
import { FormState } from './form.svelte';

function made(options: FakeOptions = {}) {
  const apps = demoApps();
  const backend = fakeBackend({ apps, ...options });
  const files = new Files(backend);
  const form = (index: number) => new FormState(backend, files, apps[index] as App);
  return { backend, files, digest: form(0), controls: form(1) };
}
const field = (form: FormState, variable: string) => {
  const found = form.fields.find((candidate) => candidate.variable === variable);
  if (!found) throw new Error(variable);
  return found;
};
const text = (value: string) => ({ kind: 'text' as const, value });

describe('a form', () => {
  it('says nothing of fields the user has not been at', async () => {
    const { controls } = made();
    controls.leave('name');
    await controls.check();
    expect(controls.problems.map((problem) => problem.variable)).toEqual(['name']);
  });

  it('says everything at once when Run is pressed, and starts nothing', async () => {
    const { controls, backend } = made();
    expect(await controls.run()).toBeNull();
    expect(controls.problems.map((problem) => problem.variable)).toEqual(['name', 'department', 'address']);
    expect(backend.calls.some(([name]) => name === 'runStart')).toBe(false);
  });

  it('says why it cannot be told whether the same ran before', async () => {
    const { digest, backend } = made();
    expect(await digest.runAlike(), 'nothing ran yet').toBeNull();
    backend.runAlike = () => Promise.reject(failure('store_locked'));
    expect(await digest.runAlike(), 'not the same as nothing').toBeUndefined();
    expect(digest.failure?.code).toBe('store_locked');
  });

  it('opens More options when one of them is wrong', async () => {
    const { controls } = made();
    controls.change('pace', text('fast'));
    await controls.run();
    expect(controls.moreOpen).toBe(true);
  });

  it('takes an error away as soon as the entry is right', async () => {
    const { controls } = made();
    await controls.run();
    controls.change('name', text('Helvetia'));
    await controls.check();
    expect(controls.problemsOf('name')).toEqual([]);
  });

  it('shows a refusal of the server at the field until that is changed', async () => {
    const { digest, backend } = made();
    backend.runStart = () => Promise.reject(failure('form_invalid', { problems: [{ variable: 'title', fileIndex: null, issue: { code: 'refused' }, server: 'no', warning: false }] }));
    expect(await digest.run()).toBeNull();
    await digest.check();
    expect(digest.problemsOf('title')).toHaveLength(1);
    digest.change('title', text('other'));
    expect(digest.problemsOf('title')).toEqual([]);
  });

  it('keeps its entries when a run cannot be started', async () => {
    const { digest } = made({ failing: { runStart: 'unreachable' } });
    digest.change('text', text('long work'));
    expect(await digest.run()).toBeNull();
    expect(digest.failure?.code).toBe('unreachable');
    expect(digest.entries['text']).toEqual(text('long work'));
  });

  it('can be cleared and brought back', () => {
    const { digest } = made();
    digest.change('text', text('long work'));
    const undo = digest.clear();
    expect(digest.entries).toEqual({});
    undo();
    expect(digest.entries['text']).toEqual(text('long work'));
  });

  it('keeps entries when the app was republished, and names what is new', async () => {
    const { digest } = made();
    digest.change('title', text('kept'));
    digest.adopt([...digest.fields, { ...field(digest, 'title'), variable: 'extra', label: 'Extra' }]);
    await vi.waitFor(() => expect(digest.hasChanged).toBe(true));
    expect(digest.changes.fields).toEqual([{ variable: 'extra', label: 'Extra', change: { kind: 'new' } }]);
    expect(digest.entries['title']).toEqual(text('kept'));
  });

  it('sets aside what a vanished field held, and keeps what was typed while Rust was asked', async () => {
    const { digest, backend } = made();
    digest.change('title', text('Lease'));
    const refit = backend.formRefit;
    backend.formRefit = (...asked) => {
      digest.change('text', text('typed meanwhile'));
      return refit(...asked);
    };
    digest.adopt(digest.fields.filter((candidate) => candidate.variable !== 'title'));
    await vi.waitFor(() => expect(digest.hasChanged).toBe(true));
    expect(digest.entries).toEqual({ text: text('typed meanwhile') });
    expect(digest.changes.aside.map((aside) => aside.entry)).toEqual([text('Lease')]);
    expect(await digest.run()).not.toBeNull();
    expect(digest.changes.aside, 'a run does not throw away what stands nowhere else').toHaveLength(1);
    digest.putAway();
    expect(digest.hasChanged).toBe(false);
  });

  it('says nothing of changes to somebody who has entered nothing', async () => {
    const { digest } = made();
    digest.adopt(digest.fields.slice(1));
    await vi.waitFor(() => expect(digest.fields).toHaveLength(4));
    expect(digest.hasChanged).toBe(false);
  });
});

describe('files in a form', () => {
  it('are uploaded at once, but not those that cannot be right', async () => {
    const { digest, backend } = made();
    const chosen = await backend.fileChoose('app-1', 'documents', '', '', '');
    await digest.addFiles(field(digest, 'documents'), chosen);
    await digest.check();
    expect(backend.calls.filter(([name]) => name === 'fileUpload')).toHaveLength(2);
    expect(digest.problems.map((problem) => problem.issue.code)).toEqual(['file_kind_refused']);
  });

  it('hold the run back until they are there', async () => {
    const { digest, files, backend } = made({ pace: 40 });
    const [file] = await backend.fileChoose('app-1', 'documents', '', '', '');
    if (!file) throw new Error('no file');
    await backend.subscribe((event) => event.type === 'file_changed' && files.put(event.file));
    await digest.addFiles(field(digest, 'documents'), [file]);
    const run = digest.run();
    await vi.waitFor(() => expect(digest.starting && digest.uploading).toBe(1));
    const started = await run;
    expect([digest.problems, digest.failure], 'nothing was wrong').toEqual([[], null]);
    expect(started).not.toBeNull();
    expect(files.byId.get(file.id)?.state.state, 'it was sent first').toBe('uploaded');
  });

  it('can be given up while a run waits for them, and the form says nothing of it', async () => {
    const { digest, files, backend } = made({ pace: 4000 });
    const [file] = await backend.fileChoose('app-1', 'documents', '', '', '');
    if (!file) throw new Error('no file');
    await backend.subscribe((event) => event.type === 'file_changed' && files.put(event.file));
    await digest.addFiles(field(digest, 'documents'), [file]);
    const run = digest.run();
    await vi.waitFor(() => expect(backend.calls.some(([name]) => name === 'runStart')).toBe(true));
    digest.stopStarting();
    expect(await run, 'no run came of it').toBeNull();
    expect([digest.starting, digest.failure]).toEqual([false, null]);
  });

  it('keep their failure for the row and can be tried again', async () => {
    const { digest, files, backend } = made({ failing: { fileUpload: 'unreachable' } });
    const [file] = await backend.fileChoose('app-1', 'documents', '', '', '');
    if (!file) throw new Error('no file');
    await digest.addFiles(field(digest, 'documents'), [file]);
    await digest.check();
    expect(files.failures.get(file.id)?.code).toBe('unreachable');
    expect(await digest.run()).toBeNull();
    expect(digest.failedUploads).toBe(1);
  });

  it('that were still on their way when the run was refused for it say so at their rows, until they are sent', async () => {
    const { digest, backend } = made();
    const [file] = await backend.fileChoose('app-1', 'documents', '', '', '');
    if (!file) throw new Error('no file');
    await digest.addFiles(field(digest, 'documents'), [file]);
    await vi.waitFor(() => expect(digest.uploading).toBe(0));
    const problem: Problem = { variable: 'documents', fileIndex: 0, issue: { code: 'file_not_uploaded' }, server: null, warning: false };
    backend.runStart = () => Promise.reject(failure('form_invalid', { problems: [problem] }));
    expect(await digest.run()).toBeNull();
    expect(digest.problems, 'whoever pressed Run sees why nothing happened').toEqual([problem]);
    await digest.upload(file.id);
    await vi.waitFor(() => expect(digest.problems).toEqual([]));
  });

  it('replace one another where only one fits', async () => {
    const { controls } = made();
    const attachment = field(controls, 'attachment');
    await controls.addFiles(attachment, [stagedFile('a.png')]);
    await controls.addFiles(attachment, [stagedFile('b.png')]);
    expect(controls.filesOf('attachment')).toEqual([{ kind: 'staged', value: 'file-b.png' }]);
  });

  it('of which there are too many are listed all the same; only as many as fit are sent', async () => {
    const { digest, files, backend } = made();
    const documents = field(digest, 'documents');
    const max = documents.control.type === 'file_list' ? documents.control.maxCount : 0;
    const folder = Array.from({ length: max + 3 }, async () => (await backend.folderRead('folder-1')).files[0]);
    const many = (await Promise.all(folder)).filter((file) => file !== undefined);
    const adding = digest.addFiles(documents, many);
    expect(digest.filesOf('documents'), 'listed before anybody has looked at them').toHaveLength(max + 3);
    expect(many.every((file) => files.busy.has(file.id)), 'each waits for the look').toBe(true);
    await adding;
    await vi.waitFor(() => expect(backend.calls.filter(([name]) => name === 'fileUpload')).toHaveLength(max));
    expect(digest.problems.map((problem) => problem.issue.code)).toEqual(['too_many_files']);
    digest.removeFile(documents, 0);
    await vi.waitFor(() => expect(backend.calls.filter(([name]) => name === 'fileUpload'), 'one more fits now').toHaveLength(max + 1));
  });

  it('come back after they were removed all at once, and are not sent twice', async () => {
    const { digest, backend } = made();
    const documents = field(digest, 'documents');
    const chosen = (await backend.fileChoose('app-1', 'documents', '', '', '')).slice(0, 2);
    await digest.addFiles(documents, chosen);
    await vi.waitFor(() => expect(digest.uploading).toBe(0));
    const undo = digest.removeAll(documents);
    expect(digest.filesOf('documents')).toEqual([]);
    undo();
    expect(digest.filesOf('documents')).toHaveLength(2);
    await digest.check();
    expect(backend.calls.filter(([name]) => name === 'fileUpload')).toHaveLength(2);
  });
});

describe('links in a form', () => {
  const link = 'https://files.example/offer.pdf';

  it('are fetched here where the field takes files only, and the file takes the place of its link', async () => {
    const { digest, files } = made();
    const documents = field(digest, 'documents');
    digest.addLinks(documents, [link]);
    expect(digest.filesOf('documents')).toEqual([{ kind: 'link', value: link }]);
    await vi.waitFor(() => expect(digest.filesOf('documents')[0]?.kind).toBe('staged'));
    const [entry] = digest.filesOf('documents');
    expect(files.byId.get(entry?.value ?? '')?.name).toBe('offer.pdf');
  });

  it('that cannot be fetched stay, with the reason, and can be removed while they are fetched', async () => {
    const { digest, backend } = made({ pace: 20 });
    const documents = field(digest, 'documents');
    const secret = 'https://files.example/private.pdf';
    // The server could fetch them as well: nothing is fetched here unasked.
    if (documents.control.type === 'file_list') documents.control.rules.methods = ['local_file', 'remote_url'];
    digest.addLinks(documents, [secret, link]);
    expect(await digest.fetchLink(documents, secret)).toBeNull();
    expect(digest.unfetched.get(secret)).toEqual({ why: 'sign_in' });
    const fetching = digest.fetchLink(documents, link);
    digest.removeFile(documents, 1);
    expect(backend.calls.some(([name]) => name === 'linkStop'), 'it is broken off').toBe(true);
    expect(await fetching, 'what came all the same is not put back').toBeNull();
    expect(digest.filesOf('documents')).toEqual([{ kind: 'link', value: secret }]);
  });
});
