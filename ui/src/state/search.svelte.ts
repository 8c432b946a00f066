/** A search in the history: what was asked for, what was found so far, and how many there are. */
import { kindsIn, nothingChosen, spanOf, without, type Chosen, type Kind, type Period } from '../history/filters';
import { hasWords } from '../history/query';
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { AppId } from '../ipc/gen/AppId';
import type { Counts } from '../ipc/gen/Counts';
import type { Failure } from '../ipc/gen/Failure';
import type { PastRun } from '../ipc/gen/PastRun';
import type { QueryRemark } from '../ipc/gen/QueryRemark';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import type { Search } from '../ipc/gen/Search';
import { Counting } from './counting.svelte';
import { Meanwhile } from './meanwhile';
import { added, joined, largePage, most, Pages, pageSize, placed } from './pages';
import { Picks } from './picks.svelte';
import { ServerSearch } from './server-search.svelte';

/** More than a screen, so that the first of them are there at once. */
const firstPage = 50;
/** Whoever goes further than that is spared what lies between, where it is an end that he goes to. */
export const far = 2000;
/** A web view draws nothing higher than some thirty million pixels. */
const mostDrawn = 400_000;
/** Nobody goes further at once: each run that was read is kept. */
export const farthest = 100_000;
/** Read ahead of what is in sight. */
const ahead = 24;
/** Of keys that are pressed within a frame the first and the last make a search. */
const frame = 16;
/** News that come together are read together. */
const soon = 100;
const always = (): boolean => true;

export class Finder {
  text = $state('');
  chosen = $state.raw<Chosen>(nothingChosen);
  period = $state.raw<Period>(null);
  /** Counts how often filters were taken away: what was written and never narrowed goes, too. */
  dropped = $state(0);

  rows = $state.raw<PastRun[]>([]);
  remarks = $state.raw<QueryRemark[]>([]);
  /** What the rows were found with, for what is said of them. */
  answered = $state.raw<Search | null>(null);
  loading = $state(false);
  /** Texts are looked at, and nothing was found yet. */
  searching = $state(false);
  failure = $state.raw<Failure | null>(null);
  /** Milliseconds from the question to the answer. */
  took = $state<number | null>(null);

  readonly picks = new Picks();
  /** The same on the servers, where the user asked for it. */
  readonly onServers: ServerSearch;
  /** Where the user was, for the way back from a run. */
  scrolledTo = 0;

  /** Where what is below the rows goes on, and where what is above them; what was not read lies on one side of them. */
  private next = $state.raw<string | null>(null);
  private back = $state.raw<string | null>(null);
  /** Counts the searches: what an older one finds is dropped. */
  private turn = 0;
  /** Those who want to read on when what is being read is there. */
  private readonly waiting: (() => void)[] = [];
  private readonly pages: Pages;
  private readonly counting: Counting;
  private readonly meanwhile = new Meanwhile();
  /** The search that is being read anew, and whether there were news meanwhile. */
  private renewing: number | null = null;
  private again = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** When a key was pressed last. */
  private typed = -frame;
  private news: ReturnType<typeof setTimeout> | undefined;
  /** States that were heard of runs that are not in the list: each is asked about once. */
  private readonly heard = new Map<RunId, string>();
  /** How many lists of it are on screen. */
  private shown = 0;
  private stale = false;
  /** What is looked for from the beginning, until it was found. */
  private finding: Search | null = null;
  /** Nobody looked any more before something was found. */
  private givenUp = false;
  /** The first of them that is in the list will be at hand. */
  private returning: RunId[] = [];

  constructor(
    private readonly backend: Backend,
    /** Null: of all apps. */
    readonly appId: AppId | null,
  ) {
    this.onServers = new ServerSearch(backend);
    this.pages = new Pages(backend);
    this.counting = new Counting(backend, (turn) => turn === this.turn);
  }

  get counts(): Counts | null {
    return this.counting.counts;
  }

  get uncountable(): boolean {
    return this.counting.uncountable;
  }

  /** Of days that are not in the list as a whole: how many runs of this search they have, by their midnight. */
  get days(): ReadonlyMap<number, number> {
    return this.counting.days;
  }

  get loaded(): boolean {
    return this.answered !== null;
  }

  get complete(): boolean {
    return this.loaded && this.next === null && this.back === null;
  }

  /** As many as there are, also where not all were read; there may be more where not all were counted. */
  get total(): number {
    return this.complete ? this.rows.length : Math.max(this.rows.length, this.counts?.total ?? 0);
  }

