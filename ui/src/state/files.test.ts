import { describe, expect, it, vi } from 'vitest';
import { failure, stagedFile } from '../ipc/fake-world';
import { fakeBackend } from '../ipc/fake';
import type { StagedFile } from '../ipc/gen/StagedFile';
import { Files } from './files.svelte';

describe('uploads that are asked for', () => {
  it('are asked for a few at a time, all of them in the end, and not once they are put away', async () => {
    const backend = fakeBackend();
    const files = new Files(backend);
    const answers = new Map<string, (file: StagedFile) => void>();
    const refused: string[] = [];
    backend.fileUpload = (_app, id) =>
      new Promise((resolve, reject) => {
        answers.set(id, resolve);
        // One fails: the place it had is free all the same.
        if (id === 'f3') {
          refused.push(id);
          reject(failure('unreachable'));
        }
      });
    const all = Array.from({ length: 100 }, (_, n) => stagedFile(`${n}.txt`, { id: `f${n}` }));
    for (const file of all) files.put(file);
    const done = Promise.all(all.map((file) => files.upload('app-1', file.id)));
    await vi.waitFor(() => expect(answers.size).toBe(9));
    expect(files.busy.size, 'their rows say that they wait').toBe(99);
    const other = stagedFile('other.txt', { id: 'other' });
    files.put(other);
    const elsewhere = files.upload('app-2', other.id);
    await vi.waitFor(() => expect(answers.has('other'), 'another server has its own line').toBe(true));
    files.forget('f50');
    while (answers.size < 100) {
      for (const [id, answer] of answers) answer({ ...stagedFile(id, { id }), state: { state: 'uploaded', uploadFileId: id } });
      await new Promise((resolve) => setTimeout(resolve));
    }
    for (const [id, answer] of answers) answer({ ...stagedFile(id, { id }), state: { state: 'uploaded', uploadFileId: id } });
    await Promise.all([done, elsewhere]);
    expect([answers.has('f50'), files.busy.size, refused]).toEqual([false, 0, ['f3']]);
    expect(files.failures.size, 'only the one that failed').toBe(1);
  });
});

it('tells Rust in one go of files that are put away together', async () => {
  const backend = fakeBackend();
  const files = new Files(backend);
  const ids = Array.from({ length: 300 }, (_, n) => `f${n}`);
  for (const id of ids) files.put(stagedFile(`${id}.txt`, { id }));
  for (const id of ids) files.forget(id);
  const told = () => backend.calls.filter(([name]) => name === 'fileForget').map(([, forgotten]) => forgotten);
  await vi.waitFor(() => expect(told()).toEqual([ids]));
  files.forget('late');
  await vi.waitFor(() => expect(told()).toEqual([ids, ['late']]));
});
