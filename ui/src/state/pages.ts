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
export const most = 2000;

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

  /** So many runs, page after page. Where texts are looked at a page may hold few, and to read them all takes as long as to look at all texts: then no more pages are read than elsewhere. */
  async anew(end: End, search: Search, rows: number, isWanted: () => boolean): Promise<FoundPage> {
    const wanted = Math.max(pageSize, rows);
    const first = await this.first(end, search, Math.min(largePage, wanted), isWanted);
    let { runs, next } = first;
    for (let pages = 1; next !== null && runs.length < wanted && pages * largePage < wanted && isWanted(); pages++) {
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

/** Newest first; of the same moment as Rust does, by their ids. */
const isNewer = ({ head: a }: PastRun, { head: b }: PastRun): boolean => (a.startedAt === b.startedAt ? a.id > b.id : a.startedAt > b.startedAt);

/** Rows with some more at their places. */
export function placed(rows: PastRun[], more: readonly PastRun[]): PastRun[] {
  const known = new Set(rows.map((row) => row.head.id));
  const others = more.filter((run) => !known.has(run.head.id)).sort((a, b) => (isNewer(a, b) ? -1 : 1));
  const all: PastRun[] = [];
  let at = 0;
  for (const row of rows) {
    for (let run = others[at]; run && isNewer(run, row); run = others[++at]) all.push(run);
    all.push(row);
  }
  return [...all, ...others.slice(at)];
}
