/** Deletes runs, and brings them back while that is offered. */
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { RunId } from '../ipc/gen/RunId';
import { words } from '../text/words.svelte';
import { Gathered } from './gathered';
import type { Toasts } from './toasts.svelte';

/** Milliseconds that deleted runs can surely be brought back: a little less than Rust keeps them. */
const undoFor = 55_000;

/** What shows past runs. */
interface Lists {
  gone: (ids: ReadonlySet<RunId>) => void;
  /** What is in the lists is to be read again. */
  changed: () => void;
  /** They are in the history again. */
  back: (ids: RunId[]) => void;
  failed: (thrown: unknown) => void;
}

export class Bin {
  /** Asked about before they are deleted: more than one. */
  asked = $state.raw<RunId[] | null>(null);
  /** What can be brought back; without a title where several were deleted at once. */
  private readonly deleted: Gathered<{ id: RunId; title: string | null }>;

  constructor(
    private readonly backend: Backend,
    private readonly toasts: Toasts,
    private readonly lists: Lists,
  ) {
    this.deleted = new Gathered(toasts, 'deleted', (all) => void this.bringBack(all.map(({ id }) => id)), undoFor);
  }

  /** One goes at once, and can be brought back; of more it is asked first. */
  want(ids: RunId[], title: string): void {
    if (ids.length > 1) this.asked = ids;
    else if (ids.length === 1) void this.delete(ids, title);
  }

  async delete(ids: RunId[], title: string): Promise<void> {
    const t = words.now.history;
    this.asked = null;
    // The list closes the gap before anybody has answered.
    this.lists.gone(new Set(ids));
    try {
      const { runs, underWay } = await this.backend.runsDelete(ids);
      if (underWay.length > 0) {
        this.toasts.refuse(t.underWayStays(underWay.length));
        this.lists.changed();
      }
      if (runs.length === 0) return;
      const named = ids.length === 1 ? title || t.untitled : null;
      this.deleted.add(
        runs.map((id) => ({ id, title: named })),
        (all) => (all.length === 1 && named !== null ? t.deleted(named) : t.deletedSome(all.length)),
      );
    } catch (thrown) {
      this.lists.changed();
      this.lists.failed(thrown);
    }
  }

  async bringBack(ids: RunId[]): Promise<void> {
    try {
      await this.backend.runsUndelete(ids);
      this.lists.back(ids);
    } catch (thrown) {
      // Those that were there still are back; the others are gone for good since.
      if (asFailure(thrown).code === 'not_found') this.toasts.keep(words.now.history.tooLate(ids.length));
      else this.lists.failed(thrown);
      this.lists.changed();
    }
  }
}
