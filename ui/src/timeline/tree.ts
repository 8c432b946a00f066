/**
 * Steps as a tree: containers hold rounds, rounds hold steps. Made anew with every change of a run, in time linear in
 * its steps; what says the same as before is the same object, so that only what changed is drawn again. Pure.
 */
import type { Step } from '../ipc/gen/Step';
import type { StepStatus } from '../ipc/gen/StepStatus';

export interface StepNode {
  step: Step;
  /** In their order; the steps whose round is not known come last. */
  rounds: RoundNode[];
  /** Its own as the server counts them, else those of what runs in it. */
  tokens: number | null;
  cost: Cost | null;
  /** How many steps in it, at any depth, failed or needed a default or another try. */
  problems: number;
}

export interface RoundNode {
  key: string;
  container: Step;
  round: number | null;
  members: StepNode[];
  status: StepStatus;
  startedAt: number;
  /** Null while a step of it runs. */
  finishedAt: number | null;
  tokens: number | null;
  cost: Cost | null;
}

export interface Cost {
  amount: number;
  currency: string | null;
}

export interface Tree {
  steps: Step[];
  roots: StepNode[];
  byId: ReadonlyMap<string, StepNode>;
  /** Key of the step around each step that stands in one. */
  parents: ReadonlyMap<string, string>;
  /** The latest end that is known, and whether any step still goes on. */
  lastEnd: number;
  open: boolean;
  hasTokens: boolean;
  hasCost: boolean;
}

export const noTree: Tree = { steps: [], roots: [], byId: new Map(), parents: new Map(), lastEnd: -Infinity, open: false, hasTokens: false, hasCost: false };

/** Failed, went on with a default, or had to be tried again. */
export function isProblem(step: Step): boolean {
  return step.status === 'failed' || step.status === 'exception' || step.tries.length > 0;
}

/** What decides over a round: one that runs makes it running, and so on. */
const weights: Record<StepStatus, number> = { running: 5, paused: 4, failed: 3, exception: 2, stopped: 1, succeeded: 0 };

export function treeOf(steps: Step[], before: Tree = noTree): Tree {
  const changes = changesOf(steps, before);
  if (changes) return changes.changed.length === 0 && changes.added.length === 0 ? { ...before, steps } : changedTree(steps, before, changes);
  const known = new Map<string, Step>();
  for (const step of steps) known.set(step.id, step);
  const parents = parentsOf(steps, known);
  const inside = new Map<string, Step[]>();
  const top: Step[] = [];
  for (const step of steps) {
    const parent = parents.get(step.id);
    const siblings = parent === undefined ? top : inside.get(parent);
    if (siblings) siblings.push(step);
    else if (parent !== undefined) inside.set(parent, [step]);
  }
  const byId = new Map<string, StepNode>();
  // Steps are made after what stands in them, which need not have begun after them.
  for (const step of innermostFirst(top, inside)) {
    const old = before.byId.get(step.id);
    const rounds = roundsOf(step, inside.get(step.id), byId, old);
    byId.set(step.id, old?.step === step && same(old.rounds, rounds) ? old : nodeOf(step, rounds));
  }
  return withSums(steps, top.flatMap((step) => byId.get(step.id) ?? []), byId, parents);
}

interface Changes {
  changed: Step[];
  /** Come behind those that were there. */
  added: Step[];
}

/** The steps that say something else than before, and new ones; null where the order or what stands in what is another. */
function changesOf(steps: Step[], { steps: old, byId, parents }: Tree): Changes | null {
  if (steps.length < old.length || old.length === 0) return null;
  const changed: Step[] = [];
  const added = steps.slice(old.length);
  const ids = new Set<string>();
  for (const step of added) {
    // A container that comes in the same moment as what stands in it is rare: then all is made anew.
    if (byId.has(step.id) || ids.has(step.id) || (step.parent !== null && !byId.has(step.parent))) return null;
    ids.add(step.id);
  }
  for (const [at, was] of old.entries()) {
    const step = steps[at];
    // It stood on the first level because its container was not known yet.
    if (ids.size > 0 && was.parent !== null && ids.has(was.parent) && !parents.has(was.id)) return null;
    if (step === was) continue;
    if (!step || step.id !== was.id || step.parent !== was.parent || step.round !== was.round) return null;
    changed.push(step);
  }
  return { changed, added };
}

/** While a run goes on most changes are of a few steps: these are made anew, and what they stand in. */
function changedTree(steps: Step[], before: Tree, { changed, added }: Changes): Tree {
  const byId = new Map(before.byId);
  const fresh = new Map(changed.map((step) => [step.id, step]));
  const parents = added.some(({ parent }) => parent !== null) ? new Map(before.parents) : before.parents;
  const entering = new Map<string, Step[]>();
  for (const step of added) {
    byId.set(step.id, nodeOf(step, none));
    if (step.parent === null) continue;
    if (parents instanceof Map) parents.set(step.id, step.parent);
    const others = entering.get(step.parent);
    if (others) others.push(step);
    else entering.set(step.parent, [step]);
  }
  const depths = new Map<string, number>();
  for (const id of [...fresh.keys(), ...entering.keys()]) {
    const way: string[] = [];
    for (let at: string | undefined = id; at !== undefined && !depths.has(at); at = parents.get(at)) way.push(at);
    let depth = depths.get(parents.get(way.at(-1) ?? '') ?? '') ?? 0;
    for (const at of way.reverse()) depths.set(at, ++depth);
  }
  for (const [id] of [...depths].sort((a, b) => b[1] - a[1])) {
    const old = byId.get(id);
    if (!old) continue;
    const step = fresh.get(id) ?? old.step;
    const inner = old.rounds.flatMap(({ members }) => members.map((member) => member.step));
    byId.set(id, nodeOf(step, roundsOf(step, inner.length > 0 || entering.has(id) ? [...inner, ...(entering.get(id) ?? [])] : undefined, byId, old)));
  }
  const roots = before.roots.map((root) => byId.get(root.step.id) ?? root);
  for (const { id, parent } of added) {
    const node = parent === null ? byId.get(id) : undefined;
    if (node) roots.push(node);
  }
  return withSums(steps, roots, byId, parents);
}

