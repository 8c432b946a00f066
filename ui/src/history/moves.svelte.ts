/** The way of the keyboard through the list: step after step, each from where the one before has led to. */
import { farthest, type Finder } from '../state/search.svelte';

/** So many runs on or back, or to an end. */
export type Step = number | 'first' | 'last';

/** Runs that are read ahead above the one that is gone to. */
export const margin = 40;

export class Moves {
  private under = $state(0);
  private before: Promise<void> = Promise.resolve();
  /** Counts what makes the steps before it needless. */
  private turn = 0;

  constructor(
    private readonly finder: Finder,
    /** Brings a run of the list into sight. */
    private readonly show: (place: number) => Promise<void>,
  ) {}

  /** On the way to a place: what lies between is not in sight. */
  get moving(): boolean {
    return this.under > 0;
  }

  to(step: Step, stretch: boolean): Promise<void> {
    // An end is the same from wherever one goes there.
    if (typeof step !== 'number' && !stretch) this.leave();
    return this.next((isWanted) => this.go(step, stretch, isWanted));
  }

  /** All runs, also those that were not read yet. */
  all(): Promise<void> {
    this.leave();
    return this.next(async (isWanted) => {
      const { finder } = this;
      await finder.settled();
      if (isWanted()) await finder.reachBack(farthest);
      if (isWanted()) await finder.reach(finder.rows.length + farthest);
      if (isWanted()) finder.picks.all(finder.rows);
    });
  }

  /** Somebody went elsewhere: what is still on its way leads nowhere. */
  leave(): void {
    this.turn++;
  }

  /** Tells whether nobody went elsewhere since now. */
  here(): () => boolean {
    const { turn } = this;
    return () => turn === this.turn;
  }

  private next(what: (isWanted: () => boolean) => Promise<void>): Promise<void> {
    const isWanted = this.here();
    this.under++;
    const go = async () => {
      try {
        if (isWanted()) await what(isWanted);
      } finally {
        this.under--;
      }
    };
    return (this.before = this.before.then(go, go));
  }

  private async go(step: Step, stretch: boolean, isWanted: () => boolean): Promise<void> {
    const { finder } = this;
    const { picks } = finder;
    if (!this.isRead(step)) {
      await finder.settled();
      if (!isWanted()) return;
      const search = finder.answered;
      await this.read(step, stretch, isWanted);
      // Another search has its own places.
      if (!isWanted() || finder.answered !== search) return;
    }
    const place = Math.max(0, Math.min(finder.rows.length - 1, this.placeOf(step)));
    const row = finder.rows[place];
    if (!row) return;
    if (stretch) picks.stretch(finder.rows, row.head.id);
    else picks.go(row.head.id);
    await this.show(place);
  }

  /** Among the runs that were read, or beyond them. */
  private placeOf(step: Step): number {
    const { rows, picks } = this.finder;
    return step === 'first' ? 0 : step === 'last' ? rows.length - 1 : picks.place(rows) + step;
  }

  private isRead(step: Step): boolean {
    const { above, unread, rows } = this.finder;
    const place = this.placeOf(step);
    if (step === 'first') return above === 0;
    if (step === 'last') return unread === 0;
    return (place >= 0 || above === 0) && (place < rows.length || unread === 0);
  }

  private async read(step: Step, stretch: boolean, isWanted: () => boolean): Promise<void> {
    const { finder } = this;
    // A stretch is of runs that were read.
    if (step === 'first') await (stretch ? finder.reachBack(farthest) : finder.toStart(isWanted));
    else if (step === 'last') await (stretch ? finder.reach(finder.rows.length + farthest) : finder.toEnd(isWanted));
    else if (step < 0) await finder.reachBack(margin - this.placeOf(step));
    else await finder.reach(this.placeOf(step));
  }
}
