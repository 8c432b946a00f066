/** How many runs a search has, in all and of each day: counted beside the list, which waits for no number. */
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { Counts } from '../ipc/gen/Counts';
import type { Search } from '../ipc/gen/Search';

/** What was found is drawn by then: counting takes longer, and nobody waits for it. */
const drawn = 30;
/** Then it is counted again what was not because something else was looked for meanwhile. */
const later = 500;

export class Counting {
  counts = $state.raw<Counts | null>(null);
  /** Of days that are not in the list as a whole: how many runs of this search they have, by their midnight. */
  readonly days = new SvelteMap<number, number>();
  /** It could not be counted. */
  uncountable = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Days that were asked about since the list was read last. */
  private readonly asked = new Set<number>();

  constructor(
    private readonly backend: Backend,
    /** Whether a search is still the one that is shown: what is counted for another is dropped. */
    private readonly isSame: (turn: number) => boolean,
  ) {}

  /** It will be counted, and was not yet. */
  get waits(): boolean {
    return this.timer !== undefined;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  begin(search: Search, turn: number): void {
    this.timer = setTimeout(() => void this.count(search, turn), drawn);
  }

  async count(search: Search, turn: number): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      const counts = await this.backend.historyCounts(search);
      if (this.isSame(turn)) [this.counts, this.uncountable] = [counts, false];
    } catch (thrown) {
      if (!this.isSame(turn)) return;
      if (asFailure(thrown).code === 'cancelled') this.timer = setTimeout(() => void this.count(search, turn), later);
      // The list itself says what is the matter.
      else [this.counts, this.uncountable] = [null, true];
    }
  }

  /** Counts a day of which not all was read; one whose runs take too long to look at stays without a number. */
  async day(search: Search, from: number, to: number, turn: number): Promise<void> {
    if ((!this.counts && !this.uncountable) || this.asked.has(from)) return;
    this.asked.add(from);
    const { after, before } = search.filter;
    try {
      const { total, counted } = await this.backend.historyCounts({ ...search, filter: { ...search.filter, after: Math.max(from, after ?? from), before: Math.min(to, before ?? to) } });
      if (!this.isSame(turn)) return;
      if (counted === undefined) this.days.set(from, total);
      else this.days.delete(from);
    } catch {
      // The list itself says what is the matter.
    }
  }

  /** The list was read: its days may have other numbers. */
  read(): void {
    this.asked.clear();
  }

  /** The list has so many runs more, or less. */
  grow(by: number): void {
    this.asked.clear();
    const { counts } = this;
    if (counts) this.counts = { ...counts, total: Math.max(0, counts.total + by) };
  }
}
