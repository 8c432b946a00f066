import { describe, expect, it } from 'vitest';
import { stagedFile } from '../ipc/fake-world';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { StagedFile } from '../ipc/gen/StagedFile';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { interruptedSaid, leftSaid, percentOf, sendingSaid, sumOf, sumSaid } from './upload-words';

const MB = 1024 * 1024;

describe('what is said of an upload', () => {
  it('grows with what is known', () => {
    const at = (sent: number, speed: number | null, left: number | null) => sendingSaid(10 * MB, { state: 'uploading', sent, speed, left }, en);
    expect(at(0, null, null)).toBe('0% of 10\u00a0MB');
    expect(at(6.2 * MB, 1.5 * MB, 3)).toBe('62% of 10\u00a0MB · 1.5\u00a0MB/s · 3 s left');
    expect(at(6.2 * MB, 0, null), 'a line that stands promises nothing').toBe('62% of 10\u00a0MB · nothing moves at the moment');
    expect(at(10 * MB, 1.5 * MB, 0), 'what is left is not ours').toBe('10\u00a0MB sent, waiting for the server');
    expect(sendingSaid(10 * MB, { state: 'uploading', sent: 6.2 * MB, speed: 1.5 * MB, left: 130 }, zh)).toBe('10\u00a0MB 的 62% · 每秒 1.5\u00a0MB · 约剩 3 分钟');
  });

  it('tells times no finer than they are known', () => {
    expect([0, 9, 12, 56, 61, 5400, 5401].map((seconds) => leftSaid(seconds, en))).toEqual([
      '1 s left', '9 s left', '15 s left', '60 s left', 'about 2 min left', 'about 90 min left', 'about 2 h left',
    ]);
  });

  it('says a hundred percent only when every byte is sent', () => {
    expect([percentOf(999, 1000), percentOf(1000, 1000), percentOf(0, 0)]).toEqual([99, 100, 0]);
  });

  it('says why it waits, and how long', () => {
    expect(interruptedSaid({ state: 'interrupted', wait: 8, code: 'unreachable', reason: 'connection_cut' }, en)).toBe('The connection broke off. Trying again in 8 s.');
    expect(interruptedSaid({ state: 'interrupted', wait: 8, code: 'unreachable', reason: null }, en)).toBe('The server does not answer. Trying again in 8 s.');
    expect(interruptedSaid({ state: 'interrupted', wait: 300, code: 'too_many_requests', reason: null }, zh)).toMatch(/。5 分钟后重试。$/);
  });

  it('adds files up', () => {
    const made = (name: string, state: StagedFile['state']) => stagedFile(name, { id: name, size: 10 * MB, state });
    const files = [
      made('there', { state: 'uploaded', uploadFileId: 'u' }),
      made('going', { state: 'uploading', sent: 5 * MB, speed: 2 * MB, left: 3 }),
      made('other', { state: 'uploading', sent: 5 * MB, speed: null, left: null }),
      made('queued', { state: 'queued' }),
      made('resting', { state: 'interrupted', wait: 4, code: 'unreachable', reason: null }),
      made('about to be', { state: 'ready' }),
      made('wrong', { state: 'ready' }),
      made('empty', { state: 'empty' }),
    ];
    const sum = sumOf(files.map(({ id }) => ({ kind: 'staged', value: id })), (id) => files.find((file) => file.id === id), (id) => id === 'about to be');
    expect(sum, 'what is not sent at all is not counted').toEqual({ all: 6, done: 1, under: 5, interrupted: 1, percent: 33, speed: 2 * MB, left: 20 });
    expect(sumSaid(sum, en)).toBe('1 of 6 files uploaded · 2\u00a0MB/s · 20 s left');
  });

  it('does not say that nothing moves while the server has its part to do', () => {
    const sent = ['a', 'b'].map((id) => stagedFile(id, { id, size: 10 * MB, state: { state: 'uploading', sent: 10 * MB, speed: 0, left: 0 } }));
    const entries = sent.map(({ id }): FileEntry => ({ kind: 'staged', value: id }));
    const said = (files: StagedFile[]) => sumSaid(sumOf(entries, (id) => files.find((file) => file.id === id), () => false), en);
    expect(said(sent)).toBe('0 of 2 files uploaded');
    const stands: StagedFile = { ...(sent[0] as StagedFile), state: { state: 'uploading', sent: MB, speed: 0, left: null } };
    expect(said([stands, ...sent.slice(1)]), 'but of what stands still on its way').toBe('0 of 2 files uploaded · nothing moves at the moment');
  });
});
