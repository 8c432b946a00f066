/** Pages of what is found in the history: from one of its ends on, or anew as far as they were read. */
import type { Backend } from '../ipc/backend';
import type { FoundPage } from '../ipc/gen/FoundPage';
import type { PastRun } from '../ipc/gen/PastRun';
import type { Search } from '../ipc/gen/Search';

/** From the newest run on, or from the oldest. */
export type End = 'historyFind' | 'historyLast';

export const pageSize = 100;
/** Rust gives no more at once. */
export const largePage = 500;
/** Of a longer list so much is read anew when there are news. */
const most = 2000;
/** Read beyond the last one that was there: what comes back may have its place behind it. */
const beyond = 24;

export class Pages {
  constructor(private readonly backend: Backend) {}

  /** The page at an end of the list: where texts are looked at, the answer comes in time rather than with something found. */
  async first(end: End, search: Search, limit: number, isWanted: () => boolean, onNothing?: () => void): Promise<FoundPage> {
    let page = await this.backend[end](search, null, limit);
    const { remarks } = page;
    while (page.runs.length === 0 && page.next !== null && isWanted()) {
      onNothing?.();
      page = await this.backend[end](search, page.next, limit);
    }
    return { ...page, remarks };
  }

  /** So many runs as were there, page after page; all of them where some of them came back, wherever that is. */
  async anew(end: End, search: Search, rows: number, back: number, isWanted: () => boolean): Promise<FoundPage> {
    const wanted = Math.max(pageSize, back > 0 ? rows + back + beyond : Math.min(most, rows));
    const first = await this.first(end, search, Math.min(largePage, wanted), isWanted);
    let { runs, next } = first;
    // Where texts are looked at a page may hold few, and to read them all takes as long as to look at all texts.
    for (let pages = 1; next !== null && runs.length < wanted && (back > 0 || pages * largePage < wanted) && isWanted(); pages++) {
      const page = await this.backend[end](search, next, Math.min(largePage, wanted - runs.length));
      runs = added(end, page.runs, runs);
      next = page.next;
    }
    return { ...first, runs, next };
  }
}

/** A page and the runs before it. Only where runs came in between could it have some of them, too. */
export function added(end: End, page: PastRun[], runs: PastRun[]): PastRun[] {
  const known = new Set((end === 'historyFind' ? runs.slice(-largePage) : runs.slice(0, largePage)).map((run) => run.head.id));
  const others = page.filter((run) => !known.has(run.head.id));
  return end === 'historyFind' ? [...runs, ...others] : [...others, ...runs];
}

/** What was read anew and, as it was read before, what lies further on; null where nothing does. */
export function joined(end: End, { runs, next }: FoundPage, before: readonly PastRun[]): PastRun[] | null {
  const edge = next === null ? undefined : runs.at(end === 'historyFind' ? -1 : 0)?.head.id;
  const at = edge === undefined ? -1 : before.findIndex((run) => run.head.id === edge);
  if (at < 0) return null;
  const rest = end === 'historyFind' ? before.slice(at + 1) : before.slice(0, at);
  return rest.length === 0 ? null : end === 'historyFind' ? [...runs, ...rest] : [...rest, ...runs];
}
