/** What else can be done with past runs: what one adds here stands in the menus of the history, for one run or several. */
import { inOrder } from '../compare/open';
import type { PastRun } from '../ipc/gen/PastRun';
import type { IconName } from '../parts/icons';
import type { Desk } from '../state/desk.svelte';
import { isOver } from '../state/runs.svelte';
import type { Words } from '../text/en';
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

export const moreActions: MoreAction[] = [
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