  /** The total is how many there are, and no less. */
  get counted(): boolean {
    return this.complete || (this.counts !== null && this.counts.counted === undefined);
  }

  /** How many more there is room for in the list: of what is not counted some, of very many no more than can be drawn. */
  private get missing(): number {
    return this.complete ? 0 : Math.max(ahead, Math.min(mostDrawn, this.total) - this.rows.length);
  }

  /** How many more there is room for below the rows. */
  get unread(): number {
    return this.back === null ? this.missing : 0;
  }

  /** How many there is room for above them, where they were read from the end. */
  get above(): number {
    return this.back === null ? 0 : this.missing;
  }

  get kinds(): Kind[] {
    return kindsIn(this.chosen, this.period);
  }

  get narrowed(): boolean {
    return this.text.trim() !== '' || this.kinds.length > 0;
  }

  /** Words are looked for, which the servers may know, too. */
  get canAskServers(): boolean {
    return hasWords(this.answered?.text ?? '', this.remarks);
  }

  get search(): Search {
    const filter = { ...this.chosen, ...spanOf(this.period, Date.now()) };
    return { text: this.text, filter: this.appId === null ? filter : { ...filter, apps: [this.appId] } };
  }

  /** What was typed; looked for at once, unless keys come faster than frames. */
  type(text: string): void {
    if (text === this.text) return;
    this.text = text;
    const now = performance.now();
    this.begin(Math.max(0, this.typed + frame - now));
    this.typed = now;
  }

  choose(change: Partial<Chosen>): void {
    this.chosen = { ...this.chosen, ...change };
    this.begin(0);
  }

  during(period: Period): void {
    this.period = period;
    this.begin(0);
  }

  drop(kind: Kind): void {
    this.dropped++;
    if (kind === 'period') this.period = null;
    else this.chosen = without(this.chosen, kind);
    this.begin(0);
  }

  clearFilters(): void {
    this.dropped++;
    this.chosen = nothingChosen;
    this.period = null;
    this.begin(0);
  }

  private begin(delay: number): void {
    this.turn++;
    this.onServers.clear();
    clearTimeout(this.timer);
    this.counting.stop();
    if (delay > 0) this.timer = setTimeout(() => void this.find(), delay);
    else void this.find();
  }

  /** From the beginning, with what is asked for now. */
  async find(): Promise<void> {
    clearTimeout(this.timer);
    this.counting.stop();
    clearTimeout(this.news);
    const turn = ++this.turn;
    const { search } = this;
    this.finding = search;
    const begun = performance.now();
    this.loading = true;
    this.searching = false;
    this.stale = this.givenUp = false;
    try {
      const page = await this.pages.first('historyFind', search, firstPage, () => turn === this.turn, this.onNothing);
      if (turn !== this.turn) return;
      this.took = performance.now() - begun;
      this.failure = null;
      this.scrolledTo = 0;
      this.heard.clear();
      this.counting.days.clear();
      this.remarks = page.remarks;
      this.answered = search;
      this.meanwhile.forget();
      this.take(page.runs, page.next, null, this.returning);
      // What changed while it was looked for.
      if (this.stale) this.hearChange();
    } catch (thrown) {
      if (turn === this.turn) this.failure = asFailure(thrown);
    } finally {
      if (turn === this.turn) {
        this.finding = null;
        this.settle();
        this.counting.begin(search, turn);
      }
    }
  }

  private readonly onNothing = (): void => void (this.searching = true);

  /** The end of the list, however much lies between: it alone is read. Once it is not wanted any more, the list stays as it is. */
  async toEnd(isStillWanted = always): Promise<void> {
    const search = this.answered;
    if (this.loading || !search || this.next === null) return;
    // Without their number nobody knows how far down the end is.
    if (this.counting.waits) await this.counting.count(search, this.turn);
    if (this.loading || search !== this.answered) return;
    if (this.unread <= far || !this.counts) return this.reach(this.rows.length + (this.counted ? this.unread : farthest));
    await this.reading(async (isSame) => {
      const isWanted = () => isSame() && isStillWanted();
      const page = await this.pages.first('historyLast', search, pageSize, isWanted, this.onNothing);
      if (!isWanted()) return;
      this.meanwhile.forget();
      this.take(page.runs, null, page.next);
    });
  }

  /** The beginning of the list again, after its end. */
  async toStart(isStillWanted = always): Promise<void> {
    const search = this.answered;
    if (this.loading || !search || this.back === null) return;
    await this.reading(async (isSame) => {
      const isWanted = () => isSame() && isStillWanted();
      const page = await this.pages.first('historyFind', search, pageSize, isWanted, this.onNothing);
      if (!isWanted()) return;
      this.meanwhile.forget();
      this.take(page.runs, page.next, null);
    });
  }

