import type { RunHead } from '../ipc/gen/RunHead';
import { sameDay } from '../text/format';

export interface Day {
  at: number;
  runs: RunHead[];
}

/** Runs of the same day together; the order stays. */
export function byDay(runs: RunHead[]): Day[] {
  const days: Day[] = [];
  for (const run of runs) {
    const day = days.at(-1);
    if (day && sameDay(day.at, run.startedAt)) day.runs.push(run);
    else days.push({ at: run.startedAt, runs: [run] });
  }
  return days;
}
