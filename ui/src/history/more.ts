/** What else can be done with past runs: what one adds here stands in the menus of the history, for one run or several. */
import { inOrder } from '../compare/open';
import type { PastRun } from '../ipc/gen/PastRun';
import type { IconName } from '../parts/icons';
import type { Desk } from '../state/desk.svelte';
import { isOver } from '../state/runs.svelte';
import type { Words } from '../text/en';
import { mayRunTwice } from '../views/ending';
import { RunActs } from '../views/run-acts.svelte';
import { outActions } from './out-actions';

export interface MoreAction {
  /** Tells it from others, also for tests. */
  id: string;
  icon: IconName;
  label: (t: Words, runs: readonly PastRun[]) => string;
  run: (desk: Desk, runs: readonly PastRun[]) => void;
  /** Whether it is offered for these; always, without it. */
  offered?: (desk: Desk, runs: readonly PastRun[]) => boolean;
  /** The page of a run has it in another place. */
  onlyInLists?: boolean;
}

/** One that is over, of an app that is there. */
const repeatable = (desk: Desk, [one, ...others]: readonly PastRun[]) => one !== undefined && others.length === 0 && isOver(one.head.status) && desk.apps.get(one.head.appId) !== undefined;

function again(desk: Desk, [one]: readonly PastRun[], start: boolean) {
  if (one) void new RunActs(desk, () => ({ head: one.head, app: desk.apps.get(one.head.appId), stored: true })).again(start);
}

export const moreActions: MoreAction[] = [
  {
    id: 'again',
    onlyInLists: true,
    icon: 'refresh',
    label: (t) => t.run.again,
    // Its page asks first whether one that may still go on is to be started a second time.
    offered: (desk, runs) => repeatable(desk, runs) && runs.every(({ head }) => !mayRunTwice(head)),
    run: (desk, runs) => again(desk, runs, true),
  },
  {
    id: 'edit-again',
    onlyInLists: true,
    icon: 'edit',
    label: (t) => t.run.editAgain,
    offered: repeatable,
    run: (desk, runs) => again(desk, runs, false),
  },
  {
    id: 'compare-with',
    onlyInLists: true,
    icon: 'compare',
    label: (t) => t.compare.with,
    offered: (_, runs) => runs.length === 1 && runs.every(({ head }) => isOver(head.status)),
    run(desk, [one]) {
      if (one) desk.pairing = one.head;
    },
  },
  {
    id: 'compare',
    icon: 'compare',
    label: (t) => t.compare.compare,
    offered: (_, runs) => runs.length === 2 && runs.every(({ head }) => isOver(head.status)),
    run(desk, [one, other]) {
      if (one && other) desk.compare(...inOrder(one.head, other.head));
    },
  },
  ...outActions,
];
