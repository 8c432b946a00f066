/** The list of steps as rows: containers hold rounds, rounds hold steps, steps hold earlier tries. Pure. */
import type { Step } from '../ipc/gen/Step';
import type { StepStatus } from '../ipc/gen/StepStatus';
import type { Try } from '../ipc/gen/Try';

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
  | (Base & { kind: 'round'; round: number | null; container: Step; tokens: number | null })
  | (Base & { kind: 'try'; number: number; step: Step; failed: Try | null });

/** Steps by the container they run in; a container that nobody knows, or a ring of them, counts as none. */
function childrenOf(steps: Step[]): Map<string | null, Step[]> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const inRing = (step: Step) => {
    const seen = new Set<string>();
    for (let at: Step | undefined = step; at; at = at.parent === null ? undefined : byId.get(at.parent)) {
      if (seen.has(at.id)) return true;
      seen.add(at.id);
    }
    return false;
  };
  const children = new Map<string | null, Step[]>();
  for (const step of steps) {
    const parent = step.parent !== null && byId.has(step.parent) && !inRing(step) ? step.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(step);
    else children.set(parent, [step]);
  }
  return children;
}

export function statusOf(steps: Step[]): StepStatus {
  for (const status of ['running', 'paused', 'failed', 'exception', 'stopped'] as const) {
    if (steps.some((step) => step.status === status)) return status;
  }
  return 'succeeded';
}

/** Visible rows. `open` says which expandable rows are; asked with the row's key. */
export function rowsOf(steps: Step[], open: (key: string) => boolean): Row[] {
  const children = childrenOf(steps);
  const rows: Row[] = [];

  function addStep(step: Step, level: number, under: string | null): void {
    const inner = children.get(step.id) ?? [];
    const expandable = inner.length > 0 || step.tries.length > 0;
    rows.push({ kind: 'step', key: step.id, level, under, status: step.status, startedAt: step.startedAt, finishedAt: step.finishedAt, expandable, step });
    if (!expandable || !open(step.id)) return;
    addTries(step, level + 1);
    addRounds(step, inner, level + 1);
  }

  function addTries(step: Step, level: number): void {
    if (step.tries.length === 0) return;
    let from = step.startedAt;
    for (const failed of step.tries) {
      rows.push({ kind: 'try', key: `${step.id}/try-${failed.number}`, level, under: step.id, status: 'failed', startedAt: from, finishedAt: failed.at, expandable: false, number: failed.number, step, failed });
      from = failed.at;
    }
    const number = (step.tries.at(-1)?.number ?? 0) + 1;
    rows.push({ kind: 'try', key: `${step.id}/try-${number}`, level, under: step.id, status: step.status, startedAt: from, finishedAt: step.finishedAt, expandable: false, number, step, failed: null });
  }

  function addRounds(container: Step, inner: Step[], level: number): void {
    const rounds = [...new Set(inner.map((step) => step.round))].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
    for (const round of rounds) {
      const members = inner.filter((step) => step.round === round);
      const key = `${container.id}/round-${round ?? 'none'}`;
      const finished = members.every((step) => step.finishedAt !== null);
      const tokens = members.reduce((sum, step) => sum + (step.tokens ?? 0), 0);
      rows.push({
        kind: 'round', key, level, under: container.id, status: statusOf(members), expandable: true, round, container, tokens: tokens || null,
        startedAt: Math.min(...members.map((step) => step.startedAt)),
        finishedAt: finished ? Math.max(...members.map((step) => step.finishedAt ?? 0)) : null,
      });
      if (open(key)) for (const step of members) addStep(step, level + 1, key);
    }
  }

  for (const step of children.get(null) ?? []) addStep(step, 1, null);
  return rows;
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
export function expandableKeys(steps: Step[]): string[] {
  return rowsOf(steps, () => true).filter((row) => row.expandable).map((row) => row.key);
}

/** How long a row took or takes, in milliseconds: as the server measured, else by our clock. */
export function lengthOf(row: Row, now: number): number | null {
  const measured = row.kind === 'step' ? row.step.elapsed : row.kind === 'try' ? (row.failed?.elapsed ?? null) : null;
  if (measured !== null && row.finishedAt !== null) return measured * 1000;
  if (row.finishedAt !== null) return row.finishedAt - row.startedAt;
  return row.status === 'running' ? Math.max(0, now - row.startedAt) : null;
}

/** Top-level rounds of a container as bars, one lane per parallel slot, at most three. */
export function lanes(container: Step, steps: Step[], now: number): { lane: number; from: number; to: number; status: StepStatus }[][] {
  const inner = steps.filter((step) => step.parent === container.id && step.round !== null);
  const rounds = [...new Set(inner.map((step) => step.round))];
  const bars = rounds
    .map((round) => {
      const members = inner.filter((step) => step.round === round);
      return { from: Math.min(...members.map((step) => step.startedAt)), to: Math.max(...members.map((step) => step.finishedAt ?? now)), status: statusOf(members) };
    })
    .sort((a, b) => a.from - b.from);
  const ends: number[] = [];
  const packed: { lane: number; from: number; to: number; status: StepStatus }[][] = [];
  for (const bar of bars) {
    let lane = ends.findIndex((end) => end <= bar.from);
    if (lane < 0) lane = ends.length < 3 ? ends.length : ends.indexOf(Math.min(...ends));
    ends[lane] = Math.max(ends[lane] ?? 0, bar.to);
    (packed[lane] ??= []).push({ lane, ...bar });
  }
  return packed;
}
