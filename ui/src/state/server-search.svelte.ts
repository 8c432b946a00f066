/** What the servers' lists of runs hold of what is looked for: asked when the user wishes, once for each search. */
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { Failure } from '../ipc/gen/Failure';
import type { Search } from '../ipc/gen/Search';
import type { ServerFound } from '../ipc/gen/ServerFound';

export class ServerSearch {
  busy = $state(false);
  found = $state.raw<ServerFound | null>(null);
  failure = $state.raw<Failure | null>(null);

  /** Counts what was asked: what an older one finds is dropped. */
  private turn = 0;

  constructor(private readonly backend: Backend) {}

  /** Something to say of it. */
  get asked(): boolean {
    return this.busy || this.found !== null || this.failure !== null;
  }

  async ask(search: Search): Promise<void> {
    const mine = ++this.turn;
    this.busy = true;
    this.found = null;
    this.failure = null;
    try {
      const found = await this.backend.logSearch(search);
      if (mine === this.turn) this.found = found;
    } catch (thrown) {
      if (mine === this.turn) this.failure = asFailure(thrown);
    } finally {
      if (mine === this.turn) this.busy = false;
    }
  }

  /** What it has so far is given all the same. */
  async stop(): Promise<void> {
    await this.backend.logSearchStop().catch(() => undefined);
  }

  /** Something else is looked for. */
  clear(): void {
    this.turn++;
    if (this.busy) void this.stop();
    this.busy = false;
    this.found = null;
    this.failure = null;
  }
}
