/** The newest runs of an app that are over, for the page where the next one is begun. */
import { stateGroups } from '../history/filters';
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { PastRun } from '../ipc/gen/PastRun';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import { anySearch } from './outgoing.svelte';
import { isOver } from './runs.svelte';

const few = 3;
const over = stateGroups.flatMap(({ statuses }) => statuses).filter(isOver);

export class Recent {
  rows = $state.raw<PastRun[]>([]);
  /** Somebody has seen them: from then on they are kept up to date. */
  private seen = false;
  /** An answer for an earlier question is not taken. */
  private turn = 0;

  constructor(
    private readonly backend: Backend,
    private readonly appId: AppId,
  ) {}

  async read(): Promise<void> {
    const turn = ++this.turn;
    this.seen = true;
    const { text, filter } = anySearch(this.appId);
    try {
      const { runs } = await this.backend.historyFind({ text, filter: { ...filter, statuses: over } }, null, few);
      if (turn === this.turn) this.rows = runs;
    } catch {
      // What is shown stays; the history itself says what is the matter.
    }
  }

  hearChange(): void {
    if (this.seen) void this.read();
  }

  /** A run began or moved on. */
  hear(head: RunHead): void {
    if (head.appId !== this.appId || !isOver(head.status)) return;
    if (this.rows.some((row) => row.head.id === head.id)) this.change(new Set([head.id]), (row) => ({ ...row, head }));
    else this.hearChange();
  }

  change(ids: ReadonlySet<RunId>, how: (row: PastRun) => PastRun): void {
    if (this.rows.some((row) => ids.has(row.head.id))) this.rows = this.rows.map((row) => (ids.has(row.head.id) ? how(row) : row));
  }

  remove(ids: ReadonlySet<RunId>): void {
    if (!this.rows.some((row) => ids.has(row.head.id))) return;
    this.rows = this.rows.filter((row) => !ids.has(row.head.id));
  }
}
