import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeOptions } from '../ipc/fake';
import { askedQuestion, demoApps } from '../ipc/fake-data';
import type { Run } from '../ipc/gen/Run';
import { Files } from '../state/files.svelte';
import { AnswerState } from './answer.svelte';

const text = (value: string) => ({ kind: 'text' as const, value });

function made(options: FakeOptions = {}) {
  const [past] = pastRuns(1);
  if (!past) throw new Error('no run');
  const run: Run = { ...past, head: { ...past.head, status: 'waiting' }, questions: [askedQuestion()] };
  const backend = fakeBackend({ apps: demoApps(), runs: [run], ...options });
  const open = () => new AnswerState(backend, new Files(backend), run.head.appId, run.head.id, 0);
  const saves = () => backend.calls.filter(([name]) => name === 'answerDraftSave');
  return { backend, run, open, saves };
}

async function withFile(options: FakeOptions = {}) {
  const { backend, run, open } = made(options);
  const answer = open();
  await answer.recalled;
  const [question] = run.questions;
  if (!question) throw new Error('no question');
  await answer.load(question.form);
  const papers = answer.fields.find((field) => field.variable === 'other_papers');
  const [file] = await backend.fileChoose('', 'other_papers', '', '', '');
  if (!papers || !file) throw new Error('no file');
  answer.change('priority', text('urgent'));
  const { files } = answer as unknown as { files: Files };
  await backend.subscribe((event) => event.type === 'file_changed' && files.put(event.file));
  await answer.addFiles(papers, [file]);
  return { backend, answer };
}

describe('a half-filled answer', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is there again, and does not take the place of what was typed before it came', async () => {
    const { open } = made();
    const first = open();
    await first.recalled;
    first.change('comment', text('Make it oak.'));
    first.change('priority', text('urgent'));
    await vi.advanceTimersByTimeAsync(1000);
    const second = open();
    second.change('priority', text('normal'));
    await second.recalled;
    expect(second.entries).toEqual({ comment: text('Make it oak.'), priority: text('normal') });
  });

  it('is saved at once when the window goes, and not after the answer was taken', async () => {
    const { open, saves, backend, run } = made();
    const answer = open();
    await answer.recalled;
    answer.change('priority', text('urgent'));
    void answer.draft.flush();
    expect(saves()).toHaveLength(1);
    const sending = answer.send('approve');
    await vi.advanceTimersByTimeAsync(10);
    expect(await sending).toBe(true);
    expect(await backend.answerDraftRead(run.head.id, 0), 'nobody needs it any more').toBeNull();
  });
});

describe('an answer', () => {
  it('waits for its files, and goes on by itself', async () => {
    const { backend, answer } = await withFile({ pace: 40 });
    const sending = answer.send('approve');
    await vi.waitFor(() => expect(answer.waitingFor).toBe(1));
    expect(await sending).toBe(true);
    expect(backend.calls.filter(([name]) => name === 'questionAnswer'), 'it was asked for once').toHaveLength(1);
  });

  it('that waits for its files is given up when it is changed, and says nothing of it', async () => {
    const { backend, answer } = await withFile({ pace: 4000 });
    const sending = answer.send('approve');
    await vi.waitFor(() => expect(backend.calls.some(([name]) => name === 'questionAnswer')).toBe(true));
    answer.change('comment', text('Wait.'));
    expect(await sending, 'what was entered since is not in it').toBe(false);
    expect([answer.sending, answer.failure, answer.problems]).toEqual([null, null, []]);
  });

  it('says at its fields what is missing', async () => {
    const { open } = made();
    const answer = open();
    await answer.recalled;
    expect(await answer.send('approve')).toBe(false);
    expect(answer.problems.map((problem) => problem.variable)).toEqual(['priority']);
  });
});
