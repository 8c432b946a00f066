/** The runs that one can be compared with, newest first: searched as the history is, and read page by page. */
import { pastOf } from '../history/rows';
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { Failure } from '../ipc/gen/Failure';
import type { PastRun } from '../ipc/gen/PastRun';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import { anySearch } from '../state/outgoing.svelte';
import { isOver } from '../state/runs.svelte';

const pageSize = 100;
/** So far back the run before is looked for. */
const near = 20;
/** Keys that are pressed within a frame make one search. */
const frame = 16;

export class Choice {
  rows = $state.raw<PastRun[]>([]);
  loading = $state(false);
  failure = $state.raw<Failure | null>(null);
  /** The run of the same app before the one that stays. */
  before = $state.raw<RunId | null>(null);
  chosen = $state<RunId | null>(null);
  allApps = $state(false);
  text = $state('');
  private next = $state.raw<string | null>(null);
  private begun = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
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

  /** There are earlier ones, which were not read yet. */
  get goesOn(): boolean {
    return this.next !== null;
  }

  type(text: string): void {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.begin(), frame);
  }

  async begin(): Promise<void> {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    this.next = null;
    this.begun = false;
    this.loading = true;
    this.failure = null;
    try {
      const [page, before] = await Promise.all([this.find(null, turn), this.earlier()]);
      if (turn !== this.turn) return;
      this.before = before?.head.id ?? null;
      const { rows } = page;
      // It is offered, however far back it stands.
      this.rows = before && this.text.trim() === '' && !rows.some(({ head }) => head.id === before.head.id) ? [...rows, before] : rows;
      this.next = page.next;
      this.begun = true;
      // What was found first is chosen, unless the chosen one is among it.
      if (!this.rows.some(({ head }) => head.id === this.chosen)) this.chosen = (this.text.trim() === '' ? before?.head.id : null) ?? rows[0]?.head.id ?? null;
    } catch (thrown) {
      if (turn === this.turn) this.failure = asFailure(thrown);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  /** Nobody chooses any more: what is being looked for is given up. */
  close(): void {
    clearTimeout(this.timer);
    this.turn++;
  }

  async more(): Promise<void> {
    if (this.loading || this.next === null) return;
    const turn = this.turn;
    this.loading = true;
    this.failure = null;
    try {
      const page = await this.find(this.next, turn);
      if (turn !== this.turn) return;
      const known = new Set(this.rows.map(({ head }) => head.id));
      this.rows = [...this.rows, ...page.rows.filter(({ head }) => !known.has(head.id))].sort((a, b) => b.head.startedAt - a.head.startedAt || (a.head.id < b.head.id ? 1 : -1));
      this.next = page.next;
    } catch (thrown) {
      if (turn === this.turn) this.failure = asFailure(thrown);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  /** Reads on until there is something to choose: where texts are looked at, a page comes in time rather than with something found. */
  private async find(after: string | null, turn: number): Promise<{ rows: PastRun[]; next: string | null }> {
    const search = { ...anySearch(this.allApps ? null : this.beside.appId), text: this.text };
    let next = after;
    for (;;) {
      const page = await this.backend.historyFind(search, next, pageSize);
      const rows = this.fitting(page.runs);
      ({ next } = page);
      if (rows.length > 0 || next === null || turn !== this.turn) return { rows, next };
    }
  }

  /** The run before, as it is in the list where it is read already; its name is of no account else. */
  private async earlier(): Promise<PastRun | undefined> {
    const { runs } = await this.backend.runList(this.beside.appId, this.beside.id, near);
    const head = runs.find((head) => this.fits(head));
    return head && pastOf(head, undefined);
  }

  private fits({ id, status }: RunHead): boolean {
    return isOver(status) && id !== this.beside.id && !this.without.includes(id);
  }

  private fitting(runs: PastRun[]): PastRun[] {
    return runs.filter(({ head }) => this.fits(head));
  }
}
