/** Runs that are kept ready until the user sends them. */
import { SvelteSet } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Prepared } from '../ipc/gen/Prepared';
import type { PreparedId } from '../ipc/gen/PreparedId';
import { words } from '../text/words.svelte';
import { Gathered } from './gathered';
import type { Toasts } from './toasts.svelte';

export class Ready {
  /** Of all apps, the oldest first. */
  list = $state.raw<Prepared[]>([]);
  /** Being sent from here. */
  readonly sending = new SvelteSet<PreparedId>();
  private turn = 0;
  private readonly removed: Gathered<Prepared>;

  constructor(
    private readonly backend: Backend,
    toasts: Toasts,
    private readonly failed: (thrown: unknown) => void,
  ) {
    this.removed = new Gathered(toasts, 'ready removed', (all) => void this.restore(all));
  }

  /** An older answer never takes the place of a newer one. */
  async read(): Promise<void> {
    const turn = ++this.turn;
    const list = await this.backend.preparedList();
    if (turn === this.turn) this.list = list;
  }

  /** Takes one away, and offers to bring it back. */
  async remove(prepared: Prepared): Promise<void> {
    try {
      await this.backend.preparedRemove(prepared.id);
      await this.read();
      const t = words.now.offline;
      this.removed.add([prepared], (all) => (all.length === 1 ? t.removed(prepared.title || t.untitled) : t.removedSome(all.length)));
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  /** One that cannot be brought back keeps none of the others away. */
  private async restore(all: Prepared[]): Promise<void> {
    const restored = await Promise.allSettled(all.map(({ id }) => this.backend.preparedRestore(id)));
    const failure = restored.find((one) => one.status === 'rejected');
    if (failure) this.failed(failure.reason);
    await this.read().catch((thrown: unknown) => this.failed(thrown));
  }

  of(appId: AppId): Prepared[] {
    return this.list.filter((prepared) => prepared.appId === appId);
  }

  isSending(prepared: Prepared): boolean {
    return prepared.sending || this.sending.has(prepared.id);
  }
}