  /** Reads upwards until so many more rows lie above, and some beyond; for a list that was read from its end. */
  async reachBack(more: number): Promise<void> {
    const search = this.answered;
    if (this.loading || !search || this.back === null) return;
    const wanted = this.rows.length + more;
    await this.reading(async (isWanted) => {
      while (isWanted() && this.back !== null && this.rows.length < wanted) {
        const limit = wanted - this.rows.length > pageSize ? largePage : pageSize;
        const from = this.back;
        const page = await this.backend.historyLast(search, from, limit);
        if (!isWanted()) return;
        // Read anew meanwhile, the list goes on elsewhere.
        if (from !== this.back) continue;
        this.rows = added('historyLast', page.runs, this.rows);
        this.back = page.next;
      }
    });
  }

  /** Something is read for the search that was answered; what comes after another one has begun is dropped. */
  private async reading(read: (isWanted: () => boolean) => Promise<void>): Promise<void> {
    const { turn } = this;
    this.loading = true;
    try {
      await read(() => turn === this.turn);
      if (turn === this.turn) this.mended();
    } catch (thrown) {
      if (turn === this.turn) this.failure = asFailure(thrown);
    } finally {
      if (turn === this.turn) this.settle();
    }
  }

  private settle(): void {
    this.loading = this.searching = false;
    for (const go of this.waiting.splice(0)) go();
  }

