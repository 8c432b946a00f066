/** What the history offers for runs that are chosen in it: to export them, and to save one as a file. */
import type { PastRun } from '../ipc/gen/PastRun';
import { anySearch } from '../state/outgoing.svelte';
import { isOver } from '../state/runs.svelte';
import { words } from '../text/words.svelte';
import type { MoreAction } from './more';

/** The app of all of them, where they have one. */
export function appOf(runs: readonly PastRun[]) {
  const [first] = runs;
  return first && runs.every((run) => run.head.appId === first.head.appId) ? first.head.appId : null;
}

export const outActions: MoreAction[] = [
  {
    id: 'export',
    icon: 'download',
    label: (t, runs) => (runs.length === 1 ? t.out.export : t.out.exportSome(runs.length)),
    run: (desk, runs) => {
      const appId = appOf(runs);
      desk.outgoing.ask(runs.map((run) => run.head.id), anySearch(appId), appId);
    },
  },
  {
    id: 'pack',
    onlyInLists: true,
    icon: 'upload',
    label: (t) => t.out.saveAsRunFile,
    offered: (_desk, runs) => runs.length === 1 && runs.every((run) => isOver(run.head.status)),
    run: (desk, [run]) => {
      if (!run) return;
      desk.backend.runPack(run.head.id, words.now.out.saveTitle).then(
        (saved) => saved && desk.toasts.say(words.now.out.saved),
        (thrown: unknown) => desk.tell(thrown),
      );
    },
  },
];