function withSums(steps: Step[], roots: StepNode[], byId: Tree['byId'], parents: Tree['parents']): Tree {
  const tree: Tree = { steps, roots, byId, parents, lastEnd: -Infinity, open: false, hasTokens: roots.some(({ tokens }) => tokens !== null), hasCost: false };
  for (const { step, cost } of byId.values()) {
    if (step.finishedAt === null) tree.open = true;
    else if (step.finishedAt > tree.lastEnd) tree.lastEnd = step.finishedAt;
    if (cost) tree.hasCost = true;
  }
  return tree;
}

const made = new WeakMap<Step[], Tree>();

/** Made once for the list and the details beside it. */
export function treeFor(steps: Step[], before: Tree = noTree): Tree {
  let tree = made.get(steps);
  if (!tree) made.set(steps, (tree = treeOf(steps, before)));
  return tree;
}

/** Servers may name a container that nobody knows, or a ring of them: such steps stand on the first level. */
function parentsOf(steps: Step[], known: ReadonlyMap<string, Step>): Map<string, string> {
  const parents = new Map<string, string>();
  const done = new Set<string>();
  for (const step of steps) {
    const way: string[] = [];
    const onWay = new Set<string>();
    let at: Step | undefined = step;
    while (at && !done.has(at.id) && !onWay.has(at.id)) {
      way.push(at.id);
      onWay.add(at.id);
      at = at.parent === null ? undefined : known.get(at.parent);
    }
    // Where the way meets itself it is a ring from there on.
    const ring = at && onWay.has(at.id) ? way.indexOf(at.id) : way.length;
    for (const [index, id] of way.entries()) {
      const parent = known.get(id)?.parent ?? null;
      if (index < ring && parent !== null && known.has(parent)) parents.set(id, parent);
      done.add(id);
    }
  }
  return parents;
}

function innermostFirst(top: Step[], inside: ReadonlyMap<string, Step[]>): Step[] {
  const order: Step[] = [];
  const todo = [...top];
  for (let step = todo.pop(); step; step = todo.pop()) {
    order.push(step);
    const members = inside.get(step.id);
    if (members) for (const member of members) todo.push(member);
  }
  return order.reverse();
}

function roundsOf(container: Step, inner: Step[] | undefined, byId: ReadonlyMap<string, StepNode>, old: StepNode | undefined): RoundNode[] {
  if (!inner) return none;
  const members = new Map<number | null, StepNode[]>();
  for (const step of inner) {
    const node = byId.get(step.id);
    if (!node) continue;
    const round = members.get(step.round);
    if (round) round.push(node);
    else members.set(step.round, [node]);
  }
  const numbers = [...members.keys()].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  const earlier = new Map((old?.rounds ?? []).map((round) => [round.round, round]));
  return numbers.map((number) => {
    const nodes = members.get(number) ?? [];
    const round = earlier.get(number);
    return round && round.container === container && same(round.members, nodes) ? round : roundOf(container, number, nodes);
  });
}

const none: RoundNode[] = [];

function roundOf(container: Step, round: number | null, members: StepNode[]): RoundNode {
  let status: StepStatus = 'succeeded';
  let startedAt = Infinity;
  let finishedAt: number | null = -Infinity;
  for (const { step } of members) {
    if (weights[step.status] > weights[status]) status = step.status;
    if (step.startedAt < startedAt) startedAt = step.startedAt;
    if (step.finishedAt === null) finishedAt = null;
    else if (finishedAt !== null && step.finishedAt > finishedAt) finishedAt = step.finishedAt;
  }
  return { key: `${container.id}/round-${round ?? 'none'}`, container, round, members, status, startedAt, finishedAt, tokens: tokensIn(members), cost: costIn(members) };
}

function nodeOf(step: Step, rounds: RoundNode[]): StepNode {
  let problems = 0;
  for (const round of rounds) for (const member of round.members) problems += member.problems;
  // A container that failed because of what is in it is no problem of its own.
  if (isProblem(step) && problems === 0) problems = 1;
  return { step, rounds, tokens: step.tokens || tokensIn(rounds), cost: costOf(step) ?? costIn(rounds), problems };
}

function costOf(step: Step): Cost | null {
  const amount = Number(step.price);
  return step.price !== null && Number.isFinite(amount) && amount > 0 ? { amount, currency: step.currency } : null;
}

function tokensIn(parts: readonly { tokens: number | null }[]): number | null {
  let sum = 0;
  for (const part of parts) sum += part.tokens ?? 0;
  return sum || null;
}

/** Of several currencies there is no sum. */
function costIn(parts: readonly { cost: Cost | null }[]): Cost | null {
  const costs = parts.flatMap(({ cost }) => cost ?? []);
  const currency = costs.find((cost) => cost.currency !== null)?.currency ?? null;
  if (costs.length === 0 || costs.some((cost) => (cost.currency ?? currency) !== currency)) return null;
  return { amount: costs.reduce((sum, cost) => sum + cost.amount, 0), currency };
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** What the whole run took. */
export function totals(tree: Tree): { steps: number; tokens: number | null; cost: Cost | null } {
  return { steps: tree.steps.length, tokens: tokensIn(tree.roots), cost: costIn(tree.roots) };
}
