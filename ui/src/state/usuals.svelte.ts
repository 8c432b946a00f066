/** What past runs tell of those that are under way: asked once of each, and once more when it is known which version of the workflow it runs. It stays as it is then, so that no figure jumps. */
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import type { Usual } from '../ipc/gen/Usual';
import { isOver } from './runs.svelte';

export class Usuals {
  private readonly known = new SvelteMap<RunId, Usual>();
  /** With which version it was asked about. */
  private readonly asked = new Map<RunId, string | null>();

  constructor(private readonly backend: Backend) {}

  of(id: RunId): Usual | undefined {
    return this.known.get(id);
  }

  /** To be called with every head that is new. */
  hear(head: RunHead): void {
    if (isOver(head.status)) {
      this.asked.delete(head.id);
      this.known.delete(head.id);
      return;
    }
    const version = head.server.workflowId;
    const before = this.asked.get(head.id);
    if (before !== undefined && (before === version || version === null)) return;
    this.asked.set(head.id, version);
    this.backend.runUsual(head.id).then(
      (usual) => {
        // It may have ended meanwhile, or been asked about again.
        if (this.asked.get(head.id) === version) this.known.set(head.id, usual);
      },
      // Nothing is said then; whatever is wrong with the store, others tell.
      () => undefined,
    );
  }
}
