/** What is kept on this computer, and the backup that is being made or read. It goes on when its page is left. */
import type { Backend } from '../ipc/backend';
import type { AppEvent } from '../ipc/gen/AppEvent';
import type { AppId } from '../ipc/gen/AppId';
import type { BackupFacts } from '../ipc/gen/BackupFacts';
import type { BackupStage } from '../ipc/gen/BackupStage';
import type { Keeping as Kept } from '../ipc/gen/Keeping';
import type { KeepRule } from '../ipc/gen/KeepRule';
import type { Preferences } from '../ipc/gen/Preferences';
import type { Swept } from '../ipc/gen/Swept';

export class Keeping {
  /** Null until it was counted. */
  now = $state.raw<Kept | null>(null);
  /** Room is being given back. */
  freeing = $state(false);
  /** The app whose runs are being deleted. */
  deleting = $state<AppId | null>(null);
  /** Rules that are being applied. */
  private sweeps = $state(0);
  /** A backup is being made or read; its stage is null until Rust says one. */
  under = $state.raw<{ stage: BackupStage | null; percent: number } | null>(null);
  /** A backup that was read, and waits for the user's word. */
  read = $state.raw<BackupFacts | null>(null);

  constructor(
    private readonly backend: Backend,
    /** As they are now: they go into a backup, and aside with what is here. */
    private readonly preferences: () => Preferences,
  ) {}

  get sweeping(): boolean {
    return this.sweeps > 0;
  }

  async load(): Promise<void> {
    this.now = await this.backend.keeping();
  }

  hear(event: Extract<AppEvent, { type: 'backup_progress' }>): void {
    if (!this.under) return;
    const percent = event.total > 0 ? Math.min(100, Math.floor((event.done / event.total) * 100)) : 0;
    this.under = { stage: event.stage, percent };
  }

  preview(app: AppId | null, rule: KeepRule | null): Promise<Swept> {
    return this.backend.keepingPreview(app, rule);
  }

  /** Sets the rule and applies it. */
  async setRule(app: AppId | null, rule: KeepRule | null): Promise<Swept> {
    this.sweeps++;
    try {
      this.now = await this.backend.keepingSet(app, rule);
      const swept = await this.backend.keepingSweep();
      if (swept.runs + swept.withoutFiles > 0) await this.load();
      return swept;
    } catch (thrown) {
      // What is on screen is what holds.
      await this.load().catch(() => undefined);
      throw thrown;
    } finally {
      this.sweeps--;
    }
  }

  async deleteRuns(app: AppId): Promise<number> {
    this.deleting = app;
    try {
      const deleted = await this.backend.keepingDelete(app);
      await this.load();
      return deleted;
    } finally {
      this.deleting = null;
    }
  }

  /** Bytes that were given back. */
  async freeUp(): Promise<number> {
    this.freeing = true;
    try {
      const { before, after } = await this.backend.vacuum();
      await this.load();
      return Math.max(0, before - after);
    } finally {
      this.freeing = false;
    }
  }

  /** Null when the dialog was cancelled. */
  async make(title: string): Promise<BackupFacts | null> {
    return this.during(async () => {
      const made = await this.backend.backupMake(title, this.preferences());
      if (made) await this.load();
      return made;
    });
  }

  async choose(title: string, filter: string, any: string): Promise<void> {
    await this.during(async () => {
      this.read = await this.backend.backupRestore(title, filter, any);
    });
  }

  cancel(): Promise<void> {
    return this.backend.backupCancel();
  }

  /** What was read takes the place of what is here, with another start. */
  async take(): Promise<void> {
    await this.backend.restoreTake(this.preferences());
    this.read = null;
    await this.backend.startAgain();
  }

  async drop(): Promise<void> {
    this.read = null;
    await this.backend.restoreDrop();
  }

  /** The state from before the last restore goes for good. */
  async forget(): Promise<void> {
    await this.backend.restoreForget();
    await this.load();
  }

  async undo(): Promise<void> {
    await this.backend.restoreUndo(this.preferences());
    await this.backend.startAgain();
  }

  private async during<T>(work: () => Promise<T>): Promise<T> {
    this.under = { stage: null, percent: 0 };
    try {
      return await work();
    } finally {
      this.under = null;
    }
  }
}
