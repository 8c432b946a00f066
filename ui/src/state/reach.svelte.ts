/** Whether servers can be reached, as Rust's requests tell. Nobody is asked at rest: only when the user, or the system, has a reason. */
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Away } from '../ipc/gen/Away';
import type { Offline } from '../ipc/gen/Offline';

export class Reach {
  /** No server at all can be reached. */
  offline = $state.raw<Offline | null>(null);
  private away = $state.raw<Away[]>([]);
  checking = $state(false);
  private heard = false;

  constructor(private readonly backend: Backend) {}

  async begin(): Promise<void> {
    const [offline, away] = await Promise.all([this.backend.offline(), this.backend.away()]);
    // What was told meanwhile is newer.
    if (!this.heard) this.put(offline, away);
  }

  hear(offline: Offline | null, away: Away[]): void {
    this.heard = true;
    this.put(offline, away);
  }

  private put(offline: Offline | null, away: Away[]): void {
    this.offline = offline;
    this.away = away;
  }

  /** Since when an app's server cannot be reached; null: it can, or nobody knows. */
  since(appId: AppId): number | null {
    return this.away.find((away) => away.appId === appId)?.since ?? null;
  }

  get allReached(): boolean {
    return this.offline === null && this.away.length === 0;
  }

  async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      await this.backend.offlineCheck();
    } finally {
      this.checking = false;
    }
  }

  /** The user comes back to the window, or the system says that its network changed. */
  lookAgain(): void {
    if (!this.allReached) this.check().catch(() => undefined);
  }
}
