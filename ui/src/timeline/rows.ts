/** The tree of steps as rows of a list: containers hold rounds, rounds hold steps, steps hold earlier tries. Pure. */
import type { Step } from '../ipc/gen/Step';
import type { StepStatus } from '../ipc/gen/StepStatus';
import type { Try } from '../ipc/gen/Try';
import type { Cost, RoundNode, StepNode, Tree } from './tree';

interface Base {
  key: string;
  level: number;
  /** Key of the row it hangs under. */
  under: string | null;
  status: StepStatus;
  startedAt: number;
  /** Null while it runs. */
  finishedAt: number | null;
  expandable: boolean;
}

export type Row =
  | (Base & { kind: 'step'; step: Step })
  | (Base & { kind: 'round'; round: number | null; container: Step; tokens: number | null; cost: Cost | null })
  | (Base & { kind: 'try'; number: number; step: Step; failed: Try | null })
  /** Rounds that were announced and never begun, because the container ended before. */
  | (Base & { kind: 'rest'; container: Step; rounds: number });

/**
 * Visible rows. `open` says which expandable rows are, asked with the row's key. Of `only` some steps these are shown,
 * with all that they stand in: there is nothing to fold then but tries.
 */
export function rowsOf(tree: Tree, open: (key: string) => boolean, only: ReadonlySet<string> | null = null): Row[] {
  const rows: Row[] = [];

  function addStep(node: StepNode, level: number, under: string | null): void {
    const row = only === null ? knownRow(node, level, under) : { ...stepRow(node, level, under), expandable: node.step.tries.length > 0 };
    rows.push(row);
    const isOpen = row.expandable && open(row.key);
    if (isOpen) for (const row of triesOf(node.step, level + 1)) rows.push(row);
    if (!isOpen && only === null) return;
    for (const round of node.rounds) addRound(round, level + 1);
    const rest = only === null ? notBegun(node.step) : 0;
    if (rest > 0) rows.push(restRow(node.step, rest, level + 1));
  }

  function addRound(round: RoundNode, level: number): void {
    const members = only === null ? round.members : round.members.filter(({ step }) => only.has(step.id));
    if (members.length === 0) return;
    const row = roundRow(round, level);
    if (only !== null) row.expandable = false;
    rows.push(row);
    if (only !== null || open(round.key)) for (const node of members) addStep(node, level + 1, round.key);
  }

  for (const node of tree.roots) if (only === null || only.has(node.step.id)) addStep(node, 1, null);
  return rows;
}

const made = new WeakMap<StepNode, Row>();

/** A long run's steps are asked for with every change of one. */
function knownRow(node: StepNode, level: number, under: string | null): Row {
  let row = made.get(node);
  if (!row || row.level !== level || row.under !== under) made.set(node, (row = stepRow(node, level, under)));
  return row;
}

export function stepRow({ step, rounds }: StepNode, level: number, under: string | null): Row {
  return { kind: 'step', key: step.id, level, under, status: step.status, startedAt: step.startedAt, finishedAt: step.finishedAt, expandable: rounds.length > 0 || step.tries.length > 0 || notBegun(step) > 0, step };
}

export function roundRow({ key, container, round, status, startedAt, finishedAt, tokens, cost }: RoundNode, level: number): Row {
  return { kind: 'round', key, level, under: container.id, status, startedAt, finishedAt, expandable: true, round, container, tokens, cost };
}

/** The earlier tries of a step, and its last one. */
export function triesOf(step: Step, level: number): Row[] {
  if (step.tries.length === 0) return [];
  const rows: Row[] = [];
  let from = step.startedAt;
  for (const failed of step.tries) {
    rows.push({ kind: 'try', key: `${step.id}/try-${failed.number}`, level, under: step.id, status: 'failed', startedAt: from, finishedAt: endOfTry(from, failed), expandable: false, number: failed.number, step, failed });
    from = failed.at;
  }
  const number = (step.tries.at(-1)?.number ?? 0) + 1;
  const startedAt = lastTryFrom(step);
  rows.push({ kind: 'try', key: `${step.id}/try-${number}`, level, under: step.id, status: step.status, startedAt, finishedAt: step.finishedAt, expandable: false, number, step, failed: null });
  return rows;
}

