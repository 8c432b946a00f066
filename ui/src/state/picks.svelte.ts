/** Which run of a list is at hand, and which are picked for what is done to several. */
import type { PastRun } from '../ipc/gen/PastRun';
import type { RunId } from '../ipc/gen/RunId';

type Rows = readonly PastRun[];

export class Picks {
  /** The one that the keyboard is at. */
  current = $state.raw<RunId | null>(null);
  picked = $state.raw<ReadonlySet<RunId>>(new Set());
  /** Where a stretch of them begins. */
  private anchor: RunId | null = null;
  /** Where the one at hand was last. */
  private hint = 0;

  /** Those that something is done to: the picked ones, else the one at hand. */
  get chosen(): RunId[] {
    if (this.picked.size > 0) return [...this.picked];
    return this.current === null ? [] : [this.current];
  }

  is(id: RunId): boolean {
    return this.picked.size > 0 ? this.picked.has(id) : this.current === id;
  }

  /** Asked again and again, of lists that may be very long: mostly it is where it was, or beside. */
  place(rows: Rows): number {
    const { current, hint } = this;
    if (current === null) return -1;
    const near = [hint, hint + 1, hint - 1].find((place) => rows[place]?.head.id === current);
    return (this.hint = near ?? rows.findIndex((row) => row.head.id === current));
  }

  /** To a run; what was picked is let go. */
  go(id: RunId | null): void {
    this.current = id;
    this.anchor = id;
    if (this.picked.size > 0) this.picked = new Set();
  }

  /** To a run, with all of the stretch from where it began. */
  stretch(rows: Rows, id: RunId): void {
    this.anchor ??= this.current ?? id;
    const [from, to] = [this.anchor, id].map((end) => rows.findIndex((row) => row.head.id === end)).sort((a, b) => a - b) as [number, number];
    this.picked = new Set(rows.slice(Math.max(0, from), to + 1).map((row) => row.head.id));
    this.current = id;
  }

  /** Picks a run or lets it go. `along`: the one at hand belongs to it, where nothing was picked before. */
  toggle(id: RunId, along: boolean): void {
    const picked = new Set(this.picked);
    if (along && picked.size === 0 && this.current !== null && this.current !== id) picked.add(this.current);
    if (!picked.delete(id)) picked.add(id);
    this.picked = picked;
    this.current = id;
    this.anchor = id;
  }

  all(rows: Rows): void {
    this.picked = new Set(rows.map((row) => row.head.id));
    this.current ??= rows[0]?.head.id ?? null;
  }

  letGo(): void {
    this.picked = new Set();
  }

  /** Runs are about to go: the one at hand becomes the next that stays, or else the one before. */
  leadOn(rows: Rows, gone: ReadonlySet<RunId>): void {
    const at = this.place(rows);
    if (at >= 0 && this.current !== null && gone.has(this.current)) {
      const stays = (row: PastRun) => !gone.has(row.head.id);
      this.current = (rows.slice(at).find(stays) ?? rows.slice(0, at).findLast(stays))?.head.id ?? null;
      this.anchor = this.current;
    }
    const picked = [...this.picked].filter((id) => !gone.has(id));
    if (picked.length < this.picked.size) this.picked = new Set(picked);
  }

  /** Other rows: what is not among them cannot be at hand. */
  keep(rows: Rows): void {
    const ids = new Set(rows.map((row) => row.head.id));
    if (this.current !== null && !ids.has(this.current)) this.current = null;
    const picked = [...this.picked].filter((id) => ids.has(id));
    if (picked.length < this.picked.size) this.picked = new Set(picked);
  }
}
