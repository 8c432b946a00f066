/** What narrows the history besides words, as the page holds it. Pure: the clock is handed in. */
import type { RunFilter } from '../ipc/gen/RunFilter';
import type { RunStatus } from '../ipc/gen/RunStatus';

export type Preset = 'today' | 'week' | 'month' | 'lastMonth' | 'year';

/** Days as fields of dates write them, `2026-11-21`; both inclusive, empty where that end is open. */
export interface Range {
  from: string;
  to: string;
}

/** Null: at any time. */
export type Period = Preset | Range | null;

/** What is chosen. Times stand in the period, which is another span tomorrow. */
export type Chosen = Omit<RunFilter, 'after' | 'before'>;

export const nothingChosen: Chosen = { apps: [], statuses: [], origins: [], minElapsed: null, maxElapsed: null, minTokens: null, maxTokens: null, reviewed: null, starred: null, tags: [] };

/** States of runs that are not over count as one. */
export const underWay: RunStatus[] = ['preparing', 'uploading', 'starting', 'running', 'stopping', 'out_of_contact', 'waiting', 'paused'];

/** What the bar offers of states, in its order. */
export const stateGroups: { name: 'succeeded' | 'partly_succeeded' | 'failed' | 'stopped' | 'unknown' | 'underWay'; statuses: RunStatus[] }[] = [
  { name: 'succeeded', statuses: ['succeeded'] },
  { name: 'partly_succeeded', statuses: ['partly_succeeded'] },
  { name: 'failed', statuses: ['failed'] },
  { name: 'stopped', statuses: ['stopped'] },
  { name: 'unknown', statuses: ['unknown'] },
  { name: 'underWay', statuses: underWay },
];

/** The same filter with a kind of it gone. */
export type Kind = 'apps' | 'statuses' | 'origins' | 'period' | 'elapsed' | 'tokens' | 'starred' | 'reviewed' | 'tags';

export function kindsIn(chosen: Chosen, period: Period): Kind[] {
  const set: [Kind, boolean][] = [
    ['statuses', chosen.statuses.length > 0],
    ['period', period !== null],
    ['apps', chosen.apps.length > 0],
    ['origins', chosen.origins.length > 0],
    ['tags', chosen.tags.length > 0],
    ['starred', chosen.starred !== null],
    ['reviewed', chosen.reviewed !== null],
    ['elapsed', chosen.minElapsed !== null || chosen.maxElapsed !== null],
    ['tokens', chosen.minTokens !== null || chosen.maxTokens !== null],
  ];
  return set.filter(([, is]) => is).map(([kind]) => kind);
}

export function without(chosen: Chosen, kind: Exclude<Kind, 'period'>): Chosen {
  switch (kind) {
    case 'elapsed':
      return { ...chosen, minElapsed: null, maxElapsed: null };
    case 'tokens':
      return { ...chosen, minTokens: null, maxTokens: null };
    case 'starred':
    case 'reviewed':
      return { ...chosen, [kind]: null };
    default:
      return { ...chosen, [kind]: [] };
  }
}

/** In the list, or taken out of it. */
export function toggled<T>(list: readonly T[], values: readonly T[]): T[] {
  return values.every((value) => list.includes(value)) ? list.filter((value) => !values.includes(value)) : [...list.filter((value) => !values.includes(value)), ...values];
}

/** A day as it was written; null where it is none. */
export function dayOf(written: string): Date | null {
  const [, year, month, day] = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$/.exec(written) ?? [];
  if (year === undefined) return null;
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  return date.getMonth() === Number(month) - 1 && date.getDate() === Number(day) ? date : null;
}

export function spanOf(period: Period, now: number): Pick<RunFilter, 'after' | 'before'> {
  const today = new Date(now);
  const midnight = (year: number, month: number, day: number) => new Date(year, month, day).getTime();
  const [year, month, day] = [today.getFullYear(), today.getMonth(), today.getDate()];
  switch (period) {
    case null:
      return { after: null, before: null };
    case 'today':
      return { after: midnight(year, month, day), before: null };
    case 'week':
      return { after: midnight(year, month, day - 6), before: null };
    case 'month':
      return { after: midnight(year, month, 1), before: null };
    case 'lastMonth':
      return { after: midnight(year, month - 1, 1), before: midnight(year, month, 1) };
    case 'year':
      return { after: midnight(year - 1, month, day), before: null };
    default: {
      const [from, to] = [dayOf(period.from), dayOf(period.to)];
      return { after: from?.getTime() ?? null, before: to && midnight(to.getFullYear(), to.getMonth(), to.getDate() + 1) };
    }
  }
}
