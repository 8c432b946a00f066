/** What the table of steps says of each, the same as the time axis shows: for reading, sorting and copying. Pure. */
import type { Step } from '../ipc/gen/Step';
import type { StepStatus } from '../ipc/gen/StepStatus';
import type { Words } from '../text/en';
import { costText } from './cost';
import type { LongestPath } from './path';
import { lengthOfStep } from './rows';
import type { Cost, StepNode, Tree } from './tree';
import { titleOf, typeOf } from './types';

export interface Facts {
  step: Step;
  /** Place in the order of starts. */
  order: number;
  title: string;
  type: string;
  status: StepStatus;
  /** Milliseconds after the run began. */
  start: number;
  duration: number | null;
  tokens: number | null;
  cost: Cost | null;
  tries: number;
  /** From 1. */
  round: number | null;
  inside: string;
  onPath: boolean;
}

export type Column = 'step' | 'type' | 'status' | 'start' | 'duration' | 'tokens' | 'cost' | 'tries' | 'round' | 'inside' | 'path';
export const columns: readonly Column[] = ['step', 'type', 'status', 'start', 'duration', 'tokens', 'cost', 'tries', 'round', 'inside', 'path'];
export const numeric: ReadonlySet<Column> = new Set(['start', 'duration', 'tokens', 'cost', 'tries', 'round']);

export interface Sort {
  by: Column;
  falling: boolean;
}

export function factsOf(tree: Tree, origin: number, now: number, path: LongestPath | null, t: Words): Facts[] {
  return tree.steps.flatMap((step, order) => {
    const node = tree.byId.get(step.id);
    return node ? [factOf(node, order, tree, origin, now, path, t)] : [];
  });
}

function factOf({ step, tokens, cost }: StepNode, order: number, tree: Tree, origin: number, now: number, path: LongestPath | null, t: Words): Facts {
  const parent = tree.byId.get(tree.parents.get(step.id) ?? '')?.step;
  return {
    step, order, title: titleOf(step, t), type: typeOf(step, t), status: step.status, start: Math.max(0, step.startedAt - origin), duration: lengthOfStep(step, now), tokens, cost,
    tries: step.tries.length + 1, round: step.round === null ? null : step.round + 1, inside: parent ? titleOf(parent, t) : '', onPath: path?.steps.has(step.id) ?? false,
  };
}

const worst: Record<StepStatus, number> = { failed: 0, exception: 1, stopped: 2, paused: 3, running: 4, succeeded: 5 };

/** In the order of starts where nothing else is asked for, and among those that are alike. What is not known comes last either way. */
export function sorted(facts: readonly Facts[], sort: Sort | null, t: Words): Facts[] {
  if (!sort) return [...facts];
  const compare = new Intl.Collator(t.locale, { numeric: true }).compare;
  const value = (fact: Facts): string | number | null => {
    switch (sort.by) {
      case 'step': return fact.title;
      case 'type': return fact.type;
      case 'status': return worst[fact.status];
      case 'start': return fact.start;
      case 'duration': return fact.duration;
      case 'tokens': return fact.tokens;
      case 'cost': return fact.cost?.amount ?? null;
      case 'tries': return fact.tries;
      case 'round': return fact.round;
      case 'inside': return fact.inside || null;
      case 'path': return fact.onPath ? 0 : 1;
    }
  };
  const sign = sort.falling ? -1 : 1;
  return [...facts].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return x === y ? a.order - b.order : x === null ? 1 : -1;
    const by = typeof x === 'string' ? compare(x, String(y)) : x - Number(y);
    return by * sign || a.order - b.order;
  });
}

const seconds = (ms: number | null) => (ms === null ? '' : String(Math.round(ms) / 1000));

/** A row of plain values: numbers as spreadsheets read them, durations in seconds. */
function cells(fact: Facts, t: Words): string[] {
  return [
    safe(fact.title), safe(fact.type), t.steps.statuses[fact.status], seconds(fact.start), seconds(fact.duration), String(fact.tokens ?? ''), safe(costText(fact.cost, t)), String(fact.tries),
    String(fact.round ?? ''), safe(fact.inside), fact.onPath ? t.common.yes : '',
  ];
}

const heads = (t: Words) => columns.map((column) => (column === 'start' || column === 'duration' ? t.steps.secondsOf(t.steps.columns[column]) : t.steps.columns[column]));

/** Titles are the author's: what a spreadsheet would take for a formula is made text. */
function safe(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return /^[=+\-@]/.test(line) ? `'${line}` : line;
}

/** One line per step, cells apart by tabs: what Excel takes from the clipboard. */
export function asLines(facts: readonly Facts[], t: Words): string {
  return [heads(t), ...facts.map((fact) => cells(fact, t))].map((line) => line.join('\t')).join('\n');
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The same as a table, for Word. */
export function asHtml(facts: readonly Facts[], t: Words): string {
  const line = (tag: string, values: string[]) => `<tr>${values.map((value) => `<${tag}>${escaped(value)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${line('th', heads(t))}</thead><tbody>${facts.map((fact) => line('td', cells(fact, t))).join('')}</tbody></table>`;
}
