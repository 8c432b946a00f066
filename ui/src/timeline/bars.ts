/** The bars of a row. Pure. */
import type { Axis } from './axis';
import { join, lanesOf } from './lanes';
import { endOfTry, lastTryFrom, type Row } from './rows';
import type { StepNode } from './tree';
import { tones } from './types';

export interface DrawnBar {
  /** Classes. */
  tone: string;
  from: number;
  to: number;
}

/** Bars closer than this part of the axis are drawn as one. */
const finest = 600;

/** `known`: until when a step that goes on is known to have gone on; what is between that and `until` was not heard. */
export function barsOf(row: Row, node: StepNode | undefined, axis: Axis, known: number, until: number, running: boolean): DrawnBar[] {
  if (row.kind === 'rest') return [];
  const goesOn = row.finishedAt === null && (row.status === 'running' || running);
  const seen = Math.max(row.startedAt, known);
  const to = row.finishedAt ?? (goesOn ? seen : row.startedAt);
  const bars = row.kind === 'step' && node ? stepBars(node, axis, to, known) : [{ tone: tones[row.status], from: row.startedAt, to }];
  if (row.finishedAt === null && row.status === 'running' && seen < until) bars.push({ tone: 'wait', from: seen, to: until });
  return bars;
}

function stepBars(node: StepNode, axis: Axis, to: number, known: number): DrawnBar[] {
  const { step } = node;
  const lanes = node.rounds.length > 0 ? lanesOf(node, known) : [];
  if (lanes.length > 0) {
    const box = { tone: step.status === 'failed' ? 'box fail' : 'box', from: step.startedAt, to };
    return [
      box,
      ...lanes.flatMap((lane, index) => join(lane, axis.end / finest).map((bar) => ({ tone: `${lanes.length === 1 ? 'in' : `seg${index + 1}`} ${tones[bar.status]}`, from: bar.from, to: bar.to }))),
    ];
  }
  if (step.tries.length === 0) return [{ tone: tones[step.status], from: step.startedAt, to }];
  const bars: DrawnBar[] = [];
  let from = step.startedAt;
  for (const failed of step.tries) {
    const ended = endOfTry(from, failed);
    bars.push({ tone: 'try', from, to: ended });
    if (failed.at > ended) bars.push({ tone: 'wait', from: ended, to: failed.at });
    from = failed.at;
  }
  const last = lastTryFrom(step);
  if (last > from) bars.push({ tone: 'wait', from, to: last });
  bars.push({ tone: tones[step.status], from: Math.min(last, to), to });
  return bars;
}
