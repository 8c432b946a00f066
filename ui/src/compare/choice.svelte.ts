/** The runs that one can be compared with, newest first, read page by page. */
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { Failure } from '../ipc/gen/Failure';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import { isOver } from '../state/runs.svelte';

const pageSize = 100;
/** So far back the run before is looked for. */
const near = 20;

export class Choice {
  rows = $state.raw<RunHead[]>([]);
  loading = $state(false);
  failure = $state.raw<Failure | null>(null);
  /** The run of the same app before the one that stays. */
  before = $state.raw<RunId | null>(null);
  chosen = $state<RunId | null>(null);
  allApps = $state(false);
  private next: RunId | null = null;
  private begun = $state(false);
  /** Counts the lists that were asked for: an answer for an earlier one is not taken. */
  private turn = 0;

  constructor(
    private readonly backend: Backend,
    /** The run that stays. */
    private readonly beside: Pick<RunHead, 'id' | 'appId'>,
    private readonly without: readonly RunId[] = [],
  ) {}

  get complete(): boolean {
    return this.begun && this.next === null;
  }

  async begin(): Promise<void> {
    const turn = ++this.turn;
    this.rows = [];
    this.next = null;
    this.begun = false;
    this.loading = true;
    this.failure = null;
    const appId = this.allApps ? null : this.beside.appId;
    try {
      const [page, earlier] = await Promise.all([this.backend.runList(appId, null, pageSize), this.backend.runList(this.beside.appId, this.beside.id, near)]);
      if (turn !== this.turn) return;
      const before = this.fitting(earlier.runs)[0];
      this.before = before?.id ?? null;
      const rows = this.fitting(page.runs);
      // It is offered, however far back it stands.
      this.rows = before && !rows.some(({ id }) => id === before.id) ? [...rows, before] : rows;
      this.next = page.next;
      this.begun = true;
      if (!this.rows.some(({ id }) => id === this.chosen)) this.chosen = before?.id ?? rows[0]?.id ?? null;
    } catch (thrown) {
      if (turn === this.turn) this.failure = asFailure(thrown);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  async more(): Promise<void> {
    if (this.loading || this.next === null) return;
    const turn = this.turn;
    this.loading = true;
    this.failure = null;
    try {
      const page = await this.backend.runList(this.allApps ? null : this.beside.appId, this.next, pageSize);
      if (turn !== this.turn) return;
      const known = new Set(this.rows.map(({ id }) => id));
      this.rows = [...this.rows, ...this.fitting(page.runs).filter(({ id }) => !known.has(id))].sort((a, b) => (a.id < b.id ? 1 : -1));
      this.next = page.next;
    } catch (thrown) {
      if (turn === this.turn) this.failure = asFailure(thrown);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  private fitting(runs: RunHead[]): RunHead[] {
    return runs.filter(({ id, status }) => isOver(status) && id !== this.beside.id && !this.without.includes(id));
  }
}

/** Rows that have all the words, wherever. */
export function filtered(rows: RunHead[], words: string, saidOf: (head: RunHead) => string): RunHead[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return wanted.length === 0 ? rows : rows.filter((head) => {
    const said = saidOf(head).toLocaleLowerCase();
    return wanted.every((word) => said.includes(word));
  });
}
