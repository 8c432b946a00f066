/** Two runs that are read, and compared piece by piece beside everything else the page does. */
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { Failure } from '../ipc/gen/Failure';
import type { RunId } from '../ipc/gen/RunId';
import { compareRuns, type Compared, type Comparison } from '../compare/comparison';
import { inSlices, Work } from '../compare/work';

export class Comparing {
  sides = $state.raw<{ left: Compared; right: Compared } | null>(null);
  made = $state.raw<Comparison | null>(null);
  failure = $state.raw<Failure | null>(null);
  private ended = false;

  constructor(
    private readonly backend: Backend,
    private readonly left: RunId,
    private readonly right: RunId,
  ) {}

  async begin(): Promise<void> {
    this.failure = null;
    try {
      const [left, right] = await Promise.all([this.read(this.left), this.read(this.right)]);
      if (this.ended) return;
      this.sides = { left, right };
      this.made = await inSlices(compareRuns(left, right, new Work()), () => !this.ended);
    } catch (thrown) {
      if (!this.ended) this.failure = asFailure(thrown);
    }
  }

  /** Nobody looks at it any more. */
  end(): void {
    this.ended = true;
  }

  private async read(id: RunId): Promise<Compared> {
    const [run, sent] = await Promise.all([
      this.backend.runOpen(id),
      // Sizes of documents are good to have; without them names are compared.
      this.backend.runSent(id).catch(() => []),
    ]);
    return { run, sent };
  }
}
