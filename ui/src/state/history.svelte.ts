/** A list of past runs, newest first, read page by page. */
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { AppId } from '../ipc/gen/AppId';
import type { Failure } from '../ipc/gen/Failure';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';

const pageSize = 100;

export class History {
  rows = $state.raw<RunHead[]>([]);
  loaded = $state(false);
  loading = $state(false);
  failure = $state.raw<Failure | null>(null);
  /** Where the user was, for the way back from a run. */
  scrolledTo = 0;
  lastOpened: RunId | null = null;
  private next: RunId | null = null;

  constructor(
    private readonly backend: Backend,
    /** Null: of all apps. */
    private readonly appId: AppId | null,
  ) {}

  get complete(): boolean {
    return this.loaded && this.next === null;
  }

  async more(): Promise<void> {
    if (this.loading || this.complete) return;
    this.loading = true;
    this.failure = null;
    try {
      const page = await this.backend.runList(this.appId, this.next, pageSize);
      const known = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...page.runs.filter((row) => !known.has(row.id))];
      this.next = page.next;
      this.loaded = true;
    } catch (thrown) {
      this.failure = asFailure(thrown);
    } finally {
      this.loading = false;
    }
  }

  /** Past runs changed: the newest are read anew, and what lies further down when it is asked for. */
  async renew(): Promise<void> {
    if (!this.loaded || this.loading) return;
    try {
      const page = await this.backend.runList(this.appId, null, pageSize);
      this.rows = page.runs;
      this.next = page.next;
    } catch {
      // What is shown stays.
    }
  }

  remove(ids: ReadonlySet<RunId>): void {
    if (this.rows.some((row) => ids.has(row.id))) this.rows = this.rows.filter((row) => !ids.has(row.id));
  }

  /** A run began or moved on. Ids sort by start, so a new one belongs on top. */
  put(head: RunHead): void {
    if (!this.loaded || (this.appId !== null && head.appId !== this.appId)) return;
    if (this.rows.some((row) => row.id === head.id)) {
      this.rows = this.rows.map((row) => (row.id === head.id ? head : row));
    } else if (this.rows[0] === undefined || head.id > this.rows[0].id) {
      this.rows = [head, ...this.rows];
    }
  }
}
