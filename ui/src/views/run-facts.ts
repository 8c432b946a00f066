/** What the status line says beside the state's word. Pure: the clock is handed in. */
import type { App } from '../ipc/gen/App';
import type { Run } from '../ipc/gen/Run';
import type { Usual } from '../ipc/gen/Usual';
import { isOver } from '../state/runs.svelte';
import { clock, duration, when } from '../text/format';
import type { Words } from '../text/en';
import { isAway } from '../underway/contact';
import { due, moment } from '../underway/due';
import { span } from '../underway/spans';
import { atWork, stepsOf, timeSaid } from '../underway/usual';
import { wasSent } from './status';

/** From here on it is worth a word that nothing comes. */
const quiet = 60_000;

export interface Times {
  now: number;
  /** Where its time ends: now, or when it ended. */
  until: number;
  /** When it was heard of last. */
  heard: number;
  /** What past runs tell of it. */
  usual: Usual | undefined;
  /** The deadline of what it waits for, where it is known. */
  deadline: number | undefined;
}

/** Where the run's time ends. A step may have begun since the last tick. */
export function untilOf({ head, steps }: Run, now: number): number {
  if (!isOver(head.status)) return Math.max(now, steps.at(-1)?.startedAt ?? 0);
  return head.finishedAt ?? Math.max(head.startedAt, ...steps.map((step) => step.finishedAt ?? step.startedAt));
}

export function stepsDone({ steps }: Run): number {
  return steps.reduce((done, step) => (step.finishedAt === null ? done : done + 1), 0);
}

export function factsOf(run: Run, app: App | undefined, stopping: boolean, { now, until, heard, usual, deadline }: Times, t: Words): string[] {
  const { head } = run;
  const over = isOver(head.status);
  const away = isAway(head);
  const goesOn = away && !stopping && (head.contact?.goesOn ?? false);
  const sending = head.status === 'preparing' || head.status === 'uploading';
  const elapsed = over && head.elapsed !== null ? head.elapsed * 1000 : until - head.startedAt;
  const silence = now - heard;
  const work = atWork(head, run, stopping, until);
  const files = run.inputs.reduce((sum, input) => sum + (input.isFiles && Array.isArray(input.value) ? input.value.length : 0), 0);
  return [
    over ? when(head.startedAt, now, t) : '',
    took(),
    work === null ? '' : timeSaid(usual?.time, work, t),
    head.status === 'uploading' && files > 0 ? t.underway.files(files) : '',
    away && !goesOn && head.contact ? t.underway.lastNews(span(now - head.contact.heardAt, t)) : '',
    head.status === 'running' && !away && silence >= quiet ? t.underway.noNews(span(Math.floor(silence / quiet) * quiet, t)) : '',
    due(head, app, deadline, now, t),
    stopping ? (head.server.taskId !== null ? t.underway.unconfirmed : sending || away ? '' : t.underway.notBegun) : '',
    stepsSaid(),
    tokensSaid(),
  ].filter(Boolean);

  function took(): string {
    // How long an end took that nobody saw is not known, and nothing took no time.
    if (over && head.status === 'unknown' && head.finishedAt !== null) return (head.error?.cause === 'interrupted' ? t.underway.lastNewsAt : t.underway.askedUntilAt)(moment(head.finishedAt, now, t));
    if (!wasSent(head)) return '';
    return over && elapsed < 10_000 ? duration(elapsed, t) : clock(elapsed);
  }

  function stepsSaid(): string {
    if (!over) {
      const done = stepsDone(run);
      const known = work === null ? null : stepsOf(usual, done);
      return sending ? '' : known ? t.usual.steps(t.run.stepsDone(done), known.usually) : t.run.stepsDone(done);
    }
    // As they were counted while it ran; the server counts rounds otherwise.
    const all = run.steps.length > 0 ? run.steps.length : (head.totalSteps ?? 0);
    if (all === 0) return '';
    const gaps = run.notices.some((notice) => notice.code === 'gap');
    return gaps && run.steps.length > 0 ? t.underway.stepsSeen(all) : t.run.stepsAll(all);
  }

  function tokensSaid(): string {
    const tokens = head.totalTokens ?? (run.steps.filter((step) => step.parent === null).reduce((sum, step) => sum + (step.tokens ?? 0), 0) || null);
    return tokens ? t.run.tokens(tokens) : '';
  }
}