  /** When nothing is being read any more. */
  async settled(): Promise<void> {
    while (this.loading) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** It can be read again. What is asked for now and was not answered still has failed. */
  private mended(): void {
    if (this.isAnswered) this.failure = null;
  }

  private get isAnswered(): boolean {
    return JSON.stringify(this.search) === JSON.stringify(this.answered);
  }

  /** It is another day than what is shown, or looked for, was asked for: the same period is another span. */
  private get isOutOfDate(): boolean {
    const asked = this.finding ?? this.answered;
    const { after, before } = spanOf(this.period, Date.now());
    return asked !== null && (asked.filter.after !== after || asked.filter.before !== before);
  }

  /** Counts a day of which not all was read. */
  async countDay(from: number, to: number): Promise<void> {
    if (this.answered && !this.loading) await this.counting.day(this.answered, from, to, this.turn);
  }

  private take(rows: PastRun[], next: string | null, back: string | null, returning: RunId[] = []): void {
    this.counting.read();
    this.rows = rows;
    this.next = next;
    this.back = back;
    this.picks.keep(rows);
    if (returning.length === 0) return;
    const ids = new Set(rows.map((row) => row.head.id));
    const here = returning.find((id) => ids.has(id));
    if (here !== undefined) this.picks.go(here);
    if (this.returning === returning) this.returning = [];
  }

  /** Reads on until the run at this place is there, and some beyond. */
  async reach(place: number): Promise<void> {
    const search = this.answered;
    if (this.loading || !search || this.next === null || place + ahead < this.rows.length) return;
    await this.reading(async (isWanted) => {
      while (isWanted() && this.next !== null && place + ahead >= this.rows.length) {
        const limit = place - this.rows.length > pageSize ? largePage : pageSize;
        const from: string = this.next;
        const page = await this.backend.historyFind(search, from, limit);
        if (!isWanted()) return;
        // Read anew meanwhile, the list goes on elsewhere.
        if (from !== this.next) continue;
        this.rows = added('historyFind', page.runs, this.rows);
        this.next = page.next;
      }
    });
  }

  /** It is on screen, until the result is called; what changed meanwhile is read then. */
  watch(): () => void {
    this.shown++;
    if (!this.loaded || this.stale || this.isOutOfDate) void (this.loaded && !this.givenUp ? this.renew() : this.find());
    return () => this.leave();
  }

  /** Nobody looks any more: what was found nothing of yet is not looked for through the whole history. */
  private leave(): void {
    this.shown--;
    if (this.shown > 0 || !this.searching) return;
    this.turn++;
    this.finding = null;
    this.stale = this.givenUp = true;
    this.settle();
  }

  /** Past runs changed: the list is read anew where somebody sees it. */
  hearChange(): void {
    this.stale = true;
    clearTimeout(this.news);
    if (this.shown > 0) this.news = setTimeout(() => void this.renew(), soon);
  }

  /** Runs are in the history again: the first of them is at hand, where it is in this list. Those that went from it stand where they stood, at once. */
  comeBack(ids: RunId[]): void {
    this.returning = ids;
    const rows = this.meanwhile.comeBack(ids);
    if (rows.length > 0) {
      this.counting.grow(rows.length);
      this.take(placed(this.rows, rows), this.next, this.back, rows.length === ids.length && this.finding === null ? ids : []);
    }
    this.hearChange();
  }

  /** The same search again; nothing jumps, and who reads on keeps his place. */
  async renew(): Promise<void> {
    const search = this.answered;
    if (this.isOutOfDate) return this.find();
    // A search that is under way brings the news.
    if (!search || (this.loading && !this.isAnswered)) return;
    const { turn, shown, returning } = this;
    // It is read once at a time: what came too late for it is read afterwards.
    if (this.renewing === turn) return void (this.again = true);
    this.renewing = turn;
    this.stale = this.again = false;
    const counted = this.counting.count(search, turn);
    try {
      const isWanted = () => turn === this.turn && (shown === 0 || this.shown > 0);
      const { length } = this.rows;
      // What came back and never was in this list may have its place anywhere.
      const isRead = await this.reread(search, returning.length > 0 ? length + returning.length : Math.min(most, length), isWanted, returning);
      if (!isRead || this.rows.length <= most) return;
      // Further down than it was read anew there are some that are gone.
      await counted;
      const { counts } = this;
      if (isWanted() && this.complete && counts && counts.counted === undefined && counts.total < this.rows.length) await this.reread(search, this.rows.length, isWanted);
    } catch {
      // What is shown stays: whoever asks for more hears of it.
      this.stale = true;
    } finally {
      if (this.renewing === turn) {
        this.renewing = null;
        this.meanwhile.over();
      }
      if (turn === this.turn && this.again) this.hearChange();
    }
  }

  /** So many rows anew; what happened to them meanwhile stays so. False where they were of no use any more. */
  private async reread(search: Search, count: number, isStillWanted: () => boolean, returning: RunId[] = []): Promise<boolean> {
    const end = this.back === null ? 'historyFind' : 'historyLast';
    const isWanted = () => isStillWanted() && this.meanwhile.reading && (end === 'historyLast') === (this.back !== null);
    this.meanwhile.begin();
    const page = await this.pages.anew(end, search, count, isWanted);
    // Meanwhile the other end may have been gone to, or the list been left.
    if (!isWanted()) {
      this.stale ||= this.shown === 0;
      return false;
    }
    this.mended();
    const runs = this.meanwhile.since(page.runs);
    const rows = joined(end, { ...page, runs }, this.rows);
    const beyond = end === 'historyFind' ? this.next : this.back;
    const next = rows ? beyond : page.next;
    // It goes on nearer than before: what went from further on is read there.
    const last = this.rows.at(end === 'historyFind' ? -1 : 0)?.head.id;
    if (next !== null && !rows && last !== undefined && runs.every((row) => row.head.id !== last)) this.meanwhile.forget();
    this.take(rows ?? runs, end === 'historyFind' ? next : null, end === 'historyFind' ? null : next, returning);
    return true;
  }

  /** A run began or moved on. */
  hear(head: RunHead): void {
    if (!this.loaded || (this.appId !== null && head.appId !== this.appId)) return;
    const at = this.rows.findIndex((row) => row.head.id === head.id);
    const before = this.rows[at];
    this.meanwhile.change([head.id], (row) => ({ ...row, head }));
    if (before) {
      this.rows = this.rows.with(at, { ...before, head });
      if (before.head.status !== head.status && this.chosen.statuses.length > 0) this.hearChange();
    } else if (this.heard.get(head.id) !== head.status) {
      this.heard.set(head.id, head.status);
      this.hearChange();
    }
  }

  /** Puts others in place of rows with the same id, until the store is read again. */
  change(ids: ReadonlySet<RunId>, how: (row: PastRun) => PastRun): void {
    this.meanwhile.change(ids, how);
    if (this.rows.some((row) => ids.has(row.head.id))) this.rows = this.rows.map((row) => (ids.has(row.head.id) ? how(row) : row));
  }

  /** Takes runs out of the list; whoever was at one of them is led on to the next. */
  remove(ids: ReadonlySet<RunId>): void {
    const gone = this.rows.filter((row) => ids.has(row.head.id));
    this.meanwhile.remove(ids, gone);
    if (gone.length === 0) return;
    const rest = this.rows.filter((row) => !ids.has(row.head.id));
    this.picks.leadOn(this.rows, ids);
    this.rows = rest;
    this.counting.grow(-gone.length);
    if (rest.length === 0) this.hearChange();
  }
}