/** Servers tell of a failed try once they begin the next: between what they measured and that they waited. */
export function endOfTry(from: number, failed: Try): number {
  return failed.elapsed === null ? failed.at : Math.min(failed.at, from + failed.elapsed * 1000);
}

/** What the server measured of a step is its last try, or all of them; what is before that was waiting. */
export function lastTryFrom(step: Step): number {
  const from = step.tries.at(-1)?.at ?? step.startedAt;
  return step.elapsed !== null && step.finishedAt !== null ? Math.min(step.finishedAt, Math.max(from, step.finishedAt - step.elapsed * 1000)) : from;
}

/** How many rounds of a container that failed or was stopped never began. Of one that goes on nobody can say, and a loop that succeeded ended because it was done. */
export function notBegun(step: Step): number {
  if (step.status !== 'failed' && step.status !== 'stopped') return 0;
  if (step.roundsBegun === null || step.roundsTotal === null || step.nodeType === 'loop') return 0;
  return Math.max(0, step.roundsTotal - step.roundsBegun);
}

function restRow(container: Step, rounds: number, level: number): Row {
  const at = container.finishedAt ?? container.startedAt;
  return { kind: 'rest', key: `${container.id}/rest`, level, under: container.id, status: 'stopped', startedAt: at, finishedAt: at, expandable: false, container, rounds };
}

/** The rows, with those that say the same as before kept, so that only what changed is drawn again. */
export function keepSame(before: ReadonlyMap<string, Row>, rows: Row[]): Row[] {
  return rows.map((row) => {
    const old = before.get(row.key);
    return old && same(old, row) ? old : row;
  });
}

function same(a: Row, b: Row): boolean {
  const names = Object.keys(a) as (keyof Row)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Every key that can be opened, for “Expand all”. */
export function expandableKeys(tree: Tree): string[] {
  const keys: string[] = [];
  for (const { step, rounds } of tree.byId.values()) {
    if (rounds.length > 0 || step.tries.length > 0 || notBegun(step) > 0) keys.push(step.id);
    for (const round of rounds) keys.push(round.key);
  }
  return keys;
}

/** The row as its run is now: what is selected moves on. A row whose step is gone stays as it was. */
export function freshRow(row: Row, tree: Tree): Row {
  const node = tree.byId.get(row.kind === 'round' || row.kind === 'rest' ? row.container.id : row.step.id);
  if (!node) return row;
  if (row.kind === 'step') return stepRow(node, row.level, row.under);
  if (row.kind === 'try') return triesOf(node.step, row.level).find((one) => one.key === row.key) ?? row;
  const round = node.rounds.find((one) => one.key === row.key);
  return round ? roundRow(round, row.level) : row;
}

/** The keys that must be open for a row to be seen. */
export function keysAround(tree: Tree, key: string): string[] {
  const keys: string[] = [];
  // Keys of tries, rounds and rests are made of their step's.
  let id = tree.byId.has(key) ? key : key.slice(0, key.lastIndexOf('/'));
  if (id !== key) keys.push(id);
  for (let parent = tree.parents.get(id); parent !== undefined; id = parent, parent = tree.parents.get(id)) {
    keys.push(parent, `${parent}/round-${tree.byId.get(id)?.step.round ?? 'none'}`);
  }
  return keys;
}

/** How long a row took or takes, in milliseconds: as the server measured, else by our clock. */
export function lengthOf(row: Row, now: number): number | null {
  if (row.kind === 'rest') return null;
  const measured = row.kind === 'step' ? row.step.elapsed : null;
  // Of a step that was tried again the server measures the last try alone; what counts is how long it kept the run.
  if (measured !== null && row.finishedAt !== null && !(row.kind === 'step' && row.step.tries.length > 0)) return measured * 1000;
  if (row.finishedAt !== null) return row.finishedAt - row.startedAt;
  return row.status === 'running' ? Math.max(0, now - row.startedAt) : null;
}

/** How long a step took or takes. */
export function lengthOfStep(step: Step, now: number): number | null {
  if (step.elapsed !== null && step.finishedAt !== null && step.tries.length === 0) return step.elapsed * 1000;
  if (step.finishedAt !== null) return step.finishedAt - step.startedAt;
  return step.status === 'running' ? Math.max(0, now - step.startedAt) : null;
}
