/** Runs that are kept ready until the user sends them. */
import { SvelteSet } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Prepared } from '../ipc/gen/Prepared';
import type { PreparedId } from '../ipc/gen/PreparedId';

export class Ready {
  /** Of all apps, the oldest first. */
  list = $state.raw<Prepared[]>([]);
  /** Being sent from here. */
  readonly sending = new SvelteSet<PreparedId>();
  private turn = 0;

  constructor(private readonly backend: Backend) {}

  /** An older answer never takes the place of a newer one. */
  async read(): Promise<void> {
    const turn = ++this.turn;
    const list = await this.backend.preparedList();
    if (turn === this.turn) this.list = list;
  }

  of(appId: AppId): Prepared[] {
    return this.list.filter((prepared) => prepared.appId === appId);
  }

  isSending(prepared: Prepared): boolean {
    return prepared.sending || this.sending.has(prepared.id);
  }
}
