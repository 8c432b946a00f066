/** Ways into a comparison, for whoever shows runs. */
import type { RunHead } from '../ipc/gen/RunHead';
import type { MenuItem } from '../parts/menu';
import type { Desk } from '../state/desk.svelte';
import { isOver } from '../state/runs.svelte';
import type { Words } from '../text/en';

/** The older one stands on the left. */
export function inOrder<Head extends Pick<RunHead, 'startedAt' | 'id'>>(one: Head, other: Head): [Head, Head] {
  return one.startedAt < other.startedAt || (one.startedAt === other.startedAt && one.id < other.id) ? [one, other] : [other, one];
}

/** What can be done with the runs that are selected in a list: it says why where it cannot. */
export function compareAction(desk: Desk, selected: RunHead[], t: Words): MenuItem {
  const [one, other] = selected;
  const off = selected.length !== 2 ? t.compare.twoNeeded : selected.every((head) => isOver(head.status)) ? undefined : t.compare.running;
  return {
    label: t.compare.compare,
    icon: 'compare',
    testid: 'compare-selected',
    ...(off === undefined ? {} : { off }),
    run: () => {
      if (one && other && off === undefined) desk.compare(...inOrder(one, other));
    },
  };
}
