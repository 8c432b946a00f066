/** Writes a form down while it is filled in: soon after a change, however long the typing goes on. */
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Draft } from '../ipc/gen/Draft';

const saveAfter = 500;

export class DraftKeeper {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unsaved = false;
  /** Unknown until the draft of before has been read: nothing is saved over it unseen. */
  private revision: number | null = null;
  private troubled = false;

  constructor(
    private readonly backend: Backend,
    private readonly appId: AppId,
    private readonly take: () => Omit<Draft, 'revision'>,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  /** What is stored has been read. */
  begin(revision: number): void {
    this.revision = revision;
    if (this.unsaved) this.touch();
  }

  /** Something changed. The time runs from the first change, so that steady typing is saved too. */
  touch(): void {
    this.unsaved = true;
    if (this.revision !== null) this.timer ??= setTimeout(() => void this.flush(), saveAfter);
  }

  /** At once: the window may be about to go. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.unsaved || this.revision === null) return;
    this.unsaved = false;
    try {
      await this.backend.draftSave(this.appId, { ...this.take(), revision: ++this.revision });
      this.troubled = false;
    } catch (thrown) {
      // Tried again with the next change, and said once.
      this.unsaved = true;
      if (!this.troubled) this.tell(thrown);
      this.troubled = true;
    }
  }

  /** Nothing more is to be saved. */
  end(): void {
    clearTimeout(this.timer);
    this.unsaved = false;
    this.revision = null;
  }
}
