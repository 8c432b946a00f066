/** Bars beside each other: packed into lanes, and joined where the eye could not tell them apart. Pure. */
import type { StepStatus } from '../ipc/gen/StepStatus';
import type { StepNode } from './tree';

export interface Bar {
  from: number;
  to: number;
  status: StepStatus;
}

/** The rounds of a container as bars, one lane per parallel slot, three at most. */
export function lanesOf(node: StepNode, now: number): Bar[][] {
  const bars: Bar[] = [];
  for (const { round, startedAt, finishedAt, status } of node.rounds) {
    if (round !== null) bars.push({ from: startedAt, to: Math.max(startedAt, finishedAt ?? now), status });
  }
  return pack(bars, 3);
}

/** Each bar in the first lane that is free; once there are `most`, in the one that is free first. */
export function pack<B extends { from: number; to: number }>(bars: B[], most: number): B[][] {
  const sorted = [...bars].sort((a, b) => a.from - b.from);
  const ends: number[] = [];
  const lanes: B[][] = [];
  for (const bar of sorted) {
    let lane = ends.findIndex((end) => end <= bar.from);
    if (lane < 0 && ends.length < most) lane = ends.length;
    else if (lane < 0) {
      lane = 0;
      for (let at = 1; at < ends.length; at++) if ((ends[at] ?? 0) < (ends[lane] ?? 0)) lane = at;
    }
    ends[lane] = Math.max(ends[lane] ?? -Infinity, bar.to);
    (lanes[lane] ??= []).push(bar);
  }
  return lanes;
}

const loud: Record<StepStatus, number> = { failed: 3, exception: 2, running: 1, paused: 1, succeeded: 0, stopped: 0 };

/**
 * One lane's bars with those joined that are closer than `gap`: a thousand rounds are drawn with a few marks. Where bars
 * are too short to be seen each, the loudest of them gives the joined bar its state.
 */
export function join(lane: readonly Bar[], gap: number): Bar[] {
  const joined: Bar[] = [];
  for (const bar of lane) {
    const last = joined.at(-1);
    if (last && bar.from - last.to < gap && (last.status === bar.status || bar.to - last.from < gap)) {
      last.to = Math.max(last.to, bar.to);
      if (loud[bar.status] > loud[last.status]) last.status = bar.status;
    } else if (last && bar.from < last.to) joined.push({ ...bar, from: Math.min(last.to, bar.to) });
    else joined.push({ ...bar });
  }
  return joined;
}
