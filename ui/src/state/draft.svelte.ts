/** Writes down what is filled in: soon after a change, however long the typing goes on; again where that fails. */
import { asFailure } from '../ipc/errors';
import type { Failure } from '../ipc/gen/Failure';

const saveAfter = 500;
const again = { first: 2000, most: 60_000 };

export class DraftKeeper {
  /** Why what stands there is not written down, as long as it is not. */
  failure = $state.raw<Failure | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The next try is one after a failure: what is entered meanwhile need not wait for it. */
  private isFarOff = false;
  private pause = again.first;
  private unsaved = false;
  /** Unknown until the draft of before has been read: nothing is saved over it unseen. */
  private revision: number | null = null;

  constructor(private readonly save: (revision: number) => Promise<void>) {}

  /** What is stored has been read. */
  begin(revision: number): void {
    this.revision = revision;
    if (this.unsaved) this.touch();
  }

  /** Something changed. The time runs from the first change, so that steady typing is saved too. */
  touch(): void {
    this.unsaved = true;
    if (this.revision === null) return;
    if (this.isFarOff) this.stopTimer();
    this.timer ??= setTimeout(() => void this.flush(), saveAfter);
  }

  /** At once: the window may be about to go. */
  async flush(): Promise<void> {
    this.stopTimer();
    if (!this.unsaved || this.revision === null) return;
    this.unsaved = false;
    const revision = ++this.revision;
    // Of several on their way the newest counts: it holds what the others do.
    const isNewest = () => revision === this.revision;
    try {
      await this.save(revision);
      if (!isNewest()) return;
      this.failure = null;
      this.pause = again.first;
    } catch (thrown) {
      if (!isNewest()) return;
      this.unsaved = true;
      this.failure = asFailure(thrown);
      if (this.timer !== undefined) return;
      this.isFarOff = true;
      this.timer = setTimeout(() => void this.flush(), this.pause);
      this.pause = Math.min(this.pause * 2, again.most);
    }
  }

  /** Nothing more is to be saved. */
  end(): void {
    this.stopTimer();
    this.unsaved = false;
    this.revision = null;
    this.failure = null;
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isFarOff = false;
  }
}
