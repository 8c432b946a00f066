/** The places in a run that hold what was looked for, and the one that is led to. */
import type { Backend } from '../ipc/backend';
import type { Hit } from '../ipc/gen/Hit';
import type { RunId } from '../ipc/gen/RunId';

export class Hits {
  list = $state.raw<Hit[]>([]);
  at = $state(0);
  /** Counts the wishes to go: the same place can be gone to again. */
  went = $state(0);

  constructor(private readonly backend: Backend) {}

  get current(): Hit | undefined {
    return this.list[this.at];
  }

  /** All words, as they stand in the run. */
  readonly words = $derived(this.list.flatMap((hit) => hit.words));

  async read(runId: RunId, text: string, at = 0): Promise<void> {
    const list = text.trim() === '' ? [] : await this.backend.runHits(runId, text);
    this.list = list;
    this.at = Math.min(at, Math.max(0, list.length - 1));
    this.went++;
  }

  /** To the next one, or back; around at the ends. */
  go(by: 1 | -1): void {
    if (this.list.length === 0) return;
    this.at = (this.at + by + this.list.length) % this.list.length;
    this.went++;
  }

  close(): void {
    this.list = [];
    this.at = 0;
  }
}
