import { expect, it } from 'vitest';
import type { Backend } from '../ipc/backend';
import { fakeBackend } from '../ipc/fake';
import type { SentCopy } from '../ipc/gen/SentCopy';
import type { SentFile } from '../ipc/gen/SentFile';
import { Sent } from './sent.svelte';

const file = (index: number, copy: SentCopy): SentFile => ({ index, variable: 'documents', label: 'Documents', name: `${index}.pdf`, extension: 'pdf', size: 1, copy, reads: 'copy', link: null, knownAs: [] });

function sent(answers: (id: string) => Promise<SentFile[]>) {
  const noRoom: string[] = [];
  const backend: Backend = { ...fakeBackend(), runSent: answers };
  return { sent: new Sent(backend, ({ name }) => noRoom.push(name)), noRoom };
}

it('says once of each document that there was no room for its copy', async () => {
  let files = [file(0, 'copying'), file(1, 'copying')];
  const { sent: all, noRoom } = sent(async () => files);
  await all.hear('run');
  files = [file(0, 'no_room'), file(1, 'copying')];
  await all.hear('run');
  files = [file(0, 'no_room'), file(1, 'no_room')];
  await all.hear('run');
  await all.hear('run');
  expect(noRoom).toEqual(['0.pdf', '1.pdf']);
  expect(all.of('run'), 'what nobody looks at is not kept').toBeUndefined();
});

it('keeps the newest answer, whichever comes last', async () => {
  const waiting: ((files: SentFile[]) => void)[] = [];
  const { sent: all } = sent(() => new Promise((resolve) => waiting.push(resolve)));
  const first = all.watch('run');
  const second = all.hear('run');
  waiting[1]?.([file(0, 'kept')]);
  waiting[0]?.([file(0, 'copying')]);
  await Promise.all([first, second]);
  expect(all.of('run')?.[0]?.copy).toBe('kept');
});

it('forgets a run that is no longer shown, also when its answer comes later', async () => {
  const waiting: ((files: SentFile[]) => void)[] = [];
  const { sent: all } = sent(() => new Promise((resolve) => waiting.push(resolve)));
  const reading = all.watch('run');
  all.release('run');
  waiting[0]?.([file(0, 'kept')]);
  await reading;
  expect(all.of('run')).toBeUndefined();
});

it('leaves what is known to the view that takes the place of another', async () => {
  const { sent: all } = sent(async () => [file(0, 'kept')]);
  await all.watch('run');
  all.release('run');
  expect(all.of('run'), 'the next one draws it before it begins to watch').toHaveLength(1);
  const next = all.watch('run');
  await Promise.resolve();
  expect(all.of('run')).toHaveLength(1);
  await next;
  all.release('run');
  await Promise.resolve();
  expect(all.of('run'), 'nobody shows it any more').toBeUndefined();
});
