/** What is known from the servers' logs of runs. Read when a history is opened or it is asked for; nothing polls. */
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { LogScope } from '../ipc/gen/LogScope';
import type { LogState } from '../ipc/gen/LogState';

/** Who walks through his apps asks no server. */
const rest = 1500;

export class ServerLogs {
  private readonly states = new SvelteMap<AppId, LogState>();

  constructor(
    private readonly backend: Backend,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  of(appId: AppId): LogState | undefined {
    return this.states.get(appId);
  }

  hear(state: LogState): void {
    this.states.set(state.appId, state);
  }

  forget(appId: AppId): void {
    this.states.delete(appId);
  }

  /** The history of an app, or of all, which are these, is looked at: what is new comes by itself, unless it came a moment ago. */
  async open(appId: AppId | null, apps: AppId[]): Promise<void> {
    try {
      for (const state of await Promise.all(apps.map((id) => this.backend.logState(id)))) this.hear(state);
      await this.backend.logUpdate(appId, false);
    } catch {
      // The list itself says what is wrong with the store; a server's silence comes as its state.
    }
  }

  /** An app's page is looked at, until the result is called: what is new in its log is read along, where its server can be reached. */
  visit(appId: AppId, reached: () => boolean): () => void {
    const timer = setTimeout(() => {
      if (reached()) this.backend.logUpdate(appId, false).catch(() => undefined);
    }, rest);
    return () => clearTimeout(timer);
  }

  update(appId: AppId | null): Promise<void> {
    return this.doing(this.backend.logUpdate(appId, true));
  }

  async setScope(appId: AppId, scope: LogScope): Promise<void> {
    await this.doing(this.backend.logScope(appId, scope).then((state) => this.hear(state)));
  }

  fetchDetails(appId: AppId): Promise<void> {
    return this.doing(this.backend.logFetchDetails(appId));
  }

  stop(appId: AppId): Promise<void> {
    return this.doing(this.backend.logStop(appId));
  }

  private async doing(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (thrown) {
      this.tell(thrown);
    }
  }
}
