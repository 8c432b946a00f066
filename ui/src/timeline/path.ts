/** The longest path: the chain of steps that decided how long the run took. Pure. */
import { lengthOfStep } from './rows';
import type { StepNode, Tree } from './tree';

/** A step is told to have begun a moment before the one that it waited for is told to have ended, ms. */
const slack = 50;

export interface LongestPath {
  steps: ReadonlySet<string>;
  /** Keys of the rounds that they stand in. */
  rounds: ReadonlySet<string>;
  /** What its steps took themselves, containers not counted twice. */
  took: number;
}

/**
 * Servers do not tell which step led to which, so it is read off the times, from the end: before each step comes the
 * one that ended last before it began. Null where every step is on it (nothing ran beside it), and where the steps'
 * times were not seen one by one.
 */
export function longestPath(tree: Tree): LongestPath | null {
  if (tree.open || tree.steps.length < 2) return null;
  const steps = new Set<string>();
  const rounds = new Set<string>();
  let took = 0;
  let leaves = 0;
  let leavesOn = 0;
  const scopes: StepNode[][] = [tree.roots];
  for (let scope = scopes.pop(); scope; scope = scopes.pop()) {
    for (const node of chain(scope)) {
      steps.add(node.step.id);
      const parent = tree.parents.get(node.step.id);
      if (parent !== undefined) rounds.add(`${parent}/round-${node.step.round ?? 'none'}`);
      if (node.rounds.length > 0) scopes.push(node.rounds.flatMap((round) => round.members));
      else {
        took += lengthOfStep(node.step, 0) ?? 0;
        leavesOn++;
      }
    }
  }
  for (const { rounds } of tree.byId.values()) if (rounds.length === 0) leaves++;
  return leavesOn < leaves && took > 0 ? { steps, rounds, took } : null;
}

const endOf = ({ step }: StepNode) => step.finishedAt ?? step.startedAt;

/** From the step that ended last back to the first. */
function chain(scope: readonly StepNode[]): StepNode[] {
  const byEnd = [...scope].sort((a, b) => endOf(a) - endOf(b) || a.step.startedAt - b.step.startedAt || a.step.order - b.step.order);
  const named = byNode(scope);
  const way: StepNode[] = [];
  let at = byEnd.length - 1;
  for (let node = byEnd[at]; node; ) {
    way.push(node);
    const { step } = node;
    const before = (other: StepNode) => endOf(other) <= step.startedAt + slack && (other.step.startedAt < step.startedAt || (other.step.startedAt === step.startedAt && other.step.order < step.order));
    // Servers before 1.9 name it.
    const told = step.predecessor === null ? undefined : named.get(step.predecessor)?.findLast(before);
    let next = told;
    while (!next && --at >= 0) {
      const other = byEnd[at];
      if (other && before(other)) next = other;
    }
    if (told) at = byEnd.indexOf(told);
    node = next;
  }
  return way;
}

/** Where steps name the one before them. */
function byNode(scope: readonly StepNode[]): ReadonlyMap<string, StepNode[]> {
  const named = new Map<string, StepNode[]>();
  if (!scope.some(({ step }) => step.predecessor !== null)) return named;
  for (const node of scope) {
    const known = named.get(node.step.nodeId);
    if (known) known.push(node);
    else named.set(node.step.nodeId, [node]);
  }
  return named;
}
