/** Two runs that are read, and compared piece by piece beside everything else the page does. */
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { Failure } from '../ipc/gen/Failure';
import type { Run } from '../ipc/gen/Run';
import type { RunId } from '../ipc/gen/RunId';
import { compareRuns, isHead, type Compared, type Comparison } from '../compare/comparison';
import { inSlices, Work } from '../compare/work';

export class Comparing {
  sides = $state.raw<{ left: Compared; right: Compared } | null>(null);
  made = $state.raw<Comparison | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** What their user calls them; empty: nothing. */
  names = $state.raw({ left: '', right: '' });
  /** Of these only a server's list tells, and their server did not say more. */
  heads = $state.raw<('left' | 'right')[]>([]);
  private ended = false;

  constructor(
    private readonly backend: Backend,
    private readonly left: RunId,
    private readonly right: RunId,
  ) {}

  async begin(): Promise<void> {
    this.failure = null;
    try {
      const [left, right, nameLeft, nameRight] = await Promise.all([this.read(this.left), this.read(this.right), this.name(this.left), this.name(this.right)]);
      if (this.ended) return;
      this.names = { left: nameLeft, right: nameRight };
      this.sides = { left, right };
      this.heads = (['left', 'right'] as const).filter((side) => isHead((side === 'left' ? left : right).run));
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
      this.whole(id),
      // Sizes of documents are good to have; without them names are compared.
      this.backend.runSent(id).catch(() => []),
    ]);
    return { run, sent };
  }

  private name(id: RunId): Promise<string> {
    // Its title is good enough.
    return this.backend.runRemarks(id).then(
      ({ name }) => name,
      () => '',
    );
  }

  /** With what its server knows of it, where that was not asked for yet. */
  private async whole(id: RunId): Promise<Run> {
    const run = await this.backend.runOpen(id);
    // Without its server the rest is compared, and said what is missing.
    return isHead(run) ? this.backend.runFetch(id).catch(() => run) : run;
  }
}
