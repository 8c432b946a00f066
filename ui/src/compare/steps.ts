/** The steps of two runs beside each other: by the node they ran, in the round they ran in. Pure. */
import type { Run } from '../ipc/gen/Run';
import type { Step } from '../ipc/gen/Step';
import type { StepStatus } from '../ipc/gen/StepStatus';
import { lengthOfStep } from '../timeline/rows';
import { treeFor, type RoundNode, type StepNode } from '../timeline/tree';
import { equal } from './values';
import type { InPieces, Work } from './work';

export interface StepSide {
  status: StepStatus;
  /** Milliseconds; null where it is not known. */
  ms: number | null;
  /** After the run began. */
  start: number;
  tries: number;
  tokens: number | null;
}

export interface StepPair {
  key: string;
  /** From 1. */
  level: number;
  /** Either one: they ran the same node. */
  step: Step;
  /** Of the container; set for a whole round. Null: a step. */
  round: { number: number | null } | null;
  left: StepSide | null;
  right: StepSide | null;
  /** What came out of it is not the same; null for rounds and where it ran once. */
  otherOutputs: boolean | null;
  /** Something about it is worth a look. */
  differs: boolean;
}

/** Times that differ by less are the same: networks and machines are never twice as fast. */
const leastMs = 100;
const leastShare = 0.1;

export function timesDiffer(left: number | null, right: number | null): boolean {
  if (left === null || right === null) return left !== right;
  const by = Math.abs(left - right);
  return by >= leastMs && by >= leastShare * Math.max(left, right);
}

export function* diffSteps(left: Run, right: Run, work: Work): InPieces<StepPair[]> {
  const pairs: StepPair[] = [];
  yield* level(treeFor(left.steps).roots, treeFor(right.steps).roots, 1, '', { left: left.head.startedAt, right: right.head.startedAt }, pairs, work);
  return pairs;
}

interface Origins {
  left: number;
  right: number;
}

/** In the left run's order; what only the right one ran stands behind what it came after there. */
export function merged<Item>(left: Item[], right: Item[], keyOf: (item: Item) => string): { key: string; left: Item | null; right: Item | null }[] {
  const keyed = (items: Item[]) => {
    const times = new Map<string, number>();
    return items.map((item) => {
      const key = keyOf(item);
      const time = (times.get(key) ?? 0) + 1;
      times.set(key, time);
      // The same node once more: the second with the second.
      return [time > 1 ? `${key}#${time}` : key, item] as const;
    });
  };
  const onRight = keyed(right);
  const byKey = new Map(onRight);
  const onLeft = keyed(left);
  const known = new Set(onLeft.map(([key]) => key));
  const behind = new Map<string, { key: string; left: null; right: Item }[]>();
  let last = '';
  for (const [key, item] of onRight) {
    if (known.has(key)) last = key;
    else behind.set(last, [...(behind.get(last) ?? []), { key, left: null, right: item }]);
  }
  return [...(behind.get('') ?? []), ...onLeft.flatMap(([key, item]) => [{ key, left: item, right: byKey.get(key) ?? null }, ...(behind.get(key) ?? [])])];
}

function* level(left: StepNode[], right: StepNode[], depth: number, under: string, origins: Origins, into: StepPair[], work: Work): InPieces<void> {
  for (const { key: own, left: l, right: r } of merged(left, right, ({ step }) => step.nodeId)) {
    const step = (l ?? r)?.step;
    if (!step) continue;
    const key = `${under}/${own}`;
    const sides = { left: l && sideOf(l, origins.left), right: r && sideOf(r, origins.right) };
    const otherOutputs = l && r ? !equal(l.step.outputs, r.step.outputs, work) : null;
    into.push({ key, level: depth, step, round: null, ...sides, otherOutputs, differs: differ(sides.left, sides.right) });
    yield;
    for (const { key: at, left: a, right: b } of merged(l?.rounds ?? [], r?.rounds ?? [], ({ round }) => String(round))) {
      const round = a ?? b;
      if (!round) continue;
      const sides = { left: a && sideOfRound(a, origins.left), right: b && sideOfRound(b, origins.right) };
      into.push({ key: `${key}/${at}`, level: depth + 1, step: round.container, round: { number: round.round }, ...sides, otherOutputs: null, differs: differ(sides.left, sides.right) });
      yield* level(a?.members ?? [], b?.members ?? [], depth + 2, `${key}/${at}`, origins, into, work);
    }
  }
}

function sideOf({ step, tokens }: StepNode, origin: number): StepSide {
  return { status: step.status, ms: lengthOfStep(step, step.startedAt), start: Math.max(0, step.startedAt - origin), tries: step.tries.length + 1, tokens };
}

function sideOfRound({ status, startedAt, finishedAt, tokens }: RoundNode, origin: number): StepSide {
  return { status, ms: finishedAt === null ? null : Math.max(0, finishedAt - startedAt), start: Math.max(0, startedAt - origin), tries: 1, tokens };
}

function differ(left: StepSide | null, right: StepSide | null): boolean {
  if (!left || !right) return true;
  return left.status !== right.status || left.tries !== right.tries || timesDiffer(left.ms, right.ms);
}
